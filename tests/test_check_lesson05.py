"""What lesson 05's checks say: to wrong answers, to right ones in other clothes, to guesses; and with a live lab."""

import contextlib
import enum
import itertools
import re
import struct
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

import numpy as np
import pytest
from fake_packets import packet
from processes import eventually

from tcpkit.check import Comparison, lesson05, paper
from tcpkit.check.doors import HERE, doors, live_answers
from tcpkit.check.exercises05_answer import ANSWER
from tcpkit.check.hidden import HIDDEN, PORTS
from tcpkit.draw.knocks import SIX
from tcpkit.lab.counters import Counters
from tcpkit.wire import Flags, Segment, TCPHeader, tcp_checksum

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG


# Right answers in other clothes


class Text(str):
    pass


class Silence(enum.StrEnum):
    HEADER = "header length"
    SUM = "checksum"
    ANSWERED = "answered"
    NOT_TOLD = "not told"


def diagnose_by_table(moved):
    for name, words in (
        ("TcpInCsumErrors", "checksum"),
        ("TcpInErrs", "header length"),
        ("TcpOutSegs", "answered"),
    ):
        if name in moved:
            return words
    return "not told"


def diagnose_by_match(moved):
    match dict(moved):
        case {"TcpInCsumErrors": _}:
            return Silence.SUM
        case {"TcpInErrs": _}:
            return Silence.HEADER
        case {"TcpOutSegs": _}:
            return Silence.ANSWERED
    return Silence.NOT_TOLD


def diagnose_by_trying(moved):
    try:
        return "checksum" * bool(moved["TcpInCsumErrors"])
    except KeyError:
        pass
    try:
        return "header length" * bool(moved["TcpInErrs"])
    except KeyError:
        return "answered" if "TcpOutSegs" in moved else "not told"


def diagnose_answered_first(moved):
    if moved.get("TcpOutSegs"):
        return "answered"
    if not moved.get("TcpInErrs"):
        return "not told"
    return "checksum" if moved.get("TcpInCsumErrors") else "header length"


DIAGNOSES = [
    lambda moved: (
        "checksum"
        if moved.get("TcpInCsumErrors")
        else "header length"
        if moved.get("TcpInErrs")
        else "answered"
        if moved.get("TcpOutSegs")
        else "not told"
    ),
    lambda moved: ["not told", "answered", "header length", "checksum"][
        max(bool(moved.get("TcpOutSegs")), 2 * bool(moved.get("TcpInErrs")), 3 * bool(moved.get("TcpInCsumErrors")))
    ],
    lambda moved: Text(diagnose_by_table(moved)),
    lambda moved: np.str_(diagnose_by_table(moved)),
    lambda moved: diagnose_by_table(Counters(moved)),
    lambda moved: diagnose_by_table({name: count for name, count in moved.items() if count}),
    diagnose_by_table,
    diagnose_by_match,
    diagnose_by_trying,
    diagnose_answered_first,
]


def answer_by_table(flags, listening):
    rows = [(RST, "none"), (ACK, "R")]
    for flag, words in rows:
        if flags & flag:
            return words
    if not listening:
        return "R."
    return "S." if flags & (SYN | FIN) == SYN else "none"


def answer_recursive(flags, listening):
    if flags & (PSH | URG):
        return answer_recursive(flags & ~PSH & ~URG, listening)
    if not listening and flags & (SYN | FIN):
        return answer_recursive(flags & ~SYN & ~FIN, listening)
    if flags & RST:
        return "none"
    return "R" if flags & ACK else {True: "S." if flags == SYN else "none", False: "R."}[listening]


BY_LETTERS = {
    (number, listening): answer_by_table(Flags(number), listening)
    for number, listening in itertools.product(range(64), (False, True))
}

ANSWERS = [
    answer_by_table,
    answer_recursive,
    lambda flags, listening: BY_LETTERS[flags, listening],
    lambda flags, listening: Text(answer_by_table(flags, listening)),
    lambda flags, listening: np.str_(answer_by_table(flags, listening)),
    lambda flags, listening: (
        "none" if "R" in str(flags) else "R" if "." in str(flags) else answer_by_table(flags, listening)
    ),
    lambda flags, listening: answer_by_table(int(flags), np.bool_(listening)),
    lambda flags, listening: (
        "none" if RST in flags else "R" if ACK in flags else "R." if not listening else ("none", "S.")[flags & 3 == 2]
    ),
    lambda flags, listening: str(Flags({"none": 0, "R": 4, "R.": 20, "S.": 18}[answer_by_table(flags, listening)])),
]


def syn(port, flags=SYN, source_port=8989):
    return Segment(TCPHeader(source_port, port, flags=flags)).with_checksum(HERE, HERE)


def says_yes(segment):
    return segment.flags & (SYN | ACK) == SYN | ACK


def probe_by_hand(lab, port):
    header = struct.pack("!HHIIBBHHH", 8989, port, 0, 0, 5 << 4, 2, 0, 0, 0)
    header = header[:16] + struct.pack("!H", tcp_checksum(HERE, HERE, header)) + header[18:]
    return any(reply.flags == SYN | ACK for reply in lab.ask(header))


