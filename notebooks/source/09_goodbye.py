# %% [markdown]
# # 09 Is it closed?
#
# **You stop your server and start it again. Python says `OSError: [Errno 98] Address already in use`. No program listens
# on that port. Who uses the address?**

# %%
import itertools
import socket
import time

import pandas

import tcpkit
from tcpkit import Flags, Lab
from tcpkit.check import lesson09 as check
from tcpkit.draw import beside

lab = Lab()
me = lab.host("10.0.0.2")
new_port = itertools.count(9001).__next__


def dialled(talk):
    """Open the connection; return the socket of the program at the other end."""
    with lab.listen(8000, me.gateway) as server:
        talk.say(Flags.SYN)
        talk.ack = tcpkit.next_ack(talk.hear())
        time.sleep(0.15)  # a long round trip: the kernel repeats a FIN later
        talk.say(Flags.ACK)
        return server.accept()[0]


def state_of(talk):
    """Return what the kernel calls its end of this conversation."""
    sockets = lab.sockets()
    rows = sockets[sockets.remote == f"10.0.0.2:{talk.source_port}"]
    return "".join(rows.state) or "gone"


def flags_of(packets):
    return " ".join(str(packet.segment.flags) for packet in packets)


# %% [markdown]
# Section 5 answers the question. First you end connections yourself, in every order, with `talk` of lessons 07 and 08.
#
# This lesson takes 45 minutes. If you are tired, stop after section 3. [The card](card.html) has the header and the flags.
# Like lesson 07, this lesson needs a lab of kind `namespace`.
#
# ## Two minutes from memory (2 min)
#
# From lesson 07. Your SYN had seq 4294967295. Which seq does the third packet of the handshake carry?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 0  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. You first (10 min)
#
# **FIN** says: "I will send no more". You send FIN. After that, the program at the other end calls `send`. What happens?
#
# a) `send` fails: the connection is closed<br>
# b) `send` works, and you have to take the data<br>
# c) the kernel answers your FIN with RST

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with me.talk(8000) as talk, dialled(talk) as program:
    talk.say(Flags.FIN | Flags.ACK)
    talk.hear()  # the kernel's ACK of your FIN
    received = program.recv(10)
    taken = []
    for word in (b"one", b"two"):
        program.send(word)
        segment = talk.hear()
        taken.append(segment.data)
        talk.ack = tcpkit.next_ack(segment)
        talk.say(Flags.ACK)
    print("the program received", received, "· you received", taken, "·", state_of(talk))

# %% tags=["compare"]
check.guess_after_fin(guess, taken)

# %% [markdown]
# A connection has two halves. Your FIN ends your half; the other half stays open until the other side says FIN too. The
# program sees your FIN as `recv` returning `b""`. The kernel calls its end CLOSE-WAIT: it waits for its program to close.
#
# End a connection that you hold. `talk` has dialled. The other program may still say something before it closes.


# %% tags=["exercise"]
# Exercise 9.1
def close_first(talk) -> None:
    """Say FIN, then take and acknowledge everything up to the other side's FIN."""
    # BEGIN SOLUTION
    talk.say(Flags.FIN | Flags.ACK)
    while True:
        segment = talk.hear()
        talk.ack = tcpkit.next_ack(segment)
        if tcpkit.segment_length(segment.flags, len(segment.data)):
            talk.say(Flags.ACK)
        if segment.flags & Flags.FIN:
            return
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# There are two FINs. Who acknowledges which one?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Say FIN and ACK. Then hear segment after segment, until one has FIN. Acknowledge each segment that uses a number; a bare
# ACK uses none.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# talk.say(Flags.FIN | Flags.ACK)
# while True:
#     segment = talk.hear()
#     talk.ack = tcpkit.next_ack(segment)
#     if ...:
#         talk.say(Flags.ACK)
#     if segment.flags & Flags.FIN:
#         return
# ```
#
# </details>

# %% tags=["check"]
check.close_first(close_first, lab)

# %% [markdown]
# Now you do the same once more, step by step. `states` collects the state of the kernel's end, first before your FIN:

