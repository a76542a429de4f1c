"""A cable between two labs, over which their kernels reach each other.

A thread of this process carries the packets from one network to the other,
through a link if there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from tcpkit.lab.agent_client import AgentClient, Closable
from tcpkit.lab.cables.host import Host
from tcpkit.lab.cables.packet_port import PacketPort, check_link, free_address
from tcpkit.lab.cables.relay import Relay, Result
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.recording import Recording
from tcpkit.stack.link import Link, Pipe
from tcpkit.wire.errors import shown


class Cable:
    """Two kernels, each with one of the addresses, joined until `close`.

    The cable ends with the lab that is closed first.
    """

    def __init__(
        self, agents: tuple[AgentClient, AgentClient], addresses: tuple[str, str], link: Link | None, mtu: int
    ) -> None:
        self.addresses, self.link, self.mtu = addresses, link, mtu
        self.is_closed = False
        self._agents = agents
        self._packet_ports: list[PacketPort] = []
        self._relay: Relay | None = None
        self.pipes: tuple[Pipe, Pipe] | None = link.both_ways() if link else None  # touch them in `do` only
        try:
            self._join()
        except BaseException:
            self.close()
            raise

    def _join(self) -> None:
        for agent, near, far in zip(self._agents, self.addresses, reversed(self.addresses), strict=True):
            self._packet_ports.append(agent.keep(PacketPort(agent, near, far, self.mtu)))
        self._relay = Relay(f"The cable between {' and '.join(self.addresses)}", *self._packet_ports, self.pipes)  # type: ignore[call-arg, arg-type]  # two ports
        for agent in self._agents:
            agent.keep(self._relay)

    def capture(self) -> Recording:
        """Record what crosses the cable, both ways, at the first lab's end."""
        self.check()
        return Recording(self._agents[0], self._packet_ports[0].veth.near_name)

    def forward(self, host: Host) -> None:
        """Let the first lab's kernel forward between a host of its own and the second lab."""
        self.check()
        near, far = (packet_port.veth for packet_port in self._packet_ports)
        near.forward()
        host.forward()
        far.route(host.address)

    def pull(self) -> None:
        """Pull the cable out: packets are lost until `plug`."""
        self.check()
        for packet_port in self._packet_ports:
            packet_port.veth.pull()

    def plug(self) -> None:
        """Put the cable back in."""
        self.check()
        for packet_port in self._packet_ports:
            packet_port.veth.plug()

    def do(self, function: Callable[[float], Result]) -> Result:
        """Return what the function returns; it is called with the time.

        The cable carries nothing meanwhile.
        """
        self.check()
        return self._relay.do(function)  # type: ignore[union-attr]  # checked

    @property
    def dropped(self) -> int:
        """Return how many packets arrived faster than they were carried."""
        return sum(packet_port.dropped() for packet_port in self._packet_ports)

    def check(self) -> None:
        """Raise `LabClosed` or `LabError` if the cable carries nothing any more."""
        for agent in self._agents:
            agent.check()
        if self._relay is None or self.is_closed:
            raise LabError("This cable was taken away. Make it anew: lab.cable(other)")
        self._relay.check()

    def close(self) -> None:
        """Remove the cable from both labs."""
        if self.is_closed:
            return
        with uninterrupted():
            self.is_closed = True
            if self._relay is not None:
                self._relay.close()
                for agent in self._agents:
                    agent.let_go(self._relay)
            for agent, packet_port in zip(self._agents, self._packet_ports, strict=False):
                packet_port.remove(agent)

    def __enter__(self) -> Cable:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        words = f"a cable between {' and '.join(self.addresses)}"
        if self.is_closed:
            return f"{words} (taken away)"
        return f"{words} ({self.dropped:,} packets came faster than they were carried)" if self.dropped else words


FarEnds = dict[str, Closable]  # a lab's hosts and cables, by the address at the far end


def join(
    agents: tuple[AgentClient, AgentClient],
    far_ends: tuple[FarEnds, FarEnds],
    addresses: tuple[str, str],
    link: Link | None,
    mtu: int,
) -> Cable:
    """Return a new cable between two labs, and add it to the far ends of both."""
    if agents[0] is agents[1]:
        raise ValueError("A cable joins two labs, and these are one: other = Lab(); lab.cable(other)")
    if not isinstance(addresses, tuple | list) or len(addresses) != 2 or addresses[0] == addresses[1]:
        raise ValueError(f"A cable has two addresses, one for each lab; these are {shown(addresses)}")
    check_link(link)
    both = tuple(zip(agents, far_ends, reversed(addresses), strict=True))
    with uninterrupted():  # a cable that was laid is noted down, or its addresses would be lost
        for agent, known, far in both:
            free_address(agent, known, far, mtu)
        cable = Cable(agents, addresses, link, mtu)
        for _, known, far in both:
            known[far] = cable
    return cable
