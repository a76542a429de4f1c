"""Exercise 5.3, and the ports of lesson 05: forty in the learner's lab, of which three listen.

The live lab says whether a probe is right. What a wrong one did is told by
the packets that crossed and by the kernel's counters.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from tcpkit.check.exercise import NO_ANSWER, NO_LAB, Exercise
from tcpkit.check.signs import Sign
from tcpkit.check.verdict import Verdict
from tcpkit.draw.port_answers import read_answers
from tcpkit.wire import Flags, Segment, TCPHeader, WireError
from tcpkit.wire.ipv4 import LOOPBACK as HERE

SYN, RST, ACK, INVITED = Flags.SYN, Flags.RST, Flags.ACK, Flags.SYN | Flags.ACK
FROM, TO = 10_000, 30_000  # below the ports that the kernel gives to connections of its own
FIRST_SOURCE = 9_000
PORTS, LISTENERS = 40, 3
FEW = 2  # a checksum may fit one port by luck

UNREADABLE = (
    "TcpInErrs moved by {}, and TcpInCsumErrors did not: the kernel could not read your header. How long is it?"
)
NO_SUM = "the field holds 0 in each. Which number belongs there?"
STALE_SUM = "a checksum of another port. What else must change with it?"
ODD_SUMS = "you write a checksum for each port, and it is another one. `tcpkit.tcp_checksum` tells which."
SAME_TO_ALL = "It sends nothing in the lab, and says {} of every port. Only the port can tell: it must be asked there."
REMEMBERED = "It sends nothing. Are these ports from an earlier run? They move each time: the port must be asked."
SAME_PORT = "You knock at the same port each time: the kernel goes by the port in the bytes."
TO_RST = "Nobody answers an RST: 40 silences, and nothing to tell them apart by."
TO_ACK = "To an ACK both say `R`: there is no difference to see. Look for a row where your maps differ."
SWAPPED = "A refusal is `R.`, an invitation `S.`: you have them the other way round."
TURNED = "The other way round: to this probe a closed port answers, and a listener is silent."
SILENCE_IS_NO = "You take silence for a no. Here a closed port speaks up, and it is the listener that is silent."
YES_TO_ALL = (
    "Every port answers your SYN, and you said yes to every one: a refusal is an answer too. It is `R.`, so `== RST` "
    "misses it, and no flags equal text. (Or was it your own packet? A raw socket on lo hears that first.)"
)
NO_TO_ALL = (
    "{} ports answered `S.`, and you said no to every one. `S.` is SYN and ACK: test the bits, flags never equal text. "
    "(A raw socket on lo hears your own packet first, and last the RST of your own side.)"
)
FROM_INSIDE = "All 40 right, and nothing was sent: you looked from inside. Now from outside, with packets alone."
BY_SILENCE = "All 40 right, by what stays silent. That is a listener, or a firewall."


@contextmanager
def doors(lab: object, count: int, listeners: int, seed: object = None) -> Iterator[dict[int, bool]]:
    """Open listeners in the lab, and close them; yield ports that nobody else uses, and whether each listens.

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
            except OSError:  # another socket has this port
                continue
            bound[port] = one
        listening = chance.sample(list(bound), listeners)
        for port, one in bound.items():
            if port in listening:
                one.listen(count)
            else:
                one.close()
        yield {port: port in listening for port in bound}


def live_answers(lab: object, exercise: Exercise) -> list[str]:
    """Return what this kernel answers to the sets of flags, at a closed and a listening port: 5.2's `ask`."""
    found = {}
    with doors(lab, 2, 1) as ports:
        for port, is_listening in ports.items():
            with lab.capture() as packets:
                for number in range(64):
                    header = TCPHeader(FIRST_SOURCE + number, port, flags=Flags(number))
                    lab.send(Segment(header).with_checksum(HERE, HERE))
            found |= {(flags, is_listening): answer for flags, answer in read_answers(packets).items()}
    return [found[given] for given in exercise.inputs]


PROBE = Exercise(
    "5.3 probe",
    right=lambda lab, port: False,
    inputs=((FROM,),),
    play=lambda answer, port: answer(None, port),  # with no lab, to see whether it is a stub
    meaning="Three of 40, found by their answers alone: `S.` is a listener, `R.` is nobody.",
    what_if="What if one port were silent? Name two things it could be.",
    judge=lambda right: (
        f"{'A program' if right.value else 'Nobody'} listens there: `lab.explain(segment)` says what became of a probe."
    ),
    limit_s=10.0,
)


