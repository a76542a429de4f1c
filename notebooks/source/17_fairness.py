# %% [markdown]
# # 17 Whose network is it?
#
# **Your download runs, and your video call stutters: a ping took 40 ms, and takes 75 ms now. A friend says: buy a
# router with a larger buffer. With ten times the buffer,**
#
# a) the download is much faster, and the call is better<br>
# b) the download is hardly faster, and the call is much worse<br>
# c) nothing changes

# %%
from concurrent.futures import ThreadPoolExecutor
from math import inf

from tcpkit import Lab
from tcpkit.check import contest
from tcpkit.check import lesson17 as check
from tcpkit.lab.flows import KernelFlow, StackFlow
from tcpkit.stack.bottleneck import Flow, share
from tcpkit.stack.congestion import Reno
from tcpkit.stack.link import Link

lab = Lab()

# %% [markdown]
# This lesson takes 55 minutes, and more if you like contests. If you are tired, stop after section 3.
# [The card](card.html) has the header and the flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 15. By its formula, 1 % lost and a round trip of 20 ms give 7.1 Mbit/s. What does the formula give for
# 4 % and 40 ms?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 1.8  # Mbit/s
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. One download and a ping (7 min)
#
# A line of 5 Mbit/s, 40 ms there and back, in virtual time. One download (Reno) runs for 10 s. Ten times a second a
# **ping** goes with it: a small packet that the other end sends back at once. The buffer before the line (lesson 16
# called it the queue) holds 6,000, 25,000 or 250,000 bytes; 25,000 bytes are the line's bandwidth-delay product (lesson
# 15). Which letter of the first question do you choose?

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def line(flows, queue_bytes=25_000, ping_every_s=0.1):
    """Return the run of these flows over 5 Mbit/s and 40 ms."""
    road = {"rate_bit_s": 5e6, "rtt_s": 0.04, "queue_bytes": queue_bytes, "seconds": 10}
    return share(flows, **road, ping_every_s=ping_every_s)


buffers = {}
for queue_bytes in (6_000, 25_000, 250_000):
    run = line([Flow("download")], queue_bytes)
    speed, ping_ms = run.goodput(4, 10)["download"] / 1e6, 1000 * run.ping_s(0.95, 4)
    buffers[queue_bytes] = speed, ping_ms
    print(f"{queue_bytes:7,} bytes: {speed:.2f} Mbit/s, ping {ping_ms:.0f} ms")

# %% tags=["compare"]
check.guess_buffer(guess, buffers)

# %% [markdown]
# ("Ping" is the time that 95 of 100 pings do not exceed. The first four seconds do not count.)
#
# With 25,000 bytes the line is busy nearly all the time, and no queue can make it faster than that. Reno sends more and
# more until a packet is lost. So it fills any buffer, and everything that goes through it comes late, your call too.
# The delay in buffers that are too large is called **bufferbloat**.
#
# ## 2. Is that fair? (8 min)
#
# Several downloads share the line. **Jain's index** says in one number how equal their rates are: the square of the sum
# of the rates, divided by (the number of rates, times the sum of their squares). Equal rates give 1. If one of two gets
# all, it is 1/2.


