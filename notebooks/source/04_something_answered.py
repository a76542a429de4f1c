# %% [markdown]
# # 04 Who was that?
#
# **Your packet is correct. No program listens on port 8000. You are about to send it.**

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
# That is what tcpdump says of a packet that you have not sent yet.
#
# This lesson takes 50 minutes, three of them for play. [The card](card.html) has the header and the flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 02. You send 60 bytes, and their data offset is 9. How many of the 60 bytes are data?

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
# And who sends them? Write one sentence, in your own words.

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
# ## 2. Suspects (10 min)
#
# The second packet comes from port 8000, and no program listens there. Who made it? You have four suspects, and four
# experiments, a to d:


# %%
def another_port():
    with lab.capture() as seen:
        lab.send(make(port=8002))
    return seen


def another_time():
    before = lab.counters()
    lab.send(packet)
    return lab.counters() - before


experiments = {
    "a": lambda: (lab.run("lsof -i :8000"), lab.run("ss -tlnw")),
    "b": another_port,
    "c": lambda: lab.run("ip -brief addr"),
    "d": another_time,
}

# %% [markdown]
# `lsof -i :8000` lists open sockets that use port 8000; if there are none, it ends with status 1. `ss -tlnw` lists
# listening and raw sockets, `ip -brief addr` lists network cards.
#
# For each suspect choose the experiment that can exclude this suspect. Say what you expect to see before you run the
# cell.
#
# **Something special about port 8000.** Many web servers use this port.

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
# **A program on port 8000** that you forgot about.

# %% tags=["nbval-ignore-output"]
# BEGIN SOLUTION
program = "a"  # "a", "b", "c" or "d"
# END SOLUTION
check.suspect_program(program, experiments)

# %% [markdown]
# **tcpdump, or the lab's capture.** Perhaps no second packet came, and the capture is wrong.

# %%
# BEGIN SOLUTION
watching = "d"  # "a", "b", "c" or "d"
# END SOLUTION
check.suspect_watching(watching, experiments)

# %% [markdown]
# <details>
# <summary>One suspect is left: tcpkit itself</summary>
#
# tcpkit made the capture, the difference of the counters and the lab, so this suspicion is fair. Repeat the test
# without tcpkit: open a terminal of your own, use no lab, import only Python's own `socket`, and connect to a port of
# your machine on which no program listens. Port 1 is nearly always such a port.
#
# ```
# python3 -c "import socket; socket.create_connection(('127.0.0.1', 1))"
# ```
#
# What does Python say? Section 3 explains the answer.
#
# </details>
#
# It was not the port, not another machine, not a program, and not the capture. Who is left? In lesson 01, who wrote the
# twenty bytes in front of yours? In lesson 02, whose counters moved?
#
# ## 3. You have met this answer before (6 min)
#
# This time you write no byte of the packet. An ordinary socket, such as every network program has, asks for a
# connection to port 8000.

# %%
with lab.capture() as refused, lab.socket() as client:
    client.bind(("127.0.0.1", 40000))
    try:
        client.connect(("127.0.0.1", 8000))
    except ConnectionRefusedError as error:
        print(f"{type(error).__name__}: {error}")
refused.table()[["sport", "dport", "flags", "length", "checksum_ok"]]

# %% [markdown]
# A SYN, and the same answer. The **kernel** speaks TCP. It looks for a program that listens on this port, finds none,
# and reports that in its answer. `R` is the flag RST, reset, and `.` is ACK: "I have your SYN, and the answer is no."
#
# Your program gets the same answer as an error: `Connection refused`. You have read these words a hundred times. They
# do not mean that something broke. The kernel was there, and it answered.
#
# `checksum_ok` is False for the SYN, as for every packet of the connection at the end of lesson 03: the kernel leaves
# the checksums of its own connections to the network card. It is True for the RST. This RST belongs to no connection.
# The kernel makes it from the packet that it refuses, computes the checksum of its twenty bytes at once, and sends it
# complete. Lesson 06 shows what the card does.
#
# Lesson 00 drew a conversation with two lanes, one for each program. In such a picture the RST comes from a server, and
# there is no server. So the new picture has four lanes: the kernel at each end gets a lane of its own.

