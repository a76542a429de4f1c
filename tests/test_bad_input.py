"""Bad input to every exercise and every guess of the course, each in its own cell and on a real lab.

Each time one clear sentence, and the lesson goes on. `test_bad_input_notebooks.py` has what only a notebook can show.
"""

import contextlib
import functools
import importlib
import inspect
import itertools
import re
import sys
import time
import traceback
from socket import AF_INET, IPPROTO_TCP, SO_REUSEADDR, SOCK_RAW, SOL_SOCKET

import numpy as np
import pytest
from hostile import Hostile, spoiled
from lesson_cells import NAMES, WITH_LAB, code_cells, run
from processes import PATIENCE_S

from tcpkit import Capture, Lab
from tcpkit.check import call
from tcpkit.check.deadline import Deadline, can_ring
from tcpkit.check.exercise import Exercise
from tcpkit.lab import LabClosed, LabUnavailable
from tcpkit.lab.errors import PortInUse
from tcpkit.wire import Flags, Segment, TCPHeader

SYN = Segment(TCPHeader(8989, 7999, flags=Flags.SYN)).with_checksum("127.0.0.1", "127.0.0.1")
LONGEST = 400  # characters of a first line; the arguments in it take up to 200
HUGE = 1 << 33_219_280  # has 10^7 digits, and is made at once
FLOOD = "".join(f"line {line:94}\n" for line in range(100_000))  # 10 MB
LESSONS = {name: code_cells(name) for name in NAMES}
CELLS = [cell for cells in LESSONS.values() for cell in cells]
EXERCISES = {cell.exercise: cell for cell in CELLS if cell.exercise}
CHECKS = {
    name: next(cell for cell in LESSONS[where.lesson][where.place :] if "check" in cell.tags and name in cell.reads)
    for name, where in EXERCISES.items()
}


@pytest.fixture(scope="module", autouse=True)
def labs():
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))
    yield
    for lesson in NAMES:
        if "lab" in LESSONS[lesson][-1].world:
            LESSONS[lesson][-1].world["lab"].close()


@functools.cache
def solved(lesson):
    """Run a lesson once, so that each of its cells has the world that it needs; return the last one."""
    return run(LESSONS[lesson])


def answered(cell, **answers):
    """Return what a cell shows to these answers."""
    solved(cell.lesson)
    return cell.given(**answers)


def new_lab(lesson):
    """Do what a message says: `lab = Lab()`, and what was opened in it (lesson 01's raw socket) again."""
    new = {"lab": Lab()}
    new["raw"] = new["lab"].socket(AF_INET, SOCK_RAW, IPPROTO_TCP)
    for world in [solved(lesson), *(cell.world for cell in LESSONS[lesson][1:])]:
        world |= {name: value for name, value in new.items() if name in world}


def goes_on(name):
    """Assert that the right function passes, and the lab answers."""
    cell = CHECKS[name]
    first = answered(cell).message.split("\n")[0]
    assert re.fullmatch(rf"PASS \d+\.\d {name}", first), first
    if cell.lesson in WITH_LAB:
        assert [reply.flags for reply in cell.world["lab"].ask(SYN)] == [Flags.RST | Flags.ACK]


def sentence(said, status, name):
    """Return what follows `TRY AGAIN 1.1 port_bytes: `; assert that it is one clear line."""
    first, *rest = said.message.split("\n")
    assert said.status == status, said
    assert len(first) < LONGEST
    assert "Traceback" not in said.message
    assert re.fullmatch(rf"{status} \d+\.\d {name}(: .*[.?])?", first), first
    if status == "TRY AGAIN":
        assert all(line.startswith(("It also printed:", "| ")) for line in rest), said
    return first.partition(": ")[2]


def loops(right, swallowed=()):
    """Run on, and give up long after the check should have ended it."""

    def bad(*arguments):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                time.sleep(0.01)
            except swallowed:
                continue
        raise AssertionError("it was not ended")

    return bad


def loops_whatever_comes(right):
    return loops(right, BaseException)


