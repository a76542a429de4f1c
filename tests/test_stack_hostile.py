"""Bad input: what nobody should send, users who call in any order, clocks that jump.

`fuzz_stack` makes the segments and knows the promises; `make fuzz` throws a
million of them, this file some twenty thousand.
"""

from dataclasses import replace

import fuzz_stack
import pytest
from fuzz_stack import Forger, look_at, until_silent
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tcpkit.stack.congestion import Cubic
from tcpkit.stack.connection import Connection
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State
from tcpkit.wire import MSS, SACK, Flags, SACKPermitted, Segment, TCPHeader, WindowScale

LEFT, RIGHT = "10.0.0.1", "10.0.0.2"
YEAR_S = 365 * 86_400.0
HOUR_S = 3600.0
TALKING = set(State) - {State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.TIME_WAIT}


# A sample of the fuzz.


@pytest.mark.parametrize(
    ("throw", "count"),
    [(fuzz_stack.at_connections, 4000), (fuzz_stack.at_stack, 4000), (fuzz_stack.between_stacks, 1500)],
)
def test_a_sample_of_the_fuzz(throw, count):
    seen = fuzz_stack.run(throw, count, seed=1, rounds=5)
    assert seen.answers > count // 10, "most of what is thrown must be good enough to be answered"


def test_the_fuzz_is_the_same_from_the_same_seed():
    assert fuzz_stack.at_connections(500, 3) == fuzz_stack.at_connections(500, 3)


# Two stacks, users who call in any order, and a forger.

CHOICES = (
    Settings(),
    Settings(sack=False, timestamps=False, window_scale=False),
    Settings(pieces=Pieces(congestion=Cubic), nagle=False, delayed_ack_s=0.0),
    Settings(mtu=200, send_buffer=5000, receive_buffer=3000, rto_min_s=0.2),
)
chances = st.sampled_from([0.0, 0.0, 0.05, 0.3])


class End:
    """One side of a conversation: what was written into it, and what was read out of it."""

    def __init__(self, connection):
        self.connection = connection
        self.written, self.read = bytearray(), bytearray()


