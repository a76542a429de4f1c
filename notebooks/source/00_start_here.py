# %% [markdown]
# # 00 What happens in one GET?
#
# **You have made ten thousand HTTP requests. How many packets does one request take?**
#
# In the next lesson you type a packet by hand. In this lesson you only watch: two ordinary programs, and every packet
# between them.
#
# This lesson takes 20 minutes. You need to know how to write a Python function. You need no networking and no C, and
# from Linux only how to open a terminal. [The card](card.html) is one page that you may want to print. If you like, take
# twelve minutes first: [what do you believe now?](inventory.ipynb)
#
# Run the cells in order (Shift+Enter). JupyterLab calls the Python process behind a notebook its "kernel"; in this
# course, the kernel is always the Linux kernel. After a restart of that Python process, choose the menu Run, Run All
# Above Selected Cell. First the lab:

# %% tags=["nbval-ignore-output"]
from tcpkit import Lab
from tcpkit.check import lesson00 as check
from tcpkit.draw import labelled_line

lab = Lab()
lab

# %% [markdown]
# The lab is a second network card. It is virtual, it is connected to nothing, and only this notebook sees it. Behind it
# is the real Linux kernel of this machine. Nothing that you send in the lab can leave the lab.
#
# <details>
# <summary>If this is new: address, port, loopback, root</summary>
#
# - An **IP address** is the number of a network card. `127.0.0.1` always means "this machine itself".
# - The card with that address is called **loopback**, or `lo`: what you send through this card comes straight back in.
# - A **port** is a number from 1 to 65535 that says which program is meant. Many programs share one address, each with
#   a port of its own.
# - **root** is the user who may do everything. Normally only root may send hand-made packets. In the lab you may send
#   them as an ordinary user, because nobody else is connected to the lab.
# - Linux calls such a separate network a **namespace**. Containers are built from namespaces too.
#
# </details>

