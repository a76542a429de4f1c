"""Flows that share one link in real time: the kernel's own TCP, our stack, and a ping.

The run that comes of it is the same `Run` as that of virtual time
(`tcpkit.stack.bottleneck`).
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.errors import LabError
from tcpkit.stack.bottleneck import (
    PIECE,
    Calls,
    Control,
    Drop,
    Flow,
    Ping,
    Run,
    Sample,
    check,
    check_flows,
    echo_request,
    multiples,
)
from tcpkit.stack.link import Link, Pipe
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.errors import shown

if TYPE_CHECKING:
    from tcpkit.lab.cables.running_stack import RunningStack
    from tcpkit.lab.lab import Lab
    from tcpkit.stack.connection import Connection

CABLE, HOST = ("10.9.0.1", "10.9.0.2"), "10.9.1.2"  # no lesson's cable has these
SAMPLE_EVERY_S = 0.01
MOST_S = 60.0
LEAST_PING_S = 0.001  # the selector's clock ticks in milliseconds
PACKET = 1500  # bytes
AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")  # the same in all networks of a kernel
AT_ONCE = 1 << 18  # bytes read in one go
LINGER_NOT = struct.pack("ii", 1, 0)  # close with RST: nothing goes on after the run (socket(7))
# linux/tcp.h, struct tcp_info: MSS sent, segments not acknowledged, of these SACKed, lost and sent again; RTT; cwnd
TCP_INFO = struct.Struct("=16xI4x4I28xI8xI")
ECHO_REPLY = 0
Look = tuple[int, int, float]  # cwnd and what is in flight, in bytes; the smoothed round trip


@dataclass(frozen=True)
class KernelFlow:
    """Describe one sender, the kernel's TCP; `congestion` is one of `lab.congestion_controls()`."""

    name: str
    congestion: str = "reno"
    starts_s: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.congestion, str):
            raise TypeError(
                f"congestion of {self.name!r} is {shown(self.congestion)}: the kernel takes the name of one of its "
                "own. A class of yours runs in a StackFlow"
            )
        check_start(self)


@dataclass(frozen=True)
class StackFlow:
    """Describe one sender, our stack on a host behind the lab; `congestion` is a name or a class."""

    name: str
    congestion: str | Control = "reno"
    starts_s: float = 0.0

    def __post_init__(self) -> None:
        check_start(self)
        self.in_virtual_time  # noqa: B018  # raises if there is no such control

    @property
    def in_virtual_time(self) -> Flow:
        """Return the same flow for `tcpkit.stack.bottleneck`."""
        return Flow(self.name, self.congestion, self.starts_s)


class NotingPipe(Pipe):
    """A pipe that notes when it loses a packet, and which."""

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


class Receiver:
    """The far end of a flow: a socket of the kernel's that reads all that comes."""

    def __init__(self, sharing: Sharing) -> None:
        self.delivered = 0
        self._sharing = sharing
        self._listener = sharing.tcp_socket(sharing.other)
        self._listener.bind((CABLE[1], 0))
        self._listener.listen(1)
        self.port: int = self._listener.getsockname()[1]
        sharing.watch(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        self._socket = self._sharing.opened(self._listener.accept()[0])
        self._sharing.watch(self._socket, selectors.EVENT_READ, self._read)

    def _read(self) -> None:
        self.delivered += len(self._socket.recv(AT_ONCE))


class KernelSender:
    """The kernel's TCP, which sends whenever it may."""

    def __init__(self, flow: KernelFlow, sharing: Sharing, port: int) -> None:
        self._sharing, self._port = sharing, port
        self._is_open = False
        self._socket = sharing.tcp_socket(sharing.lab)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, flow.congestion.encode())

    def dial(self) -> None:
        """Begin to open the connection."""
        if (code := self._socket.connect_ex((CABLE[1], self._port))) != errno.EINPROGRESS:
            raise OSError(code, "the other lab cannot be reached")
        self._sharing.watch(self._socket, selectors.EVENT_WRITE, self._send)

    def _send(self) -> None:
        self._is_open = True
        self._socket.send(PIECE)

    def state(self) -> Look | None:
        """Return where the flow is; None before it is open."""
        if not self._is_open:
            return None
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
        mss, unacked, sacked, lost, again, rtt_us, cwnd = TCP_INFO.unpack(info)
        return mss * cwnd, mss * (unacked - sacked - lost + again), rtt_us / 1e6


