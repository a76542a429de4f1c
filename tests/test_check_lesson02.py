"""What lesson 02's checks say: to wrong answers, to right ones in other clothes, to guesses."""

import re
import struct

import numpy as np
import pytest

from tcpkit.check import lesson02
from tcpkit.wire import Flags, Segment, TCPHeader

SYN = Flags.SYN
STORY = bytes(TCPHeader(8989, 8000, flags=SYN, data_offset=1, checksum=0xAF57)) + bytes(44)


# Right answers in other clothes


def offset_bit_by_bit(header):
    offset = 0
    for bit in (128, 64, 32, 16):
        offset = 2 * offset + bool(header[12] & bit)
    return offset


def offset_by_subtracting(header):
    byte = header[12]
    count = 0
    while byte >= 16:
        byte, count = byte - 16, count + 1
    return count


def offset_scapy(header):
    from scapy.layers.inet import TCP

    return TCP(header[:20]).dataofs


DATA_OFFSETS = [
    lambda header: header[12] >> 4,
    lambda header: header[12] // 16,
    lambda header: (header[12] & 0xF0) >> 4,
    lambda header: divmod(header[12], 16)[0],
    lambda header: int(header.hex()[24], 16),
    lambda header: int(f"{header[12]:08b}"[:4], 2),
    lambda header: struct.unpack_from("!H", header, 12)[0] >> 12,
    lambda header: int.from_bytes(header[12:13], "big") >> 4,
    lambda header: np.frombuffer(header, dtype=np.uint8)[12] >> 4,
    lambda header: TCPHeader.parse(header).data_offset,
    lambda header: Flags(header[12] >> 4),
    lambda header: struct.unpack("!HHIIBBHHH", header[:20])[4] >> 4,
    offset_bit_by_bit,
    offset_by_subtracting,
    offset_scapy,
]


def length_by_adding(header):
    return sum(4 for _ in range(header[12] >> 4))


def length_recursive(header, words=None):
    words = header[12] >> 4 if words is None else words
    return 0 if words == 0 else 4 + length_recursive(header, words - 1)


HEADER_LENGTHS = [
    lambda header: (header[12] >> 4) * 4,
    lambda header: (header[12] >> 4) << 2,
    lambda header: (header[12] & 0xF0) >> 2,
    lambda header: (header[12] & 0xF0) // 4,
    lambda header: header[12] // 16 * 4,
    lambda header: header[12] >> 2 & ~3,
    lambda header: (header[12] >> 4) * 32 // 8,
    lambda header: int(header.hex()[24], 16) * 4,
    lambda header: np.uint16(header[12] >> 4) * np.uint16(4),
    lambda header: TCPHeader.parse(header).data_offset * 4,
    lambda header: struct.calcsize("!I") * (header[12] >> 4),
    length_by_adding,
    length_recursive,
]


def put_into_a_copy(header, words):
    copy = bytearray(header)
    copy[12] = words << 4 | copy[12] & 0x0F
    return copy


def put_bit_by_bit(header, words):
    copy = bytearray(header)
    for bit in range(4):
        copy[12] = copy[12] & ~(16 << bit) | (words >> bit & 1) << 4 + bit
    return bytes(copy)


def put_by_struct(header, words):
    copy = bytearray(header)
    (both,) = struct.unpack_from("!H", copy, 12)
    struct.pack_into("!H", copy, 12, both & 0x0FFF | words << 12)
    return bytes(copy)


def put_by_difference(header, words):
    byte = header[12] + 16 * (words - (header[12] >> 4))
    return b"".join([header[:12], bytes([byte]), header[13:]])


def put_numpy(header, words):
    copy = np.frombuffer(header, dtype=np.uint8).copy()
    copy[12] = copy[12] % 16 + 16 * words
    return copy


