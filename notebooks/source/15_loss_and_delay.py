# %% [markdown]
# # 15 What does a fast link buy?
#
# **You rent a link of 1 Gbit/s to a machine far away. The round trip takes 100 ms, and one packet in a hundred is
# lost. You copy a file. How many Mbit/s does the copy get?**
#
# a) about 990 &emsp; b) about 500 &emsp; c) about 100 &emsp; d) less than 2

# %%
import csv
import math
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tcpkit import Lab
from tcpkit.check import lesson15 as check
from tcpkit.draw import heat_map
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.transfer import throughput

lab = Lab()

# %% [markdown]
# Choose a letter before you go on. This lesson takes 40 minutes. [The card](card.html) has the header: the
# field *window* is in its fourth row.
#
# Almost everything here runs in **virtual time**: one of tcpkit's TCPs sends to another, and the link between them is
# computed. `throughput(link)` sends 3,000 full packets and returns how fast the last 2,100 of them arrive, in bit/s.
# Half a minute of virtual time takes less than a second to compute. With the same `seed`, the same packets are lost.
# Section 5 compares virtual time with the kernel.
#
# ## Two minutes from memory (2 min)
#
# From lesson 12. SRTT is 120 ms and RTTVAR is 20 ms. After how many milliseconds is data sent again, if no minimum
# applies?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 200  # milliseconds
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Pay for more (6 min)
#
# Write down the letter that you have chosen. Then send over the path at the top of this lesson, with links of 10, 100
# and 1,000 Mbit/s.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal"]
rented = {}
for rate_bit_s in (10e6, 100e6, 1e9):
    path = Link(rate_bit_s=rate_bit_s, delay_s=0.05, loss=0.01, seed=0)
    rented[rate_bit_s] = throughput(path)
    print(f"a link of {rate_bit_s / 1e6:,.0f} Mbit/s carries {rented[rate_bit_s] / 1e6:.2f}")

# %% tags=["compare"]
check.guess_rented(guess, rented)

# %% [markdown]
# A link of a hundred times the rate gives nearly the same speed. So the rate is not what limits this copy. Two numbers
# of this path are left: the loss and the round trip.
#
# ## 2. Change one number (8 min)
#
# The loss is 1 %, and the round trip grows from 20 to 40 ms. Then the speed is
#
# a) the same &emsp; b) half &emsp; c) a quarter
#
# The round trip is 40 ms, and the loss grows from 1 % to 4 %. Then the speed is
#
# a) a quarter &emsp; b) about half &emsp; c) 3 % less

# %% tags=["guess"]
# BEGIN SOLUTION
longer_way = "a"  # "a", "b" or "c"
more_loss = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def megabits(rtt_s, loss, window=1 << 20, rate_bit_s=1e9, packets=3000):
    """Return the throughput of one connection, in Mbit/s."""
    path = Link(rate_bit_s=rate_bit_s, delay_s=rtt_s / 2, loss=loss, seed=0)
    return throughput(path, window=window, packets=packets) / 1e6


by_way = {rtt_s: megabits(rtt_s, 0.01) for rtt_s in (0.02, 0.04, 0.08)}
by_loss = {0.01: by_way[0.04], 0.04: megabits(0.04, 0.04)}
for rtt_s, speed in by_way.items():
    print(f"1 % lost, {1000 * rtt_s:.0f} ms: {speed:.2f} Mbit/s")
for loss, speed in by_loss.items():
    print(f"{100 * loss:.0f} % lost, 40 ms: {speed:.2f} Mbit/s")

# %% tags=["compare"]
check.guess_knobs(longer_way, more_loss, by_way, by_loss)

# %% [markdown]
# A segment is under way for one round trip, until its ACK is back. If a sender keeps ten segments under way, it sends
# ten segments in each round trip. So twice the round trip means half the speed. Four times the loss means about half
# the speed, too: the speed falls with the square root of the loss.
#
# <details>
# <summary>Why a square root?</summary>
#
# While nothing is lost, the sender puts one more segment under way in each round trip. After a loss it halves the
# number of segments under way. So between two losses this number grows from W/2 to W, which takes W/2 round trips. On
# average 3/4 W segments are sent in each of them, together 3/8 W² segments, and one of these is lost. So the share that
# is lost is p = 8 / (3 W²), and W = √(8 / (3 p)). The average, 3/4 W, is √(3 / (2 p)) segments in each round trip.
# (Mathis and others, 1997.)
#
# </details>
#
# The speed is (MSS / round trip) · √(3 / (2 p)), where p is the share of packets that is lost. Write a function that
# returns this speed, in bits per second.


