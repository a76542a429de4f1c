# %% [markdown]
# # 10 Where is a connection?
#
# **You hold an open connection to the kernel. You pull the cable out. When does the connection end?**

# %%
import socket
import time

from tcpkit import Lab, mine
from tcpkit.check import lesson10 as check
from tcpkit.draw import beside, states
from tcpkit.stack.link import Link
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import TRANSITIONS, Event, State

lab = Lab()
host = lab.host("10.0.0.2")
stack = Stack("10.0.0.2")
running = host.run(stack)

states({state: {} for state in State})

# %% [markdown]
# `Stack` is tcpkit's TCP, written in Python. `host.run(stack)` lets it speak at the far end of a cable, and the kernel
# is at the near end. A stack can dial and be dialled, as the kernel can. The eleven boxes are the states that a
# connection can be in. The arrows between them are missing: you write them in this lesson.
#
# While a cell looks at the stack, the stack must stand still: `running.do(lambda now: ...)` calls a function while
# the stack stands still, and `running.wait_for(lambda: ...)` waits until something is true. `running.dial` and
# `running.accept` open a connection.
#
# This lesson takes 40 minutes. [The card](card.html) has the header and the flags. Like lesson 07, this lesson needs
# a lab of kind `namespace`.
#
# ## Two minutes from memory (2 min)
#
# From lesson 04. A segment with the flag ACK, ack 7000 and no data reaches a machine that knows no such connection. An
# RST answers it. Which seq does the RST carry?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 7000  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Pull it (6 min)
#
# The connection is open at both ends. The cable is out for half a second, and nobody sends anything. What do the two
# ends say then?
#
# a) both ends: closed<br>
# b) the kernel: closed; our stack: open<br>
# c) both ends: open

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def kernel_says(port):
    """Return the kernel's state of its connection with this port of ours."""
    sockets = lab.sockets()
    found = {*sockets[sockets.remote == f"10.0.0.2:{port}"].state}
    return ", ".join(sorted(found)) or "no entry"


host = lab.host("10.0.0.2")  # a new cable, so that this cell can be run again
running = host.run(Stack("10.0.0.2"))
listener = lab.listen(8000, host.gateway)
ours = running.dial(host.gateway, 8000, source_port=5001)
program = listener.accept()[0]
host.pull()
time.sleep(0.5)
both = str(ours.state), kernel_says(5001)
print("the cable is out. Ours:", both[0], "· the kernel's:", both[1])
host.plug()
program.sendall(b"still there?")
print("the cable is in again:", running.wait_for(lambda: ours.unread and ours.recv()))
program.close()
rest = running.read_all(ours)  # to the end, and close

# %% tags=["compare"]
check.guess_pulled(guess, both)

# %% [markdown]
# A cable is not a connection. While neither end has anything to say, nothing between them has to work: not for a
# second, not for a week. (An option called keep-alive asks now and then whether the other end is there. It is off by
# default.)
#
# ## 2. Two lives (7 min)
#
# Here are two connections from beginning to end. In the first one our stack dials, and closes first. In the second one
# the kernel dials, and closes first. `ours.path` lists the states that our end went through.

# %%
host = lab.host("10.0.0.2")
stack = Stack("10.0.0.2")
running = host.run(stack)  # new ones: each of the ports below is free
listener = lab.listen(8000, host.gateway)

with host.capture() as packets_dialled:
    ours = running.dial(host.gateway, 8000, source_port=5002)
    program = listener.accept()[0]
    theirs = [kernel_says(5002)]
    running.do(lambda now: ours.close())
    running.wait_for(lambda: ours.state is State.FIN_WAIT_2)  # our FIN is acknowledged
    theirs.append(kernel_says(5002))
    program.close()
    running.wait_for(lambda: ours.state is State.TIME_WAIT)
dialled = list(ours.path)

with host.capture() as packets_accepted, lab.socket() as client:
    door = running.do(lambda now: stack.listen(80))
    client.connect(("10.0.0.2", 80))
    ours = running.accept(door)
    client.close()
    running.wait_for(lambda: ours.has_ended)
    running.do(lambda now: ours.close())
    running.wait_for(lambda: ours.state is State.CLOSED)
accepted = list(ours.path)

print("We dial, and close first:")
print(", ".join(dialled))
print("The kernel's end meanwhile:", ", then ".join(theirs))
print("We are dialled, and close last:")
print(", ".join(accepted))
print("The kernel's end afterwards:", kernel_says(80))
beside(
    packets_dialled.ladder(("ours", "kernel")),
    packets_accepted.ladder(("ours", "kernel"), first_from="kernel"),
    names=("our stack dials", "the kernel dials"),
)

