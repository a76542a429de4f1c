# %% [markdown]
# # 16 Who decides how much is under way?
#
# Below are the first packets of a fast transfer. The sender has ten segments under way at the beginning, and more than
# seventy later. Some number tells it how many it may have under way. **Which field of which packet holds that number?**

# %%
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pandas

from tcpkit import Lab, Segment, mine
from tcpkit.check import lesson16 as check
from tcpkit.draw import plot
from tcpkit.lab.flows import KernelFlow, StackFlow
from tcpkit.stack.bottleneck import Flow, share
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import transfer

lab = Lab()
bottleneck = Link(rate_bit_s=12e6, delay_s=0.01, queue_packets=20)
outcome = transfer(bytes(1_000_000), bottleneck)
outcome.log.head(8)

# %% [markdown]
# This lesson takes 45 minutes. If you are tired, stop after section 2. [The card](card.html) has the header with all
# its fields.
#
# ## Two minutes from memory (2 min)
#
# From lesson 13. The newest ACK says: ack 5001, window 4000. You have sent all bytes up to and including number 8000.
# How many more bytes may you send?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 1000  # a number of bytes
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Which field? (7 min)
#
# The table shows the first packets only, and not their options. Which field of which packet tells the sender how many
# segments it may have under way?
#
# a) the window in the sender's segments<br>
# b) the window in the receiver's ACKs<br>
# c) an option<br>
# d) none

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b", "c" or "d"
# END SOLUTION

# %% [markdown]
# Here are the windows and the options in all packets of this transfer:

# %% tags=["reveal"]
log = outcome.log
windows = {
    sender: Counter(log.window[(log["from"] == sender) & ~log["flags"].str.contains("S")])
    for sender in ("10.0.0.1", "10.0.0.2")
}
of_acks = windows["10.0.0.2"]
print("the sender's segments:", dict(windows["10.0.0.1"]))
print("the receiver's ACKs: from", min(of_acks), "to", max(of_acks))
sent = [Segment.parse(packet[20:]) for _, packet in outcome.packets]
kinds = {type(option).__name__ for segment in sent for option in segment.options}
print("options:", *sorted(kinds))

# %% tags=["compare"]
check.guess_field(guess, windows)

# %% [markdown]
# (Window scaling, an option of the SYNs, multiplies these windows by 4. So the receiver always has room for 137,240
# bytes or more, and the most ever under way, 78 segments, is 112,944 bytes.) The number is in no packet. It is a
# variable in the sender's memory, the **congestion window**, `cwnd`. The sender keeps at most `cwnd` bytes under way,
# and never more than the receiver's window. This answers lesson 15's question: nobody told the sender to send so
# little. The sender decided it.
#
# Here are two senders. One always has a `cwnd` of ten segments, the other of two:


# %%
def always(segments):
    """Return a rule for `cwnd`: so many segments, whatever happens."""

    class Rule:
        ssthresh = 0

        def __init__(self, mss):
            self.cwnd = segments * mss

        def on_event(self, *details):
            pass

        on_ack = on_loss = on_timeout = on_idle = on_event

    return Rule


def first_data(segments):
    """Return the first three packets with data, each with the time at which it left."""
    sender = Settings(pieces=Pieces(congestion=always(segments)))
    packets = transfer(bytes(10_000), Link(delay_s=0.05), sender=sender).packets
    return [each for each in packets if Segment.parse(each[1][20:]).data][:3]


ten, two = first_data(10), first_data(2)
print("the first two are equal to the last byte:", ten[:2] == two[:2])
print(f"the third leaves at {ten[2][0]:.1f} s, and at {two[2][0]:.1f} s")

# %% [markdown]
# Nobody who sees only the first two packets can say which sender it is.
#
# ## 2. Slow start (9 min)
#
# How does a sender find a good `cwnd`? It knows nothing of the link. One megabyte goes over a link of 20 Mbit/s; the
# round trip is 100 ms. At the link's entrance is a queue, where packets wait; a packet that finds the queue full is
# lost. Three senders begin in three ways. **Creep** begins with ten segments, and adds one in each round trip. **Slow
# start** begins with ten, and doubles `cwnd` in each round trip. **At once** begins with 724, more than a megabyte
# needs.
#
# Which one ends first if the queue has room for a megabyte? And which one, if it has room for 60,000 bytes?
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


beginnings = {"creep": "creep", "slow start": "reno", "at once": "at once"}
seconds = {}
for queue_bytes in (1_000_000, 60_000):
    print(f"a queue of {queue_bytes:,} bytes")
    for name, beginning in beginnings.items():
        run = one_megabyte(beginning, queue_bytes)
        seconds[queue_bytes, name] = run.finished_s["it"]
        print(f"  {name:10} {run.finished_s['it']:.2f} s, {len(run.drops)} packets lost")

