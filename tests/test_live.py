"""Exercises that the kernel judges: its lab, without a lab, and with a hostile one."""

import os
import signal

import pytest
from processes import eventually, is_alive

from tcpkit.check import lesson04
from tcpkit.check.exercises04 import LIVE_ACK_FOR_OFFSET
from tcpkit.check.exercises04_reset import LIVE_RESET_FOR
from tcpkit.wire import Flags, Segment, TCPHeader

LIVE = {"4.2": LIVE_ACK_FOR_OFFSET, "4.3": LIVE_RESET_FOR}
EVERY = pytest.mark.parametrize("live", LIVE.values(), ids=LIVE)
GONE = (
    "Only the kernel knows what is right here, and this lab does not answer. Make a new one, `lab = Lab()`, and run "
    "this cell again."
)


def stub_of(live):
    return eval(f"lambda {', '.join(live.exercise.parameters)}: ...")


def first_line(live, words):
    return f"TRY AGAIN {live.exercise.number} {live.exercise.name}: {words}"


class Fake:
    """A lab whose kernel answers as we like; it knows how often it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def ask_each(self, segments, timeout_s=None):
        self.asked.append((len(segments), timeout_s))
        return [self.answer(segment) for segment in segments]


def rule(live):
    """Return a lab that does what the rule says."""
    right = {
        segment: live.exercise.right(*arguments)
        for segment, arguments in zip(live.segments, live.exercise.inputs, strict=True)
    }

    def answer(segment):
        said = right[segment]
        if said is None:
            return []
        flags, seq, ack = said if isinstance(said, tuple) else (Flags.RST | Flags.ACK, 0, said)
        return [Segment(TCPHeader(8000, segment.source_port, seq=seq, ack=ack, flags=flags))]

    return answer


@EVERY
def test_the_rule_is_what_the_kernel_does(live, lab):
    verdict = live.check(live.exercise.right, lab)
    assert verdict.message.split("\n")[0] == f"PASS {live.exercise.number} {live.exercise.name}"


@EVERY
def test_every_input_is_put_to_the_kernel_once(live):
    fake = Fake(rule(live))
    assert live.check(live.exercise.right, fake).status == "PASS"
    assert fake.asked == [(len(live.exercise.inputs), None)]
    assert len({segment.source_port for segment in live.segments}) == len(live.segments)


def test_two_hundred_segments_of_every_kind():
    segments = [segment for (segment,) in LIVE_RESET_FOR.exercise.inputs]
    assert tuple(segments) == LIVE_RESET_FOR.segments
    assert len(segments) == 200
    assert len({segment.flags for segment in segments}) > 90
    assert any(segment.options for segment in segments)
    assert any(segment.seq > 2**32 - 10 for segment in segments)


def test_4_2_sends_what_it_asks_about():
    for segment, (offset, size) in zip(LIVE_ACK_FOR_OFFSET.segments, LIVE_ACK_FOR_OFFSET.exercise.inputs, strict=True):
        assert (segment.data_offset, len(bytes(segment)), segment.seq) == (offset, size, 0)
        assert segment.flags == Flags.SYN


@EVERY
def test_the_kernel_is_right_even_against_the_rule(live):
    """A kernel that refuses with other numbers: the rule fails there."""
    other = Fake(lambda segment: [Segment(TCPHeader(8000, segment.source_port, seq=1, ack=1, flags=Flags.RST))])
    assert live.check(live.exercise.right, other).status == "TRY AGAIN"
    always = (lambda offset, size: 1) if live is LIVE_ACK_FOR_OFFSET else (lambda segment: (Flags.RST, 1, 1))
    assert live.check(always, other).status == "PASS"


@EVERY
def test_a_late_answer_is_waited_for(live):
    """On a busy machine the first question may find silence everywhere."""
    late = Fake(None)
    right = rule(live)
    late.answer = lambda segment: right(segment) if len(late.asked) > 1 else []
    assert live.check(live.exercise.right, late).status == "PASS"
    answered = sum(live.exercise.right(*arguments) is not None for arguments in live.exercise.inputs)
    assert late.asked == [(len(live.segments), None), (answered, 0.5)]


@EVERY
def test_without_a_lab_one_clear_sentence(live):
    name = live.exercise.name
    words = f"Only the kernel knows what is right here, so hand over your lab as well: `check.{name}({name}, lab)`."
    for lab in (None, "lab", 7, object(), Flags.SYN):
        assert live.check(live.exercise.right, lab).message == first_line(live, words)
    assert getattr(lesson04, name)(live.exercise.right).message == first_line(live, words)


@EVERY
def test_a_closed_lab_is_said_whatever_the_answer_is(live, lab):
    lab.close()
    for answer in (live.exercise.right, lambda *_: None, lambda *_: 1 / 0, print):
        assert live.check(answer, lab).message == first_line(live, GONE)


@EVERY
def test_a_killed_lab_is_said(live, lab):
    os.kill(lab._agent.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(lab._agent.pid))
    assert live.check(live.exercise.right, lab).message == first_line(live, GONE)


@EVERY
def test_a_stub_is_todo_with_any_lab_or_none(live, lab):
    todo = f"TODO {live.exercise.number} {live.exercise.name}"
    assert live.check(stub_of(live), lab).message == todo
    assert live.check(stub_of(live), None).message == todo
    lab.close()
    assert live.check(stub_of(live), lab).message == todo


@EVERY
def test_a_listener_on_the_port_is_said(live, lab):
    words = (
        "The kernel is asked about port 8000, and there somebody listens in your lab. Close that, or: `lab = Lab()`."
    )
    with lab.listen(8000):
        assert live.check(live.exercise.right, lab).message == first_line(live, words)
    assert live.check(live.exercise.right, lab).status == "PASS"


@EVERY
def test_an_answer_that_closes_the_lab_is_judged_all_the_same(live, lab):
    def close(*arguments):
        lab.close()
        return live.exercise.right(*arguments)

    names = ", ".join(live.exercise.parameters)
    closing = eval(f"lambda {names}: close({names})", {"close": close})
    assert live.check(closing, lab).status == "PASS"
    assert live.check(closing, lab).message == first_line(live, GONE)


@EVERY
@pytest.mark.parametrize("nonsense", [None, 7, [], [[]], [["reply"]] * 200, {}, "x"])
def test_a_lab_that_answers_nonsense_is_gone(live, nonsense):
    class Nonsense:
        def ask_each(self, segments, timeout_s=None):
            return nonsense

    assert live.check(live.exercise.right, Nonsense()).status == "TRY AGAIN"
