# %% [markdown]
# # 12 Who tells you?
#
# **You send twenty segments to the kernel. The network loses one of them. Which loss costs more time: the loss of the
# 5th, or of the 20th?**

# %%
import itertools
import random
import time

from tcpkit import Lab, mine
from tcpkit.check import lesson12 as check
from tcpkit.draw import plot
from tcpkit.stack.link import Link
from tcpkit.stack.recut import Drop, nth_with_data
from tcpkit.stack.rto import RTO as OfTcpkit
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.transfer import transfer

lab = Lab()
twenty = bytes(20 * 1460)  # 20 full segments: without options, 1,460 bytes fit each
bare = Settings(timestamps=False)  # no option in the segments that carry data

# %% [markdown]
# This lesson takes 50 minutes. If you are tired, stop after section 3. [The card](card.html) has the header and the
# flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 11. `next` is 5. The pieces 10 to 19 and 25 to 29 wait (the positions of their first and last bytes).
# Now the bytes 5 to 9 arrive. What is `next` after that?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 20  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. The 5th, or the 20th (9 min)
#
# Our stack sends the twenty segments, and a program on the kernel's side reads them. A packet takes 25 ms each way.
# `Drop` loses one packet: `nth_with_data(5)` chooses the fifth that carries data. Which loss costs more time?
#
# a) the 5th: the fifteen segments behind it are wasted &emsp; b) the 20th &emsp; c) both cost the same

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def without(nth, source_port):
    """Send the twenty segments, and lose one; return the packets and the time it took."""
    host = lab.host(f"10.0.{nth}.2", link=Drop(Link(delay_s=0.025), there=nth_with_data(nth)))
    reader = lab.sink(8000)
    running = host.run(Stack(host.address, bare))
    with host.capture() as packets:
        ours = running.dial(host.gateway, 8000, source_port)
        began = time.monotonic()
        running.send_all(ours, twenty)
        reader.wait()
        seconds = time.monotonic() - began
        running.read_all(ours)
    return packets, seconds


def place(number, packets):
    """Return the place of the segment that begins with this sequence number: 1 to 20."""
    return (number - packets[0].segment.seq - 1) // 1460 + 1


lost = {}
for nth in (5, 20):
    packets, lost[nth] = without(nth, 5000 + nth)
    sent = [place(packet.segment.seq, packets) for packet in packets if packet.segment.data]
    acks = [packet.segment.ack for packet in packets if packet.segment.source_port == 8000]
    most = max(set(acks), key=acks.count)
    print(f"the {nth}th is lost. Segments at the kernel's end:")
    print(" ", *sent)
    if nth == 5:
        repeated = place(most, packets)
        print("  the ack for segment", repeated, "was repeated:", acks.count(most) > 1)
    print("  it took more than a second:", lost[nth] > 1)

# %% tags=["compare"]
check.guess_lost(guess, lost)

# %% [markdown]
# The capture is made at the kernel's end of the cable, behind the loss. Of the lost segment it shows only the
# second copy: 5 comes after 10, and 20 comes a second late.
#
# Each segment behind the gap makes the kernel repeat its ack: "I still miss the 5th". An ack that says nothing new is a
# **duplicate ACK**. From three of them the sender concludes that the 5th is lost, and sends it again at once. Nothing
# comes behind the 20th, so nothing is repeated. There the sender has only its clock: it waits for the **retransmission
# timeout**, which is one second here.
#
# Did a program hear of the loss? No: every call of both programs returned as always. For TCP a loss is not an error.
# It is a reason to send again.
#
# ## 2. All twenty (7 min)
#
# Here is the same transfer in virtual time, once for each lost segment. The clock starts when the connection is open:

# %%
opening_s = 0.05  # the SYN, and the SYN-ACK
seconds = {}
for nth in range(1, 21):
    link = Drop(Link(delay_s=0.025), there=nth_with_data(nth))
    seconds[nth] = transfer(twenty, link, sender=bare).seconds - opening_s
text = " ".join(f"{nth}: {taken:.3f}" for nth, taken in seconds.items())


def bars(axes):
    axes.bar(list(seconds), list(seconds.values()))
    axes.set(xlabel="the segment that is lost", ylabel="seconds", xticks=(1, 5, 10, 15, 18))


plot(bars, f"Seconds by the segment that is lost. {text}", text)

# %% [markdown]
# (With no loss it takes 0.075 s.) With the 17th lost it takes 0.125 s, with the 18th lost more than a second. **Why is
# there so large a step between 17 and 18?** Write it in one sentence before you open the answer.

# %% tags=["words"]
reason = """..."""

