"""Lesson 03, checksum: one recall, three exercises, guesses about sums."""

from __future__ import annotations

from tcpkit.check.borrowed import Tool
from tcpkit.check.exercises03 import CHECKSUM, HELLO, internet_checksum
from tcpkit.check.exercises03_pseudo import PSEUDO_HEADER
from tcpkit.check.exercises03_segment import TCP_CHECKSUM
from tcpkit.check.guess import NO_GUESS, NOT_SEEN, Guess, Option, another, as_you_said, is_empty, look
from tcpkit.check.plain import plain, show_hex
from tcpkit.check.recall import Recall
from tcpkit.check.verdict import Compared, Comparison, Verdict
from tcpkit.wire import checksum as tcpkits_checksum
from tcpkit.wire import pseudo_header as tcpkits_pseudo_header
from tcpkit.wire import tcp_checksum as tcpkits_tcp_checksum

STORYS = 0x6F57  # what belongs into the story's packet, as tcpdump says
ALONE = 0x6DA0  # what the segment alone adds up to
WIDEST_SHOWN = 0xFFFFFFFF  # in hex; beyond that nobody reads digits
COPIES = 10_000  # of each kind of damage
SHARES = ((0.005, "a"), (0.2, "b"), (0.9, "c"), (1.0, "d"))  # up to where a share is called so

RECALL = Recall(
    number="3.0",
    right=24,
    wrong=(
        (6, "6 is the number in the field. It counts words: how many bytes are that?"),
        (96, "96 is the whole byte, 0x60. The field has the left half of it."),
        (60, "60 is hex read as decimal. Which half of 0x60 is the field?"),
        (20, "20 is the least there is, for an offset of 5. Here stands a 6."),
        (0, "The right half is reserved. The offset is the left half of the byte."),
        (48, "These words have four bytes each, not eight."),
        (12, "These words have four bytes each, not two."),
        (44, "You added IP's twenty bytes. The field counts TCP's own header."),
    ),
    meaning="6 words of four bytes: the twenty that every header has, and one word of options.",
    what_if="What if byte 12 were 0xf6? How many then?",
)


OWN_CHECKSUM = Tool(
    tcpkits_checksum,
    "Right, because tcpkit answered. You have not brought a single carry back in: now the same without it.",
)
OWN_PSEUDO_HEADER = Tool(
    tcpkits_pseudo_header,
    "Right, because tcpkit answered. Which twelve bytes are they? Now write them down without it.",
)
OWN_TCP_CHECKSUM = Tool(
    tcpkits_tcp_checksum,
    "Right, because tcpkit answered. It knows what stands in the field while one adds: now take the two smaller "
    "functions, and say it yourself.",
)


def recall(answer: object) -> Verdict:
    """Check lesson 02 from memory: byte 12 is 0x60, so how many bytes?"""
    return RECALL.check(answer)


def checksum(learner_function: object) -> Verdict:
    """Check exercise 3.1: the Internet checksum of any bytes."""
    return OWN_CHECKSUM.check(CHECKSUM, learner_function)


def pseudo_header(learner_function: object) -> Verdict:
    """Check exercise 3.2: the twelve bytes that are added and never sent."""
    return OWN_PSEUDO_HEADER.check(PSEUDO_HEADER, learner_function)


def tcp_checksum(learner_function: object) -> Verdict:
    """Check exercise 3.3: the checksum that belongs into a segment."""
    return OWN_TCP_CHECKSUM.check(TCP_CHECKSUM, learner_function)


def _hex(number: int) -> str:
    return f"0x{number:04x}"


COMES_BACK = "11fff has a 1 above its 16 bits, which comes back in: 1fff + 1. In this sum ffff adds nothing, as 0 does."

