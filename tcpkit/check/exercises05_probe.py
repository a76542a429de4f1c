"""Lesson 05's exercise 5.3: does a program listen there?

The real lab says who is right. What went astray is found on paper, where the
same probe meets worlds that cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from tcpkit.check import paper
from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.wire import Flags, Segment, TCPHeader

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG
ANY_PORT, SOURCE_PORT = 20017, 8989
STALE = 0x6F55  # right for the story's 64 bytes to port 8002, as lesson 03 found it
QUIET = (FIN, Flags(0), FIN | PSH | URG, SYN | FIN, PSH, URG)  # to these a listener says nothing

Heard = Sequence[Segment]


def _segment(port: int, flags: Flags = SYN) -> Segment:
    return Segment(TCPHeader(SOURCE_PORT, port, flags=flags)).with_checksum(paper.HERE, paper.HERE)


def _says_yes(segment: Segment) -> bool:
    return segment.flags & (SYN | ACK | RST) == SYN | ACK


def _probe(lab: paper.Lab, port: int) -> bool:
    return any(map(_says_yes, lab.ask(_segment(port))))


def _replies(lab: paper.Lab, port: int, flags: Flags) -> Heard:
    return lab.ask(_segment(port, flags))


def _heard(lab: paper.Lab, port: int, flags: Flags) -> Heard:
    """Return all that a raw socket hears: what was sent, then the answers."""
    with lab.capture() as packets:
        lab.send(_segment(port, flags))
    return [packet.segment for packet in packets]


def _stale(lab: paper.Lab, port: int, flags: Flags) -> Heard:
    header = TCPHeader(SOURCE_PORT, port, flags=flags, checksum=STALE)
    return lab.ask(Segment(header, bytes(44)))


def _in_vain() -> bool:
    raise TimeoutError


TESTS = {  # what a probe may take for a yes
    "any": lambda segment: True,
    "yes": _says_yes,
    "syn": lambda segment: bool(segment.flags & SYN),
    "ack": lambda segment: bool(segment.flags & ACK),
    "no rst": lambda segment: not segment.flags & RST,
    "not equal": lambda segment: segment.flags != RST,
    "rst": lambda segment: bool(segment.flags & RST),
}
NOBODY = (lambda: False, lambda: True, lambda: None, lambda: [][0], _in_vain)  # when nothing came


def _wrong(hear: Function, place: int | None, tests: str, flags: Flags = SYN, nobody: Function = NOBODY[0]) -> Function:
    """Return a probe that looks at one of the packets, or at all of them."""
    test = TESTS[tests]

    def wrong(lab: paper.Lab, port: int) -> bool:
        heard = hear(lab, port, flags)
        if place is None:
            return all(map(test, heard)) if heard else nobody()
        if len(heard) <= place:
            return nobody()
        return test(heard[place])

    return wrong


def _each(
    hears: Sequence[tuple[Function, int | None]], tests: Sequence[str], flags: Sequence[Flags] = (SYN,)
) -> Iterator[Function]:
    for (hear, place), test, sent, nobody in product(hears, tests, flags, NOBODY):
        # One that says yes to every packet, to an RST's silence and to nothing at all asks nothing.
        if nobody is not NOBODY[1] or not (test == "any" or sent & RST):
            yield _wrong(hear, place, test, sent, nobody)


BUT_RST = [name for name in TESTS if name != "rst"]
FIRST_REPLY = ((_replies, 0), (_heard, 1))
OWN = (
    *_each([(_heard, 0)], [name for name in BUT_RST if name != "not equal"]),
    *(_wrong(_heard, 0, "not equal", nobody=nobody) for nobody in NOBODY if nobody is not NOBODY[1]),
)
LAST = tuple(_each([(_heard, None), (_heard, -1)], ["yes", "no rst"]))
ANY_ANSWER = (*_each(FIRST_REPLY, ["any"]), lambda lab, port: True)  # the last one asks, and lets all answers pass
WITH_ACK = tuple(_each(FIRST_REPLY, ["not equal", "ack"]))
ON_ACK = tuple(_each(FIRST_REPLY, BUT_RST, (ACK, SYN | ACK)))
TURNED = (
    *_each(FIRST_REPLY, ["any"], QUIET),
    *(_wrong(hear, place, "ack", sent) for (hear, place), sent in product(FIRST_REPLY, QUIET)),
    *(lambda lab, port, sent=sent: any(one.flags & RST for one in _replies(lab, port, sent)) for sent in QUIET),
)
SILENCE_IS_NO = tuple(
    _wrong(hear, place, test, sent)
    for (hear, place), test, sent in product(FIRST_REPLY, ["yes", "syn", "no rst"], QUIET)
)
ON_RST = tuple(_each(FIRST_REPLY, ["any", "yes", "no rst"], (RST, RST | ACK)))
REFUSED_IS_OPEN = (
    *_each(FIRST_REPLY, ["rst"]),
    lambda lab, port: any(one.flags & RST for one in _replies(lab, port, SYN)),
    lambda lab, port: any(one.flags == RST | ACK for one in _replies(lab, port, SYN)),
    lambda lab, port: not any(one.flags & SYN for one in _replies(lab, port, SYN)),
    lambda lab, port: not _probe(lab, port),
)

REMEMBERED = "It sends nothing. Are these ports from an earlier run? They move each time: the port must be asked."
STALE_SUM = (
    "All 40 stayed silent, and TcpInCsumErrors moved by 40: a checksum of another port. What else must change with it?"
)


def _worlds() -> Iterator[paper.Lab]:
    yes, no = paper.listening, paper.closed
    yield paper.Lab(ANY_PORT, yes)
    yield paper.Lab(ANY_PORT, no)
    yield paper.Lab(ANY_PORT, paper.silent)
    yield paper.Lab(ANY_PORT, yes, has_third=False)
    for answers in (yes, no):
        yield paper.Lab(ANY_PORT, answers, looks_at_sums=False)
        yield paper.Lab(ANY_PORT, answers, is_heard=False)
    yield paper.Lab(ANY_PORT, yes, is_heard=False, has_third=False)
    yield paper.Lab(ANY_PORT, paper.silent, is_heard=False)
    yield paper.Lab(ANY_PORT, no, elsewhere=yes)
    yield paper.Lab(ANY_PORT, lambda flags: "R" if flags & SYN else "none")
    yield paper.Lab(ANY_PORT, lambda flags: "R." if flags == SYN else "none")
    yield paper.Lab(ANY_PORT, lambda flags: "S." if flags & ACK else no(flags))
    yield paper.Lab(ANY_PORT, lambda flags: "S." if flags & RST else no(flags))
    yield paper.Lab(ANY_PORT, lambda flags: "S." if flags in QUIET else no(flags))
    yield paper.Lab(ANY_PORT, lambda flags: "R" if flags in QUIET else no(flags))


PROBE = Exercise(
    number="5.3",
    name="probe",
    right=_probe,
    inputs=tuple((world, world.port) for world in _worlds()),
    mistakes=(
        Mistake(STALE_SUM, tuple(_each([(_stale, 0)], ["any", "yes", "syn", "no rst"]))),
        Mistake(
            "A raw socket on lo hears you as well: what you took for the answer is your own packet. "
            "Look at the ports: which way does it go?",
            OWN,
        ),
        Mistake(
            "Every port answers your SYN: a refusal is an answer too. Which flags does it carry? "
            '(Flags never equal text: `!= "R."` is always true.)',
            ANY_ANSWER,
        ),
        Mistake(
            "A refusal is `R.`, not `R`: it carries ACK too, so `== RST` misses it. Test the bit.",
            WITH_ACK,
        ),
        Mistake(
            "SYN-ACK came first. The RST behind it is no refusal: it comes from your own side. Look at its ports.",
            LAST,
        ),
        Mistake(
            "To an ACK both say `R`: there is no difference to see. Look for a row where your maps differ.", ON_ACK
        ),
        Mistake(
            "The other way round: to this probe a closed port answers, and a listener is silent.",
            TURNED,
        ),
        Mistake(
            "You take silence for a no. Here a closed port speaks up, and it is the listener that is silent.",
            SILENCE_IS_NO,
        ),
        Mistake("Nobody answers an RST: 40 silences, and nothing to tell them apart by.", ON_RST),
        Mistake("A refusal is `R.`, an invitation `S.`: you have them the other way round.", REFUSED_IS_OPEN),
        Mistake(
            "You knock at the same port each time: the kernel goes by the port in the bytes.",
            (lambda lab, port: _probe(lab, 8002), lambda lab, port: _probe(lab, 8000)),
        ),
        Mistake(
            REMEMBERED,
            (lambda lab, port: False, lambda lab, port: port in (8000, 8001, 8002)),
        ),
    ),
    meaning="Three of 40, found by their answers alone: `S.` is a listener, `R.` is nobody.",
    what_if="What if one port were silent? Name two things it could be.",
    limit_s=2.0,
)
