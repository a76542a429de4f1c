# %% [markdown]
# # 14 Can a library that never heard of you use your TCP?
#
# **asyncpg is a client for the database PostgreSQL. Its authors know Python's `asyncio`; they never heard of your
# TCP. Two of its lines:**
#
# ```python
# connection = await asyncpg.connect("postgresql://postgres@10.0.0.1/postgres")
# await connection.fetchval("SELECT 6 * 7")
# ```
#
# **At the end of this lesson these two lines reach PostgreSQL through your TCP.**

# %%
import asyncio
import threading
import time
import types

import asyncpg
import httpx

from tcpkit import Flags, Lab, mine
from tcpkit.check import lesson14 as check
from tcpkit.draw.tcp_so_far import tcp_so_far
from tcpkit.lab import postgres
from tcpkit.lab.cables.door import DOOR
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import Stack

lab = Lab()

# %% [markdown]
# This lesson takes 45 minutes. If you are tired, stop after section 3. [The card](card.html) has the flags. You need
# a little `asyncio`: you have written `async def` and `await` before.
#
# ## Two minutes from memory (2 min)
#
# From lesson 10. This end has closed first. Its FIN is acknowledged, and the other end's FIN has not come. In which
# state is it?
#
# a) FIN-WAIT-1 &emsp; b) FIN-WAIT-2 &emsp; c) CLOSE-WAIT &emsp; d) CLOSING &emsp; e) TIME-WAIT

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # a letter, "a" to "e"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Who waits? (4 min)
#
# Up to now a thread **turned** your stack: it handed over what had come, and took what was to be sent.
# `running.wait_for` stood still until something happened, and so did the notebook. But the stack itself never waits:
# `recv` returns what is there, and `next_deadline()` says when the stack has something to do next. Something else has
# to wait for a packet **or** for that time. In `asyncio` the **event loop** does: it waits for many things at once, and
# calls a function when one of them happens. These lines connect your stack to it (`port` is our end of the cable):
#
# ```python
# def turn():
#     for packet in port.received():
#         stack.receive(packet, loop.time())
#     for packet in stack.poll(loop.time()):
#         port.send(packet)
#     if (deadline := stack.next_deadline()) is not None:
#         loop.call_at(deadline, turn)
#
# loop.add_reader(port.fileno(), turn)
# ```
#
# No thread is needed. `async with host.asyncio(stack):` runs such lines. Inside this block, asyncio's own functions,
# such as `asyncio.open_connection`, use your stack in place of the kernel's sockets.
#
# ## 2. A hundred at once (7 min)
#
# A web server runs on the kernel's side. The cable takes 50 ms each way, so one page takes 0.2 s: one round trip to
# dial, one to ask.

# %%
SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "21")
        self.end_headers()
        self.wfile.write(b"hello from the kernel")

    def log_message(self, *words):
        pass

