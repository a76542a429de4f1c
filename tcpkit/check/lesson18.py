"""Lesson 18, who_is_talking: one recall, three guesses, a key, an address and the chattiest conversation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tcpkit.check import lesson18_talks as talks
from tcpkit.check.exercise import Exercise
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.questions import Guess, NotSeen, Option, Recall
from tcpkit.check.signs import every, wherever
from tcpkit.check.values import show
from tcpkit.wire import conversation as _conversation
from tcpkit.wire.ipv4 import LOOPBACK

recall = Recall(
    "18.0",
    right="a",
    wrong={
        "b": "The one who waits is the one who closes first.",
        "c": "One end is enough to answer a late packet. The other end has seen all that it needs.",
        "d": "In lesson 09, section 3, one of the two ends was still there after both had said FIN.",
    },
    meaning="Who closes first waits in TIME-WAIT, for 60 seconds. Here that is the client.",
    letters=4,
)

BROWSER, SHOP = 40001, 40002  # the ports from which they call


def _most(packets: Any) -> str | None:
    """Return who leads, by each unit; None if these are not the packets of the eight programs."""
    size, count = Counter[int](), Counter[int]()
    for packet in packets:
        caller = max(packet.segment.source_port, packet.segment.destination_port)
        size[caller] += len(packet.segment.data)
        count[caller] += 1
    if (max(size, key=size.get), max(count, key=count.get)) != (BROWSER, SHOP):
        return None
    return "most bytes: browser and web; most packets: shop and cache"


UNIT = '"Chatty" needs a unit.'
guess_chattiest = Guess(
    _most,
    Option("browser and web", 0, f"By bytes, yes. By packets, shop and cache are far ahead: about 600. {UNIT}"),
    Option("shop and cache", 1, f"By packets, yes: about 600. By bytes the film is 25 times as large. {UNIT}"),
    Option("the friends' chat", 2, f"Its three conversations have neither most bytes nor most packets. {UNIT}"),
    Option("pool and cache", 3, f"It stays open, and carries 0 bytes. {UNIT}"),
)


def _rows(sockets: Any) -> int:
    number = int((sockets.state == "ESTABLISHED").sum())
    if number != 12:
        raise NotSeen(f"{number} rows are ESTABLISHED. Run the experiment of section 1 again, then the cell above.")
    return number


guess_rows = Guess(
    _rows,
    Option("6", 6, "Each end has a row of its own, and both ends of these six are on this machine."),
    Option("12", 12, so="Each end has a row of its own, and both ends of these six are on this machine."),
    Option("15", 15, "The table has 15 rows, and three of them only listen."),
)

SEVERAL = "more than 5"
TWO_PROGRAMS = "JupyterLab and the Python that runs your cells are two programs. They talk over localhost."
NONE_HERE = "Elsewhere it is more than 5. Your Jupyter does not use TCP, or this system does not show it."


def _own(rows: Sequence[Sequence[str]]) -> str:
    return SEVERAL if len(rows) > 5 else str(len(rows)) if rows else "none"


def _else(words: str) -> Callable[..., str]:
    return lambda rows: words if rows else NONE_HERE


guess_own = Guess(
    _own,
    Option("none", "none", _else(f"The text of each cell comes to your screen somehow. {TWO_PROGRAMS}"), NONE_HERE),
    Option("1", "1", _else("Cells, their output and the stop button have connections of their own."), TWO_PROGRAMS),
    Option(SEVERAL, SEVERAL, _else(TWO_PROGRAMS), TWO_PROGRAMS),
)


# 18.1: a key

conversation = Exercise(
    "18.1 conversation",
    right=_conversation,
    play=talks.keys_of,
    inputs=talks.both_ways(),
    causes=talks.KEYS,
    signs={
        "You return {got}, and that cannot be a key: `groupby`, a dict and a set refuse it. Return a tuple.": (
            every(lambda got, right, packets: got in ("a list", "a set", "a dict"), kind="str")
        ),
        "Every packet gets the same key.": lambda got, right, packets: set(got) == {0},
    },
    gave="you made",
    shows=talks.count_keys,
    judge=lambda right: f"There are {len(set(right.value))} conversations.",  # type: ignore[arg-type]
    meaning="Each packet has the key of its answer: 11 keys for the 11 conversations of your capture.",
)


# 18.2: an address as the kernel writes it


def _endpoint(text: str) -> tuple[str, int]:
    host, port = text.split(":")
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(host))), int(port, 16)


endpoint = Exercise(
    "18.2 endpoint",
    right=_endpoint,
    inputs=talks.kernel_texts(),
    ask=talks.written_by_kernel,
    causes={
        "You read the address from the front: 1.0.0.127. The kernel writes one number in this machine's own byte "
        "order, and this machine keeps the low byte first: begin at the end.": talks.end_from(turn=1),
        "You turn the port round. The kernel turns it to this machine's own order before it writes the port: read it "
        "as it stands.": talks.end_from(port=talks.turned),
        "You turn the digits round. Turn the bytes: each has two digits.": (
            lambda text: (".".join(map(str, bytes.fromhex(text[7::-1]))), int(text[9:], 16))
        ),
        "It is the other way about: turn the address round, and read the port as it stands.": talks.end_from(
            turn=1, port=talks.turned
        ),
        "`int(port)` reads decimal digits. The port is written in hexadecimal: base 16.": talks.end_from(port=int),
        "Your address has hexadecimal numbers. People write it in decimal ones: 127.0.0.1.": (
            *(talks.end_from(form, turn) for form in ("x", "X", "02x", "02X") for turn in (1, -1)),
        ),
    },
    signs={
        "You return one text. Return two values: the address as text, and the port as a number.": (
            every(lambda got, right, text: True, kind="str")
        ),
        "First the address, then the port.": lambda got, right, text: got == right[::-1],
        "That is the port as the kernel writes it, in hexadecimal. Return the number: base 16.": (
            lambda got, right, text: len(got) == 2 and str(got[1]).upper() in (text[9:], f"0X{text[9:]}")
        ),
        "Return the address as one text, as people write it: four decimal numbers, and dots between them.": (
            lambda got, right, text: len(got) != 2 or not isinstance(got[0], str)
        ),
        "You return 127.0.0.1 each time. Any address that begins with 127 is this machine's, and we asked about "
        "127.4.0.9, too.": lambda got, right, text: got == (LOOPBACK, right[1]),
    },
    judge=lambda right: f"The kernel wrote this of {show(right)}.",
    meaning="The kernel wrote 12 lines of 12 sockets, and you read them all.",
)


# 18.3: a query

SERVICE = talks.FRIENDS[0][2]
chattiest = LiveExercise(
    "18.3 chattiest",
    right=talks.biggest(),
    inputs=(
        *((table, by) for table in (talks.EIGHT, talks.NONE_AT_ALL) for by in ("bytes", "packets")),
        *((table, "packets") for table in (talks.NO_DATA, talks.ONE)),
    ),
    converse=talks.ask_for_chattiest,
    causes={
        "You add up each direction by itself. 300,000 bytes one way win then over 200,000 bytes each way.": (
            talks.biggest(key=lambda *row: row)
        ),
        'You count packets, also where `by` is "bytes". Bytes are the sum of the column `length`.': talks.biggest(
            "size"
        ),
        'You add up bytes, also where `by` is "packets". Then count the rows.': talks.biggest("sum"),
        "You compare single packets: the largest, or the mean. One large packet is little: add up, then compare.": (
            *(talks.biggest("max"), talks.biggest("mean")),
        ),
    },
    signs={
        "An empty table has no largest sum, and Python raises. Return None for it.": every(
            lambda got, right, table, by: got is None and table == talks.NONE_AT_ALL, also_raised=True
        ),
        "You count packets with data only. A packet without data is a packet too.": (
            every(lambda got, right, table, by: got is None and table in (talks.NO_DATA, talks.ONE), kind="None")
        ),
        "You return the two ends, and how much. Return the ends only.": (
            lambda got, right, table, by: len(got) == 2 and type(got[0]) is tuple and isinstance(got[1], int)
        ),
        "It goes wrong on a part of a table. There the index does not begin at 0 (`pandas.Series(keys, "
        "index=table.index)`), and perhaps no packet has data.": every(
            lambda got, right, table, by: table in (talks.NO_DATA, talks.ONE), kind="any", also_raised=True
        ),
        "You name a service. Three friends together said more there than anybody else, but each had a conversation of "
        "their own.": wherever(
            lambda table, by: (table, by) == (talks.EIGHT, "bytes"),
            lambda got, table, by: got in (SERVICE, (LOOPBACK, SERVICE), (SERVICE, LOOPBACK)),
        ),
        "You name one end. A conversation has two.": (
            lambda got, right, table, by: len(got) == 2 and type(got[0]) is str and type(got[1]) is int
        ),
        "You return how much: {shown}. The question is who: return the two ends (`idxmax`, not `max`).": every(
            lambda got, right, table, by: True, kind="int"
        ),
        "You return a part of the table. The question is who: return the two ends.": every(
            lambda got, right, table, by: got in (("Series",), ("DataFrame",)), kind="object"
        ),
    },
    judge=lambda right: "Another conversation has more." if right.value else "There is no packet to count.",
    meaning="By bytes 200,000 each way win, by packets 700 of ten bytes each. The unit decides.",
)