# %%
with me.talk(8000) as talk:
    program = dialled(talk)
    states = [state_of(talk)]
    with me.capture() as you_first:
        talk.say(Flags.FIN | Flags.ACK)
        talk.hear()
        states.append(state_of(talk))
        program.close()
        fin = talk.hear()
        states.append(state_of(talk))
        talk.ack = tcpkit.next_ack(fin)
        talk.say(Flags.ACK)
    states.append(state_of(talk))
    talk.say(Flags.FIN | Flags.ACK, seq=talk.seq - 1)
    once_more = talk.hear().flags
print(flags_of(you_first), "·", *states, "· your FIN once more:", once_more)

# %% [markdown]
# The last step of the cell sends your FIN again. Section 3 explains the answer. **LAST-ACK**: the kernel waits for the ACK of
# its FIN. Section 3 shows FIN-WAIT, CLOSING and TIME-WAIT; lesson 10 explains all of them.
#
# Sometimes a close takes only three packets: if the program closes at once, its FIN is in the same packet as the ACK of
# your FIN.
#
# ## 2. The other one first (7 min)
#
# Now the program closes first, and its FIN comes to you. Answer the FIN, and end your side. The program may still say
# something before its FIN.


# %% tags=["exercise"]
# Exercise 9.2
def close_second(talk) -> None:
    """Take the other side's FIN, acknowledge it, and say your own."""
    # BEGIN SOLUTION
    segment = talk.hear()
    while not segment.flags & Flags.FIN:
        segment = talk.hear()
    talk.ack = tcpkit.next_ack(segment)  # counts all that came before the FIN, too
    talk.say(Flags.ACK)
    talk.say(Flags.FIN | Flags.ACK)
    talk.hear()
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# The same four packets as in 9.1, with the two sides exchanged. Which two of the four are yours now?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Hear until a FIN comes. Acknowledge its number. Then say FIN yourself: your half is still open. Then hear the ACK of your
# FIN.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# Four lines after the FIN: `talk.ack = tcpkit.next_ack(segment)`, `talk.say(Flags.ACK)`, `talk.say(...)`, `talk.hear()`
#
# </details>

# %% tags=["check"]
check.close_second(close_second, lab)

# %% [markdown]
# ## 3. At once (5 min)
#
# The program closes, and the kernel's FIN reaches you. Before you acknowledge it, you say your own FIN, with the ack that
# you had before: it does not acknowledge the kernel's FIN. What does the kernel call its end now?
#
# a) TIME-WAIT<br>
# b) CLOSING<br>
# c) nothing: it answers with RST

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def after_their_fin(talk, *steps):
    """Hear the kernel's FIN, take these steps; return the packets and the states."""
    with talk:
        program = dialled(talk)
        with me.capture() as packets:
            program.close()
            fin = talk.hear()
            states = [state_of(talk)]
            for step in steps:
                if step == "ACK":
                    talk.ack = tcpkit.next_ack(fin)
                    talk.say(Flags.ACK)
                else:
                    talk.say(Flags.FIN | Flags.ACK)
                    talk.hear()
                states.append(state_of(talk))
        talk.say(Flags.FIN | Flags.ACK, seq=talk.seq - 1)
        print(flags_of(packets), "·", *states, "· your FIN once more:", talk.hear().flags)
    return packets, states


other_first, other_states = after_their_fin(me.talk(8000), "ACK", "FIN")
at_once, at_once_states = after_their_fin(me.talk(8000), "FIN", "ACK")

# %% tags=["compare"]
check.guess_at_once(guess, at_once_states)

# %% [markdown]
# All three orders have the same packets: two FINs and two ACKs. When the kernel says FIN first, the kernel comes to
# TIME-WAIT, and stays there for 60 seconds. When you said FIN first, in section 1, the kernel had no entry after the last
# packet: then it is your side that has to wait.


# %%
def drawn(packets, first_from, *states):
    """Return a ladder, the kernel's state and yours beside the packet that brought them."""
    calls = {number: [*zip(("kernel", "you"), both)] for number, *both in states}
    return packets.ladder(("you", "kernel"), calls, first_from=first_from)