ThreadingHTTPServer.request_queue_size = 100  # connections that may wait to be accepted
ThreadingHTTPServer(("10.0.0.1", 8000), Page).serve_forever()
"""
host = lab.host("10.0.0.2", link=Link(delay_s=0.05))
server = lab.start(["python", "-c", SERVER], port=8000)
told = []


async def page(name):
    """Fetch one page; tell what happens."""
    told.append((name, "dials"))
    reader, writer = await asyncio.open_connection("10.0.0.1", 8000)
    told.append((name, "asks"))
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    text = await reader.read()
    told.append((name, "has all"))
    writer.close()
    return text.endswith(b"hello from the kernel")


# %% [markdown]
# `asyncio.gather` starts a hundred of these coroutines. How long do a hundred pages take?
#
# a) 20 s: a hundred times 0.2 s &emsp; b) about 5 s &emsp; c) less than 2 s

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
threads, began = threading.active_count(), time.monotonic()
async with host.asyncio(Stack("10.0.0.2")):
    pages = await asyncio.gather(*(page(name) for name in range(100)))
seconds = time.monotonic() - began
print(sum(pages), "pages; seconds, to the nearest five:", 5 * round(seconds / 5))
print("threads more:", threading.active_count() - threads)
told.clear()
async with host.asyncio(Stack("10.0.0.2")):
    await asyncio.gather(*(page(name) for name in "abc"))
print(*(what for _, what in told), sep=", ")

# %% tags=["compare"]
check.guess_hundred(guess, seconds)

# %% [markdown]
# While one page waits for its packet, the others get theirs. All hundred wait at the same time, in one thread.
#
# ## 3. What `await` is (7 min)
#
# Now you do the event loop's work by hand. Here are two stacks in virtual time, 0.1 s apart, and an open connection
# between them. A coroutine gets a `Line`: it has the connection's methods, and these never wait. Only
# `await line.turned()` waits: it returns after the stack has been turned once more.


# %%
class Line:
    """A connection, and `turned`, where its coroutine pauses."""

    def __init__(self, connection):
        self.connection = connection

    def __getattr__(self, name):  # unread, has_ended, error, recv, send
        return getattr(self.connection, name)

    @types.coroutine
    def turned(self):
        yield "the next turn"  # what .send(None) returns


left, right = Stack("10.0.0.1"), Stack("10.0.0.2")
network, listener = Network(left, right, Link(delay_s=0.1)), right.listen(80)
ours = left.connect("10.0.0.2", 80, 0.0)
network.run(lambda: listener.ready)
theirs = listener.accept()

# %% [markdown]
# `DOOR.read` is tcpkit's `async def read(line)`: it waits until something is there. The next cell begins with the call
# `reading = DOOR.read(Line(ours))`. What has `read` done when this call returns?
#
# a) it reads in the background &emsp; b) nothing &emsp; c) it has read what was there

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
reading = DOOR.read(Line(ours))
called = type(reading).__name__
print(f"{network.now:.1f} s: it is a {called}")
print(f"{network.now:.1f} s: it runs, and stands still for:", reading.send(None))
theirs.send(b"hello")
network.sleep(0.1)
try:
    reading.send(None)
except StopIteration as end:
    print(f"{network.now:.1f} s: it has returned", end.value)

# %% tags=["compare"]
check.guess_called(guess, called)

# %% [markdown]
# Calling an `async def` function runs none of it: it makes a coroutine. `.send(None)` runs the coroutine until its
# next `await` that has to wait. There the coroutine stands still, keeps all its variables, and gives the thread back.
# An event loop is a program that calls `.send(None)` on every coroutine for which there is news.
#
# **What wakes a coroutine that waits?** Write it in one sentence.

# %% tags=["words"]
what_wakes = """..."""

# %% [markdown]
# <details>
# <summary>One way to say it</summary>
#
# The loop calls the coroutine again, because something has happened: a packet has come, or a deadline. The loop does
# not check whether the coroutine waited for this. The coroutine checks, and waits again if not.
#
# </details>
#
# Write this as a coroutine: check, and wait again if not. `predicate` is a function without arguments.


# %% tags=["exercise"]
# Exercise 14.1
async def until(line, predicate) -> None:
    """Return once predicate() is true; wait for the line's next turn as often as needed."""
    # BEGIN SOLUTION
    while not predicate():
        await line.turned()
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# After a turn there may be news for another connection only. What do you do then?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Look first: it may be true already. As long as it is not true, `await line.turned()`, and look again.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `while ...: await line.turned()`
#
# </details>

# %% tags=["check"]
check.until(until, lab)

# %% [markdown]
# **Stop here if you are tired.**
#
# ## 4. The door (11 min)
#
# A program wants two things of a connection: a `read` that waits until something is there, and a `write` that waits
# until all is taken. A `Line` has:
#
# - `line.recv(most)`: at most `most` of the bytes there now; `b""` if nothing is there, and also at the end. If the
#   connection was reset, it raises the error.
# - `line.send(data)`: takes as many bytes as there is room for, and returns how many, 0 if there is no room. Raises the
#   error, as `recv` does.
# - `line.unread`: how many bytes can be read now. `line.has_ended`: the other end has sent its last byte, and all was
#   read. `line.room`: how many bytes `send` would take. `line.error`: the error that has ended the connection, or
#   `None`.
#
# `until` here is tcpkit's. Write `read`.