def probe_by_capture(lab, port):
    with lab.capture() as packets:
        lab.send(syn(port))
    return any(each.segment.source_port == port and SYN in each.segment.flags for each in packets)


def probe_by_raw_socket(lab, port):
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        raw.settimeout(0.2)
        raw.sendto(bytes(syn(port)), (HERE, 0))
        with contextlib.suppress(TimeoutError):
            while True:
                data, _ = raw.recvfrom(200)
                heard = Segment.parse(data[20:])
                if heard.source_port == port:
                    return SYN in heard.flags
    return False


def probe_old_style(lab, port):
    raw = lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)
    raw.settimeout(0.2)
    raw.setsockopt(0, 3, 0)
    raw.sendto(bytearray(bytes(syn(port))), (HERE, 0))
    heard = []
    try:
        for _ in range(2):
            heard.append(raw.recv(200)[20:])
    except TimeoutError:
        pass
    finally:
        raw.close()
    return any(data[:2] == struct.pack("!H", port) and data[13] == 0x12 for data in heard)


PROBES = [
    probe_by_hand,
    probe_by_capture,
    probe_by_raw_socket,
    probe_old_style,
    lambda lab, port: any(map(says_yes, lab.ask(syn(port, source_port=20_000 + port % 1000)))),
    lambda lab, port: bool([reply for reply in lab.ask(syn(port, SYN | PSH | URG)) if not RST & reply.flags]),
    lambda lab, port: np.bool_(any(says_yes(reply) for replies in lab.ask_each([syn(port)]) for reply in replies)),
    lambda lab, port: "S." in [str(reply.flags) for reply in lab.ask(bytes(syn(port)), timeout_s=0.05)],
    lambda lab, port: next((says_yes(reply) for reply in lab.ask(syn(port))), False),
]

CLOTHES = {"5.1": DIAGNOSES, "5.2": ANSWERS, "5.3": PROBES}


# Each wrong answer of the plan, written as a learner would


def answer_without(*steps):
    """Return an answer that leaves some of the right questions out."""

    def learner_function(flags, listening):
        if "RST" not in steps and RST in flags:
            return "none"
        if "ACK" not in steps and ACK in flags:
            return "R"
        if "closed" not in steps and not listening:
            return "R."
        fin = FIN in flags and "FIN" not in steps
        return "S." if SYN in flags and not fin else "none"

    return learner_function


def answer_syn_first(flags, listening):
    if RST in flags:
        return "none"
    if listening and SYN in flags and FIN not in flags:
        return "S."
    if ACK in flags:
        return "R"
    return "none" if listening else "R."


def answer_listener_deaf_to_ack(flags, listening):
    if listening:
        return "S." if SYN in flags and not flags & (FIN | RST | ACK) else "none"
    return answer_by_table(flags, False)


def answer_exact_syn(flags, listening):
    if listening and SYN in flags and not flags & (ACK | RST):
        return "S." if flags == SYN else "none"
    return answer_by_table(flags, listening)


def answer_listener_refuses_fin(flags, listening):
    if RST in flags:
        return "none"
    if ACK in flags:
        return "R"
    if listening and SYN in flags and FIN not in flags:
        return "S."
    return "R."


def answer_closed_syn_only(flags, listening):
    if listening or RST in flags:
        return answer_by_table(flags, listening)
    if SYN in flags:
        return "R" if ACK in flags else "R."
    return "none"


def silent_by_none(words):
    return None if words == "none" else words


def diagnose_errs_first(moved):
    if "TcpInErrs" in moved:
        return "header length"
    if "TcpInCsumErrors" in moved:
        return "checksum"
    return "answered" if "TcpOutSegs" in moved else "not told"


def diagnose_keys(moved):
    if moved["TcpInCsumErrors"]:
        return "checksum"
    if moved["TcpInErrs"]:
        return "header length"
    return "answered" if moved["TcpOutSegs"] else "not told"


def diagnose_ones(moved):
    if moved.get("TcpInCsumErrors") == 1:
        return "checksum"
    if moved.get("TcpInErrs") == 1:
        return "header length"
    return "answered" if moved.get("TcpOutSegs") == 1 else "not told"


def errors_or(word):
    def learner_function(moved):
        if "TcpInCsumErrors" in moved:
            return "checksum"
        if "TcpInErrs" in moved:
            return "header length"
        return word(moved)

    return learner_function


