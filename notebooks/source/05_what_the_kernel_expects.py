# %% [markdown]
# # 05 What does it take to get an answer?
#
# **There are 64 ways to knock at a port. Colour six squares before the kernel does.**

# %%
from tcpkit import Flags, Lab, Segment, TCPHeader
from tcpkit.check import lesson05 as check
from tcpkit.draw import answer_maps

HOST = "127.0.0.1"
lab = Lab()
answer_maps()

# %% [markdown]
# One square for each set of six flags, and two maps: a port where nobody listens, and one where a program does. The row
# says whether RST, ACK and URG are set, the column says it of SYN, FIN and PSH. The first square of all has no flag.
#
# What comes back? One letter for each outlined square. Lesson 04 told you some of the left map.

# %%
# n nothing, r RST, a RST with ACK (tcpdump's R.), s SYN with ACK (S.)
# BEGIN SOLUTION
closed_guess = "annran"  # six letters: SYN, no flags, FIN, ACK, SYN+FIN, RST
listening_guess = "snansn"  # six letters, in the same order
# END SOLUTION
check.colour(closed_guess, listening_guess)

# %% [markdown]
# This lesson takes 45 minutes, three of them for these maps, with a good place to stop after section 3.
# [The card](card.html) has the flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 03. A segment carries 30 bytes of data, and its header has no options. Which length goes into the
# pseudo-header?

# %% tags=["recall"]
# BEGIN SOLUTION
tcp_length = 50  # a number, in bytes
# END SOLUTION

# %% tags=["check"]
check.recall(tcp_length)

# %% [markdown]
# ## 1. Silence has causes (8 min)
#
# Nobody listens on port 8000. Here are four packets, and each of them meets silence.


# %%
def segment(port, flags=Flags.SYN, data=b"", **fields):
    """Return a segment to this port, with the checksum that belongs in it."""
    return Segment(TCPHeader(8989, port, flags=flags, **fields), data).with_checksum(HOST, HOST)


four = [
    segment(8000, data_offset=1),  # 1: a header of 4 bytes, it says
    bytes(TCPHeader(8989, 8000, flags=Flags.SYN, checksum=0x000F)),  # 2: a checksum that is not right
    segment(8000, data_offset=15),  # 3: a header of 60 bytes, it says, in a packet of 20
    segment(8000, Flags.SYN | Flags.RST),  # 4: a sound packet, with RST set
]

# %% [markdown]
# From where you sit they are alike: one packet out, nothing back. You met the first three in lesson 02, and the last in
# exercise 4.3. Ask the kernel's counters: **which one moves for each packet?** Write four letters.
#
# a) TcpInErrs &emsp; b) TcpInErrs and TcpInCsumErrors &emsp; c) no error counter

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "abaa"  # four letters, one for each packet
# END SOLUTION

# %% tags=["reveal"]
moved = []
for packet in four:
    before = lab.counters()
    lab.send(packet)
    moved.append(lab.counters() - before)
print(*moved, sep="\n")

# %% tags=["compare"]
check.guess_counters(guess, moved)

# %% [markdown]
# `TcpInSegs` counts whatever came, and `TcpOutSegs` what the kernel sent: an answer would show there. So the counters
# tell two of the four silences; the other two look alike there as well. But tcpdump has words for the third packet.
# `lab.explain` sends a packet and asks three witnesses: tcpdump, the counters and the list of sockets.

# %%
print(lab.explain(four[2]))

# %% [markdown]
# Now be the witness of the counters, and of nothing else. `moved` is what one packet moved, or a few of the same kind.
# What did not move is not in it. Say what is sure, and no more. (No packet here belongs to a connection. Inside one,
# `TcpInErrs` has other reasons as well.)


# %% tags=["exercise"]
# Exercise 5.1
def diagnose(moved: dict[str, int]) -> str:
    """Return "header length", "checksum", "answered" or "not told"."""
    # BEGIN SOLUTION
    if moved.get("TcpInCsumErrors", 0) > 0:
        return "checksum"
    if moved.get("TcpInErrs", 0) > 0:
        return "header length"
    if moved.get("TcpOutSegs", 0) > 0:
        return "answered"
    return "not told"
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which counters moved for packet 1, and which for packet 2? Which one tells the two apart?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Ask the narrowest question first: the counter for checksums, then the one for errors, then `TcpOutSegs`, which counts
# what the kernel sent. If none of them moved, nothing is sure.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# if moved.get(..., 0) > 0:
#     return "checksum"
# if moved.get("TcpInErrs", 0) > 0:
#     return "header length"
# if moved.get("TcpOutSegs", 0) > 0:
#     return "answered"
# return "not told"
# ```
#
# </details>

