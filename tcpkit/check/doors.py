"""Ports in the learner's lab: some listen, the others are closed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tcpkit.draw.knocks import read_answers
from tcpkit.wire import Flags, Segment, TCPHeader

HERE = "127.0.0.1"
FROM, TO = 10_000, 30_000  # below the ports that the kernel gives to connections of its own
FIRST_SOURCE = 9_000
SETS = 64  # of the six flags


@dataclass(frozen=True)
class Doors:
    """Ports, in the order to ask them, and those that listen."""

    ports: tuple[int, ...]
    listening: frozenset[int]


@contextmanager
def doors(lab: object, count: int, listeners: int, seed: object = None) -> Iterator[Doors]:
    """Open listeners in the lab, on ports that nobody uses, and close them.

    Without a seed the ports are others each time.
    """
    chance = random.Random(seed)
    with ExitStack() as held:
        bound = {}
        for port in chance.sample(range(FROM, TO), TO - FROM):
            if len(bound) == count:
                break
            one = held.enter_context(lab.socket())
            try:
                one.bind((HERE, port))
            except OSError:  # somebody else is there
                continue
            bound[port] = one
        open_ports = frozenset(chance.sample(list(bound), listeners))
        for port, one in bound.items():
            if port in open_ports:
                one.listen(count)
            else:
                one.close()
        yield Doors(tuple(bound), open_ports)


def knock(lab: object, port: int) -> None:
    """Send all 64 sets of flags to a port, each from a port of its own."""
    for number in range(SETS):
        header = TCPHeader(FIRST_SOURCE + number, port, flags=Flags(number))
        lab.send(Segment(header).with_checksum(HERE, HERE))


def live_answers(lab: object) -> dict[tuple[Flags, bool], str]:
    """Return what this kernel answers to all 128: "none", "R.", "R" or "S."."""
    found = {}
    with doors(lab, 2, 1) as both:
        for port in both.ports:
            with lab.capture() as packets:
                knock(lab, port)
            is_listening = port in both.listening
            found |= {(flags, is_listening): answer for flags, answer in read_answers(packets).items()}
    return found
