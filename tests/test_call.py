"""Whatever the learner hands over, a check comes back with a sentence."""

import dataclasses
import functools
import ipaddress
import operator
import socket
import struct
import sys

import pytest
from hostile import Hostile
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tcpkit.check.call import Outcome, attempt, fresh, outcome, play_call, refusal
from tcpkit.check.exercise import Exercise
from tcpkit.check.values import plain
from tcpkit.wire import Flags, Segment

LIMIT_S = 0.1


def refused():
    raise ConnectionRefusedError(111, "Connection refused")


def _twice(count: int) -> int:
    return 2 * count


TWICE = Exercise("9.1 twice", _twice, ((3,), (0,), (-1,)), "meaning")
SOON = dataclasses.replace(TWICE, limit_s=LIMIT_S)


def said(learner_function, exercise=TWICE):
    first = exercise(learner_function).message.split("\n")[0]
    assert first.startswith("TRY AGAIN 9.1 twice: ")
    return first.removeprefix("TRY AGAIN 9.1 twice: ")


def test_not_written_is_todo():
    for stub in (..., lambda count: ..., lambda count: ... if count else 0):
        assert (TWICE(stub).status, TWICE(stub).message) == ("TODO", "TODO 9.1 twice")


def test_none_asks_for_return():
    assert said(lambda count: None) == "For count=3 it returned None. Does it reach a `return` with an answer?"
    assert said(lambda count: 2 * count or None) == (
        "For count=0 it returned None, for others an answer. Which `return` does it reach there?"
    )


def test_wrong_kind_is_named():
    for value, words in (("6", "'6', text (str)"), (6.0, "6.0, a float"), (True, "True, a truth value (bool)")):
        message = said(lambda count, value=value: value)
        assert message == f"For count=3 you returned {words}. The answer is a number (int)."


def test_a_generator_and_a_coroutine_are_kinds_as_well(recwarn):
    def yields(count):
        yield 2 * count

    async def awaits(count):
        return 2 * count

    assert "a value of type generator" in said(yields)
    assert "a value of type coroutine" in said(awaits)
    assert not recwarn.list


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raising(error):
    def learner_function(count):
        raise error

    return learner_function


