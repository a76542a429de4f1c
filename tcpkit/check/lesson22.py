"""Lesson 22, bug_zoo: one recall, one guess, twelve verdicts in three exercises, lesson 00's six questions again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tcpkit.check.call import Run
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson05 import MINE, NOBODY, WRONG_BYTE
from tcpkit.check.lesson22_beliefs import then_and_now as then_and_now
from tcpkit.check.lesson22_patients import PATIENTS, Cases, healthy, patient, patients, transfer, twins
from tcpkit.check.questions import FromMemory, Guess, Option, Recall, is_empty, number
from tcpkit.check.values import Plain, plain, show_size
from tcpkit.check.verdict import Status, Verdict

__all__ = ["first", "healthy", "patient", "patients", "second", "then_and_now", "third", "transfer"]

recall = Recall(
    "22.0",
    right="b",
    wrong={
        "a": "That is the rule of 1981: one packet of a stranger in each window is enough.",
        "c": "Then a peer that has restarted could never tell that the connection is gone.",
    },
    meaning="A challenge ACK: only the real peer can answer it with the exact number.",
    letters=3,
)


def _carried(transfers: Mapping) -> int | None:
    equal = [transfers[letter].is_equal for letter in TWELVE]
    return sum(equal)


TWELVE = "ABCDEFGHIJKL"
BYTES = "Equal bytes say: these bytes, on this link, at this time."
guess_carry = Guess(
    _carried,
    Option("none", 0, f"Each of them carried every byte. {BYTES}"),
    Option("3", 3, f"All of them did. {BYTES}"),
    Option("9", 9, f"The other three did as well. {BYTES}"),
    Option("all twelve", 12, so=BYTES),
)

# The verdicts

NAMES = sorted(
    {each.fault for each in PATIENTS.values()} | {"Karn ignored", "Nagle off", "overlap taken twice"}, key=str.lower
)
ROWS = {"A": 0, "B": 7, "C": 5, "D": 5, "E": 6, "F": 6, "G": 7, "H": 5, "I": 9, "J": 7, "K": 9, "L": 6}
SILENCE = "The patient is silent after this row, and later it sends a packet that a healthy TCP would not send."
NEAR_ROWS = {  # what is said to a row that is nearly right
    **{("G", 5): SILENCE, ("I", 7): SILENCE},
    ("D", 4): "A healthy TCP sends row 4 too: its first wait is 1 s. Which wait should be 2 s?",
}
EMPTY, NO_DICT = (), ("no dict",)
WRITE = 'Return a dict with a verdict for each patient: its fault and a row, such as `{{"{}": ("Nagle off", 3), ...}}`.'
WHICH = "name the first packet of the patient that a healthy TCP would not send, or the last row before its silence."
TAKEN_FOR = {  # what is said where one fault is taken for another
    ("A", "no backing off"): "It sends nothing a second time, so there is no wait to compare.",
    ("B", "ack off by one"): "Its ACK of the data is right: 1501. Look at what comes after row 6.",
    ("C", "blind RST believed"): "Row 3 has the number that is due, and any TCP believes it. What answers row 4?",
    ("D", "Karn ignored"): "Look at the seconds: each wait is as long as the one before.",
    ("E", "ack off by one"): "The ack fits the numbers that arrived. Does each segment fit its checksum?",
    ("F", "window never closes"): "It is the other side whose window is 0. Who has data to send?",
    (
        "G",
        "RST answered with RST",
    ): "The R at the end answers data. Why does the patient no longer know the connection?",
    ("H", "no window probe"): "Bytes do flow: 100. Which scale does the window of row 4 have?",
    ("I", "FIN not counted"): "The patient's own FIN is acknowledged in row 6. What does the patient owe after row 7?",
    ("I", "RST answered with RST"): "The R of the patient answers an F., not an R.",
    (
        "J",
        "no backing off",
    ): "The waits do double: 1 s, then 2 s. Look at the number that is sent again. Was it not acknowledged?",
    ("K", "SYN sent once"): "The sender is the other side, and it waits as it should. What was it not told?",
    ("K", "no backing off"): "The sender is the other side, and it waits as it should. What was it not told?",
    ("L", "window not scaled"): (
        "No window scale was agreed. What changed between 3,000 and 6,000 unread bytes, and what did the window do?"
    ),
}


def _name(value: Plain) -> str:
    """Return the fault that a number or words of the list mean; "" for none."""
    at = number(value.value) if value.family in ("int", "str") else None
    if at is not None:
        return NAMES[at - 1] if 0 < at <= len(NAMES) else ""
    words = value.value.strip().strip(".").lower() if value.family == "str" else ""
    return next((name for name in NAMES if name.lower() == words), "")


def _read(entry: object) -> tuple:
    """Return the fault, "" for none of the list, and the row; () for an entry that is not written."""
    value = plain(entry)
    name, row, *_ = (*(value.value if value.family == "sequence" else (value,)), plain(...), plain(...))
    if is_empty(name.value) or name.family == "...":
        return EMPTY
    is_word = row.family == "str" and number(row.value) is None
    if _name(row) and (is_word or plain(0) == name):
        name, row = row, name  # the row first
    return _name(name), number(row.value) if row.family in ("int", "str") else None


def _verdict(answer: Callable[[], Any], letter: str) -> object:
    """Return the verdict on one patient, as `_read` has it."""
    given = answer()
    if given is None or given is ... or show_size(given):
        return given
    if not isinstance(given, Mapping):
        return NO_DICT
    return _read({str(key).strip().upper(): verdict for key, verdict in given.items()}.get(letter))


def _remark(letter: str, name: str, row: int | None) -> str:
    """Return what is said to a verdict that is not right."""
    last = len(patient(letter).packets) - 1
    if not name:
        return f"That is none of the {len(NAMES)} faults. Write the number of one, 1 to {len(NAMES)}, or its words."
    if row is None:
        return f"Which row shows it? Write the fault and a whole number: `({name!r}, 3)`."
    if name == PATIENTS[letter].fault:
        return f"The name is right. {_on_row(letter, row, last)}"
    if not 0 <= row <= last:
        return f"The capture has rows 0 to {last}."
    asked = f"{name}, row {row}: what would a healthy TCP do there?"
    if row == ROWS[letter]:
        asked = f"Row {row} is right, and {name} is not what it shows. What would a healthy TCP do there?"
    return TAKEN_FOR.get((letter, name)) or asked


def _on_row(letter: str, row: int, last: int) -> str:
    """Return what is said to a row that is not right."""
    if row == ROWS[letter] + 1:
        return "The row is one too many: rows count from 0."
    if not 0 <= row <= last:
        return f"The capture has rows 0 to {last}."
    return NEAR_ROWS.get((letter, row)) or f"Another row shows it: {WHICH}"


class Diagnoses(Exercise):
    """A function that returns verdicts on four patients; each is judged by itself."""

    def compare(self, run: Run, rights: Any, answer: object = None) -> Verdict:
        """Return the verdict on a run: what is wrong with the first wrong one, and how the others stand."""
        verdict = super().compare(run, rights, answer)
        got = [each.returned.python if each.returned else None for each in run.outcomes]
        if verdict.status is not Status.TRY_AGAIN or run.stopped or not all(isinstance(each, tuple) for each in got):
            return verdict
        if NO_DICT in got:
            return replace(verdict, sentence=WRITE.format(self.letters[0]), mistake=WRITE)
        said = dict(zip(self.letters, got, strict=True))
        right = self._right(run)
        empty = [letter for letter, each in said.items() if each == EMPTY]
        wrong = [f"{letter}: {_remark(letter, *said[letter])}" for letter in said if letter not in [*right, *empty]]
        lines = [f"| {line}" for line in wrong[1:]] + [f"| Right: {', '.join(right)}."] * bool(right)
        if not wrong:
            still = f"still empty: {', '.join(empty)}."
            return replace(verdict, status=Status.TODO, sentence=still, mistake="", printed="\n".join(lines))
        lines += [f"| Still empty: {', '.join(empty)}."] * bool(empty)
        return replace(verdict, sentence=wrong[0], mistake=wrong[0], printed="\n".join(lines))

    @property
    def letters(self) -> list[str]:
        return [letter for (letter,) in self.inputs]

    def _right(self, run: Run) -> list[str]:
        pairs = zip(self.letters, run.outcomes, self.outcomes(self.right), strict=False)
        return [letter for letter, got, right in pairs if got == right]

    def solved(self, answer: object) -> str:
        """Return the letters of the patients on which the verdict is right; never raises."""
        return "".join(self._right(self.run(answer)))

    def twins(self, answer: object) -> Cases:
        """Return the healthy twins of those patients."""
        return twins(self.solved(answer))


def _diagnoses(title: str, letters: str, meaning: str) -> Diagnoses:
    right = {letter: (PATIENTS[letter].fault, ROWS[letter]) for letter in letters}
    inputs = tuple((letter,) for letter in letters)
    return Diagnoses(title, lambda: right, inputs, meaning, play=_verdict)


first = _diagnoses("22.1 first", "ABCD", "Silence and time are evidence, too: A and D show only there.")
second = _diagnoses(
    "22.2 second",
    "EFGH",
    "A field helps only a TCP that looks at it: the checksum, the number of an RST, a window's scale.",
)
third = _diagnoses(
    "22.3 third", "IJKL", "Twelve faults of one line each, and each of them shows in one packet or in one silence."
)

# Lesson 00 again

AN_ACK = {
    "b": "The kernel there sends the ACK, whether or not a program has read (lesson 08).",
    "c": "The kernel there holds the bytes in memory, and a program may still lose them (lesson 08).",
}
AT_LOCALHOST = {
    "a": "In lesson 19 the same SYN was refused in one network and taken in the other. So these are two networks.",
    "c": "In lesson 19 one kernel had both networks. What did you put between them?",
}
REMEMBERS = {
    "a": "In lesson 10 the cable was pulled out, and the connection stayed.",
    "c": "In lesson 10 no router stood between the two ends. Who knew the state?",
}
six_again = FromMemory(
    "22.4 six_again",
    (
        ("c", 4, MINE),
        ("c", 3, NOBODY),
        ("b", 3, WRONG_BYTE),
        ("a", 3, AN_ACK),
        ("b", 3, AT_LOCALHOST),
        ("b", 3, REMEMBERS),
    ),
    "All six. The next cell sets what you wrote in lesson 00 beside them.",
)
