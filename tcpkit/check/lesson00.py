"""Lesson 00, start_here: two guesses, and six to keep."""

from __future__ import annotations

from collections.abc import Iterator

from tcpkit.check.guess import LETTERS, Guess, NumberGuess, Option, chosen, is_empty
from tcpkit.check.plain import Plain, plain, show
from tcpkit.check.verdict import Compared, Comparison

# What the client called, by the number of the packet: kept here, as the last number would tell how many there are.
CLIENT_CALLS = {0: ("client", "connect"), 3: ("client", "sendall"), 5: ("client", "recv"), 8: ("client", "close")}
CHOICES = 4, 3, 3, 3, 3, 3  # how many letters each of the guesses in `mine` has; what follows them is free text
KEPT = len(CHOICES)
SUREST = 3


def _packet_count(packets: object) -> int | None:
    return sum(1 for packet in packets if packet.data) or None


def _http_count(packets: object) -> int | None:
    carrying = [bool(packet.segment.data) for packet in packets]
    return sum(carrying) if carrying else None


PACKETS = Guess(
    options=(
        Option("2 packets", 2, "One out and one back? Then what are the others for?"),
        Option("4 packets", 4, "A question and an answer, a beginning and an end? Count the arrows in the picture."),
        Option(
            "10 packets",
            10,
            "Close: how the last bytes are acknowledged may differ from one run to the next. Count again.",
            "Now look which of them carry a piece of HTTP, and which carry nothing.",
        ),
        Option("about 100 packets", 100, "Fewer: the page, with its line of HTTP, is 25 bytes long."),
    ),
    seen=_packet_count,
)


def _http_otherwise(said: int, packets: object) -> str:
    if said == 0:
        return "Then neither the question nor the page would have travelled. Which packets have a length above 0?"
    if said == 1:
        return "One carries the question. What carries the page back?"
    if said >= _packet_count(packets):
        return "Most of them have length 0: there is no room in those for a single letter."
    return "Count the filled ones: one carries the question, one the page."


HTTP = NumberGuess(
    seen=_http_count,
    otherwise=_http_otherwise,
    so="The question and the page. The others have length 0, and still somebody sent them.",
)


def guess_packets(guess: object, packets: object = None) -> Comparison:
    """Compare a guess with the packets that one GET made.

    a) 2 b) 4 c) 10 d) about 100. `packets` is the capture.
    """
    return PACKETS.compare(guess, packets)


def guess_http(guess: object, packets: object = None) -> Comparison:
    """Compare a number with the packets that carry HTTP, of all captured."""
    return HTTP.compare(guess, packets)


def kept(mine: object) -> Comparison:
    """Keep the six guesses: say what is empty or odd, and judge none.

    `mine` is a dict whose first six entries are the guesses, in order: a
    letter, or a letter with a confidence from 1 to 3, `("b", 2)`.
    """
    read = [(place, name, *_read(guess)) for place, name, guess in _entries(mine)]
    empty = [f"{place} ({name})" if type(name) is str else str(place) for place, name, letter, _ in read if not letter]
    empty += map(str, range(len(read) + 1, KEPT + 1))
    if len(empty) == KEPT:
        return Comparison(
            Compared.NO_GUESS_YET, "NO GUESS YET: write a letter for each of the six, then run this again."
        )
    odd = [words for place, _, letter, sure in read if letter for words in _odd(place, letter, sure)]
    first = "KEPT, but look again:" if odd else f"KEPT: {KEPT - len(empty)} of six." if empty else "KEPT: all six."
    still = [f"Still empty: {', '.join(empty)}."] if empty else []
    until = (
        "Save the notebook (Ctrl+S), and they stay in it. Lesson 05 asks three of them again, before you look at them."
    )
    return Comparison(Compared.KEPT, "\n".join([first, *still, *odd, until]))


def _entries(mine: object) -> Iterator[tuple[int, object, object]]:
    """Yield place, name and guess of the six."""
    entries = list(dict.items(mine))[:KEPT] if issubclass(type(mine), dict) else []
    for place, (name, guess) in enumerate(entries, start=1):
        yield place, name, guess


def _read(guess: object) -> tuple[Plain | None, Plain | None]:
    """Return the letter and how sure it is; None for what is not written."""
    value = plain(guess)
    both = value.value if value.family == "sequence" else (value,)
    letter, sure = (*both, None, None)[:2]
    if letter is None or letter.family == "sequence" or is_empty(_again(letter)):
        return None, None
    return letter, None if sure is None or is_empty(_again(sure)) else sure


def _again(value: Plain) -> object:
    return {"...": ..., "None": None}.get(value.family, value.value)


def _odd(place: int, letter: Plain, sure: Plain | None) -> Iterator[str]:
    """Yield what is odd about a guess; it is kept all the same."""
    letters = LETTERS[: CHOICES[place - 1]]
    if chosen(letter.value, [Option(each, each) for each in letters]) is None:
        yield f"{place}: you wrote {show(letter)}. The letters there are {', '.join(letters)}."
    if sure is None:
        yield f"{place}: how sure are you? 1, 2 or {SUREST}."
    elif sure not in map(plain, range(1, SUREST + 1)):
        yield f"{place}: how sure is {show(sure)}? We mean 1, 2 or {SUREST}."
