# %% [markdown]
# # 16 Who decides how much is under way?
#
# **On this link a sender had ten segments under way at the beginning, and 78 at most. Some number told it when to stop.
# Which field of which packet holds that number?**
#
# a) the window in the sender's segments<br>
# b) the window in the receiver's ACKs<br>
# c) an option<br>
# d) none

# %%
from collections import Counter

import pandas

from tcpkit import Lab
from tcpkit.check import lesson16 as check
from tcpkit.draw import plot
from tcpkit.stack.bottleneck import Flow, share
from tcpkit.stack.link import Link
from tcpkit.stack.transfer import transfer

lab = Lab()
bottleneck = Link(rate_bit_s=12e6, delay_s=0.01, queue_packets=20)
outcome = transfer(bytes(1_000_000), bottleneck)
outcome.log.head(8)

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b", "c" or "d"
# END SOLUTION

# %% [markdown]
# This lesson takes 45 minutes. If you are tired, stop after section 2. [The card](card.html) has the words.
#
# ## Two minutes from memory (2 min)
#
# From lesson 13. The newest ACK says: ack 5001, window 4000. You have sent all bytes up to and including number 8000. How
# many more bytes may you send?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 1000  # a number of bytes
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. In no packet (6 min)
#
# Here are the windows in all packets of this transfer:

# %% tags=["reveal"]
log = outcome.log
windows = {
    sender: Counter(log.window[(log["from"] == sender) & (log["flags"] != "S")])
    for sender in ("10.0.0.1", "10.0.0.2")
}
print("the sender's segments:", dict(windows["10.0.0.1"]))
print("the receiver's ACKs: between", min(windows["10.0.0.2"]), "and", max(windows["10.0.0.2"]))
print("options that tell a size: none")

# %% tags=["compare"]
check.guess_field(guess, windows)

# %% [markdown]
# The sender's window is what the sender can receive. The receiver's window (it counts in units of the option window scale)
# never came near to what was under way. The number is in no packet: it is a variable in the sender's memory, the **congestion
# window**, `cwnd`. The sender keeps at most `cwnd` bytes under way, and at most the receiver's window. Lesson 15's question is
# answered: nobody told the sender to send so little. It decided that by itself.
#
# ## 2. Slow start (9 min)
#
# How does a sender find a good `cwnd`? It knows nothing of the link. One megabyte goes over 20 Mbit/s, 100 ms there and back.
# Three senders begin in three ways: **creep** begins with ten segments and adds one in each round trip; **slow start** begins with ten
# and doubles in each round trip; **at once** begins with 724 segments.
#
# Which is first where the queue has room for all of it, and which is first where the queue has room for 60,000 bytes?
#
# a) creep &emsp; b) slow start &emsp; c) at once

# %% tags=["guess"]
# BEGIN SOLUTION
large_queue = "c"  # "a", "b" or "c"
small_queue = "c"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def one_megabyte(beginning, queue_bytes):
    """Return the run of one megabyte over 20 Mbit/s and 100 ms."""
    flow = Flow("it", beginning, size=1_000_000)
    return share([flow], rate_bit_s=20e6, rtt_s=0.1, queue_bytes=queue_bytes, seconds=30)


seconds = {}
for queue_bytes in (1_000_000, 60_000):
    for name, beginning in (("creep", "creep"), ("slow start", "reno"), ("at once", "at once")):
        run = one_megabyte(beginning, queue_bytes)
        seconds[queue_bytes, name] = run.finished_s["it"]
        lost = f"{len(run.drops)} packets lost"
        print(f"queue of {queue_bytes:9,} bytes, {name:10}: {run.finished_s['it']:.2f} s, {lost}")

# %% tags=["compare"]
check.guess_beginning(large_queue, small_queue, seconds)

# %% [markdown]
# Slow start is slow only where it begins: 10, 20, 40, 80, 160 segments in each round trip. Whoever sends all at once is right where the
# queue has room for it. No packet says how large the queue is.
#
# **Stop here if you are tired.**
#
# ## 3. Two rules (12 min)
#
# **Reno** (named after the release of BSD that had it, 1990) has two rules. `ssthresh` is the size at which slow start ends;
# at first it is infinite.
#
# - An ACK for `acked` bytes comes. Below `ssthresh`, `cwnd` grows by `acked`: it doubles in each round trip. From `ssthresh` on, it grows
#   by one MSS in each *round trip*. In one round trip `cwnd` bytes are acknowledged, so this ACK's part is `mss * acked // cwnd`.
# - Three duplicate ACKs say that a packet is lost. Then `cwnd` and `ssthresh` become half of what was under way, but at least
#   two MSS.
#
# All numbers are bytes.


