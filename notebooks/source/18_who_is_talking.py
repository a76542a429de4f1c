# %% [markdown]
# # 18 Who is talking?
#
# **"There are lots of applications using my localhost interface right now (e.g. Spotify, Chromecast); what are they
# doing?"** The author of this course's story asked that, and left it open.
#
# You do nothing. How many connections on localhost does your computer hold now? Write a number. Section 5 counts.

# %%
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas
from IPython.display import clear_output

import tcpkit
from tcpkit import Lab
from tcpkit.check import lesson18 as check
from tcpkit.draw import bar_pairs
from tcpkit.lab.socket_table import open_files

lab = Lab()
running = {}  # the programs that run in this lab, by name

# %%
# BEGIN SOLUTION
my_number = 3  # how many connections
# END SOLUTION

# %% [markdown]
# This lesson takes 45 minutes. [The card](card.html) has the header and the flags. Sections 1 to 4 look at a busy
# localhost in the lab, where you can know everything. Section 5 looks at your own machine: it reads and prints, and
# opens no connection of its own.
#
# ## Two minutes from memory (2 min)
#
# From lesson 09. The client calls `close()` first, then the server does. Which of their two sockets is in the kernel's
# table a few seconds later?
#
# a) the client's, in TIME-WAIT<br>
# b) the server's, in TIME-WAIT<br>
# c) both<br>
# d) none

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "a"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Eight programs (5 min)
#
# `data/busy.py` has eight small programs. Three are servers:
#
# - `web`, on port 8000, sends a part of a film to whoever asks for it.
# - `cache`, on port 6379, keeps a value for each key, and answers each `SET key value`.
# - `chat`, on port 9000, passes on each message to everybody who is in the chat.
#
# Five are clients:
#
# - `browser` fetches the film, in ten parts.
# - `shop` stores 300 values in the cache, one after the other, and waits for each answer.
# - `pool` opens a connection to the cache, for later use, and says nothing.
# - `friends` enters the chat three times. Two of the three say hello, twenty times each.
# - `monitor` asks five times whether a program listens on port 9100. None does.
#
# All but `monitor` keep their connections open. A **conversation** is all that two ends say to each other.

# %%
CLIENTS = ("browser", "shop", "pool", "friends", "monitor")


def start(name, port=None):
    running[name] = lab.start(["python", "data/busy.py", name], port)


def start_servers():
    """End the programs of an earlier run, and start the three servers."""
    while running:
        running.popitem()[1].stop()
    for name, port in {"web": 8000, "cache": 6379, "chat": 9000}.items():
        start(name, port)


def has_spoken(name):
    """Say whether a client has said all that it has to say."""
    return "ready" in running[name].output or not running[name].running


# %% [markdown]
# **Which conversation is the chattiest?**
#
# a) browser and web<br>
# b) shop and cache<br>
# c) the friends' chat<br>
# d) pool and cache: it is open all the time

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal"]
start_servers()
with lab.capture() as packets:
    for name in CLIENTS:
        start(name)
    while not all(map(has_spoken, CLIENTS)):
        time.sleep(0.01)
print("more than 900 packets:", len(packets) > 900)

# %% tags=["compare"]
check.guess_chattiest(guess, packets)

# %% [markdown]
# ## 2. Two witnesses (8 min)
#
# The capture says who **spoke**. `lab.sockets()`, the kernel's table, says who **holds** a socket. Six connections are
# open now: browser and web, shop and cache, pool and cache, and three between the friends and the chat. How many rows
# of the table are ESTABLISHED?
#
# a) 6 &emsp; b) 12 &emsp; c) 15

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
sockets = lab.sockets()
sockets[["state", "local", "remote", "program"]]

# %% tags=["compare"]
check.guess_rows(guess, sockets)

# %% [markdown]
# Which ends spoke, and hold no socket? Which hold a socket, and never sent a byte of data? Look for both in what the
# next cell prints, and say which programs they are.

# %%
table = packets.table()
spoke = {f"{host}:{port}" for host, port in zip(table["src"], table["sport"])}
data = table[table["length"] > 0]
sent_data = {f"{host}:{port}" for host, port in zip(data["src"], data["sport"])}
print("spoke, and hold no socket:", *sorted(spoke - set(sockets.local)), sep="\n  ")
print("hold a socket, and sent no data:", *sorted(set(sockets.local) - sent_data), sep="\n  ")

