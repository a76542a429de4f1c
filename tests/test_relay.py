"""Packets carried in real time: to a stack and from it, and through a link.

Nothing here asks how long anything took, but for what cannot be too early.
"""

import contextlib
import gc
import os
import signal
import socket
import struct
import threading
import time
from socket import AF_INET, SOCK_DGRAM

import pytest
from processes import PATIENCE_S, descriptors, eventually

from tcpkit.lab import Lab, LabClosed, LabError
from tcpkit.lab.cables import carrier
from tcpkit.stack.link import Link

US = "10.0.0.2"


class Echo:
    """A stack that sends each packet back to where it came from, and has a timer."""

    def __init__(self, address=US):
        self.address = address
        self.received, self.polled_at, self.to_send = [], [], []
        self.deadline = None
        self.fails_in = ""

    def receive(self, packet, now):
        self.fail("receive")
        self.received.append(packet)
        self.to_send.append(back(packet))

    def fail(self, method):
        if method == self.fails_in:
            raise RuntimeError("the learner's own mistake")

    def poll(self, now):
        self.fail("poll")
        self.polled_at.append(now)
        if self.deadline is not None and self.deadline <= now:
            self.deadline = None
        leaving, self.to_send = self.to_send, []
        return leaving

    def next_deadline(self):
        self.fail("next_deadline")
        return 0.0 if self.to_send else self.deadline


def back(packet):
    """Return a UDP packet, sent back; a checksum of 0 says that there is none."""
    return (
        packet[:12]
        + packet[16:20]
        + packet[12:16]
        + packet[22:24]
        + packet[20:22]
        + packet[24:26]
        + b"\0\0"
        + packet[28:]
    )


@pytest.fixture
def stack():
    return Echo()


@pytest.fixture
def host(lab):
    return lab.host()


@pytest.fixture
def kernels(lab):
    """A UDP socket of the kernel's, which the stack below sends everything back to."""
    with lab.socket(AF_INET, SOCK_DGRAM) as made:
        made.bind(("0.0.0.0", 5000))
        made.settimeout(PATIENCE_S)
        yield made


def number_of(packet):
    return struct.unpack("I", packet[-4:])[0]


def send_numbers(sender, numbers, address=US):
    for number in numbers:
        sender.sendto(struct.pack("I", number), (address, 9))


# A stack at work


def test_a_stack_hears_and_answers(host, kernels, stack):
    with host.run(stack) as running:
        for number in range(100):
            send_numbers(kernels, [number])
            assert number_of(kernels.recv(100)) == number
        assert repr(running) == "The stack on 10.0.0.2: running"
    assert repr(running) == "The stack on 10.0.0.2: stopped"
    assert [number_of(packet) for packet in stack.received] == list(range(100))


def test_do_returns_what_the_function_does_and_sends_first(host, kernels, stack):
    send_numbers(kernels, [7])
    packet = back(host.recv(PATIENCE_S))
    with host.run(stack) as running:
        before = time.monotonic()
        now = running.do(lambda now: stack.to_send.append(packet) or now)
        assert before <= now <= time.monotonic()
        assert number_of(kernels.recv(100, socket.MSG_DONTWAIT)) == 7


def test_do_hands_on_what_the_function_raises(host, stack):
    with host.run(stack) as running:
        with pytest.raises(ZeroDivisionError):
            running.do(lambda now: 1 / 0)
        assert running.do(lambda now: "goes on") == "goes on"


def test_do_may_be_called_while_something_is_done(host, stack):
    with host.run(stack) as running:
        assert running.do(lambda now: running.do(lambda now: "inner")) == "inner"


def test_wait_for_returns_what_the_predicate_does(host, kernels, stack):
    with host.run(stack) as running:
        threading.Timer(0.05, send_numbers, (kernels, range(5))).start()
        assert running.wait_for(lambda: stack.received[4:], PATIENCE_S) == stack.received[4:]
        assert running.wait_for(lambda: "at once", 0) == "at once"


