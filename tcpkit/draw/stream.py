"""A stream of bytes by number: the segments that carry it, the acks, and what each recv returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tcpkit.draw.layout import DASHED, Box, arrow, frame, put
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import MONO_WIDTH, label, mono, path
from tcpkit.wire import Flags, Segment, WireError, segment_length
from tcpkit.wire.seq import HALF, MODULUS

LEFT, RIGHT, WIDTH = 96, 448, 460  # px: the numbers are between, names at their left
MOST = 36  # numbers that fit
WIDEST = 22  # px of one number
TOP, HEIGHT, LANE = 40, 24, 30  # px: the first row, a row of boxes, and from lane to lane
LABEL = 20  # px from one row of acks to the next
COLUMN = 10  # characters: where numbers begin; each takes two
SYN, FIN = "\x02", "\x01"  # in place of a letter; bytes that do not print are dots
SHOWN = str.maketrans({SYN: "S", FIN: "F"})
NAMES = {SYN: "SYN", FIN: "FIN"}
NOTE = "Each arrow is an ack: it points before the next byte."


class Piece(NamedTuple):
    """Some numbers of the stream, and what has them: letters, one each."""

    start: int
    letters: str

    @property
    def end(self) -> int:
        return self.start + len(self.letters)


class Stream(NamedTuple):
    """A stream's first number, the pieces that were sent, acks and reads; all but `first` count from it."""

    first: int
    sent: list[Piece]
    acks: list[int]
    reads: list[Piece]

    @property
    def letters(self) -> str:
        """Return what each number belongs to; a space for those that nobody sent."""
        line = ""
        for piece in sorted(self.sent):
            line = line.ljust(piece.end)
            line = line[: piece.start] + piece.letters + line[piece.end :]
        return line

    @property
    def numbers(self) -> list[Piece]:
        """Return a piece for each number."""
        return [Piece(at, letter) for at, letter in enumerate(self.letters)]

    def number(self, at: int) -> int:
        return (self.first + at) % MODULUS

    @property
    def wrap(self) -> int | None:
        """Return where number 0 is, unless it is the first, or not among them."""
        at = -self.first % MODULUS
        return at if 0 < at < len(self.letters) else None


def stream(segments: Iterable[Segment], reads: Sequence[bytes] = ()) -> Picture:
    """Draw a stream by number: segments, acks, and what each recv returned.

    The stream is that of the first segment's sender; segments of the other
    side show their acks. Packets will do for segments.
    """
    shown = read_stream([getattr(each, "segment", each) for each in segments], reads)
    cell = min(WIDEST, (RIGHT - LEFT) / len(shown.letters))
    words = f"numbers {shown.first} to {shown.number(len(shown.letters) - 1)}"
    shapes, y = [label(12, 24, words)], TOP + LABEL * (shown.wrap is not None)
    for name, pieces in (("you send", shown.sent), ("numbers", shown.numbers)):
        marks, bottom = _lanes(name, pieces, cell, y)
        shapes, y = shapes + marks, bottom
    if shown.wrap is not None:
        x = LEFT + cell * shown.wrap
        shapes += [path([(x, TOP - 8), (x, y - 6)], "lit-line", DASHED), mono(x + 4, TOP + 4, "0", "lit")]
    if shown.acks:
        marks, y = _acks(shown, cell, y)
        shapes += [*marks, label(12, y + 14, NOTE)]
        y += 30
    marks, y = _lanes("recv", shown.reads, cell, y) if shown.reads else ([], y)
    shapes += marks
    return frame(f"a stream, {words}", _alt(shown), _text(shown, words), (WIDTH, y + 6), shapes)


def read_stream(segments: Sequence[Segment], reads: Sequence[bytes]) -> Stream:
    """Return the stream of the first segment's sender; `WireError` if there is none, or it is too long."""
    ours = [each for each in segments if each.source_port == segments[0].source_port]
    ours = [each for each in ours if segment_length(each.flags, len(each.data))]
    if not ours:
        raise WireError("none of these segments has a number of the stream: it takes a SYN, data or a FIN")
    steps = [(each.seq - ours[0].seq + HALF) % MODULUS - HALF for each in ours]
    first = (ours[0].seq + min(steps)) % MODULUS
    sent = [Piece(step - min(steps), _letters(each)) for step, each in zip(steps, ours, strict=True)]
    if (size := max(piece.end for piece in sent)) > MOST:
        raise WireError(f"these segments cover {size:,} numbers, and the picture has room for {MOST}: take fewer")
    theirs = [each for each in segments if each.source_port != ours[0].source_port and each.flags & Flags.ACK]
    acks = sorted({(each.ack - first) % MODULUS for each in theirs})
    at, pieces = int(any(each.flags & Flags.SYN for each in ours)), []
    for data in reads:
        pieces.append(Piece(at, _printed(data)))
        at += len(data)
    if at > size:
        raise WireError("recv returned more than these segments carry: hand in all segments of the stream")
    return Stream(first, sent, [each for each in acks if each <= size], [each for each in pieces if each.letters])


