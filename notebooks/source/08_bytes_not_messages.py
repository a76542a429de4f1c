# %% [markdown]
# # 08 Who has read it?
#
# **The connection is open. You send `pay 100 to Ada`. Who must read it before an ACK comes back?**

# %%
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import tcpkit
from tcpkit import MSS, Flags, Lab, Segment, mine
from tcpkit.check import lesson08 as check
from tcpkit.draw import stream

lab = Lab()
me = lab.host("10.0.0.2")
with lab.listen(8000, me.gateway), me.talk(8000) as talk:
    print(talk.dial().flags, "· seq", talk.seq)

# %% [markdown]
# `talk.dial()` is the handshake of lesson 07: it sends the SYN, hears the SYN-ACK, returns it, and sends the ACK. Your SYN
# used the number 0, so `talk.seq` is 1: the first byte that you send has the number 1. `me` is an address of your own on a
# cable, and you know `say` and `hear`.
#
# This lesson takes 45 minutes. If you are tired, stop after section 4. [The card](card.html) has the header and the flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 04. A FIN with 5 bytes of data and seq 100 goes to a closed port. Which ack does the answer carry?

# %% tags=["recall"]
# BEGIN SOLUTION
answer = 106  # a number
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Three sends, one recv (6 min)
#
# You send `GET /`, ` HTTP/1.0\r\n` and `\r\n` in three segments. After the third one, the server's program calls
# `recv(1000)` once. What does `recv` return?
#
# a) `GET /` &emsp; b) all three parts together &emsp; c) an error

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
PARTS = [b"GET /", b" HTTP/1.0\r\n", b"\r\n"]
with lab.listen(8000, me.gateway) as server, me.talk(8000) as talk:
    talk.dial()
    for part in PARTS:
        talk.say(Flags.PSH | Flags.ACK, part)
        talk.hear()  # the kernel's ACK
    with server.accept()[0] as program:
        received = program.recv(1000)
        talk.say(Flags.PSH | Flags.ACK, b"hello wor")
        talk.hear()
        in_fives = [program.recv(5), program.recv(5)]
        talk.say(Flags.PSH | Flags.ACK, b"ld")
        talk.hear()
        in_fives.append(program.recv(5))
print(received)
print(in_fives)

# %% tags=["compare"]
check.guess_one_recv(guess, received)

# %% [markdown]
# A program sees a **stream**: bytes in order, with no marks between them. It never sees segments. `recv(n)` returns
# what has arrived, at most `n` bytes. One `recv` can return three segments, and one segment can need two `recv`. The
# second `recv(5)` returned four bytes: no more had come.
#
# So a program that needs messages must mark where each one ends: by a length in front, or by a newline. A reader that
# expects one message for each `recv` may work on your machine and fail on a slow network.
#
# ## 2. What an ack names (8 min)
#
# Sequence numbers have 32 bits: after 2\*\*32 - 1 comes 0. The seq of your SYN is 2\*\*32 - 10. After the handshake you
# send 30 bytes. Which ack comes back?
#
# a) 4294967316 &emsp; b) 20 &emsp; c) 21

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with lab.listen(8000, me.gateway), me.talk(8000, seq=2**32 - 10) as talk:
    talk.dial()
    talk.say(Flags.PSH | Flags.ACK, bytes(30))
    ack = talk.hear().ack
ack

# %% tags=["compare"]
check.guess_wrapped_ack(guess, ack)

# %% [markdown]
# The SYN has the number 2\*\*32 - 10. The 30 bytes have the numbers from 2\*\*32 - 9 to 20. The ack names the number that
# is expected *next*: 21.
#
# Write this rule as a function. `segment` has `.seq`, `.flags` and `.data`; `tcpkit.segment_length(flags, data_length)`
# does what your 4.1 does.


# %% tags=["exercise"]
# Exercise 8.1
def next_ack(segment: Segment) -> int:
    """Return the ack that answers this segment."""
    # BEGIN SOLUTION
    length = tcpkit.segment_length(segment.flags, len(segment.data))
    return (segment.seq + length) % 2**32
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# At which number does the segment begin, and how many numbers does it use?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The first number plus the count of numbers, and 0 after 2\*\*32 - 1. Data uses numbers, and so do SYN and FIN.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return (segment.seq + ...) % 2**32`
#
# </details>

# %% tags=["check"]
check.next_ack(next_ack, lab)

# %% [markdown]
# Send the three parts of section 1 once more, and this time the SYN has the number 2\*\*32 - 10. In the picture, each of
# the kernel's acks points *between* two bytes: everything before it has arrived. S is the SYN, and the dots are `\r` and
# `\n`. After 4294967295 comes 0, at the dashed line.

# %%
with (
    lab.listen(8000, me.gateway) as server,
    me.talk(8000, seq=2**32 - 10) as talk,
    me.capture() as packets,
):
    talk.dial()
    for part in PARTS:
        talk.say(Flags.PSH | Flags.ACK, part)
        talk.hear()
    with server.accept()[0] as program:
        received = program.recv(1000)
