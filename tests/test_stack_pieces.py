"""Every piece of a connection can be handed in: plain ones work, wrong ones fail.

So a learner's own runs in a real transfer: a megabyte over a link that loses,
swaps and doubles packets, sequence numbers that wrap on the way.
"""

import re

import pytest
from stack_trace import any_isn, established

from tcpkit.check.deadline import Deadline, OutOfTime
from tcpkit.stack.congestion import Cubic, Reno
from tcpkit.stack.link import Drop, Link, opens_again
from tcpkit.stack.network import Network
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.resets import RFC793_RST
from tcpkit.stack.rto import RTO
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import TRANSITIONS, Event, State
from tcpkit.stack.transfer import transfer
from tcpkit.stack.window import PersistTimer, ReceiveWindow

MEGABYTE = bytes(number * number % 251 for number in range(1_000_000))
LINK = Link(delay_s=0.01, loss=0.02, reordering=0.05, duplication=0.02, seed=4)


@pytest.fixture(autouse=True)
def _numbers_wrap(monkeypatch):
    first_numbers(monkeypatch, 2**32 - 200_000)


def first_numbers(monkeypatch, number):
    monkeypatch.setattr("tcpkit.stack.stack.initial_sequence_number", lambda *arguments: number)


def settings_of(pieces, **settings):
    return Settings(**{"receive_buffer": 100_000} | settings, pieces=Pieces(**pieces))


def carried(pieces, link=LINK, data=MEGABYTE, limit_s=600.0, **settings):
    """Send a file between two stacks with these pieces; return what came of it."""
    both = settings_of(pieces, **settings)
    return transfer(data, link, sender=both, receiver=both, limit_s=limit_s)


class SlowReader:
    """A megabyte on its way to a reader that waits until its buffer is nearly full."""

    def __init__(self, pieces, link=LINK, **settings):
        both = settings_of(pieces, **settings)
        left, right = Stack("10.0.0.1", both, b"left"), Stack("10.0.0.2", both, b"right")
        self.network, listener = Network(left, right, link), right.listen(80)
        self.client = left.connect("10.0.0.2", 80, 0.0)
        assert self.network.run(lambda: bool(listener.ready), limit_s=60)
        self.server = listener.accept()
        self.client.send(MEGABYTE)

    def read_all(self, limit_s):
        """Read 30,000 bytes whenever the window is closed; return all that comes, and how much was ever unread."""
        server, came, most = self.server, bytearray(), 0

        def is_done():
            nonlocal most
            most = max(most, server.unread)
            if server.unread >= 50_000 or server.rcv.right == server.rcv.nxt:
                came.extend(server.recv(30_000))
            return len(came) + server.unread == len(MEGABYTE)

        self.network.run(is_done, limit_s)
        return bytes(came + server.recv(len(MEGABYTE))), most


# Plain ones, as written by someone who does it for the first time.


def own_before(a, b):
    return (a - b) & 0x80000000 != 0 and (b - a) % 2**32 != 2**31


OWN_TABLE = {state: dict(row) for state, row in TRANSITIONS.items()}


class OwnReassembler:
    def __init__(self):
        self.next = 0
        self.kept = {}

    def add(self, at, data):
        if len(data) > len(self.kept.get(at, b"")):
            self.kept[at] = data
        out = b""
        moved = True
        while moved:
            moved = False
            for start in sorted(self.kept):
                if start <= self.next:
                    new = self.kept.pop(start)[self.next - start :]
                    out, self.next, moved = out + new, self.next + len(new), True
        return out

    def ranges(self):
        return [(start, start + len(data)) for start, data in sorted(self.kept.items())]


class OwnRTO:
    def __init__(self, minimum_s, maximum_s):
        self.timeout_s, self.maximum_s = 1.0, maximum_s

    def measured(self, rtt_s):
        self.timeout_s = 3 * rtt_s + 0.2

    def back_off(self):
        self.timeout_s = min(2 * self.timeout_s, self.maximum_s)


class OwnWindow:
    """Tells every byte of room at once."""

    def __init__(self, size, mss):
        self.size = size

    def open(self, nxt, unread):
        return max(0, self.size - unread)

    def is_worth_telling(self, nxt, unread):
        return True


