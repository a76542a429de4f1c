# %% [markdown]
# # 01 Can you type a packet?
#
# **In 2020 a programmer typed this packet by hand. At the end of this lesson you have typed the same packet. tcpdump
# will complain about it.**
#
# The programmer sent the packet and wrote down what happened. This course calls that report **the story**. The packet
# has a fault, and you copy this fault on purpose: lesson 02 shows what is wrong.

# %%
import struct
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

from tcpkit import Capture, Flags, Lab, TCPHeader
from tcpkit.check import lesson01 as check
from tcpkit.draw import KERNEL_PICKS, dump

lab = Lab()
typed = Capture.load("data/first_syn.pcap")[0]
dump(typed.data)

# %% [markdown]
# This is a hex dump. Each row shows 16 bytes, two hexadecimal digits for each byte. The number on the left says how
# many bytes come before the row, also in hex. On the right you see the same bytes as text, with a dot for each byte
# that cannot be printed.
#
# This lesson takes 45 minutes. [The card](card.html) has the header on one page.
#
# ## Two minutes from memory (2 min)
#
# From lesson 00. tcpdump prints `client > server: Flags [P.], length 31`. Who wrote these 31 bytes, and where do they
# go?
#
# a) the server, to the client &emsp; b) the client, to the server &emsp; c) no program: this packet carries no data

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. A number in two bytes (7 min)
#
# <details>
# <summary>If this is new: bytes, hex</summary>
#
# - A **byte** is a number from 0 to 255. `bytes` is a row of bytes: `bytes([35, 29])`, also written `b"\x23\x1d"`.
# - **Hex** writes a byte with two digits, and there are sixteen digits: after 9 come `a` to `f`, which are 10 to 15.
#   `23` is 2 times 16 plus 3, so 35; `1d` is 16 plus 13, so 29. In Python: `0x23`. Four digits are two bytes: `0x231d`
#   is 35 times 256, plus 29.
# - `data.hex(" ")` shows bytes as hex; `bytes.fromhex("23 1d")` turns hex into bytes.
# - Text is not bytes: `"8989"` has four characters, and `"8989".encode()` returns the four bytes `38 39 38 39`.
# - `struct.pack` turns numbers into bytes: `B` makes one byte from a number, `H` makes two, `I` makes four.
# - `0x3 << 4` moves the bits of a number four places to the left; zeros come in on the right. Four bits are one hex
#   digit, so the result is `0x30`.
#
# </details>

# %% [markdown]
# Bytes 20 and 21 of the dump are `23 1d`. (Count from 0; the second row begins with byte 16.) These two bytes are a
# port: 0x231d is 8989. `struct.pack("H", 8989)` makes two bytes from 8989. Which two bytes, on this machine?
#
# a) `23 1d` &emsp; b) `1d 23` &emsp; c) the characters `8989`

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
packed = struct.pack("H", 8989)
packed.hex(" ")

# %% tags=["compare"]
check.guess_order(guess, packed)

# %% [markdown]
# Two machines that talk to each other must agree on the order of the bytes. In a packet the **most significant byte**,
# which counts the 256s, **comes first** (RFC 9293, 3.1; RFCs are the documents with the internet's rules, and RFC 9293
# has the rules of TCP). This order is called **network order**. A `!` at the beginning of a format asks `struct` for
# network order.


