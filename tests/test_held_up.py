"""A call that works has longer where other programs have the processor; one that waits has not."""

from types import SimpleNamespace

import pytest

from tcpkit.check import deadline as module
from tcpkit.check.deadline import Deadline, OutOfTime, can_ring

pytestmark = pytest.mark.skipif(not can_ring(), reason="no SIGALRM on this system: calls are not cut off")
SHORT_S = 0.05


@pytest.mark.parametrize(
    ("passed", "used", "goes_on"),
    [(2, 0.5, True), (7, 0.9, True), (2, 1.1, False), (20, 0.9, False), (1, 0.0, False)],
    ids=["half of a processor", "an eighth", "all used", "longer than twenty programs take", "waits"],
)
def test_who_shares_the_processor_has_longer(monkeypatch, passed, used, goes_on):
    """`passed` and `used` are parts of the limit: the time, and the processor time, at each ring."""
    looks = []  # at the clock: the first as it begins, another at each ring

    def monotonic():
        looks.append(1)
        return 0.0 if len(looks) == 1 else passed * SHORT_S

    def works():
        while len(looks) < 4:
            pass
        return "came back"

    times = SimpleNamespace(monotonic=monotonic, thread_time=lambda: used * SHORT_S * bool(looks[1:]))
    monkeypatch.setattr(module, "time", times)
    with Deadline(SHORT_S) as deadline:
        if goes_on:
            assert deadline.call(works) == "came back"
        else:
            with pytest.raises(OutOfTime):
                deadline.call(works)
