# %% [markdown]
# # 04 Who was that?
#
# **Your packet is correct. Nothing listens on port 8000. You are about to send it.**

# %%
import tcpkit
from tcpkit import Capture, Flags, Lab, Segment, TCPHeader
from tcpkit.check import lesson04 as check
from tcpkit.draw import beside
from tcpkit.playground import playground

lab = Lab()


def make(port=8000, flags=Flags.SYN, data=bytes(44), **fields):
    """Return a segment with its right checksum: the story's SYN, unless you say otherwise."""
    header = TCPHeader(8989, port, flags=flags, **fields)
    return Segment.parse(bytes(header) + data).with_checksum("127.0.0.1", "127.0.0.1")


packet = make()
print(Capture.of(packet).tcpdump("-t -v"))

# %% [markdown]
# That is tcpdump's word on a packet that has not left yet.
#
# This lesson takes 45 minutes, three of them to play. [The card](card.html) has the header and the flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 02. You send 60 bytes, and their data offset says 9. How many bytes of data are that?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 24  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Send (4 min)
#
# How many packets will the capture hold?
#
# a) 1 &emsp; b) 2 &emsp; c) 3
#
# And from whom? One sentence, in your own words.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION
from_whom = """..."""

# %% tags=["reveal"]
with lab.capture() as packets:
    lab.send(packet)
print(packets.tcpdump("-t"))

# %% tags=["compare"]
check.guess_packets(guess, packets)

# %% [markdown]
# ## 2. Suspects (9 min)
#
# The second packet comes from port 8000, where nobody is. Somebody made it. You have four suspects, and four
# experiments:


# %%
def elsewhere():
    with lab.capture() as seen:
        lab.send(make(port=8002))
    return seen


def unwatched():
    before = lab.counters()
    lab.send(packet)
    return lab.counters() - before


experiments = {
    "a": lambda: (lab.run("lsof -i :8000"), lab.run("ss -tlnw")),  # who listens in here, or holds a raw socket?
    "b": elsewhere,  # the same SYN to port 8002, with the checksum that belongs to it
    "c": lambda: lab.run("ip -brief addr"),  # which network cards are there?
    "d": unwatched,  # send, record nothing, and read the kernel's counters
}

# %% [markdown]
# `lsof` lists who uses a port; if nobody does, it prints nothing and ends with status 1. For each suspect, choose the
# experiment that can clear them, and say first what you expect to see.
#
# **Something special about port 8000.** It is a port that many web servers use.

# %%
# BEGIN SOLUTION
port = "b"  # "a", "b", "c" or "d"
# END SOLUTION
check.suspect_port(port, experiments)

# %% [markdown]
# **Another machine on the network.**

# %% tags=["nbval-ignore-output"]
# BEGIN SOLUTION
network = "c"  # "a", "b", "c" or "d"
# END SOLUTION
check.suspect_network(network, experiments)

# %% [markdown]
# **A program on port 8000**, one that you forgot about.

# %% tags=["nbval-ignore-output"]
# BEGIN SOLUTION
program = "a"  # "a", "b", "c" or "d"
# END SOLUTION
check.suspect_program(program, experiments)

# %% [markdown]
# **tcpdump, or our way of watching.** Perhaps nothing came, and the watcher made it up.

# %%
# BEGIN SOLUTION
watching = "d"  # "a", "b", "c" or "d"
# END SOLUTION
check.suspect_watching(watching, experiments)

# %% [markdown]
# <details>
# <summary>One suspect is left: tcpkit itself</summary>
#
# A fair suspicion. tcpkit wrote the capture, the counters' difference and the lab. So leave it out: in a terminal of
# your own, with no lab and nothing imported but Python's own `socket`, connect to a port of your machine where nothing
# listens. Port 1 is nearly always such a one.
#
# ```
# python3 -c "import socket; socket.create_connection(('127.0.0.1', 1))"
# ```
#
# What does Python say? Section 3 meets it again.
#
# </details>
#
# No port, no other machine, no program, no watcher. Who is left? Who wrote the twenty bytes in front of yours, in
# lesson 01? Whose counters moved in lesson 02?
#
# ## 3. You have met it before (5 min)
#
# Now without a single byte of your own: an ordinary socket, as any program has, asks for a connection to port 8000.

# %%
with lab.capture() as refused, lab.socket() as client:
    client.bind(("127.0.0.1", 40000))
    try:
        client.connect(("127.0.0.1", 8000))
    except ConnectionRefusedError as error:
        print(f"{type(error).__name__}: {error}")
refused.table()[["sport", "dport", "flags", "length"]]