beside(
    drawn(you_first, "you", (0, "CLOSE-WAIT"), (2, "LAST-ACK"), (3, "gone", "TIME-WAIT")),
    drawn(other_first, "kernel", (0, "FIN-WAIT-1"), (1, "FIN-WAIT-2"), (2, "TIME-WAIT")),
    drawn(at_once, "kernel", (0, "FIN-WAIT-1"), (1, "CLOSING"), (3, "TIME-WAIT", "TIME-WAIT")),
    names=("you first", "the other first", "at once"),
)

# %% [markdown]
# Why does one side wait? It has sent the last ACK, and this ACK may be lost. Then the other side sends its FIN once more,
# and needs an answer. The cells with the states try that at their end: you send your FIN once more. In TIME-WAIT the
# kernel answers with an ACK. In section 1 the kernel has no entry any more and answers with RST: that tells you of an
# error, although the connection has ended well.
#
# **Stop here if you are tired.**
#
# ## 4. Does close() deliver everything? (8 min)
#
# You offer a window of 1,000 bytes: the kernel may send that many before it must wait for your ACK. The program calls
# `sendall` with 5,000 bytes, then `close()`. Both return at once. You had sent one byte, `!`, and the program never read
# it. How many of the 5,000 bytes arrive?
#
# a) 5,000 &emsp; b) 1,000 &emsp; c) 0

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def close_with_unread(talk, unread):
    """Return how many of 5,000 bytes arrive, and which flag ends the connection."""
    with talk:
        program = dialled(talk)
        if unread:
            talk.say(Flags.PSH | Flags.ACK, unread)
            talk.hear()
        program.sendall(bytes(5000))
        program.close()
        arrived = 0
        while True:
            segment = talk.hear()
            arrived += len(segment.data)
            if segment.flags & Flags.RST:
                return arrived, "RST"
            talk.ack = tcpkit.next_ack(segment)
            talk.say(Flags.ACK)
            if segment.flags & Flags.FIN:
                return arrived, "FIN"


print("all read:     ", close_with_unread(me.talk(8000, window=1000), b""))
before = lab.counters()
with_unread = close_with_unread(me.talk(8000, window=1000), b"!")
print("one byte left:", with_unread)
aborted = (lab.counters() - before)["TcpExtTCPAbortOnClose"]
print(f"TcpExtTCPAbortOnClose +{aborted}")

# %% tags=["compare"]
check.guess_close(guess, with_unread)

# %% [markdown]
# What does `close()` do with unread bytes? It sends RST, and the kernel forgets what it still had to send (RFC 9293,
# 3.6.1). The counter TcpExtTCPAbortOnClose counts each such close. What has arrived can still be read: if a server on `lo`
# sends `b"reply"` and then closes with a byte unread, its client reads `b"reply"`. The client's next `recv` raises
# ConnectionResetError.
#
# A web server that answers "413 Too Large" and closes without reading the rest of the request does just that: many
# clients never see its answer. Read to the end before you close, or call `shutdown(SHUT_WR)`, read on, and close then.
#
# And if all was read? When `close()` returns, at most 1,000 of the 5,000 bytes have left. If the cable breaks then, no
# call tells the program.
#
# ## 5. Address already in use (7 min)
#
# A server accepts a client, closes first, and stops. Its connection stays in TIME-WAIT. You start the server again. You
# have read that the option SO_REUSEADDR helps, and you add it to the **new** server. The new server
#
# a) starts &emsp; b) still fails &emsp; c) starts, but refuses callers for 60 seconds

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def serve(port, has_option):
    """Return a listener, with the option SO_REUSEADDR or without it."""
    listener = lab.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, has_option)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def restart(port, old_has, new_has, server_closes_first):
    """Serve one client, stop, start again; return what Python says to the second start."""
    with serve(port, old_has) as old, lab.socket() as client:
        client.connect(("127.0.0.1", port))
        program = old.accept()[0]
        first, second = (program, client) if server_closes_first else (client, program)
        first.close()
        second.recv(1)  # b"": the FIN has come
        second.close()
        while "LAST-ACK" in set(lab.sockets().state):
            pass  # until the last ACK has come
    try:
        serve(port, new_has).close()
        return "ok"
    except OSError as error:
        return str(error)