def recurses(right):
    return lambda *arguments: recurses(right)(*arguments)


def returns_huge(right):
    return lambda *arguments: HUGE


def returns_huge_at_the_end(right):
    answers = []

    def bad(*arguments):
        answers.append(right(*arguments))
        return answers[-1] if len(answers) % 2 else HUGE

    return bad


def interrupts(right):
    def bad(*arguments):
        raise KeyboardInterrupt

    return bad


def exits(right):
    return lambda *arguments: sys.exit(3)


def is_plain(name):
    """Say whether an exercise has no judge of its own kind."""
    lesson = importlib.import_module(f"tcpkit.check.lesson{EXERCISES[name].lesson[:2]}")
    return type(getattr(lesson, CHECKS[name].check)) is Exercise


TOLD = {  # what is told of the function, after "TRY AGAIN 1.1 port_bytes: "
    recurses: r"For .* it raised RecursionError: maximum .* It calls itself again and again: when does it stop\?",
    returns_huge: r"For .* you returned a number of 33219281 bits: no answer here is that large\. What did .*\?",
    returns_huge_at_the_end: r"For .* you returned a number of 33219281 bits: no answer here is that large\. .*\?",
    interrupts: r"For .* it was interrupted before it came back\. If you did not stop it: does a loop never .*\?",
    exits: r"For .* it raised SystemExit: 3\. That would end Python: to end a function, `return`\.",
}
KINDS = {name: list(TOLD) for name in EXERCISES}
# Most exercises are judged by the same code: each of them gets one kind, by turns.
KINDS |= {name: kinds for name, *kinds in zip(filter(is_plain, EXERCISES), itertools.cycle(TOLD))}
NO_COROUTINE = "Write `async def`, without `yield`: calling your function must give a coroutine[.].*"

every_exercise = pytest.mark.parametrize("name", EXERCISES)


def test_the_course_has_all_these():
    assert len(EXERCISES) == len(CHECKS) >= 18
    assert len({cell.check for cell in GUESSES}) >= 25
    assert len(COMPARES) >= 16


@pytest.fixture
def right(name):
    """Return the right function; its lesson has run."""
    solved(CHECKS[name].lesson)
    return CHECKS[name].world[name]


