"""What is wrong with a segment: tcpdump 4.99's words, in tcpdump's order.

The printer in `tcpkit.capture` takes its words from here, so that they
agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tcpkit.wire.checksum import CHECKSUM_AT, checksum, pseudo_header
from tcpkit.wire.errors import as_bytes
from tcpkit.wire.ipv4 import LOOPBACK
from tcpkit.wire.tcp import FIXED, Segment

FIELDS_END = {  # where each field ends, in bytes; RFC 9293, 3.1
    "source_port": 2,
    "destination_port": 4,
    "seq": 8,
    "ack": 12,
    "data_offset": 13,
    "flags": 14,
    "window": 16,
    "checksum": 18,
    "urgent": 20,
}
EOL, NOP, SACK, TCP_AO, MPTCP, FAST_OPEN, EXPERIMENT = 0, 1, 5, 29, 30, 34, 254  # IANA, TCP option kinds
FAST_OPEN_MAGIC = b"\xf9\x89"  # fast open as an experiment; RFC 7413, 4.1.1
VALUE_SIZES = {0: 0, 1: 0, 2: 2, 3: 1, 4: 0, 6: 4, 7: 4, 8: 8, 11: 4, 12: 4, 13: 4, 19: 16, 20: 2, 28: 2}  # bytes


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong: the header's field, and tcpdump's words."""

    field: str
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class OptionRead:
    """One option as tcpdump reads it; `kind` is None where it cannot.

    `size` is how many bytes of value tcpdump takes, whatever the option's
    own length says; `value` is shorter where the capture ends before.
    """

    kind: int | None
    size: int = 0
    value: bytes = b""
    fault: Complaint | None = None


BAD_OPTION = Complaint("options", "[bad opt]")
CUT_SHORT = "[|tcp]"


def complaints(segment: Segment | bytes, source: str = LOOPBACK, destination: str = LOOPBACK) -> tuple[Complaint, ...]:
    """Return what is wrong with a segment, in tcpdump's words and order.

    Nothing wrong: an empty tuple. As in tcpdump, an impossible header length
    ends the reading, so that the checksum is not judged. What is inside a
    Multipath TCP option is not judged either.

    >>> from tcpkit.wire.story_syn import story_syn
    >>> complaints(story_syn())
    (Complaint(field='data_offset', words='bad hdr length 4 - too short, < 20'),)
    """
    return tuple(_complaints(as_bytes(segment, "segment"), source, destination))


def _complaints(data: bytes, source: str, destination: str) -> Iterator[Complaint]:
    if len(data) < FIXED.size:
        yield Complaint(next(field for field, end in FIELDS_END.items() if end > len(data)), CUT_SHORT)
        return
    length = (data[12] >> 4) * 4
    impossible = header_length_complaint(length, len(data))
    if impossible:
        yield impossible
        return
    stale = checksum_complaint(data, pseudo_header(source, destination, len(data)))
    if stale:
        yield stale
    try:
        yield from (option.fault for option in read_options(data[20:], length - 20) if option.fault)
    except IndexError:
        yield Complaint("options", CUT_SHORT)


def header_length_complaint(length: int, available: int) -> Complaint | None:
    """Return what is wrong with a header length, both in bytes."""
    if length < FIXED.size:
        return Complaint("data_offset", f"bad hdr length {length} - too short, < {FIXED.size}")
    if length > available:
        return Complaint("data_offset", f"bad hdr length {length} - too long, > {available}")
    return None


def length_words(segment: Segment) -> str:
    """Return tcpdump's words on a segment's header length; "" if it can be."""
    complaint = header_length_complaint(4 * segment.data_offset, len(bytes(segment)))
    return complaint.words if complaint else ""


def checksum_complaint(data: bytes, pseudo: bytes) -> Complaint | None:
    """Return what is wrong with the checksum of a whole segment behind this pseudo-header."""
    found = int.from_bytes(data[16:18], "big")
    # ffff and 0000 are the same number in one's complement; tcpdump accepts
    # both, and prints the first.
    right = checksum(pseudo + data[:CHECKSUM_AT] + data[CHECKSUM_AT + 2 :]) or 0xFFFF
    if found == right or (right == 0xFFFF and found == 0):
        return None
    return Complaint("checksum", f"cksum 0x{found:04x} (incorrect -> 0x{right:04x})")


def read_options(data: bytes, left: int) -> Iterator[OptionRead]:
    """Yield the options as tcpdump reads them, up to the first bad one.

    `left` is how many bytes they claim, and `data` continues after them; where
    it ends before a kind or a length, `IndexError` is raised. tcpdump skips
    the value that an option of this kind should have, not the length that it
    gives.
    """
    at = 0
    while left > 0:
        kind = data[at]
        head = 1 if kind in (EOL, NOP) else 2
        length = data[at + 1] if head == 2 else 1
        if head == 2 and not 2 <= length <= left:
            yield OptionRead(None, fault=BAD_OPTION)
            return
        at, left = at + head, left - head
        size = VALUE_SIZES.get(kind, length - head)
        if size > left:
            yield OptionRead(kind, fault=BAD_OPTION)
            return
        value = data[at : at + size]
        fault = _option_complaint(kind, size, value, length - head)
        yield OptionRead(kind, size, value, fault)
        if kind == EOL or fault is BAD_OPTION:
            return
        at, left = at + size, left - size


def _option_complaint(kind: int, size: int, value: bytes, claimed: int) -> Complaint | None:
    """Return what is wrong with an option whose bytes are all there."""
    cookie = value[2:] if kind == EXPERIMENT and value[:2] == FAST_OPEN_MAGIC else value
    if kind == EXPERIMENT and size < 2:
        return BAD_OPTION
    if size != claimed:
        return Complaint("options", f"[len {claimed + 2}]")
    if kind == SACK and size % 8:
        return Complaint("options", "invalid sack")
    if kind == TCP_AO and size < 2:
        return Complaint("options", "(invalid)")
    if (kind == FAST_OPEN or cookie is not value) and cookie and not (4 <= len(cookie) <= 16 and len(cookie) % 2 == 0):
        return Complaint("options", "(invalid)")
    return None