# %% tags=["exercise"]
# Exercise 15.1
def loss_limit(mss: int, rtt_s: float, loss: float) -> float:
    """Return the speed that loss allows, in bit/s; mss in bytes, loss as a share."""
    # BEGIN SOLUTION
    return 8 * mss / rtt_s * math.sqrt(3 / (2 * loss))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What happened to the speed when the loss grew from 1 % to 4 %?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The bits of one MSS, divided by the round trip, times the square root of 3 / (2 p).
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return 8 * mss / rtt_s * math.sqrt(...)`
#
# </details>

# %% tags=["check"]
check.loss_limit(loss_limit)

# %% [markdown]
# ## 3. No loss at all (6 min)
#
# Nothing is lost now. The link has 1 Gbit/s, the round trip is 40 ms, and the receiver has a buffer of 65,536 bytes
# (lesson 13). The speed is about
#
# a) 1,000 Mbit/s &emsp; b) 500 Mbit/s &emsp; c) 13 Mbit/s

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
by_window = {}
for window, rtt_s in ((65_536, 0.04), (65_536, 0.08), (131_072, 0.08)):
    by_window[window, rtt_s] = megabits(rtt_s, 0, window, packets=1000)
    print(f"{window:7,} bytes, {1000 * rtt_s:.0f} ms: {by_window[window, rtt_s]:.1f} Mbit/s")

# %% tags=["compare"]
check.guess_window(guess, by_window)

# %% [markdown]
# At most one window of data is sent in each round trip. For the rest of the round trip the link is idle, and the sender
# waits for ACKs.
#
# How many bytes must be under way so that a link is never idle? This number is called the **bandwidth-delay product**.


# %% tags=["exercise"]
# Exercise 15.2
def window_needed(rate_bit_s: float, rtt_s: float) -> int:
    """Return how many bytes under way fill the link."""
    # BEGIN SOLUTION
    return round(rate_bit_s * rtt_s / 8)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# How long is a byte under way until its ACK is back?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The answer is what the link carries in one round trip, in bytes.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return round(rate_bit_s * ... / 8)`
#
# </details>

# %% tags=["check"]
check.window_needed(window_needed)

# %% [markdown]
# ## 4. Three limits (6 min)
#
# A transfer has three limits: the rate of the link, the window, and the loss. The smallest one decides. In a packet of
# 1,500 bytes, 1,448 are data, so the first limit is rate · 1448 / 1500.
#
# Write one function for all three. `window` is in bytes, `loss` is a share. If nothing is lost, there is no third
# limit.


# %% tags=["exercise"]
# Exercise 15.3
def predict(rate_bit_s: float, rtt_s: float, loss: float, window: int) -> float:
    """Return the speed to expect, in bit/s, with an MSS of 1448."""
    # BEGIN SOLUTION
    limits = [rate_bit_s * 1448 / 1500, 8 * window / rtt_s]
    if loss:
        limits.append(8 * 1448 / rtt_s * math.sqrt(3 / (2 * loss)))
    return min(limits)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which limit decides in each of these: 1 Gbit/s, 100 ms, 1 % lost; 1 Mbit/s, 10 ms, nothing lost; 1 Gbit/s, 40 ms,
# nothing lost, a window of 65,536 bytes?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Put the limits into a list: two are always there, the third only if something is lost. Return the smallest.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# limits = [rate_bit_s * 1448 / 1500, ...]
# if loss:
#     limits.append(8 * 1448 / rtt_s * math.sqrt(3 / (2 * loss)))
# return min(limits)
# ```
#
# </details>

# %% tags=["check"]
check.predict(predict, lab)

# %% [markdown]
# The map below shows the speed of one connection over a link of 1 Gbit/s, with a window of 1,048,576 bytes, in Mbit/s.
# The numbers come from `data/loss_and_delay.py`. It calls `throughput` as above, but where the link loses packets, each
# transfer is so long that twenty or more of its packets are lost. The letter says which of the three limits is the
# smallest: R the rate, W the window, L the loss.

