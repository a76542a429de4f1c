"""The ladder diagram, read back from its SVG and its text."""

from dataclasses import replace
from itertools import pairwise

import pytest
from fake_packets import CALLS, CLIENT, SERVER, FakePacket, one_get, packet, story
from reading_svg import assert_clear, paths, rects, shapes, size, texts, words

from tcpkit.draw import ladder
from tcpkit.wire import WireError

GET = ladder(one_get(), calls=CALLS)
FOUR = ("your program", "kernel", "kernel", "nobody")
TIMED = [replace(one_get()[at], time_ns=7 * 10**9 + late) for at, late in enumerate((0, 2 * 10**7, 12 * 10**9))]
STORY = ladder(story(), FOUR, {0: ("your program", "sendto")})
PICTURES = [
    GET,
    STORY,
    ladder(story(), struck=True),
    ladder(one_get(), ("a", "b", "c", "d"), {0: (3, "x")}, most=3),
    ladder(one_get() * 4),
    ladder([]),
    ladder(TIMED, seconds=True, until_s=20),
    ladder(TIMED, calls={0: ("client", "a long call")}, seconds=True, until_s=20, most=1),
]


class NoSegment:
    source, destination = CLIENT[0], SERVER[0]

    @property
    def segment(self):
        raise WireError("too short")


class NoPacket:
    @property
    def source(self):
        raise WireError("too short")

    destination = segment = source


def lanes(picture):
    """Return where each lane is, from left to right."""
    return [x for (x, _), (below, _) in paths(picture, "faint") if x == below]


def arrows(picture):
    """Return the two lanes of each packet's arrow, from the top down, with its two ends."""
    places = lanes(picture)
    shafts = [path for css in ("line", "you-line") for path in paths(picture, css)]
    found = []
    for (x1, y1), (x2, y2) in sorted(shafts, key=lambda shaft: shaft[0][1]):
        if y1 != y2:
            near = [min(range(len(places)), key=lambda lane, x=x: abs(places[lane] - x)) for x in (x1, x2)]
            found.append((*near, (x1, y1), (x2, y2)))
    return found


def ways(picture):
    return [arrow[:2] for arrow in arrows(picture)]


def test_text_of_a_get():
    assert repr(GET).splitlines() == [
        "      client                        server",
        " connect |------------- S ------------>|",
        "         |<------------ S. ------------|",
        "         |------------- . ------------>| accept",
        " sendall |======== P. 31 bytes =======>| recv",
        "         |<------------ . -------------|",
        "    recv |<======== P. 6 bytes ========| sendall",
        "         |------------- . ------------>|",
        "         |<------------ F. ------------| close",
        "   close |------------- F. ----------->|",
        "         |<------------ . -------------|",
    ]


def test_times_stand_at_the_left_and_an_end_without_packets_is_said():
    timed = ladder(TIMED, calls={0: ("client", "connect")}, seconds=True, until_s=20)
    assert repr(timed).splitlines() == [
        "    s        client                        server",
        " 0.00   connect |------------- S ------------>|",
        " 0.02           |<------------ S. ------------|",
        "12.00           |------------- . ------------>|",
        "                |     nothing until 20 s      |",
    ]
    assert timed.alt.endswith(
        ": at 0.00 s client sends [S]; at 0.02 s server sends [S.]; at 12.00 s client sends [.]."
        " Then nothing until 20 s."
    )
    left, called = lanes(timed)[0], next(text for text in texts(timed) if text.words == "connect")
    times = [text for text in texts(timed) if text.words in ("0.00", "0.02", "12.00")]
    assert len({text.right for text in times}) == 1
    assert all(text.right < called.left < called.right < left for text in times)
    assert [text.y for text in times] == [tail + 5 for *_, (_, tail), _ in arrows(timed)]


def test_until_says_nothing_where_packets_came_to_the_end_and_stands_below_those_left_out():
    assert ladder(TIMED, until_s=12) == ladder(TIMED)
    assert repr(ladder([], until_s=3)).splitlines()[-1].strip(": ") == "nothing until 3 s"
    *_, left_out, quiet = repr(ladder(TIMED, most=1, until_s=20)).splitlines()
    assert (left_out.strip("| "), quiet.strip("| ")) == ("and 2 more", "nothing until 20 s")


