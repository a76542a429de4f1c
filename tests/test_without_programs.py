"""Lessons 19 and 20 where `ip`, `unshare` or `setpriv` is missing: what to install, and the stored lines."""

import nbformat
import pytest
from lesson_cells import SOLVED, code_cells, run

from tcpkit.check import lesson19, lesson20
from tcpkit.check import lesson20_roads as roads
from tcpkit.lab import program


def test_without_the_program_ip_it_says_what_to_install(lab, monkeypatch):
    monkeypatch.setattr(program, "find", lambda name: None)
    said = lesson19.build(lesson19.build.right, lab).message
    assert said.startswith("TRY AGAIN 19.1 build: The commands need the program `ip`: install the package iproute2")


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


@pytest.mark.parametrize("name", ["find", "search_path"])  # for the lab, and for the shell that asks
def test_a_kernel_that_nobody_can_ask_for_want_of_ip(lab, monkeypatch, name):
    monkeypatch.setattr(program, name, lambda *_: None if name == "find" else "/nowhere")
    assert lesson20.next_hop(roads.longest, lab).message == f"TRY AGAIN 20.1 next_hop: {roads.NO_IP}"


def test_the_tables_in_the_fold_are_those_that_the_cell_prints():
    cells = nbformat.read(SOLVED / "20_url_to_wire.ipynb", 4).cells
    printed = next(cell.outputs[0].text for cell in cells if "ip route" in cell.source)
    (fold,) = (cell.source for cell in cells if "<summary>Is there no program ip" in cell.source)
    assert printed in fold
