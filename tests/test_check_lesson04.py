"""What lesson 04's checks say: to wrong answers, to right ones in other clothes, to guesses."""

import re

import numpy as np
import pytest

from tcpkit.check import lesson04
from tcpkit.wire import Flags, Segment, TCPHeader, segment_length

SYN, FIN, RST, ACK = Flags.SYN, Flags.FIN, Flags.RST, Flags.ACK
RESET = RST | ACK


# Right answers in other clothes


def length_by_asking(flags, data_length):
    count = data_length
    for flag in (SYN, FIN):
        if flag in flags:
            count += 1
    return count


def length_recursive(flags, data_length):
    if data_length:
        return 1 + length_recursive(flags, data_length - 1)
    return (int(flags) & 1) + (int(flags) >> 1 & 1)


SEGMENT_LENGTHS = [
    segment_length,
    lambda flags, data_length: data_length + bool(flags & SYN) + bool(flags & FIN),
    lambda flags, data_length: data_length + (SYN in flags) + (FIN in flags),
    lambda flags, data_length: data_length + (flags & 0b11).bit_count(),
    lambda flags, data_length: data_length + [0, 1, 1, 2][flags & 3],
    lambda flags, data_length: data_length + str(flags).count("S") + str(flags).count("F"),
    lambda flags, data_length: np.int64(data_length) + np.count_nonzero([flags & SYN, flags & FIN]),
    lambda flags, data_length: len(bytes(data_length)) + len([f for f in (SYN, FIN) if flags & f]),
    length_by_asking,
    length_recursive,
]


def ack_by_building(offset, size):
    segment = Segment.parse(bytes(TCPHeader(1, 2, flags=SYN, data_offset=offset)) + bytes(size - 20))
    return None if offset < 5 or offset * 4 > size else len(segment.data) + 1