# %% [markdown]
# The seven packets have the same flags; the paths differ. Whoever closes first ends in TIME-WAIT.
#
# A **state** is where one end stands. An **event** moves that end to another state: a call of its program, a segment
# that arrives, or time that runs out. The rule is a table: each state has a row, and the row says which state follows
# each event. For example, `table[State.ESTABLISHED][Event.CLOSE]` is `State.FIN_WAIT_1`.
#
# <details>
# <summary>The eleven events</summary>
#
# Calls of the program: `PASSIVE_OPEN` (listen), `ACTIVE_OPEN` (connect), `CLOSE`, `ABORT`. Segments: `SYN`, `SYN_ACK`,
# `ACK_OF_SYN` (our SYN is acknowledged), `ACK_OF_FIN` (our FIN is acknowledged), `FIN`, `RST`. Time: `TIME_OUT`.
#
# </details>
#
# Follow a list of events through a table. Every connection begins in CLOSED.


# %% tags=["exercise"]
# Exercise 10.1
def walk(table: dict, events: list) -> list:
    """Return the states that these events lead through, CLOSED first."""
    # BEGIN SOLUTION
    path = [State.CLOSED]
    for event in events:
        path.append(table[path[-1]][event])
    return path
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which row of the table counts for the third event?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `table[state]` is the row of a state, and `row[event]` is the next state. The row is that of the state where you
# stand: the last one of the path. An event that the row does not know is a fault: let Python raise KeyError.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `path = [State.CLOSED]`, then for each event `path.append(...)`, then `return path`
#
# </details>

# %% tags=["check"]
check.walk(walk)

# %% [markdown]
# ## 3. Both at once (7 min)
#
# Nobody listens. A program at the kernel's end dials our stack, from port 9000 to port 5003. At the same moment our
# stack dials back, from 5003 to 9000. A packet takes 0.1 s on this cable, so the two SYNs cross on the way. What is
# the result?
#
# a) two resets &emsp; b) one connection &emsp; c) two connections

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
host = lab.host("10.0.0.2", link=Link(delay_s=0.1))
running = host.run(Stack("10.0.0.2"))
with host.capture() as crossing, lab.socket() as program:
    program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    program.bind((host.gateway, 9000))
    program.setblocking(False)
    program.connect_ex((host.address, 5003))  # the kernel's SYN leaves now
    ours = running.dial(host.gateway, 9000, source_port=5003)
    said = str(ours.state), kernel_says(5003)
    program.close()
    running.do(lambda now: ours.close())
    running.wait_for(lambda: ours.state is State.TIME_WAIT)
crossed = list(ours.path)
print("ours:", said[0], "· the kernel's:", said[1])
print(*(packet.segment.flags for packet in crossing))
print(", ".join(crossed))

# %% tags=["compare"]
check.guess_crossing(guess, said)

# %% [markdown]
# Four numbers name a connection: two addresses and two ports. Both SYNs have the same four, so they open one
# connection. "Server" is a word for the end that was dialled. In TCP both ends are alike.
#
# ## 4. The table behind three lives (11 min)
#
# Now you write rows. All of their arrows but three are on the paths of sections 2 and 3. You do not write the rows of
# CLOSED and TIME-WAIT. You do not write ABORT, RST and TIME_OUT either: here they lead to CLOSED. In
# the other three, a program closes a connection that is not open yet: see the docstring of exercise 10.2.
#
# Each check lets your rows drive four conversations with the kernel. They take about a second.


# %% tags=["exercise"]
# Exercise 10.2
def opening() -> dict:
    """Return the rows LISTEN, SYN-SENT and SYN-RECEIVED.

    Given: CLOSE leads to CLOSED from LISTEN and from SYN_SENT,
    and to FIN_WAIT_1 from SYN_RECEIVED.
    """
    # BEGIN SOLUTION
    return {
        State.LISTEN: {Event.SYN: State.SYN_RECEIVED, Event.CLOSE: State.CLOSED},
        State.SYN_SENT: {
            Event.SYN_ACK: State.ESTABLISHED,
            Event.SYN: State.SYN_RECEIVED,
            Event.CLOSE: State.CLOSED,
        },
        State.SYN_RECEIVED: {
            Event.ACK_OF_SYN: State.ESTABLISHED,
            Event.CLOSE: State.FIN_WAIT_1,
        },
    }
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Lay the first three states of each path beside its first three packets. Which packet moved our end each time?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# An end is ESTABLISHED as soon as two things have happened: the other side's SYN has come, and its own SYN is
# acknowledged. A SYN-ACK does both at once, a bare SYN only the first.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `{State.LISTEN: {Event.SYN: ..., Event.CLOSE: State.CLOSED}, State.SYN_SENT: {Event.SYN_ACK: State.ESTABLISHED,
# Event.SYN: ..., Event.CLOSE: State.CLOSED}, State.SYN_RECEIVED: {Event.ACK_OF_SYN: ..., Event.CLOSE:
# State.FIN_WAIT_1}}`
#
# </details>

# %% tags=["check"]
check.opening(opening, lab)


