"""Headers, segments and flags, against scapy and against hostile bytes."""

import copy
import dataclasses
import pickle
import re

import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP

from tcpkit.wire import (
    MSS,
    NOP,
    SACK,
    Flags,
    IPv4Header,
    SACKPermitted,
    Segment,
    TCPHeader,
    Timestamps,
    Unknown,
    WindowScale,
    WireError,
    checksum,
    ipv4,
    pseudo_header,
    segment_length,
    tcp_checksum,
)

HERE = "127.0.0.1"
THE_SYN = bytes.fromhex("231d1f40 00000000 00000000 50020000 6f570000") + bytes(44)
BITS = {
    "source_port": 16,
    "destination_port": 16,
    "seq": 32,
    "ack": 32,
    "flags": 8,
    "window": 16,
    "checksum": 16,
    "urgent": 16,
    "data_offset": 4,
    "reserved": 4,
}
SCAPY = {
    "source_port": "sport",
    "destination_port": "dport",
    "checksum": "chksum",
    "urgent": "urgptr",
    "data_offset": "dataofs",
}

numbers = {name: st.integers(0, 2**bits - 1) for name, bits in BITS.items()}
free_fields = st.fixed_dictionaries({name: numbers[name] for name in BITS if name != "data_offset"})
words = st.integers(0, 2**32 - 1)
options = st.lists(
    st.one_of(
        st.just(NOP()),
        st.just(SACKPermitted()),
        st.builds(MSS, st.integers(0, 65_535)),
        st.builds(WindowScale, st.integers(0, 255)),
        st.builds(Timestamps, words, words),
        st.builds(SACK, st.lists(st.tuples(words, words), max_size=4).map(tuple)),
        st.builds(Unknown, st.integers(100, 255), st.binary(max_size=12)),
    ),
    max_size=6,
).filter(lambda chosen: sum(len(bytes(option)) for option in chosen) <= 40)
octets = st.tuples(*[st.integers(0, 255)] * 4)
addresses = octets.map(lambda four: ".".join(map(str, four)))


def as_scapy(option):
    """Return an option in scapy's manner: a name or a kind, and a value."""
    match option:
        case NOP():
            return ("NOP", None)
        case SACKPermitted():
            return ("SAckOK", b"")
        case MSS(size):
            return ("MSS", size)
        case WindowScale(shift):
            return ("WScale", shift)
        case Timestamps(value, echo):
            return ("Timestamp", (value, echo))
        case SACK(blocks):
            return (5, b"".join(edge.to_bytes(4, "big") for block in blocks for edge in block))
        case Unknown(kind, data):
            return (kind, data)


def in_scapy(fields, chosen):
    # scapy counts the lowest reserved bit, AccECN's, as a ninth flag.
    ninth = {"reserved": fields["reserved"] >> 1, "flags": (fields["reserved"] & 1) << 8 | fields["flags"]}
    renamed = {SCAPY.get(name, name): value for name, value in (fields | ninth).items()}
    return TCP(**renamed, options=[as_scapy(option) for option in chosen])


@settings(max_examples=400)
@given(free_fields, options)
def test_header_bytes_equal_scapy(fields, chosen):
    assert bytes(TCPHeader(**fields, options=tuple(chosen))) == bytes(in_scapy(fields, chosen))


@settings(max_examples=400)
@given(free_fields, options, st.binary(max_size=90), addresses, addresses)
def test_a_whole_packet_equals_scapy_both_checksums_too(fields, chosen, data, source, destination):
    del fields["checksum"]
    segment = Segment(TCPHeader(**fields, options=tuple(chosen)), data)
    theirs = bytes(IP(src=source, dst=destination, flags="DF", id=5) / in_scapy(fields, chosen) / data)
    assert segment.packet(source, destination, identification=5) == theirs
    sealed = segment.with_checksum(source, destination)
    header = IPv4Header.carrying(bytes(sealed), source, destination, identification=5)
    assert bytes(header) + bytes(sealed) == theirs


@settings(max_examples=300)
@given(st.binary(min_size=20, max_size=120))
@example(THE_SYN)
@example(bytes(12) + b"\x1f" + bytes(7))  # offset 1, reserved bits
@example(bytes(12) + b"\xff" * 8)  # offset beyond the end
@example(bytes(12) + b"\x60" + bytes(7) + b"\2\4\5")  # options cut short
def test_any_twenty_bytes_and_more_come_back_as_they_were(data):
    segment = Segment.parse(data)
    assert bytes(segment) == data
    # Packed anew from the fields alone, so none was lost:
    assert bytes(dataclasses.replace(segment.header)) + segment.data == data
    assert Segment.parse(bytes(segment)) == segment
    assert TCPHeader.parse(data) == segment.header


@given(free_fields, options, st.binary(max_size=50))
def test_a_segment_comes_back_as_it_was(fields, chosen, data):
    segment = Segment(TCPHeader(**fields, options=tuple(chosen)), data)
    assert Segment.parse(bytes(segment)) == segment
    assert segment.data_offset * 4 == len(bytes(segment.header))


