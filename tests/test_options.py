"""TCP options: bytes to values and back, whatever the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.wire import (
    EOL,
    MSS,
    NOP,
    SACK,
    Broken,
    SACKPermitted,
    TCPHeader,
    Timestamps,
    Unknown,
    WindowScale,
    WireError,
)
from tcpkit.wire.options import Option, pack_options, parse_options

ONE_OF_EACH = [
    (EOL(), "00"),
    (EOL(b"\7\0"), "00 07 00"),
    (NOP(), "01"),
    (MSS(1460), "02 04 05b4"),
    (WindowScale(7), "03 03 07"),
    (SACKPermitted(), "04 02"),
    (SACK(()), "05 02"),
    (SACK(((1, 2), (2**32 - 1, 0))), "05 12 00000001 00000002 ffffffff 00000000"),
    (Timestamps(1, 2**32 - 1), "08 0a 00000001 ffffffff"),
    (Unknown(34), "22 02"),
    (Unknown(254, b"\xf9\x89"), "fe 04 f989"),
    (Unknown(2, b"\5\xb4\0"), "02 05 05b400"),
    (Unknown(4, b"\0"), "04 03 00"),
    (Unknown(5, b"1234567"), "05 09 31323334353637"),
    (Unknown(8, b"1234567"), "08 09 31323334353637"),
    (Broken(b"\2"), "02"),
    (Broken(b"\3\0\1"), "03 00 01"),
    (Broken(b"\3\1\1"), "03 01 01"),
    (Broken(b"\2\5\1\1"), "02 05 01 01"),
]


@pytest.mark.parametrize(("option", "digits"), ONE_OF_EACH, ids=lambda value: str(value))
def test_each_option_and_its_bytes(option, digits):
    assert bytes(option) == bytes.fromhex(digits)
    assert parse_options(bytes.fromhex(digits)) == (option,)
    assert isinstance(option, Option)


@given(st.binary(max_size=60))
def test_any_bytes_come_back_as_they_were(data):
    assert pack_options(parse_options(data)) == data


@given(st.lists(st.sampled_from([option for option, _ in ONE_OF_EACH if not isinstance(option, EOL | Broken)])))
def test_any_list_of_options_comes_back_as_it_was(options):
    assert parse_options(pack_options(options)) == tuple(options)


def test_nothing_is_read_after_the_end_of_the_list():
    assert parse_options(bytes.fromhex("01 00 02 04 05b4")) == (NOP(), EOL(bytes.fromhex("0204 05b4")))


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (MSS(65_536), "size is 65536: its 16 bits hold 0 to 65535"),
        (MSS(-1), "size is -1"),
        (MSS(1460.0), "size is 1460.0, which is not a whole number"),
        (MSS("1460"), "size is '1460', which is not a whole number"),
        (WindowScale(256), "shift is 256: its 8 bits hold 0 to 255"),
        (Timestamps(2**32, 0), "value is 4294967296: its 32 bits"),
        (Timestamps(0, None), "echo is None"),
        (Unknown(256), "kind is 256: its 8 bits"),
        (Unknown(77, bytes(254)), "length is 256: its 8 bits"),
        (Unknown(77, "text"), "bytes.fromhex"),
        (Unknown(77, 3), "struct.pack"),
        (EOL(5), "struct.pack"),
        (Broken("text"), "bytes.fromhex"),
        (SACK(((1, 2**32),)), "pairs of numbers from 0 to 4294967295"),
        (SACK(((1,),)), "pairs of numbers"),
        (SACK((1, 2)), "pairs of numbers"),
        (SACK(5), "pairs of numbers"),
        (SACK(((0, 0),) * 32), "pairs of numbers"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_named(option, words):
    with pytest.raises(WireError, match=words):
        bytes(option)
    with pytest.raises(WireError, match=words):
        TCPHeader(1, 2, options=(option,))


@pytest.mark.parametrize("options", [MSS(1460), b"\1\1", "mss", 5, None, (b"\1",), (1,), [None]])
def test_what_is_not_a_tuple_of_options_is_told_so(options):
    with pytest.raises(WireError, match="write a tuple of options"):
        pack_options(options)
    with pytest.raises(WireError, match="write a tuple of options"):
        TCPHeader(1, 2, options=options)
    with pytest.raises(WireError, match="write a tuple of options"):
        TCPHeader(1, 2, options=options, data_offset=6)
