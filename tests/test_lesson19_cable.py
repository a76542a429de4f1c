"""Lesson 19 where a machine lacks what a cable by hand needs: one sentence, and no word against the answer."""

import pytest
from lesson_cells import code_cells, run

from tcpkit.check import lesson19
from tcpkit.lab import Lab, LabUnavailable, program


@pytest.fixture
def lab():
    try:
        lab = Lab()
    except LabUnavailable as error:
        pytest.skip(str(error))
    with lab:
        yield lab


def test_without_the_program_ip_it_says_what_to_install(lab, monkeypatch):
    monkeypatch.setattr(program, "find", lambda name: None)
    said = lesson19.build(lesson19.build.right, lab).message
    assert said.startswith("TRY AGAIN 19.1 build: The commands need the program `ip`: install the package iproute2")


def test_where_another_network_is_refused_it_says_why(lab, monkeypatch):
    def refuse(lab, name):
        raise LabUnavailable(f"The network {name!r} cannot be had here: a limit is reached.\nRaise it.")

    monkeypatch.setattr(Lab, "namespace", refuse)
    said = lesson19.build(lesson19.build.right, lab).message
    assert said == "TRY AGAIN 19.1 build: The network 'lab' cannot be had here: a limit is reached. Raise it."
    assert lesson19.build(lambda path: ..., lab).status == "TODO"


def test_without_unshare_and_setpriv_it_says_what_to_install_and_the_four_lines(lab, monkeypatch):
    find, cells = program.find, code_cells("19_containers")
    at = next(cell.place for cell in cells if "may_open" in cell.answers)
    monkeypatch.setattr(program, "find", lambda name: None if name in ("unshare", "setpriv") else find(name))
    world = run([cells[0], *cells[at : at + 2]])
    with world["lab"]:
        said = cells[at + 2].run(world).message
    assert "(There is no program unshare here. To get it: " in said
    assert "util-linux" in said
    may, may_not = "may", "PermissionError: [Errno 1] Operation not permitted"
    assert said.endswith(f" are:\n1: {may}\n2: {may_not}\n3: {may}\n4: {may_not}")


def test_a_program_that_says_much_is_told_in_one_line(lab):
    said = lesson19.build(lambda path: [("lab", "ip link help")], lab).message
    assert said.startswith("TRY AGAIN 19.1 build: No cable was made")
    assert "\n" not in said
