"""A capture file to a table, against dpkt's own loop to the same columns."""

from __future__ import annotations

import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas

from benchmarks.measure import Call, Result, by_turns, faster, peer
from tcpkit import Capture, Segment, TCPHeader
from tcpkit.capture import Packet
from tcpkit.capture.pcap import write_pcap
from tcpkit.capture.table import COLUMNS
from tcpkit.wire.tcp import EVERY_FLAGS

PACKETS = 100_000
DISTINCT = 500  # the file repeats so many
ROUNDS = 3
FACTOR = 5
FLAG_WORDS = tuple(map(str, EVERY_FLAGS))


def results() -> Iterator[Result]:
    """Measure from the file to the table, checksums included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.pcap"
        path.write_bytes(write_pcap(packets(), with_frames=True))
        by_dpkt = dpkt_table(path)
        if by_dpkt:
            agree(Capture.load(path).table(), by_dpkt())
        calls = {"tcpkit": lambda: Capture.load(path).table(), "dpkt": by_dpkt}
        yield faster(f"{PACKETS:,} packets to a table", by_turns(calls, ROUNDS), "dpkt", FACTOR)
        seen = Capture.load(path)
        calls = {"tcpkit": seen.table, "dpkt": by_dpkt}
        yield faster("the table alone", by_turns(calls, ROUNDS), "dpkt", FACTOR)


def packets() -> list[Packet]:
    """Return the packets, of all sizes up to Ethernet's, one in ten with a wrong checksum."""
    draw = random.Random(1)
    made = []
    for _ in range(DISTINCT):
        ports, numbers = [draw.randrange(65_536) for _ in range(2)], [draw.randrange(2**32) for _ in range(2)]
        ends = [f"10.0.{draw.randrange(4)}.{draw.randrange(256)}" for _ in range(2)]
        data = draw.randbytes(draw.choice((0, 0, 100, 536, 1448, 1448)))
        segment = Segment(TCPHeader(*ports, *numbers, EVERY_FLAGS[draw.randrange(256)], 502), data)
        packet = segment.packet(*ends)
        made.append(packet if draw.random() < 0.9 else packet[:36] + draw.randbytes(2) + packet[38:])
    return [Packet(1_588_609_856_000_000_000 + 1_000 * at, made[at % DISTINCT]) for at in range(PACKETS)]


def dpkt_table(path: Path) -> Call | None:
    """Return dpkt's way to the same columns."""
    if not (dpkt := peer("dpkt")):
        return None

    def table() -> pandas.DataFrame:
        rows = []
        with path.open("rb") as file:
            for time_s, frame in dpkt.pcap.Reader(file):
                ip = dpkt.ethernet.Ethernet(frame).data
                tcp, size = ip.data, ip.len - ip.hl * 4
                pseudo = ip.src + ip.dst + b"\0\6" + size.to_bytes(2, "big")
                is_ok = dpkt.dpkt.in_cksum(pseudo + bytes(tcp)) == 0
                ends = socket.inet_ntoa(ip.src), socket.inet_ntoa(ip.dst), tcp.sport, tcp.dport
                words = FLAG_WORDS[tcp.flags], tcp.seq, tcp.ack, tcp.win, tcp.off
                rows.append((time_s, *ends, *words, len(tcp.data), is_ok))
        return pandas.DataFrame(rows, columns=COLUMNS)

    return table


def agree(ours: pandas.DataFrame, theirs: pandas.DataFrame) -> None:
    """Stop where the two sides did not do the same work; dpkt's times are coarser."""
    if ours.drop(columns="time").to_numpy().tolist() != theirs.drop(columns="time").to_numpy().tolist():
        raise RuntimeError("the two tables differ")
