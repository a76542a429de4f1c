# %% [markdown]
# # 22 What is wrong with it?
#
# **Here are twelve TCPs. In each of them one line is wrong. Each sends 1 MB to a healthy TCP and receives 1 MB from
# it. How many of the twelve carry every byte right, both ways?**
#
# a) none &emsp; b) 3 &emsp; c) 9 &emsp; d) all twelve
#
# This lesson takes 60 minutes; you may stop after section 3 or 4, and go on another day. All of it runs in virtual
# time: a wait of 20 s takes no time here. You need no lab. [The card](card.html) may help.

# %%
from tcpkit.check import lesson22 as check
from tcpkit.draw import found_by

# %% [markdown]
# ## Two minutes from memory (2 min)
#
# From lesson 21. An RST arrives. Its seq is the next expected number plus 40, and that is inside the window. What does
# a TCP of today do?
#
# a) it ends the connection &emsp; b) it sends a challenge ACK &emsp; c) nothing

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Do they carry? (5 min)
#
# The question is the one at the top: none, 3, 9 or all twelve? The next cell makes 26 transfers, which take some
# seconds.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "b"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal"]
transfers = {letter: check.transfer(letter) for letter in "ABCDEFGHIJKL"}
lossy = {letter: check.transfer(letter, loss=0.03) for letter in transfers}
for name, by_letter, loss in (("nothing lost", transfers, 0), ("3 % lost", lossy, 0.03)):
    equal = sum(each.is_equal for each in by_letter.values())
    healthy = check.transfer(None, loss=loss)
    print(f"{name}: {equal} of 12 carry every byte. Seconds until both ends are closed")
    print(f"(a healthy TCP needs {healthy.seconds:.2f}):")
    seconds = [f"{letter} {each.seconds:5.2f}" for letter, each in by_letter.items()]
    print("  ".join(seconds[:6]), "  ".join(seconds[6:]), sep="\n")

# %% tags=["compare"]
check.guess_carry(guess, transfers)

# %% [markdown]
# A test that compares what was sent with what was received passes for each of the twelve, even when three packets in
# a hundred are lost. Some of the twelve take longer than a healthy TCP, and L is faster where packets are lost, but the
# seconds do not say why.
#
# The packets do. From here on each of the twelve is a patient, and the diagnosis is yours.
#
# ## 2. How to read a chart (8 min)
#
# A thirteenth TCP cannot even open a connection. It is the example, so you see its healthy twin and its wrong line at
# once.
#
# The patient is always 10.0.0.2, the left lane. The other side, 10.0.0.1, is healthy. The packets were recorded at the
# patient's end: a packet that the network loses on its way to the patient is not there. Both first numbers are 0, a
# segment has at most 1,000 bytes of data, and there are no options but the MSS unless the text says so. "Here" is the
# patient's machine, and "there" is the other one. "Dials" means that a program calls `connect`.

# %%
check.Cases([check.patient("M"), check.healthy("M")])

# %% [markdown]
# Row 1 is a SYN with number 0, so a healthy TCP acknowledges it with ack 1. The patient writes ack 0 in row 2: it
# acknowledges nothing. The other side waits for an ACK of its SYN, and answers any other ack with an R (row 3). The
# verdict is `("ack off by one", 2)`.
#
# **The row of a verdict** is the first packet of the patient that a healthy TCP would not send. Some patients send no
# such packet: they are silent where they should speak. Then take the last row before the silence, whoever sent it. If a
# patient does both, take its wrong packet. Rows count from 0.
#
# **Read in this order**: the handshake, the numbers, the acks, the windows, the seconds, the end. After each row ask
# what a healthy TCP would do next.
#
# These are the faults to choose from. Four of the sixteen have no patient among the twelve.
#
# | | fault | what this TCP does |
# |---|---|---|
# | 1 | ack off by one | acknowledges one number too few |
# | 2 | blind RST believed | believes any RST inside the window |
# | 3 | checksum not looked at | takes damaged data |
# | 4 | FIN not counted | does not count the number of a FIN |
# | 5 | Karn ignored | measures round trips with data that was sent twice |
# | 6 | Nagle off | sends small segments while data is unacknowledged |
# | 7 | no backing off | does not double its timeout |
# | 8 | no window probe | does not ask whether a closed window has opened |
# | 9 | overlap taken twice | hands over again what two segments share |
# | 10 | RST answered with RST | answers an RST |
# | 11 | silent about a gap | sends no duplicate ACK |
# | 12 | SYN sent once | does not send its SYN again |
# | 13 | TIME-WAIT skipped | forgets the connection when the other side's FIN comes |
# | 14 | window never closes | offers the same window, however much is unread |
# | 15 | window not scaled | ignores the other side's window scale |
# | 16 | wrap compared wrongly | compares numbers as if they never wrapped |
#
# ## 3. Patients A to D (12 min)

