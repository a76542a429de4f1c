"""The lab: a private network on the real kernel, with no root.

`Lab` is what a notebook uses; each method hands over to the module that does
the work.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import warnings
import weakref
from collections.abc import Callable, Iterable
from socket import socket as Socket  # its name within a class that has a method `socket`
from types import TracebackType
from typing import TYPE_CHECKING

from tcpkit.lab.agent_client import AgentClient, Closable
from tcpkit.lab.arguments import (
    MOST_LOOPBACK_MTU,
    check_mtu,
    checked_address,
    checked_port,
    checked_timeout,
    segment_bytes,
)
from tcpkit.lab.counters import Counters
from tcpkit.lab.errors import AddressMissing, LabUnavailable, PortInUse
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.kinds import AUTOMATIC, ELSEWHERE, KINDS, attempt
from tcpkit.lab.no_agent import GO_ON, NoAgent, is_notebook, let_run_all_reach_the_end
from tcpkit.lab.replies import LONGEST_S, ask_each, send_inside
from tcpkit.wire import Segment
from tcpkit.wire.errors import shown
from tcpkit.wire.ipv4 import LOOPBACK

if TYPE_CHECKING:
    import pandas

    from tcpkit.lab.cables.cable import Cable
    from tcpkit.lab.cables.host import Host
    from tcpkit.lab.cables.road import Road
    from tcpkit.lab.cables.wire import Wire
    from tcpkit.lab.explain import Explanation
    from tcpkit.lab.flows import KernelFlow, StackFlow
    from tcpkit.lab.program import Program
    from tcpkit.lab.recording import Recording
    from tcpkit.lab.scapy_inside import ScapyInside
    from tcpkit.stack.bottleneck import Run
    from tcpkit.stack.link import Link

REPLY_S = 0.02  # how long `ask` listens after the last reply


class Lab:
    """A network of this machine's kernel that only this notebook can reach.

    `kind` is "namespace" (the default) or "direct"; see `python -m tcpkit
    doctor`. `mtu` is the size of the largest packet on lo, in bytes; None is
    the kernel's, 65,536. Raises `LabUnavailable`, which says what was tried
    and what to do; in a notebook `Lab()` prints that, and only calls that need
    the lab raise it. After `close()`, or when its agent was killed, sockets and
    listeners that you hold go on working among themselves; all other calls
    raise `LabClosed`.
    """

    def __init__(self, kind: str | None = None, mtu: int | None = None) -> None:
        if mtu is not None:
            check_mtu(mtu, MOST_LOOPBACK_MTU, "a lab")
        if mtu is not None and kind == "direct":
            raise LabUnavailable(
                "In this kind of lab lo is this machine's own, and its MTU would change for all programs: take a "
                "private network, with Lab(mtu=...)"
            )
        self._begin(start_agent(kind))
        if self.kind != "namespace" and is_notebook():
            let_run_all_reach_the_end()
        if mtu is not None and self.kind != "none":
            self._agent.request("set_mtu", mtu=mtu)
        if self.kind == "direct":
            warnings.warn(
                "This lab is no private network: it is this machine's own loopback. "
                "Packets stay on lo, but other programs on this machine can see them. "
                "It has no cables. A cell that needs one says so: go on with the next cell. "
                "What such a cell would show stands in the folder notebooks/, in the same lesson.",
                stacklevel=2,
            )

    def _begin(self, agent: AgentClient) -> None:
        self._agent = agent
        self._networks: dict[str, Lab] = {}
        self._road: Road | None = None
        self._raw: Socket | None = None
        self._scapy: ScapyInside | None = None  # one for all blocks: its sockets stay open
        # By port: a function that returns how to end the program or listener there, or None if it is gone.
        self._enders: dict[int, Callable[[], Callable | None]] = {}
        self._far_ends: dict[str, Closable] = {}  # hosts and cables, by the address at the far end

    @property
    def kind(self) -> str:
        """Return "namespace" or "direct"; "none" in a notebook where no lab can be had."""
        return self._agent.kind

    def socket(self, family: int = socket.AF_INET, type: int = socket.SOCK_STREAM, proto: int = 0) -> Socket:
        """Return a socket that lives inside the lab, like `socket.socket`.

        It is a plain socket of this process: only its network differs. Give
        it addresses in numbers: Python looks up a name, such as "localhost",
        outside the lab, with the machine's own resolver.
        """
        if self.kind == "direct" and family not in (socket.AF_INET, socket.AF_INET6):
            raise PermissionError(
                errno.EPERM,
                "In this kind of lab such a socket could reach the machine's own network: take AF_INET, "
                "or a private network with Lab()",
            )
        return self._agent.socket(family, type, proto)

    def send(self, segment: Segment | bytes, destination: str = LOOPBACK) -> None:
        """Send a TCP segment as it is; the kernel puts its IP header in front."""
        data = segment_bytes(segment)
        self._agent.check()
        if self._raw is None:
            raw = self._agent.keep(self.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)  # it gets all packets, and we read none
            self._raw = raw
        self._send(self._raw, data, destination)

    def ask(self, segment: Segment | bytes, destination: str = LOOPBACK, timeout_s: float = REPLY_S) -> list[Segment]:
        """Send a segment, and return what comes back to its port.

        Listens until nothing came for `timeout_s`, or 10 s have passed;
        silence is an empty list.
        """
        (replies,) = self.ask_each([segment], destination, timeout_s)
        return replies

    def ask_each(
        self, segments: Iterable[Segment | bytes], destination: str = LOOPBACK, timeout_s: float = REPLY_S
    ) -> list[list[Segment]]:
        """Send many segments, and return what comes back to the port of each.

        Listens once, after the last of them; each needs a source port of its
        own.
        """
        data, quiet_s = [segment_bytes(segment) for segment in segments], checked_timeout(timeout_s, LONGEST_S)
        with self.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
            return ask_each(raw, lambda one: self._send(raw, one, destination), data, quiet_s)

    def explain(self, segment: Segment | bytes, destination: str = LOOPBACK) -> Explanation:
        """Send a segment, and say in two sentences what became of it.

        Why no answer came, or that this cannot be told: from tcpdump's words,
        the kernel's counters and the sockets inside.
        """
        from tcpkit.lab.explain import explain

        data = segment_bytes(segment)
        return explain(self._agent, lambda: self.send(data, destination), self.counters, data, destination)

    def _send(self, raw: Socket, data: bytes, destination: str) -> None:
        send_inside(raw, self.kind, data, checked_address(destination, LOOPBACK))

    def capture(self, interface: str = "lo", frames: bool = False) -> Recording:
        """Record all packets on an interface: `with lab.capture() as packets:`.

        With `frames`, ARP too, and each packet's Ethernet header. It keeps
        512 MB; `.dropped` counts what came after, and what came too fast to
        be copied.
        """
        from tcpkit.lab.recording import Recording

        return Recording(self._agent, interface, frames)

    def run(self, command: str | list[str], timeout_s: float = 30.0) -> Program:
        """Run a program inside, wait for its end, and return it.

        `TimeoutError` after `timeout_s`; the program is ended then, and also
        when you interrupt the cell.
        """
        program = None
        try:
            with uninterrupted():
                program = self.start(command)
            program.wait(timeout_s)
        finally:
            if program is not None:
                program.stop()
        return program

    def start(self, command: str | list[str], port: int | None = None, timeout_s: float = 10.0) -> Program:
        """Start a program inside and leave it running; `.stop()` ends it.

        With `port`, return once something inside listens on that port. What
        this lab opened on it before is ended first, so a cell may be run
        twice.
        """
        from tcpkit.lab.program import Program, wait_until_listening
        from tcpkit.lab.socket_table import is_listening

        timeout_s = checked_timeout(timeout_s)
        if port is None:
            return Program(self._agent, command)
        self._free(checked_port(port))
        self._agent.request("nothing")  # answered when the agent has closed its own copy of a socket that we closed
        if is_listening(self._agent, port):
            raise PortInUse(port)
        with uninterrupted():
            program = Program(self._agent, command)
            self._enders[port] = lambda: program.stop  # a strong reference: it runs on if the caller keeps none
        try:
            wait_until_listening(program, self._agent, port, timeout_s)
        except BaseException:
            program.stop()
            raise
        return program

    def listen(self, port: int, address: str = LOOPBACK, backlog: int = 128) -> Socket:
        """Return a socket that listens inside the lab, as a server's would.

        What this lab opened on the port before is closed first, so a cell may
        be run twice.
        """
        checked_address(address, LOOPBACK)
        self._free(checked_port(port))
        listener = self.socket()
        self._enders[port] = weakref.WeakMethod(listener.close)  # before it has the port: an interrupt may come
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(backlog)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRNOTAVAIL:
                raise AddressMissing(address, address in self._far_ends) from None
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUse(port) from None
        return listener

    def source(self, data: bytes, port: int = 8000) -> Program:
        """Start a program that sends the data to each who dials the port, and closes."""
        from tcpkit.lab.source_and_sink import source

        return source(self.start, data, port)

    def sink(self, port: int = 8000, pause_s: float = 0.0, buffer: int | None = None) -> Program:
        """Start a program that is dialled once and reads to the end.

        After `.wait()` its `.output` is the number of bytes and their SHA-256.
        It begins to read after `pause_s`; `buffer` is its receive buffer, in
        bytes (SO_RCVBUF, which Linux doubles).
        """
        from tcpkit.lab.source_and_sink import sink

        return sink(self.start, port, pause_s, buffer)

    def _free(self, port: int) -> None:
        """End what this lab itself opened on the port before, if anything."""
        end = self._enders.get(port, lambda: None)()
        if end is not None:
            end()
        self._enders.pop(port, None)  # last: an interrupted end is tried again

    def host(self, address: str = "10.0.0.2", link: Link | None = None, mtu: int = 1500) -> Host:
        """Return a host of your own, on a cable to the lab's kernel.

        The kernel does not own the address; its own on the cable ends in .1.
        A link delays and loses packets both ways. The host that had the
        address before is closed first.
        """
        from tcpkit.lab.cables.host import connect

        return connect(self._agent, self._far_ends, address, link, mtu)

    def cable(
        self,
        other: Lab,
        link: Link | None = None,
        addresses: tuple[str, str] = ("10.1.0.1", "10.1.0.2"),
        mtu: int = 1500,
    ) -> Cable:
        """Join this lab's kernel to another lab's; the first address is ours.

        A link delays and loses packets both ways. The cable that had the
        addresses before is taken away first.
        """
        from tcpkit.lab.cables.cable import join

        if not isinstance(other, Lab):
            raise TypeError(f"a cable joins two labs, and this is {shown(other)}: other = Lab(); lab.cable(other)")
        agents, far_ends = (self._agent, other._agent), (self._far_ends, other._far_ends)
        return join(agents, far_ends, addresses, link, mtu)

    def namespace(self, name: str) -> Lab:
        """Return another network in this lab, with all that a lab has.

        It has a loopback and no wire yet: `lab.wire` joins the two. It ends
        with this lab; a network that had the name before is closed first.
        """
        if not isinstance(name, str) or not name.isprintable() or not name.strip():
            raise ValueError(f"A network has a name, such as 'box'; this is {shown(name)}")
        with uninterrupted():  # a network that was made is noted down
            if name in self._networks:
                self._networks.pop(name).close()
            made = Lab.__new__(Lab)
            made._begin(start_within(self._agent, name))
            self._networks[name] = self._agent.keep(made)
        return made

    @property
    def path(self) -> str:
        """Return the file of this network, for `ip link add ... netns PATH` in a network of the same lab."""
        reply, _ = self._agent.request("keep")
        return f"/proc/{reply['pid']}/ns/net"

    def wire(
        self,
        other: Lab,
        addresses: tuple[str, str] = ("10.1.0.1/24", "10.1.0.2/24"),
        names: tuple[str, str] = ("eth0", "eth0"),
        forward: bool = False,
    ) -> Wire:
        """Join this network to another of the same lab, by an interface in each; the first address is ours.

        The kernel carries the packets, without a link of ours. With `forward`
        both kernels forward what arrives on the wire. A wire between the two
        that had one of the names before is taken away first.
        """
        from tcpkit.lab.cables.wire import lay

        if not isinstance(other, Lab):
            raise TypeError(
                f"a wire joins two networks, and this is {shown(other)}: box = lab.namespace('box'); lab.wire(box)"
            )
        return lay((self._agent, other._agent), addresses, names, forward)

    def road(self, routers: int = 2, seed: int = 0) -> Road:
        """Return networks in a row: this one, routers, and a site, with the routes that they need.

        You are 10.1.0.2 and the site is 10.3.0.80, behind two routers; another
        seed gives other numbers. A road that this lab had is closed first.
        """
        from tcpkit.lab.cables.road import Road

        if self._road is not None:
            self._road.close()
        self._road = Road(self, routers, seed)
        return self._road

    def share(
        self,
        other: Lab,
        flows: Iterable[KernelFlow | StackFlow],
        link: Link,
        seconds: float,
        ping_every_s: float | None = 0.05,
    ) -> Run:
        """Let flows to another lab share one link, in real time; return what came of it.

        They share a cable of their own, which is taken away at the end. A ping
        goes through the same queue; None: no ping. Python carries the packets:
        keep to rates of some 20 Mbit/s.
        """
        from tcpkit.lab.cables.sharing import share

        return share(self, other, flows, link, seconds, ping_every_s)

    def congestion_controls(self) -> tuple[str, ...]:
        """Return the names of the congestion controls that the kernel has here."""
        from tcpkit.lab.flows import congestion_controls

        return congestion_controls(self._agent)

    def counters(self) -> Counters:
        """Return what the kernel has counted inside; a difference is what moved."""
        self._agent.check()
        return Counters.parse(self._agent.proc_net("snmp"), self._agent.proc_net("netstat"))

    def sockets(self) -> pandas.DataFrame:
        """Return the TCP sockets inside: state, local, remote, unread, unsent, program, pid.

        `unread` counts bytes that arrived and that the program has not read,
        at a listener callers that wait for `accept`; `unsent` bytes that are
        not acknowledged yet. A FIN counts as one. The rows are sorted by
        state, local and remote.
        """
        from tcpkit.lab.socket_table import sockets

        self._agent.request("nothing")  # answered when the agent has closed its own copies of our sockets
        return sockets(self._agent)

    def scapy(self) -> ScapyInside:
        """Let scapy send and listen inside the lab: `with lab.scapy():`."""
        from tcpkit.lab.scapy_inside import ScapyInside

        if self._scapy is None:
            self._scapy = ScapyInside(self._agent, self._far_ends)
        return self._scapy

    def close(self) -> None:
        """End the lab, and every program that runs in it."""
        self._agent.close()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.kind == "none":
            return "no lab could be had here"
        if not self._agent.close.alive:
            return "closed lab"
        if self._agent.name:
            return f'network "{self._agent.name}" in the lab · no root'
        network = "private network" if self.kind == "namespace" else "this machine's own loopback"
        return f"{network} · Linux · {'root' if self.kind == 'direct' and os.getuid() == 0 else 'no root'}"


def start_within(agent: AgentClient, name: str) -> AgentClient:
    """Return the agent of another network of a lab; `LabUnavailable` says why it cannot be had."""
    agent.check()
    if agent.kind == "direct":
        raise LabUnavailable(
            "This kind of lab is the machine's own network: take a private one, lab = Lab(), for another"
        )
    tried = attempt(agent.kind, agent, name)
    if tried.agent is None:
        raise LabUnavailable(f"The network {name!r} cannot be had here: {tried.why}\n{tried.remedy}")
    return tried.agent


def start_agent(kind: str | None) -> AgentClient:
    """Return an agent of this kind, or of the first kind that works here.

    A notebook gets a `NoAgent` where none does, if it asked for no kind.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"there is no kind of lab {kind!r}: choose one of {', '.join(map(repr, KINDS))}")
    attempts = []
    for name in AUTOMATIC if kind is None else (kind,):
        attempts.append(attempt(name))
        if attempts[-1].agent:
            return attempts[-1].agent
    tried = "\n".join(f"- {one}" for one in attempts)
    why = f"No lab can be had here. Tried:\n{tried}\n{ELSEWHERE} `python -m tcpkit doctor` says more."
    if kind is None and is_notebook():
        print(f"{why}\n{GO_ON}", file=sys.stderr)
        return NoAgent()  # type: ignore[return-value]  # it stands for one, and raises whatever is asked of it
    raise LabUnavailable(why)