def _letters(segment: Segment) -> str:
    return SYN * bool(segment.flags & Flags.SYN) + _printed(segment.data) + FIN * bool(segment.flags & Flags.FIN)


def _printed(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in data)


def _lanes(name: str, pieces: Sequence[Piece], cell: float, top: float) -> tuple[list[str], float]:
    """Return a row of boxes with their letters, and where it ends; those that overlap are below one another."""
    marks, ends = [label(12, top + 17, name)], [0]
    for piece in pieces:
        lane = next((at for at, end in enumerate(ends) if end <= piece.start), len(ends))
        ends[lane : lane + 1] = [piece.end]
        y, tone = top + LANE * lane, "kernel" if name == "recv" else "you"
        marks.append(Box(LEFT + cell * piece.start, y, cell * len(piece.letters), HEIGHT).drawn(f"{tone}-frame", 3))
        for at, letter in enumerate(piece.letters, piece.start):
            place = Box(LEFT + cell * at, y, cell, HEIGHT)
            marks += [place.drawn("you", 3)] if letter in NAMES else []
            marks += (
                [place.title(letter.translate(SHOWN), "ground" if letter in NAMES else "ink")] if letter != " " else []
            )
    return marks, top + LANE * len(ends) + 6


def _acks(shown: Stream, cell: float, top: float) -> tuple[list[str], float]:
    """Return an arrow to each ack's place, its number at the left of it, and where the row ends."""
    marks, placed, deepest = [], [], -1
    for ack in shown.acks:
        x, words = LEFT + cell * ack, str(shown.number(ack))
        left = x - 5 - MONO_WIDTH * len(words)
        row = 1 + max((each for stroke, each in placed if stroke > left - 4), default=-1)
        placed.append((x, row))
        deepest = max(deepest, row)
        y = top + 22 + LABEL * row
        marks += [*arrow([(x, y + 2), (x, top - 10)], "kernel"), mono(x - 5, y, words, "kernel", "end")]
    return marks, top + LABEL * (deepest + 1) + 18


def _alt(shown: Stream) -> str:
    sent = "; ".join(f"{_named(piece)} from number {shown.number(piece.start)}" for piece in shown.sent)
    acks = _acked(shown) or "none"
    reads = "; ".join(f'"{piece.letters}"' for piece in shown.reads) or "nothing"
    wrap = "" if shown.wrap is None else f" After {MODULUS - 1} comes 0."
    return f"Segments: {sent}.{wrap} Acks, each before the next byte: {acks}. What recv returned: {reads}."


def _named(piece: Piece) -> str:
    words = [NAMES[letter] for letter in piece.letters if letter in NAMES]
    data = piece.letters.strip(SYN + FIN)
    return " and ".join([f'"{data}"', *words] if data else words)


def _text(shown: Stream, words: str) -> str:
    lines = [words]
    for name, pieces in (("you send", shown.sent), ("numbers", shown.numbers)):
        lines += _text_lanes(name, pieces)
    marks = [(COLUMN + 2 * ack, "^") for ack in shown.acks]
    lines += [put("acks", *marks, (COLUMN + 2 * len(shown.letters) + 4, _acked(shown)))] if marks else []
    lines += _text_lanes("recv", shown.reads) if shown.reads else []
    return "\n".join(line.rstrip() for line in lines)


def _acked(shown: Stream) -> str:
    return ", ".join(str(shown.number(ack)) for ack in shown.acks)


def _text_lanes(name: str, pieces: Sequence[Piece]) -> list[str]:
    """Return lines of boxes: bars between them, and a space between two letters."""
    lines, ends = [name], [0]
    for piece in pieces:
        lane = next((at for at, end in enumerate(ends) if end <= piece.start), len(ends))
        ends[lane : lane + 1] = [piece.end]
        lines += [""] * (lane + 1 - len(lines))
        lines[lane] = put(lines[lane], (COLUMN + 2 * piece.start, f"|{' '.join(piece.letters.translate(SHOWN))}|"))
    return lines
