"""What lesson 18 judges by: keys of packets, sockets as the kernel writes them, and eight conversations that it saw."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import IPv4Address
from numbers import Integral
from typing import Any

from tcpkit.check.exercise import Exercise, NotAsked
from tcpkit.check.values import Plain, show, show_size
from tcpkit.wire import conversation
from tcpkit.wire.ipv4 import LOOPBACK

Row = tuple[str, int, str, int]  # of a packet: src, sport, dst, dport

# Keys

A, B, C = LOOPBACK, "127.0.0.2", "127.0.0.3"
BUSY = [(A, 40001, A, 8000), (A, 40002, A, 6379), (A, 40003, A, 6379)]  # the conversations of the eight programs
BUSY += [(A, port, A, 9000) for port in (40004, 40005, 40006)] + [(A, port, A, 9100) for port in range(40010, 40015)]
QUESTIONS = [
    BUSY,
    [(A, 40002, A, 6379), (A, 6379, B, 40002), (A, 40002, B, 6379)],
    [(A, 7000, B, 7000), (A, 7000, C, 7000), (B, 7000, C, 7000)],
    [(A, 40001, A, 8002), (A, 40002, A, 8001), (A, 4000, A, 600), (A, 6000, A, 400)],
    [(B, 40001, A, 8000), (C, 40001, A, 8000), (A, 40005, A, 8000), (A, 40005, A, 9000)],
    [(A, 12345, A, 80), ("127.0.0.11", 2345, A, 80)],
]


def both_ways() -> tuple[tuple[tuple[Row, ...]], ...]:
    """Return the inputs: each packet of `QUESTIONS`, and its answer."""
    return tuple((tuple(each for row in rows for each in (row, (*row[2:], *row[:2]))),) for rows in QUESTIONS)


def keys_of(answer: Callable[..., object], packets: tuple[Row, ...]) -> object:
    """Return for each packet which key it has, counted from 0; what can be no key is returned itself, or its kind."""
    numbers: dict[object, int] = {}
    keys = [answer(*packet) for packet in packets]
    for key in keys:
        if key is None or key is ... or show_size(key):
            return key
        if type(key) in (list, set, dict):
            return f"a {type(key).__name__}"
        numbers.setdefault(key, len(numbers))
    return tuple(numbers[key] for key in keys)


def count_keys(keys: Plain) -> str:
    """Return in words how many keys there are, and how many answers have another one than their question."""
    if keys.family != "sequence":
        return show(keys)
    numbers: tuple[int, ...] = keys.python  # type: ignore[assignment]
    apart = sum(one != other for one, other in zip(numbers[::2], numbers[1::2], strict=True))
    told = f"in {apart} of {len(numbers) // 2} conversations the answer has another key than the question"
    return f"{len(set(numbers))} different keys{f' ({told})' * bool(apart)}"


KEYS: dict[str, Any] = {  # wrong ones
    "Your key depends on who sends: a question and its answer get two keys. That makes 22 keys for the 11 "
    "conversations in your capture.": lambda src, sport, dst, dport: (src, sport, dst, dport),
    "Your key does not say which port belongs to which address. 127.0.0.1:40002 with 127.0.0.2:6379, and "
    "127.0.0.1:6379 with 127.0.0.2:40002, get one key.": lambda src, sport, dst, dport: (
        *sorted([src, dst]),
        *sorted([sport, dport]),
    ),
    "Your key holds the lower port only, which is the service. The three friends get one key.": (
        lambda src, sport, dst, dport: min(sport, dport)
    ),
    "Your key holds the higher port only. Programs with other addresses may use the same port.": (
        lambda src, sport, dst, dport: max(sport, dport)
    ),
    "Your key holds no address. Programs with other addresses may use the same two ports.": (
        lambda src, sport, dst, dport: (min(sport, dport), max(sport, dport))
    ),
    "Your key holds no port: all that is said within 127.0.0.1 gets one key.": (
        *(lambda src, sport, dst, dport: (src, dst), lambda src, sport, dst, dport: (min(src, dst), max(src, dst))),
    ),
    "The lower port decides what comes first. If both ports are the same, your key depends on who sends: then the "
    "address must decide.": lambda src, sport, dst, dport: (
        (src, sport, dst, dport) if sport < dport else (dst, dport, src, sport)
    ),
    "The address decides what comes first. If both addresses are the same, your key depends on who sends: then "
    "the port must decide.": lambda src, sport, dst, dport: (
        (src, sport, dst, dport) if src < dst else (dst, dport, src, sport)
    ),
    "You write address and port without anything between them: 127.0.0.1 with 12345 reads like 127.0.0.11 with 2345.": (
        lambda src, sport, dst, dport: (
            min(f"{src}{sport}", f"{dst}{dport}"),
            max(f"{src}{sport}", f"{dst}{dport}"),
        )
    ),
    "You make one number of the two ports, and different conversations get the same number.": (
        *(lambda src, sport, dst, dport: sport + dport, lambda src, sport, dst, dport: sport * dport),
        lambda src, sport, dst, dport: (min(src, dst), max(src, dst), sport + dport),
        lambda src, sport, dst, dport: (min(src, dst), max(src, dst), sport * dport),
    ),
}


# The kernel's way to write an address

OTHER_ORDER = (
    "This machine keeps the high byte of a number first, and the texts of this exercise come from one that keeps the "
    "low byte first. Go on with the next cell."
)


def kernel_texts() -> tuple[tuple[str], ...]:
    """Return twelve ends as a kernel writes them that keeps the low byte first."""
    chance = random.Random(18)
    ends = [(LOOPBACK, 8000), ("127.4.0.9", 6379), (LOOPBACK, 20_480)]
    for _ in range(9):
        host = f"127.{chance.randrange(1, 256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        ends.append((host, chance.randrange(1_024, 65_536)))
    return tuple((f"{IPv4Address(host).packed[::-1].hex().upper()}:{port:04X}",) for host, port in ends)


def written_by_kernel(lab: Any, exercise: Exercise) -> list[object]:
    """Return the ends of sockets that the kernel writes as the inputs say; they are opened in a lab of their own."""
    ends = [exercise.right(*given) for given in exercise.inputs]  # type: ignore[operator]
    with type(lab)(lab.kind) as own, ExitStack() as opened:
        for address, port in ends:
            opened.enter_context(own.listen(port, address))
        lines = own.run("cat /proc/net/tcp").output.splitlines()
    if not {text for (text,) in exercise.inputs} <= {line.split()[1] for line in lines}:
        raise NotAsked(OTHER_ORDER)
    return ends


def end_from(form: str = "d", turn: int = -1, port: Callable[[str], int] = lambda text: int(text, 16)) -> Any:
    """Return an answer that writes an address in this form, from its last byte on, or with `turn` 1 from the first."""
    return lambda text: (".".join(format(byte, form) for byte in bytes.fromhex(text[:8])[::turn]), port(text[9:]))


def turned(port: str) -> int:
    """Return the port with its two bytes exchanged."""
    return int.from_bytes(bytes.fromhex(port), "little")


# Eight conversations

NO_DELAY = 6, 1  # Linux: IPPROTO_TCP, TCP_NODELAY
WAIT_FOR_ALL = 0x100  # MSG_WAITALL
BYTES, PACKETS = (LOOPBACK, 41002, 7002), (LOOPBACK, 41003, 7003)  # who has most of them
ONE_WAY, LARGE, SILENT = (LOOPBACK, 41001, 7001), (LOOPBACK, 41005, 7005), (LOOPBACK, 41006, 7006)
FRIENDS = [("127.0.0.2", 41004, 7004), ("127.0.0.3", 41004, 7004), ("127.0.0.4", 41004, 7004)]
TALKS = {  # the caller's address and port, the service: how many pieces, their size, the size of the answer to each
    ONE_WAY: (30, 10_000, 0),
    BYTES: (100, 2_000, 2_000),
    PACKETS: (700, 10, 0),
    **dict.fromkeys(FRIENDS, (18, 10_000, 0)),
    LARGE: (1, 65_000, 0),
    SILENT: (0, 0, 0),
}


@functools.lru_cache(maxsize=1)  # the answers of one check get copies of it
def eight_conversations(lab: Any) -> Any:
    """Return the table of a capture of `TALKS`."""
    with ExitStack() as opened:
        services = {port: opened.enter_context(lab.listen(port)) for port in {port for _, _, port in TALKS}}
        with lab.capture() as packets:
            for (address, port, service), (pieces, size, answered) in TALKS.items():
                caller = opened.enter_context(lab.socket())
                caller.setsockopt(*NO_DELAY, 1)  # small pieces are not joined
                caller.bind((address, port))
                caller.connect((LOOPBACK, service))
                server = opened.enter_context(services[service].accept()[0])
                for _ in range(pieces):
                    _say(caller, server, size)
                    _say(server, caller, answered)
    if packets.dropped:
        raise ValueError(f"{packets.dropped} packets were dropped")
    return packets.table()


def _say(sender: Any, receiver: Any, size: int) -> None:
    if size:
        sender.sendall(bytes(size))
        receiver.recv(size, WAIT_FOR_ALL)


def ask_for_chattiest(lab: Any, answer: Callable[..., object], table: str, by: str) -> object:
    """Return the two ends that an answer names, in their order, however it puts them together."""
    rows = eight_conversations(lab)
    got = answer(PARTS[table](rows).copy(), by)
    try:
        parts = [*got]  # type: ignore[misc]
        ends = [(parts[0], parts[1]), (parts[2], parts[3])] if len(parts) == 4 else [tuple(part) for part in parts]
        if len(ends) == 2 and all(isinstance(port, Integral) for _, port in ends):
            return tuple(sorted(ends))
    except Exception:  # it is something else than two ends
        pass
    return got


EIGHT, NO_DATA, ONE, NONE_AT_ALL = "eight conversations", "packets without data", "one packet", "no packets"
PARTS: dict[str, Callable[[Any], Any]] = {  # of the capture
    EIGHT: lambda rows: rows,
    NO_DATA: lambda rows: rows[rows["length"] == 0],
    ONE: lambda rows: rows.tail(1),
    NONE_AT_ALL: lambda rows: rows.head(0),
}


def biggest(
    how: str = "", key: Callable[..., object] = conversation, of: Callable[[Any], Any] = lambda groups: groups.idxmax()
) -> Any:
    """Return an answer for `ask_for_chattiest`: `how` bytes are put together where `by` does not decide."""

    def answer(table: Any, by: str) -> object:
        if len(table) == 0:
            return None
        keys = [key(*row) for row in zip(table["src"], table["sport"], table["dst"], table["dport"], strict=True)]
        numbers = {each: number for number, each in enumerate(dict.fromkeys(keys))}  # pandas would take keys apart
        lengths = table["length"].groupby([numbers[each] for each in keys])
        return of(lengths.agg(how or {"bytes": "sum", "packets": "size"}[by]).rename(dict(enumerate(numbers))))

    return answer