# %% [markdown]
# The first are `monitor` and the port that it asked. Each of the five SYNs was answered with RST (lesson 04). No
# connection began, so the kernel has nothing to keep.
#
# The last one is `pool`. After its handshake no packet was sent. (The silent friend did send: it asked to enter the
# chat.) `pool`'s other end is not in the list: `accept` makes a new socket and no new port, so both connections of
# `cache` have the local end 127.0.0.1:6379, and the one to `shop` did send. An open connection is an entry at each of
# its two ends. A capture that begins now would not show this connection.
#
# In a capture each packet has a row of its own. Which rows belong together? An answer has source and destination
# exchanged. Write a key for each row: the same for both directions, and another one for every other conversation.


# %% tags=["exercise"]
# Exercise 18.1
def conversation(src: str, sport: int, dst: str, dport: int) -> tuple:
    """Return a key: the same for a packet and its answer, another for any other two ends."""
    # BEGIN SOLUTION
    return tuple(sorted([(src, sport), (dst, dport)]))
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# A conversation has two ends. What is one end? Which two of the four values belong together?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Make a tuple of address and port for each end. Then put the two ends in an order that does not depend on who sent.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return tuple(sorted([..., ...]))`
#
# </details>

# %% tags=["check"]
check.conversation(conversation)

# %% [markdown]
# Two addresses and two ports: that is all that tells one TCP conversation from another. No packet has the name of a
# program in it. The name is in the table only, because the kernel knows who holds the socket.
#
# ## 3. Where the table comes from (10 min)
#
# The kernel writes its table as text, into the file `/proc/net/tcp`. Here are three columns of the lab's table: local
# end, remote end, and state.

# %%
lines = lab.run("cat /proc/net/tcp").output.splitlines()[1:]
for local, remote, state in sorted(line.split()[1:4] for line in lines):
    print(local, remote, state)

# %% [markdown]
# State `01` is ESTABLISHED, and `0A` is LISTEN. So one line says `0100007F:1F40 00000000:0000 0A`: a program listens at
# `0100007F:1F40`. Which address is that, and which port?


# %% tags=["exercise"]
# Exercise 18.2
def endpoint(text: str) -> tuple[str, int]:
    """Return address and port of an end as the kernel writes it, such as "0100007F:1F40"."""
    # BEGIN SOLUTION
    host, port = text.split(":")
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(host))), int(port, 16)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Write 127.0.0.1 as four bytes in hexadecimal, and 8000 as two. Lay them beside the kernel's text.
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# The bytes of the address come in reverse order. Write them as decimal numbers with dots between them. The port is
# hexadecimal, and it is not turned round.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# host, port = text.split(":")
# return ... (reversed(bytes.fromhex(host))), int(port, 16)
# ```
#
# What is left out makes text of four bytes: `str` of each, and `".".join`.
#
# </details>

# %% tags=["check"]
check.endpoint(endpoint, lab)

# %% [markdown]
# In lesson 01 you wrote numbers in network order, the most significant byte first. The kernel keeps the four bytes of
# the address in that order: `7f 00 00 01`. But it prints them as one number, and your machine's processor takes the
# first byte of a number for the least significant one. So the kernel prints `0100007F`. The port is converted before it
# is printed.
#
# <details>
# <summary>On all machines?</summary>
#
# No. On the few processors that keep the most significant byte first, the same line says `7F000001:1F40`. A program
# that has to run there as well asks for the machine's own order: `struct.pack("=I", int(host, 16))`. `lab.sockets()`
# does that.
#
# </details>
#
# ## 4. The query (12 min)
#
# Now ask the question of section 1 in Python. `table` is the table of any capture; `by` says the unit. 18.1's function
# is in tcpkit too: `tcpkit.conversation`.
#
# <details>
# <summary>If this is new: groups in pandas</summary>
#
# - `table["length"].groupby(table["dport"]).sum()` puts together the rows with the same `dport`, and adds up their
#   lengths: a number for each port. `.size()` counts the rows instead.
# - `.idxmax()` of these numbers is the name of the largest group: here a port. `.max()` is the number itself.
# - `groupby` also takes values of your own, one for each row: `pandas.Series(values, index=table.index)`. (It takes a
#   plain list for names of columns, and raises KeyError.)
# - `zip(table["src"], table["sport"])` goes through two columns, row by row.
# - Take a column as `table["flags"]`. `row.flags` is something else, which pandas has itself.
#
# </details>


