"""Lesson 02, header_length: one recall, three exercises, four guesses."""

from __future__ import annotations

from tcpkit.check.exercises02 import DATA_OFFSET, HEADER_LENGTH, SHORTEST
from tcpkit.check.exercises02_writing import WITH_DATA_OFFSET
from tcpkit.check.guess import NO_GUESS, NOT_SEEN, Guess, Option, another, as_you_said, is_empty, look, number
from tcpkit.check.plain import plain, show
from tcpkit.check.recall import Recall
from tcpkit.check.verdict import Compared, Comparison, Verdict
from tcpkit.wire.complaints import complaints

FIRST, LAST = 5, 15  # the offsets that can be; RFC 9293, 3.1
IN_DIGITS = "The digits are right, and that is text. `bytes.fromhex` makes bytes of it."

RECALL = Recall(
    number="2.0",
    right=b"\x01\xbb",
    wrong=(
        (b"\xbb\x01", "Whoever reads that in network order sees port 47873. Which byte comes first?"),
        (
            b"\x04\x43",
            "Those are the decimal digits 4, 4, 3, read as hex: port 1091. How often is 256 in 443, and what is left?",
        ),
        (b"443", "Those are three characters. A port is one number of 16 bits."),
        ("443", "Those are three characters. A port is one number of 16 bits."),
        (443, "That is the number. Which two bytes make it?"),
        (b"\xbb", "One byte holds 0 to 255. Where did the rest of 443 go?"),
        (b"\x00\x00\x01\xbb", "The number is in there, with four bytes of room. A port has two."),
        *((digits, IN_DIGITS) for digits in ("01bb", "01 bb", "0x01bb", "0x1bb", "1bb")),
        ((1, 187), "The numbers are right. `bytes([1, 187])` makes bytes of them."),
    ),
    meaning="443 is 1 times 256 plus 187: 01, then bb. The most significant byte goes first.",
    what_if="What if the port were 80? How many bytes then?",
)


def recall(answer: object) -> Verdict:
    """Check lesson 01 from memory: port 443 in network order, as bytes."""
    return RECALL.check(answer)


def data_offset(learner_function: object) -> Verdict:
    """Check exercise 2.1: the data offset that stands in a header."""
    return DATA_OFFSET.check(learner_function)


def header_length(learner_function: object) -> Verdict:
    """Check exercise 2.2: the length that a header claims, in bytes."""
    return HEADER_LENGTH.check(learner_function)


def with_data_offset(learner_function: object) -> Verdict:
    """Check exercise 2.3: a packet with another data offset put in."""
    return WITH_DATA_OFFSET.check(learner_function)


def _length_words(segment: object) -> str | None:
    """Return tcpdump's words on the length of the header, if it has any."""
    found = (complaint.words for complaint in complaints(segment) if complaint.field == "data_offset")
    return next(found, None)


def _lengths(packets: object) -> str:
    """Return which offsets were sent, and which lengths tcpdump complained of."""
    pairs = [(packet.segment.data_offset, _length_words(packet.segment).split()[3]) for packet in packets]
    offsets, lengths = (", ".join(map(str, each)) for each in zip(*pairs, strict=True))
    return f"{offsets} become {lengths}"


EACH_FOUR_TIMES = (
    "Each is four times yours: this field counts words of 32 bits, which are four bytes each (RFC 9293, 3.1)."
)

FOUR = Guess(
    options=(
        Option(
            "4 and 4", "the same", f"The field has four bits, but they are not what tcpdump says. {EACH_FOUR_TIMES}"
        ),
        Option("5 and 6", "3 more", f"From 1 to 4 it could have been 3 more. {EACH_FOUR_TIMES}"),
        Option("8 and 12", "1, 2, 3 become 4, 8, 12", EACH_FOUR_TIMES, EACH_FOUR_TIMES),
        Option("8 and 16", "doubled", f"4 and 8 could have been doubling: the 3 tells. {EACH_FOUR_TIMES}"),
    ),
    seen=_lengths,
)


def guess_four(guess: object, packets: object = None) -> Comparison:
    """Compare a guess with the lengths that tcpdump made of 1, 2 and 3.

    a) 4 and 4 b) 5 and 6 c) 8 and 12 d) 8 and 16, for the 2 and the 3.
    `packets` is the capture of the three.
    """
    return FOUR.compare(guess, packets)


