"""Lesson 20's judges; hostile questions and hellos at its servers; a loop that is left behind."""

import socket
from dataclasses import replace

import pytest
from lesson_cells import code_cells, run

from tcpkit import Lab
from tcpkit.check import lesson20 as check
from tcpkit.check import lesson20_names as names
from tcpkit.check import lesson20_roads as roads
from tcpkit.lab import LabUnavailable

ASKED = names.query("page.example", 7)
QUESTIONS = [
    *(b"", bytes(12), bytes(512), b"\xff" * 512, ASKED[:12], ASKED[:-5], ASKED[:-1], b"\0\7\x81\x80" + ASKED[4:]),
    *(ASKED[:12] + tail for tail in (b"\xc0\x0c\0\1\0\1", b"\x3fpage\0\0\1\0\1", b"\0\0\1\0\1", b"\4page\xff")),
    *(ASKED[:4] + counts + ASKED[12:] for counts in (b"\xff" * 8, bytes(8))),
]
HELLOS = [
    *(
        b"",
        b"GET / HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        b"\x80" * 20,
    ),
    *(b"\x15\x03\x03\x00\x02\x02\x28", bytes(1000), b"\x16\x03\x01\x40\x00\x01" + b"\xff" * 16_383),
]


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_kernel_takes_the_longest_prefix(lab, seed):
    if lab.run("ip -V").status:
        pytest.skip("the program ip is not installed here")
    table, addresses = roads.by_chance(seed)
    exercise = replace(check.next_hop, inputs=tuple((address, table) for address in addresses))
    assert roads.looked_up(lab, exercise) == [roads.longest(address, table) for address in addresses]


def test_no_question_ends_the_name_server(lab):
    for question in [*QUESTIONS, bytes(70_000)]:
        assert names.answered(lab, lambda *_, question=question: question, "page.example", 7) == question
    assert names.answered(lab, names.query, "page.example", 7) == ASKED


def test_a_road_is_walked_by_the_right_answer_and_by_one_more(lab):
    first, again, other = (roads.road_in(lab, 1, 5, ()) for _ in range(3))
    assert first is again
    assert other is not first
    assert roads.trace(other.you, other.destination) == [*[f"{other.address[:-1]}1"], other.destination]


@pytest.fixture(scope="module")
def lesson():
    """Return what the lesson's cells made, up to the client."""
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))
    cells = code_cells("20_url_to_wire")
    (last,) = (cell.place for cell in cells if "def fetch" in cell.source)
    world = run(cells[: last + 1])
    with world["lab"]:
        cells[last].world = world
        yield cells[last]


def fetched(lesson):
    world = dict(lesson.world)
    return replace_body(lesson, "fetch('/secret')").run(world)


def replace_body(cell, source):
    return type(cell)(cell.lesson, cell.place, source, source, cell.tags)


def test_hostile_questions_and_hellos_at_the_lessons_servers(lesson):
    lab = lesson.world["lab"]
    with lab.socket(type=socket.SOCK_DGRAM) as asker:
        for question in [*QUESTIONS, bytes(1400)]:
            asker.sendto(question, ("10.1.0.1", 53))
    for hello in HELLOS:
        with lab.socket() as client:
            client.connect(("10.3.0.80", 443))
            client.sendall(hello)
    with lab.socket() as held:
        held.connect(("10.3.0.80", 443))
        held.sendall(b"\x16\x03\x01")  # and no more
        assert b"hello, and nobody" in fetched(lesson)


def test_a_loop_that_is_left_behind(lesson):
    lab, road = lesson.world["lab"], lesson.world["road"]
    road.bend()
    with road.routers[0].capture("right") as between, lab.socket(type=socket.SOCK_DGRAM) as probe:
        for port in range(5):
            probe.sendto(b"", ("10.7.0.1", 34_000 + port))
    assert sum(each.protocol == "UDP" for each in between) in (5 * 63, 5 * 2)  # the latter where rp_filter is 1
    assert len(roads.trace(lab, "10.7.0.1", most=4, timeout_s=0.1)) == 4
    assert b"hello, and nobody" in fetched(lesson)
    for name in ("next_hop", "dns_query", "traceroute"):
        exercise = getattr(check, name)
        assert exercise(exercise.right, lab).status == "PASS"
