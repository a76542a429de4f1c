"""Lesson 17's contest: its stored figures, bad controls, the leaderboard; and its lesson on a kernel without BBR."""

import contextlib
import csv
import io
import os
import re
import resource
import socket
from types import SimpleNamespace

import contest_controls as made
import pytest
from lesson_cells import code_cells

from tcpkit.check import lesson17
from tcpkit.check.contest import SCENARIOS, points, tried
from tcpkit.check.lesson17_board import BOARD, KNOWN, LARGEST, MARK, OF_BOTH, Row, leaderboard, written
from tcpkit.check.lesson17_mine import HALF, NEEDED, SPEEDS
from tcpkit.stack.congestion import Cubic, Reno

CONTROLS = {"Reno": Reno, "CUBIC": Cubic}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_the_stored_points_and_the_stored_picture_are_made_anew(row):
    results = {name: tried(CONTROLS[row.name], name) for name in SCENARIOS}
    assert round(points([*results.values()]), 1) == row.points
    assert round(points([tried(CONTROLS[row.name], name, *SPEEDS[HALF]) for name in SCENARIOS]), 1) == row.half_rates
    assert row.points < NEEDED[0]
    for place, both in OF_BOTH.items():
        assert both[row.name] == (round(results[place].used, 2), round(results[place].delay, 1))


def test_greed_and_giving_up_cost_points():
    fair, gentle, shy = (tried(each, "beside Reno") for each in (made.vegas, made.but(on_loss=made.tenth), made.to(4)))
    assert fair.fair == 1.0
    assert gentle.fair < 0.4
    assert gentle.used == 1.0
    assert shy.used < 0.3
    assert max(gentle.worth, shy.worth) < 0.5 < fair.worth


# Bad controls: a clear sentence each time.


def raises_later(self, acked, now, rtt_s):
    Reno.on_ack(self, acked, now, rtt_s)
    if now > 3:
        raise ValueError("no more")


OPENED = []


def opens(self, *given):
    OPENED.extend(socket.socketpair())
    Reno.on_ack(self, *given)


BAD = {
    "None": (lambda self, *_: setattr(self, "cwnd", None), r"it raised TypeError: `self.cwnd` is None: make it a numb"),
    "text": (lambda self, *_: setattr(self, "cwnd", "9"), r"it raised TypeError: `self.cwnd` is '9': make it a number"),
    "negative": (lambda self, *_: setattr(self, "cwnd", -5), r"it raised TypeError: `self.cwnd` is -5: make it a numb"),
    "huge": (lambda self, *_: setattr(self, "cwnd", 1 << 10**6), r"`self.cwnd` is a number of 1000001 bits: make it a"),
    "nan": (lambda self, *_: setattr(self, "cwnd", float("nan")), r"it raised TypeError: `self.cwnd` is nan: make it "),
    "raises later": (
        raises_later,
        r"scenario='slow line', rates='as shown' it raised ValueError: no more. Your line: ",
    ),
    "returns": (lambda self, *_: 1 << 10**8, r"you returned a number of 100000001 bits: no answer here is that large"),
    "opens": (opens, r"it raised OSError: \[Errno 24\] Too many open files. Your line: `OPENED.extend"),
}


