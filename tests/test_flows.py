"""Flows that share one cable between two labs, in real time."""

import gc
import math
import signal
import threading
import warnings

import pandas
import pytest
from processes import descriptors, eventually

from tcpkit.lab import Lab, LabError
from tcpkit.lab.flows import MOST_S, KernelFlow, StackFlow
from tcpkit.stack.bottleneck import Flow, Ping, Run, Sample
from tcpkit.stack.congestion import Reno
from tcpkit.stack.link import Link

LINE = Link(rate_bit_s=12e6, delay_s=0.01, queue_packets=20)
MSS = 1448
TRIES = 5


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


def test_the_kernels_reno_climbs_until_the_queue_is_full(lab, other):
    """20 on the way, 20 in the queue, and one that is lost; a machine that is busy loses some earlier."""
    heights = (max(teeth(lab.share(other, [KernelFlow("a")], LINE, 3.5, None), "a"), default=0) for _ in range(TRIES))
    assert any(38 <= height <= 44 for height in heights)


def test_a_run_and_its_ping(lab, other):
    run = lab.share(other, [KernelFlow("kernel")], LINE, 1.0)
    assert isinstance(run, Run)
    assert run.seconds == 1.0
    assert 0 < run.goodput(0, 1)["kernel"] < 12e6
    table = pandas.DataFrame(run.samples)
    assert tuple(table.columns) == Sample._fields
    assert table.delivered_bytes.is_monotonic_increasing
    assert table.time_s.is_monotonic_increasing
    assert 1500 <= table.queue_bytes.max() <= 20 * 1500
    assert (table.cwnd_bytes % MSS == 0).all()
    assert table.in_flight.max() > 10 * MSS
    assert table.rtt_s.min() > 0.02
    assert {drop.flow for drop in run.drops} <= {"kernel", "ping"}
    assert all(0 <= drop.time_s <= 1.1 for drop in run.drops)
    assert isinstance(run.pings[0], Ping)
    assert 0.02 < run.ping_s(0.0) <= run.ping_s(0.95)


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


def test_a_cell_may_be_run_twice_and_be_interrupted_and_leaves_nothing(lab, other):
    flows, slow = [KernelFlow("a"), StackFlow("b")], Link(rate_bit_s=1e6, delay_s=0.1)
    lab.share(other, flows, slow, 0.1)
    gc.collect()
    held, threads = len(descriptors()), threading.active_count()
    interrupt = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        lab.share(other, flows, slow, MOST_S)
    interrupt.join()
    lab.share(other, flows, slow, 0.5)
    assert (len(descriptors()), threading.active_count()) == (held, threads)
    # An opening without its listener ends when the kernel would send its SYN again, after one second.
    eventually(lambda: lab.sockets().empty and other.sockets().empty)
    with lab.socket() as client, pytest.raises(OSError, match="unreachable"):
        client.connect(("10.9.0.2", 80))


class Four(Reno):
    """Keeps four segments under way."""

    def __init__(self, mss):
        super().__init__(mss)
        self.cwnd = 4 * mss

    def on_ack(self, *news):
        pass

    on_loss = on_timeout = on_ack


def test_our_stack_with_a_control_of_ones_own_beside_the_kernels(lab, other):
    run = lab.share(other, [StackFlow("mine", Four), KernelFlow("kernel")], LINE, 1.0)
    mine = [sample for sample in run.samples if sample.flow == "mine"]
    assert {sample.cwnd_bytes for sample in mine} == {4 * MSS}
    assert max(sample.in_flight for sample in mine) == 4 * MSS
    assert all(rate > 0 for rate in run.goodput(0, 1).values())
    assert {drop.flow for drop in run.drops} <= {"mine", "kernel", "ping"}


def test_our_stacks_start_later_too(lab, other):
    run = lab.share(other, [StackFlow("a"), StackFlow("b", "cubic", 0.02)], LINE, 0.5, None)
    assert min(sample.time_s for sample in run.samples if sample.flow == "b") > 0.02
    assert all(rate > 0 for rate in run.goodput(0, 0.5).values())


def test_the_lab_forwards_no_more_when_the_run_is_over(lab, other):
    lab.share(other, [StackFlow("a")], LINE, 0.1)
    forwarding = "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/forwarding"
    assert set(lab.run(forwarding.join(("sh -c '", "'"))).output.split()) == {"0"}


# What cannot be had


class Raises(Reno):
    def on_ack(self, acked, now, rtt_s):
        raise ZeroDivisionError("of mine")


def test_a_control_that_raises(lab, other):
    with pytest.raises(LabError, match=r"it raised ZeroDivisionError: of mine \(Raises\.on_ack, test_flows\.py, line"):
        lab.share(other, [StackFlow("a", Raises)], LINE, 1.0)
    assert lab.share(other, [StackFlow("a")], LINE, 0.3).samples


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
    ("kind", "wrong", "error", "message"),
    [
        (
            KernelFlow,
            {"congestion": Reno},
            TypeError,
            "one of its own. A class of yours runs in a StackFlow",
        ),
        (KernelFlow, {"starts_s": -1}, ValueError, "starts_s of 'a' is -1: write a number from 0 on"),
        (StackFlow, {"starts_s": None}, TypeError, "starts_s of 'a' is None: write a number"),
        (StackFlow, {"congestion": "bbr"}, ValueError, "congestion of 'a' is 'bbr': write 'reno', 'cubic'"),
    ],
)
def test_a_flow_that_cannot_be(kind, wrong, error, message):
    with pytest.raises(error, match=message):
        kind("a", **wrong)


def test_a_lab_without_cables(direct):
    with warnings.catch_warnings(), Lab() as other, pytest.raises(LabError, match="take a private network"):
        direct.share(other, [KernelFlow("a")], LINE, 1.0)
