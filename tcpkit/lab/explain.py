"""Explain in two sentences why no answer came to a segment, or which came.

Three sources are compared: tcpdump's words for the bytes, the kernel's
counters, and the sockets inside. Where they do not settle it, we say so.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from tcpkit.capture import Packet
from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.arguments import begins_with_ip_header
from tcpkit.lab.counters import Counters
from tcpkit.lab.errors import LabError
from tcpkit.lab.recording import Recording
from tcpkit.lab.socket_table import read_tables
from tcpkit.wire import Complaint, Flags, Segment, WireError, complaints
from tcpkit.wire.ipv4 import LOOPBACK

LEAST = 20  # bytes of a TCP header; RFC 9293, 3.1
ERRORS = ("TcpInErrs", "TcpInCsumErrors")
FULL = "TcpExtListenOverflows"
ANY = ("0.0.0.0", "[::]")
PAGE = 90  # columns that JupyterLab shows without scrolling


class Cause(StrEnum):
    """What became of a segment; the first had an answer."""

    ANSWERED = "answered"
    TOO_FEW_BYTES = "too few bytes"
    HEADER_LENGTH = "header length"
    CHECKSUM = "checksum"
    RESET = "reset"
    LISTENER = "listener"
    QUEUE_FULL = "queue full"
    IP_HEADER = "IP header"
    NOT_TOLD = "not told"


@dataclass(frozen=True, repr=False)
class Explanation:
    """What became of a segment and why, in two sentences."""

    cause: Cause
    first: str
    second: str

    def __repr__(self) -> str:
        return "\n".join(textwrap.fill(sentence, PAGE) for sentence in (self.first, self.second))


@dataclass(frozen=True)
class Evidence:
    """One segment that was sent, and what the three sources say of it.

    `state` is that of the port's socket: "LISTEN", a connection's state, or
    "" for no socket. `is_alone` says that nothing else moved the counters.
    """

    data: bytes
    complaint: Complaint | None
    replies: tuple[Segment, ...]
    moved: Counters
    state: str
    is_alone: bool

    @property
    def port(self) -> int:
        """Return the segment's destination port."""
        return int.from_bytes(self.data[2:4], "big")

    @property
    def flags(self) -> Flags:
        """Return the segment's flags."""
        return Segment.parse(self.data).flags


def explain(
    agent: AgentClient,
    send: Callable[[], None],
    counters: Callable[[], Counters],
    data: bytes,
    destination: str,
) -> Explanation:
    """Send a segment inside the lab, and explain what became of it.

    `send` sends this very segment to this destination.
    """
    ends = int.from_bytes(data[2:4], "big"), int.from_bytes(data[0:2], "big")
    state = _state(agent, ends, destination)
    before = counters()
    with Recording(agent) as packets:
        send()
    moved = counters() - before
    own = next((packet for packet in packets if packet.data.endswith(data)), None)
    if own is None:
        raise LabError(f"No packet to {destination} crossed lo, where lab.explain listens. Explain one to {LOOPBACK}")
    others = [packet for packet in packets if packet is not own]
    replies = tuple(segment for packet in others if (segment := _segment(packet)) and _ends(segment) == ends)
    strangers = [packet for packet in others if not _is_between(packet, ends)]
    is_alone = not strangers and moved.get("TcpInSegs", 0) == len(packets)
    found = complaints(data, own.source, own.destination)
    faults = (complaint for complaint in found if len(data) < LEAST or complaint.field in ("data_offset", "checksum"))
    return judge(Evidence(data, next(faults, None), replies, moved, state, is_alone))


def _segment(packet: Packet) -> Segment | None:
    try:
        return packet.segment
    except WireError:  # not TCP, or cut short
        return None


def _ends(segment: Segment) -> tuple[int, int]:
    return segment.source_port, segment.destination_port


def _is_between(packet: Packet, ends: tuple[int, int]) -> bool:
    segment = _segment(packet)
    return segment is not None and set(_ends(segment)) == set(ends)


def _state(agent: AgentClient, ends: tuple[int, int], address: str) -> str:
    """Return the state of the port's socket: a connection with us goes first."""
    port, ours = ends
    locals_ = {f"{host}:{port}" for host in (address, *ANY)}
    found = {
        state
        for state, local, remote, *_ in read_tables(agent)
        if local in locals_ and (state == "LISTEN" or remote.endswith(f":{ours}"))
    }
    return next(iter(sorted(found - {"LISTEN"})), "LISTEN" if found else "")


