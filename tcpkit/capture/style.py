"""The options of tcpdump that both the real one and our own printer take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tcpkit.wire.errors import shown

TAKEN = "ntvXS"
ONCE = "tX"  # tcpdump reads two of these as another option


@dataclass(frozen=True)
class Style:
    """How packets are printed; `verbose` is how many -v there are."""

    verbose: int = 0
    shows_times: bool = True
    shows_bytes: bool = False
    absolute_numbers: bool = False

    @classmethod
    def parse(cls, options: str) -> Style:
        """Return the style for options such as "-v -X" or "-tv"."""
        if not isinstance(options, str):
            raise TypeError(f'options are text, such as "-v -X"; this is {shown(options)}')
        counts = Counter("".join(_taken(word) for word in options.split()))
        for option in ONCE:
            if counts[option] > 1:
                raise ValueError(
                    f"{options!r} asks for -{option} twice: to tcpdump that is another option. Give it once."
                )
        return cls(counts["v"], not counts["t"], bool(counts["X"]), bool(counts["S"]))

    def arguments(self) -> list[str]:
        """Return the options as arguments for the real tcpdump."""
        chosen = {"-t": not self.shows_times, "-X": self.shows_bytes, "-S": self.absolute_numbers}
        return [option for option, is_chosen in chosen.items() if is_chosen] + ["-v"] * self.verbose


def _taken(word: str) -> str:
    """Return the options in a word such as "-tv"; `ValueError` if one is not known here."""
    if len(word) < 2 or word[0] != "-" or set(word[1:]) - set(TAKEN):
        raise ValueError(
            f"{word!r} is not among the options known here: -t (no times), -v and -vv (more words), "
            '-X (bytes too), -S (sequence numbers as they are), -n (always on). Write for example "-v -X".'
        )
    return word[1:]