# %% tags=["exercise"]
# Exercise 17.1
def jain(rates: list[float]) -> float:
    """Return Jain's index of these rates."""
    # BEGIN SOLUTION
    return sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What must two equal rates give, and what must 1 and 0 give?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Divide the square of the sum by the number of rates times the sum of their squares.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return sum(rates) ** 2 / (len(rates) * ...)`
#
# </details>

# %% tags=["check"]
check.jain(jain)

# %% [markdown]
# Two downloads, both with Reno; the second begins half a second later:


# %%
def rates_of(run):
    """Return what the flows of a run get, in Mbit/s."""
    return {name: round(rate / 1e6, 2) for name, rate in run.goodput(4, 10).items()}


two = rates_of(line([Flow("you"), Flow("neighbour", starts_s=0.5)], ping_every_s=None))
print(two, f"Jain's index: {contest.jain([*two.values()]):.2f}")

# %% [markdown]
# So TCP shares equally? Three neighbours follow.
#
# ## 3. Three neighbours (8 min)
#
# The same line, with 25,000 bytes of buffer. You have one connection with Reno.
#
# 1. Your neighbour opens **four connections**. Your share of the line is<br>a) half &emsp; b) a fifth
# 2. Your neighbour has one connection, but **a longer way**: 160 ms, yours has 40. You get<br>a) as much &emsp;
#    b) twice as much &emsp; c) five times as much or more
# 3. Your neighbour has one connection with **CUBIC**, the rule that most machines use today. The neighbour
#    gets<br>a) as much as you &emsp; b) one and a half times as much &emsp; c) all

# %% tags=["guess"]
# BEGIN SOLUTION
four = "a"  # "a" or "b"
longer = "a"  # "a", "b" or "c"
cubic = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
neighbours = {
    "four connections": [Flow(f"neighbour {n}", starts_s=n / 10) for n in range(1, 5)],
    "longer way": [Flow("neighbour", rtt_s=0.16, starts_s=0.5)],
    "CUBIC": [Flow("neighbour", "cubic")],
}
by_case = {}
for case, flows in neighbours.items():
    rates = by_case[case] = rates_of(line([Flow("you"), *flows], ping_every_s=None))
    print(f"{case:16}: you {rates['you']:.2f} of {sum(rates.values()):.2f} Mbit/s")

# %% tags=["compare"]
check.guess_neighbours(four, longer, cubic, by_case)

# %% [markdown]
# These are single runs. With other starting times the figures move by a quarter or more; the order stays.
#
# **Stop here if you are tired.**
#
# ## 4. Fair to whom? (3 min)
#
# Jain's index says how unequal the rates are. It does not say who was harmed. The neighbour with the longer way gets a
# tenth: did you harm it? Write one sentence: when do you call a share of a line fair?

# %% tags=["words"]
# BEGIN SOLUTION
mine = """Nobody gets less because of me than beside somebody who
does as everybody did before."""
# END SOLUTION

# %% [markdown]
# <details>
# <summary>Three answers that people have given</summary>
#
# - All get the same (Jain's index is 1). But what is counted: connections, machines or people?
# - Who wants little gets all of it, and the others share the rest equally (max-min).
# - You harm others no more than another Reno would (Ware and others, 2019). This asks what a newcomer does to those who
#   were there before.
#
# None of them is the right one.
#
# </details>
#
# ## 5. For real, and BBR (8 min)
#
# A kernel has several congestion controls. **BBR** (Google, 2016) does not wait for a loss. It measures the highest
# rate at which its data arrives, and the shortest round trip; then it sends at that rate. It keeps at most about two
# bandwidth-delay products under way.

# %% tags=["nbval-ignore-output"]
controls = lab.congestion_controls()
print("this kernel has", *controls)
if "bbr" not in controls:
    print("It has no BBR: the figures of this section were recorded on another machine.")

# %% [markdown]
# Two kernels are joined by a cable of 20 Mbit/s, with 20 ms there and back. The first sends to the second over two
# connections, with Reno and with BBR. Both begin together and run for 2.5 s. Which gets more, if the queue holds 33
# packets (one bandwidth-delay product), and which, if it holds 330?
#
# a) Reno &emsp; b) BBR

# %% tags=["guess"]
# BEGIN SOLUTION
small_queue = "b"  # "a" or "b"
large_queue = "b"  # "a" or "b"
# END SOLUTION


# %% tags=["reveal"]
def beside_bbr(queue_packets):
    """Return what the kernel's Reno and BBR get beside each other, in Mbit/s."""
    flows = [KernelFlow("Reno", "reno"), KernelFlow("BBR", "bbr")]
    path = Link(rate_bit_s=20e6, delay_s=0.01, queue_packets=queue_packets)
    with Lab() as one, Lab() as other:
        run = one.share(other, flows, path, seconds=2.5)
    return {name: rate / 1e6 for name, rate in run.goodput(0.5, 2.5).items()}


if "bbr" in lab.congestion_controls():
    with ThreadPoolExecutor() as at_once:
        by_queue = dict(zip((33, 330), at_once.map(beside_bbr, (33, 330)), strict=True))
else:  # recorded
    by_queue = check.BBR_RECORDED
for queue_packets, rates in by_queue.items():
    print(f"{queue_packets} packets: {max(rates, key=rates.get)}")

# %% tags=["compare"]
check.guess_bbr(small_queue, large_queue, by_queue)

# %% tags=["nbval-ignore-output"]
for queue_packets, rates in by_queue.items():
    both = ", ".join(f"{name} {rate:.1f} Mbit/s" for name, rate in rates.items())
    print(f"{queue_packets} packets: {both}")

# %% [markdown]
# The buffer decides who gives way. In the small queue Reno loses packets again and again, and halves its window each
# time; BBR does not slow down because of a loss. In the large queue Reno sends on until the queue is full. BBR keeps
# to its two bandwidth-delay products, and they are a small part of that queue. (On a busy machine packets come late, and
# the result may be another one: then run the experiment again.)
#
# <details>
# <summary>BBR without a neighbour, and an operator who took it back</summary>
#
# Over 40 Mbit/s and 20 ms with 1 % lost, BBR got 36.9 to 38.2 Mbit/s in twenty runs, and Reno 5.6 to 6.2. So lesson
# 15's formula holds for senders that halve at a loss, and not for all senders.
#
# The operators of OpenStreetMap put BBR on their servers, and went back to CUBIC, because BBR can be unfair to others
# (github.com/openstreetmap/operations, issue 359).
#
# </details>
#
# ## 6. Yours (18 min)
#
# Here are Reno and CUBIC on four links, in virtual time. The picture says how long a ping takes, compared with the
# empty way's round trip (1 is best), and how much of the link is used.

# %%
check.pings()

# %% [markdown]
# Reno and CUBIC learn from a loss that the queue is full. The round trip tells it earlier: it grows while packets wait.
# Of the `cwnd` bytes under way, a part is on the link and a part waits in the queue. How many bytes wait? `least_rtt_s`
# is the shortest round trip so far, taken while the queue was empty.


# %% tags=["exercise"]
# Exercise 17.2
def waiting(cwnd: int, rtt_s: float, least_rtt_s: float) -> float:
    """Return how many of the bytes under way wait in the queue, never below 0."""
    # BEGIN SOLUTION
    return max(0, cwnd * (1 - least_rtt_s / rtt_s))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which part of the round trip is spent in the queue?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The same part of your bytes is in the queue.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return max(0, cwnd * (1 - ...))`