# %% [markdown]
# A SYN, and the same answer. The **kernel** speaks TCP. It looks for somebody who wants this SYN, finds nobody, and says
# so. `R` is the flag RST, reset, and `.` is ACK: "I have your SYN, and the answer is no."
#
# For your program it puts that packet into words: `Connection refused`. You have read them a hundred times. Nothing was
# broken. Somebody was there, and was polite.
#
# Lesson 00 drew a conversation with two lanes, one program each. That was good enough for a GET. It cannot draw what you
# just saw:

# %%
before = packets.ladder(struck=True)
after = packets.ladder(("your program", "kernel", "kernel", "nobody"), {0: ("your program", "send")})
beside(before, after)

# %% [markdown]
# Both kernels are the same one here: it stands at both ends of `lo`. And the ten packets of lesson 00? The two programs
# wrote something twice, a question and a page. The kernel wrote all ten packets.
#
# The story's author saw this in 2020. The forty bytes that answered are the same today, to the last one.
#
# ## 4. Why 45? (10 min)
#
# Not 0, not 1, not 20, not 64. An ack names the number that its sender expects next. Your SYN had number 0. So 45 numbers
# are used up, from 0 to 44. By what?
#
# In lesson 00 the first byte of data had number 1: something had used up number 0. Ask the kernel about segments that
# carry no data. `lab.ask` sends a segment, and returns the list of what comes back to its port.

# %%
for flags in (Flags.SYN, Flags.FIN, Flags.PSH, Flags.URG):
    replies = lab.ask(make(flags=flags, data=b""))
    print(flags, "is answered by ack", *[reply.ack for reply in replies])

# %% [markdown]
# Which flags use a number? Say it as a function, with data as well.
#
# <details>
# <summary>If this is new: flags in Python, numbers that wrap</summary>
#
# - `Flags.SYN | Flags.ACK` is both flags together. `flags & Flags.SYN` keeps that one bit: 0, so false, if it is not set.
# - `Flags.SYN in flags` asks the same. `flags == Flags.SYN` asks for more: SYN, and nothing else.
# - Sequence numbers have 32 bits: after 4294967295 comes 0. `number % 2**32` does that.
#
# </details>


# %% tags=["exercise"]
# Exercise 4.1
def segment_length(flags: Flags, data_length: int) -> int:
    """Return how many sequence numbers a segment uses."""
    # BEGIN SOLUTION
    return data_length + bool(flags & Flags.SYN) + bool(flags & Flags.FIN)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# 44 bytes of data, and the ack is 45. The four segments above carried no data at all: which of them used a number?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Whatever must be acknowledged needs a number: each byte of data, the beginning (SYN) and the end (FIN). A bare ACK is
# not acknowledged, so it uses none.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return data_length + bool(flags & Flags.SYN) + ...`
#
# </details>

# %% tags=["check"]
check.segment_length(segment_length)

# %% [markdown]
# So the 44 zeros of lesson 01 were data. You kept a guess about them: your whole buffer was sent, and counted.
#
# And what is data, what is header? Your data offset says it. Send the same 64 bytes with other offsets, each with its
# right checksum. Offset 5 brings ack 45. **What do 6, 7 and 8 bring?**
#
# a) 44, 43, 42 &emsp; b) 41, 37, 33 &emsp; c) 45, 45, 45

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
acks = {}
for offset in range(5, 16):
    (reply,) = lab.ask(make(data_offset=offset))
    acks[offset] = reply.ack
acks

# %% tags=["compare"]
check.guess_next(guess, acks)

# %% [markdown]
# The first number that is not used: seq + data + 1 for the SYN (RFC 9293, 3.10.7.1).
#
# Now predict the kernel, and let it judge you: the next two checks send every packet to it, compare, and tell you what
# it answered. First a SYN with seq 0, in a buffer of `size` bytes, with any offset.


# %% tags=["exercise"]
# Exercise 4.2
def ack_for_offset(offset: int, size: int) -> int | None:
    """Return the ack of the answer to a SYN, or None for silence."""
    # BEGIN SOLUTION
    if offset < 5 or 4 * offset > size:
        return None
    return size - 4 * offset + 1
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which offsets did lesson 02 find that bring nothing, with 64 bytes? And with a bare header of 20?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The header takes four bytes for each word of the offset, and the rest is data. An offset below 5, or a header longer
# than the packet, is dropped.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `if offset < 5 or 4 * offset > size: return None`, and then `return ... + 1`
#
# </details>

# %% tags=["check"]
check.ack_for_offset(ack_for_offset, lab)

