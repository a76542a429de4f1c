"""Lesson 09: right answers written in other ways, wrong ones with the words they get, guesses."""

import functools
import socket
import struct
import time

import numpy as np
import pandas as pd

from tcpkit.wire import Flags, next_ack

TOOLS = (np, struct, time)  # for the rows
FIN, RST, PSH, ACK = Flags.FIN, Flags.RST, Flags.PSH, Flags.ACK
REUSE, SHARE, ALIVE = (socket.SO_REUSEADDR,), (socket.SO_REUSEPORT,), (socket.SO_KEEPALIVE,)


def end(talk, first=FIN | ACK, last=ACK, count=0, until=FIN, each=PSH, gathers=False, **fields):
    """Close first, but for what is handed over: `fields` are the last segment's, and `count` is added to its ack."""
    talk.say(first)
    for segment in talk.hear_all() if gathers else iter(talk.hear, None):
        talk.ack = next_ack(segment)
        if segment.flags & until:
            talk.ack += count
            return talk.say(last, **fields) and None if last else None
        if segment.flags & each:
            talk.say(ACK)


def answer(talk, ack=ACK, fin=FIN | ACK, count=0, more=1, until=FIN, each=0, **fields):
    """Close second, but for what is handed over."""
    while not (segment := talk.hear()).flags & until:
        if each:
            talk.say(each, ack=next_ack(segment))
    talk.ack = next_ack(segment) + count
    if ack:
        talk.say(ack)
    if fin:
        talk.say(fin, **{name: talk.seq + value for name, value in fields.items()})
    for _ in range(more):
        talk.hear()


def opened(lab, port, before=REUSE, after=(), listens=True, address="127.0.0.1", linger=b""):
    """Open a port, with these options before `bind` and after it."""
    listener = lab.socket()
    for option in before:
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
    if linger:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    listener.bind((address, port))
    for option in after:
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
    if listens:
        listener.listen()
    return listener


another = functools.cache(lambda kind: kind("namespace"))

CLOTHES = {
    "close_first": """
        end(talk) ;; end(talk, gathers=True) ;; end(talk, each=ACK) ;; end(talk, last=ACK | PSH) ;; end(talk, each=0)
        end(talk, FIN | PSH | ACK) ;; talk.say(PSH | ACK, b"goodbye") and end(talk) ;; end(talk, int(FIN | ACK))
        talk.say(FIN | ACK) and time.sleep(0.06) or end(talk, ACK)
    """,
    "close_second": """
        answer(talk) ;; answer(talk, more=0) ;; answer(talk, ack=0) ;; answer(talk, fin=FIN | PSH | ACK)
        time.sleep(0.1) or answer(talk) ;; answer(talk, more=0) or talk.hear()
        answer(talk, seq=0) ;; answer(talk, each=ACK) ;; answer(talk, fin=int(FIN | ACK))
    """,
    "open_port": """
        opened(lab, port) ;; lab.listen(port) ;; lab.listen(port, "127.0.0.1") ;; opened(lab, np.int64(port))
        opened(lab, port, REUSE + ALIVE) ;; opened(lab, port, address="localhost") ;; opened(lab, port, after=REUSE)
        opened(lab, port, after=ALIVE) ;; opened(lab, port, ALIVE + REUSE)
    """,
}

