"""Every lesson's checks: the promises that each exercise, guess and recall keeps. The data is in `tests/checks/`.

A row is one line of a table: an expression (or several, ` ;; ` between them), ` => `, and words of the message that
each gets. In `CLOTHES` and `WRONG` an expression is what a function returns, with the names of the exercise's own
parameters, or the name of a function in that file; in `GUESSES` it calls one of the lesson's checks.
"""

import importlib
import inspect
import pkgutil
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hostile import Hostile, spoiled

import tcpkit.check
from tcpkit import Lab
from tcpkit.check import Comparison, Verdict
from tcpkit.check.deadline import Deadline
from tcpkit.check.exercise import Exercise, as_tuple
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.signs import SHARED, Trial, as_sign
from tcpkit.lab import LabUnavailable
from tcpkit.wire import Flags

NAMES = [each.name for each in pkgutil.iter_modules(tcpkit.check.__path__) if re.fullmatch(r"lesson\d\d", each.name)]
LESSONS = {name: importlib.import_module(f"tcpkit.check.{name}") for name in NAMES}
DATA = {name: importlib.import_module(f"checks.{name}") for name in NAMES}


def checks_of(lesson):
    """Return what a notebook may call in this lesson, by name."""
    return {name: value for name, value in vars(lesson).items() if name[0].islower() and is_check(value, lesson)}


def is_check(value, lesson):
    if inspect.isfunction(value):
        is_own = value.__module__.startswith(lesson.__name__)
        return is_own and inspect.signature(value).return_annotation in ("Verdict", "Comparison")
    return type(value).__module__.startswith("tcpkit.check") and callable(value)


EXERCISES = {
    name: (lesson, value)
    for lesson, module in LESSONS.items()
    for name, value in vars(module).items()
    if isinstance(value, Exercise)
}
every_lesson = pytest.mark.parametrize("lesson", NAMES)
every_exercise = pytest.mark.parametrize("name", EXERCISES)


def rows(data, name):
    """Yield (expression, words) of a table; or of pairs of a function and words, as they are."""
    table = data.get(name, "")
    if not isinstance(table, str):
        yield from table
        return
    for line in table.strip().splitlines():
        if line.strip() and not line.strip().startswith("#"):
            expressions, _, words = line.strip().partition(" =>")
            yield from ((each.strip(), words.strip()) for each in expressions.split(" ;; "))


def names_of(exercise):
    """Return the names of what the learner's function is called with."""
    if isinstance(exercise.right, type):
        return ""
    return ", ".join(inspect.signature(exercise.right).parameters if callable(exercise.right) else exercise.parameters)


ANSWERS, KEPT = {}, {}  # by exercise and expression; by exercise, method and answer: several tests look at each


def answer_of(expression, exercise, data):
    """Return the answer that a row means, each time the same."""
    if callable(expression) or isinstance(expression, dict):
        return expression
    if (key := (exercise.title, expression)) not in ANSWERS:
        made = eval(f"lambda {names_of(exercise)}: {expression}", vars(data))
        ANSWERS[key] = vars(data).get(expression, made)
    return ANSWERS[key]


@pytest.fixture(scope="module")
def lab():
    try:
        with Lab() as made:
            yield made
    except LabUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def exercise(name, request):
    """Return the exercise; one that speaks with the kernel, in a lab."""
    _, made = EXERCISES[name]
    live = isinstance(made, LiveExercise)
    with made.at(request.getfixturevalue("lab")) if live else nullcontext(made) as there:
        yield there


@pytest.fixture
def rights(exercise, request):
    """Return the right outcomes; from the kernel of a lab if the exercise needs one."""
    return exercise.rights(request.getfixturevalue("lab")) if exercise.ask else outcomes_of(exercise, exercise.right)


def kept(exercise, what, answer):
    """Return what a method gives of an answer, which may take seconds; a class has patience, as others run too."""
    if (key := (exercise.title, what, id(answer))) not in KEPT:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Deadline, "slack", 4.0 if isinstance(answer, type) else Deadline.slack)
            KEPT[key] = getattr(exercise, what)(answer), answer  # held, so that its id stays its own
    return KEPT[key][0]


def outcomes_of(exercise, answer):
    return kept(exercise, "outcomes", answer)


def run_of(exercise, answer):
    return kept(exercise, "run", answer)


@pytest.fixture
def judge(exercise, rights):
    """Return the exercise, to be called with an answer."""
    return lambda answer: exercise.compare(run_of(exercise, answer), rights, answer)