# %%
before = packets.ladder(struck=True)
lanes = ("your program", "kernel", "kernel", "nobody")
after = packets.ladder(lanes, {0: ("your program", "send")})
beside(before, after)

# %% [markdown]
# Both kernels in the picture are the same one: it is at both ends of `lo`. And the ten packets of lesson 00? The two
# programs wrote the request and the page. The kernel wrote all ten packets.
#
# The story's author saw this answer in 2020. Its forty bytes are the same today, every one of them.
#
# ## 4. Why 45? (12 min)
#
# The ack is 45: not 0, not 1, not 20, not 64. An ack is the number that its sender expects next. The first number of
# your packet is its seq, 0. So the packet used 45 numbers, 0 to 44. What used them?
#
# In lesson 00 tcpdump counted from the SYN's number, and the first byte of data had number 1. So something had used
# number 0. Ask the kernel about segments that carry no data. `lab.ask` sends a segment and returns a list of the
# segments that come back to its port. The last of the four flags, **URG** (tcpdump's `U`), says that the header's
# urgent pointer is in use: a part of the data is urgent. Almost no program uses this flag.

# %%
for flags in (Flags.SYN, Flags.FIN, Flags.PSH, Flags.URG):
    replies = lab.ask(make(flags=flags, data=b""))
    print(flags, "is answered by ack", *[reply.ack for reply in replies])

# %% [markdown]
# Which flags use a number? Write your answer as a function, for segments with data as well.
#
# <details>
# <summary>If this is new: flags in Python, numbers that wrap</summary>
#
# - `Flags.SYN | Flags.ACK` is both flags together. `flags & Flags.SYN` keeps the bit of SYN: if SYN is not set, the
#   result is 0, so false.
# - `Flags.SYN in flags` asks the same question. `flags == Flags.SYN` asks another one: is SYN set, and no other flag?
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
# The story's packet has 44 bytes of data, and its ack is 45. The four segments above carried no data: which of them
# used a number?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Everything that must be acknowledged needs a number: each byte of data, the beginning (SYN) and the end (FIN). A bare
# ACK is not acknowledged, so it uses no number.
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
# <details>
# <summary>What if an ACK used a number too?</summary>
#
# Then each ACK would have to be acknowledged, by another ACK, which would use a number as well. The two ends would
# never stop.
#
# </details>
#
# So the 44 zeros of lesson 01 are data. In lesson 01 you guessed what happens to them: the kernel received all 64 bytes
# of your buffer, and counted the 44 behind the header.
#
# How does the kernel know where the data begins? It reads your data offset. Send the same 64 bytes with other offsets,
# each time with the right checksum. For offset 5 the ack is 45. **What is it for 6, 7 and 8?**
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
# The ack is the seq of your packet, plus its bytes of data, plus 1 for the SYN (RFC 9293, 3.10.7.1).
#
# Now predict what the kernel answers. The next two checks send every packet to the kernel and compare its answer with
# yours. First: a SYN with seq 0, in a buffer of `size` bytes, with any offset.


# %% tags=["exercise"]
# Exercise 4.2
def ack_for_offset(offset: int, size: int) -> int | None:
    """Return the ack of the answer to a SYN, or None if no answer comes."""
    # BEGIN SOLUTION
    if offset < 5 or 4 * offset > size:
        return None
    return size - 4 * offset + 1
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# In lesson 02, for which offsets did tcpdump say "too short", and for which "too long"? How many bytes did you send
# each time?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The header takes four bytes for each word of the offset, and the rest is data. The kernel drops a packet whose offset
# is below 5, or whose header would be longer than the packet.
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
# Go back to your sentence in section 1. Write it again, as you would explain it to a colleague: who answered, to which
# packet, with which flag, and why with the number 45?

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# <details>
# <summary>One way to say it, and five things to look for in your sentence</summary>
#
# "In reply to my SYN to port 8000, where no program listens, the kernel sent a reset. Its ack is 45: one for the SYN,
# and 44 for the bytes behind my header."
#
# Yours may be better. Does it (1) name the kernel, (2) say that the kernel replied to a SYN, (3) count the SYN, (4)
# count 44 bytes of data, (5) say that no program listens on the port?
#
# </details>
#
# ## 5. Any segment (11 min)
#
# A SYN is not the only segment that can come to a closed port. What does the port answer to any segment? **Ask before
# you write**, in a cell of your own (Esc, then B, makes one): send an ACK, a FIN, an RST, no flags at all. If nothing
# is printed, no answer came.
#
# ```python
# sent = make(flags=Flags.ACK, seq=7, ack=1000, data=b"")
# for reply in lab.ask(sent):
#     print(reply.flags, reply.seq, reply.ack)
# ```
#
# Return flags, seq and ack of the answer, as in `Flags.RST | Flags.ACK, 0, 45`; or None if no answer comes. The segment
# has `.flags`, `.seq`, `.ack` and `.data`. The function of exercise 4.1 is in tcpkit too: `tcpkit.segment_length`.