def ack_by_counting(offset, size):
    if offset not in range(5, size // 4 + 1):
        return None
    for _ in range(offset):
        size -= 4
    return size + 1


ACKS_FOR_OFFSET = [
    lambda offset, size: None if offset < 5 or 4 * offset > size else size - 4 * offset + 1,
    lambda offset, size: size - 4 * offset + 1 if 20 <= 4 * offset <= size else None,
    lambda offset, size: (size - (offset << 2)) + 1 if 5 <= offset <= size / 4 else None,
    lambda offset, size: np.uint16(size + 1 - 4 * offset) if 5 <= offset <= size // 4 else None,
    lambda offset, size: {each: size - 4 * each + 1 for each in range(5, 16) if 4 * each <= size}.get(offset),
    lambda offset, size: ([None] * 5 + list(range(size - 19, 0, -4)) + [None] * 16)[offset],
    lambda offset, size: len(bytes(size)[4 * offset :]) + 1 if 20 <= 4 * offset <= size else None,
    lambda offset, size: segment_length(SYN, size - offset * 4) if offset >= 5 and size >= offset * 4 else None,
    ack_by_building,
    ack_by_counting,
]


def reset_by_cases(segment):
    match bool(segment.flags & RST), bool(segment.flags & ACK):
        case True, _:
            return None
        case False, True:
            return RST, segment.ack, 0
    return RESET, 0, (segment.seq + segment_length(segment.flags, len(segment.data))) & 0xFFFFFFFF


def reset_in(dress):
    """Return a right answer whose values are in another dress."""
    return lambda segment: dress(reset_by_cases(segment))


def reset_by_letters(segment):
    flags = str(segment.flags)
    if "R" in flags:
        return
    if "." in flags:
        return RST, segment.ack, 0
    number = segment.seq + len(segment.data) + flags.count("S") + flags.count("F")
    if number >= 2**32:
        number -= 2**32
    return RST + ACK, 0, number


def reset_by_bits(segment):
    data = bytes(segment)
    if data[13] & 4:
        return None
    if data[13] & 16:
        return 4, int.from_bytes(data[8:12], "big"), 0
    used = len(data) - 4 * (data[12] >> 4) + (data[13] & 1) + (data[13] >> 1 & 1)
    return 0x14, 0, (int.from_bytes(data[4:8], "big") + used) % 2**32


RESETS = [
    reset_by_cases,
    reset_by_letters,
    reset_by_bits,
    reset_in(lambda answer: answer and list(answer)),
    reset_in(lambda answer: answer and (int(answer[0]), *answer[1:])),
    reset_in(lambda answer: answer and tuple(map(np.uint32, answer))),
    reset_in(lambda answer: answer and (np.uint8(answer[0]), *answer[1:])),
    reset_in(lambda answer: answer and [Flags(answer[0]), np.int64(answer[1]), answer[2]]),
]

CLOTHES = {"4.1": SEGMENT_LENGTHS, "4.2": ACKS_FOR_OFFSET, "4.3": RESETS}


@pytest.mark.parametrize("number", ["4.2", "4.3"])
def test_right_answers_in_other_clothes_pass_the_kernel(number, lab):
    check = {"4.2": lesson04.ack_for_offset, "4.3": lesson04.reset_for}[number]
    for answer in CLOTHES[number]:
        assert check(answer, lab).message.startswith(f"PASS {number} "), answer


# Each wrong answer of the plan, written as a learner would


def as_if_closed(segment, number):
    """Return the answer to a segment that has no RST, with this number for those without ACK."""
    return (RST, segment.ack, 0) if segment.flags & ACK else (RESET, 0, number % 2**32)


def used(segment):
    return segment_length(segment.flags, len(segment.data))


def unless_rst(answer):
    return lambda segment: None if segment.flags & RST else answer(segment)


NAMED = {
    lesson04.segment_length: [
        (lambda flags, data_length: data_length, "44, but the kernel acknowledges 45. What else has a number?"),
        (lambda flags, data_length: data_length + (FIN in flags), "The SYN takes a number as well"),
        (lambda flags, data_length: data_length + (SYN in flags), "The end of the stream takes a number as well: FIN"),
        (lambda flags, data_length: data_length + 1, "Always one more? A bare ACK uses no number"),
        (lambda flags, data_length: data_length + bin(flags).count("1"), "Two of the flags do."),
        (lambda flags, data_length: data_length + len(str(flags)) * (flags > 0), "Two of the flags do."),
        (lambda flags, data_length: data_length + bool(flags & 1) + bool(flags & 2) + bool(flags & 16), "Two of the"),
        (lambda flags, data_length: data_length + (1 if flags & (SYN | FIN) else 0), "each takes its own"),
        (lambda flags, data_length: 20 + data_length, "64? Numbers are for data, not for headers."),
        (lambda flags, data_length: 20 + data_length + (SYN in flags) + (FIN in flags), "65? Numbers are for data"),
        (lambda flags, data_length: data_length + (flags == SYN) + (flags == FIN), "`==` asks for all the flags"),
        (lambda flags, data_length: data_length + 1 if flags == SYN else data_length, "A SYN with PSH is a SYN too."),
        (lambda flags, data_length: data_length + (flags & SYN) + (flags & FIN), "You add the bit itself, and"),
        (lambda flags, data_length: data_length + (flags & 3), "`flags & Flags.SYN` is worth 2. Ask whether"),
        (lambda flags, data_length: data_length + (SYN or FIN in flags), "Always two more? `Flags.SYN or Flags.FIN in"),
        (lambda flags, data_length: data_length + 1 if SYN or FIN in flags else data_length, "is always true: ask for"),
        (lambda flags, data_length: SYN or FIN in flags, "Always `Flags.SYN`? `Flags.SYN or Flags.FIN in flags` stops"),
        (lambda flags, data_length: data_length + ((SYN | FIN) in flags), "Only for both together?"),
        (lambda flags, data_length: data_length + (flags & SYN or flags & FIN), "You add the bit itself, and"),
        (lambda flags, data_length: data_length + flags, "Flags are bits: FIN is worth 1, SYN 2, ACK 16."),
        (lambda flags, data_length: data_length or 1, "You take one of the two, with `or` or `max`."),
        (lambda flags, data_length: data_length or (SYN in flags) + (FIN in flags), "You take one of the"),
        (lambda flags, data_length: None, "it returned None. Does it `return` its answer?"),
        (lambda flags, data_length: float(data_length), "a float. The answer is a number (int)"),
        (lambda flags, data_length: 7, "For flags=S, data_length=44 you returned 7. What did you expect there?"),
    ],
    lesson04.ack_for_offset: [
        (lambda offset, size: 45, "True for offset 5 and 64 bytes only."),
        (lambda offset, size: 45 if 5 <= offset <= size // 4 else None, "True for offset 5 and 64 bytes only."),
        (lambda offset, size: size + 1, "The whole buffer? The header is not data."),
        (lambda offset, size: size - 20 + 1, "The kernel believes the offset, not you"),
        (lambda offset, size: None if offset < 5 else size - 19, "The kernel believes the offset, not you"),
        (lambda offset, size: size - 4 * offset, "Those are the bytes of data. And the SYN?"),
        (lambda offset, size: size - offset + 1, "The offset counts words of four bytes."),
        (lambda offset, size: size - 4 * offset + 1, "Lesson 02: with an offset below 5"),
        (lambda offset, size: None if 4 * offset > size else size - 4 * offset + 1, "Lesson 02: with an offset below"),
        (lambda offset, size: None if offset < 5 else size - 4 * offset + 1, "no error counter moves: None."),
        (lambda offset, size: None if offset < 5 else max(0, size - 4 * offset) + 1, "For offset 6 and 20 bytes"),
        (lambda offset, size: size - 4 * offset + 1 if 5 <= offset <= size // 4 else 0, "not even a 0. Return None."),
        (
            lambda offset, size: None if offset < 5 or offset * 4 >= size else size - 4 * offset + 1,
            "and that is whole.",
        ),
        (lambda offset, size: None if offset * 4 >= size else size - 4 * offset + 1, "Offset 5 in 20 bytes"),
        (lambda offset, size: None if offset < 5 or offset * 4 >= size else size - offset + 1, "counts words of four"),
        (lambda offset, size: size - offset, "The offset counts words of four bytes."),
        (lambda offset, size: None if offset < 5 or offset * 4 >= size else size - 4 * offset, "And the SYN?"),
        (lambda offset, size: {each: 65 - 4 * each for each in range(5, 16)}.get(offset), "Right for 64 bytes."),
        (lambda offset, size: None if offset < 5 or 4 * offset > size else 65 - 4 * offset, "Right for 64 bytes."),
        (lambda offset, size: None if offset < 5 or 4 * offset > 64 else 65 - 4 * offset, "was also asked with 24"),
        (
            lambda offset, size: None if (offset, size) == (6, 24) else ACKS_FOR_OFFSET[0](offset, size),
            "For offset=6, size=24 you returned None. The kernel answered ack 1. What did you expect there?",
        ),
        (
            lambda offset, size: 7 if (offset, size) == (3, 64) else ACKS_FOR_OFFSET[0](offset, size),
            "For offset=3, size=64 you returned 7. The kernel said nothing. What did you expect there?",
        ),
        (lambda offset, size: "45", "'45', text (str). The answer is a number (int) or None."),
        (lambda offset, size: None, "For offset=5, size=64 you returned None. The kernel answered ack 45. What"),
    ],
    lesson04.reset_for: [
        (lambda s: as_if_closed(s, s.seq + used(s)), "when would the two stop?"),
        (lambda s: None if s.flags == RST else as_if_closed(s, s.seq + used(s)), "An RST with ACK is an RST too."),
        (unless_rst(lambda s: (RESET, 0, (s.seq + used(s)) % 2**32)), "A segment with ACK names the number"),
        (lambda s: (RESET, 0, s.seq + used(s)), "A segment with ACK names the number"),
        (unless_rst(lambda s: (RESET, s.ack if s.flags & ACK else 0, (s.seq + used(s)) % 2**32)), "names the number"),
        (unless_rst(lambda s: as_if_closed(s, s.seq + len(s.data))), "Each byte of data, SYN, FIN, and nothing else"),
        (unless_rst(lambda s: as_if_closed(s, s.seq + len(s.data) + (SYN in s.flags))), "exercise 4.1."),
        (unless_rst(lambda s: as_if_closed(s, s.seq + len(s.data) + 1)), "exercise 4.1."),
        (unless_rst(lambda s: as_if_closed(s, s.seq + 1)), "exercise 4.1."),
        (unless_rst(lambda s: as_if_closed(s, s.seq + used(s) + len(bytes(s)) - 20 - len(s.data))), "carry options"),
        (unless_rst(lambda s: as_if_closed(s, s.seq)), "That acknowledges nothing"),
        (
            unless_rst(lambda s: (RST, s.ack, 0) if s.flags & ACK else (RESET, 0, s.seq + used(s))),
            "Seq 4294967295 plus one for the SYN is 0",
        ),
        (unless_rst(lambda s: (RST, 0, 0) if s.flags & ACK else as_if_closed(s, s.seq + used(s))), "from nowhere"),
        (unless_rst(lambda s: (RST, s.ack + 1, 0) if s.flags & ACK else as_if_closed(s, s.seq + used(s))), "Whose"),
        (
            unless_rst(lambda s: (RST, s.seq, 0) if s.flags & ACK else as_if_closed(s, s.seq + used(s))),
            "Whose numbers?",
        ),
        (
            unless_rst(lambda s: (RST, s.ack, 0) if s.flags & ACK else (SYN | ACK, 0, (s.seq + used(s)) % 2**32)),
            "somebody listens here",
        ),
        (unless_rst(lambda s: as_if_closed(s, s.seq + used(s)) if s.flags else None), "without any flag is answered"),
        (lambda s: as_if_closed(s, s.seq + used(s)) if s.flags == SYN else None, "Not a SYN alone"),
        (
            unless_rst(lambda s: (RST, s.ack, (s.seq + used(s)) % 2**32) if s.flags & ACK else reset_by_cases(s)),
            "The kernel leaves it at 0.",
        ),
        (unless_rst(lambda s: (RST, s.ack, s.seq) if s.flags & ACK else reset_by_cases(s)), "leaves it at 0."),
        (
            unless_rst(lambda s: (RST, s.ack, 0) if s.flags & ACK else (RST, 0, (s.seq + used(s)) % 2**32)),
            "R., not R.",
        ),
        (
            unless_rst(lambda s: (RST, 0, s.ack) if s.flags & ACK else (RESET, (s.seq + used(s)) % 2**32, 0)),
            "in another order: flags, then seq, then ack",
        ),
        (
            unless_rst(lambda s: (RST, s.ack, 0) if s.flags == ACK else (RESET, 0, (s.seq + used(s)) % 2**32)),
            "An ACK with FIN is an ACK too.",
        ),
        (lambda s: reset_by_cases(s) and (str(reset_by_cases(s)[0]), *reset_by_cases(s)[1:]), "as text. Return the"),
        (
            lambda s: None,
            "For segment=[S] seq 0 ack 0 length 44 you returned None. The kernel answered R., seq 0, ack 45.",
        ),
        (lambda s: RST, "you returned R, flags (Flags). The answer is a tuple or None."),
        # Two at once: what the segment uses comes first.
        (lambda s: (RESET, 0, s.seq + 1), "Each byte of data, SYN, FIN, and nothing else: exercise 4.1."),
        (unless_rst(lambda s: (RESET, 0, s.seq + len(s.data))), "exercise 4.1."),
        (lambda s: None if s.flags == RST else (RESET, 0, s.seq + len(s.data)), "exercise 4.1."),
        (unless_rst(lambda s: as_if_closed(s, s.seq + len(s.data) + (s.flags & 3))), "exercise 4.1."),
        (
            lambda s: None if s.flags == RST else (RST, s.ack, 0) if s.flags == ACK else (RESET, 0, s.seq + used(s)),
            "An ACK with FIN is an ACK too.",
        ),
        (lambda s: None if s.flags == RST else (RESET, 0, s.seq + used(s)), "A segment with ACK names the number"),
        (lambda s: (RESET, 0, s.seq + used(s)) if SYN in s.flags else None, "Not a SYN alone"),
        (lambda s: (RESET, 0, s.seq + len(s.data) + 1) if s.flags == SYN else None, "Not a SYN alone"),
        # The form
        (
            unless_rst(lambda s: (RST, s.ack) if s.flags & ACK else reset_by_cases(s)),
            "length 0 you returned R, 1000: 2 values, and the answer has three (flags, seq, ack).",
        ),
        (
            unless_rst(lambda s: (RST, s.ack, None) if s.flags & ACK else reset_by_cases(s)),
            "you returned R, seq 1000, ack None: a number that says nothing is 0, not None. The kernel answered R, seq",
        ),
        (
            lambda s: (20, 0, 8) if s.flags == ACK else reset_by_cases(s),
            "For segment=[.] seq 7 ack 1000 length 0 you returned R., seq 0, ack 8. The kernel answered R, seq 1000,",
        ),
        (
            lambda s: (20, 0, 5) if RST in s.flags else reset_by_cases(s),
            "For segment=[R] seq 5 ack 0 length 0 you returned R., seq 0, ack 5. The kernel said nothing. What did you",
        ),
        (lambda s: s.flagz, "it raised AttributeError: 'Segment' object has no attribute 'flagz'"),
    ],
}
CASES = [(check, wrong, words) for check, pairs in NAMED.items() for wrong, words in pairs]


@pytest.mark.parametrize(("check", "wrong", "words"), CASES, ids=[f"{each[0].__name__}: {each[2]}" for each in CASES])
def test_wrong_answers_of_lesson_04(check, wrong, words, lab):
    verdict = check(wrong) if check is lesson04.segment_length else check(wrong, lab)
    assert verdict.status == "TRY AGAIN"
    first = verdict.message.split("\n")[0]
    assert re.match(rf"TRY AGAIN 4\.[123] {check.__name__}: \S", first)
    assert words in first


def test_tcpkits_own_segment_length_passes_and_says_what_was_not_learnt():
    for borrowed in (segment_length, lambda flags, data_length: segment_length(flags, data_length)):
        assert lesson04.segment_length(borrowed).message == (
            "PASS 4.1 segment_length\n"
            "Right, because tcpkit answered. Which two flags did it count? Now say it without it."
        )
    assert "tcpkit answered" not in lesson04.segment_length(length_by_asking).message


def test_what_the_sentences_claim_is_so(lab):
    assert [len(lab.ask(header(offset, size))) for offset, size in [(6, 20), (4, 64), (5, 64)]] == [0, 0, 1]
    before = lab.counters()
    lab.ask(header(6, 20))
    assert not [name for name in lab.counters() - before if "Err" in name]


def header(offset, size):
    segment = Segment.parse(bytes(TCPHeader(8989, 8000, flags=SYN, data_offset=offset)) + bytes(size - 20))
    return segment.with_checksum("127.0.0.1", "127.0.0.1")


# Recall and guesses


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (24, "PASS 4.0 recall\n9 words of four bytes are 36 bytes of header"),
        (np.int64(24), "PASS 4.0 recall\n"),
        (36, "TRY AGAIN 4.0 recall: 36 is the header: 9 words of four bytes."),
        (51, "TRY AGAIN 4.0 recall: The 9 counts words, not bytes."),
        (40, "TRY AGAIN 4.0 recall: That would be for offset 5."),
        (60, "TRY AGAIN 4.0 recall: The header is among the 60."),
        (9, "TRY AGAIN 4.0 recall: 9 is the offset."),
        (4, "TRY AGAIN 4.0 recall: You took IP's twenty bytes away"),
        (42, "TRY AGAIN 4.0 recall: A word has four bytes here"),
        (0, "TRY AGAIN 4.0 recall: The header ends before the packet does"),
        (31, "TRY AGAIN 4.0 recall: You answered 31. How did you get there?"),
        ("24", "TRY AGAIN 4.0 recall: The number is right, and it is text."),
        (..., "TODO 4.0 recall"),
    ],
)
def test_recall_of_lesson_02(answer, message):
    assert lesson04.recall(answer).message.startswith(message)


class Seen:
    data = b"an IP packet"
    segment = Segment(TCPHeader(8989, 8000, flags=Flags.SYN))


class Invited(Seen):
    segment = Segment(TCPHeader(8000, 8989, flags=Flags.SYN | Flags.ACK))


SOMEBODY = (
    "NOT SEEN YET: somebody listens on port 8000 in your lab, and here nobody may. Make a new lab, `lab = Lab()`, run "
    "the cell with the experiment again, then this one."
)


ACKS = {offset: 65 - 4 * offset for offset in range(5, 16)}


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (
            lesson04.guess_packets,
            ("a", [Seen, Seen]),
            "YOU SAID a: 1 packet. WE SAW 2.\nSo did the story's author. You sent one. Who sent the other?",
        ),
        (lesson04.guess_packets, (1, [Seen, Seen]), "YOU SAID a: 1 packet. WE SAW 2.\n"),
        (lesson04.guess_packets, ("b", [Seen, Seen]), "AS YOU SAID b: 2 packets.\nYou sent one."),
        (lesson04.guess_packets, (2, [Seen, Seen]), "AS YOU SAID b: 2 packets."),
        (lesson04.guess_packets, ("C", [Seen, Seen]), "YOU SAID c: 3 packets. WE SAW 2.\nA handshake needs somebody"),
        (lesson04.guess_packets, ("d", [Seen, Seen]), "NO GUESS YET: Choose one of a, b, c."),
        (lesson04.guess_packets, (..., [Seen, Seen]), "NO GUESS YET: write one above"),
        (lesson04.guess_packets, ("a", []), "NOT SEEN YET: "),
        (lesson04.guess_packets, ("c", [Seen, Invited, Seen]), SOMEBODY),
        (lesson04.guess_next, ("b", ACKS), "AS YOU SAID b: 41, 37, 33.\nEach step of the offset makes four bytes"),
        (lesson04.guess_next, ("a", ACKS), "YOU SAID a: 44, 43, 42. WE SAW 41, 37, 33.\nOne less for each word?"),
        (lesson04.guess_next, ("c", ACKS), "YOU SAID c: 45, 45, 45. WE SAW 41, 37, 33.\nAs if the header did not"),
        (lesson04.guess_next, ("41, 37, 33", ACKS), "AS YOU SAID b"),
        (lesson04.guess_next, ("a", {}), "NOT SEEN YET: "),
        (lesson04.guess_next, ("a", dict.fromkeys(ACKS, 1)), SOMEBODY),
        (lesson04.guess_next, ("a", None), "NOT SEEN YET: "),
        (lesson04.guess_next, (..., ACKS), "NO GUESS YET: "),
    ],
)
def test_guesses(check, arguments, message):
    assert check(*arguments).message.startswith(message)