# %% [markdown]
# ## 1. Two ordinary programs (4 min)
#
# Here are two complete programs. The server waits for a request, sends one small page, and closes the connection. The
# client asks for the page and prints its text. You have written such programs before, or used a library that contains
# them. One thing is unusual: `source_address` gives the client port 40000, so that you recognise its packets. Without
# `source_address` the kernel picks a port.

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
connection.recv(1000)  # returns nothing, as soon as the server has closed the connection
connection.close()
print(page.decode().split("\r\n\r\n")[1], end="")
"""

# %% [markdown]
# `lab.start` starts a program in the lab and leaves it running; if a program that it started earlier still uses the
# same port, `lab.start` ends that program first. `lab.run` runs a program and waits until the program ends.

# %%
running = lab.start(["python", "-c", server], port=8000)
lab.run(["python", "-c", client])

# %% [markdown]
# The client prints `hello`. Nothing special so far.
#
# ## 2. Guess (2 min)
#
# In a moment both programs run once more, and every packet is recorded. **How many packets does this page take?**
#
# a) 2 &emsp; b) 4 &emsp; c) 10 &emsp; d) about 100
#
# And how many of these packets carry a piece of HTTP, request or page? Write a number.
#
# Guess before you go on. You learn more from a guess that you have written down.

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b", "c" or "d"
guess_http = 2  # a number
# END SOLUTION

# %% [markdown]
# `lab.capture()` records everything that crosses the lab's network while its block runs. In the picture, time runs
# downwards. The letters are the packets' flags; section 3 explains the letters. A filled packet carries data, and its
# number of bytes stands beside the flags. An outlined packet carries no data.

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
# ## 3. Read one line (6 min)
#
# `tcpdump` is the program that people use to watch packets. It prints one line for each packet. This is the line of the
# client's request, without the parts that you do not need yet:

# %%
labelled_line("127.0.0.1.40000 > 127.0.0.1.8000: Flags [P.], seq 1:24, ack 1, length 23")

# %% [markdown]
# The sender stands to the left of `>`, the receiver to the right: address, dot, port. The **flags** say what kind of
# packet it is:
#
# | letter | flag | what the packet says |
# |---|---|---|
# | `S` | SYN | let us begin; my numbers start here |
# | `.` | ACK | I have all bytes before the number that follows `ack` |
# | `P` | PSH | give your program what you have: no more data follows just now |
# | `F` | FIN | I have nothing more to send |
# | `U` | URG | a part of my data is urgent (almost no program uses this flag) |
# | `R` | lesson 04 names it | no packet of this GET has this flag |
#
# A packet may have several flags: `S.` is SYN and ACK. `seq 1:24` numbers the bytes of data, 1 to 23: as in Python's
# `range(1, 24)`, 24 is not included. `length` counts these bytes. In front of the data each packet has **headers**,
# with addresses, ports, flags and numbers. `length` does not count the headers.
#
# Here are all ten packets. Port 40000 is the client, port 8000 is the server:

# %% tags=["nbval-ignore-output"]
packets

# %% [markdown]
# `win` is the **window**: how much data the sender of the packet can store now. (The first two packets agree
# on a larger unit, and from the third packet on `win` counts in it.) `also` lists **options**, extra fields in the header. You
# need neither of them yet.
#
# The first three packets, `S`, `S.` and `.`, are the **three-way handshake**. In them each side says where its numbers
# start, and confirms the start of the other side. Then come the request and the page, and at the end each side says
# FIN.
#
# Where do the numbers start? Look at `seq` in the two packets with an `S`: each side picks a large number at random.
# From all later numbers tcpdump subtracts that first number, so that you read 1 where the packet has a number with many
# digits. With `-S` tcpdump prints the real numbers. Here is the line of the request without `-S`, then with it (`-t`
# leaves out the time):

# %% tags=["nbval-ignore-output"]
for options in ("-t", "-t -S"):
    print(packets.tcpdump(options).splitlines()[3])

# %% [markdown]
# (Why does the data begin with number 1 and not with 0? Lesson 04.)
#
# ## 4. What the programs wrote (2 min)
#
# Look again at the left edge of the picture: it shows the calls of the client. The client called `connect`, `sendall`,
# `recv` and `close` (its second `recv` is not drawn). The server called `accept`, `recv`, `sendall` and `close`. So
# each program wrote something exactly once: the client its request, the server its page. Eight packets are left.
#
# **Who made those eight packets, if not the two programs?**
#
# Lesson 04 answers this question. Keep the question until then.
#
# ## 5. Six guesses to keep (5 min)
#
# Here are six questions about what you believe today. Nobody checks your answers now. Lesson 05 asks three of the
# questions again, the last lesson of the course asks all six, and then you open this page and compare. For each
# question write a letter, and how sure you are: 1 (you do not know), 2 (you think so), or 3 (you are certain).
#
# 1. **An ordinary program sends a request. Who writes the TCP header in front of it?**<br>a) the program &emsp; b) a
#    library in the program &emsp; c) the kernel &emsp; d) the network card
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

# %% tags=["words"]
mine = {
    1: (..., ...),  # (letter, how sure): who writes the header
    2: (..., ...),  # a port where no program listens
    3: (..., ...),  # one wrong byte
    4: (..., ...),  # an ACK
    5: (..., ...),  # a server in a container
    6: (..., ...),  # what remembers a connection
    # You type a name in the browser. What happens, as far as you know?
    # "Magic, probably" is a fine answer.
    "browser": """...""",
}

# %%
check.kept(mine)

# %% [markdown]
# ## 6. Recap (1 min)
#
# - The lab is a network card that nobody else has, with a real kernel behind it. You do not need to be root.
# - One GET for one small page took ten packets, and two of them carried HTTP. "One message out, one back" is true for
#   the two programs. It is not what crossed the network.
# - A line of tcpdump says who sends to whom, which flags, which numbers, and how much data.
# - A connection begins with the three-way handshake: `S`, `S.`, `.`
# - Still open: who made the other eight packets?
#
# Next: [01 Can you type a packet?](01_first_syn.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Is this my real network?* No. `lab.run("ip addr")` lists the network cards of the lab: `lo`, and nothing else.
# - *Why ten packets, and not eleven?* Each side sends a FIN, and each FIN is acknowledged. Here one packet does two of
#   these things: it is the client's FIN, and also the ACK for the server's FIN. If the client closes a little later,
#   these are two packets, and you see eleven.
# - *Why is there no Wi-Fi and no router?* Both programs run on one machine. Between two machines you see the same kinds
#   of packets, but sometimes one packet is lost on the way and sent again.
# - *Does HTTPS look the same?* The ten packets stay. More packets come in the middle, and their data is encrypted.
# - *Why does `packets.table()` say False under `checksum_ok`, and `packets.tcpdump("-t -v")` say `incorrect`?* Nothing
#   is wrong with these packets. The kernel leaves this sum to the network card, and `lo` has no card that computes it.
#   Lesson 03 shows such packets again.
# - *Can I break something?* Not with packets: none of them leaves the lab. When the Python process of this notebook
#   ends, the lab ends too, and so do all programs in it.
#
# </details>
