# %% [markdown]
# # 00 What happens in one GET?
#
# **You have made ten thousand HTTP requests. How many packets is one?**
#
# In the next lesson you type a packet by hand. Tonight you only watch: two ordinary programs, and every packet between
# them.
#
# This lesson takes 20 minutes. You write Python functions; you need no networking, no C, and no Linux beyond opening a
# terminal. [The card](card.html) is one page that you may want to print.
#
# Run the cells in order (Shift+Enter). After a restart of the notebook's kernel, which is its Python and not Linux: menu
# Run, Run All Above Selected Cell. First the lab:

# %% tags=["nbval-ignore-output"]
from tcpkit import Lab
from tcpkit.check import lesson00 as check
from tcpkit.draw import labelled_line

lab = Lab()
lab

# %% [markdown]
# The lab is a second network card, a virtual one, connected to nothing, that only this notebook sees. Behind it stands
# the real Linux kernel of this machine. Nothing that you send in it can leave it.
#
# <details>
# <summary>If this is new: address, port, loopback, root</summary>
#
# - An **IP address** is the number of a network card. `127.0.0.1` always means "this machine itself".
# - The card behind that address is called **loopback**, `lo` for short: what goes out of it comes straight back in.
# - A **port** is a number from 1 to 65535 that says which program is meant. One address, many programs.
# - **root** is the user who may do everything. Sending hand-made packets normally takes root; in here you are allowed
#   to, because nobody else is connected.
# - Linux calls such a separate network a **namespace**. Containers are built from the same part.
#
# </details>

# %% [markdown]
# ## 1. Two ordinary programs (4 min)
#
# Here are two programs, whole. The server waits for a request, sends one small page, and hangs up. The client asks for
# the page and prints what is in it. You have written both before, or used a library that did. One thing is unusual:
# `source_address` gives the client a port of its own, 40000, so that you know its packets by sight. Left alone, the
# kernel picks one.

# %%
server = r"""
import socket
listener = socket.create_server(("127.0.0.1", 8000))
while True:
    connection, address = listener.accept()
    connection.recv(1000)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello\n")
    connection.close()
"""
client = r"""
import socket
connection = socket.create_connection(("127.0.0.1", 8000), source_address=("127.0.0.1", 40000))
connection.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
page = connection.recv(1000)
connection.recv(1000)  # waits for the end: nothing more comes
connection.close()
print(page.decode().split("\r\n\r\n")[1], end="")
"""

# %% [markdown]
# `lab.start` leaves a program running inside the lab; one that it started at the same port before is ended first.
# `lab.run` runs a program and waits for its end.

# %%
running = lab.start(["python", "-c", server], port=8000)
lab.run(["python", "-c", client])

# %% [markdown]
# It says `hello`. Nothing special so far.
#
# ## 2. Guess (2 min)
#
# In a moment both run once more, and every packet is recorded. **How many packets does this page take?**
#
# a) 2 &emsp; b) 4 &emsp; c) 10 &emsp; d) about 100
#
# And how many of these carry a piece of HTTP, question or page? Write a number.
#
# Guess before you go on. A guess that you have written down teaches you more than one that you only had.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b", "c" or "d"
guess_http = 2  # a number
# END SOLUTION

# %% [markdown]
# `lab.capture()` records everything that crosses the lab's network while its block runs. In the picture, time runs
# downwards. The letters are the packets' flags: section 3 reads them. A filled packet carries data, with its length in
# bytes; an outlined one carries none.

# %% tags=["reveal"]
running = lab.start(["python", "-c", server], port=8000)
with lab.capture() as packets:
    lab.run(["python", "-c", client])
packets.ladder(calls=check.CLIENT_CALLS)

# %% tags=["compare"]
check.guess_packets(guess, packets)

# %% tags=["compare"]
check.guess_http(guess_http, packets)

# %% [markdown]
# ## 3. Read one line (5 min)
#
# `tcpdump` is the program that people use to watch packets. It prints one line for each. This is the line of the
# client's request:

# %%
labelled_line("127.0.0.1.40000 > 127.0.0.1.8000: Flags [P.], seq 1:24, ack 1, length 23")

