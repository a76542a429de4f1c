"""Lesson 09, goodbye: one recall, four guesses, three exercises, and Part II from memory."""

from __future__ import annotations

from typing import Any

from tcpkit.check.lesson09_endings import ACK, FIN, REUSES_ADDRESS, Restart, closed_first, closed_second, restarted
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.questions import FromMemory, Guess, Option, Recall
from tcpkit.check.signs import Sign, every
from tcpkit.check.values import Plain, show
from tcpkit.wire import Flags, next_ack, segment_length

recall = Recall(
    "9.0",
    right=0,
    wrong={
        1: "The SYN used the number 4294967295. The next number is 0.",
        4294967296: "The field has 32 bits: after 4294967295 comes 0.",
        4294967295: "The SYN used that number. The third packet carries the next one.",
    },
    meaning="The SYN used one number, 4294967295, and the next one is 0.",
)

TWO_HALVES = "You closed your half. The other half is open."
guess_after_fin = Guess(
    lambda taken: "that `send` works" if taken == [b"one", b"two"] else None,
    Option("`send` fails: the connection is closed", "fails", TWO_HALVES),
    Option("`send` works, and you have to take the data", "that `send` works", so=TWO_HALVES),
    Option("the kernel answers your FIN with RST", "RST", "An RST comes when nobody is there to read. You still read."),
)
guess_at_once = Guess(
    lambda states: states[1] if len(states) == 3 else None,
    Option("TIME-WAIT", "TIME-WAIT", "It has your FIN. Does it know that you have its own?"),
    Option(
        "CLOSING", "CLOSING", so="It has your FIN, and waits for the ACK of its own. Few engineers ever see this state."
    ),
    Option("nothing: it answers with RST", "RST", "Nothing is wrong: both sides closed at the same moment."),
)
guess_close = Guess(
    lambda ended: ended[0],
    Option("5,000", "5,000", "Without the `!`, all 5,000 arrived. With unread bytes the kernel sends RST and no more."),
    Option("1,000", 1000, so="What was on its way arrived. The kernel forgot the rest."),
    Option("0", 0, "What was already on its way arrived: the window of 1,000 bytes."),
)
OLD_ONE = "The connection in TIME-WAIT is the old server's, and the old server did not have the option."
guess_restart = Guess(
    lambda table: "that it still fails" if "98" in table["server first"][1] else "that it starts",
    Option("starts", "that it starts", f"That is what many people say. {OLD_ONE}"),
    Option("still fails", "that it still fails", so=OLD_ONE),
    Option("starts, but refuses callers for 60 seconds", "60 s", f"It does not start at all. {OLD_ONE}"),
)


def _fact(*facts: str, only: str = "") -> Sign:
    """Return a sign: all of these were seen wherever the answer is wrong; with `only`, at that program alone."""
    return every(
        lambda got, right, program: got[0] == "seen" and {*facts} <= {*got} and only in ("", program), kind="sequence"
    )


BARE = "After the handshake every segment carries ACK (RFC 9293, 3.10.7.4). The kernel drops your FIN without it."
RETURNS = "You return {shown}. Return nothing: the check looks at what the kernel has done."
TWO_FINS = "You say FIN twice, with two numbers. One FIN ends your half: answer theirs by ACK alone."
ASK_FIN = "A FIN carries ACK too: ask `flags & Flags.FIN`, not `==`."


def _shown(answer: Plain) -> str:
    """Return what was seen, in words; another answer as it is."""
    if answer.family != "sequence" or answer.python[:1] != ("seen",):
        return show(answer)
    return SLIPS.get(answer.python[1], f"the kernel's end: {answer.python[1]}").rstrip(".")


def _close_first(talk: Any) -> None:
    talk.say(FIN | ACK)
    flags = Flags(0)
    while not flags & FIN:
        segment = talk.hear()
        flags = segment.flags
        talk.ack = next_ack(segment)
        if segment_length(flags, len(segment.data)):
            talk.say(ACK)


def _close_second(talk: Any) -> None:
    while not (segment := talk.hear()).flags & FIN:
        pass
    talk.ack = next_ack(segment)
    talk.say(ACK)
    talk.say(FIN | ACK)
    talk.hear()


