# %% [markdown]
# # 02 What is 4?
#
# **The header said 1. tcpdump says 4. Why?**

# %%
import struct

from tcpkit import Capture, Flags, Lab, TCPHeader
from tcpkit.check import lesson02 as check
from tcpkit.draw import header_bars, header_map

lab = Lab()


def story(offset):
    """Return the story's 64 bytes, with this data offset."""
    header = TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57)
    return bytes(header) + bytes(44)


print(Capture.load("data/first_syn.pcap").tcpdump("-t"))

# %% [markdown]
# This is tcpdump's line for the packet of lesson 01, which has 1 as its data offset.
#
# This lesson takes 35 minutes. [The card](card.html) has the header on one page.
#
# <details>
# <summary>If this is new: half a byte, and the signs >> << & |</summary>
#
# - Half a byte is four bits, a **nibble**: one hex digit, 0 to 15. The byte `0xa3` has two nibbles: `a`, in bits
#   `1010`, and `3`, in bits `0011`.
# - `0xa3 >> 4` moves all bits four places to the right. The right half is lost, and the left half is the result: 10.
# - `0xa3 & 0x0f` keeps the bits that are 1 in both numbers. `0x0f` is `0000 1111`, so the right half is the result: 3.
# - `0x0a << 4` moves all bits four places to the left, and zeros come in on the right: `1010 0000`, so `0xa0`.
# - `0xa0 | 0x03` takes the bits that are 1 in one of the two numbers or in both: `1010 0011`, so `0xa3` again.
#
# </details>
#
# ## Two minutes from memory (2 min)
#
# From lesson 01. Write port 443 in network order: which two bytes are these? Compute them on paper, then write them as
# hex.

# %% tags=["recall"]
# BEGIN SOLUTION
answer = bytes.fromhex("01 bb")  # bytes.fromhex("..."), two digits for each byte
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# <details>
# <summary>What if the port is small, such as 80?</summary>
#
# Port 80 takes two bytes too: `00 50`. A field always has the same size, for small and for large numbers.
#
# </details>
#
# ## 1. Which byte? (10 min)
#
# Here is the map of all fields, with the values of the header that you sent:

# %%
header_map(story(1), lit="data_offset")

# %% [markdown]
# Each row of the map has four bytes. Count from 0: the fourth row begins with byte 12, which is `10`. The left half of
# byte 12 is the data offset, 1. The right half is reserved for later uses, and it is 0 here. The eight flags follow in
# byte 13.
#
# So the header says 1, and tcpdump says 4. What will tcpdump say for the data offsets 2 and 3?
#
# a) 4 and 4 &emsp; b) 5 and 6 &emsp; c) 8 and 12 &emsp; d) 8 and 16

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b", "c" or "d"
# END SOLUTION

# %% [markdown]
# Send one packet for each of the offsets 1, 2 and 3. Like your raw socket, `lab.send` sends your bytes as they are.

# %% tags=["reveal"]
with lab.capture() as three:
    for offset in (1, 2, 3):
        lab.send(story(offset))
print(three.tcpdump("-t"))

# %% tags=["compare"]
check.guess_four(guess, three)

# %% [markdown]
# The data offset does not count bytes. It counts units of 32 bits, which are four bytes each: the rows of the map. RFC
# 9293 calls such a unit a **32-bit word**. So tcpdump's 4 in lesson 01 was four times the 1 in your
# packet. The number 20 does not fit into four bits; as a data offset it would mean 80 bytes.
#
# Write that as code, in two steps. **Step 1**: read the number from a header, and return it unchanged, in 32-bit words.
# The reserved bits may have any value, and `header` may hold more bytes after the header's end.


