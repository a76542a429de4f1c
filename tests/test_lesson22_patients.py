"""The patients of lesson 22: what is seen of them is what the lesson says of them."""

import pytest

from tcpkit.check.lesson22 import NEAR_ROWS, ROWS, SILENCE, first
from tcpkit.check.lesson22_patients import PATIENTS, Cases, healthy, patient, twins
from tcpkit.zoo import HERE


@pytest.mark.parametrize("letter", PATIENTS)
def test_the_row_is_where_the_patient_and_its_healthy_twin_part(letter):
    """The first packet that only one of them sends; or, where the patient is silent, the row before."""
    sick, well = patient(letter).packets, healthy(letter).packets
    parted = next(row for row in range(len(sick) + 1) if sick[row : row + 1] != well[row : row + 1])
    is_silent = parted == len(sick) or sick[parted].source != HERE
    at = parted - is_silent
    assert at == ROWS.get(letter, 2) or NEAR_ROWS[letter, at] == SILENCE
    assert patient(letter).packets == sick


def test_damage_is_seen_in_one_row_only():
    wrong = {letter: [*patient(letter).packets.table().checksum_ok].count(False) for letter in PATIENTS}
    assert wrong == dict.fromkeys(PATIENTS, 0) | {"E": 1}


def test_a_case_shows_its_history_its_ladder_and_its_rows():
    case = patient("A")
    assert repr(case).splitlines() == [
        "Patient A. The program here dials. The machine there is switched off. Recorded for 14 s.",
        "   s   patient                        other",
        "0.00      |------------- S ------------>|",
        "          |     nothing until 14 s      |",
        "     s     from flags  seq  ack  window  length checksum",
        "0  0.0  patient     S    0    0   65535       0    right",
    ]
    html = Cases([case, healthy("J")])._repr_html_()
    assert html.count("<table") == html.count("<img") == 2
    assert ">- return a &lt; b\n+ return 0 &lt; (b - a) % MODULUS &lt; HALF</pre>" in html


def test_only_twins_of_right_verdicts_are_shown():
    said = first.twins(lambda: {"A": (12, 0), "B": (12, 0), "D": ("no backing off", 5)})
    assert [case.head[:22] for case in said] == ["Patient A, but healthy", "Patient D, but healthy"]
    for nothing in (..., None, lambda: ..., lambda: 1 / 0, lambda: {"A": ("SYN sent once", 1)}):
        assert repr(first.twins(nothing)) == "No verdict is right yet."
    assert twins("")._repr_html_() == "<p>No verdict is right yet.</p>"
