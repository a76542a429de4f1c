"""Packets as a pandas DataFrame, one row each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpkit.capture.packet import Packet
from tcpkit.capture.print_ip import FRAGMENT_OFFSET, MORE_FRAGMENTS
from tcpkit.capture.print_ip_options import final_destination
from tcpkit.wire import checksum
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.ipv4 import FIXED as IP_FIXED
from tcpkit.wire.ipv4 import dotted
from tcpkit.wire.tcp import EVERY_FLAGS
from tcpkit.wire.tcp import FIXED as TCP_FIXED

if TYPE_CHECKING:
    import pandas

FLAG_WORDS = tuple(map(str, EVERY_FLAGS))
COLUMNS = {  # pandas' own types, not numpy's: a value can be missing, and a difference negative
    "time": "datetime64[ns, UTC]",
    "src": "string",
    "dst": "string",
    "sport": "Int64",
    "dport": "Int64",
    "flags": "string",
    "seq": "Int64",
    "ack": "Int64",
    "window": "Int64",
    "data_offset": "Int64",
    "length": "Int64",
    "checksum_ok": "boolean",
}
Row = tuple[object, ...]
NO_SEGMENT: Row = (None,) * 9


def table(packets: Iterable[Packet]) -> pandas.DataFrame:
    """Return a DataFrame of the packets, with a row for each.

    `data_offset` counts 32-bit words, `length` bytes of data. What a packet
    does not have is `<NA>`: all of TCP in a packet of another protocol or a
    later fragment, `checksum_ok` where bytes that it covers are missing.
    """
    import pandas

    address = lru_cache(maxsize=None)(dotted)
    rows = [_row(packet, address) for packet in packets]
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    return pandas.DataFrame(
        {name: _column(values, kind) for (name, kind), values in zip(COLUMNS.items(), columns, strict=True)}
    )


def _column(values: tuple[object, ...], kind: str) -> pandas.Series:
    import pandas

    if kind == COLUMNS["time"]:
        return pandas.Series(pandas.to_datetime(list(values), unit="ns", utc=True)).astype(kind)
    return pandas.Series(list(values), dtype=kind)


def _row(packet: Packet, address: Callable[[bytes], str]) -> Row:
    data = packet.data
    if len(data) < IP_FIXED.size or data[0] >> 4 != 4:
        return (packet.time_ns, None, None, *NO_SEGMENT)
    first, _, total, _, fragment, _, protocol, _, source, destination = IP_FIXED.unpack_from(data)
    start = (first & 15) * 4
    ends = address(source), address(destination)
    segment = data[start:total]
    if start < IP_FIXED.size or protocol != PROTOCOL_TCP or fragment & FRAGMENT_OFFSET or len(segment) < TCP_FIXED.size:
        return (packet.time_ns, *ends, *NO_SEGMENT)
    sport, dport, seq, ack, offset, flags, window, _, _ = TCP_FIXED.unpack_from(segment)
    offset >>= 4
    claimed = total - start
    is_ok = None
    if len(segment) == claimed and not fragment & MORE_FRAGMENTS:
        last = final_destination(data[IP_FIXED.size : start], destination)
        pseudo = source + last + PROTOCOL_TCP.to_bytes(2, "big") + claimed.to_bytes(2, "big")
        is_ok = checksum(pseudo + segment) == 0
    length = max(0, claimed - max(TCP_FIXED.size, offset * 4))
    return (packet.time_ns, *ends, sport, dport, FLAG_WORDS[flags], seq, ack, window, offset, length, is_ok)
