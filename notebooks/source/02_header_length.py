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
    return bytes(TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57)) + bytes(44)


print(Capture.load("data/first_syn.pcap").tcpdump("-t"))

# %% [markdown]
# That is tcpdump's line on the packet of lesson 01, with the 1 as its data offset.
#
# This lesson takes 35 minutes. [The card](card.html) has the header on one page.
#
# <details>
# <summary>If this is new: half a byte, and the signs >> << & |</summary>
#
# - Half a byte is four bits, a **nibble**: one hex digit, 0 to 15. The byte `0xa3` has two: `a`, in bits `1010`, and
#   `3`, in bits `0011`.
# - `0xa3 >> 4` moves all bits four places to the right. The right half drops out: `1010` is left, so 10.
# - `0xa3 & 0x0f` keeps the bits that are 1 in both. `0x0f` is `0000 1111`: the right half is left, so 3.
# - `0x0a << 4` moves to the left, and zeros come in on the right: `1010 0000`, so `0xa0`.
# - `0xa0 | 0x03` takes the bits that are 1 in one of them or in both: `1010 0011`, so `0xa3` again.
#
# </details>
#
# ## Two minutes from memory (2 min)
#
# From lesson 01. Port 443, in network order: which two bytes? Work them out on paper, then write them as hex.

# %% tags=["recall"]
# BEGIN SOLUTION
answer = bytes.fromhex("01 bb")  # bytes.fromhex("..."), two digits for each byte
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Which byte? (7 min)
#
# The header that you sent, laid on the map:

# %%
header_map(story(1), lit="data_offset")

# %% [markdown]
# Counted from 0, the fourth row begins with byte 12, and that is `10`. Its left half is the data offset, the 1. Its
# right half is reserved, kept for later uses, and 0 here. Then come eight flags.
#
# So the 1 is in there, and tcpdump says 4. Of a 2 and a 3 it will say:
#
# a) 4 and 4 &emsp; b) 5 and 6 &emsp; c) 8 and 12 &emsp; d) 8 and 16

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b", "c" or "d"
# END SOLUTION

# %% [markdown]
# Send a 1, a 2 and a 3, and look. `lab.send` does what your raw socket did: your bytes go out as they are.

# %% tags=["reveal"]
with lab.capture() as three:
    for offset in (1, 2, 3):
        lab.send(story(offset))
print(three.tcpdump("-t"))

# %% tags=["compare"]
check.guess_four(guess, three)

# %% [markdown]
# The field counts **words** of 32 bits, four bytes each: one row of the map. Any length that tcpdump told you in lesson
# 01 was four times your number. And a 20, had it fitted, would have meant 80 bytes.
#
# Now take the number out of any header: in words, as it stands there. The reserved bits may be anything, and the
# buffer may be longer than the header in it.


# %% tags=["exercise"]
# Exercise 2.1
def data_offset(header: bytes) -> int:
    """Return the data offset that stands in a header, in words of 32 bits."""
    # BEGIN SOLUTION
    return header[12] >> 4
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which byte holds offset and reserved bits? Count from 0: each row of the map is four bytes.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `header[n]` is byte n as a number. Shift it to the right, so that only its left half remains.
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
# ## 2. All sixteen (10 min)
#
# Four bits hold sixteen numbers. You send all of them, 0 to 15, in the same buffer of 64 bytes. Nothing else changes.
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
# The same sixteen packets as bars of 64 bytes. On the left what the offset makes header, on the right what tcpdump
# takes for data:

# %%
header_bars(sixteen)

# %% [markdown]
# There is the `tcp 60` of lesson 01: 64 minus 4, what tcpdump takes for data behind a header of 4 bytes. From 5 on it
# trusts what it reads, and prints the flags. (What the kernel makes of your 44 zeros is still open.)
#
# From 6 on the header reaches past your twenty bytes, into the zeros. What stands there is called **options**: extra
# fields, which a header may have or not. A zero says that no more of them follow. tcpdump prints `[eol]`, end of the
# list.
#
# Why words of four bytes? Four bits count to 15, and 15 bytes would not hold the twenty that every header has. In words
# of four bytes they reach 60.
#
# Before tcpdump could complain it had to work out a length. Write that: the bytes that a header claims. Judge nothing.