@pytest.fixture
def few_descriptors():
    """Let this process open forty more files or sockets, not thousands."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 40, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_control_is_told_in_a_line(kind, few_descriptors):
    wrong, words = BAD[kind]
    message = lesson17.Mine(made.but(on_ack=wrong)).message
    while OPENED:
        OPENED.pop().close()
    assert message.startswith("TRY AGAIN 17.3 Mine: For ")
    assert re.search(words, message), message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize("thing", [None, 7, "Mine", Reno(1448), lambda mss: Reno(mss), int, type])
def test_what_is_no_congestion_control(thing):
    message = lesson17.Mine(thing).message
    assert message.startswith("TRY AGAIN 17.3 Mine: ")
    assert "\n" not in message


def test_an_answer_beside_the_queue_that_stops_there_is_told():
    def stops(cwnd, rtt_s, least_rtt_s):
        if cwnd == 171_000 or least_rtt_s == 0.040096:
            raise ValueError("no more")
        return max(0, cwnd * (1 - least_rtt_s / rtt_s))

    verdict = lesson17.waiting(stops)
    assert verdict.status == "TRY AGAIN"
    assert "ValueError: no more" in verdict.message


# The leaderboard


def rows():
    return list(csv.reader(BOARD.read_text().splitlines()))


def test_each_try_is_a_row_in_the_learners_folder_alone_and_the_same_try_is_not_written_twice(folder):
    lesson17.Mine(made.to(4))
    assert os.listdir(folder) == []
    assert leaderboard() == [*KNOWN]
    MARK.touch()
    lesson17.Mine(made.to(4))
    head, one = rows()
    assert head == ["date", "name", "points", "half_rates", "sha256"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", one[0])
    assert one[1:4] == ["Mine", "21.4", ""]
    assert re.fullmatch("[0-9a-f]{64}", one[4])
    assert written(made.to(4), [50.0, 40.0]) == written(made.to(4), [50.0, 40.0]) == ""
    assert [row.points for row in leaderboard()] == [50.0, 35.9, 32.3, 21.4]
    assert leaderboard()[0][:3] == ("Mine", 50.0, 40.0)
    assert leaderboard()[-1].half_rates == ""


def test_a_file_that_cannot_be_read_or_written_is_said_and_stays():
    MARK.touch()
    BOARD.mkdir()
    assert leaderboard() == [*KNOWN]
    assert re.match(r"Not written to leaderboard.csv: \[Errno 21\] Is a directory", written(Reno, [1.0]))
    BOARD.rmdir()
    BOARD.write_bytes(b"\xff\xfe\0 no text")
    assert leaderboard() == [*KNOWN]


def test_lines_that_are_no_rows_are_passed_over():
    MARK.touch()
    lines = 'a,b\n,x,nan,1,\n,x,inf,,\n,x,many,,\n,"y, z",50,oops,\n2026-01-01 10:00,Mine,45.5,,ab\n\0,,,,\n'
    BOARD.write_text(lines)
    assert leaderboard() == [Row("Mine", 45.5, "", "2026-01-01 10:00", "ab"), *KNOWN]
    BOARD.write_text(" " * (LARGEST + 1))
    assert leaderboard() == [*KNOWN]


def test_a_class_whose_name_raises_is_no_row():
    class Meta(type):
        @property
        def __name__(cls):
            raise RuntimeError("hands off")

    MARK.touch()
    assert written(Meta("Mine", (Reno,), {}), [1.0]) == "Not written to leaderboard.csv: hands off"


# The lesson


def test_the_confrontation_waits_for_a_pass_and_tells_what_stops_it():
    assert lesson17.confront(made.vegas, print).message.startswith("NOT SEEN YET: this experiment waits")
    lesson17.Mine(made.vegas)
    assert lesson17.confront(made.vegas, lambda _: {"yours": 2e6, "kernel's Reno": 16.25e6}).message == (
        "WE SAW: yours got 2.0 Mbit/s, and the kernel's Reno 16.2."
    )
    for wrong in (print, None, lambda _: 1 / 0):
        assert lesson17.confront(made.vegas, wrong).message.startswith("NOT SEEN YET: the experiment stopped. ")
    assert "yours" in repr(lesson17.pings(made.vegas))
    assert "yours" not in repr(lesson17.pings())


def test_on_a_kernel_without_bbr_the_figures_are_recorded_ones_and_the_output_says_so():
    cells = [cell for cell in code_cells("17_fairness") if "congestion_controls" in cell.source]
    world = {"lab": SimpleNamespace(congestion_controls=lambda: ("reno", "cubic")), "check": lesson17}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for cell in cells:
            cell.run(world)
    assert "It has no BBR: the figures of this section were recorded on another machine." in printed.getvalue()
    assert printed.getvalue().endswith("33 packets: BBR\n330 packets: Reno\n")
