"""Many flows, and a ping, through one queue in virtual time: who gets how much, and how long the queue is."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import inf
from numbers import Real
from typing import Any, NamedTuple

from tcpkit.stack.congestion import Congestion, Cubic, Reno
from tcpkit.stack.connection import Connection
from tcpkit.stack.link import Link, Pipe
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import CANNOT_SEND, State
from tcpkit.wire import IPv4Header, checksum
from tcpkit.wire.checksum import address_bytes

PORT, PIECE = 80, memoryview(bytes(1 << 16))
PING_FROM, PING_TO = "10.1.0.0", "10.2.0.0"
PROTOCOL_ICMP, ECHO = 1, 8
PING_BYTES = 56  # behind the ICMP header, as ping sends: 84 with both headers
PACKET = 1500  # bytes, of a full one
MOST = 10_000_000  # packets, samples or pings in one run: hours
Control = Callable[[int], Congestion]
Sink = Callable[[bytes, float], None]


class Sample(NamedTuple):
    """One flow at one moment; `rtt_s` is its smoothed round trip, 0 before the first."""

    time_s: float
    flow: str
    cwnd_bytes: int
    in_flight: int
    queue_bytes: int
    rtt_s: float
    delivered_bytes: int


class Ping(NamedTuple):
    """A ping that came back."""

    sent_s: float
    rtt_s: float


class Drop(NamedTuple):
    """A packet that did not get through the queue; the flow of a ping is "ping"."""

    time_s: float
    flow: str


class Creep(Reno):
    """Reno without a slow start."""

    def __init__(self, mss: int) -> None:
        super().__init__(mss)
        self.ssthresh = 0.0


class AtOnce(Reno):
    """Reno that begins with a mebibyte."""

    def __init__(self, mss: int) -> None:
        super().__init__(mss)
        self.cwnd = 1 << 20


CONTROLS: dict[str, Control] = {"reno": Reno, "cubic": Cubic, "creep": Creep, "at once": AtOnce}


@dataclass(frozen=True)
class Flow:
    """Describe one sender and its receiver; `congestion` is a name or a class."""

    name: str
    congestion: str | Control = "reno"
    starts_s: float = 0.0
    rtt_s: float | None = None  # of the empty path; None: that of `share`
    size: int | None = None  # bytes; None: without end
    window: int = 4 << 20  # bytes of either side's buffer

    def __post_init__(self) -> None:
        if isinstance(self.congestion, str) and self.congestion not in CONTROLS:
            names = ", ".join(map(repr, CONTROLS))
            raise ValueError(f"congestion of {self.name!r} is {self.congestion!r}: write {names}, or a class")
        if not isinstance(self.congestion, str) and not callable(self.congestion):
            raise TypeError(f"congestion of {self.name!r} is {self.congestion!r}: write a name or a class")
        for name, least in (("starts_s", 0), ("rtt_s", None), ("size", 1), ("window", 1)):
            if (value := getattr(self, name)) is not None or name in ("starts_s", "window"):
                check({f"{name} of {self.name!r}": value}, least)

    @property
    def control(self) -> Control:
        return CONTROLS[self.congestion] if isinstance(self.congestion, str) else self.congestion


@dataclass(frozen=True)
class Run:
    """What came of it; `pandas.DataFrame(run.samples)` is a table of the samples."""

    seconds: float
    samples: list[Sample]
    pings: list[Ping]
    drops: list[Drop]
    finished_s: dict[str, float]  # when all of a flow that has a size was delivered
    flows: tuple[str, ...]

    def goodput(self, begin_s: float, end_s: float) -> dict[str, float]:
        """Return what each flow delivered in order in this time, in bit/s, to the nearest sample before."""
        if not 0 <= begin_s < end_s <= self.seconds:
            raise ValueError(f"from {begin_s} to {end_s} s: write two times in order, from 0 to {self.seconds}")
        rates = {}
        for flow in self.flows:
            samples = [sample for sample in self.samples if sample.flow == flow]
            times = [sample.time_s for sample in samples]
            places = bisect_right(times, begin_s), bisect_right(times, end_s)
            before, by_end = (samples[at - 1].delivered_bytes if at else 0 for at in places)
            rates[flow] = 8 * (by_end - before) / (end_s - begin_s)
        return rates

    def ping_s(self, share: float, begin_s: float = 0.0) -> float:
        """Return the round trip that this share of the pings sent from then on did not exceed.

        Infinite if none came back.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share is {share}: write a share of the pings, from 0 to 1, as 0.95")
        times = sorted(ping.rtt_s for ping in self.pings if ping.sent_s >= begin_s)
        return times[int(share * (len(times) - 1))] if times else inf


