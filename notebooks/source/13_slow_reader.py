# %% [markdown]
# # 13 Who may wait for whom?
#
# **A program sends 50,000 bytes. The program at the other end sleeps and reads nothing. `sendall` returns at once,
# without an error. Where are the bytes?**

# %%
import time

from tcpkit import Lab, mine
from tcpkit.check import lesson13 as check
from tcpkit.draw import exchange
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.recut import Drop, opens_again
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State
from tcpkit.stack.transfer import transfer
from tcpkit.stack.window import PersistTimer as OfTcpkit
from tcpkit.stack.window import ReceiveWindow as WindowOfTcpkit
from tcpkit.wire import IPv4Header, Segment

lab = Lab()
host = lab.host("10.0.0.2")

# %% [markdown]
# This lesson takes 40 minutes. [The card](card.html) has the header: the field *window* is in its fourth row.
#
# Write your guess down before you go on: where are the 50,000 bytes?

# %% tags=["words"]
where = """..."""

# %% [markdown]
# ## Two minutes from memory (2 min)
#
# From lesson 12. SRTT is 200 ms, RTTVAR is 50 ms, the minimum is 200 ms. What is the retransmission timeout, in
# milliseconds?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 400  # a number of milliseconds
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Room (7 min)
#
# A program on the kernel's side sends 50,000 bytes to our stack. Our program reads nothing.


# %%
small = Settings(receive_buffer=20_000, window_scale=False)  # room for 20,000 unread bytes
running = host.run(Stack("10.0.0.2", small))


def fill(source_port):
    """Return a program that has sent 50,000 bytes, our end, and the segments that we sent."""
    with lab.listen(8000, "10.0.0.1") as listener, host.capture() as packets:
        ours = running.dial(host.gateway, 8000, source_port)
        program = listener.accept()[0]
        program.sendall(bytes(50_000))
        running.wait_for(lambda: ours.unread == 20_000)
        time.sleep(0.1)  # for our last ACK
    segments = [packet.segment for packet in packets]
    return program, ours, [each for each in segments if each.source_port == source_port]


program, ours, told = fill(6001)
print("sendall has returned")
print(f"windows that we offered: {told[0].window:,} at first, {told[-1].window} at last")
sockets = lab.sockets()
unsent = sockets[sockets.remote == "10.0.0.2:6001"].unsent.item()
print(f"{ours.unread:,} bytes are unread at our end, {unsent:,} wait in the kernel")
program.close()
print(f"then we read {len(running.read_all(ours)):,} bytes")

# %% [markdown]
# So the bytes were in two places. Our **receive buffer** held as many as it has room for, and the kernel's **send
# buffer** held the rest. `sendall` promises no more than that the kernel has taken them.
#
# The **window** is a promise of room. Each segment carries it: "I have room for this many bytes, from ack on". Our last
# window promised no room.
#
# We do the same once more. This time our program reads nothing for one more second. What does the kernel do
# meanwhile?
#
# a) nothing: it waits until we tell it of room<br>
# b) it sends the next bytes<br>
# c) it asks

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
program, ours, told = fill(6002)
next_byte = told[-1].ack  # the first byte that we have no room for
with host.capture() as waiting:
    time.sleep(1)
from_kernel = [packet.segment for packet in waiting if packet.segment.source_port == 8000]
print("segments came from the kernel:", bool(from_kernel))
print("bytes of data in them:", sum(len(segment.data) for segment in from_kernel))
print("next byte minus their seq:", *{next_byte - segment.seq for segment in from_kernel})
program.close()
print(f"then we read {len(running.read_all(ours)):,} bytes")

# %% tags=["compare"]
check.guess_waiting(guess, waiting)

