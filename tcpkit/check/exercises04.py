"""Lesson 04's exercises: how long a segment is, and what answers it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.live import LiveExercise, to_closed_port
from tcpkit.check.plain import Plain
from tcpkit.wire import Flags, segment_length

SYN, FIN, ACK = Flags.SYN, Flags.FIN, Flags.ACK
HEADER = 20  # bytes without options
STORY_DATA = 44  # bytes behind the story's header
chance = random.Random(4)


def _numbered_flags() -> Iterator[Flags]:
    """Yield what must not be counted: every set of flags with SYN, FIN and more."""
    others = [flag for flag in Flags if flag not in (SYN, FIN)]
    for chosen in product((0, 1), repeat=len(others)):
        if any(chosen):
            yield Flags(SYN | FIN | sum(flag for flag, is_in in zip(others, chosen, strict=True) if is_in))


def _count(flags: int) -> int:
    return int(flags).bit_count()


SEGMENT_LENGTH = Exercise(
    number="4.1",
    name="segment_length",
    right=segment_length,
    inputs=(
        (SYN, STORY_DATA),
        (ACK, 0),
        (FIN | ACK, 0),
        (SYN | FIN, 0),
        (SYN | Flags.PSH, 5),
        (Flags.PSH | ACK, 31),
        *((Flags(value), chance.randrange(100)) for value in range(256)),
    ),
    mistakes=(
        Mistake("44, but the kernel acknowledges 45. What else has a number?", (lambda flags, size: size,)),
        Mistake(
            "The SYN takes a number as well, so that it can be acknowledged.",
            (lambda flags, size: size + bool(flags & FIN),),
        ),
        Mistake("The end of the stream takes a number as well: FIN.", (lambda flags, size: size + bool(flags & SYN),)),
        Mistake(
            "Always one more? A bare ACK uses no number at all. (`Flags.SYN or Flags.FIN in flags` is always true: "
            "ask for each flag.)",
            (lambda flags, size: size + 1,),
        ),
        Mistake(
            "Always two more? `Flags.SYN or Flags.FIN in flags` is `Flags.SYN` itself: true, and worth 2. "
            "Ask for each flag, and add.",
            (lambda flags, size: size + 2,),
        ),
        Mistake(
            "Always `Flags.SYN`? `Flags.SYN or Flags.FIN in flags` stops at its first part, which is true. "
            "Ask for each flag.",
            (lambda flags, size: SYN,),
        ),
        Mistake(
            "Only for both together? `(Flags.SYN | Flags.FIN) in flags` asks for both at once. "
            "Ask for each flag, and add.",
            (lambda flags, size: size + ((SYN | FIN) in flags),),
        ),
        Mistake(
            "Only what must be acknowledged takes a number. Two of the flags do.",
            (
                lambda flags, size: size + bool(flags),
                lambda flags, size: size + bool(flags & 0x3F),
                *(lambda flags, size, counted=counted: size + _count(flags & counted) for counted in _numbered_flags()),
            ),
        ),
        Mistake(
            "SYN and FIN together use two numbers: each takes its own.",
            (lambda flags, size: size + bool(flags & (SYN | FIN)),),
        ),
        Mistake(
            lambda got: f"{got}? Numbers are for data, not for headers.",
            (
                lambda flags, size: HEADER + size,
                lambda flags, size: HEADER + size + 1,
                lambda flags, size: HEADER + segment_length(flags, size),
            ),
        ),
        Mistake(
            "You add the bit itself, and `flags & Flags.SYN` is worth 2. Ask whether it is there: `bool(...)`.",
            (
                lambda flags, size: size + (flags & SYN) + (flags & FIN),
                lambda flags, size: size + (flags & SYN),
                lambda flags, size: size + ((flags & SYN) or (flags & FIN)),
            ),
        ),
        Mistake(
            "You take one of the two, with `or` or `max`. Data uses numbers, and so do flags: add them.",
            (
                lambda flags, size: size or 1,
                lambda flags, size: size or bool(flags & SYN),
                lambda flags, size: size or bool(flags & SYN) + bool(flags & FIN),
                lambda flags, size: size or bool(flags & (SYN | FIN)),
            ),
        ),
        Mistake(
            "Flags are bits: FIN is worth 1, SYN 2, ACK 16. Ask for SYN and for FIN, and add one for each.",
            (lambda flags, size: size + flags,),
        ),
        Mistake(
            "A SYN with PSH is a SYN too. `==` asks for all the flags at once: test the bit.",
            (
                lambda flags, size: size + (flags == SYN),
                lambda flags, size: size + (flags == SYN) + (flags == FIN),
                lambda flags, size: size + (flags in (SYN, FIN)),
                lambda flags, size: size + (flags in (SYN, SYN | ACK)) + (flags in (FIN, FIN | ACK)),
            ),
        ),
    ),
    meaning="Each byte of data has a number, and so have SYN and FIN. RFC 9293 calls this sum SEG.LEN.",
    what_if="What if an ACK used a number too? Who would acknowledge it, and who that?",
)


# 4.2: the rule, and ways to miss it


def _ack_for_offset(offset: int, size: int) -> int | None:
    return None if _is_dropped(offset, size) else size - 4 * offset + 1


def _is_dropped(offset: int, size: int) -> bool:
    return offset < 5 or 4 * offset > size


REFUSALS = {  # when a wrong function answers None
    "never": lambda offset, size: False,
    "below 5": lambda offset, size: offset < 5,
    "above the size": lambda offset, size: 4 * offset > size,
    "both": _is_dropped,
}
TOO_SOON = (  # ... also where the header fills the packet to its last byte
    lambda offset, size: 4 * offset >= size,
    lambda offset, size: offset < 5 or 4 * offset >= size,
)


def _refusing(number: Function, refuses: Function) -> Function:
    return lambda offset, size: None if refuses(offset, size) else number(offset, size)


def _dropping(number: Function, *refusals: str) -> tuple[Function, ...]:
    """Return functions that give this number, and None where they refuse."""
    return tuple(_refusing(number, REFUSALS[name]) for name in refusals or REFUSALS)


def _dropping_anyhow(number: Function) -> tuple[Function, ...]:
    """Return functions that give this number, wherever they may refuse."""
    return (*_dropping(number), *(_refusing(number, refuses) for refuses in TOO_SOON))


def _judge(right: Plain) -> str:
    return "The kernel said nothing." if right.value is None else f"The kernel answered ack {right.value}."


SIZES = (64, 24, 20)  # bytes

ACK_FOR_OFFSET = Exercise(
    number="4.2",
    name="ack_for_offset",
    right=_ack_for_offset,
    inputs=((5, 64), *((offset, size) for size in SIZES for offset in range(16) if (offset, size) != (5, 64))),
    mistakes=(
        Mistake("True for offset 5 and 64 bytes only.", _dropping_anyhow(lambda offset, size: 45)),
        Mistake("The whole buffer? The header is not data.", _dropping_anyhow(lambda offset, size: size + 1)),
        Mistake(
            "The kernel believes the offset, not you: it tells where the header ends.",
            _dropping_anyhow(lambda offset, size: size - HEADER + 1),
        ),
        Mistake("Those are the bytes of data. And the SYN?", _dropping_anyhow(lambda offset, size: size - 4 * offset)),
        Mistake(
            "The offset counts words of four bytes.",
            (
                *_dropping_anyhow(lambda offset, size: size - offset + 1),
                *_dropping_anyhow(lambda offset, size: size - offset),
            ),
        ),
        Mistake(
            "Right for 64 bytes. The kernel was also asked with 24 and with 20: see `size`.",
            (
                *_dropping_anyhow(lambda offset, size: 64 - 4 * offset + 1),
                lambda offset, size: None if offset < 5 or 4 * offset > 64 else 64 - 4 * offset + 1,
            ),
        ),
        Mistake(
            "Offset 5 in 20 bytes: the header ends where the packet ends, and that is whole. No data, and ack 1.",
            tuple(_refusing(lambda offset, size: size - 4 * offset + 1, refuses) for refuses in TOO_SOON),
        ),
        Mistake(
            "Lesson 02: with an offset below 5 the kernel drops the packet. Nothing comes back, so None.",
            (
                *_dropping(lambda offset, size: size - 4 * offset + 1, "never", "above the size"),
                *_dropping(lambda offset, size: size - max(HEADER, 4 * offset) + 1, "never", "above the size"),
                *_dropping(lambda offset, size: max(size - 4 * offset, 0) + 1, "never"),
            ),
        ),
        Mistake(
            "For offset 6 and 20 bytes the header would be longer than the packet. That is dropped, and no error "
            "counter moves: None.",
            (
                *_dropping(lambda offset, size: size - 4 * offset + 1, "below 5"),
                *_dropping(lambda offset, size: max(size - 4 * offset, 0) + 1, "below 5"),
            ),
        ),
        Mistake(
            "Nothing comes back there, not even a 0. Return None.",
            (lambda offset, size: 0 if _is_dropped(offset, size) else size - 4 * offset + 1,),
        ),
    ),
    meaning="The kernel was asked 48 times, and did as you say. It believes your offset, and counts the rest as data.",
    what_if="What if the buffer had 65 bytes? Which offsets would still be answered?",
    judge=_judge,
)

LIVE_ACK_FOR_OFFSET = LiveExercise(
    exercise=ACK_FOR_OFFSET,
    segments=tuple(
        to_closed_port(at, bytes(size - HEADER), flags=SYN, data_offset=offset)
        for at, (offset, size) in enumerate(ACK_FOR_OFFSET.inputs)
    ),
    read=lambda reply: None if reply is None else reply.ack,
)
