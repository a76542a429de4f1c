"""Exercise 4.3: what a closed port answers to any segment."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.live import LiveExercise, to_closed_port
from tcpkit.check.plain import Plain, show
from tcpkit.wire import MSS, Flags, Segment, segment_length

SYN, FIN, RST, ACK = Flags.SYN, Flags.FIN, Flags.RST, Flags.ACK
MODULUS = 2**32
LAST = MODULUS - 1
HEADER = 20  # bytes without options
ASKED = 200
chance = random.Random(43)

Answer = tuple[int | str, int, int]
ToAck = Callable[[Segment], Answer]  # the answer to a segment with ACK
ToOther = Callable[[int], Answer]  # ... to one without, given the number that it expects next


def _reset_for(segment: Segment) -> Answer | None:
    if segment.flags & RST:
        return None
    if segment.flags & ACK:
        return RST, segment.ack, 0
    return RST | ACK, 0, (segment.seq + segment_length(segment.flags, len(segment.data))) % MODULUS


# A wrong reset_for is the right one with one part replaced. Whoever has such a
# part wrong may also answer resets, or let numbers run past 2**32: the same
# sentence helps first.


def _length(segment: Segment) -> int:
    return segment_length(segment.flags, len(segment.data))


def _has_rst(segment: Segment) -> bool:
    return bool(segment.flags & RST)


def _has_ack(segment: Segment) -> bool:
    return bool(segment.flags & ACK)


def _wrong(
    length: Callable[[Segment], int] = _length,
    to_ack: ToAck = lambda segment: (RST, segment.ack, 0),
    to_other: ToOther = lambda number: (RST | ACK, 0, number),
    is_silent: Callable[[Segment], bool] = _has_rst,
    is_ack: Callable[[Segment], bool] = _has_ack,
    modulus: int = MODULUS,
) -> Function:
    def wrong(segment: Segment) -> Answer | None:
        if is_silent(segment):
            return None
        if is_ack(segment):
            return to_ack(segment)
        number = segment.seq + length(segment)
        return to_other(number % modulus if modulus else number)

    return wrong


def _never(segment: Segment) -> bool:
    return False


def _is_rst(segment: Segment) -> bool:
    return segment.flags == RST


def _is_ack(segment: Segment) -> bool:
    return segment.flags == ACK


def _also(**parts: Callable) -> Iterator[Function]:
    """Yield wrong functions with these parts: alone, and with the usual slips."""
    for is_silent, modulus in product((_has_rst, _never, _is_rst), (MODULUS, 0)):
        yield _wrong(**{"is_silent": is_silent, "modulus": modulus} | parts)


def _counting(*lengths: Callable[[Segment], int]) -> tuple[Function, ...]:
    """Return functions that count so, whatever they do with an ACK."""
    choices = product(lengths, (_has_ack, _never, _is_ack))
    return tuple(wrong for length, is_ack in choices for wrong in _also(length=length, is_ack=is_ack))


def _to_some(*silences: Callable[[Segment], bool]) -> tuple[Function, ...]:
    """Return functions that keep silent so, whatever they count."""
    lengths = _length, _data_alone, _data_and_syn, _data_and_one
    choices = product(silences, lengths, (_has_ack, _never), (MODULUS, 0))
    return tuple(
        _wrong(length=length, is_silent=is_silent, is_ack=is_ack, modulus=modulus)
        for is_silent, length, is_ack, modulus in choices
    )


def _data_alone(segment: Segment) -> int:
    return len(segment.data)


def _data_and_syn(segment: Segment) -> int:
    return len(segment.data) + bool(segment.flags & SYN)


def _data_and_one(segment: Segment) -> int:
    return len(segment.data) + 1


def _as_text(answer: Answer | None) -> Answer | None:
    return answer and (str(answer[0]), *answer[1:])


PLACES = ("", "seq ", "ack ")


def _shows(answer: Plain) -> str:
    """Return an answer as the kernel's is told: R., seq 0, ack 45."""
    if answer.family != "sequence" or not answer.value:
        return show(answer)
    flags = answer.value[0]
    is_flags = flags.family == "int" and flags.value in range(256)
    parts = [str(Flags(flags.value)) if is_flags else show(flags), *map(show, answer.value[1:])]
    if len(parts) != len(PLACES):
        values = "1 value" if len(parts) == 1 else f"{len(parts)} values"
        return f"{', '.join(parts[:4])}: {values}, and the answer has three (flags, seq, ack)"
    told = ", ".join(place + part for place, part in zip(PLACES, parts, strict=True))
    return f"{told}: a number that says nothing is 0, not None" if "None" in parts else told


def _judge(right: Plain) -> str:
    if right.value is None:
        return "The kernel said nothing."
    flags, seq, ack = (each.value for each in right.value)
    return f"The kernel answered {Flags(flags)}, seq {seq}, ack {ack}."


def _chosen() -> Iterator[tuple[dict, bytes]]:
    """Yield what must be among the segments, the story's SYN first."""
    yield {"flags": SYN}, bytes(44)
    yield {"flags": ACK, "seq": 7, "ack": 1_000}, b""
    yield {"flags": Flags(0), "seq": 300}, b"abc"
    yield {"flags": SYN, "seq": LAST}, b""
    yield {"flags": FIN, "seq": LAST - 3}, b"GET /"
    yield {"flags": RST, "seq": 5}, b""
    yield {"flags": RST | ACK, "seq": 5, "ack": 9}, b""
    yield {"flags": SYN | ACK, "seq": 90, "ack": LAST}, b""
    yield {"flags": SYN | FIN, "seq": 12}, b"x"
    yield {"flags": SYN, "seq": 12, "options": (MSS(1460),)}, b"xyz"


