"""Guesses, letters, numbers, recalls: every way of writing one, and what is said to it."""

import pytest

from tcpkit.check.questions import (
    FromMemory,
    Guess,
    Kept,
    LettersGuess,
    NotSeen,
    NumbersGuess,
    Option,
    Recall,
    chosen,
    is_empty,
    letters,
    number,
)

WORDS = (Option("cut off", "cut off"), Option("sent, as data", "sent, as data"), Option("refused", "refused"))
NUMBERS = (
    Option("1 packet", 1, "You sent one.", "One it is."),
    Option("2 packets", 2, lambda packets: f"Look at {packets[0]}."),
    Option("about 100 packets", 100),
)


def seen(packets):
    if packets == ["another"]:
        raise NotSeen("somebody else sent this.")
    return len(packets) or None


def both(left, right):
    return [left, right]


COUNT = Guess(seen, *NUMBERS)
NUMBER = NumbersGuess(lambda packets: (seen(packets),), lambda said, saw: f"Not {said[0]} but {saw[0]}.", so="Yes.")
RANGE = NumbersGuess(lambda low, high: (low, high), lambda said, saw: "No.", count=2, form="Write two.", joined=" to ")
ROWS = LettersGuess(both, ["1st", "2nd", "3rd", "4th"], "abc", "Write two rows.", "All.", count=2)
NAMED = LettersGuess(
    both, ["1st: {}, not {}.", "2nd: {}, not {}."], "ab", "", "", count=2, words={"a": "yes", "b": "no"}
)
KEPT = Kept("Lesson 04.", *WORDS)


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
        assert KEPT(guess).message == "NO GUESS YET: this answer cannot be read. Choose one of a, b, c."


def test_where_options_are_numbers_a_number_is_a_value():
    assert [chosen(guess, NUMBERS) for guess in (1, "1", 2, 100, "100")] == [NUMBERS[at] for at in (0, 0, 1, 2, 2)]
    assert chosen(3, NUMBERS) is None
    assert chosen("c", NUMBERS) is NUMBERS[2]


@pytest.mark.parametrize("guess", [..., None, "", "  ", "...", "?"])
@pytest.mark.parametrize("result", [None, ["x"]])
def test_an_empty_guess_reveals_nothing(guess, result):
    for said in (COUNT(guess, result), NUMBER(guess, result), RANGE(guess, guess, result), ROWS(guess), KEPT(guess)):
        assert said.message == "NO GUESS YET: write one above, then run this cell again."


def test_an_unreadable_guess_is_told_what_to_write():
    assert COUNT("z", ["x"]).message == "NO GUESS YET: this answer cannot be read. Choose one of a, b, c."
    assert NUMBER("b", ["x"]).message == "NO GUESS YET: this answer cannot be read. Write one whole number, such as 3."
    assert RANGE(1, ..., 1, 2).message == "NO GUESS YET: this answer cannot be read. Write two."
    for second in ("ad", ...):
        assert ROWS("ab", second, "ab", "ab").message == "NO GUESS YET: this answer cannot be read. Write two rows."


@pytest.mark.parametrize("result", [None, ..., 5, [], object()])
def test_nothing_seen_yet(result):
    for said in (COUNT("a", result), COUNT("a"), NUMBER(3), RANGE(1, 2, result), ROWS("ab", "ab", "ab")):
        assert said.message == "NOT SEEN YET: run the cell with the experiment above, then this one again."
    assert COUNT("a", ["another"]).message == "NOT SEEN YET: somebody else sent this."


def test_as_you_said_and_you_said_we_saw():
    assert COUNT("a", ["x"]).message == "AS YOU SAID a: 1 packet.\nOne it is."
    assert COUNT("b", ["x", "y"]).message == "AS YOU SAID b: 2 packets."
    assert COUNT("a", ["x", "y"]).message == "YOU SAID a: 1 packet. WE SAW 2.\nYou sent one."
    assert COUNT("b", ["x"]).message == "YOU SAID b: 2 packets. WE SAW 1.\nLook at x."
    assert COUNT("c", ["x"]).message == "YOU SAID c: about 100 packets. WE SAW 1."


