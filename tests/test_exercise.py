"""The known-mistake mechanism, on small exercises made for it."""

import struct
from dataclasses import replace

import pytest

from tcpkit.check.exercise import Exercise, Mistake
from tcpkit.check.plain import show_hex
from tcpkit.wire import Flags


def _low_byte(number: int) -> int:
    return number & 0xFF


LOW_BYTE = Exercise(
    number="9.2",
    name="low_byte",
    right=_low_byte,
    inputs=((0x231D,), (0x1F40,), (0x0101,), (7,)),
    mistakes=(
        Mistake("That is the high byte.", (lambda number: number >> 8,)),
        Mistake(
            lambda got: f"You kept {got.bit_length()} bits.", (lambda number: number, lambda number: number & 0xFFF)
        ),
        Mistake("It is a number.", (lambda number: hex(number & 0xFF),)),
        Mistake("Small numbers too.", (lambda number: {0x231D: 0x1D, 0x1F40: 0x40, 0x0101: 1}[number],)),
    ),
    meaning="The right half.",
    what_if="What if it had four bytes?",
)


def test_pass_says_what_it_means_and_asks_on():
    verdict = LOW_BYTE.check(lambda number: number % 256)
    assert verdict.status == "PASS"
    assert verdict.message == "PASS 9.2 low_byte\nThe right half.\nWhat if it had four bytes?"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda number: number // 256, "That is the high byte."),
        (lambda number: number, "You kept 14 bits."),
        (lambda number: number % 4096, "You kept 10 bits."),
        (lambda number: f"{number % 256:#x}", "It is a number."),
        (lambda number: {0x231D: 0x1D, 0x1F40: 0x40, 0x0101: 1}[number], "Small numbers too."),
    ],
)
def test_a_mistake_that_agrees_everywhere_is_named(wrong, sentence):
    verdict = LOW_BYTE.check(wrong)
    assert verdict.status == "TRY AGAIN"
    assert verdict.message == f"TRY AGAIN 9.2 low_byte: {sentence}"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda number: number >> 8 if number != 7 else 1,
        lambda number: hex(number & 0xFF) if number != 7 else 7,
        lambda number: {0x231D: 0x1D, 0x1F40: 0x40}[number],
    ],
    ids=["a value", "a kind", "an exception"],
)
def test_one_input_that_disagrees_is_enough_to_ask(wrong):
    message = LOW_BYTE.check(wrong).message
    assert not any(isinstance(each.sentence, str) and each.sentence in message for each in LOW_BYTE.mistakes)


def test_another_exception_is_another_mistake():
    def stops(number):
        if number == 7:
            raise ValueError
        return _low_byte(number)

    assert "For number=7 it raised ValueError." in LOW_BYTE.check(stops).message


def test_what_nobody_thought_of_gets_a_question():
    assert LOW_BYTE.check(lambda number: number & 0x3F).message == (
        "TRY AGAIN 9.2 low_byte: For number=8000 you returned 0. What did you expect there?"
    )


def _packed(word: int) -> bytes:
    return word.to_bytes(2, "big")


PACKED = Exercise("9.6", "packed", _packed, ((0x231D,), (0x1F40,)), (), "m", "w")
WORD = Exercise("9.7", "word", lambda checksum: checksum, ((0xAF57,),), (), "m", "w", shows=show_hex)
NAME = Exercise("9.8", "name", lambda number: "header length", ((1,),), (), "m", "w")
ONE_WORD = Exercise("9.8", "name", lambda number: "none", ((1,),), (), "m", "w")


@pytest.mark.parametrize(
    ("exercise", "wrong", "words"),
    [
        (PACKED, lambda word: b"\x23\x1e", "For word=8989 you returned 23 1e. Byte 1 is 1e. What did"),
        (
            PACKED,
            lambda word: b"\x23\x1d" if word == 8989 else b"\0\x40",
            "For word=8000 you returned 00 40. Byte 0 is 00.",
        ),
        (PACKED, lambda word: b"\x23", "For word=8989 you returned 23. That is 1 byte. How many did you expect?"),
        (PACKED, lambda word: b"", "For word=8989 you returned no bytes at all. How many did you expect?"),
        (WORD, lambda checksum: 0x1AF57, "For checksum=0xaf57 you returned 0x1af57. What did"),
        (
            NAME,
            lambda number: "Header length",
            "'Header length'. The words are right: small and capital letters count.",
        ),
        (ONE_WORD, lambda number: "None", "'None'. The word is right: small and capital letters count."),
        (PACKED, lambda word: [35, 29], "you returned [35, 29], a list. The answer is bytes."),
    ],
)
def test_the_question_says_where_to_look(exercise, wrong, words):
    assert words in exercise.check(wrong).message


def test_what_is_said_of_the_whole_answer_asks_of_no_place_in_it():
    for exercise, wrong in ((PACKED, b""), (PACKED, b"\x23"), (NAME, "Header length")):
        assert "there" not in exercise.check(lambda word, wrong=wrong: wrong).message


