"""Lesson 00, start_here: two guesses, and six to keep."""

from __future__ import annotations

from collections.abc import Iterator

from tcpkit.check.guess import Guess, NumberGuess, Option, is_empty
from tcpkit.check.plain import plain
from tcpkit.check.verdict import Compared, Comparison

# What the client called, by the number of the packet: kept here, as the last number would tell how many there are.
CLIENT_CALLS = {0: ("client", "connect"), 3: ("client", "sendall"), 5: ("client", "recv"), 8: ("client", "close")}
KEPT = 6  # guesses in `mine`; what follows them is free text


def _packet_count(packets: object) -> int | None:
    return sum(1 for packet in packets if packet.data) or None


def _http_count(packets: object) -> int | None:
    carrying = [bool(packet.segment.data) for packet in packets]
    return sum(carrying) if carrying else None


PACKETS = Guess(
    options=(
        Option("2 packets", 2, "Two carry HTTP. What are the others for?"),
        Option("4 packets", 4, "A question and an answer, a beginning and an end? Count the rungs."),
        Option(
            "10 packets",
            10,
            "Close: how the last bytes are acknowledged may differ from one run to the next. Count again.",
            "Two of them carry HTTP. Somebody made the other eight.",
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
    """Say which of the six guesses are still empty; judge none of them.

    `mine` is a dict whose first six entries are the guesses, in order: a
    letter, or a letter with a confidence, `("b", 2)`.
    """
    empty = list(_still_empty(mine))
    if len(empty) == KEPT:
        return Comparison(
            Compared.NO_GUESS_YET, "NO GUESS YET: write a letter for each of the six, then run this again."
        )
    until = "Save the notebook (Ctrl+S), and they stay in it. Lesson 05 asks three of them again, before you look."
    if not empty:
        return Comparison(Compared.KEPT, f"KEPT: all six.\n{until}")
    return Comparison(Compared.KEPT, f"KEPT: {KEPT - len(empty)} of six. Still empty: {', '.join(empty)}.\n{until}")


def _still_empty(mine: object) -> Iterator[str]:
    entries = list(dict.items(mine))[:KEPT] if issubclass(type(mine), dict) else []
    for place, (name, guess) in enumerate(entries, start=1):
        value = plain(guess)
        letter = value.value[0] if value.family == "sequence" and value.value else value
        if letter.family == "sequence" or is_empty(letter.value):
            yield f"{place} ({name})" if type(name) is str else str(place)
    yield from map(str, range(len(entries) + 1, KEPT + 1))