#
# </details>

# %% tags=["check"]
check.waiting(waiting)

# %% [markdown]
# Now the contest. Write a congestion control that is better than Reno, for you **and** for those beside you. The stack
# calls `on_ack` for ACKs that come while `cwnd` holds the sender back, `on_loss(flight, now)` after three duplicate
# ACKs, and `on_timeout(flight, now)`. It reads `self.cwnd`, in bytes. `self.mss` and `self.ssthresh` are there, too,
# once `super().__init__(mss)` is called. `rtt_s` is the smoothed round trip, `now` the only clock. What you do not
# define is Reno's (lesson 16).
#
# The score:
#
# - There are seven scenarios in virtual time, and each gives 0.01 to 1. The points are 100 times their geometric
#   mean, so one bad scenario counts much. The first third of each run does not count.
# - Alone on a slow line, with a small buffer, with a large buffer, on a long way, and with 1 % lost: share of the
#   link used, times (round trip while the queue is empty / ping).
# - Six of you, starting half a second apart: the same, times Jain's index.
# - Beside Reno: Reno's rate and yours, each divided by half of the link, each at most 1, multiplied. So greed costs
#   points, and giving up does too.
# - The same seven (`contest.SCENARIOS`) run again at half the rates, and other packets are lost. You pass with 41
#   points in the first seven and 33 in the second. Reno gets 35.9 and 22.2.


