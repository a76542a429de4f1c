# %% [markdown]
# # 03 Two numbers, one of them wrong
#
# **`cksum 0x000f (incorrect -> 0x6f57)`: tcpdump tells you the right number. You could paste it. Change one port, and
# you need another. Where does it come from?**

# %%
import struct

import tcpkit
from tcpkit import Capture, Flags, Lab, TCPHeader
from tcpkit.check import lesson03 as check
from tcpkit.draw import coverage

lab = Lab()
HERE = "127.0.0.1"


def syn(port=8000, data=bytes(44), number=0):
    """Return the story's segment, with this port, data and checksum."""
    return bytes(TCPHeader(8989, port, flags=Flags.SYN, checksum=number)) + data


with lab.capture() as packets:
    lab.send(syn(number=0x000F))
print(packets.tcpdump("-t -v"))

# %% [markdown]
# This far the story's author had come, with the length put right. The field no longer held 0xaf57, but 0x000f. Why,
# nobody knows; any other wrong number does as well.
#
# This lesson takes 45 minutes, more than any other in Part I. Half-way it says where to stop.
# [The card](card.html) has the header on one page.
#
# ## Two minutes from memory (2 min)
#
# From lesson 02. Byte 12 of a header is `0x60`. How many bytes does the header have?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 24  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Add and fold (8 min)
#
# <details>
# <summary>If this is new: carry, and sums in hex</summary>
#
# - A **carry** is what a sum hands on to the next place on its left: in 28 + 5, the 3 is written and 1 is carried.
# - Hex adds like decimal, with sixteen digits: `9 + 1` is `a`, `f + 1` is `10`.
# - A **word** here is 16 bits: two bytes, four hex digits, 0 to `ffff`.
# - `ffff + 1` is `10000`: five digits, 17 bits. The carry has left the word.
# - `total >> 16` is what stands above 16 bits. `total & 0xFFFF` is what stands in them.
# - To **flip** all bits of a word is to take it from `ffff`: `ffff - 1234` is `edcb`. In Python: `word ^ 0xFFFF`.
#
# </details>

# %% [markdown]
# A checksum is one number that travels with many, so that the other side can tell whether all arrived. This one can be
# made on paper. In decimal first, with numbers of two digits.
#
# You send 87, 46 and 95. They add up to 228. Two digits have no room for the 2, so **bring it back in at the bottom**:
# 28 + 2 = 30. Then send what is missing to 99, which is 69. The other side adds all four: 297, folded 97 + 2 = 99.
# If anything else comes out, something was damaged.
#
# TCP does the same with words of 16 bits, two bytes each. (Lesson 02's words had 32: each field says what it counts in.)
# In place of 99 stands `ffff`. What is missing to `ffff` is the same word with every bit flipped: its **one's
# complement**.
#
# Guess before you count: with carries that come back in, what is `2000` + `ffff`?
#
# a) 1fff &emsp; b) 2000 &emsp; c) 2001 &emsp; d) 11fff

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal"]
carry, rest = divmod(0x2000 + 0xFFFF, 0x10000)
total = rest + carry
print(f"{0x2000 + 0xFFFF:x}: {rest:04x} + {carry} = {total:04x}")

# %% tags=["compare"]
check.guess_carry(guess, total)

# %% [markdown]
# Now you, on paper. `Hello!` is six bytes: `48 65 6c 6c 6f 21`. Pair them into three words. Add, fold, flip. Python may
# add for you (`hex(0x4865 + 0x6c6c)`), the rest is yours. Try as often as you like.

# %%
# BEGIN SOLUTION
by_hand = 0xDC0C  # four hex digits, such as 0x1234
# END SOLUTION
check.by_hand(by_hand)

# %% [markdown]
# <details>
# <summary>If you are stuck: the steps</summary>
#
# 4865 + 6c6c + 6f21 = 123f2. The first digit comes back in at the bottom: 23f2 + 1 = 23f3. Every bit flipped: dc0c.
#
# </details>

# %% [markdown]
# ## 2. Any bytes (11 min)
#
# The same for any bytes. If their number is odd, a zero stands in for the missing one, behind the last. It is there for
# the adding only: nobody sends it.