# %% tags=["exercise"]
# Exercise 2.1
def data_offset(header: bytes) -> int:
    """Return the data offset of a header, in 32-bit words."""
    # BEGIN SOLUTION
    return header[12] >> 4
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which byte holds the data offset and the reserved bits? Count from 0: each row of the map is four bytes.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `header[n]` is byte n as a number. Shift this number to the right, so that only its left half remains.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return header[12] >> ...`
#
# </details>

# %% tags=["check"]
check.data_offset(data_offset)

# %% [markdown]
# <details>
# <summary>What if <code>header</code> had only twelve bytes?</summary>
#
# Then `header[12]` raises an IndexError. tcpdump prints `[|tcp]` for a packet that ends before the end of its header.
#
# </details>

# %% [markdown]
# **Step 2**: return the same length in bytes. Do not check the length: if a header claims a length that cannot be
# right, return that length too. You may call your function of step 1.


# %% tags=["exercise"]
# Exercise 2.2
def header_length(header: bytes) -> int:
    """Return the length that a header claims, in bytes, right or wrong."""
    # BEGIN SOLUTION
    return (header[12] >> 4) * 4
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# For your 1 tcpdump said 4, and for your 2 it said 8. What will it say for a 5?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Multiply the number of step 1 by the bytes of a 32-bit word. Python multiplies before it shifts, so put the shift in
# brackets.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return (header[12] >> 4) * ...`
#
# </details>

# %% tags=["check"]
check.header_length(header_length)

# %% [markdown]
# ## 2. All sixteen (8 min)
#
# Four bits hold sixteen numbers, 0 to 15. You send a packet with each of them, always in the same buffer of 64 bytes.
# Nothing else changes.
#
# **Which offsets will tcpdump accept?** Write the first and the last.

# %% tags=["guess"]
# BEGIN SOLUTION
guess_first = 5  # a number
guess_last = 5  # a number
# END SOLUTION

# %% tags=["reveal"]
with lab.capture() as sixteen:
    for offset in range(16):
        lab.send(story(offset))
print(sixteen.tcpdump("-t"))

# %% tags=["compare"]
check.guess_accepted(guess_first, guess_last, sixteen)

# %% [markdown]
# Here are the same sixteen packets as bars of 64 bytes. The left part of a bar is the header, with the length that its
# offset claims. The right part is the rest, which tcpdump reads as data:

# %%
header_bars(sixteen)

# %% [markdown]
# This explains the `tcp 60` of lesson 01: behind a header of 4 bytes, 60 of the 64 bytes are left, and tcpdump reads
# them as data. From offset 5 on, tcpdump trusts the header, and prints its flags. (What the kernel does with your 44
# zeros is still open.)
#
# From offset 6 on, the header is longer than your twenty bytes: it contains some of the zeros. The bytes of a header
# behind its first twenty are **options**: extra fields, which a header may have or not. A zero says that no more
# options follow. tcpdump prints `[eol]`, end of the options list.
#
# Why does the field count 32-bit words? Four bits count up to 15, and 15 bytes are fewer than the twenty that every
# header has. Fifteen 32-bit words are 60 bytes.

# %% [markdown]
# ## 3. What the kernel counts (6 min)
#
# You sent nineteen packets, and you saw nineteen lines: nothing came back. Did any of the packets arrive? tcpdump does
# not know. It sees what crosses the network card, and not what happens to a packet afterwards. But the kernel keeps
# **counters**. `lab.counters()` reads them all, and the difference of two readings shows which counters moved.

# %%
before = lab.counters()
lab.send(story(1))
lab.counters() - before

# %% [markdown]
# `TcpInSegs +1`: one segment came in (a **segment** is TCP's part of a packet: TCP header and data). `TcpInErrs +1`:
# one segment had an error. So the kernel did receive your packet. It sent nothing back, and counted an error.
#
# In lesson 01 you wrote down three reasons why nothing came back. If one of them was "the packet never arrived", you
# know now that this reason is wrong.
#
# Now try the largest offset. Offset 15 claims a header of 60 bytes, and your buffer of 64 was long enough for it. This
# time you send only twenty bytes, with offset 15 in them. tcpdump will call this header too long. Which counter will
# move?
#
# a) `TcpInErrs`, as before &emsp; b) another counter of errors &emsp; c) no counter of errors

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
before = lab.counters()
with lab.capture() as packets:
    lab.send(story(15)[:20])
moved = lab.counters() - before
print(packets.tcpdump("-t"), moved, sep="\n")

# %% tags=["compare"]
check.guess_counter(guess, moved)

