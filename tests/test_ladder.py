"""The ladder diagram, read back from its SVG and its text."""

from itertools import pairwise

import pytest
from fake_packets import CALLS, CLIENT, SERVER, FakePacket, one_get, packet, story
from reading_svg import LEAST, boxes, overlapping, points, root, shapes, size_on_a_phone, words

from tcpkit.draw import ladder
from tcpkit.wire import WireError

GET = ladder(one_get(), calls=CALLS)
FOUR = ("your program", "kernel", "kernel", "nobody")
STORY = ladder(story(), FOUR, {0: ("your program", "sendto")})


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
    """Return where each lane stands, from left to right."""
    lines = [points(line) for line in shapes(picture, "path", "faint")]
    return [top[0] for top, bottom in lines if top[0] == bottom[0]]


def arrows(picture):
    """Return each packet's ends, as numbers of lanes, and its fall in px."""
    places = lanes(picture)
    found = []
    for shaft in [*shapes(picture, "path", "line"), *shapes(picture, "path", "you-line")]:
        (x1, y1), (x2, y2), *more = points(shaft)
        if not more and y1 != y2:
            near = [min(range(len(places)), key=lambda lane, x=x: abs(places[lane] - x)) for x in (x1, x2)]
            found.append((y1, *near, y2 - y1))
    return [arrow[1:] for arrow in sorted(found)]


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


def test_text_of_four_lanes():
    assert repr(STORY).splitlines() == [
        "your program     kernel                        kernel   nobody",
        "      |--- sendto ->|========= S 44 bytes =======>|        :",
        "      |             |<------------ R. ------------|        :",
    ]


def test_text_of_calls_in_both_outer_programs():
    picture = ladder(one_get()[:1], ("client", "kernel", "kernel", "server"), {0: [(0, "connect"), (3, "accept")]})
    assert repr(picture).splitlines()[1] == "   |-- connect -->|------------- S ------------>|<-- accept --|"


def test_one_arrow_a_packet_in_its_direction():
    there, back = (0, 1), (1, 0)
    assert [arrow[:2] for arrow in arrows(GET)] == [there, back, there, there, back, back, there, back, there, back]


def test_every_arrow_has_its_head_at_the_end():
    heads = sorted(
        (points(head) for head in shapes(GET, "path", "ink") + shapes(GET, "path", "you")), key=lambda h: h[0][1]
    )
    left, right = lanes(GET)
    for (_, end, _), ((tip, _), *corners) in zip(arrows(GET), heads, strict=True):
        assert abs(tip - (left, right)[end]) <= 1
        assert all(tip - x == (9 if end == 1 else -9) for x, _ in corners)


def test_arrows_fall_as_time_passes():
    assert all(fall > 0 for _, _, fall in arrows(GET))
    tops = [points(shaft)[0][1] for shaft in shapes(GET, "path", "line") if len(points(shaft)) == 2]
    assert len(tops) == 8 + 8  # outlined packets, and a tick for each call


def test_packets_with_data_are_filled_and_the_others_outlined():
    assert len(shapes(GET, "rect", "you")) == 2
    assert len(shapes(GET, "rect", "sheet")) == 8
    assert len(shapes(GET, "rect")) == 11  # the paper too
    assert words(GET, "mono", "ground") == ["P. 31 bytes", "P. 6 bytes"]


def test_every_call_stands_outside_its_lane_beside_its_packet():
    left, right = lanes(GET)
    called = {box.words: [] for box in boxes(GET)}
    for box in boxes(GET):
        if box.right < left or box.left > right:
            called[box.words].append("client" if box.right < left else "server")
    assert {name: sides for name, sides in called.items() if sides} == {
        "connect": ["client"],
        "accept": ["server"],
        "sendall": ["client", "server"],
        "recv": ["server", "client"],
        "close": ["server", "client"],
    }


def test_a_call_stands_where_its_lane_meets_the_packet():
    picture = ladder(one_get()[:1], calls={0: [("client", "connect"), ("server", "accept")]})
    shaft = next(line for line in shapes(picture, "path", "line") if points(line)[0][1] != points(line)[1][1])
    (_, tail), (_, head) = points(shaft)
    heights = {box.words: box.y for box in boxes(picture)}
    assert (heights["connect"], heights["accept"]) == (tail + 5, head + 5)


def test_two_calls_at_once_are_both_said():
    picture = ladder(one_get()[:1], calls={0: [("server", "accept"), ("server", "recv")]})
    assert "accept, recv" in words(picture)
    assert repr(picture).endswith("| accept, recv")


def test_with_four_lanes_packets_run_between_the_inner_two():
    assert [arrow[:2] for arrow in arrows(STORY)] == [(1, 2), (2, 1)]


def test_a_call_crosses_from_the_program_to_its_kernel():
    program, kernel, *_ = lanes(STORY)
    level = [points(line) for line in shapes(STORY, "path", "line")]
    (call,) = [line for line in level if len(line) == 2 and line[0][1] == line[1][1]]
    assert call[0][0] == program
    assert 0 < kernel - call[1][0] <= 2


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
    assert (
        ladder(one_get()[:1]).alt
        == "Ladder diagram: 1 packet between client and server, 0 with data: client sends [S]."
    )


