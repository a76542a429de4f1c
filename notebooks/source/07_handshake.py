# %% [markdown]
# # 07 Who keeps hanging up?
#
# **In lesson 05 you sent one SYN to a port with a listener. Three packets were captured. The kernel sent the third one.
# How do you stop it?**

# %%
import time
from contextlib import ExitStack
from itertools import pairwise

from tcpkit import Flags, Lab, Segment, TCPHeader
from tcpkit.check import lesson07 as check
from tcpkit.draw import beside

lab = Lab()
listener = lab.listen(8002)


def flags_of(packets):
    return " ".join(str(packet.segment.flags) for packet in packets)


def my_syn(source_port):
    """Return a SYN to port 8002 with its right checksum."""
    header = TCPHeader(source_port, 8002, flags=Flags.SYN)
    return Segment(header).with_checksum("127.0.0.1", "127.0.0.1")


with lab.capture() as packets:
    lab.send(my_syn(8988))
flags_of(packets)

# %% [markdown]
# You sent the SYN from port 8988. The kernel answered for the listener: SYN and ACK. Then an RST came from port 8988, and
# you did not send it. In this lesson you finish what your SYN began.
#
# This lesson takes 40 minutes. [The card](card.html) has the header and the flags. Open lesson 05 and read what you wrote
# about the third packet.
#
# The lesson needs a cable, and only a lab of kind `namespace` has cables. If `lab.kind` says something else,
# `.venv/bin/python -m tcpkit doctor` tells how to get one. Until then, read the outputs in `notebooks/`.
#
# ## Two minutes from memory (2 min)
#
# From lesson 06. tcpdump prints `seq 24`, a relative number. The SYN's true number was 4294967290. Which number is in the
# packet? (A number has 32 bits: after 4294967295 comes 0.)

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 18  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. It is my port (6 min)
#
# Perhaps the kernel sends the RST because no program holds your port. So an ordinary socket of yours binds port 8989
# first. Then you send the SYN from port 8989. What is the third packet?
#
# a) there is none: the port is mine now<br>
# b) an RST, as before<br>
# c) an ACK: the kernel goes on for my socket

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with lab.socket() as mine, lab.capture() as on_lo:
    mine.bind(("127.0.0.1", 8989))
    lab.send(my_syn(8989))
print(flags_of(on_lo))
print("the RST's seq is the SYN-ACK's ack:", on_lo[-1].segment.seq == on_lo[1].segment.ack)

# %% tags=["compare"]
check.guess_my_port(guess, on_lo)

# %% [markdown]
# When a segment comes, the kernel looks for a **connection**: two addresses and two ports together. It does not ask who
# holds the port. `bind` reserves a port; it begins no connection. `connect` begins one: the kernel picks a first number,
# sends the SYN itself and remembers the connection. You wrote your SYN yourself, so at port 8989 the kernel knows of no
# connection.
#
# The SYN-ACK has the flag ACK. At port 8989, where it arrives, it belongs to no connection. Exercise 4.3 tells what the
# kernel answers: an RST whose seq is the SYN-ACK's ack. You could have predicted this packet. (A socket that *listens* on
# port 8989 changes nothing.)
#
# <details>
# <summary>If you use Scapy</summary>
#
# This RST is the best known trouble of Scapy's users. The usual advice is a firewall rule that drops every RST of this
# machine: `iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP`. The rule needs root, and it also drops the RSTs that
# should go out. The next section needs no such rule.
#
# </details>
#
# ## 2. An address that is not the kernel's (6 min)
#
# The kernel answers for its own addresses. So take an address that the kernel does not have. `lab.host` lays a cable. At
# one end of the cable is the kernel, with the address 10.0.0.1. At the other end there is no kernel: only you, with the
# address 10.0.0.2.
#
# `me.talk(8000)` holds the numbers of one conversation with port 8000: `talk.seq` is the next number that you send,
# `talk.ack` is the next number that you expect. `talk.say` sends a segment with these numbers and moves `talk.seq` on.
# `talk.hear` returns the next segment that comes, and does not move `talk.ack`: you set it yourself. The source port is
# 8989, and each further talk uses the next port.

# %%
me = lab.host("10.0.0.2")
server = lab.listen(8000, me.gateway)  # at 10.0.0.1, the kernel's end of the cable
server.setblocking(False)  # accept does not wait: a caller, or BlockingIOError


def state_of(talk):
    """Return what the kernel calls its end of this conversation."""
    sockets = lab.sockets()
    rows = sockets[sockets.remote == f"10.0.0.2:{talk.source_port}"]
    return "".join(rows.state) or "no entry"