CARRY = Guess(
    options=(
        Option("1fff", "0x1fff", f"In most computers, yes: there the carry falls off the top. {COMES_BACK}"),
        Option("2000", "0x2000", so=COMES_BACK),
        Option("2001", "0x2001", f"One too many. {COMES_BACK}"),
        Option("11fff", "0x11fff", f"That is the plain sum, and it needs 17 bits. {COMES_BACK}"),
    ),
    seen=_hex,
)


def guess_carry(guess: object, total: object = None) -> Comparison:
    """Compare a guess with 2000 + ffff when carries come back in.

    a) 1fff b) 2000 c) 2001 d) 11fff. `total` is the folded sum.
    """
    return CARRY.compare(guess, total)


BY_HAND = {
    0x123F2: "That is the plain sum. Bring its first digit back in at the bottom, then flip all bits.",
    0x23F2: "The carry fell off: 0x123f2 has five digits. The first one comes back in at the bottom.",
    0x123F3: "You brought the carry in at the bottom, and left it at the top as well. It moves.",
    0x23F3: "That is the sum, folded. One step is left: flip all bits, so that the two together make ffff.",
    0x1DC0D: "You flipped 0x123f2, which has five digits. Its carry comes back in first.",
    0xDC0D: "You flipped 23f2. The carry of 0x123f2 comes back in first: 23f3.",
    0xDC0B: "You flipped 23f4. There is one carry to bring back, and it is 1.",
    0x0CDC: "Your bytes are exchanged. Most significant first: 48 and 65 make the word 4865, not 6548.",
    0xF323: "Your bytes are exchanged: 48 and 65 make the word 4865, not 6548. And the last step is to flip.",
    0x0215: "Those are single bytes. Pair them: 48 and 65 make the word 4865.",
    0xFDEA: "Those are single bytes. Pair them: 48 and 65 make the word 4865.",
    ~0x23F3: "Python's `~` knows no width. Keep the lowest 16 bits of it: `& 0xffff`.",
    ~0x123F2: "Python's `~` knows no width: take `word ^ 0xffff`. And 0x123f2 is not folded yet.",
}
FROM_THE_START = (
    "Begin with the three words: 4865 + 6c6c + 6f21. How many digits has their sum, and where does the fifth go?"
)


def _number(answer: object) -> int | None:
    """Return a 16-bit number, also as hex digits or as bytes."""
    value = plain(answer)
    if value.family == "int":
        return value.value
    if value.family == "bytes":
        return int.from_bytes(value.value, "big")
    if value.family == "str":
        try:
            return int(value.value.replace(" ", ""), 16)
        except ValueError:
            return None
    return None


def by_hand(answer: object) -> Comparison:
    """Compare the learner's checksum of `Hello!`, made on paper.

    A number, or its hex digits as text. Another number is told which step it
    missed, and never the right one: paper is there to try again.
    """
    if is_empty(answer):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    said = _number(answer)
    if said is None:
        return Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: Write four hex digits, such as 0x1234.")
    if said == internet_checksum(HELLO):
        together = "4865 + 6c6c + 6f21 + dc0c, folded, is ffff: what is sent, with its checksum."
        return as_you_said(_hex(said), together, None)
    shown = _hex(said) if 0 <= said <= WIDEST_SHOWN else show_hex(plain(said))
    return Comparison(Compared.ANOTHER, f"YOU SAID {shown}: not yet.\n{BY_HAND.get(said, FROM_THE_START)}")


ALONE_SENTENCE = "0x6da0 is right for your 64 bytes. tcpdump must have added something that is not among them."

SEGMENT_ALONE = Guess(
    options=(
        Option("0x6f57", _hex(STORYS), ALONE_SENTENCE),
        Option("another number", _hex(ALONE), so=ALONE_SENTENCE),
    ),
    seen=lambda number: _hex(number),
)


def guess_alone(guess: object, number: object = None) -> Comparison:
    """Compare a guess with the checksum of the story's segment alone.

    a) 0x6f57, as tcpdump says b) another number. `number` is the sum.
    """
    return SEGMENT_ALONE.compare(guess, number)