def test_wait_for_something_that_makes_the_stack_speak(host, kernels, stack):
    """What the predicate leaves to be sent is sent, whether it waits on or not."""
    send_numbers(kernels, [1])
    packet = back(host.recv(PATIENCE_S))
    with host.run(stack) as running:
        for is_over in (True, False):
            with contextlib.suppress(TimeoutError):
                running.wait_for(lambda is_over=is_over: stack.to_send.append(packet) or is_over, 0.2)
            assert number_of(kernels.recv(100)) == 1
            stack.to_send.clear()


def test_wait_for_what_never_comes(host, stack):
    with host.run(stack) as running:
        with pytest.raises(TimeoutError, match=r"10\.0\.0\.2 waited 0\.01 s for something that did not.*capture\(\)"):
            running.wait_for(lambda: False, 0.01)
        assert not running._relay._waiters


def test_wait_for_a_predicate_that_fails(host, kernels, stack):
    with host.run(stack) as running:
        with pytest.raises(ZeroDivisionError):
            running.wait_for(lambda: 1 / 0)
        threading.Timer(0.05, send_numbers, (kernels, [1])).start()
        with pytest.raises(ZeroDivisionError):
            running.wait_for(lambda: stack.received and 1 / 0, PATIENCE_S)
        send_numbers(kernels, [2])
        assert running.wait_for(lambda: stack.received[1:], PATIENCE_S)


def test_many_wait_at_once(host, kernels, stack):
    found = []
    with host.run(stack) as running:
        threads = [
            threading.Thread(
                target=lambda most=most: found.append(running.wait_for(lambda: len(stack.received) >= most and most))
            )
            for most in range(1, 9)
        ]
        for thread in threads:
            thread.start()
        send_numbers(kernels, range(8))
        for thread in threads:
            thread.join()
    assert sorted(found) == list(range(1, 9))


def test_a_timer_runs_out_though_nothing_arrives(host, stack):
    with host.run(stack) as running:
        for seconds in (0.0, 0.0003, 0.02):
            deadline = running.do(lambda now, seconds=seconds: now + seconds)
            running.do(lambda now, deadline=deadline: setattr(stack, "deadline", deadline))
            running.wait_for(lambda: stack.deadline is None, PATIENCE_S)
            assert stack.polled_at[-1] >= deadline


class Flood:
    """A sender that sends as fast as it can, while the block runs."""

    def __init__(self, lab):
        code = f"import socket; s = socket.socket(2, 2)\nwhile True: s.sendto(bytes(900), ({US!r}, 9))"
        self.program = lab.start(["python", "-c", code])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stop()


def test_timers_and_calls_get_their_turn_under_a_flood(lab, host, stack):
    stack.receive = lambda packet, now: stack.received.append(None)
    with Flood(lab), host.run(stack) as running:
        running.wait_for(lambda: len(stack.received) > 1000, PATIENCE_S)
        for _ in range(20):
            running.do(lambda now: setattr(stack, "deadline", now + 0.001))
            running.wait_for(lambda: stack.deadline is None, PATIENCE_S)


def test_what_found_no_room_is_said(lab, host, stack):
    stack.receive = lambda packet, now: time.sleep(0.001)
    with Flood(lab), host.run(stack) as running:
        eventually(lambda: host.dropped)
    assert "packets came faster than they were taken)" in repr(running)


def test_the_owner_may_be_busy(lab, host, kernels, stack):
    """Whoever computes in Python lets the thread in once in a while only."""
    with host.run(stack):
        send_numbers(kernels, range(3000))
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            pass
    assert host.dropped == 0


def interrupt_soon():
    """Press Ctrl-C in a moment."""
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_a_wait_can_be_interrupted(lab, kernels, stack):
    for host in (lab.host(), lab.host("10.0.0.3", link=Link())):
        interrupt_soon()
        with pytest.raises(KeyboardInterrupt):
            host.recv(PATIENCE_S)
        stack.address = host.address
        with host.run(stack) as running:
            interrupt_soon()
            with pytest.raises(KeyboardInterrupt):
                running.wait_for(lambda: False, PATIENCE_S)
            send_numbers(kernels, [1], host.address)
            assert number_of(kernels.recv(100)) == 1


