"""One recorded packet."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.frames import ARP
from tcpkit.capture.print_arp import SIZE as ARP_SIZE
from tcpkit.capture.print_packet import packet_text
from tcpkit.capture.protocols import PROTOCOLS
from tcpkit.capture.style import Style
from tcpkit.wire import IPv4Header, Segment, WireError
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.ipv4 import dotted
from tcpkit.wire.ipv6 import IPv6Header


@dataclass(frozen=True)
class Packet:
    """A packet: when it was recorded, and its bytes from the IP header on.

    `time_ns` counts nanoseconds from 1970, UTC. `bytes_cut` is how many
    bytes at its end were not recorded. `is_unfinished` is the kernel's own
    note that its checksum is left to a network card; None where no kernel
    told, as in files. `link` is the Ethernet header in front, where the
    capture kept it; behind one that says so, `data` is ARP's.
    """

    time_ns: int
    data: bytes
    bytes_cut: int = 0
    is_unfinished: bool | None = field(default=None, compare=False)
    link: bytes = b""

    @property
    def is_arp(self) -> bool:
        """Say whether this is a whole frame of ARP: a question who has an address, or the answer."""
        return self.link[12:] == ARP and len(self.data) >= ARP_SIZE

    @cached_property
    def ip(self) -> IPv4Header | IPv6Header:
        """Return the IP header; `WireError` where there is none."""
        if self.is_arp:
            raise WireError("this frame is ARP's: it has no IP header")
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
    def protocol(self) -> str:
        """Return what this carries, such as "TCP", "UDP" or "ARP"; `WireError` where no IP header tells."""
        return "ARP" if self.is_arp else PROTOCOLS.get(self.ip.protocol, f"protocol {self.ip.protocol}")

    @property
    def source(self) -> str:
        """Return the source address in the IP header; ARP's sender."""
        return dotted(self.data[14:18]) if self.is_arp else self.ip.source

    @property
    def destination(self) -> str:
        """Return the destination address in the IP header; whom ARP asks or answers."""
        return dotted(self.data[24:28]) if self.is_arp else self.ip.destination

    def __repr__(self) -> str:
        return packet_text(self, Style(shows_times=False), Conversations())