class TwoStacks(RuleBasedStateMachine):
    """Dial, write, read, close, abort, forge, cut the cable, move the clock, in any order."""

    @initialize(
        left=st.integers(0, len(CHOICES) - 1),
        right=st.integers(0, len(CHOICES) - 1),
        loss=chances,
        reordering=chances,
        duplication=chances,
        corruption=chances,
        seed=st.integers(0, 1000),
    )
    def begin(self, left, right, seed, **faults):
        self.left, self.right = Stack(LEFT, CHOICES[left], b"left"), Stack(RIGHT, CHOICES[right], b"right")
        self.network = Network(self.left, self.right, Link(delay_s=0.01, seed=seed, **faults), now=1000.0)
        self.listener = self.right.listen(80, backlog=4)
        self.forger = Forger(seed)
        self.ends: list[End] = []
        self.tainted: set[int] = set()  # ports of the left side into whose conversation the forger sent
        self.has_jumped = False
        self.ends.append(End(self.left.connect(RIGHT, 80, self.network.now)))
        self.carry(seed % 7)

    def carry(self, steps):
        for _ in range(steps):
            if not self.network.step():
                break
        if accepted := self.listener.accept():
            self.ends.append(End(accepted))

    def pick(self, number):
        return self.ends[number % len(self.ends)] if self.ends else None

    def taint(self, end):
        connection = end.connection
        self.tainted.add((connection.local if connection.local[0] == LEFT else connection.remote)[1])

    def is_tainted(self, end):
        connection = end.connection
        return (connection.local if connection.local[0] == LEFT else connection.remote)[1] in self.tainted

    @rule()
    @precondition(lambda self: len(self.ends) < 6)
    def dial(self):
        self.ends.append(End(self.left.connect(RIGHT, 80, self.network.now)))

    @rule(number=st.integers(0, 9), size=st.sampled_from([1, 100, 1448, 4000, 20_000]))
    def write(self, number, size):
        if end := self.pick(number):
            data = bytes((len(end.written) + at) * 7 % 251 for at in range(size))
            try:
                end.written += data[: end.connection.send(data)]
            except OSError:
                assert end.connection.state not in (State.ESTABLISHED, State.CLOSE_WAIT) or end.connection.snd.wants_fin

    @rule(number=st.integers(0, 9), size=st.sampled_from([1, 1000, 1_000_000]))
    def read(self, number, size):
        if end := self.pick(number):
            self.read_from(end, size)

    def read_from(self, end, size):
        try:
            end.read += end.connection.recv(size)
        except OSError:
            assert end.connection.state is State.CLOSED

    @rule(number=st.integers(0, 9))
    def close(self, number):
        if end := self.pick(number):
            end.connection.close()

    @rule(number=st.integers(0, 9))
    def abort(self, number):
        if end := self.pick(number):
            end.connection.abort()

    @rule(steps=st.sampled_from([1, 2, 10, 50]))
    def let_it_run(self, steps):
        self.carry(steps)

    @rule(seconds=st.sampled_from([0.05, 1.0, 5.0, 70.0, 400.0]))
    def wait(self, seconds):
        over = self.network.now + seconds
        for _ in range(300):
            if self.network.now >= over or not self.network.step():
                break
        self.network.now = max(self.network.now, over)

    @rule(seconds=st.sampled_from([-HOUR_S, -1.0, HOUR_S, YEAR_S, 2**31 / 1000]))
    def move_the_clock(self, seconds):
        self.network.now = max(0.0, self.network.now + seconds)
        self.has_jumped = True

    @rule()
    def cut_the_cable(self):
        cut(self.network)

    @rule()
    def join_the_cable(self):
        join(self.network)

    @rule(number=st.integers(0, 9), count=st.integers(1, 20), is_harmless=st.booleans())
    def forge(self, number, count, is_harmless):
        """A forger that sees everything sends what could be right."""
        if end := self.pick(number):
            self.taint(end)
            flags = fuzz_stack.HARMLESS if is_harmless else fuzz_stack.USUAL
            for _ in range(count):
                self.throw(end, self.forger.segment(end.connection, flags))

    @rule(
        number=st.integers(0, 9),
        seq=st.integers(0, 2**31),
        flags=st.sampled_from(
            [Flags.ACK, Flags.RST, Flags.SYN, Flags.FIN | Flags.ACK, Flags.RST | Flags.ACK, Flags(0)]
        ),
        size=st.sampled_from([0, 1, 2000]),
    )
    def forge_blindly(self, number, seq, flags, size):
        """A forger that knows only the ports guesses numbers out of the window: no effect (RFC 5961)."""
        end = self.pick(number)
        if end is None or end.connection.rcv is None or end.connection.state is State.TIME_WAIT:
            return
        rcv = end.connection.rcv
        seq = (rcv.nxt + 2_000_000 + seq) % 2**32  # more than any window ahead, or behind
        before = end.connection.state, rcv.nxt, end.connection.unread, end.connection.snd.una
        ports = end.connection.remote[1], end.connection.local[1]
        self.throw(end, bytes(Segment(TCPHeader(*ports, seq, end.connection.snd.nxt % 2**32, flags, 1), bytes(size))))
        assert before == (end.connection.state, rcv.nxt, end.connection.unread, end.connection.snd.una)

    @rule(number=st.integers(0, 9), away=st.integers(1, 50_000), flags=st.sampled_from([Flags.RST, Flags.SYN]))
    def guess_a_number_in_the_window(self, number, away, flags):
        """An RST or a SYN that is not exactly what comes next ends nothing (RFC 5961, 3 and 4)."""
        end = self.pick(number)
        if end and end.connection.rcv and end.connection.state in TALKING:
            before = end.connection.state, end.connection.rcv.nxt
            ports = end.connection.remote[1], end.connection.local[1]
            seq = (end.connection.rcv.nxt + away) % 2**32
            guess = TCPHeader(*ports, seq, end.connection.snd.nxt % 2**32, flags | Flags.ACK, 1)
            self.throw(end, bytes(Segment(guess)))
            assert before == (end.connection.state, end.connection.rcv.nxt)

    def throw(self, end, segment):
        stack = self.left if end.connection.local[0] == LEFT else self.right
        packet = Segment.parse(segment).packet(end.connection.remote[0], end.connection.local[0])
        stack.receive(packet, self.network.now)

    @rule(port=st.sampled_from([80, 81]), flags=st.integers(0, 255), source=st.integers(1, 254))
    def come_from_nowhere(self, port, flags, source):
        packet = Segment(TCPHeader(4000, port, 5, 6, flags, 100)).packet(f"10.9.9.{source}", RIGHT)
        self.right.receive(packet, self.network.now)

    # What must hold after each of them.

    @invariant()
    def nothing_is_stuck_and_nothing_too_large(self):
        if not hasattr(self, "network"):
            return
        for stack, pipe in self.network.pipes.items():
            for packet in stack.poll(self.network.now):
                pipe.send(packet, self.network.now)
            for connection in stack.connections:
                look_at(connection, self.network.now)
            deadline = stack.next_deadline()
            assert deadline is None or deadline > self.network.now
            assert len(stack.connections) <= 6 + 4
            assert len(stack._due) <= 101 + 4 * len(stack.connections)

    @invariant()
    def what_was_read_is_what_was_written(self):
        if not hasattr(self, "network"):
            return
        for end, other in self.conversations():
            if not self.is_tainted(end):
                assert other.written[: len(end.read)] == end.read

    def conversations(self):
        """Return each end with its other one."""
        by_ends = {(end.connection.local, end.connection.remote): end for end in self.ends}
        pairs = [(end, by_ends.get((end.connection.remote, end.connection.local))) for end in self.ends]
        return [(end, other) for end, other in pairs if other]

    def teardown(self):
        """Join the cable, read all, close: they fall silent, and what can arrive has arrived."""
        if not hasattr(self, "network"):
            return
        join(self.network)
        connections = [end.connection for end in self.ends]
        known = {id(end.connection): end for end in self.ends}

        def read(connection, size):
            end = known.setdefault(id(connection), End(connection))
            self.read_from(end, size)

        until_silent(self.network, self.listener, connections, read)
        self.ends += [end for end in known.values() if end not in self.ends]
        self.what_was_read_is_what_was_written()
        for end, other in self.conversations():
            was_ended = end.connection.error or other.connection.error or self.is_tainted(end)
            assert was_ended or self.has_jumped or end.read == other.written


