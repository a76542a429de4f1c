"""What a check says: a value with fields, printed as words whose first line can be searched for."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How far an exercise is."""

    TODO = "TODO"
    TRY_AGAIN = "TRY AGAIN"
    PASS = "PASS"


class Compared(StrEnum):
    """What became of a guess; none of these is a mark."""

    NO_GUESS_YET = "NO GUESS YET"
    NOT_SEEN_YET = "NOT SEEN YET"
    AS_YOU_SAID = "AS YOU SAID"
    ANOTHER = "YOU SAID ... WE SAW ..."
    KEPT = "KEPT"
    NOT_KEPT = "NOT KEPT"


# JupyterLab's colours for the theme in use, with one for pages that have none.
COLOURS = {
    Status.TODO: "var(--jp-border-color1, #9e9e9e)",
    Status.TRY_AGAIN: "var(--jp-warn-color1, #f57c00)",
    Status.PASS: "var(--jp-success-color1, #388e3c)",
}
QUIET = "var(--jp-info-color1, #0097a7)"  # every comparison: being surprised is no fault
# For the whole page: JupyterLab breaks tcpdump's long lines, and an error's sentence, inside words, and leaves no space
# below a fold.
PAGE = (
    "<style>.jp-OutputArea-output.jp-RenderedText pre {white-space: pre; overflow-x: auto;} "
    ".jp-OutputArea-output.jp-RenderedText[data-mime-type$=stderr] pre {white-space: pre-wrap; word-break: normal;} "
    ".jp-RenderedMarkdown details {margin-bottom: 1em;}</style>"
)


class _Said:
    """What is printed as its `message`, and shown as a card."""

    def __repr__(self) -> str:
        return self.message

    def _repr_html_(self) -> str:
        return card(self.status, self.message, COLOURS.get(self.status, QUIET))


@dataclass(frozen=True, repr=False)
class Verdict(_Said):
    """The answer to an exercise: `PASS 1.1 port_bytes`, then what it means."""

    status: Status
    exercise: str  # its number and its name
    sentence: str = ""
    mistake: str = ""  # the sentence as the lesson writes it, or as it was made; empty where the learner is asked
    printed: str = ""

    @property
    def message(self) -> str:
        """Return all the words; a passed exercise has its first line for itself."""
        before = "\n" if self.status is Status.PASS else ": "
        first = f"{self.status} {self.exercise}" + (before + self.sentence if self.sentence else "")
        return "\n".join(filter(None, (first, self.printed)))


@dataclass(frozen=True, repr=False)
class Comparison(_Said):
    """A guess beside what was seen: no score, and nothing is called wrong."""

    status: Compared
    message: str


def card(status: str, message: str, colour: str) -> str:
    """Return a message as HTML: a rule at its left, the status in bold, the text in the page's own colour."""
    first, _, rest = message.partition("\n")
    head, tail = (status, first[len(status) :]) if first.startswith(status) else (first, "")
    lines = [f"<strong>{_marked(head)}</strong>{_marked(tail)}", *map(_marked, rest.split("\n") if rest else ())]
    style = f"border-left: 4px solid {colour}; padding: 0.2em 0 0.2em 0.8em; line-height: 1.5"
    return f'{PAGE}<div style="{style}">{"<br>".join(lines)}</div>'


def _marked(text: str) -> str:
    """Return text as safe HTML, with `code` set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