# Whose host it is


def test_recv_and_send_while_a_stack_runs(host, kernels, stack):
    send_numbers(kernels, [1])
    packet = back(host.recv(PATIENCE_S))
    with host.run(stack):
        host.send(packet)
        assert number_of(kernels.recv(100)) == 1
        with pytest.raises(LabError, match=r"A stack runs on 10\.0\.0\.2, and gets the packets.*Stop it first"):
            host.recv()
    send_numbers(kernels, [2])
    assert number_of(host.recv(PATIENCE_S)) == 2


def test_a_second_stack_takes_the_place_of_the_first(host, kernels, stack):
    first = host.run(stack)
    second = host.run(Echo())
    with pytest.raises(LabError, match=r"The stack on 10\.0\.0\.2 was stopped\. .*host\.run\(stack\)"):
        first.do(lambda now: None)
    send_numbers(kernels, [1])
    assert number_of(kernels.recv(100)) == 1
    assert not stack.received
    first.stop()
    assert second.do(lambda now: "still there") == "still there"


def test_a_stack_may_be_stopped_and_run_again(host, kernels, stack):
    for number in range(5):
        running = host.run(stack)
        send_numbers(kernels, [number])
        assert number_of(kernels.recv(100)) == number
        running.stop()
        running.stop()
    assert len(stack.received) == 5


def test_a_stack_of_another_address(host):
    with pytest.raises(ValueError, match=r"This host is 10\.0\.0\.2, and the stack's address is 10\.0\.0\.7"):
        host.run(Echo("10.0.0.7"))


def test_a_cable_pulled_under_a_running_stack(host, kernels, stack):
    with host.run(stack) as running:
        host.pull()
        running.do(lambda now: stack.to_send.extend([bytes(20)] * 3))
        send_numbers(kernels, [1])
        assert "(3 were sent into a pulled cable)" in repr(running)
        host.plug()
        send_numbers(kernels, [2])
        assert number_of(kernels.recv(100)) == 2
    assert len(stack.received) == 1


# A stack that fails


FAILED = r"has stopped: it raised RuntimeError: the learner's own mistake \(Echo\.fail, test_relay\.py, line \d+\)"


@pytest.mark.parametrize("method", ["receive", "poll", "next_deadline"])
def test_what_a_stack_raises_is_told_by_the_next_call(host, kernels, stack, method):
    running = host.run(stack)
    stack.fails_in = method
    send_numbers(kernels, [1])
    with pytest.raises(LabError, match=FAILED):
        running.wait_for(lambda: False, PATIENCE_S)
    with pytest.raises(LabError, match=FAILED):
        running.do(lambda now: None)
    assert repr(running) == "The stack on 10.0.0.2: failed"
    running.stop()  # it was told already
    send_numbers(kernels, [2])
    assert host.recv(PATIENCE_S)


@pytest.mark.parametrize("method", ["poll", "next_deadline"])
def test_what_a_stack_raises_while_something_is_done(host, kernels, stack, method):
    running = host.run(stack)
    for _ in range(2):
        with pytest.raises(LabError, match=FAILED) as caught:
            running.do(lambda now: setattr(stack, "fails_in", method))
        assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(LabError, match=FAILED):
        running.wait_for(lambda: True)


def test_a_failure_that_nobody_heard_of_is_told_at_the_end(host, kernels, stack):
    stack.fails_in = "receive"
    running = host.run(stack)
    send_numbers(kernels, [1])
    eventually(lambda: "failed" in repr(running))
    with pytest.raises(LabError, match=FAILED) as caught:
        running.stop()
    assert isinstance(caught.value.__cause__, RuntimeError)
    running.stop()