# %% [markdown]
# <details>
# <summary>What <code>say</code> and <code>hear</code> do</summary>
#
# They do only what you have done yourself. `say(flags, data)` builds a header (lesson 01) with `seq` and `ack`,
# computes the checksum (lesson 03), sends the segment, and moves `seq` on by the numbers that the segment used
# (exercise 4.1). `hear()` waits for the next segment with the right ports, for a second at most (`hear(2)`: two
# seconds). If nothing comes, it raises TimeoutError. It changes nothing and answers nothing. `hear_all()` hears until
# no more comes, and answers nothing. At the end of its `with` block a talk ends its conversation with an RST, so that
# no conversation stays open. The whole class is here:
#
# ```python
# import inspect
# from tcpkit.lab.talk import Talk
#
# print(inspect.getsource(Talk))
# ```
#
# </details>
#
# You send a SYN from 10.0.0.2 to the server. Which packets cross the cable?
#
# a) `S S. R`, as before &emsp; b) `S S.` &emsp; c) `S` alone

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with me.talk(8000) as talk:
    with me.capture() as on_cable:
        talk.say(Flags.SYN)
        syn_ack = talk.hear()
    print(flags_of(on_cable), "· ack", syn_ack.ack, "· the kernel says", state_of(talk))
    try:
        server.accept()
    except BlockingIOError:
        print("accept: nobody yet")

# %% tags=["compare"]
check.guess_my_address(guess, on_cable)

# %% [markdown]
# Only you speak for 10.0.0.2, and you said nothing more. The kernel keeps an entry for your SYN, in the state
# **SYN-RECEIVED**. The server's program knows nothing of it yet: `accept` has nobody to return.
#
# ## 3. Say nothing (5 min)
#
# You send a SYN and then stay silent for 3.5 seconds. How many packets does the kernel send in that time?
#
# a) 1: the SYN-ACK &emsp; b) 3 &emsp; c) 2: the SYN-ACK, and an RST at the end

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
print("This takes 3.5 seconds ...")
with me.talk(8000) as talk, me.capture() as silence:
    talk.say(Flags.SYN)
    time.sleep(3.5)
times = [packet.time_ns / 1e9 for packet in silence if packet.source == me.gateway]
print(flags_of(silence))
gaps = [round(after - before) for before, after in pairwise(times)]
print("seconds between the kernel's:", *gaps)

# %% tags=["compare"]
check.guess_silence(guess, silence)

# %% [markdown]
# A packet can be lost, and the kernel cannot know whether its SYN-ACK arrived. So it sends the SYN-ACK again: after 1
# second, then after 2 more, then 4, 8 and 16, and then it waits 32 more. After these 63 seconds the kernel removes its
# entry and sends nothing. If the third packet comes after that, the kernel answers the packet with an RST.
#
# ## 4. The third packet (10 min)
#
# Your SYN carried your first number. The SYN-ACK carries two things: seq is the kernel's own first number, and ack says
# that your first number has arrived. The kernel does not know yet whether *its* first number has arrived. What do you
# say now? (Numbers are counted modulo 2\*\*32.)


# %% tags=["exercise"]
# Exercise 7.1
def third_packet(syn: Segment, syn_ack: Segment) -> tuple[Flags, int, int]:
    """Return flags, seq and ack of the packet that completes the handshake."""
    # BEGIN SOLUTION
    return Flags.ACK, (syn.seq + 1) % 2**32, (syn_ack.seq + 1) % 2**32
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which number did each side use last? seq is about your numbers, ack about the kernel's.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Your SYN used one number, so your seq is the number after it. The kernel's SYN used one number too, so your ack is the
# number after that. After 4294967295 comes 0. The flag ACK says that the number in ack counts.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return Flags.ACK, (syn.seq + 1) % 2**32, ...`
#
# </details>

# %% tags=["check"]
check.third_packet(third_packet, lab)

# %% [markdown]
# The check sent `hello` directly after your packet, and a program read it. SYN, SYN-ACK and ACK are the **three-way
# handshake**. `talk.dial()` does all of it: it sends the SYN, hears the SYN-ACK and sends the third packet. Here is the
# kernel's state after the handshake and after `accept`:

# %%
with me.talk(8000) as talk, me.capture() as shaken:
    talk.dial()
    talk.say(Flags.PSH | Flags.ACK, b"hello")
    talk.hear()
    print("after the handshake", state_of(talk))
    with server.accept()[0] as caller:
        print("after accept       ", state_of(talk), caller.recv(100))

# %% [markdown]
# **ESTABLISHED**, and no program had called `accept`: the kernel completes the handshake alone. `accept` only fetches a
# connection that is ready. Compare the packets of section 1 with these. (On lo both lines `kernel` are the same
# kernel.)

# %%
states = {1: ("kernel", "SYN-RECEIVED"), 2: ("kernel", "ESTABLISHED")}
beside(
    on_lo.ladder(("you", "kernel", "kernel", "listener"), {0: ("you", "send")}),
    shaken[:3].ladder(("you", "kernel"), states),
    names=("on lo", "on the cable"),
)

