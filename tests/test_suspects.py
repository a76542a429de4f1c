"""Suspects and experiments: what each choice is told, in a real lab and a broken one."""

import re
import shutil
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

import pytest

from tcpkit.check import lesson04
from tcpkit.check.lesson04 import NETWORK, PORT, PROGRAM, WATCHING
from tcpkit.check.suspects import Suspect
from tcpkit.wire import Flags, Segment, TCPHeader

SUSPECTS = {
    lesson04.suspect_program: PROGRAM,
    lesson04.suspect_port: PORT,
    lesson04.suspect_network: NETWORK,
    lesson04.suspect_watching: WATCHING,
}
EVERY = pytest.mark.parametrize(("check", "suspect"), SUSPECTS.items(), ids=lambda each: getattr(each, "__name__", ""))


def syn(port):
    return Segment(TCPHeader(8989, port, flags=Flags.SYN), bytes(44)).with_checksum("127.0.0.1", "127.0.0.1")


@pytest.fixture
def experiments(lab):
    """Return lesson 04's four, as its notebook has them."""

    def elsewhere():
        with lab.capture() as seen:
            lab.send(syn(8002))
        return seen

    def unwatched():
        before = lab.counters()
        lab.send(syn(8000))
        return lab.counters() - before

    return {
        "a": lambda: (lab.run("lsof -i :8000"), lab.run("ss -tlnw")),
        "b": elsewhere,
        "c": lambda: lab.run("ip -brief addr"),
        "d": unwatched,
    }


@EVERY
def test_the_telling_experiment_crosses_the_suspect_out(check, suspect, experiments):
    said = check(suspect.telling, experiments)
    lines = said.message.split("\n")
    assert said.status == "AS YOU SAID"
    assert lines[0] == f"YOU CHOSE {suspect.telling}. WE SAW:"
    assert len(lines) > 2
    assert lines[-1].endswith(f" Crossed out: {suspect.name}.")


def test_a_raw_socket_does_not_move_the_counter_that_is_the_proof(lab, experiments):
    moved = experiments["d"]()
    assert (moved["TcpInSegs"], moved["TcpOutSegs"], moved["TcpOutRsts"]) == (2, 1, 1)
    assert "Two segments came in, and only one counts as sent" in lesson04.suspect_watching("d", experiments).message


def test_each_suspect_has_an_experiment_of_its_own():
    assert sorted(suspect.telling for suspect in SUSPECTS.values()) == ["a", "b", "c", "d"]


@EVERY
def test_another_experiment_is_run_and_answered_by_its_own_sentence(check, suspect, experiments):
    others = [letter for letter in "abcd" if letter != suspect.telling]
    last = [check(letter, experiments).message.split("\n")[-1] for letter in others]
    assert len(set(last)) == 3
    for sentence in last:
        assert sentence.endswith(" Choose another experiment.")
        assert "Crossed out" not in sentence


def test_what_was_seen_is_shown(experiments):
    shown = lesson04.suspect_port("b", experiments).message
    assert "`IP 127.0.0.1.8002 > 127.0.0.1.8989: Flags [R.], seq 0, ack 45, win 0, length 0`" in shown
    assert "`TcpInSegs +2  TcpOutSegs +1  TcpOutRsts +1`" in lesson04.suspect_watching("d", experiments).message


@EVERY
def test_letters_in_any_dress_and_nothing_else(check, suspect, experiments):
    for choice in (suspect.telling.upper(), f"({suspect.telling})", f" {suspect.telling}. "):
        assert check(choice, experiments).status == "AS YOU SAID"
    for choice in ("e", "lsof", 0, 9, 1.5, [], b"a"):
        assert check(choice, experiments).message == "NO GUESS YET: Choose one of a, b, c, d."
    for choice in (..., None, "", "?"):
        assert (
            check(choice, experiments).message == "NO GUESS YET: choose an experiment above, then run this cell again."
        )


@EVERY
@pytest.mark.parametrize("experiments", [None, ..., {}, [], "abcd", 7])
def test_without_experiments(check, suspect, experiments):
    assert check(suspect.telling, experiments).status == "NOT SEEN YET"


@EVERY
def test_a_closed_lab_shows_nothing_and_clears_nobody(check, suspect, experiments, lab):
    lab.close()
    said = check(suspect.telling, experiments)
    assert said.status == "NOT SEEN YET"
    assert re.match(
        r"NOT SEEN YET: the experiment stopped\. LabClosed: The lab is gone: .* lab = Lab\(\), .* in it$", said.message
    )


def test_without_the_programs_they_say_how_to_get_them(experiments, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    said = lesson04.suspect_program("a", experiments).message
    assert "There is no program lsof here. To get it:" in said
    assert "Without it, lab.sockets() does the same." in said
    assert lesson04.suspect_network("c", experiments).message.endswith("Crossed out: a machine on the network.")


def test_a_result_that_does_not_clear_is_not_taken_for_one(lab, experiments):
    if not shutil.which("ss"):
        pytest.skip("ss is not installed: nothing here could show the listener")
    with lab.listen(8000):
        said = lesson04.suspect_program("a", experiments)
    assert said.status != "AS YOU SAID"
    assert said.message.endswith("Make one, `lab = Lab()`, and go on from there.")
    lab.send(syn(8000))  # the lab's own raw socket is open from here on, and clears nobody's name
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP):
        assert lesson04.suspect_program("a", experiments).status != "AS YOU SAID"
    assert lesson04.suspect_program("a", experiments).status == "AS YOU SAID"
    for check, letter in (
        (lesson04.suspect_port, "b"),
        (lesson04.suspect_network, "c"),
        (lesson04.suspect_watching, "d"),
    ):
        assert "Crossed out" not in check(letter, {letter: lambda: "eth0"}).message


def test_hostile_experiments():
    class Hostile:
        def __repr__(self):
            raise RuntimeError("hands off")

    suspect = Suspect("x", "a", lambda shown: True, ("Yes.",))
    assert suspect.question("a", {"a": Hostile}).status == "NOT SEEN YET"
    assert suspect.question("a", {"a": 7}).status == "NOT SEEN YET"
    long = suspect.question("a", {"a": lambda: type("Long", (), {"__repr__": lambda _: "line\n" * 1_000})()})
    assert len(long.message.split("\n")) == 14
