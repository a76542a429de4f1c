"""Lesson 00, start_here: two guesses, and six to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpkit.check.questions import LETTERS, Guess, NumbersGuess, Option, chosen_letter, is_empty, no_guess
from tcpkit.check.values import Plain, plain, show
from tcpkit.check.verdict import Compared, Comparison

# What the client called, by the number of the packet: kept here, as the last number would tell how many there are.
CLIENT_CALLS = {0: ("client", "connect"), 3: ("client", "sendall"), 5: ("client", "recv"), 8: ("client", "close")}
PACKETS = 10  # that one GET makes; now and then there is one more
CHOICES = 4, 3, 3, 3, 3, 3  # how many letters each of the six guesses to keep has
SUREST = 3
UNTIL = "Save the notebook (Ctrl+S) to keep them. Lesson 05 asks three of them again: answer before you look here."

guess_packets = Guess(
    lambda packets: sum(1 for packet in packets if packet.data) or None,
    Option("2 packets", 2, "One packet out and one back would be 2. What are the other packets for?"),
    Option("4 packets", 4, "Request, page, a beginning and an end would be 4. Count the arrows in the picture."),
    Option(
        "10 packets",
        PACKETS,
        "Close: when the programs close can differ from one run to the next. Count again.",
        "Now look which of them carry a piece of HTTP, and which carry no data.",
    ),
    Option("about 100 packets", 100, "Fewer: the page, with its line of HTTP, is 25 bytes long."),
)


def _carrying(packets: Sequence) -> tuple[int] | None:
    """Return how many of the packets carry data."""
    carrying = [bool(packet.segment.data) for packet in packets]
    return (sum(carrying),) if carrying else None


def _on_carrying(said: tuple[int], _: tuple[int]) -> str:
    if said[0] == 0:
        return "Then neither the request nor the page would have travelled. Which packets have a length above 0?"
    if said[0] == 1:
        return "One carries the request. What carries the page back?"
    if said[0] >= PACKETS:
        return "Most of them have length 0, so not even one letter of HTTP is in them."
    return "Count the filled packets: one carries the request, one the page."


guess_http = NumbersGuess(
    _carrying, _on_carrying, so="The request and the page. The others have length 0: they carry no HTTP at all."
)


def kept(mine: object) -> Comparison:
    """Keep the six guesses that lesson 22 asks again: say what is empty or odd, and judge none.

    The first six entries of `mine` are the guesses, in order: a letter, or
    `("b", 2)` with how sure it is. What follows them is free text.
    """
    entries = list(dict.items(mine))[: len(CHOICES)] if issubclass(type(mine), dict) else []
    read = [(place, name, *read_guess(guess)) for place, (name, guess) in enumerate(entries, start=1)]
    empty = [f"{place} ({name})" if type(name) is str else f"{place}" for place, name, letter, _ in read if not letter]
    empty += map(str, range(len(read) + 1, len(CHOICES) + 1))
    if len(empty) == len(CHOICES):
        return no_guess("write a letter for each of the six, then run this again.")
    odd = [words for place, _, letter, sure in read if letter for words in _odd(place, letter, sure)]
    count = f"{len(CHOICES) - len(empty)} of" if empty else "all"
    first = "KEPT, but look again:" if odd else f"KEPT: {count} six."
    still = [f"Still empty: {', '.join(empty)}."] if empty else []
    return Comparison(Compared.KEPT, "\n".join([first, *still, *odd, UNTIL]))


def read_guess(guess: object) -> tuple[Plain | None, Plain | None]:
    """Return the letter and how sure it is; None for what is not written."""
    value = plain(guess)
    both = value.value if value.family == "sequence" else (value,)
    letter, sure = (*(None if is_empty(each.python) else each for each in both), None, None)[:2]
    return (letter, sure) if letter and letter.family != "sequence" else (None, None)


def _odd(place: int, letter: Plain, sure: Plain | None) -> Iterator[str]:
    """Yield what is odd about a guess; it is kept all the same."""
    count = CHOICES[place - 1]
    if not chosen_letter(letter.value, count):
        yield f"{place}: you wrote {show(letter)}. The letters there are {', '.join(LETTERS[:count])}."
    if sure is None:
        yield f"{place}: how sure are you? 1, 2 or {SUREST}."
    elif sure not in map(plain, range(1, SUREST + 1)):
        yield f"{place}: how sure is {show(sure)}? We mean 1, 2 or {SUREST}."