stream(packets, [received])

# %% [markdown]
# ## 3. The second half first (5 min)
#
# The handshake is done, and your SYN had the number 0. First you send `world` with seq 6, then `hello` with seq 1. Which
# two acks come back?
#
# a) 11, then 11 &emsp; b) 6, then 11 &emsp; c) 1, then 11

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
acks = []
with lab.listen(8000, me.gateway) as server, me.talk(8000) as talk:
    talk.dial()
    with server.accept()[0] as program:
        for seq, word in ((6, b"world"), (1, b"hello"), (1, b"hello")):
            talk.say(Flags.PSH | Flags.ACK, word, seq=seq)
            acks.append(talk.hear().ack)
        print(acks, program.recv(100))

# %% tags=["compare"]
check.guess_two_acks(guess, acks)

# %% [markdown]
# An ack names one number. It cannot say "I have 6 to 10". It says "I want 1". The kernel keeps the early `world`, and
# acknowledges it only when there is no gap before it. (An option called SACK can say more; lesson 12 names it.)
#
# The experiment sent `hello` twice. The kernel acknowledged the second too, with 11, and the program got `hello` once.
#
# ## 4. Which comes first? (7 min)
#
# Which of two sequence numbers is earlier: 4294967288 or 8? There are 16 steps from the first to the second, and more than
# four thousand million from the second to the first. The direction with fewer steps decides. This direction is the short
# way round.


# %% tags=["exercise"]
# Exercise 8.2
def before(a: int, b: int) -> bool:
    """Say whether number a comes before number b, the short way round."""
    # BEGIN SOLUTION
    return 0 < (b - a) % 2**32 < 2**31
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Draw the numbers on a circle, with 0 at the top. From a to b: which way is shorter?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Count the steps forward from a to b, modulo 2\*\*32. Is it at least one step, and less than half of the circle?
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return 0 < ... < 2**31`
#
# </details>

# %% tags=["check"]
check.before(before)

# %% [markdown]
# The kernel needs the same rule: a byte after the expected number came too soon and is kept, a byte before that number
# is old. Four talks, each with one byte. `kept` says whether the kernel counted the byte as one that came too soon
# (`TcpExtTCPOFOQueue`):

# %%
for expected in (3, 2**32 - 3):
    for step in (-5, 5):
        with lab.listen(8000, me.gateway), me.talk(8000, seq=expected - 1) as talk:
            talk.dial()
            counted = lab.counters()
            talk.say(Flags.PSH | Flags.ACK, b"!", seq=(expected + step) % 2**32)
            talk.hear()
            kept = "TcpExtTCPOFOQueue" in lab.counters() - counted
        print(f"expected {expected:10}, seq {(expected + step) % 2**32:10}: kept {kept}")

# %% [markdown]
# A plain `seq < expected` would have kept the first byte, which is old, and dropped the last one, which came too soon.
#
# **Stop here if you are tired.**
#
# ## 5. Who has read it? (5 min)
#
# No program calls `accept` now. You dial, and send `pay 100 to Ada` and a newline: 15 bytes. What comes back?
#
# a) no ACK &emsp; b) an ACK with ack 16 &emsp; c) an RST

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with lab.listen(8000, me.gateway) as nobody_reads, me.talk(8000) as talk:
    talk.dial()
    talk.say(Flags.PSH | Flags.ACK, b"pay 100 to Ada\n")
    reply = talk.hear()
    print(reply.flags, "ack", reply.ack)
    table = lab.sockets()
    ours = table[table.remote == f"{me.address}:{talk.source_port}"]
    print(ours[["state", "unread"]].to_string(index=False))
    nobody_reads.close()
    print("after the listener has closed:", talk.hear().flags)

# %% tags=["compare"]
check.guess_who_read(guess, reply)

# %% [markdown]
# The 15 bytes wait in the kernel, unread, and were acknowledged. Then the listener closes, the kernel throws them away and
# sends an RST. No program ever read them, and you hold their ACK.
#
# What does an ACK promise, and who promises it? Say it in one sentence, on paper or aloud, before you open the fold.
#
# <details>
# <summary>One way to say it, and four things to look for in yours</summary>
#
# "An ACK says that the other *kernel* has received all bytes before this number. It does not say that a program has
# read them. If I must know that, the program itself has to answer."
#
# Does yours (1) name the kernel, (2) say that the bytes came, (3) say that they may never be read, (4) ask the program
# for an answer?
#
# </details>

# %% [markdown]
# ## 6. A page, by hand (10 min)
#
# Now fetch a page from a real server: Python's own `http.server`, with a page of 204,000 bytes. How much does the server
# put into one segment?

# %%
folder = TemporaryDirectory()
Path(folder.name, "page.txt").write_text("TCP by hand. " * 15_692 + "The end.")
serve = f"python -m http.server --bind 10.0.0.1 --directory {folder.name} 8080"
web = lab.start(serve, port=8080)
for options in ((), (MSS(1460),)):
    with me.talk(8080) as talk:
        talk.dial(options=options)
        talk.say(Flags.PSH | Flags.ACK, b"GET /page.txt HTTP/1.0\r\n\r\n")
        print(options, max(len(segment.data) for segment in talk.hear_all(0.2)))

# %% [markdown]
# If your SYN names no size, you get segments of 536 bytes (RFC 9293, 3.7.1). The option **MSS** names a size.
#
# Write the loop that takes everything and acknowledges it. `talk` has dialled, and has asked for the page. On some networks
# a segment comes twice: take its bytes once. `tcpkit.next_ack(...)` does what your 8.1 does. Return all bytes that the
# server sent, its HTTP headers included.


# %% tags=["exercise"]
# Exercise 8.3
def fetch(talk) -> bytes:
    """Return everything up to the server's FIN, and acknowledge all of it."""
    # BEGIN SOLUTION
    page = b""
    while True:
        segment = talk.hear(2)
        if segment.seq == talk.ack:
            page += segment.data
            talk.ack = tcpkit.next_ack(segment)
        if segment.data or segment.flags & Flags.FIN:
            talk.say(Flags.ACK)
        if segment.flags & Flags.FIN and talk.ack == tcpkit.next_ack(segment):
            return page
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# A segment may come twice. Which seq must a segment have to bring something new? And which segments deserve an ACK?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Take a segment's data only if its seq is `talk.ack`; then set `talk.ack` to what comes after it. Say ACK to data and to
# FIN. When the FIN itself is acknowledged, you are done.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# while True:
#     segment = talk.hear(2)
#     if ...:
#         page += segment.data
#         talk.ack = tcpkit.next_ack(segment)
#     if segment.data or segment.flags & Flags.FIN:
#         talk.say(Flags.ACK)
#     if segment.flags & Flags.FIN and talk.ack == tcpkit.next_ack(segment):
#         return page
# ```
#
# </details>

