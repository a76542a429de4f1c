"""Guesses: every way of writing one, and what is said to it."""

import pytest

from tcpkit.check.guess import Guess, NumberGuess, Option, chosen, is_empty, keep, number

WORDS = (Option("cut off", "cut off"), Option("sent, as data", "sent, as data"), Option("refused", "refused"))
NUMBERS = (
    Option("1 packet", 1, "You sent one.", "One it is."),
    Option("2 packets", 2, lambda packets: f"Look at {packets[0]}."),
    Option("about 100 packets", 100),
)
COUNT = Guess(NUMBERS, seen=lambda packets: len(packets) or None)


@pytest.mark.parametrize(
    "guess", ["b", "B", " b ", "b)", "(b)", '"b"', 2, "2", " 2 ", "sent, as data", "Sent, as data"]
)
def test_ways_to_say_b(guess):
    assert chosen(guess, WORDS) is WORDS[1]


UNCLEAR = ["d", "", "ab", 0, 4, -1, "0", 2.0, True, b"b", ["b"], "1" * 10_000, 1 << 20_000, object()]


@pytest.mark.parametrize("guess", UNCLEAR, ids=range(len(UNCLEAR)))
def test_anything_else_gets_the_letters(guess):
    assert chosen(guess, WORDS) is None
    if not is_empty(guess):
        said = keep(guess, WORDS, "until")
        assert (said.status, said.message) == ("NO GUESS YET", "NO GUESS YET: Choose one of a, b, c.")


def test_where_options_are_numbers_a_number_is_a_value():
    assert [chosen(guess, NUMBERS) for guess in (1, "1", 2, 100, "100")] == [NUMBERS[at] for at in (0, 0, 1, 2, 2)]
    assert chosen(3, NUMBERS) is None
    assert chosen("c", NUMBERS) is NUMBERS[2]


@pytest.mark.parametrize("guess", [..., None, "", "  ", "...", "?"])
@pytest.mark.parametrize("result", [None, ["x"]])
def test_an_empty_guess_reveals_nothing(guess, result):
    for comparison in (COUNT.compare(guess, result), NUMBER.compare(guess, result)):
        assert comparison.status == "NO GUESS YET"
        assert comparison.message == "NO GUESS YET: write one above, then run this cell again."


@pytest.mark.parametrize("guess", ["z", 7, 1.5])
def test_an_unreadable_guess_reveals_nothing(guess):
    assert COUNT.compare(guess, ["x"]).message == "NO GUESS YET: Choose one of a, b, c."


@pytest.mark.parametrize("result", [None, ..., 5, [], object()])
def test_nothing_seen_yet(result):
    for comparison in (COUNT.compare("a", result), COUNT.compare("a"), NUMBER.compare(3, result)):
        assert comparison.status == "NOT SEEN YET"
        assert comparison.message == "NOT SEEN YET: run the cell with the experiment above, then this one again."


def test_as_you_said():
    assert COUNT.compare("a", ["x"]).status == "AS YOU SAID"
    assert COUNT.compare("a", ["x"]).message == "AS YOU SAID a: 1 packet.\nOne it is."
    assert COUNT.compare("b", ["x", "y"]).message == "AS YOU SAID b: 2 packets."


def test_you_said_we_saw():
    assert COUNT.compare("a", ["x", "y"]).status == "YOU SAID ... WE SAW ..."
    assert COUNT.compare("a", ["x", "y"]).message == "YOU SAID a: 1 packet. WE SAW 2.\nYou sent one."
    assert COUNT.compare("b", ["x"]).message == "YOU SAID b: 2 packets. WE SAW 1.\nLook at x."
    assert COUNT.compare("c", ["x"]).message == "YOU SAID c: about 100 packets. WE SAW 1."


NUMBER = NumberGuess(
    seen=lambda packets: len(packets) or None, otherwise=lambda said, packets: f"Not {said}.", so="Yes."
)


def test_a_guess_that_is_a_number():
    assert NUMBER.compare("2", ["x", "y"]).message == "AS YOU SAID 2.\nYes."
    assert NUMBER.compare(3, ["x", "y"]).message == "YOU SAID 3. WE SAW 2.\nNot 3."
    assert NUMBER.compare("b", ["x"]).message == "NO GUESS YET: Write one whole number, such as 3."
    assert [number(guess) for guess in (0, " 7 ", "b", True, 1.0, None)] == [0, 7, None, None, None, None]


def test_keeping_judges_nothing():
    assert keep("C", WORDS, "Lesson 04.").message == "KEPT c: refused.\nLesson 04."
    assert keep("C", WORDS, "Lesson 04.").status == "KEPT"
    assert keep(..., WORDS, "Lesson 04.").status == "NO GUESS YET"