TwoStacks.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=30, deadline=None)
test_two_stacks_whatever_their_users_do = TwoStacks.TestCase


# One by one.


def opened(link=None, settings=None, **right_settings):
    """Return a network and both ends of an open connection."""
    settings = settings or Settings()
    left, right = Stack(LEFT, settings, b"left"), Stack(RIGHT, replace(settings, **right_settings), b"right")
    network = Network(left, right, link or Link(delay_s=0.01), now=1000.0)
    listener, client = right.listen(80), left.connect(RIGHT, 80, 1000.0)
    assert network.run(lambda: bool(listener.ready))
    return network, client, listener.accept()


def cut(network):
    for pipe in network.pipes.values():
        pipe.send = lambda packet, now: None


def join(network):
    for pipe in network.pipes.values():
        vars(pipe).pop("send", None)


@pytest.mark.parametrize("builder", ["data", "FIN", "both"])
def test_a_peer_that_vanishes_ends_the_connection(builder):
    network, client, _ = opened()
    cut(network)
    if builder != "FIN":
        client.send(b"hello")
    if builder != "data":
        client.close()
    began = network.now
    assert network.run(lambda: client.state is State.CLOSED, limit_s=HOUR_S)
    assert isinstance(client.error, TimeoutError)
    assert 100 <= network.now - began < 200
    with pytest.raises(TimeoutError, match="not answered"):
        client.recv()
    network.run(limit_s=HOUR_S)
    left, _ = network.pipes
    assert left.connections == ()
    assert left.next_deadline() is None


