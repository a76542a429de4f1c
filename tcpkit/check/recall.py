"""Two minutes from memory: one question on the lesson before."""

from __future__ import annotations

from dataclasses import dataclass

from tcpkit.check.guess import LETTERS, Option, chosen, is_empty, number
from tcpkit.check.plain import Plain, name_family, plain, show, show_kind
from tcpkit.check.verdict import Status, Verdict

NOT_YET = "write your answer above, then run this cell again."


@dataclass(frozen=True)
class Recall:
    """A question with one right value, and a sentence for each known wrong one.

    With `letters` the values are letters, in any case; without, they are
    numbers or bytes and compared as such.
    """

    number: str
    right: object
    wrong: tuple[tuple[object, str], ...]
    meaning: str
    what_if: str
    letters: int = 0

    def check(self, answer: object) -> Verdict:
        """Return a verdict on the answer; never raises."""
        if is_empty(answer):
            return self._verdict(Status.TODO, NOT_YET)
        given = self._read(answer)
        if given == plain(self.right):
            return self._verdict(Status.PASS, "", self.meaning, self.what_if)
        for value, sentence in self.wrong:
            if given == plain(value):
                return self._verdict(Status.TRY_AGAIN, sentence)
        if self.letters:
            return self._verdict(Status.TRY_AGAIN, f"Choose one of {', '.join(LETTERS[: self.letters])}.")
        if given.family == "str" and plain(number(answer)) == plain(self.right):
            return self._verdict(Status.TRY_AGAIN, "The number is right, and it is text. Write it without quotes.")
        if given.family != plain(self.right).family:
            wanted = name_family(plain(self.right))
            return self._verdict(Status.TRY_AGAIN, f"You answered {show_kind(given)}. The answer is {wanted}.")
        return self._verdict(Status.TRY_AGAIN, f"You answered {show(given)}. How did you get there?")

    def _read(self, answer: object) -> Plain | None:
        if not self.letters:
            return plain(answer)
        option = chosen(answer, [Option(letter, letter) for letter in LETTERS[: self.letters]])
        return option and plain(option.value)

    def _verdict(self, status: Status, sentence: str = "", *more: str) -> Verdict:
        first = f"{status} {self.number} recall" + (f": {sentence}" if sentence else "")
        return Verdict(status, "\n".join([first, *more]))
