"""Right pieces in other clothes carry data to the real kernel too: `test_checks.py` asks them by hand alone."""

import pytest
from checks import lesson11, lesson12, lesson13

from tcpkit.check.lesson11 import Reassembler
from tcpkit.check.lesson12 import RTO
from tcpkit.check.lesson13 import PersistTimer

CLOTHES = [
    (exercise, answer)
    for exercise, data in ((Reassembler, lesson11), (RTO, lesson12), (PersistTimer, lesson13))
    for answer, _ in data.CLOTHES[exercise.name]
    if answer is not lesson11.Positions  # it takes a step for each of three million bytes
]


@pytest.mark.parametrize(("exercise", "answer"), CLOTHES)
def test_right_pieces_in_other_clothes_carry(lab, exercise, answer):
    assert exercise(answer, lab).message == f"PASS {exercise.title}\n{exercise.meaning}\n{exercise.came}"


def test_a_right_piece_that_is_too_slow_is_told_no_line_of_pythons_own(lab):
    said = Reassembler(lesson11.Positions, lab).message.split("\n")[1]
    assert (
        "after 5.5 seconds the transfer had not ended. Is `add` slow" in said
        or "had not finished after 6 seconds." in said
    )
    assert "Your line" not in said