# %% tags=["exercise"]
# Exercise 16.1
def after_ack(cwnd: int, ssthresh: float, acked: int, mss: int) -> int:
    """Return cwnd after an ACK for so many bytes."""
    # BEGIN SOLUTION
    if cwnd < ssthresh:
        return cwnd + acked
    return cwnd + mss * acked // cwnd
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What happened to `cwnd` in section 2, round trip by round trip?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Below `ssthresh`, add what was acknowledged. Otherwise one MSS is shared by as many ACKs as make up a window.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# if cwnd < ssthresh:
#     return cwnd + acked
# return cwnd + mss * acked // ...
# ```
#
# </details>

# %% tags=["check"]
check.after_ack(after_ack)


# %% tags=["exercise"]
# Exercise 16.2
def after_loss(flight: int, mss: int) -> int:
    """Return what cwnd and ssthresh become; flight is how many bytes were under way."""
    # BEGIN SOLUTION
    return max(flight // 2, 2 * mss)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# How much was under way when it was too much?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Half of that, but two segments at least: with fewer under way there are never three duplicate ACKs.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return max(..., 2 * mss)`
#
# </details>

# %% tags=["check"]
check.after_loss(after_loss)

# %% [markdown]
# Now five seconds of Reno over 12 Mbit/s and 20 ms, with a queue for 20 packets. On the way itself there is room for 20
# packets. How many segments are under way when a packet is lost, after the first second?
#
# a) 20 &emsp; b) 41 &emsp; c) 74

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def reno(queue_packets, congestion="reno"):
    """Return the run, and cwnd in segments."""
    way = {"rate_bit_s": 12e6, "rtt_s": 0.02, "queue_bytes": 1500 * queue_packets}
    run = share([Flow("reno", congestion)], seconds=5, **way)
    samples = pandas.DataFrame(run.samples)
    return run, samples.set_index("time_s").cwnd_bytes / 1448


def tops(cwnd):
    """Return the values from which cwnd falls by a quarter or more, after the first second."""
    later = cwnd[1:]
    return later[later.shift(-1) < 0.75 * later]


run, cwnd = reno(20)
print("teeth:", *(f"{top:.0f}" for top in tops(cwnd)))

# %% tags=["compare"]
check.guess_teeth(guess, tops(cwnd))

# %% [markdown]
# 20 on the way, 20 in the queue, and one more that is lost. Once, at the beginning, it is 74: slow start doubles past the
# mark, and hears of it a round trip later.
#
# ## 4. The kernel's Reno (9 min)
#
# How high are the teeth for any link? `rtt_s` is the round trip with an empty queue; packets are 1,500 bytes.


# %% tags=["exercise"]
# Exercise 16.3
def teeth(rate_bit_s: float, rtt_s: float, queue_packets: int) -> tuple[int, int]:
    """Return the highest and the lowest window of Reno's teeth, in segments."""
    # BEGIN SOLUTION
    top = round(rate_bit_s * rtt_s / 8 / 1500) + queue_packets + 1
    return top, top // 2
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Where are the packets that are under way?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# On the way: what the link carries in one round trip (lesson 15). In the queue: as many as it holds. And one is lost.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# top = round(... / 8 / 1500) + queue_packets + 1
# return top, top // 2
# ```
#
# </details>

# %% tags=["check"]
check.teeth(teeth, lab)

# %% [markdown]
# Now the kernel's own Reno, over the same link in real time: two kernels, joined by a cable. TCP_INFO, an option of its
# sockets, tells `cwnd`:

# %%
with Lab() as other:
    flow = KernelFlow("kernel", "reno")
    real = lab.share([flow], other, bottleneck, seconds=3.5)
samples = pandas.DataFrame(real.samples)
kernel = samples.set_index("time_s").cwnd_bytes / 1448
highest = tops(kernel).median()
print("teeth in virtual time:", round(tops(cwnd).median()))
print("the kernel's within 3 of them:", abs(highest - tops(cwnd).median()) <= 3)
