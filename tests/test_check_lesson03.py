"""What lesson 03's checks say: to wrong answers, to right ones in other clothes, to guesses."""

import array
import functools
import importlib
import inspect
import ipaddress
import operator
import re
import socket
import struct
import sys
import zlib

import numpy as np
import pytest

from tcpkit.check import lesson03
from tcpkit.check.exercises03 import HELLO, STORY
from tcpkit.check.guards import outcome
from tcpkit.wire import Segment, checksum, pseudo_header, tcp_checksum

HERE = "127.0.0.1"


# Right answers in other clothes


def loop(data):
    total = 0
    for at in range(0, len(data), 2):
        word = data[at] << 8
        if at + 1 < len(data):
            word |= data[at + 1]
        total += word
        if total > 0xFFFF:
            total -= 0xFFFF
    return 0xFFFF - total


def pairs_with_zip(data):
    data = bytes(data) + b"\0" * (len(data) & 1)
    total = sum(high * 256 + low for high, low in zip(data[::2], data[1::2], strict=True))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def fold_recursive(total):
    return total if total < 0x10000 else fold_recursive(divmod(total, 0x10000)[0] + total % 0x10000)


def halved(data):
    """Add by halves: recursion that does not go deep."""
    if len(data) <= 2:
        return int.from_bytes(data.ljust(2, b"\0"), "big")
    middle = len(data) // 4 * 2 or 2
    return fold_recursive(halved(data[:middle]) + halved(data[middle:]))


def one_number(data):
    total = int.from_bytes(data + b"\0" * (len(data) % 2), "big")
    if total == 0:
        return 0xFFFF
    return 0xFFFF - (total % 0xFFFF or 0xFFFF)


def flipped_first(data):
    data = data + b"\0" * (len(data) % 2)
    words = struct.unpack(f"!{len(data) // 2}H", data)
    return fold_recursive(sum(word ^ 0xFFFF for word in words)) % 0xFFFF if any(words) else 0xFFFF


def numpy_sum(data):
    words = np.frombuffer(data + b"\0" * (len(data) % 2), dtype=">u2")
    total = words.sum(dtype=np.uint64)
    while total >> np.uint64(16):
        total = (total & np.uint64(0xFFFF)) + (total >> np.uint64(16))
    return total ^ np.uint64(0xFFFF)


def with_array(data):
    words = array.array("H", data + b"\0" * (len(data) % 2))
    if sys.byteorder == "little":
        words.byteswap()
    return fold_recursive(sum(words)) ^ 0xFFFF


def little_endian_swapped(data):
    total = sum(data[::2]) + 256 * sum(data[1::2])
    folded = fold_recursive(total)
    return (folded >> 8 | (folded & 0xFF) << 8) ^ 0xFFFF


def two_columns(data):
    return fold_recursive(256 * sum(data[0::2]) + sum(data[1::2])) ^ 0xFFFF


def scapy_checksum(data):
    from scapy.utils import checksum as scapys

    return scapys(data)


def dpkt_checksum(data):
    from dpkt.dpkt import in_cksum

    return in_cksum(data)