# %% tags=["exercise"]
# Exercise 3.1
def checksum(data: bytes) -> int:
    """Return the Internet checksum of the bytes: 0 to 0xffff."""
    # BEGIN SOLUTION
    even = data + bytes(len(data) % 2)
    total = sum(int.from_bytes(even[at : at + 2], "big") for at in range(0, len(even), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Two bytes make one word. Which bytes of `Hello!` go together? And of `odd`, where the last one is alone?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Add all the words first. While anything stands above 16 bits, take it away there and add it at the bottom. Flip last.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# even = data + bytes(len(data) % 2)
# total = sum(int.from_bytes(even[at : at + 2], "big") for at in range(0, len(even), 2))
# while total > 0xFFFF:
#     total = ...
# return total ^ 0xFFFF
# ```
#
# </details>

# %% tags=["check"]
check.checksum(checksum)

# %% [markdown]
# **Stop here if you are tired.** You have a checksum. The second half takes it to the story's packet.
#
# ## 3. The story's packet (12 min)
#
# Back to the story's packet. It has zeros where the checksum will stand, in bytes 16 and 17. Take the checksum of all
# its 64 bytes. Is that the number tcpdump wants?
#
# a) yes, 0x6f57 &emsp; b) no, another number
#
# From here on the lesson works with tcpkit's functions, so that you can go on whatever the checks said.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a" or "b"
# END SOLUTION

# %% tags=["reveal"]
alone = tcpkit.checksum(syn())
hex(alone)

# %% tags=["compare"]
check.guess_alone(guess, alone)

# %% [markdown]
# Something more was added: the addresses. Before the segment TCP puts a **pseudo-header**, twelve bytes that both ends
# can write down and nobody sends (RFC 9293, 3.1): source address, destination address, a zero, the number 6 (IP's number
# for TCP), and the TCP length in two bytes. Which length is that?
#
# a) 20 &emsp; b) 44 &emsp; c) 64 &emsp; d) 84

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "d"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal"]
front = bytes.fromhex("7f000001 7f000001 0006")
numbers = {length: tcpkit.checksum(front + struct.pack("!H", length) + syn()) for length in (20, 44, 64, 84)}
print({length: hex(number) for length, number in numbers.items()})
coverage(syn())

# %% tags=["compare"]
check.guess_length(guess, numbers)

# %% [markdown]
# Add it up yourself. 64 is `0040`, and 127.0.0.1 is `7f00 0001`:
#
# ```
# the twelve bytes   7f00 + 0001 + 7f00 + 0001 + 0006 + 0040 = fe48
# your 64 bytes      6da0 with its bits flipped back         = 925f
# both               fe48 + 925f = 190a7, folded: 90a7 + 1   = 90a8
# tcpdump's number   90a8 with its bits flipped              = 6f57
# ```
#
# In the picture, what is dotted is never sent: each end takes it from the IP header it has. The hole is the checksum's
# own place. While a sender computes, zeros stand there.
#
# **Why would TCP check addresses that it does not carry?** Think of an address that was damaged in some router's memory.
# The packet comes to the wrong machine, every byte of TCP's own whole. IP's header has a sum too, but each router changes
# that header, and may work its sum out anew, damage included. TCP's was made once, by the sender, who knew the address.
#
# Write the twelve bytes. Each number of an address is one byte.


# %% tags=["exercise"]
# Exercise 3.2
def pseudo_header(source: str, destination: str, tcp_length: int) -> bytes:
    """Return the twelve bytes that are added and never sent."""
    # BEGIN SOLUTION
    addresses = bytes(int(number) for number in f"{source}.{destination}".split("."))
    return addresses + struct.pack("!BBH", 0, 6, tcp_length)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What does `"127.0.0.1".split(".")` give you, and what makes bytes of that?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Four bytes, four bytes, then a zero and the 6 in one byte each, then the length in two, most significant first.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# addresses = bytes(int(number) for number in f"{source}.{destination}".split("."))
# return addresses + struct.pack("!BBH", ...)
# ```
#
# </details>

# %% tags=["check"]
check.pseudo_header(pseudo_header)

# %% [markdown]
# Now both together. The segment may hold an old checksum, and its data may be odd. Take your own two functions, or
# `tcpkit.checksum` and `tcpkit.pseudo_header`.


# %% tags=["exercise"]
# Exercise 3.3
def tcp_checksum(source: str, destination: str, segment: bytes) -> int:
    """Return the checksum that belongs into the segment's bytes 16 and 17."""
    # BEGIN SOLUTION
    pseudo = tcpkit.pseudo_header(source, destination, len(segment))
    return tcpkit.checksum(pseudo + segment[:16] + b"\0\0" + segment[18:])
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Look at the hole in the picture. What stands in your segment there, and what has to stand there while you add?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The pseudo-header, then the segment with zeros at 16 and 17. The length is that of the segment as it is sent.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# pseudo = tcpkit.pseudo_header(source, destination, len(segment))
# return tcpkit.checksum(pseudo + ...)
# ```
#
# </details>

# %% tags=["check"]
check.tcp_checksum(tcp_checksum)

# %% [markdown]
# ## 4. Two more packets (4 min)
#
# tcpdump gave 0x6f57 away. Now two packets to port 8002: `syn(8002)`, which is the story's, and `syn(8002, b"odd")`,
# with three bytes of data. For the first, try your head alone: the port goes up by 2. For the second call your
# `tcp_checksum`, right here in the cell; both addresses are `HERE`, which is 127.0.0.1.
#
# `Capture.of` shows tcpdump bytes that were never sent. If a number is off, tcpdump prints the right one: then say why
# before you copy it.

# %%
# BEGIN SOLUTION
to_8002 = 0x6F55  # what belongs into syn(8002)
odd = 0x9C19  # what belongs into syn(8002, b"odd")
# END SOLUTION
for port, data, number in [(8000, bytes(44), 0x6F57), (8002, bytes(44), to_8002), (8002, b"odd", odd)]:
    if number in range(0x10000) and not isinstance(number, float):
        print(Capture.of(syn(port, data, number)).tcpdump("-t -v"))
    else:
        print(f"port {port}, {len(data)} bytes of data: no number from 0 to 0xffff yet")

# %% [markdown]
# When all three say `(correct)`, you have what tcpdump has.
#
# And lesson 02's riddle is solved. A word of the header went up by 0x4000, the sum with it, and what is missing to `ffff`
# went down by 0x4000.
#
# ## 5. What it cannot see (7 min)
#
# So a good packet says `(correct)`. Does `(correct)` say a good packet? Damage one that carries text, many times, and
# count the copies that pass a receiver's test: the checksum of everything, itself included, is 0. One copy of each of
# five kinds:

# %%
from tcpkit.draw import share_chart
from tcpkit.wire.damage import DAMAGES, damaged

text = b"GET /the-page-you-wanted HTTP/1.0\r\nHost: a\r\n"
good = syn(8002, text, tcpkit.tcp_checksum(HERE, HERE, syn(8002, text)))
for kind, damage in DAMAGES.items():
    print(f"{kind:28}", next(damaged(good, damage, 1, seed=122))[20:44])


def passes(segment):
    """Say whether a receiver would take these bytes for whole."""
    return tcpkit.checksum(tcpkit.pseudo_header(HERE, HERE, len(segment)) + segment) == 0


# %% [markdown]
# The first four may hit any of the 64 bytes; noise replaces the text alone. Each copy really differs from the good one.
# Of 10,000 copies of each kind, how many pass?
#
# a) none &emsp; b) about 3 % &emsp; c) about half &emsp; d) all
#
# Write five letters, one for each line above.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "aaaaa"  # five letters, such as "dcbad"
# END SOLUTION

# %% tags=["reveal"]
missed = {kind: sum(map(passes, damaged(good, damage, 10_000, seed=122))) for kind, damage in DAMAGES.items()}
print(missed)
share_chart(missed, 10_000, "damaged copies that pass")

# %% tags=["compare"]
check.guess_damage(guess, missed)

# %% [markdown]
# A sum adds up to the same in any order. Swap two words of the page's name:

# %%
swapped = good[:24] + good[30:32] + good[26:30] + good[24:26] + good[32:]
print(swapped[20:44])
print(Capture.of(swapped).tcpdump("-t -v"))

# %% [markdown]
# Another page is asked for, and tcpdump says `(correct)`.
#
# ## 6. Recap (1 min)
#
# - The checksum is what is missing to `ffff`: words of 16 bits, added, every carry brought back in, all bits flipped.
# - "It covers what I wrote": it covers more. Twelve bytes that nobody sends are in it, with both addresses.
# - "It proves that the data arrived whole": that is what most of us believe. A wrong sum proves damage. A right one
#   proves little: it sees every single flipped bit, and never that two words changed places.
# - The story's packet, with the checksum that you can now compute, is `(correct)`. You have not sent it.
#
# Next: [04. Send it](04_something_answered.ipynb).
#
# <details>
# <summary>Asked next</summary>
#
# - *Why not a CRC?* A CRC sees swapped words, and much more. This sum was made for computers on which every instruction
#   counted: it needs additions only, and it can be mended without reading the whole packet again.
# - *Does Ethernet not check already?* Yes, with a CRC, over each single cable. Between two cables the packet lies in
#   somebody's memory. Stone and Partridge (2000) found that one packet in 1,100 to 32,000 failed TCP's sum although every
#   cable's check had passed.
# - *What of encryption?* It brings a check of its own, against damage and against people: whoever changes a byte of a TLS
#   connection ends it.
# - *Does the network card do this?* Often, yes. Lesson 06 looks at what tcpdump says then.
# - *Who mends the sum when a router changes an address?* The router (that is NAT): it knows which word went up or down, and
#   by how much, as you did with port 8002.
#
# </details>