# %% tags=["exercise"]
# Exercise 14.2
async def read(line, most: int = 65_536) -> bytes:
    """Return at least one byte and at most so many; b"" at the end only."""
    # BEGIN SOLUTION
    await DOOR.until(line, lambda: line.unread or line.has_ended or line.error)
    return line.recv(most)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What does `recv` return when nothing is there, and what at the end? How can your caller tell the two apart?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Three things may end the wait: there is something to read, the end has come, or an error. Take the bytes last: a
# coroutine may be cancelled while it waits, and bytes that it has taken before are lost then.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# await DOOR.until(line, lambda: line.unread or ... or line.error)
# return line.recv(most)
# ```
#
# </details>

# %% tags=["check"]
check.read(read, lab)


# %% tags=["exercise"]
# Exercise 14.3
async def write(line, data: bytes) -> None:
    """Hand over all of the data; wait for room where there is none."""
    # BEGIN SOLUTION
    while data:
        data = data[line.send(data) :]
        await DOOR.until(line, lambda: line.room or line.error)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# `line.send(data)` has returned 1,000, and `data` has 3,000 bytes. What is left to do?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Cut off what was taken, wait until there is room (or an error), and send the rest, until nothing is left.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# while data:
#     data = data[... :]
#     await DOOR.until(line, lambda: line.room or line.error)
# ```
#
# </details>

# %% tags=["check"]
check.write(write, lab)

# %% [markdown]
# These three coroutines together are a **door**: asyncio's streams read and write through it. `host.asyncio(stack,
# door=...)` uses yours.
#
# ## 5. Unmodified (10 min)
#
# First httpx, a web client that opens its connections by asyncio (JupyterLab uses it). Then the other way round:
# asyncio's own server listens on your TCP, and `curl` calls it through the kernel.