# %% [markdown]
# <details>
# <summary>One way to say it</summary>
#
# Behind the 17th come three segments, so three duplicate ACKs come back. Behind the 18th come only two, and the sender
# waits for three. It does not act on the first duplicate, because a swapped packet makes duplicates too (lesson 11).
#
# </details>
#
# The rule (RFC 5681), for ACKs without data and with an unchanged window: the first ACK with a number is not a
# duplicate, because it says something new. Three more that are equal and come one after the other are the sign. Write
# the rule.


# %% tags=["exercise"]
# Exercise 12.1
def send_again(acks: list[int]) -> int | None:
    """Return the first number that these acks say to send again, or None."""
    # BEGIN SOLUTION
    duplicates = 0
    for before, ack in zip(acks, acks[1:]):
        duplicates = duplicates + 1 if ack == before else 0
        if duplicates == 3:
            return ack
    return None
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# `[1, 1461, 1461, 1461, 1461]`: which of these acks say something new, and which are duplicates?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Compare each ack with the one before it. If they are equal, count one more; if not, begin again at 0. At 3, return the
# ack: it names the first byte that is missing.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# duplicates = 0
# for before, ack in zip(acks, acks[1:]):
#     duplicates = ...
#     if duplicates == 3:
#         return ack
# return None
# ```
#
# </details>

# %% tags=["check"]
check.send_again(send_again)

# %% [markdown]
# ## 3. How long is a round trip? (10 min)
#
# How long should the timeout be? A little longer than a **round trip**: the time from a segment to its ACK. So
# measure one. This is what our end sees when it dials over the first of two networks:


# %%
def as_seen(log, delay_s):
    """Return what our end sends and receives; a packet arrives `delay_s` after it was sent."""
    lines = []
    for seconds, sender, flags, *_ in log.itertuples(index=False):
        if sender == "10.0.0.1":
            lines.append(f"{seconds:.1f} s  sent    {flags}")
        else:
            lines.append(f"{seconds + delay_s:.1f} s  arrived {flags}")
    return sorted(lines)


packets = itertools.count(1)
loses_one = Drop(Link(delay_s=0.1), there=lambda segment: next(packets) == 1)
slow = transfer(b"!", Link(delay_s=0.6)).log.head(3)
lossy = transfer(b"!", loses_one).log.head(3)
print(*as_seen(slow, 0.6), sep="\n")

# %% [markdown]
# How long is the round trip in this network?
#
# a) 1.2 s: from the first SYN on<br>
# b) 0.2 s: from the second SYN on<br>
# c) these lines do not say

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
print("the first:", as_seen(slow, 0.6), "the second:", as_seen(lossy, 0.1), sep="\n")
columns = ["seconds", "from", "flags"]  # when, and by whom, each packet was sent
print(slow[columns].to_string(index=False), lossy[columns].to_string(index=False), sep="\n\n")
left_at = [log.seconds[log["flags"] == "S."].item() for log in (slow, lossy)]

# %% tags=["compare"]
check.guess_round_trip(guess, left_at)

# %% [markdown]
# In the first network a packet takes 0.6 s. In the second one it takes 0.1 s, and the first SYN is lost. In the first
# network the answer left at 0.6 s, so it answers the first SYN, and the round trip is 1.2 s. In the second one it left
# at 1.1 s: it answers the second SYN, and the round trip is 0.2 s. An ACK does not say which copy it answers.
#
# So a time taken from data that was sent twice is worthless. **Karn's rule** (1987): measure no such time, and keep the
# timeout that grew with each copy until data that was sent once is acknowledged.
#
# Write the rule. The log has a line for each thing that happened, in order of time: `(time in seconds, "sent" or
# "acked", number)`. A number may be sent several times. The first "acked" of a number ends its round trip; a later
# "acked" says nothing new.


# %% tags=["exercise"]
# Exercise 12.2
def round_trips(log: list[tuple[float, str, int]]) -> list[float]:
    """Return the round trips that can be trusted, in seconds, in the order of their acks."""
    # BEGIN SOLUTION
    sent, copies, trips = {}, {}, []
    for now, what, number in log:
        if what == "sent":
            sent.setdefault(number, now)
            copies[number] = copies.get(number, 0) + 1
        elif number in sent:
            began = sent.pop(number)
            if copies[number] == 1:
                trips.append(now - began)
    return trips
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What must you remember of a number when it is sent, to judge it when it is acknowledged? Two things.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# For each number, keep the time when it was first sent, and how many copies were sent. At "acked", forget the time.
# If there was one copy, the difference is a round trip.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# sent, copies, trips = {}, {}, []
# for now, what, number in log:
#     if what == "sent":
#         sent.setdefault(number, now)
#         copies[number] = copies.get(number, 0) + 1
#     elif number in sent:
#         began = sent.pop(number)
#         if ...:
#             trips.append(now - began)
# return trips
# ```
#
# </details>

