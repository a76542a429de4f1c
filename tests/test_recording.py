"""A capture in the making: nothing lost, or the loss said."""

import os
import signal
import socket
import struct
import threading
import time
from socket import AF_INET, IPPROTO_TCP, SOCK_DGRAM, SOCK_RAW

import pytest
from processes import descriptors, eventually, is_alive

from tcpkit.capture import Capture
from tcpkit.lab import Lab, LabClosed, LabError, capture_ring, recording
from tcpkit.story import scenes
from tcpkit.wire import Flags

STORY_SYN = scenes()[2].buffer
STORY_RST = bytes.fromhex(
    "4500 0028 0000 4000 4006 3cce 7f00 0001 7f00 0001 1f40 231d 0000 0000 0000 002d 5014 0000 6f44 0000"
)


@pytest.fixture
def raw(lab):
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as made:
        yield made


def send(raw, data=STORY_SYN, times=1):
    for _ in range(times):
        raw.sendto(data, ("127.0.0.1", 0))


def test_each_packet_once_and_in_order(lab, raw):
    earliest = time.time_ns()
    with lab.capture() as packets:
        send(raw)
    assert isinstance(packets, Capture)
    assert [packet.data[20:] for packet in packets] == [STORY_SYN, STORY_RST[20:]]
    assert packets[1].data == STORY_RST
    assert earliest < packets[0].time_ns < packets[1].time_ns < time.time_ns()
    assert (packets.dropped, packets.skipped) == (0, {})
    assert "[R.]" in repr(packets)


def test_the_kernel_notes_which_checksums_it_leaves_to_a_card(lab, raw, tmp_path):
    with lab.capture() as packets, lab.listen(8000), lab.socket() as client:
        client.connect(("127.0.0.1", 8000))
    send_by_hand = packets.packets[0].segment
    with lab.capture() as again:
        lab.send(send_by_hand)
    me = lab.host()
    with me.capture() as crossed, lab.socket() as client:
        client.setblocking(False)
        client.connect_ex((me.address, 80))
    assert len(packets) >= 3
    assert {packet.is_unfinished for packet in packets if Flags.RST not in packet.segment.flags} == {True}
    assert {packet.is_unfinished for packet in [*again[:1], *crossed]} == {False}
    packets.save(tmp_path / "some.pcap")
    assert Capture.load(tmp_path / "some.pcap") == packets
    assert {packet.is_unfinished for packet in Capture.load(tmp_path / "some.pcap")} == {None}


def test_a_silent_block_records_nothing(lab):
    with lab.capture() as packets:
        pass
    assert len(packets) == 0
    assert repr(packets) == "no packets"


def test_ten_thousand_syns_in_one_go(lab, raw):
    with lab.capture() as packets:
        send(raw, times=10_000)
    assert len(packets) + packets.dropped == 20_000
    assert packets.dropped == 0
    assert sum(packet.segment.flags == Flags.SYN for packet in packets) == 10_000


def test_a_stalled_drain_loses_packets_and_says_so(lab, raw, monkeypatch):
    monkeypatch.setattr(capture_ring, "BLOCKS", 2)
    stalled = threading.Event()
    take = capture_ring.CaptureRing.take
    monkeypatch.setattr(capture_ring.CaptureRing, "take", lambda self: take(self) if stalled.is_set() else None)
    with lab.capture() as packets:
        send(raw, times=10_000)
        stalled.set()
    assert packets.dropped > 0
    assert len(packets) + packets.dropped == 20_000
    assert f"({packets.dropped} packets were dropped: they came faster" in repr(packets)
    with lab.capture() as packets:  # the count begins anew
        send(raw)
    assert (len(packets), packets.dropped) == (2, 0)


def test_the_largest_packet_comes_whole(lab, raw):
    largest = STORY_SYN.ljust(65_515, b"x")
    with lab.capture() as packets:
        send(raw, largest, times=40)
    assert [packet.data[20:] for packet in packets if packet.segment.destination_port == 8000] == [largest] * 40


def test_captures_one_after_the_other_do_not_mix(lab, raw):
    """The same ring serves them all, and may still hold what came between."""
    for number in range(30):
        send(raw, struct.pack("!HH", 1000 + number, 1) + bytes(16))
        with lab.capture() as packets:
            send(raw, struct.pack("!HH", 2000 + number, 1) + bytes(16))
        assert [packet.segment.source_port for packet in packets] == [2000 + number]
        send(raw, struct.pack("!HH", 3000 + number, 1) + bytes(16))


def test_a_ring_forgets_what_came_before(lab, raw):
    """The kernel hands over what came just before a pause only after it."""
    one = capture_ring.CaptureRing(lab._agent)
    for number in range(10):
        one.resume()
        send(raw, struct.pack("!HH", 1000 + number, 1) + bytes(16))
        one.pause()
        one.resume()
        send(raw, struct.pack("!HH", 2000 + number, 1) + bytes(16))
        found = []
        while not found or one.wait(capture_ring.RETIRE_MS * 5):
            found += [packet.segment.source_port for packet in one.packets(one.take() or bytes(100))]
        one.pause()
        assert found == [2000 + number]
    one.close()


def test_captures_use_one_ring(lab, raw):
    with lab.capture():
        send(raw)
    before, (only,) = descriptors(), lab._agent.kept
    for _ in range(5):
        with lab.capture() as packets:
            send(raw)
        assert len(packets) == 2
        assert lab._agent.kept == [only]
    assert descriptors() == before


