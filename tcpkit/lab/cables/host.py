"""An address of your own on a cable, one that the kernel does not own.

To the kernel it is another machine: it takes what you send for that machine's
packets, and sends nothing in its name, no RST either. A `Host` sends and
receives packets; a `RunningStack` is a TCP that does it in a thread.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterable
from itertools import islice
from math import ceil
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tcpkit.lab.agent_client import AgentClient, Closable
from tcpkit.lab.arguments import checked_timeout, is_address, packet_bytes
from tcpkit.lab.cables.carrier import Mailbox, Stack, StackEnd
from tcpkit.lab.cables.packet_port import BATCH, PacketPort, check_link, free_address
from tcpkit.lab.cables.relay import Relay
from tcpkit.lab.cables.running_stack import RunningStack
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.recording import Recording
from tcpkit.lab.replies import check_inside
from tcpkit.lab.talk import Talk, begin
from tcpkit.stack.link import Link
from tcpkit.stack.recut import Drop
from tcpkit.wire import Segment
from tcpkit.wire.errors import shown

if TYPE_CHECKING:
    from tcpkit.lab.cables.door import Door
    from tcpkit.lab.cables.doors import Doors
    from tcpkit.lab.cables.loop_relay import LoopRelay


class Host:
    """The far end of a cable; the kernel's address on it is `.gateway`.

    A link delays and loses packets both ways.
    """

    def __init__(self, agent: AgentClient, address: str, link: Link | None, mtu: int) -> None:
        self.address, self.gateway, self.mtu, self.link = address, gateway_of(address), mtu, link
        self.is_closed = False
        self.serving = agent.serving
        self.talks: dict[tuple[int, int], Talk] = {}  # that are not over, by the kernel's port and ours
        self._agent = agent
        self._pipes = (link.turned() if isinstance(link, Drop) else link).both_ways() if link else None
        self._stack_name = f"The stack on {address}"
        self._arrived: deque[bytes] = deque()
        self._mailbox = Mailbox()
        self._relay: Any = None  # a Relay, or a LoopRelay
        self._running: RunningStack | Doors | None = None
        self._packet_port = agent.keep(PacketPort(agent, self.gateway, address, mtu))
        self._relay_to_mailbox()

    def send(self, packet: bytes) -> None:
        """Send an IPv4 packet as it is, header and all. Wherever it is addressed to, it stays in the lab."""
        data = packet_bytes(packet, self.mtu)
        self.check()
        self._put([data])

    def forge(self, segments: Segment | Iterable[Segment], source: str, destination: str | None = None) -> None:
        """Send segments to the lab's kernel, with another address as their source.

        The checksums are right. Both addresses are in the lab, or it is
        `OSError`; the destination is the source's gateway if none is named.
        It returns when all are sent, and an interrupt ends it.
        """
        check_inside(self._agent, source)
        to = gateway_of(source) if destination is None else destination
        check_inside(self._agent, to)
        each = iter([segments] if isinstance(segments, Segment) else segments)
        while some := [*islice(each, BATCH)]:
            self.check()
            self._put([packet_bytes(packet_between(one, source, to), self.mtu) for one in some])

    def _put(self, packets: list[bytes]) -> None:
        if self._relay is None:
            self._packet_port.put(packets)
        else:
            end = self._running.end if self._running else self._mailbox
            self._relay.do(lambda now: end.outbox.extend(packets))

    def recv(self, timeout_s: float = 1.0) -> bytes:
        """Return the next IPv4 packet that arrives here.

        `TimeoutError` if none comes within `timeout_s`.
        """
        timeout_s = checked_timeout(timeout_s)
        self._check_no_stack()
        try:
            return self._relay.wait_for(self._mailbox.fetch, timeout_s) if self._relay else self._next(timeout_s)
        except TimeoutError:
            raise self.nothing_came(timeout_s) from None

    def talk(self, port: int, source_port: int | None = None, seq: int = 0, window: int = 65_535) -> Talk:
        """Return a conversation with a port of the kernel's; nothing is sent yet.

        You choose each of your segments. Without a `source_port` it has a new
        one: 8989, 8990 and so on, none twice in one lab.
        """
        self._check_no_stack()
        return begin(self, self._agent.talks, port, source_port, seq=seq, window=window)

    def nothing_came(self, timeout_s: float) -> TimeoutError:
        """Return the error that says so."""
        return TimeoutError(
            f"Nothing came to {self.address} within {timeout_s} s. Is it due to answer? "
            "`with host.capture() as packets:` shows what crosses the cable"
        )

    def _next(self, timeout_s: float) -> bytes:
        """Take the next packet from the cable, without a thread."""
        deadline = time.monotonic() + timeout_s
        waiting = select.poll()
        for descriptor in self._packet_port.descriptors():
            waiting.register(descriptor, select.POLLIN)
        while not self._arrived:
            self._arrived += self._packet_port.take()
            left_s = deadline - time.monotonic()
            if not self._arrived and left_s <= 0:
                raise TimeoutError
            if not self._arrived:
                waiting.poll(ceil(1000 * left_s))
        return self._arrived.popleft()

    def run(self, stack: Stack) -> RunningStack:
        """Run a stack on this host, in a thread, until it is stopped.

        A stack that ran here before is stopped first.
        """
        self._check_address(stack)
        with uninterrupted():
            end = StackEnd(stack)
            self._running = RunningStack(self, end, self._relay_to(self._stack_name, end))
        return self._running

    def asyncio(self, stack: Stack, door: Door | None = None) -> Doors:
        """Lead asyncio's calls through a stack on this host: `async with host.asyncio(stack):`.

        Without a thread. A stack that ran here before is stopped first.
        """
        from tcpkit.lab.cables.door import DOOR
        from tcpkit.lab.cables.doors import Doors

        self._check_address(stack)
        return Doors(self, StackEnd(stack), DOOR if door is None else door)

    def relay_in_loop(self, doors: Doors) -> LoopRelay:
        """Return what carries packets for the doors' stack in the running event loop."""
        from tcpkit.lab.cables.loop_relay import LoopRelay

        self.check()
        relay = self._relay_to(self._stack_name, doors.end, LoopRelay)
        self._running = doors
        return relay

    def _check_address(self, stack: Stack) -> None:
        self.check()
        if str(stack.address) != self.address:
            raise ValueError(
                f"This host is {self.address}, and the stack's address is {stack.address}: it would hear nothing. "
                f"Make both the same: lab.host({str(stack.address)!r}), or a Stack with {self.address!r}"
            )

    def capture(self) -> Recording:
        """Record what crosses the cable at the kernel's end, both ways."""
        self.check()
        return Recording(self._agent, self._packet_port.veth.near_name)

    def forward(self) -> None:
        """Let the lab's kernel forward what this host sends to others."""
        self.check()
        self._packet_port.veth.forward()

    def pull(self) -> None:
        """Pull the cable out: packets are lost until `plug`."""
        self.check()
        self._packet_port.veth.pull()

    def plug(self) -> None:
        """Put the cable back in."""
        self.check()
        self._packet_port.veth.plug()

    @property
    def dropped(self) -> int:
        """Return how many packets this side has dropped so far."""
        return self._packet_port.dropped() + self._mailbox.dropped

    def close(self) -> None:
        """Remove the host and its cable."""
        if self.is_closed:
            return
        with uninterrupted():
            self._end_relay()
            self.is_closed = True
            self._packet_port.remove(self._agent)

    def stopped(self, running: RunningStack | Doors) -> None:
        """Keep what arrives again, after a stack was stopped."""
        if running is self._running and not self.is_closed:
            self._relay_to_mailbox()

    def _relay_to_mailbox(self) -> None:
        """Start the thread that a link needs; without a link there is none."""
        self._end_relay()
        if self._pipes is not None:
            self._relay_to(f"The link of {self.address}", self._mailbox)

    def _relay_to(self, name: str, end: Mailbox, kind: Any = Relay) -> Any:
        self._end_relay()
        self._relay = self._agent.keep(kind(name, self._packet_port, end, self._pipes))
        return self._relay

    def _end_relay(self) -> None:
        relay, self._relay, self._running = self._relay, None, None
        if relay is not None:
            relay.close()
            self._agent.let_go(relay)

    def check(self) -> None:
        """Raise `LabError` if the host was closed, `LabClosed` if the lab is."""
        self._agent.check()
        if self.is_closed:
            raise LabError(f"This host was closed. Make it anew: lab.host({self.address!r})")

    def _check_no_stack(self) -> None:
        self.check()
        if self._running is not None:
            raise LabError(
                f"A stack runs on {self.address}, and gets the packets that come here. Stop it first, or "
                "look on with host.capture()"
            )

    def __enter__(self) -> Host:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def losses(self) -> str:
        """Say how many packets were lost, where the lab knows; "" for none."""
        words = [f"{self.dropped:,} packets came faster than they were taken"] if self.dropped else []
        words += [f"{self._packet_port.lost:,} were sent into a pulled cable"] if self._packet_port.lost else []
        return f"({'; '.join(words)})" if words else ""

    def __repr__(self) -> str:
        if self.is_closed:
            return f"{self.address} (closed)"
        return f"{self.address}, on a cable to the kernel's {self.gateway} {self.losses()}".rstrip()


def connect(agent: AgentClient, far_ends: dict[str, Closable], address: str, link: Link | None, mtu: int) -> Host:
    """Return a new host of this address, and add it to the far ends."""
    if is_address(address) and address.endswith(".1"):
        raise ValueError(f"{address} is the kernel's own end of that cable: a host's last number is from 2 to 254")
    check_link(link)
    with uninterrupted():  # a host that was made is noted down, or its address would be lost
        free_address(agent, far_ends, address, mtu)
        far_ends[address] = host = Host(agent, address, link, mtu)
    return host


def packet_between(segment: Segment, source: str, destination: str) -> bytes:
    """Return the packet with this segment; raise `TypeError` for anything else."""
    if not isinstance(segment, Segment):
        raise TypeError(f"forge sends Segments, one or many; this is {shown(segment)}")
    return segment.packet(source, destination)


def gateway_of(address: str) -> str:
    """Return the kernel's address on the cable to this one: its network's .1."""
    return address.rpartition(".")[0] + ".1"