def test_exceptions_are_told_with_their_input():
    assert said(lambda count: 6 // count * count).startswith("For count=0 it raised ZeroDivisionError: ")
    for error, words in (
        *((GeneratorExit(), "GeneratorExit. "), (ValueError("one\n  two"), "ValueError: one two. ")),
        *((ValueError("x" * 10**6), "ValueError: " + "x" * 160 + ". "), (Silent(), "Silent. ")),
        (SystemExit(3), "SystemExit: 3. That would end Python: to end a function, `return`."),
    ):
        assert said(raising(error)).startswith(f"For count=3 it raised {words}"), words


def test_an_exception_is_told_with_the_line_that_raised_it_and_the_one_that_called():
    def inner(count):
        return count.nothing  # in a function of the learner's own

    def outer(count):
        return inner(count)

    words = "For count=3 it raised AttributeError: 'int' object has no attribute 'nothing'. "
    assert said(inner) == words + "Your line: `return count.nothing  # in a function of the learner's own`."
    came_to = "which came to `return count.nothing  # in a function of the learner's own`."
    assert said(outer) == f"{words}Your line: `return inner(count)`, {came_to}"


def test_the_line_is_the_learners_own_also_where_a_library_raised():
    def asks_ours(count):
        return Segment.parse(b"")

    def asks_pythons(count):
        return ipaddress.ip_address("here")

    def asks_c(count):
        return struct.pack("B", 256)

    assert said(asks_ours).endswith(' Your line: `return Segment.parse(b"")`.')
    assert said(asks_pythons).endswith(' Your line: `return ipaddress.ip_address("here")`.')
    assert said(asks_c).endswith(' Your line: `return struct.pack("B", 256)`.')


def test_the_lines_of_a_notebook_are_known():
    sources = ["from tcpkit.check import lesson01 as check", "def helper(port):\n    return port.nothing"]
    sources += ["def port_bytes(port):\n    return helper(port)", "print(check.port_bytes(port_bytes))"]
    cells = [new_code_cell(source) for source in sources]
    NotebookClient(new_notebook(cells=cells), kernel_name="python3").execute()
    (output,) = cells[-1].outputs
    assert output.text.endswith(" Your line: `return helper(port)`, which came to `return port.nothing`.\n")


def test_a_long_line_is_cut():
    # fmt: off
    def long(count):
        return count.nothing or "a line that goes on and on, as lines do which are not meant to be read by anybody else"
    # fmt: on
    line = said(long).partition("Your line: ")[2]
    assert line.startswith("`return count.nothing or ")
    assert line.endswith("...`.")
    assert len(line) < 110


def lineless(source, **names):
    """Return a function whose source is nowhere."""
    world = {"__name__": "__main__", **names}
    exec(compile(source, "<nowhere>", "exec"), world)
    return world["learner_function"]


class Untraceable(Exception):
    __traceback__ = property(lambda self: 1 // 0)


def test_where_no_line_can_be_read_none_is_told():
    for function in (
        *(len, functools.partial(operator.truediv, "a"), raising(Untraceable())),
        lineless("def learner_function(count): return count.nothing"),
        lineless("learner_function = lambda count: count.nothing", __name__=Hostile),
        lineless("def learner_function(count): return count.nothing", __name__=7),
    ):
        words = said(function)
        assert words.startswith("For count=3 it raised ")
        assert "ine: " not in words
        assert not words.endswith(" ")


def test_letters_where_flags_are_wanted():
    def asks_for_letters(flags):
        return "S" in flags

    exercise = Exercise("9.1 twice", lambda flags: Flags.SYN in flags, ((Flags.SYN,), (Flags(0),)), "m")
    words = "For flags=S it raised TypeError: "
    assert said(asks_for_letters, exercise) == (
        f"{words}'S' is text, and flags are bits. Write `Flags.SYN in flags`. Your line: `return \"S\" in flags`."
    )
    for wrong in (lambda flags: flags & "S", lambda flags: "S" | flags, lambda flags: flags in "S."):
        assert said(wrong, exercise).startswith(words)
        assert said(wrong, exercise).endswith(" `flags` holds bits, not letters. Write `Flags.SYN in flags`.")

    def adds_nothing(flags):
        return flags + None

    assert said(adds_nothing, exercise).endswith(" Your line: `return flags + None`.")


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        (lambda count: struct.pack("H!", count), "In `struct`'s text `!` comes first, then the letters, such as"),
        (lambda count: bytes(20)[12:13] >> count, "A slice such as `data[12:13]` is bytes; `data[12]` is a number."),
        (lambda count: bytes(12) + count, "`bytes([number])` makes one byte of a number."),
        (lambda count: operator.setitem(bytes(12), 1, 2), "Bytes stay as"),
        (lambda count: struct.pack("!B", "4"), "`struct` packs numbers here, and one of yours is something else."),
        (lambda count: bytes(["127", "0"]), "`int(text)` makes a number of text."),
        (lambda count: bytes(2)[count], "Nothing is at that place: it is shorter than that, or empty."),
        (lambda count: ord(b"ab"[1]), "`data[0]` is a number already: Python 3 needs no `ord` there."),
        (lambda count: bytes(1) + "\0", "Text and bytes do not join: put a `b` before its quotes."),
        (lambda count: range(count / 2), "`/` gives a float: `//` divides whole numbers."),
        (
            lambda count: struct.pack("!HH", count),
            "Lay the letters of `struct`'s text and your values side by side: wh",
        ),
        (lambda count: struct.pack("4s", "text"), "`s` packs bytes: `text.encode()`, or `socket.inet_aton(text)`"),
        (lambda count: struct.unpack("!H", b"a"), "`struct` takes exactly as many bytes as its letters say."),
        (lambda count: bytes([count + 256]), "One byte holds 0 to 255: a larger number needs more of them."),
        (lambda count: refused(), "A closed port refuses so: catch that. And is it a socket of the lab?"),
    ],
)
def test_what_was_meant_where_python_s_words_are_hard(slip, meant):
    assert f" {meant}" in said(slip)
    assert "Your line: `" in said(slip)


def test_the_stop_button_gives_a_verdict_at_the_first_call():
    words = "it was interrupted before it came back. If you did not stop it: does a loop never end there?"
    assert said(raising(KeyboardInterrupt())) == f"For count=3 {words}"
    run = attempt(play_call, raising(KeyboardInterrupt()), ((1,), (2,)), ("count",), LIMIT_S)
    assert (run.outcomes, run.stopped) == ((), f"For count=1 {words}")


def test_runaway_recursion():
    def endless(count):
        return endless(count)

    assert said(endless).startswith("For count=3 it raised RecursionError: ")
    assert said(endless).endswith(" It calls itself again and again: when does it stop?")


def test_no_end_in_sight():
    def endless(count):
        print("count is", count)
        while True:
            pass

    words = "Does a loop never end there, or does a call wait for what never comes?"
    late = "it had not finished after 0.1 seconds. Your line: "
    message = f"For count=3 {late}`while True:`. {words}\nIt also printed:\n| count is 3"
    assert SOON(endless).message.replace("pass", "while True:") == f"TRY AGAIN 9.1 twice: {message}"
    assert said(lambda count: 2 * count if count >= 0 else endless(count), SOON).startswith(f"For count=-1 {late}`")


def test_waiting_for_what_never_comes_is_told_with_its_line():
    def waits(count):
        here, there = socket.socketpair()
        with here, there:
            return here.recv(count)

    words = "`return here.recv(count)`. Does a loop never end there, or does a call wait for what never comes?"
    assert said(waits, SOON).endswith(words)


class Callable:
    def __call__(self, count):
        return count + count