def test_captures_within_each_other(lab, raw):
    with lab.capture() as outer:
        send(raw)
        with lab.capture() as inner:
            send(raw)
        send(raw)
    assert (len(inner), len(outer)) == (2, 6)


def test_a_conversation_is_kept_to_its_last_packet(lab):
    """A server in a thread, as in the lessons."""

    def serve(listener):
        server, _ = listener.accept()
        with server:
            server.recv(100)
            server.sendall(b"hello\n")

    for _ in range(10):
        with lab.listen(8000) as listener, lab.capture() as packets:
            thread = threading.Thread(target=serve, args=(listener,))
            thread.start()
            with lab.socket() as client:
                client.connect(("127.0.0.1", 8000))
                client.sendall(b"GET")
                client.recv(100)
            thread.join()
        flags = [packet.segment.flags for packet in packets]
        assert flags[0] == Flags.SYN
        assert sum(Flags.FIN in one for one in flags) == 2
        assert flags[-1] == Flags.ACK


def test_a_long_silence_in_the_block_ends_nothing(lab, raw):
    with lab.capture() as packets:
        time.sleep(5 * recording.QUIET_MS / 1000)
        send(raw)
    assert len(packets) == 2


def test_a_silence_that_began_before_the_end_does_not_count():
    """The last packet may be in a block that the kernel has yet to hand over."""

    class Ring:
        scripted = iter([None, None, b"the last block", None, None])
        waits = 0

        def take(self):
            return next(self.scripted)

        def wait(self, timeout_ms):
            self.waits += 1
            drain.ending.set()  # the end comes while we wait for the first time
            return self.waits == 2

    drain = recording.Drain(Ring())
    drain.thread.start()
    drain.thread.join()
    assert drain.blocks == [b"the last block"]


def test_other_protocols_are_seen_too(lab):
    with lab.socket(AF_INET, SOCK_DGRAM) as one, lab.capture() as packets:
        one.sendto(b"nobody", ("127.0.0.1", 5000))
    assert [packet.ip.protocol for packet in packets] == [socket.IPPROTO_UDP, socket.IPPROTO_ICMP]


def record(packets, *steps):
    """Take the steps while it records."""
    with packets:
        for step in steps:
            step()


def fail():
    raise ZeroDivisionError


def test_an_error_in_the_block_keeps_the_packets(lab, raw):
    packets = lab.capture()
    with pytest.raises(ZeroDivisionError):
        record(packets, lambda: send(raw), fail)
    assert len(packets) == 2


def test_ctrl_c_at_the_end_of_the_block_keeps_the_packets(lab, raw, monkeypatch):
    end = recording.Drain.end
    monkeypatch.setattr(recording.Drain, "end", lambda drain: (signal.raise_signal(signal.SIGINT), end(drain)))
    packets = lab.capture()
    with pytest.raises(KeyboardInterrupt):
        record(packets, lambda: send(raw))
    assert len(packets) == 2


def test_before_its_end_it_says_when_to_look(lab, raw):
    packets = lab.capture()
    assert "once the block of `with lab.capture() as packets:` has ended" in repr(packets)
    with packets:
        send(raw)
        assert "has ended" in repr(packets)
        assert len(packets) == 0
    assert "has ended" not in repr(packets)
    with pytest.raises(LabError, match="made already"), packets:
        pass
    assert len(packets) == 2


def test_agent_killed_in_mid_capture(lab, raw):
    def kill_agent():
        os.kill(lab._agent.pid, signal.SIGKILL)
        eventually(lambda: not is_alive(lab._agent.pid))

    packets = lab.capture()
    with pytest.raises(LabClosed, match="ended by signal 9"):
        record(packets, lambda: send(raw), kill_agent, lambda: send(raw))
    assert len(packets) == 4  # the network lives on in its sockets
    with Lab() as another, another.capture() as packets:
        another.send(STORY_SYN)
    assert len(packets) == 2


def test_lab_closed_in_mid_capture(lab, raw):
    packets = lab.capture()
    with pytest.raises(LabClosed, match="it was closed"):
        record(packets, lambda: send(raw), lab.close)
    assert len(packets) == 2


def test_an_error_in_the_block_is_not_hidden_by_the_labs_end(lab):
    with pytest.raises(ZeroDivisionError):
        record(lab.capture(), lab.close, fail)


def test_capture_ends_although_packets_keep_coming(lab, raw, monkeypatch):
    monkeypatch.setattr(recording, "LONGEST_END_S", 0.2)
    enough = threading.Event()

    def chatter():
        while not enough.wait(0.005):
            send(raw)

    thread = threading.Thread(target=chatter)
    thread.start()
    with lab.capture() as packets:
        pass
    assert thread.is_alive()
    enough.set()
    thread.join()
    assert len(packets) > 0


def test_forgotten_capture_ends_with_its_lab():
    lab = Lab()
    before = threading.active_count()
    lab.capture().__enter__()  # an interrupt can strike before the block's end does anything
    del lab
    eventually(lambda: threading.active_count() <= before)


def test_a_full_capture_counts_what_it_drops(lab, monkeypatch):
    monkeypatch.setattr(recording, "MOST_BYTES", 1)
    with lab.capture() as packets:
        for _ in range(3_000):  # more than one block
            lab.send(bytes(20) + bytes(200))
    assert 0 < len(packets) < 3_000
    assert len(packets) + packets.dropped == 3_000
    assert "because it was full: a capture keeps" in repr(packets)