# %%
async def serve(reader, writer):
    """Answer one request, as a web server does."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello from your TCP")
    await writer.drain()
    writer.close()


host = lab.host("10.0.0.2")  # a cable without delay
async with host.asyncio(Stack("10.0.0.2")):
    async with httpx.AsyncClient(trust_env=False) as client:  # no proxy of this machine
        page_read = await client.get("http://10.0.0.1:8000/")
    print("httpx:", page_read.status_code, page_read.text)
    await asyncio.start_server(serve, "10.0.0.2", 80)
    curl = await lab.start("curl -s http://10.0.0.2/")
    print("curl:", curl.output)

# %% [markdown]
# (`await lab.start(...)` gives the thread back while the program runs. `lab.run` would keep the thread, and so would
# `connect` of a `lab.socket()`: the server, which needs this thread too, could not answer.)
#
# Now PostgreSQL: the real one, a program on the kernel's side. It knows the address that has called it, and a query
# can ask for this address. Which one is it?
#
# a) 127.0.0.1<br>
# b) 10.0.0.1, as every program on this machine has<br>
# c) 10.0.0.2

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
database = postgres.start(lab)
print(database.url)
async with host.asyncio(Stack("10.0.0.2")):
    connection = await asyncpg.connect(database.url)
    print("6 * 7 is", await connection.fetchval("SELECT 6 * 7"))
    called_from = await connection.fetchval("SELECT host(inet_client_addr())")
    print("called from", called_from)
    sockets = lab.sockets()
    open_now = sockets[sockets.state == "ESTABLISHED"]
    print("of PostgreSQL's:", len(open_now[open_now.program == "postgres"]), end="; ")
    print("of ours:", open_now.local.str.startswith("10.0.0.2").sum())
    await connection.close()

# %% tags=["compare"]
check.guess_address(guess, called_from)

# %% [markdown]
# The kernel's list has one end of this connection: PostgreSQL's. The other end is in this notebook.
#
# A real client also gives up: `asyncio.wait_for` cancels a query that takes too long. Afterwards the connection can
# still be used:

# %%
with host.capture() as packets:
    async with host.asyncio(Stack("10.0.0.2")):
        connection = await asyncpg.connect(database.url)
        try:
            await asyncio.wait_for(connection.execute("SELECT pg_sleep(30)"), 0.2)
        except TimeoutError:
            print("cancelled")
        print("and then:", await connection.fetchval("SELECT 7"))
        await connection.close()
print("SYNs:", sum(packet.segment.flags == Flags.SYN for packet in packets))

# %% [markdown]
# There are two SYNs: to cancel a query, asyncpg dials a second connection and names the first one there.
#
# ## 6. Your TCP (3 min)
#
# `mine.keep` keeps your three coroutines. The picture shows the way from asyncpg to PostgreSQL. The boxes that you have
# written are filled.

# %% tags=["mine"]
tcp = mine.keep(until=until, read=read, write=write)
print(*tcp.said, sep="\n")
tcp_so_far(tcp.lessons, tall=True)

# %% [markdown]
# Now all your pieces together, over a link that loses 2 % of the packets, swaps 2 % and doubles 2 %. PostgreSQL sends a
# thousand rows of a thousand letters. (`mine.pieces(lab)` first lets your pieces carry a megabyte. If it does not
# arrive, tcpkit's pieces take their place.)

# %% tags=["mine"]
host = lab.host("10.0.0.2", link=Link(loss=0.02, reordering=0.02, duplication=0.02, seed=14))
stack = Stack("10.0.0.2", Settings(rto_min_s=0.2, pieces=mine.pieces(lab)))
async with host.asyncio(stack, door=mine.door()):
    connection = await asyncpg.connect(database.url)
    query = "SELECT repeat('x', 1000) FROM generate_series(1, 1000)"
    letters = [row[0] for row in await connection.fetch(query)]
    print(f"{len(letters):,} rows, {sum(map(len, letters)):,} letters")
    await connection.close()

# %% [markdown]
# The SQL is PostgreSQL's, the cable is the kernel's. Every byte between them went through your TCP: the pieces that
# you wrote, and tcpkit's where you have none yet. (Congestion control is lesson 16.) The address was 10.0.0.1, at
# the end of your cable. How `localhost:5432` reaches a PostgreSQL in a container is lesson 19.
#
# ## 7. Recap (1 min)
#
# - A TCP does not wait. Whoever runs it waits: for a packet, or for the next deadline.
# - Calling an `async def` function runs nothing. At an `await` a coroutine may pause, and gives the thread back.
# - A coroutine that was woken checks whether it has what it waits for.
# - A library that opens its connections by asyncio does not ask whose TCP carries them.
#
# Your TCP works. How fast is it on a long way that loses packets?
#
# Next: [15 What does a fast link buy?](15_loss_and_delay.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Does TLS work?* Yes: `asyncio.open_connection(..., ssl=...)`, `https` with httpx, `writer.start_tls`. TLS needs
#   an object that reads and writes bytes (asyncio calls it a transport), and asks for no more.
# - *requests, psycopg?* They open sockets of the kernel's by themselves, so they cannot use this door.
# - *Is asyncio faster than threads?* It needs less memory for each connection that waits. One thread does one thing
#   at a time, either way.
# - *Why must a function that awaits be `async` too?* A plain function cannot stop in the middle and go on there later.
#   So whoever needs what a coroutine returns has to `await` it, and is a coroutine as well.
# - *What is a `Protocol`, in asyncio and in Twisted?* An object whose methods are called when something happens, such
#   as `data_received(data)`. Twisted had it first. asyncio's streams, with `read` and `write`, are built on it.
# - *What if my code stands still, for example in `time.sleep`?* Then nobody turns the stack. The kernel sends again,
#   as for a packet that was lost, and all goes on afterwards.
# - *What is a backlog?* How many connections may wait to be accepted. Python's `http.server` has room for five: the
#   next SYNs are dropped, and sent again a second later. This is why the server above has 100.
#
# </details>