def test_whatever_can_be_called_counts_as_a_function():
    for right in (
        *(_twice, Callable(), functools.partial(operator.mul, 2), (2).__mul__, Callable().__call__),
        *(lambda count, factor=2: count * factor, lambda *counts: 2 * counts[0]),
    ):
        assert TWICE(right).status == "PASS"


def test_other_parameters():
    words = "It is called with one value (count), and yours takes another number of them. We mean `def twice(count):`."
    for wrong in (lambda: 6, lambda count, more: 6, lambda *, count: 6):
        assert said(wrong) == words


def test_the_answer_instead_of_the_function():
    for value, words in ((6, "6, a number (int)"), ("6", "'6', text (str)"), (None, "None"), (bytes(64), "00 00 ")):
        assert said(value).startswith(f"You handed over {words}")
        assert said(value).endswith("Hand over the function itself, without calling it: `check.twice(twice)`.")
    assert said(int) == "You handed over a class. Hand over a function: `def twice(count):`."


def test_hostile_objects():
    assert said(Hostile()).startswith("For count=3 it raised RuntimeError: hands off. ")
    assert refusal(Hostile(), "twice", _twice) == ""
    assert said(lambda count: Hostile()) == (
        "For count=3 you returned a value of type Hostile. The answer is a number (int)."
    )


def test_huge_answers_are_not_written_out():
    for value in (1 << 10**5, "x" * 10**5, bytes(10**5), [0] * 10**5):
        assert len(said(lambda count, value=value: value)) < 200
    assert said(lambda count: 1 << 10**5).startswith("You return a number of 100001 bits for every input.")


def test_answers_that_would_fill_the_memory_end_the_run():
    for value, size in ((1 << 10**7, "a number of 10000001 bits"), (bytes(10**7), "bytes of length 10000000")):
        calls = []
        message = said(lambda count, value=value, calls=calls: calls.append(count) or value)
        assert message == f"For count=3 you returned {size}: no answer here is that large. What did you expect there?"
        assert calls == [3]


def test_prints_are_shown_below_and_change_nothing(capsys):
    def learner_function(count):
        print("count is", count, file=sys.stderr if count else sys.stdout)
        return 2 * count

    printed = "It also printed:\n| count is 3\n| count is 0\n| count is -1"
    assert TWICE(learner_function).message == f"PASS 9.1 twice\nmeaning\n{printed}"
    assert capsys.readouterr() == ("", "")


def test_a_flood_of_prints_is_cut(capsys):
    def learner_function(count):
        for line in range(10_000):
            print("line", line)
        return 0

    lines = TWICE(learner_function).message.split("\n")
    assert lines[1:] == ["It also printed:", *(f"| line {line}" for line in range(5)), "| ..."]
    for stream in ("stdout", "stderr"):
        long_line = TWICE(lambda count, stream=stream: print("x" * 10**7, file=getattr(sys, stream))).message
        assert len(long_line) < 500, stream
        assert long_line.endswith("xxx\n| ..."), stream
    assert capsys.readouterr() == ("", "")


def test_standard_output_is_given_back():
    before = sys.stdout, sys.stderr
    TWICE(lambda count: (sys.stdout.close(), sys.stderr.close()))
    TWICE(raising(SystemExit(1)))
    assert (sys.stdout, sys.stderr) == before


def _with_first(data: bytearray, byte: int) -> bytes:
    return bytes([byte]) + data[1:]


FIRST = Exercise("9.1 twice", _with_first, ((bytearray(b"ab"), 1), (bytearray(b"cd"), 2)), "m")


def test_arguments_are_fresh_for_every_call():
    def changes(data, byte):
        data[0] = byte
        return bytes(data)

    words = "For data=61 62, byte=1 the answer is right, but afterwards your caller's `data` was 01 62. Work on a copy."
    assert said(changes, FIRST) == words
    assert said(changes, FIRST) == words
    assert FIRST.inputs[0] == (bytearray(b"ab"), 1)
    assert FIRST(_with_first).status == "PASS"


def test_copies_only_what_can_change():
    class Lab:
        def __deepcopy__(self, memo):
            raise AssertionError("a lab was copied")

    lab, data, moved = Lab(), bytearray(b"a"), {"a": [1]}
    copies = fresh((lab, data, moved, b"b"))
    assert copies == (lab, data, moved, b"b")
    assert copies[0] is lab
    assert copies[1] is not data
    assert copies[2]["a"] is not moved["a"]


def test_outcome_tells_values_from_exceptions():
    assert outcome(play_call, _twice, (3,)) == Outcome(plain(6), (plain(3),))
    assert outcome(play_call, lambda count: 1 / 0, (3,)).raised is ZeroDivisionError
    assert outcome(play_call, lambda count: 1 / 0, (3,)) == outcome(play_call, lambda count: 1 % 0, (3,))
    assert outcome(play_call, struct.pack, ("B", 256)) != outcome(play_call, bytes, ([256],))
