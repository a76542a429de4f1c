"""Causes, signs and questions, on small exercises made for them; classes, tables and coroutines as answers."""

import re
import struct
import types
from dataclasses import replace

import pytest

from tcpkit.check.exercise import Exercise, NotAsked
from tcpkit.check.scripts import play_class, play_coroutine, play_table
from tcpkit.check.signs import Sign, differs_only_at, every, gives
from tcpkit.check.values import show_hex
from tcpkit.wire import Flags

LOW_BYTE = Exercise(
    "9.2 low_byte",
    right=lambda number: number & 0xFF,
    inputs=((0x231D,), (0x1F40,), (0x0101,), (7,)),
    meaning="The right half.",
    causes={
        "That is the high byte.": lambda number: number >> 8,
        "You kept more: {got:#x}.": (lambda number: number, lambda number: number & 0xFFF),
        lambda got: f"A list of {len(got)}.": lambda number: [number & 0xFF],
        "Small numbers too.": lambda number: {0x231D: 0x1D, 0x1F40: 0x40, 0x0101: 1}[number],
    },
    signs={
        "The digits are right.": every(lambda got, right, number: int(got, 16) == right, kind="str"),
        "Bit 0 is lost.": lambda got, right, number: got == right & ~1,
        "One bit too few, {shown}.": gives(lambda number: number & 0x7F, lambda number: number & 0x3F),
        "Right for the first one.": Sign(lambda trials: [each.is_wrong for each in trials] == [False] + [True] * 3),
    },
)


def told(exercise, answer):
    return exercise(answer).message.removeprefix(f"TRY AGAIN {exercise.title}: ")


def test_pass_says_what_it_means_and_asks_on():
    verdict = LOW_BYTE(lambda number: number % 256)
    assert verdict.status == "PASS"
    assert verdict.message == "PASS 9.2 low_byte\nThe right half."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda number: number // 256, "That is the high byte."),
        (lambda number: number, "You kept more: 0x231d."),
        (lambda number: number % 4096, "You kept more: 0x31d."),
        (lambda number: (number % 256,), "A list of 1."),
        (lambda number: {0x231D: 0x1D, 0x1F40: 0x40, 0x0101: 1}[number], "Small numbers too."),
        (lambda number: f"{number % 256:x}", "The digits are right."),
        (lambda number: number & 0xFE, "Bit 0 is lost."),
        (lambda number: number & 0xFE if number > 99 else number, "Bit 0 is lost."),
        (lambda number: 29 if number == 0x231D else number >> 3, "Right for the first one."),
    ],
)
def test_causes_and_signs_are_named(wrong, sentence):
    assert re.fullmatch(f"{re.escape(sentence)}( For number=7 it raised KeyError: 7. .*)?", told(LOW_BYTE, wrong))
    # As the lesson writes it; a sentence that a function makes, as it was said.
    assert LOW_BYTE(wrong).mistake == re.sub(r"more: 0x.*", "more: {got:#x}.", sentence)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda number: number >> 8 if number != 7 else 1,
        lambda number: [number & 0xFF] if number != 7 else 7,
        lambda number: {0x231D: 0x1D, 0x1F40: 0x40}[number],
        lambda number: number & 0x0F,
    ],
    ids=["a value", "a kind", "an exception", "no sign"],
)
def test_one_input_that_disagrees_is_enough_to_ask(wrong):
    assert LOW_BYTE(wrong).mistake == ""
    assert told(LOW_BYTE, wrong).startswith("For number=")


