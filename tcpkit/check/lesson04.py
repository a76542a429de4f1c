"""Lesson 04, something_answered: four suspects, three exercises, two guesses."""

from __future__ import annotations

import re

from tcpkit.check.borrowed import Tool
from tcpkit.check.exercises04 import LIVE_ACK_FOR_OFFSET, SEGMENT_LENGTH
from tcpkit.check.exercises04_reset import LIVE_RESET_FOR
from tcpkit.check.guess import Guess, NotSeen, Option
from tcpkit.check.recall import Recall
from tcpkit.check.suspects import Suspect
from tcpkit.check.verdict import Comparison, Verdict
from tcpkit.wire import Flags
from tcpkit.wire import segment_length as tcpkits_segment_length

ACK_FOR_OFFSET, RESET_FOR = LIVE_ACK_FOR_OFFSET.exercise, LIVE_RESET_FOR.exercise

RECALL = Recall(
    number="4.0",
    right=24,
    wrong=(
        (36, "36 is the header: 9 words of four bytes. The question is what stands behind it."),
        (51, "The 9 counts words, not bytes. How many bytes has a word?"),
        (40, "That would be for offset 5. What does 9 say?"),
        (60, "The header is among the 60. How long is it?"),
        (9, "9 is the offset. It counts words of four bytes: how long is the header?"),
        (4, "You took IP's twenty bytes away as well. They are not among the 60."),
        (42, "A word has four bytes here, not two."),
        (0, "The header ends before the packet does: 9 words of four bytes."),
    ),
    meaning="9 words of four bytes are 36 bytes of header, and 60 less 36 are 24 of data.",
    what_if="What if the offset were 15? How many bytes of data are left then?",
)

OWN_SEGMENT_LENGTH = Tool(
    tcpkits_segment_length,
    "Right, because tcpkit answered. Which two flags did it count? Now say it without it.",
)


def recall(answer: object) -> Verdict:
    """Check lesson 02 from memory: 60 bytes, offset 9, how much data?"""
    return RECALL.check(answer)


def segment_length(learner_function: object) -> Verdict:
    """Check exercise 4.1: how many sequence numbers a segment uses."""
    return OWN_SEGMENT_LENGTH.check(SEGMENT_LENGTH, learner_function)


def ack_for_offset(learner_function: object, lab: object = None) -> Verdict:
    """Check exercise 4.2 by the kernel of this lab: the ack of a reset."""
    return LIVE_ACK_FOR_OFFSET.check(learner_function, lab)


def reset_for(learner_function: object, lab: object = None) -> Verdict:
    """Check exercise 4.3 by the kernel of this lab: what answers a segment."""
    return LIVE_RESET_FOR.check(learner_function, lab)


INVITED = Flags.SYN | Flags.ACK  # what only a listener says
SOMEBODY_LISTENS = (
    "somebody listens on port 8000 in your lab, and here nobody may. Make a new lab, `lab = Lab()`, run the cell with "
    "the experiment again, then this one."
)


def _packet_count(packets: object) -> int | None:
    if any(packet.segment.flags == INVITED for packet in packets):
        raise NotSeen(SOMEBODY_LISTENS)
    return sum(1 for packet in packets if packet.data) or None


PACKETS = Guess(
    options=(
        Option("1 packet", 1, "So did the story's author. You sent one. Who sent the other?"),
        Option("2 packets", 2, so="You sent one. Who sent the other?"),
        Option("3 packets", 3, "A handshake needs somebody who wants one. You sent one. Who sent the other?"),
    ),
    seen=_packet_count,
)


def guess_packets(guess: object, packets: object = None) -> Comparison:
    """Compare a guess with the packets in the capture.

    a) 1 b) 2 c) 3. `packets` is the capture.
    """
    return PACKETS.compare(guess, packets)


def _next_acks(acks: object) -> str:
    seen = [acks[offset] for offset in (6, 7, 8)]
    if set(seen) == {1}:  # a listener's answer to any SYN
        raise NotSeen(SOMEBODY_LISTENS)
    return ", ".join(f"{ack:d}" for ack in seen)


