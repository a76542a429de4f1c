"""A transfer in virtual time: what arrived, when, and each packet; and its throughput."""

import csv
import math
import re
import runpy
from pathlib import Path

import pytest

from tcpkit.stack.congestion import Cubic, Reno
from tcpkit.stack.link import Link
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import RECEIVER, SENDER, Bulk, throughput, transfer

PLAIN = Settings(timestamps=False, delayed_ack_s=0.01)
DATA = bytes(number % 251 for number in range(29_200))  # twenty segments


def test_data_arrives_and_the_log_tells_each_packet():
    outcome = transfer(DATA, Link(delay_s=0.025), sender=PLAIN, receiver=PLAIN)
    assert (outcome.received, outcome.is_equal, outcome.sent_bytes) == (DATA, True, len(DATA))
    log = outcome.log
    assert [*log.columns] == ["seconds", "from", "flags", "number", "length", "window"]
    assert [tuple(row[:5]) for row in log.itertuples(index=False)][:5] == [
        (0.0, SENDER, "S", 0, 0),
        (0.025, RECEIVER, "S.", 0, 0),
        (0.05, SENDER, ".", 1, 0),
        (0.05, SENDER, ".", 1, 1460),
        (0.05, SENDER, ".", 1461, 1460),
    ]
    assert log[log["from"] == SENDER].length.sum() == len(DATA)
    assert outcome.seconds == pytest.approx(0.125)
    assert "packets" not in repr(outcome)


def test_what_is_sent_again_counts():
    outcome = transfer(DATA * 10, Link(delay_s=0.01, loss=0.05, seed=2))
    assert outcome.is_equal
    assert len(DATA) * 10 < outcome.sent_bytes < len(DATA) * 12


@pytest.mark.parametrize("flows", [1, 2, 5])
def test_flows_share_the_link(flows):
    outcome = transfer(DATA, Link(delay_s=0.01, rate_bit_s=1e6), flows=flows)
    assert outcome.received == DATA * flows
    assert outcome.is_equal
    assert outcome.seconds == pytest.approx(flows * 8 * (len(DATA) + 20 * 52) / 1e6, abs=0.15)


def test_each_side_has_settings_of_its_own():
    narrow = transfer(DATA, sender=Settings(window_scale=False), receiver=Settings(receive_buffer=3000))
    assert narrow.is_equal
    assert narrow.log[narrow.log["from"] == RECEIVER].window.max() == 3000


def test_what_does_not_arrive_is_not_equal():
    class Forgetful(Reassembler):
        def add(self, at, data):
            return bytes(len(super().add(at, data)))

    spoiled = transfer(DATA, receiver=Settings(pieces=Pieces(reassembler=Forgetful)))
    assert (len(spoiled.received), spoiled.is_equal) == (len(DATA), False)
    lost = transfer(DATA, Link(delay_s=0.01, loss=1.0), limit_s=1000.0)
    assert (lost.received, lost.is_equal, lost.sent_bytes) == (b"", False, 0)
    assert lost.seconds == pytest.approx(180)
    limited = transfer(DATA * 100, Link(rate_bit_s=1e5), limit_s=3.0)
    assert not limited.is_equal
    assert 3 <= limited.seconds < 4
    assert 0 < len(limited.received) < 3e5 / 8


def test_no_data_is_a_transfer_too():
    assert transfer(b"").is_equal
    assert transfer(b"").received == b""


def test_the_same_link_gives_the_same_packets():
    link = Link(delay_s=0.01, loss=0.1, reordering=0.1, seed=5)
    assert transfer(DATA, link, flows=3) == transfer(DATA, link, flows=3)


@pytest.mark.parametrize("flows", [0, -1])
def test_what_is_no_number_of_flows(flows):
    with pytest.raises(ValueError, match=f"flows is {flows}"):
        transfer(DATA, flows=flows)


