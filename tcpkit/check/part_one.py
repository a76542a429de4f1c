"""Part I from memory: three of lesson 00's six questions, asked again."""

from __future__ import annotations

from tcpkit.check.guess import LETTERS, Option, chosen, is_empty
from tcpkit.check.plain import plain
from tcpkit.check.verdict import Status, Verdict

NAME = "5.4 part_one"
PART_ONE = (
    (
        "c",
        4,
        {
            "a": "You did, for a few evenings. Who wrote the headers of lesson 00's two ordinary programs?",
            "b": "A library hands data to the kernel. Who wrote the headers of the eight packets that carry none?",
            "d": "A card may fill in a checksum; that is lesson 06. Who writes the rest?",
        },
    ),
    (
        "c",
        3,
        {
            "a": "Silence is what lesson 01 met, and its packet was broken. What did a sound one meet, in lesson 04?",
            "b": "`Connection refused` is how your program hears of it. What did the capture show?",
        },
    ),
    (
        "b",
        3,
        {
            "a": "Nobody asked again: in lessons 01 to 03 there was silence. Where did the error show up?",
            "c": "No program heard of it. Whose counters moved?",
        },
    ),
)


def _letter_alone(answer: object) -> object:
    """Return the letter of `("c", 2)`: lesson 00 asked how sure you are, too."""
    value = plain(answer)
    return value.value[0].value if value.family == "sequence" and value.value else answer


def from_memory(*given: object) -> Verdict:
    """Return a verdict on the three letters; never raises."""
    answers = tuple(map(_letter_alone, given))
    empty = [str(number) for number, each in enumerate(answers, start=1) if is_empty(each)]
    if len(empty) == len(answers):
        return Verdict(Status.TODO, f"TODO {NAME}: write your three letters above, then run this cell again.")
    if empty:
        return Verdict(Status.TODO, f"TODO {NAME}: still empty: {', '.join(empty)}")
    for number, (each, (right, count, wrong)) in enumerate(zip(answers, PART_ONE, strict=True), start=1):
        option = chosen(each, [Option(letter, letter) for letter in LETTERS[:count]])
        letter = option.value if option else ""
        if letter != right:
            words = wrong.get(letter, f"Choose one of {', '.join(LETTERS[:count])}.")
            return Verdict(Status.TRY_AGAIN, f"TRY AGAIN {NAME}: {number}: {words}")
    meaning = (
        "The kernel writes the headers of ordinary programs, answers where nobody listens, "
        "and tells nobody of what it throws away."
    )
    return Verdict(Status.PASS, f"PASS {NAME}\n{meaning}")
