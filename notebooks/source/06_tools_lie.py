# %% [markdown]
# # 06 All of it incorrect?
#
# **You can tell a right checksum from a wrong one. Here are two ordinary programs that talk to each other. How many of
# their packets have a right checksum?**

# %%
import socket

import tcpkit
from tcpkit import Capture, Lab, Packet
from tcpkit.check import lesson06 as check
from tcpkit.draw import vantage

lab = Lab()


def get(server_lab=lab, server_address="127.0.0.1", client_address="127.0.0.1"):
    """Fetch a page as in lesson 00: one client, one server, both in this cell."""
    with server_lab.listen(8000, server_address) as listener, lab.socket() as client:
        client.bind((client_address, 40000))
        client.connect((server_address, 8000))
        with listener.accept()[0] as server:
            client.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            server.recv(100)
            server.sendall(b"hello\n")
            server.shutdown(socket.SHUT_WR)
            page = client.recv(100)
            client.recv(100)  # returns b"": the server has ended its side
    return page


get()

# %% [markdown]
# The page arrived. Both programs use ordinary sockets, so the kernel wrote every packet. The client and the server take
# turns in one cell: the conversation is then the same at every run.
#
# This lesson takes 45 minutes. If you are tired, stop after section 3. [The card](card.html) has the header on one page.
#
# ## Two minutes from memory (2 min)
#
# From lesson 03. Two 16-bit words of a packet change places on the way. What does the checksum do?
#
# a) it changes &emsp; b) it never changes &emsp; c) it depends on the two words

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Ten packets (10 min)
#
# The next cell fetches the page again and captures its ten packets. How many of the ten have a right checksum?
#
# a) 10 &emsp; b) 5: those of one end &emsp; c) 0

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
before = lab.counters()
with lab.capture() as packets:
    print(get())
print("checksum errors:", (lab.counters() - before).get("TcpInCsumErrors", 0))
packets.table()[["sport", "dport", "flags", "length", "checksum_ok"]]

# %% tags=["compare"]
check.guess_right_sums(guess, packets)

# %% [markdown]
# tcpdump would say "incorrect" ten times. The page arrived all the same, and the kernel counted no checksum error.
#
# So what stands in the checksum field? Beside each number is the length of the TCP segment, header and data together:

# %%
for packet in packets:
    length = len(bytes(packet.segment))
    print(f"{length:3} bytes  {packet.segment.checksum:#06x}  flags {packet.segment.flags}")

# %% [markdown]
# Segments of one length carry one number, whatever their flags and their data are. And 40 - 32 is 8, as is
# 0xfe30 - 0xfe28. The number depends on the length and on hardly anything else.
#
# In lesson 03 you built a **pseudo-header**: both addresses, a zero, the protocol number 6, and the TCP length.
# `tcpkit.pseudo_header` builds the same twelve bytes. Find the rule.


# %% tags=["exercise"]
# Exercise 6.1
def unfinished(source: str, destination: str, tcp_length: int) -> int:
    """Return what the kernel leaves in the checksum field."""
    # BEGIN SOLUTION
    return 0xFFFF - tcpkit.checksum(tcpkit.pseudo_header(source, destination, tcp_length))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What is the same in all segments of 40 bytes between these two addresses? Which twelve bytes hold just that?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Add the six words of the pseudo-header, and fold the carry back in. That is all: the last step of lesson 03, which turns
# every bit over, is left out. `tcpkit.checksum` does turn them over, so turn them back.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return 0xFFFF - tcpkit.checksum(...)`
#
# </details>

# %% tags=["check"]
check.unfinished(unfinished, lab)

# %% [markdown]
# So these checksums are not wrong. They are **unfinished**. The kernel adds up the pseudo-header, which costs it nothing,
# and leaves the rest of the sum to the network card, which can add while it sends. This is called *checksum offload*.
# Nearly every network card does it.
#
# On `lo` there is no card. Nobody finishes the sum, and the kernel, which gets its own packets back, does not check it.
#
# ## 2. The same bytes, twice (6 min)
#
# `packets[0]` is the kernel's own SYN. You send exactly these bytes once more, by hand. What happens?
#
# a) it is answered, like the first one<br>
# b) it is refused because of its checksum<br>
# c) silence, and no counter moves

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
before = lab.counters()
with lab.capture() as again:
    lab.send(packets[0].segment)
moved = lab.counters() - before
print(len(again), "packet;", moved)

# %% tags=["compare"]
check.guess_sent_again(guess, moved)

