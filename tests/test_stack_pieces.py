"""Every piece of a connection can be handed in: plain ones work, wrong ones fail.

So a learner's own runs in a real transfer: a megabyte over a link that loses,
swaps and doubles packets, sequence numbers that wrap on the way.
"""

import re

import pytest
from stack_trace import any_isn, established

from tcpkit.stack.congestion import Cubic, Reno
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.numbers import TICKS_HZ, initial_sequence_number
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.resets import RFC793_RST
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import TRANSITIONS, Event, State
from tcpkit.stack.window import PersistTimer, ReceiveWindow

LEFT, RIGHT = "10.0.0.1", "10.0.0.2"
MEGABYTE = bytes(number * number % 251 for number in range(1_000_000))
LINK = Link(delay_s=0.01, loss=0.02, reordering=0.05, duplication=0.02, seed=4)


class Transfer:
    """A file from left to right, its reader at times too slow; `got` is what came."""

    def __init__(self, data=MEGABYTE, link=LINK, pieces=None, wraps_after=200_000, **settings):
        self.settings = Settings(pieces=pieces or Pieces(), receive_buffer=100_000, **settings)
        self.data, self.sent, self.got = data, 0, bytearray()
        left, right = Stack(LEFT, self.settings, b"left"), Stack(RIGHT, self.settings, b"right")
        self.network = Network(left, right, link, now=self._when_it_wraps(wraps_after))
        self.listener, self.client = right.listen(80), left.connect(RIGHT, 80, self.network.now, source_port=5000)
        self.server = None
        self.most_unread = 0

    def _when_it_wraps(self, after):
        """Return a time at which the left side's first number is so far before the wrap."""
        number = initial_sequence_number(b"left", (LEFT, 5000), (RIGHT, 80), 0.0)
        return (2**32 - after - number) % 2**32 / TICKS_HZ

    def is_done(self):
        if self.client.state is State.ESTABLISHED and self.sent < len(self.data):
            self.sent += self.client.send(self.data[self.sent :])
        elif self.sent == len(self.data):
            self.client.close()
        self.server = self.server or self.listener.accept()
        if self.server:
            self.most_unread = max(self.most_unread, self.server.unread)
            if (
                self.server.unread >= 50_000
                or self.server.rcv.has_ended
                or self.server.rcv.right == self.server.rcv.nxt
            ):
                self.got += self.server.recv(30_000)
        return bool(self.server) and self.server.rcv.has_ended and not self.server.unread

    def run(self, limit_s=600.0):
        return self.network.run(self.is_done, limit_s)


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
        self.srtt_s = None

    def measured(self, rtt_s):
        self.srtt_s = rtt_s
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


@pytest.mark.parametrize("name", OWN)
def test_a_piece_of_ones_own_carries_a_megabyte(name):
    transfer = Transfer(pieces=Pieces(**{name: OWN[name]}))
    assert transfer.run()
    assert transfer.got == MEGABYTE


def test_all_of_ones_own_at_once_too():
    transfer = Transfer(pieces=Pieces(**OWN))
    assert transfer.run()
    assert transfer.got == MEGABYTE


@pytest.mark.parametrize("congestion", [Reno, Cubic])
@pytest.mark.parametrize("sack", [True, False])
def test_ours_do_so_with_and_without_sack(congestion, sack):
    transfer = Transfer(pieces=Pieces(congestion=congestion), sack=sack, timestamps=sack)
    assert transfer.run()
    assert transfer.got == MEGABYTE
    assert transfer.most_unread <= 100_000 + 2
    assert transfer.network.run(lambda: transfer.client.state is State.FIN_WAIT_2, limit_s=60)


def test_each_connection_gets_pieces_of_its_own():
    made = []

    class Noted(Reassembler):
        def __init__(self):
            super().__init__()
            made.append(self)

    transfer = Transfer(b"x" * 10_000, pieces=Pieces(reassembler=Noted))
    assert transfer.run()
    assert len(made) == 2
    assert made[0] is not made[1]


# Wrong ones.


def plain_before(a, b):
    return a < b