LENGTH = Guess(
    options=(
        Option("20 bytes", 20, "20 is the header alone. The data is covered as well."),
        Option("44 bytes", 44, "44 is the data alone. The header is covered as well."),
        Option("64 bytes", 64, so="Header and data: all that TCP made. IP's twenty do not count."),
        Option("84 bytes", 84, "84 is IP's total, with its own twenty bytes. TCP begins behind them."),
    ),
    seen=lambda numbers: next(length for length, number in numbers.items() if number == STORYS),
)


def guess_length(guess: object, numbers: object = None) -> Comparison:
    """Compare a guess with the TCP length that gives tcpdump's number.

    a) 20 b) 44 c) 64 d) 84. `numbers` has a checksum for each length.
    """
    return LENGTH.compare(guess, numbers)


EVERY_ONE = "One bit: it changes one word and nothing else, so the sum changes too. Always."
PAIRS = "They stand in the same place of two words, and one rises as the other falls: 3,364 of 130,816 pairs."
IN_ANY_ORDER = "A sum does not know in which order its words came."
HALVES = "A byte is worth 256 times more in the left half of its word, so moving it changes the sum."
BY_CHANCE = "Noise meets the right number by chance, once in about 65,536 copies. We made 10,000."
DAMAGES: tuple[dict[str, str], ...] = (  # for each kind, in order: what to say to a letter that is not what we saw
    dict.fromkeys("bcd", EVERY_ONE),
    {
        "a": f"Two bits: some pass. {PAIRS}",
        "c": f"Two bits: fewer pass. {PAIRS}",
        "d": f"Two bits: most are seen. {PAIRS}",
    },
    {
        "a": f"Two words: none is seen. {IN_ANY_ORDER}",
        "b": f"Two words: far more than that. {IN_ANY_ORDER}",
        "c": f"Two words: the other half too. {IN_ANY_ORDER}",
    },
    {
        "b": f"Two bytes of a word: not even those. {HALVES}",
        "c": f"Two bytes of a word: not even those. {HALVES}",
        "d": f"Two bytes of a word: words may change places, their halves may not. {HALVES}",
    },
    {
        "b": f"Noise: far fewer than that. {BY_CHANCE}",
        "c": f"Noise: far fewer than that. {BY_CHANCE}",
        "d": f"Noise: the sum does look at the text. {BY_CHANCE}",
    },
)
ALL_FIVE = "Now say why the two bytes of one word are safe, and two words are not."


def _letters(guess: object) -> str | None:
    """Return five letters of a to d, however they were written."""
    value = plain(guess)
    parts = value.value if value.family == "sequence" else (value,)
    if any(part.family != "str" for part in parts):
        return None
    letters = "".join(letter for part in parts for letter in part.value.lower() if letter.isalnum())
    return letters if len(letters) == len(DAMAGES) and set(letters) <= set("abcd") else None


def _shares(missed: object) -> str:
    """Return a letter for each count of copies whose sum was still right."""
    counts = list(dict.values(missed))
    if len(counts) != len(DAMAGES):
        raise ValueError
    return "".join(next(letter for most, letter in SHARES if count / COPIES <= most) for count in counts)


def guess_damage(guess: object, missed: object = None) -> Comparison:
    """Compare five letters with what the sum missed, of five damages.

    a) none b) about 3 % c) about half d) all. `missed` has a count of
    10,000 for each kind.
    """
    if is_empty(guess):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    said = _letters(guess)
    if said is None:
        return Comparison(Compared.NO_GUESS_YET, 'NO GUESS YET: Write five letters of a to d, such as "dcbad".')
    saw = look(_shares, missed)
    if saw is None:
        return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
    if said == saw:
        return as_you_said(" ".join(said), ALL_FIVE, missed)
    sentences = [DAMAGES[kind].get(letter, "") for kind, letter in enumerate(said) if letter != saw[kind]]
    return another(" ".join(said), " ".join(saw), "\n".join(filter(None, sentences)), missed)
