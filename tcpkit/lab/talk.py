"""A conversation by hand, with a port of the lab's kernel."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

from tcpkit.capture import Packet
from tcpkit.lab.arguments import checked_port, checked_timeout
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader, WireError
from tcpkit.wire.errors import shown
from tcpkit.wire.seq import MODULUS, next_ack

FIRST_SOURCE_PORT = 8989  # the story's
ANSWER_S = 0.6  # Linux answers a bare ACK out of the window once in 0.5 s (tcp_invalid_ratelimit)
TRIES = 4
OPENED_S = 3.0  # the kernel repeats a SYN-ACK that was lost after a second
REFUSED = (
    "Nothing listens on port {talk.port} of {talk.host.gateway}: the answer to your SYN was {flags}. First "
    "lab.listen({talk.port}, '{talk.host.gateway}'), then host.talk({talk.port})"
)
KEPT = (
    "The answer to your SYN was {flags}, not S. : the kernel keeps a connection from port {talk.source_port} already. "
    "Take a new port: host.talk({talk.port})"
)
OVER = "This talk is over: its block has ended. Begin a new one: host.talk({talk.port})"
USED = (
    "A talk has run from port {} to port {} in this lab before, and the kernel may still keep that connection. Leave "
    "source_port out, and a new port is taken: host.talk({})"
)


class Host(Protocol):
    """What a talk asks of its host."""

    address: str
    gateway: str
    talks: dict[tuple[int, int], Talk]

    def send(self, packet: bytes) -> None:
        """Send an IPv4 packet."""

    def recv(self, timeout_s: float) -> bytes:
        """Return the next IPv4 packet."""

    def nothing_came(self, timeout_s: float) -> TimeoutError:
        """Return the error that says so."""


class Talk:
    """A conversation in which you choose each segment: `host.talk(port)`.

    `seq` is the next number that you send, `ack` the next that you expect:
    set them as you like. `with host.talk(port) as talk:` hangs up at the end
    of its block, and the program at the other end gets ConnectionResetError.
    """

    def __init__(self, host: Host, port: int, source_port: int, seq: int, window: int) -> None:
        self.host, self.port, self.source_port = host, port, source_port
        self.seq, self.ack, self.window = seq, 0, window
        self.is_over = False
        self._waiting: deque[Segment] = deque()  # have arrived, and were not heard yet
        self._last: Segment | None = None  # that was heard
        self._next = 0  # the number behind what was said last
        host.talks[port, source_port] = self

    def say(self, flags: Flags, data: bytes = b"", **fields: Any) -> Segment:
        """Send a segment, return it, and move `seq` behind it.

        A field given by name, such as window= or options=, is sent as given; with seq= nothing moves. The header is
        that of lesson 01, its checksum that of 03, and 04 counted its numbers.
        """
        self._check()
        if not isinstance(flags, int):
            raise TypeError(f"flags are bits, such as Flags.SYN | Flags.ACK; these are {shown(flags)}")
        numbers: dict[str, Any] = {"seq": self.seq, "ack": self.ack if flags & Flags.ACK else 0, "window": self.window}
        segment = Segment(TCPHeader(self.source_port, self.port, flags=flags, **(numbers | fields)), data)
        if "checksum" not in fields:
            segment = segment.with_checksum(self.host.address, self.host.gateway)
        header = IPv4Header.carrying(bytes(segment), self.host.address, self.host.gateway)
        self.host.send(bytes(header) + bytes(segment))
        self._next = next_ack(segment)
        if "seq" not in fields:
            self.seq = self._next
        return segment

    def hear(self, timeout_s: float = 1.0) -> Segment:
        """Return the next segment of this conversation; change and answer nothing.

        `TimeoutError` if none comes within `timeout_s`. What belongs to another talk of this host waits there.
        """
        deadline = time.monotonic() + checked_timeout(timeout_s)
        self._check()
        while not self._waiting:
            try:
                packet = Packet(0, self.host.recv(max(0.0, deadline - time.monotonic())))
            except TimeoutError:
                raise self.host.nothing_came(timeout_s) from None
            with suppress(WireError):  # no TCP, or only a piece
                ports = packet.segment.source_port, packet.segment.destination_port
                if ports in self.host.talks:
                    self.host.talks[ports]._waiting.append(packet.segment)
        self._last = self._waiting.popleft()
        return self._last

    def hear_all(self, quiet_s: float = 0.1) -> list[Segment]:
        """Return all segments that come until nothing came for `quiet_s`."""
        heard = []
        with suppress(TimeoutError):
            while True:
                heard.append(self.hear(quiet_s))
        return heard

    def dial(self, **fields: Any) -> Segment:
        """Open the connection: SYN, hear SYN-ACK, ACK; return the SYN-ACK.

        Fields are the SYN's. `ConnectionRefusedError` if nothing listens. Built in lesson 07.
        """
        self.seq = fields.pop("seq", self.seq)
        self.say(Flags.SYN, **fields)
        answer = self.hear(OPENED_S)
        if answer.flags & (Flags.SYN | Flags.ACK | Flags.RST) != Flags.SYN | Flags.ACK:
            why = REFUSED if answer.flags & Flags.RST else KEPT
            raise ConnectionRefusedError(why.format(talk=self, flags=answer.flags))
        self.ack = next_ack(answer)
        self.say(Flags.ACK)
        return answer

    def hang_up(self) -> None:
        """Have the kernel forget this connection, so that it repeats nothing later.

        It takes a RST at one number only, the next that it expects (RFC 5961, 3). To an ACK one number too low it
        says that number; or RST, if it knows no such connection.
        """
        seq, ack = self._next, 0  # not yours: you may have set those to anything
        for _ in range(TRIES):
            self.hear_all(0.0)
            if self._last is not None:
                seq = self._last.ack if self._last.flags & Flags.ACK else seq
                ack = next_ack(self._last)
            self.say(Flags.RST | Flags.ACK, seq=seq, ack=ack, window=0)
            self.say(Flags.ACK, seq=(seq - 1) % MODULUS, ack=ack, window=0)
            with suppress(TimeoutError):
                if self.hear(ANSWER_S).flags & Flags.RST:
                    break
        self.hear_all(0.0)  # or `host.recv` would return it later

    def _check(self) -> None:
        if self.is_over:
            raise LabError(OVER.format(talk=self))

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with uninterrupted():
            with suppress(LabError):  # the host was closed, or the lab: there is nobody to hang up on
                self.hang_up()
            self.is_over = True
            self.host.talks.pop((self.port, self.source_port), None)

    def __repr__(self) -> str:
        over = " (over)" if self.is_over else ""
        return f"a talk from {self.host.address}:{self.source_port} to {self.host.gateway}:{self.port}{over}"


def begin(host: Host, used: set[tuple[str, int, int]], port: int, source_port: int | None, **fields: int) -> Talk:
    """Return a new talk, and add its address and ports to those that this lab has used.

    The kernel may still keep an older connection between the same ones.
    """
    if source_port is None:
        taken = {one for _, one, _ in used}
        source_port = next(one for one in range(FIRST_SOURCE_PORT, 1 << 16) if one not in taken)
    ends = host.address, checked_port(source_port), checked_port(port)
    if ends in used:
        raise ValueError(USED.format(source_port, port, port))
    used.add(ends)
    return Talk(host, port, source_port, **fields)