# %% tags=["exercise"]
# Exercise 17.3
class Mine(Reno):
    """A congestion control of your own."""

    def __init__(self, mss):
        super().__init__(mss)
        self.least_rtt_s = inf

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
        """Change self.cwnd; `super().on_ack(acked, now, rtt_s)` does what Reno does."""
        # BEGIN SOLUTION
        self.least_rtt_s = min(self.least_rtt_s, rtt_s)
        if waiting(self.cwnd, rtt_s, self.least_rtt_s) <= 3 * self.mss:
            super().on_ack(acked, now, rtt_s)
        else:
            self.ssthresh = min(self.ssthresh, self.cwnd)
            self.cwnd -= self.mss * acked // self.cwnd
        # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Write `super().on_ack(acked, now, rtt_s)` and nothing else, and run the check. Which scenario costs most? Which of
# the numbers that you are given grows while packets wait?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Grow only while fewer than about three of your segments wait in the queue (17.2). If more wait, end slow start, and
# give one MSS back in each round trip.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# self.least_rtt_s = min(self.least_rtt_s, rtt_s)
# if ...:
#     super().on_ack(acked, now, rtt_s)
# else:
#     self.ssthresh = min(self.ssthresh, self.cwnd)
#     self.cwnd -= self.mss * acked // self.cwnd
# ```
#
# </details>

# %% tags=["check"]
check.Mine(Mine)

# %% [markdown]
# In your own folder each try is kept in `leaderboard.csv`, and nothing is sent anywhere. Here is that table (points,
# points at half the rates, name, date), and the picture with your control in it:

# %% tags=["playground"]
for row in check.leaderboard():
    print(f"{row.points:5.1f} {row.half_rates:>5} {row.name:8} {row.date}".rstrip())
check.pings(Mine)


# %% [markdown]
# Once you have passed, your control meets the kernel's Reno over a real cable: 20 Mbit/s, 20 ms, a queue of 33 packets.


# %% tags=["playground", "nbval-ignore-output"]
def beside_the_kernel(control):
    """Return what a control of ours gets beside the kernel's Reno, in bit/s."""
    flows = [StackFlow("yours", control), KernelFlow("kernel's Reno", "reno")]
    path = Link(rate_bit_s=20e6, delay_s=0.01, queue_packets=33)
    with Lab() as one, Lab() as other:
        return one.share(other, flows, path, seconds=3).goodput(1, 3)


check.confront(Mine, beside_the_kernel)

# %% [markdown]
# The solution of 17.3 got 2.5 to 3.8 Mbit/s in eight runs, and the kernel's Reno 14.0 to 16.7. A control that keeps the
# queue short gets little beside one that fills it. That is one reason why few machines use such a control. The best
# known is Vegas, of 1994.
#
# ## 7. Recap (1 min)
#
# - A buffer that is larger than one bandwidth-delay product brings little speed and much delay.
# - TCP shares by connection and by round trip, not by person. Jain's index says how unequal the shares are, not who
#   was harmed.
# - A congestion control is judged with its neighbours. What is good alone may get little beside Reno.
#
# This is the end of Part IV. The last part goes back to your own machine.
#
# Next: [18 Who is talking?](18_who_is_talking.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *What does my router do?* A good one gives each flow a short queue of its own (fq_codel, CAKE). Then nobody can
#   fill the queue of somebody else.
# - *Which control does my machine use?* `cat /proc/sys/net/ipv4/tcp_congestion_control` says it.
# - *May I use BBR?* Yes. Versions 2 and 3 give way to losses and marks more than the first.
# - *Why does nobody ask the network?* ECN does: a router marks a packet where it would have dropped one. L4S is built
#   on that.
# - *Does this matter on localhost?* No: there is no slow link and no queue to speak of.
# - *Why did pings get through a queue that was full?* It was full for a packet of 1,500 bytes. A ping has 84, and a
#   queue that counts bytes often has room for that.
# - *What if my control noticed a neighbour?* If the queue never becomes empty, somebody else fills it. A control
#   could be Reno then, and Vegas otherwise. Try it.
#
# </details>
