"""A suspect, as data: who might have answered, and which experiment in the learner's lab can clear it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tcpkit.check.questions import LETTERS, Asked, NotSeen, choose_one, chosen_letter
from tcpkit.check.verdict import Compared, Comparison

SHOWN_LINES = 12
OTHERWISE = "That is another result than a new lab gives. Make one, `lab = Lab()`, and go on from there."


class Suspect(Asked):
    """Who might have answered; a sentence for each experiment, in their order.

    `clears` has the letter of the experiment that can tell, and says whether
    what it showed clears this suspect.
    """

    unwritten = "choose an experiment above, then run this cell again."
    not_seen = "run the cell with the experiments above, then this one again."

    def __init__(self, name: str, clears: Mapping[str, Callable[[str], bool]], *sentences: str) -> None:
        self.name, self.clears, self.sentences = name, clears, sentences
        self.form = choose_one(len(sentences))

    def read(self, choice: object) -> str | None:
        """Return the letter of the experiment."""
        return chosen_letter(choice, len(self.sentences)) or None

    def seen(self, experiments: Mapping[str, Callable[[], object]]) -> object:
        """Return the experiments: the one that was chosen is run when its letter is known."""
        return experiments

    def compare(self, letter: str, experiments: Mapping[str, Callable[[], object]], *_: object) -> Comparison:
        """Run the chosen experiment, and return what it says."""
        shown = _shown_by(experiments[letter])
        lines = [f"`{line.strip()}`" for line in shown.splitlines()[:SHOWN_LINES] if line.strip()]
        clears, sentence = self.clears.get(letter), self.sentences[LETTERS.index(letter)]
        status, last = Compared.ANOTHER, OTHERWISE if clears else f"{sentence} Choose another experiment."
        if clears and clears(shown):
            status, last = Compared.AS_YOU_SAID, f"{sentence} Crossed out: {self.name}."
        return Comparison(status, "\n".join([f"YOU CHOSE {letter}. WE SAW:", *lines, last]))


def _shown_by(experiment: Callable[[], object]) -> str:
    try:
        shown = experiment()
        return "\n".join(map(repr, shown if isinstance(shown, tuple) else (shown,)))
    except Exception as error:
        raise NotSeen(f"the experiment stopped. {type(error).__name__}: {error}") from None
