# %% [markdown]
# # 01 Can you type a packet?
#
# **Somebody typed this. By the end of this lesson, so have you. tcpdump will not like it.**
#
# It was in 2020: a programmer typed these bytes, sent them, and wrote down what happened. In this course that is **the
# story**.

# %%
import struct
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

from tcpkit import Capture, Flags, Lab, TCPHeader
from tcpkit.check import lesson01 as check
from tcpkit.draw import KERNEL_PICKS, dump

lab = Lab()
somebodys = Capture.load("data/first_syn.pcap")[0]
dump(somebodys.data)

# %% [markdown]
# A hex dump: each row shows 16 bytes, two hexadecimal digits a byte. The number on the left counts the bytes before the
# row, in hex as well. On the right stand the same bytes as text; a dot stands for a byte that cannot be printed.
#
# This lesson takes 40 minutes. [The card](card.html) has the header on one page.
#
# ## Two minutes from memory (2 min)
#
# From lesson 00. tcpdump prints `client > server: Flags [P.], length 31`. Whose bytes are these 31, and which way do
# they go?
#
# a) the server's, to the client &emsp; b) the client's, to the server &emsp; c) nobody's: it is control only

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. A number in two bytes (6 min)
#
# <details>
# <summary>If this is new: bytes, hex</summary>
#
# - A **byte** is a number from 0 to 255. `bytes` is a row of them: `bytes([35, 29])`, or written `b"\x23\x1d"`.
# - **Hex** writes a byte as two digits of sixteen: `23` is 2 times 16 plus 3, so 35. In Python: `0x23`. After 9 come
#   `a` to `f`, which are 10 to 15: `1d` is 16 plus 13, so 29. Four digits are two bytes: `0x231d` is 35 times 256, plus
#   29.
# - `data.hex(" ")` shows bytes as hex; `bytes.fromhex("23 1d")` makes bytes of it.
# - Text is not bytes: `"8989"` has four characters, and `"8989".encode()` makes the four bytes `38 39 38 39`.
# - `struct.pack` writes numbers into bytes. `B` is one byte, `H` two, `I` four.
# - `0x3 << 4` moves the bits of a number four places to the left, and zeros come in on the right: one hex digit, so
#   `0x30`.
#
# </details>

# %% [markdown]
# The dump's bytes 20 and 21 are `23 1d`, in the second row, which begins with byte 16. They are a port: 0x231d is 8989.
# `struct.pack("H", 8989)` makes two bytes of 8989. Which two, on this machine?
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
# Two machines that talk must agree on the order. On the wire the **most significant byte**, which counts the 256s,
# **comes first** (RFC 9293, 3.1; an RFC is one of the documents that hold the internet's rules, and 9293 is TCP's). That
# is called network order. A format that begins with `!` asks `struct` for it.


# %% tags=["exercise"]
# Exercise 1.1
def port_bytes(port: int) -> bytes:
    """Return the port as it stands in a header: two bytes, network order."""
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
# `struct` has a letter for a number of two bytes, and a sign in front of it for network order.
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
# ## 2. Ten fields, twenty bytes (12 min)
#
# The smallest TCP header is ten numbers, one after the other, each with its own number of bits. Here they are, with the
# values that you are about to send. `SYN` is the flag that asks for a connection: byte 13 is then `02`. What stays 0
# here has its turn in later lessons.
#
# | field | bits | in bytes | value |
# |---|---|---|---|
# | source port | 16 | 0, 1 | 8989 |
# | destination port | 16 | 2, 3 | 8000 |
# | sequence number | 32 | 4 to 7 | 0 |
# | acknowledgment number | 32 | 8 to 11 | 0 |
# | data offset | 4 | 12, left half | ? |
# | reserved | 4 | 12, right half | 0 |
# | flags | 8 | 13 | SYN |
# | window | 16 | 14, 15 | 0 |
# | checksum | 16 | 16, 17 | 0xaf57 |
# | urgent pointer | 16 | 18, 19 | 0 |
#
# Copy the checksum as it is. Where it comes from is lesson 03.
#
# **Data offset**: where the data begins. Four bits that say how long the header is. You are about to write twenty
# bytes. **What number do you put there?**

# %%
# BEGIN SOLUTION
my_offset = 20  # a number
# END SOLUTION

# %% [markdown]
# Keep it: you send it in section 4. Now write a function that makes such a header with any ports, any offset and any
# checksum. The caller may want a wrong one: write what you are given.


