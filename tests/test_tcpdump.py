"""Our printer and the real tcpdump say the same, whatever comes."""

import os
import random
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tcpkit.capture import Capture, Packet
from tcpkit.capture.real import real_tcpdump, version
from tcpkit.capture.style import Style
from tcpkit.capture.tcpdump import hex_lines, tcpdump
from tcpkit.wire import checksum, tcp_checksum

SAME_WORDS = ("4.99.2", "4.99.3", "4.99.4")  # 4.99.5 has other words for damaged IP headers, 4.99.6 for -vv
STYLES = ("", "-v", "-vv", "-X", "-t", "-S", "-t -v -X", "-tvvS", "-vv -X -S", "-n -tS")
BATCH = 2_000
BATCHES = 5

# tcpdump goes into the payload on these ports.
DISSECTED = {21, 22, 23, 25, 43, 53, 80, 179, 323, 554, 639, 646, 1723, 2049, 6379, 6633, 6653, 8080, 8554, 10288}
ADDRESSES = [bytes([127, 0, 0, 1]), bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]), bytes([192, 168, 200, 9])]
PORTS = [8989, 8000, 8002, 40000, 65535, 1, 0]
NUMBERS = [0, 1, 2, 1000, 2**31, 2**32 - 1, 2**32 - 20]
OPTION_SIZES = {
    2: 2,
    3: 1,
    4: 0,
    5: 8,
    6: 4,
    7: 4,
    8: 8,
    11: 4,
    12: 4,
    13: 4,
    19: 16,
    20: 2,
    28: 2,
    29: 6,
    34: 8,
    254: 6,
}
IP_OPTIONS = [7, 68, 82, 130, 131, 137, 148, 33]
OTHER_PROTOCOLS = [0, 3, 43, 59, 99, 200, 253]  # those whose payload tcpdump leaves alone


def word(draw, bits=32):
    """A number that likes edges."""
    return draw.choice(NUMBERS) % 2**bits if draw.random() < 0.7 else draw.getrandbits(bits)


def tcp_option(draw):
    kind = draw.choice([*OPTION_SIZES, 0, 1, 1, 1, 5, 8, 14, 253, 254, draw.randrange(256)])
    if kind in (0, 1):
        return bytes([kind])
    if kind == 30:  # what is in a Multipath TCP option is not read here
        kind = 31
    size = OPTION_SIZES.get(kind, draw.randrange(6))
    if kind == 5:
        size = 8 * draw.randrange(5)
    if draw.random() < 0.15:
        size = draw.randrange(20)
    value = draw.randbytes(size)
    if kind == 254 and size >= 2 and draw.random() < 0.5:
        value = b"\xf9\x89" + value[2:]
    length = size + 2 if draw.random() < 0.93 else draw.randrange(256)
    return bytes([kind, length]) + value


def ip_option(draw):
    kind = draw.choice([0, 1, 1, *IP_OPTIONS, draw.randrange(256)])
    if kind in (0, 1):
        return bytes([kind])
    size = draw.choice([3, 7, 11, 4, 12, 20, 2, draw.randrange(16)])
    value = bytearray(draw.randbytes(max(0, size - 2)))
    if value:
        value[0] = draw.choice([4, 5, 8, 9, 12, 13, size + 1, draw.randrange(256)])
    if len(value) > 1 and kind == 68:
        value[1] = draw.choice([0, 1, 3, 0x10, 0x21, draw.randrange(256)])
    return bytes([kind, size if draw.random() < 0.9 else draw.randrange(48)]) + bytes(value)


def options(draw, one):
    listed = b"".join(one(draw) for _ in range(draw.randrange(1, 5)))[:40]
    return listed + bytes(-len(listed) % 4)


def port(draw):
    while True:
        number = draw.choice(PORTS) if draw.random() < 0.9 else draw.randrange(65536)
        if number not in DISSECTED:
            return number