@contextlib.contextmanager
def hurry(limit_s):
    """Let no function run longer than this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call, "Deadline", lambda longer_s: Deadline(min(longer_s, limit_s)))
        yield


@every_exercise
def test_bad_functions_are_told(name, right, capsys, monkeypatch):
    monkeypatch.setattr(call, "Deadline", lambda limit_s: Deadline(PATIENCE_S))  # none of these is endless
    for make in KINDS[name]:
        told, said = TOLD[make], answered(CHECKS[name], **{name: spoiled(right, make)})
        if inspect.iscoroutinefunction(right):
            told = rf"{told}|{NO_COROUTINE}"
        assert re.fullmatch(told, sentence(said, "TRY AGAIN", name)), make
        assert capsys.readouterr() == ("", ""), make


@every_exercise
@pytest.mark.skipif(not can_ring(), reason="no SIGALRM on this system: calls are not cut off")
def test_endless_functions_are_ended(name, right):
    told = r"For .* it had not finished after \d+ seconds\. .*Does a loop never end there, or does a call wait for .*"
    with hurry(0.1):
        for make in (loops, loops_whatever_comes):
            said = answered(CHECKS[name], **{name: spoiled(right, make)})
            assert re.fullmatch(told, sentence(said, "TRY AGAIN", name)), make


MAY_CHANGE = ("probe", "half_open", "chattiest")  # a lab may be changed, tables are copies
MAY_CHANGE += ("opening", "closing", "first", "second", "third")  # these take nothing


@pytest.mark.parametrize("name", [name for name in EXERCISES if name not in MAY_CHANGE])
def test_arguments_that_are_changed_are_told(name, right):
    """Bytes, text and segments refuse; what does not refuse was a copy."""

    def make(right):
        def bad(*arguments):
            answer = right(*arguments)
            first = arguments[0]
            if isinstance(first, Segment):
                first.seq = 7
            elif isinstance(first, dict):
                first["TcpInErrs"] = 99
            else:
                first[0] = 0
            return answer

        return bad

    words = sentence(answered(CHECKS[name], **{name: spoiled(right, make)}), "TRY AGAIN", name)
    refused = r"it raised (TypeError|FrozenInstanceError): .*Your line: `first.*`\."
    copied = r"the answer is right, but afterwards your caller's `\w+` was .*\. Work on a copy\."
    assert re.fullmatch(rf"For .* (?:{refused}|{copied})", words), words


@every_exercise
def test_a_flood_is_cut_and_no_endless_function_is_waited_for_long(name, right, capsys, monkeypatch):
    """The right answer in a flood; it passes, so nothing is left of what the functions above did."""
    waited = []
    monkeypatch.setattr(call, "Deadline", lambda limit_s: waited.append(limit_s) or Deadline(limit_s))

    def make(right):
        def bad(*arguments):
            print(FLOOD)
            print(FLOOD, file=sys.stderr)
            return right(*arguments)

        return bad

    said = answered(CHECKS[name], **{name: spoiled(right, make)})
    sentence(said, "PASS", name)
    printed = said.message.partition("It also printed:\n")[2].splitlines()
    assert 1 < len(printed) <= 6
    assert printed[-1] == "| ..."
    assert len(said.message) < 1_500
    assert capsys.readouterr() == ("", "")
    assert sum(waited) <= (25 if name == "Mine" else 10)  # a contest of fourteen transfers


FIRSTS = {cell.lesson: name for name, cell in reversed(EXERCISES.items()) if cell.lesson in WITH_LAB}
CLOSES = [name for name, cell in EXERCISES.items() if name in FIRSTS.values() or not is_plain(name)]


@pytest.mark.parametrize("name", [name for name in CLOSES if EXERCISES[name].lesson in WITH_LAB])
def test_a_function_that_closes_the_lab(name, right):
    def make(right):
        def bad(*arguments):
            CHECKS[name].world["lab"].close()
            return right(*arguments)

        return bad

    said = answered(CHECKS[name], **{name: spoiled(right, make)})
    if name == "probe":  # it works in the lab; the others need none, or it was asked before they are called
        told = "The lab is gone: it was closed. Make a new one, lab = Lab(), "
        assert sentence(said, "TRY AGAIN", name).startswith(told)
    else:
        sentence(said, "PASS", name)
    with pytest.raises(LabClosed, match=r"^The lab is gone: it was closed\. Make a new one, lab = Lab\(\), "):
        CHECKS[name].world["lab"].ask(SYN)
    new_lab(CHECKS[name].lesson)
    goes_on(name)


# Guesses, recalls, choices: whatever the learner gives a name

NEVER = {  # is no answer to anything
    **{"half": 0.5, "nan": float("nan"), "True": True, "complex": 1j, "object": object(), "a type": str},
    **{"words": "the second one", "long": "x" * 10**6, "markup": "\0\n<b>", "numbers": [HUGE, 1], "set": {"a"}},
    **{"range": range(3), "function": lambda: "a", "print": print, "capture": Capture(())},
    "generator": (letter for letter in "a"),
}
# What cannot even be compared; lesson 01's `my_offset in range(16)` is left to Python.
HARD = {"array": np.array([1, 2]), "one in an array": np.array([5]), "hostile": Hostile(), "nested": [[["a"]]]}
ODD = {  # may be an answer, or not: no more is asked than a sentence
    **{"float": 5.0, "numpy": np.float64(5.0), "int64": np.int64(2), "flags": Flags.SYN, "below": -1, "huge": HUGE},
    **{"bytes": b"b", "digits": "1" * 10**5, "pair": ("a", 2), "dict": {"a": 1}, "letters": ["a", "b"]},
}
VARIABLES = {lesson: set().union(*(cell.answers for cell in cells)) for lesson, cells in LESSONS.items()}
READERS = [cell for cell in CELLS if cell.reads & VARIABLES[cell.lesson] and len(cell.tree.body) > len(cell.answers)]
GUESSES = [cell for cell in READERS if cell.check]
REFUSED = ("NO GUESS YET", "TODO", "TRY AGAIN")


def wrong(cell, thing):
    """Return what a cell shows when all that it reads of the learner's is this thing."""
    return answered(cell, **dict.fromkeys(cell.reads & VARIABLES[cell.lesson], thing))


