"""The thirteen patients of lesson 22: what is wrong, what happens to them, and the packets that are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from textwrap import fill
from typing import Any

from tcpkit.capture import Capture, Packet
from tcpkit.stack.settings import Pieces
from tcpkit.stack.window import ReceiveWindow
from tcpkit.zoo import FAULTS, HERE, THERE, Transfer, Ward
from tcpkit.zoo import transfer as transfer_with

PLAIN = {"mtu": 1040, "window_scale": False, "timestamps": False, "sack": False, "nagle": False}
PLAIN |= {"delayed_ack_s": 0.0, "iss": 0}
NONE_YET = "No verdict is right yet."
SMALL = {"receive_buffer": 3000}
SCALE_7 = {
    "window_scale": True,
    "receive_buffer": 1 << 22,
    "pieces": Pieces(window=lambda *_: ReceiveWindow(12_800, 1000)),
}


COLUMNS = ["s", "from", "flags", "seq", "ack", "window", "length", "checksum"]
ROW = "display:flex;flex-wrap:wrap;gap:0 8px;align-items:flex-start"
LANES = {HERE: "patient", THERE: "other"}


@dataclass(frozen=True, repr=False)
class Case:
    """What was recorded at the patient's end, and what is told of it; shows itself as a ladder and as rows."""

    head: str
    packets: Capture
    lasted_s: float  # after the first packet

    def _charts(self) -> tuple[Any, Any]:
        """Return the ladder, and the same packets row by row."""
        first = LANES[self.packets[0].source]
        lanes = tuple(LANES.values())
        ladder = self.packets.ladder(lanes, first_from=first, seconds=True, until_s=self.lasted_s)
        rows = self.packets.table()
        rows.insert(0, "s", (rows.time - rows.time[0]).dt.total_seconds().round(2))
        rows.insert(1, "from", rows.src.map(LANES))
        rows["checksum"] = rows.checksum_ok.map({True: "right", False: "wrong"})
        return ladder, rows[COLUMNS]

    def __repr__(self) -> str:
        lines = [fill(line, 95, subsequent_indent="  ") for line in self.head.splitlines()]
        return "\n".join([*lines, *map(repr, self._charts())])

    def _repr_html_(self) -> str:
        charts = "".join(
            f'<div style="min-width:0;overflow-x:auto">{each._repr_html_()}</div>' for each in self._charts()
        )
        return f'{spoken(self.head)}<div style="{ROW}">{charts}</div>'