def test_a_peer_that_vanishes_behind_a_closed_window_ends_it_too():
    network, client, server = opened()
    client.send(bytes(1 << 20))
    network.run(lambda: client.snd.wnd == 0 and not client.snd.flight, limit_s=60)
    cut(network)
    assert network.run(lambda: client.state is State.CLOSED, limit_s=HOUR_S)
    assert isinstance(client.error, TimeoutError)
    assert server.state is State.ESTABLISHED, "it waits for nothing"


def test_a_window_that_is_zero_for_an_hour():
    network, client, server = opened()
    client.send(bytes(1 << 20))
    network.run(lambda: client.snd.wnd == 0 and not client.snd.flight, limit_s=60)
    packets = []
    network.on_packet = lambda now, packet: packets.append(packet)
    network.run(limit_s=HOUR_S)
    assert client.state is server.state is State.ESTABLISHED
    assert 55 <= len(packets) / 2 <= 75, "a probe a minute at last, and its answer"
    got = 0

    def has_all():
        nonlocal got
        got += len(server.recv(1 << 20))
        return got == 1 << 20

    assert network.run(has_all, limit_s=120), "and then it goes on"


@pytest.mark.parametrize("size", [1, 1000, 65_535, 192 << 10, 1 << 20])
def test_a_reader_that_never_reads_costs_its_buffer_and_no_more(size):
    network, client, server = opened(receive_buffer=size)
    for _ in range(20):
        client.send(bytes(1 << 20))
        network.run(limit_s=200.0)
        assert server.unread <= size + (1 << server.rcv.shift)
        assert len(client.snd._buffer) <= client.settings.send_buffer
    assert server.unread >= size // 2


@pytest.mark.parametrize("jump_s", [1.0, HOUR_S, YEAR_S, 30 * YEAR_S])
def test_a_clock_that_jumps_ahead_while_nothing_is_under_way_changes_nothing(jump_s):
    network, client, server = opened()
    network.now += jump_s
    client.send(b"still there?")
    assert network.run(lambda: server.unread > 0, limit_s=10)
    assert server.recv() == b"still there?"
    server.send(b"yes")
    assert network.run(lambda: client.unread > 0, limit_s=10)


@pytest.mark.parametrize("jump_s", [-0.5, -HOUR_S, 1.0, 50.0, YEAR_S])
def test_a_clock_that_jumps_while_data_is_under_way_ends_nothing_unsaid(jump_s):
    network, client, server = opened()
    client.send(bytes(100_000))
    for _ in range(5):
        network.step()
    network.now = max(0.0, network.now + jump_s)
    network.run(limit_s=2 * HOUR_S)
    arrived = server.unread == 100_000
    assert arrived or isinstance(client.error, TimeoutError)
    if abs(jump_s) < 100:
        assert arrived


@pytest.mark.parametrize("flags", [".", "P.", "F.", "R", "R.", "S", "S.", ""])
@pytest.mark.parametrize("away", [-100_000, -2, 2_000_000, 2**31 - 1, 2**31])
@pytest.mark.parametrize("size", [0, 1])
def test_who_must_guess_the_numbers_moves_nothing(flags, away, size):
    """RFC 5961: data is under way, the guess of the ACK is right, that of the number is not."""
    network, client, server = opened(settings=Settings(timestamps=False))
    client.send(bytes(5000))
    left, _ = network.pipes
    under_way = left.poll(network.now)
    before = client.state, client.snd.una, client.rcv.nxt, client.snd.wnd
    number = sum(letter in flags and Flags(1 << bit) for bit, letter in enumerate("FSRP.U"))
    header = TCPHeader(80, client.local[1], (client.rcv.nxt + away) % 2**32, client.snd.nxt % 2**32, number, 1)
    left.receive(Segment(header, bytes(size)).packet(RIGHT, LEFT), network.now)
    assert (client.state, client.snd.una, client.rcv.nxt, client.snd.wnd) == before
    assert client.unread == 0
    for packet in under_way:
        network.pipes[left].send(packet, network.now)
    assert network.run(lambda: server.unread == 5000, limit_s=10), "and the transfer goes on"


