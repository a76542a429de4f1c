"""Let flows share one link in real time, with a ping.

The run that comes of it is the same `Run` as that of virtual time
(`tcpkit.stack.bottleneck`).
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property, partial
from heapq import merge
from operator import itemgetter
from typing import Any

from tcpkit.lab.cables.running_stack import RunningStack
from tcpkit.lab.flows import KernelFlow, StackFlow, check_arguments, check_controls
from tcpkit.stack.bottleneck import PIECE, Drop, Flow, Ping, Run, Sample, echo_request, multiples
from tcpkit.stack.connection import Connection
from tcpkit.stack.link import Link, Pipe
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State
from tcpkit.wire.checksum import PROTOCOL_TCP

CABLE, HOST = ("10.9.0.1", "10.9.0.2"), "10.9.1.2"  # no lesson's cable has these
SAMPLE_EVERY_S = 0.01
AT_ONCE = 1 << 18  # bytes read in one go
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER for 0 s: nothing goes on after the run (socket(7))
# linux/tcp.h, struct tcp_info: MSS sent, segments not acknowledged, of these SACKed, lost and sent again; RTT; cwnd
TCP_INFO = struct.Struct("=16xI4x4I28xI8xI")
ECHO_REPLY, ICMP_AT = 0, 20  # RFC 792; behind an IP header
Lab = Any  # a `tcpkit.lab.Lab`: its module imports this one
Look = tuple[int, int, float]  # cwnd and what is in flight, in bytes; the smoothed round trip


class NotingPipe(Pipe):
    """A pipe that notes which packets it loses, and when."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.noted: list[tuple[float, bytes]] = []

    def send(self, packet: bytes, now: float) -> None:
        """Put a packet into the link."""
        before = self.lost + self.overflowed
        super().send(packet, now)
        if self.lost + self.overflowed > before:
            self.noted.append((now, packet))


class NotingLink(Link):
    """A link whose way forth notes what it loses."""

    def both_ways(self) -> tuple[NotingPipe, Pipe]:
        """Open both directions, each with a seed of its own."""
        return NotingPipe(self), super().both_ways()[1]


class Ends:
    """A socket of the other kernel's that reads all that comes, and a sender: a subclass adds it.

    `dial` begins to open its connection. `look` says where it is; None before
    the connection is open.
    """

    def __init__(self, flow: KernelFlow | StackFlow, sharing: Sharing) -> None:
        self.flow, self.delivered = flow, 0
        self._sharing = sharing
        self._listener = sharing.tcp_socket(sharing.other)
        self._listener.bind((CABLE[1], 0))
        self._listener.listen(1)
        self.remote = self._listener.getsockname()
        sharing.watch(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        self._receiver = self._sharing.opened(self._listener.accept()[0])
        self._sharing.watch(self._receiver, selectors.EVENT_READ, self._read)

    def _read(self) -> None:
        self.delivered += len(self._receiver.recv(AT_ONCE))


class KernelEnds(Ends):
    """The kernel's TCP, which sends whenever it may."""

    def dial(self) -> None:
        self._sender = self._sharing.tcp_socket(self._sharing.lab)
        self._sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, str(self.flow.congestion).encode())
        self._sender.connect_ex(self.remote)  # goes on while the run does
        self._sharing.watch(self._sender, selectors.EVENT_WRITE, self._send)
        self._is_open = False

    def look(self) -> Look | None:
        info = self._sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
        mss, unacked, sacked, lost, again, rtt_us, cwnd = TCP_INFO.unpack(info)
        return (mss * cwnd, mss * (unacked - sacked - lost + again), rtt_us / 1e6) if self._is_open else None

    def _send(self) -> None:
        self._is_open = True
        self._sender.send(PIECE)


class StackEnds(Ends):
    """Our stack, on a host behind the lab, which gets new data whenever one looks at it."""

    def __init__(self, flow: StackFlow, sharing: Sharing) -> None:
        super().__init__(flow, sharing)
        self._stack = sharing.stack
        self._settings = Settings(pieces=Pieces(congestion=Flow(flow.name, flow.congestion).control))

    def dial(self) -> None:
        connect, settings = self._stack.end.stack.connect, self._settings
        self._connection: Connection = self._stack.do(lambda now: connect(*self.remote, now, settings=settings))

    def look(self) -> Look | None:
        return self._stack.do(self._send_and_look)

    def _send_and_look(self, now: float) -> Look | None:
        if self._connection.state is not State.ESTABLISHED:
            return None
        while self._connection.send(PIECE) == len(PIECE):
            pass
        snd = self._connection.snd
        return snd.congestion.cwnd, snd.scoreboard.pipe(snd.una, snd.nxt), snd.srtt_s


