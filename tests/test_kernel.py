"""Exercises that the kernel judges: in a lab, without one, and in one that cannot answer."""

import os
import signal

import pytest
from processes import children, eventually, is_alive

from tcpkit.check.exercise import NO_ANSWER
from tcpkit.check.kernel import CLOSED_PORT, FIRST_SOURCE_PORT, PATIENCE_S
from tcpkit.check.lesson04 import ack_for_offset, reset_for
from tcpkit.wire import Flags, Segment, TCPHeader

NO_LAB = "Only the kernel knows what is right here, so hand over your lab as well: `check.{0}({0}, lab)`."
LISTENS = "a program listens on port 8000 in your lab, and none may here. Close it, or make a new lab."
pytestmark = pytest.mark.parametrize("check", [ack_for_offset, reset_for], ids=lambda check: check.name)


class Fake:
    """A lab whose kernel does what a function says of the exercise's inputs; it keeps what it was sent."""

    def __init__(self, check, answer):
        self.inputs, self.answer, self.asked = check.inputs, answer, []

    def ask_each(self, segments, timeout_s=None):
        self.asked.append((list(segments), timeout_s))
        return [self.replies(segment.source_port) for segment in segments]

    def replies(self, port):
        answer = self.answer(*self.inputs[port - FIRST_SOURCE_PORT])
        flags, seq, ack = answer if isinstance(answer, tuple) else (Flags.RST | Flags.ACK, 0, answer)
        return [] if answer is None else [Segment(TCPHeader(CLOSED_PORT, port, seq=seq, ack=ack, flags=flags))]


def test_the_rule_is_what_the_kernel_does(check, lab):
    before = lab.counters()
    assert check(check.right, lab).message == f"PASS {check.title}\n{check.meaning}"
    errors = {name: count for name, count in (lab.counters() - before).items() if "Err" in name}
    assert errors == ({"TcpInErrs": 15} if check is ack_for_offset else {})  # offsets below 5; none of the too long


def test_every_input_is_put_to_the_kernel_once(check):
    fake = Fake(check, check.right)
    assert check(check.right, fake).status == "PASS"
    ((segments, timeout_s),) = fake.asked
    assert timeout_s is None
    assert len({segment.source_port for segment in segments}) == len(segments) == len(check.inputs)
    for segment, given in zip(segments, check.inputs, strict=True):
        assert given in [(segment,), (segment.data_offset, len(bytes(segment)))]


def test_a_late_answer_is_waited_for(check):
    """On a busy machine the first question may find silence everywhere."""
    late = Fake(check, lambda *given: check.right(*given) if len(late.asked) > 1 else None)
    assert check(check.right, late).status == "PASS"
    (first, second), answered = late.asked, [given for given in check.inputs if check.right(*given) is not None]
    assert (len(first[0]), len(second[0]), second[1]) == (len(check.inputs), len(answered), PATIENCE_S)


def test_the_kernel_is_right_even_against_the_rule(check):
    other = Fake(check, lambda *_: (Flags.RST, 1, 1))
    assert check(check.right, other).status == "TRY AGAIN"
    as_it_does = (lambda offset, size: 1) if check is ack_for_offset else (lambda segment: (Flags.RST, 1, 1))
    assert check(as_it_does, other).status == "PASS"


def test_without_a_lab_one_clear_sentence(check):
    for thing in (None, "lab", 7, object(), Flags.SYN):
        assert check(check.right, thing).sentence == NO_LAB.format(check.name)
    for nonsense in (None, 7, [], [[]], [["reply"]] * len(check.inputs), {}, "x"):
        fake = Fake(check, None)
        fake.ask_each = lambda *_, nonsense=nonsense: nonsense
        assert check(check.right, fake).sentence == NO_ANSWER


def test_a_closed_lab_is_said_whatever_the_answer_is(check, lab):
    lab.close()
    for answer in (check.right, lambda *_: None, lambda *_: 1 / 0, print):
        assert check(answer, lab).sentence.startswith("The lab is gone: it was closed. Make a new one, lab = Lab(), ")
    assert check(..., lab).message == check(..., None).message == f"TODO {check.title}"


def test_a_killed_lab_is_said(check, request):
    before = children()
    lab = request.getfixturevalue("lab")
    (agent,) = children() - before
    os.kill(agent, signal.SIGKILL)
    eventually(lambda: not is_alive(agent))
    assert check(check.right, lab).sentence.startswith("The lab is gone: its agent was ended by signal 9. ")


def test_a_listener_on_the_port_is_said(check, lab):
    with lab.listen(CLOSED_PORT):
        assert check(check.right, lab).sentence == LISTENS
    assert check(check.right, lab).status == "PASS"


def test_an_answer_that_closes_the_lab_is_judged_all_the_same(check, lab):
    closing = lambda *given: (lab.close(), check.right(*given))[1]  # noqa: E731
    assert check(closing, lab).status == "PASS"
    assert check(closing, lab).sentence.startswith("The lab is gone: it was closed. ")


def test_two_hundred_segments_of_every_kind(check):
    segments = [segment for (segment,) in reset_for.inputs]
    assert (len(segments), len({each.flags for each in segments}) > 90) == (200, any(each.options for each in segments))
    assert max(segment.seq for segment in segments) == 2**32 - 1