NAMED = {
    "diagnose": [
        (lambda moved: "checksum" if "TcpInErrs" in moved else diagnose_by_table(moved), "for a short header too"),
        (diagnose_errs_first, "A bad checksum moves both"),
        (
            lambda moved: (
                "header length" if "TcpInErrs" in moved else "answered" if "TcpOutRsts" in moved else "not told"
            ),
            "A bad checksum moves both",
        ),
        (
            lambda moved: "header length" if "TcpInErrs" in moved else "answered" if "TcpOutSegs" in moved else None,
            "Ask the narrower question first.",
        ),
        (
            lambda moved: "checksum" if "TcpInErrs" in moved else "answered" if moved.get("TcpInSegs") else "not told",
            "for a short header too",
        ),
        (
            lambda moved: "header length" if "TcpInErrs" in moved else "no error",
            "you returned 'header length'. TcpInCsumErrors moved too, and only a bad checksum moves that. What did you",
        ),
        (
            errors_or(lambda moved: "answered" if "TcpOutSegs" in moved else "no error"),
            "For moved={'TcpInSegs': 1} you returned 'no error', which is none of the four: "
            '"header length", "checksum", "answered", "not told". No error counter moved, and nothing was sent.',
        ),
        (
            errors_or(lambda moved: "silent" if "TcpOutSegs" in moved else "not told"),
            "TcpOutSegs moved: the kernel sent",
        ),
        (lambda moved: "length", '\'length\', which is none of the four: "header length", "checksum", "answered",'),
        (diagnose_keys, "KeyError: what did not move is not in there."),
        (errors_or(lambda moved: "header length" if moved.get("TcpInSegs") else "not told"), "It is no error."),
        (
            errors_or(lambda moved: "answered" if "TcpOutSegs" in moved else "checksum" if moved else "not told"),
            "It is no error.",
        ),
        (errors_or(lambda moved: "answered"), "No error does not mean an answer."),
        (
            errors_or(lambda moved: "answered" if "TcpOutSegs" in moved else "header length"),
            "honest answer is: not told",
        ),
        (errors_or(lambda moved: "not told"), 'You never say "answered".'),
        (
            errors_or(lambda moved: "answered" if "TcpOutSegs" in moved else None),
            'A last line is missing: `return "not told"`.',
        ),
        (diagnose_ones, "Three at once move a counter by 3"),
        (errors_or(lambda moved: "answered" if "TcpOutRsts" in moved else "not told"), "a SYN-ACK moves TcpOutSegs"),
        (
            lambda moved: diagnose_by_table(moved).upper(),
            "you returned 'HEADER LENGTH'. The words are right: small and",
        ),
        (lambda moved: None, "it returned None. Does it `return` its answer?"),
        (lambda moved: 1, "you returned 1, a number (int). The answer is text (str)."),
    ],
    "answer": [
        (answer_without("RST"), "You answer an RST, and nobody does"),
        (lambda flags, listening: "R" if flags & RST else answer_by_table(flags, listening), "You answer an RST"),
        (lambda flags, listening: "none" if flags == RST else answer_without("RST")(flags, listening), "test the bit."),
        (
            lambda flags, listening: (
                "R." if RST in flags and not listening and flags != RST else answer_by_table(flags, listening)
            ),
            "An RST with another flag beside it is an RST too.",
        ),
        (
            lambda flags, listening: "R." if flags == RST and not listening else answer_by_table(flags, listening),
            "An RST needs no company",
        ),
        (
            lambda flags, listening: (
                "none" if RST in flags and ACK in flags else answer_without("RST")(flags, listening)
            ),
            "An RST needs no company",
        ),
        (
            lambda flags, listening: "R" if RST in flags and ACK not in flags else answer_by_table(flags, listening),
            "An RST needs no company",
        ),
        (
            lambda flags, listening: "S." if listening and not flags else answer_by_table(flags, listening),
            "A listener says `S.` to a SYN, and to nothing else.",
        ),
        (
            lambda flags, listening: (
                "S." if listening and not flags & (RST | ACK) else answer_by_table(flags, listening)
            ),
            "What does your right map say where SYN is not set?",
        ),
        (
            lambda flags, listening: (
                "S." if listening and not flags & (RST | ACK | FIN) else answer_by_table(flags, listening)
            ),
            "A listener says `S.` to a SYN, and to nothing else.",
        ),
        (
            lambda flags, listening: "none" if RST in flags else "S." if listening else answer_by_table(flags, False),
            "A listener says `S.` to a SYN, and to nothing else.",
        ),
        (
            lambda flags, listening: answer_by_table(flags, listening) if flags or listening else "none",
            "A closed port refuses whatever is no RST",
        ),
        (
            lambda flags, listening: "none" if not listening and flags == FIN else answer_by_table(flags, listening),
            "A closed port refuses whatever is no RST",
        ),
        (answer_closed_syn_only, "A closed port refuses more than a SYN."),
        (answer_listener_deaf_to_ack, "is refused, by a listener as well"),
        (answer_syn_first, "ACK wins"),
        (answer_without("FIN"), "4, not 8"),
        (
            lambda flags, listening: (
                answer_without("ACK", "FIN")(flags, True) if listening else answer_by_table(flags, False)
            ),
            "it looks at more than SYN",
        ),
        (answer_exact_syn, "PSH and URG change nothing"),
        (answer_listener_refuses_fin, "The right map says silence."),
        (
            lambda flags, listening: {"R": "R.", "R.": "R"}.get(
                answer_by_table(flags, listening), answer_by_table(flags, listening)
            ),
            "Is it `R` or `R.`?",
        ),
        (lambda flags, listening: answer_by_table(flags, listening).replace("R.", "R"), "Is it `R` or `R.`?"),
        (lambda flags, listening: answer_by_table(flags, False), "Your two ports answer alike."),
        (
            lambda flags, listening: "R" if flags & ACK else answer_by_table(flags, listening),
            "An RST with ACK is an RST too, and nobody answers it. Ask for RST before you ask for ACK.",
        ),
        (lambda flags, listening: answer_exact_syn(flags & ~RST, listening), "You answer an RST, and nobody does"),
        (lambda flags, listening: answer_closed_syn_only(flags & ~RST, listening), "You answer an RST, and nobody"),
        (lambda flags, listening: silent_by_none(answer_by_table(flags, listening)), "You return None for silence."),
        (
            lambda flags, listening: None if FIN in flags else "S." if listening else "R.",
            'it returned None (silence is the text "none"), for others an answer.',
        ),
        (lambda flags, listening: silent_by_none(answer_exact_syn(flags, listening)), 'a text as well: return "none".'),
        (
            lambda flags, listening: None if RST in flags else answer_by_table(flags, listening),
            "You return None for silence.",
        ),
        (
            lambda flags, listening: {"none": "n", "R": "r", "R.": "a", "S.": "s"}[answer_by_table(flags, listening)],
            "For flags=none, listening=False you returned 'a', the map's letter for `R.`. The kernel answered",
        ),
        (
            lambda flags, listening: "R" if flags == RST | PSH else answer_by_table(flags, listening),
            "For flags=RP, listening=False you returned 'R'. The kernel said nothing. What did you expect there?",
        ),
        (
            lambda flags, listening: answer_by_table(flags, listening) if SYN in flags else "S.",
            "you returned 'S.'. The kernel answered `R.`.",
        ),
        (lambda flags, listening: RST | ACK, "you returned R., flags (Flags). The answer is text (str)."),
    ],
}
CASES = [(name, wrong, words) for name, pairs in NAMED.items() for wrong, words in pairs]