def test_a_failure_hides_no_other(host, kernels, stack):
    stack.fails_in = "receive"
    running = host.run(stack)
    send_numbers(kernels, [1])
    eventually(lambda: "failed" in repr(running))
    with pytest.raises(KeyError), running:
        raise KeyError


def test_a_stack_that_sends_too_much_at_once(host, stack):
    stack.to_send.append(bytes(1501))
    with pytest.raises(LabError, match=r"a packet of 1,501 bytes is too large: the cable carries 1,500"):
        host.run(stack).wait_for(lambda: False)


# Through a link


def link_host(lab, **faults):
    return lab.host(link=Link(**faults))


def expected(link, count, way):
    """Return the numbers that a link with these faults lets through, in virtual time."""
    pipe = link.both_ways()[way]
    for number in range(count):
        pipe.send(struct.pack("I", number), 0.0)
    return [number_of(packet) for packet in pipe.poll(1e9)]


def all_that_comes(host, count):
    return [number_of(host.recv(PATIENCE_S)) for _ in range(count)]


def test_a_seed_loses_the_same_packets_at_a_host(lab, kernels):
    link = Link(loss=0.1, duplication=0.05, seed=5)
    to_us, from_us = (expected(link, 500, way) for way in (0, 1))
    assert 400 < len(set(to_us)) < 500
    assert to_us != from_us
    host = lab.host(link=link)
    send_numbers(kernels, range(500))
    arrived = [host.recv(PATIENCE_S) for _ in to_us]
    assert [number_of(packet) for packet in arrived] == to_us
    for first in range(0, 500, 100):  # the kernel's socket has no room for all at once
        for number in range(first, first + 100):
            host.send(back(arrived[0])[:-4] + struct.pack("I", number))
        survivors = [number for number in from_us if first <= number < first + 100]
        assert [number_of(kernels.recv(100)) for _ in survivors] == survivors
    with pytest.raises(TimeoutError):
        host.recv(0.05)


def test_a_seed_loses_the_same_packets_of_a_stack(lab, kernels, stack):
    link = Link(loss=0.2, seed=6)
    to_us = expected(link, 200, 0)
    survivors = expected(link, len(to_us), 1)
    with lab.host(link=link).run(stack):
        send_numbers(kernels, range(200))
        assert [number_of(kernels.recv(100)) for _ in survivors] == [to_us[which] for which in survivors]


def test_a_delay_is_kept_to_each_way_and_in_order(lab, kernels, stack):
    link = Link(delay_s=0.03)
    host = lab.host(link=link)
    start = time.monotonic()
    send_numbers(kernels, range(50))
    assert all_that_comes(host, 50) == list(range(50))
    assert time.monotonic() - start >= 0.03
    with host.run(stack):
        start = time.monotonic()
        send_numbers(kernels, range(50))
        assert [number_of(kernels.recv(100)) for _ in range(50)] == list(range(50))
        assert time.monotonic() - start >= 0.06


def test_a_rate_is_kept_to(lab, kernels):
    host = lab.host(link=Link(rate_bit_s=1e6))
    start = time.monotonic()
    for _ in range(10):
        kernels.sendto(bytes(972), (US, 9))  # 1,000 bytes with their headers: 8 ms
    for _ in range(10):
        host.recv(PATIENCE_S)
    assert time.monotonic() - start >= 0.08


def test_what_is_under_way_arrives_after_a_stack_was_stopped(lab, kernels, stack):
    host = lab.host(link=Link(delay_s=0.2))
    with host.run(stack):
        send_numbers(kernels, [1])
        time.sleep(0.05)
    assert not stack.received
    assert number_of(host.recv(PATIENCE_S)) == 1


def test_packets_that_nobody_receives_do_not_pile_up(lab, kernels, monkeypatch):
    monkeypatch.setattr(carrier, "MOST_WAITING", 10)
    host = lab.host(link=Link())
    send_numbers(kernels, range(50))
    eventually(lambda: host.dropped == 40)
    assert all_that_comes(host, 10) == list(range(10))
    assert "(40 packets came faster than they were taken)" in repr(host)


