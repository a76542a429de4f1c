"""How tcpdump 4.99 prints an IP packet; print_tcp.py does the rest.

Text is yielded in pieces: where a packet was not captured whole, reading
raises `Cut`, and tcpdump has printed the pieces so far.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.cut import Cut, number
from tcpkit.capture.print_ip6 import ip6_words
from tcpkit.capture.print_ip_options import final_destination, ip_option_words
from tcpkit.capture.print_tcp import Payload, tcp_words
from tcpkit.capture.protocols import NO_NEXT_HEADER, PROTOCOLS
from tcpkit.capture.style import Style
from tcpkit.wire import checksum
from tcpkit.wire.checksum import PROTOCOL_TCP, PSEUDO
from tcpkit.wire.ipv4 import FIXED, dotted

MORE_FRAGMENTS = 0x2000
FRAGMENT_FLAGS = ((MORE_FRAGMENTS, "+"), (0x4000, "DF"), (0x8000, "rsvd"))
FRAGMENT_OFFSET = 0x1FFF  # in units of 8 bytes
CONGESTION = ("", ",ECT(1)", ",ECT(0)", ",CE")  # the lowest two bits of the type of service; RFC 3168, 5


@dataclass(frozen=True)
class Datagram:
    """The fixed fields of an IPv4 header, and the packet's bytes.

    `data` ends where the header says, or where the capture does.
    """

    data: bytes
    header_length: int  # bytes
    tos: int
    total_length: int
    identification: int
    fragment: int
    ttl: int
    protocol: int
    checksum: int
    source: bytes
    destination: bytes

    @classmethod
    def read(cls, data: bytes) -> Datagram:
        """Return what the first 20 bytes say, also where it makes no sense."""
        first, tos, total, *others = FIXED.unpack_from(data)
        return cls(data[:total], (first & 15) * 4, tos, total, *others)

    @property
    def route(self) -> str:
        """Return the two addresses as tcpdump prints them."""
        return f"{dotted(self.source)} > {dotted(self.destination)}"


def ip_words(data: bytes, wire_length: int, style: Style, conversations: Conversations) -> Iterator[str]:
    """Yield tcpdump's words for a packet from IP's first byte on.

    `wire_length` is the packet's length in bytes before the capture cut it.
    """
    version = number(data, 0, 1, "ip") >> 4
    if version == 6:
        yield from ip6_words(data, wire_length, style, conversations)
        return
    if version != 4:
        yield f"IP{version} (invalid)"
        return
    yield "IP "
    if len(data) < FIXED.size:
        yield " [|ip]"
        return
    datagram = Datagram.read(data)
    if datagram.header_length < FIXED.size:
        yield f"bad-hlen {datagram.header_length}"
        return
    if wire_length < datagram.total_length:
        yield f"truncated-ip - {datagram.total_length - wire_length} bytes missing! "
    if datagram.total_length < datagram.header_length:
        yield f"bad-len {datagram.total_length}"
        return
    readable = (yield from _header_words(datagram)) if style.verbose else True
    if readable:
        yield from _payload_words(datagram, style, conversations)
    else:
        yield f"{datagram.route}:  [|ip]"


def _header_words(datagram: Datagram) -> Generator[str, None, bool]:
    """Yield what -v says of the header; return False if options were cut."""
    yield f"(tos 0x{datagram.tos:x}{CONGESTION[datagram.tos & 3]}"
    if datagram.ttl:
        yield f", ttl {datagram.ttl}"
    flags = ", ".join(name for bit, name in FRAGMENT_FLAGS if datagram.fragment & bit) or "none"
    yield f", id {datagram.identification}, offset {(datagram.fragment & FRAGMENT_OFFSET) * 8}, flags [{flags}]"
    yield f", proto {PROTOCOLS.get(datagram.protocol, 'unknown')} ({datagram.protocol})"
    yield f", length {datagram.total_length}"
    whole = True
    if datagram.header_length > FIXED.size:
        yield ", options ("
        size = datagram.header_length - FIXED.size
        whole = yield from ip_option_words(datagram.data[FIXED.size :], size)
        yield ")" if whole else " [truncated-option])"
    if len(datagram.data) >= datagram.header_length:
        yield _checksum_words(datagram)
    yield ")\n    "
    return whole


def _checksum_words(datagram: Datagram) -> str:
    header = datagram.data[: datagram.header_length]
    if checksum(header) == 0:
        return ""
    right = checksum(header[:10] + b"\0\0" + header[12:]) or 0xFFFF
    return f", bad cksum {datagram.checksum:x} (->{right:x})!"


def _payload_words(datagram: Datagram, style: Style, conversations: Conversations) -> Iterator[str]:
    if datagram.fragment & FRAGMENT_OFFSET:
        yield f"{datagram.route}: ip-proto-{datagram.protocol}"
        return
    size = datagram.header_length
    if datagram.protocol != PROTOCOL_TCP:
        yield f"{datagram.route}: "
    if len(datagram.data) < size:
        yield f" [remaining caplen({len(datagram.data)}) < header length({size})]"
        raise Cut("ip")
    if datagram.protocol == PROTOCOL_TCP:
        yield from tcp_words(_payload(datagram), style, conversations)
    elif datagram.protocol == NO_NEXT_HEADER:
        yield "no next header"
    else:
        # tcpdump reads the protocols that it knows; this printer does not.
        yield f" ip-proto-{datagram.protocol} {datagram.total_length - size}"


def _payload(datagram: Datagram) -> Payload:
    size = datagram.header_length
    last = final_destination(datagram.data[FIXED.size : size], datagram.destination)
    length = datagram.total_length - size
    return Payload(
        source=datagram.source,
        destination=datagram.destination,
        pseudo_header=PSEUDO.pack(datagram.source, last, PROTOCOL_TCP, length),
        data=datagram.data[size:],
        length=length,
        is_fragment=bool(datagram.fragment & MORE_FRAGMENTS),
    )
