"""One recorded packet."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.print_packet import packet_text
from tcpkit.capture.style import Style
from tcpkit.wire import IPv4Header, Segment, WireError
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.ipv6 import IPv6Header


@dataclass(frozen=True)
class Packet:
    """A packet: when it was recorded, and its bytes from the IP header on.

    `time_ns` counts nanoseconds from 1970, UTC. `bytes_cut` is how many
    bytes at its end were not recorded. `is_unfinished` is the kernel's own
    note that its checksum is left to a network card; None where no kernel
    told, as in files.
    """

    time_ns: int
    data: bytes
    bytes_cut: int = 0
    is_unfinished: bool | None = field(default=None, compare=False)

    @cached_property
    def ip(self) -> IPv4Header | IPv6Header:
        """Return the IP header; `WireError` where there is none."""
        is_ipv6 = self.data[:1] and self.data[0] >> 4 == 6
        return (IPv6Header if is_ipv6 else IPv4Header).parse(self.data)

    @cached_property
    def segment(self) -> Segment:
        """Return the TCP segment; `WireError` where there is none.

        Bytes after the packet's own length (Ethernet pads short packets) are
        not part of it. A length of 0 says nothing: so the kernel leaves it
        where the network card is to cut the packet into several.
        """
        ip = self.ip
        if ip.protocol != PROTOCOL_TCP:
            raise WireError(f"this packet carries protocol {ip.protocol}, not TCP (6): it has no segment")
        if ip.fragment_offset:
            raise WireError(
                f"this packet is a later piece of a larger one, from byte {ip.fragment_offset * 8} on: "
                "the TCP header is in the first piece"
            )
        return Segment.parse(self.data[ip.header_length : ip.total_length or None])

    @property
    def source(self) -> str:
        """Return the source address in the IP header."""
        return self.ip.source

    @property
    def destination(self) -> str:
        """Return the destination address in the IP header."""
        return self.ip.destination

    def __repr__(self) -> str:
        return packet_text(self.time_ns, self.data, self.bytes_cut, Style(shows_times=False), Conversations())