# %% tags=["exercise"]
# Exercise 18.3
def chattiest(table: pandas.DataFrame, by: str = "bytes") -> tuple | None:
    """Return the two ends with most bytes, or most "packets"; None for an empty table."""
    # BEGIN SOLUTION
    if table.empty:
        return None
    columns = (table[name] for name in ("src", "sport", "dst", "dport"))
    ends = [tcpkit.conversation(*row) for row in zip(*columns)]
    groups = table["length"].groupby(pandas.Series(ends, index=table.index))
    return (groups.sum() if by == "bytes" else groups.size()).idxmax()
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What must two rows share to be in the same group?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Make a list with the key of each row, `tcpkit.conversation(...)`. Group the column `length` by these keys. Add up, or
# count. Return the name of the largest group.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# if table.empty:
#     return None
# columns = (table[name] for name in ("src", "sport", "dst", "dport"))
# ends = [tcpkit.conversation(*row) for row in zip(*columns)]
# groups = table["length"].groupby(pandas.Series(ends, index=table.index))
# return (groups.sum() if by == "bytes" else ...).idxmax()
# ```
#
# </details>

# %% tags=["check"]
check.chattiest(chattiest, lab)

# %% [markdown]
# Here are both units, for all eleven conversations of your capture. The capture tells the ends, and the table of
# section 2 the programs. (That ports 40010 to 40014 were `monitor`'s is known only because `data/busy.py` says so.)

# %%
columns = (table[name] for name in ("src", "sport", "dst", "dport"))
ends = [tcpkit.conversation(*row) for row in zip(*columns)]
talks = table["length"].groupby(pandas.Series(ends, index=table.index)).agg(["sum", "size"])
programs = dict(zip(sockets.local, sockets.program))
programs |= {f"127.0.0.1:{port}": "monitor" for port in range(40010, 40015)}
rows = []
for (server, client), size, count in talks.itertuples():
    names = [programs.get(f"{host}:{port}", "nobody") for host, port in (client, server)]
    rows.append((" - ".join(names), size, count))
rows.sort(key=lambda row: row[1], reverse=True)
bar_pairs(rows, heads=("bytes", "packets"))

# %% [markdown]
# The film is 200,000 bytes in about 25 packets: on `lo` a packet holds up to 64 KiB (lesson 06). The kernel decides how
# many packets it makes, and that number differs a little from run to run.
#
# ## 5. Your own machine (7 min)
#
# The lab is a network of its own. Your machine has a table too, with the sockets of all its programs. The next two
# cells read `/proc/net/tcp` and `/proc/self/fd`, as you, and open no connection. `/proc/self/fd` lists the files that
# this notebook's Python holds open. A socket is called `socket:[12345]` there, and the same number, its inode, is
# column 10 of the table.
#
# **How many rows belong to this notebook?**
#
# a) none &emsp; b) 1 &emsp; c) more than 5

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION


# %% tags=["reveal", "nbval-ignore-output"]
def rows_here():
    """Return the rows of this machine's own table, and those that this notebook holds."""
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        held = set(open_files(Path("/proc/self")))
    except OSError:
        print("This system does not show its table of sockets here.")
        return [], []
    all_rows = [line.split() for line in lines]
    return all_rows, [row for row in all_rows if f"socket:[{row[9]}]" in held]