@pytest.mark.parametrize("cell", GUESSES, ids=lambda cell: f"{cell} {cell.check}")
def test_guesses_of_the_wrong_type(cell, capsys):
    is_check_alone = len(cell.tree.body) == 1 + len(cell.answers)
    for kind, thing in (NEVER | HARD if is_check_alone else NEVER).items():
        said = wrong(cell, thing)
        assert said.status in REFUSED, (kind, said)
        assert "\n" not in said.message, (kind, said)
        assert len(said.message) < 160, (kind, said)
        assert re.search(r"([Ww]rite|Choose|The answer is) .*\.$", said.message), (kind, said)
        assert "<b>" not in said._repr_html_()
    for kind, thing in ODD.items():
        first = wrong(cell, thing).message.split("\n")[0]
        assert 10 < len(first) < 160, (kind, first)
    for empty in (..., None, "", "..."):
        said = wrong(cell, empty)
        assert said.status in ("NO GUESS YET", "TODO"), said
        assert "\n" not in said.message
    assert capsys.readouterr().err == ""
    assert answered(cell).status not in REFUSED or cell.check == "kept"


@pytest.mark.parametrize("cell", [cell for cell in READERS if not cell.check], ids=str)
def test_cells_that_only_use_a_guess_take_the_wrong_type(cell):
    for thing in [*NEVER.values(), *ODD.values(), ..., None, "", "..."]:
        wrong(cell, thing)


def called(cell):
    """Return which of its lesson's exercises a cell uses."""
    return {name for name in cell.reads & EXERCISES.keys() if EXERCISES[name].lesson == cell.lesson}


USERS = [cell for cell in CELLS if called(cell) and cell not in CHECKS.values()]


@pytest.mark.parametrize("cell", USERS, ids=str)
def test_cells_that_send_what_an_exercise_made_ask_its_check_first(cell):
    solved(cell.lesson)
    with hurry(1.0):
        for make in (loops, *TOLD):
            for name in called(cell):
                answered(cell, **{name: spoiled(cell.world[name], make)})
    answered(cell)
    assert cell.lesson not in WITH_LAB or cell.world["lab"].ask(SYN)


# Out of order

COMPARES = [cell for cell in GUESSES if "compare" in cell.tags or cell.check == "guess_map"]


def test_a_compare_before_its_reveal_takes_no_earlier_experiment_for_it():
    for cell in COMPARES:
        solved(cell.lesson)
        before = [each for each in LESSONS[cell.lesson][: cell.place] if "compare" not in each.tags]
        world = before[-1].world  # what was there before the experiment
        with contextlib.suppress(NameError):  # the notebook says more
            said = cell.run(dict(world))
            assert said.message == "NOT SEEN YET: run the cell with the experiment above, then this one again.", cell


@pytest.mark.parametrize("lesson", NAMES)
def test_any_cell_after_the_first_alone_misses_a_name_or_works(lesson):
    first, *others = code_cells(lesson)
    world = run([first])
    with world.get("lab", contextlib.nullcontext()):
        for cell in others:
            try:
                cell.run(dict(world))
            except NameError as error:
                *_, (frame, _) = traceback.walk_tb(error.__traceback__)
                assert frame.f_code.co_name.startswith("<"), f"{cell}: the notebook takes this for a slip of the pen"


# A program already listens on the port