# %%
with open("data/loss_and_delay.csv") as file:
    (_, *ways), *rows = csv.reader(file)
table = {float(loss): [float(speed) for speed in speeds] for loss, *speeds in rows}


def limits(rate_mbit_s, rtt_ms, loss, window):
    """Return the limits by their names, in Mbit/s."""
    named = {"rate": rate_mbit_s * 1448 / 1500, "window": 8 * window / rtt_ms / 1000}
    if loss:
        named["loss"] = 8 * 1448 / rtt_ms / 1000 * math.sqrt(3 / (2 * loss))
    return named


def smallest(rtt_ms, loss):
    """Return the name of the limit that decides."""
    named = limits(1000, float(rtt_ms), loss, 1 << 20)
    return min(named, key=named.get)


heat_map(
    [*table.values()],
    [f"{100 * loss:g} %" for loss in table],
    [f"{way} ms" for way in ways],
    names=("lost", "round trip"),
    unit="Mbit/s",
    regions=[[smallest(way, loss) for way in ways] for loss in table],
)

# %% [markdown]
# Follow the row of 0.3 % from 20 ms to the right: ten times the round trip, a tenth of the speed. In this row each
# transfer loses the same packets.
#
# ## 5. The kernel (6 min)
#
# Up to here tcpkit's TCP has sent. Now the kernel's TCP sends, in real time. Three times it sends to another kernel:
# `cable` joins two labs by a link that loses packets, and a program in each lab uses ordinary sockets. Once it sends to
# tcpkit's TCP, which offers a window of 16,384 bytes, and nothing is lost. How near does the kernel come to the
# smallest limit?
#
# a) within 2 % &emsp; b) within a factor of two &emsp; c) not near at all

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
assert "reno" in lab.congestion_controls()  # the rule that the sender below asks for


def send(sender):
    """Send zeros until the socket is shut down."""
    with suppress(OSError):
        while True:
            sender.send(bytes(65_536))


def receive(receiver, seconds):
    """Return how many bytes come in so many seconds."""
    end, size = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        size += len(receiver.recv(65_536))
    return size


def between_kernels(rtt_s, loss):
    """Return how fast one kernel sends to another, in bit/s."""
    with Lab() as one, Lab() as other:
        one.cable(other, Link(rate_bit_s=100e6, delay_s=rtt_s / 2, loss=loss, seed=1))
        listener = other.listen(8000, "10.1.0.2")
        sender = one.socket()
        sender.settimeout(5)  # TimeoutError: nothing gets through for 5 s
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
        sender.connect(("10.1.0.2", 8000))
        receiver = listener.accept()[0]
        receiver.settimeout(5)
        threading.Thread(target=send, args=(sender,), daemon=True).start()
        receive(receiver, 0.5)  # the beginning does not count
        size = receive(receiver, 1)
        sender.shutdown(socket.SHUT_RDWR)  # ends `send`
        return 8 * size


def into_a_window(rtt_s, window):
    """Return how fast a kernel sends to a stack of ours with such a window, in bit/s."""
    with Lab() as one:
        host = one.host(link=Link(delay_s=rtt_s / 2))
        running = host.run(Stack("10.0.0.2", Settings(receive_buffer=window)))
        one.source(bytes(400_000))
        ours, began = running.dial(host.gateway, 8000), time.monotonic()
        return 8 * len(running.read_all(ours)) / (time.monotonic() - began)


points = ((0.04, 0.01), (0.04, 0.04), (0.08, 0.04))
formulas = [8 * 1448 / rtt_s * math.sqrt(3 / (2 * loss)) for rtt_s, loss in points]
formulas.append(8 * 16_384 / 0.04)
with ThreadPoolExecutor() as at_once:
    last = at_once.submit(into_a_window, 0.04, 16_384)
    rates = [*at_once.map(lambda point: between_kernels(*point), points), last.result()]
ratios = [rate / formula for rate, formula in zip(rates, formulas, strict=True)]
print("within a factor of two:", sum(0.5 < ratio < 2 for ratio in ratios), "of 4")

# %% tags=["compare"]
check.guess_kernel(guess, ratios)