class Sharing:
    """The cable, the flows and the ping that share it, and what is noted of them."""

    def __init__(self, lab: Lab, other: Lab, link: Link, open_now: ExitStack) -> None:
        self.lab, self.other = lab, other
        self.samples: list[Sample] = []
        self.pings: list[Ping] = []
        self._open_now = open_now
        self._cable = open_now.enter_context(lab.cable(other, NotingLink(**vars(link)), CABLE))
        self._pipe: NotingPipe = self._cable.pipes[0]  # type: ignore[index, assignment]  # the link gave it
        self._selector = open_now.enter_context(selectors.DefaultSelector())
        self._pinger = self.opened(lab.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        self._pinger.connect((CABLE[1], 0))
        self.watch(self._pinger, selectors.EVENT_READ, self._pong)

    @cached_property
    def stack(self) -> RunningStack:
        """Return our stack, which runs on a host behind the first lab."""
        host = self._open_now.enter_context(self.lab.host(HOST))
        self._cable.forward(host)
        return self._open_now.enter_context(host.run(Stack(host.address)))

    @property
    def now(self) -> float:
        """Return the time since the run began."""
        return time.monotonic() - self._began_at

    def tcp_socket(self, lab: Lab) -> socket.socket:
        """Return a TCP socket of this lab's, which is reset at the end of the run."""
        made = self.opened(lab.socket())
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        return made

    def opened(self, one: socket.socket) -> socket.socket:
        """Return the socket; it is closed at the end of the run."""
        one.setblocking(False)
        return self._open_now.enter_context(one)

    def watch(self, one: socket.socket, event: int, call: Callable[[], None]) -> None:
        """Call the function whenever the socket can be read, or written."""
        self._selector.register(one, event, call)

    def run(self, flows: Sequence[KernelEnds | StackEnds], seconds: float, ping_every_s: float | None) -> None:
        """Let the flows send for so long."""
        dials = sorted(((each.flow.starts_s, each.dial) for each in flows), key=itemgetter(0))
        samples = [calls(SAMPLE_EVERY_S, partial(self._sample, each), each.flow.starts_s) for each in flows]
        self._began_at = time.monotonic()
        for at, call in merge(dials, *samples, calls(ping_every_s, self._ping), key=itemgetter(0)):
            self._wait(min(at, seconds))
            if at >= seconds:
                break
            call()

    def drops(self, names: dict[int, str]) -> list[Drop]:
        """Return what the link lost, by the port that it went to; a late answer to an earlier run counts for none."""
        flows = [
            (at, names.get(int.from_bytes(packet[22:24])) if packet[9] == PROTOCOL_TCP else "ping")
            for at, packet in self._pipe.noted
        ]
        return [Drop(at - self._began_at, flow) for at, flow in flows if flow]

    def _wait(self, until_s: float) -> None:
        """Serve the sockets until then, and once if that is past."""
        while True:
            for key, _ in self._selector.select(max(0.0, until_s - self.now)):
                key.data()
            if self.now >= until_s:
                break

    def _sample(self, ends: KernelEnds | StackEnds) -> None:
        if look := ends.look():
            cwnd, in_flight, rtt_s = look
            queue_bytes = self._cable.do(self._pipe.queued_bytes)
            self.samples.append(Sample(self.now, ends.flow.name, cwnd, in_flight, queue_bytes, rtt_s, ends.delivered))

    def _ping(self) -> None:
        self._pinger.send(echo_request(self.now))

    def _pong(self) -> None:
        packet, now = self._pinger.recv(AT_ONCE), self.now
        if packet[ICMP_AT] == ECHO_REPLY:
            (sent_s,) = struct.unpack_from("!d", packet, ICMP_AT + 8)
            self.pings.append(Ping(sent_s, now - sent_s))


def calls(every_s: float | None, call: Callable[[], None], begin_s: float = 0.0) -> Iterator[tuple[float, Any]]:
    """Return when to call the function, and the function, again and again."""
    return ((begin_s + at, call) for at in multiples(every_s))


def share(
    lab: Lab,
    other: Lab,
    flows: Iterable[KernelFlow | StackFlow],
    link: Link,
    seconds: float,
    ping_every_s: float | None,
) -> Run:
    """Let flows share one cable for so long; return what came of it."""
    flows = tuple(flows)
    check_arguments(flows, link, seconds, ping_every_s)
    check_controls(flows, lab.congestion_controls())
    with ExitStack() as open_now:
        sharing = Sharing(lab, other, link, open_now)
        ends = [
            KernelEnds(each, sharing) if isinstance(each, KernelFlow) else StackEnds(each, sharing) for each in flows
        ]  # type: ignore[arg-type]  # the others are StackFlows
        sharing.run(ends, seconds, ping_every_s)
        names = {each.remote[1]: each.flow.name for each in ends}
        return Run(seconds, sharing.samples, sharing.pings, sharing.drops(names), {}, tuple(names.values()))