# %% [markdown]
# <details>
# <summary>The same in Scapy, without root</summary>
#
# ```python
# from scapy.all import IP, TCP, send, sr1
#
# ip, ports = IP(src=me.address, dst=me.gateway), {"sport": 4000, "dport": 8000}
# with lab.scapy():
#     syn_ack = sr1(ip / TCP(**ports, flags="S"), verbose=0)[TCP]
#     send(ip / TCP(**ports, flags="A", seq=syn_ack.ack, ack=syn_ack.seq + 1), verbose=0)
#     print(lab.sockets()[["state", "remote"]])
#     send(ip / TCP(**ports, flags="R", seq=syn_ack.ack), verbose=0)  # hangs up
# ```
#
# With `IP(dst="127.0.0.1")` and port 8002 you meet the RST of section 1 again.
#
# </details>
#
# ## 5. Now the kernel calls you (6 min)
#
# An ordinary program calls `connect` with your address, 10.0.0.2, and port 80. Its kernel sends a SYN, and the SYN arrives
# at you. Answer with the second packet. Your own first number is `first`.


# %% tags=["exercise"]
# Exercise 7.2
def second_packet(syn: Segment, first: int) -> tuple[Flags, int, int]:
    """Return flags, seq and ack of the answer that accepts this call."""
    # BEGIN SOLUTION
    return Flags.SYN | Flags.ACK, first, (syn.seq + 1) % 2**32
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Look at the SYN-ACK that the kernel sent to you. What did it say about your first number, and what about its own?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The flag SYN says your first number, and `first` is its seq. The flag ACK says which number you expect from the caller:
# the caller's SYN used one number, so you expect the one after it.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return Flags.SYN | Flags.ACK, first, ...`
#
# </details>

# %% tags=["check"]
check.second_packet(second_packet, lab)

# %% [markdown]
# ## 6. Who never answered? (4 min)
#
# Twelve callers send a SYN to your server. Seven of them complete the handshake by `talk.dial()`. `lab.sockets()` is the
# kernel's table of listeners and connections:

# %%
with ExitStack() as callers:
    for number in range(12):
        talk = callers.enter_context(me.talk(8000))
        if number in (0, 1, 4, 6, 7, 9, 10):
            talk.dial()
        else:
            talk.say(Flags.SYN)
            talk.hear()
    table = lab.sockets()[["state", "local", "remote"]]
table[table.remote.str.startswith("10.0.0.2")].sort_values("remote", ignore_index=True)

# %% [markdown]
# Which callers never completed the handshake? Your function gets such a table, `sockets`, with rows for several ports
# of ours, and one `port`. In the table `local` is our end and `remote` is the caller's, both as text:
# `"10.0.0.1:8000"`.
#
# <details>
# <summary>If this is new: rows of a pandas table</summary>
#
# `rows = sockets[sockets.state == "LISTEN"]` keeps the rows whose state is LISTEN. `&` joins two conditions; write each in
# brackets. `sockets.local.str.endswith("x")` is the condition that the text in `local` ends in `x`. `sorted(rows.remote)`
# makes a sorted list of the column `remote`.
#
# </details>


# %% tags=["exercise"]
# Exercise 7.3
def half_open(sockets, port: int) -> list[str]:
    """Return the remote ends that never sent the third packet to our port, sorted."""
    # BEGIN SOLUTION
    waiting = sockets.state == "SYN-RECEIVED"
    ours = sockets.local.str.endswith(f":{port}")
    return sorted(sockets[waiting & ours].remote)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# In which state is a connection before the third packet, and in which one after it?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Keep the rows whose state is SYN-RECEIVED and whose `local` has our port. The text `10.0.0.1:18000` ends in `8000` as
# well: ask for the colon too.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return sorted(sockets[(sockets.state == "SYN-RECEIVED") & ...].remote)`
#
# </details>

# %% tags=["check"]
check.half_open(half_open, lab)

# %% [markdown]
# On a server, `ss -tn state syn-recv` lists such callers. The kernel keeps an entry in memory for each of them, and
# does not know who they are. Lesson 21 is about callers who send SYNs and never a third packet.
#
# ## 7. Recap (1 min)
#
# - "My program owns its port": the kernel keeps a table of connections, each of two addresses and two ports. It answers
#   an ACK that belongs to none of them with an RST.
# - In the three-way handshake each side says its first number, and hears that the number has arrived.
# - The kernel completes the handshake alone. `accept` fetches a connection that is ready.
# - Between the second packet and the third the kernel keeps an entry, SYN-RECEIVED, and repeats its SYN-ACK.
#
# Now a connection is open. You say `GET /`, and the kernel acknowledges every byte. Who has read them?
#
# Next: [08 Who has read it?](08_bytes_not_messages.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why three packets, and not two?* After two packets the server does not know whether its own first number has arrived.
# - *Can I send data with the SYN?* Yes. In lesson 05 your SYN had 44 bytes of data, and the listener's ack was 1: the
#   kernel did not keep them. TCP Fast Open, a later addition, is for such data.
# - *Who picks the first numbers, and why by chance?* Each side's kernel picks its own. If strangers could guess the number,
#   they could send segments in your name: lesson 21.
# - *What if both sides call at the same moment?* Then there is one connection, and both sides have it: lesson 10.
# - *What if somebody sends nothing but SYNs?* The kernel's room for such entries is limited: lesson 21.
# - *How do TCPs outside the kernel avoid the RST?* As you did: they use an address that the kernel does not have.
#
# </details>
