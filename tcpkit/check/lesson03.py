"""Lesson 03, checksum: one recall, three exercises, five guesses."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence

from tcpkit import wire
from tcpkit.check.exercise import Exercise
from tcpkit.check.questions import Guess, LettersGuess, Option, Recall, is_empty
from tcpkit.check.signs import Predicate, Sign, differs_only_at, every, gives
from tcpkit.check.values import plain, show_hex
from tcpkit.check.verdict import Compared, Comparison
from tcpkit.wire.damage import DAMAGES
from tcpkit.wire.ipv4 import LOOPBACK as HERE
from tcpkit.wire.story_syn import story_syn

STORY = bytes(story_syn(5, 0))
FULL = 0xFFFF  # the largest word; sums that differ by a multiple of it are the same once folded

recall = Recall(
    "3.0",
    right=24,
    wrong={
        6: "6 is the number in the field. It counts words: how many bytes are that?",
        96: "96 is the whole byte, 0x60. The field has the left half of it.",
        60: "60 is hex read as decimal. Which half of 0x60 is the field?",
        20: "20 is the least there is, for an offset of 5. Here stands a 6.",
        0: "The right half is reserved. The offset is the left half of the byte.",
        12: "These words have four bytes each, not two.",
    },
    meaning="6 words of four bytes: the twenty that every header has, and one word of options.",
    what_if="What if byte 12 were 0xf6? How many then?",
)


def on_even(predicate: Predicate) -> Sign:
    """Return a sign asked of even numbers of bytes, from 2 on: what becomes of none, or of an odd end, comes after."""
    return Sign(lambda trials: every(predicate).holds([t for t in trials if len(t.arguments[0]) in range(2, 999, 2)]))


def sums(*folds: Callable[[int], int]) -> Sign:
    """Return a sign: the sum of the words was folded in one of these ways, then flipped in any that Python has."""
    words = [lambda d, fold=fold: fold(256 * sum(d[::2]) + sum(d[1::2])) for fold in folds]
    return on_even(lambda got, right, d: any(got in (~w(d) & FULL, FULL - w(d), FULL ^ w(d)) for w in words))


ZERO = every(lambda got, right, d: {got, right} == {0, FULL})
FOLDED_ONCE = sums(lambda n: (n & FULL) + (n >> 16))
SUM = on_even(lambda got, right, d: got >= 0 and (got + right) % FULL == 0)
ONE_MORE = on_even(lambda got, right, d: got >= 0 and (got - right) % (FULL + 1) == 1)
TILDE = on_even(lambda got, right, d: got < 0 and (got - right + 1) % FULL == 0)
EXCHANGED = on_even(lambda got, right, d: (got - 256 * right) % FULL in (0, -512 * right % FULL, FULL - 1))
SINGLE = on_even(lambda got, right, d: got % 256 in (sum(d) % 256, ~sum(d) % 256))
GROUPED = sums(lambda n: n & FULL + (n >> 16), lambda n: (n & FULL) + n >> 16)
SHIFTED = on_even(lambda got, right, d: (got + sum(d[i] << 8 + d[i + 1] for i in range(0, len(d), 2))) % FULL == 0)
FIRST_WORD = on_even(lambda got, right, d: wire.checksum(d[:2]) in (got, FULL - got))
chance = random.Random(3)
checksum = Exercise(
    "3.1 checksum",
    right=wire.checksum,
    inputs=(
        *((b"Hello!",), (b"",), (bytes(2),), (b"\xff\xff",), (bytes.fromhex("ffff ffff 0001"),), (b"a",), (b"odd",)),
        *((STORY,), (bytes.fromhex("ffff 0000 ffff"),)),
        *((chance.randbytes(chance.randrange(1, 90)),) for _ in range(8)),
        *((chance.randbytes(size),) for size in (20, 21, 65_535)),
    ),
    signs={
        "Right but for 0 and ffff: a sum of ffff is sent as 0, and a sum of 0 (no bytes, or zeros) as ffff.": ZERO,
        "One too many for `Hello!`: a carry was left at the top, and never came back in.": sums(lambda n: n & FULL),
        "On `ff ff ff ff 00 01` the fold itself carries: fold until nothing is left above.": FOLDED_ONCE,
        "The sum of `Hello!` has 17 bits. What is above 16 comes back in at the bottom, then all flip.": sums(int),
        "You have the sum. What is sent makes the whole add up to ffff: flip the bits.": SUM,
        "One more than it should be. One's complement flips the bits, and that is all.": ONE_MORE,
        "Python's `~` knows no width, so you got {got}. Keep the lowest 16 bits.": TILDE,
        "The bytes are exchanged: `He` is the word 4865, not 6548. Network order, once again.": EXCHANGED,
        "Those are single bytes. Add words of 16 bits, two bytes each.": SINGLE,
        "`+` comes before `>>` and `&`: put brackets around both halves of the sum that you fold.": GROUPED,
        "`+` comes before `<<`: put brackets around the shift, or write `|` for `+`.": SHIFTED,
        "Only the first two bytes count: is the `return` inside the loop?": FIRST_WORD,
        "Right while the bytes are even in number: `a` alone is the word 6100.": lambda got, right, d: len(d) % 2,
    },
    meaning="Run it over everything, the checksum included, and you get 0. That is how a receiver checks.",
    what_if="What if every byte is zero? And what if every byte is `ff`?",
    builds=wire.checksum,
    to_build="You have not brought a single carry back in: now the same without it.",
    shows=show_hex,
)
TEXT = every(lambda got, right, s, *_: s[:4] in (got if isinstance(got, str) else got.decode("latin-1")), kind="any")
LITTLE = every(lambda got, right, *_: got[:8] == right[:8] and got[10:] == right[:9:-1])
chance = random.Random(33)
pseudo_header = Exercise(
    "3.2 pseudo_header",
    right=wire.pseudo_header,
    inputs=(
        *((HERE, HERE, 64), ("10.0.0.1", "10.0.0.2", 64), ("192.168.1.10", "8.8.4.4", 1480)),
        *(("255.255.255.255", "0.0.0.0", 20), ("1.2.3.4", "5.6.7.8", 65_515), (HERE, "127.1.2.3", 255)),
        ("172.16.254.3", "10.20.30.40", 256),
        *((f"10.{n}.7.{3 * n}", f"{n}.9.8.7", chance.randrange(21, 65_515)) for n in (9, 77)),
    ),
    signs={
        "As text, `127.0.0.1` is nine characters. In a packet an address has four bytes, one for each number.": TEXT,
        "The source comes first, as in the IP header.": gives(lambda s, d, n: wire.pseudo_header(d, s, n)),
        "You wrote {got[8]} and {got[9]}. First the zero, then IP's number for TCP, which is 6.": differs_only_at(8, 9),
        "Your 64 reads as 0x4000, which is 16384. Network order: the most significant byte first.": LITTLE,
        "The length you are given has everything of TCP in it. Write it down as it is.": differs_only_at(10, 11),
    },
    meaning="Twelve bytes that both ends can write down, and neither sends.",
    what_if="What if somebody on the way changed an address, on purpose? Who would have to mend the sum?",
    builds=wire.pseudo_header,
    to_build="Which twelve bytes are they? Now write them down without it.",
)

BLANK, RAW = (lambda x: x[:16] + bytes(2) + x[18:]), bytes  # with zeros in the checksum's field, and as it came


def summed(*lengths: Callable[[bytes], int], of: Sequence[Callable[[bytes], bytes]] = (BLANK, RAW)) -> Predicate:
    """Return a predicate: the sum of one of these bodies behind a pseudo-header with one of these lengths."""
    return lambda got, right, s, d, x: any(
        got == wire.checksum(wire.pseudo_header(s, d, length(x)) + body(x)) for length in lengths for body in of
    )


SEGMENT = gives(lambda s, d, x: wire.checksum(BLANK(x)), lambda s, d, x: wire.checksum(x))
BEHIND = gives(lambda s, d, x: wire.checksum(BLANK(x) + wire.pseudo_header(s, d, len(x))))
HEADS = [lambda x, of=of, end=end: of(x)[: end or x[12] // 4] for of in (BLANK, RAW) for end in (20, 0)]
ELSEWHERE = [lambda x, at=at: x[:at] + bytes(2) + x[at + 2 :] for at in (12, 14, 15, 17, 18)]
REPLACED = summed(len, of=[lambda x, n=n: x.replace(x[16:18], bytes(2), n) for n in (-1, 1)])
LENGTHS = summed(lambda x: len(x) - 20, lambda x: x[12] >> 4, lambda x: len(x) // 4, lambda x: len(x) - 2)
PADDED = summed(lambda x: len(x) + len(x) % 2, of=[BLANK])
ADDED = every(lambda got, right, s, d, x: got == right + FULL or got == right - 1 < wire.checksum(BLANK(x)))
PSEUDO = every(lambda got, right, s, d, x: (right - got) % FULL in (0x0600 - 0x0006, len(x) * 255 % FULL))
chance = random.Random(33)
tcp_checksum = Exercise(
    "3.3 tcp_checksum",
    right=wire.tcp_checksum,
    inputs=(  # the fourth has in its field what is also in its ports
        *((HERE, HERE, STORY[:16] + old + STORY[18:]) for old in (bytes(2), b"\0\x0f", b"\x6f\x57", b"\x1d\x1f")),
        ("10.0.0.1", "10.0.0.2", STORY),
        (HERE, HERE, bytes.fromhex("231d1f42 00000000 00000000 50020000 00000000") + b"odd"),
        ("10.0.0.1", "10.0.0.2", bytes.fromhex("231d1f42000000010000000050180000af570000") + b"GET / HTTP/1.0\r\n\r\n"),
        ("192.168.1.10", "8.8.4.4", bytes.fromhex("231d1f42 00000000 00000000 50110200 ffff0003")),
        (HERE, HERE, bytes.fromhex("231d1f42 00000000 00000000 6002ffff 00010000 020405b4") + b"five!"),
        *((f"10.0.{n}.1", f"10.1.{n}.9", chance.randbytes(12) + b"P" + chance.randbytes(7 + n)) for n in (1, 20, 230)),
    ),
    signs={
        "0x6da0 is right for the segment alone. The receiver also adds twelve bytes that you do not send.": SEGMENT,
        "Your own field is in the sum, so a good packet gives 0: that is a receiver checking.": summed(len, of=[RAW]),
        "The data is covered too. With zeros one hardly notices: ours is text.": summed(len, lambda x: 20, of=HEADS),
        "20 is the header's length. TCP's is header and data together.": summed(lambda x: 20, lambda x: x[12] // 4),
        "84 is IP's total. TCP begins behind IP's 20.": summed(lambda x: len(x) + 20),
        "The length counts all bytes, of header and data together.": LENGTHS,
        "Right while the data is even. Pad for adding, but tell the true length.": PADDED,
        "Right while the data is even. Behind an odd segment the twelve bytes slip by one: put them in front.": BEHIND,
        "Bytes 16 and 17 hold the checksum. You put zeros somewhere else.": summed(len, of=ELSEWHERE),
        "With `replace` you go by the bytes, not by their place: the same two may be elsewhere.": REPLACED,
        "Two checksums may be added, and their carry comes back in as well: fold once more.": ADDED,
        "The twelve bytes are not those of 3.2: there a zero is before the 6, and the length in network order.": PSEUDO,
    },
    meaning="0x6f57 for the story's packet: tcpdump's number, and yours. Now you can make one for any packet.",
    what_if="What if the right number is 0? What would you write into the field, and what would a receiver get?",
    builds=wire.tcp_checksum,
    to_build="It knows what the field holds while one adds: now take the two smaller functions, and say it yourself.",
    shows=show_hex,
)

COMES_BACK = "11fff has a 1 above its 16 bits, which comes back in: 1fff + 1. In this sum ffff adds nothing, as 0 does."
guess_carry = Guess(
    hex,
    Option("1fff", "0x1fff", f"In most computers, yes: there the carry falls off the top. {COMES_BACK}"),
    Option("2000", "0x2000", so=COMES_BACK),
    Option("2001", "0x2001", f"One too many. {COMES_BACK}"),
    Option("11fff", "0x11fff", f"That is the plain sum, and it needs 17 bits. {COMES_BACK}"),
)
BY_HAND = {
    0x123F2: "That is the plain sum. Bring its first digit back in at the bottom, then flip all bits.",
    0x23F2: "The carry fell off: 0x123f2 has five digits. The first one comes back in at the bottom.",
    0x23F3: "That is the sum, folded. One step is left: flip all bits, so that the two together make ffff.",
    0x1DC0D: "You flipped 0x123f2, which has five digits. Its carry comes back in first.",
    0xDC0D: "You flipped 23f2. The carry of 0x123f2 comes back in first: 23f3.",
    0x0CDC: "Your bytes are exchanged. Most significant first: 48 and 65 make the word 4865, not 6548.",
    0xF323: "Your bytes are exchanged: 48 and 65 make the word 4865, not 6548. And the last step is to flip.",
    **dict.fromkeys((0x0215, 0xFDEA), "Those are single bytes. Pair them: 48 and 65 make the word 4865."),
    **dict.fromkeys((~0x23F3, ~0x123F2), "Python's `~` knows no width. Keep the lowest 16 bits of it: `& 0xffff`."),
}
READ = {"int": int, "bytes": lambda b: int.from_bytes(b, "big"), "str": lambda s: int(s.replace(" ", ""), 16)}
TOGETHER = "4865 + 6c6c + 6f21 + dc0c, folded, is ffff: what is sent, with its checksum."
START = "Begin with the three words: 4865 + 6c6c + 6f21. How many digits has their sum, and where does the fifth go?"


def by_hand(answer: object) -> Comparison:
    """Compare the checksum of `Hello!` made on paper, a number or its hex digits; the right one is never told."""
    if is_empty(answer):
        return Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: write one above, then run this cell again.")
    try:
        said = READ[plain(answer).family](plain(answer).value)
    except (KeyError, ValueError):
        return Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: Write four hex digits, such as 0x1234.")
    shown = f"{said:#06x}" if 0 <= said <= FULL else show_hex(plain(said))
    if said == wire.checksum(b"Hello!"):
        return Comparison(Compared.AS_YOU_SAID, f"AS YOU SAID {shown}.\n{TOGETHER}")
    return Comparison(Compared.ANOTHER, f"YOU SAID {shown}: not yet.\n{BY_HAND.get(said, START)}")


ALONE = "0x6da0 is right for your 64 bytes. tcpdump must have added something that is not among them."
guess_alone = Guess(hex, Option("0x6f57", "0x6f57", ALONE), Option("another number", "0x6da0", so=ALONE))
guess_length = Guess(
    lambda numbers: next(length for length, number in numbers.items() if number == 0x6F57),
    Option("20 bytes", 20, "20 is the header alone. The data is covered as well."),
    Option("44 bytes", 44, "44 is the data alone. The header is covered as well."),
    Option("64 bytes", 64, so="Header and data: all that TCP made. IP's twenty do not count."),
    Option("84 bytes", 84, "84 is IP's total, with its own twenty bytes. TCP begins behind them."),
)
PAIRS = "They stand in the same place of two words, and one rises as the other falls: 3,364 of 130,816 pairs."
guess_damage = LettersGuess(  # of 10,000 copies, up to 50 are called a, up to 2,000 b, up to 9,000 c
    lambda missed: "".join("abcd"[bisect_left((50, 2_000, 9_000, 10_000), missed[kind])] for kind in DAMAGES),
    sentences=[
        "One bit: it changes one word and nothing else, so the sum changes too. Always.",
        f"Two bits: some pass. {PAIRS}",
        "Two words: none is seen. A sum does not know in which order its words came.",
        "Two bytes of a word: all are seen. A byte counts 256 times more in the left half: moved, it changes the sum.",
        "Noise: far fewer than that. It meets the right number by chance, once in about 65,536 copies. We made 10,000.",
    ],
    allowed="abcd",
    form='Write five letters of a to d, such as "dcbad".',
    so="Now say why the two bytes of one word are safe, and two words are not.",
    show=lambda *rows: " ".join("".join(rows)),
)