class OwnPersist:
    """Asks every second, for ever."""

    deadline = None

    def start(self, now, timeout_s):
        self.deadline = self.deadline or now + 1

    def expired(self, now):
        if self.deadline is None or now < self.deadline:
            return False
        self.deadline = now + 1
        return True

    def stop(self):
        self.deadline = None


class OwnCongestion:
    """Always the same window."""

    ssthresh = 0

    def __init__(self, mss):
        self.cwnd = 20 * mss

    def on_ack(self, acked, now, rtt_s):
        pass

    def on_timeout(self, flight, now):
        pass

    def on_loss(self, flight, now):
        pass

    def on_idle(self):
        pass


def own_on_rst(seq, rcv_nxt, window):
    """Believes none."""
    return "drop"


OWN = {
    "before": own_before,
    "transitions": OWN_TABLE,
    "reassembler": OwnReassembler,
    "rto": OwnRTO,
    "window": OwnWindow,
    "persist": OwnPersist,
    "congestion": OwnCongestion,
    "on_rst": own_on_rst,
}


def test_each_piece_has_a_plain_one_here():
    assert set(OWN) == set(Pieces.__dataclass_fields__)


@pytest.mark.parametrize("name", [*OWN, "all"])
def test_pieces_of_ones_own_carry_a_megabyte(name):
    pieces = OWN if name == "all" else {name: OWN[name]}
    assert carried(pieces).is_equal
    assert SlowReader(pieces).read_all(600.0)[0] == MEGABYTE


@pytest.mark.parametrize("congestion", [Reno, Cubic])
@pytest.mark.parametrize("sack", [True, False])
def test_ours_do_so_with_and_without_sack(congestion, sack):
    assert carried({"congestion": congestion}, sack=sack, timestamps=sack).is_equal


def test_a_slow_reader_has_no_more_unread_than_its_buffer():
    came, most = SlowReader({}).read_all(600.0)
    assert came == MEGABYTE
    assert 50_000 < most <= 100_000 + 2


def test_each_connection_gets_pieces_of_its_own():
    made = []

    class Noted(Reassembler):
        def __init__(self):
            super().__init__()
            made.append(self)

    assert carried({"reassembler": Noted}, data=b"x" * 10_000).is_equal
    assert len(made) == 2
    assert made[0] is not made[1]


# Wrong ones.


def plain_before(a, b):
    return a < b


def test_a_plain_comparison_fails_where_numbers_wrap_and_only_there(monkeypatch):
    near = carried({"before": plain_before})
    assert not near.is_equal
    assert len(near.received) < 300_000
    first_numbers(monkeypatch, 2**31)
    assert carried({"before": plain_before}).is_equal


class Forgetful(Reassembler):
    """Loses what waits when the gap closes, and counts it nevertheless."""

    def _in_order(self):
        waited = len(self._waiting) > 1
        ready = super()._in_order()
        return ready[:-1] if waited else ready


class Hasty(Reassembler):
    """Returns all that waits when the first gap closes, across a second one."""

    def _in_order(self):
        if not self._waiting or self._waiting[0][0] != self.next:
            return b""
        ready, self._waiting = self._waiting, []
        self.next = ready[-1][0] + len(ready[-1][1])
        return b"".join(data for _, data in ready)


@pytest.mark.parametrize("wrong", [Forgetful, Hasty])
def test_a_wrong_reassembler_spoils_the_file(wrong):
    assert not carried({"reassembler": wrong}).is_equal


class DropsAll(Reassembler):
    """Keeps nothing that comes out of order: not wrong, but slow."""

    def add(self, at, data):
        return super().add(at, data) if at <= self.next else b""


def test_a_reassembler_that_keeps_nothing_is_slow():
    slow, ours = carried({"reassembler": DropsAll}, limit_s=3600.0), carried({})
    assert slow.is_equal
    assert ours.is_equal
    assert slow.seconds > 1.5 * ours.seconds


class Boaster(ReceiveWindow):
    """Promises room that there is not."""

    def open(self, nxt, unread):
        return self.size


def test_a_window_that_boasts_overfills_the_buffer():
    slow = SlowReader({"window": Boaster})
    assert slow.network.run(lambda: slow.server.unread > 500_000, limit_s=60)


class NeverAsks(PersistTimer):
    def start(self, now, timeout_s):
        pass


