"""Large transfers between two stacks in virtual time, where links are at their worst."""

import random

import pytest
from transfers import Pump, digest

from tcpkit.stack.congestion import Cubic, Reno
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

LEFT, RIGHT, PORT = "10.0.0.1", "10.0.0.2", 80
ENOUGH_S = 100_000.0  # of virtual time
BAD = Link(delay_s=0.001, loss=0.3, reordering=0.1, duplication=0.05, seed=3)


def carried(network, sent, answered):
    """Send both ways at once over one connection; return the hashes of what arrived."""
    left, right = network.pipes
    listener, dialled = right.listen(PORT), left.connect(RIGHT, PORT, network.now)
    ends = [Pump(dialled, sent)]

    def are_done():
        if len(ends) == 1 and (accepted := listener.accept()):
            ends.append(Pump(accepted, answered))
        done = [end() for end in ends]  # each does what it can
        return done == [True, True]

    assert network.run(are_done, ENOUGH_S), dialled.error or "it never ends"
    return ends[1].seen, ends[0].seen


@pytest.mark.parametrize(("kind", "size", "back"), [(Reno, 10_000_000, 10_000_000), (Cubic, 3_000_000, 0)])
def test_a_link_that_loses_three_in_ten(kind, size, back):
    """The least timeout is lowered, and patience has no end: half of all segments are not acknowledged, so that
    one is soon sent seven times in vain, and after 100 s of doubled waits a connection is given up by the book.
    """
    settings = Settings(rto_min_s=0.01, give_up_s=1e9, pieces=Pieces(congestion=kind))
    network = Network(Stack(LEFT, settings, b"left"), Stack(RIGHT, settings, b"right"), BAD)
    sent, answered = random.Random(1).randbytes(size), random.Random(2).randbytes(back)
    assert carried(network, sent, answered) == (digest(sent), digest(answered))
    for pipe in network.pipes.values():
        assert 0.29 < pipe.lost / pipe.sent < 0.31 or pipe.sent < 10_000
