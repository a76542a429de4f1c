# %% [markdown]
# # 06 All of it incorrect?
#
# **In lesson 03, tcpdump called all packets of two healthy programs `(incorrect)`. The kernel had left their checksums
# unfinished. But some number stands in each checksum field. Where does it come from?**

# %%
import socket

from scapy.layers.inet import IP, TCP
from scapy.packet import Raw

import tcpkit
from tcpkit import Capture, Lab, Packet
from tcpkit.check import lesson06 as check
from tcpkit.draw import vantage

lab = Lab()


def get(server_lab=lab, address="127.0.0.1"):
    """Fetch a page as in lesson 00: one client, one server, both in this cell."""
    with server_lab.listen(8000, address) as listener, lab.socket() as client:
        client.connect((address, 8000))
        with listener.accept()[0] as server:
            client.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            server.recv(100)
            server.sendall(b"hello\n")
            server.shutdown(socket.SHUT_WR)  # no more data from the server
            page = client.recv(100)
            client.recv(100)  # returns b"": the server has ended its side
    return page


get()

# %% [markdown]
# The page arrived. Client and server use ordinary sockets, so the kernel wrote every packet. They take turns in one
# cell, so that the conversation has the same ten packets at every run.
#
# This lesson takes 45 minutes. If you are tired, stop after section 3. [The card](card.html) has the header on one
# page.
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
# The next cell fetches the page again and captures the ten packets. None of the ten checksums will be right: you know
# that from lesson 03. How many *different* numbers stand in the ten checksum fields?
#
# a) 1: it is 0 &emsp; b) 4 &emsp; c) 10

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
before = lab.counters()
with lab.capture() as packets:
    get()
counted = (lab.counters() - before).get("TcpInCsumErrors", 0)
print("right checksums:", packets.table()["checksum_ok"].sum())
print("counted as checksum errors:", counted)
for packet in packets:
    segment = packet.segment
    size = len(bytes(segment))
    print(f"{segment.flags!s:2}  {size} bytes  checksum {segment.checksum:#06x}")

# %% tags=["compare"]
check.guess_fields(guess, packets)

# %% [markdown]
# The bytes here are those of the TCP segment, header and data together. Segments of the same length have the same
# number, even if flags and data differ. The numbers differ as much as the lengths: 40 - 32 is 8, and
# 0xfe30 - 0xfe28 is 8.
#
# In lesson 03 you built a **pseudo-header**: both addresses, a zero, the protocol number 6, and the TCP length.
# `tcpkit.pseudo_header(source, destination, tcp_length)` builds the same twelve bytes, and `tcpkit.checksum(data)`
# computes the checksum of lesson 03. How does the kernel compute its number?


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
# Add the six words of the pseudo-header, and fold. That is all: the kernel leaves out the last step of lesson 03, which
# flips every bit. `tcpkit.checksum` does flip them, so flip them back.
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
# So the kernel does half of the work: it adds up the pseudo-header, folds, and writes the sum into the field. It leaves
# the rest to the network card: the card adds up header and data, the field with the half sum among them, and flips the
# bits. By this number you recognise *checksum offload* (lesson 03).
#
# ## 2. The same bytes, twice (6 min)
#
# `packets[0]` is the kernel's own SYN. You send exactly these bytes once more, by hand. What happens?
#
# a) it is answered, like the first one<br>
# b) it is dropped because of its checksum<br>
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
# Not one bit of the segment differs. So the difference is not in the bytes: the kernel accepted them when it sent them
# itself, and dropped them when you sent them.
#
# The difference is a note beside the packet, in the kernel's memory: "this checksum is not finished". The note travels
# with the packet as long as the packet stays in this kernel, and whoever finds the note does not check the sum. Your
# copy came through a raw socket. It has no note, so the kernel checked it.
#
# ## 3. Another machine at the other end (7 min)
#
# A capture in the lab can read that note: `packet.is_unfinished`. A capture *file* has no place for it: in the file you
# see ten checksums that are not right, and nothing says why.
#
# Now the packets go to another machine: a second lab, with a kernel network of its own, and a cable between the two.
# tcpkit switches offload off at both ends of its cables, so that the kernel computes the whole checksum itself. (On
# `lo` offload cannot be switched off.)