# %% tags=["exercise"]
# Exercise 10.3
def closing() -> dict:
    """Return the rows of the six states from ESTABLISHED to LAST-ACK."""
    # BEGIN SOLUTION
    return {
        State.ESTABLISHED: {Event.CLOSE: State.FIN_WAIT_1, Event.FIN: State.CLOSE_WAIT},
        State.FIN_WAIT_1: {Event.ACK_OF_FIN: State.FIN_WAIT_2, Event.FIN: State.CLOSING},
        State.FIN_WAIT_2: {Event.FIN: State.TIME_WAIT},
        State.CLOSE_WAIT: {Event.CLOSE: State.LAST_ACK},
        State.CLOSING: {Event.ACK_OF_FIN: State.TIME_WAIT},
        State.LAST_ACK: {Event.ACK_OF_FIN: State.CLOSED},
    }
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# After our program has closed, two questions are open: is our FIN acknowledged, and has their FIN come? Two questions
# with two answers each make four states.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# FIN-WAIT-1: neither. FIN-WAIT-2: ours is acknowledged. CLOSING: theirs has come. TIME-WAIT: both. If their FIN comes
# first, our program has not closed yet: CLOSE-WAIT, and after its close LAST-ACK.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# All rows but one: `State.ESTABLISHED: {Event.CLOSE: State.FIN_WAIT_1, Event.FIN: State.CLOSE_WAIT}`,
# `State.FIN_WAIT_1: ...`, `State.FIN_WAIT_2: {Event.FIN: State.TIME_WAIT}`, `State.CLOSE_WAIT: {Event.CLOSE:
# State.LAST_ACK}`, `State.CLOSING: {Event.ACK_OF_FIN: State.TIME_WAIT}`, `State.LAST_ACK: {Event.ACK_OF_FIN:
# State.CLOSED}`
#
# </details>

# %% tags=["check"]
check.closing(closing, lab)

# %% [markdown]
# The diagram again, with the arrows of tcpkit's table. The path of section 3 is lit. Eleven states, eighteen arrows,
# and a way out by reset: there are no other moves.

# %%
states(TRANSITIONS, lit=crossed)

# %% [markdown]
# ## 5. One end forgets (5 min)
#
# **Where is a connection?** Write it in two sentences, as you would tell it to a colleague.

# %% tags=["words"]
two_sentences = """..."""

# %% [markdown]
# Now a connection is open. You throw our stack away and put an empty one in its place. The kernel still says
# ESTABLISHED, and its program sends. What does the empty stack answer?
#
# a) nothing &emsp; b) an ACK &emsp; c) an RST

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
host = lab.host("10.0.0.2")
running = host.run(Stack("10.0.0.2"))
listener = lab.listen(8000, host.gateway)
running.dial(host.gateway, 8000, source_port=5004)
program = listener.accept()[0]
running.stop()

empty = Stack("10.0.0.2")
running = host.run(empty)
print("the empty stack:", len(empty.connections), "connections")
print("the kernel's:", kernel_says(5004))
with host.capture() as forgotten:
    program.sendall(b"hello?")
    time.sleep(0.2)
print(*(packet.segment.flags for packet in forgotten))
try:
    program.recv(1)
except OSError as error:
    print(f"{type(error).__name__}: {error}")
    print("the kernel's:", kernel_says(5004))

# %% tags=["compare"]
check.guess_forgotten(guess, forgotten)

# %% [markdown]
# The empty stack has no connection for this data, so the stack answers as a closed port does. "Connection reset by
# peer" can mean exactly this: the machine at the other end has forgotten the connection.
#
# Go back to your two sentences, and compare.
#
# <details>
# <summary>One way to say it, and four things to look for in yours</summary>
#
# "A connection is what its two ends remember. Between the ends there is nothing of it. Each end moves by events of its
# own, and the two may disagree."
#
# Does yours say (1) each end remembers something, (2) nothing in between, (3) each moves by its own events, (4) the two
# may disagree?
#
# </details>
#
# ## 6. Your TCP (1 min)
#
# The two functions make the table of your own TCP. Once their checks say PASS, `mine.keep` keeps them in the file
# `tcp.py` beside your notebooks, as it kept `before` in lesson 08. The picture shows which pieces are yours.

# %% tags=["mine"]
tcp = mine.keep(opening=opening, closing=closing)
tcp

# %% [markdown]
# `mine.carry` runs a TCP with your pieces, and with tcpkit's where you have none. A megabyte comes from the kernel, and
# a megabyte goes back, over a link that loses one packet in fifty.

# %% tags=["mine"]
mine.carry(lab)

# %% [markdown]
# ## 7. Recap (1 min)
#
# - A connection is kept at its two ends. The cable keeps nothing of it.
# - Each end keeps a state, and a table says which state follows each event.
# - Both ends are alike. Who dials and who closes first decides which path each one takes.
# - An end that has lost its memory answers with RST.
#
# Next: [11 Which byte is this?](11_out_of_order.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *What does a home router or a firewall remember?* A third note, of its own. It may forget before the two ends do:
#   then packets vanish, and both ends still say ESTABLISHED.
# - *Why does TIME-WAIT last a minute?* Lesson 09: the last ACK may be lost.
# - *Why has each connection here a port of its own on our side?* The kernel may still hold an earlier one from that
#   port. A new SYN meets that connection, and a second passes until the new connection is open (RFC 9293, 3.5.1).
# - *Does the kernel have a state CLOSED?* It has no entry at all. CLOSED is a word for that.
# - *What if both ends forget?* Then there is no connection, and nobody has to be told.
#
# </details>