@given(st.binary(max_size=19))
def test_fewer_than_twenty_bytes_are_refused(data):
    for parse in (Segment.parse, TCPHeader.parse):
        with pytest.raises(WireError, match=f"{len(data)} bytes are too few for a TCP header"):
            parse(data)


@pytest.mark.parametrize(
    ("thing", "advice"),
    [("231d1f40", "bytes.fromhex"), (64, "struct.pack"), (None, "return"), ([1], "list"), (True, "struct.pack")],
)
def test_what_is_not_bytes_is_told_so(thing, advice):
    for use in (Segment.parse, TCPHeader.parse, lambda data: Segment(TCPHeader(1, 2), data)):
        with pytest.raises(WireError, match=advice):
            use(thing)


def test_every_bytes_like_object_is_read():
    spread = b"".join(bytes([octet, 0xEE]) for octet in THE_SYN)
    for thing in (bytearray(THE_SYN), memoryview(THE_SYN), memoryview(spread)[::2], Segment.parse(THE_SYN)):
        assert Segment.parse(thing) == Segment.parse(THE_SYN)
        assert type(Segment.parse(thing).data) is bytes
        assert hash(Segment(TCPHeader(1, 2), thing)) == hash(Segment(TCPHeader(1, 2), THE_SYN))


def test_what_was_read_does_not_change_with_the_buffer():
    buffer = bytearray(THE_SYN)
    segment = Segment.parse(buffer)
    buffer[:] = b"\xff" * len(buffer)
    assert bytes(segment) == THE_SYN


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize("bad", [-1, "too big", 1.5, "7", [1]], ids=str)
def test_a_field_that_does_not_fit_is_named_with_its_range(name, bad):
    most = 2 ** BITS[name] - 1
    bad = most + 1 if bad == "too big" else bad
    fields = {"source_port": 1, "destination_port": 2} | {name: bad}
    with pytest.raises(WireError, match=rf"^{name} is .*its {BITS[name]} bits hold 0 to {most}$"):
        TCPHeader(**fields)


def test_flags_that_do_not_fit_are_told_as_a_number():
    with pytest.raises(WireError, match="flags is 512: its 8 bits hold 0 to 255"):
        TCPHeader(1, 2, flags=Flags(512))


@pytest.mark.parametrize("name", BITS)
def test_the_largest_value_of_each_field_spoils_no_other(name):
    plain = TCPHeader(0, 0)
    changed = int.from_bytes(bytes(dataclasses.replace(plain, **{name: 2 ** BITS[name] - 1})), "big")
    zeroed = int.from_bytes(bytes(dataclasses.replace(plain, **{name: 0})), "big")
    assert (changed ^ zeroed).bit_count() == BITS[name]


def test_nonsense_can_be_built():
    wrong = TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=1, checksum=0xAF57, reserved=15)
    assert bytes(wrong).hex() == "231d1f4000000000000000001f020000af570000"
    lying = TCPHeader(1, 2, options=[MSS(1460)], data_offset=15)
    assert (lying.options, len(bytes(lying)), lying.data_offset) == ((MSS(1460),), 24, 15)
    assert bytes(TCPHeader(1, 2, options=(NOP(),), data_offset=5))[20:] == b"\1"


def test_options_that_do_not_fit():
    assert TCPHeader(1, 2, options=(NOP(),) * 40).data_offset == 15
    with pytest.raises(WireError, match=r"options of 44 bytes do not fit.*room for 40"):
        TCPHeader(1, 2, options=(NOP(),) * 41)


@pytest.mark.parametrize("offset", range(16))
def test_data_begins_where_the_header_says_but_after_twenty_bytes(offset):
    data = bytes(12) + bytes([offset << 4]) + bytes(7) + bytes(range(1, 45))
    segment = Segment.parse(data)
    assert segment.data_offset == offset
    assert segment.data == data[max(20, offset * 4) :]


def test_a_segment_reads_as_its_header():
    segment = Segment(TCPHeader(1, 2, 3, 4, Flags.ACK, 5, 6, 7, (NOP(),) * 4), b"8")
    for name in [*BITS, "options"]:
        if name != "reserved":
            assert getattr(segment, name) == getattr(segment.header, name)
    assert segment.header.reserved == 0


def test_a_segment_needs_a_header():
    with pytest.raises(WireError, match=r"Segment\.parse"):
        Segment(THE_SYN)


def test_the_checksum_of_the_story():
    syn = Segment.parse(THE_SYN[:16] + b"\0\x0f" + THE_SYN[18:])
    assert syn.checksum == 0x000F
    assert bytes(syn.with_checksum(HERE, HERE)) == THE_SYN
    assert syn.with_checksum(HERE, HERE).header == dataclasses.replace(syn.header, checksum=0x6F57)


