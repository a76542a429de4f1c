"""The 64 sets of flags sent to a port, and the letters of the answers."""

import pytest
from fake_packets import packet

from tcpkit.draw.answer_maps import COLUMNS, ROWS
from tcpkit.draw.port_answers import SIX, name, read_answers, read_guesses, read_letters, tally
from tcpkit.wire import Flags

HOST = "127.0.0.1"


def there(flags, source_port=9000, port=8000):
    return packet((HOST, source_port), (HOST, port), flags)


def back(flags, source_port=9000, port=8000):
    return packet((HOST, port), (HOST, source_port), flags)


def test_rows_and_columns_together_are_all_sets():
    sets = [row | column for row in ROWS for column in COLUMNS]
    assert sorted(sets) == list(range(64))
    assert [each for each in sets if each in SIX] == list(SIX), "guesses are asked in the order of their squares"


def test_what_was_sent_is_known_by_the_port_it_left_from():
    packets = [there("S", 1), there("F", 2), back("R.", 2), back("S.", 1), there("R", 1), there("", 3)]
    assert read_answers(packets) == {Flags.SYN: "S.", Flags.FIN: "R.", Flags(0): "none"}
    assert read_letters(packets) == {Flags.SYN: "s", Flags.FIN: "a", Flags(0): "n"}


def test_only_the_first_segment_and_the_first_answer_count():
    packets = [there("S"), back("S."), back("R"), there("R"), back("R")]
    assert read_answers(packets) == {Flags.SYN: "S."}


def test_packets_between_other_ports_and_unknown_answers():
    others = [packet((HOST, 1), (HOST, 2), "S")]
    assert read_letters([there("S"), *others, back(".")]) == {Flags.SYN: "?"}
    assert read_answers([]) == {}


@pytest.mark.parametrize(
    ("guess", "letters"),
    [("snnrnn", "snnrnn"), ("SNNRNN", "snnrnn"), ("aa.r", "aa r"), ("snnrnnaaaa", "snnrnn"), ("", ""), ("xyz", "")]
    + [(guess, "") for guess in (..., None, 7, ["s"])],
)
def test_guesses_are_read_as_far_as_they_go(guess, letters):
    assert read_guesses(guess) == {flags: letter for flags, letter in zip(SIX, letters, strict=False) if letter != " "}


def test_names_and_tallies():
    assert [name(flags) for flags in SIX] == ["no flags", "FIN", "SYN", "SYN+FIN", "ACK", "RST"]
    assert name(Flags(63)) == "SYN+FIN+RST+PSH+ACK+URG"
    assert tally({Flags(1): "s", Flags(2): "n", Flags(3): "n", Flags(4): "?"}) == "2 n, 1 s, 1 ?"