def says(verdict, start, words=""):
    first = verdict.message.split("\n")[0]
    assert first.startswith(start)
    assert words in first


@pytest.mark.parametrize(("name", "wrong", "words"), CASES, ids=[f"{each[0]}: {each[2]}" for each in CASES])
def test_wrong_answers(lab, name, wrong, words):
    more = [lab] if name == "answer" else []
    says(getattr(lesson05, name)(wrong, *more), f"TRY AGAIN 5.{'12'[name == 'answer']} {name}: ", words)


# 5.2, by the live kernel


def test_what_this_kernel_answers_is_what_the_lesson_says(lab):
    seen = live_answers(lab)
    assert seen == {arguments: ANSWER.right(*arguments) for arguments in ANSWER.inputs}
    counts = [[answer for (_, at), answer in seen.items() if at is which] for which in (False, True)]
    assert [[each.count(words) for words in ("none", "R.", "R", "S.")] for each in counts] == [
        [32, 16, 16, 0],
        [44, 0, 16, 4],
    ]


def test_the_live_kernel_has_the_last_word(lab, monkeypatch):
    other = dict.fromkeys(ANSWER.inputs, "S.")
    monkeypatch.setattr(lesson05, "live_answers", lambda lab: other)
    says(lesson05.answer(lambda flags, listening: "S.", lab), "PASS 5.2 answer")
    says(lesson05.answer(answer_by_table, lab), "TRY AGAIN 5.2 answer: For flags=", "What did you expect there?")


def test_flags_are_shown_by_name(lab):
    wrong = lesson05.answer(
        lambda flags, listening: "S." if flags == SYN | URG else answer_by_table(flags, listening), lab
    )
    says(wrong, "TRY AGAIN 5.2 answer: For flags=")


@pytest.mark.parametrize("name", ["answer", "probe"])
def test_the_kernel_cannot_be_asked(lab, name):
    check, right = getattr(lesson05, name), {"answer": answer_by_table, "probe": probe_by_hand}[name]
    hand_over = f"The kernel judges this one. Hand the lab over too: `check.{name}({name}, lab)`."
    for nothing in (None, 7, "lab", lab.kind):
        assert check(right, nothing).message == f"TRY AGAIN 5.{'32'[name == 'answer']} {name}: {hand_over}"
    lab.close()
    gone = check(right, lab).message
    assert "The kernel judges this one. The lab is gone: it was closed." in gone
    assert check(lambda first, second: ..., lab).status == "TODO"


# 5.3, in the live lab


def probe_with(flags=SYN, test=bool, **fields):
    def learner_function(lab, port):
        segment = Segment(TCPHeader(8989, port, flags=flags, **fields))
        if "checksum" not in fields:
            segment = segment.with_checksum(HERE, HERE)
        return test(lab.ask(segment, timeout_s=0.004))

    return learner_function