def test_recv_of_nothing_through_a_link(lab):
    with pytest.raises(TimeoutError, match=r"Nothing came to 10\.0\.0\.2 within 0\.01 s"):
        lab.host(link=Link()).recv(0.01)


# The end

CALLS = {
    "do": lambda running: running.do(lambda now: None),
    "wait_for": lambda running: running.wait_for(lambda: True),
    "dial": lambda running: running.dial("10.0.0.1", 80),
    "accept": lambda running: running.accept(None),
    "read_all": lambda running: running.read_all(None),
    "send_all": lambda running: running.send_all(None, b""),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_after_the_end(lab, host, stack, call):
    running = host.run(stack)
    running.stop()
    with pytest.raises(LabError, match=r"was stopped"):
        call(running)
    running = host.run(stack)
    host.close()
    with pytest.raises(LabError, match=r"host was closed"):
        call(running)
    running = lab.host().run(stack)
    lab.close()
    with pytest.raises(LabClosed, match=r"it was closed"):
        call(running)
    running.stop()


def test_a_wait_ends_with_the_lab(lab, host, stack):
    running = host.run(stack)
    closing = threading.Timer(0.05, lab.close)
    closing.start()
    with pytest.raises(LabError):
        running.wait_for(lambda: False, PATIENCE_S)
    closing.join()


@pytest.mark.parametrize("thread", ["its own", "the owner's"])
def test_a_lab_may_be_closed_by_what_a_relay_calls(lab, kernels, stack, monkeypatch, thread):
    """The collector of garbage may run in any thread, and find a lab that is forgotten."""
    complaints = []
    monkeypatch.setattr(threading, "excepthook", complaints.append)
    gc.collect()
    before = descriptors()
    running = lab.host().run(stack)
    running.do(lambda now: setattr(running.end, "_receive", lambda packet, now: lab.close()))
    if thread == "its own":
        send_numbers(kernels, [1])
        eventually(lambda: not relays())
    else:
        with pytest.raises(LabError):
            running.do(lambda now: lab.close())
    with pytest.raises(LabClosed):
        running.do(lambda now: None)
    eventually(lambda: not relays())
    assert len(descriptors()) < len(before)
    assert not complaints


def test_a_copy_of_this_process_ends_without_the_thread(lab, host, kernels, stack):
    is_busy, go_on = threading.Event(), threading.Event()
    with host.run(stack) as running:
        running.do(lambda now: setattr(running.end, "_receive", lambda *_: is_busy.set() or go_on.wait()))
        send_numbers(kernels, [1])
        is_busy.wait()  # the thread has the lock, and in the copy nobody will give it back
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE_S)
            lab.close()
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        go_on.set()
        running.do(lambda now: setattr(running.end, "_receive", stack.receive))
        send_numbers(kernels, [2])
        assert number_of(kernels.recv(100)) == 2


def relays():
    return [thread for thread in threading.enumerate() if "10.0.0.2" in thread.name]


@pytest.mark.parametrize("link", [None, Link(delay_s=1)], ids=["plain", "link"])
def test_neither_threads_nor_descriptors_stay(stack, link):
    gc.collect()  # what other tests left to it
    before = descriptors()
    with Lab() as lab:
        for _ in range(3):
            running = lab.host(link=link).run(stack)
            assert len(relays()) == 1
        running.stop()
        assert len(relays()) == (link is not None)
        lab.host(link=link).run(stack)
    assert (relays(), descriptors()) == ([], before)


def test_a_lab_that_is_forgotten_ends(stack):
    gc.collect()  # what other tests left to it
    before = descriptors()
    lab = Lab()
    running = lab.host().run(stack)
    del lab
    gc.collect()
    assert running.do(lambda now: "the host holds the lab") == "the host holds the lab"
    del running
    gc.collect()
    eventually(lambda: not relays() and descriptors() == before)