def test_text_of_four_lanes():
    assert repr(STORY).splitlines() == [
        "your program     kernel                        kernel   nobody",
        "      |--- sendto ->|========= S 44 bytes =======>|        :",
        "      |             |<------------ R. ------------|        :",
    ]
    calls = {0: [(0, "connect"), (3, "accept")]}
    picture = ladder(one_get()[:1], ("client", "kernel", "kernel", "server"), calls)
    assert repr(picture).splitlines()[1] == "   |-- connect -->|------------- S ------------>|<-- accept --|"


def test_one_arrow_a_packet_in_its_direction_that_falls_as_time_passes():
    there, back = (0, 1), (1, 0)
    assert ways(GET) == [there, back, there, there, back, back, there, back, there, back]
    heads = sorted(paths(GET, "ink") + paths(GET, "you"), key=lambda head: head[0][1])
    for (_, end, (_, above), (x, y)), (tip, *corners) in zip(arrows(GET), heads, strict=True):
        assert above < y
        assert abs(tip[0] - lanes(GET)[end]) <= 1
        assert all((tip[0] > corner[0]) is (end == 1) for corner in corners)
        assert min(corner[0] for corner in corners) < x or x < max(corner[0] for corner in corners)


def test_packets_with_data_are_filled_and_the_others_outlined():
    assert (len(rects(GET, "you")), len(rects(GET, "sheet")), len(rects(GET))) == (2, 8, 10)
    assert words(GET, "mono", "ground") == ["P. 31 bytes", "P. 6 bytes"]


def test_every_call_is_outside_its_lane_beside_its_packet():
    left, right = lanes(GET)
    called = {}
    for text in texts(GET):
        if text.right < left or text.left > right:
            called.setdefault(text.words, []).append("client" if text.right < left else "server")
    assert called == {
        "connect": ["client"],
        "accept": ["server"],
        "sendall": ["client", "server"],
        "recv": ["server", "client"],
        "close": ["server", "client"],
    }


def test_a_call_is_as_high_as_its_packet_at_that_lane():
    picture = ladder(one_get()[:1], calls={0: [("client", "connect"), ("server", "accept")]})
    ((_, _, (_, tail), _),) = arrows(picture)
    ((_, tip), *_), *_ = paths(picture, "ink")
    heights = {text.words: text.y for text in texts(picture)}
    assert (heights["connect"], heights["accept"]) == (tail + 5, tip + 5)


def test_two_calls_at_once_are_both_said():
    picture = ladder(one_get()[:1], calls={0: [("server", "accept"), ("server", "recv")]})
    assert "accept, recv" in words(picture)
    assert repr(picture).endswith("| accept, recv")


def test_with_four_lanes_packets_run_between_the_inner_two_and_calls_from_a_program_to_its_kernel():
    assert ways(STORY) == [(1, 2), (2, 1)]
    program, kernel, *_ = lanes(STORY)
    (call,) = [line for line in paths(STORY, "line") if line[0][1] == line[1][1]]
    (tip,) = [head[0] for head in paths(STORY, "ink") if head[0][1] == call[0][1]]
    assert call[0][0] == program
    assert 0 < kernel - tip[0] <= 2


def test_a_lane_in_which_nothing_happens_is_dotted():
    dots = [line.get("stroke-dasharray") for line in shapes(STORY, "path", "faint")]
    assert [bool(dash) for dash in dots] == [False, False, False, True]


def test_alt_text_says_it_all():
    assert GET.alt == (
        "Ladder diagram: 10 packets between client and server, 2 with data: client sends [S]; server sends [S.]; "
        "client sends [.]; client sends [P.] 31 bytes; server sends [.]; server sends [P.] 6 bytes; "
        "client sends [.]; server sends [F.]; client sends [F.]; server sends [.]."
    )
    assert ladder(one_get() * 2).alt.endswith("server sends [S.]; and so on.")
    one = "Ladder diagram: 1 packet between client and server, 0 with data: client sends [S]."
    assert ladder(one_get()[:1]).alt == one


def test_nothing_that_a_kernel_picks_is_seen():
    other = one_get(("10.0.0.7", 51_515), ("10.0.0.9", 80), seq=12345, ack=67890, window=502, checksum=7)
    assert ladder(other, calls=CALLS) == GET


def test_the_sender_of_the_first_packet_is_at_the_left_unless_told():
    reply = one_get()[1:3]
    assert ways(ladder(reply)) == ways(ladder(reply, first_from=0)) == [(0, 1), (1, 0)]
    assert ways(ladder(reply, first_from="server")) == [(1, 0), (0, 1)]