WITH_DATA_OFFSETS = [
    lambda header, words: header[:12] + bytes([words << 4 | header[12] & 0x0F]) + header[13:],
    lambda header, words: header[:12] + bytes([words * 16 + header[12] % 16]) + header[13:],
    lambda header, words: bytes(put_into_a_copy(header, words)),
    lambda header, words: memoryview(put_into_a_copy(header, words)),
    lambda header, words: bytes.fromhex(header.hex()[:24] + f"{words:x}" + header.hex()[25:]),
    lambda header, words: bytes(byte if at != 12 else words << 4 | byte & 15 for at, byte in enumerate(header)),
    lambda header, words: bytes([*header[:12], (words << 4) + (header[12] & 15), *header[13:]]),
    lambda header, words: header[:12] + bytes([header[12] ^ (header[12] & 0xF0) ^ words << 4]) + header[13:],
    put_into_a_copy,
    put_bit_by_bit,
    put_by_struct,
    put_by_difference,
    put_numpy,
]

CLOTHES = {"2.1": DATA_OFFSETS, "2.2": HEADER_LENGTHS, "2.3": WITH_DATA_OFFSETS}


# Each wrong answer of the plan, written as a learner would


def refuses(header):
    length = (header[12] >> 4) * 4
    if length < 20:
        raise ValueError(f"bad length {length}")
    return length


def asserts(header):
    assert header[12] >> 4 >= 5
    return (header[12] >> 4) * 4


def keeps_silent(header):
    if header[12] >> 4 >= 5:
        return (header[12] >> 4) * 4


def writes_in_place(header, words):
    header[12] = words << 4 | header[12] & 0x0F
    return header


def writes_in_place_and_forgets(header, words):
    header[12] = words << 4


def spoils_only_what_it_can(header, words):
    if isinstance(header, bytes):
        header = bytearray(header)
    header[12] = words << 4 | header[12] & 0x0F
    return bytes(header)


def with_byte(make):
    """Return a with_data_offset that differs in how it makes byte 12."""
    return lambda header, words: header[:12] + bytes([make(header[12], words)]) + header[13:]


