# %% [markdown]
# # 11 Which byte is this?
#
# **Three million bytes come from the kernel, at most 1,460 in one packet. Each packet carries the number of its first
# byte. The network swaps some of the packets. Is the file that you receive still the file that was sent?**

# %%
import random
from hashlib import sha256

from tcpkit import Lab, mine
from tcpkit.check import lesson11 as check
from tcpkit.draw import gap_line
from tcpkit.stack.link import Link
from tcpkit.stack.reassembler import Reassembler as OfTcpkit
from tcpkit.stack.recut import Recut
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.transfer import transfer

lab = Lab()
data = random.Random(11).randbytes(3_000_000)


def digits(data):
    """Return eight digits of the data's SHA-256: equal data has equal digits."""
    return sha256(data).hexdigest()[:8]


print(f"{len(data):,} bytes, {digits(data)}")
source = lab.source(data, 8000)  # a program that sends the data to all who dial

# %% [markdown]
# Whatever arrives is compared with the file by these eight digits: equal files have equal digits, and a changed file
# almost certainly has other digits.
#
# This lesson takes 40 minutes. [The card](card.html) has the header on one page. Like lesson 07, this lesson needs a
# lab of kind `namespace`.
#
# ## Two minutes from memory (2 min)
#
# From lesson 08. All bytes up to number 4999 have arrived. A segment with seq 6000 and 500 bytes arrives. Which ack do
# you send?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 5000  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. One in twenty (6 min)
#
# IP promises nothing about order. Two packets may take two paths, or wait in two queues, and the second one may arrive
# first.
#
# A **reassembler** is the part of TCP that puts the stream in order. It has `next`, the position of the first byte that
# is still missing (the stream begins at 0), and `add(at, data)`, which takes a piece that begins at position `at` and
# returns what is in order now. `Watched` is tcpkit's reassembler; it also counts the pieces that come before their
# turn.
#
# `transfer` sends data from one TCP of tcpkit to another in **virtual time**: the clock is a number in the program, so
# waiting takes no real time, and each run is the same. The link carries 100 Mbit/s and takes 10 ms each way. One packet
# in twenty arrives a millisecond late. Of 691 pieces, how many arrive before their turn?
#
# a) none &emsp; b) about 35, one in twenty &emsp; c) more than 80

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
class Watched(OfTcpkit):
    pieces = early = 0

    def add(self, at, data):
        Watched.pieces += 1
        Watched.early += at > self.next
        return super().add(at, data)


swaps = Link(rate_bit_s=100e6, delay_s=0.01, reordering=0.05, seed=11)
watched = Settings(pieces=Pieces(reassembler=Watched))
outcome = transfer(data[:1_000_000], swaps, receiver=watched)
print(Watched.early, "of", Watched.pieces, "pieces came early; equal:", outcome.is_equal)

# %% tags=["compare"]
check.guess_early(guess, Watched)

# %% [markdown]
# Packets that overtake a late packet come early. At this speed, up to eight overtake it in a millisecond.
#
# ## 2. Three ways to write a file (9 min)
#
# Here are three reassemblers that people write:


# %%
class Append:
    """Write each piece as it comes."""

    def __init__(self):
        self.next = 0

    def add(self, at, data):
        self.next += len(data)
        return data

    def ranges(self):  # what waits behind a gap: SACK tells the sender
        return []


class Strict(Append):
    """Take only what comes next, and drop the rest: TCP will send it again."""

    def add(self, at, data):
        return super().add(at, data) if at == self.next else b""


class Whole(Append):
    """Keep what comes early; once its turn has come, take it whole, unless it is old."""

    def __init__(self):
        super().__init__()
        self.kept = {}

    def add(self, at, data):
        self.kept[at] = data
        ready = b""
        for at in sorted(self.kept):
            if at > self.next:
                break
            piece = self.kept.pop(at)
            if at + len(piece) > self.next:  # not old
                ready += piece
                self.next = at + len(piece)
        return ready


