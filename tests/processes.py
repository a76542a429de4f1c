"""Find processes by a mark on their command line, and wait for what must come."""

import gc
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


def state_and_parent(pid):
    """Return a process's state (a letter) and its parent's id; ("", 0) if there is no such process."""
    try:
        state, parent, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return state, int(parent)
    except OSError:
        return "", 0


def is_alive(pid):
    """Say whether a process lives, and is not just waiting to be buried."""
    return state_and_parent(pid)[0] not in ("", "Z", "X")


def children():
    """Return the ids of our child processes, the dead and unburied among them."""
    names = (process.name for process in Path("/proc").glob("[0-9]*"))
    return {int(name) for name in names if state_and_parent(name)[1] == os.getpid()}


def eventually(condition):
    """Wait until it is true, and return what it returned."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.01)
    return result


def descriptors():
    """Return what this process holds open, once what earlier tests have left is collected."""
    gc.collect()
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
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=5 * PATIENCE_S, **options
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