def disagreeing(delay_s):
    """Return two open ends, each of which got a byte that the other did not send."""
    network, client, server = opened(Link(delay_s=delay_s), Settings(timestamps=False))
    for end, stack in zip((client, server), network.pipes, strict=True):
        header = TCPHeader(end.remote[1], end.local[1], end.rcv.nxt % 2**32, end.snd.nxt % 2**32, Flags.ACK, 1000)
        stack.receive(Segment(header, b"!").packet(end.remote[0], end.local[0]), network.now)
        assert end.unread == 1
    return network, client, server


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.3])  # the last: seldom enough for the limit of ten a second
def test_two_sides_that_disagree_do_not_answer_each_other_for_ever(delay_s):
    network, client, _ = disagreeing(delay_s)
    packets = []
    network.on_packet = lambda now, packet: packets.append(packet)
    assert not network.run(limit_s=HOUR_S)
    assert not network.step()
    assert 2 <= len(packets) < 100
    client.send(b"lost for ever")
    network.run(limit_s=HOUR_S)
    assert isinstance(client.error, TimeoutError)
    assert len(packets) < 200


def test_a_fin_that_got_through_a_closed_window_is_not_asked_about_again():
    """Its ACK came in the moment when the persist timer ran out: a number beyond the FIN was sent."""
    connection = hostile_peer()
    connection.receive(Segment(TCPHeader(4000, 80, 101, 8, Flags.ACK, 0)), 0.0)
    connection.close()
    assert connection.poll(0.0) == []
    asked_at = connection.next_deadline()
    (fin,) = connection.poll(asked_at)
    assert fin.flags == Flags.FIN | Flags.ACK
    again_at = connection.next_deadline()
    connection.receive(Segment(TCPHeader(4000, 80, 101, 9, Flags.ACK, 0)), again_at)
    assert connection.state is State.FIN_WAIT_2
    assert connection.poll(again_at) == []
    look_at(connection, again_at)


def test_what_was_due_is_forgotten_when_it_is_put_off():
    """With a keep-alive of two hours each delayed ACK left an entry for so long."""
    network, client, server = opened(settings=Settings(keep_alive_s=7200.0))
    left, right = network.pipes
    for _ in range(700):
        client.send(b"x")
        network.run(lambda: server.unread > 0)
        server.recv()
        network.run(lambda: client.snd.flight == 0)
    assert len(left._due) <= 101 + 4
    assert len(right._due) <= 101 + 4


def hostile_peer(size=1 << 20):
    """Return an open connection whose other side is ours to play; it has numbers 100 there and 7 here."""
    connection = Connection((LEFT, 80), (RIGHT, 4000), 7, Settings(timestamps=False, send_buffer=size))
    connection.dial(0.0)
    connection.poll(0.0)
    options = (MSS(1460), SACKPermitted(), WindowScale(14))
    connection.receive(Segment(TCPHeader(4000, 80, 100, 8, Flags.SYN | Flags.ACK, 65_535, options=options)), 0.0)
    connection.receive(Segment(TCPHeader(4000, 80, 101, 8, Flags.ACK, 65_535)), 0.0)
    connection.poll(0.0)
    return connection