# %% tags=["exercise"]
# Exercise 4.3
def reset_for(segment: Segment) -> tuple[Flags, int, int] | None:
    """Return flags, seq and ack of the answer, or None if no answer comes."""
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
# Two flags make three cases. With which flag does the sender name a number that it expects? And if an RST were answered
# by an RST, when would the exchange end?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# An RST gets no answer. A segment with ACK says which number its sender expects: answer with RST alone, with that
# number as seq, and ack 0. To any other segment, answer with RST and ACK, seq 0, and the ack as in 4.2, modulo 2\*\*32.
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
# Lesson 03 found damage that a checksum does not show: two pairs of bytes of a request changed places, and the sum
# stayed the same. The kernel does not notice this damage either. It answers such a packet with ack 45, like any other:
#
# ```python
# text = b"GET /the-page-you-wanted HTTP/1.0\r\nHost: a\r\n"
# damaged = bytes(make(data=text)).replace(b"/the-pag", b"aghe-p/t")
# lab.ask(damaged)[0].ack
# ```
#
# ## 7. Play (3 min)
#
# Turn one knob at a time, and say first what will come back. Can you get no answer, in four ways? Can you get an `R`
# without its dot? Can you get an ack of 66? (`TcpInSegs +2`: on `lo` the answer comes in as well, and is counted.)
#
# With the RST knob pressed, tcpdump adds `[RST+ ^@^@^@...]`. That is no fault: an RST may carry a text that explains it
# (RFC 9293, 3.5.3), so tcpdump prints the data of an RST as text, and `^@` is its sign for a zero byte.

# %% tags=["playground", "nbval-ignore-output"]
playground(lab)

# %% [markdown]
# <details>
# <summary>The same in Scapy</summary>
#
# Scapy is a library that builds packets. Inside `with lab.scapy():` its functions send and listen in the lab, and need
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
# It prints `RA 45`. Scapy computed the data offset and the checksum for you.
#
# </details>
#
# ## 8. Recap (1 min)
#
# - "No program, no answer": most of us believe that. Here no program listened, and an answer came.
# - The kernel speaks TCP. Programs ask it for connections. It writes the packets, and it answers for ports on which no
#   program listens.
# - This RST does not report a fault. It is a message that says no. (Other RSTs end a connection that was open.)
# - An ack names the number that its sender expects next. Data, SYN and FIN use numbers; a header uses none. The RST has
#   seq 0, because your SYN had no ACK and so named no number.
#
# Next: [05 What does it take to get an answer?](05_what_the_kernel_expects.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why is it different when a firewall blocks me?* A firewall usually drops the packet and sends no answer. So your
#   kernel waits, sends the SYN again, and gives up after a while: your program gets a timeout. A refusal comes at once.
# - *Which rule says that the kernel must answer?* RFC 9293, 3.10.7.1: a segment for a connection that does not exist is
#   answered by a reset, unless the segment is a reset itself.
# - *How does the kernel know that no program listens?* It keeps a table of the sockets that listen. `ss -tln` prints
#   it.
# - *What if the RST is lost?* Nobody repeats it. The sender of the SYN hears nothing, sends the SYN again, and gets
#   another RST.
# - *Can a stranger end my connections with an RST?* That is very difficult: in an open connection the kernel obeys an
#   RST only if its seq is exactly the number that the kernel expects next (RFC 5961). Lesson 21 tries it.
# - *Would a UDP port answer?* UDP has no message that refuses. The kernel sends an ICMP packet instead, "port
#   unreachable".
# - *Can I forbid the answer?* You will need that as soon as you hold a conversation by hand: lesson 07.
#
# </details>
