"""Initial sequence numbers: a clock that begins elsewhere for everybody (RFC 6528)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stack_trace import THEM as PEER
from stack_trace import Packets

from tcpkit.stack.numbers import initial_sequence_number, keyed_hash

US, THEM = ("10.0.0.2", 80), ("10.0.0.1", 40_000)
SECRET = b"a secret"


def number(secret=SECRET, local=US, remote=THEM, now=100.0):
    return initial_sequence_number(secret, local, remote, now)


@given(st.floats(0, 1e10), st.floats(0, 10_000))
def test_it_counts_a_quarter_of_a_million_a_second_and_wraps(now, later):
    ticks = int((now + later) * 250_000) - int(now * 250_000)
    assert (number(now=now + later) - number(now=now)) % 2**32 == ticks % 2**32


@given(st.floats(-1e15, 1e15))
def test_it_fits_the_field_whatever_the_clock_says(now):
    assert 0 <= number(now=now) < 2**32


def test_the_same_questions_get_the_same_answer():
    assert number() == number()


def test_each_part_counts():
    others = [
        number(secret=b"another"),
        number(local=("10.0.0.3", 80)),
        number(local=("10.0.0.2", 81)),
        number(remote=("10.0.0.9", 40_000)),
        number(remote=("10.0.0.1", 40_001)),
    ]
    assert len({number(), *others}) == 6


def test_neighbours_are_nowhere_near_each_other():
    """Who sees the number for one port cannot guess that for the next."""
    numbers = [number(remote=("10.0.0.1", port)) for port in range(1000)]
    near = sum((later - sooner) % 2**32 < 2**32 // 100 for sooner, later in itertools.pairwise(numbers))
    assert near < 30, "one in a hundred would be luck"
    assert len({each >> 24 for each in numbers}) > 200


@given(st.binary(max_size=20), st.integers(), st.text(max_size=5))
def test_a_hash_of_any_parts_is_32_bits(part, other, word):
    assert 0 <= keyed_hash(SECRET, part, other, word) < 2**32


def test_parts_do_not_run_into_each_other():
    assert keyed_hash(SECRET, "ab", "c") != keyed_hash(SECRET, "a", "bc")
    assert keyed_hash(SECRET, 1, 23) != keyed_hash(SECRET, 12, 3)


@pytest.mark.parametrize("iss", [0, 2**32 - 70_000])
def test_a_number_that_the_settings_choose_is_used_both_ways(iss):
    p = Packets(iss=iss)
    p.stack.connect(*PEER, p.now, source_port=5)
    assert p.goes("S").seq == iss
    p.stack.listen(8000)
    p.comes("S", 7)
    assert p.goes("S.").seq == iss