def probe(answer: object, lab: object = None, seed: object = None) -> Verdict:
    """Check exercise 5.3: find 3 listeners among 40 ports of the lab.

    The ports are others each time, unless a seed is given. They are closed
    again, whatever the learner's function does.
    """
    try:
        return _search(answer, lab, seed)
    except Exception:  # no lab, or one that is gone
        why = NO_ANSWER if hasattr(type(lab), "ask_each") else NO_LAB.format(name=PROBE.name)
        return PROBE.compare(PROBE.run(answer), why)


def _search(answer: object, lab: object, seed: object) -> Verdict:
    with doors(lab, PORTS, LISTENERS, seed) as ports:
        search = replace(PROBE, inputs=tuple((port,) for port in ports), right=lambda lab, port: ports[port])
        search = replace(search, play=lambda answer, port: answer(lab, port))
        before = lab.counters()
        with lab.capture() as packets:
            run = search.run(answer)
        crossed = Crossed(ports, list(_segments(packets)), dict(lab.counters() - before))
    said = {port: each.returned.python for port, each in zip(ports, run.outcomes, strict=False) if each.returned}
    why = crossed.why(said) if len(said) == PORTS and set(map(type, said.values())) <= {bool} else ""
    search = replace(search, signs={why: Sign(lambda trials: True)} if why else {}, **crossed.praise())
    return search.compare(run, search.outcomes(search.right), answer)


def _segments(packets: Iterable[object]) -> Iterator[Segment]:
    for packet in packets:
        with suppress(WireError):  # a program of the learner's may speak something else
            yield packet.segment


@dataclass(frozen=True)
class Crossed:
    """What crossed the lab's network while a probe ran, and what the kernel counted."""

    ports: dict[int, bool]
    segments: list[Segment]
    moved: dict[str, int]

    def praise(self) -> dict[str, str]:
        """Return what a right probe means, by the way it went."""
        if not self.segments:
            return {"meaning": FROM_INSIDE, "what_if": "Which packet would tell, and which answer?"}
        if not any(segment.flags == INVITED for segment in self.segments):
            return {"meaning": BY_SILENCE, "what_if": "Which probe gets a yes from a listener alone?"}
        third = (segment for segment in self.segments if segment.flags & (SYN | ACK | RST) == ACK)
        if any(self.ports.get(segment.destination_port) for segment in third):
            return {"what_if": "And what did the server's program notice, that a bare SYN would not have shown it?"}
        return {}

    def why(self, said: dict[int, bool]) -> str:
        """Return a sentence on a wrong probe; "" for what only a question fits."""
        if not self.segments:
            return SAME_TO_ALL.format(any(said.values())) if len(set(said.values())) == 1 else REMEMBERED
        return self._by_counters() or self._by_flags(said)

    def _by_counters(self) -> str:
        sums, errors = (self.moved.get(name, 0) for name in ("TcpInCsumErrors", "TcpInErrs"))
        if sums > PORTS - FEW:
            written = {segment.checksum for segment in self.segments if segment.destination_port in self.ports}
            known = NO_SUM if written == {0} else STALE_SUM if len(written) == 1 else ODD_SUMS
            return f"All 40 stayed silent, and TcpInCsumErrors moved by {sums}: {known}"
        return UNREADABLE.format(errors) if errors > PORTS - FEW else ""

    def _by_flags(self, said: dict[int, bool]) -> str:
        sent = {segment.flags for segment in self.segments if segment.destination_port in self.ports}
        came = [segment.flags for segment in self.segments if segment.source_port in self.ports]
        is_swapped = all(said[port] is not listens for port, listens in self.ports.items())
        if not sent:
            return SAME_PORT
        if all(flags & RST for flags in sent):
            return TO_RST
        if all(flags & ACK for flags in sent):
            return TO_ACK
        if INVITED in came:
            all_one = YES_TO_ALL if all(said.values()) else "" if any(said.values()) else NO_TO_ALL
            return SWAPPED if is_swapped else all_one.format(came.count(INVITED))
        return "" if not came else TURNED if is_swapped else "" if any(said.values()) else SILENCE_IS_NO
