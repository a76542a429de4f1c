"""Ctrl-C: it stops the cell, keeps the lab, and loses nothing."""

import os
import signal
import socket

import pytest
from processes import descriptors, mark, python

INTERRUPTED = r"""if True:
    import glob, os, random, signal, socket, sys, tempfile, threading, time
    sys.path.insert(0, sys.argv[1])
    from processes import descriptors, eventually, marked
    from tcpkit.capture import Capture
    from tcpkit.lab import Lab
    from tcpkit.stack.link import Link
    from tcpkit.stack.stack import Stack
    from test_lab import STORY_RST, STORY_SYN

    ANSWERS = (
        "import contextlib, socket; s = socket.create_server(('', 7000))\n"
        "while True:\n with contextlib.suppress(OSError), s.accept()[0] as one:\n"
        "  one.settimeout(0.3), one.send(bytes(10_000)), one.shutdown(1)\n"
        "  while one.recv(65_536): pass"  # to close before that would be an RST
    )
    SERVER = "import socket, time; s = socket.create_server(('127.0.0.1', 8001)); time.sleep(1000)"
    dice = random.Random(int(sys.argv[2]))
    lab, other = Lab(), Lab()
    os.chdir(sys.argv[4])
    packets = Capture(Capture.of(bytes(1400)).packets * 5000)
    lab.send(STORY_SYN)
    with lab.capture():
        pass
    lab.run("true")
    eventually(lambda: threading.active_count() == 1)
    before = len(descriptors())

    def capture():
        with lab.capture():
            lab.send(STORY_SYN)

    def never():
        lab.run(f"sleep {sys.argv[3]}")

    tracebacks = []  # a notebook keeps the last one, and with it what a call has made
    came, armed = 0, False

    def ring(*_):
        if armed:  # the first ring may get lost in some destructor, where Python ignores all errors
            raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, ring)

    def interrupt(actions):
        global armed, came
        came = 0
        for number in range(120):
            action = actions[number % len(actions)]
            signal.setitimer(signal.ITIMER_REAL, dice.uniform(1e-5, 0.03), 0.5)
            try:
                armed = True
                while True:
                    action()
            except KeyboardInterrupt:
                armed = False
                came += 1
                tracebacks[:] = [sys.exc_info()]
            if action is not never:
                action()
            for family, kind in ((socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_STREAM)):
                with lab.socket(family, kind) as made:
                    assert made.type == kind, "this is the answer to another question"
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert came == 120, came

"""
CALLS = r"""
    interrupt([
        lambda: [lab.socket().close() for _ in range(20)],
        lambda: [lab.ask(STORY_SYN, timeout_s=0.001) for _ in range(5)],
        capture,
        lambda: lab.listen(8000),
        lambda: lab.counters(),
        lambda: lab.host(),
        lambda: lab.host("10.0.0.3", Link(0.001)),
        lambda: lab.cable(other),
        lambda: lab.wire(lab.namespace("box")),
        lambda: packets.save("it.pcap"),
        lambda: lab.start(["python", "-c", SERVER], port=8001),
        never,
    ])
    assert [bytes(reply) for reply in lab.ask(STORY_SYN)] == [STORY_RST[20:]]
    lab.run("true")
    import gc; gc.collect()
    box = lab.namespace("box")
    for made in (lab.host(), lab.host("10.0.0.3"), lab.cable(other), lab.listen(8000), lab.wire(box), box):
        made.close()
    tracebacks.clear()
    lab.start(["python", "-c", SERVER], port=8001).stop()
    assert os.listdir() == ["it.pcap"]
    gc.collect()
    eventually(lambda: len(descriptors()) <= before + 1)  # one more tap, where two captures overlapped
    eventually(lambda: not marked(f"sleep\0{sys.argv[3]}"))
"""
STACK = r"""
    stack = Stack("10.0.0.2")
    running = lab.host(link=Link(0.001)).run(stack)
    listener, answers = stack.listen(80), lab.start(["python", "-c", ANSWERS], port=7000)

    def dial():
        made = running.dial("10.0.0.1", 7000)
        assert [one for one in stack.connections if one.state == "SYN-SENT"] == []
        made.abort()

    def accept():
        with lab.socket() as client:
            client.connect(("10.0.0.2", 80))
            running.accept(listener).abort()

    interrupt([
        dial,
        accept,
        lambda: running.read_all(running.dial("10.0.0.1", 7000)),
        lambda: running.send_all(running.dial("10.0.0.1", 7000), bytes(100_000)),
        lambda: lab.source(bytes(100_000), 8002),
        lambda: lab.sink(8003),
    ])
    tracebacks.clear()
    assert len(running.read_all(running.dial("10.0.0.1", 7000))) == 10_000
"""
END = r"""
    assert not glob.glob(os.path.join(tempfile.gettempdir(), "*"))
    lab.close(), other.close()
    print("as before")
"""


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("part", [CALLS, STACK], ids=["calls", "stack"])
def test_interrupts_at_any_moment_lose_nothing(seed, part, tmp_path):
    """A Ctrl-C that comes by the clock; then the same call works."""
    folders = {name: tmp_path / name for name in ("files", "TMPDIR")}
    for folder in folders.values():
        folder.mkdir()
    environment = os.environ | {"TMPDIR": str(folders["TMPDIR"])}
    arguments = os.path.dirname(__file__), str(seed), mark(), str(folders["files"])
    assert python(INTERRUPTED + part + END, *arguments, env=environment) == "as before\n"


def test_interrupt_waits_while_a_lock_is_held(lab, monkeypatch):
    """Popen.poll() takes a lock; who leaves in the middle never gives it back."""
    poll, finished = lab._agent._process.poll, []

    def poll_slowly():
        signal.raise_signal(signal.SIGINT)
        finished.append(poll())

    monkeypatch.setattr(lab._agent._process, "poll", poll_slowly)
    with pytest.raises(KeyboardInterrupt):
        lab._agent.check()
    assert finished == [None]


def test_second_interrupt_goes_through_and_its_answer_is_dropped(lab):
    """An agent that does not answer for a while does not hold a user who presses Ctrl-C twice."""
    rings = []

    def ring(*_):
        rings.append(None)
        if len(rings) == 2:
            signal.setitimer(signal.ITIMER_REAL, 0)
        raise KeyboardInterrupt

    before, previous = len(descriptors()), signal.signal(signal.SIGALRM, ring)
    os.kill(lab._agent.pid, signal.SIGSTOP)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            lab.socket(socket.AF_INET, socket.SOCK_DGRAM)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        os.kill(lab._agent.pid, signal.SIGCONT)
    with lab.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        assert made.type == socket.SOCK_STREAM, "this is the answer to the question before"
    assert len(rings) == 2
    assert len(descriptors()) == before


def test_ctrl_c_for_the_whole_group_spares_the_lab():
    code = """if True:
        import os, signal, sys, threading
        from tcpkit.lab import Lab
        lab = Lab()
        server = lab.start("sleep 100000")
        threading.Timer(0.2, os.killpg, (0, signal.SIGINT)).start()
        try:
            lab.run("sleep 100000")
        except KeyboardInterrupt:
            print("stopped")
        print(server.running, lab.run("echo here"))
    """
    assert python(code, start_new_session=True) == "stopped\nTrue here\n"