# %% tags=["exercise"]
# Exercise 1.1
def port_bytes(port: int) -> bytes:
    """Return the port's two bytes, as a header has them: in network order."""
    # BEGIN SOLUTION
    return struct.pack("!H", port)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What are `8989 // 256` and `8989 % 256`, in hex? Where have you seen them?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `struct` has a letter for a number of two bytes. A sign in front of the letter asks for network order.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return struct.pack("!...", port)`
#
# </details>

# %% tags=["check"]
check.port_bytes(port_bytes)

# %% [markdown]
# ## 2. Ten fields, twenty bytes (14 min)
#
# The smallest TCP header is ten numbers, one after the other, each with its own number of bits. Here they are, with the
# values that you are about to send. The table counts from the header's first byte, which is byte 20 of the dump:
#
# | field | bits | bytes | what it says | value |
# |---|---|---|---|---|
# | source port | 16 | 0, 1 | which program sends | 8989 |
# | destination port | 16 | 2, 3 | which program is meant | 8000 |
# | sequence number | 32 | 4 to 7 | the number of the first byte, or of the SYN | 0 |
# | acknowledgment number | 32 | 8 to 11 | with the flag ACK: the number that the sender expects next | 0 |
# | data offset | 4 | 12, left half | where the data begins | ? |
# | reserved | 4 | 12, right half | nothing yet | 0 |
# | flags | 8 | 13 | what kind of packet this is | SYN: `02` |
# | window | 16 | 14, 15 | how much data the sender can store now | 0 |
# | checksum | 16 | 16, 17 | shows whether bytes were damaged | 0xaf57 |
# | urgent pointer | 16 | 18, 19 | with the flag URG: where the urgent data ends | 0 |
#
# `SYN` is the flag that asks for a connection. Copy the checksum as it is; lesson 03 shows where it comes from.
#
# The **data offset** says where the data begins, so it says how long the header is. It has four bits. You are about to
# write twenty bytes. **What number do you put there?**

# %%
# BEGIN SOLUTION
my_offset = 20  # a number
# END SOLUTION

# %% [markdown]
# Keep this number: in section 4 you send a packet with it. Now write a function that makes such a header, with the
# ports, the offset and the checksum that the caller gives. The caller may give a wrong number on purpose: write it as
# it is.


# %% tags=["exercise"]
# Exercise 1.2
def syn_header(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
    """Return the twenty bytes of a SYN; seq, ack, window and urgent pointer are 0."""
    # BEGIN SOLUTION
    ports = source_port, destination_port
    return struct.pack("!HHIIBBHHH", *ports, 0, 0, offset << 4, 2, 0, checksum, 0)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Byte 12 holds two things, the offset and four reserved bits. Which of the two is the left half?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `offset << 4` moves the offset four bits to the left, and leaves zeros on the right. All other fields fill whole
# bytes: use one letter of `struct` for each.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return struct.pack("!HHIIBBHHH", ...)`: nine values, one of them for the offset and the reserved bits together.
#
# </details>

# %% tags=["check"]
check.syn_header(syn_header)

# %% [markdown]
# <details>
# <summary>What if a sequence number needs more than 32 bits?</summary>
#
# It never does: after 4294967295 comes 0 again. `struct.pack("!I", 2**32)` raises an error, so after the last number a
# program packs `number % 2**32`.
#
# </details>
#
# ## 3. A buffer, as in the story (4 min)
#
# Many network libraries give you a **buffer**: a row of bytes that are all zero. You write your packet at its
# beginning. The buffer in the story had 64 bytes, and all 64 were sent.


# %% tags=["exercise"]
# Exercise 1.3
def into_buffer(header: bytes, size: int) -> bytes:
    """Return `size` bytes: the header, then zeros."""
    # BEGIN SOLUTION
    return header + bytes(size - len(header))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# How many zeros does a header of 20 bytes need in a buffer of 64?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `bytes(n)` returns n zero bytes.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return header + bytes(...)`
#
# </details>

# %% tags=["check"]
check.into_buffer(into_buffer)

# %% [markdown]
# <details>
# <summary>What if the buffer was used before?</summary>
#
# Then bytes of an older packet follow your header, and the receiver can read them. In 2003 researchers found that many
# drivers of network cards sent old bytes in this way. Fill a buffer with zeros before you use it again.
#
# </details>

# %% [markdown]
# You send all 64 bytes. What happens to the 44 zeros?
#
# a) they are cut off &emsp; b) they are sent, and ignored &emsp; c) they are sent, as data &emsp; d) they are refused

# %%
# BEGIN SOLUTION
rest = "b"  # "a", "b", "c" or "d"
# END SOLUTION
check.kept_44(rest)

# %% [markdown]
# ## 4. Send (10 min)
#
# First you send the story's packet, with the data offset 1 that its author chose. tcpkit makes this packet, so that you
# can go on even if a check did not say PASS. Your own packet comes after it. Each notebook has a lab of its own, new
# and empty.
#
# A **raw socket** sends your bytes as they are. Python's `sendto` takes an address and a port. Here the kernel uses the
# address alone, because your bytes hold the ports already; so we write 0 for the port.

# %%
raw = lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)


def story(offset):
    """Return the story's 64 bytes, with this data offset."""
    header = TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57)
    return bytes(header) + bytes(44)


