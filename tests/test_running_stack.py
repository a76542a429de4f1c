"""The calls of a notebook on a stack that runs, against the real kernel; and a learner's pieces in it."""

import contextlib
import errno
import hashlib
import random
import socket
import sys
import threading
import traceback
from types import SimpleNamespace

import pytest
from processes import PATIENCE_S, eventually

from tcpkit.lab import LabError
from tcpkit.lab.cables import watched_lock
from tcpkit.stack.link import Link
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State

KERNEL, US = "10.0.0.1", "10.0.0.2"
DATA = random.Random(13).randbytes(3_000_000)
SUM = f"{len(DATA)} {hashlib.sha256(DATA).hexdigest()}"


@pytest.fixture
def stack():
    return Stack(US)


@pytest.fixture
def running(lab, stack):
    return lab.host().run(stack)


# Calls that do what they say


@pytest.mark.parametrize("link", [None, Link(loss=0.02, seed=3)])
def test_dialled_and_read_and_sent(lab, link):
    running = lab.host(link=link).run(Stack(US, Settings(rto_min_s=0.05)))
    lab.source(DATA)
    for source_port in (5000, None):  # a source serves each who dials
        connection = running.dial(KERNEL, 8000, source_port, timeout_s=PATIENCE_S)
        assert running.read_all(connection, PATIENCE_S) == DATA
        assert connection.state is State.CLOSED
        assert source_port in (None, connection.local[1])
    sink = lab.sink(8001)
    connection = running.dial(KERNEL, 8001, timeout_s=PATIENCE_S)
    running.send_all(connection, DATA, PATIENCE_S)
    assert (sink.wait(PATIENCE_S), sink.output) == (0, SUM)
    assert running.read_all(connection, PATIENCE_S) == b""


def test_accepted_read_and_answered(lab, running, stack):
    listener = running.do(lambda now: stack.listen(80))
    with lab.socket() as client:
        client.connect((US, 80))
        connection = running.accept(listener, PATIENCE_S)
        client.sendall(b"ping")
        client.shutdown(socket.SHUT_WR)
        assert running.wait_for(lambda: connection.recv(), PATIENCE_S) == b"ping"
        running.send_all(connection, b"pong")
        assert client.recv(100) == b"pong"
        assert running.read_all(connection, PATIENCE_S) == b""
    assert connection.state is State.CLOSED


def test_settings_are_one_connection_s_own(lab, running):
    lab.source(b"")
    assert not running.dial(KERNEL, 8000, settings=Settings(timestamps=False)).has_timestamps
    assert running.dial(KERNEL, 8000).has_timestamps


def test_a_sink_that_sleeps_in_a_small_buffer_closes_its_window(lab, running):
    sink = lab.sink(pause_s=1.0, buffer=20_000)
    connection = running.dial(KERNEL, 8000)
    running.send_all(connection, DATA[:300_000])
    running.wait_for(lambda: connection.snd.persist.deadline is not None, PATIENCE_S)
    assert sink.wait(PATIENCE_S) == 0
    assert sink.output.startswith("300000 ")


# Calls that cannot


def failed(kind, number, call, *words):
    with pytest.raises(kind) as caught:
        call()
    assert (type(caught.value), caught.value.errno) == (kind, number)
    for word in words:
        assert word in str(caught.value)


def test_nobody_is_there(lab, running, stack):
    failed(ConnectionRefusedError, errno.ECONNREFUSED, lambda: running.dial(KERNEL, 81), "Nobody listens there")
    words = "8.8.8.8, port 81, to answer; the kernel's address here is 10.0.0.1. This connection is SYN-SENT"
    failed(TimeoutError, errno.ETIMEDOUT, lambda: running.dial("8.8.8.8", 81, timeout_s=0.05), words)
    listener = stack.listen(80)
    failed(
        TimeoutError, errno.ETIMEDOUT, lambda: running.accept(listener, 0.05), "Nobody opened a connection to port 80"
    )
    listener.close()
    failed(TimeoutError, errno.ETIMEDOUT, lambda: running.accept(listener, 0.05), "this listener is closed")
    assert stack.connections == ()


def test_no_end_comes_and_what_has_come_stays_unread(lab, running, stack):
    with lab.listen(8000, KERNEL) as listener:
        connection = running.dial(KERNEL, 8000)
        served, _ = listener.accept()
        served.sendall(DATA[:500_000])
        running.wait_for(lambda: connection.unread > 100_000, PATIENCE_S)
        words = "for the other side's end; 500,000 bytes are unread. This connection is ESTABLISHED"
        failed(TimeoutError, errno.ETIMEDOUT, lambda: running.read_all(connection, 0.5), words)
        assert connection.unread == 500_000
        assert running.do(lambda now: connection.recv(3)) == DATA[:3]
        served.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        served.close()  # by an RST
        failed(ConnectionResetError, errno.ECONNRESET, lambda: running.read_all(connection), "with an RST")
        assert connection.unread == 499_997