class Cases(tuple):
    """Several cases, one below the other."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self)) or NONE_YET

    def _repr_html_(self) -> str:
        return "<hr>".join(case._repr_html_() for case in self) or spoken(NONE_YET)


def spoken(words: str) -> str:
    """Return words as HTML: first lines as text, and a diff as code."""
    text, *diff = words.splitlines()
    code = f'<pre style="white-space:pre-wrap;word-break:normal">{escape(chr(10).join(diff))}</pre>' if diff else ""
    return f"<p>{escape(text)}</p>{code}"


@dataclass(frozen=True)
class Patient:
    """A fault, and what makes it show."""

    fault: str
    lasted_s: float
    script: str  # of calls: when, at which side, what
    history: str  # the same, as it is told
    fate: Mapping[str, str] = field(default_factory=dict)
    here: Mapping[str, Any] = field(default_factory=dict)  # settings
    there: Mapping[str, Any] = field(default_factory=dict)

    def record(self, fault: str | None, head: str) -> Case:
        """Return what is recorded with this fault, or with none."""
        ward = Ward(fault, here=PLAIN | dict(self.here), there=PLAIN | dict(self.there))
        ward.fate |= self.fate
        for call in self.script.split("; "):
            when, side, what, *number = call.split()
            ward.sleep(float(when) - ward.now)
            ward.call(side, what, *map(int, number))
        ward.sleep(self.lasted_s)
        first = ward.tape[0][0]
        packets = [Packet(round(1e9 * (at - first)), packet) for at, packet in ward.tape]
        seen = Capture([packet for packet in packets if packet.time_ns <= 1e9 * self.lasted_s])
        return Case(head, seen, self.lasted_s)


PATIENTS = {
    "A": Patient(
        *("SYN sent once", 14, "0 there vanishes; 0 here dials"),
        "The program here dials. The machine there is switched off.",
    ),
    "B": Patient(
        *("FIN not counted", 7.5, "0 there dials; 0.5 there send 1500; 1 there close"),
        "The program there dials, sends 1,500 bytes, and closes half a second later.",
    ),
    "C": Patient(
        *("RST answered with RST", 2.5, "0 here dials; 0.5 there abort; 0.74 there repeated"),
        "The program here dials. The program there aborts the connection. The network delivers its last packet twice.",
    ),
    "D": Patient(
        *("no backing off", 8, "0 here dials; 0.4 there vanishes; 0.5 here send 500"),
        "The program here dials. At 0.4 s the cable is cut. At 0.5 s the program here sends 500 bytes.",
    ),
    "E": Patient(
        *("checksum not looked at", 3, "0 there dials; 0.5 there send 3000"),
        "The program there dials and sends 3,000 bytes. On the way one byte is damaged.",
        fate={"there 4": "damaged"},
    ),
    "F": Patient(
        *("no window probe", 21, "0 here dials; 0.5 here send 5000; 0.9 there recv"),
        "The program here dials and sends 5,000 bytes. The program there reads at 0.9 s, and its TCP tells the new "
        "window in one packet. The network loses this packet.",
        fate={"there 3": "lost"},
        there=SMALL,
    ),
    "G": Patient(
        *("blind RST believed", 3, "0 there dials; 0.5 there send 500; 1 there forged 1501; 1.5 there send 500"),
        "The program there dials and sends 500 bytes. At 1 s a stranger sends a packet in the name of the machine "
        "there. At 1.5 s the program there sends 500 bytes more.",
    ),
    "H": Patient(
        *("window not scaled", 3, "0 here dials; 0.5 here send 100; 1 here send 600"),
        "The program here dials. It sends 100 bytes at 0.5 s, and 600 bytes at 1 s. Rows 0 and 1 both carry a window "
        "scale: the patient's own is 2, and that of row 1 is 7.",
        here={"window_scale": True},
        there=SCALE_7,
    ),
    "I": Patient(
        *("TIME-WAIT skipped", 4, "0 here dials; 0.5 here send 500; 0.7 here close; 1 there close"),
        "The program here dials, sends 500 bytes and closes. At 1 s the program there closes.",
    ),
    "J": Patient(
        *("wrap compared wrongly", 6, "0 here dials; 0.5 here send 3000"),
        "The program here dials and sends 3,000 bytes. The first number of its TCP is 4294965795.",
        here={"iss": 4294965795},
    ),
    "K": Patient(
        *("silent about a gap", 3, "0 there dials; 0.5 there send 7000"),
        "The program there dials and sends 7,000 bytes. The network loses the packet that begins with number 2001.",
        fate={"there 5": "lost"},
    ),
    "L": Patient(
        *("window never closes", 3, "0 there dials; 0.5 there send 6000"),
        "The program there dials and sends 6,000 bytes. The program here reads nothing. It has room for 3,000 bytes.",
        here=SMALL,
    ),
    "M": Patient("ack off by one", 1, "0 here dials", "The program here dials."),
}


def patient(letter: str) -> Case:
    """Return what is recorded of a patient."""
    one = PATIENTS[letter]
    return one.record(one.fault, f"Patient {letter}. {one.history} Recorded for {one.lasted_s:g} s.")


def healthy(letter: str) -> Case:
    """Return what is recorded of its healthy twin, below the line that was wrong and the right one."""
    one = PATIENTS[letter]
    return one.record(None, f"Patient {letter}, but healthy. {one.fault}: {FAULTS[one.fault].cure()}")


def patients(letters: str) -> Cases:
    """Return what is recorded of some patients."""
    return Cases(map(patient, letters))


def twins(letters: str) -> Cases:
    """Return what is recorded of their healthy twins."""
    return Cases(map(healthy, letters))


def transfer(letter: str | None, loss: float = 0.0) -> Transfer:
    """Let a patient, or for None a healthy TCP, send 1 MB to a healthy one and receive as much."""
    return transfer_with(PATIENTS[letter].fault if letter else None, loss=loss)