PROGRAMS = (("closes late",), ("closes at once",), ("says bye",))
close_first = LiveExercise(
    "9.1 close_first",
    right=_close_first,
    inputs=PROGRAMS,
    converse=closed_first,
    gave="you ended with",
    shows=_shown,
    signs={
        "You say RST. The connection is gone without a goodbye: a program that still reads or sends gets an error.": (
            _fact("RST")
        ),
        BARE: _fact("FIN alone"),
        "Your FIN's seq is too high: it leaves a gap before the end, and the kernel waits for the missing byte.": (
            _fact("ahead")
        ),
        "You hear before you say FIN, and nothing comes: this program speaks after your FIN.": _fact("no FIN", "waits"),
        "You say no FIN: your half of the connection stays open.": _fact("no FIN"),
        TWO_FINS: _fact("two FINs"),
        "It ends, except where the program says `bye` after your FIN: take the bytes, acknowledge them, and go on.": (
            _fact(only="says bye")
        ),
        "You say nothing after the kernel's FIN. The kernel waits for the ACK of that FIN, and will say it again.": (
            _fact("silent")
        ),
        "You stop too soon. The first ACK is for your FIN; the kernel's FIN needs an ACK of yours.": _fact("stops"),
        "Your last ack does not count its FIN. FIN has a number (4.1): acknowledge it.": _fact("uncounted"),
        "Your last ACK has the seq of your FIN. FIN used that number: speak from the next one. `say` moves on by "
        "itself.": _fact("own number"),
        f"The connection has ended, and your function goes on hearing. After the last ACK nothing comes. {ASK_FIN}": (
            _fact("waits", "gone")
        ),
        "The connection had ended, and you said one thing more. The kernel answers that with RST.": (
            _fact("gone", "end", "reset")
        ),
        "The check tries three programs: one closes after its ACK, one at once, one says `bye` first. With one of "
        "them the connection does not end. Do you hear until the FIN, and is your ack the number after it?": _fact(),
        RETURNS: every(lambda got, *_: not (isinstance(got, tuple) and got[:1] == ("seen",)), kind="any"),
    },
    meaning="With a program that closes late, one that closes at once, and one that says `bye` first: both halves are "
    "closed, and the kernel has forgotten the connection.",
)
close_second = LiveExercise(
    "9.2 close_second",
    right=_close_second,
    inputs=PROGRAMS,
    converse=closed_second,
    gave="you ended with",
    shows=_shown,
    signs={
        "You say RST, and the kernel forgets the connection at once. A goodbye is an ACK, then your own FIN.": (
            _fact("RST")
        ),
        BARE: _fact("FIN alone"),
        "Your FIN's seq is too high. To a kernel whose program is gone, that is data for nobody: it answers RST.": (
            _fact("ahead")
        ),
        TWO_FINS: _fact("two FINs"),
        "It ends, except where the program says `bye` before it closes: hear until a segment has FIN, and let your ack "
        "count the bytes before it too (`tcpkit.next_ack`).": _fact(only="says bye"),
        "You say FIN before you have heard theirs. That is 9.1: here the program closes first.": _fact("early"),
        f"You hear its FIN, and then wait for more without a FIN of your own. It says FIN once. {ASK_FIN}": (
            _fact("end", "no FIN", "waits")
        ),
        "Your half is still open: the kernel has your ACK, and waits for your FIN.": _fact("no FIN", "FIN-WAIT-2"),
        "Its FIN is not acknowledged, and your own is not said.": _fact("no FIN", "FIN-WAIT-1"),
        "You say FIN, and your ack does not count its FIN (4.1). The kernel will say its FIN again.": (
            _fact("FIN", "CLOSING")
        ),
        "The connection has ended, and your function goes on hearing. After the ACK of your FIN nothing comes.": (
            _fact("waits", "TIME-WAIT")
        ),
        "With at least one of three programs the connection does not end: one has closed before you hear, one closes "
        "then, one says `bye` first.": _fact(),
        RETURNS: every(lambda got, *_: not (isinstance(got, tuple) and got[:1] == ("seen",)), kind="any"),
    },
    meaning="The kernel has both FINs and both ACKs.",
)


def _open_port(lab: Any, port: int) -> Any:
    listener = lab.socket()
    listener.setsockopt(*REUSES_ADDRESS, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


SLIPS = {
    "refused": "The second start failed: a connection in TIME-WAIT uses the port, and your sockets lack SO_REUSEADDR.",
    "too late": "The second start failed. Your socket has SO_REUSEADDR, but it got the option after `bind`, and `bind` "
    "is where the kernel decides.",
    "two": "It restarts, but a second server can open the port while the first one listens: with SO_REUSEPORT the "
    "kernel deals callers out to both. Which option is for restarts only?",
    "reset": "The client got ConnectionResetError: with SO_LINGER 0, `close` sends RST. So nothing waits, and what was "
    "under way is lost (section 4).",
    "elsewhere": "It is bound to another address or another port than 127.0.0.1 and `port`: no client finds it.",
    "nobody": "The client was refused. `bind` only reserves a port; `listen` lets callers in.",
    "outside": "Your socket listens outside the lab that your function is given. Use this `lab`; `serve` above uses "
    "the notebook's.",
}
open_port = Restart(
    "9.3 open_port",
    right=_open_port,
    inputs=((8000,), (8080,), (8888,)),  # no port that the notebook leaves in TIME-WAIT
    gave="we saw:",
    shows=_shown,
    converse=restarted,
    limit_s=3.0,
    signs={words: every(lambda got, right, port, slip=slip: got == ("seen", slip)) for slip, words in SLIPS.items()}
    | {
        "You return {shown}. Return the listening socket.": every(
            lambda got, *_: got.__class__ is not tuple or got[0] != "seen", kind="any"
        )
    },
    meaning="It served, closed first, stopped, started again; no other got the port. `lab.listen` does so, too.",
)
part_two = FromMemory(
    "9.4 part_two",
    (
        (
            *("b", 3),
            {
                "a": "In lesson 08 the kernel acknowledged bytes that no program had read.",
                "c": "The other kernel sent the ACK. What had it done with your bytes?",
            },
        ),
        ("c", 3, dict.fromkeys("ab", "A stream has no marks in it: `recv` takes what is there, much or little.")),
        (
            *("a", 3),
            {
                "b": "In section 1 the kernel closed last, and at the end it had forgotten the connection.",
                "c": "In section 1 the server closed last, and nothing was left of its end.",
            },
        ),
        (
            *("b", 3),
            {
                "a": "The packet has not been on a cable yet: tcpdump looks before the network card sends it.",
                "c": "The kernel writes the checksum, and no program does. When is it finished?",
            },
        ),
    ),
    "An ACK promises that the other kernel has the bytes, a stream has no marks in it, whoever closes first waits, and "
    "a checksum is finished by the network card.",
)
