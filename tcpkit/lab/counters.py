"""What the kernel counted: segments in and out, errors, resets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SECTIONS = {"Tcp": "Tcp", "TcpExt": "TcpExt"}  # in /proc/net/snmp and /proc/net/netstat
NOT_COUNTERS = {"TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab"}


class Counters(Mapping[str, int]):
    """The kernel's TCP counters by name; a difference holds only what moved.

    >>> before = Counters({"TcpInSegs": 7, "TcpInErrs": 0})
    >>> Counters({"TcpInSegs": 8, "TcpInErrs": 1}) - before
    TcpInSegs +1  TcpInErrs +1
    """

    def __init__(self, values: Mapping[str, int]) -> None:
        self._values = dict(values)

    @classmethod
    def parse(cls, *tables: str) -> Counters:
        """Return the counters in the text of /proc/net/snmp or netstat.

        Each section is a line of names and a line of values.
        """
        values: dict[str, int] = {}
        for table in tables:
            lines = table.splitlines()
            for names, numbers in zip(lines[::2], lines[1::2], strict=True):
                section, _, names = names.partition(":")
                if section in SECTIONS:
                    counts = map(int, numbers.partition(":")[2].split())
                    values |= {section + name: count for name, count in zip(names.split(), counts, strict=True)}
        return cls({name: count for name, count in values.items() if name not in NOT_COUNTERS})

    def __sub__(self, before: Counters) -> Counters:
        moved = {name: count - before.get(name, 0) for name, count in self.items()}
        return Moved({name: count for name, count in moved.items() if count})

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return "  ".join(f"{name} {count}" for name, count in self.items() if count) or "every counter is 0"


class Moved(Counters):
    """Only the counters that moved, and by how much."""

    def __repr__(self) -> str:
        return "  ".join(f"{name} {count:+d}" for name, count in self.items()) or "no counter moved"