def test_a_sign_is_asked_of_answers_of_the_right_kind_only():
    assert told(LOW_BYTE, lambda number: float(number & 0xFE)).endswith("a float. The answer is a number (int).")
    assert "For number=8989 you returned" in told(LOW_BYTE, lambda number: number & 0xFE if number > 99 else "7")
    raises = replace(LOW_BYTE, signs={"Seven is a number too.": every(lambda got, right, n: n == 7, also_raised=True)})
    words = "Seven is a number too. For number=7 it raised ZeroDivisionError: "  # Python's own words are told as well
    assert told(raises, lambda number: number % 256 if number > 7 else 1 // 0).startswith(words)


HALF = Exercise("9.7 half", lambda word: (word & 0xFF) / 2, LOW_BYTE.inputs, "m")
HALF = replace(
    HALF, again={LOW_BYTE: lambda got, word: (int(2 * got), (word,))}, signs={"Whole.": gives(lambda word: float(word))}
)


def test_a_mistake_of_an_earlier_exercise_is_named_inside_a_later_one():
    assert told(HALF, lambda word: (word >> 8) / 2) == "That is the high byte. (As in 9.2.)"
    assert told(HALF, lambda word: (word & 0xFE) / 2) == "Bit 0 is lost. (As in 9.2.)"
    assert told(HALF, lambda word: word / 1) == "Whole."  # its own come first
    assert told(HALF, lambda word: 3.0).startswith("You return 3.0 for every input.")  # the shared ones last, and once
    assert told(HALF, lambda word: "3").endswith("The answer is a float.")
    assert told(HALF, lambda word: (word & 0xFE) / 2 if word > 7 else None).startswith(
        "For word=8989 you returned 14.0."
    )


def test_a_sign_whose_sentence_is_made_from_the_first_answer_needs_a_wrong_one_there():
    even = every(lambda got, right, n: got is None or got % 2 == 0, also_raised=True)
    even = replace(LOW_BYTE, signs={lambda got: f"{got} is even: {got % 2}.": even})
    assert told(even, lambda number: number & 0xFC) == "28 is even: 0."
    assert told(even, lambda number: number & 0xFC if number < 99 else number & 0xFF).startswith("For number=7 you")
    assert told(even, lambda number: 28 if number < 99 else 1 // 0).startswith("For number=8989 it raised")


def test_a_sign_that_does_not_fit_is_no_sign():
    broken = replace(LOW_BYTE, signs={"Never.": lambda got, right, number: 1 // 0})
    assert "What did you expect" in told(broken, lambda number: number & 0x1F)


def test_signs_over_bytes():
    exercise = Exercise("9.6 put", lambda data: b"\x50" + data[1:], ((b"abc",), (b"xyz",)), "m")
    at_two = replace(exercise, signs={"Byte 2 is not yours.": differs_only_at(2)})
    assert told(at_two, lambda data: b"\x50" + data[1:2] + b"!") == "Byte 2 is not yours."
    assert told(at_two, lambda data: b"##" + data[2:]).startswith("For data=61 62 63 you returned 23 23 63. Byte 0")


def test_another_exception_is_another_cause():
    def stops(number):
        if number == 7:
            raise ValueError
        return number & 0xFF

    assert told(LOW_BYTE, stops) == "For number=7 it raised ValueError. Your line: `raise ValueError`."


PACKED = Exercise("9.6 packed", lambda word: word.to_bytes(2, "big"), ((0x231D,), (0x1F40,)), "m")
WORD = Exercise("9.7 word", lambda checksum: checksum, ((0xAF57,),), "m", shows=show_hex)
NAME = Exercise("9.8 name", lambda number: "header length", ((1,),), "m")
ONE_WORD = Exercise("9.8 name", lambda number: "none", ((1,),), "m")


@pytest.mark.parametrize(
    ("exercise", "wrong", "words"),
    [
        (PACKED, lambda word: b"\x23\x1e" if word == 8989 else b"", "For word=8989 you returned 23 1e. Byte 1 is 1e."),
        (PACKED, lambda word: b"\x23\x1d" if word == 8989 else b"\0@", "For word=8000 you returned 00 40. Byte 0 is"),
        (PACKED, lambda word: word.to_bytes(2, "big")[:1], "you returned 23. That is 1 byte. How many did you expect?"),
        (PACKED, lambda word: bytes(word // 8989), "you returned 00. That is 1 byte."),
        (WORD, lambda checksum: 0x1AF57, "For checksum=0xaf57 you returned 0x1af57. What did"),
        (NAME, lambda number: "Header length", "The words are right: small and capital letters count."),
        (ONE_WORD, lambda number: "None", "'None'. The word is right: small and capital letters count."),
        (PACKED, lambda word: struct.pack("B", word), "it raised struct.error: "),  # `error` alone says nothing
        (PACKED, lambda word: [35, 29], "you returned [35, 29], a list. The answer is bytes."),
    ],
)
def test_the_question_says_where_to_look(exercise, wrong, words):
    assert words in told(exercise, wrong)


def test_the_judge_may_say_what_is_right_by():
    judged = replace(PACKED, judge=lambda right: f"The kernel said {right.value.hex()}.")
    assert told(judged, lambda word: b"##"[: word % 3]).endswith("The kernel said 231d. How many did you expect?")
    assert told(judged, lambda word: 7).endswith("a number (int). The answer is bytes.")


def _clears(data):
    data[:] = bytes(len(data))
    return bytes(data)


CLEARED = Exercise("9.3 cleared", lambda data: bytes(len(data)), ((bytearray(b"ab"),), (bytearray(b"cde"),)), "m")
CLEARED = replace(CLEARED, causes={"It changed.": _clears})


def test_what_became_of_the_arguments_counts():
    def in_place(data):
        for at in range(len(data)):
            data[at] = 0
        return bytes(data)

    assert told(CLEARED, in_place) == "It changed."
    assert CLEARED(lambda data: b"\0" * len(data)).status == "PASS"


def test_none_and_tuples_may_be_answers():
    answer = Exercise("9.4 answer", lambda offset: (20, 0) if offset >= 5 else None, ((5,), (1,)), "m")
    dropped = replace(answer, causes={"Dropped.": lambda offset: (20, 0)})
    assert dropped(lambda offset: [20, 0] if offset > 4 else None).status == "PASS"
    assert told(dropped, lambda offset: [20, 0]) == "Dropped."
    assert told(answer, lambda offset: 20 if offset > 4 else 7).endswith("The answer is a tuple or None.")


def test_what_builds_one_of_tcpkits_says_what_is_left_to_build(capsys):
    def ours(number):
        return number & 0xFF

    built = replace(LOW_BYTE, builds=ours, to_build="Now without it.")
    words = "PASS 9.2 low_byte\nRight, because tcpkit answered. Now without it."
    assert built(lambda number: ours(number)).message == words
    assert built(ours).message.endswith("Now without it.")
    assert built(lambda number: print(number) or number % 256).message.startswith("PASS 9.2 low_byte\nThe right half.")
    assert capsys.readouterr().out == ""


class Judge:
    """A lab whose kernel says what it likes."""

    def ask_each(self):
        """Be taken for a lab."""


def test_the_lab_has_the_last_word():
    asked = replace(LOW_BYTE, ask=lambda lab, exercise: [b"\1"] * len(exercise.inputs), read=lambda reply: reply[0])
    assert asked(lambda number: 1, Judge()).status == "PASS"
    assert asked(asked.right, Judge()).status == "TRY AGAIN"
    assert "Only the kernel knows what is right here, so hand over your lab" in told(asked, asked.right)


def test_a_judge_that_cannot_be_asked_says_why():
    def refuses(lab, exercise):
        raise NotAsked("Somebody listens.") if lab else OSError

    asked = replace(LOW_BYTE, ask=refuses)
    assert asked(asked.right, Judge()).message == "TRY AGAIN 9.2 low_byte: Somebody listens."
    assert asked(..., Judge()).message == asked(lambda number: ..., None).message == "TODO 9.2 low_byte"


# Other kinds of answers


class Counter:
    def __init__(self, first):
        self.count = first

    def add(self, number):
        self.count += number
        return self.count > 9


class Forgets(Counter):
    def add(self, number):
        return self.count + number > 9


SCRIPTS = (((0,), (("add", 7), ("count",), ("add", 7))), ((9,), (("add", 1), ("count",))))
COUNTING = Exercise("9.5 Counter", Counter, SCRIPTS, "m", causes={"Nothing is kept.": Forgets}, play=play_class)


def test_a_class_is_judged_by_a_script_of_calls_and_reads():
    assert COUNTING(type("Counter", (Counter,), {})).status == "PASS"
    assert told(COUNTING, type("Other", (Forgets,), {})) == "Nothing is kept."
    assert COUNTING(type("Stub", (Counter,), {"add": lambda self, number: ...})).status == "TODO"
    huge = type("Huge", (Counter,), {"add": lambda self, number: 1 << 10**8})
    assert "you returned a number of 100000001 bits: no answer here is that large." in told(COUNTING, huge)
    assert told(COUNTING, Counter(3)).endswith("Hand over the class itself: `class Counter:`.")
    assert "it raised AttributeError: 'Empty' object has no attribute 'count'" in told(
        COUNTING, type("Empty", (), {"__init__": lambda self, first: None, "add": lambda self, number: False})
    )


TABLE = {"closed": {"open": "listen"}, "listen": {"syn": "received"}}
PATHS = ("closed", ("open", "syn")), ("closed", ("syn",))
FROM_WHERE = {"From where?": {"closed": TABLE["listen"]}}
WALK = Exercise("9.5 opening", TABLE, PATHS, "m", causes=FROM_WHERE, play=play_table)


def test_a_table_is_judged_by_walking_it():
    assert WALK({**TABLE, "never": {}}).status == "PASS"
    assert told(WALK, {"closed": {"syn": "received"}}) == "From where?"
    assert told(WALK, {}).startswith("For start='closed', events=('open', 'syn') you returned (None, None).")
    assert told(WALK, [1]) == "You handed over [1], a list. Hand over a dict."


@types.coroutine
def turned():
    return (yield "turned")


async def read(line):
    while not (data := await line()):
        pass
    return data


async def reads_once(line):
    return await line()


GIVEN = tuple((lambda: (turned,), script) for script in ((b"", b"", b"hi"), (), (b"", OSError("gone"))))
READ = Exercise("9.5 read", read, GIVEN, "m", causes={"Once is not enough.": reads_once}, play=play_coroutine)


def test_a_coroutine_is_driven_by_hand():
    async def recursive(line):
        return await line() or await recursive(line)

    assert READ(recursive).status == "PASS"
    assert play_coroutine(read, lambda: (turned,), (b"", b"hi")) == ("turned", "turned", b"hi")
    assert told(READ, lambda line: reads_once(line)) == "Once is not enough."
    assert "for others" not in told(READ, lambda line: read(turned) if line else None)


# Flags and numbers as text

RESET = Flags.RST | Flags.ACK
REFUSAL = Exercise("9.9 refusal", lambda ack: (RESET, 0, ack), ((45,), (46,)), "m")
BARE = Exercise("9.9 refusal", lambda ack: RESET if ack else Flags.RST, ((45,), (0,)), "m")
SAID = "For ack=45 you returned "
CODE = {
    **dict.fromkeys(("R.", "[R.]", "RA", "ACK|RST"), "Flags.RST | Flags.ACK"),
    **dict.fromkeys(("S.", "syn-ack"), "Flags.SYN | Flags.ACK"),
    **dict.fromkeys(("RST", "Flags.RST"), "Flags.RST"),
    "none": "Flags(0)",
}


@pytest.mark.parametrize(("text", "code"), CODE.items())
def test_flags_as_text_are_told_how_to_write_what_they_say(text, code):
    words = f"{text!r} is text: it reads like flags, and is none. Write `{code}`."
    assert told(REFUSAL, lambda ack: (text, 0, ack)) == f"{SAID}({text!r}, 0, 45). {words}"
    assert told(BARE, lambda ack: text) == f"{SAID}{text!r}. {words}"


@pytest.mark.parametrize("text", ["reset", "", "RR", "RST RST?", "x" * 100_000])
def test_other_text_is_told_what_belongs_there(text):
    message = told(REFUSAL, lambda ack: (text, 0, ack))
    assert message.endswith(" is text, and flags belong there: `Flags.SYN`, ...")
    assert len(message) < 300
    assert told(REFUSAL, lambda ack: (RESET, 0, str(ack))).endswith("'45' is text, and a number (int) belongs there.")
