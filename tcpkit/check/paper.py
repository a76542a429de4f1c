"""A lab on paper: one port whose answers are written down beforehand.

It tells a learner's probes apart. In the real lab a probe that takes its own
packet for the answer says the same as one that takes every answer for a yes;
on paper there are worlds in which nobody hears himself. Nothing is sent, and
nothing is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tcpkit.capture import Capture, Packet
from tcpkit.wire import Flags, Segment, TCPHeader, complaints
from tcpkit.wire.tcp import LETTERS

HERE = "127.0.0.1"
SILENT = "none"
SOCK_RAW = 3  # Linux, include/linux/net.h; this room opens no sockets, so it imports none
Answers = Callable[[Flags], str]  # the answer's flags as tcpdump writes them, or "none"


def closed(flags: Flags) -> str:
    """Return what a closed port answers."""
    if flags & Flags.RST:
        return SILENT
    return "R" if flags & Flags.ACK else "R."


def listening(flags: Flags) -> str:
    """Return what a listening port answers."""
    if flags & Flags.RST:
        return SILENT
    if flags & Flags.ACK:
        return "R"
    return "S." if flags & Flags.SYN and not flags & Flags.FIN else SILENT


def silent(flags: Flags) -> str:
    """Return what a port behind a firewall answers."""
    return SILENT


class Lab:
    """One port, and what it answers; every other port answers `elsewhere`.

    Has of a lab what a probe needs: `send`, `ask`, `ask_each`, `capture` and
    raw sockets. The rest are worlds that cannot be: where checksums do not
    count, where nobody hears what he sends himself, where our own kernel
    keeps quiet and sends no third packet.
    """

    def __init__(
        self,
        port: int,
        answers: Answers,
        elsewhere: Answers = closed,
        *,
        looks_at_sums: bool = True,
        is_heard: bool = True,
        has_third: bool = True,
    ) -> None:
        self.port = port
        self.answers = answers
        self.elsewhere = elsewhere
        self.looks_at_sums = looks_at_sums
        self.is_heard = is_heard
        self.has_third = has_third
        self._ears: list[list[Packet]] = []

    def cross(self, data: bytes) -> list[Packet]:
        """Return the packets that cross the card when this is sent."""
        sent = [_packet(data)] if self.is_heard else []
        if not self._is_taken(data):
            return sent
        probe = Segment.parse(data)
        answer = (self.answers if probe.destination_port == self.port else self.elsewhere)(probe.flags)
        if answer == SILENT:
            return sent
        reply = _reply(probe, answer)
        third = [_refusal(reply)] if answer == "S." and self.has_third else []
        return [*sent, *(_packet(bytes(segment)) for segment in (reply, *third))]

    def _is_taken(self, data: bytes) -> bool:
        faults = {complaint.field for complaint in complaints(data)}
        return len(data) >= 20 and "data_offset" not in faults and not (self.looks_at_sums and "checksum" in faults)

    def send(self, segment: Segment | bytes, destination: str = HERE) -> None:
        """Send a segment to all ears that are open."""
        packets = self.cross(bytes(segment))
        for ear in self._ears:
            ear.extend(packets)

    def ask(self, segment: Segment | bytes, destination: str = HERE, timeout_s: float = 0) -> list[Segment]:
        """Return what comes back to the segment's port."""
        data = bytes(segment)
        ports = data[2:4] + data[:2]  # the answer's, the other way round
        answers = [packet for packet in self.cross(data)[self.is_heard :] if packet.data[20:24] == ports]
        return [packet.segment for packet in answers]

    def ask_each(
        self, segments: Iterable[Segment | bytes], destination: str = HERE, timeout_s: float = 0
    ) -> list[list[Segment]]:
        """Return what comes back to each of the segments."""
        return [self.ask(segment) for segment in segments]

    def capture(self) -> Recording:
        """Return a recording of what crosses the card."""
        return Recording(self._ears)

    def socket(self, family: int = 0, type: int = 0, proto: int = 0) -> RawSocket:
        """Return a raw socket; there is no other on paper."""
        if type != SOCK_RAW:
            raise OSError("there are only raw sockets on paper")
        return RawSocket(self)


class Recording(Capture):
    """A capture that fills when its block ends."""

    def __init__(self, ears: list[list[Packet]]) -> None:
        super().__init__()
        object.__setattr__(self, "_ears", ears)  # a Capture is frozen

    def __enter__(self) -> Recording:
        object.__setattr__(self, "_heard", [])
        self._ears.append(self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        self._ears[:] = [ear for ear in self._ears if ear is not self._heard]
        object.__setattr__(self, "packets", tuple(self._heard))


class RawSocket:
    """A raw socket: it hears what crosses the card, and waits for nothing."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._heard: list[Packet] = []
        lab._ears.append(self._heard)

    def sendto(self, data: bytes, address: tuple[str, int]) -> int:
        """Send the bytes, and return how many they are."""
        self._lab.send(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        """Return the next packet; `TimeoutError` if there is none."""
        if not self._heard:
            raise TimeoutError("timed out")
        return self._heard.pop(0).data[:size]

    def recvfrom(self, size: int) -> tuple[bytes, tuple[str, int]]:
        """Return the next packet, and who sent it."""
        return self.recv(size), (HERE, 0)

    def close(self) -> None:
        """Hear no more."""
        self._lab._ears[:] = [ear for ear in self._lab._ears if ear is not self._heard]

    def settimeout(self, timeout_s: float | None) -> None:
        """Take a timeout, as a socket does; on paper nothing takes time."""

    setblocking = bind = settimeout

    def setsockopt(self, *_: object) -> None:
        """Take an option, as a socket does."""

    def __enter__(self) -> RawSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _packet(data: bytes) -> Packet:
    return Capture.of(data)[0]


def _reply(probe: Segment, answer: str) -> Segment:
    """Return the answer to a probe, with numbers as a kernel would choose them."""
    flags = Flags(sum(1 << LETTERS.index(letter) for letter in answer))
    uses = len(probe.data) + bool(probe.flags & Flags.SYN) + bool(probe.flags & Flags.FIN)
    if answer == "S.":
        numbers = {"seq": 1_000_000, "ack": probe.seq + 1 & 0xFFFFFFFF}
    elif flags & Flags.ACK:
        numbers = {"seq": 0, "ack": probe.seq + uses & 0xFFFFFFFF}
    else:
        numbers = {"seq": probe.ack}
    header = TCPHeader(probe.destination_port, probe.source_port, flags=flags, **numbers)
    return Segment(header).with_checksum(HERE, HERE)


def _refusal(reply: Segment) -> Segment:
    """Return what our own kernel says to an answer that it did not ask for."""
    header = TCPHeader(reply.destination_port, reply.source_port, seq=reply.ack, flags=Flags.RST)
    return Segment(header).with_checksum(HERE, HERE)
