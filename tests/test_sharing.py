"""Part IV, lessons 15 to 17: figures in prose, words before their time, the kernel beside a prediction, a class."""

import hashlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from time import sleep

import contest_controls as made
import pytest

from tcpkit.check import lesson15, lesson15_kernel, lesson17
from tcpkit.check.carrying import LEFT_OUT
from tcpkit.stack.bottleneck import Flow, share
from tcpkit.stack.congestion import Reno
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import RECEIVER, Bulk, transfer

ROOT = Path(__file__).parents[1]
SOURCES = {int(path.name[:2]): path.read_text() for path in (ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py")}


def says(lesson, words):
    return words in SOURCES[lesson].replace("\n# ", " ")


# Figures that stand in prose only. They are virtual ones, the same on every machine.


def test_how_often_the_sender_halves_where_lesson_15s_formula_fails():
    halved = []

    class Counted(Reno):
        def on_loss(self, flight, now):
            halved.append(now)
            super().on_loss(flight, now)

    settings = Settings(send_buffer=1 << 20, receive_buffer=1 << 20, pieces=Pieces(congestion=Counted))
    bulk = Bulk(Link(rate_bit_s=1e9, delay_s=0.0025, loss=0.01, seed=0), settings)
    bulk.run_until(lambda: bulk.received >= 900 * 1448)  # what does not count
    began_s = bulk.network.now
    bulk.run_until(lambda: bulk.received >= 3000 * 1448)
    assert sum(now > began_s for now in halved) == 10
    assert says(15, "the sender halves what is under way only ten times")


def test_what_is_under_way_in_lesson_16_and_how_high_the_first_tooth_is():
    bottleneck = Link(rate_bit_s=12e6, delay_s=0.01, queue_packets=20)
    log = transfer(bytes(1_000_000), bottleneck).log
    acks = log[(log["from"] == RECEIVER) & ~log["flags"].str.contains("S")]
    bulk, under_way = Bulk(bottleneck, Settings(), 1_000_000), []

    def is_done():
        snd = bulk.sender.snd
        under_way.append(snd.scoreboard.pipe(snd.una, snd.nxt))
        return bulk.received == 1_000_000

    bulk.run_until(is_done)
    room, most = 4 * acks.window.min(), max(under_way)
    assert says(16, f"always has room for {room:,} bytes or more")
    assert says(16, f"the most ever under way, {most / 1448:.0f} segments, is {most:,} bytes")
    run = share([Flow("reno")], seconds=3, rate_bit_s=12e6, rtt_s=0.02, queue_bytes=30_000)
    assert says(16, f"The first one is {max(each.cwnd_bytes for each in run.samples) / 1448:.0f} high")


def test_every_sample_of_a_run_stays_as_it_is():
    """A change of the stack that moves one shows here. If it is meant, run lessons 15 to 17 again, and read them."""
    path = {"rate_bit_s": 4e6, "rtt_s": 0.04, "queue_bytes": 30_000, "loss": 0.002, "seed": 1}
    run = share([Flow("reno"), Flow("creep", "creep", 0.5)], seconds=4, **path)
    assert hashlib.sha256(repr(run.samples).encode()).hexdigest()[:16] == "61e93709ecd923ee"


# Words that come in their own lesson.


def test_no_lesson_names_a_congestion_control_before_its_time():
    """Lesson 12's `Twenty` sets an attribute that the stack reads, and no sentence is about it."""
    found = {
        (lesson, word)
        for lesson, text in SOURCES.items()
        for word in ("cwnd", "bbr", "bufferbloat", "reno", "sawtooth")
        if word in text.lower() and lesson <= 16
    }
    assert found == {(12, "cwnd"), (15, "reno"), (16, "cwnd"), (16, "reno")}
    assert [line.strip() for line in SOURCES[12].splitlines() if "cwnd" in line] == ["self.cwnd = 20 * mss"]
    assert "reno" not in SOURCES[15].partition("\n# ## 5.")[0].lower()


# 15.3 beside two kernels.


def at_the_kernels_point(does):
    """Return a right answer that does something else where two kernels are asked."""
    point = lesson15_kernel.RATE_BIT_S, lesson15_kernel.RTT_S, lesson15_kernel.LOSS, lesson15_kernel.WINDOW

    def predict(rate_bit_s, rtt_s, loss, window):
        given = rate_bit_s, rtt_s, loss, window
        return does() if given == point else lesson15_kernel.predict(*given)

    return predict


@pytest.mark.parametrize(
    ("does", "words"),
    [
        (lambda: None, "it returned None"),
        (lambda: 99.0, "you returned 99.0"),
        (lambda: 1 / 0, "it raised ZeroDivisionError"),
    ],
)
def test_a_prediction_is_compared_before_two_kernels_are_asked(lab, monkeypatch, does, words):
    monkeypatch.setattr(lesson15_kernel, "between", None)
    told = "TRY AGAIN 15.3 predict: For rate_bit_s=50000000.0, rtt_s=0.04, loss=0.01, window=1048576 "
    assert lesson15.predict(at_the_kernels_point(does), lab).message.startswith(told + words)


def refused(*_):
    raise OSError(101, "Network is unreachable")


@pytest.mark.parametrize(
    ("between", "words"),
    [
        (lambda *_: 1e5, "0.1 Mbit/s. You predicted 3.5, as the formula does. If your machine is busy, wait, and"),
        (lambda *_: 2e8, "200.0 Mbit/s. You predicted 3.5, as the formula does."),
        (refused, "it stopped. [Errno 101] Network is unreachable"),
    ],
)
def test_two_kernels_that_do_another_thing(lab, monkeypatch, between, words):
    monkeypatch.setattr(lesson15_kernel, "between", between)
    verdict = lesson15.predict(lesson15_kernel.predict, lab)
    assert verdict.status == "TRY AGAIN"
    assert verdict.sentence.splitlines()[-1].startswith(lesson15_kernel.WORDS + words)


def test_no_cable_in_the_machines_own_network(direct):
    verdict = lesson15.predict(lesson15_kernel.predict, direct)
    assert verdict.status == "PASS"
    assert verdict.sentence.endswith(f"{LEFT_OUT}: this kind of lab has no cable.")


# 17.3, and a class of it.


def test_a_control_that_sleeps_a_little_at_each_ack_is_told():
    def sleeps(self, acked, now, rtt_s):
        sleep(0.001)
        Reno.on_ack(self, acked, now, rtt_s)

    message = replace(lesson17.Mine, limit_s=0.5)(made.but(on_ack=sleeps)).message
    assert re.match(
        r"TRY AGAIN 17.3 Mine: For scenario='.*', rates='as shown' it had not finished after 0.5 s", message
    )


def test_the_teachers_line_puts_the_most_points_first_and_says_whose_they_are(tmp_path):
    for name, rows in {"ada": ["30.5,", "45.5,36.0"], "kim": ["9.5,", "56.9,53.7"]}.items():
        (tmp_path / name).mkdir()
        lines = ["date,name,points,half_rates,sha256", *(f"2026-11-29 19:00,Mine,{each},ab12" for each in rows)]
        (tmp_path / name / "leaderboard.csv").write_text("\n".join(lines) + "\n")
    [line] = re.findall(r"`(.*\*/leaderboard\.csv.*)`", (ROOT / "docs" / "teachers.md").read_text())
    sorted_rows = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    told = [(row.partition("/")[0], row.split(",")[2]) for row in sorted_rows.splitlines()]
    assert told == [("kim", "56.9"), ("ada", "45.5"), ("ada", "30.5"), ("kim", "9.5")]
