"""The IPv4 header, against scapy and against hostile bytes."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP

from tcpkit.wire import IPv4Header, Segment, TCPHeader, WireError, checksum

octets = st.tuples(*[st.integers(0, 255)] * 4)
addresses = octets.map(lambda four: ".".join(map(str, four)))
BITS = {
    "total_length": 16,
    "identification": 16,
    "ttl": 8,
    "protocol": 8,
    "flags": 3,
    "fragment_offset": 13,
    "tos": 8,
    "version": 4,
    "header_words": 4,
    "checksum": 16,
}


def fields_of(names):
    return st.fixed_dictionaries({}, optional={name: st.integers(0, 2 ** BITS[name] - 1) for name in names})


def headers():
    options = st.binary(max_size=40)
    return st.builds(
        lambda source, destination, options, fields: IPv4Header(source, destination, options=options, **fields),
        addresses,
        addresses,
        options,
        fields_of(set(BITS) - {"version", "header_words"}),
    )


SCAPY = {"total_length": "len", "identification": "id", "fragment_offset": "frag", "protocol": "proto"}


@settings(max_examples=300)
@given(addresses, addresses, fields_of(set(BITS) - {"header_words"}))
def test_bytes_equal_scapy(source, destination, fields):
    ours = IPv4Header(source, destination, **fields)
    theirs = {SCAPY.get(name, name).replace("checksum", "chksum"): value for name, value in fields.items()}
    theirs = {"len": 20, "id": 0, "flags": 2, "proto": 6} | theirs
    assert bytes(ours) == bytes(IP(src=source, dst=destination, **theirs))
    assert len(bytes(ours)) == ours.header_length == 20


@given(headers())
def test_a_header_comes_back_as_it_was(header):
    assert IPv4Header.parse(bytes(header) + b"payload") == header
    assert bytes(IPv4Header.parse(bytes(header) + b"payload")) == bytes(header)
    assert bytes(dataclasses.replace(header)) == bytes(header)
    assert len(bytes(header)) == header.header_length


@given(st.binary(max_size=30) | st.binary(min_size=24, max_size=80), st.sampled_from([None, 0x45, 0x46, 0x4F]))
def test_hostile_bytes_are_read_or_refused(data, first):
    if first is not None and data:
        data = bytes([first]) + data[1:]
    try:
        header = IPv4Header.parse(data)
    except WireError:
        assert len(data) < 20 or data[0] >> 4 != 4 or not 20 <= (data[0] & 15) * 4 <= len(data)
        return
    assert bytes(header) == data[: header.header_length]
    # Packed anew from the fields alone, so none was lost:
    assert bytes(dataclasses.replace(header)) == data[: header.header_length]


@given(headers())
def test_the_checksum_left_out_is_right_and_one_bit_more_is_not(header):
    right = dataclasses.replace(header, checksum=None)
    assert right.checksum_is_right()
    assert checksum(bytes(right)) == 0
    assert right.checksum == checksum(bytes(right)[:10] + b"\0\0" + bytes(right)[12:])
    assert not dataclasses.replace(right, checksum=right.checksum ^ 4).checksum_is_right()


def test_the_header_in_the_story():
    assert bytes(IPv4Header("127.0.0.1", "127.0.0.1", 84, identification=1)).hex(" ", 2) == (
        "4500 0054 0001 4000 4006 3ca1 7f00 0001 7f00 0001"
    )


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize("bad", [-1, "too big", 1.5, "7", [1]], ids=str)
def test_a_field_that_does_not_fit_is_named_with_its_range(name, bad):
    most = 2 ** BITS[name] - 1
    bad = most + 1 if bad == "too big" else bad
    with pytest.raises(WireError, match=rf"^{name} is .*its {BITS[name]} bits hold 0 to {most}$"):
        IPv4Header("127.0.0.1", "127.0.0.1", **{name: bad})


@pytest.mark.parametrize("name", BITS)
def test_the_largest_value_of_each_field_spoils_no_other(name):
    most = 2 ** BITS[name] - 1
    plain = IPv4Header("127.0.0.1", "127.0.0.1", checksum=0)
    changed = int.from_bytes(bytes(dataclasses.replace(plain, **{name: most})), "big")
    zeroed = int.from_bytes(bytes(dataclasses.replace(plain, **{name: 0})), "big")
    assert (changed ^ zeroed).bit_count() == BITS[name]


def test_nonsense_can_be_built():
    header = IPv4Header("1.2.3.4", "5.6.7.8", total_length=3, version=9, header_words=1, checksum=0xBEEF)
    assert bytes(header).hex(" ", 2) == "9100 0003 0000 4000 4006 beef 0102 0304 0506 0708"
    assert not header.checksum_is_right()


def test_options_are_padded_unless_the_length_is_given():
    padded = IPv4Header("127.0.0.1", "127.0.0.1", options=b"\7\3\4")
    assert (padded.options, padded.header_words, padded.total_length) == (b"\7\3\4\0", 6, 24)
    lying = IPv4Header("127.0.0.1", "127.0.0.1", options=b"\7\3\4", header_words=5)
    assert (lying.options, lying.header_length, len(bytes(lying))) == (b"\7\3\4", 20, 23)


def test_options_that_do_not_fit():
    assert IPv4Header("127.0.0.1", "127.0.0.1", options=bytes(40)).header_words == 15
    with pytest.raises(WireError, match=r"options of 44 bytes do not fit.*room for 40"):
        IPv4Header("127.0.0.1", "127.0.0.1", options=bytes(41))


@pytest.mark.parametrize(("thing", "advice"), [("text", "fromhex"), (40, "struct.pack"), (None, "return")])
def test_what_is_not_bytes_is_told_so(thing, advice):
    with pytest.raises(WireError, match=advice):
        IPv4Header.parse(thing)
    with pytest.raises(WireError, match=f"options is .*{advice}"):
        IPv4Header("127.0.0.1", "127.0.0.1", options=thing)
    with pytest.raises(WireError, match=f"options is .*{advice}"):
        IPv4Header("127.0.0.1", "127.0.0.1", options=thing, header_words=5)
    with pytest.raises(WireError, match=f"payload is .*{advice}"):
        IPv4Header.carrying(thing, "127.0.0.1", "127.0.0.1")


def test_every_bytes_like_object_is_read():
    data = bytes(IPv4Header("10.0.0.1", "10.0.0.2", identification=7))
    spread = b"".join(bytes([octet, 0xEE]) for octet in data)
    for thing in (bytearray(data), memoryview(data), memoryview(spread)[::2]):
        assert IPv4Header.parse(thing) == IPv4Header.parse(data)
        assert type(IPv4Header.parse(thing).options) is bytes


@pytest.mark.parametrize("address", ["localhost", "256.0.0.1", 5, None])
def test_an_address_that_is_none(address):
    with pytest.raises(WireError, match="is not an IPv4 address"):
        IPv4Header(address, "127.0.0.1")
    with pytest.raises(WireError, match="is not an IPv4 address"):
        IPv4Header("127.0.0.1", address)


def test_carrying_counts_header_options_and_payload():
    assert IPv4Header.carrying(bytes(44), "10.0.0.1", "10.0.0.2").total_length == 64
    header = IPv4Header.carrying(bytes(44), "10.0.0.1", "10.0.0.2", options=b"\7\3\4", ttl=3)
    assert (header.total_length, header.header_length, header.ttl) == (68, 24, 3)
    assert IPv4Header.carrying(Segment(TCPHeader(1, 2), b"four"), "10.0.0.1", "10.0.0.2").total_length == 44


def test_carrying_more_than_a_packet_holds():
    assert IPv4Header.carrying(bytes(65_515), "10.0.0.1", "10.0.0.2").total_length == 65_535
    with pytest.raises(WireError, match="65516 bytes do not fit one IPv4 packet: with its header it holds 65535"):
        IPv4Header.carrying(bytes(65_516), "10.0.0.1", "10.0.0.2")
    with pytest.raises(WireError, match="do not fit one IPv4 packet"):
        IPv4Header.carrying(bytes(65_515), "10.0.0.1", "10.0.0.2", options=b"\1")


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("45" * 19, "19 bytes are too few"),
        ("", "0 bytes are too few"),
        ("60" + "00" * 39, "say version 6"),
        ("44" + "00" * 39, "header of 16 bytes cannot stand in 40 bytes"),
        ("46" + "00" * 19, "header of 24 bytes cannot stand in 20 bytes"),
    ],
)
def test_bytes_that_are_no_header_are_told_why(digits, words):
    with pytest.raises(WireError, match=words):
        IPv4Header.parse(bytes.fromhex(digits))


def test_a_header_is_a_value():
    header = IPv4Header("10.0.0.1", "10.0.0.2")
    assert header == IPv4Header("10.0.0.1", "10.0.0.2", 20, 0, 64)
    assert hash(header) == hash(IPv4Header.parse(bytes(header)))
    assert "_packed" not in repr(header)
    with pytest.raises(dataclasses.FrozenInstanceError):
        header.ttl = 3
