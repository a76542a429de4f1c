"""`make setup` and `make lab`, with a Python that only writes down what it is asked."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FAKE = """\
#!/bin/sh
echo "$*" >> calls
case "$*" in
  -c*) test ! -e too-old ;;
  "-m venv --clear .venv")
    test ! -e no-venv || exit 1
    rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  "-m pytest"*) test ! -e fails || exit 3 ;;
  "-m pip install"*)
    test ! -e no-network || exit 1
    test ! -e cut-short || kill -KILL $PPID
    test ! -e cancelled || { trap "exit 1" INT; kill -INT 0; sleep 1; } ;;
esac
"""
VENV = "-m venv --clear .venv"
COURSE = "-m pip install --quiet --disable-pip-version-check --editable ."
GROUP = "-m pip install --quiet --disable-pip-version-check --group test"
PYTEST = "-m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=10"

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def heed_interrupts():
    """Let Ctrl-C count, also where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Checkout:
    """A folder with the Makefile, and `python`, which keeps a list of calls."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "binder").mkdir()
        for name in ("Makefile", "pyproject.toml", "binder/overrides.json"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "python").write_text(FAKE)
        (folder / "python").chmod(0o755)

    def make(self, *arguments, **environment):
        """Run make; return the finished process and what Python was asked for."""
        (self.folder / "calls").unlink(missing_ok=True)
        told = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTEST_ARGS")
        clean = {name: value for name, value in os.environ.items() if name not in told}
        run = subprocess.run(
            ["make", "PYTHON=./python", *arguments],
            cwd=self.folder,
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            preexec_fn=heed_interrupts,
        )
        calls = self.folder / "calls"
        asked = calls.read_text().splitlines() if calls.exists() else []
        return run, [call for call in asked if not call.startswith("-c")]

    def mark(self, name):
        (self.folder / name).touch()

    def unmark(self, name):
        (self.folder / name).unlink()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "tcp by hand")


def test_setup_installs_the_course_once_and_not_the_tests(checkout):
    run, asked = checkout.make("setup")
    assert run.returncode == 0, run.stderr
    assert asked == [VENV, COURSE]
    settings = checkout.folder / ".venv/share/jupyter/lab/settings/overrides.json"
    assert settings.read_text() == (ROOT / "binder" / "overrides.json").read_text()
    assert checkout.make("setup")[1] == []


def test_a_changed_pyproject_only_reruns_pip(checkout):
    checkout.make("setup")
    later = (checkout.folder / ".venv/.course").stat().st_mtime + 5
    os.utime(checkout.folder / "pyproject.toml", (later, later))
    assert checkout.make("setup")[1] == [COURSE]


def test_the_tests_need_their_group(checkout):
    checkout.make("setup")
    run, asked = checkout.make("test", "PYTEST_ARGS=tests/test_seq.py")
    assert run.returncode == 0, run.stderr
    assert asked[-2:] == [GROUP, f"{PYTEST} tests/test_seq.py"]
    assert VENV not in asked
    assert checkout.make("test")[1] == [PYTEST]


def test_tests_say_how_long_they_took_and_fail_where_pytest_does(checkout):
    checkout.mark("fails")
    run, _ = checkout.make("test")
    assert run.returncode != 0
    assert re.search(r"^make test: \d+ s$", run.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("wanted", "asked_for"),
    [
        ("steady", "tests/steady.py 20 0"),
        ("steady TIMES=3 BUSY=4", "tests/steady.py 3 4"),
        ("fuzz", "tests/fuzz_stack.py 1000000 1"),
        ("fuzz N=20000 SEED=7", "tests/fuzz_stack.py 20000 7"),
        ("fuzz WHAT=captures N=20000", "tests/fuzz_captures.py 20000 1"),
    ],
)
def test_steady_and_fuzz_take_how_much(checkout, wanted, asked_for):
    run, asked = checkout.make(*wanted.split())
    assert run.returncode == 0, run.stderr
    assert asked[-1] == asked_for


@pytest.mark.parametrize("how", ["cut-short", "cancelled"])
@pytest.mark.parametrize("target", ["setup", "test"])
def test_an_installation_cut_short_is_begun_again(checkout, target, how):
    if target == "test":
        checkout.make("setup")
    checkout.mark(how)
    shell = shutil.which("bash") or "/bin/sh"  # bash lives on when a program took the Ctrl-C for itself, as pip does
    assert checkout.make(target, f"SHELL={shell}")[0].returncode != 0
    checkout.unmark(how)
    run, asked = checkout.make(target)
    assert run.returncode == 0, run.stderr
    assert asked[:2] == [VENV, COURSE]
    assert checkout.make("setup")[1] == []


def test_no_network_breaks_nothing_that_works(checkout):
    checkout.make("setup")
    checkout.mark("no-network")
    assert checkout.make("test")[0].returncode != 0
    run, asked = checkout.make("lab")
    assert run.returncode == 0, run.stderr
    assert VENV not in asked
    checkout.unmark("no-network")
    assert VENV not in checkout.make("test")[1]


def test_a_venv_that_is_not_whole_is_made_again(checkout, tmp_path):
    (checkout.folder / ".venv/bin").mkdir(parents=True)
    assert checkout.make("setup")[1] == [VENV, COURSE]
    checkout.unmark(".venv/bin/python")
    assert checkout.make("setup")[1] == [VENV, COURSE]
    checkout.folder = checkout.folder.rename(tmp_path / "elsewhere")
    assert checkout.make("setup")[1] == [VENV, COURSE]


def test_an_old_python_is_refused_with_a_way_out(checkout):
    checkout.mark("too-old")
    run, asked = checkout.make("lab")
    assert run.returncode != 0
    assert "needs Python 3.11 or newer, and `./python` is not that" in run.stderr
    assert "make PYTHON=python3.12 lab" in run.stderr
    assert asked == []


def test_a_python_without_venv_says_what_to_install(checkout):
    checkout.mark("no-venv")
    run, _ = checkout.make("setup")
    assert run.returncode != 0
    assert "sudo apt install python3-venv" in run.stderr
    assert not (checkout.folder / ".venv/.made").exists()


def test_lab_makes_my_and_opens_the_first_lesson(checkout):
    run, asked = checkout.make("lab", "LAB_ARGS=--port=9999", DISPLAY=":0")
    assert run.returncode == 0, run.stderr
    assert asked[-2] == "notebooks/source/build.py my"
    command = asked[-1].split()
    assert command[:2] == ["-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/my/00_start_here.ipynb" in command
    assert command[-1] == "--port=9999"
    assert "--no-browser" not in command
    assert ("--allow-root" in command) == (os.getuid() == 0)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux may have no screen")
@pytest.mark.parametrize(
    ("environment", "has_screen"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({"BROWSER": "w3m"}, True)],
)
def test_without_a_screen_no_browser_is_looked_for(checkout, environment, has_screen):
    _, asked = checkout.make("lab", **environment)
    assert ("--no-browser" in asked[-1].split()) != has_screen


def test_fresh_wants_a_lesson(checkout):
    checkout.make("setup")
    run, asked = checkout.make("fresh")
    assert run.returncode != 0
    assert "make fresh LESSON=02" in run.stderr
    assert asked == []
    assert checkout.make("fresh", "LESSON=02")[1] == ["notebooks/source/build.py fresh 02"]
