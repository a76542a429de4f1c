"""Lesson 03: right answers written in other ways, wrong ones with the words they get, guesses."""

import ipaddress
import operator
import socket
import struct

import numpy as np
from scapy.layers.inet import IP, in4_chksum

from tcpkit import wire
from tcpkit.wire import checksum
from tcpkit.wire import pseudo_header as front
from tcpkit.wire.damage import DAMAGES

TOOLS = ipaddress, operator, socket, np, IP, in4_chksum, wire  # for the rows


def total(data):
    return sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))


def folded(number):
    return number if number < 0x10000 else folded(number % 0x10000 + number // 0x10000)


def low_first(data):
    return sum(data[at] + (data[at + 1] << 8) for at in range(0, len(data), 2))


def lay(source, destination, tcp_length):
    return bytearray(map(int, f"{source}.{destination}.0.6".split("."))) + struct.pack("!H", tcp_length)


def zeroed(segment):
    return segment[:16] + bytes(2) + segment[18:]


def summed(source, destination, segment, length=None, body=zeroed):
    return checksum(front(source, destination, length or len(segment)) + body(segment))


CLOTHES = {
    "checksum": """
        ~folded(total(data)) & 0xFFFF ;; folded(256 * sum(data[::2]) + sum(data[1::2])) ^ 0xFFFF
        0xFFFF - (total(data) % 0xFFFF or 0xFFFF * any(data)) ;; int(hex(0xFFFF - folded(total(data))), 16)
        np.uint16(folded(total(data)) ^ 0xFFFF) ;; folded(folded(total(data[2:])) + total(data[:2])) ^ 0xFFFF
        socket.ntohs(folded(low_first(data + bytes(len(data) % 2))) ^ 0xFFFF)
        folded(int(np.frombuffer(data + bytes(len(data) % 2), dtype=">u2").sum(dtype=np.uint64))) ^ 0xFFFF
    """,
    "pseudo_header": r"""
        lay ;; bytes(lay(source, destination, tcp_length)) ;; memoryview(lay(source, destination, tcp_length))
        np.frombuffer(lay(source, destination, tcp_length), dtype=np.uint8)
        socket.inet_aton(source) + socket.inet_aton(destination) + b"\0\6" + tcp_length.to_bytes(2, "big")
        ipaddress.ip_address(source).packed + socket.inet_aton(destination) + struct.pack(">HH", 6, tcp_length)
        struct.pack("!IIxBH", *(int(ipaddress.IPv4Address(each)) for each in (source, destination)), 6, tcp_length)
        bytes.fromhex("".join(f"{byte:02x}" for byte in lay(source, destination, 0)[:10]) + f"{tcp_length:04x}")
    """,
    "tcp_checksum": """
        summed ;; np.uint16(summed(source, destination, segment)) ;; summed(destination, source, segment)
        summed(source, destination, segment, body=lambda segment: segment[:16] + segment[18:])
        checksum(front(source, destination, 0) + len(segment).to_bytes(2, "big") + zeroed(segment))
        folded(total(lay(source, destination, len(segment))) + total(zeroed(segment))) ^ 0xFFFF
        checksum(zeroed(segment) + bytes(len(segment) % 2) + front(source, destination, len(segment)))
        in4_chksum(6, IP(src=source, dst=destination), zeroed(segment))
    """,
}

WRONG = {
    "checksum": r"""
        folded(total(data)) ;; total(data) => That is the sum. If it has more than 16 bits, fold it. Then
        ~total(data) & 0xFFFF => The carry above 16 bits was thrown away. Add it to the rest.
        ~((total(data) & 0xFFFF) + (total(data) >> 16)) & 0xFFFF => On `ff ff ff ff 00 01` folding makes a carry
        total(data) ^ 0xFFFF ;; 0xFFFF - total(data) => The sum of `Hello!` has 17 bits. Add the part above 16 bits to
        -folded(total(data)) & 0xFFFF ;; 0x10000 - folded(total(data)) => One more than it should be. One's complement
        ~folded(total(data)) ;; -1 - folded(total(data)) => Python's `~` has no fixed width, so you got -9204.
        -total(data) => For data=48 65 6c 6c 6f 21 you returned -0x123f2. What did you expect there?
        0xFFFF - total(data) % 0xFFFF ;; checksum(data) or 0xFFFF ;; (0xFFFF - total(data)) % 0xFFFF => Right but for 0
        ~folded(low_first(data)) & 0xFFFF ;; socket.ntohs(checksum(data)) ;; low_first(data) => The bytes are exchanged
        low_first(data + bytes(len(data) % 2)) ;; ~folded(low_first(data[:len(data) & ~1])) & 0xFFFF => bytes are
        low_first(data + "\0" if len(data) % 2 else data) => 6548. For data=61 it raised TypeError: can't concat str
        sum(data) ;; ~sum(data) & 0xFFFF ;; sum(data) % 256 ;; folded(sum(data)) ^ 0xFFFF => You add single bytes. Add
        65535 - (total(data) & 65535 + (total(data) >> 16)) ;; 65535 - (total(data) & 65535 + total(data) >> 16) => `+`
        folded(sum(data[at] << 8 + data[at + 1] for at in range(0, len(data), 2))) ^ 0xFFFF => `+` comes before `<<`:
        0xFFFF ^ total(data[:2]) if data else None => Only the first two bytes count: is the `return` inside the loop?
        checksum(bytes(len(data) % 2) + data) ;; checksum(data + b"0" * (len(data) % 2)) => Right for an even
        checksum(data[:len(data) // 2 * 2]) => An odd last byte gets a zero behind it: the byte `a` becomes 6100.
        checksum(data if len(data) % 2 == 0 else data[9**9]) ;; checksum(data + "" if len(data) % 2 else data) => raised
        checksum(data[:len(data) & ~1]) or 0xFFFF => For data=ff ff you returned 0xffff. What did you expect there?
        f"{checksum(data):04x}" => 'dc0c', text (str). The answer is a number (int).
        0x6F57 ;; 0xDC0C ;; 0 ;; 0xFFFF ;; 7 => for every input. What does the answer depend on?
    """,
    "pseudo_header": r"""
        source.encode() + destination.encode() + b"\0\6" + struct.pack("!H", tcp_length) => As text, `127.0.0.1` is nine
        source + destination + "06" ;; struct.pack("!4s4sI", source.encode(), destination.encode(), 6) => As text
        lay(destination, source, tcp_length) => The source comes first, as in the IP header.
        lay(source, source, tcp_length) => For source='10.0.0.1', destination='10.0.0.2', tcp_length=64 you returned
        lay(source, destination, 0)[:8] + struct.pack("!BBH", 0, 17, tcp_length) => You wrote 0 and 17. First the zero,
        lay(source, destination, 0)[:10] + struct.pack("<H", tcp_length) => Your 64 reads as 0x4000, which is 16384.
        lay(source, destination, tcp_length // 4) ;; lay(source, destination, 64) => The last two bytes are not
        lay(source, destination, tcp_length + 20) ;; lay(source, destination, tcp_length - 20) => are not `tcp_length`
        lay(source, destination, 0)[:10] ;; lay(source, destination, tcp_length) + b"\0" => How many did you expect?
        lay(source, destination, tcp_length)[::-1] => did you
        lay(source, destination, tcp_length).hex() => text (str). The answer is bytes.
    """,
    "tcp_checksum": r"""
        checksum(segment) ;; checksum(zeroed(segment)) => 0x6da0 is right for the segment alone. The receiver also adds
        summed(source, destination, segment, body=bytes) => The old checksum is in your sum, so a good packet gives 0
        summed(source, destination, segment[:20]) ;; summed(source, destination, segment[:20], body=bytes) => The sum
        summed(source, destination, zeroed(segment)[:(segment[12] >> 4) * 4], len(segment)) => covers the data too.
        summed(source, destination, segment, 20) ;; summed(source, destination, segment, segment[12] >> 4 << 2) => of T
        summed(source, destination, segment, len(segment) + 20) => 84 is IP's length, with its own 20 bytes.
        summed(source, destination, segment, len(segment) + 12) => The pseudo-header does not count itself
        summed(source, destination, segment, segment[12] >> 4, bytes) => The length counts all of TCP's bytes
        summed(source, destination, zeroed(segment) + bytes(len(segment) % 2)) => The added zero byte does not count
        checksum(zeroed(segment) + front(source, destination, len(segment))) => Put the twelve bytes in front
        summed(source, destination, segment, body=lambda x: x[:15] + bytes(2) + x[17:]) => You put zeros somewhere else.
        summed(source, destination, segment) or 0xFFFF => Right but for one: a checksum of 0 becomes ffff. UDP has that
        folded(checksum(front(source, destination, len(segment))) + checksum(zeroed(segment))) => TCP sends the 0.
        folded(low_first(front(source, destination, len(segment)) + zeroed(segment))) ^ 0xFFFF => are exchanged
        ~total(front(source, destination, len(segment)) + zeroed(segment)) & 0xFFFF => The carry above 16 bits was
        checksum(front(source, destination, len(segment))) + checksum(zeroed(segment)) & 0xFFFF => fold once more.
        checksum(front(source, destination, 0)[:10] + struct.pack("<H", len(segment)) + zeroed(segment)) => not those of
        summed(source, source, segment) => For source='10.0.0.1', destination='10.0.0.2', segment=23 1d
        operator.setitem(segment, 16, 0) => it raised TypeError: 'bytes' object does not support item assignment.
    """,
}

MISSED = dict(zip(DAMAGES, (0, 255, 10_000, 0, 0), strict=True))
NUMBERS = {20: 0x6F83, 44: 0x6F6B, 64: 0x6F57, 84: 0x6F43}
GUESSES = r"""
    checksum(wire.checksum) => PASS 3.1 checksum\nRight, because tcpkit answered. tcpkit did the adding
    pseudo_header(wire.pseudo_header) => PASS 3.2 pseudo_header\nRight, because tcpkit answered. Which twelve bytes are
    tcp_checksum(wire.tcp_checksum) => PASS 3.3 tcp_checksum\nRight, because tcpkit answered. tcpkit put zeros
    recall(24) ;; recall(np.int64(24)) => PASS 3.0 recall\n6 words of four bytes
    guess_carry("a", 0x2000) => YOU SAID a: 1fff. WE SAW 0x2000.\nMost computers add like that: they throw the carry
    guess_carry("b", 0x2000) ;; guess_carry("0x2000", 0x2000) => AS YOU SAID b: 2000.\nThe sum is 11fff. Folded
    guess_carry("b") ;; guess_length("c", {64: 0}) ;; guess_damage("abdaa", dict.fromkeys(MISSED, 10_001)) => NOT SEEN
    by_hand(0xDC0C) ;; by_hand("dc 0c") ;; by_hand("0xDC0C") ;; by_hand(b"\xdc\x0c") => AS YOU SAID 0xdc0c.\nThe rec
    by_hand("0cdc") => YOU SAID 0x0cdc: not yet.\nThe bytes are exchanged
    by_hand(~0x23F3) => YOU SAID -0x23f4: not yet.\nPython's `~` has no fixed width, so
    by_hand(0x1234) => YOU SAID 0x1234: not yet.\nBegin with the three words: 4865 + 6c6c + 6f21.
    by_hand("folded") ;; by_hand(1.5) => NO GUESS YET: Write four hex digits, such as 0x1234.
    by_hand(...) ;; guess_length(..., NUMBERS) => NO GUESS YET: write one above, then run this cell again.
    guess_length("c", NUMBERS) ;; guess_length(64, NUMBERS) => AS YOU SAID c: 64 bytes.\nHeader and data: the whole
    guess_damage("A, B, D, A, A", MISSED) ;; guess_damage([*"abdaa"], MISSED) => AS YOU SAID a b d a a.\nA sum is the
    guess_damage("aaaaa", MISSED) => YOU SAID a a a a a. WE SAW a b d a a.\nTwo bits: some copies pass. Their bits
    guess_damage("bbdda", MISSED) => YOU SAID b b d d a. WE SAW a b d a a.\nOne bit: it changes one word and nothing
    guess_damage("abdae", MISSED) ;; guess_damage(5, MISSED) => NO GUESS YET: this answer cannot be read. Write
"""
