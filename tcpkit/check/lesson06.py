"""Lesson 06, tools_lie: one recall, five guesses, three exercises."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from tcpkit.capture import Packet
from tcpkit.check.exercise import Exercise, NotAsked
from tcpkit.check.live_talk import NO_CABLE
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import Sign, every, gives
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader, checksum, pseudo_header, unfinished_checksum
from tcpkit.wire.ipv4 import LOOPBACK

FULL = 0xFFFF
WRONG_SUM = 0x1234
PORT = 8006
PATIENCE_S = 0.2

recall = Recall(
    "6.0",
    right="b",
    wrong={
        "a": "A sum is the same in any order. Lesson 03 swapped two words 10,000 times, and the sum never changed.",
        "c": "Which words could make a sum depend on their order?",
    },
    meaning="Addition does not know an order: the sum stays the same, whatever the two words are.",
    what_if="",
    letters=3,
)

guess_right_sums = Guess(
    lambda packets: int(packets.table()["checksum_ok"].sum()) if len(packets) == 10 else None,
    Option("10", 10, "The page arrived, and ten checksums are not right. Which of the two do you believe?"),
    Option("5: those of one end", 5, "Both ends are written by the same kernel."),
    Option("0", 0, so="And the page arrived all the same."),
)
guess_sent_again = Guess(
    lambda moved: "refused" if "TcpInCsumErrors" in moved else "answered" if "TcpOutRsts" in moved else "silence",
    Option(
        "it is answered, like the first one", "answered", "Not one bit differs. So what differs is not in the bytes."
    ),
    Option("it is refused because of its checksum", "refused", so="The same bytes were accepted from the kernel."),
    Option("silence, and no counter moves", "silence", "This silence leaves a mark: TcpInCsumErrors has moved."),
)
guess_first_numbers = Guess(
    lambda numbers: (
        ("1, and it is 0" if numbers == {0} else "1, but not 0") if len(numbers) == 1 else str(len(numbers))
    ),
    Option("1, and it is 0", "1, and it is 0", "Your own SYN had 0, because you wrote 0. Wireshark subtracts."),
    Option("1, but not 0", "1, but not 0", "A number that anybody could guess would let strangers speak in your name."),
    Option("5", "5", so="The kernel draws a new number for each connection."),
)
guess_largest = Guess(
    lambda lengths: "1,448 bytes or less" if max(lengths) <= 1448 else "1,500" if max(lengths) <= 1500 else "far more",
    Option(
        "1,448 bytes or less", "1,448 bytes or less", "So it is on the cable. On `lo` we look before anything is cut."
    ),
    Option("1,500 bytes", "1,500", "1,500 bytes is the whole packet, headers included. Here nothing has been cut yet."),
    Option("far more", "far more", so="The kernel leaves the cutting to a card, and `lo` has none."),
)


# 6.1


def _kernels_fields(lab: object, exercise: Exercise) -> list[int]:
    """Return what the kernel leaves in its SYNs between addresses of lo; elsewhere the rule answers."""
    return [_kernels_field(lab, *ends) or exercise.right(*ends) for ends in exercise.inputs]


def _kernels_field(lab: object, source: str, destination: str, tcp_length: int) -> int | None:
    if tcp_length != 40 or not (source.startswith("127.") and destination.startswith("127.")):
        return None
    with lab.listen(PORT, destination), lab.socket() as client, lab.capture() as packets:
        client.bind((source, 0))
        client.connect((destination, PORT))
    syn = next(packet for packet in packets if packet.segment.flags == Flags.SYN)
    return syn.segment.checksum if syn.is_unfinished else None


def _words(*ends: object) -> int:
    """Return the sum of the pseudo-header's words, before the fold."""
    data = pseudo_header(*ends)
    return sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