rows = []
for old, new in [(False, False), (False, True), (True, True)]:
    row = {"old": old, "new": new, "server first": restart(new_port(), old, new, True)}
    rows.append(row | {"client first": restart(new_port(), old, new, False)})
restarts = pandas.DataFrame(rows)
restarts

# %% tags=["compare"]
check.guess_restart(guess, restarts)

# %% [markdown]
# `old` and `new` say which of the two servers has the option. The other columns show what Python says to the new start,
# after the server or the client closed first. The connection in TIME-WAIT belongs to the *old* server, and without the
# option the old server did not agree to share its port. Add the option and wait 60 seconds once: after that every
# restart works.
#
# TIME-WAIT is not a leak. It takes a few hundred bytes for 60 seconds, and it protects the next connection from late
# packets of this one.


# %% tags=["exercise"]
# Exercise 9.3
def open_port(lab: Lab, port: int) -> socket.socket:
    """Return a socket that listens at 127.0.0.1, on a port that a restart can open again."""
    # BEGIN SOLUTION
    listener = lab.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# In the table above, which rows differ only in the option of the *old* server?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Each listening socket must have the option itself, and it must have it before `bind`: `bind` is where the kernel decides.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `listener = lab.socket()`, then `listener.setsockopt(...)`, `listener.bind(("127.0.0.1", port))`, `listener.listen()` and
# `return listener`
#
# </details>

# %% tags=["check"]
check.open_port(open_port, lab)

# %% [markdown]
# ## 6. Part II from memory (5 min)
#
# Four questions. Answer them all, then run the check.
#
# 1. From lesson 00: an ACK comes back for your data. What is sure?<br>
#    a) the program has read it &emsp; b) the other kernel holds it &emsp; c) nothing
# 2. A program sends three times. How many `recv` does the reader need?<br>
#    a) one &emsp; b) three &emsp; c) any number
# 3. Who waits in TIME-WAIT?<br>
#    a) who closed first &emsp; b) who closed last &emsp; c) the server
# 4. tcpdump says "incorrect" of a packet that leaves your machine. What do you check first?<br>
#    a) the cable &emsp; b) whether its checksum is only unfinished &emsp; c) the program that sent it

# %% tags=["recall"]
# BEGIN SOLUTION
ack_means = "b"  # "a", "b" or "c"
recvs = "c"  # "a", "b" or "c"
waits = "a"  # "a", "b" or "c"
incorrect = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.part_two(ack_means, recvs, waits, incorrect)

# %% [markdown]
# Open [lesson 00](00_start_here.ipynb), and compare your first answer with what you wrote there to question 4. The
# options stand in another order there: letter b here is letter a there.
#
# ## 7. Recap (1 min)
#
# - A connection has two halves. FIN ends one of them.
# - Two FINs, two ACKs, in any order. Whoever says FIN first (if at once, both) waits in TIME-WAIT, to answer a FIN
#   that comes again, and so that late packets do not meet the next connection.
# - `close()` with unread bytes sends RST, and data that is still waiting is lost.
# - SO_REUSEADDR must be on both listeners, the old one and the new one.
#
# In this Part you were one end of a connection. In the next you program that end, and begin with a table of eleven
# states.
#
# Next: [10 Where is a connection?](10_states.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Can I shorten TIME-WAIT?* Not on Linux: the 60 seconds are a fixed part of the kernel. Let the client close first, or
#   keep connections open and use them again.
# - *Why does my server hold thousands of connections in CLOSE-WAIT?* Its program never closes them. These connections are a
#   leak.
# - *What does a browser do?* It keeps the connection open for the next request.
# - *Does the kernel wait in FIN-WAIT-2 for ever?* For a program that still holds the socket, yes. After `close()` Linux
#   waits 60 seconds.
# - *What if the last ACK is lost every time?* The other side repeats its FIN a few times, then it gives up.
# - *What about `tcp_tw_reuse`?* It lets a client use a port in TIME-WAIT again for a new connection. It does not help a
#   server that listens.
# - *Does `lab.listen` set SO_REUSEADDR?* Yes, and so does Python's `socket.create_server`. But `create_server` opens its
#   socket outside the lab.
#
# </details>
