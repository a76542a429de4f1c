"""Flows and a ping that share one queue in virtual time."""

import hashlib
import math

import pandas
import pytest

from tcpkit.check.lesson16_rules import teeth_right
from tcpkit.stack.bottleneck import Drop, Flow, Ping, Run, Sample, share
from tcpkit.stack.congestion import Cubic, Reno

LINE = {"rate_bit_s": 5e6, "rtt_s": 0.04, "queue_bytes": 25_000, "seconds": 8.0}
ONE = [Flow("one")]


def shared(flows=ONE, **changes):
    return share(flows, **LINE | changes)


def test_one_flow_fills_the_line_and_the_ping_waits_in_its_queue():
    run = shared()
    assert run.seconds == 8.0
    assert 4.5e6 < run.goodput(2, 8)["one"] < 5e6 * 1448 / 1500
    first, *others = run.pings
    assert first == Ping(0.0, pytest.approx(0.04 + 8 * (84 + 60) / 5e6, abs=1e-4)), "behind the SYN, in an empty queue"
    assert 0.06 < run.ping_s(0.95, 2.0) < 0.04 + 8 * 25_000 / 5e6 + 0.001
    assert 60 < len(others) <= 79
    assert {drop.flow for drop in run.drops} <= {"one", "ping"}


def test_a_longer_queue_makes_the_ping_wait_and_little_else():
    short, long = shared(), shared(queue_bytes=250_000)
    assert long.goodput(2, 8)["one"] < 1.1 * short.goodput(2, 8)["one"]
    assert long.ping_s(0.95, 2.0) > 3 * short.ping_s(0.95, 2.0)


@pytest.mark.parametrize(
    ("rate_bit_s", "rtt_s", "queue_packets"), [(12e6, 0.02, 20), (12e6, 0.02, 5), (12e6, 0.02, 40), (6e6, 0.04, 30)]
)
def test_renos_window_climbs_as_high_and_falls_as_low_as_lesson_16_says(rate_bit_s, rtt_s, queue_packets):
    run = share(ONE, rate_bit_s=rate_bit_s, rtt_s=rtt_s, queue_bytes=1500 * queue_packets, seconds=6)
    later = [sample.cwnd_bytes / 1448 for sample in run.samples if sample.time_s > 2]
    assert (max(later), min(later)) == pytest.approx(teeth_right(rate_bit_s, rtt_s, queue_packets), abs=3)


def test_samples_are_a_table():
    run = shared(seconds=1.0, sample_every_s=0.25)
    table = pandas.DataFrame(run.samples)
    assert tuple(table.columns) == Sample._fields
    assert [*table.time_s] == [0.25, 0.5, 0.75, 1.0], "none before the SYN went, at 0"
    assert set(table.flow) == {"one"}
    assert table.delivered_bytes.is_monotonic_increasing
    assert table.queue_bytes.max() <= 25_000
    assert table.in_flight.between(1448, 25_000 + 5e6 * 0.04 / 8 * 3).all()
    assert table.rtt_s.between(0.04, 0.09).all()


def test_flows_share_in_the_end_and_more_of_them_get_more():
    two = shared([Flow("a"), Flow("b", starts_s=0.5)], seconds=20.0).goodput(5, 20)
    assert sum(two.values()) == pytest.approx(4.8e6, rel=0.05)
    assert 0.6 < two["a"] / two["b"] < 1.6
    alone, *four = shared([Flow("me"), *(Flow(f"{n}", starts_s=0.1 * n) for n in range(1, 5))]).goodput(2, 8).values()
    assert sum(four) > 2.5 * alone


def test_who_is_nearer_gets_more():
    rates = shared([Flow("near"), Flow("far", rtt_s=0.16)], seconds=20.0).goodput(5, 20)
    assert rates["near"] > 2 * rates["far"]


def test_a_flow_begins_when_it_is_told_and_ends_with_its_size():
    run = shared([Flow("short", size=30_000, starts_s=1.0), Flow("longer", Cubic, size=60_000)])
    assert [*run.finished_s] == ["longer", "short"]
    assert run.finished_s["longer"] < 1.0 < run.finished_s["short"] == run.seconds < 2.0
    assert min(sample.time_s for sample in run.samples if sample.flow == "short") >= 1.0
    assert run.goodput(0, 1.0) == {"short": 0.0, "longer": 8 * 60_000}