@given(free_fields, options, st.binary(max_size=50))
def test_with_checksum_changes_nothing_else(fields, chosen, data):
    segment = Segment(TCPHeader(**fields, options=tuple(chosen)), data)
    sealed = segment.with_checksum("10.0.0.1", "10.0.0.2")
    assert checksum(pseudo_header("10.0.0.1", "10.0.0.2", len(bytes(sealed))) + bytes(sealed)) == 0
    right = tcp_checksum("10.0.0.1", "10.0.0.2", bytes(segment))
    assert sealed == Segment(dataclasses.replace(segment.header, checksum=right), data)
    assert bytes(sealed)[:16] + bytes(sealed)[18:] == bytes(segment)[:16] + bytes(segment)[18:]


def test_a_packet_too_long_for_ipv4():
    assert len(Segment(TCPHeader(1, 2), bytes(65_495)).packet(HERE, HERE)) == 65_535
    with pytest.raises(WireError, match="65516 bytes do not fit one IPv4 packet"):
        Segment(TCPHeader(1, 2), bytes(65_496)).packet(HERE, HERE)


def test_addresses_that_are_none():
    with pytest.raises(WireError, match="is not an IPv4 address"):
        Segment(TCPHeader(1, 2)).with_checksum("localhost", HERE)
    with pytest.raises(WireError, match="is not an IPv4 address"):
        Segment(TCPHeader(1, 2)).packet(HERE, "localhost")


def test_flags_print_as_tcpdump_prints_them():
    assert [str(Flags(1 << bit)) for bit in range(8)] == ["F", "S", "R", "P", ".", "U", "E", "W"]
    assert str(Flags.ACK | Flags.SYN) == repr(Flags.SYN | Flags.ACK) == f"{Flags(0x12)}" == "S."
    assert str(Flags(0)) == "none"
    assert str(Flags(255)) == "FSRP.UEW"


def test_flags_given_as_a_number_are_flags():
    header = TCPHeader(1, 2, flags=0x12)
    assert type(header.flags) is Flags
    assert header == TCPHeader(1, 2, flags=Flags.SYN | Flags.ACK)
    assert Flags.SYN in header.flags
    assert type(TCPHeader(1, 2).flags) is Flags


def test_letters_in_flags_are_told_how_to_ask():
    words = "'S' is text, and flags are bits. Write `Flags.SYN in flags`."
    with pytest.raises(TypeError, match=f"^{re.escape(words)}$"):
        _ = "S" in Flags.SYN
    with pytest.raises(TypeError, match=r"^'x{20}\.\.\. is text, and"):
        _ = "x" * 10_000 in Flags.SYN
    with pytest.raises(TypeError):
        _ = 2 in Flags.SYN
    assert Flags.SYN in Flags.SYN | Flags.ACK
    assert Flags.RST | Flags.ACK not in Flags.SYN | Flags.ACK


def test_a_header_is_a_value():
    header = TCPHeader(1, 2, flags=Flags.SYN)
    assert header == TCPHeader(source_port=1, destination_port=2, flags=Flags.SYN)
    assert header != TCPHeader(1, 2)
    assert hash(header) == hash(TCPHeader.parse(bytes(header)))
    for twin in (copy.copy(header), copy.deepcopy(header), pickle.loads(pickle.dumps(header))):
        assert twin == header
        assert bytes(twin) == bytes(header)
    assert repr(header) == (
        "TCPHeader(source_port=1, destination_port=2, seq=0, ack=0, flags=S, window=0, checksum=0, urgent=0,"
        " options=(), data_offset=5, reserved=0)"
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        header.seq = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        Segment(header).data = b""


@pytest.mark.parametrize("value", range(256))
def test_a_segment_uses_a_number_for_each_byte_for_syn_and_for_fin(value):
    flags = Flags(value)
    assert segment_length(flags, 0) == (Flags.SYN in flags) + (Flags.FIN in flags)
    assert segment_length(flags, 44) == 44 + segment_length(flags, 0)
    assert type(segment_length(flags, 44)) is int


HUGE = 1 << 20_000  # more digits than Python writes
ARRAY = numpy.array([1, 2])


@pytest.mark.parametrize("value", [HUGE, -HUGE, ARRAY], ids=["huge", "below zero", "array"])
@pytest.mark.parametrize("name", [*BITS, "options"])
def test_no_value_is_too_odd_to_be_named(name, value):
    with pytest.raises(WireError, match=f"^{name} (is|are) "):
        TCPHeader(**{"source_port": 1, "destination_port": 2} | {name: value})


@pytest.mark.parametrize("make", [MSS, lambda value: SACK(((value, value),)), lambda value: Unknown(value, b"")])
@pytest.mark.parametrize("value", [HUGE, ARRAY], ids=["huge", "array"])
def test_no_option_is_too_odd_to_be_named(make, value):
    with pytest.raises(WireError, match="cannot be packed"):
        TCPHeader(1, 2, options=(make(value),))


@pytest.mark.parametrize("value", [HUGE, ARRAY], ids=["huge", "array"])
@pytest.mark.parametrize("name", [*ipv4.BITS, "source"])
def test_no_value_is_too_odd_for_an_ip_header(name, value):
    with pytest.raises(WireError):
        ipv4.IPv4Header(**{"source": "127.0.0.1", "destination": "127.0.0.1"} | {name: value})
