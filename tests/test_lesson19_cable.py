"""Lesson 19 where a machine lacks what a cable by hand needs: one sentence, and no word against the answer."""

import pytest

from tcpkit.check import lesson19
from tcpkit.lab import Lab, LabUnavailable


@pytest.fixture
def lab():
    try:
        lab = Lab()
    except LabUnavailable as error:
        pytest.skip(str(error))
    with lab:
        yield lab


def test_where_another_network_is_refused_it_says_why(lab, monkeypatch):
    def refuse(lab, name):
        raise LabUnavailable(f"The network {name!r} cannot be had here: a limit is reached.\nRaise it.")

    monkeypatch.setattr(Lab, "namespace", refuse)
    said = lesson19.build(lesson19.build.right, lab).message
    assert said == "TRY AGAIN 19.1 build: The network 'lab' cannot be had here: a limit is reached. Raise it."
    assert lesson19.build(lambda path: ..., lab).status == "TODO"


def test_a_program_that_says_much_is_told_in_one_line(lab):
    said = lesson19.build(lambda path: [("lab", "ip link help")], lab).message
    assert said.startswith("TRY AGAIN 19.1 build: No cable was made")
    assert "\n" not in said