# %% [markdown]
# Not one bit of the segment differs, and the kernel treats the two differently. So what differs is not in the bytes.
#
# It is a note beside the packet, in the kernel's memory: "this checksum is not finished yet". The note travels with the
# packet as long as the packet stays inside this kernel. Your copy came without the note, so the kernel checked it.
#
# ## 3. With a real end (7 min)
#
# A capture in the lab can read that note: `packet.is_unfinished`. A capture *file* has no place for it. Whoever opens the
# file tomorrow sees ten wrong checksums and cannot know.
#
# Now give the packets somewhere to go: a second lab, with a kernel network of its own, and a cable between the two. tcpkit
# switches offload off at both ends of its cables, so here the kernel does the whole sum itself. (On `lo` it cannot be
# switched off.)

# %%
other = Lab()
with lab.cable(other) as cable, cable.capture() as crossed:
    get(other, "10.1.0.2", "10.1.0.1")


def right(capture):
    return list(capture.table()["checksum_ok"])


for name, capture in {"on lo": packets, "by hand": again, "on a cable": crossed}.items():
    notes = [packet.is_unfinished for packet in capture]
    sums = right(capture).count(True), notes.count(True)
    print(f"{name:10}  right: {sums[0]:2}  unfinished: {sums[1]:2}")
vantage()

# %% [markdown]
# "Where does tcpdump look?" is the question to ask of every capture. On the sender's machine it looks *before* the card:
# what it shows is not yet what the wire carries. On the receiver's machine it looks after the wire.
#
# At work, `ethtool -k eth0 | grep checksum` tells whether your card does the sum.
#
# Write the judgement down. `direction` is `"out"` if this kernel sent the packet and a card comes after us, and `"in"` if
# the packet came over a cable. `is_right` is given, and exercise 6.1 is `tcpkit.unfinished_checksum`. A packet has
# `.source`, `.destination` and `.segment`.


# %% tags=["exercise"]
# Exercise 6.2
def is_right(packet):
    ends = packet.source, packet.destination
    return packet.segment.checksum == packet.segment.with_checksum(*ends).checksum


def is_really_wrong(packet: Packet, direction: str) -> bool:
    """Say whether this packet's checksum proves that something is broken."""
    # BEGIN SOLUTION
    if is_right(packet):
        return False
    length = len(bytes(packet.segment))
    half_done = tcpkit.unfinished_checksum(packet.source, packet.destination, length)
    return direction == "in" or packet.segment.checksum != half_done
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# When is a checksum that is not right nobody's fault?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Ask three questions, one after the other. Is the checksum right? Did the packet come in? Is the sum just half done, as in
# 6.1?
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `if is_right(packet): return False`, and then `return direction == "in" or packet.segment.checksum != ...`
#
# </details>

# %% tags=["check"]
check.is_really_wrong(is_really_wrong, lab)

# %% [markdown]
# **Stop here if you are tired.** The rest of the lesson is about two more things that a capture shows in its own way, and
# about Scapy.
#
# ## 4. Where numbers begin (5 min)
#
# Wireshark shows `Seq=0` for the SYN of every connection. You fetch the page five times. How many different sequence
# numbers do the five SYNs carry?
#
# a) 1, and it is 0 &emsp; b) 1, but not 0 &emsp; c) 5

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
first_numbers = set()
for _ in range(5):
    with lab.capture() as capture:
        get()
    first_numbers.add(capture[0].segment.seq)
len(first_numbers)

# %% tags=["compare"]
check.guess_first_numbers(guess, first_numbers)

# %% [markdown]
# The kernel draws a new first number for every connection: the *initial sequence number*. Wireshark subtracts it from all
# later numbers, so that you can read them. These are **relative** sequence numbers. tcpdump prints the true number of the
# SYN and relative numbers after it; with `-S` it prints all of them as they are.
#
# <details>
# <summary>What if the capture begins in the middle of a conversation?</summary>
#
# tcpdump never saw the SYN. It prints the first number as it is, and counts from that one. Its relative numbers are then
# one lower than yours: the SYN's own number is missing.
#
# </details>
#
# ## 5. Larger than the cable (5 min)
#
# An Ethernet packet holds at most 1,500 bytes: its **MTU**. `small` is a lab whose `lo` has this MTU. A program sends
# 100,000 bytes over it. How much data does the largest packet in the capture hold?
#
# a) 1,448 bytes or less &emsp; b) 1,500 bytes &emsp; c) far more

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
small = Lab(mtu=1500)


def send_much(from_lab, to_lab, address, watched):
    """Send 100,000 bytes, and return how much data each captured packet holds."""
    with to_lab.listen(8000, address) as listener, from_lab.socket() as client:
        client.connect((address, 8000))
        with listener.accept()[0] as server, watched.capture() as capture:
            client.sendall(bytes(100_000))
            server.recv(100_000, socket.MSG_WAITALL)
    return [length for length in (len(packet.segment.data) for packet in capture) if length]


on_lo = send_much(small, small, "127.0.0.1", small)
with lab.cable(other) as cable:
    on_cable = send_much(lab, other, "10.1.0.2", cable)