def probe_own(lab, port):
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        raw.sendto(bytes(syn(port)), (HERE, 0))
        reply = Segment.parse(raw.recv(100)[20:])
    return RST not in reply.flags


def probe_own_strict(lab, port):
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        raw.sendto(bytes(syn(port)), (HERE, 0))
        return Segment.parse(raw.recv(100)[20:]).flags == SYN | ACK


def probe_text_by_capture(lab, port):
    with lab.capture() as packets:
        lab.send(syn(port))
    return packets[1].segment.flags == "S."


def probe_sum_of_another(lab, port):
    stale = Segment(TCPHeader(8989, port, flags=SYN)).with_checksum(HERE, "127.0.0.9")
    return bool(lab.ask(stale, timeout_s=0.004))


def probe_last(lab, port):
    with lab.capture() as packets:
        lab.send(syn(port))
    return RST not in packets[-1].segment.flags


def probe_no_refusal_heard(lab, port):
    heard = []
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        raw.settimeout(0.01)
        raw.sendto(bytes(syn(port)), (HERE, 0))
        with contextlib.suppress(TimeoutError):
            while True:
                heard.append(Segment.parse(raw.recv(100)[20:]).flags)
    return not any(RST in flags for flags in heard)


MISTAKEN = [
    (probe_with(checksum=0x6F55), "TcpInCsumErrors moved by 40: a checksum of another port."),
    (probe_with(checksum=0), "TcpInCsumErrors moved by 40: the field holds 0 in each. Which number belongs there?"),
    (probe_sum_of_another, "TcpInCsumErrors moved by 40: you write a checksum for each port, and it is another one."),
    (
        probe_with(test=lambda replies: replies[0].flags == SYN),
        "3 ports answered `S.`, and you said no to every one. A test like `== Flags.SYN`? An invitation carries ACK as",
    ),
    (
        probe_with(test=lambda replies: replies[0].flags == "S."),
        '3 ports answered `S.`, and you said no to every one. Is yours a test against text, like `== "S."`?',
    ),
    (probe_with(test=lambda replies: any(reply.flags in ("S.", "SA") for reply in replies)), "a test against text"),
    (probe_text_by_capture, "Flags never equal text: an invitation has Flags.SYN | Flags.ACK."),
    (probe_with(test=lambda replies: any(reply.flags == SYN for reply in replies)), "An invitation carries ACK as"),
    (probe_with(test=lambda replies: RST in replies[0].flags), "A refusal is `R.`, an invitation `S.`"),
    (probe_with(test=lambda replies: replies), "You returned what came back. Is there an invitation in it?"),
    (probe_with(test=tuple), "Return True or False."),
    (probe_with(data_offset=2), "TcpInErrs moved by 40, and TcpInCsumErrors did not"),
    (probe_own, "A raw socket on lo hears you as well"),
    (probe_own_strict, "A raw socket on lo hears you as well"),
    (probe_with(), "Every port answers your SYN"),
    (probe_with(test=lambda replies: replies[0].flags != "R."), '`!= "R."` is always true.'),
    (probe_with(test=lambda replies: all(reply.flags != "R." for reply in replies)), '`!= "R."` is always true.'),
    (probe_with(test=lambda replies: bool(replies) and replies[0].flags != RST), "`== RST` misses it. Test the bit."),
    (probe_with(test=lambda replies: replies[0].flags != RST), "`== RST` misses it. Test the bit."),
    (probe_with(ACK), "To an ACK both say `R`"),
    (probe_with(ACK, lambda replies: RST not in replies[0].flags), "To an ACK both say `R`"),
    (probe_with(FIN), "The other way round: to this probe a closed port answers"),
    (probe_with(Flags(0)), "The other way round: to this probe"),
    (probe_with(FIN | PSH | URG), "The other way round: to this probe"),
    (probe_with(FIN, lambda replies: any(SYN in reply.flags for reply in replies)), "You take silence for a no."),
    (probe_with(RST), "Nobody answers an RST"),
    (
        probe_with(test=lambda replies: any(RST in reply.flags for reply in replies)),
        "A refusal is `R.`, an invitation `S.`",
    ),
    (probe_last, "SYN-ACK came first."),
    (probe_no_refusal_heard, "SYN-ACK came first."),
    (lambda lab, port: port % 2 == 0, "It sends nothing. Are these ports from an earlier run?"),
    (lambda lab, port: True, "It sends nothing, and says True of every port. Only the port can tell"),
    (lambda lab, port: False, "It sends nothing, and says False of every port. Only the port can tell"),
    (lambda lab, port: probe_by_hand(lab, 8002), "You knock at the same port each time"),
    (lambda lab, port: lab.nothing, "it raised AttributeError: 'Lab' object has no attribute 'nothing'"),
    (lambda lab, port: "open", "returned 'open', text (str). The answer is True or False."),
    (lambda lab, port: lab.send(syn(port)), "it returned None. Does it `return` its answer?"),
    (
        lambda lab, port: probe_by_hand(lab, port) or port % 2 == 0,
        "where nobody listens, you returned True. What did you expect there? `lab.explain(segment)` says",
    ),
    (
        probe_with(data_offset=15, test=lambda replies: any(map(says_yes, replies))),
        "where a program listens, you returned False. What did you expect there? `lab.explain(segment)` says",
    ),
    (lambda lab: True, "It is called with 2 values (lab, port)"),
]