def _accepted(packets: object) -> tuple[int, int] | None:
    """Return the first and the last offset that tcpdump takes for possible."""
    accepted = [packet.segment.data_offset for packet in packets if _length_words(packet.segment) is None]
    return (min(accepted), max(accepted)) if accepted else None


def _say_accepted(first: int, last: int) -> str:
    """Return a sentence on a guess that is not what was seen."""
    if last == LAST + 1 and first >= 0:
        return "16 words are the whole buffer, 64 bytes. But a field of four bits ends at 15."
    if (first, last) == (SHORTEST, 4 * LAST):
        return "In bytes, yes. The field counts words of four bytes: 20 bytes are 5 of them, 60 bytes are 15."
    if first < 0 or last > LAST:
        return "A field of four bits begins at 0 and ends at 15: what else you wrote, it cannot hold."
    if first == last == FIRST:
        return (
            "6 to 15 pass too: a header may have up to 60 bytes. The zeros behind your 20 are then read as options: "
            "`[eol]` is the end of their list."
        )
    if first < FIRST:
        words = "1 word is" if first == 1 else f"{first} words are"
        return f"{words} {4 * first} bytes, and {SHORTEST} is the least."
    if first > FIRST:
        return f"{FIRST} words pass too: they are your twenty bytes."
    return "A header may have up to 60 bytes, 15 words, if the packet is that long. Yours has 64."


def guess_accepted(first: object, last: object = ..., packets: object = None) -> Comparison:
    """Compare two numbers with the offsets that tcpdump accepts.

    `packets` is the capture of all sixteen, in the buffer of 64 bytes.
    """
    if is_empty(first) or is_empty(last):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    said = number(first), number(last)
    if None in said:
        return Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: Write two whole numbers, such as 2 and 9.")
    seen = look(_accepted, packets)
    if seen is None:
        return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
    low, high = sorted(said)
    shown = f"{show(plain(low))} to {show(plain(high))}"
    if (low, high) == seen:
        return as_you_said(shown, "20 bytes at least, 60 at most: that is all that four bits can say.", packets)
    return another(shown, f"{seen[0]} to {seen[1]}", _say_accepted(low, high), packets)


def _moved(moved: object) -> str | None:
    """Return which counters moved, in one line; None where nothing came in."""
    counts = {str(name): int(count) for name, count in dict(moved).items()}
    return ", ".join(f"{name} {count:+d}" for name, count in counts.items()) if "TcpInSegs" in counts else None


ARRIVED_ONLY = (
    "It arrived, and no more is written down. Linux looks whether the claimed header is all there. It is not, and the "
    "packet is dropped without counting an error."
)

COUNTER = Guess(
    options=(
        Option("TcpInErrs, as before", "TcpInErrs", ARRIVED_ONLY),
        Option("another counter of errors", "another", ARRIVED_ONLY),
        Option("no counter of errors", "TcpInSegs +1", ARRIVED_ONLY, ARRIVED_ONLY),
    ),
    seen=_moved,
)


def guess_counter(guess: object, moved: object = None) -> Comparison:
    """Compare a guess with what moved when a header claimed too much.

    a) TcpInErrs, as before b) another counter of errors c) none of them.
    `moved` is the difference of the counters.
    """
    return COUNTER.compare(guess, moved)


STALE = "The length is right. The checksum is not, and that has a counter of its own, beside TcpInErrs."


def _counted(moved: object) -> str | None:
    """Return what moved; None for counters of a packet whose checksum is no matter, such as section 3's."""
    return _moved(moved) if "TcpInCsumErrors" in moved else None


FIXED = Guess(
    options=(
        Option("none", "none", STALE),
        Option("TcpInErrs alone", "TcpInErrs", f"It moves, and not alone. {STALE}"),
        Option("another one", "TcpInSegs +1, TcpInErrs +1, TcpInCsumErrors +1", STALE, STALE),
    ),
    seen=_counted,
)


def guess_fixed(guess: object, moved: object = None) -> Comparison:
    """Compare a guess with what moved for the packet with offset 5.

    a) none of the counters of errors b) TcpInErrs alone c) another one.
    `moved` is the difference of the counters.
    """
    return FIXED.compare(guess, moved)
