"""Options: RFC 9293, 3.1, 3.2 and 3.7.1; RFC 7323, 2; RFC 2018, 2."""

from itertools import permutations

import pytest
from stack_trace import OFFERS, STATES, THEM, US, closed, established, syn_received, syn_sent

from tcpkit.wire import EOL, MSS, NOP, Flags, SACKPermitted, Segment, TCPHeader, Timestamps, Unknown, WindowScale
from tcpkit.wire.options import parse_options

ALL = (MSS(1000), SACKPermitted(), Timestamps(500, 0), WindowScale(7))


def agreed(t):
    """Return what both sides agreed on."""
    return t.us.snd.mss, t.us.has_sack, t.us.has_timestamps, t.us.has_scale and t.us.snd.shift


def syn_with(options):
    """Hand a listener a SYN with these bytes of options, exactly; return what was agreed on."""
    t = closed()
    t.us.listen()
    header = bytes(TCPHeader(THEM[1], US[1], t.irs, flags=Flags.SYN, window=1000, data_offset=5 + len(options) // 4))
    t.us.receive(Segment.parse(header + options), t.now)
    t.goes("S.")
    return agreed(t)


@pytest.mark.parametrize("order", list(permutations(ALL)), ids=str)
def test_options_in_any_order(order):
    assert agreed(syn_received(offers=order)) == (988, True, True, 7)


@pytest.mark.parametrize("nops", range(4))
def test_options_at_any_place(nops):
    """They need not begin at a word."""
    options = tuple(
        part for option in (MSS(1000), WindowScale(7), SACKPermitted()) for part in (NOP(),) * nops + (option,)
    )
    assert agreed(syn_received(offers=options)) == (1000, True, False, 7)


@pytest.mark.parametrize(
    "unknown", [Unknown(253, b""), Unknown(30, b"abc"), Unknown(254, bytes(20)), Unknown(19, bytes(16))]
)
def test_unknown_options_are_passed_over(unknown):
    assert agreed(syn_received(offers=(unknown, MSS(1000), WindowScale(7)))) == (1000, False, False, 7)
    t = established()
    t.comes("P.", seq=1, ack=1, data=b"x", options=(unknown,))
    assert t.us.recv() == b"x"


def test_nothing_is_read_behind_the_end_of_the_list():
    assert agreed(syn_received(offers=(MSS(1000), EOL(bytes(WindowScale(7)) + bytes(SACKPermitted()))))) == (
        1000,
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("damage", "mss"),
    [
        ("02 00 03e8", 536),  # lengths that cannot be
        ("02 01 03e8", 536),
        ("02 ff 03e8", 536),
        ("02 03 03 00", 536),  # lengths that are not this option's
        ("02 06 0000 03e8 0000", 536),
        ("fd 00 0204 03e8 0000", 536),  # nothing can be read behind it
        ("0204 03e8 fe 00 0000", 1000),  # what comes before it was read
        ("0204 03e8 01 01 01 02", 1000),
        ("0204 03e8 03 04 0707", 1000),
        ("0204 03e8 08 02 0101", 1000),
        ("0204 03e8 04 03 0001", 1000),
        ("0204 03e8 05 03 0001", 1000),
        ("ff" * 40, 536),
        ("00" * 40, 536),
        ("01" * 40, 536),
        ("02" * 40, 536),
    ],
)
def test_malformed_options_do_no_harm(damage, mss):
    """Not with a SYN, and in no state with another segment."""
    options = bytes.fromhex(damage)
    assert syn_with(options) == (mss, False, False, False)
    for name, builder in STATES.items():
        t = builder()
        t.comes("P.", seq=1, ack=1, data=b"x", options=parse_options(options)).poll()
        assert t.state == name if name != "SYN-RECEIVED" else "ESTABLISHED"


@pytest.mark.parametrize("name", STATES)
def test_options_may_come_with_any_segment(name):
    """A SYN's options say nothing with other segments."""
    t = STATES[name]()
    was = t.us.snd.mss, t.us.snd.shift
    for flags in (".", "P.", "F.", "R"):
        t.comes(flags, seq=500, ack=1, options=(MSS(100), NOP(), WindowScale(3), SACKPermitted())).poll()
    assert (t.us.snd.mss, t.us.snd.shift) == was


@pytest.mark.parametrize(("mtu", "mss"), [(1500, 1460), (65_535, 65_495), (576, 536)])
def test_syn_tells_the_mss(mtu, mss):
    """The largest packet without its two bare headers, with or without other options."""
    for kinds in ({}, {"timestamps": False, "sack": False, "window_scale": False}):
        t = closed(mtu=mtu, **kinds)
        t.us.dial(t.now)
        assert MSS(mss) in t.goes("S").options
        t = closed(mtu=mtu, **kinds)
        t.us.listen()
        t.comes("S", seq=0)
        assert MSS(mss) in t.goes("S.").options


def test_mss_is_536_where_none_is_told():
    t = established(offers=())
    t.us.send(bytes(600))
    assert t.texts() == [(1, 537)]


@pytest.mark.parametrize(
    ("told", "mtu", "largest"), [(1000, 1500, 1000), (9000, 1500, 1460), (65_535, 9000, 8960), (48, 1500, 48)]
)
def test_segments_fit_both_sides(told, mtu, largest):
    t = established(offers=(MSS(told),), mtu=mtu)
    t.us.send(bytes(3 * largest))
    segment = t.goes(".", seq=1, data=bytes(largest))
    assert len(bytes(segment)) <= mtu - 20


def test_options_take_their_room_from_the_data():
    t = established(offers=(MSS(1000), Timestamps(1, 0)))
    t.us.send(bytes(2000))
    segment = t.goes(".", seq=1)
    assert len(bytes(segment)) == 1020


def sent_in_a_life():
    """Return segments of all kinds: a SYN, data, ACKs with SACK, a FIN, an RST, each parsed from its bytes."""
    t = syn_sent()
    t.us.snd.nxt = t.us.snd.iss  # once more
    t.poll()
    stamp = (NOP(), NOP(), Timestamps(501, 0))
    t.comes("S.", seq=0, ack=1, options=ALL)
    t.us.send(bytes(5000))
    t.poll()
    t.comes(".", seq=11, ack=1, data=bytes(10), options=stamp).poll()
    t.comes(".", seq=1, ack=5001, data=bytes(10), options=stamp)
    t.us.close()
    t.poll()
    t.us.abort()
    t.poll()
    return [Segment.parse(bytes(segment)) for segment in t.unseen]


def test_mss_and_scale_go_only_with_a_syn():
    kinds = set()
    for segment in sent_in_a_life():
        kinds.add(str(segment.flags))
        has = {type(option) for option in segment.options} & {MSS, WindowScale, SACKPermitted}
        assert has == ({MSS, WindowScale, SACKPermitted} if segment.flags & Flags.SYN else set())
    assert kinds >= {"S", ".", "FP.", "R."}


def test_options_have_lengths_and_zeros_behind_them():
    """They can be read back, fill whole words, and only zeros follow the end of the list."""
    for segment in sent_in_a_life():
        options = bytes(segment)[20 : 4 * segment.data_offset]
        assert len(options) == 4 * (segment.data_offset - 5)
        for option in parse_options(options):
            assert not isinstance(option, Unknown), option
            if isinstance(option, EOL):
                assert not any(option.rest)
            elif not isinstance(option, NOP):
                assert bytes(option)[1] == len(bytes(option))
        assert options[-1:] != b"" or segment.data_offset == 5


@pytest.mark.parametrize("offers", [(), (SACKPermitted(),), (Timestamps(1, 0),), (WindowScale(2),), ALL[1:]], ids=str)
def test_syn_ack_offers_only_what_the_syn_did(offers):
    t = closed()
    t.us.listen()
    t.comes("S", seq=0, options=OFFERS + offers)
    answered = {type(option) for option in t.goes("S.").options} - {NOP, EOL}
    assert answered == {MSS} | {type(option) for option in offers}


@pytest.mark.parametrize(
    ("setting", "option"), [("sack", SACKPermitted), ("timestamps", Timestamps), ("window_scale", WindowScale)]
)
def test_what_is_switched_off_is_not_offered(setting, option):
    t = closed(**{setting: False})
    t.us.dial(t.now)
    kinds = {type(option) for option in t.goes("S").options}
    assert option not in kinds
    assert kinds >= {MSS, SACKPermitted, Timestamps, WindowScale} - {option}
    t.comes("S.", seq=0, ack=1, options=ALL)
    assert option not in {type(option) for option in t.goes(".").options}
