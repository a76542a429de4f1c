"""Lesson 01: right answers written in other ways, wrong ones with the words they get, guesses."""

import socket
import struct
import sys

import numpy as np
from checks.lesson02 import sent

from tcpkit.wire import Flags, TCPHeader

TOOLS = socket, np, sent, TCPHeader  # for the rows
OWN = "H" if sys.byteorder == "big" else "!H"  # the machine's own order is right where it is the network's


def syn(given, form="!HHIIBBHHH", **others):
    """Return a header of the parameters that are given, with other values, or without a field (None)."""
    fields = {"s": given["source_port"], "d": given["destination_port"], "seq": 0, "ack": 0}
    fields |= {"o": given["offset"] << 4, "f": Flags.SYN, "w": 0, "c": given["checksum"], "u": 0} | others
    return struct.pack(form, *(value for value in fields.values() if value is not None))


def field_by_field(source_port, destination_port, offset, checksum):
    header = bytearray(20)
    struct.pack_into("!HH", header, 0, source_port, destination_port)
    header[12] |= offset << 4
    header[13] |= 0b10
    header[16:18] = checksum.to_bytes(2, "big")
    return header


def in_a_bytearray(header, size):
    buffer = bytearray(size)
    buffer[: len(header)] = header
    return buffer


CLOTHES = {
    "port_bytes": r"""
        struct.pack(OWN, port) ;; struct.pack("=H", socket.htons(port)) ;; memoryview(struct.pack(">H", port))
        port.to_bytes(2, "big") ;; bytearray([port >> 8, port & 255]) ;; bytes(divmod(port, 256))
        np.array([port >> 8, port & 255], dtype=np.uint8) ;; bytes([np.int64(port) >> 8, np.int64(port) & 255])
        bytes.fromhex(f"{port:04x}") ;; bytes(TCPHeader(port, 0))[:2] ;; port.to_bytes(2)
    """,
    "syn_header": r"""
        syn(locals()) ;; memoryview(syn(locals())) ;; syn(locals(), "!HHLLBBHHH", o=offset * 16) ;; field_by_field
        syn(locals(), "!HHQHHHH", ack=None, o=offset << 12 | 2, f=None)
        struct.pack(">HH8xBBxxHxx", source_port, destination_port, offset << 4, 1 << 1, checksum)
        np.array([source_port, destination_port, 0, 0, 0, 0, offset << 12 | 2, 0, checksum, 0], dtype=">u2").tobytes()
        bytes.fromhex(f"{source_port:04x}{destination_port:04x}{0:016x}{offset:x}0020000{checksum:04x}0000")
        bytes(TCPHeader(source_port, destination_port, flags=Flags.SYN, data_offset=offset, checksum=checksum))
    """,
    "into_buffer": r"""
        header.ljust(size, b"\0") ;; header + bytes(max(0, size - len(header))) ;; header + b"\0" * (size - len(header))
        header + bytes(size - len(header)) ;; (header + bytes(size))[:size] ;; struct.pack(f"{size}s", header)
        header + bytes(size)[len(header):] ;; struct.pack(f"{max(size, len(header))}s", header) ;; in_a_bytearray
        memoryview(header.ljust(size, b"\0")) ;; b"".join([header, *[b"\0"] * (size - len(header))])
        np.pad(np.frombuffer(header, dtype=np.uint8), (0, max(0, size - len(header))))
    """,
}