def share(
    flows: Iterable[Flow],
    *,
    rate_bit_s: float,
    rtt_s: float,
    queue_bytes: int,
    seconds: float,
    loss: float = 0.0,
    seed: int = 0,
    sample_every_s: float = 0.02,
    ping_every_s: float | None = 0.1,
) -> Run:
    """Let some flows share one queue for so long; return what came of it.

    Each flow has two stacks, and a round trip of its own. All packets towards
    the receivers go through the queue; ACKs come back with no queue. The run
    ends early when all flows have a size, and all of it was delivered.
    """
    flows = tuple(flows)
    check({"seconds": seconds, "rtt_s": rtt_s, "sample_every_s": sample_every_s, "ping_every_s": ping_every_s or 1.0})
    check_flows(flows, seconds)
    link = Link(rate_bit_s=rate_bit_s, loss=loss, seed=seed, queue_packets=MOST, queue_bytes=queue_bytes)
    pings = 1 / (ping_every_s or inf)
    check_size(seconds, {"packets": rate_bit_s / 8 / PACKET, "samples": len(flows) / sample_every_s, "pings": pings})
    check_path(flows, link, rtt_s, seconds)
    shared = Bottleneck(flows, link, rtt_s, sample_every_s, ping_every_s)
    while not shared.is_done() and shared.step(seconds):
        pass
    ended_s = shared.now if shared.is_done() else seconds
    names = tuple(flow.name for flow in flows)
    return Run(ended_s, shared.samples, shared.pings, shared.drops, shared.finished_s, names)


class Ends:
    """The two stacks of a flow, and the ways from the queue and back."""

    def __init__(self, flow: Flow, number: int, rtt_s: float) -> None:
        settings = Settings(send_buffer=flow.window, receive_buffer=flow.window)
        control = Pieces(congestion=flow.control)
        low = f"{number >> 8}.{number & 255}"
        self.left = Stack(f"10.1.{low}", replace(settings, pieces=control), bytes(16))
        self.right = Stack(f"10.2.{low}", settings, bytes(16))
        self.flow, self.delivered = flow, 0
        self.forth, self.back = (Link(delay_s=rtt_s / 2).pipe() for _ in "<>")
        self.sender: Connection | None = None
        self._left, self._listener = flow.size, self.right.listen(PORT)
        self._receiver: Connection | None = None

    def dial(self, now: float) -> None:
        self.sender = self.left.connect(self.right.address, PORT, now)

    def come_back(self, packet: bytes, now: float) -> None:
        """Take in an ACK, and write as much as there is room for."""
        self.left.receive(packet, now)
        if self.sender and self._left != 0 and self.sender.state not in (*CANNOT_SEND, State.SYN_SENT):
            sent = self.sender.send(PIECE[: self._left])
            self._left = self._left and self._left - sent

    def arrive(self, packet: bytes, now: float) -> None:
        """Take in data, and read all of it."""
        self.right.receive(packet, now)
        self._receiver = self._receiver or self._listener.accept()
        while self._receiver and self._receiver.unread:
            self.delivered += len(self._receiver.recv())

    def samples(self, now: float, queue_bytes: int) -> list[Sample]:
        """Return one sample; none before the flow has dialled."""
        if self.sender is None:
            return []
        snd = self.sender.snd
        in_flight = snd.scoreboard.pipe(snd.una, snd.nxt)
        return [Sample(now, self.flow.name, snd.congestion.cwnd, in_flight, queue_bytes, snd.srtt_s, self.delivered)]