# %% tags=["compare"]
check.guess_beginning(large_queue, small_queue, seconds)

# %% [markdown]
# Slow start is slow only at its beginning: in one round trip after another it sends 10, 20, 40, 80, 160 segments.
# Sending all at once is right if the queue has room, but no packet says how large the queue is.
#
# **Stop here if you are tired.**
#
# ## 3. Two rules (12 min)
#
# **Reno** (named after the release of BSD that brought it, 1990) has two rules, and a second variable: `ssthresh`, the
# size of `cwnd` at which slow start ends. At first it is infinite.
#
# - An ACK for `acked` bytes comes (`acked` is two MSS at most: RFC 3465). While `cwnd` is below `ssthresh`, `cwnd`
#   grows by `acked`, and so doubles in each round trip. From `ssthresh` on, it grows by one MSS in each *round trip*.
#   In one round trip `cwnd` bytes are acknowledged, so the part of this ACK is `mss * acked // cwnd`.
# - Three duplicate ACKs say that a packet is lost. Then `cwnd` and `ssthresh` become half of what was under way, but at
#   least two MSS.
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
# Half of that, but two segments at least (RFC 5681, 3.1).
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
# Now three seconds of Reno over 12 Mbit/s and 20 ms, with a queue for 20 packets. The link itself holds 20 packets
# (lesson 15). `cwnd` grows, falls at a loss, and grows again. From how many segments does it fall, after the first half
# second?
#
# a) 20 &emsp; b) 41 &emsp; c) 74

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def reno(queue_packets, congestion="reno"):
    """Return three seconds of one sender."""
    path = {"rate_bit_s": 12e6, "rtt_s": 0.02, "queue_bytes": 1500 * queue_packets}
    return share([Flow("reno", congestion)], seconds=3, **path)


def segments(run):
    """Return cwnd in segments, by the time."""
    return pandas.DataFrame(run.samples).set_index("time_s").cwnd_bytes / 1448


def tops(run):
    """Return how high cwnd was each time before it fell, after half a second."""
    found, top = [], 0
    for now in segments(run).loc[0.5:]:
        if now < 0.6 * top:
            found.append(top)
            top = 0
        top = max(top, now)
    return found


virtual = reno(20)
print("cwnd falls from:", *(f"{top:.0f}" for top in tops(virtual)))

# %% tags=["compare"]
check.guess_teeth(guess, tops(virtual))


# %%
def curves(**runs):
    """Draw cwnd in segments above, and the first run's queue in packets below."""
    first = next(iter(runs.values()))
    end = first.seconds

    def paint(axes):
        axes.set_axis_off()
        upper, lower = axes.figure.subplots(2, sharex=True, height_ratios=(3, 2))
        ends = {name: segments(run).iloc[-1] for name, run in runs.items()}
        for at, name in enumerate(runs):
            upper.plot(segments(runs[name]))
            align = "top" if ends[name] == min(ends.values()) else "bottom"
            upper.text(end, ends[name], f" {name}", color=f"C{at}", va=align)
        upper.set(ylabel="cwnd", yticks=(0, 21, 41, 74), xlim=(0, 1.3 * end), xticks=range(4))
        samples = pandas.DataFrame(first.samples)
        lower.plot(samples.time_s, samples.queue_bytes / 1500)
        lost = [drop.time_s for drop in first.drops]
        lower.plot(lost, [25] * len(lost), "|", color="C3")
        lower.text(end, 25, " lost", color="C3", va="center")
        lower.set(xlabel="seconds", ylabel="queue", yticks=(0, 20), ylim=(0, 30))

    text = "cwnd falls, after half a second, from"
    for name, run in runs.items():
        text += f" {' '.join(f'{top:.0f}' for top in tops(run))} ({name})"
    alt = f"Two curves by time. Above, {text}. Below, the queue: full at each fall."
    return plot(paint, alt, text)


curves(virtual=virtual)

# %% [markdown]
# The link holds 20, the queue holds 20, and one more is lost: 41. These climbs and falls are Reno's **teeth**. The
# first one is 74 high, because slow start doubles past 41, and the sender hears of the loss a round trip later.
#
# ## 4. Your TCP (1 min)
#
# `mine.keep` keeps your two rules in `tcp.py`, once both checks say PASS. tcpkit's Reno then calls them in place of its
# own.

