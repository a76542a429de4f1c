"""Values whatever type carried them, and in a few words."""

import array
from enum import IntEnum

import numpy as np
import pytest
from hostile import Hostile
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.check.values import Plain, name_family, plain, show, show_hex, show_kind
from tcpkit.wire import Flags, Segment, TCPHeader


class Port(int):
    def __eq__(self, other):
        raise RuntimeError("the learner's own code ran")

    __hash__ = int.__hash__
    __repr__ = __int__ = __index__ = __eq__


class Word(bytes):
    def __bytes__(self):
        return b"another"


class Colour(IntEnum):
    RED = 2


SAME = {
    "bytes": [
        *(kind(b"\x23\x1d") for kind in (bytes, bytearray, memoryview, np.bytes_, Word)),
        *(np.array([0x23, 0x1D], dtype=np.uint8), array.array("B", [0x23, 0x1D])),
    ],
    "int": [2, Flags.SYN, np.int64(2), np.uint16(2), Port(2), Colour.RED],
    "bool": [True, np.bool_(True)],
    "str": ["a", np.str_("a")],
    "float": [2.0, np.float64(2), np.float32(2)],
    "sequence": [(Flags.RST | Flags.ACK, 0, 45), [0x14, 0, 45], (np.int64(20), Port(0), 45)],
}


@pytest.mark.parametrize(("family", "values"), SAME.items(), ids=SAME)
def test_the_type_that_carried_a_value_does_not_count(family, values):
    assert {plain(value) for value in values} == {plain(values[0])}
    assert plain(values[0]).family == family


@pytest.mark.parametrize("one", SAME)
@pytest.mark.parametrize("other", SAME)
def test_kinds_are_not_mixed_up(one, other):
    values = {"bytes": b"2", "int": 1, "bool": True, "str": "2", "float": 1.0, "sequence": (1,)}
    assert (plain(values[one]) == plain(values[other])) == (one == other)


def test_what_is_no_buffer_of_bytes_is_not_bytes():
    for value in (np.array([1, 2]), array.array("H", [1]), np.zeros((2, 2), dtype=np.uint8)):
        assert plain(value).family == "object"


def test_values_of_the_wire_compare_by_their_fields():
    header = TCPHeader(8989, 8000)
    assert plain(Segment(header, b"a")) == plain(Segment(TCPHeader(8989, 8000), bytearray(b"a")))
    assert plain(Segment(header, b"a")) != plain(Segment(header, b"b"))


def test_a_list_that_holds_itself_comes_to_an_end():
    endless = [1]
    endless.append(endless)
    inside, depth = plain(endless), 0
    while inside.family == "sequence":
        inside, depth = inside.value[1], depth + 1
    assert depth == 5
    assert len(show(plain(endless))) < 300


class HostileList(list):
    def __iter__(self):
        raise RuntimeError("hands off")


def test_never_fails():
    for value in (Hostile(), HostileList([1]), object(), print, {1: Hostile()}, {Port(1)}, Hostile):
        assert isinstance(show(plain(value)), str)
        assert isinstance(name_family(plain(value)), str)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(anything)
def test_words_are_short_and_in_one_line(value):
    words = show(plain(value))
    assert len(words) <= 260
    assert "\n" not in words
    assert plain(value) == plain(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"", "no bytes at all"),
        (bytes(20), " ".join(["00"] * 20)),
        (bytes(64), " ".join(["00"] * 20) + " ... (64 bytes)"),
        (2**32, "4294967296"),
        (1 << 10**7, "a number of 10000001 bits"),
        ("x" * 10**6, "'" + "x" * 59 + "..."),
        ((Flags.SYN, 0, None), "(S, 0, None)"),
        (Flags.RST | Flags.ACK, "R."),
        (Flags(0), "none"),
        ((), "()"),
        ((7,), "(7,)"),
        ([object()], "[object]"),
        ({"TcpInErrs": 1}, "{'TcpInErrs': 1}"),
        ([1] * 9, "[1, 1, 1, 1, ...]"),
        ({3, 1}, "{1, 3}"),
        (1.5, "1.5"),
        (True, "True"),
        (object(), "a value of type object"),
        (..., "..."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_shows(value, words):
    assert show(plain(value)) == words


def test_names_kinds():
    names = ["bytes", "a number (int)", "text (str)", "a float", "None", "a value of type object"]
    assert [name_family(plain(value)) for value in (b"", 1, "", 1.0, None, object())] == names
    assert plain(...) == Plain("...")


def test_lists_and_flags_have_a_name_and_equal_tuples_and_numbers():
    words = ["[1, 2], a list", "(1, 2), a tuple", "R., flags (Flags)", "20, a number (int)"]
    assert [show_kind(plain(value)) for value in ([1, 2], (1, 2), Flags(20), 20)] == words
    assert plain([1, (2,)]) == plain((1, [2]))
    assert hash(plain([1])) == hash(plain((1,)))


def test_numbers_in_hex():
    words = ["0x0000", "0xaf57", "-0x001", "a number of 101 bits", "af", "0x0002"]
    assert [show_hex(plain(value)) for value in (0, 0xAF57, -1, 1 << 100, b"\xaf", Flags.SYN)] == words