def judge(seen: Evidence) -> Explanation:
    """Return the explanation that this evidence proves."""
    if begins_with_ip_header(seen.data):
        return Explanation(
            Cause.IP_HEADER,
            "These bytes begin with an IP header of their own, and the kernel read it as a TCP header.",
            "It puts the IP header in front itself: send the bytes after yours, data[20:] where it has no options.",
        )
    if seen.replies:
        return _answered(seen)
    if seen.complaint:
        return _complained(seen, seen.complaint)
    if seen.flags & Flags.RST:
        return Explanation(
            Cause.RESET,
            "No answer: this is an RST, and nobody answers an RST.",
            f"It says nothing about port {seen.port}: closed, listening or connected, it is silent.",
        )
    if seen.state == "LISTEN":
        return _listened(seen)
    connected = f"port {seen.port} is connected with yours ({seen.state})"
    return _not_told(seen, connected if seen.state else f"nobody is on port {seen.port}")


def _answered(seen: Evidence) -> Explanation:
    flags = seen.replies[0].flags
    if seen.state not in ("", "LISTEN"):
        why = f"Port {seen.port} is connected with yours ({seen.state}), and the kernel speaks for that connection."
    elif not seen.state:
        why = f"Nobody listens on port {seen.port}, and the kernel says so."
    elif flags & Flags.RST:
        why = f"A program listens on port {seen.port}, but this segment claims a connection that never was."
    else:
        why = f"A program listens on port {seen.port}, and the kernel agrees to a connection for it."
    return Explanation(Cause.ANSWERED, f"Answered: [{flags}].", why)


def _complained(seen: Evidence, complaint: Complaint) -> Explanation:
    """Explain by tcpdump's words, and by what the kernel counted."""
    words = complaint.words
    due: tuple[str, ...]
    if len(seen.data) < LEAST:
        cause, what, due = Cause.TOO_FEW_BYTES, f"{len(seen.data)} bytes are no TCP header ({words})", ()
    elif complaint.field == "checksum":
        cause, what, due = Cause.CHECKSUM, words, ERRORS
    else:
        is_short = Segment.parse(seen.data).data_offset * 4 < LEAST
        cause, what, due = Cause.HEADER_LENGTH, words, ERRORS[:1] if is_short else ()
    counted = tuple(name for name in ERRORS if seen.moved.get(name))
    if not seen.is_alone:
        second = "Something else spoke at the same time, so the kernel's counters prove nothing here."
    elif counted != due:
        second = f"The kernel does not agree: {_counted(counted)}, so it cannot be told for sure."
        cause = Cause.NOT_TOLD
    elif due:
        second = f"The kernel found the same: {_counted(counted)}."
    else:
        second = "The kernel dropped it without counting an error: its counters alone do not show that."
    return Explanation(cause, f"No answer: {what}.", second)


def _counted(names: Iterable[str]) -> str:
    return f"{' and '.join(names) or 'no error counter'} moved"


def _listened(seen: Evidence) -> Explanation:
    listens = f"a program listens on port {seen.port}"
    if seen.flags & Flags.SYN and not seen.flags & (Flags.ACK | Flags.FIN):
        if not (seen.is_alone and seen.moved.get(FULL)):
            return _not_told(seen, listens)
        return Explanation(
            Cause.QUEUE_FULL,
            f"No answer: {listens}, but does not accept, and its queue is full.",
            f"The kernel counted that: {FULL} moved.",
        )
    rule = "Linux lets a listener drop a SYN with FIN" if seen.flags & Flags.SYN else "a listener waits for a SYN"
    return Explanation(
        Cause.LISTENER,
        f"No answer: {listens}, and {rule}.",
        "No error counter moves for that: the counters alone do not show that.",
    )


def _not_told(seen: Evidence, who: str) -> Explanation:
    counters = "no error counter moved" if seen.is_alone else "the counters were moved by something else too"
    return Explanation(
        Cause.NOT_TOLD,
        "No answer, and it cannot be told why.",
        f"tcpdump finds nothing wrong, {counters}, and {who}.",
    )