all_rows, own = rows_here()
# An address that begins with 127 ends with 7F here.
within = [row for row in all_rows if row[3] == "01" and row[1][6:8] == row[2][6:8] == "7F"]
print(len(all_rows), "rows in the table,", len(own), "of them this notebook's")
print(len(within) // 2, "connections on localhost, by IPv4")

# %% tags=["compare"]
check.guess_own(guess, own)

# %% [markdown]
# Compare the number of connections with the one that you wrote at the top.
#
# So how does the text that a cell prints get to your screen? `TCP_INFO` is what the kernel knows about one connection.
# It includes how many bytes the other end has acknowledged. The next cell reads that for the connections of this
# notebook, prints 100,000 letters, reads it again, and removes the letters.


# %% tags=["nbval-ignore-output"]
def acknowledged(rows):
    """Return how many bytes the other end has acknowledged, for each connection of ours."""
    ours = {f"socket:[{row[9]}]" for row in rows if row[3] == "01"}
    counts = {}
    for descriptor in os.listdir("/proc/self/fd") if ours else ():
        with suppress(OSError):  # it was closed meanwhile
            if os.readlink(f"/proc/self/fd/{descriptor}") in ours:
                with socket.socket(fileno=os.dup(int(descriptor))) as copy:
                    info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
                counts[descriptor] = int.from_bytes(info[120:128], sys.byteorder)
    return counts


before, most = acknowledged(own), 0
if before:
    print("y" * 100_000, flush=True)
for _ in range(100 if before else 0):  # until they have gone
    time.sleep(0.05)
    last, most = most, max(n - before.get(which, n) for which, n in acknowledged(own).items())
    if most == last > 100_000:
        break
clear_output()
print(f"one of {len(before)} connections carried {most:,} bytes")

# %% [markdown]
# **`print` sends TCP segments.** They carried your letters, and JSON around them, which says for example to which cell
# they belong. (If the cell says 0 bytes, your Jupyter does not use TCP, or this system does not show it.)
#
# Answer the question at the top for your machine, in three sentences: who talks on your localhost, how do you know, and
# what have you not seen?

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# <details>
# <summary>Four things to look for in your sentences</summary>
#
# Do they (1) name a program that talks, such as JupyterLab with this notebook's Python, (2) say which of the two
# witnesses told you, the table or a capture, (3) give a unit where they say "much", (4) name a kind of talk that
# `/proc/net/tcp` never shows?
#
# </details>
#
# <details>
# <summary>What this table never shows, and a tool for every day</summary>
#
# - **Unix sockets**: programs on one machine talk through a file. `psql` without `-h`, D-Bus and Docker's
#   `/var/run/docker.sock` do. They are in `/proc/net/unix`, and have no port.
# - **UDP**: DNS, and the questions by which Spotify finds a speaker, or a browser a Chromecast. UDP has a table of its
#   own, `/proc/net/udp`.
# - **IPv6**: `::1` is localhost as well. Its rows are in `/proc/net/tcp6`.
# - **Whose sockets they are**: you may read `/proc/PID/fd` of your own programs only. For those of other users you see
#   a row, and no name.
# - **What is said**: no table shows it. You would need a capture, and for a capture of `lo` the right to take one.
#
# `ss -tip`, in a terminal of your own, prints all rows with the names of your programs, and TCP_INFO of each
# connection.
#
# </details>
#
# ## 6. Recap (1 min)
#
# - Two addresses and two ports name a conversation.
# - The table tells who holds a socket. A capture tells who spoke. Neither tells both.
# - "Chatty" needs a unit. By bytes the film wins, by packets 300 small questions.
# - Localhost is busy: what you read here came to you over it.
#
# On many machines a row of the table has the other end 172.17.0.2. That is a program on the same machine, but not on
# this network. Lesson 19 builds such a place: a container.
#
# Next: [19 Why does `localhost:5432` answer?](19_containers.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why does `monitor` leave no TIME-WAIT?* TIME-WAIT is for an end that has closed a connection. Here there was none.
# - *Can I see what other programs say?* As an ordinary user you cannot. `ss -ti` shows the counters of each connection.
# - *Is what JupyterLab and my Python say to each other encrypted?* Normally not, and ipykernel 7 warns about that
#   itself. Both are on your machine, and each message is signed.
# - *Why 26 packets of the film in one run and 27 in another?* The kernel decides when it sends an ACK alone, and when
#   it waits for data that carries the ACK.
# - *Why does each connection of `web` have a thread of its own?* With one thread for all, a connection that stays
#   silent, such as `pool`'s, would keep everybody else waiting.
#
# </details>
