"""A host of your own in the lab: an address that the kernel does not own.

What you say from there, the kernel takes for another machine's words; and it
answers nothing in that machine's name, no RST either.
"""

from __future__ import annotations

import select
import time
from collections import deque
from math import ceil
from types import TracebackType
from typing import TYPE_CHECKING

from tcpkit.lab.adapter import Adapter
from tcpkit.lab.ends import Mailbox, Served, Stack
from tcpkit.lab.errors import LabError
from tcpkit.lab.given import is_address
from tcpkit.lab.ground import Closable, Ground
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.relay import Relay
from tcpkit.lab.room import make_room
from tcpkit.lab.running import Running
from tcpkit.stack.link import Link
from tcpkit.wire import Segment

if TYPE_CHECKING:
    from tcpkit.lab.recording import Recording


class Host:
    """The far end of a cable to the lab's kernel, which is `.gateway`.

    With a link, what goes either way is delayed and lost as the link says.
    """

    def __init__(self, ground: Ground, address: str, link: Link | None, mtu: int) -> None:
        self.address, self.gateway, self.mtu, self.link = address, gateway_of(address), mtu, link
        self.is_closed = False
        self._ground = ground
        self._pipes = link.both_ways() if link else None
        self._arrived: deque[bytes] = deque()
        self._mailbox = Mailbox()
        self._relay: Relay | None = None
        self._running: Running | None = None
        with uninterrupted():
            self._adapter = ground.keep(Adapter(ground, self.gateway, address, mtu))
            self._carry_mail()

    def send(self, packet: bytes) -> None:
        """Send an IPv4 packet as it is, header and all."""
        data = packet_bytes(packet, self.mtu)
        self.check()
        if self._relay is None:
            self._adapter.put([data])
        else:
            end = self._running.end if self._running else self._mailbox
            self._relay.do(lambda now: end.outbox.append(data))

    def recv(self, timeout_s: float = 1.0) -> bytes:
        """Return the next IPv4 packet that arrives here.

        `TimeoutError` if none comes within `timeout_s`.
        """
        self.check()
        if self._running is not None:
            raise LabError(
                f"A stack runs on {self.address}, and gets the packets that come here. Stop it first, or "
                "look on with host.capture()"
            )
        try:
            return self._relay.wait_for(self._mailbox.fetch, timeout_s) if self._relay else self._next(timeout_s)
        except TimeoutError:
            raise TimeoutError(
                f"Nothing came to {self.address} within {timeout_s} s. Is it due to answer? "
                "`with host.capture() as packets:` shows what crosses the cable"
            ) from None

    def _next(self, timeout_s: float) -> bytes:
        """Take the next packet from the cable, with no thread in between."""
        deadline = time.monotonic() + timeout_s
        waiting = select.poll()
        for descriptor in self._adapter.descriptors():
            waiting.register(descriptor, select.POLLIN)
        while not self._arrived:
            self._arrived += self._adapter.take()
            left_s = deadline - time.monotonic()
            if not self._arrived and left_s <= 0:
                raise TimeoutError
            if not self._arrived:
                waiting.poll(ceil(1000 * left_s))
        return self._arrived.popleft()

    def run(self, stack: Stack) -> Running:
        """Let a stack speak for this host, in a thread, until it is stopped.

        A stack that ran here before is stopped first.
        """
        self.check()
        if str(stack.address) != self.address:
            raise ValueError(
                f"This host is {self.address}, and the stack's address is {stack.address}: it would hear nothing. "
                f"Make both the same: lab.host({str(stack.address)!r}), or a Stack with {self.address!r}"
            )
        with uninterrupted():
            end = Served(stack)
            self._running = Running(self, end, self._carry(f"The stack on {self.address}", end))
        return self._running

    def capture(self) -> Recording:
        """Record what crosses the cable at the kernel's end, both ways."""
        from tcpkit.lab.recording import Recording

        self.check()
        return Recording(self._ground, self._adapter.cable.near_name)

    def pull(self) -> None:
        """Pull the cable out: packets are lost until `plug`."""
        self.check()
        self._adapter.cable.pull()

    def plug(self) -> None:
        """Put the cable back in."""
        self.check()
        self._adapter.cable.plug()

    @property
    def dropped(self) -> int:
        """Return how many packets found no room on this side so far."""
        return self._adapter.dropped() + self._mailbox.dropped

    def close(self) -> None:
        """Take the host and its cable away."""
        if self.is_closed:
            return
        with uninterrupted():
            self._end_relay()
            self.is_closed = True
            self._adapter.detach(self._ground)

    def stopped(self, running: Running) -> None:
        """Go back to keeping what arrives, after a stack was stopped."""
        if running is self._running and not self.is_closed:
            self._carry_mail()

    def _carry_mail(self) -> None:
        """Let a thread see to the delays of a link, and to nothing else."""
        self._end_relay()
        if self._pipes is not None:
            self._carry(f"The link of {self.address}", self._mailbox)

    def _carry(self, name: str, end: Mailbox) -> Relay:
        self._end_relay()
        self._relay = self._ground.keep(Relay(name, self._adapter, end, self._pipes))
        return self._relay

    def _end_relay(self) -> None:
        relay, self._relay, self._running = self._relay, None, None
        if relay is not None:
            relay.close()
            self._ground.let_go(relay)

    def check(self) -> None:
        """Raise `LabError` if the host was closed, `LabClosed` if the lab is."""
        self._ground.check()
        if self.is_closed:
            raise LabError(f"This host was closed. Make it anew: lab.host({self.address!r})")

    def __enter__(self) -> Host:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def losses(self) -> str:
        """Say what was lost on the way, where the lab knows it; "" if nothing."""
        words = [f"{self.dropped:,} packets came faster than they were taken"] if self.dropped else []
        words += [f"{self._adapter.lost:,} were sent into a pulled cable"] if self._adapter.lost else []
        return f"({'; '.join(words)})" if words else ""

    def __repr__(self) -> str:
        if self.is_closed:
            return f"{self.address} (closed)"
        return f"{self.address}, on a cable to the kernel's {self.gateway} {self.losses()}".rstrip()


def connect(ground: Ground, others: dict[str, Closable], address: str, link: Link | None, mtu: int) -> Host:
    """Return a new host of this address, and note it down among the others."""
    if is_address(address) and address.endswith(".1"):
        raise ValueError(f"{address} is the kernel's own end of that cable: a host's last number is from 2 to 254")
    make_room(ground, others, address, mtu)
    host = Host(ground, address, link, mtu)
    others[address] = host
    return host


def packet_bytes(packet: bytes, most: int) -> bytes:
    """Return the bytes to send; say what is wrong with anything else."""
    if isinstance(packet, Segment):
        raise TypeError(
            "this is a Segment, and a host sends whole IP packets: put bytes(IPv4Header(source, destination, "
            "len(bytes(segment)))) in front of its bytes"
        )
    if not isinstance(packet, bytes | bytearray | memoryview):
        raise TypeError(f"a packet is bytes; this is {type(packet).__name__}. struct.pack and bytes.fromhex make bytes")
    if len(packet) > most:
        raise ValueError(f"this packet has {len(packet):,} bytes, and the cable carries {most:,}: send less at once")
    return bytes(packet)


def gateway_of(address: str) -> str:
    """Return the kernel's address on the cable to this one: its network's .1."""
    return address.rpartition(".")[0] + ".1"