NAMED = {
    lesson02.data_offset: [
        (lambda header: (header[12] >> 4) * 4, "the length in bytes. Which number stands in the field itself?"),
        (lambda header: header[12] >> 2, "the length in bytes."),
        (lambda header: header[12] // 4, "the length in bytes."),
        (lambda header: header[12] & 0x0F, "the reserved ones. The offset is the left half"),
        (lambda header: header[12] % 16, "the reserved ones."),
        (lambda header: header[12], "the whole byte: eight bits. The field has four. What drops the right half?"),
        (lambda header: header[12] & 0xF0, "the left half did not move: 16 is 0x10. Shift it down."),
        (lambda header: header[12] - header[12] % 16, "the left half did not move"),
        (lambda header: (header[12] >> 4) % 8, "Right up to 7."),
        (lambda header: header[32] >> 4, "In lesson 01's dump it was byte 32"),
        (lambda header: header[13] >> 4, "Byte 13 holds the flags: count bytes from 0."),
        (lambda header: header[11] >> 4, "Off by one: bytes 8 to 11 are the acknowledgment number."),
        (lambda header: 5, "Always 5: we asked for other headers too, and in one of ours stands a 7."),
        (lambda header: 1, "Always 1: we asked for other headers too, and"),
        (lambda header: len(header) // 4, "The buffer may be longer than the header in it"),
        (lambda header: header.hex()[24], 'The digit is right. Return it as a number, "a" to "f" too.'),
        (lambda header: hex(header[12])[2], "The digit is right."),
        (lambda header: format(header[12], "08b")[:4], "The digit is right."),
        (lambda header: int(header.hex()[24]), "Right up to 9. An offset of 12 is the digit c"),
        (lambda header: int(hex(header[12])[2], 16), "one of ours was 0x07."),
        (lambda header: header[12] / 16, "returned 1.0, a float. The answer is a number (int)."),
        (lambda header: header[12] >> 3, "returned 2. What did you expect there?"),
        (lambda header: print(header[12] >> 4), "it returned None. Does it `return` its answer?"),
    ],
    lesson02.header_length: [
        (lambda header: header[12] >> 4, "1 what? tcpdump says 4 of this one, and compares it with 20."),
        (lambda header: (header[12] >> 4) * 8, "8 bytes of 1 word? A word has 32 bits."),
        (lambda header: (header[12] >> 4) << 3, "(`<< 3` multiplies by 8.)"),
        (lambda header: header[12] >> 4 * 4, "Always 0: `*` comes before `>>`"),
        (lambda header: (header[12] >> 4) * 32, "Those are bits. We count bytes, eight bits each."),
        (lambda header: (header[12] >> 4) * 2, "words of 32 bits, not of 16"),
        (lambda header: len(header), "That is the whole buffer: 64."),
        (lambda header: header[12] * 4, "You multiplied the whole byte: 0x10 is 16."),
        (lambda header: header[12] << 2, "The field is its left half: take that out first, as in 2.1."),
        (lambda header: (header[12] >> 4) << 4, "16 bytes of 1 word? `<< 4` multiplies by 16"),
        (lambda header: header[12] & 0xF0, "puts the field back where it stood in its byte."),
        (lambda header: 64 - (header[12] >> 4) * 4, "That is what tcpdump takes for data, its `tcp 60`"),
        (lambda header: len(header[(header[12] >> 4) * 4 :]), "the buffer without the header."),
        (lambda header: len(header) - 4 * (header[12] >> 4), "How long is the header?"),
        (lambda header: 20, "Always 20: a header with one option of 4 bytes says 24."),
        (lambda header: len(header[:20]), "Always 20: "),
        (lambda header: (header[12] >> 4) * 4 + 20, "You added the twenty bytes of IP's header."),
        (lambda header: ((header[12] >> 4) - 5) * 4, "You counted on from 20."),
        (lambda header: max(20, (header[12] >> 4) * 4), "Report what the header claims, even nonsense."),
        (lambda header: min(len(header), (header[12] >> 4) * 4), "Judging comes after."),
        (refuses, "Report what the header claims, even nonsense. Judging comes after."),
        (asserts, "Report what the header claims"),
        (keeps_silent, "Report what the header claims"),
        (lambda header: (header[12] >> 4) * 32 / 8, "A length is an int: `//`, or no division at all."),
        (lambda header: (header[12] & 0xF0) / 4, "A length is an int"),
        (lambda header: header[12] >> 2, "Right while the reserved bits are 0."),
        (lambda header: f"{(header[12] >> 4) * 4}", "returned '4', text (str). The answer is a number (int)."),
    ],
    lesson02.with_data_offset: [
        (with_byte(lambda old, words: old | words << 4), "From 15 to 5 it stays 15: the old bits are still there."),
        (with_byte(lambda old, words: old ^ words << 4), "From 1 to 5 it became 4: "),
        (with_byte(lambda old, words: old + (words << 4) & 255), "From 1 to 5 it became 6: "),
        (with_byte(lambda old, words: words << 4), "The right half of byte 12 is not yours: keep it."),
        (with_byte(lambda old, words: words), "tcpdump would say length 0"),
        (with_byte(lambda old, words: words | old & 15), "tcpdump would say length 0"),
        (with_byte(lambda old, words: old & 0xF0 | words), "The offset is still the old one"),
        (with_byte(lambda old, words: words * 4), "The caller already gives words"),
        (with_byte(lambda old, words: words * 4 << 4 | old & 15), "The caller already gives words"),
        (with_byte(lambda old, words: words // 4 << 4 | old & 15), "The caller already gives words"),
        (
            lambda header, words: header[:12] + struct.pack("!H", words << 12) + header[14:],
            "Byte 13 is not yours: the flags have changed from S to none.",
        ),
        (
            lambda header, words: header[:12] + struct.pack("!BB", words << 4, 2) + header[14:],
            "Byte 13 is not yours either: you always write S there",
        ),
        (lambda header, words: bytes([words << 4]), "1 byte back. We want the packet, whole"),
        (lambda header, words: bytes([words << 4 | header[12] & 15]), "1 byte back."),
        (lambda header, words: words << 4 | header[12] & 15, "That is byte 12 as a number. We want the packet, whole"),
        (
            lambda header, words: header[:12] + bytes([words << 4 | header[12] & 15]) + header[13:20],
            "64 bytes in, 20 out: keep what stands before byte 12, and what follows it.",
        ),
        (lambda header, words: header[:12] + bytes([words << 4]), "64 bytes in, 13 out"),
        (
            lambda header, words: header[:12] + bytes([words << 4 | header[12] & 15]) + header[12:],
            "64 bytes in, 65 out: the old byte 12 still stands behind yours.",
        ),
        (
            lambda header, words: header[:13] + bytes([words << 4 | header[13] & 15]) + header[14:],
            "You changed byte 13.",
        ),
        (lambda header, words: header[:11] + bytes([words << 4]) + header[12:], "You changed byte 11."),
        (with_byte(lambda old, words: 0x50), "Always 5, whatever we ask for"),
        (
            lambda header, words: header[:12] + bytes(words << 4) + header[13:],
            "Python made 80 zero bytes in place of byte 12: `bytes(n)` takes a length, `bytes([n])` a value.",
        ),
        (
            lambda header, words: header[:12] + bytes(words << 4 | header[12] & 0x0F) + header[13:],
            "Python made 80 zero bytes",
        ),
        (with_byte(lambda old, words: words << 4 & old), "With `&` only those bits stay"),
        (with_byte(lambda old, words: words << 4 & (old & 0x0F)), "an `&` stands where the two halves are put"),
        (with_byte(lambda old, words: words << 4 + old & 0x0F), "Either brackets are missing (`+` comes before `<<`"),
        (with_byte(lambda old, words: words << 4 + (old & 0x0F)), "`words << 4 + right` moves by 4 + right places."),
        (with_byte(lambda old, words: words << 4 + old), "Python adds before it shifts"),
        (
            lambda header, words: header.replace(header[12:13], bytes([words << 4 | header[12] & 15])),
            "With `replace` you go by the byte's value, not by its place",
        ),
        (lambda header, words: header.replace(header[12:13], bytes([words << 4])), "With `replace` you go by"),
        (lambda header, words: header.replace(header[12:13], bytes([words << 4]), 1), "With `replace` you go by"),
        (lambda header, words: header.replace(b"\x10", b"\x50"), "another byte may have the same."),
        (writes_in_place, "Those bytes are your caller's. A bytearray lets you write into it"),
        (writes_in_place_and_forgets, "Those bytes are your caller's."),
        (spoils_only_what_it_can, "Those bytes are your caller's."),
        (lambda header, words: header, "you returned 23 1d 1f 40 "),
        (lambda header, words: header, "... (64 bytes). Byte 12 is 10. What did you expect there?"),
        (lambda header, words: header.hex(), "text (str). The answer is bytes."),
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
    assert re.match(rf"TRY AGAIN 2\.[123] {check.__name__}: ", first)
    assert words in first


def test_what_the_sentences_claim_is_so():
    assert lesson02.DATA_OFFSET.right(STORY) == 1
    assert lesson02.HEADER_LENGTH.right(STORY) == 4
    assert lesson02.WITH_DATA_OFFSET.right(STORY, 5)[12:14] == b"\x50\x02"
    seven, low = (lesson02.DATA_OFFSET.inputs[at][0] for at in (2, 5))
    assert (seven[12] >> 4, len(seven), low[12]) == (7, 28, 0x07)
    assert lesson02.HEADER_LENGTH.inputs[2][0][12] >> 4 == 6
    assert lesson02.WITH_DATA_OFFSET.inputs[1][0][12] >> 4 == 15
    assert lesson02.WITH_DATA_OFFSET.inputs[1][1] == 5
    assert any(header[12] in header[:12] for header, _ in lesson02.WITH_DATA_OFFSET.inputs)


# The recall


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"\x01\xbb", "PASS 2.0 recall\n443 is 1 times 256 plus 187"),
        (bytearray(b"\x01\xbb"), "PASS 2.0 recall\n"),
        (struct.pack("!H", 443), "PASS 2.0 recall\n"),
        (b"\xbb\x01", "TRY AGAIN 2.0 recall: Whoever reads that in network order sees port 47873."),
        (b"443", "TRY AGAIN 2.0 recall: Those are three characters."),
        ("443", "TRY AGAIN 2.0 recall: Those are three characters."),
        (443, "TRY AGAIN 2.0 recall: That is the number."),
        (b"\xbb", "TRY AGAIN 2.0 recall: One byte holds 0 to 255."),
        (struct.pack("!I", 443), "TRY AGAIN 2.0 recall: The number is in there, with four bytes of room."),
        ("01 bb", "TRY AGAIN 2.0 recall: The digits are right, and that is text."),
        ("01bb", "TRY AGAIN 2.0 recall: The digits are right, and that is text."),
        (bytes.fromhex("0443"), "TRY AGAIN 2.0 recall: Those are the decimal digits 4, 4, 3, read as hex: port 1091."),
        ([1, 187], "TRY AGAIN 2.0 recall: The numbers are right."),
        (b"\x01\xba", "TRY AGAIN 2.0 recall: You answered 01 ba. How did you get there?"),
        (..., "TODO 2.0 recall"),
    ],
)
def test_recall_of_lesson_01(answer, message):
    assert lesson02.recall(answer).message.startswith(message)


def test_what_the_recall_claims_is_so():
    assert int.from_bytes(b"\xbb\x01", "big") == 47873
    assert 1 * 256 + 187 == 443
    assert int("443", 16) == 1091


# The guesses


class Seen:
    """Stand in for a captured packet: 20 bytes of IPv4, then the segment."""

    def __init__(self, offset, size=64, checksum=0xAF57):
        header = TCPHeader(8989, 8000, flags=SYN, data_offset=offset, checksum=checksum)
        self.segment = Segment.parse(bytes(header) + bytes(size - 20))
        self.data = struct.pack("!BBH16x", 0x45, 0, 20 + size) + bytes(self.segment)


THREE = [Seen(offset) for offset in (1, 2, 3)]
SIXTEEN = [Seen(offset) for offset in range(16)]
COUNTED = {"TcpInSegs": 1}
STALE = {"TcpInSegs": 1, "TcpInErrs": 1, "TcpInCsumErrors": 1}
four, accepted, counter, fixed = (
    lesson02.guess_four,
    lesson02.guess_accepted,
    lesson02.guess_counter,
    lesson02.guess_fixed,
)


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (four, ("a", THREE), "YOU SAID a: 4 and 4. WE SAW 1, 2, 3 become 4, 8, 12.\nThe field has four bits, but"),
        (four, ("b", THREE), "YOU SAID b: 5 and 6. WE SAW 1, 2, 3 become 4, 8, 12.\nFrom 1 to 4 it could have been"),
        (four, (3, THREE), "AS YOU SAID c: 8 and 12.\nEach is four times yours: this field counts words"),
        (four, ("8 and 12", THREE), "AS YOU SAID c: 8 and 12.\n"),
        (four, ("D", THREE), "YOU SAID d: 8 and 16. WE SAW 1, 2, 3 become 4, 8, 12.\n4 and 8 could have been doubling"),
        (four, ("c", SIXTEEN[2:4]), "YOU SAID c: 8 and 12. WE SAW 2, 3 become 8, 12.\nEach is four times"),
        (four, ("e", THREE), "NO GUESS YET: Choose one of a, b, c, d."),
        (four, ("b",), "NOT SEEN YET: "),
        (four, ("b", []), "NOT SEEN YET: "),
        (four, (..., THREE), "NO GUESS YET: write one above"),
        (accepted, (5, 15, SIXTEEN), "AS YOU SAID 5 to 15.\n20 bytes at least, 60 at most"),
        (accepted, ("5", " 15", SIXTEEN), "AS YOU SAID 5 to 15.\n"),
        (accepted, (15, 5, SIXTEEN), "AS YOU SAID 5 to 15.\n"),
        (accepted, (np.int64(5), 15, SIXTEEN), "AS YOU SAID 5 to 15.\n"),
        (accepted, (5, 5, SIXTEEN), "YOU SAID 5 to 5. WE SAW 5 to 15.\n6 to 15 pass too: a header may have up to 60"),
        (accepted, (20, 20, SIXTEEN), "YOU SAID 20 to 20. WE SAW 5 to 15.\nA field of four bits begins at 0 and ends"),
        (accepted, (20, 60, SIXTEEN), "YOU SAID 20 to 60. WE SAW 5 to 15.\nIn bytes, yes. The field counts words"),
        (accepted, (5, 20, SIXTEEN), "YOU SAID 5 to 20. WE SAW 5 to 15.\nA field of four bits begins at 0 and ends"),
        (accepted, (5, 16, SIXTEEN), "YOU SAID 5 to 16. WE SAW 5 to 15.\n16 words are the whole buffer, 64 bytes."),
        (accepted, (-1, 16, SIXTEEN), "YOU SAID -1 to 16. WE SAW 5 to 15.\nA field of four bits"),
        (accepted, (4, 15, SIXTEEN), "YOU SAID 4 to 15. WE SAW 5 to 15.\n4 words are 16 bytes, and 20 is the least."),
        (accepted, (0, 15, SIXTEEN), "YOU SAID 0 to 15. WE SAW 5 to 15.\n0 words are 0 bytes, and 20 is the least."),
        (accepted, (1, 4, SIXTEEN), "YOU SAID 1 to 4. WE SAW 5 to 15.\n1 word is 4 bytes, and 20 is the least."),
        (accepted, (6, 15, SIXTEEN), "YOU SAID 6 to 15. WE SAW 5 to 15.\n5 words pass too: they are your twenty"),
        (accepted, (5, 14, SIXTEEN), "YOU SAID 5 to 14. WE SAW 5 to 15.\nA header may have up to 60 bytes, 15 words"),
        (accepted, (..., 15, SIXTEEN), "NO GUESS YET: write one above"),
        (accepted, (5, ..., SIXTEEN), "NO GUESS YET: write one above"),
        (accepted, (5, "all", SIXTEEN), "NO GUESS YET: Write two whole numbers, such as 2 and 9."),
        (accepted, (5, 15), "NOT SEEN YET: "),
        (accepted, (5, 15, THREE), "NOT SEEN YET: "),
        (counter, ("a", COUNTED), "YOU SAID a: TcpInErrs, as before. WE SAW TcpInSegs +1.\nIt arrived, and no more"),
        (counter, ("b", COUNTED), "YOU SAID b: another counter of errors. WE SAW TcpInSegs +1.\nIt arrived"),
        (counter, ("c", COUNTED), "AS YOU SAID c: no counter of errors.\nIt arrived, and no more"),
        (
            counter,
            ("a", COUNTED | {"TcpInErrs": 1}),
            "YOU SAID a: TcpInErrs, as before. WE SAW TcpInSegs +1, TcpInErrs",
        ),
        (counter, ("c",), "NOT SEEN YET: "),
        (counter, ("c", {}), "NOT SEEN YET: "),
        (counter, (..., COUNTED), "NO GUESS YET: write one above"),
        (
            fixed,
            ("a", STALE),
            "YOU SAID a: none. WE SAW TcpInSegs +1, TcpInErrs +1, TcpInCsumErrors +1.\nThe length is",
        ),
        (
            fixed,
            ("b", STALE),
            "YOU SAID b: TcpInErrs alone. WE SAW TcpInSegs +1, TcpInErrs +1, TcpInCsumErrors +1.\nIt",
        ),
        (fixed, ("c", STALE), "AS YOU SAID c: another one.\nThe length is right. The checksum is not, and that has a"),
        (fixed, ("d", STALE), "NO GUESS YET: Choose one of a, b, c."),
        (fixed, ("a", COUNTED), "NOT SEEN YET: "),  # section 3's
        (fixed, ("a", {}), "NOT SEEN YET: "),
        (fixed, ("a",), "NOT SEEN YET: "),
        (fixed, (..., STALE), "NO GUESS YET: write one above"),
    ],
)
def test_guesses(check, arguments, message):
    comparison = check(*arguments)
    assert comparison.message.startswith(message)
    assert comparison.message.startswith(comparison.status) or comparison.status == "YOU SAID ... WE SAW ..."


def test_every_known_guess_has_its_sentence():
    known = [(5, 5), (20, 20), (5, 16), (4, 15), (0, 15), (6, 15), (5, 14)]
    sentences = {accepted(*pair, SIXTEEN).message.split("\n")[1] for pair in known}
    assert len(sentences) == len(known)


# The arc


def test_nothing_here_tells_the_ending():
    from test_check_lessons import strings_of

    ending = re.compile(r"\bRST\b|TcpOutRsts|\breset|\brepl(y|ies)|\banswers? came|refus(ed|al)", re.I)
    found = [text for text in strings_of("lesson02", "exercises02", "exercises02_writing") if ending.search(text)]
    assert found == []


def test_an_empty_guess_learns_nothing():
    said = {
        check(*arguments).message
        for check, arguments in [(four, (..., THREE)), (counter, (..., COUNTED)), (fixed, (..., STALE))]
    }
    assert said == {"NO GUESS YET: write one above, then run this cell again."}
