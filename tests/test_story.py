"""The whole story in a terminal: python -m tcpkit."""

import os
import re
import subprocess
import sys

import pytest
from processes import python

OUT = "127.0.0.1.8989 > 127.0.0.1.8000"
TELL = [sys.executable, "-m", "tcpkit"]


def tell(*arguments, **environment):
    return subprocess.run([*TELL, *arguments], capture_output=True, env=os.environ | environment)


@pytest.fixture(scope="module")
def told():
    done = tell()
    if done.returncode and b"No lab can be had" in done.stderr:
        pytest.skip(done.stderr.decode())
    assert done.stderr == b""
    assert done.returncode == 0
    return done.stdout.decode()


def test_story_tells_what_its_author_saw(told):
    for line in (
        "Three SYNs from port 8989 to port 8000, where nothing listens.",
        "The network: private network · Linux · no root.",
        f"    {OUT}:  tcp 60 [bad hdr length 4 - too short, < 20]",
        f"    {OUT}: Flags [S], cksum 0x000f (incorrect -> 0x6f57), seq 0:44, win 0, length 44",
        f"    {OUT}: Flags [S], cksum 0x6f57 (correct), seq 0:44, win 0, length 44",
        "    127.0.0.1.8000 > 127.0.0.1.8989: Flags [R.], cksum 0x6f44 (correct), seq 0, ack 45, win 0, length 0",
        "\t0x0000:  4500 0028 0000 4000 4006 3cce 7f00 0001  E..(..@.@.<.....",
        "\t0x0010:  7f00 0001 1f40 231d 0000 0000 0000 002d  .....@#........-",
        "\t0x0020:  5014 0000 6f44 0000                      P...oD..",
        "   In the capture: 1. The kernel's counters: TcpInSegs +1  TcpInErrs +1",
        "   In the capture: 1. The kernel's counters: TcpInSegs +1  TcpInErrs +1  TcpInCsumErrors +1",
    ):
        assert line in told.splitlines()
    assert re.search(r"In the capture: 2\. The kernel's counters: TcpInSegs \+2 .*TcpOutRsts \+1", told)
    assert told.count("   Why: ") == 3


def test_story_repeats_but_for_what_the_kernel_picks(told):
    def fixed(text):
        text = re.sub(r"id \d+", "id", text)
        return re.sub(r"(0x0000:  4500 0054) .{4} (4000 4006) .{4}( 7f00 0001).*", r"\1 \2\3", text)

    assert fixed(tell().stdout.decode()) == fixed(told)


def test_story_loads_nothing_heavy(told):
    code = """if True:
        import sys
        from tcpkit.story import tell
        tell()
        heavy = {"numpy", "pandas", "matplotlib", "IPython", "ipykernel", "jupyter_client", "scapy"}
        print("loaded:", sorted(heavy & set(sys.modules)))
    """
    assert python(code).splitlines()[-1] == "loaded: []"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_says_that_it_tells_the_ending(option):
    done = tell(option)
    assert done.returncode == 0
    said = " ".join(done.stdout.decode().split())
    assert "the whole story, ending included" in said
    assert "doctor" in said
    assert "open the lessons instead (make lab)" in said


def test_unknown_command_is_refused():
    done = tell("nonsense")
    assert done.returncode == 2
    assert b"choose from" in done.stderr


@pytest.mark.parametrize("command", ["story", "doctor"])
@pytest.mark.parametrize(
    "terminal",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_output_that_cannot_hold_every_letter(told, command, terminal):
    done = tell(command, **terminal)
    assert (done.returncode, done.stderr) == (0, b"")


def test_reader_that_has_seen_enough(told):
    teller = subprocess.Popen(TELL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    teller.stdout.close()
    assert teller.stderr.read() == b""
    assert teller.wait() == 141
    teller.stderr.close()


def test_no_output_at_all(told):
    done = subprocess.run(["sh", "-c", 'exec "$0" -m tcpkit >&-', sys.executable], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_ends_the_story_quietly(told):
    code = """if True:
        import signal, sys
        from tcpkit import __main__, story
        story.tell = lambda: signal.raise_signal(signal.SIGINT)
        sys.argv = ["tcpkit"]
        sys.exit(__main__.run())
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"")


def test_story_without_tcpdump(told, tmp_path):
    assert tell(PATH=str(tmp_path)).stdout.decode().count("[bad hdr length 4 - too short, < 20]") == 1
