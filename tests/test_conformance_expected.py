"""Header prediction is only a shorter way (RFC 7323, 5.6): what is expected does what all the steps would do."""

from copy import deepcopy
from random import Random

import pytest
from fuzz_stack import call_as_user

from tcpkit.stack import arrivals
from tcpkit.stack.connection import Connection
from tcpkit.stack.settings import Settings
from tcpkit.stack.states import State
from tcpkit.wire import MSS, NOP, SACK, Flags, SACKPermitted, Segment, TCPHeader, Timestamps, WindowScale

OURS, THEIRS = ("10.0.0.2", 40_000), ("10.0.0.1", 80)
START = 2**32 - 3000  # the numbers wrap soon
ACK = Flags.ACK
FLAGS = (
    [ACK] * 12 + [ACK | Flags.PSH] * 6 + [ACK | Flags.FIN, ACK | Flags.URG, ACK | Flags.CWR, Flags.PSH, ACK | Flags.SYN]
)


def opened(draw):
    """Return a connection that is open, or waits for an ACK of its SYN-ACK."""
    settings = Settings(
        timestamps=draw.random() < 0.7, sack=draw.random() < 0.7, receive_buffer=draw.choice((6000, 200_000))
    )
    connection = Connection(OURS, THEIRS, START, settings)
    syn = Flags.SYN if draw.random() < 0.2 else Flags.SYN | ACK
    connection.dial(0.0) if syn & ACK else connection.listen()
    connection.poll(0.0)
    options = (MSS(1460), SACKPermitted(), Timestamps(7, 0), NOP(), WindowScale(2))
    header = TCPHeader(80, 40_000, START, (START + 1) % 2**32, syn, 60_000, options=options)
    connection.receive(Segment(header), 0.0)
    connection.poll(0.0)
    return connection


def nearly_right(connection, draw):
    """Return a segment that is what comes next, but often for one thing."""
    snd, rcv = connection.snd, connection.rcv
    seq = rcv.nxt + draw.choice([0] * 16 + [1, -1, 1448, -1448, rcv.right - rcv.nxt])
    ack = draw.choice([snd.una] * 4 + [snd.nxt] * 6 + [snd.una + 1448, snd.highest + 1, snd.una - 1, snd.una + 1])
    window = draw.choice([snd.wnd >> snd.shift] * 6 + [0, 1, 65_535])
    options = ()
    if connection.has_timestamps == (draw.random() < 0.95):
        options = NOP(), NOP(), Timestamps((connection.ts_recent + draw.choice((0, 0, 0, 1, 9, -1, 2**31))) % 2**32, 1)
    if draw.random() < 0.1:
        options += NOP(), NOP(), SACK((((snd.una + 100) % 2**32, (snd.una + 1548) % 2**32),))
    flags, urgent, data = draw.choice(FLAGS), draw.choice((0, 5)), bytes(draw.choice((0, 0, 1, 100, 1448, 5000)))
    return Segment(TCPHeader(80, 40_000, seq % 2**32, ack % 2**32, flags, window, 0, urgent, options), data)


def all_of(thing):
    """Return all that an object remembers, and the objects in it."""
    if isinstance(thing, Settings | State) or not type(thing).__module__.startswith("tcpkit.stack"):
        return repr(thing)
    return {name: all_of(value) for name, value in vars(thing).items()}


@pytest.mark.parametrize("seed", range(8))
def test_what_is_expected_does_what_all_the_steps_would(monkeypatch, seed):
    draw, now, expected = Random(seed), 0.0, 0
    connection = opened(draw)
    for _ in range(250):
        now += draw.choice((0.0, 0.001, 0.05, 0.4))
        if draw.random() < 0.5:
            call_as_user(connection, draw, most=5000)
            connection.poll(now)
        if connection.state in (State.CLOSED, State.TIME_WAIT) or draw.random() < 0.05:
            connection, now = opened(draw), 0.0
        segment = nearly_right(connection, draw)
        the_long_way = deepcopy(connection, {id(connection.settings): connection.settings})
        expected += arrivals.is_expected(connection, arrivals.Arrival(connection, segment))
        connection.receive(segment, now)
        with monkeypatch.context() as patch:
            patch.setattr(arrivals, "is_expected", lambda tcb, arrival: False)
            the_long_way.receive(segment, now)
        assert all_of(connection) == all_of(the_long_way)
        assert [*map(bytes, connection.poll(now))] == [*map(bytes, the_long_way.poll(now))]
    assert expected > 10


def test_ack_that_ends_a_recovery_begins_the_next():
    """What was sent meanwhile has a gap too, and a SACK has told of it before: such an ACK is not expected."""
    connection = Connection(OURS, THEIRS, 0, Settings())
    connection.dial(0.0)
    connection.poll(0.0)
    options = MSS(1460), SACKPermitted()
    connection.receive(Segment(TCPHeader(80, 40_000, 0, 1, Flags.SYN | ACK, 60_000, options=options)), 0.0)
    connection.send(bytes(40 * 1460))

    def acks(count, *blocks):
        connection.poll(0.1)
        sacked = [(NOP(), NOP(), SACK(((1 + left * 1460, 1 + right * 1460),))) for left, right in blocks]
        header = TCPHeader(80, 40_000, 1, 1 + count * 1460, ACK, 60_000, options=sum(sacked, ()))
        connection.receive(Segment(header), 0.1)

    acks(0, (4, 10))
    assert connection.snd.scoreboard.recovery_until == 1 + 10 * 1460
    acks(4, (4, 10))
    acks(4, (12, 15))
    acks(10)
    assert connection.snd.scoreboard.is_recovering
    assert connection.snd.scoreboard.recovery_until > 1 + 10 * 1460