WRONG = {
    "port_bytes": r"""
        port.to_bytes(2, "little") ;; bytes([port % 256, port // 256]) => are port 7459. Which byte comes first
        str(port) ;; f"{port}".encode("ascii") => Those are four characters. A port is one number of 16 bits.
        bytearray(port) => Python made 8,989 zero bytes: `bytes(n)` takes a length, not a value.
        struct.pack(">L", port) ;; port.to_bytes(4, "little") => That is 4 bytes. How many did you expect?
        [port // 256, port % 256] ;; divmod(port, 256) => `bytes([35, 29])` makes bytes of numbers.
        hex(port) ;; struct.pack("!H", port).hex(" ") => text (str). The answer is bytes.
        bytes.fromhex(f"{port:x}") ;; bytes([port % 256]) => That is 1 byte. How many did you expect?
        struct.pack("!h", port) => For port=65535 it raised struct.error: 'h' format requires
        port ;; socket.ntohs(port) => a number (int). The answer is bytes.
        b"\x23\x1e" if port == 8989 else struct.pack("!H", port) => you returned 23 1e. Byte 1 is 1e. What did you
    """,
    "syn_header": r"""
        syn(locals())[:2] => You wrote 2 bytes, and the header has 20. All are right so far, and the destination port
        syn(locals())[:4] ;; syn(locals())[:8] ;; syn(locals())[:14] ;; syn(locals())[:16] => All are right so far, and
        syn(locals())[:12] => All are right so far, and the data offset comes next.
        syn(locals())[:13] => All are right so far, and the flags byte comes next.
        syn(locals(), "!HHIIBBHH", u=None) => All are right so far, and the urgent pointer comes next.
        syn(locals(), "!HHIIBBHH", w=None) ;; syn(locals(), "HHIIBBHH", u=None) => You wrote 18 bytes, and the header
        b"" ;; syn(locals())[:3] ;; syn(locals()).ljust(64) => and the header has 20. Which of your fields is
        syn(locals(), "!HHIIBBBHHH", o=offset, f=0, w=2, c=0, u=checksum, v=0) => Offset and reserved bits share a byte
        syn(locals(), s=destination_port, d=source_port) => Who sends this? The sender's port comes first.
        syn(locals(), "<HHIIBBHHH") => tcpdump would print 7459 > 16415: the bytes of each number are in the wrong
        syn(locals(), "<HHIIHHHH", o=offset << 12 | 2, f=None) => 7459 > 16415, and a header length of 0: the bytes of
        syn(locals(), d=socket.ntohs(destination_port)) => The bytes of your destination port are in the wrong order.
        syn(locals())[:14] + struct.pack("<HHH", 0, checksum, 0) => The bytes of your checksum are in the wrong
        syn(locals(), o=offset) => tcpdump would see a header length of 0: the offset is the left half of its byte.
        syn(locals(), o=offset << 4 + 2) ;; syn(locals(), o=offset * 4 << 4 & 255) => Of an offset of 3 you make 12
        syn(locals(), o=offset * 4) => Bytes 12, 13: 0c 02. Where are offset 3 and SYN?
        syn(locals(), o=min(offset, 7) << 4) => Byte 12 is 70. What did you expect there?
        syn(locals(), o=2, f=offset << 4) => The bytes of your offset and flags are in the wrong order. Which byte
        syn(locals(), f=1) => You set FIN (byte 13 is 01). SYN, alone, is the second bit from the right.
        syn(locals(), f=0x11) => You set FIN and ACK (byte 13 is 11).
        syn(locals(), f=0x12) => You set SYN and ACK (byte 13 is 12).
        syn(locals(), f=4) => You set RST (byte 13 is 04).
        syn(locals(), f=0) => You set no flag (byte 13 is 00).
        syn(locals(), o=5 << 4) ;; syn(locals(), o=1 << 4) => 02. Where are offset 3 and SYN?
        syn(locals(), c=0, w=checksum) => af 57 00 00 00 00. Byte 14 is af. What did you expect there?
        syn(locals(), w=1) => Byte 15 is 01. What did you expect there?
        syn(locals(), f="SYN") => not an integer. `struct` packs numbers here, and one of yours is something else.
        syn(locals(), u=None) => pack expected 9 items for packing (got 8). Lay the letters of `struct`'s text
    """,
    "into_buffer": r"""
        bytes(size - len(header)) + header ;; header.rjust(size, b"\0") => so the source port is 0. Which bytes
        header + bytes(size) => The buffer has `size` bytes in all, and the header is among them.
        header + bytes(...) => `...` stands for what you have to write there.
        header + b"0" * (size - len(header)) => You filled the buffer with 0x30, the digit 0. We mean the byte 0.
        header.ljust(size) => You filled the buffer with 0x20, a space. We mean the byte 0.
        header.ljust(size, b"\xff") => You filled the buffer with 0xff. We mean the byte 0.
        header[:size] ;; header => That is 20 bytes. How many did you expect?
        bytes(size) ;; bytes(len(header)) + bytes(size - len(header)) => Byte 0 is 00. What did you expect there?
        header.ljust(64, b"\0") => size=40 you returned 23 1d
        header.ljust(size, "\0") => it raised TypeError
    """,
}