def segment(draw, source, destination):
    listed = options(draw, tcp_option) if draw.random() < 0.5 else b""
    data = draw.randbytes(draw.choice([0, 0, 1, 2, 5, 29, 30, 31, 44, 100])) if draw.random() < 0.8 else bytes(44)
    flags = draw.choice([2, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0, draw.randrange(256)])
    offset = 5 + len(listed) // 4 if draw.random() < 0.9 else draw.randrange(16)
    offset_byte = offset << 4 | (draw.randrange(16) if draw.random() < 0.1 else 0)
    fixed = (port(draw), port(draw), word(draw), word(draw), offset_byte, flags, word(draw, 16), 0, word(draw, 16))
    whole = bytearray(struct.pack("!HHIIBBHHH", *fixed) + listed + data)
    if draw.random() < 0.7:
        right = tcp_checksum(".".join(map(str, source)), ".".join(map(str, destination)), bytes(whole))
        whole[16:18] = draw.choice([right, right, right, right ^ 0x4000, 0, 0xFFFF]).to_bytes(2, "big")
    else:
        whole[16:18] = draw.randbytes(2)
    return bytes(whole)


def datagram(draw):
    source, destination = draw.choice(ADDRESSES), draw.choice(ADDRESSES)
    listed = options(draw, ip_option) if draw.random() < 0.12 else b""
    payload = segment(draw, source, destination)
    total = 20 + len(listed) + len(payload)
    if draw.random() < 0.08:
        total = draw.choice([0, 19, 20, 22, 24, 30, total - 1, total + 5, draw.randrange(65536)])
    words = 5 + len(listed) // 4 if draw.random() < 0.97 else draw.randrange(16)
    fragment = (
        0x4000 if draw.random() < 0.85 else draw.choice([0, 0x2000, 0x8000, 0x6000, 1, 0x1FFF, draw.randrange(65536)])
    )
    protocol = 6 if draw.random() < 0.97 else draw.choice(OTHER_PROTOCOLS)
    first = (4 if draw.random() < 0.99 else draw.randrange(16)) << 4 | words
    tos, ttl = draw.choice([0, 0, 0, 1, 2, 3, 0x10, 255]), draw.choice([64, 64, 0, 1, 255])
    fixed = (first, tos, total, draw.getrandbits(16), fragment, ttl, protocol, 0, source, destination)
    header = bytearray(struct.pack("!BBHHHBBH4s4s", *fixed) + listed)
    right = checksum(bytes(header))
    header[10:12] = (right if draw.random() < 0.9 else draw.choice([right ^ 1, 0, 0xFFFF])).to_bytes(2, "big")
    return bytes(header) + payload


def packets(seed, count):
    """Packets, most of them whole, in conversations that share few ends."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        data, cut = datagram(draw), 0
        damage = draw.random()
        if damage < 0.06:  # some bits flipped
            data = bytearray(data)
            for _ in range(draw.randrange(1, 4)):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            data = bytes(data)
        elif damage < 0.10:  # the end missing
            data = data[: draw.randrange(len(data) + 1)]
        elif damage < 0.16:  # the end not captured
            cut = draw.randrange(len(data) + 1)
            data = data[: len(data) - cut]
        elif damage < 0.19:  # padded, as Ethernet does
            data += bytes(draw.randrange(1, 30))
        if is_dissected(data):
            continue
        made.append(Packet(1_588_609_856_898_509_000 + number * 1_000_003_007, data, cut))
    return made


def is_dissected(data):
    """Whether damage made it something that tcpdump reads on inside."""
    if len(data) < 24 or data[0] >> 4 != 4:
        return False
    at = (data[0] & 15) * 4
    if data[9] != 6:
        return data[9] not in OTHER_PROTOCOLS
    options_end = at + (data[at + 12] >> 4) * 4 if len(data) > at + 12 else at
    ports = {int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")}
    return bool(ports & DISSECTED) or 30 in data[at + 20 : options_end]
