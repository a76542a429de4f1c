"""What every lesson's checks promise, and lessons 00 and 01 in particular.

A new lesson is found by its name. From 02 on a lesson's own tests stand in
`test_check_lessonNN.py`, with a `CLOTHES` for its exercises.
"""

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import socket
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import tcpkit.check
from tcpkit.check import Comparison, Verdict, lesson00, lesson01
from tcpkit.check.exercise import Exercise
from tcpkit.check.guards import outcome
from tcpkit.wire import Flags, Segment, TCPHeader

SYN = Flags.SYN
LESSONS = [
    importlib.import_module(f"tcpkit.check.{each.name}")
    for each in pkgutil.iter_modules(tcpkit.check.__path__)
    if re.fullmatch(r"lesson\d\d", each.name)
]
EXERCISES = [value for lesson in LESSONS for value in vars(lesson).values() if isinstance(value, Exercise)]
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__[-2:])
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)


def outcomes(exercise, function):
    return tuple(outcome(function, arguments) for arguments in exercise.inputs)


def public_functions(lesson):
    return [
        function
        for name, function in vars(lesson).items()
        if inspect.isfunction(function) and function.__module__ == lesson.__name__ and not name.startswith("_")
    ]


# Every exercise


@every_exercise
def test_inputs_tell_all_mistakes_apart(exercise):
    right = outcomes(exercise, exercise.right)
    owners = {}
    for mistake in exercise.mistakes:
        for function in mistake.functions:
            tried = outcomes(exercise, function)
            assert tried != right, "this mistake is right on every input"
            assert owners.setdefault(tried, mistake) is mistake, "two mistakes with two sentences look alike"


