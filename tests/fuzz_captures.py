"""Damaged capture files: each is read, or refused with its offset, and what was read can be shown.

`python tests/fuzz_captures.py 100000 1` (`make fuzz WHAT=captures N=100000`)
makes so many from the seed; `test_capture_files.py` runs a sample.
"""

from __future__ import annotations

import gzip
import struct
import sys
import time
from collections import Counter
from random import Random

from test_pcap import FRAMES, pcap
from test_pcapng import interface, section, simple
from test_pcapng import packet as packet_block
from test_tcpdump import datagram, datagram_6

from tcpkit.capture import Capture, CaptureError
from tcpkit.capture.file_kinds import read_contents
from tcpkit.capture.pcap import write_pcap
from tcpkit.wire import WireError

NUMBERS = (0, 1, 7, 12, 16, 28, 101, 127, 65_535, 65_536, 262_144, 262_145, 2**31 - 1, 2**31, 2**32 - 1)
SHOWN = 20  # one file in so many is also shown in full: that takes longest


class Broken(AssertionError):
    """A promise did not hold."""


def originals(draw: Random) -> dict[str, bytes]:
    """Return a good file of every kind, by name."""
    files = {}
    for link_type, (good, others) in FRAMES.items():
        frames = [*good, *(frame for frame, _ in others)]
        order, magic = draw.choice("<>"), draw.choice((0xA1B2C3D4, 0xA1B23C4D))
        files[f"pcap {link_type}"] = pcap(frames, link_type, order, magic)
    frames = [(datagram if number % 2 else datagram_6)(draw) for number in range(8)]
    files["pcap mixed"] = pcap(frames, 101)
    files["pcap of an old linux"] = pcap([], 101, magic=0xA1B2CD34) + b"".join(
        struct.pack("<IIII8x", 1, 2, len(frame), len(frame)) + frame for frame in frames
    )
    for order in "<>":
        options = ((9, draw.choice((b"\x06", b"\x09", b"\x8a"))), (14, bytes(8)))
        blocks = interface(101, options, order=order) + interface(1, order=order)
        blocks += b"".join(packet_block(frame, high=0, order=order) for frame in frames)
        blocks += b"".join(simple(frame, order=order) for frame in frames[:2])
        files[f"pcapng {order}"] = section(order) + blocks
    files["pcapng of two sections"] = files["pcapng <"] + files["pcapng >"]
    return files


def damaged(draw: Random, file: bytes, other: bytes) -> bytes:
    """Return the file with one to four things wrong."""
    data = bytearray(file)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        at = draw.randrange(len(data) + 1) if draw.random() < 0.7 else draw.randrange(min(len(data), 64) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            data[at : at + 1] = draw.randbytes(1)
        elif kind == 1:
            at -= at % 4
            data[at : at + 4] = struct.pack(draw.choice("<>") + "I", draw.choice(NUMBERS))
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            del data[at : at + draw.choice((1, 4, 16, 100))]
        elif kind == 4:
            data[at:at] = draw.choice((draw.randbytes(draw.randrange(40)), data[at : at + 200]))
        else:
            data[at:] = other[draw.randrange(len(other)) :]
    return bytes(data)


def look_at(file: bytes, in_full: bool) -> str:
    """Read a file, see that every promise holds, and return what came of it."""
    try:
        contents = read_contents(file)
    except CaptureError as error:
        promise(error.offset is not None and error.offset >= 0, "a refusal names an offset", error)
        return "refused"
    error = contents.error
    seen = Capture(contents.packets, skipped=contents.skipped, damage=str(error or ""))
    promise(not error or (error.offset >= 0 and error.packets == contents.packets), "damage is located", error)
    promise(bool(error) == ("not read to its end" in repr(seen)), "damage is said")
    promise(bool(seen.skipped) == ("left out" in repr(seen)), "what is left out is said")
    if in_full:
        look_in_full(seen)
    return "damaged" if error else "read"


def look_in_full(seen: Capture) -> None:
    """See that packets can be shown in every way, saved, and are the same in a table."""
    seen.tcpdump("-v -X"), seen._repr_html_(), seen.ladder()
    rows = seen.table()
    promise(rows.attrs["skipped"] == seen.skipped, "the table has the counts")
    for packet, row in zip(seen, rows.itertuples(), strict=True):
        try:
            told = (packet.segment.seq, packet.segment.source_port, packet.source)
        except WireError:
            told = None
        promise(told is None or told == (row.seq, row.sport, row.src), "a row is its packet", packet, row)
    try:
        promise(read_contents(write_pcap(seen)).packets == seen.packets, "what is saved is loaded again")
    except CaptureError as error:
        promise("does not fit a pcap file" in str(error), "only times do not fit", error)


def promise(holds: bool, words: str, *seen: object) -> None:
    if not holds:
        raise Broken(f"{words}: {', '.join(map(repr, seen))}" if seen else words)


def run(count: int, seed: int) -> Counter[str]:
    """Damage so many files; return how many were read, damaged, and refused."""
    draw = Random(f"captures {seed}")
    outcomes: Counter[str] = Counter()
    for number in range(count):
        if number % 1000 == 0:
            files = originals(draw)
            names = sorted(files)
        name = names[number % len(names)]
        file, other, packed = files[name], files[draw.choice(names)], draw.random()
        if packed < 0.1:  # gzip is damaged
            file = damaged(draw, gzip.compress(file, 1, mtime=0), other)
        else:
            file = damaged(draw, file, other)
            file = gzip.compress(file, 1, mtime=0) if packed < 0.3 else file
        try:
            outcomes[look_at(file, number % SHOWN == 0)] += 1
        except Exception as error:
            raise Broken(f"file {number} of seed {seed}, {name}: {error!r}\n{file.hex()}") from error
    return outcomes


def main(count: int = 100_000, seed: int = 1) -> None:
    """Damage files of every kind, and print what came of them."""
    began = time.perf_counter()
    outcomes = run(count, seed)
    words = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
    print(f"{count} files: {words}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
