# %% [markdown]
# # 03 Two numbers, one of them wrong
#
# **`cksum 0x000f (incorrect -> 0x6f57)`: tcpdump tells you the right number. You could copy it. But if you change one
# port, you need another number. How is it computed?**

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
# At this point of the story the length was right and the checksum was wrong. The field now held 0x000f instead of
# 0xaf57. Nobody knows why; both numbers are wrong.
#
# This lesson takes 55 minutes, more than any other in Part I. After section 2 there is a good place to stop.
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
# ## 1. Add, fold, flip (10 min)
#
# <details>
# <summary>If this is new: carry, and sums in hex</summary>
#
# - A **carry** is the digit that a sum adds to the next place on the left: in 28 + 5 you write 3 and carry 1.
# - Hex adds like decimal, with sixteen digits: `9 + 1` is `a`, `f + 1` is `10`.
# - A **16-bit word** is a pair of bytes, read as one number: four hex digits, `0000` to `ffff`.
# - `ffff + 1` is `10000`: five digits, 17 bits. The carry does not fit into 16 bits.
# - `total >> 16` is the part of `total` above the lowest 16 bits. `total & 0xFFFF` is the lowest 16 bits.
# - To **flip** all bits of a 16-bit word, subtract it from `ffff`: `ffff - 1234` is `edcb`. In Python: `word ^ 0xFFFF`.
#
# </details>

# %% [markdown]
# A checksum is a number that the sender computes from the bytes of a packet and sends with them. The receiver computes
# too, and can notice that bytes were damaged on the way. TCP's checksum can be computed on paper. Try it in decimal
# first, with numbers of two digits.
#
# You send 87, 46 and 95. Their sum is 228. It has three digits, and two are allowed. So take the first digit away and
# **add it to the rest**: 28 + 2 = 30. This step is called **folding**. Then find the number that makes the sum 99: it
# is 99 - 30 = 69. You send 69 as well. The receiver adds all four numbers and gets 297, folded 97 + 2 = 99. If the
# result is not 99, something was damaged.
#
# TCP does the same with 16-bit words, each made of a pair of bytes. (The words of lesson 02 had 32 bits: the data
# offset counts those.) The largest 16-bit word is `ffff`; it takes the place of 99. The **checksum** is the number that
# makes the sum `ffff`. You get it by flipping every bit of the folded sum. A word with every bit flipped is called its
# **one's complement**.
#
# Guess before you compute. What is `2000` + `ffff`, folded?
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
# Now compute a checksum on paper. `Hello!` is six bytes: `48 65 6c 6c 6f 21`. Make three 16-bit words from them. Add,
# fold, flip. Python may add for you (`hex(0x4865 + 0x6c6c)`); do the other steps yourself. You can try as often as you
# like.

# %%
# BEGIN SOLUTION
by_hand = 0xDC0C  # four hex digits, such as 0x1234
# END SOLUTION
check.by_hand(by_hand)

# %% [markdown]
# <details>
# <summary>If you are stuck: the steps</summary>
#
# Add: 4865 + 6c6c + 6f21 = 123f2. Fold: 23f2 + 1 = 23f3. Flip every bit: dc0c.
#
# </details>

# %% [markdown]
# ## 2. Any bytes (13 min)
#
# Write a function that does this for any bytes. If their number is odd, put a zero byte behind the last one before you
# add. This zero byte is only for the sum. It is not sent.


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
# A pair of bytes makes one 16-bit word. Which bytes of `Hello!` go together? And which byte of `odd` is alone?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Add all the words first. While the total has more than 16 bits, take away the part above 16 bits and add it to the
# rest. Flip all bits last.
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
# <details>
# <summary>What if every byte is zero, or every byte is <code>ff</code>?</summary>
#
# If every byte is zero, the sum is 0 and the checksum is `ffff`. If every byte is `ff`, the sum folds to `ffff` and the
# checksum is 0.
#
# </details>
#
# **Stop here if you are tired.** You have a function for the checksum. The second half uses it on the story's packet.
#
# ## 3. The story's packet (15 min)
#
# From here on the lesson uses tcpkit's functions, so that you can go on even if a check did not say PASS.
#
# `syn()` is the story's packet with zeros in the checksum field, bytes 16 and 17. This is the checksum of its 64 bytes:

# %%
hex(tcpkit.checksum(syn()))