class Calls:
    """Something to be called at some times, in order; a source, as what a call returns is sent."""

    def __init__(self, times: Iterable[float], call: Callable[[float], list[bytes]]) -> None:
        self._times, self._call = iter(times), call
        self._next = next(self._times, None)

    def next_deadline(self) -> float | None:
        return self._next

    def poll(self, now: float) -> list[bytes]:
        if self._next is None or now < self._next:
            return []
        at, self._next = self._next, next(self._times, None)
        return self._call(at)


class Bottleneck(Network):
    """The queue, the flows that share it, and what is noted of them."""

    def __init__(
        self, flows: Sequence[Flow], link: Link, rtt_s: float, sample_every_s: float, ping_every_s: float | None
    ) -> None:
        self.samples: list[Sample] = []
        self.pings: list[Ping] = []
        self.drops: list[Drop] = []
        self.finished_s: dict[str, float] = {}
        self.pipe, self._ping_way = link.pipe(), Link(delay_s=rtt_s).pipe()  # there and back at once
        self.ends = [
            Ends(flow, number, rtt_s if flow.rtt_s is None else flow.rtt_s) for number, flow in enumerate(flows, 1)
        ]
        self._onward = {address_bytes(ends.right.address): (ends.flow.name, ends.forth) for ends in self.ends}
        self._onward[address_bytes(PING_TO)] = "ping", self._ping_way
        sampling, pinging = Calls(multiples(sample_every_s), self._sample), Calls(multiples(ping_every_s), self._ping)
        sources: list[tuple[Any, Sink]] = [(sampling, self._send), (pinging, self._send)]
        sources += [(Calls([each.flow.starts_s], partial(self._dial, each)), self._send) for each in self.ends]
        sources += [(self.pipe, self._leave), (self._ping_way, self._answer)]
        for each in self.ends:
            sources += [(each.forth, partial(self._arrive, each)), (each.back, partial(self._come_back, each))]
        for each in self.ends:
            sources += [(each.left, self._send), (each.right, partial(self._put, each.back))]
        super().__init__(self.ends[0].left, self.ends[0].right)
        for each in self.ends:
            each.left.seals = each.right.seals = True
        self._sinks = dict(sources)
        # Of those due at one time, sources from which packets arrive come before the stacks.
        self._places = {source: place for place, source in enumerate(self._sinks)}
        self._due: list[tuple[float, int, Any]] = []
        self._due_at: dict[Any, float | None] = dict.fromkeys(self._sinks)
        for source in self._sinks:
            self._note(source)

    def _note(self, source: Any) -> None:
        """Note when a source is due, after it has sent or was sent to: to ask all of them each time takes longer."""
        at = source.next_deadline()
        if at is not None and at < self.now:  # at once
            at = self.now
        if at != self._due_at[source]:
            self._due_at[source] = at
            if at is not None:
                heappush(self._due, (at, self._places[source], source))

    def step(self, end: float = inf) -> bool:
        """Let the source that is due first send to its sink; False if none is, or not by `end`."""
        while self._due and self._due[0][0] != self._due_at[self._due[0][2]]:  # a newer time has replaced it
            heappop(self._due)
        if not self._due or self._due[0][0] > end:
            return False
        at, _, source = heappop(self._due)
        self.go_to(at)
        self._due_at[source] = None
        sink = self._sinks[source]
        for packet in source.poll(self.now):
            sink(packet, self.now)
        self._note(source)
        return True

    def is_done(self) -> bool:
        return len(self.finished_s) == len(self.ends)

    def _send(self, packet: bytes, now: float) -> None:
        """Put a packet into the queue; note if it does not get through."""
        through = self.pipe.sent - self.pipe.lost - self.pipe.overflowed
        self._put(self.pipe, packet, now)
        if self.pipe.sent - self.pipe.lost - self.pipe.overflowed == through:
            self.drops.append(Drop(now, self._onward[packet[16:20]][0]))

    def _put(self, pipe: Pipe, packet: bytes, now: float) -> None:
        pipe.send(packet, now)
        self._note(pipe)

    def _leave(self, packet: bytes, now: float) -> None:
        self._put(self._onward[packet[16:20]][1], packet, now)

    def _dial(self, ends: Ends, now: float) -> list[bytes]:
        ends.dial(now)
        self._note(ends.left)
        return []

    def _come_back(self, ends: Ends, packet: bytes, now: float) -> None:
        ends.come_back(packet, now)
        self._note(ends.left)

    def _arrive(self, ends: Ends, packet: bytes, now: float) -> None:
        ends.arrive(packet, now)
        self._note(ends.right)
        if ends.flow.size is not None and ends.delivered >= ends.flow.size:
            self.finished_s.setdefault(ends.flow.name, now)

    def _sample(self, at: float) -> list[bytes]:
        queue_bytes = self.pipe.queued_bytes(at)
        self.samples += [sample for each in self.ends for sample in each.samples(at, queue_bytes)]
        return []

    def _ping(self, at: float) -> list[bytes]:
        body = echo_request(at)
        return [bytes(IPv4Header.carrying(body, PING_FROM, PING_TO, protocol=PROTOCOL_ICMP)) + body]

    def _answer(self, packet: bytes, now: float) -> None:
        (sent_s,) = struct.unpack_from("!d", packet, 28)
        self.pings.append(Ping(sent_s, now - sent_s))