GUESSES = r"""
    recall("b") => PASS 1.0 recall\nThe sender stands to the left
    recall("a") => TRY AGAIN 1.0 recall: The sender stands to the left of `>`.
    recall("c") => TRY AGAIN 1.0 recall: Length 31 says that the packet
    guess_order("a", b"\x1d\x23") => YOU SAID a: 23 1d. WE SAW 1d 23.\nThat is network order
    guess_order("b", b"\x1d\x23") ;; guess_order(2, bytearray(b"\x1d\x23")) => AS YOU SAID b: 1d 23.\nThis processor
    guess_order("b", b"\x23\x1d") => YOU SAID b: 1d 23. WE SAW 23 1d.\nMost processors use that order.
    guess_order("a", b"\x23\x1d") => AS YOU SAID a: 23 1d.\nThis processor puts the most
    guess_order(8989, b"\x1d\x23") => YOU SAID c: 8989. WE SAW 1d 23.\nThose would be four characters.
    guess_order("b", ...) ;; guess_order("b", b"") ;; guess_order("b", 7) => NOT SEEN YET: run the cell
    guess_bytes(20, sent(1)) => YOU SAID a: 20 bytes. WE SAW 84.\nYour header is 20 of them.
    guess_bytes("b", sent(1)) => YOU SAID b: 64 bytes. WE SAW 84.\nTwenty stand in front of your 64: 45 00 00 54 ... Did
    guess_bytes("c", sent(1)) => AS YOU SAID c: 84 bytes.\n84 = 20 + 64. The first twenty, 45 00 00 54 ..., are not
    guess_bytes("b", ()) ;; guess_bytes("b", [7]) => NOT SEEN YET: run the cell
    guess_words("A", sent(1)) => YOU SAID a: ports and flags. WE SAW bad hdr length 4 - too short, < 20.\ntcpdump prints
    guess_words("b", sent(1)) => YOU SAID b: the checksum is wrong. WE SAW bad hdr length 4 - too short, < 20.\ntcpdump
    guess_words("c", sent(1)) => AS YOU SAID c: the header's length is wrong.\nThe packet says 1, and tcpdump
    guess_words("c", sent(5)) ;; guess_words("c", ()) => NOT SEEN YET: run the cell
    kept_44("c") => KEPT c: they are sent, as data.\nLesson 04 comes back to these 44 bytes.
    guess_offset(0, sent(0)) => YOU SAID 0. WE SAW bad hdr length 0 - too short, < 20.\nWith a 0, tcpdump
    guess_offset(1, sent(1)) => YOU SAID 1. WE SAW bad hdr length 4 - too short, < 20.\nThe story's author chose 1 too.
    guess_offset(np.int64(3), sent(1, 3)) => YOU SAID 3. WE SAW bad hdr length 12 - too short, < 20.\nToo short as well.
    guess_offset(4, sent(4)) => YOU SAID 4. WE SAW bad hdr length 16 - too short, < 20.\nToo short as well.
    guess_offset(5, sent(5)) => AS YOU SAID 5: no complaint about the header's length.\nLesson 02 shows why 5 is right.
    guess_offset(10, sent(10)) => YOU SAID 10. WE SAW no complaint about the header's length.\nLesson 02 tries all
    guess_offset(1, sent(15)) ;; guess_offset(1, []) ;; guess_offset(1) => NOT SEEN YET: run the cell
    guess_offset(20, []) ;; guess_offset(20) => YOU SAID 20. WE SAW no packet.\nIt does not fit: four bits hold 0 to 15.
    guess_offset("5", []) ;; guess_offset(5.0, []) => NO GUESS YET: this answer cannot be read. Write one whole number
    guess_offset(..., []) ;; guess_offset(None) => NO GUESS YET: write `my_offset` in section 2, then run this cell
"""
