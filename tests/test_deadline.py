"""Endless loops end, and the clock is left as it was found."""

import signal
import sys
import threading
import time

import pytest

from tcpkit.check.deadline import Deadline, OutOfTime, can_ring

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="no SIGALRM on this system: calls are not cut off"
)
SHORT_S = 0.05


def plain_loop():
    while True:
        pass


def swallows(errors):
    while True:
        try:
            time.sleep(0.01)
        except errors:
            continue


def recurses_twice():
    try:
        return recurses_twice()
    except Exception:
        return recurses_twice()


@pytest.fixture(autouse=True)
def clock_is_put_back():
    """Whatever a test does, the clock, its handler and the tracing are as before."""
    before = signal.getsignal(signal.SIGALRM), sys.gettrace()
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert (signal.getsignal(signal.SIGALRM), sys.gettrace()) == before


@pytest.mark.parametrize(
    "endless",
    [(plain_loop,), (swallows, Exception), (swallows, BaseException), (time.sleep, 1_000), (recurses_twice,)],
    ids=["loop", "swallows exceptions", "swallows everything", "sleeps", "recurses twice"],
)
def test_endless_call_is_left(endless, monkeypatch):
    # Where the stack is full, a finalizer of any library may fail, and so may what reports that.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    with Deadline(SHORT_S) as deadline, pytest.raises(OutOfTime) as caught:
        deadline.call(*endless)
    assert caught.value.args == (deadline,)


def test_calls_in_time_return_and_share_the_time():
    with Deadline(60) as deadline:
        assert [deadline.call(pow, 2, power) for power in range(3)] == [1, 2, 4]
    with Deadline(SHORT_S) as deadline, pytest.raises(OutOfTime):
        [deadline.call(time.sleep, SHORT_S / 10) for _ in range(1_000)]


def test_code_outside_call_is_never_cut():
    with Deadline(SHORT_S) as deadline:
        time.sleep(3 * SHORT_S)
        with pytest.raises(OutOfTime):
            deadline.call(time.sleep, 1_000)


def test_inner_deadline_ends_only_the_inner_call():
    def outer():
        with Deadline(SHORT_S) as inner, pytest.raises(OutOfTime) as caught:
            inner.call(plain_loop)
        return caught.value.args == (inner,)

    with Deadline(60) as deadline:
        assert deadline.call(outer)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1


def test_inner_deadline_leaves_the_outer_call_alone():
    def outer():
        with Deadline(SHORT_S):
            time.sleep(3 * SHORT_S)
        return "came back"

    with Deadline(60) as deadline:
        assert deadline.call(outer) == "came back"


def test_somebody_elses_tracing_goes_on():
    def trace(*_):
        return None

    sys.settrace(trace)
    try:
        with Deadline(SHORT_S) as deadline, pytest.raises(OutOfTime):
            deadline.call(swallows, BaseException)
        after = sys.gettrace()
    finally:
        sys.settrace(None)
    assert after is trace


def test_outer_deadline_ends_an_inner_one_that_is_longer():
    def outer():
        with Deadline(60) as inner:
            inner.call(plain_loop)

    with Deadline(SHORT_S) as deadline, pytest.raises(OutOfTime) as caught:
        deadline.call(outer)
    assert caught.value.args == (deadline,)


def test_somebody_elses_alarm_still_rings():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, SHORT_S)
        with Deadline(60) as deadline:
            deadline.call(time.sleep, 2 * SHORT_S)
        assert rung == [1]
        signal.setitimer(signal.ITIMER_REAL, 60)
        with Deadline(SHORT_S):
            pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_no_cut_off_in_another_thread():
    seen = []

    def work():
        with Deadline(SHORT_S) as deadline:
            seen.append((can_ring(), deadline.call(time.sleep, 2 * SHORT_S)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, None)]


def test_an_error_inside_leaves_the_clock_as_it_was():
    with pytest.raises(ZeroDivisionError), Deadline(60) as deadline:
        deadline.call(lambda: 1 / 0)
