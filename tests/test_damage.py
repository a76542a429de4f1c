"""Five kinds of damage, and what the Internet checksum makes of them."""

from itertools import combinations
from random import Random

import pytest

from tcpkit.check.lesson03 import PAIRS
from tcpkit.wire import Flags, Segment, TCPHeader, WireError, checksum, pseudo_header
from tcpkit.wire.damage import DAMAGES, damaged, noise, one_bit, two_bits, two_bytes, two_words

HERE = "127.0.0.1"
TEXT = b"GET /the-page-you-wanted HTTP/1.0\r\nHost: a\r\n"
GOOD = bytes(Segment(TCPHeader(8989, 8002, flags=Flags.SYN), TEXT).with_checksum(HERE, HERE))
PSEUDO = pseudo_header(HERE, HERE, len(GOOD))


def words(data):
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def bits_changed(copy):
    return (int.from_bytes(copy, "big") ^ int.from_bytes(GOOD, "big")).bit_count()


def copies(damage, count=300, seed=5):
    return list(damaged(GOOD, damage, count, seed))


def missed(damage, count, seed):
    return sum(checksum(PSEUDO + copy) == 0 for copy in damaged(GOOD, damage, count, seed))


@pytest.mark.parametrize("damage", DAMAGES.values())
def test_every_copy_differs_and_is_as_long(damage):
    found = copies(damage)
    assert len(found) == 300
    assert all(copy != GOOD and len(copy) == len(GOOD) for copy in found)
    assert len(set(found)) > 20


@pytest.mark.parametrize("damage", DAMAGES.values())
def test_the_seed_decides(damage):
    assert copies(damage) == copies(damage)
    assert copies(damage) != copies(damage, seed=6)


def test_one_bit():
    assert {bits_changed(copy) for copy in copies(one_bit)} == {1}


def test_two_bits_are_two():
    assert {bits_changed(copy) for copy in copies(two_bits, 3_000)} == {2}


def test_any_bit_may_be_hit():
    hit = set()
    for copy in copies(one_bit, 6_000):
        hit.add(int.from_bytes(copy, "big") ^ int.from_bytes(GOOD, "big"))
    assert len(hit) == 8 * len(GOOD)


def test_any_pair_of_bits_may_be_hit():
    assert {two_bits(b"a", Random(seed)) for seed in range(500)} == {
        bytes([b"a"[0] ^ 1 << first ^ 1 << second]) for first, second in combinations(range(8), 2)
    }


def test_two_words_change_places():
    for copy in copies(two_words):
        moved = [at for at, (before, now) in enumerate(zip(words(GOOD), words(copy), strict=True)) if before != now]
        assert len(moved) == 2
        assert sorted(words(copy)) == sorted(words(GOOD))


def test_two_bytes_of_one_word_change_places():
    for copy in copies(two_bytes):
        (moved,) = [at for at, (before, now) in enumerate(zip(words(GOOD), words(copy), strict=True)) if before != now]
        assert words(copy)[moved] == words(GOOD)[moved][::-1]


@pytest.mark.parametrize("damage", [two_words, two_bytes])
def test_any_word_may_be_hit(damage):
    hit = set()
    for copy in copies(damage, 2_000):
        hit |= {at for at, (before, now) in enumerate(zip(words(GOOD), words(copy), strict=True)) if before != now}
    alike = {at for at, word in enumerate(words(GOOD)) if word[0] == word[1]} if damage is two_bytes else set()
    assert hit == set(range(len(GOOD) // 2)) - alike


def test_noise_leaves_the_header_alone():
    found = copies(noise)
    assert {copy[:20] for copy in found} == {GOOD[:20]}
    assert len({copy[-1] for copy in found}) > 100
    assert len({copy[20] for copy in found}) > 100


def test_equal_words_cannot_be_swapped():
    with pytest.raises(WireError, match="equal words cannot be swapped"):
        next(damaged(bytes(64), two_words, 1, seed=0))


def test_what_the_lesson_counts():
    """The figures that stand in lesson 03, the exact one among them."""
    counts = {kind: missed(damage, 10_000, seed=122) for kind, damage in DAMAGES.items()}
    assert counts == {
        "one bit flipped": 0,
        "two bits flipped": 255,
        "two pairs of bytes swapped": 10_000,
        "two bytes of a pair swapped": 0,
        "text turned into noise": 0,
    }


def test_how_many_pairs_of_bits_pass_exactly():
    number, size = int.from_bytes(GOOD, "big"), 8 * len(GOOD)
    pairs = list(combinations(range(size), 2))
    # A pair keeps the sum if it moves it by a multiple of 0xffff.
    moves = [(1 if not number >> bit & 1 else -1) * 2 ** (bit % 16) for bit in range(size)]
    passing = sum((moves[first] + moves[second]) % 0xFFFF == 0 for first, second in pairs)
    assert (passing, len(pairs)) == (3_364, 130_816)
    assert f"{passing:,} of {len(pairs):,} pairs" in PAIRS
    first, second = next(pair for pair in pairs if (moves[pair[0]] + moves[pair[1]]) % 0xFFFF == 0)
    copy = (number ^ 1 << first ^ 1 << second).to_bytes(len(GOOD), "big")
    assert checksum(PSEUDO + copy) == 0