# %% tags=["check"]
check.round_trips(round_trips)

# %% [markdown]
# <details>
# <summary>Does TCP never learn which copy was answered?</summary>
#
# It does, with the option TCP timestamps (RFC 7323): each segment carries a time, and its ACK repeats it. The copies
# differ in that time. The lines above show only flags, so you could not see it.
#
# </details>
#
# **Stop here if you are tired.**
#
# ## 4. Five downloads (10 min)
#
# Why measure at all? The timeout could be a fixed number. Here is a link of 1 Mbit/s, 0.1 s there and back, with a
# queue for 1,000 packets. One timer always waits 0.3 s. The other one is tcpkit's, which measures. The data is
# 100,000 bytes, and twenty segments may be under way at once (lesson 16 is about that number).


# %%
class Fixed:
    """A timeout of 0.3 s, whatever happens."""

    def __init__(self, minimum_s, maximum_s):
        self.timeout_s = 0.3

    def measured(self, rtt_s):  # a round trip
        pass

    def back_off(self):  # the timeout has passed, and the segment is sent again
        pass


class Twenty:
    """Twenty segments under way, whatever happens."""

    ssthresh = 0

    def __init__(self, mss):
        self.cwnd = 20 * mss

    def on_event(self, *details):  # whatever happens
        pass

    on_ack = on_loss = on_timeout = on_idle = on_event


def downloads(rto, flows):
    """Return the outcome of so many downloads at once over the one link."""
    link = Link(rate_bit_s=1e6, delay_s=0.05, queue_packets=1000)
    pieces = Pieces(rto=rto, congestion=Twenty)
    return transfer(bytes(100_000), link, sender=Settings(pieces=pieces), flows=flows)


for rto in (Fixed, OfTcpkit):
    print(f"{rto.__name__:8} one download: {downloads(rto, 1).seconds:.1f} s")

# %% [markdown]
# Alone, both are equally fast, and each byte is sent once. Now five downloads share the link. That is 500,000 bytes:
# four seconds, if each byte is sent once. How long does it take with the fixed timeout?
#
# a) about 5 s &emsp; b) about 10 s &emsp; c) more than 30 s

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
print("timer     downloads  seconds  sent per new byte  new Mbit/s")
for rto, flows in itertools.product((Fixed, OfTcpkit), (1, 2, 5)):
    outcome = downloads(rto, flows)
    size = 100_000 * flows
    if (rto, flows) == (Fixed, 5):
        five = outcome
    print(
        f"{rto.__name__:8} {flows:10} {outcome.seconds:8.1f} {outcome.sent_bytes / size:18.2f}"
        f" {8 * size / outcome.seconds / 1e6:11.2f}"
    )

# %% tags=["compare"]
check.guess_downloads(guess, five)

# %% [markdown]
# A hundred segments in the queue wait for more than a second. After 0.3 s their sender decides that they are lost, and
# sends them again. The copies make the queue longer. Of every twenty bytes that are sent, not even one is new. In
# October 1986 this happened on the Internet: between two places in Berkeley the speed fell from 32,000 bit/s to 40.
#
# ## 5. Yours (10 min)
#
# Nearly every TCP uses a form of RFC 6298's timeout, which goes back to Jacobson (1988). This timeout needs two
# numbers. **SRTT** is the smoothed round trip: seven eighths of the old value and one eighth of the new time.
# **RTTVAR** says how much the times differ from SRTT: three quarters of the old value and one quarter of the new
# difference (without its sign). The timeout is SRTT + 4 RTTVAR. Here are forty times, of which one is long:

# %%
draw = random.Random(12)
times = [0.1 + 0.02 * draw.random() for _ in range(40)]
times[20] = 0.4
estimator = OfTcpkit(0.2, 60.0)
curves = {"time": times, "SRTT": [], "timeout": []}
for time_s in times:
    estimator.measured(time_s)
    curves["SRTT"].append(estimator.srtt_s)
    curves["timeout"].append(estimator.timeout_s)


def paint(axes):
    for name, values in curves.items():
        axes.plot(values)
        left, at = (15, 20) if name == "time" else (40, 39)
        axes.text(left, values[at], name, va="center")
    axes.set(xlabel="segment", ylabel="seconds", ylim=(0, 0.5), xlim=(0, 48))


