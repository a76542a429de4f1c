"""Find processes by a mark on their command line, and wait for what must come."""

import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

PATIENCE_S = 240  # for a machine that is busy with other things; nothing here is timed
MARKS = count(1)


def mark():
    """Return a number of seconds that no other process sleeps."""
    return f"{100_000 + next(MARKS)}.{os.getpid()}"


def marked(text):
    """Return the ids of all living processes with this on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (process / "cmdline").read_bytes() and int(process.name) != os.getpid():
                found.append(int(process.name))
        except OSError:
            continue  # it ended meanwhile
    return found


def is_alive(pid):
    """Say whether a process lives, or is more than a corpse to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def eventually(condition):
    """Wait until it is true, and return what it returned."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.01)
    return result


def descriptors():
    """Return what this process holds open."""
    held = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            held[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the listing itself
    return held


def python(code, *arguments, **options):
    """Run Python code in a process of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


GRANDCHILDREN = """
import os, subprocess, sys, time
for deep in (False, True):  # a plain child, and one that hides: a new session, twice forked
    if os.fork() == 0:
        if deep:
            os.setsid()
            if os.fork():
                os._exit(0)
        os.execvp("sleep", ["sleep", sys.argv[1]])
print("started", flush=True)
time.sleep(100_000)
"""


def start_family(lab, seconds):
    """Start a program whose descendants hide and hold its output open."""
    program = lab.start(["python", "-c", GRANDCHILDREN, seconds])
    eventually(lambda: len(marked(seconds)) >= 3 and "started" in program.output)
    return program