def mistake_of(exercise, run, rights):
    trials = zip(run.outcomes, rights, exercise.inputs, strict=False)
    return exercise.mistake([Trial(*each) for each in trials]) if run.outcomes else ""


# Every exercise


@every_exercise
def test_right_answers_in_other_clothes_pass(name, exercise, judge):
    lesson, _ = EXERCISES[name]
    answers = [expression for expression, _ in rows(DATA[lesson].CLOTHES, name)]
    assert len(answers) >= 8, f"CLOTHES: {len(answers)} rows for {name}, of 8 at least"
    for expression in answers:
        verdict = judge(answer_of(expression, exercise, DATA[lesson]))
        assert verdict.message == f"PASS {exercise.title}\n{exercise.meaning}", expression


@every_exercise
def test_wrong_answers_get_their_words(name, exercise, judge):
    lesson, _ = EXERCISES[name]
    table = list(rows(DATA[lesson].WRONG, name))
    assert len(table) >= 8, f"WRONG: {len(table)} rows for {name}, of 8 at least"
    for expression, words in table:
        verdict = judge(answer_of(expression, exercise, DATA[lesson]))
        first = verdict.message.split("\n")[0]
        assert verdict.status == "TRY AGAIN", expression
        assert first.startswith(f"TRY AGAIN {exercise.title}: "), expression
        assert words
        assert words in first, (expression, first)


@every_exercise
def test_every_cause_and_sign_has_an_answer_that_meets_it(name, exercise, rights):
    """A sentence that no wrong answer of the data meets is not tested, or can never come."""
    lesson, _ = EXERCISES[name]
    answers = [answer_of(each, exercise, DATA[lesson]) for each, _ in rows(DATA[lesson].WRONG, name)]
    runs = [run_of(exercise, answer) for answer in answers]
    assert {*exercise.causes, *exercise.signs} <= {mistake_of(exercise, run, rights) for run in runs}


@every_exercise
def test_inputs_tell_causes_apart(name, exercise):
    """No cause is right on every input, no two with two sentences agree on all, and no sign holds of a right answer."""
    right = outcomes_of(exercise, exercise.right)
    owners = {right: "the right answer"}
    for sentence, answers in exercise.causes.items():
        for answer in as_tuple(answers):
            other = owners.setdefault(outcomes_of(exercise, answer), sentence)
            assert other is sentence, f"no input tells {sentence!r} from {other!r}"
    trials = [Trial(*each) for each in zip(right, right, exercise.inputs, strict=True)]
    assert not [said for said, sign in {**exercise.signs, **SHARED}.items() if as_sign(sign).holds(trials)]


@every_exercise
def test_a_cause_gets_its_own_sentence(name, exercise):
    """Also where an earlier cause or a sign could be meant: each is asked in turn."""
    for sentence, answers in exercise.causes.items():
        run, rights = run_of(exercise, as_tuple(answers)[-1]), outcomes_of(exercise, exercise.right)
        assert mistake_of(exercise, run, rights) is sentence
        verdict = exercise.compare(run, rights)
        assert 10 < len(verdict.sentence) <= 200
        assert re.match(r"[A-Z0-9]|tcpdump |`", verdict.sentence), verdict.sentence
        assert verdict.sentence.endswith((".", "?", ".)")), verdict.sentence


@every_exercise
def test_an_exercise_is_whole(name, exercise, judge):
    lesson, _ = EXERCISES[name]
    assert re.fullmatch(rf"{int(lesson[-2:])}\.\d {name}", exercise.title)
    values = [each.returned for each in outcomes_of(exercise, exercise.right) if each.returned]
    assert values
    assert all(value.family != "object" for value in values)
    assert {len(each) for each in exercise.inputs} == {len(exercise.parameters)}, "an input is a tuple: (header,)"
    for sign in filter(inspect.isfunction, exercise.signs.values()):
        assert inspect.signature(sign).bind("got", "right", *exercise.inputs[0])
    assert exercise.meaning.endswith((".", "!"))
    stub = eval(f"lambda {names_of(exercise)}: ...")
    is_class = isinstance(exercise.right, type)
    for answer in (spoiled(exercise.right, lambda right: lambda *_: ...) if is_class else stub, ...):
        assert judge(answer).message == f"TODO {exercise.title}"
    assert (
        set(DATA[lesson].WRONG)
        == set(DATA[lesson].CLOTHES)
        == {each for each in EXERCISES if EXERCISES[each][0] == lesson}
    )


