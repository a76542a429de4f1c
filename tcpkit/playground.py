"""The playground: turn a knob, and see what tcpdump and the kernel make of it.

A hand on a knob is faster than an experiment. So one experiment runs at a
time, in a thread of its own, always with the newest knobs; what was passed
on the way is left out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING

from tcpkit.capture import Capture
from tcpkit.capture.capture import Words
from tcpkit.draw import Picture, header_map
from tcpkit.lab import Lab, LabClosed
from tcpkit.wire import Flags, Segment, TCPHeader
from tcpkit.wire.ipv4 import LOOPBACK
from tcpkit.wire.story_syn import DESTINATION_PORT, SOURCE_PORT, ZEROS

if TYPE_CHECKING:
    from ipywidgets import Widget

MOST_ZEROS = 64
QUIET_S = 0.05  # a knob that turns on rests for so long before it counts
WRONG_BY = 1  # what is added to a checksum to make it wrong
FLAGS = (Flags.SYN, Flags.ACK, Flags.FIN, Flags.RST, Flags.PSH, Flags.URG)
LIT = {  # what a knob changes in the header
    "offset": "data_offset",
    "flags": "flags",
    "port": "destination_port",
    "zeros": "checksum",
    "checksum": "checksum",
}
NO_WIDGETS = (
    "The playground needs ipywidgets, which this Python has not: pip install ipywidgets. Nothing later needs it."
)

LAB_IS_GONE = "The lab is gone: make a new one, lab = Lab(), and run this cell again."
LABEL_WIDTH, BUTTON_WIDTH = "8em", "5em"
WORDS_STYLE = (
    "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap;overflow-wrap:anywhere;"
    "line-height:1.4;margin-bottom:.5em"
)


@dataclass(frozen=True)
class Knobs:
    """What can be turned, and how it stands: at first, the story's SYN."""

    offset: int = 5
    flags: Flags = Flags.SYN
    port: int = DESTINATION_PORT
    zeros: int = ZEROS
    is_right: bool = True

    @property
    def segment(self) -> Segment:
        """Return the segment: twenty bytes, then zeros, with this checksum."""
        header = TCPHeader(SOURCE_PORT, self.port, flags=self.flags, data_offset=self.offset)
        right = Segment.parse(bytes(header) + bytes(self.zeros)).with_checksum(LOOPBACK, LOOPBACK)
        if self.is_right:
            return right
        wrong = (right.checksum + WRONG_BY) % 0xFFFF
        return Segment.parse(bytes(right)[:16] + wrong.to_bytes(2, "big") + bytes(right)[18:])


@dataclass(frozen=True)
class Seen:
    """What became of it, in words; and the header."""

    words: tuple[tuple[str, str], ...]  # what it is, and the words
    header: Picture | None = None

    def __str__(self) -> str:
        return "\n".join(f"{name}: {words}" for name, words in self.words)

    def html(self) -> str:
        """Return the same as HTML."""
        lines = (
            f'<div>{escape(name)}</div><div style="{WORDS_STYLE}">{escape(words)}</div>' for name, words in self.words
        )
        said = "".join(lines)
        return said + (self.header._repr_html_() if self.header else "")


def try_out(lab: Lab, knobs: Knobs, touched: frozenset[str] = frozenset()) -> Seen:
    """Send the segment once, and return what tcpdump, the wire and the kernel say."""
    segment = knobs.segment
    try:
        before = lab.counters()
        replies = lab.ask(segment)
        moved = lab.counters() - before
    except LabClosed:
        return Seen((("nothing was sent", LAB_IS_GONE),))
    return Seen(
        (
            ("you send", tcpdump_line(segment)),
            ("comes back", "\n".join(map(tcpdump_line, replies)) or "nothing"),
            ("the kernel counts", repr(moved)),
        ),
        header_map(segment, lit={LIT[name] for name in touched}),
    )


def tcpdump_line(segment: Segment) -> str:
    """Return what tcpdump says of a segment, without its IP header's line."""
    return Capture.of(segment).tcpdump("-t -v").partition("\n")[2].strip()