# %%
check.patients("ABCD")


# %% tags=["exercise"]
# Exercise 22.1
# 1 ack off by one · 2 blind RST believed · 3 checksum not looked at
# 4 FIN not counted · 5 Karn ignored · 6 Nagle off · 7 no backing off
# 8 no window probe · 9 overlap taken twice · 10 RST answered with RST
# 11 silent about a gap · 12 SYN sent once · 13 TIME-WAIT skipped
# 14 window never closes · 15 window not scaled · 16 wrap compared wrongly
def first() -> dict:
    """Return the verdicts on A to D: {"A": ("Nagle off", 3), ...}, or {"A": (6, 3), ...}."""
    # BEGIN SOLUTION
    return {
        "A": ("SYN sent once", 0),
        "B": ("FIN not counted", 7),
        "C": ("RST answered with RST", 5),
        "D": ("no backing off", 5),
    }
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Go down the rows of each patient. After which row would a healthy TCP do another thing? You may write some verdicts
# and leave out the others.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# A and D: read the seconds, and what the text says of the end of the recording. B: read `ack`. C: who sends an R, and
# what does it answer?
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `{"A": (12, 0), "B": (4, 7), "C": (10, 5), "D": (..., 5)}`
#
# </details>

# %% tags=["check"]
check.first(first)

# %% [markdown]
# Here are the healthy twins of those that you have right, each below its wrong line (`-`) and the right one (`+`).
# Program and network do the same; only that line differs.

# %% tags=["playground"]
check.first.twins(first)

# %% [markdown]
# This is a good place to stop. When you come back, choose the menu Run, Run All Above Selected Cell.
#
# ## 4. Patients E to H (12 min)

# %%
check.patients("EFGH")


# %% tags=["exercise"]
# Exercise 22.2
# 1 ack off by one · 2 blind RST believed · 3 checksum not looked at
# 4 FIN not counted · 5 Karn ignored · 6 Nagle off · 7 no backing off
# 8 no window probe · 9 overlap taken twice · 10 RST answered with RST
# 11 silent about a gap · 12 SYN sent once · 13 TIME-WAIT skipped
# 14 window never closes · 15 window not scaled · 16 wrap compared wrongly
def second() -> dict:
    """Return the verdicts on E to H."""
    # BEGIN SOLUTION
    return {
        "E": ("checksum not looked at", 6),
        "F": ("no window probe", 6),
        "G": ("blind RST believed", 7),
        "H": ("window not scaled", 5),
    }
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which side has data to send, and what stops it? What came last before the patient did something odd?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# E: read the last column. F: whose window is 0, and how does the patient learn that it has opened? G: compare the seq
# of row 5 with the ack of row 4. H: how many bytes does the window of row 4 stand for?
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `{"E": (3, 6), "F": (..., 6), "G": (2, 7), "H": (15, 5)}`
#
# </details>

# %% tags=["check"]
check.second(second)

# %% tags=["playground"]
check.second.twins(second)

# %% [markdown]
# Another good place to stop.
#
# ## 5. Patients I to L (12 min)

# %%
check.patients("IJKL")


# %% tags=["exercise"]
# Exercise 22.3
# 1 ack off by one · 2 blind RST believed · 3 checksum not looked at
# 4 FIN not counted · 5 Karn ignored · 6 Nagle off · 7 no backing off
# 8 no window probe · 9 overlap taken twice · 10 RST answered with RST
# 11 silent about a gap · 12 SYN sent once · 13 TIME-WAIT skipped
# 14 window never closes · 15 window not scaled · 16 wrap compared wrongly
def third() -> dict:
    """Return the verdicts on I to L."""
    # BEGIN SOLUTION
    return {
        "I": ("TIME-WAIT skipped", 9),
        "J": ("wrap compared wrongly", 7),
        "K": ("silent about a gap", 9),
        "L": ("window never closes", 6),
    }
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What does the patient owe the other side, and when? What does the other side do because it does not get that?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# I: who answers the last F.? J: which ack came, and which number is sent again? K: how many ACKs does a healthy TCP
# send for four segments beyond a gap? L: how much room is left after row 5, and what does row 6 say?
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `{"I": (13, 9), "J": (16, 7), "K": (11, 9), "L": (..., 6)}`
#
# </details>

# %% tags=["check"]
check.third(third)

# %% tags=["playground"]
check.third.twins(third)

# %% [markdown]
# What found the twelve faults? The picture has your verdicts in its third column. The last column is not
# measured here: tcpkit has a test for each fault (`make zoo` prints its name). The transfers compared bytes only, and
# these were right.

