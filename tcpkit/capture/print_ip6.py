"""How tcpdump 4.99 prints an IPv6 packet; print_tcp.py does the rest.

Extension headers are named, as far as `tcpkit.wire.ipv6` reads through them;
the options in them, which tcpdump lists with -v, are left out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.print_tcp import Payload, tcp_words
from tcpkit.capture.protocols import NO_NEXT_HEADER, PROTOCOLS, TCP
from tcpkit.capture.style import Style
from tcpkit.wire.ipv6 import (
    DESTINATION_OPTIONS,
    EXTENSIONS,
    FIXED,
    FRAGMENT,
    FRAGMENT_OFFSET,
    HOP_BY_HOP,
    colons,
    extension_size,
    pseudo_header6,
)

NAMES = {HOP_BY_HOP: ("HBH ", "hbhopt"), DESTINATION_OPTIONS: ("DSTOPT ", "dstopt"), FRAGMENT: ("frag ", "frag6")}


def ip6_words(data: bytes, wire_length: int, style: Style, conversations: Conversations) -> Iterator[str]:
    """Yield tcpdump's words for a packet from IPv6's first byte on.

    `wire_length` is the packet's length in bytes before the capture cut it.
    """
    if len(data) < FIXED.size:
        yield " [|ip6]"
        return
    yield "IP6 "
    first, claimed, protocol, hops, source, destination = FIXED.unpack_from(data)
    total = FIXED.size + claimed
    if claimed and wire_length < total:
        yield f"truncated-ip6 - {total - wire_length} bytes missing!"
    if style.verbose:
        yield from _header_words(first, claimed, protocol, hops)
    data = data[:total]
    if protocol != TCP:  # TCP's addresses are printed with its ports
        yield f"{colons(source)} > {colons(destination)}: "
    behind = yield from _extension_words(data, total, protocol, style)
    if behind is None:
        return
    last, at, is_fragment = behind
    if last == TCP:
        length = total - at
        pseudo = pseudo_header6(source, destination, length)
        payload = Payload(source, destination, pseudo, data[at:], length, is_fragment, names_ends=protocol == TCP)
        yield from tcp_words(payload, style, conversations)
    else:
        yield "no next header" if last == NO_NEXT_HEADER else f" ip-proto-{last} {total - at}"


def _header_words(first: int, claimed: int, protocol: int, hops: int) -> Iterator[str]:
    """Yield what -v says of the header."""
    traffic_class, flow_label = first >> 20 & 0xFF, first & 0xFFFFF
    yield "("
    yield f"class 0x{traffic_class:02x}, " if traffic_class else ""
    yield f"flowlabel 0x{flow_label:05x}, " if flow_label else ""
    yield f"hlim {hops}, next-header {PROTOCOLS.get(protocol, 'unknown')} ({protocol}) payload length: {claimed}) "


def _extension_words(
    data: bytes, total: int, kind: int, style: Style
) -> Generator[str, None, tuple[int, int, bool] | None]:
    """Yield the words for extension headers; return what comes behind, where, and if it is a fragment.

    Returns None where nothing more can be read.
    """
    at, is_fragment = FIXED.size, False
    while kind in EXTENSIONS:
        name, short_name = NAMES[kind]
        size = extension_size(kind, data[at + 1]) if at + 1 < len(data) else 8
        if at + size > len(data):
            yield f" [|{short_name}]"
            return None
        yield name
        if kind == FRAGMENT:
            is_fragment = True
            offset = int.from_bytes(data[at + 2 : at + 4], "big") & FRAGMENT_OFFSET
            number = f"0x{data[at + 4 : at + 8].hex()}:" if style.verbose else ""
            yield f"({number}{offset}|{total - at - size})" + ("" if offset else " ")
            if offset or len(data) <= at + size:
                return None
        kind, at = data[at], at + size
    return kind, at, is_fragment