CHECKSUMS = [
    loop,
    pairs_with_zip,
    lambda data: 0xFFFF ^ halved(data),
    one_number,
    flipped_first,
    numpy_sum,
    with_array,
    little_endian_swapped,
    two_columns,
    scapy_checksum,
    dpkt_checksum,
    checksum,
    lambda data: int(hex(checksum(data)), 16),
    lambda data: (
        functools.reduce(
            lambda total, word: (total + word) % 0x10000 + (total + word >> 16),
            struct.unpack(f"!{(len(data) + 1) // 2}H", data.ljust((len(data) + 1) // 2 * 2, b"\0")),
            0,
        )
        ^ 0xFFFF
    ),
]


def pseudo_in_place(source, destination, tcp_length):
    header = bytearray(12)
    header[:4] = socket.inet_aton(source)
    header[4:8] = socket.inet_aton(destination)
    header[9] = socket.IPPROTO_TCP
    struct.pack_into(">H", header, 10, tcp_length)
    return header


def pseudo_of_ints(source, destination, tcp_length):
    numbers = [int(ipaddress.IPv4Address(each)) for each in (source, destination)]
    return struct.pack("!IIHH", *numbers, 6, tcp_length)


def pseudo_loop(source, destination, tcp_length):
    found = []
    for address in (source, destination):
        for number in address.split("."):
            found.append(int(number))
    return bytes([*found, 0, 6, *divmod(tcp_length, 256)])


PSEUDO_HEADERS = [
    pseudo_in_place,
    pseudo_of_ints,
    pseudo_loop,
    pseudo_header,
    lambda s, d, n: socket.inet_aton(s) + socket.inet_aton(d) + b"\x00\x06" + n.to_bytes(2, "big"),
    lambda s, d, n: socket.inet_pton(socket.AF_INET, s) + socket.inet_aton(d) + struct.pack("!BBH", 0, 6, n),
    lambda s, d, n: ipaddress.ip_address(s).packed + ipaddress.ip_address(d).packed + struct.pack(">HH", 6, n),
    lambda s, d, n: b"".join(map(socket.inet_aton, (s, d))) + struct.pack("!xBH", 6, n),
    lambda s, d, n: memoryview(pseudo_loop(s, d, n)),
    lambda s, d, n: bytearray(pseudo_loop(s, d, n)),
    lambda s, d, n: np.frombuffer(pseudo_loop(s, d, n), dtype=np.uint8),
    lambda s, d, n: struct.pack("!4s4sBBH", socket.inet_aton(s), socket.inet_aton(d), 0, 6, n),
    lambda s, d, n: struct.pack("!8BHH", *map(int, f"{s}.{d}".split(".")), 6, n),
    lambda s, d, n: bytes.fromhex(
        "".join(f"{int(part):02x}" for part in [*s.split("."), *d.split(".")]) + f"0006{n:04x}"
    ),
]


def in_a_buffer(source, destination, segment):
    buffer = bytearray(pseudo_loop(source, destination, len(segment)) + segment)
    buffer[28:30] = 0, 0
    return loop(buffer)


def field_taken_out(source, destination, segment):
    rest = segment[:16] + segment[18:]
    return one_number(pseudo_loop(source, destination, len(segment)) + rest)


def field_subtracted(source, destination, segment):
    total = 0xFFFF ^ loop(pseudo_loop(source, destination, len(segment)) + segment)
    old = int.from_bytes(segment[16:18], "big")
    return 0xFFFF ^ fold_recursive(total + (0xFFFF - old)) % 0xFFFF


def numbers_without_bytes(source, destination, segment):
    total = len(segment) + 6
    for address in (source, destination):
        a, b, c, d = map(int, address.split("."))
        total += a * 256 + b + c * 256 + d
    for at, byte in enumerate(segment):
        if at not in (16, 17):
            total += byte if at % 2 else byte << 8
    return fold_recursive(total) ^ 0xFFFF


def scapy_tcp(source, destination, segment):
    from scapy.layers.inet import IP, in4_chksum

    return in4_chksum(6, IP(src=source, dst=destination), segment[:16] + bytes(2) + segment[18:])


def two_checksums(source, destination, segment):
    return loop(pseudo_header(source, destination, len(segment))) + loop(segment[:16] + bytes(2) + segment[18:])


TCP_CHECKSUMS = [
    lambda s, d, segment: (two_checksums(s, d, segment) & 0xFFFF) + (two_checksums(s, d, segment) >> 16),
    in_a_buffer,
    field_taken_out,
    field_subtracted,
    numbers_without_bytes,
    scapy_tcp,
    tcp_checksum,
    lambda s, d, segment: Segment.parse(segment).with_checksum(s, d).checksum,
    lambda s, d, segment: np.uint16(tcp_checksum(s, d, segment)),
    lambda s, d, segment: loop(
        segment[:16] + bytes(2) + segment[18:] + bytes(len(segment) % 2) + pseudo_header(s, d, len(segment))
    ),
    lambda s, d, segment: pairs_with_zip(pseudo_header(s, d, len(segment)) + segment[:16] + b"\0\0" + segment[18:]),
]

CLOTHES = {"3.1": CHECKSUMS, "3.2": PSEUDO_HEADERS, "3.3": TCP_CHECKSUMS}


# Each wrong answer of the plan, written as a learner would


def total_of(data):
    """Add the words rightly; what follows is up to the wrong answer."""
    even = data + b"\0" * (len(data) % 2)
    return sum(int.from_bytes(even[at : at + 2], "big") for at in range(0, len(even), 2))


def finish(how):
    return lambda data: how(total_of(data))


def carries_dropped_as_they_come(data):
    total = 0
    for at in range(0, len(data), 2):
        total = (total + int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")) & 0xFFFF
    return total ^ 0xFFFF


def carries_dropped_by_numpy(data):
    words = np.frombuffer(data + b"\0" * (len(data) % 2), dtype=">u2")
    return int(~words.sum(dtype=np.uint16))


def least_significant_first(data):
    total = 0
    for at in range(0, len(data), 2):
        total += data[at] + (data[at + 1] << 8 if at + 1 < len(data) else 0)
    return 0xFFFF - fold_recursive(total)


def odd_byte_low(data):
    total = sum(data[at] * 256 + data[at + 1] for at in range(0, len(data) - 1, 2))
    if len(data) % 2:
        total += data[-1]
    return 0xFFFF - fold_recursive(total)


def zero_in_front(data):
    if len(data) % 2:
        data = b"\0" + data
    return loop(data)


def odd_byte_ignored(data):
    return 0xFFFF - fold_recursive(sum(data[at] * 256 + data[at + 1] for at in range(0, len(data) - 1, 2)))


def stops_at_odd(data):
    return 0xFFFF - fold_recursive(sum(data[at] * 256 + data[at + 1] for at in range(0, len(data), 2)))


def one_call_a_word(data, total=0):
    if not data:
        return fold_recursive(total) ^ 0xFFFF
    return one_call_a_word(data[2:], total + int.from_bytes(data[:2].ljust(2, b"\0"), "big"))


def each_word_flipped(data):
    total = 0
    for at in range(0, len(data), 2):
        total += 0xFFFF - int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
    return fold_recursive(total)


def one_number_without_zero_case(data):
    return 0xFFFF - int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xFFFF


def folded_once(total):
    return 0xFFFF ^ (total & 0xFFFF) + (total >> 16)


def odd_ignored(data):
    return data[: len(data) // 2 * 2]


def odd_in_front(data):
    return bytes(len(data) % 2) + data


def odd_digit(data):
    return data + b"0" * (len(data) % 2)


def odd_stops(data):
    return data if len(data) % 2 == 0 else data[len(data)]


def mirrored(data):
    data = data + bytes(len(data) % 2)
    return bytes(data[at ^ 1] for at in range(len(data)))


def ends(how, prepare):
    """Return a sum of prepared bytes, with an end of its own."""
    return lambda data: how(total_of(prepare(data)))


def with_tail(tail):
    return lambda s, d, n: socket.inet_aton(s) + socket.inet_aton(d) + tail(n)


def zeroing(segment):
    return segment[:16] + bytes(2) + segment[18:]


def summed(length, body=zeroing):
    return lambda s, d, segment: loop(pseudo_header(s, d, length(segment)) + body(segment))


def pads_first(source, destination, segment):
    segment += b"\0" * (len(segment) % 2)
    return loop(pseudo_header(source, destination, len(segment)) + zeroing(segment))


def takes_out_first(source, destination, segment):
    segment = segment[:16] + segment[18:]
    return loop(pseudo_header(source, destination, len(segment)) + segment)


def writes_into_bytes(source, destination, segment):
    segment[16:18] = b"\0\0"
    return 0


NAMED = {
    lesson03.checksum: [
        (finish(fold_recursive), "You have the sum. What is sent makes the whole add up to ffff: flip the bits."),
        (lambda data: one_number(data) ^ 0xFFFF, "You have the sum."),
        (finish(lambda total: ~total & 0xFFFF), "One too many for `Hello!`: a carry was left at the top"),
        (carries_dropped_as_they_come, "a carry was left at the top, and never came back in at the bottom."),
        (carries_dropped_by_numpy, "a carry was left at the top"),
        (
            finish(lambda total: ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF),
            "On `ff ff ff ff 00 01` the fold itself carries: fold until nothing is left above.",
        ),
        (finish(lambda total: 0xFFFF - ((total & 0xFFFF) + (total >> 16))), "the fold itself carries"),
        (finish(lambda total: ((total % 65536) + total // 65536) ^ 0xFFFF), "the fold itself carries"),
        (least_significant_first, "0x0cdc has the bytes of 0xdc0c exchanged. Network order, once again."),
        (odd_byte_low, "The missing byte comes behind the last one: `a` alone is the word 6100, not 0061."),
        (zero_in_front, "A zero in front moves every byte: the first now pairs with nothing. Pad at the end."),
        (odd_byte_ignored, 'From you, b"a" and b"" get the same sum. Should they?'),
        (stops_at_odd, 'Right while the bytes are even in number. For b"a" Python stopped you'),
        (lambda data: one_number(data) if len(data) % 2 == 0 else struct.unpack("!H", data), "even in number"),
        (lambda data: sum(data), "Those are single bytes. Add words of 16 bits, two bytes each."),
        (lambda data: fold_recursive(sum(data)) ^ 0xFFFF, "Those are single bytes."),
        (lambda data: sum(data) % 256, "Those are single bytes."),
        (finish(lambda total: -fold_recursive(total) & 0xFFFF), "One more than it should be. One's complement flips"),
        (finish(lambda total: -fold_recursive(total) % 0x10000), "One more than it should be."),
        (
            finish(lambda total: ~fold_recursive(total)),
            "Python's `~` knows no width, so you got -9204. Keep the lowest",
        ),
        (finish(lambda total: -1 - fold_recursive(total)), "Python's `~` knows no width, so you got -9204."),
        (finish(lambda total: -((total & 0xFFFF) + (total >> 16)) & 0xFFFF), "One more than it should be."),
        (
            finish(operator.neg),
            "A minus is no flip: you got -74738. To flip the bits of a word is to take it from ffff.",
        ),
        (finish(lambda total: -fold_recursive(total)), "you got -9203. To flip the bits"),
        (finish(lambda total: -((total & 0xFFFF) + (total >> 16))), "you got -9203. To flip the bits"),
        (finish(lambda total: -total & 0xFFFF), "The carries were thrown away before they came back in"),
        (finish(lambda total: -total % 0x10000), "And a minus is one more than all bits flipped."),
        (finish(lambda total: 0x10000 - total % 0x10000), "The carries were thrown away"),
        (ends(operator.neg, odd_stops), "you got -74738. To flip the bits"),
        (one_number_without_zero_case, "For `ff ff` you said ffff. The sum is ffff there, not 0"),
        (finish(lambda total: (0xFFFF - total) % 0xFFFF), "For no bytes at all, and for zeros, you said 0."),
        (each_word_flipped, "You flip each word first. That is the same sum, but for its zero"),
        (finish(int), "0x123f2 has 17 bits. What stands above 16 comes back in at the bottom"),
        (finish(lambda total: total ^ 0xFFFF), "0x1dc0d has 17 bits."),
        (finish(lambda total: total % 0x10000), "Modulo 0x10000 throws the carries away"),
        (zlib.crc32, "That is another kind of sum."),
        (lambda data: zlib.adler32(data) % 0x10000, "That is another kind of sum."),
        (
            lambda data: functools.reduce(
                operator.xor, struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)), 0
            ),
            "XOR adds without carrying.",
        ),
        (lambda data: checksum(data).to_bytes(2, "big"), "Right value, wrong dress: return the number itself, an int."),
        (lambda data: f"{checksum(data):04x}", "Right value, wrong dress"),
        (lambda data: hex(checksum(data)), "Right value, wrong dress"),
        (lambda data: 0x6F57, "0x6f57 is what tcpdump said of one packet. Ours was another."),
        (lambda data: 0xDC0C, "Right for `Hello!`. We also asked for other bytes."),
        (one_call_a_word, "Right for short data. One call for each word is more than Python allows for 65,535 bytes"),
        (lambda data: print(checksum(data)), "it returned None. Does it `return` its answer?"),
        (lambda data: checksum(data) / 1, "Right value, wrong dress"),
        (lambda data: 7, "For data=48 65 6c 6c 6f 21 you returned 0x7. What did you expect there?"),
        # Two at once: the one that Python, or the carry, makes plain comes first.
        (finish(lambda total: ~((total & 0xFFFF) + (total >> 16))), "Python's `~` knows no width, so you got -9204."),
        (finish(operator.invert), "Python's `~` knows no width, so you got -74739."),
        (ends(operator.invert, odd_ignored), "Python's `~` knows no width"),
        (ends(int, odd_ignored), "0x123f2 has 17 bits."),
        (ends(int, odd_stops), "0x123f2 has 17 bits."),
        (ends(lambda total: total ^ 0xFFFF, odd_stops), "0x1dc0d has 17 bits."),
        (ends(lambda total: total & 0xFFFF, odd_ignored), "Modulo 0x10000 throws the carries away"),
        (ends(fold_recursive, odd_in_front), "You have the sum."),
        (ends(lambda total: ~total & 0xFFFF, odd_digit), "a carry was left at the top"),
        (ends(folded_once, odd_digit), 'You pad with the digit "0", which is the byte 0x30.'),
        (ends(lambda total: fold_recursive(total) ^ 0xFFFF, odd_digit), 'A zero byte is b"\\0", or bytes(1).'),
        (ends(folded_once, odd_ignored), 'From you, b"a" and b"" get the same sum.'),
        (ends(folded_once, odd_stops), 'For b"a" Python stopped you'),
        (ends(folded_once, odd_in_front), "A zero in front moves every byte"),
        (ends(folded_once, mirrored), "0x0cdc has the bytes of 0xdc0c exchanged."),
        (ends(int, mirrored), "The bytes of your words are exchanged: `He` is the word 4865, not 6548."),
        (ends(lambda total: ~fold_recursive(total), mirrored), "The bytes of your words are exchanged"),
    ],
    lesson03.pseudo_header: [
        (
            lambda s, d, n: s.encode() + d.encode() + struct.pack("!BBH", 0, 6, n),
            "As text, `127.0.0.1` is nine characters. In a packet an address has four bytes",
        ),
        (lambda s, d, n: s + d + "0" + "6" + str(n), "As text, `127.0.0.1` is nine characters."),
        (with_tail(lambda n: struct.pack("!BH", 6, n)), "You wrote 11 bytes, and there are 12: a zero stands before"),
        (with_tail(lambda n: bytes([0, 6, n])), "You wrote 11 bytes"),
        (with_tail(lambda n: struct.pack("!BBB", 0, 6, n)), "You wrote 11 bytes"),
        (with_tail(lambda n: b"\x00\x06"), "You wrote 10 bytes"),
        (with_tail(lambda n: struct.pack("!BBI", 0, 6, n)), "You wrote 14 bytes"),
        (with_tail(lambda n: struct.pack("!HHH", 0, 6, n)), "You wrote 14 bytes"),
        (with_tail(lambda n: b"\x06\x00" + n.to_bytes(2, "big")), "First the zero, then the 6: together they make"),
        (with_tail(lambda n: struct.pack("!BBH", 0, socket.IPPROTO_UDP, n)), "17 is UDP's. IP numbers TCP 6."),
        (with_tail(lambda n: struct.pack("!BBH", 0, 0, n)), "You wrote 0. IP numbers TCP 6."),
        (with_tail(lambda n: struct.pack("!BBH", 0, 4, n)), "You wrote 4. IP numbers TCP 6."),
        (with_tail(lambda n: struct.pack("!BBH", 0, 1, n)), "1 is ICMP's. IP numbers TCP 6."),
        (lambda s, d, n: pseudo_loop(d, s, n), "The destination stands first. As in the IP header, the source comes"),
        (with_tail(lambda n: b"\x00\x06" + n.to_bytes(2, "little")), "Your 64 reads as 0x4000, which is 16384."),
        (
            lambda s, d, n: b"".join(socket.inet_aton(each)[::-1] for each in (s, d)) + struct.pack("!HH", 6, n),
            "An address is read from the left: 127 comes first, as `7f`.",
        ),
        (lambda s, d, n: pseudo_loop(s, d, n // 4), "The length counts bytes here. It was the header's own field"),
        (lambda s, d, n: pseudo_loop(s, d, n + 12), "TCP's header and data only: neither these twelve bytes nor"),
        (lambda s, d, n: pseudo_loop(s, d, n + 20), "TCP's header and data only"),
        (lambda s, d, n: pseudo_loop(s, d, n - 20), "The length you are given has everything of TCP in it."),
        (
            lambda s, d, n: pseudo_loop(s, d, n) + struct.pack("!HH", 8989, 8000),
            "The ports are in the segment already: here they would count twice.",
        ),
        (lambda s, d, n: pseudo_loop("127.0.0.1", "127.0.0.1", n), "Right for 127.0.0.1. We also asked for 10.0.0.1"),
        (lambda s, d, n: pseudo_loop(s, s, n), "Right for 127.0.0.1."),
        (lambda s, d, n: pseudo_loop(s, d, 64), "Right for 64 bytes. We also asked for 1480."),
        (lambda s, d, n: pseudo_loop(s, d, n).hex(), "That describes the bytes. Return the bytes themselves."),
        (lambda s, d, n: list(pseudo_loop(s, d, n)), "a list. The answer is bytes."),
        (lambda s, d, n: pseudo_loop(s, d, n) + b"\0", "you returned 7f 00 00 01 7f 00 00 01 00 06 00 40 00."),
    ],
    lesson03.tcp_checksum: [
        (
            lambda s, d, segment: loop(zeroing(segment)),
            "0x6da0 is right for the segment alone. The receiver also adds twelve bytes that you do not send.",
        ),
        (lambda s, d, segment: loop(segment), "0x6da0 is right for the segment alone."),
        (
            lambda s, d, segment: loop(pseudo_header(s, d, len(segment)) + segment[:16] + b"00" + segment[18:]),
            'Two characters, b"00", are the bytes 30 30.',
        ),
        (two_checksums, "Two checksums may be added, and their carry comes back in as well: fold once more."),
        (lambda s, d, segment: two_checksums(s, d, segment) & 0xFFFF, "Two checksums may be added"),
        (summed(len, bytes), "Your own field is in the sum, so a good packet gives 0: that is a receiver checking."),
        (
            lambda s, d, segment: loop(pseudo_header(s, d, len(segment)) + segment) == 0,
            "You are checking, as a receiver",
        ),
        (
            lambda s, d, segment: 0 if tcp_checksum(s, d, segment) == int.from_bytes(segment[16:18], "big") else 1,
            "You are checking, as a receiver does. Now compute the number, as a sender does.",
        ),
        (
            lambda s, d, segment: loop(pseudo_header(s, d, 20) + zeroing(segment)[:20]),
            "The data is covered too. With zeros one hardly notices: ours is text.",
        ),
        (summed(len, lambda segment: zeroing(segment)[:20]), "The data is covered too."),
        (summed(len, lambda segment: zeroing(segment)[: (segment[12] >> 4) * 4]), "The data is covered too."),
        (summed(lambda segment: 20), "20 is the header's length. TCP's is header and data together."),
        (summed(lambda segment: len(segment) + 20), "84 is IP's total. TCP begins behind IP's 20."),
        (summed(lambda segment: len(segment[20:])), "44 is the data alone. The length counts header and data"),
        (summed(lambda segment: segment[12] >> 4), "The length counts bytes here, not words."),
        (summed(lambda segment: len(segment) // 4), "The length counts bytes here, not words."),
        (
            summed(lambda segment: len(segment) + 12),
            "The length counted the twelve bytes of the pseudo-header as well.",
        ),
        (takes_out_first, "Taking the field out made the segment two bytes shorter."),
        (pads_first, "Right while the data is even. Pad for adding, but tell the true length."),
        (
            lambda s, d, segment: loop(zeroing(segment) + pseudo_header(s, d, len(segment))),
            "Behind an odd segment the twelve bytes slip by one: put them in front.",
        ),
        (
            summed(len, lambda segment: segment[:18] + bytes(2) + segment[20:]),
            "Bytes 16 and 17 hold the checksum. You put zeros somewhere else.",
        ),
        (lambda s, d, segment: tcp_checksum("127.0.0.1", "127.0.0.1", segment), "We also asked for 10.0.0.1 to 10.0"),
        (lambda s, d, segment: 0x6F57, "0x6f57 is right for the story's packet. We also asked for others."),
        (lambda s, d, segment: tcp_checksum(s, d, segment).to_bytes(2, "big"), "Right value, wrong dress"),
        (lambda s, d, segment: hex(tcp_checksum(s, d, segment)), "Right value, wrong dress"),
        (lambda s, d, segment: bytes(Segment.parse(segment).with_checksum(s, d)), "Return the number alone."),
        (summed(len, lambda segment: segment[:20]), "The data is covered too."),
        (summed(lambda segment: 20, lambda segment: segment[:20]), "The data is covered too."),
        (summed(lambda segment: len(segment) + 20, bytes), "84 is IP's total."),
        (summed(lambda segment: 20, bytes), "20 is the header's length."),
        (summed(lambda segment: len(segment) - 20, bytes), "44 is the data alone."),
        (summed(lambda segment: segment[12] >> 4, bytes), "The length counts bytes here, not words."),
        (
            summed(len, lambda segment: segment.replace(segment[16:18], bytes(2))),
            "With `replace` you go by the bytes, not by their place.",
        ),
        (summed(len, lambda segment: segment.replace(segment[16:18], b"\0\0", 1)), "With `replace` you go by the"),
        (writes_into_bytes, "it raised TypeError: 'bytes' object does not support item assignment."),
        (lambda s, d, segment: 0x6DA1, "you returned 0x6da1. What did you expect there?"),
    ],
}
CASES = [(check, wrong, words) for check, pairs in NAMED.items() for wrong, words in pairs]


@pytest.mark.parametrize(
    ("check", "wrong", "words"),
    CASES,
    ids=[f"{check.__name__}-{number}" for number, (check, _, _) in enumerate(CASES)],
)
def test_wrong_answers(check, wrong, words):
    verdict = check(wrong)
    assert verdict.status == "TRY AGAIN"
    first = verdict.message.split("\n")[0]
    assert re.match(rf"TRY AGAIN 3\.[123] {check.__name__}: ", first)
    assert words in first


@pytest.mark.parametrize("exercise", [lesson03.CHECKSUM, lesson03.PSEUDO_HEADER, lesson03.TCP_CHECKSUM])
def test_the_right_answers_are_tcpkits_own(exercise):
    theirs = {"3.1": checksum, "3.2": pseudo_header, "3.3": tcp_checksum}[exercise.number]
    for arguments in exercise.inputs:
        assert exercise.right(*arguments) == theirs(*arguments)


def test_what_the_sentences_claim_is_so():
    assert checksum(HELLO) == 0xDC0C
    assert lesson03.CHECKSUM.inputs[0] == (b"Hello!",)
    assert (b"\xff\xff\xff\xff\x00\x01",) in lesson03.CHECKSUM.inputs
    assert {(b"",), (b"a",), (b"\xff\xff",), (bytes(2),)} <= set(lesson03.CHECKSUM.inputs)
    assert max(len(data) for (data,) in lesson03.CHECKSUM.inputs) == 65_535
    assert int.from_bytes((64).to_bytes(2, "little"), "big") == 0x4000 == 16384
    assert ("10.0.0.1", "10.0.0.2", 64) in lesson03.PSEUDO_HEADER.inputs
    assert 1480 in {length for _, _, length in lesson03.PSEUDO_HEADER.inputs}
    assert lesson03.TCP_CHECKSUM.inputs[0] == (HERE, HERE, STORY)
    assert any(
        source == "10.0.0.1" and destination == "10.0.0.2" for source, destination, _ in lesson03.TCP_CHECKSUM.inputs
    )
    assert any(len(segment) % 2 for _, _, segment in lesson03.TCP_CHECKSUM.inputs)


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        (lambda s, d, segment: loop(zeroing(segment)), 0x6DA0),
        (lambda s, d, segment: tcp_checksum(s, d, segment), 0x6F57),
        (summed(lambda segment: 20, lambda segment: zeroing(segment)[:20]), 0x6F83),
        (summed(lambda segment: len(segment) + 20), 0x6F43),
        (summed(lambda segment: len(segment) - 20), 0x6F6B),
        (summed(lambda segment: 5), 0x6F92),
    ],
)
def test_what_the_storys_packet_gives(wrong, number):
    assert wrong(HERE, HERE, STORY) == number


def test_the_passing_verdict_tells_how_a_receiver_checks():
    for (data,) in lesson03.CHECKSUM.inputs:
        if len(data) % 2 == 0:
            assert checksum(data + checksum(data).to_bytes(2, "big")) == 0


# The recall


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (24, "PASS 3.0 recall\n6 words of four bytes"),
        (np.int64(24), "PASS 3.0 recall\n"),
        (6, "TRY AGAIN 3.0 recall: 6 is the number in the field. It counts words"),
        (96, "TRY AGAIN 3.0 recall: 96 is the whole byte"),
        (60, "TRY AGAIN 3.0 recall: 60 is hex read as decimal."),
        (20, "TRY AGAIN 3.0 recall: 20 is the least there is"),
        (0, "TRY AGAIN 3.0 recall: The right half is reserved."),
        (48, "TRY AGAIN 3.0 recall: These words have four bytes each, not eight."),
        (12, "TRY AGAIN 3.0 recall: These words have four bytes each, not two."),
        (44, "TRY AGAIN 3.0 recall: You added IP's twenty bytes."),
        (25, "TRY AGAIN 3.0 recall: You answered 25. How did you get there?"),
        ("24", "TRY AGAIN 3.0 recall: The number is right, and it is text. Write it without quotes."),
        (..., "TODO 3.0 recall"),
    ],
)
def test_recall_of_lesson_02(answer, message):
    assert lesson03.recall(answer).message.startswith(message)


# The guesses

NUMBERS = {20: 0x6F83, 44: 0x6F6B, 64: 0x6F57, 84: 0x6F43}
MISSED = {"one bit": 0, "two bits": 255, "two words": 10_000, "two bytes": 0, "noise": 0}
carry, by_hand, alone, length, damage = (
    lesson03.guess_carry,
    lesson03.by_hand,
    lesson03.guess_alone,
    lesson03.guess_length,
    lesson03.guess_damage,
)
FOLDED = "YOU SAID 0x{}: not yet.\n"


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (carry, ("a", 0x2000), "YOU SAID a: 1fff. WE SAW 0x2000.\nIn most computers, yes: there the carry falls off"),
        (carry, ("b", 0x2000), "AS YOU SAID b: 2000.\n11fff has a 1 above its 16 bits, which comes back in: 1fff + 1."),
        (carry, ("0x2000", 0x2000), "AS YOU SAID b: 2000."),
        (carry, ("2001", 0x2000), "YOU SAID c: 2001. WE SAW 0x2000.\nOne too many."),
        (carry, ("d", 0x2000), "YOU SAID d: 11fff. WE SAW 0x2000.\nThat is the plain sum, and it needs 17 bits."),
        (carry, ("e", 0x2000), "NO GUESS YET: Choose one of a, b, c, d."),
        (carry, ("b",), "NOT SEEN YET: "),
        (carry, (..., 0x2000), "NO GUESS YET: write one above"),
        (by_hand, (0xDC0C,), "AS YOU SAID 0xdc0c.\n4865 + 6c6c + 6f21 + dc0c, folded, is ffff"),
        (by_hand, ("dc0c",), "AS YOU SAID 0xdc0c."),
        (by_hand, ("0xDC0C",), "AS YOU SAID 0xdc0c."),
        (by_hand, ("dc 0c",), "AS YOU SAID 0xdc0c."),
        (by_hand, (b"\xdc\x0c",), "AS YOU SAID 0xdc0c."),
        (by_hand, (np.uint16(0xDC0C),), "AS YOU SAID 0xdc0c."),
        (by_hand, (0x123F2,), FOLDED.format("123f2") + "That is the plain sum."),
        (by_hand, (0x23F2,), FOLDED.format("23f2") + "The carry fell off"),
        (by_hand, (0x23F3,), FOLDED.format("23f3") + "That is the sum, folded. One step is left"),
        (by_hand, (0xDC0D,), FOLDED.format("dc0d") + "You flipped 23f2."),
        (by_hand, (0xDC0B,), FOLDED.format("dc0b") + "You flipped 23f4."),
        (by_hand, (0x0CDC,), FOLDED.format("0cdc") + "Your bytes are exchanged."),
        (by_hand, (0x215,), FOLDED.format("0215") + "Those are single bytes."),
        (by_hand, (0xFDEA,), FOLDED.format("fdea") + "Those are single bytes."),
        (by_hand, (0x123F3,), FOLDED.format("123f3") + "You brought the carry in at the bottom, and left it"),
        (by_hand, (0x1DC0D,), FOLDED.format("1dc0d") + "You flipped 0x123f2, which has five digits."),
        (by_hand, (0xF323,), FOLDED.format("f323") + "Your bytes are exchanged: 48 and 65"),
        (by_hand, (~0x23F3,), "YOU SAID -0x23f4: not yet.\nPython's `~` knows no width."),
        (by_hand, (~0x123F2,), "YOU SAID -0x123f3: not yet.\nPython's `~` knows no width: take"),
        (by_hand, (0x1234,), FOLDED.format("1234") + "Begin with the three words: 4865 + 6c6c + 6f21."),
        (by_hand, (0,), FOLDED.format("0000")),
        (by_hand, (-5,), "YOU SAID -0x5: not yet."),
        (by_hand, (1 << 99,), "YOU SAID a number of 100 bits: not yet."),
        (by_hand, ("folded",), "NO GUESS YET: Write four hex digits, such as 0x1234."),
        (by_hand, (1.5,), "NO GUESS YET: Write four hex digits, such as 0x1234."),
        (by_hand, (...,), "NO GUESS YET: write one above"),
        (alone, ("a", 0x6DA0), "YOU SAID a: 0x6f57. WE SAW 0x6da0.\n0x6da0 is right for your 64 bytes."),
        (alone, ("b", 0x6DA0), "AS YOU SAID b: another number.\n0x6da0 is right for your 64 bytes. tcpdump must"),
        (alone, ("c", 0x6DA0), "NO GUESS YET: Choose one of a, b."),
        (alone, ("b",), "NOT SEEN YET: "),
        (alone, (..., 0x6DA0), "NO GUESS YET: write one above"),
        (length, ("a", NUMBERS), "YOU SAID a: 20 bytes. WE SAW 64.\n20 is the header alone."),
        (length, (20, NUMBERS), "YOU SAID a: 20 bytes. WE SAW 64."),
        (length, (64, NUMBERS), "AS YOU SAID c: 64 bytes."),
        (length, (44, NUMBERS), "YOU SAID b: 44 bytes. WE SAW 64.\n44 is the data alone."),
        (length, ("c", NUMBERS), "AS YOU SAID c: 64 bytes.\nHeader and data: all that TCP made."),
        (length, (84, NUMBERS), "YOU SAID d: 84 bytes. WE SAW 64.\n84 is IP's total"),
        (length, (3, NUMBERS), "NO GUESS YET: Choose one of a, b, c, d."),
        (length, ("c",), "NOT SEEN YET: "),
        (length, ("c", {64: 0}), "NOT SEEN YET: "),
        (length, (..., NUMBERS), "NO GUESS YET: write one above"),
        (damage, ("abdaa", MISSED), "AS YOU SAID a b d a a.\nNow say why the two bytes of one word are safe"),
        (damage, ("A, B, D, A, A", MISSED), "AS YOU SAID a b d a a.\n"),
        (damage, (["a", "b", "d", "a", "a"], MISSED), "AS YOU SAID a b d a a.\n"),
        (damage, ("aaaaa", MISSED), "YOU SAID a a a a a. WE SAW a b d a a.\nTwo bits: some pass. They stand in"),
        (damage, ("bbdaa", MISSED), "YOU SAID b b d a a. WE SAW a b d a a.\nOne bit: it changes one word"),
        (damage, ("acdaa", MISSED), "YOU SAID a c d a a. WE SAW a b d a a.\nTwo bits: fewer pass."),
        (damage, ("addaa", MISSED), "YOU SAID a d d a a. WE SAW a b d a a.\nTwo bits: most are seen."),
        (damage, ("abaaa", MISSED), "YOU SAID a b a a a. WE SAW a b d a a.\nTwo words: none is seen. A sum does not"),
        (damage, ("abbaa", MISSED), "YOU SAID a b b a a. WE SAW a b d a a.\nTwo words: far more than that."),
        (damage, ("abcaa", MISSED), "YOU SAID a b c a a. WE SAW a b d a a.\nTwo words: the other half too."),
        (damage, ("abdba", MISSED), "YOU SAID a b d b a. WE SAW a b d a a.\nTwo bytes of a word: not even those."),
        (damage, ("abdca", MISSED), "YOU SAID a b d c a. WE SAW a b d a a.\nTwo bytes of a word: not even those."),
        (damage, ("abdda", MISSED), "YOU SAID a b d d a. WE SAW a b d a a.\nTwo bytes of a word: words may change"),
        (damage, ("abdab", MISSED), "YOU SAID a b d a b. WE SAW a b d a a.\nNoise: far fewer than that."),
        (damage, ("abdac", MISSED), "YOU SAID a b d a c. WE SAW a b d a a.\nNoise: far fewer than that."),
        (damage, ("abdad", MISSED), "YOU SAID a b d a d. WE SAW a b d a a.\nNoise: the sum does look at the text."),
        (damage, ("abda", MISSED), 'NO GUESS YET: Write five letters of a to d, such as "dcbad".'),
        (damage, ("abdae", MISSED), "NO GUESS YET: Write five letters"),
        (damage, (5, MISSED), "NO GUESS YET: Write five letters"),
        (damage, (["a", ..., "d", "a", "a"], MISSED), "NO GUESS YET: Write five letters"),
        (damage, (..., MISSED), "NO GUESS YET: write one above"),
        (damage, ("abdaa",), "NOT SEEN YET: "),
        (damage, ("abdaa", {"one bit": 0}), "NOT SEEN YET: "),
        (damage, ("abdaa", dict.fromkeys(MISSED, 10_001)), "NOT SEEN YET: "),
    ],
)
def test_guesses(check, arguments, message):
    comparison = check(*arguments)
    assert comparison.message.startswith(message)
    assert comparison.message.startswith(comparison.status) or comparison.status == "YOU SAID ... WE SAW ..."


@pytest.mark.parametrize("said", [0, 5, 0x123F2, 0x23F3, 0xDC0D, 0xDC0B, 0x0CDC, 0x215, ~0x23F3, 0x1234])
def test_paper_does_not_show_the_answer(said):
    assert "dc0c" not in by_hand(said).message.lower()


@pytest.mark.parametrize(
    ("check", "name", "borrowed", "built", "words"),
    [
        (lesson03.checksum, "3.1 checksum", lambda data: checksum(data), loop, "not brought a single carry back in"),
        (lesson03.checksum, "3.1 checksum", checksum, one_number, "not brought a single carry back in"),
        (
            lesson03.pseudo_header,
            "3.2 pseudo_header",
            lambda s, d, n: pseudo_header(s, d, n),
            pseudo_loop,
            "Which twelve",
        ),
        (lesson03.tcp_checksum, "3.3 tcp_checksum", tcp_checksum, in_a_buffer, "It knows what stands in the field"),
        (
            lesson03.tcp_checksum,
            "3.3 tcp_checksum",
            lambda s, d, segment: Segment.parse(segment).with_checksum(s, d).checksum,
            summed(len),
            "It knows what stands in the field",
        ),
    ],
)
def test_tcpkits_own_answer_passes_and_says_what_was_not_learnt(check, name, borrowed, built, words):
    before = sys.getprofile()
    verdict = check(borrowed)
    assert verdict.message.startswith(f"PASS {name}\nRight, because tcpkit answered.")
    assert words in verdict.message
    assert "tcpkit answered" not in check(built).message
    assert sys.getprofile() is before


def test_every_surprise_has_its_own_sentence():
    said = damage("dcbad", MISSED).message.split("\n")
    assert [line.split(":")[0] for line in said[1:]] == ["One bit", "Two bits", "Two words", "Noise"]


def test_an_empty_guess_learns_nothing():
    for check, arguments in [
        (carry, (0x2000,)),
        (by_hand, ()),
        (alone, (0x6DA0,)),
        (length, (NUMBERS,)),
        (damage, (MISSED,)),
    ]:
        message = check(..., *arguments).message
        assert message == "NO GUESS YET: write one above, then run this cell again."


def test_nothing_tells_the_ending():
    for name in ("lesson03", "exercises03", "exercises03_pseudo", "exercises03_segment"):
        source = inspect.getsource(importlib.import_module(f"tcpkit.check.{name}"))
        assert not re.search(r"\bRST\b|TcpOutRsts|\breset|\brepl(y|ies)\b|[Rr]efused|something answered", source)


def test_no_right_function_stops():
    for exercise in (lesson03.CHECKSUM, lesson03.PSEUDO_HEADER, lesson03.TCP_CHECKSUM):
        assert not any(outcome(exercise.right, arguments).raised for arguments in exercise.inputs)