@pytest.mark.parametrize(("wrong", "words"), MISTAKEN, ids=[words for _, words in MISTAKEN])
def test_wrong_probes(lab, wrong, words):
    says(lesson05.probe(wrong, lab, seed=5), "TRY AGAIN 5.3 probe: ", words)
    assert len(lab.sockets()) == 0


@pytest.mark.parametrize("right", PROBES[:3])
def test_right_probes_find_three_of_forty(lab, right):
    assert lesson05.probe(right, lab).message == "\n".join(
        ["PASS 5.3 probe", lesson05.PROBE.meaning, lesson05.PROBE.what_if]
    )


def probe_connecting(lab, port):
    with lab.socket() as client:
        try:
            client.connect((HERE, port))
        except ConnectionRefusedError:
            return False
        return True


def probe_second_packet(lab, port):
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        raw.sendto(bytes(syn(port)), (HERE, 0))
        raw.recv(100)
        return RST not in Segment.parse(raw.recv(100)[20:]).flags


def probe_by_scapy(lab, port):
    from scapy.layers.inet import IP, TCP
    from scapy.sendrecv import sr1

    with lab.scapy():
        reply = sr1(IP(dst=HERE) / TCP(sport=8989, dport=port, flags="S"), verbose=0, timeout=5)
    return reply[TCP].flags == "SA"


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (probe_by_scapy, "Three of 40, found by their answers alone"),
        (probe_connecting, "And what did the server's program notice"),
        (lambda lab, port: lab.socket().connect_ex((HERE, port)) == 0, "And what did the server's program notice"),
        (lambda lab, port: f"{HERE}:{port}" in set(lab.sockets()["local"]), "you looked from inside"),
        (probe_with(FIN, lambda replies: not replies), "by what stays silent. That is a listener, or a firewall"),
        (probe_second_packet, "Three of 40, found by their answers alone"),
        (lambda lab, port: print("asking", port) or probe_by_hand(lab, port), "It also printed:"),
    ],
)
def test_right_probes_of_other_kinds(lab, right, words):
    verdict = lesson05.probe(right, lab)
    assert verdict.status == "PASS"
    assert words in verdict.message
    if "inside" in words or "silent" in words:
        assert "answers alone" not in verdict.message


def test_the_ports_move_unless_a_seed_is_given(lab):
    asked = []

    def probe(lab, port):
        if not isinstance(lab, paper.Lab):
            asked.append(port)
        return False

    for seed in (1, 1, 2, None, None):
        lesson05.probe(probe, lab, seed)
    runs = [tuple(asked[at : at + PORTS]) for at in range(0, 5 * PORTS, PORTS)]
    assert runs[0] == runs[1]
    assert len(set(runs)) == 4
    assert all(len(set(run)) == PORTS for run in runs)


def test_three_listen_and_the_others_are_closed(lab):
    with doors(lab, PORTS, HIDDEN, seed=1) as hidden:
        assert {port for port in hidden.ports if probe_connecting(lab, port)} == hidden.listening
        assert len(hidden.listening) == HIDDEN
        assert len(lab.sockets().query("state == 'LISTEN'")) == HIDDEN
    assert not any(probe_connecting(lab, port) for port in hidden.ports)


def test_ports_in_use_are_left_alone(lab):
    with doors(lab, 5, 0, seed=1) as first:
        held = [lab.listen(port) for port in first.ports]
        with doors(lab, 5, 1, seed=1) as second:
            assert set(first.ports).isdisjoint(second.ports)
        assert all(probe_connecting(lab, listener.getsockname()[1]) for listener in held)


def test_the_listeners_are_closed_while_an_error_is_still_looked_at(lab):
    with pytest.raises(ZeroDivisionError) as held, doors(lab, 5, 5):
        raise ZeroDivisionError
    eventually(lambda: len(lab.sockets()) == 0)
    assert held.traceback


def leave(lab, port):
    raise SystemExit("bye")


def stop(lab, port):
    raise KeyboardInterrupt


def listens_itself(lab, port):
    lab.listen(9999)
    return False


@pytest.mark.parametrize("nasty", [leave, stop, listens_itself, lambda lab, port: 1 / 0])
def test_the_listeners_are_closed_whatever_the_function_does(lab, nasty):
    verdict = lesson05.probe(nasty, lab)
    assert verdict.status == "TRY AGAIN"
    lab.listen(9999).close()
    eventually(lambda: len(lab.sockets()) == 0)  # the agent closes its copy a moment later
    assert lesson05.probe(probe_connecting, lab).status == "PASS"