# %%
def is_right(packet):
    """Say whether the checksum field holds the number that belongs in it."""
    finished = packet.segment.with_checksum(packet.source, packet.destination)
    return packet.segment.checksum == finished.checksum


def how_many(answers):
    answers = list(answers)
    return "all" if all(answers) else "some" if any(answers) else "none"


other = Lab()
with lab.cable(other) as cable, cable.capture() as crossed:
    get(other, "10.1.0.2")
for name, capture in {"on lo": packets, "by hand": again, "on a cable": crossed}.items():
    right = how_many(is_right(packet) for packet in capture)
    noted = how_many(packet.is_unfinished for packet in capture)
    print(f"{name:10}  right: {right:4}  with the note: {noted}")
vantage()

# %% [markdown]
# "Where does tcpdump look?" is the question to ask of every capture. On the sender's machine tcpdump looks *before* the
# card, and shows a packet that the card still changes. On the receiver's machine it looks after the wire.
#
# Write this judgement as a function. `direction` is `"out"` if tcpdump saw the packet before this machine's card, and
# `"in"` if the packet came over a cable. The packets have no note, like those of a file: judge by the number.
# `is_right(packet)` is defined above. `tcpkit.unfinished_checksum(source, destination, tcp_length)` does what your 6.1
# does; the length is `len(bytes(packet.segment))`. A packet has `.source`, `.destination` and `.segment`.


# %% tags=["exercise"]
# Exercise 6.2
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
# When is a checksum not right although nothing is broken?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Ask three questions, one after the other. Is the checksum right? Did the packet come in? Does the field hold the half
# sum of 6.1?
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
# **Stop here if you are tired.** The rest is about sequence numbers and sizes in a capture, and about Scapy.
#
# ## 4. Where numbers begin (5 min)
#
# **Wireshark** shows captures in a window, as tcpdump does in a terminal. For the SYN of every connection Wireshark
# prints `Seq=0`. You fetch the page five times. How many different sequence numbers do the five SYNs carry?
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
# The first number of a connection is its *initial sequence number*. The kernel picks a new one each time, so that
# nobody can guess it. Wireshark subtracts it from all numbers of this direction, and shows **relative** sequence
# numbers. tcpdump prints the true number of the SYN, and relative numbers after it; with `-S` it prints all numbers as
# they are.
#
# <details>
# <summary>What if the capture begins in the middle of a conversation?</summary>
#
# tcpdump never saw the SYN. It prints the first number as it is, and counts from that one. If this is the number of the
# first byte of data, all relative numbers are one lower than usual, because the SYN has a number too: tcpdump prints an
# ack of 24 as 23.
#
# </details>
#
# ## 5. A large send (5 min)
#
# An IP packet on an Ethernet cable has at most 1,500 bytes: this limit is the cable's **MTU**. `small` is a lab whose
# `lo` has the same MTU. A program sends 100,000 bytes over this `lo`. How much data does the largest packet in the
# capture hold?
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
    with (
        watched.capture() as capture,
        to_lab.listen(8000, address) as listener,
        from_lab.socket() as client,
    ):
        client.connect((address, 8000))
        with listener.accept()[0] as server:
            client.sendall(bytes(100_000))
            server.recv(100_000, socket.MSG_WAITALL)
        client.recv(1)  # returns b"": the server has ended its side
    return [length for length in (len(packet.segment.data) for packet in capture) if length]


on_lo = send_much(small, small, "127.0.0.1", small)
with lab.cable(other) as cable:
    on_cable = send_much(lab, other, "10.1.0.2", cable)
print("on lo: one larger than 1,500?", max(on_lo) > 1500, "· fewer than 20?", len(on_lo) < 20)
print("on a cable:", max(on_cable), "bytes in the largest · 70 or more?", len(on_cable) >= 70)

# %% tags=["compare"]
check.guess_largest(guess, on_lo)

