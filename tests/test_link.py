"""A link in virtual time: what it does to packets, how often, and again the same."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.stack.link import FAULTS, Drop, Link, nth_with_data, opens_again
from tcpkit.stack.recut import Recut
from tcpkit.stack.settings import Settings
from tcpkit.stack.transfer import RECEIVER, SENDER, transfer
from tcpkit.wire import Segment, TCPHeader

MANY = 20_000
PLAIN = Settings(timestamps=False)
RATE = 0.1
# Six standard deviations of a binomial count: what a right generator leaves once in 500 million seeds.
SLACK = 6 * math.sqrt(MANY * RATE * (1 - RATE))


def packets(count):
    return [number.to_bytes(4, "big") for number in range(count)]


def through(link, count=MANY, now=0.0):
    """Return what comes out at the end of all time."""
    pipe = link.pipe()
    for packet in packets(count):
        pipe.send(packet, now)
    return pipe.poll(math.inf)


def test_a_perfect_link_delivers_at_once_and_in_order():
    pipe = Link().pipe()
    for packet in packets(10):
        pipe.send(packet, 5.0)
    assert pipe.next_deadline() == 5.0
    assert pipe.poll(5.0) == packets(10)
    assert (pipe.poll(9.0), pipe.next_deadline()) == ([], None)


def test_a_delay_is_exact():
    pipe = Link(delay_s=0.25).pipe()
    pipe.send(b"one", 1.0)
    pipe.send(b"two", 1.5)
    assert pipe.next_deadline() == 1.25
    assert pipe.poll(math.nextafter(1.25, 0)) == []
    assert pipe.poll(1.25) == [b"one"]
    assert pipe.poll(2.0) == [b"two"]


# Faults, by seed


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_repeats_by_seed_alone(fault):
    link = Link(**{fault: RATE}, seed=4)
    again, other = Link(**{fault: RATE}, seed=4), Link(**{fault: RATE}, seed=5)
    assert through(link) == through(again)
    assert through(link) != through(other)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_happens_as_often_as_it_was_told(fault):
    pipe = Link(**{fault: RATE}, seed=1).pipe()
    for packet in packets(MANY):
        pipe.send(packet, 0.0)
    in_time, late = pipe.poll(0.0), pipe.poll(1.0)
    happened = {
        "loss": MANY - len(in_time),
        "duplication": len(in_time) - MANY,
        "corruption": sum(one != other for one, other in zip(in_time, packets(MANY), strict=False)),
        "reordering": len(late),
    }
    assert abs(happened[fault] - MANY * RATE) < SLACK


@pytest.mark.parametrize("fault", FAULTS)
def test_never_and_always(fault):
    assert through(Link(**{fault: 0.0}), 1000) == packets(1000)
    always = through(Link(**{fault: 1.0}), 1000)
    if fault == "loss":
        assert always == []
    elif fault == "duplication":
        assert always == [packet for packet in packets(1000) for _ in range(2)]
    elif fault == "corruption":
        assert all(bits_apart(one, other) == 1 for one, other in zip(always, packets(1000), strict=True))
    else:
        assert always == packets(1000)  # all are late alike


def bits_apart(one, other):
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def lost_by(link):
    """Return which packets are lost, by their number."""
    pipe = link.pipe()
    lost = []
    for number in range(2000):
        before = pipe.lost
        pipe.send(bytes(100), float(number))
        lost += [number] * (pipe.lost - before)
    return lost


@pytest.mark.parametrize(
    "more",
    [{"delay_s": 1.0}, {"rate_bit_s": 1e9}, {"reordering": 0.5}, {"duplication": 0.5}, {"corruption": 0.5}],
    ids=lambda more: next(iter(more)),
)
def test_a_seed_loses_the_same_packets_whatever_else_is_told(more):
    assert lost_by(Link(loss=0.05, seed=9, **more)) == lost_by(Link(loss=0.05, seed=9)) != []


def test_faults_are_independent_of_each_other():
    arrived = through(Link(loss=0.5, duplication=0.5, seed=7), 1000)
    twice = [packet for packet in packets(1000) if arrived.count(packet) == 2]
    assert 150 < len(twice) < 350


def test_both_ways_have_faults_of_their_own_that_repeat():
    link = Link(loss=0.5, seed=2)
    results = []
    for _ in range(2):
        results.append([])
        for pipe in link.both_ways():
            for packet in packets(200):
                pipe.send(packet, 0.0)
            results[-1].append(pipe.poll(0.0))
    assert results[0] == results[1]
    assert results[0][0] != results[0][1]


def test_a_late_packet_is_overtaken_and_nothing_else_is():
    link = Link(reordering=0.2, reordering_delay_s=0.5, seed=3)
    pipe = link.pipe()
    for packet in packets(1000):
        pipe.send(packet, 0.0)
    in_time, after = pipe.poll(0.0), pipe.poll(0.5)
    assert in_time == sorted(in_time)
    assert after == sorted(after)
    assert sorted(in_time + after) == packets(1000)
    assert 100 < len(after) < 300


# A rate, and a queue


def test_a_rate_limits():
    pipe = Link(rate_bit_s=8000, delay_s=1.0).pipe()
    for _ in range(3):
        pipe.send(bytes(100), 0.0)  # 0.1 s each
    arrivals = []
    while (deadline := pipe.next_deadline()) is not None:
        arrivals += [deadline] * len(pipe.poll(deadline))
    assert arrivals == pytest.approx([1.1, 1.2, 1.3])
    pipe.send(bytes(100), 50.0)  # an idle link does not save up
    assert pipe.next_deadline() == pytest.approx(51.1)


def test_a_full_queue_loses_what_comes_last():
    pipe = Link(rate_bit_s=8000, queue_packets=3).pipe()
    sent = [bytes([number]) * 100 for number in range(5)]
    for packet in sent:
        pipe.send(packet, 0.0)
    assert (pipe.sent, pipe.overflowed, pipe.lost) == (5, 2, 0)
    pipe.send(sent[4], 0.1)  # one has left: there is room for one
    pipe.send(sent[4], 0.1)
    assert (pipe.sent, pipe.overflowed) == (7, 3)
    assert pipe.poll(10.0) == [*sent[:3], sent[4]]


def test_a_queue_full_of_bytes_loses_what_does_not_fit():
    """A smaller packet may fit still; the one being sent counts until it has left."""
    pipe = Link(rate_bit_s=8000, queue_bytes=250).pipe()
    for size in (100, 100, 100, 50, 1):
        pipe.send(bytes(size), 0.0)
    assert (pipe.overflowed, pipe.queued_bytes(0.0), pipe.queued_packets(0.0)) == (2, 250, 3)
    assert (pipe.queued_bytes(0.0999), pipe.queued_bytes(0.1), pipe.queued_packets(0.1)) == (250, 150, 2)
    pipe.send(bytes(100), 0.1)
    assert (pipe.overflowed, pipe.queued_bytes(0.1)) == (2, 250)
    assert (pipe.queued_bytes(10.0), pipe.queued_packets(10.0)) == (0, 0)
    assert [len(packet) for packet in pipe.poll(10.0)] == [100, 100, 50, 100]
    both = Link(rate_bit_s=8000, queue_bytes=250, queue_packets=1).pipe()
    for _ in range(3):
        both.send(bytes(100), 0.0)
    assert both.overflowed == 2


def test_nothing_queues_where_there_is_no_rate():
    pipe = Link(queue_bytes=10).pipe()
    pipe.send(bytes(1000), 0.0)
    assert (pipe.overflowed, pipe.queued_bytes(0.0), pipe.queued_packets(0.0)) == (0, 0, 0)


def test_what_is_lost_on_the_way_took_its_time_to_send():
    fast, lossy = (Link(rate_bit_s=8000, loss=loss).pipe() for loss in (0.0, 0.5))
    for pipe in (fast, lossy):
        for _ in range(20):
            pipe.send(bytes(100), 0.0)
    assert lossy.lost > 0
    assert set(arrival_times(lossy)) < set(arrival_times(fast))


def arrival_times(pipe):
    times = []
    while (deadline := pipe.next_deadline()) is not None:
        times.append(deadline)
        pipe.poll(deadline)
    return times


def test_an_empty_packet_cannot_be_damaged():
    pipe = Link(corruption=1.0).pipe()
    pipe.send(b"", 0.0)
    assert pipe.poll(0.0) == [b""]


# Whatever one may ask for


@given(
    delay_s=st.floats(0, 1e6),
    rate_bit_s=st.none() | st.floats(1e-3, 1e12),
    queue_packets=st.integers(1, 50),
    queue_bytes=st.none() | st.integers(1, 50),
    reordering_delay_s=st.floats(0, 10),
    faults=st.fixed_dictionaries({fault: st.floats(0, 1) for fault in FAULTS}),
    seed=st.integers(),
    gaps=st.lists(st.floats(0, 1), max_size=30),
)
def test_all_that_is_sent_is_accounted_for(gaps, faults, **parameters):
    pipe = Link(**faults, **parameters).pipe()
    now, size = 0.0, 5
    for gap in gaps:
        now += gap
        pipe.send(bytes(size), now)
        assert pipe.next_deadline() is None or pipe.next_deadline() >= parameters["delay_s"]
    arrived = []
    while (deadline := pipe.next_deadline()) is not None:
        assert pipe.poll(math.nextafter(deadline, -math.inf)) == []
        arrived += pipe.poll(deadline)
    carried = pipe.sent - pipe.lost - pipe.overflowed
    assert pipe.sent == len(gaps)
    assert carried <= len(arrived) <= 2 * carried
    assert all(len(packet) == size for packet in arrived)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, 10])
def test_what_is_no_probability(fault, value):
    with pytest.raises(ValueError, match=f"{fault} is .*: it is a probability, from 0 to 1"):
        Link(**{fault: value})


@pytest.mark.parametrize("name", ["delay_s", "reordering_delay_s"])
@pytest.mark.parametrize("value", [-1e-9, math.inf, math.nan])
def test_what_is_no_delay(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*: write a time from 0 on, and not an infinite one"):
        Link(**{name: value})


@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_what_is_no_rate(value):
    with pytest.raises(ValueError, match=r"rate_bit_s is .*: write a rate above 0, or None"):
        Link(rate_bit_s=value)


@pytest.mark.parametrize("name", ["queue_packets", "queue_bytes"])
@pytest.mark.parametrize("value", [0, -5])
def test_what_is_no_queue(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*: at least the packet being sent must fit"):
        Link(**{name: value})


NUMBERS = (*FAULTS, "delay_s", "reordering_delay_s", "queue_packets", "seed")


@pytest.mark.parametrize("name", [*NUMBERS, "rate_bit_s", "queue_bytes"])
@pytest.mark.parametrize("value", ["1", True, [1], b"1", 1j])
def test_what_is_no_number(name, value):
    with pytest.raises(TypeError, match=rf"{name} is .*: write a (whole )?number"):
        Link(**{name: value})


@pytest.mark.parametrize("name", NUMBERS)
def test_none_is_no_number_but_for_a_rate_and_a_queue_of_bytes(name):
    with pytest.raises(TypeError, match=f"{name} is None"):
        Link(**{name: None})
    assert Link(rate_bit_s=None, queue_bytes=None) == Link()


# Drop.

DATA = bytes(29_200)


def test_the_nth_segment_with_data_is_lost_once():
    """Lesson 12: of twenty, the last three have too few behind them, and wait for the timer."""
    seconds = {}
    for number in range(1, 22):
        outcome = transfer(DATA, Drop(Link(delay_s=0.025), there=nth_with_data(number)), sender=PLAIN)
        assert outcome.is_equal
        assert outcome.sent_bytes == len(DATA) + 1460 * (number <= 20)
        seconds.setdefault(round(outcome.seconds - 0.05, 6), []).append(number)
    assert seconds == {0.175: [*range(1, 8)], 0.125: [*range(8, 18)], 1.125: [18, 19, 20], 0.075: [21]}


def test_each_way_is_asked_about_its_own_segments_in_order():
    there, back = [], []
    link = Drop(Recut(Link(delay_s=0.01), share=0.0), there.append, back.append)
    log = transfer(DATA, link).log
    for seen, sender in ((there, SENDER), (back, RECEIVER)):
        rows = log[log["from"] == sender]
        assert [(segment.window, len(segment.data)) for segment in seen] == [
            *zip(rows.window, rows.length, strict=True)
        ]
    turned = link.turned()
    assert (turned.there, turned.back) == (link.back, link.there)


def test_a_choice_changes_nothing_of_what_passes():
    def spoil(segment):
        vars(segment)["data"] = b"spoiled"
        return False

    assert transfer(DATA, Drop(there=spoil)).is_equal


def test_a_window_that_opens_again_is_told_once_in_vain():
    windows = [0, 500, 0, 0, 700, 800, 0, 900]
    is_chosen = opens_again()
    assert [window for window in windows if is_chosen(Segment(TCPHeader(1, 2, window=window)))] == [500]


@pytest.mark.parametrize("packet", [b"", bytes(60), b"\x45" + bytes(27), bytes([69, *[0] * 8, 17, *[0] * 50])])
def test_what_is_no_segment_is_not_asked_about(packet):
    pipe, _ = Drop(there=lambda segment: True).both_ways()
    pipe.send(packet, 0.0)
    assert pipe.poll(0.0) == [packet]


@pytest.mark.parametrize("wrong", [0, -3])
def test_there_is_no_such_segment(wrong):
    with pytest.raises(ValueError, match=f"number is {wrong}"):
        nth_with_data(wrong)


@pytest.mark.parametrize("wrong", [True, 1.0, "5", None])
def test_what_is_no_number_of_a_segment(wrong):
    with pytest.raises(TypeError, match="number is"):
        nth_with_data(wrong)


@pytest.mark.parametrize("way", ["there", "back"])
def test_what_chooses_no_segments(way):
    with pytest.raises(TypeError, match=f"{way} is 5: write a function of a segment"):
        Drop(**{way: 5})