print("on lo: one larger than 1,500?", max(on_lo) > 1500, "· fewer than 20?", len(on_lo) < 20)
print("on a cable:", max(on_cable), "bytes in the largest,", len(on_cable), "packets")

# %% tags=["compare"]
check.guess_largest(guess, on_lo)

# %% [markdown]
# The kernel hands a card one large segment and lets the card cut it into pieces that fit: *segmentation offload*. On the
# cable we switched it off, and you see the pieces: 1,500 bytes, less 20 for IP, 20 for TCP and 12 for an option.
#
# Whoever counts packets in a capture from the sender's machine may count ten times too few.
#
# ## 6. Scapy (7 min)
#
# **Scapy** is the library with which most people build packets in Python. You write layers, joined by `/`, and Scapy fills
# in what you leave out. Fields have Scapy's names: `sport`, `dport`, `flags="S"`, `window`; IP has `src`, `dst`, `id`,
# `flags`.
#
# Build the story's SYN with it: from 8989 to `port`, seq 0, window 0, 44 zero bytes of data, in an IP packet from
# 127.0.0.1 to 127.0.0.1 with id 7212 and the flag DF (do not fragment). `bytes(...)` of your packet must equal ours.


# %% tags=["exercise"]
# Exercise 6.3
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw


def scapy_syn(port: int) -> IP:
    """Return the story's SYN to this port as a Scapy packet."""
    # BEGIN SOLUTION
    ip = IP(src="127.0.0.1", dst="127.0.0.1", id=7212, flags="DF")
    return ip / TCP(sport=8989, dport=port, flags="S", window=0) / Raw(bytes(44))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Begin with `IP(...) / TCP(...) / Raw(...)`, and compare `bytes(scapy_syn(8000)).hex(" ", 2)` with the story's. At which
# bytes do they differ, and whose field is that?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Scapy has values of its own for whatever you leave out: source port 20, window 8192, id 1, no DF. Say yours. Leave out
# both checksums, both lengths and the data offset: Scapy computes them.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `IP(src="127.0.0.1", dst="127.0.0.1", id=7212, flags="DF") / TCP(...) / Raw(bytes(44))`
#
# </details>

# %% tags=["check"]
check.scapy_syn(scapy_syn)

# %% [markdown]
# Scapy computes a field only if it is empty (`None`). A packet that Scapy has *read* has all its fields filled. Change one
# of them, and the checksum stays as it was. Many people lose an evening to this:

# %%
packet = IP(Capture.load("data/seed.pcap")[2].data)  # the story's SYN, read from a file
packet[TCP].dport = 8002
for _ in range(2):
    segment = bytes(packet[TCP])
    before = lab.counters()
    lab.send(segment)
    print("checksum", segment[16:18].hex(), "·", lab.counters() - before)
    del packet[TCP].chksum  # empty again: the second time Scapy computes it

# %% [markdown]
# ## 7. Into Wireshark (2 min)
#
# The ten packets of section 1, as a file beside this notebook:

# %%
packets.save("my_first.pcap")

# %% [markdown]
# Open the file in Wireshark, if you have it. You will find:
#
# - in the list your ten packets, the SYN with `Seq=0`;
# - in the tree, under *Transmission Control Protocol*, `Checksum: 0xfe30 [unverified]`, and a line `Sequence Number (raw)`;
# - under *Preferences, Protocols, TCP* the two switches "Validate the TCP checksum if possible" and "Relative sequence
#   numbers". Turn the first one on: ten times `[TCP CHECKSUM INCORRECT]`.
#
# The other way works too: `Capture.load` reads what Wireshark and tcpdump save, on your own network as well.
#
# ## 8. Recap (1 min)
#
# - A capture shows packets where tcpdump looks. On the sender's machine that is before the network card.
# - "Incorrect" means nothing on a packet that leaves, if its field holds the sum of the pseudo-header. On a packet that
#   came in, it means damage.
# - Sequence numbers begin at a random number. Tools show them relative to it.
# - A "packet" of 64 KB is one that the card has not cut yet.
#
# You know now who judges, and where. Next you speak. The third packet of lesson 05 was an RST that you did not send:
# lesson 07, *Who keeps hanging up?*, is about it.
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Does my own machine do this too?* Nearly certainly, unless it is very old. `ethtool -k` lists what its card does.
# - *Why did my container lose packets?* A program that copies bytes from one virtual card to another loses the kernel's
#   note. The other kernel then sees a wrong checksum and drops the packet. You saw in section 2 what it counts.
# - *Why does `lo` need no checksum?* A checksum finds damage on the way. Between a kernel and itself there is no way.
# - *Why is Scapy slow?* It builds an object for every layer and every field. For one packet nobody notices; for a million
#   packets people use something else.
#
# </details>
