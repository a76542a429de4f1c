"""Lesson 03's third exercise, TCP's own checksum, and its known mistakes."""

from __future__ import annotations

import random
from collections.abc import Callable

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.exercises03 import STORY, internet_checksum, padded
from tcpkit.check.exercises03_pseudo import HERE, SIZE, pseudo_header
from tcpkit.check.plain import show_hex
from tcpkit.wire import MSS, Flags, Segment, TCPHeader

chance = random.Random(33)


def _zeroed(segment: bytes) -> bytes:
    return segment[:16] + b"\0\0" + segment[18:]


def _as_it_is(segment: bytes) -> bytes:
    return segment


def _header_length(segment: bytes) -> int:
    return (segment[12] >> 4) * 4


def _header(segment: bytes) -> bytes:
    return _zeroed(segment)[: _header_length(segment)]


def _first_twenty(segment: bytes) -> bytes:
    return _zeroed(segment)[:20]


BODIES = (_zeroed, _as_it_is)  # the length is amiss with either


def _summed(body: Callable[[bytes], bytes] = _zeroed, length: Callable[[bytes], int] = len) -> Function:
    """Return a tcp_checksum of this body, under a pseudo-header with this length."""
    return lambda source, destination, segment: internet_checksum(
        pseudo_header(source, destination, length(segment)) + body(segment)
    )


_tcp_checksum = _summed()


def _added(source: str, destination: str, segment: bytes) -> int:
    """Return the sum of two checksums, which lacks but the fold: both are sums with their bits flipped."""
    pseudo = pseudo_header(source, destination, len(segment))
    return internet_checksum(pseudo) + internet_checksum(_zeroed(segment))


def _lengths(*lengths: Callable[[bytes], int]) -> tuple[Function, ...]:
    """Return tcp_checksums with one of these lengths in the pseudo-header."""
    return tuple(_summed(body, length) for body in BODIES for length in lengths)


def _dressed(dress: Callable[[int, bytes], object]) -> Function:
    """Return a tcp_checksum whose right answer comes in something else."""
    return lambda source, destination, segment: dress(_tcp_checksum(source, destination, segment), segment)


def _field(segment: bytes) -> int:
    return int.from_bytes(segment[16:18], "big")


def _with_field(segment: bytes, number: int) -> bytes:
    return segment[:16] + number.to_bytes(2, "big") + segment[18:]


def _segment(data: bytes, stale: int, **fields: object) -> bytes:
    return bytes(Segment(TCPHeader(8989, 8002, checksum=stale, **fields), data))