def _any() -> Iterator[tuple[dict, bytes]]:
    """Yield segments of any kind, without end."""
    while True:
        numbers = {"seq": chance.randrange(MODULUS), "ack": chance.randrange(MODULUS)}
        yield {"flags": Flags(chance.randrange(256)), **numbers}, chance.randbytes(chance.randrange(60))


def _inputs() -> Iterator[tuple[Segment]]:
    fields = [*_chosen()]
    rest = _any()
    fields += [next(rest) for _ in range(ASKED - len(fields))]
    for at, (header, data) in enumerate(fields):
        yield (to_closed_port(at, data, **header),)


RESET_FOR = Exercise(
    number="4.3",
    name="reset_for",
    right=_reset_for,
    inputs=tuple(_inputs()),
    mistakes=(
        Mistake(
            "RST to RST to RST: when would the two stop? An RST is answered by silence (RFC 9293, 3.5.2).",
            (
                _wrong(is_silent=_never),
                _wrong(is_silent=_never, modulus=0),
            ),
        ),
        Mistake(
            "An RST with ACK is an RST too. `==` asks for all the flags at once: test the bit.",
            tuple(_also(is_silent=_is_rst)),
        ),
        Mistake(
            "An ACK with FIN is an ACK too. `==` asks for all the flags at once: test the bit.",
            tuple(_also(is_ack=_is_ack)),
        ),
        Mistake(
            "A segment with ACK names the number that it expects. Use that one, and send no ACK in return.",
            (
                *_also(is_ack=_never),
                *_also(to_ack=lambda segment: (RST | ACK, segment.ack, (segment.seq + _length(segment)) % MODULUS)),
                *_also(to_ack=lambda segment: (RST | ACK, segment.ack, 0)),
            ),
        ),
        Mistake(
            "Which numbers does the segment use? Each byte of data, SYN, FIN, and nothing else: exercise 4.1.",
            (
                *_counting(_data_alone, _data_and_syn, _data_and_one),
                *_counting(lambda segment: len(segment.data) + bool(segment.flags & FIN)),
                *_counting(lambda segment: 1, lambda segment: bool(segment.flags & SYN)),
                *_counting(lambda segment: len(segment.data) + (segment.flags & (SYN | FIN))),
                *_counting(lambda segment: len(bytes(segment)) + _length(segment) - len(segment.data)),
            ),
        ),
        Mistake(
            "Some of these headers carry options: `segment.data` is what stands behind them.",
            _counting(lambda segment: _length(segment) - len(segment.data) + len(bytes(segment)) - HEADER),
        ),
        Mistake(
            "That acknowledges nothing: the sender could not tell that its SYN was meant.",
            _counting(lambda segment: 0),
        ),
        Mistake("Seq 4294967295 plus one for the SYN is 0: the numbers run modulo 2**32.", (_wrong(modulus=0),)),
        Mistake(
            "A reset from nowhere would be ignored. The segment has an ACK: which number does it expect from us?",
            tuple(_also(to_ack=lambda segment: (RST, 0, 0))),
        ),
        Mistake(
            "Whose numbers? `seq` is ours to send, and the segment's `ack` says which number it expects.",
            (
                *_also(to_ack=lambda segment: (RST, segment.ack + 1, 0)),
                *_also(to_ack=lambda segment: (RST, (segment.ack + 1) % MODULUS, 0)),
                *_also(to_ack=lambda segment: (RST, segment.seq, 0)),
                *_also(to_ack=lambda segment: (RST, (segment.seq + _length(segment)) % MODULUS, 0)),
            ),
        ),
        Mistake(
            "SYN and ACK together would mean: somebody listens here.",
            tuple(_also(to_other=lambda number: (SYN | ACK, 0, number))),
        ),
        Mistake(
            "A segment without any flag is answered too: R., with seq plus data.",
            (
                _wrong(is_silent=lambda segment: not segment.flags or _has_rst(segment)),
                _wrong(is_silent=lambda segment: not segment.flags),
            ),
        ),
        Mistake(
            "Not a SYN alone: whatever belongs to nobody is refused, unless it is an RST.",
            _to_some(
                lambda segment: not segment.flags & SYN or _has_rst(segment),
                lambda segment: not segment.flags & SYN,
                lambda segment: segment.flags != SYN,
            ),
        ),
        Mistake(
            "Without the flag ACK the third number says nothing. The kernel leaves it at 0.",
            (
                *_also(to_ack=lambda segment: (RST, segment.ack, (segment.seq + _length(segment)) % MODULUS)),
                *_also(to_ack=lambda segment: (RST, segment.ack, segment.seq)),
            ),
        ),
        Mistake(
            "A number in the ack field counts only if the flag ACK stands beside it: R., not R.",
            tuple(_also(to_other=lambda number: (RST, 0, number))),
        ),
        Mistake(
            "The right numbers, in another order: flags, then seq, then ack.",
            tuple(
                _also(to_ack=lambda segment: (RST, 0, segment.ack), to_other=lambda number: (RST | ACK, number, 0)),
            ),
        ),
        Mistake(
            "The right letters, as text. Return the flags themselves: Flags.RST | Flags.ACK.",
            (lambda segment: _as_text(_reset_for(segment)),),
        ),
    ),
    meaning=f"{ASKED} segments went to the kernel, and to each it did what your function says.",
    what_if="What if somebody sends you an RST with a number that you did not expect? Lesson 21 does that.",
    shows=_shows,
    judge=_judge,
)

LIVE_RESET_FOR = LiveExercise(
    exercise=RESET_FOR,
    segments=tuple(segment for (segment,) in RESET_FOR.inputs),
    read=lambda reply: None if reply is None else (reply.flags, reply.seq, reply.ack),
)