WRONG = {
    "close_first": """
        end(talk, last=0) ;; talk.say(FIN | ACK) and talk.hear_all() and None => You say nothing after the kernel's
        end(talk, until=ACK, last=0) ;; talk.say(FIN | ACK) and None => You stop too soon.
        end(talk, count=-1) => Your last ack does not count its FIN.
        end(talk, seq=1) => Your last ACK has the seq of your FIN.
        end(talk, FIN) => After the handshake every segment carries ACK
        talk.say(FIN | ACK, seq=talk.seq + 1) and talk.hear_all() and None => Your FIN's seq is too high
        talk.hang_up() ;; end(talk, RST | ACK) ;; end(talk, last=RST | ACK) => You say RST. The connection is gone
        end(talk, until=FIN | PSH) => It ends, except where the program says `bye` after your FIN
        end(talk) or talk.hear() => The connection has ended, and your function goes on hearing. After the last ACK
        end(talk) or talk.say(ACK) and talk.hear() and None => The connection had ended, and you said one thing more.
        talk.say(ACK) and None => You say no FIN
        talk.hear() => You hear before you say FIN, and nothing comes
        end(talk, last=FIN | ACK) => You say FIN twice, with two numbers.
        talk.say(FIN | ACK) and talk.hear() and end(talk, ACK, until=ACK) => where the program says `bye`
        end(talk) or 7 => You return 7. Return nothing
        end(talk, count=2) ;; end(talk, each=ACK, count=-2) => is your ack the number after it?
    """,
    "close_second": """
        answer(talk, fin=0, more=0) => Your half is still open: the kernel has your ACK
        answer(talk, count=-1) => You say FIN, and your ack does not count its FIN
        answer(talk, seq=1) => Your FIN's seq is too high.
        answer(talk, fin=FIN) => After the handshake every segment carries ACK
        answer(talk, fin=RST | ACK) ;; talk.hang_up() => You say RST, and the kernel forgets the connection at once.
        answer(talk, fin=0) => You hear its FIN, and then wait for more
        answer(talk, until=FIN | PSH) ;; talk.hear() and answer(talk, until=ACK) => the program says `bye`
        answer(talk, ack=FIN | ACK) => You say FIN twice, with two numbers.
        end(talk) => You say FIN before you have heard theirs. That is 9.1
        answer(talk, more=2) => The connection has ended, and your function goes on hearing.
        None ;; talk.hear() and None ;; answer(talk, fin=0, ack=0) => Its FIN is not acknowledged, and your own is not
        answer(talk, count=3) => With at least one of three programs
        answer(talk) or (1, 2) => You return (1, 2). Return nothing
    """,
    "open_port": """
        opened(lab, port, ()) ;; opened(lab, port, ALIVE) => your sockets lack SO_REUSEADDR
        opened(lab, port, (), REUSE) => it got the option after `bind`
        opened(lab, port, SHARE) ;; opened(lab, port, REUSE + SHARE) => a second server can open the port
        opened(lab, port, linger=struct.pack("ii", 1, 0)) => The client got ConnectionResetError
        opened(lab, 0) ;; opened(lab, port + 1) ;; opened(lab, port, address="") => It is bound to another address
        opened(lab, port, listens=False) => The client was refused.
        opened(another(type(lab)), port) => Your socket listens outside the lab that your function is given.
        None ;; lab ;; (opened(lab, port), port) ;; port => Return the listening socket.
    """,
}

TAKEN, AT_ONCE = [b"one", b"two"], ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]
RESTARTS = pd.DataFrame({"server first": ["[Errno 98] Address already in use"] * 2 + ["ok"]})
GUESSES = r"""
    recall(0) => PASS 9.0 recall\nThe SYN used one number
    recall(1) => TRY AGAIN 9.0 recall: The SYN used the number 4294967295. The next number is 0.
    recall(4294967296) => TRY AGAIN 9.0 recall: The field has 32 bits
    recall(4294967295) => TRY AGAIN 9.0 recall: The SYN used that number.
    guess_after_fin("a", TAKEN) => YOU SAID a: `send` fails: the connection is closed. WE SAW that `send` works
    guess_after_fin("b", TAKEN) => AS YOU SAID b: `send` works
    guess_after_fin("c", TAKEN) => YOU SAID c: the kernel answers your FIN with RST. WE SAW that `send` works.
    guess_at_once("a", AT_ONCE) => YOU SAID a: TIME-WAIT. WE SAW CLOSING.
    guess_at_once("b", AT_ONCE) => AS YOU SAID b: CLOSING.
    guess_at_once("c", AT_ONCE) => YOU SAID c: nothing: it answers with RST. WE SAW CLOSING
    guess_close("a", (1000, "RST")) => YOU SAID a: 5,000. WE SAW 1000.\nWithout the `!`, all 5,000
    guess_close(1000, (1000, "RST")) => AS YOU SAID b: 1,000.\nWhat was on its way arrived.
    guess_close("c", (1000, "RST")) => YOU SAID c: 0. WE SAW 1000.\nWhat was already on its way
    guess_restart("a", RESTARTS) => YOU SAID a: starts. WE SAW that it still fails.\nThat is what many people say.
    guess_restart("b", RESTARTS) => AS YOU SAID b: still fails.\nThe connection in TIME-WAIT is the old server's
    guess_restart("c", RESTARTS) => YOU SAID c: starts, but refuses callers for 60 seconds. WE SAW that it still
    part_two("b", "c", "a", "b") => PASS 9.4 part_two\nAn ACK promises that the other kernel has the bytes
    part_two("a", "c", "a", "b") => TRY AGAIN 9.4 part_two: 1: In lesson 08
    part_two("c", "c", "a", "b") => TRY AGAIN 9.4 part_two: 1: The other kernel sent the ACK
    part_two("b", "b", "a", "b") => TRY AGAIN 9.4 part_two: 2: A stream has no marks in it
    part_two("b", "c", "c", "b") => TRY AGAIN 9.4 part_two: 3: In section 1 the server closed last
    part_two("b", "c", "a", "a") => TRY AGAIN 9.4 part_two: 4: The packet has not
"""