# %% tags=["check"]
check.fetch(fetch, lab)

# %% [markdown]
# Now a wrong TCP: tcpkit's own loop, but each ack is one too low.

# %%
for error in (0, -1):
    with me.talk(8080) as talk:
        talk.dial(options=(MSS(1460),))
        talk.say(Flags.PSH | Flags.ACK, b"GET /page.txt HTTP/1.0\r\n\r\n")
        is_whole = check.fetch_off_by(error, talk).endswith(b"The end.")
        before_waiting = lab.counters()
        time.sleep(0.3)
        repeats = "TcpRetransSegs" in lab.counters() - before_waiting
    print(f"acks off by {error:2}: page whole {is_whole}, kernel repeats something {repeats}")

# %% [markdown]
# The page is whole, and the TCP is wrong. Nobody notices, because each ack also covers the byte that the ack before
# left out. Only the last number, that of the FIN, is never acknowledged, and the kernel sends the FIN again and again.
# A transfer that works does not prove that a TCP is right. Lesson 11 comes back to that.
#
# ## 7. Your TCP (1 min)
#
# From this lesson on you collect the pieces of a TCP of your own. `mine.keep` keeps `before` in the file `tcp.py`
# beside your notebooks, once the check of 8.2 says PASS. The picture shows which pieces are yours. The other names
# belong to later lessons.

# %% tags=["mine"]
tcp = mine.keep(before=before)
tcp

# %% [markdown]
# `mine.carry` runs a TCP with your pieces, and with tcpkit's where you have none. A megabyte comes from the kernel, and a
# megabyte goes back, over a link that loses one packet in fifty.

# %% tags=["mine"]
mine.carry(lab)

# %% [markdown]
# ## 8. Recap (1 min)
#
# - TCP carries a stream of bytes. One `send` is not one `recv`.
# - An ack names the number expected next. Everything before it has arrived, without a gap.
# - Sequence numbers wrap: 0 comes after 2\*\*32 - 1. "Before" means: the short way round.
# - An ACK comes from the kernel. It does not say that a program has read anything.
#
# The server said FIN, and you acknowledged it. You never said FIN yourself. What does the server do now, and for how long?
#
# Next: [09 Is it closed?](09_goodbye.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *What if the ACK is lost?* The kernel sends the data again, and you acknowledge it again: lesson 12.
# - *What is PSH for?* It asks the receiver's kernel to hand the bytes to the program without waiting for more. Linux does
#   that in any case. Leave the flag out and try.
# - *Why does my own server get half a request only in production?* There a request takes several segments, and they come
#   one after the other. `recv` returns what has arrived by then: call `recv` again until the end of the request has come.
# - *How much does the server send before it waits for an ACK?* Ten segments at first (RFC 6928). Lesson 16 is about what
#   follows.
# - *Does UDP keep messages apart?* Yes: one `sendto` is one `recvfrom`, or none if the packet is lost.
# - *How can I know that my message was read?* Only an answer of the program says so. HTTP's `200 OK` is one.
#
# </details>
