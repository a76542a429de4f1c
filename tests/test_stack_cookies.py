"""SYN cookies: a number that remembers a SYN, and that nobody else can make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.stack.numbers import MSS_TABLE, SLOT_S, cookie, remembered_mss

SECRET, KEY = b"a secret", bytes.fromhex("0a000001 9c40 0050")
numbers = st.integers(0, 2**32 - 1)


@given(numbers, st.integers(0, 65_535), st.floats(0, 1e9))
def test_it_remembers_the_mss_or_the_next_smaller(irs, mss, now):
    made = cookie(SECRET, KEY, irs, mss, now)
    assert 0 <= made < 2**32
    smaller = [each for each in MSS_TABLE if each <= mss]
    assert remembered_mss(SECRET, KEY, irs, made, now) == max(smaller, default=MSS_TABLE[0])


def test_the_table_holds_the_mss_of_a_bare_ethernet_and_of_nobody_who_said():
    assert MSS_TABLE[-1] == 1460
    assert 536 in MSS_TABLE
    assert list(MSS_TABLE) == sorted(MSS_TABLE)
    assert len(MSS_TABLE) == 8, "three bits"


@pytest.mark.parametrize(("age_s", "holds"), [(0, True), (60, True), (SLOT_S, True), (2 * SLOT_S, False), (1e9, False)])
def test_it_holds_for_its_slot_of_time_and_the_next(age_s, holds):
    made = cookie(SECRET, KEY, 7, 1460, now=10 * SLOT_S)
    assert (remembered_mss(SECRET, KEY, 7, made, 10 * SLOT_S + age_s) == 1460) is holds


def test_it_does_not_come_back_when_the_slots_bits_wrap():
    made = cookie(SECRET, KEY, 7, 1460, now=0.0)
    assert remembered_mss(SECRET, KEY, 7, made, 32 * SLOT_S) is None


def test_one_from_the_future_is_not_ours():
    made = cookie(SECRET, KEY, 7, 1460, now=5 * SLOT_S)
    assert remembered_mss(SECRET, KEY, 7, made, now=4 * SLOT_S) is None


@pytest.mark.parametrize("bit", range(32))
def test_no_bit_of_it_can_be_turned_over(bit):
    made = cookie(SECRET, KEY, 7, 1400, now=100.0)
    assert remembered_mss(SECRET, KEY, 7, made ^ 1 << bit, now=100.0) is None


@pytest.mark.parametrize(
    ("secret", "key", "irs"),
    [(b"another", KEY, 7), (SECRET, KEY[:-1] + b"\x51", 7), (SECRET, b"\x0b" + KEY[1:], 7), (SECRET, KEY, 8)],
    ids=["secret", "port", "address", "first number"],
)
def test_it_holds_for_the_one_who_got_it_only(secret, key, irs):
    made = cookie(SECRET, KEY, 7, 1400, now=100.0)
    assert remembered_mss(SECRET, KEY, 7, made, now=100.0) == 1400
    assert remembered_mss(secret, key, irs, made, now=100.0) is None


@given(numbers, numbers, st.floats(-1e9, 1e9))
def test_a_guess_is_worth_nothing(irs, guess, now):
    assert remembered_mss(b"unguessed", KEY, irs, guess, now) is None