def test_nobody_takes_what_is_sent(lab, running):
    with lab.listen(8000, KERNEL) as listener:
        connection = running.dial(KERNEL, 8000)
        served, _ = listener.accept()
        with served:
            data = bytes(20_000_000)
            failed(
                TimeoutError, errno.ETIMEDOUT, lambda: running.send_all(connection, data, 0.5), "of 20,000,000 bytes"
            )
            connection.close()
            failed(BrokenPipeError, errno.EPIPE, lambda: running.send_all(connection, b"x"), "you have closed")


@pytest.mark.parametrize("data", ["text", None, 5, [1]])
def test_data_is_bytes(lab, running, data):
    for call in (lambda: lab.source(data), lambda: running.send_all(None, data)):
        with pytest.raises(TypeError, match=r"data is bytes; this is .*\.encode\(\)"):
            call()


@pytest.mark.parametrize("buffer", [0, -1, True, "big", 1 << 40])
def test_a_buffer_is_a_number_of_bytes(lab, buffer):
    with pytest.raises(ValueError, match="buffer is a number of bytes"):
        lab.sink(buffer=buffer)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("10.0.0.1", r"10\.0\.0\.1 is there once a cable is: `host = lab\.host\(\)` first$"),
        ("10.0.5.1", r"is there once a cable is: `host = lab\.host\('10\.0\.5\.2'\)` first$"),
        ("10.0.5.3", r"is an address of your own: a stack listens there, and the kernel does not$"),
        ("10.0.0.9", r"is no address of the lab's kernel\. It has 127\.0\.0\.1, and the \.1 of each cable"),
    ],
)
def test_the_kernel_listens_at_its_own_addresses_only(lab, address, words):
    if address == "10.0.5.3":
        lab.host(address)
    with pytest.raises(OSError, match=words) as caught:
        lab.listen(8000, address)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    lab.host("10.0.0.2")
    lab.listen(8000, KERNEL).close()


def test_the_kernel_reaches_its_own_address_once_it_is_there(lab):
    with pytest.raises(OSError, match=r"no way from here to 10\.0\.0\.1.* once a cable is"):
        lab.ask(bytes(20), KERNEL)
    lab.host()
    lab.ask(bytes(20), KERNEL)


# A learner's pieces


def endless():
    while True:
        pass


class Unending:
    """Functions that no exception ends, for as long as the block runs."""

    def __init__(self):
        self.is_over, self.has_begun = threading.Event(), threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_over.set()

    def catches_all(self, levels=100):
        """Go on whatever is raised: each level takes what comes between two turns of the next."""
        self.has_begun.set()
        while not self.is_over.is_set():
            with contextlib.suppress(BaseException):
                if levels:
                    self.catches_all(levels - 1)

    def waits(self):
        self.has_begun.set()
        self.is_over.wait()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(watched_lock, "LONGEST_HOLD_S", 1.0)
    monkeypatch.setattr(watched_lock, "TRY_S", 0.02)
    return monkeypatch


def goes_on(lab):
    """Say whether the next cell runs: a new stack reads what the kernel sends."""
    running = lab.host().run(Stack(US))
    lab.source(DATA)
    return running.read_all(running.dial(KERNEL, 8000, timeout_s=PATIENCE_S), PATIENCE_S) == DATA


def with_add(function):
    """Return settings whose reassembler calls the function when a piece comes."""
    return Settings(pieces=Pieces(reassembler=type("Own", (Reassembler,), {"add": lambda self, at, data: function()})))


NOT_BACK = r"^The stack on 10\.0\.0\.2 has not come back for 1 s: it is in .*, test_running_stack\.py, line \d+\. It "


def named(running, call, outcome):
    for each in (call, lambda: running.do(lambda now: 1)):
        with pytest.raises(LabError, match=NOT_BACK + outcome):
            each()
    running.stop()  # it was told already


def test_a_piece_that_never_returns_is_named_and_ended(lab, impatient):
    lab.source(DATA)
    threads = threading.active_count()
    running = lab.host().run(Stack(US, with_add(endless)))
    named(running, lambda: running.read_all(running.dial(KERNEL, 8000), PATIENCE_S), "was ended")
    eventually(lambda: threading.active_count() == threads)
    impatient.undo()
    assert goes_on(lab)


@pytest.mark.parametrize("how", ["catches_all", "waits"])
def test_a_piece_that_cannot_be_ended_is_left_behind(lab, impatient, how):
    with Unending() as unending:
        running = lab.host().run(Stack(US, with_add(getattr(unending, how))))
        with lab.listen(8000, KERNEL) as listener:
            ours = running.dial(KERNEL, 8000)
            program = listener.accept()[0]
        program.sendall(b"!")  # now, as the piece is asked with the first byte
        assert unending.has_begun.wait(PATIENCE_S)  # in the stack's thread, as nobody waits in this one
        named(running, lambda: running.read_all(ours, PATIENCE_S), "cannot be ended")
        impatient.undo()
        assert goes_on(lab)
        lab.close()


