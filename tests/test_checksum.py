"""The Internet checksum, against plain addition and against scapy."""

import array

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.utils import checksum as scapy_checksum

from tcpkit.wire import WireError, checksum, pseudo_header, tcp_checksum, unfinished_checksum
from tcpkit.wire.checksum import LANES_FROM, NUMPY_FROM, address_bytes

NOT_BYTES = [("0001", "hex"), (64, "struct.pack"), (None, "return"), ([1, 2], "list"), (1.5, "float")]


def by_hand(data: bytes) -> int:
    """Add word after word, as RFC 1071 tells it."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


@given(st.binary(max_size=3000))
@example(b"")
@example(b"\xff")
@example(b"\xff\xff\xff\xff\x00\x01")  # the fold itself carries
def test_equals_addition_by_hand_and_scapy(data):
    assert checksum(data) == by_hand(data) == scapy_checksum(data)


@pytest.mark.parametrize("size", range(12))
@pytest.mark.parametrize("base", [0, LANES_FROM - 6, NUMPY_FROM - 6, 60_000, 65_524])
@pytest.mark.parametrize("octet", [b"\0", b"\xff", None], ids=["zeros", "ones", "mixed"])
def test_every_way_of_adding_agrees_at_its_edges(base, size, octet):
    data = (octet or bytes(range(3, 254))) * (base + size)
    data = data[: base + size]
    assert checksum(data) == by_hand(data)


@pytest.mark.parametrize("size", [2, 20, 600, 601, 5000, 5001, 65_535])
def test_no_bit_and_every_bit_are_the_two_zeros(size):
    assert checksum(bytes(size)) == 0xFFFF
    assert checksum(b"\xff" * (size // 2 * 2)) == 0


@pytest.mark.parametrize(("base", "end"), [(0, 200), (700, 1801), (3, 65_538)])
def test_every_bytes_like_object_counts_as_its_bytes(base, end):
    whole = bytes(number * 7 % 251 for number in range(65_540))
    expected = by_hand(whole[base:end])
    assert checksum(memoryview(whole)[base:end]) == expected
    assert checksum(bytearray(whole[base:end])) == expected
    assert checksum(array.array("B", whole[base:end])) == expected
    assert checksum(memoryview(whole)[base:end:3]) == by_hand(whole[base:end:3])


def test_a_buffer_of_wide_items_is_measured_in_bytes():
    words = array.array("H", [1, 2, 3])
    assert checksum(words) == checksum(memoryview(words)) == by_hand(words.tobytes())


@pytest.mark.parametrize(("thing", "advice"), NOT_BYTES)
def test_what_is_not_bytes_is_told_so(thing, advice):
    with pytest.raises(WireError, match=advice):
        checksum(thing)
    with pytest.raises(WireError, match=advice):
        tcp_checksum("127.0.0.1", "127.0.0.1", thing)


def test_a_released_view_is_told_so():
    view = memoryview(b"abcd")
    view.release()
    with pytest.raises(WireError, match="memoryview"):
        checksum(view)


@given(st.binary(min_size=20, max_size=100), st.integers(0, 0xFFFF))
def test_tcp_checksum_ignores_what_stands_in_its_field(segment, there):
    found = tcp_checksum("10.0.0.1", "192.168.7.9", segment)
    other = segment[:16] + there.to_bytes(2, "big") + segment[18:]
    assert tcp_checksum("10.0.0.1", "192.168.7.9", other) == found
    sealed = segment[:16] + found.to_bytes(2, "big") + segment[18:]
    assert by_hand(pseudo_header("10.0.0.1", "192.168.7.9", len(segment)) + sealed) == 0


def test_tcp_checksum_of_the_story():
    syn = bytes.fromhex("231d1f42 00000000 00000000 50020000 00000000")
    assert tcp_checksum("127.0.0.1", "127.0.0.1", syn + bytes(44)) == 0x6F55
    assert tcp_checksum("127.0.0.1", "127.0.0.1", syn + b"odd") == 0x9C19


def test_a_segment_that_ends_before_the_field():
    with pytest.raises(WireError, match="17 bytes end before"):
        tcp_checksum("127.0.0.1", "127.0.0.1", bytes(17))
    assert tcp_checksum("127.0.0.1", "127.0.0.1", bytes(18)) == by_hand(pseudo_header("127.0.0.1", "127.0.0.1", 18))


def test_pseudo_header_is_in_the_order_of_the_rfc():
    assert pseudo_header("10.0.0.1", "192.168.7.9", 0x1234) == bytes([10, 0, 0, 1, 192, 168, 7, 9, 0, 6, 0x12, 0x34])
    assert pseudo_header("0.0.0.0", "255.255.255.255", 65_535).hex() == "00000000ffffffff0006ffff"


@pytest.mark.parametrize("length", [-1, 65_536, 1.5, "20", None])
def test_a_tcp_length_that_does_not_fit(length):
    with pytest.raises(WireError, match=r"tcp_length is .*0 to 65535"):
        pseudo_header("127.0.0.1", "127.0.0.1", length)


@given(st.tuples(*[st.integers(0, 255)] * 4))
def test_an_address_is_four_bytes(octets):
    assert address_bytes(".".join(map(str, octets))) == bytes(octets)


@pytest.mark.parametrize(
    "address",
    [
        "localhost",
        "",
        "127.0.0",
        "127.0.0.1.2",
        "127.0.0.256",
        "127.0.0.-1",
        "127.0.0.+1",
        "127.0.0.01",
        "127.0.0. 1",
        "127.0.0.\u0661",
        "127.0.0.x.1",
        "127.0.0." + "9" * 5000,
        "::1",
        b"127.0.0.1",
        2130706433,
        None,
    ],
)
def test_what_is_not_an_address_is_told_so(address):
    with pytest.raises(WireError, match="is not an IPv4 address: write four numbers"):
        pseudo_header("127.0.0.1", address, 20)
    with pytest.raises(WireError, match="is not an IPv4 address: write four numbers"):
        pseudo_header(address, "127.0.0.1", 20)


def test_an_address_that_cannot_even_be_looked_up():
    with pytest.raises(WireError, match="cannot be packed"):
        pseudo_header(["127.0.0.1"], "127.0.0.1", 20)


def test_unfinished_checksum_is_the_folded_sum_of_the_pseudo_header():
    inputs = [("127.0.0.1", "127.0.0.1", 32), ("192.168.0.2", "192.168.0.7", 40), ("10.0.0.1", "10.0.0.2", 20)]
    assert [hex(unfinished_checksum(*each)) for each in inputs] == ["0xfe28", "0x8188", "0x141d"]
