"""Lesson 02: right answers written in other ways, wrong ones with the words they get, guesses."""

import struct

import numpy as np

from tcpkit import Capture
from tcpkit.wire import Flags, TCPHeader

TOOLS = struct, np, Flags  # for the rows


def sent(*offsets):
    """Return what was captured of the story's packet with these offsets."""
    packets = (bytes(TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=each)) + bytes(44) for each in offsets)
    return [Capture.of(packet)[0] for packet in packets]


def length_recursive(header, words=None):
    words = header[12] >> 4 if words is None else words
    return 0 if words == 0 else 4 + length_recursive(header, words - 1)


def in_a_copy(header, words):
    copy = bytearray(header)
    copy[12] = words << 4 | copy[12] & 0x0F
    return copy


def with_numpy(header, words):
    copy = np.frombuffer(header, dtype=np.uint8).copy()
    copy[12] = copy[12] % 16 + 16 * words
    return copy


def in_place(header, words):
    header[12] = words << 4 | header[12] & 15
    return header


def refuses(header):
    assert header[12] >> 4 >= 5
    return (header[12] >> 4) * 4


def put(header, byte):
    return header[:12] + bytes([byte]) + header[13:]


CLOTHES = {
    "data_offset": """
        header[12] // 16 ;; divmod(header[12], 16)[0] ;; Flags(header[12] >> 4) ;; TCPHeader.parse(header).data_offset
        int(header.hex()[24], 16) ;; int(f"{header[12]:08b}"[:4], 2) ;; struct.unpack_from("!H", header, 12)[0] >> 12
        np.frombuffer(header, dtype=np.uint8)[12] >> 4 ;; sum(bool(header[12] & 16 << bit) << bit for bit in range(4))
    """,
    "header_length": """
        header[12] >> 4 << 2 ;; (header[12] & 0xF0) >> 2 ;; header[12] // 16 * 4 ;; header[12] >> 2 & ~3
        int(header.hex()[24], 16) * 4 ;; np.uint16(header[12] >> 4) * np.uint16(4) ;; length_recursive
        sum(4 for _ in range(header[12] >> 4))
    """,
    "with_data_offset": """
        put(header, words << 4 | header[12] & 0x0F) ;; put(header, header[12] + 16 * (words - (header[12] >> 4)))
        put(header, header[12] ^ (header[12] & 0xF0) ^ words << 4) ;; memoryview(in_a_copy(header, words)) ;; in_a_copy
        bytes(byte if at != 12 else words << 4 | byte & 15 for at, byte in enumerate(header)) ;; with_numpy
        bytes.fromhex(header.hex()[:24] + f"{words:x}" + header.hex()[25:])
    """,
}

WRONG = {
    "data_offset": """
        (header[12] >> 4) * 4 ;; header[12] // 4 ;; header[12] >> 2 => Four times too much: by a `* 4`, or by a shift?
        header[12] & 15 ;; header[12] & 0xF0 >> 4 => the reserved ones. (In `x & 0xf0 >> 4`, `>>` comes first.)
        header[12] => the whole byte: eight bits. The field has four. What removes the right half?
        header[12] - header[12] % 16 ;; header[12] & 0xF0 => but the left half did not move: 16 is 0x10.
        header[13] >> 4 ;; header[11] >> 4 => Half a byte, but not of byte 12: count from 0, and byte 13 holds the flags
        1 ;; 5 => for every input. What does the answer depend on?
        len(header) // 4 => The buffer may be longer than the header in it
        header.hex()[24] ;; hex(header[12])[2] => you returned '1', text (str). The answer is a number (int).
        int(hex(header[12])[2], 16) => eb 57 3f 5f 2f 4f 8b you returned 7. What did you expect there?
        int(header.hex()[24]) => it raised ValueError: invalid literal for int() with base 10: 'f'.
        header[12] / 16 => returned 1.0, a float. The answer is a number (int).
        header[12] >> 3 => What did you expect there?
        print(header[12] >> 4) => it returned None. Does it reach a `return` with an answer?
    """,
    "header_length": """
        header[12] >> 4 => 1 is the number of 32-bit words. How many bytes are they?
        header[12] >> 4 * 4 => Always 0: does it shift too far?
        (header[12] >> 4) * 32 => Wherever it is wrong, it is eight times too large: bits instead of bytes?
        len(header) => That is the whole buffer: 64.
        header[12] << 2 ;; header[12] * 4 => What removes the right half? (As in 2.1.)
        (header[12] & 15) * 4 => reserved ones. (In `x & 0xf0 >> 4`, `>>` comes first.) (As in 2.1.)
        header[12] & 0xF0 >> 2 ;; header[12] >> 4 << 2 + 20 => As if brackets were missing: `*`, then `+`
        64 - (header[12] >> 4) * 4 ;; len(header) - (header[12] >> 4) * 4 => tcpdump reads that part as data
        (header[12] >> 4) * 8 ;; len(header[(header[12] >> 4) * 4:]) => What did you expect there?
        20 ;; len(header[:20]) => for every input. What does the answer depend on?
        max(20, (header[12] >> 4) * 4) ;; min(len(header), (header[12] >> 4) * 4) => Return the length that the header
        (header[12] >> 4) * 4 if header[12] >= 0x50 else None ;; refuses => even if that length cannot be right.
        (header[12] & 240) / 4 => you returned 4.0, a float. The answer is a number (int).
        header[12] >> 2 => Right while the reserved bits are 0.
        str((header[12] >> 4) * 4) => returned '4', text (str). The answer is a number (int).
    """,
    "with_data_offset": """
        put(header, header[12] | words << 4) ;; put(header, header[12] ^ words << 4) => The old offset's bits are still
        put(header, words << 4) => The right half of byte 12 is not yours: keep it.
        put(header, words) ;; put(header, words | header[12] & 15) => You wrote into the right half of byte 12.
        put(header, words * 4) ;; put(header, words * 4 << 4 | header[12] & 15) => `words` is the number for the field
        header[:12] + struct.pack("!H", words << 12) + header[14:] => Byte 13 is 00. What did you expect there?
        bytes([words << 4]) ;; bytes([words << 4 | header[12] & 15]) => That is 1 byte. How many did you expect?
        words << 4 | header[12] & 15 => you returned 80, a number (int). The answer is bytes.
        put(header, words << 4 | header[12] & 15)[:20] => That is 20 bytes. How many did you expect?
        header[:12] + bytes([words << 4]) => That is 13 bytes. How many did you expect?
        header[:12] + bytes([words << 4]) + header[12:] => That is 65 bytes. How many did you expect?
        header[:13] + bytes([words << 4 | header[13] & 15]) + header[14:] => Byte 12 is 10. What did you expect there?
        header[:12] + bytes(words << 4) + header[13:] => Python made 80 zero bytes in place of byte 12: `bytes(n)` takes
        put(header, words << 4 & header[12]) => Byte 12 is 10. What did you expect there?
        put(header, words << 4 & (header[12] & 15)) => Byte 12 is 00. What
        put(header, 80) => words=6 you returned
        put(header, words << 4 + (header[12] & 15)) ;; put(header, header[12] & 15 + (words << 4)) => As if brackets wer
        header.replace(header[12:13], bytes([words << 4])) => What did you expect there?
        in_place => it raised TypeError: 'bytes' object does not support item assignment. Bytes stay as they are
        header => ... (64 bytes). Byte 12 is 10. What did you expect there?
    """,
}

