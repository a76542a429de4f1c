"""Lesson 03's second exercise, the pseudo-header, and its known mistakes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake

HERE = "127.0.0.1"
PORTS = bytes.fromhex("231d 1f40")  # the story's
SIZE = 12  # bytes of a pseudo-header; RFC 9293, 3.1
TCP = 6  # the protocol's number; IANA
IP_HEADER = 20  # bytes
chance = random.Random(33)

Addresses = Callable[[str, str], bytes]
Tail = Callable[[int], bytes]


def _address(text: str) -> bytes:
    return bytes(map(int, text.split(".")))


def _both(source: str, destination: str) -> bytes:
    return _address(source) + _address(destination)


def _tail(tcp_length: int) -> bytes:
    return struct.pack("!BBH", 0, TCP, tcp_length)


def _laid_out(addresses: Addresses = _both, tail: Tail = _tail) -> Function:
    """Return a pseudo_header made of these two parts, one of them wrong."""
    return lambda source, destination, tcp_length: addresses(source, destination) + tail(tcp_length)


def _packed(form: str, *before: int) -> Tail:
    """Return a tail that packs these numbers, and then the length."""
    return lambda tcp_length: struct.pack(form, *before, tcp_length)


def _of_length(change: Callable[[int], int]) -> Function:
    return _laid_out(tail=lambda tcp_length: _tail(change(tcp_length)))


pseudo_header = _laid_out()


def _tails_of_other_sizes() -> Iterator[Tail]:
    """Yield tails with a field left out, too narrow or too wide."""
    for zero, protocol, length in product(("", "B", "H", "I"), ("", "B", "H", "I"), ("", "B", "H", "I", "Q")):
        form = f"!{zero}{protocol}{length}"
        if struct.calcsize(form) == SIZE - 8:
            continue
        before = [number for letter, number in ((zero, 0), (protocol, TCP)) if letter]
        yield (
            _packed(form, *before)
            if length
            else lambda tcp_length, form=form, before=before: struct.pack(form, *before)
        )
    yield lambda tcp_length: bytes([0, TCP, tcp_length])
    yield lambda tcp_length: bytes([TCP, tcp_length])


def _as_text() -> Iterator[Function]:
    """Yield pseudo_headers that hold the addresses as characters."""
    for tail in (_tail, _packed("!BH", TCP), _packed("!BB", TCP), lambda tcp_length: b""):
        yield _laid_out(lambda source, destination: source.encode() + destination.encode(), tail)
    yield lambda source, destination, tcp_length: f"{source}{destination}0{TCP}{tcp_length}"
    yield lambda source, destination, tcp_length: f"{source}{destination}0{TCP}{tcp_length}".encode()


def _say_protocol(got: bytes) -> str:
    whose = {17: "17 is UDP's", 1: "1 is ICMP's"}.get(got[9], f"You wrote {got[9]}")
    return f"{whose}. IP numbers TCP 6."


PSEUDO_HEADER = Exercise(
    number="3.2",
    name="pseudo_header",
    right=pseudo_header,
    inputs=(
        (HERE, HERE, 64),
        ("10.0.0.1", "10.0.0.2", 64),
        ("192.168.1.10", "8.8.4.4", 1480),
        ("255.255.255.255", "0.0.0.0", 20),
        ("1.2.3.4", "5.6.7.8", 65_515),
        (HERE, "127.1.2.3", 255),
        ("172.16.254.3", "10.20.30.40", 256),
        *((f"10.{n}.7.{3 * n}", f"{n}.9.8.7", chance.randrange(21, 65_515)) for n in (9, 77)),
    ),
    mistakes=(
        Mistake(
            "As text, `127.0.0.1` is nine characters. In a packet an address has four bytes, one for each number.",
            tuple(_as_text()),
        ),
        Mistake(
            lambda got: (
                f"You wrote {len(got)} bytes, and there are 12: "
                "a zero stands before the protocol, and the length has two bytes."
            ),
            tuple(_laid_out(tail=tail) for tail in _tails_of_other_sizes()),
        ),
        Mistake(
            "First the zero, then the 6: together they make the word 0006.",
            (_laid_out(tail=_packed("!BBH", TCP, 0)),),
        ),
        Mistake(
            _say_protocol,
            tuple(_laid_out(tail=_packed("!BBH", 0, other)) for other in range(256) if other != TCP),
        ),
        Mistake(
            "The destination stands first. As in the IP header, the source comes first (RFC 9293, 3.1).",
            (_laid_out(lambda source, destination: _both(destination, source)),),
        ),
        Mistake(
            "Your 64 reads as 0x4000, which is 16384. Network order: the most significant byte first.",
            (
                _laid_out(tail=_packed("<BBH", 0, TCP)),
                _laid_out(tail=_packed("<HH", TCP)),
                _laid_out(tail=_packed("<HH", TCP << 8)),
            ),
        ),
        Mistake(
            "An address is read from the left: 127 comes first, as `7f`.",
            (_laid_out(lambda source, destination: _address(source)[::-1] + _address(destination)[::-1]),),
        ),
        Mistake(
            "The length counts bytes here. It was the header's own field that counted words.",
            (_of_length(lambda length: length // 4), _of_length(lambda length: length // 2)),
        ),
        Mistake(
            "TCP's header and data only: neither these twelve bytes nor IP's header counts.",
            tuple(_of_length(lambda length, more=more: length + more) for more in (SIZE, IP_HEADER)),
        ),
        Mistake(
            "The length you are given has everything of TCP in it. Write it down as it is.",
            tuple(_of_length(lambda length, less=less: length - less) for less in (SIZE, IP_HEADER)),
        ),
        Mistake(
            "The ports are in the segment already: here they would count twice.",
            (
                lambda source, destination, tcp_length: pseudo_header(source, destination, tcp_length) + PORTS,
                lambda source, destination, tcp_length: PORTS + pseudo_header(source, destination, tcp_length),
                lambda source, destination, tcp_length: (
                    _address(source) + PORTS[:2] + _address(destination) + PORTS[2:] + _tail(tcp_length)
                ),
            ),
        ),
        Mistake(
            "Right for 127.0.0.1. We also asked for 10.0.0.1 to 10.0.0.2.",
            (
                _laid_out(lambda source, destination: _both(HERE, HERE)),
                _laid_out(lambda source, destination: _both(source, source)),
                _laid_out(lambda source, destination: _both(destination, destination)),
                lambda source, destination, tcp_length: pseudo_header(HERE, HERE, 64),
            ),
        ),
        Mistake("Right for 64 bytes. We also asked for 1480.", (_of_length(lambda length: 64),)),
        Mistake(
            "That describes the bytes. Return the bytes themselves.",
            (
                lambda source, destination, tcp_length: pseudo_header(source, destination, tcp_length).hex(),
                lambda source, destination, tcp_length: pseudo_header(source, destination, tcp_length).hex(" "),
                lambda source, destination, tcp_length: pseudo_header(source, destination, tcp_length).hex(" ", 2),
                lambda source, destination, tcp_length: pseudo_header(source, destination, tcp_length).hex(" ", 4),
            ),
        ),
    ),
    meaning="Twelve bytes that both ends can write down, and neither sends.",
    what_if="What if somebody on the way changed an address, on purpose? Who would have to mend the sum?",
)