def test_a_plain_comparison_fails_where_numbers_wrap_and_only_there():
    far = Transfer(pieces=Pieces(before=plain_before), wraps_after=2**31)
    assert far.run()
    near = Transfer(pieces=Pieces(before=plain_before))
    assert not near.run()
    assert len(near.got) < 300_000


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
    transfer = Transfer(pieces=Pieces(reassembler=wrong))
    transfer.run()
    assert transfer.got != MEGABYTE


class DropsAll(Reassembler):
    """Keeps nothing that comes out of order: not wrong, but slow."""

    def add(self, at, data):
        return super().add(at, data) if at <= self.next else b""


def test_a_reassembler_that_keeps_nothing_is_slow():
    slow, ours = Transfer(pieces=Pieces(reassembler=DropsAll)), Transfer()
    began = slow.network.now
    assert slow.run(3600)
    assert ours.run(3600)
    assert slow.got == ours.got == MEGABYTE
    assert slow.network.now - began > 1.5 * (ours.network.now - began)


class Boaster(ReceiveWindow):
    """Promises room that there is not."""

    def open(self, nxt, unread):
        return self.size


def test_a_window_that_boasts_overfills_the_buffer():
    transfer = Transfer(pieces=Pieces(window=Boaster))
    transfer.network.run(lambda: bool(transfer.listener.ready))
    transfer.client.send(MEGABYTE)
    server = transfer.listener.accept()
    transfer.network.run(lambda: server.unread > 500_000, limit_s=60)
    assert server.unread > 500_000


class NeverAsks(PersistTimer):
    def start(self, now, timeout_s):
        pass


@pytest.mark.parametrize(("persist", "arrives"), [(PersistTimer, True), (NeverAsks, False)])
def test_without_a_persist_timer_one_lost_window_update_stops_everything(persist, arrives):
    transfer = Transfer(link=Link(delay_s=0.01), pieces=Pieces(persist=persist))
    network = transfer.network
    network.run(lambda: bool(transfer.listener.ready))
    server = transfer.listener.accept()
    transfer.client.send(MEGABYTE)
    network.run(lambda: transfer.client.snd.wnd == 0 and not transfer.client.snd.flight, limit_s=10)
    server.recv(100_000)
    way_back = network._ways[1][0].poll(network.now)  # the update, which never gets there
    assert way_back
    assert network.run(lambda: server.unread > 0, limit_s=100) is arrives


class TooPatient(OwnRTO):
    def measured(self, rtt_s):
        self.timeout_s = 1e6

    def back_off(self):
        self.timeout_s = 1e6


def test_a_timeout_that_never_comes_leaves_the_transfer_hanging():
    transfer = Transfer(pieces=Pieces(rto=TooPatient), link=Link(delay_s=0.01, loss=0.3, seed=1))
    assert not transfer.run()


def test_a_table_without_a_row_says_which():
    without = {state: dict(row) for state, row in TRANSITIONS.items()}
    del without[State.ESTABLISHED][Event.FIN]
    with pytest.raises(LookupError, match="what follows ESTABLISHED when this happens: FIN comes"):
        Transfer(pieces=Pieces(transitions=without)).run()


def test_a_wrong_table_leads_the_connection_astray():
    wrong = {state: dict(row) for state, row in TRANSITIONS.items()}
    wrong[State.ESTABLISHED][Event.FIN] = State.FIN_WAIT_2
    transfer = Transfer(pieces=Pieces(transitions=wrong))
    transfer.run()
    assert State.CLOSE_WAIT not in transfer.server.path


class Greedy(OwnCongestion):
    def __init__(self, mss):
        self.cwnd = 10_000_000


def test_without_congestion_control_a_short_queue_overflows():
    narrow = Link(delay_s=0.01, rate_bit_s=2_000_000, queue_packets=20)
    lost = {}
    for congestion in (Reno, Greedy):
        transfer = Transfer(MEGABYTE[:300_000], narrow, Pieces(congestion=congestion))
        assert transfer.run()
        pipe, _ = transfer.network.pipes.values()
        lost[congestion] = pipe.overflowed
    assert lost[Greedy] > 1.5 * lost[Reno]


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
