"""A sequence of recorded packets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from tcpkit.capture.errors import KEEP, CaptureError
from tcpkit.capture.file_kinds import read_contents
from tcpkit.capture.packet import Packet
from tcpkit.capture.pcap import write_pcap
from tcpkit.capture.real import real_tcpdump
from tcpkit.capture.save import read_file, shown, write_file
from tcpkit.capture.tcpdump import tcpdump
from tcpkit.wire import IPv4Header, Segment, TCPHeader, WireError
from tcpkit.wire.ipv4 import LOOPBACK
from tcpkit.wire.story_syn import IDENTIFICATION
from tcpkit.wire.whole_import import import_whole

if TYPE_CHECKING:
    from os import PathLike

    import pandas

    from tcpkit.draw import Picture

LINES_SHOWN = 100
KINDS_SHOWN = 8


class Words(str):
    """Text that a notebook shows as it is, without quotes and backslashes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Capture(Sequence[Packet]):
    """A sequence of packets.

    `dropped` counts packets that came too fast to be recorded, `skipped`
    frames of a file without IP, by what they are instead. `damage` says why
    a file was not read to its end.
    """

    packets: Sequence[Packet] = ()
    dropped: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    damage: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "packets", tuple(self.packets))
        object.__setattr__(self, "skipped", dict(self.skipped))

    @classmethod
    def of(cls, segment: Segment | bytes, source: str = LOOPBACK, destination: str = LOOPBACK) -> Capture:
        """Return a capture of one segment that was never sent.

        An IP header is put in front, with a fixed id (that of the story's
        packet) and time: what is printed is the same each time.
        """
        if not isinstance(segment, Segment | TCPHeader | bytes | bytearray | memoryview):
            raise WireError(f"a {type(segment).__name__} is no segment: hand in a Segment, or its bytes")
        payload = bytes(segment)
        header = IPv4Header.carrying(payload, source, destination, identification=IDENTIFICATION)
        return cls((Packet(0, bytes(header) + payload),))

    @classmethod
    def load(cls, path: str | PathLike[str], partial: bool = False) -> Capture:
        """Return the packets of a pcap or pcapng file, plain or packed by gzip.

        IPv4 and IPv6 packets are taken out of their frames; other frames are
        counted in `.skipped`. Raises `CaptureError` with the offset where the
        file is damaged; its `.packets`, or `partial=True`, give those before.
        """
        data = read_file(path)
        try:
            contents = read_contents(data)
            if contents.error and not partial:
                raise contents.error
        except CaptureError as error:
            raise CaptureError(f"{shown(path)}: {error}", error.offset, error.packets) from None
        damage = str(contents.error or "").removesuffix(KEEP).rstrip()
        return cls(contents.packets, skipped=contents.skipped, damage=damage)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the packets to a classic pcap file, whole or not at all.

        Raises `CaptureError` where that fails; the capture, and an older file
        at the path, are unchanged.
        """
        write_file(path, write_pcap(self.packets), tuple(self.packets))

    def tcpdump(self, options: str = "") -> Words:
        """Return what tcpdump says of the packets.

        Takes -v, -vv, -X, -t and -S; -n is always on. The text is the real
        tcpdump's where version 4.99 is installed, else that of
        `tcpkit.capture.tcpdump`: the words of 4.99.3 (from 4.99.5 on there
        are others for a damaged IP header).
        """
        words = real_tcpdump(self.packets, options) if self.packets else ""
        return Words(tcpdump(self.packets, options) if words is None else words)

    def table(self) -> pandas.DataFrame:
        """Return the packets as a DataFrame, one row each."""
        import_whole("pandas")
        from tcpkit.capture.table import table

        frame = table(self.packets)
        frame.attrs["skipped"] = dict(self.skipped)
        return frame

    def account(self) -> pandas.DataFrame:
        """Return a DataFrame that says what each packet is for, from ARP to HTTP.

        A capture with `frames=True` tells the next hop, and has ARP.
        """
        import_whole("pandas")
        from tcpkit.capture.account import account

        return account(self.packets)

    def ladder(self, *arguments: Any, **options: Any) -> Picture:
        """Return the packets as a ladder diagram; see `tcpkit.draw.ladder`."""
        from tcpkit.draw import ladder

        return ladder(self.packets, *arguments, **options)

    @overload
    def __getitem__(self, index: int) -> Packet: ...

    @overload
    def __getitem__(self, index: slice) -> Capture: ...

    def __getitem__(self, index: int | slice) -> Packet | Capture:
        """Return one packet, or for a slice a capture of its packets."""
        return Capture(self.packets[index]) if isinstance(index, slice) else self.packets[index]

    def __len__(self) -> int:
        return len(self.packets)

    def __iter__(self) -> Iterator[Packet]:
        return iter(self.packets)

    def __add__(self, other: Capture) -> Capture:
        """Return a capture of these packets, then the other's."""
        if not isinstance(other, Capture):
            return NotImplemented
        skipped = dict(Counter(self.skipped) + Counter(other.skipped))
        damage = "; ".join(filter(None, (self.damage, other.damage)))
        return Capture((*self.packets, *other.packets), self.dropped + other.dropped, skipped, damage)

    def __eq__(self, other: object) -> bool:
        """Compare packets and counts; a subclass may equal a `Capture`."""
        return self._all() == other._all() if isinstance(other, Capture) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[object, ...]:
        return self.packets, self.dropped, frozenset(self.skipped.items()), self.damage

    def __repr__(self) -> str:
        lines = tcpdump(self.packets[:LINES_SHOWN], "-t") if self.packets else "no packets"
        return "\n".join([lines, *self.notes()])

    def notes(self) -> list[str]:
        """Return a sentence for each kind of packets that is not shown."""
        hidden = len(self.packets) - LINES_SHOWN
        notes = []
        if hidden > 0:
            packet = "packet" if hidden == 1 else "packets"
            notes.append(f'({hidden} more {packet}: .tcpdump("-t") prints them all)')
        if self.dropped:
            was = "packet was" if self.dropped == 1 else "packets were"
            notes.append(f"({self.dropped} {was} dropped: they came faster than they could be copied)")
        if self.skipped:
            total = sum(self.skipped.values())
            frames = "1 frame is" if total == 1 else f"{total} frames are"
            kinds = Counter(self.skipped).most_common(KINDS_SHOWN)
            if rest := total - sum(number for _, number in kinds):
                kinds.append(("of other kinds", rest))
            notes.append(
                f"({frames} left out, as no IP was found: {', '.join(f'{number} {kind}' for kind, number in kinds)})"
            )
        if self.damage:
            notes.append(f"(not read to its end: {self.damage})")
        return notes

    def _repr_html_(self) -> str:
        from tcpkit.capture.html import html

        return html(self.packets[:LINES_SHOWN], self.notes())
