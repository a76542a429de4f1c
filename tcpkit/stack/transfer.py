"""Data from one stack to another in virtual time: what arrived, when, and each packet on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from tcpkit.stack.congestion import Congestion, Reno
from tcpkit.stack.connection import Connection
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State
from tcpkit.wire import Flags, IPv4Header, Segment
from tcpkit.wire.checksum import address_bytes
from tcpkit.wire.whole_import import import_whole

if TYPE_CHECKING:
    import pandas

SENDER, RECEIVER, PORT = "10.0.0.1", "10.0.0.2", 80
COLUMNS = ("seconds", "from", "flags", "number", "length", "window")
PIECE = memoryview(bytes(1 << 16))
FEWEST_PACKETS, MOST_PACKETS = 10, 10_000_000  # more take hours
LEAST_WINDOW, MOST_WINDOW = 536, 1 << 26  # bytes: the smallest MSS that each TCP takes (RFC 9293, 3.7.1); 64 MiB
LONGEST_S = 1e6  # of virtual time, until a transfer is taken for one that has come to a halt


@dataclass(frozen=True)
class Outcome:
    """What a transfer came to; `packets` holds each with the time at which it left."""

    received: bytes  # of all flows, one after the other
    is_equal: bool  # to what was sent, in each flow
    seconds: float  # until all was read, or nothing more happened
    sent_bytes: int  # of data, what was sent again included
    packets: list[tuple[float, bytes]] = field(repr=False)

    @property
    def log(self) -> pandas.DataFrame:
        """Return one row a packet; numbers count from 1 in each direction, as tcpdump's do."""
        import_whole("pandas")
        import pandas

        return pandas.DataFrame(rows(self.packets), columns=COLUMNS)


def rows(packets: list[tuple[float, bytes]]) -> list[tuple[Any, ...]]:
    """Return the rows of the log; a SYN says with which number its direction begins."""
    first: dict[tuple[str, int, int], int] = {}
    made: list[tuple[Any, ...]] = []
    for now, packet in packets:
        source, segment = IPv4Header.parse(packet).source, Segment.parse(packet[20:])
        way = source, segment.source_port, segment.destination_port
        if segment.flags & Flags.SYN:
            first[way] = segment.seq
        number = (segment.seq - first.get(way, segment.seq)) % 2**32
        made.append((now, source, str(segment.flags), number, len(segment.data), segment.window))
    return made


def data_length(packet: bytes) -> int:
    """Return how many bytes of data a packet carries; those of our stacks have no IPv4 options."""
    return len(packet) - 20 - 4 * (packet[32] >> 4)


class Flow:
    """One connection that sends data, and what has arrived of it."""

    def __init__(self, dialled: Connection, data: bytes) -> None:
        self.dialled, self.received = dialled, bytearray()
        self.accepted: Connection | None = None
        self._left = memoryview(data)

    def turn(self) -> bool:
        """Write as much as there is room for, read what has come; say whether all of it has."""
        if self.dialled.state is State.ESTABLISHED:
            self._left = self._left[self.dialled.send(self._left) :]
            if not self._left:
                self.dialled.close()
        if self.accepted and self.accepted.unread:
            self.received += self.accepted.recv()
        return self.accepted is not None and self.accepted.has_ended


def transfer(
    data: bytes,
    link: Link | None = None,
    *,
    sender: Settings | None = None,
    receiver: Settings | None = None,
    flows: int = 1,
    limit_s: float = 600.0,
) -> Outcome:
    """Send data from one stack to another, in each of some flows at once; return what came of it.

    A flow that breaks, or is not done in `limit_s` of virtual time, is not equal.
    """
    if flows < 1:
        raise ValueError(f"flows is {flows}: at least one is needed to carry the data")
    here, there = Stack(SENDER, sender, b"sender"), Stack(RECEIVER, receiver, b"receiver")
    network, listener = Network(here, there, link), there.listen(PORT, backlog=flows)
    packets: list[tuple[float, bytes]] = []
    network.on_packet = lambda now, packet: packets.append((now, packet))
    all_flows = [Flow(here.connect(RECEIVER, PORT, 0.0), data) for _ in range(flows)]
    by_port = {flow.dialled.local[1]: flow for flow in all_flows}

    def are_done() -> bool:
        while accepted := listener.accept():
            by_port[accepted.remote[1]].accepted = accepted
        turns = [flow.turn() for flow in all_flows]  # each does what it can, whatever the others say
        return all(turns)

    has_ended = network.run(are_done, limit_s)
    received = [bytes(flow.received) for flow in all_flows]
    is_equal = has_ended and received == [bytes(data)] * flows
    sent_bytes = sum(data_length(packet) for _, packet in packets if packet[12:16] == address_bytes(SENDER))
    return Outcome(b"".join(received), is_equal, network.now, sent_bytes, packets)


