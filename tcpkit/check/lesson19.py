"""Lesson 19, containers: one recall, four guesses, and three exercises: a cable, a proxy, rewritten packets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tcpkit.check.carrying import CarryingExercise
from tcpkit.check.lesson19_cable import built
from tcpkit.check.lesson19_copying import SHUT_WR, copied
from tcpkit.check.lesson19_rewriting import CAME, SLIPS, packet_of, rewritten, with_addresses, with_exchanged_sums
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.questions import Guess, LettersGuess, NotSeen, Option, Recall
from tcpkit.check.signs import Predicate, Sign, every
from tcpkit.check.values import Plain, show
from tcpkit.wire import Flags

recall = Recall(
    "19.0",
    right="b",
    wrong={
        "a": "Your program sent bytes through a raw socket. The kernel holds no connection for port 9191.",
        "c": "The SYN-ACK reaches a kernel that knows of no such connection, and that kernel says so.",
    },
    meaning="The kernel at 127.0.0.1:9191 knows of no connection there, and refuses the SYN-ACK.",
    letters=3,
)

guess_localhost = Guess(
    lambda replies: " and ".join(f"`{flags}`" for flags in replies) if len(replies) == 2 else None,
    Option(
        "`S.` and `S.`", "`S.` and `S.`", "It is one kernel, but it looks up a listener by network: the box has none."
    ),
    Option("`S.` and `R.`", "`S.` and `R.`", so="One kernel, and two tables of sockets."),
    Option("`S.` and nothing", "`S.`", "Closed, and not silent: the box has a lo of its own, and a whole TCP."),
)

MAY, MAY_NOT = "may", "PermissionError: [Errno 1] Operation not permitted"
STORED = "\n".join(f"{number}: {line}" for number, line in enumerate((MAY, MAY_NOT, MAY, MAY_NOT), start=1))


def _rights(said: Sequence[str]) -> list[str] | None:
    odd = next((line for line in said if line not in (MAY, MAY_NOT)), "")
    if odd:
        raise NotSeen(f"one of the four could not be tried here ({odd[:90]}). Elsewhere the four lines are:\n{STORED}")
    return ["".join("y" if line == MAY else "n" for line in said)] if len(said) == 4 else None


guess_rights = LettersGuess(
    _rights,
    sentences=(
        "1: an ordinary user may: the lab gives its programs the right CAP_NET_RAW. The number does not matter.",
        "2: root of a new list of users has all rights, but not over this network: it belongs to the lab's list.",
        "3: this root has a network of its own, and all rights over it.",
        "4: the same user without that right may not.",
    ),
    allowed="yn",
    form='Write four letters, "y" or "n", such as "nnyy".',
    so="What counts is a right, and over which network. The number of the user does not matter.",
    show=lambda letters: " ".join(letters),
)


def _connections(captures: Sequence[Any]) -> int | None:
    begins = [packet for packets in captures for packet in packets if packet.segment.flags == Flags.SYN]
    return len(begins) or None


guess_connections = Guess(
    _connections,
    Option("1", 1, "There are two handshakes, with two sets of numbers. Only the bytes are the same."),
    Option("2", 2, so="Two handshakes, with two sets of numbers. Only the bytes are the same."),
)
guess_caller = Guess(
    lambda said: said.removeprefix("you are ") if said.startswith("you are ") else None,
    Option("127.0.0.1", "127.0.0.1", "The client's connection ends at the proxy; 127.0.0.1 never leaves lo."),
    Option("172.17.0.1", "172.17.0.1", so="The server sees who called it: the proxy, through web0."),
)


def _shows(got: Plain) -> str:
    """Return what was seen, as words; any other value as it is."""
    return ", ".join(got.python[1:]) if got.family == "sequence" and got.python[:1] == ("seen",) else show(got)


def saw(*facts: str) -> Sign:
    """Return a sign: each wrong value tells one of these facts."""
    return every(lambda got, *_: not {*facts}.isdisjoint(got[1:]), kind="sequence")


ASKS = "The question who has 172.17.0.2 gets no answer: after 3 s, error 113."
ROUTE = "The kernel refuses at once, error 101: without an address and a link that is up there is no route."
build = LiveExercise(
    "19.1 build",
    right=lambda path: [
        ("lab", f"ip link add web0 type veth peer name eth0 netns {path}"),
        ("lab", "ip addr add 172.17.0.1/24 dev web0"),
        ("lab", "ip link set web0 up"),
        ("box", "ip addr add 172.17.0.2/24 dev eth0"),
        ("box", "ip link set eth0 up"),
    ],
    inputs=(("box",), ("another box",)),
    converse=built,
    signs={
        'Each command is a pair: where it is given, and its text, such as ("lab", "ip link set web0 up").': saw(
            "no pairs"
        ),
        'A command is given in "lab" or in "box": write one of the two first.': saw("where"),
        "Begin each command with `ip`: the pair says already in which network it is given, and it needs no root.": saw(
            "no ip"
        ),
        "Write one command in each pair: no shell takes the line apart.": saw("two"),
        "Write the commands without options: each pair already says in which network it is given.": saw("option"),
        "Take `ip link` and `ip addr`: no other command is needed, and no other is run here.": saw("object"),
        "Behind `netns` belongs the name of the box, which is the argument `path`: write an f-string.": saw("no netns"),
        "You name a device before `ip link add` has made it.": saw("too early"),
        "No cable was made: `ip link add` makes both ends of one, of type veth.": saw("no cable"),
        "Both ends are in the lab: say with `netns` where the other end goes.": saw("both here"),
        "Both ends are in the box: make the cable in the lab, and its other end goes to the box.": saw("both there"),
        "In the lab the kernel says that it cannot find that device: this end moved to the box.": saw("moved"),
        "172.17.0.2 is your own end: the addresses are the wrong way round.": saw("swapped"),
        "Both ends have the same address: the lab only talks to itself.": saw("same"),
        "An address without /24 has no network around it, and so there is no route to the other end.": saw("no length"),
        f"The lab's end has no address. {ROUTE}": saw("no lab address"),
        "The lab's end has another address than 172.17.0.1.": saw("lab address"),
        f"The lab's end is not up. {ROUTE}": saw("lab down"),
        f"The box's end has no address. {ASKS}": saw("no box address"),
        "The box has an address of another network: the ends are on one cable, and in two networks.": saw(
            "box network"
        ),
        "The box's end has another address than 172.17.0.2.": saw("box address"),
        f"The box's end is not up. {ASKS}": saw("box down"),
    },
    limit_s=8.0,
    gave="we saw:",
    shows=_shows,
    judge=lambda right: "The lab has to reach 172.17.0.2:5432.",
    meaning="A cable with two ends, each with an address, each up. The lab called the box, and was answered.",
)


def _copy(source: Any, target: Any) -> None:
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(SHUT_WR)


copy = LiveExercise(
    "19.2 copy",
    right=_copy,
    inputs=((70_000, 90_000), (5, 5_000)),
    converse=copied,
    signs={
        "You read from the target. Read from the source, and write to the target.": saw("exchanged"),
        'At the end `recv` returns b"", and goes on returning it for ever: leave the loop there.': saw("for ever"),
        "You end the source. The end belongs to the target: its reader waits to hear that all has come.": saw(
            "wrong end"
        ),
        "You close a connection. The answer has to come back on it: end one direction only (lesson 09).": saw("closes"),
        "You end both directions. The answer has to come back: SHUT_WR ends one.": saw("both"),
        "You end the target, and then send more. Pass the end on once, behind the loop.": saw("late"),
        "You read on before you have passed on what you have. A client that waits for an answer waits for ever.": (
            saw("keeps")
        ),
        'You copy one piece. One recv is not one send: there is more until recv returns b"" (lesson 08).': saw(
            "one recv"
        ),
        'You stop before recv returned b"". A short piece does not mean the last one.': saw("short", "one recv"),
        "You never pass the end on. The server waits for more, and the client waits for the server.": saw("no end"),
        "You call `recv` nowhere, and so no byte is copied.": saw("nothing"),
        "`send` may take a part of the bytes only; it returns how many. `sendall` sends all of them.": saw("part"),
    },
    limit_s=8.0,
    gave="we saw:",
    shows=_shows,
    meaning="70,000 bytes there, the end, 90,000 back, the end: the same bytes, through two connections.",
)


def _rewrite(packet: bytes, source: str, destination: str) -> bytes:
    return with_addresses(packet, source, destination)


def _is_checksum(at: Callable[[bytes], int]) -> Predicate:
    """Return a predicate: nothing but this checksum is wrong."""

    def predicate(got: bytes, right: bytes, *_: object) -> bool:
        place = at(right)
        return len(got) == len(right) and got[:place] + got[place + 2 :] == right[:place] + right[place + 2 :]

    return predicate


rewrite = CarryingExercise(
    "19.3 rewrite",
    right=_rewrite,
    inputs=(
        (packet_of("10.0.0.1", "10.0.0.2", b"hello"), "10.9.0.2", "10.9.0.1"),
        (packet_of("10.9.0.1", "10.9.0.2", bytes((10, 9, 0, 1)) + b" are its first bytes"), "10.0.0.2", "10.0.0.1"),
        (packet_of("192.0.2.9", "192.0.2.1", b"", bytes.fromhex("94040000")), "192.0.2.9", "172.17.0.2"),
    ),
    causes=SLIPS,
    signs={
        "Your packet has another length. Only two addresses and two sums change, and each keeps its length.": (
            lambda got, right, *_: len(got) != len(right)
        ),
        "The bytes of a checksum are exchanged. Network order has the high byte first (lesson 01).": (
            lambda got, right, *_: got in with_exchanged_sums(right)
        ),
        "Only IP's checksum, bytes 10 and 11, is wrong.": _is_checksum(lambda right: 10),
        "Only TCP's checksum, bytes 16 and 17 of the segment, is wrong.": (
            _is_checksum(lambda right: (right[0] & 15) * 4 + 16)
        ),
    },
    carry=rewritten,
    came=CAME,
    meaning="New addresses, and both sums fit them.",
)