def test_numbers():
    assert NUMBER("2", ["x", "y"]).message == "AS YOU SAID 2.\nYes."
    assert NUMBER(3, ["x", "y"]).message == "YOU SAID 3. WE SAW 2.\nNot 3 but 2."
    assert RANGE("15", 5, 5, 15).message == "AS YOU SAID 5 to 15."
    assert RANGE(6, 15, 5, 15).message == "YOU SAID 6 to 15. WE SAW 5 to 15.\nNo."
    assert [number(guess) for guess in (0, " 7 ", "b", True, 1.0, None)] == [0, 7, None, None, None, None]


def test_letters():
    assert ROWS("a, b", ["c", "a"], "ab", "ca").message == "AS YOU SAID ab ca.\nAll."
    assert ROWS("bb", "ca", "ab", "cb").message == "YOU SAID bb ca. WE SAW ab cb.\n1st\n4th"
    assert NAMED("a", "a", "a", "b").message == "YOU SAID 1 of 2 as WE SAW them. You missed:\n2nd: yes, not no."
    assert ROWS("ab", "ca", "ac", "ca").message == "YOU SAID ab ca. WE SAW ac ca.\n2nd"
    assert [letters(guess, 2, "ab") for guess in (1, b"ab", ["a", 1], "abb", "A B", None)] == [*[None] * 4, "ab", None]


def test_keeping_judges_nothing():
    assert KEPT("C").message == "KEPT c: refused.\nLesson 04."
    assert len({KEPT(letter).message.split("\n")[1] for letter in "abc"}) == 1


# From memory


LETTER = Recall("9.0", "b", {"a": "Who sent it?", "c": "Something is in there."}, "Named first.", letters=3)
VALUE = Recall("9.0", b"\x01\xbb", {b"\xbb\x01": "That is 47873.", 443: "A number."}, "Big first.")
FIFTY = Recall("9.0", 50, {30: "And the header?"}, "Both.")


@pytest.mark.parametrize("answer", ["b", "B", " b)", 2, "2"])
def test_right_letter(answer):
    assert LETTER(answer).message == "PASS 9.0 recall\nNamed first."


@pytest.mark.parametrize(
    ("recall", "answer", "sentence"),
    [
        (LETTER, "a", "Who sent it?"),
        (LETTER, 3, "Something is in there."),
        (LETTER, "d", "Choose one of a, b, c."),
        (LETTER, "the client", "Choose one of a, b, c."),
        (LETTER, object(), "Choose one of a, b, c."),
        (VALUE, b"\xbb\x01", "That is 47873."),
        (VALUE, 443, "A number."),
        (VALUE, b"443", "You answered 34 34 33. How did you find this answer?"),
        (VALUE, "01 bb", "You answered '01 bb', text (str). The answer is bytes."),
        (FIFTY, "50", "The number is right, and it is text. Write it without quotes."),
        (FIFTY, "51", "You answered '51', text (str). The answer is a number (int)."),
        (FIFTY, 51, "You answered 51. How did you find this answer?"),
        (VALUE, object, "You answered a value of type type. The answer is bytes."),
    ],
)
def test_wrong_answers(recall, answer, sentence):
    assert recall(answer).message == f"TRY AGAIN 9.0 recall: {sentence}"
    assert bool(recall(answer).mistake) == (sentence in recall.wrong.values())


def test_right_value_of_another_type_and_no_value():
    assert VALUE(bytearray(b"\x01\xbb")).status == VALUE(memoryview(b"\x01\xbb")).status == "PASS"
    for answer in (..., None, "", "..."):
        words = "TODO 9.0 recall: write your answer above, then run this cell again."
        assert LETTER(answer).message == VALUE(answer).message == words


def test_letters_from_memory():
    part = FromMemory("9.4 part", [("c", 4, {"a": "Who?", "b": "A library?", "d": "A card?"}), ("b", 3, {})], "All.")
    assert part("C", ("b", 2)).message == "PASS 9.4 part\nAll."
    unwritten = "TODO 9.4 part: write your two letters above, then run this cell again."
    assert part(..., "").message == part().message == unwritten
    assert part("c").message == "TODO 9.4 part: still empty: 2"
    assert part("a", "b").message == "TRY AGAIN 9.4 part: 1: Who?"
    assert part("c", "z").message == "TRY AGAIN 9.4 part: 2: Choose one of a, b, c."