@pytest.mark.parametrize(("persist", "arrives"), [(PersistTimer, True), (NeverAsks, False)])
def test_without_a_persist_timer_one_lost_window_update_stops_everything(persist, arrives):
    link = Drop(Link(delay_s=0.01), back=opens_again())
    slow = SlowReader({"persist": persist}, link, receive_buffer=14_600, timestamps=False)  # ten segments
    network, client, server = slow.network, slow.client, slow.server
    assert network.run(lambda: client.snd.wnd == 0 and not client.snd.flight, limit_s=10)
    assert len(server.recv()) == 14_600
    assert network.run(lambda: server.unread > 0, limit_s=100) is arrives
    assert [pipe.lost for pipe in network.pipes.values()] == [0, 1]


class TooPatient(OwnRTO):
    def measured(self, rtt_s):
        self.timeout_s = 1e6

    def back_off(self):
        self.timeout_s = 1e6


def test_a_timeout_that_never_comes_leaves_the_transfer_hanging():
    assert not carried({"rto": TooPatient}, Link(delay_s=0.01, loss=0.3, seed=1)).is_equal


def test_a_table_without_a_row_says_which():
    without = {state: dict(row) for state, row in TRANSITIONS.items()}
    del without[State.ESTABLISHED][Event.FIN]
    with pytest.raises(LookupError, match="what follows ESTABLISHED when this happens: FIN comes"):
        carried({"transitions": without})


def test_a_wrong_table_leads_the_connection_astray():
    wrong = {state: dict(row) for state, row in TRANSITIONS.items()}
    wrong[State.ESTABLISHED][Event.FIN] = State.FIN_WAIT_2
    slow = SlowReader({"transitions": wrong})
    slow.client.close()
    assert slow.read_all(600.0)[0] == MEGABYTE
    slow.network.run(limit_s=60)
    assert slow.server.path[-1] is not State.CLOSE_WAIT


class Greedy(OwnCongestion):
    def __init__(self, mss):
        self.cwnd = 10_000_000


def test_without_congestion_control_a_short_queue_overflows():
    narrow, data = Link(delay_s=0.01, rate_bit_s=2_000_000, queue_packets=20), MEGABYTE[:300_000]
    outcomes = {congestion: carried({"congestion": congestion}, narrow, data) for congestion in (Reno, Greedy)}
    again = {congestion: outcome.sent_bytes - len(data) for congestion, outcome in outcomes.items()}
    assert again[Greedy] > 1.5 * again[Reno] > 0
    assert all(outcome.is_equal for outcome in outcomes.values())


@pytest.mark.parametrize("offset", [-70_000, -1, 0, 1, 500, 65_534, 65_535, 10**9])
@any_isn
def test_a_rule_for_rsts_is_asked_about_each_of_them(isns, offset):
    """Also outside the window: there the mistake "any RST ends it" shows."""
    asked = []

    def any_rst(*numbers):
        asked.append(numbers)
        return "reset"

    t = established(isns, pieces=Pieces(on_rst=any_rst))
    t.comes("R", seq=1 + offset).silent()
    assert asked == [((t.irs + 1 + offset) % 2**32, (t.irs + 1) % 2**32, 65_535)]
    assert t.state == "CLOSED"
    by_rfc793 = established(isns, pieces=Pieces(on_rst=RFC793_RST)).comes("R", seq=1 + offset).silent()
    assert (by_rfc793.state == "CLOSED") == (0 <= offset < 65_535)


@pytest.mark.parametrize("answer", [None, "RST", "Reset", "", True, 0, ...], ids=repr)
def test_an_answer_that_is_none_is_named(answer):
    t = established(pieces=Pieces(on_rst=lambda *numbers: answer))
    with pytest.raises(ValueError, match=f'on_rst returned {re.escape(repr(answer))}: return "reset", "challenge" or'):
        t.comes("R", seq=1)
    assert t.state == "ESTABLISHED"


# Pieces that give nonsense, raise, or never end: each is named, and the call comes back.


def giving(base, name, value):
    """Return a class of which one method returns this, and does nothing else."""
    return type("Own", (base,), {name: lambda self, *numbers: value})