unfinished = Exercise(
    "6.1 unfinished",
    right=lambda source, destination, tcp_length: FULL - checksum(pseudo_header(source, destination, tcp_length)),
    inputs=(
        *((LOOPBACK, LOOPBACK, 40), (LOOPBACK, LOOPBACK, 32), (LOOPBACK, LOOPBACK, 55), (LOOPBACK, LOOPBACK, 20)),
        *(("127.1.2.3", "127.200.0.9", 40), ("127.0.0.1", "127.3.3.3", 40), ("127.250.7.7", "127.9.8.7", 40)),
        *(("192.168.0.2", "192.168.0.7", 40), ("10.0.0.1", "10.0.0.2", 20), ("172.16.5.4", "192.168.77.1", 1480)),
    ),
    causes={
        "That is the checksum of the pseudo-header. The kernel has only added: every bit is turned over at the very end, "
        "and that is the step that is left out.": (
            *(lambda s, d, n: checksum(pseudo_header(s, d, n)), lambda s, d, n: ~_words(s, d, n) & FULL),
        ),
        "For 192.168.0.2 your sum has more than 16 bits. What is above them is added at the bottom, as in 3.1.": _words,
        "For 192.168.0.2 the carry is cut off. It is added at the bottom, as in 3.1.": lambda s, d, n: (
            _words(s, d, n) & FULL
        ),
    },
    signs={
        "That is another length than the pseudo-header of lesson 03 holds: it counts the TCP header and the data.": gives(
            *(lambda s, d, n, by=by: FULL - checksum(pseudo_header(s, d, n + by)) for by in (20, -20, 64 - 40))
        ),
        "That is right between 127.0.0.1 and itself. The addresses are in the sum as well.": every(
            lambda got, right, s, d, n: got in (0xFE30, 0xFE08 + n) and (s, d) != (LOOPBACK, LOOPBACK)
        ),
        "The number is right, and it is text. Return it as an int.": every(
            lambda got, right, *_: got.lower().removeprefix("0x").zfill(4) == f"{right:04x}", kind="str"
        ),
    },
    ask=_kernels_fields,
    builds=unfinished_checksum,
    to_build="Now say it with `tcpkit.checksum` and `tcpkit.pseudo_header`.",
    meaning="The kernel was asked: it left just these numbers in its own SYNs, between four pairs of addresses. Data and "
    "flags are not in them.",
    what_if="",
)


# 6.2: of each kind one packet that leaves by lo, and one that comes in over a cable

SUMS = ("right", "damaged", "unfinished", "zero")
LENGTHS = (0, 20, 44)  # of data: the TCP length is 20 more
LEAVES, COMES = (LOOPBACK, LOOPBACK), ("10.0.0.2", "10.0.0.1")


def _summed(which: str, length: int, ends: tuple[str, str], source_port: int) -> Packet:
    """Return a SYN with so much data, and a checksum of this kind."""
    segment = Segment(TCPHeader(source_port, PORT, flags=Flags.SYN), bytes(length))
    half = unfinished_checksum(*ends, len(bytes(segment)))
    sums = {"right": segment.with_checksum(*ends).checksum, "damaged": WRONG_SUM, "unfinished": half, "zero": 0}
    data = bytes(Segment(replace(segment.header, checksum=sums[which]), segment.data))
    return Packet(0, bytes(IPv4Header.carrying(data, *ends)) + data)


def _is_right(packet: Packet) -> bool:
    return packet.segment.with_checksum(packet.source, packet.destination).checksum == packet.segment.checksum


def _is_half(packet: Packet) -> bool:
    length = len(bytes(packet.segment))
    return packet.segment.checksum == unfinished_checksum(packet.source, packet.destination, length)


def _refused_by_kernel(lab: object, exercise: Exercise) -> list[bool]:
    """Return which packets the kernel of a lab of its own does not answer; of those that leave, what the rule says."""
    if lab.kind == "direct":
        raise NotAsked(NO_CABLE)
    answered = set()
    with type(lab)("namespace") as own:
        me = own.host(COMES[0])
        with own.listen(PORT, me.gateway):
            for packet, direction in exercise.inputs:
                if direction == "in":
                    me.send(packet.data)
            with suppress(TimeoutError):
                while True:
                    answered.add(Packet(0, me.recv(PATIENCE_S)).segment.destination_port)
    return [
        packet.segment.source_port not in answered if direction == "in" else exercise.right(packet, direction)
        for packet, direction in exercise.inputs
    ]