def test_what_cannot_be_ended_in_the_main_thread_is_told_there(impatient, capsys):
    lock = watched_lock.WatchedLock("The stack")
    with Unending() as unending:

        def wants():
            try:
                with contextlib.suppress(LabError), lock.held():
                    pass
            finally:
                unending.is_over.set()

        waiting = threading.Thread(target=wants)
        with lock.held():
            waiting.start()
            unending.catches_all()
        waiting.join()
    assert "cannot be ended, and goes on until you restart the notebook." in capsys.readouterr().err


@pytest.mark.parametrize("call", ["do", "wait_for"])
def test_a_function_of_the_caller_s_that_never_returns(lab, running, impatient, call):
    with pytest.raises(LabError, match=r"it is in endless, test_running_stack\.py, line \d+\. It was ended"):
        running.do(lambda now: endless()) if call == "do" else running.wait_for(endless)
    impatient.undo()
    assert goes_on(lab)


def test_of_pieces_in_one_file_the_innermost_is_named():
    inner, outer = {}, {}
    exec(compile("def add():\n    raise ValueError", "tcp.py", "exec"), inner)
    exec(compile("def read(call):\n    call()", "tcp.py", "exec"), outer)
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # it has no words
        outer["read"](inner["add"])
    frames = [*traceback.walk_tb(caught.tb.tb_next)]
    assert watched_lock.place_of(reversed(frames)) == ("add, tcp.py, line 2", True)


def test_who_is_in_a_with_is_named_by_its_own_line():
    """Between two turns of it the innermost frame is of `contextlib`."""
    inner, own = SimpleNamespace(f_globals={"__name__": "contextlib"}), sys._getframe()
    assert watched_lock.place_of([(inner, 1), (own, 7)]) == (
        f"{own.f_code.co_name}, test_running_stack.py, line 7",
        True,
    )


def test_who_comes_back_and_is_in_again_is_not_ended():
    lock, tries = watched_lock.WatchedLock("The stack"), iter(range(10 * watched_lock.LOOKS))

    class Contended:
        def acquire(self, timeout):
            lock._times += 1  # somebody took it in between
            return next(tries, None) is None

        def release(self):
            pass

    lock.plain, lock.holder = Contended(), threading.get_ident()
    with lock.held():
        assert lock.overdue == ""


def test_a_lock_that_an_interrupt_has_lost_is_replaced(monkeypatch):
    """It came between taking the lock and saying who has it: nobody would ever give it back."""
    monkeypatch.setattr(watched_lock, "LONGEST_HOLD_S", 0.1)
    lock, went_on = watched_lock.WatchedLock("The stack"), threading.Event()
    lock.plain.acquire()

    def other():
        with lock.held():
            went_on.set()

    threading.Thread(target=other, daemon=True).start()
    assert went_on.wait(PATIENCE_S)
    with lock.held():
        assert lock.overdue == ""


class Raises(Reassembler):
    def add(self, at, data):
        return {}[at]


class Nothing(Reassembler):
    def add(self, at, data):
        return None


class Changes(Reassembler):
    def add(self, at, data):
        data[0] = 0


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (Raises, r"it raised KeyError: 0 \(Raises\.add, test_running_stack\.py, line \d+\)$"),
        (Changes, r"it raised TypeError: 'bytes' object .* \(Changes\.add, test_running_stack\.py, line \d+\)$"),
        (
            Nothing,
            r"TypeError: What `add` returned is None: .*That line is tcpkit's: what your own reassembler gave it may "
            "be the cause$",
        ),
    ],
)
def test_a_piece_that_fails_is_named(lab, own, words):
    lab.source(DATA)
    running = lab.host().run(Stack(US, Settings(pieces=Pieces(reassembler=own))))
    with pytest.raises(LabError, match=words):
        running.read_all(running.dial(KERNEL, 8000), PATIENCE_S)
    assert goes_on(lab)


def test_a_line_of_a_cell_is_called_so():
    names = {"__name__": "__main__"}
    code = "class Mine:\n    def add(self):\n        return sorted([1], key=lambda one: 1 / 0)\n"
    exec(compile(code, "/tmp/ipykernel_123/456.py", "exec"), names)
    with pytest.raises(ZeroDivisionError) as caught:
        names["Mine"]().add()
    caught.value.__traceback__ = caught.tb.tb_next
    assert watched_lock.described(caught.value) == (
        "ZeroDivisionError: division by zero (<lambda>, line 3 of your cell)",
        True,
    )
