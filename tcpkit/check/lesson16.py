"""Lesson 16, congestion: one recall, four guesses, three exercises: two rules, and how high the teeth are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import inf

from tcpkit.check import lesson16_rules as rules
from tcpkit.check.exercise import Exercise
from tcpkit.check.questions import Asked, Guess, Option, Recall, another, as_you_said, chosen_letter
from tcpkit.check.signs import every
from tcpkit.check.verdict import Comparison

MSS = 1448

recall = Recall(
    "16.0",
    right=1000,
    wrong={
        4000: "The window counts from the ack on, and 3,000 of these bytes are sent already.",
        1001: "The ack names the next byte: the window holds the bytes 5001 to 9000.",
        0: "Byte 9000 is the last that you may send. You have sent up to 8000.",
        3000: "That is what is under way: the bytes 5001 to 8000.",
    },
    meaning="The window holds the bytes 5001 to 9000, and those up to 8000 are sent.",
)


def _field(windows: Mapping[str, Counter]) -> str | None:
    sender, receiver = windows.values()
    return "none" if len(sender) == 1 and min(receiver) > 0 else None


guess_field = Guess(
    _field,
    Option(
        "the window in the sender's segments",
        "the sender's window",
        "That is what the sender can receive. It stood still during the whole transfer.",
    ),
    Option(
        "the window in the receiver's ACKs",
        "the receiver's window",
        "That is the receiver's room (lesson 13). It was always larger than what was under way.",
    ),
    Option("an option", "an option", "MSS, SACK, timestamps and window scale: you have seen them all. None tells it."),
    Option("none", "none", so="It is a variable in the sender's memory."),
)

NAMES = ("creep", "slow start", "at once")


class Beginning(Asked):
    """Two letters: who is first with a large queue, and with a small one."""

    count = 2
    form = 'Write two letters, one in each line: "a", "b" or "c".'
    wrong = (
        {
            "creep": "Creep needs a round trip for each segment more.",
            "slow start": "Nobody loses anything in so large a queue, so whoever sends all at once is first.",
        },
        {
            "creep": "Creep loses nothing, and needs a round trip for each segment more.",
            "at once": "It loses more packets than it gets through, and sends them again for seconds. "
            "Nobody told the sender how large the queue is.",
        },
    )

    def read(self, *guesses: object) -> tuple[str, ...] | None:
        """Return the two names."""
        said = tuple(chosen_letter(guess, 3) for guess in guesses)
        return tuple(NAMES["abc".index(each)] for each in said) if all(said) else None

    def seen(self, seconds: Mapping[tuple[int, str], float]) -> tuple[str, ...] | None:
        """Return who was first with the large queue, and with the small one."""
        queues = sorted({queue for queue, _ in seconds}, reverse=True)
        return tuple(min(NAMES, key=lambda name: seconds[queue, name]) for queue in queues)

    def compare(self, said: tuple[str, ...], seen: tuple[str, ...], *_: object) -> Comparison:
        """Return both, and a sentence for each that differs."""
        shown = ", ".join(said), ", ".join(seen)
        if said == seen:
            return as_you_said(shown[0], "Slow start doubles in each round trip, and is second where it is not first.")
        told = [words.get(one, "") for words, one, other in zip(self.wrong, said, seen, strict=True) if one != other]
        return another(*shown, "\n".join(told))


guess_beginning = Beginning()

guess_teeth = Guess(
    lambda tops: 41 if len(tops) and all(abs(top - 41) < 3 for top in tops) else None,
    Option("20", 20, "That fills the link. The queue takes as many again before anything is lost."),
    Option("41", 41, so="The link holds 20, the queue holds 20, and one more is lost."),
    Option("74", 74, "So high it is once, at the beginning, because slow start doubles past 41."),
)

guess_idle = Guess(
    lambda speeds: 5 if speeds[5] < 0.95 * min(speeds[20], speeds[40]) else None,
    Option("5 packets", 5, so="After a loss fewer segments are under way than the link holds."),
    Option("20 packets", 20, "Half of 41 still fills the link, which holds 20 packets."),
    Option("40 packets", 40, "Half of 61 is more than the link holds, so this queue never empties."),
)


after_ack = Exercise(
    "16.1 after_ack",
    right=rules.after_ack_right,
    play=rules.close,
    inputs=(
        (10 * MSS, inf, MSS, MSS),
        (10 * MSS, inf, 2 * MSS, MSS),
        (10 * MSS, 20 * MSS, 700, MSS),
        (19 * MSS, 20 * MSS, 2 * MSS, MSS),
        (20 * MSS, 10 * MSS, MSS, MSS),
        (21 * MSS, 10 * MSS, 2 * MSS, MSS),
        (41 * MSS, 20 * MSS, MSS, MSS),
        (500 * MSS, 20 * MSS, 2 * MSS, MSS),
        (12_000, 8_000, 536, 536),
    ),
    causes=rules.ACK_CAUSES,
    signs=rules.is_float(rules.after_ack_right),
    meaning="Slow start below ssthresh, congestion avoidance from there on.",
)


after_loss = Exercise(
    "16.2 after_loss",
    right=rules.after_loss_right,
    play=rules.halved,
    inputs=(
        (41 * MSS, MSS),
        (58_644, MSS),
        (3 * MSS, MSS),
        (2 * MSS, MSS),
        (MSS, MSS),
        (30 * 536, 536),
        (2 * 536, 536),
    ),
    causes={
        "You write 1448 for `mss`. Another connection has another MSS: `mss` is handed over.": (
            lambda flight, mss: max(flight // 2, 2 * MSS)
        ),
        "You go back to one MSS. That is for a timeout: three duplicate ACKs say that packets still arrive.": (
            lambda flight, mss: mss
        ),
        "You return two MSS whatever was under way. Half of it, and two MSS at least.": lambda flight, mss: 2 * mss,
        "You keep what was under way. Nothing is given back, and more is lost at once.": (
            *(lambda flight, mss: flight, lambda flight, mss: max(flight, 2 * mss)),
        ),
        "You give one MSS back. That is too little: the queue stays full. Give half back.": (
            *(lambda flight, mss: flight - mss, lambda flight, mss: max(flight - mss, 2 * mss)),
        ),
        "With two segments under way you return one MSS. With so few, no loss is noticed: two MSS at least.": (
            *(lambda flight, mss: flight // 2, lambda flight, mss: flight / 2),
        ),
        "One MSS as the floor is too low: with one segment under way there are no duplicate ACKs. Two MSS at least.": (
            lambda flight, mss: max(flight // 2, mss)
        ),
        "You add three MSS. RFC 5681 adds them for a while, and takes them back. What remains is half: return that.": (
            *(lambda flight, mss: flight // 2 + 3 * mss, lambda flight, mss: max(flight // 2, 2 * mss) + 3 * mss),
        ),
        "You keep 0.7 of it. That is CUBIC's rule, and this is Reno: half.": (
            *(lambda flight, mss: max(0.7 * flight, 2 * mss), lambda flight, mss: max(int(0.7 * flight), 2 * mss)),
        ),
        "You return whole segments. Half of the bytes, whether they make whole segments or not.": (
            lambda flight, mss: max(flight // 2 // mss * mss, 2 * mss)
        ),
        "`min` takes the smaller of the two. Two MSS are the least, so take the larger: `max`.": (
            lambda flight, mss: min(flight // 2, 2 * mss)
        ),
    },
    signs=rules.is_float(rules.after_loss_right),
    meaning="Half of what was under way, and two segments at least (RFC 5681, 3.1).",
)


teeth = Exercise(
    "16.3 teeth",
    right=rules.teeth_right,
    play=rules.within,
    inputs=((12e6, 0.02, 20), (12e6, 0.02, 5), (12e6, 0.02, 40), (6e6, 0.04, 30), (50e6, 0.1, 100)),
    causes={
        "You leave the queue out. What waits in the queue is under way as well.": rules.pair(
            lambda way, queue: round(way) + 1
        ),
        "You count the queue alone. The link holds packets, too: rate * round trip.": rules.pair(
            lambda way, queue: queue + 1
        ),
        "You count the link twice. The round trip is there and back already.": rules.pair(
            lambda way, queue: round(2 * way) + queue + 1
        ),
        "The rate is in bits. A byte has eight of them.": rules.pair(lambda way, queue: round(8 * way) + queue + 1),
        "You count bytes. A packet has 1,500 of them.": rules.pair(lambda way, queue: round(1500 * way) + queue + 1),
        "You divide by 1,448, the data in a packet. On the link it has 1,500 bytes, with its headers.": (
            rules.pair(lambda way, queue: round(way * 1500 / 1448) + queue),
            rules.pair(lambda way, queue: round(way * 1500 / 1448) + queue + 1),
        ),
        "Your lowest window is what the link holds. It is half of the highest.": (
            lambda rate_bit_s, rtt_s, queue_packets: (
                rules.teeth_right(rate_bit_s, rtt_s, queue_packets)[0],
                round(rate_bit_s * rtt_s / 8 / 1500),
            )
        ),
        "Your lowest window is one segment. That is so after a timeout only; Reno keeps half.": (
            lambda rate_bit_s, rtt_s, queue_packets: (rules.teeth_right(rate_bit_s, rtt_s, queue_packets)[0], 1)
        ),
        "You take half of the round trip. A packet is under way until its ACK is back: all of it.": rules.pair(
            lambda way, queue: round(way / 2) + queue + 1
        ),
        "The link holds some, and the queue holds some: add the two.": (
            *(rules.pair(lambda way, queue: max(round(way), queue) + 1), rules.pair(lambda way, queue: 2 * queue + 1)),
        ),
        "You write 20 for the link or for the queue. Both depend on what is handed over.": (
            *(rules.pair(lambda way, queue: 20 + queue + 1), rules.pair(lambda way, queue: round(way) + 20 + 1)),
        ),
        "You have the two exchanged: the highest first.": lambda *given: rules.teeth_right(*given)[::-1],
    },
    signs={
        "Return two numbers, the highest window and the lowest: `return top, top // 2`.": every(
            lambda got, right, *_: got is not None and (not isinstance(got, tuple) or len(got) != 2), kind="any"
        ),
        "Your highest window is right, and the lowest is not: at a loss Reno keeps half of what is under way.": (
            lambda got, right, *given: rules.is_top(got[0], *given)
        ),
        "Your highest window is what the link and the queue hold. Reno sends one more, and that one is lost.": (
            lambda got, right, *given: rules.is_top(got[0] + 1, *given)
        ),
    },
    meaning="What the link and the queue hold, and one more; then half of it.",
)
