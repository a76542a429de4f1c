"""Flows that share one cable between two labs, in real time."""

import math
import warnings
from statistics import median

import pandas
import pytest

from tcpkit.lab import Lab, LabError
from tcpkit.lab.flows import KernelFlow
from tcpkit.stack.bottleneck import Drop, Flow, Ping, Run, Sample
from tcpkit.stack.congestion import Reno
from tcpkit.stack.link import Link

LINE = Link(rate_bit_s=12e6, delay_s=0.01, queue_packets=20)
MSS = 1448


@pytest.fixture
def other(lab):
    with Lab() as made:
        yield made


def teeth(run, flow, begin_s=1.0):
    """Return the heights of the teeth, in segments: the most before each fall of a quarter."""
    heights, most, least, climbs = [], 0.0, 0.0, True
    for sample in run.samples:
        if sample.flow == flow and sample.time_s >= begin_s:
            cwnd = sample.cwnd_bytes / MSS
            most, least = max(most, cwnd), min(least, cwnd)
            if climbs and cwnd < 0.75 * most:
                heights.append(most)
                climbs, least = False, cwnd
            elif not climbs and cwnd > least + 4:
                climbs, most = True, cwnd
    return heights


def test_the_kernels_reno_and_a_ping(lab, other):
    run = lab.share(other, [KernelFlow("kernel")], LINE, 3.5)
    assert isinstance(run, Run)
    assert run.seconds == 3.5
    assert 38 <= median(teeth(run, "kernel")) <= 44, "20 on the way, 20 in the queue, and one that is lost"
    assert 10e6 < run.goodput(1, 3.5)["kernel"] < 12e6
    table = pandas.DataFrame(run.samples)
    assert tuple(table.columns) == Sample._fields
    assert table.delivered_bytes.is_monotonic_increasing
    assert table.queue_bytes.max() == 20 * 1500
    assert table.rtt_s.min() > 0.02
    assert {drop.flow for drop in run.drops} <= {"kernel", "ping"}
    assert all(0 <= drop.time_s <= 3.5 for drop in run.drops)
    assert Drop(run.drops[0].time_s, "kernel") in run.drops
    assert isinstance(run.pings[0], Ping)
    assert 0.02 < run.ping_s(0.0) < run.ping_s(0.95, 1.0)


def test_flows_that_start_later_with_other_controls_and_no_ping(lab, other):
    flows = [KernelFlow(name, name, 0.02 * number) for number, name in enumerate(lab.congestion_controls())]
    run = lab.share(other, flows, LINE, 1.0, ping_every_s=None)
    assert run.pings == []
    assert {sample.flow for sample in run.samples} == set(run.flows) == {flow.name for flow in flows}
    for flow in flows:
        assert min(sample.time_s for sample in run.samples if sample.flow == flow.name) > flow.starts_s


def test_all_is_lost(lab, other):
    run = lab.share(other, [KernelFlow("a")], Link(rate_bit_s=1e6, loss=1.0), 0.3)
    assert (run.samples, run.pings, run.goodput(0, 0.3)) == ([], [], {"a": 0.0})
    assert {drop.flow for drop in run.drops} == {"a", "ping"}


def test_a_cell_may_be_run_twice_and_leaves_nothing(lab, other):
    for _ in range(2):
        lab.share(other, [KernelFlow("a")], LINE, 0.3)
        assert lab.sockets().empty
        assert other.sockets().empty
    with lab.socket() as client, pytest.raises(OSError, match="unreachable"):
        client.connect(("10.9.0.2", 80))


# What cannot be had


def test_controls_of_the_kernel(lab):
    assert "reno" in lab.congestion_controls()
    with lab.socket() as one:
        for name in lab.congestion_controls():
            one.setsockopt(6, 13, name.encode())  # TCP_CONGESTION


def test_a_control_that_the_kernel_has_not(lab, other):
    known = ", ".join(map(repr, lab.congestion_controls()))
    with pytest.raises(LabError, match=f"no congestion control 'mine'.*'a' cannot run.*It has {known}"):
        lab.share(other, [KernelFlow("a", "mine")], LINE, 1.0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"seconds": 0}, ValueError, "seconds is 0: write a number above 0"),
        ({"seconds": math.nan}, ValueError, "seconds is nan: write a number above 0"),
        ({"seconds": "3"}, TypeError, "seconds is '3': write a number"),
        ({"seconds": 3600.0}, ValueError, "real time, 60 s at most. Virtual time has no such limit"),
        ({"ping_every_s": 0}, ValueError, "ping_every_s is 0: write a number from 0.001 on"),
        ({"ping_every_s": 1e-9}, ValueError, "ping_every_s is 1e-09: "),
        ({"flows": []}, ValueError, "at least one, each with a name of its own"),
        ({"flows": [KernelFlow("a"), KernelFlow("a")]}, ValueError, "each with a name of its own"),
        ({"flows": [KernelFlow("a", starts_s=2.0)]}, ValueError, "'a' starts at 2.0 s: the run ends at 1.0 s"),
        ({"flows": [Flow("a")]}, TypeError, r"is no flow of a lab's: write KernelFlow\('name'\)"),
        ({"link": None}, TypeError, r"link is None: write a Link, such as Link\(rate_bit_s=12e6"),
        ({"link": Link(rate_bit_s=1.0)}, ValueError, "rate_bit_s is 1.0: one packet takes 12,000 s"),
        ({"other": "b"}, TypeError, r"a cable joins two labs"),
    ],
)
def test_nonsense(lab, other, arguments, error, message):
    usual = {"other": other, "flows": [KernelFlow("a")], "link": LINE, "seconds": 1.0}
    with pytest.raises(error, match=message):
        lab.share(**usual | arguments)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"congestion": Reno}, TypeError, "the name of one of its own. A class of yours runs in a StackFlow"),
        ({"starts_s": -1}, ValueError, "starts_s of 'a' is -1: write a number from 0 on"),
        ({"starts_s": None}, TypeError, "starts_s of 'a' is None: write a number"),
    ],
)
def test_a_flow_that_cannot_be(wrong, error, message):
    with pytest.raises(error, match=message):
        KernelFlow("a", **wrong)


def test_a_lab_without_cables(direct):
    with warnings.catch_warnings(), Lab() as other, pytest.raises(LabError, match="take a private network"):
        direct.share(other, [KernelFlow("a")], LINE, 1.0)