def test_a_probe_that_closes_the_lab(lab):
    says(lesson05.probe(lambda lab, port: getattr(lab, "close", int)() or True, lab), "TRY AGAIN 5.3 probe: The kernel")


def test_a_probe_that_never_ends(lab, monkeypatch):
    monkeypatch.setattr("tcpkit.check.hidden.LIMIT_S", 0.3)

    def waits(lab, port):
        with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
            return bool(raw.recv(100))

    says(lesson05.probe(waits, lab), "TRY AGAIN 5.3 probe: For port=", "had not finished after 0.3 seconds.")
    assert len(lab.sockets()) == 0


def test_a_stub_touches_no_lab():
    assert lesson05.probe(lambda lab, port: ..., None).message == "TODO 5.3 probe"
    assert lesson05.answer(lambda flags, listening: ..., None).message == "TODO 5.2 answer"


# Guesses and recalls

MOVED = [
    Counters({"TcpInSegs": 1, "TcpInErrs": 1}),
    Counters({"TcpInSegs": 1, "TcpInErrs": 1, "TcpInCsumErrors": 1}),
    Counters({"TcpInSegs": 1}),
    Counters({}),
]
LISTENER = [
    packet((HERE, 8989), (HERE, 8002), "S", bytes(44)),
    packet((HERE, 8002), (HERE, 8989), "S.", seq=77, ack=1),
    packet((HERE, 8989), (HERE, 8002), "R", seq=1),
]


def knocks(listening):
    found = []
    for number in range(64):
        flags = Flags(number)
        letters = "" if not flags else str(flags)
        found.append(packet((HERE, 9000 + number), (HERE, 8001), letters))
        answer = answer_by_table(flags, listening)
        if answer != "none":
            found.append(packet((HERE, 8001), (HERE, 9000 + number), answer))
        if answer == "S.":
            found.append(packet((HERE, 9000 + number), (HERE, 8001), "R"))
    return found


