"""Lesson 12, lost: one recall, three guesses, three exercises, the last with a transfer to the kernel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise

from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson12_timeouts import RTO as RTO
from tcpkit.check.lesson12_timeouts import rounded
from tcpkit.check.questions import Guess, Option, Recall

recall = Recall(
    "12.0",
    right=20,
    wrong={
        10: "The piece 10 to 19 waited for this: it is in order now, too.",
        30: "The bytes 20 to 24 are still missing.",
        19: "Byte 19 is there. `next` is the position of the first byte that is missing.",
        25: "A piece waits there. `next` is the position of the first byte that is missing.",
    },
    meaning="The piece 10 to 19 is in order now. The bytes 20 to 24 are missing.",
)

guess_lost = Guess(
    lambda seconds: "the 20th" if seconds[20] > 1 > seconds[5] else None,
    Option(
        "the 5th: the fifteen segments behind it are wasted",
        "the 5th",
        "They are not wasted: the kernel keeps them, and each of them makes it repeat its ack. The sender reads that.",
    ),
    Option("the 20th", "the 20th", so="Behind the 20th comes nothing that could make the kernel repeat its ack."),
    Option(
        "both cost the same",
        "the same",
        "The segments behind the 5th tell the sender of the loss. Behind the 20th there are none.",
    ),
)


guess_round_trip = Guess(
    lambda left_at: "these lines do not say" if left_at[0] < 1 < left_at[1] else None,
    Option(
        "1.2 s: from the first SYN on",
        "1.2 s",
        "In the second network the first SYN is lost: the answer belongs to the second SYN, and took 0.2 s.",
    ),
    Option(
        "0.2 s: from the second SYN on",
        "0.2 s",
        "In the first network the answer belongs to the first SYN. It was on its way before the second SYN left.",
    ),
    Option(
        "these lines do not say",
        "these lines do not say",
        so="The lines are the same, and the round trips are 1.2 s and 0.2 s.",
    ),
)

QUEUE = "The queue soon holds more than 0.3 s of segments. Then each one is sent again while it still waits there."
guess_downloads = Guess(
    lambda outcome: "more than 30 s" if outcome.seconds > 30 else None,
    Option("about 5 s", "5 s", f"That is the time with tcpkit's timeout. {QUEUE}"),
    Option("about 10 s", "10 s", QUEUE),
    Option("more than 30 s", "more than 30 s", so=QUEUE),
)

Acks = Sequence[int]


def _at(acks: Acks, count: int, pick: Callable[[int, int], int | None] = lambda ack, place: ack) -> int | None:
    """Return what is picked at so many equal acks in a row."""
    run = 0
    for place, ack in enumerate(acks):
        run = run + 1 if place and ack == acks[place - 1] else 1
        if run == count:
            return pick(ack, place)
    return None


def _never_anew(acks: Acks) -> int | None:
    equal = [ack for before, ack in pairwise(acks) if before == ack]
    return equal[2] if len(equal) > 2 else None


def _last(acks: Acks) -> int | None:
    return next((ack for ack, run in groupby(reversed(acks)) if len(list(run)) > 3), None)


send_again = Exercise(
    "12.1 send_again",
    right=lambda acks: _at(acks, 4),
    inputs=tuple(
        (acks,)
        for acks in (
            *([1, 1461, 1461, 1461, 1461], [1, 1461, 1461, 1461], [5841] * 6, [1, 2921], []),
            *([1, 1, 1461, 1461, 2921, 2921], [1461, 1461, 2921, 1461, 1461, 2921], [1] * 4 + [2921] * 4),
            *([1, 2921] * 3 + [1], [1, 1461, 1461] + [2921] * 5, [7, 7, 7, 8, 8, 8, 9], [2921] * 3, [1461] * 3 + [1]),
        )
    ),
    causes={
        "You act at three equal acks. The first one says something new, so it is no duplicate: wait for three more.": (
            *(lambda acks: _at(acks, 3), lambda acks: next((ack for ack in acks if acks.count(ack) >= 3), None)),
        ),
        "You act at the first duplicate. A packet that was only swapped makes one too.": lambda acks: _at(acks, 2),
        "You act at the fourth duplicate. The first ack with a number is no duplicate; three more are enough.": (
            lambda acks: _at(acks, 5)
        ),
        "You count equal acks anywhere. They must follow one another: an ack between them says that something moved.": (
            lambda acks: next((ack for ack in acks if acks.count(ack) >= 4), None)
        ),
        "Your count never begins again. With each new number it begins at 0.": _never_anew,
        "There are two such numbers, and you return the last. Act at the first.": _last,
        "You return the place in the list. Return the number that is missing: the ack itself.": (
            *(lambda acks: _at(acks, 4, lambda ack, place: place),),
            *(lambda acks: _at(acks, 4, lambda ack, place: place - 3),),
            *(lambda acks: _at(acks, 4, lambda ack, place: place - 1),),
        ),
        "You return the segment after the missing one. The ack names the first byte that is missing.": (
            lambda acks: _at(acks, 4, lambda ack, place: ack + 1460)
        ),
        "You return the segment before the missing one. The ack names the first byte that is missing.": (
            *(lambda acks: _at(acks, 4, lambda ack, place: ack - 1460),),
            *(lambda acks: _at(acks, 4, lambda ack, place: ack - 1),),
        ),
    },
    meaning="Three duplicates in a row name the segment that is missing. This is fast retransmit (RFC 5681, 3.2).",
)

Log = Sequence[tuple[float, str, int]]


def _trips(log: Log, is_clean: Callable[[int], bool] = lambda copies: copies == 1, last: bool = False) -> list[float]:
    """Return the round trips, from the first or the last copy of each number."""
    sent: dict[int, float] = {}
    copies: Counter[int] = Counter()
    trips = []
    for time, what, number in log:
        if what == "sent":
            copies[number] += 1
            sent[number] = time if last else sent.get(number, time)
        elif number in sent:
            began = sent.pop(number)
            trips += [time - began] * is_clean(copies[number])
    return trips


def _is_repeated(log: Log) -> bool:
    return max(Counter(number for _, what, number in log if what == "sent").values(), default=0) > 1


def _in_order(log: Log) -> list[float]:
    times = ([time for time, what, _ in log if what == each] for each in ("sent", "acked"))
    return [acked - sent for sent, acked in zip(*times, strict=False)]


def _each_ack(log: Log) -> list[float]:
    copies = Counter(number for _, what, number in log if what == "sent")
    sent = {number: time for time, what, number in reversed(log) if what == "sent"}
    return [time - sent[number] for time, what, number in log if what == "acked" and copies[number] == 1]


def _rounded(answer: Callable[[Log], object], log: Log) -> object:
    """Return what the answer gives, its numbers rounded."""
    return rounded(answer(log))


def _mean(trips: Sequence[float]) -> float:
    return sum(trips) / len(trips) if trips else 0.0


round_trips = Exercise(
    "12.2 round_trips",
    right=lambda log: _trips(log),
    play=_rounded,
    inputs=(
        ([(0.0, "sent", 1), (0.05, "acked", 1)],),
        ([(0.0, "sent", 1), (1.0, "sent", 1), (1.2, "acked", 1)],),
        ([(0.0, "sent", 1), (0.25, "sent", 2), (0.5, "acked", 1), (1.0, "acked", 2)],),
        ([(0.0, "sent", 1), (0.0, "sent", 2), (1.0, "sent", 1), (1.125, "acked", 1), (1.25, "acked", 2)],),
        ([(0.0, "sent", 1), (0.125, "acked", 1), (0.25, "acked", 1), (0.5, "sent", 2), (0.75, "acked", 2)],),
        ([],),
        ([(0.0, "sent", 1), (0.25, "sent", 2), (0.5, "acked", 2), (1.0, "acked", 1)],),
        (
            [
                (0.0, "sent", 1),
                (0.125, "acked", 1),
                *((each, "sent", 2) for each in (0.5, 1.5, 3.5)),
                (3.75, "acked", 2),
            ],
        ),
        (
            [
                *((0.0, "sent", 1), (0.5, "sent", 2), (1.0, "sent", 2), (1.25, "acked", 1)),
                *((2.0, "sent", 3), (2.25, "acked", 2), (2.5, "acked", 3)),
            ],
        ),
    ),
    causes={
        "You count from the first copy: 1.2 s in a network of 0.2 s. What was sent twice gives no time.": (
            lambda log: _trips(log, bool)
        ),
        "You count from the last copy: 0.2 s in a network of 1.2 s. What was sent twice gives no time.": (
            lambda log: _trips(log, bool, last=True)
        ),
        "You take no time at all from a log in which anything was sent twice. The other numbers in it are clean.": (
            lambda log: [] if _is_repeated(log) else _trips(log)
        ),
        "You pair the first line that says sent with the first that says acked, and so on. An ack names its number.": (
            _in_order
        ),
        "You count an ack that came again. The first one has ended this round trip.": _each_ack,
        "You return milliseconds: a thousand times too much.": lambda log: [1000 * each for each in _trips(log)],
        "You return one number, the mean. Return a list of all of them.": (
            *(lambda log: _mean(_trips(log)), lambda log: _mean(_trips(log)) or None),
        ),
        "You keep only what was sent more than once. It is the other way round.": (
            lambda log: _trips(log, lambda copies: copies > 1)
        ),
        "You return the times of the acks. A round trip is the time from its sending to its ack.": (
            lambda log: [time for time, what, number in log if what == "acked"]
        ),
    },
    signs={
        "A round trip is below 0: subtract the time of the sending from the time of the ack.": (
            lambda got, right, log: any(each < 0 for each in got)
        ),
    },
    meaning="Only what was sent once tells a time (Karn and Partridge, 1987).",
)
