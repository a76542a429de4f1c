"""Forty ports of which three listen: run a learner's probe, and judge it.

The live lab decides whether the probe is right. When it is not, the counters
and the packets that crossed come before any guess at what somebody thought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tcpkit.capture import Packet
from tcpkit.check import paper
from tcpkit.check.doors import FROM, Doors, doors
from tcpkit.check.exercise import Exercise
from tcpkit.check.exercises05_probe import PROBE, REMEMBERED, STALE_SUM
from tcpkit.check.guards import Outcome, Run, attempt, difference
from tcpkit.check.plain import plain
from tcpkit.wire import Flags, Segment, WireError

PORTS, HIDDEN = 40, 3
LIMIT_S = 10.0  # for all ports together
FEW = 2  # a checksum may fit one port by luck

UNREADABLE = (
    "TcpInErrs moved by {}, and TcpInCsumErrors did not: the kernel could not read your header. How long is it?"
)
NO_SUM = "All 40 stayed silent, and TcpInCsumErrors moved by {}: the field holds 0 in each. Which number belongs there?"
ODD_SUMS = (
    "All 40 stayed silent, and TcpInCsumErrors moved by {}: you write a checksum for each port, and it is another one. "
    "`tcpkit.tcp_checksum` tells which."
)
SAME_TO_ALL = "It sends nothing, and says {} of every port. Only the port can tell: it must be asked."
NO_TO_ALL = "{} ports answered `S.`, and you said no to every one. "
SYN_ALONE = "A test like `== Flags.SYN`? An invitation carries ACK as well: test the bit."
NEVER_TRUE = (
    'Is yours a test against text, like `== "S."`? Flags never equal text: an invitation has Flags.SYN | Flags.ACK. '
    "(A table's flags are text, but `in` looks at its row numbers: `.tolist()` first.)"
)
ANSWERS_RETURNED = "You returned what came back. Is there an invitation in it? Return True or False."
FROM_INSIDE = "All 40 right, and nothing was sent: you looked from inside. Now from outside, with packets alone."
BY_SILENCE = "All 40 right, by what stays silent. That is a listener, or a firewall: which probe gets a yes?"
CONNECTED = "And what did the server's program notice, that a bare SYN would not have shown it?"
EXPLAIN = "`lab.explain(segment)` says what became of a probe."


@dataclass(frozen=True)
class Search:
    """One search in the lab: who listened, what was said, what crossed."""

    doors: Doors
    run: Run
    packets: tuple[Packet, ...]
    moved: dict[str, int]

    @property
    def rights(self) -> tuple[Outcome, ...]:
        """Return what a right probe does."""
        return tuple(Outcome(plain(port in self.doors.listening), (plain(port),)) for port in self.doors.ports)

    @property
    def segments(self) -> list[Segment]:
        """Return the TCP segments that crossed."""
        found = []
        for packet in self.packets:
            try:
                found.append(packet.segment)
            except WireError:  # a program of the learner's may speak something else
                continue
        return found


def search(probe: Callable[..., object], lab: object, seed: object) -> Search:
    """Let the probe look for three listeners among forty ports."""
    with doors(lab, PORTS, HIDDEN, seed) as hidden:
        before = lab.counters()
        with lab.capture() as packets:
            inputs = [(port,) for port in hidden.ports]
            run = attempt(lambda port: probe(lab, port), inputs, ["port"], LIMIT_S, [lab])
        return Search(hidden, run, tuple(packets), dict(lab.counters() - before))


def praise(found: Search) -> tuple[str, ...]:
    """Return what a right probe means, by the way it went."""
    segments = found.segments
    if not segments:
        return (FROM_INSIDE,)
    if not any(segment.flags == Flags.SYN | Flags.ACK for segment in segments):
        return (BY_SILENCE,)
    is_connected = any(
        segment.destination_port in found.doors.listening
        and segment.flags & (Flags.SYN | Flags.ACK | Flags.RST) == Flags.ACK
        for segment in segments
    )
    return PROBE.meaning, CONNECTED if is_connected else PROBE.what_if


def blame(found: Search, exercise: Exercise, on_paper: str, probe: Callable[..., object]) -> str:
    """Return a sentence on a probe that found something else.

    `on_paper` is the message that the exercise has for it there.
    """
    bad_sums, errors = (found.moved.get(name, 0) for name in ("TcpInCsumErrors", "TcpInErrs"))
    said = {outcome.returned for outcome in found.run.outcomes}
    if not found.packets and all(map(_is_yes_or_no, found.run.outcomes)):
        return REMEMBERED if len(said) > 1 else SAME_TO_ALL.format(said.pop().value)
    if bad_sums > PORTS - FEW:
        return _bad_sums(found, bad_sums)
    if errors > PORTS - FEW:
        return UNREADABLE.format(errors)
    for mistake in exercise.mistakes:
        if mistake.sentence != REMEMBERED and mistake.sentence in on_paper:
            return mistake.sentence
    invited = sum(segment.flags == Flags.SYN | Flags.ACK for segment in found.segments)
    if invited and said == {plain(False)}:
        return NO_TO_ALL.format(invited) + (SYN_ALONE if _wants_syn_alone(probe) else NEVER_TRUE)
    return _question(found)


def _wants_syn_alone(probe: Callable[..., object]) -> bool:
    """Say whether it is a yes to this probe if SYN comes back without ACK, as no kernel answers."""
    world = paper.Lab(FROM, lambda flags: "S")
    run = attempt(probe, [(world, world.port)], PROBE.parameters, PROBE.limit_s)
    return [outcome.returned for outcome in run.outcomes] == [plain(True)]


def _bad_sums(found: Search, count: int) -> str:
    """Return what is amiss with the checksums: none, always the same, or others."""
    sums = {segment.checksum for segment in found.segments if segment.destination_port in found.doors.ports}
    if sums == {0}:
        return NO_SUM.format(count)
    return STALE_SUM if len(sums) == 1 else ODD_SUMS.format(count)


def _is_yes_or_no(outcome: Outcome) -> bool:
    return outcome.returned is not None and outcome.returned.family == "bool"


def _question(found: Search) -> str:
    trials = zip(found.doors.ports, found.run.outcomes, found.rights, strict=True)
    port, got, right = next(trial for trial in trials if trial[1] != trial[2])
    who = "a program listens" if port in found.doors.listening else "nobody listens"
    if got.returned is not None and got.returned.family == "sequence":
        return ANSWERS_RETURNED
    asked = difference(f"port={port}, where {who},", ["port"], got, right, {"bool": "True or False"})
    return f"{asked} {EXPLAIN}" if _is_yes_or_no(got) else asked
