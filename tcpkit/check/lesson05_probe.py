"""Exercise 5.3, and the ports of lesson 05: what a wrong probe did is told by its packets and the kernel's counters."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from tcpkit.check.exercise import Exercise
from tcpkit.check.signs import Sign
from tcpkit.check.verdict import Verdict
from tcpkit.draw.port_answers import read_answers
from tcpkit.wire import Flags, Segment, TCPHeader, WireError
from tcpkit.wire.ipv4 import LOOPBACK as HERE

SYN, RST, ACK, INVITED = Flags.SYN, Flags.RST, Flags.ACK, Flags.SYN | Flags.ACK
FROM, TO = 10_000, 30_000  # below the ports that the kernel gives to connections of its own
FIRST_SOURCE = 9_000
PORTS, LISTENERS = 40, 3

UNREADABLE = "TcpInErrs moved by {}, TcpInCsumErrors did not: the kernel could not read your header. How long is it?"
NO_SUM = "the field holds 0 in each. Which number belongs there?"
STALE_SUM = "a checksum of another port. What else must change with it?"
ODD_SUMS = "your checksums differ, and none is right. `tcpkit.tcp_checksum` tells which."
NOTHING_SENT = (
    "Your function sends no segment in the lab. Ask each port: other ports listen each time. Is your socket one of the "
    "lab: `lab.socket()`, `lab.ask`, or scapy inside `with lab.scapy():`?"
)
NOT_ASKED = "Your packets went to {} of the 40 ports: the kernel reads the port in the bytes."
TO_RST = "You send an RST, and nobody answers an RST: all 40 ports are silent."
TO_ACK = "Both kinds of port answer an ACK with `R`. Look for a square where the two maps differ."
SWAPPED = "You exchanged the two answers: `R.` comes from a closed port, `S.` from a listener."
SILENCE_IS_NO = "You say no where nothing comes back. But closed ports answer this probe, and listeners do not."
YES_TO_ALL = (
    "Every port answers your SYN, and you said yes to every one. A refusal, `R.`, is an answer too. Which flag has "
    "`S.` alone? (`R.` is not equal to `Flags.RST`, nor to text. A raw socket on lo receives your own SYN first.)"
)
NO_TO_ALL = (
    "{} ports answered `S.`, and you said no to every one. `S.` is SYN and ACK together: is your test true for that? "
    "(Flags equal no text. A raw socket on lo receives your own packet first, and your own kernel's RST last.)"
)
FROM_INSIDE = "All 40 right, and no packet was sent: you asked from inside. A SYN finds the listeners from outside."
BY_SILENCE = "All 40 right: you used silence. But a firewall is silent too, while an `S.` comes only from a listener."
NOTICED = "You opened whole connections, which the server's program notices: a SYN alone never reaches that program."


@contextmanager
def ports_with_listeners(lab: object, count: int, listeners: int, seed: object = None) -> Iterator[dict[int, bool]]:
    """Open listeners in the lab; yield ports that nobody else uses (others each time, if unseeded), and who listens."""
    chance, bound = random.Random(seed), {}
    with ExitStack() as held:
        for port in chance.sample(range(FROM, TO), TO - FROM):
            one = held.enter_context(lab.socket())
            with suppress(OSError):  # another socket has this port
                one.bind((HERE, port))
                bound[port] = one
            if len(bound) == count:
                break
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
    with ports_with_listeners(lab, 2, 1) as ports:
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
    ask=lambda lab, exercise: lab.ask_each([]),  # only of a lab that cannot be searched, to say what it lacks
    meaning="Three of 40, found by their answers alone: `S.` comes from a listener, `R.` from a closed port.",
    judge=lambda right: f"{'A program' if right.value else 'Nobody'} listens there: ask `lab.explain(segment)`.",
    limit_s=10.0,
)


def probe(answer: object, lab: object = None, seed: object = None) -> Verdict:
    """Check exercise 5.3: find 3 listeners among 40 ports of the lab, which are closed again in any case."""
    try:
        return _search(answer, lab, seed)
    except Exception:  # no lab, or one that is gone
        return PROBE(answer, lab)


def _search(answer: object, lab: object, seed: object) -> Verdict:
    with ports_with_listeners(lab, PORTS, LISTENERS, seed) as ports:
        inputs = tuple((port,) for port in ports)
        search = replace(PROBE, inputs=inputs, play=lambda answer, port: answer(lab, port))
        before = lab.counters()
        with lab.capture() as packets:
            run = search.run(answer)
        segments, moved = list(_segments(packets)), dict(lab.counters() - before)
    said = {port: each.returned.python for port, each in zip(ports, run.outcomes, strict=False) if each.returned}
    why = _why(said, ports, segments, moved) if [type(each) for each in said.values()] == [bool] * PORTS else ""
    search = replace(search, signs={why: Sign(lambda trials: True)} if why else {}, meaning=_meaning(ports, segments))
    return search.compare(run, search.outcomes(lambda lab, port: ports[port]), answer)


def _segments(packets: Iterable[object]) -> Iterator[Segment]:
    for packet in packets:
        with suppress(WireError):  # a program of the learner's may speak something else
            yield packet.segment


def _meaning(ports: dict[int, bool], segments: Sequence[Segment]) -> str:
    """Return what a right probe means, by the way it went."""
    if not segments:
        return FROM_INSIDE
    if not any(segment.flags == INVITED for segment in segments):
        return BY_SILENCE
    third = [segment.destination_port for segment in segments if segment.flags & (SYN | ACK | RST) == ACK]
    return f"{PROBE.meaning} {NOTICED}" if any(ports.get(port) for port in third) else PROBE.meaning


def _why(said: dict[int, bool], ports: dict[int, bool], segments: Sequence[Segment], moved: Mapping[str, int]) -> str:
    """Return a sentence on a wrong probe, by what crossed and what was counted; "" for what only a question fits."""
    if not segments:
        return NOTHING_SENT
    sent, came, first = [], [], {}
    for each in segments:  # of two ports, the first to speak is the one that asks
        target = first.setdefault(frozenset((each.source_port, each.destination_port)), each.destination_port)
        (sent if target == each.destination_port else came).append(each)
    asked = len(set(first.values()) & set(ports))
    if asked < PORTS:
        return NOT_ASKED.format(asked)
    known = "" if came else _by_counters(sent, moved)
    flags = next((why for flag, why in ((RST, TO_RST), (ACK, TO_ACK)) if all(each.flags & flag for each in sent)), "")
    return known or flags or _by_answers(said, ports, came)


def _by_counters(sent: Sequence[Segment], moved: Mapping[str, int]) -> str:
    sums, errors = (moved.get(name, 0) for name in ("TcpInCsumErrors", "TcpInErrs"))
    if sums >= PORTS:
        written = {segment.checksum for segment in sent}
        known = NO_SUM if written == {0} else STALE_SUM if len(written) == 1 else ODD_SUMS
        return f"All 40 stayed silent, and TcpInCsumErrors moved by {sums}: {known}"
    return UNREADABLE.format(errors) if errors >= PORTS and not sums else ""


def _by_answers(said: dict[int, bool], ports: dict[int, bool], came: Sequence[Segment]) -> str:
    invited = len({each.source_port for each in came if each.flags == INVITED})
    if all(said[port] is not listens for port, listens in ports.items()):
        return SWAPPED if invited else SILENCE_IS_NO if came else ""
    if invited and all(said.values()):
        return YES_TO_ALL
    if any(said.values()) or not came:
        return ""
    return NO_TO_ALL.format(invited) if invited else SILENCE_IS_NO