# %% [markdown]
# Go back to your sentence in section 1. Write it again, as you would tell it to a colleague: who answered what, to
# what, and why with the number 45?

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# <details>
# <summary>One way to say it, and five things to look for in yours</summary>
#
# "In reply to my SYN to port 8000, where no program listens, the kernel sent a reset. Its ack is 45: one for the SYN, and
# 44 for the bytes behind my header."
#
# Yours may be better. Does it (1) name the kernel, (2) say that it replied to a SYN, (3) count the SYN, (4) count 44
# bytes of data, (5) say that nothing listens there?
#
# </details>
#
# ## 5. Any segment (10 min)
#
# Not only a SYN belongs to nobody. What does a closed port answer to any segment? **Ask before you write**, in a cell of
# your own: an ACK, a FIN, an RST, no flags at all. If nothing is printed, that is silence.
#
# ```python
# for reply in lab.ask(make(flags=Flags.ACK, seq=7, ack=1000, data=b"")):
#     print(reply.flags, reply.seq, reply.ack)
# ```
#
# Return flags, seq and ack of the answer, as in `Flags.RST | Flags.ACK, 0, 45`; or None for silence. The segment has
# `.flags`, `.seq`, `.ack` and `.data`. Exercise 4.1 is in tcpkit too: `tcpkit.segment_length`.


# %% tags=["exercise"]
# Exercise 4.3
def reset_for(segment: Segment) -> tuple[Flags, int, int] | None:
    """Return flags, seq and ack of the answer, or None for silence."""
    # BEGIN SOLUTION
    if segment.flags & Flags.RST:
        return None
    if segment.flags & Flags.ACK:
        return Flags.RST, segment.ack, 0
    length = tcpkit.segment_length(segment.flags, len(segment.data))
    return Flags.RST | Flags.ACK, 0, (segment.seq + length) % 2**32
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Two flags make three cases. With which flag does the sender name a number that it expects? After which one would an
# answer never end?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# An RST is answered by silence. A segment with ACK says which number it expects: send RST with just that seq, no ACK
# flag, ack 0. Any other: RST and ACK, seq 0, and ack as in 4.2, modulo 2\*\*32.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return None`, `return Flags.RST, segment.ack, 0` and `return Flags.RST | Flags.ACK, 0, ... % 2**32`
#
# </details>

# %% tags=["check"]
check.reset_for(reset_for, lab)

# %% [markdown]
# ## 6. A damaged one (1 min)
#
# Lesson 03 found damage that a checksum cannot see: two words of a request changed places, and the sum stayed the same.
# The kernel cannot see it either. It answers such a packet with ack 45, like any other:
#
# ```python
# request = make(data=b"GET /the-page-you-wanted HTTP/1.0\r\nHost: a\r\n")
# lab.ask(bytes(request).replace(b"/the-pag", b"aghe-p/t"))[0].ack
# ```
#
# ## 7. Play (3 min)
#
# Turn one knob at a time, and say first what will come back. Can you get silence in four ways? An `R` without its dot?
# An ack of 66? (`TcpInSegs +2`: on `lo` the answer comes in as well.)

# %% tags=["playground", "nbval-ignore-output"]
playground(lab)

# %% [markdown]
# <details>
# <summary>The same in Scapy</summary>
#
# Scapy is a library that builds packets. Inside `with lab.scapy():` its own functions send and listen in the lab, with
# no root:
#
# ```python
# from scapy.all import IP, TCP, Raw, sr1
#
# packet = IP(dst="127.0.0.1") / TCP(sport=8989, dport=8000, flags="S", window=0) / Raw(bytes(44))
# with lab.scapy():
#     reply = sr1(packet, verbose=0)
# print(reply[TCP].flags, reply[TCP].ack)
# ```
#
# It says `RA 45`. Scapy found the data offset and the checksum by itself. You know where they come from.
#
# </details>
#
# ## 8. Recap (1 min)
#
# - "No program, no answer": that is what most of us believe. There was no program, and an answer came.
# - The kernel owns TCP. Programs ask it for connections; it writes the packets, and it answers for ports where no
#   program is.
# - This RST was no breakdown. It is a message, and says no. (Others end a connection that stood.)
# - An ack names the next number. Data, SYN and FIN use numbers up; a header does not.
#
# Next: [05 What does it take to get an answer?](05_what_the_kernel_expects.ipynb)
#
# <details>
# <summary>Asked next</summary>
#
# - *Why does a firewall feel different?* It drops the packet and says nothing, so your program waits, and sends again,
#   until it gives up: a timeout. A refusal comes at once.
# - *Where is it written that it must answer?* RFC 9293, 3.10.7.1: what arrives for a connection that does not exist is
#   answered by a reset, unless it is one.
# - *How does the kernel know that nobody listens?* It keeps a table of the sockets that do. `ss -tln` prints it.
# - *What if the RST is lost?* Nobody repeats it. Whoever sent the SYN hears nothing, sends it again, and gets another.
# - *Would UDP be answered?* Not by UDP: it has no such word. The kernel sends an ICMP packet, "port unreachable".
# - *Can I forbid it?* You will want to, as soon as you hold a conversation of your own: lesson 07.
#
# </details>
