"""Questions from memory, with letters and with values."""

import pytest

from tcpkit.check.recall import Recall

LETTER = Recall(
    "9.0", "b", (("a", "Who sent it?"), ("c", "Something is in there.")), "Named first.", "What if?", letters=3
)
VALUE = Recall("9.0", b"\x01\xbb", ((b"\xbb\x01", "That is 47873."), (443, "A number.")), "Big first.", "What if?")
NUMBER = Recall("9.0", 50, ((30, "And the header?"),), "Both.", "What if?")


@pytest.mark.parametrize("answer", ["b", "B", " b)", 2, "2"])
def test_right_letter(answer):
    assert LETTER.check(answer).message == "PASS 9.0 recall\nNamed first.\nWhat if?"
    assert LETTER.check(answer).status == "PASS"


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
        (VALUE, b"443", "You answered 34 34 33. How did you get there?"),
        (VALUE, "01 bb", "You answered '01 bb', text (str). The answer is bytes."),
        (NUMBER, "50", "The number is right, and it is text. Write it without quotes."),
        (NUMBER, "51", "You answered '51', text (str). The answer is a number (int)."),
        (NUMBER, 51, "You answered 51. How did you get there?"),
        (VALUE, object, "You answered a value of type type. The answer is bytes."),
    ],
)
def test_wrong_answers(recall, answer, sentence):
    assert recall.check(answer).status == "TRY AGAIN"
    assert recall.check(answer).message == f"TRY AGAIN 9.0 recall: {sentence}"


@pytest.mark.parametrize("answer", [bytearray(b"\x01\xbb"), memoryview(b"\x01\xbb")])
def test_right_value_in_other_clothes(answer):
    assert VALUE.check(answer).status == "PASS"


@pytest.mark.parametrize("answer", [..., None, "", "..."])
def test_no_answer_is_todo(answer):
    words = "TODO 9.0 recall: write your answer above, then run this cell again."
    assert LETTER.check(answer).message == VALUE.check(answer).message == words
