"""Lesson 06, tools_lie: one recall, four guesses, three exercises."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tcpkit.capture import Packet
from tcpkit.check.call import Function
from tcpkit.check.exercise import Exercise, NotAsked
from tcpkit.check.live_talk import NO_CABLE
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import Predicate, Sign, every, gives
from tcpkit.check.values import show_hex
from tcpkit.wire import MSS, Flags, IPv4Header, Segment, TCPHeader, checksum, pseudo_header, unfinished_checksum
from tcpkit.wire.ipv4 import LOOPBACK

PORT = 8006

recall = Recall(
    "6.0",
    right="b",
    wrong={
        "a": "A sum is the same in any order. Lesson 03 swapped two words 10,000 times, and the sum never changed.",
        "c": "Which words could make a sum depend on their order?",
    },
    meaning="Addition does not know an order: the sum stays the same, whatever the two words are.",
    letters=3,
)

guess_fields = Guess(
    lambda packets: len({packet.segment.checksum for packet in packets}) if len(packets) == 10 else None,
    Option("1: it is 0", 1, "The kernel has not finished the checksums, but it has begun: none of these fields is 0."),
    Option("4", 4, so="Several packets share a number. What else do they share?"),
    Option("10", 10, "The packets differ in flags, numbers and data, and yet some of them have the same number here."),
)
guess_sent_again = Guess(
    lambda moved: "dropped" if "TcpInCsumErrors" in moved else "answered" if "TcpOutRsts" in moved else "silence",
    Option("it is answered, like the first one", "answered", "Not one bit differs. So the difference is elsewhere."),
    Option("it is dropped because of its checksum", "dropped", so="The kernel took the same bytes from itself."),
    Option("silence, and no counter moves", "silence", "Nothing comes back, but a counter moved: TcpInCsumErrors."),
)
guess_first_numbers = Guess(
    lambda numbers: len(numbers) if len(numbers) != 1 else f"1, {'and it is' if 0 in numbers else 'but not'} 0",
    Option("1, and it is 0", "1, and it is 0", "Your own SYN had 0, because you wrote 0. Wireshark subtracts."),
    Option("1, but not 0", "1, but not 0", "A stranger who guesses it can send segments in your name (lesson 21)."),
    Option("5", 5, so="The kernel picks a new number for each connection."),
)
AT_MOST, WHOLE, MORE = "1,448 bytes or less", "1,500 bytes", "far more"
guess_largest = Guess(
    lambda lengths: AT_MOST if max(lengths) <= 1448 else WHOLE if max(lengths) <= 1500 else MORE,
    Option(AT_MOST, AT_MOST, "This is true on a cable. On `lo` we look before anything is cut."),
    Option(WHOLE, WHOLE, "1,500 bytes is a whole packet, headers included, and here nothing has been cut yet."),
    Option(MORE, MORE, so="The kernel leaves the cutting to a card, and `lo` has none."),
)

# 6.1: its rule is tcpkit's, said without it


def _half(source: str, destination: str, tcp_length: int) -> int:
    return 0xFFFF - checksum(pseudo_header(source, destination, tcp_length))


def _whole(source: str, destination: str, tcp_length: int) -> int:
    segment = Segment(TCPHeader(8989, 8000, flags=Flags.SYN), bytes(tcp_length - 20))
    return segment.with_checksum(source, destination).checksum


def _total(*ends: object) -> int:
    return sum(struct.unpack("!6H", pseudo_header(*ends)))  # before the fold


def _kernels_fields(lab: object, exercise: Exercise) -> list[int]:
    """Return what the kernel leaves in its SYNs between addresses of lo; elsewhere what the rule says."""
    with type(lab)(lab.kind) as own:
        return [_kernels_field(own, *ends) or exercise.right(*ends) for ends in exercise.inputs]


def _kernels_field(lab: object, source: str, destination: str, tcp_length: int) -> int | None:
    if tcp_length != 40 or not source.startswith("127."):
        return None
    with lab.listen(PORT, destination), lab.socket() as client, lab.capture() as packets:
        client.bind((source, 0))
        client.connect((destination, PORT))
    return packets[0].segment.checksum if packets[0].is_unfinished else None


unfinished = Exercise(
    "6.1 unfinished",
    right=_half,
    inputs=(
        *((LOOPBACK, LOOPBACK, 40), (LOOPBACK, LOOPBACK, 32), (LOOPBACK, LOOPBACK, 55), (LOOPBACK, LOOPBACK, 20)),
        *(("127.1.2.3", "127.200.0.9", 40), ("127.0.0.1", "127.3.3.3", 40), ("127.250.7.7", "127.9.8.7", 40)),
        *(("192.168.0.2", "192.168.0.7", 40), ("10.0.0.1", "10.0.0.2", 20), ("172.16.5.4", "192.168.77.1", 1480)),
    ),
    causes={
        "That is the checksum of the pseudo-header. The kernel has only added and folded: the last step, which flips "
        "every bit, is left out.": (lambda s, d, n: 0xFFFF - _half(s, d, n), lambda s, d, n: ~_total(s, d, n) & 0xFFFF),
        "For 192.168.0.2 your sum has 17 bits. Add what is above the lowest 16 at the bottom, as in 3.1.": _total,
        "For 192.168.0.2 the carry is cut off. Add it at the bottom, as in 3.1.": lambda *ends: _total(*ends) & 0xFFFF,
        "The header and the data are not in it: segments of one length have one number, whatever they say.": _whole,
        "0xfe08 + length is right from 127.0.0.1 to itself only: the addresses count too.": lambda s, d, n: 0xFE08 + n,
    },
    signs={
        "The pseudo-header of lesson 03 holds another length: that of the TCP header and the data.": gives(
            *(lambda s, d, n, by=by: _half(s, d, n + by) for by in (20, -20))
        ),
        "Your number is negative, as `~` gives in Python. `0xFFFF - ...` flips 16 bits.": lambda got, *_: got < 0,
        "The number is right, as text. Return an int.": every(lambda got, right, *_: int(got, 16) == right, kind="str"),
    },
    ask=_kernels_fields,
    builds=unfinished_checksum,
    shows=show_hex,
    to_build="Now say it with `tcpkit.checksum` and `tcpkit.pseudo_header`.",
    meaning="The kernel left these numbers in its own SYNs, between four pairs of addresses. No data is in them.",
)

# 6.2: of each kind of checksum some packets that leave by lo, and some that come in over a cable


def _syns(*ends: str) -> Iterator[Packet]:
    """Yield SYNs with data, or an option: each with 0 in the field, unfinished, half of it, damaged, and right."""
    for size, options in ((20, ()), (0, (MSS(1460),)), (44, ())):
        numbers = 0, _half(*ends, 20 + 4 * len(options) + size), _half(*ends, size), 0x1234, None
        for port, number in enumerate(numbers, start=20_000 + 10 * size):
            header = TCPHeader(port, PORT, flags=Flags.SYN, checksum=number or 0, options=options)
            segment = Segment(header, bytes(size))
            data = bytes(segment.with_checksum(*ends) if number is None else segment)
            yield Packet(0, bytes(IPv4Header.carrying(data, *ends)) + data)


def _is_right(packet: Packet) -> bool:
    return packet.segment.with_checksum(packet.source, packet.destination).checksum == packet.segment.checksum


def _is_half(packet: Packet, size: int | None = None) -> bool:
    size = len(bytes(packet.segment)) if size is None else size
    return packet.segment.checksum == _half(packet.source, packet.destination, size)


def _unless(going: Function, coming: Function = lambda packet: False) -> Function:
    """Return a wrong answer: True of a checksum that is not right, unless it passes on its way out, or in."""
    return lambda packet, direction: not (_is_right(packet) or (going if direction == "out" else coming)(packet))


def _refused_by_kernel(lab: object, exercise: Exercise) -> list[bool]:
    """Return which packets a kernel does not answer when they come in; of those that leave, what the rule says."""
    if lab.kind == "direct":
        raise NotAsked(NO_CABLE)
    coming = [packet for packet, direction in exercise.inputs if direction == "in"]
    last, answered = coming[-1].segment.source_port, set()  # the last is right: its answer ends the waiting
    with type(lab)("namespace") as own:
        me = own.host("10.0.0.2")
        with own.listen(PORT, me.gateway):
            for packet in coming:
                me.send(packet.data)
            while last not in answered:
                answered.add(Packet(0, me.recv(timeout_s=2)).segment.destination_port)
    refused = [packet.segment.source_port not in answered for packet in coming]
    return [exercise.right(*each) for each in exercise.inputs if each[1] == "out"] + refused


is_really_wrong = Exercise(
    "6.2 is_really_wrong",
    right=lambda packet, direction: not _is_right(packet) and (direction == "in" or not _is_half(packet)),
    inputs=(
        *((packet, "out") for packet in _syns(LOOPBACK, LOOPBACK)),
        *((packet, "in") for packet in _syns("10.0.0.2", "10.0.0.1")),
    ),
    causes={
        "You return True for an unfinished checksum on its way out, which the card finishes. These packets have no "
        "note, like those of a file: which number does the kernel leave in the field?": _unless(lambda p: False),
        "An unfinished packet with options gets True, and one without them False: a header can be longer than 20. "
        "Count `len(bytes(packet.segment))`.": _unless(lambda p: _is_half(p, 20 + len(p.segment.data))),
        "A field passes if it holds the sum for the data's length. `tcp_length` counts the header too: "
        "`len(bytes(packet.segment))`.": _unless(lambda p: _is_half(p, len(p.segment.data))),
        "You call no packet that goes out broken, not even 0x1234. Which number may be there?": _unless(lambda p: True),
        "An unfinished sum passes also on a packet that came in over a cable. Nobody has finished it: the kernel "
        "refused such a packet in section 2.": _unless(_is_half, _is_half),
        'The directions are exchanged: "out" is before the card.': _unless(lambda p: False, _is_half),
        "0xfe30 is right for one length between two addresses.": _unless(lambda p: p.segment.checksum == 0xFE30),
        "An unfinished field holds the sum of the pseudo-header, not 0.": _unless(lambda p: not p.segment.checksum),
        "You return True where the checksum is right, and False where it is not.": lambda p, d: _is_right(p),
    },
    signs={"A packet whose checksum is right is not wrong, whatever its direction.": lambda *it: _is_right(it[2])},
    ask=_refused_by_kernel,
    meaning="Another kernel got the fifteen packets that came in. It answered the three whose checksum is right.",
)

# 6.3

FIELDS = {  # whose bytes, and which; the checksums follow from the others
    "byte 0, where IP's header begins. The outer layer comes first: `IP(...) / TCP(...) / Raw(...)`": (0,),
    "IP's id (bytes 4 and 5): 7212 in the story's, and 1 if you leave it to Scapy": (4, 5),
    "IP's flags (bytes 6 and 7): DF, do not fragment, and no other": (6, 7),
    "IP's addresses (bytes 12 to 19), both 127.0.0.1": range(12, 20),
    "TCP's ports (bytes 20 to 23): 8989 first, then `port`": range(20, 24),
    "TCP's seq or ack (bytes 24 to 31), both 0": range(24, 32),
    "TCP's data offset or flags (bytes 32 and 33): Scapy computes the offset, and SYN is the only flag": (32, 33),
    "TCP's window (bytes 34 and 35): 0 in the story's, and 8192 if you leave it to Scapy": (34, 35),
    "a field that you can leave to Scapy, such as IP's length (bytes 2 and 3) or its ttl (byte 8)": range(40),
}
CHECKSUMS = {10, 11, 36, 37}


def _first_in(*places: int | None) -> Predicate:
    """Return a sign: the first byte that differs, of all but the checksums', is one of these; None if no other does."""

    def is_there(got: bytes, right: bytes, port: int) -> bool:
        pairs = enumerate(zip(got, right, strict=True))
        return next((at for at, (one, other) in pairs if one != other and at not in CHECKSUMS), None) in places

    return is_there