STALE = dict.fromkeys(("TcpInSegs", "TcpInErrs", "TcpInCsumErrors"), 1)
GUESSES = r"""
    recall(bytearray(b"\x01\xbb")) => PASS 2.0 recall\n443 is 1 times 256 plus 187
    recall(b"\xbb\x01") => TRY AGAIN 2.0 recall: In network order these two bytes are port 47873.
    recall("443") => TRY AGAIN 2.0 recall: Those are three characters.
    recall("01 bb") => TRY AGAIN 2.0 recall: The digits are right, but this is text.
    recall([1, 187]) => TRY AGAIN 2.0 recall: The numbers are right.
    guess_four("a", sent(1, 2, 3)) => YOU SAID a: 4 and 4. WE SAW 1, 2, 3 become 4, 8, 12.\nThe field has four bits.
    guess_four("8 and 12", sent(1, 2, 3)) => AS YOU SAID c: 8 and 12.\nEach length is four times
    guess_four("D", sent(2, 3)) => YOU SAID d: 8 and 16. WE SAW 2, 3 become 8, 12.\nAfter 4 and 8 it could have been
    guess_accepted(15, "5", sent(*range(16))) => AS YOU SAID 5 to 15.\nA header has 20 bytes at least
    guess_accepted(5, 5, sent(*range(16))) => YOU SAID 5 to 5. WE SAW 5 to 15.\n6 to 15 pass too: a header may have up
    guess_accepted(20, 60, sent(*range(16))) => YOU SAID 20 to 60. WE SAW 5 to 15.\nIn bytes, yes.
    guess_accepted(5, 16, sent(*range(16))) => YOU SAID 5 to 16. WE SAW 5 to 15.\nA field of four bits holds 0
    guess_accepted(1, 4, sent(*range(16))) => YOU SAID 1 to 4. WE SAW 5 to 15.\nAn offset of 1 says 4 bytes, and 20 is
    guess_accepted(6, 15, sent(*range(16))) => YOU SAID 6 to 15. WE SAW 5 to 15.\nAn offset of 5 passes too: it says
    guess_accepted(5, 15, sent(1, 2, 3)) => NOT SEEN YET:
    guess_counter("a", {"TcpInSegs": 1}) => YOU SAID a: TcpInErrs, as before. WE SAW TcpInSegs +1.\nThe packet arrived.
    guess_counter("c", {"TcpInSegs": 1}) => AS YOU SAID c: no counter of errors.\nThe packet arrived. Linux
    guess_fixed("b", STALE) => YOU SAID b: TcpInErrs alone. WE SAW
    guess_fixed("c", STALE) => AS YOU SAID c: another one as well.
    guess_fixed("a", {"TcpInSegs": 1}) => NOT SEEN YET:
"""