def test_nothing_that_a_kernel_picks_is_seen():
    other = one_get(("10.0.0.7", 51_515), ("10.0.0.9", 80), seq=12345, ack=67890, window=502, checksum=7)
    assert ladder(other, calls=CALLS) == GET


def test_the_sender_of_the_first_packet_stands_left_unless_told():
    reply = one_get()[1:3]
    assert [arrow[:2] for arrow in arrows(ladder(reply))] == [(0, 1), (1, 0)]
    assert [arrow[:2] for arrow in arrows(ladder(reply, first_from="server"))] == [(1, 0), (0, 1)]
    assert [arrow[:2] for arrow in arrows(ladder(reply, first_from=0))] == [(0, 1), (1, 0)]


def test_packets_may_run_between_other_lanes():
    picture = ladder(one_get(), ("client", "relay", "server"), between=("client", "server"))
    assert {arrow[:2] for arrow in arrows(picture)} == {(0, 2), (2, 0)}
    assert repr(picture).splitlines()[1] == "   |------------- S ------------>|"


def test_many_conversations_keep_their_sides():
    probes = [packet(("127.0.0.1", 40_000 + n), SERVER, "S") for n in range(3)]
    answers = [packet(SERVER, ("127.0.0.1", 40_000 + n), "S.") for n in range(3)]
    assert [arrow[0] for arrow in arrows(ladder([*probes, *answers]))] == [0, 0, 0, 1, 1, 1]
    elsewhere = packet(("127.0.0.1", 5), ("127.0.0.1", 6), "S")
    assert [arrow[0] for arrow in arrows(ladder([answers[0], elsewhere]))] == [0, 0]


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
    assert [arrow[:2] for arrow in arrows(picture)][1:] == [(0, 1), (1, 0)]


def test_no_flags_and_one_byte():
    assert words(ladder([packet(CLIENT, SERVER, "", b"!")]), "mono") == ["none 1 byte"]


def test_struck_out():
    picture = ladder(story(), struck=True)
    (line,) = shapes(picture, "path", "lit-line")
    (x1, y1), (x2, y2) = points(line)
    assert x2 - x1 > 0.8 * float(root(picture).get("width"))
    assert y2 < y1
    assert repr(picture).endswith("\n(struck out)")
    assert picture.alt.startswith("Struck out: ladder diagram")
    assert not shapes(GET, "path", "lit-line")


@pytest.mark.parametrize("names", [("alone",), ("a", "b", "c", "d", "e")])
def test_a_ladder_has_two_to_four_lanes(names):
    with pytest.raises(ValueError, match="2 to 4 lanes"):
        ladder(one_get(), names)


@pytest.mark.parametrize("options", [{"calls": {0: ("kernel", "x")}}, {"between": (0, 2)}, {"first_from": "kernel"}])
def test_an_unknown_lane_is_named(options):
    with pytest.raises(ValueError, match=r"its lanes are client, server, or 0 to 1"):
        ladder(one_get(), **options)


@pytest.mark.parametrize("count", [1, 2, 10, 12, 13, 40])
@pytest.mark.parametrize("names", [("client", "server"), ("you", "kernel", "the other end"), FOUR, ("x",) * 4])
def test_no_text_stands_in_anothers_way(count, names):
    last = len(names) - 1
    calls = {number: [(0, "a long call"), (last, "another")] for number in range(count)}
    packets = [packet(CLIENT, SERVER, "FP.UEW", bytes(65_000))] * count
    picture = ladder(packets, names, calls)
    texts = boxes(picture)
    assert overlapping(texts) == []
    assert all(box.left >= 0 and box.right <= float(root(picture).get("width")) for box in texts)
    assert max(box.y for box in texts) < float(root(picture).get("height"))
    edges = lanes(picture)
    inside = [box for box in texts if "bytes" in box.words]
    assert all(edges[0] < box.left and box.right < edges[-1] for box in inside)


@pytest.mark.parametrize("names", [("a rather long name", "another long name"), ("name upon name",) * 4])
def test_names_stand_apart_without_any_calls(names):
    texts = boxes(ladder(one_get(), names))
    assert overlapping(texts) == []
    assert min(text.left for text in texts) >= 0


def test_boxes_leave_their_arrows_to_be_seen():
    rects = [(float(box.get("x")), float(box.get("width"))) for box in shapes(STORY, "rect")[1:]]
    _, left, right, _ = lanes(STORY)
    assert all(x - left >= 30 and right - (x + width) >= 30 for x, width in rects)


def test_rows_are_evenly_spaced():
    sheets = shapes(GET, "rect")[1:]
    heights = [float(box.get("y")) for box in sheets]
    assert len({below - above for above, below in pairwise(heights)}) == 1


@pytest.mark.parametrize("picture", [GET, STORY, ladder(one_get() * 4)])
def test_large_enough_for_a_phone(picture):
    assert size_on_a_phone(picture) >= LEAST