is_really_wrong = Exercise(
    "6.2 is_really_wrong",
    right=lambda packet, direction: not _is_right(packet) and (direction == "in" or not _is_half(packet)),
    inputs=tuple(
        (_summed(which, length, ends, 20_000 + number), direction)
        for direction, ends in (("out", LEAVES), ("in", COMES))
        for number, (length, which) in enumerate((length, which) for length in LENGTHS for which in reversed(SUMS))
    ),
    causes={
        "So every packet that a machine with a modern card sends would be broken. What does the kernel leave in the field "
        "of a packet that goes out?": lambda p, d: not _is_right(p),
        "Every packet that goes out passes, even one with 0x1234 in its field. No card mends that: which number may stand "
        "there?": lambda p, d: d == "in" and not _is_right(p),
        "An unfinished sum passes also on a packet that came in. That packet has crossed a cable, and nobody finished its "
        "sum. The kernel refused such a packet in section 2.": lambda p, d: not (_is_right(p) or _is_half(p)),
        'The two directions are exchanged: "out" means that a card comes after us.': lambda p, d: (
            not _is_right(p) and (d == "out" or not _is_half(p))
        ),
        "0xfe30 is right for 40 bytes between 127.0.0.1 and itself. For other lengths ask `tcpkit.unfinished_checksum`.": (
            lambda p, d: not _is_right(p) and (d == "in" or p.segment.checksum not in (0xFE30, 0xFE28, 0xFE3F, 0xFE2E))
        ),
        "An unfinished field is not empty: it holds the sum of the pseudo-header, not 0.": lambda p, d: (
            not _is_right(p) and (d == "in" or p.segment.checksum != 0)
        ),
        "It says True of packets whose checksum is right, and False of the others.": lambda p, d: _is_right(p),
    },
    signs={
        "A packet whose checksum is right is not wrong, whatever its direction.": every(
            lambda got, right, p, d: got and not right and _is_right(p)
        ),
    },
    ask=_refused_by_kernel,
    meaning="The kernel of a lab of its own was asked about the twelve packets that came in: it answered the three whose "
    "checksum is right, and no other.",
    what_if="",
)

# 6.3

FIELDS = {  # whose byte it is, and which; the two checksums follow from the others
    "IP's length, 84": (2, 3),
    "IP's id: 7212 here": (4, 5),
    "IP's flags: only DF, do not fragment, is set here": (6, 7),
    "IP's first line of fields, or ttl or protocol: leave them to Scapy": (0, 1, 8, 9),
    "the addresses, both 127.0.0.1": range(12, 20),
    "the ports: 8989 first, then `port`": range(20, 24),
    "TCP's seq and ack, both 0": range(24, 32),
    "TCP's flags: only SYN is set": (32, 33),
    "TCP's window: 0 here, and 8192 if you leave it to Scapy": (34, 35),
    "TCP's urgent pointer, 0": (38, 39),
}
CHECKSUMS = {10, 11, 36, 37}


def _first_is_in(places: object) -> Sign:
    """Return a sign: of all bytes but the checksums', the first one that differs is one of these."""

    def predicate(got: bytes, right: bytes, *_: object) -> bool:
        pairs = enumerate(zip(got, right, strict=True))
        return next(at for at, (mine, true) in pairs if mine != true and at not in CHECKSUMS) in places

    return every(predicate)


def _bytes_of(answer: object, port: int) -> object:
    """Return the bytes of the packet that the answer returns, or what else it returns."""
    packet = answer(port)
    return bytes(packet) if hasattr(packet, "fields_desc") else packet


def _story(port: int) -> bytes:
    segment = Segment(TCPHeader(8989, port, flags=Flags.SYN), bytes(44)).with_checksum(LOOPBACK, LOOPBACK)
    return bytes(IPv4Header.carrying(bytes(segment), LOOPBACK, LOOPBACK, identification=7212)) + bytes(segment)


scapy_syn = Exercise(
    "6.3 scapy_syn",
    right=_story,
    inputs=((8000,), (8002,)),
    play=_bytes_of,
    signs={
        "40 bytes, and the story's packet has 84: the 44 zero bytes of data are missing.": every(
            lambda got, right, port: len(got) == 40
        ),
        "The story's packet has 84 bytes: 20 of IP, 20 of TCP and 44 of data. Yours has another length.": every(
            lambda got, right, port: len(got) != 84
        ),
        "The 44 bytes of data are not all zero: `bytes(44)` makes 44 zero bytes, and the character 0 is 0x30.": every(
            lambda got, right, port: got[:40] != right[:40] and got[40:] != right[40:]
        ),
        "A checksum that is typed in is right for one port only. Leave `chksum` out: Scapy computes it.": every(
            lambda got, right, port: {at for at in range(84) if got[at] != right[at]} <= CHECKSUMS
        ),
        **{
            f"The first byte that differs from the story's is one of {name}.": _first_is_in(places)
            for name, places in FIELDS.items()
        },
    },
    meaning="Byte for byte the story's packet. Scapy computed two lengths, the data offset and two checksums for you.",
    what_if="",
)
