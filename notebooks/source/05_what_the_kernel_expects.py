# %% [markdown]
# # 05 What does it take to get an answer?
#
# **You can send a port 64 different sets of flags. Which of them does the kernel answer, and how?**

# %%
from tcpkit import Flags, Lab, Segment, TCPHeader
from tcpkit.check import lesson05 as check
from tcpkit.draw import answer_maps

HOST = "127.0.0.1"
lab = Lab()
answer_maps()

# %% [markdown]
# There are two maps: one for a port on which no program listens, one for a port with a listener. Each map has a square
# for every set of the six flags. The names to the left of a row say which of RST, ACK and URG are set there. Over the
# map, a line beside SYN covers the columns in which SYN is set, and so for FIN and PSH. The square at the top left has no
# flag. (URG is the flag of the urgent pointer, as in lesson 04.)
#
# This lesson takes 50 minutes, with a good place to stop after section 3. [The card](card.html) has the flags.
#
# ## Six guesses for each map (4 min)
#
# What comes back? Write one letter for each outlined square, in the order of the squares: first those of the top row.
# Then go down, row by row. Lesson 04 told you some letters of the left map.

# %%
# n: nothing, r: RST, a: RST with ACK (tcpdump's R.), s: SYN with ACK (S.)
# BEGIN SOLUTION
closed_guess = "nnaarn"  # six letters: no flags, FIN, SYN, SYN+FIN, ACK, RST
listening_guess = "nassnn"  # six letters, in the same order
# END SOLUTION
check.colour(closed_guess, listening_guess)

# %% [markdown]
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
# No program listens on port 8000. Here are four packets, and none of them gets an answer.


# %%
def segment(port, flags=Flags.SYN, data=b"", **fields):
    """Return a segment to this port, with the checksum that belongs in it."""
    header = TCPHeader(8989, port, flags=flags, **fields)
    return Segment(header, data).with_checksum(HOST, HOST)


four = [
    segment(8000, data_offset=1),  # 1: its data offset says 4 bytes
    bytes(TCPHeader(8989, 8000, flags=Flags.SYN, checksum=0x000F)),  # 2: wrong checksum
    segment(8000, data_offset=15),  # 3: its data offset says 60 bytes
    segment(8000, Flags.SYN | Flags.RST),  # 4: correct, with RST set
]

# %% [markdown]
# For the sender these four silences look the same: one packet goes out, and nothing comes back. You met the first three
# in lesson 02, and the fourth in exercise 4.3. Ask the kernel's counters: **which error counter moves for each
# packet?** Write four letters.
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
# `TcpInSegs` counts every segment that came in. `TcpOutSegs` counts what the kernel sent: an answer would be counted
# there. The counters show two of the four silences. For the other two packets the counters are the same. But tcpdump
# reports a fault in the third packet. `lab.explain` sends a packet and asks three witnesses: tcpdump, the counters and
# the list of sockets.

# %%
print(lab.explain(four[2]))

# %% [markdown]
# For this exercise you see the counters only. `moved` holds the counters that one packet moved, or that a few packets
# of the same kind moved. A counter that did not move is not in `moved`. Return the cause that the counters prove. (No
# packet here belongs to a connection. Inside a connection `TcpInErrs` has other causes as well.)


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
# Which counters moved for packet 1, and which for packet 2? Which counter moved for one of these two packets only?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Test the most specific counter first: the one for checksums, then the one for all errors, then `TcpOutSegs`, which
# counts what the kernel sent. If none of them moved, nothing is certain.
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
# <details>
# <summary>What if two programs talk in the lab at the same time?</summary>
#
# Their segments are counted as well. The counters belong to the whole lab, not to your packet: they tell something
# about your packet only if nobody else sends.
#
# </details>
#
# ## 2. A program listens (6 min)
#
# A closed port answered the story's SYN with ack 45: 1 for the SYN, 44 for its zeros. Now a program listens on port
# 8002. **Which ack comes from that port?**
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
# The second line is the answer: `S.`, SYN with ACK. The table does not show its sequence number, because the kernel
# picks another one each time.
#
# **There is a third packet**: an RST from port 8989 to port 8002. You did not send it. Who did, and why? Lesson 04 has
# all that you need. Write down what you think, then open the fold below.

# %% tags=["words"]
third_packet = """..."""

# %% [markdown]
# <details>
# <summary>Who sent the third packet</summary>
#
# Your own kernel did. The listener sent its `S.` to port 8989 of this machine. You had written your SYN into a raw
# socket, so the kernel knows of no connection from port 8989: to the kernel, 8989 is a closed port. The `S.` has an
# ACK. You found in exercise 4.3 that a closed port answers a segment with ACK by an RST without ACK. The listener
# receives this RST and forgets your SYN. In lesson 07 you prevent the RST, and keep the connection.
#
# </details>
#
# ## 3. The map (11 min)
#
# Now all 64 sets, at both ports. `Flags` holds a set of flags in one number, one bit for each flag: each number from 0
# to 63 is one set of the six flags. Each packet leaves from a source port of its own, so that its answer can be found.
# There is one capture for each map.


# %%
def send_all(port):
    """Send all 64 sets of flags to this port."""
    for number in range(64):
        header = TCPHeader(9000 + number, port, flags=Flags(number))
        lab.send(Segment(header).with_checksum(HOST, HOST))


with lab.capture() as closed:
    send_all(8001)
with lab.capture() as listening:
    send_all(8002)
answer_maps(closed, listening, guesses=(closed_guess, listening_guess))

# %%
check.guess_map(closed_guess, listening_guess, closed, listening)