# %% tags=["exercise"]
# Exercise 2.2
def header_length(header: bytes) -> int:
    """Return the length that a header claims, in bytes; nonsense too."""
    # BEGIN SOLUTION
    return (header[12] >> 4) * 4
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# tcpdump made 4 of your 1, and 8 of your 2. What does it make of a 5?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The field counts words of 32 bits, and eight bits are a byte. Take the field out as in 2.1 first.
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
# ## 3. The second witness (6 min)
#
# Nineteen packets went out, and you saw nineteen lines: nothing came back. Did any of them arrive? tcpdump cannot tell:
# it watches the card, not what happens behind it. But the kernel keeps **counters**. `lab.counters()` reads them, and
# the difference of two shows what moved.

# %%
before = lab.counters()
lab.send(story(1))
lab.counters() - before

# %% [markdown]
# `TcpInSegs`: a segment came in (a **segment** is what TCP calls its packets). `TcpInErrs`: it was no good. The kernel
# did receive it. It said nothing to you, and wrote it down.
#
# In lesson 01 you wrote down three reasons for the silence. If one of them was "it never arrived", strike it out.
#
# Now the other end. Offset 15 claims 60 bytes, and your 64 had room for that. This time you send the header alone,
# twenty bytes, with a 15 in it. tcpdump will call that too long. Which counter will move?
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
# Two silences that are alike on the wire. In one the kernel notes an error, in the other it does not.
#
# ## 4. Fix it (8 min)
#
# One half of one byte has to change. Write the function that does it, for any packet and any number of words. The other
# half of that byte is not yours: it keeps its value, and so does every other byte. Hand back new bytes, all of them.


# %% tags=["exercise"]
# Exercise 2.3
def with_data_offset(header: bytes, words: int) -> bytes:
    """Return the same bytes with another data offset, in words of 32 bits."""
    # BEGIN SOLUTION
    byte = words << 4 | header[12] & 0x0F
    return header[:12] + bytes([byte]) + header[13:]
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Bytes cannot be changed, but new ones can be put together. Which three pieces make the new packet?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Three steps: clear the left half of byte 12, place the words there, put the pieces together. `& 0x0f` keeps the right
# half.
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
# The fixed packet goes out now: yours, if the check says PASS, and tcpkit's own, if not. The sixth of the sixteen was
# like it: no complaint, and silence. But you did not ask the kernel then. Which counters of errors move?
#
# a) none: the length is right &emsp; b) `TcpInErrs` alone, as for the 1 &emsp; c) another one

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
# With `-v` tcpdump looks closer. `cksum 0xaf57 (incorrect -> 0x6f57)`: the first number stands in your packet, the
# second is the one that tcpdump wants. And beside `TcpInErrs` the kernel moves `TcpInCsumErrors`: both judges found the
# same.
#
# In lesson 01 you copied `0xaf57` into a packet whose bytes 12 and 13 were `10 02`. Now they are `50 02`. How far is it
# from 0x1002 to 0x5002, and how far from 0xaf57 to 0x6f57? Say in your own words what you make of that.

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# 0x4000 up, and 0x4000 down. You changed one number, and now another one has to give way by as much. Lesson 03 says
# by which rule.
#
# ## 5. Recap (2 min)
#
# - The data offset is the left half of byte 12, and it counts words of 32 bits: 1 says 4 bytes, 5 says 20, 15 says 60.
# - "A length is in bytes, and a formality": that is what most of us bring along. This one is in words, and both judges
#   act on it. Behind a header that is too short tcpdump reads nothing, and the kernel drops the packet.
# - tcpdump says what crosses the card. The counters say what the kernel made of it, also when it keeps silent.
# - Open: a checksum that is off by exactly 0x4000. And still the silence.
#
# Next: [03 Two numbers, one of them wrong](03_checksum.ipynb)
#
# <details>
# <summary>Asked next</summary>
#
# - *What are options for?* Most say in the SYN what its sender can do: how much a packet may carry, whether gaps may be
#   reported. A few ride on later packets too. Lessons 06 and 12 read real ones.
# - *Who uses the reserved bits?* Whoever knows no use for them writes 0, and looks away (RFC 9293, 3.1). Two flags, CWR
#   and ECE, were reserved bits until 2001, and RFC 9768 gives a use to the last of the four.
# - *Why did the checksum go bad when I touched the offset?* It covers that byte as well: lesson 03.
# - *Are there other counters?* `len(lab.counters())` counts them, and `lab.counters()` prints those that are not 0.
# - *Can a header really have 60 bytes?* Yes, and no more. Whoever designs a new option has to share these 40 bytes with
#   all the others.
#
# </details>