# %% [markdown]
# The kernel's segments name a byte that we have already. The kernel does so on purpose: a segment outside the window
# must be answered with an ACK, and each ACK carries the window. This is how one end asks "is there room now?".
#
# ## 2. Is the window bandwidth? (7 min)
#
# "The window is 14,600 bytes, and one megabyte goes through at 1,439 kB/s": that is true where a round trip takes 10
# ms, over a link without any limit of its own. How fast is the same window where a round trip takes 200 ms?
#
# a) the same &emsp; b) 72 kB/s &emsp; c) that depends on the link's rate

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal"]
def kilobytes_a_second(window, there_and_back_s, rate_bit_s=None):
    """Return how fast a megabyte goes to a receiver with this window."""
    link = Link(delay_s=there_and_back_s / 2, rate_bit_s=rate_bit_s)
    receiver = Settings(receive_buffer=window, window_scale=window > 65_535)
    sender = Settings(timestamps=False)
    return 1000 / transfer(bytes(1_000_000), link, sender=sender, receiver=receiver).seconds


paths = {"10 ms": (0.01,), "50 ms": (0.05,), "200 ms": (0.2,), "10 ms, 1 Mbit/s": (0.01, 1e6)}
speeds = {}
print(f"{'window':>7}", *(f"{path:>{len(path) + 3}}" for path in paths))
for window in (14_600, 29_200, 116_800):
    speeds[window] = [kilobytes_a_second(window, *path) for path in paths.values()]
    columns = zip(paths, speeds[window], strict=True)
    print(f"{window:7,}", *(f"{speed:{len(path) + 3},.1f}" for path, speed in columns))

# %% tags=["compare"]
check.guess_speed(guess, speeds)

# %% [markdown]
# Each row has one window and four speeds. In the last column the windows differ, and the speed is the link's. The
# window is not a speed. It is room at the other end. After one window the sender has to wait until an ACK comes back,
# so it sends at most one window in each round trip. (Large windows stay below that here: a sender begins slowly, lesson
# 16.)
#
# ## 3. One packet lost (8 min)
#
# Back to the reader that sleeps, in virtual time. The reader's buffer holds 14,600 bytes, and 30,000 are to be sent.
# After five seconds the reader wakes up and reads all that has come. Then its stack offers a window of 14,600. **That
# one packet is lost.** And our sender never asks.


# %%
class Never(OfTcpkit):
    """A timer that is never started."""

    def start(self, now, timeout_s):
        pass


def slow_reader(persist):
    """Return the network, the reader, and packets: seconds, from, bytes of data, window."""
    room = Settings(receive_buffer=14_600, window_scale=False, timestamps=False)
    asks = Settings(timestamps=False, pieces=Pieces(persist=persist))
    left, right = Stack("10.0.0.1", asks), Stack("10.0.0.2", room)
    network = Network(left, right, Drop(Link(delay_s=0.025), back=opens_again()))
    packets = []

    def note(now, packet):
        segment = Segment.in_packet(packet)
        sender = IPv4Header.parse(packet).source
        packets.append((round(now, 3), sender, len(segment.data), segment.window))

    network.on_packet = note
    listener = right.listen(80)
    sender = left.connect("10.0.0.2", 80, network.now)
    network.run(lambda: sender.state is State.ESTABLISHED and listener.ready)
    sender.send(bytes(30_000))
    network.sleep(5 - network.now)
    return network, listener.accept(), packets


# %% [markdown]
# What happens after the loss?
#
# a) the sender's retransmission saves it<br>
# b) the reader's stack tells its window again<br>
# c) nothing, ever

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
network, reader, packets = slow_reader(Never)
print("the reader reads", f"{len(reader.recv()):,}", "bytes")
goes_on = network.run(lambda: reader.unread)
print("more comes:", goes_on, "· the time:", network.now)
print("deadlines:", [clock.next_deadline() for clock in network.clocks])

# %% tags=["compare"]
check.guess_halt(guess, network)

# %% [markdown]
# The four deadlines say when each stack, and each direction of the link, has something to do next. All are `None`:
# nobody has anything to do. The sender has sent nothing that could be acknowledged, so it has nothing to send again.
# The reader has told its window, and an ACK without data is not acknowledged by anyone. Both wait for each other, for
# ever. This is a **deadlock**.
#
# TCP's answer is the **persist timer**: while data waits for a window, the sender asks now and then with a segment that
# must be answered, a **window probe**. The kernel did so in section 1. tcpkit's probe carries one byte:

# %%
network, reader, packets = slow_reader(OfTcpkit)
reader.recv()
network.run(lambda: reader.unread > 1)
exchange(packets, ("sender", "reader"), buffer=14_600, lost=[5.0])

# %% [markdown]
# The waits are 1 s, then 2 s, then 4 s: a reader may sleep for an hour, and the sender does not have to ask it each
# second. The answer to the third probe brings the window, and the data goes on.
#
# ## 4. Ten bytes at a time (4 min)
#
# A reader takes ten bytes at a time. Should its stack offer ten bytes more each time? Here are both ways, for 30,000
# bytes:


# %%
class EachByte:
    """Offer all room, however small."""

    def __init__(self, size, mss):
        self.size = size

    def open(self, nxt, unread):  # the window to tell
        return self.size - unread

    def is_worth_telling(self, nxt, unread):  # whether to send an ACK for it alone
        return True


def packets_to_the_sender(window):
    """Return how many packets a reader sends that takes ten bytes at a time."""
    small = Settings(receive_buffer=14_600, window_scale=False, pieces=Pieces(window=window))
    left, right = Stack("10.0.0.1"), Stack("10.0.0.2", small)
    network, sent = Network(left, right, Link(delay_s=0.005)), []
    network.on_packet = lambda now, packet: sent.append(IPv4Header.parse(packet).source)
    listener = right.listen(80)
    sender = left.connect("10.0.0.2", 80, network.now)
    network.run(lambda: sender.state is State.ESTABLISHED and listener.ready)
    sender.send(bytes(30_000))
    reader, taken = listener.accept(), 0
    while taken < 30_000:
        network.sleep(0.001)
        taken += len(reader.recv(10)) if reader.unread else 0
    return sent.count("10.0.0.2")


for window in (EachByte, WindowOfTcpkit):
    print(f"{window.__name__:13}", packets_to_the_sender(window), "packets")

# %% [markdown]
# Small windows can make small segments too: a simple sender fills each ten bytes of room with a packet. This is called
# the **silly window syndrome**. So a receiver tells of new room only if it is at least one **step**: a full segment, or
# half of the buffer if that is smaller.
#
# ## 5. Yours (10 min)
#
# `ReceiveWindow` decides what a receiver tells. `nxt` is the number of the next byte that is expected, and `unread`
# counts the bytes that wait for the program. `right` is the **right edge**: the first number that the other end may
# not send, because no window so far has promised room for it. (Inside tcpkit the numbers do not wrap; they are places
# in the stream.)
#
# - `open` returns the window to tell. If all the free room were told, the right edge would lie at `nxt + size -
#   unread`. It moves there if that is `step` or more; otherwise it stays. It never moves back: the other end may use what
#   it was promised.
# - `is_worth_telling` says whether the edge would move.


