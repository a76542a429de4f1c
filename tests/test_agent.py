"""What a lab leaves behind when it ends, however it ends: nothing."""

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import pytest
from processes import children, descriptors, eventually, is_alive, mark, marked, python, start_family

from tcpkit.lab import Lab, LabClosed
from tcpkit.story import scenes

STORY_SYN = scenes()[2].buffer


@pytest.mark.parametrize("how", ["close", "collect", "kill"])
def test_end_of_a_lab_ends_all_that_runs_in_it(how):
    before = descriptors()
    seconds, lab = mark(), Lab()
    pid = lab._agent.pid
    program = start_family(lab, seconds)
    with contextlib.suppress(LabClosed), lab.capture():
        lab.send(STORY_SYN)
        if how == "close":
            lab.close()
        elif how == "kill":
            os.kill(pid, signal.SIGKILL)
    del program, lab
    gc.collect()
    eventually(lambda: not is_alive(pid) and not marked(seconds))
    eventually(lambda: descriptors() == before)
    eventually(lambda: threading.active_count() == 1)


OWNER = (
    """if True:
    import os, sys, threading, time
    sys.path.insert(0, sys.argv[2])
    from processes import eventually, start_family
    from tcpkit.lab import Lab
    lab = Lab()
    program = start_family(lab, sys.argv[1])
    capture = lab.capture().__enter__()
    listener = lab.listen(8000)
    print(lab._agent.pid, flush=True)
    """,
    os.path.dirname(__file__),
)


@pytest.mark.parametrize("how", ["exit", "unhandled error", "kill", "kill while a program is awaited"])
def test_end_of_the_owner_ends_the_lab(how):
    seconds = mark()
    last = {
        "exit": "",
        "unhandled error": "raise SystemExit(1)",
        "kill": "time.sleep(100_000)",
        "kill while a program is awaited": "lab.run('sleep 100000')",
    }[how]
    owner = subprocess.Popen(
        [sys.executable, "-c", f"{OWNER[0]}{last}", seconds, OWNER[1]], stdout=subprocess.PIPE, text=True
    )
    agent = int(owner.stdout.readline())
    if how.startswith("kill"):
        owner.kill()
    owner.wait()
    owner.stdout.close()
    eventually(lambda: not is_alive(agent) and not marked(seconds))


def test_fifty_labs_leave_nothing():
    Lab().close()
    before, running = descriptors(), children()
    for number in range(50):
        lab = Lab()
        lab.send(STORY_SYN)
        if number % 10 == 0:
            lab.run("true")
            with lab.capture():
                lab.send(STORY_SYN)
        lab.close()
    gc.collect()
    eventually(lambda: descriptors() == before)
    assert children() == running


def test_table_that_this_kernel_has_not(lab):
    """IPv6 may be off."""
    assert lab._agent.proc_net("no-such-table") == ""


def test_table_of_an_agent_that_ends_while_we_look(lab, monkeypatch):
    os.kill(lab._agent.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(lab._agent.pid))
    monkeypatch.setattr(lab._agent, "check", lambda: None)
    with pytest.raises(LabClosed):
        lab._agent.proc_net("tcp")


def test_agent_stands_in_nobodys_way(lab):
    """It holds no folder that someone may want to unmount, and nothing of ours but its own."""
    agent = f"/proc/{lab._agent.pid}"
    assert os.readlink(f"{agent}/cwd") == "/"
    held = {os.readlink(f"{agent}/fd/{name}").partition(":")[0] for name in os.listdir(f"{agent}/fd")}
    assert held == {"/dev/null", "pipe", "socket", "anon_inode"}
    assert os.getsid(lab._agent.pid) == lab._agent.pid


def test_a_copy_of_the_owner_neither_keeps_nor_ends_the_lab():
    """What multiprocessing's fork makes: a copy that holds our descriptors."""
    lab = Lab()
    pid = lab._agent.pid
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        with contextlib.suppress(BaseException):
            try:
                lab.counters()
            except LabClosed as error:
                os.write(writing, str(error).encode())
            lab.close()
            os.close(writing)
            signal.pause()
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        assert "belongs to the process that made it" in pipe.read()
    try:
        assert lab.ask(STORY_SYN)
        lab.close()
        assert not is_alive(pid)
        assert is_alive(copy)
    finally:
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)


def test_copies_that_outlive_their_owner_do_not_keep_the_lab():
    code = """if True:
        import os, sys, time
        from tcpkit.lab import Lab
        lab = Lab()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", sys.argv[1]]) if len(sys.argv) > 2 else time.sleep(float(sys.argv[1]))
        print(lab._agent.pid, flush=True)
        os._exit(0)
    """
    seconds = mark()
    owner = subprocess.Popen([sys.executable, "-c", code, seconds], stdout=subprocess.PIPE, text=True)
    agent = int(owner.stdout.readline())
    owner.wait()
    eventually(lambda: not is_alive(agent))
    (copy,) = marked(seconds)
    os.kill(copy, signal.SIGKILL)
    owner.stdout.close()


def test_labs_threads_do_not_keep_python():
    code = "from tcpkit.lab import Lab; lab = Lab(); p = lab.start('sleep 100000'); lab.capture().__enter__(); print(1)"
    assert python(code) == "1\n"


def test_lab_in_a_process_that_was_forked():
    """A copy of a process that has a lab can make its own."""
    with Lab(), multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(answer_in_a_new_lab) == 45


def answer_in_a_new_lab():
    with Lab() as lab:
        return lab.ask(STORY_SYN)[0].ack