def echo_request(at: float) -> bytes:
    """Return an ICMP echo request (RFC 792); its data is the time."""
    data = struct.pack("!d", at) + bytes(PING_BYTES - 8)
    right = checksum(struct.pack("!BBHI", ECHO, 0, 0, 0) + data)
    return struct.pack("!BBHI", ECHO, 0, right, 0) + data


def multiples(every_s: float | None) -> Iterable[float]:
    """Return 0, `every_s`, twice that, and so on; None: no time at all."""
    return () if every_s is None else (round(number * every_s, 9) for number in count())


def check_flows(flows: Sequence[Flow], seconds: float) -> None:
    names = [flow.name for flow in flows]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"the flows are {names}: write at least one, each with a name of its own")
    for flow in flows:
        if flow.starts_s >= seconds:
            raise ValueError(f"{flow.name!r} starts at {flow.starts_s} s: the run ends at {seconds} s")


def check_path(flows: Sequence[Flow], link: Link, rtt_s: float, seconds: float) -> None:
    """Raise where no packet comes through in this time."""
    packet_s = 8 * PACKET / (link.rate_bit_s or inf)
    if packet_s > seconds:
        raise ValueError(f"rate_bit_s is {link.rate_bit_s}: one packet takes {packet_s:,.0f} s. Write a larger rate")
    if (link.queue_bytes or inf) < PACKET:
        raise ValueError(f"queue_bytes is {link.queue_bytes}: a full packet of {PACKET} bytes must fit")
    if link.loss == 1:
        raise ValueError(f"loss is {link.loss}: all packets are lost. Write a share below 1")
    for name, each in [("rtt_s", rtt_s), *((f"rtt_s of {flow.name!r}", flow.rtt_s or 0) for flow in flows)]:
        if each >= seconds:
            raise ValueError(f"{name} is {each}: the run ends at {seconds} s. Write a shorter one, or more seconds")


def check_size(seconds: float, each_second: dict[str, float]) -> None:
    for what, number in each_second.items():
        if number * seconds > MOST:
            raise ValueError(f"in {seconds} s come {number * seconds:.0e} {what}: more than {MOST:,} take hours")


def check(values: dict[str, object], least: float | None = None) -> None:
    """Raise unless each is a number, finite, and above 0 or not under `least`."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{name} is {value!r}: write a number")
        if not (value < inf and (value > 0 if least is None else value >= least)):  # type: ignore[operator]  # a Real has an order
            raise ValueError(f"{name} is {value}: write a number {'above 0' if least is None else f'from {least} on'}")