# %% tags=["exercise"]
# Exercise 13.1
class ReceiveWindow:
    """The window that a receiver tells, in bytes."""

    def __init__(self, size, mss):
        self.size = size  # bytes that the receive buffer holds
        self.step = min(size // 2, mss)
        self.right = 0

    def open(self, nxt: int, unread: int) -> int:
        """Return the window to tell: from nxt to the right edge."""
        # BEGIN SOLUTION
        wanted = nxt + self.size - unread
        if wanted - self.right >= self.step:
            self.right = wanted
        return max(0, self.right - nxt)
        # END SOLUTION

    def is_worth_telling(self, nxt: int, unread: int) -> bool:
        """Say whether the right edge would move."""
        # BEGIN SOLUTION
        return nxt + self.size - unread - self.right >= self.step
        # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# The size is 4,000 and the step 1,000. At first `nxt` is 1 and nothing is unread: the window is 4,000, and the right
# edge 4,001. Then 1,000 bytes arrive, and nobody reads them: `nxt` is 1,001. Where is the edge now, and what is the
# window?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The edge is still 4,001, and the window is what is left up to it: 3,000. When the program reads 500 bytes, the edge
# could move by 500: less than a step, so it stays. When it has read 1,000, the edge moves.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# def open(self, nxt, unread):
#     wanted = nxt + self.size - unread
#     if ...:
#         self.right = wanted
#     return max(0, self.right - nxt)
# ```
#
# `is_worth_telling` returns the same condition.
#
# </details>

# %% tags=["check"]
check.ReceiveWindow(ReceiveWindow)

# %% [markdown]
# `PersistTimer` decides when a sender asks. While data waits for a window, the stack calls `start` each time that it
# looks at the connection, and `expired` to hear whether to ask now. When the window is open, the stack calls `stop`.
# `deadline` is the time of the next question, or `None` while the timer does not run. The first wait is `timeout_s`;
# each later one is twice as long as the one before, and at most 60 s.


# %% tags=["exercise"]
# Exercise 13.2
class PersistTimer:
    """Says when to ask for a window. All times are in seconds."""

    def __init__(self):
        self.deadline = None
        self.wait_s = None

    def start(self, now: float, timeout_s: float) -> None:
        """Begin to wait, unless the timer runs already."""
        # BEGIN SOLUTION
        if self.deadline is None:
            self.wait_s = timeout_s
            self.deadline = now + timeout_s
        # END SOLUTION

    def expired(self, now: float) -> bool:
        """Say whether to ask now; if so, set the next deadline."""
        # BEGIN SOLUTION
        if self.deadline is None or now < self.deadline:
            return False
        self.wait_s = min(2 * self.wait_s, 60.0)
        self.deadline = now + self.wait_s
        return True
        # END SOLUTION

    def stop(self) -> None:
        """Stop waiting."""
        # BEGIN SOLUTION
        self.deadline = None
        # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which of the three is called most often while the window is closed? What must it not do the second time?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `expired` has three cases: the timer does not run, its time has not come, its time has come. Only in the last one does
# anything change.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# def start(self, now, timeout_s):
#     if self.deadline is None:
#         self.wait_s = timeout_s
#         self.deadline = now + timeout_s
#
# def expired(self, now):
#     if self.deadline is None or now < self.deadline:
#         return False
#     self.wait_s = ...
#     self.deadline = now + self.wait_s
#     return True
#
# def stop(self):
#     self.deadline = None
# ```
#
# </details>

# %% tags=["check"]
check.PersistTimer(PersistTimer, lab)

# %% [markdown]
# ## 6. Your TCP (1 min)
#
# `mine.keep` keeps each of the two in `tcp.py`, once its check says PASS.

# %% tags=["mine"]
tcp = mine.keep(window=ReceiveWindow, persist=PersistTimer)
tcp

# %% tags=["mine"]
mine.carry(lab)

# %% [markdown]
# ## 7. Recap (1 min)
#
# - The window is a promise of room at the receiver, in bytes. It is not a speed.
# - At most one window goes out in each round trip.
# - A window of 0 stops the sender. If the packet that opens the window is lost, both ends wait for ever, unless the
#   sender asks.
# - A receiver tells of new room in large steps, and should never take a promise back.
#
# Next: [14 Can a library that never heard of you use your TCP?](14_async.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *How does Wireshark show a window of 0?* As "TCP ZeroWindow", and the probes as "TCP Keep-Alive" or "TCP
#   ZeroWindowProbe".
# - *Why does the kernel's probe carry no byte, and tcpkit's one?* RFC 9293 asks for one byte. Linux sends
#   an old number instead, which brings an answer too.
# - *What if the reader never reads?* Both ends wait as long as they live. A program that does not want that sets a
#   limit of its own.
# - *How can a window be larger than 65,535, the most that 16 bits hold?* Both SYNs may carry a factor: the option
#   window scale.
# - *Is the congestion window in the packet too?* No. It is the sender's own number: lesson 16.
#
# </details>