def passes(reassembler, times=100):
    """Their author's test: twelve letters in threes, shuffled, half of them doubled."""
    passed = 0
    for seed in range(times):
        pieces = [(at, b"abcdefghijkl"[at : at + 3]) for at in (0, 3, 6, 9)]
        pieces += random.Random(seed).sample(pieces, 2)
        random.Random(seed).shuffle(pieces)
        stream = reassembler()
        passed += b"".join(stream.add(*piece) for piece in pieces) == b"abcdefghijkl"
    return passed


print("Append passes", passes(Append), "of 100 · Whole passes", passes(Whole), "of 100")

# %% [markdown]
# (`Strict` needs a sender that sends again, and this test has none.) `Whole` passes each time, and its author
# goes home.
#
# Now the first million bytes cross a link that swaps and doubles packets, in virtual time. With which of the three are
# the digits equal? Write the first letters of their names: `"A"`, `"S"`, `"W"`, or several, such as `"AS"`.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "W"  # one or more of the letters A, S, W
# END SOLUTION

# %% tags=["reveal"]
link = Link(rate_bit_s=100e6, delay_s=0.01, reordering=0.05, duplication=0.05, seed=11)
brought = {}
for reassembler in (Append, Strict, Whole):
    name, settings = reassembler.__name__, Settings(pieces=Pieces(reassembler=reassembler))
    outcome = transfer(data[:1_000_000], link, receiver=settings)
    brought[name] = outcome.is_equal
    words = "equal" if outcome.is_equal else "DIFFERENT"
    print(f"{name:7} {len(outcome.received):,} bytes {words:9} {outcome.seconds:5.2f} s")

# %% tags=["compare"]
check.guess_brought(guess, brought)

# %% [markdown]
# `Strict` brought the file: what it dropped came again, each time after a wait. `Append` counted a million bytes and
# acknowledged them. Pieces that came late are missing, because their numbers had been counted already, and others stand
# in the file twice. No error appeared anywhere. Only the digits say that the file is ruined.
#
# ## 3. Overlap (6 min)
#
# A sender may cut its data anew when it sends the data again: each byte keeps its number, and the pieces begin and end
# elsewhere. `Recut` is a link that cuts one packet in twenty anew: it cuts the data in two pieces; both overlap
# each other and the piece before.
#
# <details>
# <summary>Which senders do this?</summary>
#
# A sender that learns on the way that the path takes only smaller packets. A sender that joins small pieces when it
# sends them again. And a sender that asks with one byte whether there is room: lesson 13.
#
# </details>
#
# The kernel sends all three million bytes now, over a link that swaps and doubles packets. `Whole` brings them. Does it
# still bring them when packets are cut anew as well?
#
# a) yes &emsp; b) the file becomes longer &emsp; c) the transfer hangs

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def from_the_kernel(reassembler, link):
    """Dial the kernel's port 8000 with a TCP of ours; return what arrives."""
    host = lab.host("10.0.0.2", link=link)
    running = host.run(Stack("10.0.0.2", Settings(pieces=Pieces(reassembler=reassembler))))
    return running.read_all(running.dial(host.gateway, 8000))


both = Link(reordering=0.05, duplication=0.05, seed=11)
lengths = {}
for name, reassembler, link in (
    ("Whole", Whole, both),
    ("Whole, cut anew", Whole, Recut(both)),
    ("tcpkit's, cut anew", OfTcpkit, Recut(both)),
):
    received = from_the_kernel(reassembler, link)
    lengths[name] = len(received)
    more = ", more than 3,000,000 bytes" if len(received) > len(data) else ""
    words = "equal" if digits(received) == digits(data) else "DIFFERENT"
    print(f"{name:18} {words}{more}")

# %% tags=["compare"]
check.guess_overlap(guess, lengths)

# %% [markdown]
# `Whole` passed its author's test because no two pieces overlapped in part there. Here are five pieces in the order in
# which they come; what is new in each is filled:

# %%
gap_line([(0, 4), (6, 9), (2, 7), (9, 12), (3, 9)])

