"""Two stacks on a link in virtual time."""

import pytest

from tcpkit.capture import Packet
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State

LEFT, RIGHT = "10.0.0.1", "10.0.0.2"


def joined(link=None, **more):
    """Return a network of two stacks, the listener on the right, and the connection that dials it."""
    left, right = Stack(LEFT, secret=b"left"), Stack(RIGHT, secret=b"right")
    network = Network(left, right, link, **more)
    return network, right.listen(80), left.connect(RIGHT, 80, network.now)


def trace(network):
    """Note each packet with its time, as tcpdump would write it."""
    lines = []
    network.on_packet = lambda now, packet: lines.append((round(now, 6), packet))
    return lines


def test_a_handshake_takes_three_packets_and_one_round_trip():
    network, listener, connection = joined(Link(delay_s=0.25), now=10.0)
    lines = trace(network)
    assert network.run(lambda: bool(listener.ready))
    assert connection.state is State.ESTABLISHED
    assert [(now, str(Packet(0, data).segment.flags)) for now, data in lines] == [
        (10.0, "S"),
        (10.25, "S."),
        (10.5, "."),
    ]
    assert network.now == 10.75


def test_it_ends_where_nothing_will_happen_any_more():
    network, _, _ = joined(Link(delay_s=0.25))
    assert not network.run()
    assert not network.step()
    assert network.now < 5.0, "no time passes while nothing happens"


def test_what_is_true_already_takes_no_step():
    network, _, connection = joined()
    assert network.run(lambda: True)
    assert connection.state is State.SYN_SENT
    assert network.now == 0.0


def test_a_limit_of_virtual_time():
    network, listener, _ = joined(Link(delay_s=2.0))
    assert not network.run(lambda: bool(listener.ready), limit_s=3.0)
    assert network.now < 2 * 3.0
    assert network.run(lambda: bool(listener.ready), limit_s=10.0)


def transfer(seed):
    network, listener, connection = joined(Link(delay_s=0.01, loss=0.05, reordering=0.1, corruption=0.02, seed=seed))
    lines = trace(network)
    connection.send(bytes(100_000))
    assert network.run(lambda: bool(listener.ready))
    connection.close()
    server, got = listener.accept(), 0

    def has_all():
        nonlocal got
        got += len(server.recv(1 << 20))
        return server.has_ended

    assert network.run(has_all)
    assert got == 100_000
    return lines


def test_the_same_seed_gives_the_same_packets_at_the_same_times():
    assert transfer(1) == transfer(1) != transfer(2)


def test_an_hour_takes_as_long_as_its_packets():
    network, listener, connection = joined(Link(delay_s=0.01))
    network.run(lambda: bool(listener.ready))
    lines = trace(network)
    connection.send(bytes(1_000_000))  # nobody reads
    assert not network.run(limit_s=3600)
    assert network.now >= 3600
    assert len(lines) < 500


def test_a_packet_from_the_future_does_not_turn_time_back():
    network, _, _ = joined(now=100.0)
    network.pipes[next(iter(network.pipes))].send(bytes(40), now=3.0)
    network.step()
    assert network.now == 100.0


@pytest.mark.parametrize("loss", [1.0])
def test_a_link_that_loses_everything_ends_the_connection_by_time(loss):
    network, _, connection = joined(Link(loss=loss))
    assert not network.run()
    assert connection.state is State.CLOSED
    assert isinstance(connection.error, TimeoutError)
    assert 180 <= network.now < 300


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.5, 60.0])
def test_sleep_carries_what_is_due_and_lets_time_pass(seconds):
    network, listener, connection = joined(Link(delay_s=0.25), now=10.0)
    lines = trace(network)
    network.sleep(seconds)
    assert network.now == 10.0 + seconds
    assert [now for now, _ in lines] == [now for now in (10.0, 10.25, 10.5) if now <= network.now]
    assert bool(listener.ready) == (seconds >= 0.75)
    assert (connection.state is State.ESTABLISHED) == (seconds >= 0.5)
    network.sleep(100.0)
    assert network.now == 110.0 + seconds
    assert len(lines) == 3