def test_a_stream_cut_into_crumbs_is_not_kept_whole():
    connection = hostile_peer()
    for at in range(1, 20_000, 2):
        connection.rcv.take(101 + at, b"x", False, 0.0)
    assert len(connection.rcv.reassembler.ranges()) < 5000


def test_crumbs_of_a_sack_are_not_kept_whole():
    connection = hostile_peer()
    connection.snd.congestion.cwnd = 1 << 20
    connection.send(bytes(1 << 20))
    connection.poll(0.0)
    for left in range(10, 4 * 2500, 8):
        blocks = tuple((left + 2 * each, left + 2 * each + 1) for each in range(4))
        arrival = Segment(TCPHeader(4000, 80, 101, 8, Flags.ACK, 65_535, options=(SACK(blocks),)))
        connection.receive(arrival, 0.0)
    assert len(connection.snd.scoreboard.sacked) < 2500
    look_at_after_poll(connection, 0.0)


def look_at_after_poll(connection, now):
    connection.poll(now)
    look_at(connection, now)


@pytest.mark.parametrize("mss", [0, 1, 12, 13, 47])
def test_a_tiny_mss_is_taken_for_48(mss):
    """Else a few words of its user's would make us send a flood of headers."""
    connection = Connection((LEFT, 80), (RIGHT, 4000), 7)
    connection.dial(0.0)
    connection.poll(0.0)
    syn_ack = TCPHeader(4000, 80, 100, 8, Flags.SYN | Flags.ACK, 65_535, options=(MSS(mss),))
    connection.receive(Segment(syn_ack), 0.0)
    connection.send(bytes(100))
    assert [len(segment.data) for segment in connection.poll(0.0) if segment.data] == [48, 48]


def test_a_flood_of_syns_takes_the_backlog_and_no_more():
    stack = Stack(RIGHT, secret=b"right")
    listener = stack.listen(80, backlog=16)
    for number in range(5000):
        stack.receive(Segment(TCPHeader(number + 1, 80, 5, flags=Flags.SYN)).packet("10.9.9.9", RIGHT), 0.0)
    assert len(listener.opening) == len(stack.connections) == 16
    assert sum(stack.dropped.values()) == 5000 - 16
    for _ in range(100):
        deadline = stack.next_deadline()
        if deadline is None:
            break
        stack.poll(deadline)
    assert stack.connections == (), "those who never answered are given up"


def test_a_flood_of_everything_else_leaves_nothing_behind():
    stack = Stack(RIGHT, secret=b"right")
    stack.listen(80)
    for number in range(20_000):
        flags = number % 64 & ~int(Flags.SYN) if number % 4 == 0 else Flags.ACK
        stack.receive(Segment(TCPHeader(number % 65_536, 80 + number % 2, 5, 6, flags)).packet("10.9.9.9", RIGHT), 0.0)
    assert stack.connections == ()
    assert len(stack.poll(0.0)) <= 10_000, "answers that nobody fetched are not kept for ever"
    assert stack.next_deadline() is None


def test_a_packet_from_oneself_to_oneself_is_no_conversation():
    stack = Stack(RIGHT, secret=b"right")
    stack.listen(80)
    packets = [Segment(TCPHeader(80, 80, 5, flags=Flags.SYN, window=100)).packet(RIGHT, RIGHT)]
    count, now = 0, 0.0
    while now < HOUR_S:
        for packet in packets:
            stack.receive(packet, now)
        packets = stack.poll(now)
        count += len(packets)
        deadline = stack.next_deadline()
        if not packets and deadline is None:
            break
        now = now if packets else deadline
    assert count < 100


@pytest.mark.parametrize("settings", [Settings(mtu=41), Settings(receive_buffer=0), Settings(send_buffer=0)])
def test_settings_that_make_no_sense_do_not_loop(settings):
    network, client, server = opened(settings=settings)
    client.send(b"hello")
    network.run(limit_s=300)
    look_at_after_poll(client, network.now)
    look_at_after_poll(server, network.now)