# %% tags=["mine"]
tcp = mine.keep(after_ack=after_ack, after_loss=after_loss)
tcp

# %% tags=["mine"]
mine.carry(lab)

# %% [markdown]
# ## 5. The kernel's Reno (9 min)
#
# How high are the teeth on any link, and how low do they reach? `rtt_s` is the round trip while the queue is empty, and
# each packet has 1,500 bytes.


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
# On the link: what it carries in one round trip (lesson 15). In the queue: as many as it holds. One more is lost.
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
check.teeth(teeth)

# %% [markdown]
# Now your two rules and the kernel's own Reno send at the same time, in real time, each over a link like the one above.
# The kernel's `cwnd` is in no packet either: `lab.share` reads it from the socket (TCP_INFO, `man 7 tcp`).

# %%
control = mine.pieces().congestion
if control is Pieces().congestion:
    print("Your rules are not kept yet: tcpkit's Reno runs in their place.")


def alone(flow, one):
    """Return two seconds of one sender, from one lab to a new one."""
    with Lab() as other:
        return one.share(other, [flow], bottleneck, seconds=2)


flows = KernelFlow("kernel"), StackFlow("yours", control)
with Lab() as another, ThreadPoolExecutor() as at_once:
    kernel, yours = at_once.map(alone, flows, (lab, another))
expected = median(tops(reno(20, control)))
seen = median(tops(kernel))
print("teeth in virtual time:", round(expected))
is_near = 2 / 3 < seen / expected < 4 / 3
print("the kernel's teeth within a third of that:", is_near)
if not is_near:
    print("This machine may be busy and carry the packets late. Run the cell again.")

# %% tags=["nbval-ignore-output"]
curves(yours=yours, kernel=kernel)

# %% [markdown]
# The two climb and fall about alike, because they follow the same two rules. (On a busy machine, Python carries the
# packets late, and some teeth are lower. A peak far above 41 is a slow start after a timeout.)
#
# ## 6. Change the queue (4 min)
#
# The same link gets a queue for 5, for 20 and for 40 packets. With one of them the link is idle for a while after each
# loss. Which one?
#
# a) 5 &emsp; b) 20 &emsp; c) 40

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
speeds = {}
for queue_packets, run in {5: reno(5), 20: virtual, 40: reno(40)}.items():
    speeds[queue_packets] = run.goodput(1, 3)["reno"]
    low, top = segments(run).loc[0.5:].min(), median(tops(run))
    speed = f"{speeds[queue_packets] / 1e6:5.2f} Mbit/s"
    print(f"queue of {queue_packets:2}: cwnd from {low:4.1f} to {top:4.1f} segments, {speed}")

# %% tags=["compare"]
check.guess_idle(guess, speeds)

# %% [markdown]
# With a queue of 5, `cwnd` falls below 20 segments, and the link holds 20: until `cwnd` is 20 again, the link is idle
# part of the time. With 20 and with 40 `cwnd` never falls so low. So a queue of one bandwidth-delay product is just
# enough, and a longer one brings hardly more speed.
#
# ## 7. Recap (1 min)
#
# - `cwnd` says how much may be under way. It is in no packet: each sender keeps its own.
# - Slow start doubles it in each round trip. From `ssthresh` on, it grows by one MSS in each round trip.
# - At a loss it falls to half of what was under way.
# - Its teeth are as high as what the link and the queue hold, and one more.
#
# Your Reno fills a link when it is alone. What happens when another sender shares that link?
#
# Next: [17 Whose network is it?](17_fairness.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Is Reno still in use?* Every Linux kernel has it. The default nearly everywhere is CUBIC, which climbs along
#   another curve. On links as short as these it grows about as Reno does (RFC 9438, 4.3), but falls less at a loss.
# - *Can I see `cwnd` of my own connections?* `ss -ti` shows it for each connection, as `cwnd:10`.
# - *Why ten segments at the beginning?* RFC 6928 chose the number: it carries most small answers in one round trip.
# - *What happens after a timeout?* Then nothing comes back any more, so `cwnd` becomes one segment, and slow start
#   begins again.
# - *My sender had a timeout, and the kernel had none. Why?* A segment that was sent again can be lost, too. Linux
#   notices this by time (RACK, RFC 8985). tcpkit waits for the timeout.
# - *Is `cwnd` kept while a connection is idle?* No. After a pause as long as a timeout it is at most ten segments again
#   (`on_idle` in `tcpkit.stack.congestion`).
# - *Could the network speak up before it drops a packet?* Yes, by ECN: a router marks the packet, and the receiver
#   reports the mark.
#
# </details>