# %% [markdown]
# How many bytes will the capture show?
#
# a) 20 &emsp; b) 64 &emsp; c) 84
#
# And what will tcpdump say about them?
#
# a) ports and flags, as in lesson 00 &emsp; b) that the checksum is wrong &emsp; c) that the header's length is wrong

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b" or "c"
tcpdump_will_say = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with lab.capture() as packets:
    raw.sendto(story(1), ("127.0.0.1", 0))
print(packets.tcpdump("-t -v"))

# %% tags=["compare"]
check.guess_bytes(guess, packets)

# %% tags=["compare"]
check.guess_words(tcpdump_will_say, packets)

# %% [markdown]
# <details>
# <summary>When you have run it: tcpdump's two lines, word by word</summary>
#
# With `-v` tcpdump prints a line about the **IP header** first, the twenty bytes in front of yours:
#
# - `tos 0x0`, type of service: how a router should treat the packet. 0 is "like all others".
# - `ttl 64`, time to live: each router on the way takes 1 away; at 0 the packet is thrown away.
# - `id` is the packet's number, and `offset 0` says which piece this is if a router cut the packet up. This offset
#   belongs to IP; your data offset is another field.
# - `flags [DF]`, don't fragment: no router may cut this packet up. These flags belong to IP too.
# - `proto TCP (6)`: TCP follows the IP header. IP's number for TCP is 6.
# - `length 84`: the whole packet, in bytes.
#
# The second line is about your bytes: `tcp 60 [bad hdr length 4 - too short, < 20]`. The story wrote 1, and tcpdump
# says 4. It prints no flags, because it trusts nothing in a header that is too short.
#
# </details>

# %% [markdown]
# Now send your own packet. If the checks 1.2 and 1.3 say PASS, your bytes are those of the story, and this cell sends
# them. If not, the cell sends nothing and shows `no packets`:

# %% tags=["playground"]
verdicts = check.syn_header(syn_header), check.into_buffer(into_buffer)
with lab.capture() as own:
    if all(verdict.status == "PASS" for verdict in verdicts):
        raw.sendto(into_buffer(syn_header(8989, 8000, 1, 0xAF57), 64), ("127.0.0.1", 0))
own

# %% [markdown]
# Then send a packet with the data offset that you wrote into `my_offset`. The cell sends it if the number fits into
# four bits:

# %%
with lab.capture() as own:
    if my_offset in range(16) and not isinstance(my_offset, float):
        raw.sendto(story(my_offset), ("127.0.0.1", 0))
print(own)
check.guess_offset(my_offset, own)

# %% [markdown]
# ## 5. Who wrote which bytes? (6 min)
#
# Here is the story's packet again, with a colour for each writer:

# %%
dump(packets[0].data, check.WHOSE, hidden=KERNEL_PICKS)

# %% [markdown]
# Find your two ports, `23 1d` and `1f 40`. Find the byte with the data offset. The first twenty bytes are the IP
# header. It holds the two addresses and the length of the whole packet (`00 54` is 84). The kernel picks new values for
# two fields of the IP header in each packet, so the dump shows dots there: the packet's number (`id`) and IP's own
# checksum.
#
# And what came back? Count the packets:

# %%
len(packets)

# %% [markdown]
# One packet, and you sent it. **Nothing came back.** Why? Write down three possible reasons before you go on. Lessons
# 02 to 04 test such reasons one by one.

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# ## 6. Recap (2 min)
#
# - A packet is a row of bytes. You can make one without a library: ten numbers, twenty bytes, `struct.pack`.
# - In a packet the most significant byte of each number comes first.
# - The kernel put twenty bytes of its own in front of yours. It did not correct your bytes.
# - Still open: tcpdump's 4, its `tcp 60`, the 44 zeros, and why nothing came back.
#
# Next: [02 What is 4?](02_header_length.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why does the kernel need an address, but no port?* It writes the IP header, which holds addresses. The ports are in
#   the TCP header, and here you write that header.
# - *Can I read the IP header that the kernel wrote?* Yes: `packets[0].ip` has its fields.
# - *Does a raw socket need root?* Normally a raw socket needs root. In the lab you may open one as an ordinary user,
#   and it reaches the lab's network only.
# - *Would a real network card send this packet?* Yes. A card sends any bytes; the machine that receives them decides
#   what it does with them.
#
# </details>