def setting(base, method, name, value):
    """Return a class of which one method sets an attribute to this."""

    def method_of_ones_own(self, *numbers):
        result = getattr(base, method)(self, *numbers)
        setattr(self, name, value)
        return result

    return type("Own", (base,), {method: method_of_ones_own})


@pytest.mark.parametrize("value", [None, "x", 3.5, [], ...], ids=repr)
@pytest.mark.parametrize(
    ("piece", "make", "words"),
    [
        ("reassembler", lambda value: giving(Reassembler, "add", value), "What `add` returned is"),
        ("reassembler", lambda value: setting(Reassembler, "add", "next", value), "`next` of the reassembler is"),
        ("window", lambda value: giving(ReceiveWindow, "open", value), "What `open` returned is"),
    ],
)
def test_nonsense_is_named(piece, make, words, value):
    with pytest.raises(TypeError, match=f"{words} {re.escape(repr(value))}: "):
        carried({piece: make(value)})


@pytest.mark.parametrize("value", [None, "x", float("nan"), []], ids=repr)
def test_a_number_that_is_none_is_named(value):
    with pytest.raises(TypeError, match=f"`cwnd` of the congestion control is {re.escape(repr(value))}: make it"):
        carried({"congestion": setting(Reno, "on_ack", "cwnd", value)})
    with pytest.raises(TypeError, match=f"`timeout_s` of the RTO is {re.escape(repr(value))}: make it a number"):
        carried({"rto": setting(RTO, "measured", "timeout_s", value)})


@pytest.mark.parametrize("value", [0, -1])
def test_a_timeout_that_is_no_time_is_named(value):
    with pytest.raises(TypeError, match=f"`timeout_s` of the RTO is {value}: make it a number of seconds above 0"):
        carried({"rto": setting(RTO, "measured", "timeout_s", value)})


@pytest.mark.parametrize("value", [-1, 0, 0.5, 10**12])
def test_a_window_that_is_absurd_goes_on(value):
    assert carried({"congestion": setting(Reno, "on_ack", "cwnd", value)}, data=MEGABYTE[:100_000]).is_equal


def test_time_that_stands_still_is_told(monkeypatch):
    monkeypatch.setattr("tcpkit.stack.network.MOST_AT_ONCE", 1000)

    class Now(PersistTimer):
        def expired(self, now):
            return super().expired(now) or self.deadline is not None

        def start(self, now, timeout_s):
            self.deadline = now

    slow = SlowReader({"persist": Now}, Link(), receive_buffer=14_600, timestamps=False)
    with pytest.raises(RuntimeError, match=r"Time stands still at .* s, as something is due again and again: look at"):
        slow.network.run(limit_s=10)


def test_states_may_be_words():
    """As a learner writes them; what is no state is named."""
    words = {str(state): {event: str(after) for event, after in row.items()} for state, row in TRANSITIONS.items()}
    assert carried({"transitions": words}, data=b"x" * 10_000).is_equal
    words["ESTABLISHED"][Event.FIN] = "OPEN"
    with pytest.raises(ValueError, match="'OPEN' is not a valid State"):
        carried({"transitions": words}, data=b"x")
    with pytest.raises(LookupError, match="what follows CLOSED when this happens: active open"):
        carried({"transitions": {}})


def raising(*numbers):
    raise ZeroDivisionError("mine")


def endless(*numbers):
    while True:
        pass


CALLS = [
    ("before", None),
    ("reassembler", "add"),
    ("rto", "measured"),
    ("window", "open"),
    ("persist", "stop"),
    ("congestion", "on_ack"),
]


def with_call(piece, method, call):
    return {piece: call if method is None else type("Own", (getattr(Pieces(), piece),), {method: call})}


@pytest.mark.parametrize(("piece", "method"), CALLS)
def test_a_piece_that_raises_ends_the_transfer_with_its_own_error(piece, method):
    with pytest.raises(ZeroDivisionError, match="mine"):
        carried(with_call(piece, method, raising))


@pytest.mark.parametrize(("piece", "method"), CALLS)
def test_a_piece_that_never_ends_is_ended_as_an_exercise_is(piece, method):
    """Nothing on the way swallows the alarm; a learner's stop button comes by the same way."""
    with pytest.raises(OutOfTime), Deadline(0.2) as deadline:
        deadline.call(carried, with_call(piece, method, endless))