@every_exercise
def test_every_mistake_gets_its_own_message(exercise):
    sentences = {}
    for mistake in exercise.mistakes:
        for function in mistake.functions[:: max(1, len(mistake.functions) // 5)]:
            verdict = exercise.check(function)
            sentence = mistake.words(outcome(function, exercise.inputs[0]))
            assert verdict.status == "TRY AGAIN"
            assert verdict.message == f"TRY AGAIN {exercise.number} {exercise.name}: {sentence}"
            assert sentences.setdefault(sentence, mistake) is mistake
            assert 10 < len(sentence) <= 180
            assert sentence[0].isupper() or sentence[0].isdigit() or sentence.startswith("tcpdump ")
            assert sentence.endswith((".", "?", ".)"))


@every_exercise
def test_right_function_gives_what_can_be_compared(exercise):
    values = [each.returned for each in outcomes(exercise, exercise.right) if each.returned]
    assert values
    assert all(value.family != "object" for value in values)
    assert exercise.meaning.endswith((".", "!"))
    assert "?" in exercise.what_if or "What if" in exercise.what_if


@every_exercise
def test_right_answers_in_other_clothes_pass(exercise):
    assert len(CLOTHES[exercise.number]) >= 8
    for answer in [exercise.right, *CLOTHES[exercise.number]]:
        message = exercise.check(answer).message
        assert message == f"PASS {exercise.number} {exercise.name}\n{exercise.meaning}\n{exercise.what_if}"


@every_exercise
def test_a_stub_is_todo(exercise):
    stub = eval(f"lambda {', '.join(exercise.parameters)}: ...")
    for answer in (stub, ...):
        assert exercise.check(answer).message == f"TODO {exercise.number} {exercise.name}"


# Every lesson


class Hostile:
    def __getattribute__(self, name):
        raise RuntimeError("hands off")

    __call__ = __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __index__ = __getattribute__


class HostileDict(dict):
    def items(self):
        raise RuntimeError("hands off")


THINGS = [
    *(None, ..., True, 0, 1, 7, -1, 1 << 20_000, 1.5, float("nan"), 1j, "", "a", "Z", "x" * 10_000, "\0\n<b>"),
    *(
        b"",
        b"\x23\x1d",
        bytearray(64),
        (),
        ("a", 2),
        [],
        [[]],
        {},
        {1: 2},
        {"a": "b"},
        set(),
        range(3),
        object(),
        object,
    ),
    *(
        Hostile(),
        HostileDict(a="b"),
        lambda *args: Hostile(),
        lambda: 1,
        print,
        len,
        bytes,
        Flags.SYN,
        np.int64(2),
        lesson00,
    ),
]


@every_lesson
def test_nothing_that_is_handed_over_makes_a_check_raise(lesson):
    for function in public_functions(lesson):
        for thing in THINGS:
            more = len(inspect.signature(function).parameters) - 1
            for rest in ([], [thing] * more):
                said = function(thing, *rest)
                assert isinstance(said, (Verdict, Comparison))
                assert said.message.split("\n")[0]
                assert "<b>" not in said._repr_html_()


@every_lesson
def test_checks_are_functions_with_docstrings(lesson):
    functions = public_functions(lesson)
    assert functions
    for function in functions:
        first = function.__doc__.split("\n")[0]
        assert len(first) <= 72
        assert first.endswith((".", "?"))
    names = {function.__name__ for function in functions}
    assert names >= {each.name for each in vars(lesson).values() if isinstance(each, Exercise)}


def strings_of(*names):
    for name in names:
        tree = ast.parse(inspect.getsource(importlib.import_module(f"tcpkit.check.{name}")))
        yield from (
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )


def test_nothing_before_lesson_04_tells_the_ending():
    found = [
        text
        for text in strings_of("lesson00", "lesson01", "exercises01", "exercises01_buffer", "exercises01_port")
        if re.search(r"\bRST\b|TcpOutRsts|\breset|\brepl(y|ies)|\banswers? came", text, re.I)
    ]
    assert found == []


# Lesson 01's exercises: each wrong answer of the plan, written as a learner would


def port_bytes_by_hand(port):
    high, low = divmod(port, 256)
    return bytes((high, low))


def port_bytes_recursive(number, count=2):
    return b"" if count == 0 else port_bytes_recursive(number // 256, count - 1) + bytes([number % 256])


def port_bytes_bits(port):
    return bytes(int(f"{port:016b}"[at : at + 8], 2) for at in (0, 8))


PORT_BYTES = [
    lambda port: struct.pack("!H", port),
    lambda port: port.to_bytes(2, "big"),
    lambda port: bytearray([port >> 8, port & 255]),
    lambda port: memoryview(struct.pack(">H", port)),
    lambda port: memoryview(bytearray(struct.pack(">H", port))),
    lambda port: np.array([port >> 8, port & 255], dtype=np.uint8),
    lambda port: np.array(port, dtype=">u2").tobytes(),
    lambda port: bytes([np.int64(port) >> 8, np.int64(port) & 255]),
    lambda port: bytes.fromhex(f"{port:04x}"),
    lambda port: struct.pack("=H", socket.htons(port)),
    lambda port: bytes(TCPHeader(port, 0))[:2],
    port_bytes_by_hand,
    port_bytes_recursive,
    port_bytes_bits,
    struct.Struct("!H").pack,
    functools.partial(struct.pack, ">H"),
    functools.partial(int.to_bytes, length=2, byteorder="big"),
]


def syn_header_field_by_field(source_port, destination_port, offset, checksum):
    header = bytearray(20)
    struct.pack_into("!HH", header, 0, source_port, destination_port)
    header[12] |= offset << 4
    header[13] |= 0b10
    header[16:18] = checksum.to_bytes(2, "big")
    return header


def syn_header_one_number(source_port, destination_port, offset, checksum):
    number = 0
    fields = [
        (source_port, 16),
        (destination_port, 16),
        (0, 64),
        (offset, 4),
        (0, 4),
        (2, 8),
        (0, 16),
        (checksum, 16),
        (0, 16),
    ]
    for value, bits in fields:
        number = number << bits | value
    return number.to_bytes(20, "big")


def syn_header_of_wire(source, destination, offset, checksum):
    return bytes(TCPHeader(source, destination, flags=SYN, data_offset=offset, checksum=checksum))


def syn_header_scapy(source, destination, offset, checksum):
    from scapy.layers.inet import TCP

    return bytes(TCP(sport=source, dport=destination, dataofs=offset, flags="S", window=0, chksum=checksum))


SYN_HEADERS = [
    lambda s, d, offset, c: struct.pack("!HHIIBBHHH", s, d, 0, 0, offset << 4, 2, 0, c, 0),
    lambda s, d, offset, c: struct.pack("!HHLLBBHHH", s, d, 0, 0, offset * 16, SYN, 0, c, 0),
    lambda s, d, offset, c: struct.pack("!HHQHHHH", s, d, 0, offset << 12 | 2, 0, c, 0),
    lambda s, d, offset, c: struct.pack(">HH8xBBxxHxx", s, d, offset << 4, 1 << 1, c),
    lambda s, d, offset, c: struct.pack("!10H", s, d, 0, 0, 0, 0, (offset << 12) + 2, 0, c, 0),
    lambda s, d, offset, c: np.array([s, d, 0, 0, 0, 0, offset << 12 | 2, 0, c, 0], dtype=">u2").tobytes(),
    lambda s, d, offset, c: memoryview(struct.pack("!HHIIBBHHH", s, d, 0, 0, offset << 4, 2, 0, c, 0)),
    lambda s, d, offset, c: bytes.fromhex(f"{s:04x}{d:04x}{0:016x}{offset:x}0020000{c:04x}0000"),
    syn_header_field_by_field,
    syn_header_one_number,
    syn_header_of_wire,
    syn_header_scapy,
]


def into_buffer_recursive(header, size):
    return header if len(header) >= size else into_buffer_recursive(header + b"\0", size)


def into_buffer_in_place(header, size):
    buffer = bytearray(size)
    buffer[: len(header)] = header
    return buffer


def into_buffer_numpy(header, size):
    buffer = np.zeros(max(size, len(header)), dtype=np.uint8)
    buffer[: len(header)] = np.frombuffer(header, dtype=np.uint8)
    return buffer


def into_buffer_io(header, size):
    import io

    stream = io.BytesIO(bytes(size))
    stream.write(header)
    return stream.getvalue()


INTO_BUFFER = [
    lambda header, size: header.ljust(size, b"\0"),
    lambda header, size: header + bytes(max(0, size - len(header))),
    lambda header, size: header + b"\0" * (size - len(header)),
    lambda header, size: header + bytes(size)[len(header) :],
    lambda header, size: struct.pack(f"{max(size, len(header))}s", header),
    lambda header, size: memoryview(header.ljust(size, b"\0")),
    lambda header, size: b"".join([header, *[b"\0"] * (size - len(header))]),
    into_buffer_recursive,
    into_buffer_in_place,
    into_buffer_numpy,
    into_buffer_io,
]

CLOTHES = {"1.1": PORT_BYTES, "1.2": SYN_HEADERS, "1.3": INTO_BUFFER}
for each in sorted(Path(__file__).parent.glob("test_check_lesson[0-9][0-9].py")):
    CLOTHES |= importlib.import_module(each.stem).CLOTHES


def wrong_syn(form="!HHIIBBHHH", **fields):
    """Return a syn_header that differs from the right one as told."""

    def learner_function(source, destination, offset, checksum):
        given = {"source": source, "destination": destination, "offset": offset, "checksum": checksum}
        values = {
            "s": source,
            "d": destination,
            "seq": 0,
            "ack": 0,
            "o": offset << 4,
            "f": 2,
            "w": 0,
            "c": checksum,
            "u": 0,
        }
        values |= {name: field(given) if callable(field) else field for name, field in fields.items()}
        return struct.pack(form, *(value for value in values.values() if value is not None))

    return learner_function


LITTLE_PORT = "port 7459. Which byte comes first on the wire? (RFC 9293, 3.1"
NAMED = {
    lesson01.port_bytes: [
        (lambda port: port.to_bytes(2, "little"), LITTLE_PORT),
        (lambda port: bytes([port % 256, port // 256]), LITTLE_PORT),
        (lambda port: f"{port}".encode("ascii"), "four characters. A port is one number of 16 bits"),
        (lambda port: bytearray(port), "8,989 zero bytes: `bytes(n)` takes a length, not a value"),
        (lambda port: struct.pack(">L", port), "4 bytes of room. The field has 16 bits"),
        (lambda port: port.to_bytes(8, "big"), "8 bytes of room. The field has 16 bits"),
        (lambda port: bytes([port % 256]), "where did 0x23 go?"),
        (lambda port: bytearray([port]), "Python refused: one byte holds 0 to 255, and 8989 is more."),
        (lambda port: struct.pack("!B", port), "Python refused: one byte holds 0 to 255, and 8989 is more."),
        (lambda port: [port // 256, port % 256], "`bytes([35, 29])` makes bytes of numbers."),
        (lambda port: bytes.fromhex(f"{port:x}"), "too short for 80"),
        (lambda port: (port,), "For port=8989 you returned (8989,), a tuple. The answer is bytes."),
        (lambda port: format(port, "04x"), "Return the bytes themselves"),
        (lambda port: hex(port), "Return the bytes themselves"),
        (lambda port: port.to_bytes(2, "big").hex(), "Return the bytes themselves"),
        (lambda port: bytes.fromhex("231d"), "Right for 8989. We also asked for 80"),
        (
            lambda port: bytes.fromhex(f"{port:x}".rjust(len(f"{port:x}") + len(f"{port:x}") % 2, "0")),
            "too short for 80",
        ),
        (lambda port: port, "For port=8989 you returned 8989, a number (int). The answer is bytes."),
        (
            lambda port: b"\x23\x1e" if port == 8989 else struct.pack("!H", port),
            "For port=8989 you returned 23 1e. Byte 1 is 1e. What did",
        ),
    ],
    lesson01.syn_header: [
        (
            wrong_syn("!HHIIBBHH", u=None),
            "You wrote 18 bytes, and the header has 20. All are right so far, and the urgent pointer comes next.",
        ),
        (wrong_syn("!HHIIBBHH", w=None), "You wrote 18 bytes, and the header has 20. Lay your fields on the table"),
        (
            lambda s, d, o, c: struct.pack("!HH", s, d),
            "You wrote 4 bytes, and the header has 20. All are right so f",
        ),
        (lambda s, d, o, c: struct.pack("!HHxxxx", s, d), "the acknowledgment number comes next."),
        (lambda s, d, o, c: struct.pack("!HHII", s, d, 0, 0), "You wrote 12 bytes, and the header has 20. All are"),
        (lambda s, d, o, c: struct.pack("!HHQB", s, d, 0, o << 4), "the flags byte comes next."),
        (lambda s, d, o, c: struct.pack("HH", s, d), "You wrote 4 bytes, and the header has 20. Lay your fields"),
        (wrong_syn("!HHBBH", seq=None, ack=None, w=None, u=None), "You wrote 8 bytes, and the header has 20. Lay your"),
        (lambda s, d, o, c: b"", "You wrote 0 bytes, and the header has 20. Lay your fields"),
        (wrong_syn(f="SYN"), "Flags are one too: SYN is the second bit from the right. Which number is that?"),
        (wrong_syn(f=b"S"), "One of your values is no number (text, perhaps?), and `struct` packs numbers"),
        (wrong_syn(u=None), "it raised struct.error: pack expected 9 items for packing (got 8)"),
        (
            wrong_syn(o=lambda given: given["offset"] * 4),
            "`<< 4` moves it four, and that is times 16.",
        ),
        (
            wrong_syn("!HHQHHHH", ack=None, f=None, o=lambda given: (given["offset"] << 2 << 8) + SYN),
            "Times 4 moves it two places to the left.",
        ),
        (
            wrong_syn("<HHIIBBHHH", o=lambda given: given["offset"] * 4),
            "tcpdump would print 7459 > 16415, and a header length of 0: ",
        ),
        (
            lambda s, d, o, c: struct.pack("!HHIIBBBHHH", s, d, 0, 0, o, 0, 2, 0, c, 0),
            "Offset and reserved bits share a byte, half of it each.",
        ),
        (wrong_syn("!HHHHBBHHH"), "You wrote 16 bytes"),
        (wrong_syn("!HHIHBBHHH"), "You wrote 18 bytes"),
        (wrong_syn("!HHIIBBIHH"), "You wrote 22 bytes"),
        (wrong_syn("HHIIBBHH", u=None), "You wrote 18 bytes"),
        (lambda s, d, o, c: wrong_syn()(d, s, o, c), "The sender's port comes first"),
        (wrong_syn("<HHIIBBHHH"), "tcpdump would print 7459 > 16415: "),
        (
            wrong_syn("<HHIIHHHH", o=lambda given: given["offset"] << 12 | 2, f=None),
            "tcpdump would print 7459 > 16415, and a header length of 0: ",
        ),
        (wrong_syn(o=lambda given: given["offset"]), "a header length of 0: the offset is the left half of its byte"),
        (
            wrong_syn("!HHIIHHHH", o=lambda given: given["offset"] << 4 | 2, f=None),
            "Where does your offset land, and where your",
        ),
        (
            wrong_syn("!HHIIHHHH", o=lambda given: given["offset"], f=None),
            "Where does your offset land, and where your SYN?",
        ),
        (wrong_syn(o=2, f=lambda given: given["offset"] << 4), "Byte 12 and byte 13 have changed places"),
        (wrong_syn(f=1), "You set FIN (byte 13 is 01). SYN, alone, is the second bit from the right."),
        (wrong_syn(f=0x10), "You set ACK (byte 13 is 10)."),
        (wrong_syn(f=0x11), "You set FIN and ACK (byte 13 is 11)."),
        (wrong_syn(f=0x12), "You set SYN and ACK (byte 13 is 12)."),
        (wrong_syn(f=0x03), "You set SYN and FIN (byte 13 is 03)."),
        (wrong_syn(f=0), "You set no flag (byte 13 is 00)."),
        (wrong_syn(c=0, u=lambda given: given["checksum"]), "16 and 17 the checksum, 18 and 19 the urgent pointer."),
        (wrong_syn(c=0, w=lambda given: given["checksum"]), "14 and 15 are the window, 16 and 17 the checksum"),
        (wrong_syn(o=5 << 4), "You always write 5: write the offset you were given, even a wrong one."),
        (wrong_syn(o=1 << 4), "You always write 1: write the offset you were given"),
        (wrong_syn(c=0xAF57), "Write the numbers you were given: we asked for other ports and checksums as well."),
        (
            wrong_syn(s=8989, d=8000),
            "Write the numbers you were given: we asked for other ports and checksums as well.",
        ),
        (wrong_syn(s=8989, d=8000, o=5 << 4, c=0xAF57), "Write the numbers you were given"),
        (lambda s, d, o, c: SYN_HEADERS[0](8989, 8000, 1, 0xAF57), "Write the numbers you were given"),
        (wrong_syn("<HHIIBBHHH", o=lambda given: given["offset"]), "tcpdump would print 7459 > 16415, and a header le"),
        (
            wrong_syn("<HHIIHHHH", o=lambda given: given["offset"] << 4 | 2, f=None),
            "the bytes of each number stand the wrong way round.",
        ),
        (wrong_syn(o=lambda given: given["offset"] << 4 + 2), "Of an offset of 3 you make 12: write it as it is given"),
        (wrong_syn(o=lambda given: given["offset"] * 4 << 4 & 255), "`+` and `*` come before `<<`: brackets help."),
        (
            wrong_syn("!HHIIHHHH", o=lambda given: given["offset"] << 12 + 2, f=None),
            "Of an offset of 3 you make 12: write it as it is given",
        ),
        (wrong_syn(w=1), "offset=3, checksum=0xaf57 you returned 23 1d 1f 40 "),
        (wrong_syn(w=1), " Byte 15 is 01. What did you expect there?"),
        (wrong_syn("!HHHHHH", seq=None, ack=None, w=None), "That is 12 bytes. "),
    ],
    lesson01.into_buffer: [
        (lambda header, size: b"\0" * (size - len(header)) + header, "so the source port is 0. What is read first?"),
        (lambda header, size: header + b"\0" * size, "84 bytes for a size of 64: `size` is the whole"),
        (
            lambda header, size: header + b"0" * (size - len(header)),
            "You filled up with 0x30, the digit 0. We mean the byte 0",
        ),
        (lambda header, size: header.ljust(size), "You filled up with 0x20, a space."),
        (lambda header, size: bytes(header), "Still 20 bytes"),
        (lambda header, size: (header + bytes(size))[:size], "This buffer is too small: return the header whole."),
        (lambda header, size: struct.pack(f"{size}s", header), "For size 16 you cut the header."),
        (lambda header, size: header + bytes(size - len(header)), "For size 16 Python stopped you"),
        (lambda header, size: header + bytes(44), "Right for a buffer of 64. We asked for 40 as well."),
        (lambda header, size: None, "it returned None. Does it `return` its answer?"),
        (lambda header, size: header.hex(), "text (str). The answer is bytes."),
    ],
}
CASES = [(check, wrong, words) for check, pairs in NAMED.items() for wrong, words in pairs]


@pytest.mark.parametrize(("check", "wrong", "words"), CASES, ids=[f"{each[0].__name__}: {each[2]}" for each in CASES])
def test_wrong_answers_of_lesson_01(check, wrong, words):
    verdict = check(wrong)
    assert verdict.status == "TRY AGAIN"
    first = verdict.message.split("\n")[0]
    assert re.match(rf"TRY AGAIN 1\.[123] {check.__name__}: ", first)
    assert words in first


def test_an_unfinished_header_is_told_which_field_comes_next():
    ends = {2: "destination port", 4: "sequence number", 8: "acknowledgment number", 12: "data offset"}
    ends |= {13: "flags byte", 14: "window", 16: "checksum", 18: "urgent pointer"}
    for end, name in ends.items():
        message = lesson01.syn_header(lambda *given, end=end: SYN_HEADERS[0](*given)[:end]).message
        assert message.endswith(f"{end} bytes, and the header has 20. All are right so far, and the {name} comes next.")


def test_no_verdict_before_the_guess_tells_the_storys_offset():
    """The lesson asks for it between 1.1 and 1.2, and lesson 02 says which are right."""
    assert {arguments[2] for arguments in lesson01.SYN_HEADER.inputs[:1]} == {3}
    assert {header[12] for header, _ in lesson01.INTO_BUFFER.inputs[:6]} == {0x30}
    for check, wrong, _ in CASES:
        assert not re.search(r"offset=[15],|\b[15]0 02\b.*\bstory|too kind", check(wrong).message, re.I)


def test_what_the_sentences_claim_is_so():
    assert int.from_bytes((8989).to_bytes(2, "little"), "big") == 7459
    assert int.from_bytes((8000).to_bytes(2, "little"), "big") == 16415
    assert lesson01.SYN_HEADER.right(8989, 8000, 1, 0xAF57).hex() == "231d1f40000000000000000010020000af570000"


def test_only_the_machines_own_order_is_judged():
    """`struct.pack("H")` is right on a machine that keeps numbers as the network does."""
    status = lesson01.port_bytes(lambda port: struct.pack("H", port)).status
    assert status == {"little": "TRY AGAIN", "big": "PASS"}[sys.byteorder]


# Guesses and recalls of lessons 00 and 01


class Seen:
    """Stand in for a captured packet: 20 bytes of IPv4, then the segment."""

    def __init__(self, segment):
        self.segment = segment
        size = 20 + len(bytes(segment))
        self.data = struct.pack("!BBH16x", 0x45, 0, size) + bytes(segment)


def syn_with(offset):
    return Seen(Segment(TCPHeader(8989, 8000, flags=SYN, data_offset=offset, checksum=0xAF57), bytes(44)))


GET = [Seen(Segment(TCPHeader(40000, 8080), data)) for data in [b""] * 3 + [b"GET", b"", b"hello\n"] + [b""] * 4]
SENT = [syn_with(1)]


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (
            lesson00.guess_packets,
            ("a", GET),
            "YOU SAID a: 2 packets. WE SAW 10.\nOne out and one back? Then what are the others for?",
        ),
        (lesson00.guess_packets, (2, GET), "YOU SAID a: 2 packets. WE SAW 10."),
        (
            lesson00.guess_packets,
            ("b", GET),
            "YOU SAID b: 4 packets. WE SAW 10.\nA question and an answer, a beginning",
        ),
        (lesson00.guess_packets, ("c", GET), "AS YOU SAID c: 10 packets.\n"),
        (lesson00.guess_packets, (10, GET), "AS YOU SAID c: 10 packets.\n"),
        (lesson00.guess_packets, ("c", GET[:9]), "YOU SAID c: 10 packets. WE SAW 9.\nClose"),
        (
            lesson00.guess_packets,
            ("D", GET),
            "YOU SAID d: about 100 packets. WE SAW 10.\nFewer: the page, with its line of HTTP",
        ),
        (lesson00.guess_packets, ("e", GET), "NO GUESS YET: Choose one of a, b, c, d."),
        (lesson00.guess_packets, ("a",), "NOT SEEN YET: "),
        (lesson00.guess_packets, ("a", []), "NOT SEEN YET: "),
        (lesson00.guess_http, (2, GET), "AS YOU SAID 2.\n"),
        (lesson00.guess_http, (10, GET), "YOU SAID 10. WE SAW 2.\nMost of them have length 0"),
        (lesson00.guess_http, (0, GET), "YOU SAID 0. WE SAW 2.\nThen neither the question nor the page"),
        (lesson00.guess_http, (1, GET), "YOU SAID 1. WE SAW 2.\nOne carries the question."),
        (lesson00.guess_http, ("4", GET), "YOU SAID 4. WE SAW 2.\nCount the filled ones"),
        (lesson00.guess_http, (2, None), "NOT SEEN YET: "),
        (lesson01.guess_order, ("a", b"\x1d\x23"), "YOU SAID a: 23 1d. WE SAW 1d 23.\nThat is the network's order"),
        (lesson01.guess_order, ("b", b"\x1d\x23"), "AS YOU SAID b: 1d 23.\nThis processor puts the least"),
        (lesson01.guess_order, (2, "little"), "AS YOU SAID b: 1d 23."),
        (lesson01.guess_order, ("b", "big"), "YOU SAID b: 1d 23. WE SAW 23 1d.\nMost processors do it so."),
        (lesson01.guess_order, ("a", b"\x23\x1d"), "AS YOU SAID a: 23 1d.\nThis processor puts the most"),
        (lesson01.guess_order, (8989, "little"), "YOU SAID c: 8989. WE SAW 1d 23.\nThose would be four characters."),
        (lesson01.guess_order, ("b", struct.pack("H", 8989)), ""),
        (lesson01.guess_order, ("b", ...), "NOT SEEN YET: "),
        (lesson01.guess_bytes, (20, SENT), "YOU SAID a: 20 bytes. WE SAW 84.\nYour header is in there."),
        (
            lesson01.guess_bytes,
            ("b", SENT),
            "YOU SAID b: 64 bytes. WE SAW 84.\nTwenty came in front of your 64: 45 00 00 54 ... Did you write them?",
        ),
        (
            lesson01.guess_bytes,
            ("c", SENT),
            "AS YOU SAID c: 84 bytes.\n84 = 20 + 64. The first twenty, 45 00 00 54 ..., are",
        ),
        (lesson01.guess_bytes, (3, SENT), "NO GUESS YET: Choose one of a, b, c."),
        (lesson01.guess_bytes, ("b", ()), "NOT SEEN YET: "),
        (lesson01.kept_44, ("c",), "KEPT c: sent, as data.\nLesson 04 comes back to those 44 bytes."),
        (lesson01.kept_44, (4,), "KEPT d: refused.\n"),
        (lesson01.kept_44, (...,), "NO GUESS YET: write one above, then run this cell again."),
    ],
)
def test_guesses(check, arguments, message):
    comparison = check(*arguments)
    assert comparison.message.startswith(message)
    assert comparison.message.startswith(comparison.status) or comparison.status == "YOU SAID ... WE SAW ..."


def test_keeping_says_the_same_of_every_guess():
    rests = {lesson01.kept_44(letter).message.split("\n")[1] for letter in "abcd"}
    assert len(rests) == 1


@pytest.mark.parametrize(
    ("my_offset", "message"),
    [
        (0, "YOU SAID 0. WE SAW bad hdr length 0 - too short, < 20.\ntcpdump took you at your word"),
        (1, "YOU SAID 1. WE SAW bad hdr length 4 - too short, < 20.\nSo did the story's author."),
        (3, "YOU SAID 3. WE SAW bad hdr length 12 - too short, < 20.\nToo short as well."),
        (4, "YOU SAID 4. WE SAW bad hdr length 16 - too short, < 20.\nNearer than the story's 1"),
        (
            5,
            "AS YOU SAID 5: no complaint about the header's length.\nYou found what lesson 02 asks. tcpdump now takes",
        ),
        (10, "YOU SAID 10. WE SAW no complaint about the header's length.\nLesson 02 tries all sixteen."),
    ],
)
def test_offsets_that_can_be_sent(my_offset, message):
    sent = [syn_with(1), syn_with(my_offset)]
    assert lesson01.guess_offset(my_offset, sent).message.startswith(message)
    assert lesson01.guess_offset(np.int64(my_offset), sent).message.startswith(message)
    assert lesson01.guess_offset(my_offset, [syn_with(15)]).status == "NOT SEEN YET"
    assert lesson01.guess_offset(my_offset).status == "NOT SEEN YET"


@pytest.mark.parametrize("my_offset", [20, 16, 160, -1])
def test_offsets_that_do_not_fit(my_offset):
    assert lesson01.guess_offset(my_offset, None).message == (
        f"YOU SAID {my_offset}. WE SAW no packet.\nIt does not fit: four bits hold 0 to 15. Keep that surprise."
    )


@pytest.mark.parametrize("my_offset", [..., None, "five", 5.0])
def test_no_offset_yet(my_offset):
    assert lesson01.guess_offset(my_offset, SENT).status == "NO GUESS YET"


def test_the_first_verdict_does_not_answer_the_second_guess():
    said = [lesson00.guess_packets(letter, GET).message for letter in "abcd"]
    assert not re.search(r"two|eight", " ".join(said), re.I)


SIX = {
    "writer": ("b", 1),
    "nobody": ("c", 2),
    "wrong_byte": ("a", 3),
    "an_ack": ("B", 2),
    "localhost": ["c", 1],
    "kept_in": (2, 1),
}
UNTIL = "Save the notebook (Ctrl+S), and they stay in it. Lesson 05 asks three of them again, before you look at them."


@pytest.mark.parametrize(
    ("mine", "message"),
    [
        (SIX, f"KEPT: all six.\n{UNTIL}"),
        (SIX | {"in_your_words": ...}, f"KEPT: all six.\n{UNTIL}"),
        (SIX | {"nobody": ...}, f"KEPT: 5 of six.\nStill empty: 2 (nobody).\n{UNTIL}"),
        (
            SIX | {"nobody": (), "an_ack": None},
            f"KEPT: 4 of six.\nStill empty: 2 (nobody), 4 (an_ack).\n{UNTIL}",
        ),
        (
            SIX | {"nobody": (..., 2), "kept_in": ""},
            f"KEPT: 4 of six.\nStill empty: 2 (nobody), 6 (kept_in).\n{UNTIL}",
        ),
        ({"writer": ("b", 1)}, f"KEPT: 1 of six.\nStill empty: 2, 3, 4, 5, 6.\n{UNTIL}"),
        (dict.fromkeys(SIX, ...), "NO GUESS YET: "),
        ({}, "NO GUESS YET: "),
        (..., "NO GUESS YET: "),
    ],
)
def test_six_guesses_to_keep(mine, message):
    assert lesson00.kept(mine).message.startswith(message)


@pytest.mark.parametrize(
    ("guess", "odd"),
    [
        ("b", "2: how sure are you? 1, 2 or 3."),
        (("b", ...), "2: how sure are you? 1, 2 or 3."),
        (("d", 2), "2: you wrote 'd'. The letters there are a, b, c."),
        (("x", 9), "2: you wrote 'x'. The letters there are a, b, c.\n2: how sure is 9? We mean 1, 2 or 3."),
        (("b", 0), "2: how sure is 0? We mean 1, 2 or 3."),
        (("b", "very"), "2: how sure is 'very'? We mean 1, 2 or 3."),
    ],
)
def test_an_odd_guess_is_kept_and_said_to_be_odd(guess, odd):
    assert lesson00.kept(SIX | {"nobody": guess}).message == f"KEPT, but look again:\n{odd}\n{UNTIL}"
    short = SIX | {"nobody": guess, "an_ack": ...}
    assert lesson00.kept(short).message == f"KEPT, but look again:\nStill empty: 4 (an_ack).\n{odd}\n{UNTIL}"


def test_the_first_guess_has_four_letters_and_the_others_three():
    assert lesson00.kept(SIX | {"writer": ("d", 1)}).message == f"KEPT: all six.\n{UNTIL}"
    said = lesson00.kept(dict.fromkeys(SIX, ("d", 1))).message
    assert re.findall(r"^\d", said, re.MULTILINE) == list("23456")


def test_keeping_never_judges_a_letter():
    said = {lesson00.kept(dict.fromkeys(SIX, (letter, sure))).message for letter in "abc" for sure in (1, 2, 3)}
    assert len(said) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("a", "TRY AGAIN 1.0 recall: The name left of `>` sent it."),
        ("b", "PASS 1.0 recall\nThe name left of `>` sent it"),
        ("c", "TRY AGAIN 1.0 recall: Length 31: something is in there."),
        ("d", "TRY AGAIN 1.0 recall: Choose one of a, b, c."),
        (..., "TODO 1.0 recall"),
    ],
)
def test_recall_of_lesson_00(answer, message):
    assert lesson01.recall(answer).message.startswith(message)
