"""How tcpdump 4.99 prints a TCP segment, without its payload.

The words for what is wrong with a segment come from `tcpkit.wire.complaints`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tcpkit.capture.conversations import Conversations, Numbers
from tcpkit.capture.cut import Cut
from tcpkit.capture.print_tcp_options import Surroundings, tcp_option_words
from tcpkit.capture.style import Style
from tcpkit.wire import Flags, TCPHeader
from tcpkit.wire.complaints import CUT_SHORT, checksum_complaint, header_length_complaint
from tcpkit.wire.ipv6 import address_text
from tcpkit.wire.seq import MODULUS
from tcpkit.wire.tcp import FIXED

CARRIES_NEWS = Flags.SYN | Flags.FIN | Flags.RST  # their sequence number is printed without data too
RESET_TEXT = 30  # bytes of a reset's data that are printed


@dataclass(frozen=True)
class Payload:
    """What an IP packet carries: the captured bytes, and how many it claims.

    `names_ends` is False behind IPv6's extension headers: there tcpdump has
    printed the addresses before.
    """

    source: bytes
    destination: bytes
    pseudo_header: bytes
    data: bytes
    length: int
    is_fragment: bool
    names_ends: bool = True

    @property
    def is_whole(self) -> bool:
        """Say whether every byte was captured."""
        return len(self.data) >= self.length


def tcp_words(payload: Payload, style: Style, conversations: Conversations) -> Iterator[str]:
    """Yield tcpdump's words for a segment, its addresses first."""
    data = payload.data
    source, destination = address_text(payload.source), address_text(payload.destination)
    if len(data) < 4:
        yield f"{source} > {destination}: {CUT_SHORT}"
        return
    ports = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    yield f"{source}.{ports[0]} > {destination}.{ports[1]}: " if payload.names_ends else f"{ports[0]} > {ports[1]}: "
    if len(data) < FIXED.size:
        yield f" {CUT_SHORT}"
        return
    header = TCPHeader.parse(data)
    size = header.data_offset * 4
    impossible = header_length_complaint(size, payload.length)
    if impossible and size < FIXED.size:
        yield f" tcp {(payload.length - size) % MODULUS} [{impossible.words}]"
        return
    yield f"Flags [{header.flags}]"
    numbers = _numbers(payload, header, style, conversations)
    if impossible:
        yield f" [{impossible.words}]"
        return
    if style.verbose and payload.is_whole and not payload.is_fragment:
        yield f", {_checksum_words(payload, header)}"
    yield from _field_words(payload.length - size, header, numbers, style)
    around = Surroundings(numbers.start, payload.is_whole)
    if size == FIXED.size or (yield from tcp_option_words(data[20:], size - 20, around)):
        yield from _data_words(payload, header, style)


def _numbers(payload: Payload, header: TCPHeader, style: Style, conversations: Conversations) -> Numbers:
    if style.absolute_numbers or Flags.ACK not in header.flags:
        return Numbers(header.seq, header.ack)
    source, destination = (header.source_port, payload.source), (header.destination_port, payload.destination)
    return conversations.numbers(source, destination, header.flags, header.seq, header.ack)


def _checksum_words(payload: Payload, header: TCPHeader) -> str:
    stale = checksum_complaint(payload.data, payload.pseudo_header)
    return stale.words if stale else f"cksum 0x{header.checksum:04x} (correct)"


def _field_words(length: int, header: TCPHeader, numbers: Numbers, style: Style) -> Iterator[str]:
    if style.verbose > 1 or length or header.flags & CARRIES_NEWS:
        yield f", seq {numbers.seq}"
        if length:
            yield f":{(numbers.seq + length) % MODULUS}"
    if Flags.ACK in header.flags:
        yield f", ack {numbers.ack}"
    yield f", win {header.window}"
    if Flags.URG in header.flags:
        yield f", urg {header.urgent}"


def _data_words(payload: Payload, header: TCPHeader, style: Style) -> Iterator[str]:
    size = header.data_offset * 4
    length = payload.length - size
    yield f", length {length}"
    if length and len(payload.data) < size:
        yield f" [remaining caplen({len(payload.data)}) < header length({size})]"
        raise Cut("tcp")
    if length and style.verbose and Flags.RST in header.flags:
        # RFC 9293, 3.5.3 lets a reset carry text that says why.
        mark = "" if payload.is_whole else "!"
        more = "+" if length > RESET_TEXT else ""
        text = "".join(map(_visible, payload.data[size : size + RESET_TEXT]))
        yield f" [{mark}RST{more} {text}]"


def _visible(byte: int) -> str:
    """Return a byte as tcpdump shows it.

    >>> [_visible(byte) for byte in b"A\\0\\x81"]
    ['A', '^@', 'M-^A']
    """
    meta, low = ("M-", byte & 0x7F) if byte > 0x7F else ("", byte)
    return meta + (chr(low) if 0x20 <= low < 0x7F else "^" + chr(low ^ 0x40))
