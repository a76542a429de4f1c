"""The options of tcpdump that its real and our own printing both take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

TAKEN = "ntvXS"
ONCE = "tX"  # tcpdump reads two of these as another option


@dataclass(frozen=True)
class Style:
    """How packets are printed; `verbose` counts the v's."""

    verbose: int = 0
    shows_times: bool = True
    shows_bytes: bool = False
    absolute_numbers: bool = False

    @classmethod
    def parse(cls, options: str) -> Style:
        """Return the style that options such as "-v -X" or "-tv" ask for."""
        letters = Counter("".join(_letters(word) for word in options.split()))
        for letter in ONCE:
            if letters[letter] > 1:
                raise ValueError(
                    f"{options!r} asks for -{letter} twice: to tcpdump that is another option. Give it once."
                )
        return cls(
            verbose=letters["v"],
            shows_times=not letters["t"],
            shows_bytes=bool(letters["X"]),
            absolute_numbers=bool(letters["S"]),
        )

    def arguments(self) -> list[str]:
        """Return the same as arguments for the real tcpdump."""
        chosen = {"-t": not self.shows_times, "-X": self.shows_bytes, "-S": self.absolute_numbers}
        return [option for option, is_chosen in chosen.items() if is_chosen] + ["-v"] * self.verbose


def _letters(word: str) -> str:
    if len(word) < 2 or word[0] != "-" or set(word[1:]) - set(TAKEN):
        raise ValueError(
            f"{word!r} is not among the options known here: -t (no times), -v and -vv (more words), "
            '-X (bytes too), -S (sequence numbers as they are), -n (always on). Write for example "-v -X".'
        )
    return word[1:]