ANOTHER_RESULT = "That is another result than a new lab gives. Make one, `lab = Lab()`, and go on from there."
UNASKED = "a program listens on port 8000 in your lab, and none may here. Close it, or make a new lab."
UNSEEN = "NOT SEEN YET: a program listens on port {} in your lab, and none may here."
ALL = (8000, 8001, 8002)
SPOILED = {  # lesson, ports: what is told by the checks that a listener on these ports spoils
    ("00_start_here", (8000,)): {},
    ("00_start_here", (8001, 8002)): {},
    ("04_something_answered", ALL): {
        **dict.fromkeys(("guess_packets", "guess_next"), UNSEEN.format(8000)),
        **dict.fromkeys(("suspect_program", "suspect_watching", "suspect_port"), ANOTHER_RESULT),
        **dict.fromkeys(("ack_for_offset", "reset_for"), UNASKED),
    },
    ("05_what_the_kernel_expects", (8000, 8001)): {"guess_map": UNSEEN.format(8001)},
    ("05_what_the_kernel_expects", (8002,)): {},
    ("06_tools_lie", (8000,)): {},
    ("06_tools_lie", (8001, 8002)): {},
    ("07_handshake", (8000, 8001)): {},  # its first cell listens on 8002
    ("11_out_of_order", (8001, 8002)): {},  # its first cell has a program on 8000
    ("14_async", (8001, 8002)): {},  # it waits for its program on 8000, and would see the other listener
    ("12_lost", (8000,)): {},
    ("18_who_is_talking", (8000,)): {},
}
WITH_PORT = [lesson for lesson in WITH_LAB if any(str(port) in each.source for each in LESSONS[lesson] for port in ALL)]
SPOILED |= {(lesson, ALL): {} for lesson in WITH_PORT if lesson not in [named for named, _ in SPOILED]}
TAKEN = {  # the lesson wants the port for itself
    *(("00_start_here", (8000,)), ("05_what_the_kernel_expects", (8002,)), ("06_tools_lie", (8000,))),
    *(("12_lost", (8000,)), ("18_who_is_talking", (8000,))),
}


@pytest.mark.parametrize(("lesson", "ports"), SPOILED, ids=str)
def test_a_listener_already_on_the_port(lesson, ports):
    first, *others = code_cells(lesson)
    world, told, missed, harmed = run([first]), dict(SPOILED[lesson, ports]), [], []
    with world["lab"] as lab:
        with contextlib.ExitStack() as listeners:
            for port in ports:
                listener = listeners.enter_context(lab.socket())
                listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # lesson 06's first cell has used port 8000
                listener.bind(("127.0.0.1", port))
                listener.listen()
            for cell in others:
                try:
                    said = cell.run(world)
                except (PortInUse, NameError, IndexError) as error:  # the last two for want of what a PortInUse stopped
                    missed.append(error)
                    continue
                words = told.pop(cell.check, "")
                assert words in getattr(said, "message", ""), cell
                if getattr(said, "status", "") in ("TRY AGAIN", "NOT SEEN YET"):
                    assert words or missed or "a program listens on port" in said.message, cell
                    harmed.append(cell)
        assert told == {}
        errors = [error for error in missed if isinstance(error, PortInUse)]
        assert bool(missed) == bool(errors) == ((lesson, ports) in TAKEN)
        told = rf"Something inside the lab uses port {ports[0]} already .*another port"
        assert all(re.fullmatch(told, str(error)) for error in errors)
        for cell in others if missed or harmed else []:  # all goes well once the listener is gone
            said = cell.run(world)
            assert getattr(said, "status", "") not in ("TRY AGAIN", "NOT SEEN YET"), cell


def test_a_lab_made_anew_has_no_listener_of_the_old_one():
    """Lesson 05's `lab.listen(8002)` went with the lab: say which cell brings it back."""
    cells = code_cells("05_what_the_kernel_expects")
    world = run(cells[:1])
    (guess_map,) = (cell for cell in cells if cell.check == "guess_map")
    for cell in cells[1 : cells.index(guess_map)]:
        cell.run(world)
        if "listen(8002)" in cell.source:
            world["lab"].close()
            world["lab"] = Lab()
    told = "NOT SEEN YET: no program listens on port 8002. Run the cells from the one"
    with world["lab"]:
        assert guess_map.run(world).message.startswith(told)