# %% [markdown]
# Read the left map from top to bottom. It has three groups of rows, and two flags make the groups. Then read the right
# map. Which groups are the same? Where do the two maps differ?
#
# On the left 32 squares are blank, on the right 44. Only four squares hold an `s`.
#
# Write the maps as a function. Return tcpdump's words: `"R."` for `a`, `"R"` for `r`, `"S."` for `s`, and `"none"` for
# a blank square. The check sends all 128 packets in your lab and compares.


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
# Which flag is set in the whole blank lower half of both maps? Which flag is set in the band of `r`?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Four questions, in this order. Is RST set? Then no answer. Is ACK set? Then `R`. Does no program listen? Then `R.`.
# All other packets go to a listener. A listener answers a SYN, and on Linux only a SYN without FIN.
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
# <details>
# <summary>What if the port belongs to an open connection?</summary>
#
# Then flags are not enough: the answer also depends on seq and ack. The kernel compares them with the numbers that the
# two ends have sent so far.
#
# </details>
#
# **Stop here if you are tired.** The rest of the lesson needs the two maps. When you come back, run all the cells above
# once more, so that your lab is there again.
#
# ## 4. What a scanner sees (4 min)
#
# A port scanner sends packets to ports and draws conclusions from the answers. Scanners have names for four of the
# squares: SYN, FIN, NULL (no flags) and XMAS (FIN, PSH and URG together, "lit like a Christmas tree"). Find the four on
# both maps.
#
# Both ports answer a SYN: `S.` says that a program listens, `R.` says that no program listens. So if nothing comes back
# for a SYN, the SYN or its answer was lost or dropped, and you do not know whether a program listens. To the other three
# packets a closed port answers `R.`, and a listener answers nothing. But a firewall that drops every packet answers
# nothing either. So with these three, silence means "a listener or a firewall", and the packet alone cannot show which
# of the two it is. From inside the lab, the list of sockets can show you:

# %%
print(lab.explain(segment(8002, Flags.FIN)))

# %% [markdown]
# Scan inside your lab only. Other ports belong to other people: ask them first.
#
# ## 5. Find the listeners (10 min)
#
# Programs listen on three of 40 ports in your lab. Write the probe that finds these three. You have the parts: the
# header of lesson 01 and the checksum of lesson 03, or `Segment` and `with_checksum`, as in section 1.
# `lab.ask(segment)` sends a segment and returns the answers, a list of `Segment`. You may also use a capture, or a raw
# socket of your own.
#
# The check opens three listeners, on other ports each time, calls your function for all 40 ports, and closes the
# listeners.


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
# Compare the two maps square by square. Where do both ports answer, and with different letters?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Send a SYN to the port, with the checksum for that port: `Segment(TCPHeader(...)).with_checksum(HOST, HOST)` computes
# it. An answer with the flag SYN means yes, an answer with the flag RST means no.
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
# <details>
# <summary>What if one of the ports is silent?</summary>
#
# Then the probe cannot decide. A firewall may drop your SYN, or the SYN or its answer may be lost on the way. A scanner
# sends the SYN again. If the second SYN gets no answer, the scanner reports the port as "filtered".
#
# </details>
#
# ## 6. Part I from memory (4 min)
#
# Here are three of the six questions from lesson 00 again. Do not look at your first answers yet.
#
# 1. **An ordinary program sends a request. Who writes the TCP header in front of it?**<br>a) the program &emsp;
#    b) a library in the program &emsp; c) the kernel &emsp; d) the network card
# 2. **You ask for a connection at a port where no program listens. What comes back?**<br>a) nothing &emsp; b) an error
#    from the network, but no packet &emsp; c) a packet
# 3. **One byte in a header is wrong. Who notices, and who is told?**<br>a) the network card; it asks for the packet
#    again &emsp; b) the receiving kernel; it tells nobody &emsp; c) the receiving program; it gets an error

# %% tags=["recall"]
# BEGIN SOLUTION
first = "c"  # "a", "b", "c" or "d"
second = "c"  # "a", "b" or "c"
third = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.part_one(first, second, third)

# %% [markdown]
# Now open [00_start_here](00_start_here.ipynb) and compare. What did you believe when you began? Write one line:

# %% tags=["words"]
believed = """..."""

# %% [markdown]
# ## 7. Recap (1 min)
#
# - "A port is a hole in a wall, open or closed": a port is a number in a packet. The kernel looks for this number in a
#   table of listeners and connections. No program listens on a closed port. But an answer comes: the kernel sends it.
# - These rules decide: an RST is never answered. Without RST, an ACK is answered by an RST. Without both flags, the
#   answer depends on whether a program listens, and a listener answers a SYN only (on Linux without FIN). PSH and URG
#   change nothing.
# - Silence has many causes. Some move a counter, some show in the list of sockets only, and some leave no trace.
# - A kernel refuses an `S.` for a connection that it does not know, even if you sent the SYN yourself, by hand.
#
# That is Part I. You have typed a packet, and you know who answers it, and how. Lesson 06 begins Part II: it asks how
# far you can trust tcpdump.
#
# Next: [06 All of it incorrect?](06_tools_lie.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Is scanning legal?* In your own lab, yes. Elsewhere the answer depends on the country, the contract and the owner.
#   Ask before you scan.
# - *Why is a firewall silent?* Not every firewall is silent: some answer with an RST. Silence costs the firewall
#   nothing, tells a scanner little, and makes the caller wait.
# - *Why does Linux drop SYN with FIN?* The two flags together ask to begin and to end. RFC 9293 does not forbid it, but
#   no program needs it, and attackers have used it to pass through firewalls.
# - *What does a listener keep after `S.`?* A small entry for a connection that is half open. It stays for about a
#   minute, unless an RST removes it. Lesson 21 fills a listener's room for such entries.
#
# </details>