TCP_CHECKSUM = Exercise(
    number="3.3",
    name="tcp_checksum",
    right=_tcp_checksum,
    inputs=(
        (HERE, HERE, STORY),
        (HERE, HERE, _with_field(STORY, 0x000F)),
        (HERE, HERE, _with_field(STORY, 0x6F57)),
        (HERE, HERE, _with_field(STORY, 0x1D1F)),  # as stands across the two ports
        ("10.0.0.1", "10.0.0.2", STORY),
        (HERE, HERE, _segment(b"odd", 0, flags=Flags.SYN)),
        ("10.0.0.1", "10.0.0.2", _segment(b"GET / HTTP/1.0\r\n\r\n", 0xAF57, flags=Flags.PSH | Flags.ACK, seq=1)),
        ("192.168.1.10", "8.8.4.4", _segment(b"", 0xFFFF, flags=Flags.FIN | Flags.ACK, window=512, urgent=3)),
        (HERE, HERE, _segment(b"five!", 1, flags=Flags.SYN, options=(MSS(1460),), window=65_535)),
        *(
            (f"10.0.{n}.1", f"10.1.{n}.9", chance.randbytes(12) + b"\x50" + chance.randbytes(7 + n))
            for n in (1, 20, 230)
        ),
    ),
    mistakes=(
        Mistake(
            "0x6da0 is right for the segment alone. The receiver also adds twelve bytes that you do not send.",
            (
                lambda source, destination, segment: internet_checksum(_zeroed(segment)),
                lambda source, destination, segment: internet_checksum(segment),
            ),
        ),
        Mistake(
            "Your own field is in the sum, so a good packet gives 0: that is a receiver checking. "
            "What stands there while a sender computes?",
            (_summed(_as_it_is),),
        ),
        Mistake(
            "Two checksums may be added, and their carry comes back in as well: fold once more.",
            (_added, lambda source, destination, segment: _added(source, destination, segment) & 0xFFFF),
        ),
        Mistake(
            "You are checking, as a receiver does. Now compute the number, as a sender does.",
            (
                _dressed(lambda right, segment: right == _field(segment)),
                _dressed(lambda right, segment: 0 if right == _field(segment) else right),
                _dressed(lambda right, segment: 0 if right == _field(segment) else 1),
            ),
        ),
        Mistake(
            "The data is covered too. With zeros one hardly notices: ours is text.",
            tuple(
                _summed(body, length)
                for body in (_header, _first_twenty, lambda s: s[: _header_length(s)], lambda s: s[:20])
                for length in (len, _header_length, lambda s: 20)
            ),
        ),
        Mistake(
            "20 is the header's length. TCP's is header and data together.",
            _lengths(lambda segment: 20, _header_length),
        ),
        Mistake("84 is IP's total. TCP begins behind IP's 20.", _lengths(lambda segment: len(segment) + 20)),
        Mistake(
            "44 is the data alone. The length counts header and data together.",
            _lengths(lambda segment: len(segment) - 20, lambda segment: len(segment) - _header_length(segment)),
        ),
        Mistake(
            "The length counts bytes here, not words.",
            _lengths(
                lambda segment: segment[12] >> 4, lambda segment: len(segment) // 4, lambda segment: len(segment) // 2
            ),
        ),
        Mistake(
            "The length counted the twelve bytes of the pseudo-header as well. Nobody sends those.",
            _lengths(lambda segment: len(segment) + SIZE),
        ),
        Mistake(
            "Taking the field out made the segment two bytes shorter. Tell the length that it has with it.",
            (_summed(length=lambda segment: len(segment) - 2),),
        ),
        Mistake(
            "Right while the data is even. Pad for adding, but tell the true length.",
            (_summed(length=lambda segment: len(padded(segment))),),
        ),
        Mistake(
            "Right while the data is even. Behind an odd segment the twelve bytes slip by one: put them in front.",
            (
                lambda source, destination, segment: internet_checksum(
                    _zeroed(segment) + pseudo_header(source, destination, len(segment))
                ),
            ),
        ),
        Mistake(
            "Bytes 16 and 17 hold the checksum. You put zeros somewhere else.",
            tuple(
                _summed(lambda segment, at=at: segment[:at] + b"\0\0" + segment[at + 2 :])
                for at in (12, 14, 15, 17, 18)
            ),
        ),
        Mistake(
            'Two characters, b"00", are the bytes 30 30. Two zero bytes are `bytes(2)`.',
            (_summed(lambda segment: segment[:16] + b"00" + segment[18:]),),
        ),
        Mistake(
            "With `replace` you go by the bytes, not by their place. Elsewhere the same two stand for something else.",
            (
                _summed(lambda segment: segment.replace(segment[16:18], b"\0\0")),
                _summed(lambda segment: segment.replace(segment[16:18], b"\0\0", 1)),
            ),
        ),
        Mistake(
            "Right for 127.0.0.1. We also asked for 10.0.0.1 to 10.0.0.2.",
            (
                lambda source, destination, segment: _tcp_checksum(HERE, HERE, segment),
                lambda source, destination, segment: _tcp_checksum(source, source, segment),
                lambda source, destination, segment: _tcp_checksum(destination, destination, segment),
            ),
        ),
        Mistake(
            "0x6f57 is right for the story's packet. We also asked for others.",
            (lambda source, destination, segment: 0x6F57,),
        ),
        Mistake(
            "Right value, wrong dress: return the number itself, an int.",
            tuple(
                _dressed(dress)
                for dress in (
                    lambda right, segment: right.to_bytes(2, "big"),
                    lambda right, segment: hex(right),
                    lambda right, segment: f"{right:04x}",
                    lambda right, segment: f"0x{right:04x}",
                )
            ),
        ),
        Mistake(
            "That is the whole segment with its checksum put in. Return the number alone.",
            (_dressed(lambda right, segment: _with_field(segment, right)),),
        ),
    ),
    meaning="0x6f57 for the story's packet: tcpdump's number, and yours. Now you can make one for any packet.",
    what_if="What if the right number is 0? What would you write into the field, and what would a receiver get?",
    shows=show_hex,
)
