"""Lesson 04's suspects in a lab: what each experiment shows there, and what the learner is told."""

import re
import shutil
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

import pytest
from lesson_cells import code_cells

from tcpkit.check.lesson04 import suspect_network, suspect_port, suspect_program, suspect_watching
from tcpkit.check.questions import Suspect

TELLING = {"a": suspect_program, "b": suspect_port, "c": suspect_network, "d": suspect_watching}
every_suspect = pytest.mark.parametrize(("telling", "suspect"), TELLING.items(), ids=TELLING)


@pytest.fixture
def experiments(lab):
    """Return the notebook's own four, in this lab."""
    first, *others = (cell.source for cell in code_cells("04_something_answered"))
    world = {"lab": lab}
    exec(first.replace("lab = Lab()", ""), world)
    exec(next(source for source in others if "experiments = {" in source), world)
    return world["experiments"]


@every_suspect
def test_one_experiment_crosses_the_suspect_out_and_the_others_do_not(telling, suspect, experiments):
    said = {letter: suspect(letter, experiments) for letter in "abcd"}
    for letter, each in said.items():
        end = f" Crossed out: {suspect.name}." if letter == telling else " Choose another experiment."
        assert each.message.startswith(f"YOU CHOSE {letter}. WE SAW:\n")
        assert each.message.endswith(end)
        assert each.status == ("AS YOU SAID" if letter == telling else "YOU SAID ... WE SAW ...")
    assert len({each.message.split("\n")[-1] for each in said.values()}) == 4


def test_what_was_seen_is_shown(experiments):
    shown = suspect_port("b", experiments).message
    assert "`IP 127.0.0.1.8002 > 127.0.0.1.8989: Flags [R.], seq 0, ack 45, win 0, length 0`" in shown
    # What a raw socket sends is not counted: two segments came in, and one went out.
    assert "`TcpInSegs +2  TcpOutSegs +1  TcpOutRsts +1`" in suspect_watching("d", experiments).message


@every_suspect
def test_a_closed_lab_shows_nothing_and_clears_nobody(telling, suspect, experiments, lab):
    lab.close()
    said = suspect(telling, experiments)
    assert said.status == "NOT SEEN YET"
    assert re.match(
        r"NOT SEEN YET: the experiment stopped\. LabClosed: The lab is gone: .* lab = Lab\(\)", said.message
    )


def test_without_the_programs_they_say_how_to_get_them(experiments, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    said = suspect_program("a", experiments).message
    assert "There is no program lsof here. To get it:" in said
    assert "Without it, lab.sockets() does the same." in said
    assert suspect_network("c", experiments).message.endswith("Crossed out: a machine on the network.")


def test_a_result_that_does_not_clear_is_not_taken_for_one(lab, experiments):
    if not shutil.which("ss"):
        pytest.skip("ss is not installed: nothing here could show the listener")
    with lab.listen(8000):
        assert suspect_program("a", experiments).message.endswith("Make one, `lab = Lab()`, and go on from there.")
    experiments["d"]()  # the lab's own raw socket is open from here on, and clears nobody's name
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP):
        assert suspect_program("a", experiments).status != "AS YOU SAID"
    assert suspect_program("a", experiments).status == "AS YOU SAID"
    for letter in "bcd":
        assert "Crossed out" not in TELLING[letter](letter, {letter: lambda: "eth0"}).message


def test_a_long_result_is_cut_and_a_hostile_one_is_none():
    class Shown:
        def __repr__(self):
            return "line\n" * 1_000

    class Hostile:
        __repr__ = None

    suspect = Suspect("x", {"a": lambda shown: True}, "Yes.")
    assert len(suspect("a", {"a": Shown}).message.split("\n")) == 14
    assert suspect("a", {"a": Hostile}).status == suspect("a", {"a": 7}).status == "NOT SEEN YET"