class Bulk:
    """Bytes without end from one stack to another, or so many; `received` counts those that were read, in order."""

    def __init__(self, link: Link, settings: Settings, size: int | None = None) -> None:
        here, there = (Stack(address, settings, bytes(16)) for address in (SENDER, RECEIVER))
        self.network = Network(here, there, link)
        self.sender, self.received = here.connect(RECEIVER, PORT, 0.0), 0
        self._left = size
        self._listener = there.listen(PORT)
        self._receiver: Connection | None = None

    def run_until(self, predicate: Callable[[], bool]) -> None:
        """Let time go on until this is so."""

        def turn() -> bool:
            self._serve()
            return predicate()

        if not self.network.run(turn, LONGEST_S):
            raise RuntimeError(
                f"a transfer came to a halt: after {self.network.now:,.0f} s {self.received:,} bytes had arrived, and "
                "no more came. Write a smaller loss or delay, or a larger rate"
            )

    def _serve(self) -> None:
        """Write as much as there is room for, read what has come."""
        if self._left != 0 and self.sender.state is State.ESTABLISHED:
            sent = self.sender.send(PIECE[: self._left])
            self._left = self._left and self._left - sent
        self._receiver = self._receiver or self._listener.accept()
        if self._receiver and self._receiver.unread:
            self.received += len(self._receiver.recv())


def throughput(
    link: Link,
    *,
    congestion: Callable[[int], Congestion] = Reno,
    window: int = 1 << 20,
    packets: int = 3000,
    skip: float = 0.3,
) -> float:
    """Return how fast data arrives in order, in bit/s, behind the first `skip` of so many full packets.

    Raises `RuntimeError` where nothing arrives any more.
    """
    if not isinstance(link, Link):
        raise TypeError(f"link is {link!r}: write a Link, such as Link(rate_bit_s=1e9, delay_s=0.05)")
    if not callable(congestion):
        raise TypeError(f"congestion is {congestion!r}: write a class, such as Reno")
    check_whole("packets", packets, FEWEST_PACKETS, MOST_PACKETS)
    check_whole("window", window, LEAST_WINDOW, MOST_WINDOW)
    if not isinstance(skip, Real) or not 0 <= skip < 1:
        raise ValueError(f"skip is {skip!r}: write a share of the packets, from 0 to below 1")
    pieces = Pieces(congestion=congestion)
    bulk = Bulk(link, Settings(send_buffer=window, receive_buffer=window, pieces=pieces))
    bulk.run_until(lambda: bulk.sender.state is State.ESTABLISHED)
    size = packets * bulk.sender.snd.mss
    bulk.run_until(lambda: bulk.received >= skip * size)
    began_s, before = bulk.network.now, bulk.received
    bulk.run_until(lambda: bulk.received >= size)
    if bulk.network.now == began_s:
        raise ValueError("this link takes no time, so there is no throughput: write a rate_bit_s or a delay_s")
    return 8 * (bulk.received - before) / (bulk.network.now - began_s)


def check_whole(name: str, value: object, least: int, most: int) -> None:
    """Raise unless it is a whole number in these bounds."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} is {value!r}: write a whole number")
    if not least <= int(value) <= most:
        raise ValueError(f"{name} is {value}: write a whole number from {least:,} to {most:,}")