NEXT = Guess(
    options=(
        Option("44, 43, 42", "44, 43, 42", "One less for each word? How many bytes does a word take from the data?"),
        Option("41, 37, 33", "41, 37, 33", so="Each step of the offset makes four bytes of data into header."),
        Option("45, 45, 45", "45, 45, 45", "As if the header did not grow. What does one more word of it leave?"),
    ),
    seen=_next_acks,
)


def guess_next(guess: object, acks: object = None) -> Comparison:
    """Compare a guess with the next three numbers of the sweep.

    a) 44, 43, 42 b) 41, 37, 33 c) 45, 45, 45. `acks` has the reset's ack by
    data offset.
    """
    return NEXT.compare(guess, acks)


OWN_RAW_SOCKETS = 1  # the one of `lab.send`, open from the first packet on


def _is_lo_alone(shown: str) -> bool:
    """Say whether `ip -brief addr` lists no card but lo; without it, take the lab's word."""
    return "no program" in shown or {line.split()[0] for line in shown.splitlines() if line.strip()} == {"lo"}


PROGRAM = Suspect(
    name="a program on port 8000",
    telling="a",
    clears=lambda shown: ":8000" not in shown and len(re.findall(r"^raw\b", shown, re.MULTILINE)) <= OWN_RAW_SOCKETS,
    sentences=(
        "Nobody listens in here, on 8000 or on any other port, and no raw socket is open but your own. (Its `:6` is no "
        "port: 6 is TCP's number in IP.)",
        "It answers there too. But programs may sit on both ports: this does not ask for programs.",
        "Those are cards. A program needs no card of its own.",
        "TcpOutRsts is a good witness: what a program writes into a raw socket is not counted there. But a packet that "
        "is counted may still be sent for a program that holds the port.",
    ),
)
PORT = Suspect(
    name="something special about port 8000",
    telling="b",
    clears=lambda shown: "127.0.0.1.8002 >" in shown and "[S.]" not in shown,
    sentences=(
        "Nobody listens. But does port 8000 need somebody, to be special?",
        "Port 8002 answers as 8000 did, with the same numbers.",
        "Cards have no ports.",
        "Counted again, and on the same port. What would another one do?",
    ),
)
NETWORK = Suspect(
    name="a machine on the network",
    telling="c",
    clears=_is_lo_alone,
    sentences=(
        "That lists programs on this machine. Others would not show.",
        "Another port, the same address. A machine out there could answer for both.",
        "One card, lo, and behind it nobody: what it sends comes straight back. There is no other machine.",
        "The packet was counted. Counters here do not tell who is out there.",
    ),
)
WATCHING = Suspect(
    name="tcpdump, or our way of watching",
    telling="d",
    clears=lambda shown: "TcpOutRsts" in shown and "TcpExtEmbryonicRsts" not in shown,
    sentences=(
        "tcpdump listens on no port: it would not show there in any case.",
        "We watched again, so the watcher may have done it again.",
        "A watcher needs no card of its own: it looks at this one.",
        "Nobody recorded, and TcpOutRsts moved. Two segments came in, and only one counts as sent: what you write into "
        "a raw socket does not. Look whose counter that is.",
    ),
)


def suspect_program(choice: object, experiments: object = None) -> Comparison:
    """Question a program on port 8000 by the chosen experiment."""
    return PROGRAM.question(choice, experiments)


def suspect_port(choice: object, experiments: object = None) -> Comparison:
    """Question port 8000 itself by the chosen experiment."""
    return PORT.question(choice, experiments)


def suspect_network(choice: object, experiments: object = None) -> Comparison:
    """Question other machines by the chosen experiment."""
    return NETWORK.question(choice, experiments)


def suspect_watching(choice: object, experiments: object = None) -> Comparison:
    """Question tcpdump and our capture by the chosen experiment."""
    return WATCHING.question(choice, experiments)