# %% tags=["exercise"]
# Exercise 1.2
def syn_header(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
    """Return the twenty bytes of a SYN; seq, ack, window and urgent pointer are 0."""
    # BEGIN SOLUTION
    return struct.pack("!HHIIBBHHH", source_port, destination_port, 0, 0, offset << 4, 2, 0, checksum, 0)
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
# `offset << 4` moves a number four bits to the left, and leaves zeros on the right. All other fields fill whole bytes:
# one letter of `struct` for each.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return struct.pack("!HHIIBBHHH", ...)`: nine values, with the offset and the reserved bits in one.
#
# </details>

# %% tags=["check"]
check.syn_header(syn_header)

# %% [markdown]
# ## 3. A buffer, as in the story (5 min)
#
# Many network libraries do not take a packet from you. They hand you a **buffer**, some bytes that are all zero, and
# you write your packet at its front. The buffer in the story had 64 bytes; your header fills 20 of them.


# %% tags=["exercise"]
# Exercise 1.3
def into_buffer(header: bytes, size: int) -> bytes:
    """Return `size` bytes: the header, then zeros. A header longer than `size` comes back whole."""
    # BEGIN SOLUTION
    return header + bytes(max(0, size - len(header)))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# How many zeros does a header of 20 bytes need in a buffer of 64? And one of 20 in a buffer of 16?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `bytes(n)` makes n zeros. n is what is missing, and never below 0.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return header + bytes(max(0, ...))`
#
# </details>

# %% tags=["check"]
check.into_buffer(into_buffer)

# %% [markdown]
# You send all 64. What happens to the other 44?
#
# a) cut off &emsp; b) sent, and ignored &emsp; c) sent, as data &emsp; d) refused

# %%
# BEGIN SOLUTION
rest = "b"  # "a", "b", "c" or "d"
# END SOLUTION
check.kept_44(rest)

# %% [markdown]
# ## 4. Send (8 min)
#
# First the story's packet, with offset 1, which was its author's own choice. tcpkit makes it, so that you can go on
# whatever the checks said; yours comes after it. This notebook has a lab of its own, new and empty.
#
# A **raw socket** takes your bytes as they are. Python's `sendto` takes an address and a port. The kernel uses the
# address alone; we write 0 for the port, because the ports are in your bytes already.

# %%
raw = lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)


def story(offset):
    """Return the story's 64 bytes, with this data offset."""
    return bytes(TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57)) + bytes(44)


# %% [markdown]
# How many bytes will the capture show?
#
# a) 20 &emsp; b) 64 &emsp; c) 84
#
# And what will tcpdump say? Write a few words.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b" or "c"
# END SOLUTION
tcpdump_will_say = """..."""

# %% tags=["reveal"]
with lab.capture() as packets:
    raw.sendto(story(1), ("127.0.0.1", 0))
print(packets.tcpdump("-t -v"))

# %% tags=["compare"]
check.guess_bytes(guess, packets)

# %% [markdown]
# <details>
# <summary>When you have run it: what tcpdump says</summary>
#
# `bad hdr length 4 - too short, < 20`. The story wrote 1, and tcpdump speaks of 4. It also prints `tcp 60`, and no
# flags: it does not trust anything behind the length. The `offset 0` in the first line is another one, IP's: where a
# piece belongs, if a packet was cut up.
#
# </details>
#
# Now yours. If checks 1.2 and 1.3 say PASS, your bytes are the story's, and they go out; if not, `no packets` do:

# %% tags=["playground"]
verdicts = check.syn_header(syn_header), check.into_buffer(into_buffer)
with lab.capture() as own:
    if all(verdict.status == "PASS" for verdict in verdicts):
        raw.sendto(into_buffer(syn_header(8989, 8000, 1, 0xAF57), 64), ("127.0.0.1", 0))
own

# %% [markdown]
# And the number that you put into `my_offset`. If four bits hold it, it is sent too:

# %%
with lab.capture() as own:
    if my_offset in range(16) and not isinstance(my_offset, float):
        raw.sendto(story(my_offset), ("127.0.0.1", 0))
print(own)
check.guess_offset(my_offset, own)

# %% [markdown]
# ## 5. Whose bytes? (5 min)
#
# The same packet, coloured by who wrote what:

# %%
dump(packets[0].data, check.WHOSE, hidden=KERNEL_PICKS)

# %% [markdown]
# Find the ports: `23 1d`, `1f 40`. Find the byte with the offset. The first twenty bytes are the IP header: addresses,
# a length (`00 54` is 84, the length of the whole), and two fields that the kernel writes anew each time, dotted here:
# the packet's number (`id`) and IP's own checksum.
#
# And what came back? Count the packets:

# %%
len(packets)

# %% [markdown]
# One, and you sent it. **Nothing came back.** Why? Write three possible reasons before you go on; lessons 02 to 04
# strike them out one by one.

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# ## 6. Recap (2 min)
#
# - A packet is a row of bytes. No library is needed to make one: ten numbers, twenty bytes, `struct.pack`.
# - Numbers go out with the most significant byte first.
# - The kernel put twenty bytes of its own in front. It did not correct yours.
# - Open: what is the 4? Why `tcp 60`? What becomes of the 44 zeros? And why the silence?
#
# Next: [02 What is 4?](02_header_length.ipynb)
#
# <details>
# <summary>Asked next</summary>
#
# - *Why is the address enough for the kernel?* It writes the IP header, and that holds addresses. Ports are TCP's
#   business, and here you are TCP.
# - *Can I see the IP header that I did not write?* It is the first colour in the dump: `packets[0].ip` reads it.
# - *Is `SOCK_RAW` not forbidden?* To ordinary users, yes. In the lab you have that right, over the lab's network alone:
#   lesson 19.
# - *Would a real network card send this?* Yes: to the card it is bytes. What the other end does with it is its own affair.
#
# </details>