def test_packets_may_run_between_other_lanes():
    picture = ladder(one_get(), ("client", "relay", "server"), between=("client", "server"))
    assert set(ways(picture)) == {(0, 2), (2, 0)}
    assert repr(picture).splitlines()[1] == "   |------------- S ------------>|"


def test_many_conversations_keep_their_sides():
    probes = [packet(("127.0.0.1", 40_000 + n), SERVER, "S") for n in range(3)]
    answers = [packet(SERVER, ("127.0.0.1", 40_000 + n), "S.") for n in range(3)]
    assert [start for start, _ in ways(ladder([*probes, *answers]))] == [0, 0, 0, 1, 1, 1]
    elsewhere = packet(("127.0.0.1", 5), ("127.0.0.1", 6), "S")
    assert [start for start, _ in ways(ladder([answers[0], elsewhere]))] == [0, 0]


def test_packets_beyond_the_last_drawn_are_counted():
    picture = ladder(one_get() * 6, most=5)
    assert len(arrows(picture)) == 5
    assert "and 55 more" in words(picture)
    assert repr(picture).splitlines()[-1] == "   |         and 55 more         |"
    assert picture.alt.startswith("Ladder diagram: 60 packets")
    assert len(arrows(ladder(one_get() * 4))) == 40
    assert len(repr(ladder(one_get() * 5)).splitlines()) == 1 + 40 + 1


def test_no_packets():
    picture = ladder([])
    assert repr(picture) == "client                        server"
    assert picture.alt == "Ladder diagram: 0 packets between client and server, 0 with data."
    assert len(lanes(picture)) == 2


@pytest.mark.parametrize("broken", [NoSegment(), NoPacket(), FakePacket("127.0.0.1", "127.0.0.1", None)])
def test_a_packet_without_a_tcp_header_is_called_that(broken):
    picture = ladder([broken, *one_get()[:2]])
    assert words(picture, "mono")[0] == "no TCP header"
    assert ways(picture)[1:] == [(0, 1), (1, 0)]


def test_no_flags_and_one_byte():
    assert words(ladder([packet(CLIENT, SERVER, "", b"!")]), "mono") == ["none 1 byte"]


def test_struck_out():
    picture = ladder(story(), struck=True)
    (((x1, y1), (x2, y2)),) = paths(picture, "lit-line")
    assert x2 - x1 > 0.8 * size(picture)[0]
    assert y2 < y1
    assert repr(picture).endswith("\n(struck out)")
    assert picture.alt.startswith("Struck out: ladder diagram")
    assert not paths(GET, "lit-line")


@pytest.mark.parametrize("names", [("alone",), ("a", "b", "c", "d", "e")])
def test_a_ladder_has_two_to_four_lanes(names):
    with pytest.raises(ValueError, match="2 to 4 lanes"):
        ladder(one_get(), names)


@pytest.mark.parametrize("options", [{"calls": {0: ("kernel", "x")}}, {"between": (0, 2)}, {"first_from": "kernel"}])
def test_an_unknown_lane_is_named(options):
    with pytest.raises(ValueError, match=r"its lanes are client, server, or 0 to 1"):
        ladder(one_get(), **options)


@pytest.mark.parametrize("count", [1, 2, 12, 13, 40])
@pytest.mark.parametrize("names", [("client", "server"), ("you", "kernel", "the other end"), FOUR, ("x",) * 4])
def test_long_calls_and_large_packets_stay_clear_of_each_other(count, names):
    calls = {number: [(0, "a long call"), (len(names) - 1, "another")] for number in range(count)}
    picture = ladder([packet(CLIENT, SERVER, "FP.UEW", bytes(65_000))] * count, names, calls)
    assert_clear(picture)
    for box, (*_, (x1, _), (x2, _)) in zip(rects(picture, "you"), arrows(picture), strict=True):
        assert min(x1, x2) + 30 < box.left < box.right < max(x1, x2) - 30  # and leave their arrows to be seen


@pytest.mark.parametrize("names", [("a rather long name", "another long name"), ("name upon name",) * 4])
def test_names_do_not_touch_without_any_calls(names):
    assert_clear(ladder(one_get(), names))


def test_boxes_leave_their_arrows_to_be_seen_and_are_evenly_spaced():
    _, left, right, _ = lanes(STORY)
    assert all(box.left - left >= 30 and right - box.right >= 30 for box in rects(STORY))
    assert len({below.top - above.top for above, below in pairwise(rects(GET))}) == 1