# %% tags=["nbval-ignore-output"]
ways = [f"{100 * loss:.0f} % lost, {1000 * rtt_s:.0f} ms" for rtt_s, loss in points]
ways.append("16,384 bytes, 40 ms")
for way, rate, ratio in zip(ways, rates, ratios, strict=True):
    print(f"{way}: {rate / 1e6:.2f} Mbit/s, {ratio:.2f} of the formula")

# %% [markdown]
# The kernel's TCP and tcpkit's TCP follow the same rules: each sends at most the window that it was offered, and after a
# loss each halves what it has under way. (The kernel knows several ways to halve. This one is called `reno` there, and
# the cell asks for it.) A busy machine carries the packets late, and the speed falls: then run the experiment again.
#
# ## 6. Where the formula fails (5 min)
#
# Look at the last row of the map. For 10 % and 20 ms the formula gives 2.2 Mbit/s, and the map says 0.42. At this loss
# the sender waits for timeouts most of the time (lesson 12), and the formula does not count timeouts. For 1 % and 5 ms
# the formula gives 28, and the map says 42: the part that counts begins just after a timeout, and after that the sender
# halves what is under way only ten times.
#
# The formula fails for short transfers, too. The next cell shows the three limits at 0.1 % and 20 ms, and the speed
# that 3,000 packets get, in Mbit/s. Below them you choose values yourself; `loss` is a share and `window` is in bytes.
# Say first which limit decides. Where is the smallest limit wrong by a factor of two or more?

# %% tags=["playground", "nbval-ignore-output"]
from ipywidgets import interactive


def show(figures):
    """Print figures by their names."""
    for name, figure in figures.items():
        print(f"{name:6} {figure:8.2f}")


def beside(rate_mbit_s, rtt_ms, loss, window):
    """Print the limits, and what 3,000 packets get, in Mbit/s."""
    seen = megabits(rtt_ms / 1000, loss, window, rate_mbit_s * 1e6)
    show(limits(rate_mbit_s, rtt_ms, loss, window) | {"seen": seen})


print("0.1 % lost, 20 ms, 1 Gbit/s:")
show(limits(1000, 20, 0.001, 1_048_576) | {"seen": megabits(0.02, 0.001)})
interactive(
    beside,
    rate_mbit_s=[1, 10, 100, 1000],
    rtt_ms=[5, 20, 40, 100, 200],
    loss=[0, 0.001, 0.003, 0.01, 0.03, 0.1],
    window=[16_384, 65_536, 262_144, 1_048_576],
)

# %% [markdown]
# The first figures are those at 0.1 % and 20 ms. There about three of 3,000 packets are lost, and the transfer is over
# before the losses limit it. The map says 26 at this place, because its transfer is ten times as long.
#
# A colleague pays for 1 Gbit/s, and her copies run at 13 Mbit/s. **Which of the three limits is it, and how does she
# find out?** Write it in two sentences before you open the answer.

# %% tags=["words"]
two_sentences = """..."""

# %% [markdown]
# <details>
# <summary>One way to say it</summary>
#
# The rate does not decide, as 13 Mbit/s is far below 1 Gbit/s. She measures the round trip and looks into a capture: if
# data is sent again, she puts the share of such packets into the formula of 15.1; if none is, she divides the window in
# the receiver's ACKs (scaled) by the round trip.
#
# </details>

# %% [markdown]
# ## 7. Recap (1 min)
#
# - The speed of one connection has three limits, and the smallest decides: the rate of the link, one window in each
#   round trip, and (MSS / round trip) · √(3 / (2 p)).
# - Where the loss decides, twice the round trip means half the speed, and so does four times the loss.
# - To fill a link, rate · round trip / 8 bytes must be under way.
# - The formula fails where most of the time goes into timeouts, and where a transfer is over before many packets are
#   lost.
#
# No packet told the sender to send so little. Who decided that?
#
# Next: [16 Who decides how much is under way?](16_congestion.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why do browsers open several connections to one server?* One reason: each connection has a loss limit of its own,
#   so six are faster.
# - *Is a loss of 1 % much?* On a wire, yes. Wi-Fi loses more, but its radios send again before TCP notices.
# - *Why does a download begin fast and then slow down?* At the beginning nothing is lost yet.
# - *Does QUIC do better?* Not by itself. What counts is how a sender reacts to a loss, and a QUIC sender can react as a
#   TCP does.
# - *Does encryption cost much speed?* No. TLS costs one or two round trips at the beginning.
#
# </details>
