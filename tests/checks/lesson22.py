"""Lesson 22: right verdicts written in other ways, wrong ones with the words they get, guesses."""

from tcpkit.check.lesson22 import NAMES
from tcpkit.zoo import Transfer

RIGHT = {
    "first": {"A": ("SYN sent once", 0), "B": ("FIN not counted", 7), "C": ("RST answered with RST", 5)}
    | {"D": ("no backing off", 5)},
    "second": {"E": ("checksum not looked at", 6), "F": ("no window probe", 6), "G": ("blind RST believed", 7)}
    | {"H": ("window not scaled", 5)},
    "third": {"I": ("TIME-WAIT skipped", 9), "J": ("wrap compared wrongly", 7), "K": ("silent about a gap", 9)}
    | {"L": ("window never closes", 6)},
}


def says(name, make=lambda verdict: verdict, **others):
    """Return a function that returns the right verdicts, each made so, and others instead of some."""
    verdicts = {letter: make(verdict) for letter, verdict in RIGHT[name].items()} | others
    return lambda: verdicts


def number(name):
    return NAMES.index(name) + 1


SAID_OTHERWISE = (
    lambda verdict: (number(verdict[0]), verdict[1]),
    lambda verdict: [str(number(verdict[0])), str(verdict[1])],
    lambda verdict: (f" {verdict[0].upper()}.", verdict[1]),
    lambda verdict: (verdict[1], verdict[0]),
    list,
    lambda verdict: (verdict[0], float(verdict[1]).__int__()),
)
CLOTHES = {
    name: [(says(name, make), "") for make in SAID_OTHERWISE]
    + [(lambda name=name: dict(reversed(RIGHT[name].items())), "")]
    + [(says(name, **{"Z": ("Nagle off", 1)}), "")]
    + [(lambda name=name: {letter.lower(): verdict for letter, verdict in RIGHT[name].items()}, "")]
    for name in RIGHT
}

ANY = {  # to one letter of each block
    "the name is right, another row": (
        lambda verdict: (verdict[0], verdict[1] - 1),
        "The name is right. ",
    ),
    "no row": (lambda verdict: (verdict[0], ...), "Which row shows it? Write the fault and a whole number"),
    "a name alone": (lambda verdict: verdict[0], "Which row shows it?"),
    "a name in a tuple": (lambda verdict: (verdict[0],), "Which row shows it?"),
    "a row with a point": (lambda verdict: (verdict[0], float(verdict[1])), "Which row shows it?"),
    "a row too far": (lambda verdict: (verdict[0], 99), "The name is right. The capture has rows 0 to"),
    "no such name": (lambda verdict: ("FIN forgotten", 3), "That is none of the 16 faults."),
    "no such number": (lambda verdict: (17, 3), "That is none of the 16 faults."),
    "a healthy name": (lambda verdict: ("Nagle off", 0), "Nagle off, row 0: what would a healthy TCP do there"),
    "flags": (lambda verdict: ({1, 2}, 0), "That is none of the 16 faults."),
}
TOLD = """
    first B (4, 8) => B: The name is right. The row is one too many: rows count from 0.
    second F (8, 7) => F: The name is right. The row is one too many
    third K (11, 10) => K: The name is right. The row is one too many
    second G (2, 5) => G: The name is right. The patient is silent after this row
    third I (13, 7) => I: The name is right. The patient is silent after this row
    first D (7, 4) => D: The name is right. A healthy TCP sends row 4 too
    first C (13, 5) => C: Row 5 is right, and TIME-WAIT skipped is not what it shows.
    first A (7, 0) => A: It sends nothing a second time
    first B (1, 7) => B: Its ACK of the data is right: 1501.
    first C (2, 4) => C: Row 3 has the number that is due
    first D (5, 5) => D: Look at the seconds
    second E (1, 6) => E: The ack fits the numbers
    second F (14, 6) => F: It is the other side whose window is 0.
    second G (10, 7) => G: The R at the end answers data.
    second H (8, 5) => H: Bytes do flow: 100.
    third I (4, 8) => I: The patient's own FIN is acknowledged
    third I (10, 9) => I: The R of the patient answers an F.
    third J (7, 8) => J: The waits do double
    third K (12, 9) ;; (7, 9) => K: The sender is the other side
    third L (15, 6) => L: No window scale was agreed.
"""
WRONG = {name: [] for name in RIGHT}
for name, verdicts in RIGHT.items():
    letter, verdict = list(verdicts.items())[1]
    WRONG[name] += [(says(name, **{letter: make(verdict)}), f"{letter}: {words}") for make, words in ANY.values()]
    WRONG[name] += [(lambda: [("SYN sent once", 0)] * 4, "Return a dict with a verdict for each patient")]
    WRONG[name] += [
        (lambda: None, "it returned None"),
        (lambda: {}[0], "it raised KeyError"),
    ]
for line in TOLD.strip().splitlines():
    name, letter, rest = line.strip().split(" ", 2)
    verdicts, _, words = rest.partition(" => ")
    WRONG[name] += [(says(name, **{letter: eval(each)}), words) for each in verdicts.split(" ;; ")]

TRANSFERS = {letter: Transfer(True, 0.5) for letter in "ABCDEFGHIJKL"}
TODAY = dict(enumerate("ccbabb", start=1))
LETTERS = tuple("ccbabb")


def six(place, letter):
    return *LETTERS[: place - 1], letter, *LETTERS[place:]


GUESSES = r"""
    recall("b") => PASS 22.0 recall\nA challenge ACK
    recall("a") => TRY AGAIN 22.0 recall: That is the rule of 1981
    recall("c") => TRY AGAIN 22.0 recall: Then a peer that has restarted
    guess_carry("a", TRANSFERS) => YOU SAID a: none. WE SAW 12.\nEach of them carried
    guess_carry("b", TRANSFERS) ;; guess_carry(3, TRANSFERS) => YOU SAID b: 3. WE SAW 12.\nAll of them did.
    guess_carry("c", TRANSFERS) => YOU SAID c: 9. WE SAW 12.\nThe other three did as well.
    guess_carry("d", TRANSFERS) ;; guess_carry(12, TRANSFERS) => AS YOU SAID d: all twelve.\nEqual bytes say
    guess_carry("d", {}) ;; guess_carry("d") => NOT SEEN YET
    six_again(*LETTERS) => PASS 22.4 six_again\nAll six.
    six_again(*six(1, "d")) => TRY AGAIN 22.4 six_again: 1: A card may finish
    six_again(*six(2, "a")) => TRY AGAIN 22.4 six_again: 2: In lesson 01 nothing came back
    six_again(*six(3, "c")) => TRY AGAIN 22.4 six_again: 3: No program was told.
    six_again(*six(4, "b")) => TRY AGAIN 22.4 six_again: 4: The kernel there sends the ACK
    six_again(*six(4, "c")) => TRY AGAIN 22.4 six_again: 4: The kernel there holds the bytes
    six_again(*six(5, "a")) => TRY AGAIN 22.4 six_again: 5: In lesson 19 the same SYN
    six_again(*six(5, "c")) => TRY AGAIN 22.4 six_again: 5: In lesson 19 one kernel
    six_again(*six(6, "a")) => TRY AGAIN 22.4 six_again: 6: In lesson 10 the cable
    six_again(*six(6, "c")) => TRY AGAIN 22.4 six_again: 6: In lesson 10 no router
    then_and_now(TODAY, "no such file") => KEPT: today's answers alone. There is no no such file beside this notebook.
    then_and_now(...) => NO GUESS YET: write your six letters above
"""