def test_the_kernel_may_say_what_it_answered():
    judged = replace(PACKED, judge=lambda right: f"The kernel said {right.value.hex()}.")
    assert judged.check(lambda word: b"##").message.endswith("The kernel said 231d. What did you expect there?")
    assert judged.check(lambda word: b"").message.endswith("The kernel said 231d. How many did you expect?")
    assert judged.check(lambda word: 7).message.endswith("a number (int). The answer is bytes.")


def test_an_error_that_is_only_called_error_gets_its_module():
    assert "it raised struct.error: " in PACKED.check(lambda word: struct.pack("B", word)).message


def _cleared(data: bytearray) -> bytes:
    return bytes(len(data))


def _clears(data: bytearray) -> bytes:
    data[:] = bytes(len(data))
    return bytes(data)


CLEARED = Exercise(
    "9.3",
    "cleared",
    _cleared,
    ((bytearray(b"ab"),), (bytearray(b"cde"),)),
    (Mistake("It changed.", (_clears,)),),
    "m",
    "w",
)


def test_what_became_of_the_arguments_counts():
    def in_place(data):
        for at in range(len(data)):
            data[at] = 0
        return bytes(data)

    assert CLEARED.check(in_place).message == "TRY AGAIN 9.3 cleared: It changed."
    assert CLEARED.check(lambda data: b"\0" * len(data)).status == "PASS"


def _answer(offset: int) -> tuple[int, int] | None:
    return (20, 0) if offset >= 5 else None


ANSWER = Exercise("9.4", "answer", _answer, ((5,), (1,)), (Mistake("Dropped.", (lambda offset: (20, 0),)),), "m", "w")


def test_none_and_tuples_may_be_answers():
    assert ANSWER.check(lambda offset: [20, 0] if offset > 4 else None).status == "PASS"
    assert ANSWER.check(lambda offset: [20, 0]).message == "TRY AGAIN 9.4 answer: Dropped."
    assert ANSWER.check(lambda offset: None).message == (
        "TRY AGAIN 9.4 answer: For offset=5 you returned None. What did you expect there?"
    )
    assert ANSWER.check(lambda offset: 20).message == (
        "TRY AGAIN 9.4 answer: For offset=5 you returned 20, a number (int). The answer is a tuple or None."
    )


def test_a_live_thing_is_handed_on_as_it_is():
    class Lab:
        listening = (8001, 8002)

    lab = Lab()

    def _probe(lab, port):
        return port in lab.listening

    probe = Exercise(
        "9.5",
        "probe",
        _probe,
        tuple((lab, port) for port in range(8000, 8004)),
        (Mistake("The other way round.", (lambda lab, port: port not in lab.listening,)),),
        "m",
        "w",
    )
    assert probe.check(lambda lab, port: port in set(lab.listening)).status == "PASS"
    assert probe.check(lambda lab, port: not _probe(lab, port)).message.endswith("The other way round.")
    assert probe.check(lambda lab, port: 1).message.endswith("The answer is a truth value (bool).")


RESET = Flags.RST | Flags.ACK
REFUSAL = Exercise("9.9", "refusal", lambda ack: (RESET, 0, ack), ((45,), (46,)), (), "m", "w")
BARE = Exercise("9.9", "refusal", lambda ack: RESET, ((45,), (46,)), (), "m", "w")
SAID = "For ack=45 you returned "


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("R.", "Flags.RST | Flags.ACK"),
        ("S.", "Flags.SYN | Flags.ACK"),
        ("[R.]", "Flags.RST | Flags.ACK"),
        ("RA", "Flags.RST | Flags.ACK"),
        ("RST", "Flags.RST"),
        ("ACK|RST", "Flags.RST | Flags.ACK"),
        ("syn-ack", "Flags.SYN | Flags.ACK"),
        ("Flags.RST", "Flags.RST"),
        ("none", "Flags(0)"),
    ],
)
def test_flags_as_text_are_told_how_to_write_what_they_say(text, code):
    words = f"{text!r} is text: it reads like flags, and is none. Write `{code}`."
    judged = replace(REFUSAL, judge=lambda right: "The kernel answered.")
    assert judged.check(lambda ack: (text, 0, 45)).message == f"TRY AGAIN 9.9 refusal: {SAID}({text!r}, 0, 45). {words}"
    assert BARE.check(lambda ack: text).message == f"TRY AGAIN 9.9 refusal: {SAID}{text!r}. {words}"


@pytest.mark.parametrize("text", ["reset", "", "RR", "RST RST?", "x" * 100_000])
def test_other_text_is_told_what_belongs_there(text):
    assert REFUSAL.check(lambda ack: (text, 0, 45)).message.endswith(" is text. There belong flags: `Flags.SYN`, ...")
    assert len(REFUSAL.check(lambda ack: (text, 0, 45)).message) < 300


def test_a_number_as_text_inside_an_answer():
    for wrong in ((RESET, 0, "45"), [0x14, 0, "45"]):
        assert REFUSAL.check(lambda ack, wrong=wrong: wrong).message.endswith(
            "'45' is text. There belongs a number (int)."
        )


def test_flags_that_are_no_text_are_asked_about_as_ever():
    assert REFUSAL.check(lambda ack: (Flags.RST, 0, 45)).message.endswith("(R, 0, 45). What did you expect there?")
    assert REFUSAL.check(lambda ack: (RESET, 0)).message.endswith("(R., 0). What did you expect there?")