# %% tags=["playground"]
found = check.first.solved(first) + check.second.solved(second) + check.third.solved(third)
rows = {}
for letter in transfers:
    name = f"{letter} {check.PATIENTS[letter].fault}" if letter in found else letter
    missed = transfers[letter].is_equal, lossy[letter].is_equal
    rows[name] = (not missed[0], not missed[1], letter in found, True)
found_by(rows, ("1 MB,\nclean", "1 MB,\n3 % lost", "you", "one\ntest"))

# %% [markdown]
# ## 6. What you believed (6 min)
#
# Here are the six questions of lesson 00, for the last time. Do not look at your first answers yet.
#
# 1. **An ordinary program sends a request. Who writes the TCP header in front of it?**<br>a) the program &emsp;
#    b) a library in the program &emsp; c) the kernel &emsp; d) the network card
# 2. **You ask for a connection at a port where no program listens. What comes back?**<br>a) nothing &emsp; b) an error
#    from the network, but no packet &emsp; c) a packet
# 3. **One byte in a header is wrong. Who notices, and who is told?**<br>a) the network card; it asks for the packet
#    again &emsp; b) the receiving kernel; it tells nobody &emsp; c) the receiving program; it gets an error
# 4. **An ACK for your data comes back. What do you know for certain?**<br>a) the data arrived at the other machine
#    &emsp; b) the program there has read the data &emsp; c) the data is stored permanently
# 5. **A server runs in a container, which has a network of its own. A browser outside the container reaches the server
#    at `localhost`. How can that work?**<br>a) container and browser share one network after all &emsp; b) something
#    between them copies the bytes, or rewrites the packets &emsp; c) the container is a small machine, with a cable to
#    yours
# 6. **What remembers that a connection exists?**<br>a) the wires &emsp; b) both ends &emsp; c) the router

# %% tags=["recall"]
# BEGIN SOLUTION
writer = "c"  # "a", "b", "c" or "d"
nobody = "c"  # "a", "b" or "c"
wrong_byte = "b"  # "a", "b" or "c"
an_ack = "a"  # "a", "b" or "c"
localhost = "b"  # "a", "b" or "c"
remembers = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.six_again(writer, nobody, wrong_byte, an_ack, localhost, remembers)

# %% tags=["words"]
now = {
    **{1: writer, 2: nobody, 3: wrong_byte, 4: an_ack, 5: localhost, 6: remembers},
    # You type a name in the browser. What happens, as far as you know today?
    "browser": """...""",
}

# %% [markdown]
# The next cell reads the file `00_start_here.ipynb` beside this notebook: the answers that you saved in lesson 00. It
# runs nothing of that file, changes nothing in it, and gives no score.

# %%
check.then_and_now(now)

# %% [markdown]
# Which of your first answers surprises you most today?

# %% tags=["words"]
surprise = """..."""

# %% [markdown]
# ## 7. After this (3 min)
#
# - Equal bytes show little: twelve broken TCPs carried 1 MB each way. A verdict is a fault and the row that shows it.
# - Some faults show in a packet, some only in a silence or in the seconds.
# - A test finds a fault if it checks what the fault changes: a packet, or a silence.
#
# **To read**: RFC 9293, which you can read now from end to end. `docs/stack.md` of this course, and the TCP that it
# describes. The sources of smoltcp, and of Stanford's course CS144. packetdrill, which tests the kernel packet by
# packet. Stone and Partridge, "When the CRC and TCP Checksum Disagree" (2000).
#
# **To build**: a packet of IPv6, by hand, in one cell. The scoreboard of SACK. A middlebox that rewrites ports. The
# handshake of QUIC. Or a fault of your own, in `tcpkit/zoo.py`, and the test that finds it: `make zoo` tells you
# whether it does.
#
# **To measure**: if you answered [the inventory](inventory.ipynb) before lesson 00, answer it again. It then draws a
# picture of both.
#
# In lesson 00 one GET took ten packets, and the kernel wrote all of them. You can write a TCP that sends them now.
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Which of these faults did real systems have?* Many. RSTs that answer RSTs without end, window scales that a box on
#   the way removed, and RSTs that were believed anywhere in the window, until the rule changed (RFC 5961, 2010).
# - *Would random packets (fuzzing) find these faults?* Few of them. A fuzzer sees a crash or an endless loop. A wrong
#   ACK is neither: somebody must say which ACK is right.
# - *Why does a test of one packet find them all, and a megabyte none?* TCP is made to deliver in spite of faults. The
#   other side sends again, waits, and asks. So the bytes arrive.
# - *Why is J healthy in the transfers of section 1?* Its first number was far from the wrap. One connection in four
#   thousand that carries 1 MB would have met it.
# - *Is there a fault that nothing shows?* "Karn ignored" shows in no short capture: it makes the timeout wrong, later.
#   Only a test that looks at the timeout finds it.
#
# </details>
