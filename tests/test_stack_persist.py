"""The persist timer: one timeout, then twice as long each time, a minute at most."""

import pytest

from tcpkit.stack.window import LONGEST_S, PersistTimer


@pytest.fixture
def timer():
    timer = PersistTimer()
    timer.start(now=100.0, timeout_s=1.0)
    return timer


def expiries(timer, count):
    """Return when it expires, asked only at its deadlines."""
    times = []
    for _ in range(count):
        times.append(timer.deadline)
        assert timer.expired(timer.deadline)
    return times


def test_it_does_not_run_until_it_is_started():
    timer = PersistTimer()
    assert timer.deadline is None
    assert not timer.expired(1e9)


def test_it_expires_at_its_deadline_and_not_before(timer):
    assert timer.deadline == 101.0
    assert not timer.expired(100.999)
    assert timer.expired(101.0)
    assert not timer.expired(101.0), "it has just said so"


def test_it_waits_twice_as_long_each_time(timer):
    assert expiries(timer, 9) == [101, 103, 107, 115, 131, 163, 223, 283, 343]
    assert LONGEST_S == 60


def test_to_start_it_while_it_runs_changes_nothing(timer):
    timer.start(now=100.5, timeout_s=9.0)
    assert expiries(timer, 2) == [101, 103]


def test_stopped_it_forgets_how_long_it_waited(timer):
    expiries(timer, 5)
    timer.stop()
    assert timer.deadline is None
    assert not timer.expired(1e9)
    timer.start(now=500.0, timeout_s=2.0)
    assert expiries(timer, 2) == [502, 506]


def test_a_clock_that_jumps_years_ahead_makes_it_expire_once(timer):
    assert timer.expired(1e9)
    assert timer.deadline == 1e9 + 2.0


def test_an_hour_takes_some_sixty_probes(timer):
    count = 0
    while timer.deadline < 100.0 + 3600:
        assert timer.expired(timer.deadline)
        count += 1
    assert 55 <= count <= 66