# %% tags=["check"]
check.diagnose(diagnose)

# %% [markdown]
# ## 2. Somebody listens (5 min)
#
# To the story's SYN, with its 44 zeros, a closed port said `ack 45`. Now a program listens, on port 8002. **What does
# that port acknowledge?**
#
# a) 45 &emsp; b) 1 &emsp; c) 0

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
server = lab.listen(8002)
with lab.capture() as packets:
    lab.send(segment(8002, data=bytes(44)))
packets.table()[["sport", "dport", "flags", "ack", "length"]]

# %% tags=["compare"]
check.guess_ack(guess, packets)

# %% [markdown]
# The second line is the answer: `S.`, SYN with ACK. The table leaves out its sequence number, which the kernel picks
# anew each time.
#
# **There is a third packet**: an RST from port 8989 to port 8002. You did not send that. You know who answers for
# nobody. But why would it answer *here*, and in your name? Write down what you think; lesson 07 comes back to it.

# %% tags=["words"]
third_packet = """..."""

# %% [markdown]
# ## 3. The map (10 min)
#
# Now all 64, at both ports. `Flags` is a set of flags in one number, one bit for each: 0 to 63 are all the sets of six.
# Each packet leaves from a port of its own, so that its answer can be found again. One capture for each map.


# %%
def knock(port):
    """Send all 64 sets of flags to this port."""
    for number in range(64):
        header = TCPHeader(9000 + number, port, flags=Flags(number))
        lab.send(Segment(header).with_checksum(HOST, HOST))


with lab.capture() as closed:
    knock(8001)
with lab.capture() as listening:
    knock(8002)
answer_maps(closed, listening, guesses=(closed_guess, listening_guess))

# %%
check.guess_map(closed_guess, listening_guess, closed, listening)

# %% [markdown]
# Read the left map from top to bottom. It has three bands, and two flags make them. Then the right one: which bands are
# the same? Where do your two maps differ?
#
# On the left 32 squares are silent, on the right 44. There are only four `s`.
#
# Say it as tcpdump does: `"R."` for `a`, `"R"` for `r`, `"S."` for `s`, and `"none"` for silence. The check sends all 128
# in your lab, and compares.


# %% tags=["exercise"]
# Exercise 5.2
def answer(flags: Flags, listening: bool) -> str:
    """Return what comes back: "none", "R.", "R" or "S."."""
    # BEGIN SOLUTION
    if Flags.RST in flags:
        return "none"
    if Flags.ACK in flags:
        return "R"
    if not listening:
        return "R."
    return "S." if Flags.SYN in flags and Flags.FIN not in flags else "none"
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which flag silences the whole lower half of both maps? Which flag makes the band of `r` in both?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Four questions, in this order. RST? Then silence. ACK? Then `R`. Nobody listens? Then `R.`. What is left goes to a
# listener: it wants a SYN, and Linux wants it without FIN.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# if Flags.RST in flags:
#     return "none"
# if ...:
#     return "R"
# if not listening:
#     return "R."
# return "S." if Flags.SYN in flags and Flags.FIN not in flags else "none"
# ```
#
# </details>

# %% tags=["check"]
check.answer(answer, lab)

# %% [markdown]
# **Stop here if you are tired.** What follows needs the two maps. When you come back, run all the cells above once
# more, so that your lab is there.
#
# ## 4. What a scanner sees (3 min)
#
# A port scanner knocks and draws conclusions. Four of your squares have names there: SYN, FIN, NULL (no flags) and XMAS
# (FIN, PSH and URG, lit like a tree). Find the four on both maps.
#
# To a SYN both ports speak: `S.` is yes, `R.` is no. To the other three a closed port says `R.`, and a listener says
# nothing. But a firewall that drops every packet says nothing either. So to these three, silence means "listening, or
# filtered", and the probe alone cannot tell which. From inside, the list of sockets can:

# %%
print(lab.explain(segment(8002, Flags.FIN)))

# %% [markdown]
# Scan inside your lab only: elsewhere the ports belong to somebody, who has to be asked first.
#
# ## 5. Find them (9 min)
#
# Among 40 ports of your lab, three listen. Write the probe that finds them. You have the parts: the header of lesson
# 01, the checksum of lesson 03, or `Segment` and `with_checksum`, as in section 1. `lab.ask(segment)` sends a segment
# and returns the answers, a list of `Segment`. Or take a capture, or a raw socket of your own.
#
# The check opens the listeners, on other ports each time, asks your function about all 40, and closes them.


# %% tags=["exercise"]
# Exercise 5.3
def probe(lab: Lab, port: int) -> bool:
    """Say whether a program listens on this port of the lab."""
    # BEGIN SOLUTION
    syn = Segment(TCPHeader(8989, port, flags=Flags.SYN)).with_checksum(HOST, HOST)
    for reply in lab.ask(syn):
        if Flags.SYN in reply.flags:
            return True
    return False
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Lay the two maps over each other. At which square do both ports speak, and say different things?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Send a SYN to the port, with the checksum for that port: `Segment(TCPHeader(...)).with_checksum(HOST, HOST)` works it
# out. An answer with SYN in it is a yes, one with RST in it is a no.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# syn = Segment(TCPHeader(8989, port, flags=Flags.SYN)).with_checksum(HOST, HOST)
# for reply in lab.ask(syn):
#     if ...:
#         return True
# return False
# ```
#
# </details>

# %% tags=["check"]
check.probe(probe, lab)

# %% [markdown]
# ## 6. Part I from memory (4 min)
#
# Three of the six questions from lesson 00, asked again. Do not look yet.
#
# 1. **An ordinary program sends a request. Who writes the TCP header in front of it?**<br>a) the program &emsp;
#    b) a library in the program &emsp; c) the kernel &emsp; d) the network card
# 2. **You ask for a connection at a port where no program listens. What comes back?**<br>a) nothing &emsp; b) an error
#    from the network, but no packet &emsp; c) a packet from somebody
# 3. **One byte in a header is wrong. Who notices, and who is told?**<br>a) the network card; it asks for the packet again
#    &emsp; b) the receiving kernel; it tells nobody &emsp; c) the receiving program; it gets an error

# %% tags=["recall"]
# BEGIN SOLUTION
first = "c"  # "a", "b", "c" or "d"
second = "c"  # "a", "b" or "c"
third = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.part_one(first, second, third)

# %% [markdown]
# Now open [00_start_here](00_start_here.ipynb), and compare. What did you believe when you began? One line:

# %% tags=["words"]
believed = """..."""

# %% [markdown]
# ## 7. Recap (1 min)
#
# - A port is no hole in a wall. It is a number in a question, and the kernel answers from a table: who listens, who is
#   connected. Behind a closed port there is no door, and somebody speaks all the same.
# - What decides: an RST is never answered. Without it, an ACK is refused. Without both, it matters whether somebody
#   listens and wants this SYN. PSH and URG change nothing.
# - Silence has many causes. Some leave a mark in a counter, some only in the list of sockets, some nowhere.
# - Open: who sent the third packet, and why?
#
# That is Part I. You typed a packet, and know what answers. Next: 06, where the tools lie.
#
# <details>
# <summary>Asked next</summary>
#
# - *Is scanning legal?* In your own lab, yes. Elsewhere it depends on the country, the contract and the owner: ask
#   before, not after.
# - *Why is a firewall silent?* It need not be: some refuse with an RST. Silence costs it nothing, tells a scanner
#   little, and makes a caller wait.
# - *Why does Linux drop SYN with FIN?* The two together ask to begin and to end. RFC 9293 does not forbid it; it has no
#   honest use, and it was used to slip past firewalls.
# - *What does a listener keep after `S.`?* A small entry for a connection that is half open, for about a minute, unless an
#   RST takes it away. Fill the memory with these and you have lesson 21.
# - *What was that third packet?* Lesson 07. You have everything you need to find out before.
#
# </details>