class Again:
    """Do a thing again after each nudge: one at a time, in a thread of its own.

    Nudges that come while it is being done, or shortly after one another,
    count as one. While nothing is to be done there is no thread.
    """

    def __init__(self, do: Callable[[], None], quiet_s: float = QUIET_S) -> None:
        self._do = do
        self._quiet_s = quiet_s
        self._lock = threading.Lock()
        self._is_due = False
        self._worker: threading.Thread | None = None

    def nudge(self) -> None:
        """Have it done again; returns at once."""
        with self._lock:
            self._is_due = True
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            time.sleep(self._quiet_s)
            with self._lock:
                if not self._is_due:
                    self._worker = None
                    return
                self._is_due = False
            try:
                self._do()
            except BaseException:
                self._worker = None  # the next nudge starts another
                raise

    def wait(self) -> None:
        """Wait until nothing is left to be done."""
        while worker := self._worker:
            worker.join()


class Playground:
    """Knobs for a segment, and what comes of it; shows itself in a notebook."""

    def __init__(self, lab: Lab, widgets: ModuleType, quiet_s: float = QUIET_S) -> None:
        self._lab = lab
        self._again = Again(self._try_out, quiet_s)
        self._touched: set[str] = set()
        self.wait = self._again.wait
        self.knobs = make_knobs(widgets)
        self.flags = {flag: make_button(widgets, flag) for flag in FLAGS}
        self.output = widgets.HTML()
        *plain, checksum = self.knobs.values()
        rows = [row(widgets, "checksum", [checksum]), row(widgets, "flags", self.flags.values())]
        self.box = widgets.VBox([*plain, *rows, self.output])
        for name, knob in [*self.knobs.items(), *(("flags", button) for button in self.flags.values())]:
            knob.observe(lambda _, name=name: self._turned(name), "value")
        self._try_out()

    def reading(self) -> Knobs:
        """Return how the knobs stand."""
        stands = {name: knob.value for name, knob in self.knobs.items()}
        flags = Flags(sum(flag for flag, button in self.flags.items() if button.value))
        return Knobs(stands["offset"], flags, stands["port"], stands["zeros"], stands["checksum"] == "right")

    def _turned(self, name: str) -> None:
        self._touched.add(name)
        self._again.nudge()

    def _try_out(self) -> None:
        touched = frozenset(self._touched)
        self._touched.difference_update(touched)
        try:
            self.seen = try_out(self._lab, self.reading(), touched)
        except Exception as error:  # in a thread nobody would see it
            self.seen = Seen((("this did not work", f"{type(error).__name__}: {error}"),))
        self.output.value = self.seen.html()

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        return self.box._repr_mimebundle_(**options) | {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"A playground: its knobs turn in a notebook that runs.\n{self.seen}"


def make_knobs(widgets: ModuleType) -> dict[str, Widget]:
    """Return the knobs by name, at the story's SYN; the flags have buttons of their own."""
    layout = widgets.Layout(width="28em", max_width="100%")
    named = {"style": {"description_width": LABEL_WIDTH}, "layout": layout}
    story = Knobs()
    return {
        "offset": widgets.IntSlider(story.offset, 0, 15, description="data offset", **named),
        "zeros": widgets.IntSlider(story.zeros, 0, MOST_ZEROS, description="zeros behind", **named),
        "port": widgets.BoundedIntText(story.port, 1, 65_535, description="to port", **named),
        "checksum": widgets.ToggleButtons(options=["right", "wrong"], style={"button_width": BUTTON_WIDTH}),
    }


def make_button(widgets: ModuleType, flag: Flags) -> Widget:
    """Return a button that is down while the flag is set."""
    layout = widgets.Layout(width=BUTTON_WIDTH)
    return widgets.ToggleButton(description=flag.name, value=flag in Knobs().flags, layout=layout)


def row(widgets: ModuleType, label: str, knobs: Iterable[Widget]) -> Widget:
    """Return knobs behind a label, beside one another as far as there is room."""
    words = widgets.HTML(f'<div style="text-align:right">{label}</div>', layout=widgets.Layout(width=LABEL_WIDTH))
    return widgets.HBox([words, *knobs], layout=widgets.Layout(flex_flow="row wrap"))


def playground(lab: Lab) -> Playground | Words:
    """Return knobs for a segment: each turn sends one, and shows what comes of it."""
    if not isinstance(lab, Lab):
        raise TypeError(f"the playground sends in a lab: playground(lab). This is {type(lab).__name__}")
    try:
        import ipywidgets
    except ImportError:
        return Words(NO_WIDGETS)
    return Playground(lab, ipywidgets)