def _story(port: int) -> bytes:
    segment = bytes(Segment(TCPHeader(8989, port, flags=Flags.SYN), bytes(44)).with_checksum(LOOPBACK, LOOPBACK))
    return bytes(IPv4Header.carrying(segment, LOOPBACK, LOOPBACK, identification=7212)) + segment


scapy_syn = Exercise(
    "6.3 scapy_syn",
    right=_story,
    inputs=((8000,), (8002,), (1,), (443,), (65_535,)),
    signs={
        "Scapy cannot write this packet as bytes: `bytes(scapy_syn(8000))` says which value has the wrong kind. Text "
        "stands in quotes, a number does not.": every(lambda got, *_: got in (("IP",), ("TCP",)), kind="any"),
        "TCP's flags are capital letters, such as `S`. DF belongs to `IP`.": Sign(
            lambda trials: all(trial.got.error == "ValueError: substring not found" for trial in trials)
        ),
        "Return a Scapy packet: layers joined by `/`.": every(lambda got, *_: type(got) is not bytes, kind="any"),
        "The story's packet has 84 bytes: 20 of IP, 20 of TCP, 44 of data.": lambda got, *_: len(got) != 84,
        "The data is not `bytes(44)`: 44 bytes 0x00. (The character 0 is 0x30.)": lambda got, *_: any(got[40:]),
        "A checksum typed in is right for one port at most. Leave `chksum` out: Scapy fills it in.": _first_in(None),
        **{
            f"The first difference from the story's packet is in {name}.": _first_in(*at) for name, at in FIELDS.items()
        },
    },
    meaning="Byte for byte the story's packet. Scapy computed two lengths, the data offset and two checksums for you.",
)