# %% [markdown]
# tcpdump expects 0x6f57, so it must have added something that is not among your 64 bytes: the addresses. Both ends put
# a **pseudo-header** in front of the segment before they add (RFC 9293, 3.1). It has twelve bytes, which are never
# sent: source address, destination address, a zero byte, the number 6 (IP's number for TCP), and the TCP length in two
# bytes. Which length is that?
#
# a) 20 &emsp; b) 44 &emsp; c) 64 &emsp; d) 84

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "d"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal"]
front = bytes.fromhex("7f000001 7f000001 0006")
numbers = {}
for length in (20, 44, 64, 84):
    numbers[length] = tcpkit.checksum(front + struct.pack("!H", length) + syn())
print({length: hex(number) for length, number in numbers.items()})
coverage(syn())

# %% tags=["compare"]
check.guess_length(guess, numbers)

# %% [markdown]
# Add the numbers yourself. 64 is `0040`, and 127.0.0.1 is `7f00 0001`:
#
# ```
# twelve bytes   7f00 + 0001 + 7f00 + 0001
#                + 0006 + 0040              = fe48
# your 64 bytes  flip 6da0, their checksum  = 925f
# both           fe48 + 925f                = 190a7
# folded         90a7 + 1                   = 90a8
# checksum       90a8, flipped              = 6f57
# ```
#
# In the picture, the dotted part is never sent: each end takes these values from the IP header that it has. The
# dotted field in the header is the checksum's own. While a sender computes the checksum, it puts zeros there.
#
# **Why does the checksum cover addresses that TCP does not send?** Suppose that a router's memory damages the
# destination address. The packet goes to the wrong machine, and none of TCP's own bytes is damaged. IP's header has a
# checksum too. But each router changes that header and may compute its checksum again, from the damaged address. TCP's
# checksum was computed once, by the sender, from the right address.
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
# What does `"127.0.0.1".split(".")` return, and how do you make bytes from that?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Four bytes for each address, then a zero byte, then a byte that holds 6, then the length in two bytes, the most
# significant byte first.
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
# Now the checksum of both together. The segment may hold an old checksum, and the number of its bytes may be odd. Use
# your own two functions, or `tcpkit.checksum` and `tcpkit.pseudo_header`.


# %% tags=["exercise"]
# Exercise 3.3
def tcp_checksum(source: str, destination: str, segment: bytes) -> int:
    """Return the checksum that belongs in the segment's bytes 16 and 17."""
    # BEGIN SOLUTION
    pseudo = tcpkit.pseudo_header(source, destination, len(segment))
    return tcpkit.checksum(pseudo + segment[:16] + b"\0\0" + segment[18:])
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Look at the hole in the picture. What do these two bytes of your segment hold, and what must they hold while you add?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Add the pseudo-header, then the segment with zeros at 16 and 17. The TCP length is the number of bytes of the segment,
# header and data, without any zero byte that you add at the end.
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
# <details>
# <summary>What if the right checksum is 0?</summary>
#
# Then the sender writes 0 into the field, and the receiver's test gives 0, as for any other packet. (UDP is different:
# there a 0 in the field means "no checksum". A UDP sender writes `ffff` instead, which does not change the folded sum.)
#
# </details>
#
# ## 4. Two more packets (5 min)
#
# tcpdump told you 0x6f57. It has not told you the checksums of two packets to port 8002: `syn(8002)`, which is the
# story's packet with another port, and `syn(8002, b"odd")`, with three bytes of data. Compute the first checksum
# without paper: the port goes up by 2. For the second, call your `tcp_checksum` in this cell; both addresses are
# `HERE`, which is 127.0.0.1.
#
# `Capture.of` shows bytes to tcpdump that were never sent. If your number is wrong, tcpdump prints the right number.
# Say why your number is wrong before you copy tcpdump's.

# %%
# BEGIN SOLUTION
to_8002 = 0x6F55  # the checksum of syn(8002)
odd = 0x9C19  # the checksum of syn(8002, b"odd")
# END SOLUTION
three = [(8000, bytes(44), 0x6F57), (8002, bytes(44), to_8002), (8002, b"odd", odd)]
for port, data, number in three:
    if number in range(0x10000) and not isinstance(number, float):
        print(Capture.of(syn(port, data, number)).tcpdump("-t -v"))
    else:
        print(f"port {port}, {len(data)} bytes of data: no number from 0 to 0xffff yet")

# %% [markdown]
# If tcpdump says `(correct)` three times, you compute what tcpdump computes.
#
# Now you can explain the end of lesson 02. You added 0x4000 to one 16-bit word of the header, so the sum went up by
# 0x4000. The number that makes the sum `ffff` went down by 0x4000.
#
# ## 5. Damage that the sum does not show (6 min)
#
# Does `(correct)` mean that a packet is undamaged? Take a good packet that carries text and damage it in five ways,
# 10,000 times each. Then count the copies that pass the receiver's test: the checksum of everything, the checksum field
# included, must be 0. Here is one damaged copy of each kind:

# %%
from tcpkit.draw import share_chart
from tcpkit.wire.damage import DAMAGES, damaged

text = b"GET /the-page-you-wanted HTTP/1.0\r\nHost: a\r\n"
good = syn(8002, text, tcpkit.tcp_checksum(HERE, HERE, syn(8002, text)))
for kind, damage in DAMAGES.items():
    print(f"{kind:28}", next(damaged(good, damage, 1, seed=122))[20:44])


def passes(segment):
    """Say whether these bytes pass the receiver's test."""
    return tcpkit.checksum(tcpkit.pseudo_header(HERE, HERE, len(segment)) + segment) == 0


# %% [markdown]
# A pair of bytes is one 16-bit word of the sum. The first four kinds may hit any of the 64 bytes; noise replaces the
# text alone. Every copy differs from the good packet. Of 10,000 copies of each kind, how many pass?
#
# a) none &emsp; b) about 3 % &emsp; c) about half &emsp; d) all
#
# Write five letters, one for each line above.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "aaaaa"  # five letters, such as "dcbad"
# END SOLUTION

# %% tags=["reveal"]
missed = {}
for kind, damage in DAMAGES.items():
    missed[kind] = sum(map(passes, damaged(good, damage, 10_000, seed=122)))
share_chart(missed, 10_000, "damaged copies that pass")

# %% tags=["compare"]
check.guess_damage(guess, missed)

# %% [markdown]
# A sum is the same in any order. Swap two pairs of bytes in the page's name, `/t` and `ag`:

# %%
swapped = good[:24] + good[30:32] + good[26:30] + good[24:26] + good[32:]
print(swapped[20:44])
print(Capture.of(swapped).tcpdump("-t -v"))

# %% [markdown]
# This packet asks for another page, and tcpdump says `(correct)`.
#
# ## 6. Undamaged, and `(incorrect)` (3 min)
#
# Does `(incorrect)` mean that a packet is damaged? Here two ordinary sockets talk in the lab, as the two programs of
# lesson 00 did. You write no header. Count what tcpdump says of their packets:

# %%
with lab.capture() as healthy, lab.listen(8008) as listener, lab.socket() as client:
    client.connect((HERE, 8008))
    with listener.accept()[0] as server:
        client.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
        print("the server gets", server.recv(1000))
        server.sendall(b"hello\n")
    print("the client gets", client.recv(1000), client.recv(1000))
words = healthy.tcpdump("-t -v")
print("packets called (correct):", words.count("(correct)"))
print("all called (incorrect):", words.count("(incorrect") == len(healthy))

# %% [markdown]
# Every byte arrived, and tcpdump calls every packet incorrect. The kernel wrote these packets. It leaves the checksums
# of its own connections unfinished, because most network cards can finish them faster (**checksum offload**). `lo` has
# no card that could finish them, and the receiving kernel does not check packets that never left the machine.
#
# A packet that you write into a raw socket is different: the kernel treats its checksum as finished, so the receiving
# side checks it. Lesson 06 explains more.
#
# ## 7. Recap (1 min)
#
# - The checksum: add all 16-bit words, fold, flip every bit. It is the number that makes the sum `ffff`.
# - "It covers what I wrote": it covers more, namely the twelve bytes of the pseudo-header, which are never sent.
# - "It proves that the data arrived undamaged": most of us believe that. A right checksum proves little. The sum always
#   shows one flipped bit. It never shows that two pairs of bytes changed places.
# - A wrong checksum shows damage only if the sender computed it completely. On packets that a kernel has just written, tcpdump
#   may say `(incorrect)` although nothing is wrong.
# - The story's packet, with the checksum that you can now compute, is `(correct)`. You have not sent it yet.
#
# Next: [04 Who was that?](04_something_answered.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why not a CRC?* A CRC notices swapped bytes, and much more. This checksum was made for slow computers. It needs
#   additions only. After a small change it can be corrected without reading the whole packet again.
# - *Does Ethernet not check already?* Yes, with a CRC, but separately for each cable. Between two cables the packet is
#   in a router's memory, and no CRC protects it there. Stone and Partridge (2000) found that one packet in 1,100 to
#   32,000 had a wrong TCP checksum although every cable's check had passed.
# - *What about encryption?* TLS has a check of its own, against damage and against attackers: one changed byte ends the
#   connection.
# - *Who corrects the checksum when a router changes an address?* The router does. (Changing addresses is called NAT.)
#   The router knows which word changed, and by how much. You did the same for port 8002.
#
# </details>