def test_shared_signs_meet_what_they_name():
    """Each on an exercise that has no causes: what the sentence says is what the function did."""
    number = Exercise("9.1 number", lambda n: n, ((300,), (7,), (4096,)), "m.")
    for wrong, words in (
        (lambda n: 5, "You return 5 for every input."),
        (lambda n: int.from_bytes(n.to_bytes(2, "little"), "big"), "The right bytes, exchanged"),
        (lambda n: n + 1, "Wherever it is wrong, it is one too large."),
        (lambda n: n - 1, "Wherever it is wrong, it is one too small."),
        (lambda n: 4 * n, "Wherever it is wrong, it is four times too large."),
        (lambda n: 8 * n, "Wherever it is wrong, it is eight times too large: bits"),
    ):
        assert number(wrong).message.startswith(f"TRY AGAIN 9.1 number: {words}")
        assert number(wrong).mistake in SHARED


# Guesses, recalls, suspects


@every_lesson
def test_guesses_get_their_words(lesson):
    names = {**vars(DATA[lesson]), **checks_of(LESSONS[lesson])}
    table = list(rows({"all": DATA[lesson].GUESSES}, "all"))
    assert table
    for expression, words in table:
        said = eval(expression, names)
        assert said.message.startswith(words.replace("\\n", "\n")), (expression, said.message)
        example = re.search(r'such as "(.*)"', getattr(names[re.match(r"\w+", expression)[0]], "form", ""))
        given = re.sub(r"\W", "", "".join(re.findall(r'"(.*?)"', expression)[:1])).lower()
        assert not (example and example[1].lower() == given and "AS YOU SAID" in said.message), "the form tells it"
    asked = {re.match(r"\w+", expression)[0] for expression, _ in table}
    assert asked >= {name for name, value in checks_of(LESSONS[lesson]).items() if not isinstance(value, Exercise)}


# What no verdict tells before its time


@pytest.mark.parametrize("name", ["syn_header", "into_buffer"])
def test_no_verdict_before_the_guess_tells_the_storys_offset(name, exercise, judge):
    """Lesson 01 asks for it between 1.1 and 1.2, and lesson 02 says which are right."""
    lesson, _ = EXERCISES[name]
    first = exercise.inputs[0]
    assert 3 in (first[0][12] >> 4 if name == "into_buffer" else first[2],)
    for expression, _ in rows(DATA[lesson].WRONG, name):
        message = judge(answer_of(expression, exercise, DATA[lesson])).message
        assert not re.search(r"offset=[15],|\b[15]0 02\b.*\bstory|too kind", message, re.I)


def test_the_first_verdict_does_not_answer_the_second_guess():
    said = [LESSONS["lesson00"].guess_packets(letter, DATA["lesson00"].GET).message for letter in "abcd"]
    assert not re.search(r"two|eight", " ".join(said), re.I)


def test_keeping_never_judges_a_letter():
    sixes = [dict.fromkeys(DATA["lesson00"].SIX, (letter, sure)) for letter in "abc" for sure in (1, 2, 3)]
    assert len({LESSONS["lesson00"].kept(six).message for six in sixes}) == 1


class HostileDict(dict):
    def items(self):
        raise RuntimeError("hands off")


THINGS = [
    *(None, ..., True, 0, 1, 7, -1, 1 << 20_000, 1.5, float("nan"), 1j, "", "a", "Z", "x" * 10_000, "\0\n<b>", b""),
    *(b"\x23\x1d", bytearray(64), (), ("a", 2), [], [[]], {}, {1: 2}, {"a": "b"}, set(), range(3), object(), object),
    *(Hostile(), HostileDict(a="b"), lambda *_: Hostile(), lambda: 1, print, len, bytes, Flags.SYN, np.int64(2)),
]


@every_lesson
def test_nothing_that_is_handed_over_makes_a_check_raise(lesson):
    for name, check in checks_of(LESSONS[lesson]).items():
        for thing in THINGS:
            for count in range(1, 5):
                try:
                    inspect.signature(check).bind(*[thing] * count)
                except TypeError:
                    continue
                said = check(*[thing] * count)
                assert isinstance(said, (Verdict, Comparison)), name
                assert said.message.split("\n")[0]
                assert "<b>" not in said._repr_html_()


def test_every_lesson_has_its_data():
    assert sorted(path.stem for path in (Path(__file__).parent / "checks").glob("lesson*.py")) == NAMES