# %% [markdown]
# ## 4. Yours (14 min)
#
# First one piece alone. `next` is the position of the first byte that is missing, and the piece begins at `at`.
# (Python has a function `next`; here it is the name of a number.)


# %% tags=["exercise"]
# Exercise 11.1
def new_bytes(next: int, at: int, data: bytes) -> bytes:
    """Return the part of a piece that was not taken yet."""
    # BEGIN SOLUTION
    return data[max(0, next - at) :]
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# `next` is 5, and the piece `defg` begins at 3. Write the positions 3, 4, 5, 6 under its letters. Which letters are
# new?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The first `next - at` bytes were taken already. If the piece begins at `next` or later, none were, and all of it is
# new.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return data[max(0, ...) :]`
#
# </details>

# %% tags=["check"]
check.new_bytes(new_bytes)

# %% [markdown]
# Now the whole class. `kept` holds the pieces that wait, by the position where each begins. `__init__` and `ranges` are
# given; write `add`. Write the slice of 11.1 again here: `mine.keep` keeps this cell without the cells above it.


# %% tags=["exercise"]
# Exercise 11.2
class Reassembler:
    """Take pieces in any order; return the stream's bytes in order."""

    def __init__(self):
        self.next = 0
        self.kept = {}

    def ranges(self):
        """Return the ranges that wait behind a gap."""
        return [(at, at + len(data)) for at, data in sorted(self.kept.items())]

    def add(self, at: int, data: bytes) -> bytes:
        """Take a piece; return what is now in order, perhaps b""."""
        # BEGIN SOLUTION
        if len(data) > len(self.kept.get(at, b"")):
            self.kept[at] = data
        ready = b""
        while self.kept and min(self.kept) <= self.next:
            at = min(self.kept)
            new = self.kept.pop(at)[self.next - at :]
            ready, self.next = ready + new, self.next + len(new)
        return ready
        # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# On paper: the pieces 3 to 6 and then 0 to 4 come. What is kept after each one, and what is returned?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Keep every piece by its first position; of two that begin at the same place, the longer one. Then, while the lowest
# piece begins at `next` or before: take it out, cut off what was taken already (11.1), and move `next`.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# if len(data) > len(self.kept.get(at, b"")):
#     self.kept[at] = data
# ready = b""
# while self.kept and min(self.kept) <= self.next:
#     at = min(self.kept)
#     new = ...
#     ready, self.next = ready + new, self.next + len(new)
# return ready
# ```
#
# </details>

# %% tags=["check"]
check.Reassembler(Reassembler, lab)

# %% [markdown]
# ## 5. Your TCP (1 min)
#
# `mine.keep` keeps your reassembler in `tcp.py`, once its check says PASS.

# %% tags=["mine"]
tcp = mine.keep(reassembler=Reassembler)
tcp

# %% tags=["mine"]
mine.carry(lab)

# %% [markdown]
# ## 6. Recap (2 min)
#
# - IP keeps no order, and promises none. A reassembler puts the bytes in order by the numbers in TCP's header.
# - Pieces come late, twice, and cut in other places.
# - `Whole` passed its test a hundred times, and ruined the file: no pieces overlapped in part there.
# - A wrong reassembler raises no error: every byte is counted and acknowledged.
#
# Swapped packets all arrive. What if one never arrives? Next: [12 Who tells you?](12_lost.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why does TCP number bytes, and not packets?* So that a sender may cut its data anew.
# - *Which copy counts if two copies of a byte differ?* The standard leaves it open, and systems differ. Programs that
#   look for attacks in the network have been fooled by that.
# - *How much may wait behind a gap?* As much as the receiver offered: its window, lesson 13.
# - *How does the sender learn what waits?* The receiver may tell it, in an option: lesson 12.
# - *Are these the fragments of IP?* No. IP can cut a packet too, and puts it together before TCP sees it.
# - *Does QUIC do the same?* Yes, for each of its streams.
#
# </details>
