"""The twenty questions of the inventory: the right letter, where it is shown, and what each other letter believes.

Their texts are in the notebook. Nothing here is said before somebody has answered twice.
"""

from __future__ import annotations

from typing import NamedTuple

LETTERS = ("a", "b", "c", "d")
UNKNOWN = "e"


class Item(NamedTuple):
    """A question: its name, the right letter, a lesson and its section, and a sentence for each letter."""

    name: str
    right: str
    lesson: int
    section: int
    a: str
    b: str
    c: str
    d: str

    def says(self, letter: str) -> str:
        """Return what is right, for the right letter, or the belief behind another one."""
        return self[4 + LETTERS.index(letter)]


ITEMS = {
    1: Item("header", "b", 4, 3, "the language makes the header", "The kernel writes the header.",
            "a library in the process makes the header", "the network card makes the header"),
    2: Item("closed port", "c", 4, 3, "where no program is, nothing answers", "a router reports a closed port",
            "A kernel refuses for a port where no program listens.", "a refusal is an error of one's own computer"),
    3: Item("two failures", "c", 5, 4, "an overloaded computer refuses slowly", "a time-out means a closed port",
            "Silence says that packets are lost; it says nothing about a listener.", "a time-out is a slow program"),
    4: Item("checksum", "b", 3, 5, "a right sum proves that the data is whole",
            "A right sum shows most damage; words that changed places keep the same sum.",
            "a checksum is a parity", "a checksum is a signature"),
    5: Item("incorrect", "d", 6, 3, "a wrong sum is a broken card", "a wrong sum is somebody's change on the way",
            "the other side repairs a packet", "tcpdump sees a packet before its checksum is filled in."),
    6: Item("ack number", "d", 8, 2, "an ack names the last byte", "an ack counts the bytes of one packet",
            "an ack counts packets", "An ack names the next byte that is wanted."),
    7: Item("ACK", "a", 8, 5, "An ACK comes from the other kernel; no program need have read the data.",
            "an ACK comes from the program", "an ACK says nothing about data", "an ACK means that a program was told"),
    8: Item("three sends", "c", 8, 1, "one send is one recv", "TCP collects everything before it hands over",
            "A stream has no seams: recv returns what has come, from its beginning.", "recv waits until it is full"),
    9: Item("HTTPS", "b", 20, 5, "HTTPS hides everything", "A router reads the name of the site, and no path or text.",
            "HTTPS hides the text only", "the key crosses the network in the open"),
    10: Item("cable out", "a", 10, 1, "A connection is a note at its two ends; nobody in between holds it.",
             "a connection is in the cable", "a connection is in the routers", "a pause ends a connection"),
    11: Item("close", "d", 9, 4, "no error means that the program has it", "sendall waits for the other side",
             "close waits for the other side", "When close returns, data may still be on its way, and may get lost."),
    12: Item("TIME-WAIT", "b", 9, 3, "TIME-WAIT is a leak", "Who closes first waits, so that late packets do no harm.",
             "TIME-WAIT waits for the other end's close", "TIME-WAIT waits for ACKs"),
    13: Item("loss", "a", 12, 1, "TCP sends the lost part again; a program sees a delay.", "TCP reports a loss",
             "TCP leaves a gap", "TCP hands over what comes, in any order"),
    14: Item("order", "c", 11, 1, "a connection has one path, and keeps order", "routers keep order",
             "Packets overtake each other; the receiving TCP orders the bytes.", "the program must sort"),
    15: Item("how much", "b", 16, 1, "the receiver alone sets the pace",
             "The sender estimates what the network carries; no packet says that number.",
             "the network tells the sender its room", "a card's speed sets the pace"),
    16: Item("one in 100", "d", 15, 2, "a loss costs only what is lost", "a loss costs about half",
             "a loss costs a fixed share", "Each loss halves what Reno has under way, and it grows slowly: 6 Mbit/s."),
    17: Item("larger queue", "d", 17, 1, "a queue costs no time", "a longer queue is faster",
             "one flow shuts others out", "A large queue fills up, and everybody waits in it."),
    18: Item("ports", "a", 18, 2, "Connections share the server's port: four numbers tell them apart.",
             "data has a port of its own", "accept opens a new port", "both ends have the same port"),
    19: Item("localhost", "c", 19, 4, "a container shares the network",
             "a container is a small machine with an address",
             "A program on the machine copies the bytes, or a rule rewrites the packets.",
             "localhost is everywhere"),
    20: Item("who is it", "a", 21, 3, "A handshake shows who can read mail for that address, and no more.",
             "an address proves a computer", "an address proves a network", "any address can be claimed"),
}  # fmt: skip
