"""Packets as a pandas DataFrame, one row each; numpy reads all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter

import numpy
import pandas

from tcpkit.capture.packet import Packet
from tcpkit.capture.print_ip import FRAGMENT_OFFSET, MORE_FRAGMENTS
from tcpkit.capture.print_ip_options import final_destination
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.ipv6 import EXTENSIONS, FRAGMENT, address_text
from tcpkit.wire.ipv6 import FRAGMENT_OFFSET as FRAGMENT_OFFSET_6
from tcpkit.wire.tcp import EVERY_FLAGS

NUMBERS = ("sport", "dport", "seq", "ack", "window", "data_offset", "length")
COLUMNS = ("time", "src", "dst", "sport", "dport", "flags", *NUMBERS[2:], "checksum_ok")
AT_ONCE = 4_000  # packets: their bytes stay in the processor's cache
FLAG_WORDS = numpy.array([*map(str, EVERY_FLAGS)], dtype=object)
TIME, DATA, CUT = map(attrgetter, ("time_ns", "data", "bytes_cut"))
WORD = 4  # bytes; packets are laid out in whole words, so that a checksum is a sum of words
PADDING = [bytes(-size % WORD) for size in range(WORD)]
IPV4 = numpy.dtype("u1, u1, >u2, >u2, >u2, u1, u1, >u2, (4,)u1, (4,)u1")
IPV4.names = "first", "tos", "total", "id", "fragment", "ttl", "protocol", "checksum", "source", "destination"
IPV6 = numpy.dtype("u4, >u2, u1, u1, (16,)u1, (16,)u1")
IPV6.names = "first", "payload", "protocol", "hops", "source", "destination"
TCP = numpy.dtype(">u2, >u2, >u4, >u4, u1, u1, >u2, u4")
TCP.names = "sport", "dport", "seq", "ack", "data_offset", "flags", "window", "rest"


def table(packets: Sequence[Packet]) -> pandas.DataFrame:
    """Return a DataFrame of the packets, with a row for each.

    `data_offset` counts 32-bit words, `length` bytes of data. What a packet
    does not have is `<NA>`: all of TCP in a packet of another protocol or a
    later fragment, `checksum_ok` where bytes that it covers are missing.
    """
    parts = [_arrays(packets[at : at + AT_ONCE]) for at in range(0, len(packets) or 1, AT_ONCE)]
    arrays = {name: numpy.concatenate([part[name] for part in parts]) for name in parts[0]}
    has_no_tcp = ~arrays["is_tcp"]
    columns = {"time": pandas.to_datetime(arrays["time"], unit="ns", utc=True).as_unit("ns")}
    columns |= {name: pandas.array(arrays[name], dtype="string") for name in ("src", "dst", "flags")}
    columns |= {name: pandas.arrays.IntegerArray(arrays[name], has_no_tcp) for name in NUMBERS}
    columns["checksum_ok"] = pandas.arrays.BooleanArray(arrays["checksum_ok"], ~arrays["is_summed"])
    return pandas.DataFrame({name: columns[name] for name in COLUMNS})


def _arrays(packets: Sequence[Packet]) -> dict[str, numpy.ndarray]:
    """Return the columns of some of the packets, and which of their values there are."""
    seen = _Headers(packets)
    header = seen.read(TCP, seen.start)
    offset = header["data_offset"] >> 4
    length = numpy.maximum(seen.total - seen.start - numpy.maximum(TCP.itemsize, offset * 4), 0)
    numbers = {name: header[name] for name in NUMBERS[:5]} | {"data_offset": offset, "length": length}
    return {
        "time": numpy.fromiter(map(TIME, packets), "int64", len(packets)),
        "src": seen.addresses("source"),
        "dst": seen.addresses("destination"),
        **{name: values.astype("int64") for name, values in numbers.items()},
        "flags": numpy.where(seen.is_tcp, FLAG_WORDS[header["flags"]], None),
        "checksum_ok": seen.checksums_are_right(),
        "is_tcp": seen.is_tcp,
        "is_summed": seen.is_summed,
    }


class _Headers:
    """Where the headers of all packets are, in one buffer.

    An array has an element for each packet: `base` is its place in `data`,
    `kept` how many of its bytes were recorded. `start` and `total` count
    from there: TCP's first byte, and the packet's length as its header says
    it, or, where that says nothing, as it was recorded.
    """

    total: numpy.ndarray
    protocol: numpy.ndarray
    is_later: numpy.ndarray
    is_part: numpy.ndarray

    def __init__(self, packets: Sequence[Packet]) -> None:
        pieces = [*map(DATA, packets)]
        self.kept = numpy.fromiter(map(len, pieces), "int64", len(pieces))
        padding = map(PADDING.__getitem__, (self.kept % WORD).tolist())
        rows = chain.from_iterable(zip(pieces, padding, strict=True))
        self.data = numpy.frombuffer(bytearray().join([*rows, bytes(IPV6.itemsize)]), dtype="u1")
        laid = (self.kept + WORD - 1) // WORD * WORD
        self.base = numpy.cumsum(laid) - laid
        wire = self.kept + numpy.fromiter(map(CUT, packets), "int64", len(pieces))
        version = numpy.where(self.kept > 0, self.data[self.base] >> 4, 0)
        self.is_ipv4 = (version == 4) & (self.kept >= IPV4.itemsize)
        self.is_ipv6 = (version == 6) & (self.kept >= IPV6.itemsize)
        self.ipv4, self.ipv6 = self.read(IPV4), self.read(IPV6)
        self._read_ip()
        self.total = numpy.where(self.total == 0, wire, self.total)
        self.end = numpy.minimum(self.total, self.kept)
        self.is_tcp = (self.is_ipv4 | self.is_ipv6) & (self.protocol == PROTOCOL_TCP) & ~self.is_later
        self.is_tcp &= (self.start >= IPV4.itemsize) & (self.end - self.start >= TCP.itemsize)
        self.is_summed = self.is_tcp & (self.end == self.total) & ~self.is_part

    def read(self, kind: numpy.dtype, start: numpy.ndarray | int = 0) -> numpy.ndarray:
        """Return a record for each packet, from this place in it on."""
        views = numpy.ndarray(len(self.data) - kind.itemsize + 1, f"V{kind.itemsize}", self.data, strides=(1,))
        return views[numpy.minimum(self.base + start, len(views) - 1)].view(kind)

    def _read_ip(self) -> None:
        ipv4, ipv6, six = self.ipv4, self.ipv6, self.is_ipv6
        self.start = numpy.where(six, IPV6.itemsize, (ipv4["first"] & 15) * 4).astype("int64")
        payload = ipv6["payload"].astype("int64")
        self.total = numpy.where(six, payload + IPV6.itemsize * (payload > 0), ipv4["total"]).astype("int64")
        self.protocol = numpy.where(six, ipv6["protocol"], ipv4["protocol"])
        self.is_later = ~six & (ipv4["fragment"] & FRAGMENT_OFFSET > 0)
        self.is_part = ~six & (ipv4["fragment"] & (FRAGMENT_OFFSET | MORE_FRAGMENTS) > 0)
        rows = numpy.flatnonzero(six)
        while len(rows):
            rows = self._step_over(rows)

    def _step_over(self, rows: numpy.ndarray) -> numpy.ndarray:
        """Step over an extension header of IPv6 in these rows; return those that had one."""
        goes_on = numpy.isin(self.protocol[rows], EXTENSIONS) & (self.start[rows] + 8 <= self.kept[rows])
        rows = rows[goes_on & ~self.is_later[rows]]
        at = self.base[rows] + self.start[rows]
        is_fragment = self.protocol[rows] == FRAGMENT
        offset = self.data[at + 2].astype("int64") << 8 | self.data[at + 3]
        self.is_later[rows] = is_fragment & (offset & FRAGMENT_OFFSET_6 > 0)
        self.is_part[rows] |= is_fragment
        self.protocol[rows] = self.data[at]
        self.start[rows] += numpy.where(is_fragment, 8, (self.data[at + 1].astype("int64") + 1) * 8)
        return rows

    def addresses(self, name: str) -> numpy.ndarray:
        """Return the source or the destination addresses as text."""
        found = numpy.full(len(self.base), None, dtype=object)
        for headers, is_there in ((self.ipv4, self.is_ipv4), (self.ipv6, self.is_ipv6)):
            size, packed = headers.dtype[name].itemsize, headers[name][is_there].tobytes()
            keys = [packed[at : at + size] for at in range(0, len(packed), size)]
            words = {key: address_text(key) for key in set(keys)}
            found[is_there] = [words[key] for key in keys]
        return found

    def checksums_are_right(self) -> numpy.ndarray:
        """Return whether each checksum is right; False where that cannot be said.

        A sum of 16-bit words is the sum of 32-bit words, modulo 0xffff; and
        it is 0 in either byte order (RFC 1071, 2).
        """
        rows = numpy.flatnonzero(self.is_summed)
        is_right = numpy.zeros(len(self.base), dtype=bool)
        if len(rows):
            is_right[rows] = (self._segment_sums(rows) + self._pseudo_sums(rows)) % 0xFFFF == 0
        return is_right

    def _segment_sums(self, rows: numpy.ndarray) -> numpy.ndarray:
        first, end = self.base[rows] + self.start[rows], self.base[rows] + self.end[rows]
        for place in range(WORD - 1):  # what follows in the last word does not count
            self.data[(end + place)[-end % WORD > place]] = 0
        edges = numpy.stack([first, end + WORD - 1], axis=1).ravel() // WORD
        return numpy.add.reduceat(self.data.view("<u4"), edges, dtype="u8")[::2]

    def _pseudo_sums(self, rows: numpy.ndarray) -> numpy.ndarray:
        sums = numpy.where(self.is_ipv6[rows], _address_sums(self.ipv6[rows]), _address_sums(self.ipv4[rows]))
        for row in numpy.flatnonzero(self.is_ipv4[rows] & (self.start[rows] > IPV4.itemsize)):
            at, start = self.base[rows[row]], self.start[rows[row]]
            header = self.data[at : at + start].tobytes()
            last = final_destination(header[IPV4.itemsize :], header[16:20])
            change = int.from_bytes(last, "little") - int.from_bytes(header[16:20], "little")
            sums[row] += change + 0xFFFF * 0x10002  # so much changes nothing, but the sum stays above 0
        length = (self.total - self.start)[rows]  # 32 bits in IPv6; its bytes exchanged, as those of all words here
        return sums + (PROTOCOL_TCP << 8) + (length & 0xFF) * 0x100 + (length >> 8 & 0xFF) + (length >> 16) * 0x100


def _address_sums(headers: numpy.ndarray) -> numpy.ndarray:
    """Return the sums of both addresses, as 32-bit words."""
    both = numpy.stack([headers["source"], headers["destination"]], axis=1)
    return both.reshape(len(headers), -1).view("<u4").sum(axis=1, dtype="u8")
