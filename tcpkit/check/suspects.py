"""Suspects, crossed out one by one: which experiment can tell?

The lesson hands over its experiments by letter. The one that the learner
chose is run, whatever it can tell; then comes a sentence on what it says
about this suspect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tcpkit.check.guess import LETTERS, Option, choose_one, chosen, is_empty
from tcpkit.check.verdict import Compared, Comparison

NO_CHOICE = "NO GUESS YET: choose an experiment above, then run this cell again."
MISSING = "NOT SEEN YET: run the cell with the experiments above, then this one again."
OTHERWISE = "That is another result than a new lab gives. Make one, `lab = Lab()`, and go on from there."
SHOWN_LINES = 12


class Stopped(Exception):
    """Say why an experiment showed nothing."""


@dataclass(frozen=True)
class Suspect:
    """Who might have answered; a sentence for each experiment, in their order.

    `clears` says whether what the telling experiment showed clears this one.
    """

    name: str
    telling: str  # the letter of the experiment that can tell
    clears: Callable[[str], bool]
    sentences: tuple[str, ...]

    def question(self, choice: object, experiments: object) -> Comparison:
        """Run the chosen experiment, and return what it says; never raises."""
        options = tuple(Option(letter, letter) for letter in LETTERS[: len(self.sentences)])
        if is_empty(choice):
            return Comparison(Compared.NO_GUESS_YET, NO_CHOICE)
        option = chosen(choice, options)
        if option is None:
            return choose_one(options)
        try:
            shown = run(experiments, option.words)
        except Stopped as error:
            return Comparison(Compared.NOT_SEEN_YET, str(error))
        is_cleared = option.words == self.telling and self.clears(shown)
        lines = [f"`{line.strip()}`" for line in shown.splitlines()[:SHOWN_LINES] if line.strip()]
        first = f"YOU CHOSE {option.words}. WE SAW:"
        last = self._words(option.words, self.sentences[options.index(option)], is_cleared)
        status = Compared.AS_YOU_SAID if is_cleared else Compared.ANOTHER
        return Comparison(status, "\n".join([first, *lines, last]))

    def _words(self, letter: str, sentence: str, is_cleared: bool) -> str:
        if is_cleared:
            return f"{sentence} Crossed out: {self.name}."
        return OTHERWISE if letter == self.telling else f"{sentence} Choose another experiment."


def run(experiments: object, letter: str) -> str:
    """Return what an experiment shows; `Stopped` where it shows nothing."""
    try:
        experiment = experiments[letter]
    except Exception:
        raise Stopped(MISSING) from None
    try:
        shown = experiment()
        results = shown if isinstance(shown, tuple) else (shown,)
        return "\n".join(repr(result) for result in results)
    except Exception as error:
        raise Stopped(f"NOT SEEN YET: the experiment stopped. {type(error).__name__}: {error}") from None