# %% [markdown]
# Left of `>` stands who sent it, right of it whom it is for: address, dot, port. The **flags** say what kind of packet
# it is:
#
# | letter | flag | says |
# |---|---|---|
# | `S` | SYN | let us begin; my numbers start here |
# | `.` | ACK | I have everything before this number |
# | `P` | PSH | give your program what you have: no more comes just now |
# | `F` | FIN | I have nothing more to send |
#
# A packet may carry several: `S.` is SYN and ACK together. `seq 1:24` numbers the bytes of data, 1 to 23: as in
# Python's `range(1, 24)`, the 24 is not in it. (Why from 1? Lesson 04.) `length` counts them. In front of them each
# packet has **headers**, with addresses, ports, flags, numbers: not HTTP's, and not counted here.
#
# The same ten packets as a table. Port 40000 is the client, 8000 the server:

# %%
packets.table()[["sport", "dport", "flags", "length"]]

# %% [markdown]
# Find the request. Find the page. Eight are left.
#
# ## 4. What you wrote, what happened (3 min)
#
# Look again at the left edge of the picture. The client called `connect`, `sendall`, `recv` (and once more, to wait for
# the end: not in the picture) and `close`. The server called `accept`, `recv`, `sendall` and `close`. Between them the
# two programs wrote something exactly twice.
#
# **Which of the ten packets carry what a program wrote? And who made the others?**
#
# Lesson 04 answers that. Keep the question.
#
# ## 5. Six guesses to keep (5 min)
#
# Six questions about what you believe today. Nobody checks them now. Lesson 05 asks three of them again, lesson 22 all
# six, and then you open this page and compare. For each write a letter, and how sure you are: 1 (a coin), 2, or 3 (I
# would bet).
#
# 1. **An ordinary program sends a request. Who writes the TCP header in front of it?**<br>a) the program &emsp;
#    b) a library in the program &emsp; c) the kernel &emsp; d) the network card
# 2. **You ask for a connection at a port where no program listens. What comes back?**<br>a) nothing &emsp; b) an error
#    from the network, but no packet &emsp; c) a packet from somebody
# 3. **One byte in a header is wrong. Who notices, and who is told?**<br>a) the network card; it asks for the packet again
#    &emsp; b) the receiving kernel; it tells nobody &emsp; c) the receiving program; it gets an error
# 4. **An ACK comes back for your data. What is sure?**<br>a) it arrived at the other machine &emsp; b) the program there
#    has read it &emsp; c) it is stored for good
# 5. **A server runs in a network of its own, as in a lab. It can be arranged that a browser outside reaches it at
#    `localhost`. Why does that work?**<br>a) in truth the two share one network &emsp; b) somebody copies the bytes, or
#    rewrites the packets &emsp; c) such a network is a small machine with a cable
# 6. **A connection is kept in**<br>a) the wires &emsp; b) both ends &emsp; c) the router

# %% tags=["words"]
mine = {
    1: (..., ...),  # (letter, how sure): who writes the header
    2: (..., ...),  # a port where nobody listens
    3: (..., ...),  # one wrong byte
    4: (..., ...),  # an ACK
    5: (..., ...),  # a network of its own
    6: (..., ...),  # where a connection is kept
    # You type a name in the browser. What happens, as far as you know? "Magic, probably" is a fine answer.
    "browser": """...""",
}

# %%
check.kept(mine)

# %% [markdown]
# ## 6. Recap (1 min)
#
# - A network card that nobody else has, a real kernel behind it, and no root: that is the lab.
# - One GET for one small page took ten packets, and two of them carried HTTP. "One message out, one back" is true for
#   the two programs. It is not what crossed the wire.
# - A line of tcpdump says who, whom, flags, numbers, length.
# - Open: who made the other eight?
#
# Next: [01 Can you type a packet?](01_first_syn.ipynb)
#
# <details>
# <summary>Asked next</summary>
#
# - *Is this my real network?* No. `lab.run("ip addr")` lists the cards that the lab has: `lo`, and nothing else.
# - *Why ten, and not eleven?* Each side says FIN, and each FIN is acknowledged; two of these travel in one packet here,
#   the client's FIN and its ACK of the server's. With slower programs they come apart, and you see eleven.
# - *Why no Wi-Fi, no router?* Both programs are on one machine. On a long way the packets are of the same kinds, though
#   one or two may be missing or come twice; lesson 20 adds the way.
# - *Does HTTPS look the same?* The ten stay. More packets come in the middle, and you cannot read them: lesson 20.
# - *I looked at all columns of the table: why is `checksum_ok` False?* On `lo` the kernel leaves the checksums of its own
#   packets unfinished, as nothing can damage them there. Lesson 06 comes back to it.
# - *Can I break something?* Not with packets: the lab ends at its own card. When this notebook's kernel stops, the lab
#   and all programs in it end too.
#
# </details>
