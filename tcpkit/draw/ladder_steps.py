"""The steps of a ladder: who sent what to whom, and which calls were made.

A packet here is an object with `.segment`, `.source` and `.destination`.
Nothing that a kernel picks is kept: no ports, windows or sequence numbers,
and no times unless they are asked for (of a recording in virtual time). So
the same conversation gives the same picture on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tcpkit.draw.layout import count
from tcpkit.wire import Segment, WireError

Lane = int | str
End = tuple[str, int]  # address and port
Call = tuple[Lane, str]  # a lane, by number or name, and what its program calls


@dataclass(frozen=True)
class Step:
    """One packet on its way from lane `start` to lane `end`."""

    start: int
    end: int
    flags: str
    size: int  # bytes of data
    calls: tuple[str, ...]  # what each lane's program calls, or ""
    time: str = ""  # seconds after the first packet

    @property
    def words(self) -> str:
        """Return what is written on the packet."""
        return f"{self.flags} {self.length}".rstrip()

    @property
    def length(self) -> str:
        """Return how much data it carries, or nothing."""
        return count(self.size, "byte") if self.size else ""


@dataclass(frozen=True)
class Steps:
    """The steps between two of the lanes, in order."""

    lanes: tuple[str, ...]
    between: tuple[int, int]
    steps: tuple[Step, ...]
    left_out: int  # packets
    quiet: str = ""  # what is written after the last packet, where nothing follows for a while

    @property
    def used(self) -> frozenset[int]:
        """Return the lanes in which something happens."""
        ends = {end for step in self.steps for end in (step.start, step.end)}
        return frozenset(ends | {lane for lane, size in enumerate(self.call_sizes) if size})

    @property
    def call_sizes(self) -> list[int]:
        """Return the most characters that are called at once in each lane."""
        return [max((len(step.calls[lane]) for step in self.steps), default=0) for lane in range(len(self.lanes))]

    @property
    def box_size(self) -> int:
        """Return the most characters that describe a packet."""
        return max((len(step.words) for step in self.steps), default=0)

    @property
    def time_size(self) -> int:
        """Return the most characters of a time; 0 if none are shown."""
        return max((len(step.time) for step in self.steps), default=0)

    @property
    def rest(self) -> list[str]:
        """Return what is written after the last step: how many were left out, how long nothing follows."""
        return [words for words in (f"and {self.left_out} more" if self.left_out else "", self.quiet) if words]


def read_steps(
    packets: Sequence[object],
    lanes: Sequence[str],
    calls: Mapping[int, Call | Sequence[Call]],
    between: tuple[Lane, Lane] | None,
    first_from: Lane | None,
    most: int,
    seconds: bool = False,
    until_s: float | None = None,
) -> Steps:
    """Return the packets as steps between lanes.

    Unless told, they run between the two lanes, or between the middle ones
    of more: the outer lanes are programs, and programs send no packets.
    """
    lanes = tuple(lanes)
    if not 2 <= len(lanes) <= 4:
        raise ValueError(f"a ladder has 2 to 4 lanes, and these are {len(lanes)}: {', '.join(lanes)}")
    ends = between or ((0, 1) if len(lanes) == 2 else (1, 2))
    left, right = sorted(_lane_number(lanes, lane) for lane in ends)
    from_right = first_from is not None and _lane_number(lanes, first_from) == right
    times_s = [(packet.time_ns - packets[0].time_ns) / 1e9 for packet in packets] if seconds or until_s else []
    steps = []
    for number, (packet, is_forward) in enumerate(zip(packets[:most], _directions(packets[:most]), strict=True)):
        start, end = (left, right) if is_forward != from_right else (right, left)
        segment = _segment(packet)
        flags, size = (str(segment.flags), len(segment.data)) if segment else (_other(packet), 0)
        time = f"{times_s[number]:.2f}" if seconds else ""
        steps.append(Step(start, end, flags, size, _calls(lanes, calls.get(number, ())), time))
    is_quiet = until_s is not None and until_s > max(times_s, default=0.0)
    quiet = f"nothing until {until_s:g} s" if is_quiet else ""
    return Steps(lanes, (left, right), tuple(steps), len(packets) - len(steps), quiet)


def _lane_number(lanes: Sequence[str], lane: Lane) -> int:
    """Return which lane this is; of two with one name, the first."""
    if isinstance(lane, str) and lane in lanes:
        return lanes.index(lane)
    if isinstance(lane, int) and 0 <= lane < len(lanes):
        return lane
    raise ValueError(f"no lane {lane!r} in this ladder: its lanes are {', '.join(lanes)}, or 0 to {len(lanes) - 1}")


def _segment(packet: object) -> Segment | None:
    """Return the packet's segment, or None where its bytes are no segment."""
    try:
        return packet.segment
    except WireError:
        return None


def _other(packet: object) -> str:
    """Return what is written on a packet without a segment."""
    try:
        name = getattr(packet, "protocol", "TCP")
    except WireError:  # without even an IP header
        name = "TCP"
    return "no TCP header" if name == "TCP" else name


def _directions(packets: Iterable[object]) -> Iterator[bool]:
    """Yield for each packet whether it goes the way of the first.

    A packet from a new end to a known one comes from the other side; the
    first packet between two new ends goes forward.
    """
    near: set[End] = set()
    far: set[End] = set()
    for packet in packets:
        source, destination = _ends(packet)
        forward = source in near or destination in far or not (source in far or destination in near)
        (near if forward else far).add(source)
        (far if forward else near).add(destination)
        yield forward


def _ends(packet: object) -> tuple[End, End]:
    segment = _segment(packet)
    ports = (segment.source_port, segment.destination_port) if segment else (0, 0)
    try:
        return (packet.source, ports[0]), (packet.destination, ports[1])
    except WireError:
        return ("", 0), ("", 0)  # without even an IP header it stays on the first packet's side


def _calls(lanes: Sequence[str], wanted: Call | Sequence[Call]) -> tuple[str, ...]:
    """Return what is called in each lane."""
    pairs = [wanted] if wanted and isinstance(wanted[0], (str, int)) else wanted
    numbered = [(_lane_number(lanes, lane), words) for lane, words in pairs]
    return tuple(", ".join(words for at, words in numbered if at == lane) for lane in range(len(lanes)))