# %% [markdown]
# Nothing came back for either packet. For the first one the kernel counted an error, for the second one it did not.
#
# ## 4. Fix it (8 min)
#
# To fix the packet, you change one half of one byte. Write a function that does this for any packet and any data
# offset. The other half of the byte keeps its value, and every other byte keeps its value too. Return new bytes of the
# same length.


# %% tags=["exercise"]
# Exercise 2.3
def with_data_offset(header: bytes, words: int) -> bytes:
    """Return the same bytes with another data offset, in 32-bit words."""
    # BEGIN SOLUTION
    byte = words << 4 | header[12] & 0x0F
    return header[:12] + bytes([byte]) + header[13:]
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# You cannot change bytes, but you can join new ones. Which three pieces make the new packet?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Clear the left half of byte 12: `& 0x0f` keeps the right half. Put `words` into the left half. Then join the bytes
# before it, this byte and the bytes after it.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return header[:12] + bytes([...]) + header[13:]`
#
# </details>

# %% tags=["check"]
check.with_data_offset(with_data_offset)

# %% [markdown]
# <details>
# <summary>What if <code>words</code> were 20?</summary>
#
# `20 << 4` is 320, and `bytes([320])` raises a ValueError: a byte holds at most 255. An error is better here than a
# header with a wrong length.
#
# </details>

# %% [markdown]
# Now send the fixed packet. If the check says PASS, this cell sends your packet. If not, it sends tcpkit's packet. In
# section 2 you sent such a packet already, the one with offset 5: tcpdump did not complain, and nothing came back. But
# you did not read the counters. Which counters of errors will move?
#
# a) none: the length is right &emsp; b) `TcpInErrs` alone, as for offset 1 &emsp; c) another one as well

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal", "playground"]
is_yours = check.with_data_offset(with_data_offset).status == "PASS"
before = lab.counters()
with lab.capture() as packets:
    lab.send(with_data_offset(story(1), 5) if is_yours else story(5))
counted = lab.counters() - before
print(packets.tcpdump("-t -v"), counted, sep="\n")

# %% tags=["compare"]
check.guess_fixed(guess, counted)

# %% [markdown]
# With `-v` tcpdump checks the checksum too. It says `cksum 0xaf57 (incorrect -> 0x6f57)`: the first number is in your
# packet, the second is the one that tcpdump expects. The kernel moved `TcpInCsumErrors` as well as `TcpInErrs`: the
# kernel found the same error.
#
# In lesson 01 you copied `0xaf57` into a packet with `10 02` in bytes 12 and 13. Now these bytes are `50 02`. Subtract
# 0x1002 from 0x5002, and 0x6f57 from 0xaf57. Write down what the two results tell you.

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# Bytes 12 and 13 went up by 0x4000, so the checksum has to go down by 0x4000. Lesson 03 shows the rule.
#
# ## 5. Recap (1 min)
#
# - The data offset is the left half of byte 12. It counts 32-bit words: 1 means 4 bytes, 5 means 20, 15 means 60.
# - "A length counts bytes, and nobody checks it": many of us believe that. This length counts 32-bit words, and it is
#   checked. If a header is too short, tcpdump trusts nothing in it, and the kernel drops the packet.
# - tcpdump shows what crosses the network card. The counters show what the kernel does with it, even if nothing comes
#   back.
# - Still open: a checksum that is wrong by exactly 0x4000, and why nothing comes back.
#
# Next: [03 Two numbers, one of them wrong](03_checksum.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *What are options for?* With most options, the sender of a SYN says what it can do: how much data it takes in one
#   packet, or whether it can report gaps. A few options are in later packets too.
# - *Who uses the reserved bits?* Senders that do not use them write 0, and receivers ignore them (RFC 9293, 3.1). The
#   flags CWR and ECE were reserved bits until 2001, and RFC 9768 uses one of the four that are left.
# - *Which other counters are there?* `len(lab.counters())` says how many there are, and `lab.counters()` prints all
#   that are not 0.
# - *Can a header really have 60 bytes?* Yes, and not more. All its options together have to fit into 40 bytes.
#
# </details>