class StackSender:
    """Our stack, on a host behind the lab, which gets new data each time it is asked how it is."""

    def __init__(self, flow: StackFlow, sharing: Sharing, port: int) -> None:
        self._stack, self._port = sharing.stack, port
        self._settings = Settings(pieces=Pieces(congestion=flow.in_virtual_time.control))
        self._connection: Connection | None = None

    def dial(self) -> None:
        """Begin to open the connection."""
        remote = (CABLE[1], self._port)
        dial = self._stack.end.stack.connect
        self._connection = self._stack.do(lambda now: dial(*remote, now, settings=self._settings))

    def state(self) -> Look | None:
        """Return where the flow is; None before it is open."""
        return self._stack.do(self._send_and_look)

    def _send_and_look(self, now: float) -> Look | None:
        if self._connection is None or self._connection.state is not State.ESTABLISHED:
            return None
        while self._connection.send(PIECE) == len(PIECE):
            pass
        snd = self._connection.snd
        return snd.congestion.cwnd, snd.scoreboard.pipe(snd.una, snd.nxt), snd.srtt_s


class Pinger:
    """A ping through the same queue."""

    def __init__(self, sharing: Sharing) -> None:
        self.pings: list[Ping] = []
        self._sharing = sharing
        self._socket = sharing.opened(sharing.lab.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        self._socket.connect((CABLE[1], 0))
        sharing.watch(self._socket, selectors.EVENT_READ, self._read)

    def ping(self) -> None:
        """Send an echo request; its data is the time."""
        self._socket.send(echo_request(self._sharing.now))

    def _read(self) -> None:
        packet, now = self._socket.recv(AT_ONCE), self._sharing.now
        if packet[20] == ECHO_REPLY:
            (sent_s,) = struct.unpack_from("!d", packet, 28)
            self.pings.append(Ping(sent_s, now - sent_s))


class Sharing:
    """The cable, what is at its ends, and what is noted of it."""

    def __init__(self, lab: Lab, other: Lab, link: Link, open_now: ExitStack) -> None:
        self.lab, self.other = lab, other
        self.samples: list[Sample] = []
        self._cable = open_now.enter_context(lab.cable(other, NotingLink(**vars(link)), CABLE))
        self._pipe: NotingPipe = self._cable.pipes[0]  # type: ignore[index, assignment]  # the link gave it
        self._open_now = open_now
        self._selector = open_now.enter_context(selectors.DefaultSelector())
        self._calls: list[Calls] = []
        self._began_at = time.monotonic()

    @property
    def now(self) -> float:
        """Return the time since the run began."""
        return time.monotonic() - self._began_at

    @cached_property
    def stack(self) -> RunningStack:
        """Return our stack, which runs on a host behind the first lab."""
        host = self._open_now.enter_context(self.lab.host(HOST))
        self._cable.forward(host)
        return self._open_now.enter_context(host.run(Stack(host.address)))

    def tcp_socket(self, lab: Lab) -> socket.socket:
        """Return a TCP socket of this lab's, which the end of the run closes at once."""
        made = self.opened(lab.socket())
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        return made

    def opened(self, one: socket.socket) -> socket.socket:
        """Close the socket when the run is over; return it."""
        one.setblocking(False)
        return self._open_now.enter_context(one)

    def watch(self, one: socket.socket, event: int, call: Callable[[], None]) -> None:
        """Call the function whenever the socket can be read or written."""
        self._selector.register(one, event, call)

    def call_at(self, times: Iterable[float], call: Callable[[], None]) -> None:
        """Call the function at these times."""
        self._calls.append(Calls(times, lambda _: call() or []))  # type: ignore[func-returns-value]

    def run(self, seconds: float) -> None:
        """Let the flows send until then."""
        self._began_at = time.monotonic()
        while (now := self.now) < seconds:
            for each in self._calls:
                each.poll(now)
            deadlines = [each.next_deadline() for each in self._calls]
            wake = min([seconds, *(one for one in deadlines if one is not None)])
            for key, _ in self._selector.select(max(0.0, wake - self.now)):
                key.data()

    def sample(self, name: str, sender: KernelSender | StackSender, receiver: Receiver) -> None:
        """Note where this flow is, once its connection is open."""
        if state := sender.state():
            queue_bytes, now = self._cable.do(self._pipe.queued_bytes), self.now
            cwnd, in_flight, rtt_s = state
            self.samples.append(Sample(now, name, cwnd, in_flight, queue_bytes, rtt_s, receiver.delivered))

    def drops(self, names: dict[int, str]) -> list[Drop]:
        """Return what the queue dropped and the link lost, by the port that it went to."""
        return [
            Drop(
                at - self._began_at,
                names[int.from_bytes(packet[22:24])] if packet[9] == PROTOCOL_TCP else "ping",
            )
            for at, packet in self._pipe.noted
        ]


SENDERS: dict[type, Callable[..., KernelSender | StackSender]] = {KernelFlow: KernelSender, StackFlow: StackSender}


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
        names = {}
        for flow in flows:
            receiver = Receiver(sharing)
            sender = SENDERS[type(flow)](flow, sharing, receiver.port)
            names[receiver.port] = flow.name
            sharing.call_at([flow.starts_s], sender.dial)
            sharing.call_at(multiples(SAMPLE_EVERY_S), partial(sharing.sample, flow.name, sender, receiver))
        pinger = Pinger(sharing)
        sharing.call_at(multiples(ping_every_s), pinger.ping)
        sharing.run(seconds)
        return Run(seconds, sharing.samples, pinger.pings, sharing.drops(names), {}, tuple(names.values()))


def congestion_controls(agent: AgentClient) -> tuple[str, ...]:
    """Return the names of the congestion controls that the lab's kernel has loaded."""
    agent.check()
    return tuple(AVAILABLE.read_text().split())


def check_start(flow: KernelFlow | StackFlow) -> None:
    check({f"starts_s of {flow.name!r}": flow.starts_s}, 0)


def check_controls(flows: Sequence[KernelFlow | StackFlow], known: tuple[str, ...]) -> None:
    """Raise `LabError` if the kernel has not one of these controls."""
    for flow in flows:
        if isinstance(flow, KernelFlow) and flow.congestion not in known:
            raise LabError(
                f"This kernel has no congestion control {flow.congestion!r}, so {flow.name!r} cannot run. "
                f"It has {', '.join(map(repr, known))}: take one of these"
            )


def check_arguments(flows: Sequence[Any], link: Link, seconds: float, ping_every_s: float | None) -> None:
    """Raise unless a run can be made of these."""
    for flow in flows:
        if type(flow) not in SENDERS:
            raise TypeError(f"{shown(flow)} is no flow of a lab's: write KernelFlow('name'), or StackFlow('name')")
    if not isinstance(link, Link):
        raise TypeError(f"link is {shown(link)}: write a Link, such as Link(rate_bit_s=12e6, delay_s=0.01)")
    check({"seconds": seconds})
    check({"ping_every_s": SAMPLE_EVERY_S if ping_every_s is None else ping_every_s}, LEAST_PING_S)
    if seconds > MOST_S:
        raise ValueError(
            f"seconds is {seconds}: a lab runs in real time, {MOST_S:g} s at most. Virtual time has no such limit: "
            "tcpkit.stack.bottleneck.share"
        )
    if link.rate_bit_s and (packet_s := 8 * PACKET / link.rate_bit_s) > seconds:
        raise ValueError(f"rate_bit_s is {link.rate_bit_s}: one packet takes {packet_s:,.0f} s. Write a larger rate")
    check_flows(flows, seconds)