def test_bulk_carries_so_many_bytes():
    bulk = Bulk(Link(delay_s=0.01, loss=0.01), Settings(), 500_000)
    bulk.run_until(lambda: bulk.received == 500_000)
    assert bulk.network.now > 0.1
    bulk.run_until(lambda: bulk.sender.snd.flight == 0)
    assert bulk.sender.snd.end - bulk.sender.snd.iss - 1 == 500_000


# Throughput.


@pytest.mark.parametrize(("window", "mbit_s"), [(14_600, 2.3), (29_200, 4.4), (1 << 20, 9.6)])
def test_throughput_is_a_window_a_round_trip_or_the_rate(window, mbit_s):
    rate = throughput(Link(rate_bit_s=10e6, delay_s=0.025), window=window)
    assert rate == pytest.approx(mbit_s * 1e6, rel=0.05)


@pytest.mark.parametrize("congestion", [Reno, Cubic])
def test_throughput_falls_with_loss(congestion):
    clean, lossy = (
        throughput(Link(rate_bit_s=1e8, delay_s=0.05, loss=loss), congestion=congestion) for loss in (0, 0.01)
    )
    assert lossy < clean / 5


def test_throughput_repeats():
    link = Link(rate_bit_s=10e6, delay_s=0.05, loss=0.01)
    assert throughput(link) == throughput(link)


def test_a_transfer_that_halts_is_told():
    with pytest.raises(RuntimeError, match="a transfer came to a halt"):
        throughput(Link(loss=1.0))


@pytest.mark.parametrize("link", [{"loss": 0.9}, {"delay_s": 1e9}, {"rate_bit_s": 1e-9}])
def test_a_link_that_carries_nothing_is_told_what_to_write(link):
    with pytest.raises(
        RuntimeError, match=r"after [\d,]+ s [\d,]+ bytes had arrived, .*\. Write a smaller loss or delay"
    ):
        throughput(Link(**link))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("packets", 9, "9: write a whole number from 10 to 10,000,000"),
        ("packets", 1 << 40, "1099511627776: write a whole number from"),
        ("packets", 3000.0, "3000.0: write a whole number"),
        ("packets", None, "None: write a whole number"),
        ("window", 0, "0: write a whole number from 536 to 67,108,864"),
        ("window", -1, "-1: write"),
        ("window", 1 << 40, "1099511627776: write"),
        ("window", math.nan, "nan: write a whole number"),
        ("window", "64k", "'64k': write a whole number"),
        ("skip", 1.0, "1.0: write a share of the packets, from 0 to below 1"),
        ("skip", -0.1, "-0.1: write a share"),
        ("skip", math.nan, "nan: write a share"),
        ("skip", "a", "'a': write a share"),
        ("congestion", "reno", "'reno': write a class, such as Reno"),
    ],
)
def test_what_tells_no_throughput(name, value, told):
    with pytest.raises((TypeError, ValueError), match=re.escape(f"{name} is {told}")):
        throughput(Link(delay_s=0.01), **{name: value})


def test_what_is_no_link_for_a_throughput():
    with pytest.raises(TypeError, match=r"link is None: write a Link, such as Link\(rate_bit_s=1e9, delay_s=0.05\)"):
        throughput(None)
    with pytest.raises(ValueError, match=r"this link takes no time.*: write a rate_bit_s or a delay_s"):
        throughput(Link())


@pytest.mark.parametrize(("loss", "round_trip"), [("0.01", "20"), ("0.1", "5")])
def test_the_table_of_lesson_15_is_what_its_script_makes(loss, round_trip):
    data = Path(__file__).parents[1] / "notebooks" / "data"
    with (data / "loss_and_delay.csv").open() as file:
        stored = {row["loss"]: row for row in csv.DictReader(file)}
    megabits = runpy.run_path(str(data / "loss_and_delay.py"))["megabits"]
    assert megabits(float(loss), float(round_trip)) == float(stored[loss][round_trip])
