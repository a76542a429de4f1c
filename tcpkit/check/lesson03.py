"""Lesson 03, checksum: one recall, three exercises, four guesses."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

from tcpkit import wire
from tcpkit.check.call import Function
from tcpkit.check.exercise import Exercise
from tcpkit.check.questions import Guess, LettersGuess, Option, Recall, as_you_said, is_empty, no_guess
from tcpkit.check.signs import Predicate, Sign, differs_only_at, every, gives, wherever
from tcpkit.check.values import plain, show_hex
from tcpkit.check.verdict import Compared, Comparison, Status
from tcpkit.wire.damage import DAMAGES
from tcpkit.wire.ipv4 import LOOPBACK as HERE
from tcpkit.wire.story_syn import story_syn

STORY = bytes(story_syn(5, 0))
FULL = 0xFFFF  # the largest word; sums that differ by a multiple of it are the same once folded

recall = Recall(
    "3.0",
    right=24,
    wrong={
        6: "6 is the number in the field. It counts 32-bit words: how many bytes are they?",
        96: "96 is the whole byte, 0x60. The field has the left half of it.",
        60: "60 is hex read as decimal. Which half of 0x60 is the field?",
        0: "The right half is reserved. The offset is the left half of the byte.",
        12: "The offset counts words of four bytes, not of two.",
        20: "20 bytes are right for an offset of 5. Which number does the left half of 0x60 hold?",
    },
    meaning="6 words of four bytes: the twenty that every header has, and one word of options.",
)


def on_even(predicate: Predicate) -> Sign:
    """Return a sign of all even numbers of bytes, from 2 on: what becomes of none, or of an odd end, comes after."""
    return wherever(lambda d: len(d) in range(2, 999, 2), lambda got, d: predicate(got, wire.checksum(d), d))


def sums(*adds: Function) -> Sign:
    """Return a sign: the words were added in one of these ways, then flipped in any that Python has."""
    return on_even(lambda got, right, d: any(got in (~n & FULL, FULL - n, FULL ^ n) for n in (add(d) for add in adds)))


def big(data: bytes) -> int:
    """Return the sum of the words, before any carry comes back in."""
    return 256 * sum(data[::2]) + sum(data[1::2])


ZERO = every(lambda got, right, *_: {got, right} == {0, FULL})
NO_CARRY = sums(lambda d: big(d) & FULL)
FOLDED_ONCE = sums(lambda d: (big(d) & FULL) + (big(d) >> 16))
SUM = on_even(lambda got, right, d: got >= 0 and (got + right) % FULL == 0)
ONE_MORE = on_even(lambda got, right, d: got >= 0 and (got - right) % (FULL + 1) == 1)
TILDE = on_even(lambda got, right, d: (got + (got < 0) - right) % (FULL if got < 0 else FULL + 1) == 0)
EXCHANGED = on_even(lambda got, right, d: (got - 256 * right) % FULL in (0, -512 * right % FULL, FULL - 1))
SINGLE = on_even(lambda got, right, d: got % 256 in (sum(d) % 256, ~sum(d) % 256, -sum(d) % 256) or got == sum(d) % 255)
FOLDS = (lambda n: n & FULL + (n >> 16)), (lambda n: (n & FULL) + n >> 16), (lambda n: n & FULL + n >> 16)
GROUPED = sums(big, *(lambda d, fold=fold: fold(big(d)) for fold in FOLDS))
SHIFTED = on_even(lambda got, right, d: (got + sum(d[i] << 8 + d[i + 1] for i in range(0, len(d), 2))) % FULL == 0)
FIRST_WORD = on_even(lambda got, right, d: bool({got, FULL - got} & {wire.checksum(d[:2]), wire.checksum(d[1::-1])}))
ODD = every(lambda got, right, d: len(d) % 2)
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
        "Right but for 0 and ffff. The checksum of `ff ff` is 0; that of no bytes, and of zeros, is ffff.": ZERO,
        "The carry above 16 bits was thrown away. Add it to the rest.": NO_CARRY,
        "On `ff ff ff ff 00 01` folding makes a carry of its own: fold until the sum has at most 16 bits.": FOLDED_ONCE,
        "The sum of `Hello!` has 17 bits. Add the part above 16 bits to the rest, then flip all bits.": sums(big),
        "That is the sum. If it has more than 16 bits, fold it. Then flip every bit.": SUM,
        "One more than it should be. One's complement flips the bits, and does not add 1.": ONE_MORE,
        "Python's `~` has no fixed width, so you got {got}. Keep the lowest 16 bits.": TILDE,
        "The bytes are exchanged, in each word or at the end: `He` is the word 4865, not 6548.": EXCHANGED,
        "You add single bytes. Add 16-bit words, two bytes each.": SINGLE,
        "`+` comes before `>>` and `&`: put brackets around both halves of the sum that you fold.": GROUPED,
        "`+` comes before `<<`: put brackets around the shift, or write `|` for `+`.": SHIFTED,
        "Only the first two bytes count: is the `return` inside the loop?": FIRST_WORD,
        "Right for an even number of bytes. An odd last byte gets a zero behind it: the byte `a` becomes 6100.": ODD,
    },
    meaning="The checksum of everything, the checksum field included, is 0: that is the receiver's test.",
    builds=wire.checksum,
    to_build="tcpkit did the adding and folding. Now write the same without it.",
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
        "The last two bytes are not `tcp_length`. It counts header and data: keep it.": differs_only_at(10, 11),
    },
    meaning="Both ends can write these twelve bytes down, so nobody has to send them.",
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
SHORTER = [lambda x: 20, lambda x: x[12] // 4, *(lambda x, n=n: len(x) - n for n in (2, 20)), lambda x: len(x) // 4]
PADDED = summed(lambda x: len(x) + len(x) % 2, of=[BLANK])
ADDED = every(lambda got, right, s, d, x: got == right + FULL or got == right - 1 < wire.checksum(BLANK(x)))
PSEUDO = every(lambda got, right, s, d, x: got in {(right + n) % FULL for n in (-0x5FA, -255 * len(x), -11, 6, len(x))})
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
        *((HERE, HERE, STORY[:14] + window + STORY[16:]) for window in (b"\x6f\x57", b"\x6f\x58")),  # 0; a second carry
    ),
    again={checksum: lambda got, s, d, x: (got, (wire.pseudo_header(s, d, len(x)) + BLANK(x),))},
    signs={
        "Right but for one: a checksum of 0 becomes ffff. UDP has that rule. TCP sends the 0.": ZERO,
        "0x6da0 is right for the segment alone. The receiver also adds twelve bytes that you do not send.": SEGMENT,
        "The old checksum is in your sum, so a good packet gives 0, as in the receiver's test.": summed(len, of=[RAW]),
        "The sum covers the data too. Zeros add nothing, but text does.": summed(len, lambda x: 20, of=HEADS),
        "84 is IP's length, with its own 20 bytes. TCP begins behind them.": summed(lambda x: len(x) + 20),
        "The pseudo-header does not count itself: its length is that of the segment.": summed(lambda x: len(x) + 12),
        "The length counts all of TCP's bytes, of header and data together.": summed(*SHORTER, lambda x: x[12] >> 4),
        "Right for an even number of bytes. The added zero byte does not count in the TCP length.": PADDED,
        "Right for an even number of bytes. Put the twelve bytes in front: behind an odd end they move by one.": BEHIND,
        "Bytes 16 and 17 hold the checksum. You put zeros somewhere else.": summed(len, of=ELSEWHERE),
        "The twelve bytes are not those of 3.2: there a zero is before the 6, and the length in network order.": PSEUDO,
        "You add two checksums. Their sum may have a carry as well: fold once more.": ADDED,
    },
    meaning="For the story's packet you get 0x6f57, as tcpdump does. You can now compute it for any packet.",
    builds=wire.tcp_checksum,
    to_build="tcpkit put zeros into the field. Now do that yourself, with the two smaller functions.",
    shows=show_hex,
)

FOLDED = "The sum is 11fff. Folded, it is 1fff + 1 = 2000: adding ffff changes nothing, as adding 0 does."
guess_carry = Guess(
    hex,
    Option("1fff", "0x1fff", f"Most computers add like that: they throw the carry away. {FOLDED}"),
    Option("2000", "0x2000", so=FOLDED),
    Option("2001", "0x2001", f"One too many. {FOLDED}"),
    Option("11fff", "0x11fff", f"That is the sum before folding, and it needs 17 bits. {FOLDED}"),
)
READ = {"int": int, "bytes": lambda b: int.from_bytes(b, "big"), "str": lambda s: int(s.replace(" ", ""), 16)}
TOGETHER = "The receiver adds the checksum too: 4865 + 6c6c + 6f21 + dc0c, folded, is ffff."
START = "Begin with the three words: 4865 + 6c6c + 6f21. How many digits does their sum have? Fold it, then flip."


def by_hand(answer: object) -> Comparison:
    """Compare the checksum of `Hello!` made on paper, a number or its hex digits; the right one is never told."""
    if is_empty(answer):
        return no_guess(Guess.unwritten)
    try:
        said = READ[plain(answer).family](plain(answer).value)
    except (KeyError, ValueError):
        return no_guess("Write four hex digits, such as 0x1234.")
    shown, verdict = show_hex(plain(said)), replace(checksum, inputs=checksum.inputs[:1])(lambda data: said)
    if verdict.status is Status.PASS:
        return as_you_said(shown, TOGETHER)
    return Comparison(Compared.ANOTHER, f"YOU SAID {shown}: not yet.\n{verdict.sentence if verdict.mistake else START}")


guess_length = Guess(
    lambda numbers: next(length for length, number in numbers.items() if number == 0x6F57),
    Option("20 bytes", 20, "20 is the header alone. The data is covered as well."),
    Option("44 bytes", 44, "44 is the data alone. The header is covered as well."),
    Option("64 bytes", 64, so="Header and data: the whole segment. IP's twenty bytes do not count."),
    Option("84 bytes", 84, "84 is IP's length, with its own twenty bytes. TCP begins behind them."),
)
PAIRS = "Their bits are at the same place of two words; one flip adds what the other subtracts: 3,364 of 130,816 pairs."
guess_damage = LettersGuess(  # of 10,000 copies, up to 50 are called a, up to 2,000 b, up to 9,000 c
    lambda missed: "".join("abcd"[bisect_left((50, 2_000, 9_000, 10_000), missed[kind])] for kind in DAMAGES),
    sentences=[
        "One bit: it changes one word and nothing else, so the sum always changes.",
        f"Two bits: some copies pass. {PAIRS}",
        "Two pairs: every copy passes. A sum is the same in any order.",
        "Two bytes of a pair: no copy passes. The first byte of a pair counts 256 times as much as the second.",
        "Noise: it passes by chance alone, about once in 65,536 copies. We made 10,000.",
    ],
    allowed="abcd",
    form='Write five letters of a to d, such as "dcbad".',
    so="A sum is the same in any order, but the first byte of a pair counts 256 times as much as the second.",
    show=lambda *rows: " ".join("".join(rows)),
)
