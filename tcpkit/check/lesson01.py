"""Lesson 01, first_syn: one recall, three exercises, guesses about bytes."""

from __future__ import annotations

from tcpkit.check.exercises01 import SYN_HEADER
from tcpkit.check.exercises01_buffer import INTO_BUFFER
from tcpkit.check.exercises01_port import PORT_BYTES
from tcpkit.check.guess import NOT_SEEN, Guess, Option, another, as_you_said, is_empty, keep, look, number
from tcpkit.check.plain import plain, show
from tcpkit.check.recall import Recall
from tcpkit.check.verdict import Compared, Comparison, Verdict
from tcpkit.wire.complaints import complaints

# Who wrote the story's 84 bytes, for the dump: kept here, as these numbers would tell how many there are.
WHOSE = ((20, "the kernel wrote these"), (20, "you"), (44, "44 zeros, also yours"))
LARGEST_OFFSET = 15  # four bits; RFC 9293, 3.1

RECALL = Recall(
    number="1.0",
    right="b",
    letters=3,
    wrong=(
        ("a", "The name left of `>` sent it. Whose name stands there?"),
        ("c", "Length 31: something is in there. Who put it there?"),
    ),
    meaning="The name left of `>` sent it, and the 31 bytes are what that program wrote: a request.",
    what_if="What if the length were 0? Which of lesson 00's ten packets look like that?",
)


def recall(answer: object) -> Verdict:
    """Check lesson 00 from memory: whose bytes, and which way?

    a) the server's, to the client b) the client's, to the server c) nobody's.
    """
    return RECALL.check(answer)


def port_bytes(learner_function: object) -> Verdict:
    """Check exercise 1.1: a port as two bytes in network order."""
    return PORT_BYTES.check(learner_function)


def syn_header(learner_function: object) -> Verdict:
    """Check exercise 1.2: ten fields as the twenty bytes of a SYN."""
    return SYN_HEADER.check(learner_function)


def into_buffer(learner_function: object) -> Verdict:
    """Check exercise 1.3: a header at the front of a buffer of zeros."""
    return INTO_BUFFER.check(learner_function)


def _packed(result: object) -> str:
    value = plain(result)
    if value.family == "str":  # sys.byteorder
        return {"little": "1d 23", "big": "23 1d"}[value.value]
    return show(value) if value.family == "bytes" and value.value else None


ORDER = Guess(
    options=(
        Option(
            "23 1d",
            "23 1d",
            "That is the network's order, and `!` asks for it. Left alone, `struct` takes this processor's own.",
            "This processor puts the most significant byte first, as the network does. Most do not: `!` suits all.",
        ),
        Option(
            "1d 23",
            "1d 23",
            "Most processors do it so. Yours puts the most significant byte first, as the network does.",
            "This processor puts the least significant byte first. The network does not: `!` asks for its order.",
        ),
        Option("8989", "8989", "Those would be four characters. `H` packs one number of 16 bits: two bytes."),
    ),
    seen=_packed,
)


def guess_order(guess: object, packed: object = None) -> Comparison:
    """Compare a guess with `struct.pack("H", 8989)` on this machine.

    a) 23 1d b) 1d 23 c) 8989. `packed` is what `struct` gave, or
    `sys.byteorder`.
    """
    return ORDER.compare(guess, packed)


def _first(packets: object) -> bytes:
    return bytes(next(packet.data for packet in packets))


BYTES = Guess(
    options=(
        Option(
            "20 bytes", 20, "Your header is in there. So is the rest of your buffer, and twenty bytes in front of it."
        ),
        Option(
            "64 bytes",
            64,
            lambda packets: f"Twenty came in front of your 64: {_first(packets)[:4].hex(' ')} ... Did you write them?",
        ),
        Option(
            "84 bytes",
            84,
            so=lambda packets: f"84 = 20 + 64. The first twenty, {_first(packets)[:4].hex(' ')} ..., are not yours.",
        ),
    ),
    seen=lambda packets: len(_first(packets)),
)


def guess_bytes(guess: object, packets: object = None) -> Comparison:
    """Compare a guess with the length of the first captured packet.

    a) 20 b) 64 c) 84 bytes. `packets` is the capture.
    """
    return BYTES.compare(guess, packets)


REST = (
    Option("cut off", "cut off"),
    Option("sent, and ignored", "sent, and ignored"),
    Option("sent, as data", "sent, as data"),
    Option("refused", "refused"),
)


def kept_44(guess: object) -> Comparison:
    """Keep the guess about the other 44 bytes until lesson 04.

    a) cut off b) sent, and ignored c) sent, as data d) refused.
    """
    return keep(guess, REST, "Lesson 04 comes back to those 44 bytes.")


NO_COMPLAINT = "no complaint about the header's length"
OFFSET_SENTENCES = {
    0: "tcpdump took you at your word: no header at all, and 64 bytes of data.",
    1: "So did the story's author. You wrote 1, and tcpdump speaks of 4: lesson 02.",
    4: "Nearer than the story's 1, and still too short. Keep both numbers, yours and tcpdump's, for lesson 02.",
    5: "You found what lesson 02 asks. tcpdump now takes the rest for data; what the kernel does, lesson 04 tells.",
}


def guess_offset(my_offset: object, packets: object = None) -> Comparison:
    """Compare the learner's data offset with tcpdump's words on it.

    `packets` is a capture in which a packet with that offset was sent. A
    number that four bits do not hold needs none.
    """
    if is_empty(my_offset):
        return Comparison(
            Compared.NO_GUESS_YET, "NO GUESS YET: write `my_offset` in section 2, then run this cell again."
        )
    said = number(my_offset)
    if said is None:
        return Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: Write one whole number, such as 1.")
    shown = show(plain(said))
    if not 0 <= said <= LARGEST_OFFSET:
        return another(shown, "no packet", "It does not fit: four bits hold 0 to 15. Keep that surprise.", packets)
    words = look(lambda capture: _words_on_length(capture, said), packets)
    if words is None and isinstance(my_offset, str):
        return Comparison(Compared.NO_GUESS_YET, f"NO GUESS YET: Write the number without quotes: {said}.")
    if words is None:
        return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
    if said == 5:
        return as_you_said(f"5: {words}", OFFSET_SENTENCES[5], packets)
    too_short = "Too short as well. Keep both numbers, yours and tcpdump's, for lesson 02."
    accepted = "Lesson 02 tries all sixteen. Run the story's 1 as well."
    sentence = OFFSET_SENTENCES.get(said, accepted if words == NO_COMPLAINT else too_short)
    return another(shown, words, sentence, packets)


def _words_on_length(packets: object, offset: int) -> str:
    """Return tcpdump's words on the length of the header with that offset."""
    segment = next(packet.segment for packet in packets if packet.segment.data_offset == offset)
    found = (complaint.words for complaint in complaints(segment) if complaint.field == "data_offset")
    return next(found, NO_COMPLAINT)