def test_each_name_is_a_congestion_control():
    """Reno and CUBIC begin alike."""
    begins = {}
    for name in ("reno", "cubic", "creep", "at once"):
        samples = shared([Flow("a", name)], seconds=0.2, rate_bit_s=1e8, sample_every_s=0.045).samples
        begins[name] = [sample.cwnd_bytes // 1448 for sample in samples[:2]]
    assert begins == {"reno": [10, 20], "cubic": [10, 20], "creep": [10, 11], "at once": [724, 724]}


def test_only_the_sender_has_the_control_that_was_handed_in():
    made = []

    class Noted(Reno):
        def __init__(self, mss):
            super().__init__(mss)
            made.append(mss)

    shared([Flow("a", Noted)], seconds=0.2)
    assert made == [1460, 1448], "once as it dials, once as the other side's MSS is known"


def test_lost_packets_are_noted_and_a_seed_repeats():
    lossy = {"loss": 0.02, "queue_bytes": 10**6, "seed": 3}
    run = shared(**lossy)
    assert 20 < len(run.drops) < 120
    assert isinstance(run.drops[0], Drop)
    hashes = {hashlib.sha256(repr((each.samples, each.pings)).encode()).digest() for each in (run, shared(**lossy))}
    assert len(hashes) == 1
    assert shared(**lossy | {"seed": 4}).samples != run.samples


def test_without_pings():
    assert shared(ping_every_s=None, seconds=0.2).pings == []
    assert Run(1.0, [], [], [], {}, ()).ping_s(0.5) == math.inf


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"flows": []}, "write at least one"),
        ({"flows": [Flow("a"), Flow("a")]}, "each with a name of its own"),
        ({"flows": [Flow("late", starts_s=8.0)]}, "'late' starts at 8.0 s: the run ends at 8.0 s"),
        *(
            ({name: value}, f"{name} is {value}")
            for name in ("seconds", "sample_every_s")
            for value in (0, -1, math.inf)
        ),
        *(({name: value}, f"{name} is {value}") for name in ("rate_bit_s", "rtt_s") for value in (0, -1, math.nan)),
        ({"queue_bytes": 0}, "queue_bytes is 0"),
        ({"queue_bytes": 40}, "queue_bytes is 40: a full packet of 1500 bytes must fit"),
        ({"loss": 1.5}, "loss is 1.5"),
        ({"loss": 1.0}, "loss is 1.0: all packets are lost. Write a share below 1"),
        ({"rtt_s": 1e9}, "rtt_s is 1000000000.0: the run ends at 8.0 s. Write a shorter one, or more seconds"),
        ({"flows": [Flow("far", rtt_s=9)]}, "rtt_s of 'far' is 9: the run ends at 8.0 s. Write a shorter one"),
        ({"rate_bit_s": 1e-3}, "rate_bit_s is 0.001: one packet takes 12,000,000 s. Write a larger rate"),
        ({"ping_every_s": -1}, "ping_every_s is -1"),
        ({"rate_bit_s": 1e18}, "packets: more than 10,000,000 take hours"),
        ({"sample_every_s": 1e-9}, "samples: more than"),
        ({"ping_every_s": 1e-9}, "pings: more than"),
    ],
)
def test_what_makes_no_run(wrong, words):
    with pytest.raises(ValueError, match=words):
        shared(**{"flows": ONE} | wrong)


@pytest.mark.parametrize("wrong", [{"seconds": "8"}, {"rtt_s": None}, {"rate_bit_s": True}, {"queue_bytes": 2.5}])
def test_what_is_no_number(wrong):
    [name] = wrong
    with pytest.raises(TypeError, match=name):
        shared(**wrong)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"congestion": "bbr"}, ValueError, "'bbr': write 'reno', 'cubic', 'creep', 'at once', or a class"),
        ({"congestion": 5}, TypeError, "congestion of 'a' is 5: write a name or a class"),
        ({"size": 0}, ValueError, "size of 'a' is 0"),
        ({"window": -1}, ValueError, "window of 'a' is -1"),
        ({"rtt_s": -0.1}, ValueError, "rtt_s of 'a' is -0.1"),
        ({"starts_s": "now"}, TypeError, "starts_s of 'a' is 'now'"),
        ({"starts_s": None}, TypeError, "starts_s of 'a' is None"),
    ],
)
def test_what_is_no_flow(wrong, error, words):
    with pytest.raises(error, match=words):
        Flow("a", **wrong)


@pytest.mark.parametrize(("begin_s", "end_s"), [(3, 3), (-1, 2), (0, 9), (5, 2)])
def test_goodput_of_no_time(begin_s, end_s):
    with pytest.raises(ValueError, match="write two times in order, from 0 to 8"):
        Run(8.0, [], [], [], {}, ("a",)).goodput(begin_s, end_s)


@pytest.mark.parametrize("wrong", [-0.1, 95])
def test_what_is_no_share_of_pings(wrong):
    with pytest.raises(ValueError, match=f"share is {wrong}"):
        Run(8.0, [], [], [], {}, ()).ping_s(wrong)