MAPS = knocks(False), knocks(True)


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (lesson05.guess_counters, ("abcc", MOVED), "AS YOU SAID abcc.\nTwo of the four silences leave a mark"),
        (lesson05.guess_counters, (["a", "B", "c", "c"], MOVED), "AS YOU SAID abcc."),
        (lesson05.guess_counters, ("A, b, c, c", MOVED), "AS YOU SAID abcc."),
        (
            lesson05.guess_counters,
            ("caab", MOVED),
            "YOU SAID caab. WE SAW abcc.\n"
            "1: a header that is too short is counted as an error, and nobody adds it up.\n"
            "2: a bad checksum moves both. TcpInErrs counts all that is bad, TcpInCsumErrors why.\n"
            "3: a header longer than its packet is dropped, and no error is counted.\n"
            "4: nothing is wrong with this one. It has RST set, and the closed port drops it.",
        ),
        (lesson05.guess_counters, ("abca", MOVED), "YOU SAID abca. WE SAW abcc.\n4: nothing is wrong with this one."),
        (lesson05.guess_counters, ("abc", MOVED), "NO GUESS YET: Write four letters"),
        (lesson05.guess_counters, ("abcd", MOVED), "NO GUESS YET: Write four letters"),
        (lesson05.guess_counters, (1, MOVED), "NO GUESS YET: Write four letters"),
        (lesson05.guess_counters, (..., MOVED), "NO GUESS YET: write one above"),
        (lesson05.guess_counters, ("abcc", None), "NOT SEEN YET: "),
        (lesson05.guess_counters, ("abcc", MOVED[:3]), "NOT SEEN YET: "),
        (
            lesson05.guess_ack,
            ("a", LISTENER),
            "YOU SAID a: 45. WE SAW 1.\nThe closed port counted your data, to refuse",
        ),
        (lesson05.guess_ack, ("b", LISTENER), "AS YOU SAID b: 1.\nThe SYN takes one number."),
        (lesson05.guess_ack, (1, LISTENER), "AS YOU SAID b: 1."),
        (lesson05.guess_ack, ("c", LISTENER), "YOU SAID c: 0. WE SAW 1.\nThen your SYN would not be acknowledged"),
        (lesson05.guess_ack, ("a", LISTENER[:1]), "NOT SEEN YET: "),
        (
            lesson05.guess_map,
            ("aaaran", "SNNRNN", *MAPS),
            "AS YOU SAID aaaran closed, snnrnn listening.\nTwelve of twelve.",
        ),
        (
            lesson05.guess_map,
            ("anaran", "snnrsn", *MAPS),
            "YOU SAID anaran closed, snnrsn listening. WE SAW aaaran closed, snnrnn listening.\n"
            "No flags, closed: it belongs to nobody, so it is refused.\n"
            "SYN+FIN, listening: Linux drops it, though RFC 9293 does not ask it to.",
        ),
        (lesson05.guess_map, ("nnnnnn", "nnnnnn", *MAPS), "YOU SAID nnnnnn closed, nnnnnn listening. WE SAW aaaran"),
        (lesson05.guess_map, ("aaaran", ..., *MAPS), "NO GUESS YET: Write six letters for each port"),
        (lesson05.guess_map, ("aaaran", "snnrn", *MAPS), "NO GUESS YET: Write six letters for each port"),
        (lesson05.guess_map, ("aaaran", "snnrnx", *MAPS), "NO GUESS YET: Write six letters for each port"),
        (lesson05.guess_map, (..., ..., *MAPS), "NO GUESS YET: write one above"),
        (lesson05.guess_map, ("aaaran", "snnrnn", MAPS[0], ()), "NOT SEEN YET: "),
        (lesson05.guess_map, ("aaaran", "snnrnn"), "NOT SEEN YET: "),
        (lesson05.recall, (50,), "PASS 5.0 recall\n20 of header and 30 of data"),
        (lesson05.recall, (np.int64(50),), "PASS 5.0 recall"),
        (lesson05.recall, (30,), "TRY AGAIN 5.0 recall: That is the data. TCP's length counts the header as well."),
        (lesson05.recall, (70,), "TRY AGAIN 5.0 recall: That is IP's total."),
        (lesson05.recall, (12,), "TRY AGAIN 5.0 recall: The pseudo-header does not count itself."),
        (lesson05.recall, (62,), "TRY AGAIN 5.0 recall: Twelve too many"),
        (lesson05.recall, (20,), "TRY AGAIN 5.0 recall: That is the header."),
        (lesson05.recall, (51,), "TRY AGAIN 5.0 recall: You answered 51."),
        (lesson05.recall, (...,), "TODO 5.0 recall"),
        (lesson05.part_one, ("c", "C", 2), "PASS 5.4 part_one\nThe kernel writes the headers"),
        (lesson05.part_one, (("c", 3), ["c", 1], "b"), "PASS 5.4 part_one"),
        (lesson05.part_one, ((..., ...), (), "b"), "TODO 5.4 part_one"),
        (lesson05.part_one, ("a", "c", "b"), "TRY AGAIN 5.4 part_one: 1: You did, for a few evenings."),
        (lesson05.part_one, ("b", "c", "b"), "TRY AGAIN 5.4 part_one: 1: A library hands data to the kernel."),
        (lesson05.part_one, ("d", "c", "b"), "TRY AGAIN 5.4 part_one: 1: A card may fill in a checksum"),
        (lesson05.part_one, ("c", "a", "b"), "TRY AGAIN 5.4 part_one: 2: Silence is what lesson 01 met"),
        (lesson05.part_one, ("c", "b", "b"), "TRY AGAIN 5.4 part_one: 2: `Connection refused` is how"),
        (lesson05.part_one, ("c", "c", "a"), "TRY AGAIN 5.4 part_one: 3: Nobody asked again"),
        (lesson05.part_one, ("c", "c", "c"), "TRY AGAIN 5.4 part_one: 3: No program heard of it."),
        (lesson05.part_one, ("e", "c", "c"), "TRY AGAIN 5.4 part_one: 1: Choose one of a, b, c, d."),
        (lesson05.part_one, ("c", ..., "c"), "TODO 5.4 part_one: still empty: 2"),
        (lesson05.part_one, (..., ..., ...), "TODO 5.4 part_one"),
    ],
)
def test_guesses_and_recalls(check, arguments, message):
    assert check(*arguments).message.startswith(message)


def test_six_letters_are_kept_and_others_are_asked_for_again():
    assert lesson05.colour("aaaran", "S, N, N, R, A, N") == Comparison(
        "KEPT",
        "KEPT.\n"
        "closed: SYN a, no flags a, FIN a, ACK r, SYN+FIN a, RST n\n"
        "listening: SYN s, no flags n, FIN n, ACK r, SYN+FIN a, RST n",
    )
    for guesses in [("aaaran", "snnrn"), ("aaarann", "snnrnn"), ("aaarax", "snnrnn"), (..., ...), ("aaaran", None)]:
        odd = "closed_guess" if guesses[0] != "aaaran" else "listening_guess"
        assert lesson05.colour(*guesses) == Comparison("NO GUESS YET", f"{lesson05.NO_SIX} Look at `{odd}`.")


def test_the_four_packets_meet_four_silences_and_tell_nothing_of_the_maps(lab):
    moved = []
    four = [{"data_offset": 1}, {"checksum": 0x000F}, {"data_offset": 15}, {"flags": SYN | RST}]
    for fields in four:
        segment = Segment(TCPHeader(8989, 8000, **{"flags": SYN} | fields))
        before = lab.counters()
        assert lab.ask(segment if "checksum" in fields else segment.with_checksum(HERE, HERE)) == []
        moved.append(lab.counters() - before)
    assert lesson05.guess_counters("abcc", moved).status == "AS YOU SAID"
    assert four[3]["flags"] not in SIX


def test_sentences_are_told_apart():
    taught = [*lesson05.FOUR, *lesson05.SQUARES.values()]
    assert len(set(taught)) == len(taught) == 16
    assert all(re.fullmatch(r"[1-4A-Z].*\.", words) for words in taught)