# %% [markdown]
# A card cuts data into packets that fit: the kernel hands the card up to 64 KB at once. On its cables tcpkit switches
# this *segmentation offload* off, so you see the cut packets: 1,448 is 1,500 minus 20 for IP, 20 for TCP and 12 for an
# option.
#
# So a sender's capture may show far fewer packets than the cable carries.
#
# ## 6. Scapy (7 min)
#
# **Scapy** is the library with which most people build packets in Python. You join layers by `/`, and Scapy fills in
# what you leave out. Its fields are `src`, `dst`, `id` and `flags` in `IP`, and `sport`, `dport`, `seq`, `flags` and
# `window` in `TCP`. Flags are letters: `flags="S"`.
#
# Build the story's SYN with Scapy: from port 8989 to `port`, seq 0, window 0, 44 zero bytes of data, in an IP packet
# from 127.0.0.1 to 127.0.0.1 with id 7212 and the flag DF (do not fragment). `bytes(...)` of your packet must equal the
# story's: the check compares nothing else.


# %% tags=["exercise"]
# Exercise 6.3
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
# The first layer is `IP(...)`, the second `TCP(...)`, the last `Raw(...)` with the data. Which values of the story's
# packet would Scapy not choose by itself?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# What you leave out gets Scapy's own value: source port 20, window 8192, id 1, no DF. Give those fields the story's
# values. Leave out both checksums, the length and the data offset: Scapy computes them.
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
# Scapy computes a checksum only if its field is empty (`None`). In a packet that Scapy has *read*, every field is full.
# Change one field, and the checksum stays as it was:

# %%
packet = IP(Capture.load("data/seed.pcap")[2].data)  # the story's SYN, read from a file
packet[TCP].dport = 8002
for _ in range(2):
    segment = bytes(packet[TCP])
    before = lab.counters()
    lab.send(segment)
    print("checksum", segment[16:18].hex(), "·", lab.counters() - before)
    del packet[TCP].chksum  # now it is empty: the second time Scapy computes it

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
# - in the tree, under *Transmission Control Protocol*, the line `Checksum: 0xfe30 [unverified]`, and the SYN's true
#   number as `Sequence Number (raw)`;
# - under *Edit, Preferences, Protocols, TCP* the two switches "Validate the TCP checksum if possible" and "Relative
#   sequence numbers". Turn the first one on: Wireshark says `[incorrect ...]`, or in newer versions `matches partial checksum`.
#
# <details>
# <summary>The same in a terminal, with tshark</summary>
#
# `tshark -r my_first.pcap -o tcp.check_checksum:TRUE -V` prints the trees of all packets.
#
# </details>
#
# The other way works too: `Capture.load` reads what Wireshark and tcpdump save. `docs/captures.md`, in the course's
# folder, tells how.
#
# ## 8. Recap (1 min)
#
# - "tcpdump shows what is on the wire": it shows the packet at the place where it looks. On the sender's machine that
#   is before the network card.
# - `(incorrect)` on a packet that leaves: if the field holds the sum of the pseudo-header, nothing is broken. On a
#   packet that came over a cable it means damage.
# - "Sequence numbers begin at 0": tools show them so. The first number is one that nobody can guess.
# - A "packet" of 64 KB was not cut yet, or was joined on arrival.
#
# Next you speak. The third packet of lesson 05 was an RST, and you did not send it. In lesson 07 you prevent it, and
# keep the connection.
#
# Next: [07 Who keeps hanging up?](07_handshake.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Does my own machine do this too?* Almost certainly it does. `ethtool -k eth0 | grep checksum` tells what its card does.
# - *Why did my container lose packets?* A program that copies bytes from one virtual card to another loses the kernel's
#   note. The other kernel then finds a wrong checksum and drops the packet. Section 2 showed what it counts.
# - *Is it a risk that a kernel does not check?* It can be. Virtual cards of Linux once trusted whatever came in from
#   outside, and damaged data reached programs.
# - *Why does `lo` need no checksum?* A checksum finds damage on the way. A packet from a kernel to itself is never on a
#   cable.
# - *Do other fields keep their values in a packet that Scapy has read?* Yes, all of them. After `packet[Raw].load = b"abc"`
#   43 bytes are left, and IP's `len` still says 84. `del packet[IP].len` empties that field.
# - *Why is Scapy slow?* It builds an object for every layer and every field. For one packet nobody notices. For a
#   million packets people use something else.
#
# </details>