before, after = curves["timeout"][19], curves["timeout"][20]
text = f"One time of 0.4 s lifts the timeout from {before:.2f} s to {after:.2f} s."
plot(paint, text, text)

# %% [markdown]
# The rules in full. `measured` gets a round trip. The first one sets SRTT to that time and RTTVAR to half of it.
# For each later one, **first** RTTVAR changes, with the old SRTT, **then** SRTT. The timeout is then SRTT + 4 RTTVAR,
# but at least `minimum_s` and at most `maximum_s`. `back_off` is called when the timeout has passed: it doubles
# `timeout_s`, up to `maximum_s`. The next round trip that is measured sets `timeout_s` anew. The stack reads
# `timeout_s`, and may set it too.


# %% tags=["exercise"]
# Exercise 12.3
class RTO:
    """The retransmission timeout: `timeout_s`, in seconds."""

    def __init__(self, minimum_s, maximum_s):
        self.minimum_s, self.maximum_s = minimum_s, maximum_s
        self.timeout_s = 1.0  # until the first time is measured
        self.srtt_s = None
        self.rttvar_s = None

    def measured(self, rtt_s: float) -> None:
        """Take in the round trip of a segment that was sent once."""
        # BEGIN SOLUTION
        if self.srtt_s is None:
            self.srtt_s, self.rttvar_s = rtt_s, rtt_s / 2
        else:
            self.rttvar_s = 3 / 4 * self.rttvar_s + 1 / 4 * abs(self.srtt_s - rtt_s)
            self.srtt_s = 7 / 8 * self.srtt_s + 1 / 8 * rtt_s
        wanted = self.srtt_s + 4 * self.rttvar_s
        self.timeout_s = min(max(self.minimum_s, wanted), self.maximum_s)
        # END SOLUTION

    def back_off(self) -> None:
        """Wait twice as long the next time."""
        # BEGIN SOLUTION
        self.timeout_s = min(2 * self.timeout_s, self.maximum_s)
        # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# On paper: times of 0.1, 0.9 and 0.1 s. What are SRTT, RTTVAR and the timeout after each?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# After 0.1: SRTT 0.1, RTTVAR 0.05, timeout 0.3. After 0.9: RTTVAR 3/4 of 0.05 and 1/4 of 0.8, which is 0.2375; SRTT
# 0.2; timeout 1.15. After 0.1: RTTVAR 0.203125; SRTT 0.1875; timeout 1.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# def measured(self, rtt_s):
#     if self.srtt_s is None:
#         self.srtt_s, self.rttvar_s = rtt_s, rtt_s / 2
#     else:
#         self.rttvar_s = ...
#         self.srtt_s = 7 / 8 * self.srtt_s + 1 / 8 * rtt_s
#     wanted = self.srtt_s + 4 * self.rttvar_s
#     self.timeout_s = min(max(self.minimum_s, wanted), self.maximum_s)
#
# def back_off(self):
#     self.timeout_s = min(2 * self.timeout_s, self.maximum_s)
# ```
#
# </details>

# %% tags=["check"]
check.RTO(RTO, lab)

# %% [markdown]
# ## 6. Your TCP (1 min)
#
# `mine.keep` keeps your timeout in `tcp.py`, once its check says PASS.

# %% tags=["mine"]
tcp = mine.keep(rto=RTO)
tcp

# %% tags=["mine"]
mine.carry(lab)

# %% [markdown]
# ## 7. Recap (1 min)
#
# - Nobody reports a loss. The sender concludes it: from three duplicate ACKs, or from a timeout.
# - Duplicate ACKs need segments behind the lost one. The last three have too few, and wait for the timeout.
# - A time taken from data that was sent twice is worthless.
# - A timeout shorter than the round trips fills the link with copies.
#
# Next: [13 Who may wait for whom?](13_slow_reader.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why does Linux wait 0.2 s at least, and the RFC 1 s?* A short wait repairs a short path sooner. The RFC's number
#   is careful: a wait that is too short fills the network with copies, as in section 4.
# - *Could the network say that it is full?* Yes: routers may set a mark in the IP header (ECN), and the receiver
#   reports it.
# - *What is SACK?* An option with which the receiver names the ranges that it has behind the gap: `ranges()` of
#   lesson 11.
# - *Do real kernels wait so long for the 20th?* Linux sends the last segment again after about two round trips, to
#   get an answer from the other end (a tail loss probe, RFC 8985).
# - *Does UDP report a loss?* No. A program that needs to know builds its own ACKs.
# - *Who reports it in the end?* Your program gets `TimeoutError`, after minutes without any answer.
#
# </details>
