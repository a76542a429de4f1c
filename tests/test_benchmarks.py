"""The benchmarks' own sums and words; how fast anything is, no test asks."""

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.__main__ import TOPICS
from benchmarks.inside import own_network
from benchmarks.lab_answer import SYN
from benchmarks.measure import by_turns, duration, faster, peer, reached, within
from benchmarks.stack_bulk import PORT, kernel_side, our_rate, rate
from benchmarks.stack_many import DATA, SEGMENTS, Crowd
from benchmarks.stack_virtual import FIRST, Point
from benchmarks.two_kernels import carried_bytes_s, two_kernels
from benchmarks.wire import agree, building, parsing
from tcpkit.stack.states import State

ROOT = Path(__file__).parent.parent


def test_sides_take_turns_and_a_missing_peer_has_no_times():
    calls = []

    def slow(name):
        calls.append(name)
        sum(range(200_000))  # long enough to be a round by itself

    times = by_turns({"one": lambda: slow("one"), "gone": None, "other": lambda: slow("other")}, rounds=5)
    assert [len(times[name]) for name in ("one", "gone", "other")] == [5, 0, 5]
    in_order = [name for name, before in zip(calls, [None, *calls], strict=False) if name != before]
    assert in_order == ["one", "other"] * 6  # once to find out how often, then five rounds


def test_a_ratio_is_the_median_of_the_rounds():
    """Slow for one side in the second round, for both in the third: the ratio stays."""
    for own, found, met in [(1.0, "4.0x faster", True), (3.0, "1.3x faster", False)]:
        result = faster("x", {"us": [own, own, 100 * own], "them": [4.0, 400.0, 400.0]}, "them", 2)
        assert (result.found, result.met, result.asked) == (found, met, "2x faster than them")
        assert str(result).endswith(" met" if met else " NOT MET")
    for theirs, factor, found, met in [
        ([10e6, 800e6, 8e6], 1 / 20, "1/10 of them", True),
        ([1e4, 2e6, 8e6], 50, "40x them", False),
    ]:
        result = reached("x", {"us": [1e6, 80e6, 80e6], "them": theirs}, "them", factor)
        assert (result.found, result.met, result.figures["us"]) == (found, met, "80.0 MB/s")
    for own, met in [(2.9, True), (3.1, False)]:  # a limit comes from a peer's median
        times = {"us": [own, 0.1, 9.0], "them": [1.0, 0.5, 7.0]}
        result = within("x", times, "them", lambda them: 2 * them + 1, "asked")
        assert (result.found, result.met) == ("limit 3.00 s", met)


def test_a_missing_peer_is_printed_as_missing_and_not_judged():
    gone = {"us": [1.0], "them": []}
    for result in (
        faster("x", gone, "them", 2),
        reached("x", gone, "them", 2),
        within("x", gone, "them", float, "asked"),
    ):
        assert result.met is None
        assert "them missing" in str(result)
        assert str(result).endswith("not judged")
    assert peer("no_such_module_anywhere") is None


def test_figures_have_three_digits_and_a_unit():
    failed, tried = doctest.testmod(measure)
    assert (failed, tried > 0) == (0, True)
    assert [duration(seconds) for seconds in (123.4, 1.0, 0.0123, 0.0)] == ["123 s", "1.00 s", "12.3 ms", "0.00 ns"]


def test_all_sides_do_the_same_work():
    assert set(building()) == set(parsing()) == {"tcpkit", "scapy", "dpkt"}  # both compare what comes out
    with pytest.raises(RuntimeError, match="the two sides differ"):
        agree(b"one", b"other")


@pytest.mark.parametrize(("role", "why"), [("receives", "it ended 1 bytes early"), ("sends", "it was reset")])
def test_the_kernels_side_of_a_bulk_transfer(lab, role, why):
    assert our_rate(lab, role, 200_001) > 0
    program = kernel_side(lab, role, 200_001)
    with lab.socket() as dialling:
        dialling.connect(("127.0.0.1", PORT))
        dialling.sendall(bytes(200_000 if role == "receives" else 0))
        dialling.recv(0 if role == "receives" else 1)
    with pytest.raises(RuntimeError, match=why):
        rate(program, 200_001)


def test_two_kernels_are_joined(lab):
    with two_kernels(lab, 1500) as are_two:
        if not are_two:
            pytest.skip("iperf3 or ethtool is missing")
        assert carried_bytes_s(lab, "-n", "10M") > 0
        offloads = lab.run(["ethtool", "-k", "near"]).output
    assert all(f"{name}: off" in offloads for name in ("tx-checksumming", "generic-segmentation-offload"))
    assert "near" not in lab.run(["ip", "link"]).output


def test_a_crowd_of_connections_is_open_and_takes_data():
    crowd = Crowd(3)
    assert [each.state for each in crowd.accepted] == [State.ESTABLISHED] * 3
    crowd.segment_s()
    assert sum(each.rcv.nxt - each.rcv.irs - 1 for each in crowd.accepted) == SEGMENTS * len(DATA)
    assert not any(each.unread for each in crowd.accepted)


def test_a_point_leaves_slow_start_out(monkeypatch):
    monkeypatch.setattr("benchmarks.stack_virtual.PACKETS", 2000)
    point = Point(0.02, 0.05)
    assert point.losses > FIRST
    assert 0.5 < point.ratio < 1.5


def test_every_topic_has_results():
    assert all(callable(importlib.import_module(f"benchmarks.{topic}").results) for topic in TOPICS)


def test_an_unknown_topic_is_told_which_there_are():
    command = [sys.executable, "-m", "benchmarks", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no topic nothing: choose of wire, importing" in done.stderr


def test_the_script_for_labs_leaves_the_machines_own_network_alone():
    command = [sys.executable, str(ROOT / "benchmarks" / "inside.py"), SYN.hex(), own_network()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip() == "this is no private network: run me in a lab"
    assert not done.stdout
