# %% [markdown]
# # 19 Why does `localhost:5432` answer?
#
# **"I hadn't thought about why I could use TCP to communicate with a Postgres Docker container at `localhost:5432`."
# And: "Will I still be able to send packets to localhost (and will my kernel respond) if I put the code into a Docker
# container? (Spoiler alert: sort of ...)"**
#
# Two sentences of the story. In this lesson you build the container's network yourself.

# %%
import socket

import tcpkit
from tcpkit import Capture, Flags, Lab, Segment, TCPHeader
from tcpkit.check import lesson19 as check
from tcpkit.draw import beside, ways_in
from tcpkit.lab import postgres
from tcpkit.mine.definition import text_of

lab = Lab()

# %% [markdown]
# This lesson takes 50 minutes. If you are tired, stop after section 3. [The card](card.html) has the header and the
# flags.
#
# <details>
# <summary>If this is new: image, container, Docker</summary>
#
# A **container** is some processes with a narrowed view of the machine: of its files, its processes, its network. An
# **image** holds the files that they see. **Docker** is a program that makes such containers. There is no second
# kernel: all containers use the machine's. Here we narrow only the network: the subject of this lesson.
#
# </details>
#
# ## Two minutes from memory (2 min)
#
# From lesson 07. Through a raw socket you send a hand-made SYN from 127.0.0.1, port 9191, to a listener. Which packet
# is the third, and who sends it?
#
# a) an ACK, your program &emsp; b) an RST, your own kernel &emsp; c) no third packet comes

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Another localhost (6 min)
#
# `lab.namespace("box")` makes another network in the lab. Linux calls such a network a **network namespace**. A program
# listens on port 7000 in the lab, and none in the box. You send the same SYN to 127.0.0.1:7000, once in the lab and
# once in the box. What comes back?
#
# a) `S.` both times: there is one kernel<br>
# b) `S.` in the lab, `R.` in the box<br>
# c) `S.` in the lab, nothing in the box

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "c"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
box = lab.namespace("box")
listener = lab.listen(7000)
syn = Segment(TCPHeader(9191, 7000, flags=Flags.SYN)).with_checksum("127.0.0.1", "127.0.0.1")
flags = []
for name, network in (("lab", lab), ("box", box)):
    before = network.counters()
    flags.append(str(network.ask(syn)[0].flags))
    print(f"{name}: {flags[-1]}  RSTs sent: {(network.counters() - before)['TcpOutRsts']}")

# %% tags=["compare"]
check.guess_localhost(guess, flags)

# %% [markdown]
# Both networks sent one RST. In the lab the RST is the third packet, as you have just remembered. In the box it is the
# answer to your SYN. "Will my kernel respond?" Yes. It is the same kernel, and it looks into another table: each
# network has its own interfaces, addresses, routes, ports and counters.
#
# ## 2. Raw sockets (7 min)
#
# Who may open a raw socket in the program's own network? Write y or n for each of four:
#
# 1. an ordinary user's, started by `lab.run`
# 2. one that `unshare -Ur` starts as root of a new list of users (a **user namespace**)
# 3. the same with `unshare -Urn`, which also gives the program a new network
# 4. an ordinary user's, after `setpriv` has taken one right from it, `net_raw`

# %% tags=["guess"]
# BEGIN SOLUTION
may_open = "nyyn"  # four letters, "y" or "n"
# END SOLUTION

# %% tags=["reveal"]
raw = "import socket as s; s.socket(s.AF_INET, s.SOCK_RAW, s.IPPROTO_TCP); print('may')"
ways = "", "unshare -Ur", "unshare -Urn", "setpriv --ambient-caps=-net_raw --inh-caps=-net_raw"
said = []
for number, way in enumerate(ways, start=1):
    program = lab.run([*way.split(), "python3", "-c", raw])
    said.append(program.output.strip().splitlines()[-1])
    print(f"{number}: {said[-1]}")
print(lab.run("grep CapEff /proc/self/status"))

# %% tags=["compare"]
check.guess_rights(may_open, said)

# %% [markdown]
# Linux has cut root's power into some forty rights, the **capabilities**. `CapEff` shows which of them a program has, a
# bit for each: here bits 10, 12 and 13. Bit 13 is `CAP_NET_RAW`, and without it no raw socket opens. A capability holds
# over the networks of one list of users, that is, of one user namespace. So the second program, root of a new list, may
# open no raw socket: the lab's network belongs to another list.
#
# <details>
# <summary>And in Docker? "Sort of", measured with Docker 20.10</summary>
#
# - By default a container's program is root, and has bit 13. A raw SYN to its own 127.0.0.1:8000 brings `R.`: nobody
#   listens in the container. To 172.17.0.1:8000, the machine's end of the cable, it brings `S.` if a program listens
#   there on all addresses.
# - With `--cap-drop NET_RAW`, or with `--user 1000`: Operation not permitted. `--user 1000 --cap-add NET_RAW` does not
#   help: the program may then acquire that right, but does not have it.
# - With `--network host` there is no second network: `S.` comes from the machine's own 127.0.0.1.
# - A user who may start containers has the power of root. The lab needs no such power.
#
# </details>
#
# ## 3. A cable (11 min)
#
# The lab calls 172.17.0.2:5432, three times: with no cable to the box; with a cable; and when a program listens in the
# box, too. `lab.wire` makes the cable.


# %%
def call(address):
    """Connect from the lab to port 5432; return what happens."""
    with lab.socket() as client:
        try:
            client.connect((address, 5432))
            return "connected"
        except OSError as error:
            return f"{type(error).__name__}, error {error.errno}"


cable = ("172.17.0.1/24", "172.17.0.2/24"), ("web0", "eth0")
box = lab.namespace("box")  # a new one, with no cable
print("no cable:   ", call("172.17.0.2"))
wire = lab.wire(box, *cable)
print("a cable:    ", call("172.17.0.2"))
with box.listen(5432, "172.17.0.2"):
    print("a listener: ", call("172.17.0.2"))

# %% [markdown]
# Only one of these two errors came in a packet. Error 101 comes from your own kernel: it has no route, and sends
# nothing. Error 111 is the refusal of the box.
#
# Now without `lab.wire`. `ip link` makes interfaces and switches them on (`up`), and `ip addr` gives them addresses. A
# cable is a pair of interfaces of type `veth`, and `netns` says in which network its other end (`peer`) is. Return the
# commands that join lab and box: interface `web0` with 172.17.0.1/24 in the lab, `eth0` with 172.17.0.2/24 in the box.


# %% tags=["exercise"]
# Exercise 19.1
def build(path: str) -> list[tuple[str, str]]:
    """Return ("lab" or "box", "ip ...") for each command; path names the box, for netns."""
    # BEGIN SOLUTION
    return [
        ("lab", f"ip link add web0 type veth peer name eth0 netns {path}"),
        ("lab", "ip addr add 172.17.0.1/24 dev web0"),
        ("lab", "ip link set web0 up"),
        ("box", "ip addr add 172.17.0.2/24 dev eth0"),
        ("box", "ip link set eth0 up"),
    ]
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# How many ends has a cable, and what does each end need?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# One command makes both ends. Then each end gets an address, and is raised (`up`), each in its own network.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# return [
#     ("lab", f"ip link add web0 type veth peer name eth0 netns {path}"),
#     ("lab", "ip addr add 172.17.0.1/24 dev web0"),
#     ("lab", "ip link set web0 up"),
#     ("box", "ip addr add 172.17.0.2/24 dev eth0"),
#     (...),
# ]
# ```
#
# </details>

# %% tags=["check"]
check.build(build, lab)

# %% [markdown]
# **A good place to stop.** After a break, run the cells above first.
#
# ## 4. A published port (9 min)
#
# In the box a server listens on 172.17.0.2:5432, and tells each caller which address the caller has. From the lab,
# `localhost:5432` is refused: nobody listens there.

# %%
server = r"""
import socket
listener = socket.create_server(("172.17.0.2", 5432))
while True:
    connection, (address, port) = listener.accept()
    connection.sendall(f"you are {address}".encode())
    connection.close()
"""
box = lab.namespace("box")
wire = lab.wire(box, *cable)
running = box.start(["python", "-c", server], port=5432)
print("127.0.0.1: ", call("127.0.0.1"))
print("172.17.0.2:", call("172.17.0.2"))

# %% [markdown]
# Now a program in the lab listens on 127.0.0.1:5432. For each caller it connects to 172.17.0.2:5432, and copies the
# bytes both ways. Such a program is called a **proxy**:
#
# ```python
# listener = socket.create_server(("127.0.0.1", 5432))
# while True:
#     near, _ = listener.accept()
#     far = socket.create_connection(("172.17.0.2", 5432))
#     for ends in ((near, far), (far, near)):
#         threading.Thread(target=copy, args=ends).start()
# ```
#
# One client calls 127.0.0.1:5432. How many TCP connections are there? a) 1 &emsp; b) 2
#
# And whom does the server see? a) 127.0.0.1 &emsp; b) 172.17.0.1

# %% tags=["guess"]
# BEGIN SOLUTION
connections = "a"  # "a" or "b"
caller = "a"  # "a" or "b"
# END SOLUTION

# %% tags=["reveal", "nbval-ignore-output"]
IMPORT = "from tcpkit.lab.proxy import copy"  # tcpkit's; you write yours next
proxy = rf"""
import socket, threading
{IMPORT}

listener = socket.create_server(("127.0.0.1", 5432))
while True:
    near, _ = listener.accept()
    far = socket.create_connection(("172.17.0.2", 5432))
    for ends in ((near, far), (far, near)):
        threading.Thread(target=copy, args=ends).start()
"""
copying = lab.start(["python", "-c", proxy], port=5432)
with lab.capture() as on_lo, box.capture("eth0") as on_eth0, lab.socket() as client:
    client.connect(("127.0.0.1", 5432))
    told = client.recv(100).decode()
    client.recv(1)  # returns nothing: the server has closed
copying.stop()
beside(on_lo.ladder(), on_eth0.ladder(), names=("lo of the lab", "eth0 of the box"))

# %% tags=["compare"]
check.guess_connections(connections, [on_lo, on_eth0])

# %% tags=["compare"]
check.guess_caller(caller, told)

# %% [markdown]
# If the client sent data, an ACK on lo would say that the kernel holds it for the *proxy* (lesson 08). It would say
# nothing about the server.
#
# Write the proxy's `copy`, for one direction: copy all bytes until the source's end, then pass the end on.


# %% tags=["exercise"]
# Exercise 19.2
def copy(source: socket.socket, target: socket.socket) -> None:
    """Copy from source to target until the source's end; then end this direction of target."""
    # BEGIN SOLUTION
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# What does `recv` return at the end of a stream?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Loop until `recv` returns `b""`. Then end the sending direction of the target, and no more: the answer comes back on
# the same connection.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# while data := source.recv(65_536):
#     target.sendall(data)
# target....(socket.SHUT_WR)
# ```
#
# </details>

# %% tags=["check"]
check.copy(copy, lab)

# %% [markdown]
# ## 5. Rewritten packets (11 min)
#
# A port can also be published without a program and a second connection: the kernel changes the addresses in each
# packet, on the way there and on the way back. A packet's addresses are bytes 12 to 15 (source) and 16 to 19
# (destination). Write the change of one packet. `tcpkit.checksum` and `tcpkit.tcp_checksum` are yours from lesson 03:
# `tcp_checksum` takes its own field as zero, and `checksum` sums all that you hand over. `socket.inet_aton` makes four
# bytes of an address.


# %% tags=["exercise"]
# Exercise 19.3
def rewrite(packet: bytes, source: str, destination: str) -> bytes:
    """Return the IPv4 packet with these addresses, and both of its checksums right."""
    # BEGIN SOLUTION
    size = (packet[0] & 15) * 4
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    header = packet[:10] + bytes(2) + addresses + packet[20:size]
    header = header[:10] + tcpkit.checksum(header).to_bytes(2, "big") + header[12:]
    segment = packet[size:]
    total = tcpkit.tcp_checksum(source, destination, segment)
    return header + segment[:16] + total.to_bytes(2, "big") + segment[18:]
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which two sums cover an address?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# IP's sum covers the IP header, with zero in its own field, bytes 10 and 11. TCP's covers the segment and the
# addresses; its field is bytes 16 and 17 of the segment.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# size = (packet[0] & 15) * 4
# addresses = socket.inet_aton(source) + socket.inet_aton(destination)
# header = packet[:10] + bytes(2) + addresses + packet[20:size]
# header = header[:10] + ... + header[12:]
# segment = packet[size:]
# total = tcpkit.tcp_checksum(source, destination, segment)
# return header + segment[:16] + total.to_bytes(2, "big") + segment[18:]
# ```
#
# </details>

# %% tags=["check"]
check.rewrite(rewrite, lab)

# %% [markdown]
# Docker does both. Here is a recording of a real Docker. A container's port 5432 is published, and its server tells
# each caller whom it sees. A client called 127.0.0.1:5432, then 192.0.2.1:5432, an address of the machine:

# %%
recorded = Capture.load("data/docker.pcap")
from_the_server = [packet for packet in recorded if packet.source == "172.17.0.2"]
tellings = [packet for packet in from_the_server if packet.segment.data]
for packet in tellings[:4:2]:  # on its way each packet was recorded twice
    print(f"to {packet.destination}: {packet.segment.data.decode().strip()}")
ways_in()

# %% [markdown]
# To whoever called 127.0.0.1, the server said 172.17.0.1: Docker's proxy had copied. To whoever called 192.0.2.1, it
# said the caller's own address (192.0.2.1 again, as the caller was on that machine): a rule had rewritten the packets.
# Docker's rule leaves out 127.0.0.0/8. So localhost is served by the proxy, and everybody else by the rule.
#
# <details>
# <summary>The rule, as Docker wrote it</summary>
#
# `-A OUTPUT ! -d 127.0.0.0/8 ... -j DOCKER`, and in that list `DNAT --to-destination 172.17.0.2:5432`. The same rule,
# written with nft into a network like the lab's, gave the same: eight packets on either side with the same sequence
# numbers, TTL 64 outside and 63 inside, and no listener on 5432 in `lab.sockets()`. With userland-proxy off Docker
# goes another way for localhost, and Podman without root too; those were not measured.
#
# </details>
#
# ## 6. PostgreSQL at localhost (3 min)
#
# A real PostgreSQL now takes the server's place, in a new box. In the lab the proxy runs with your `copy`, or with
# tcpkit's where yours does not pass yet. A client calls `localhost:5432`:

# %% tags=["playground"]
box = lab.namespace("box")
wire = lab.wire(box, *cable)
database = postgres.start(box, "172.17.0.2")
passed = check.copy(copy, lab).status == "PASS"
own = text_of(copy) if passed else ""
print("copied by", "you" if own else "tcpkit")
program = proxy.replace(IMPORT, own or IMPORT)
copying = lab.start(["python", "-c", program], port=5432)
client = """
import asyncio, asyncpg

async def main():
    database = await asyncpg.connect("postgresql://postgres@localhost:5432/postgres")
    seen = "host(inet_client_addr()), host(inet_server_addr()), inet_server_port()"
    print(*await database.fetchrow(f"SELECT 6 * 7, {seen}"))
    await database.close()

asyncio.run(main())
"""
said = lab.run(["python", "-c", client])
copying.stop()
said

# %% [markdown]
# PostgreSQL computed 42. It sees 172.17.0.1 as its client, and itself at 172.17.0.2, port 5432. The client saw
# `localhost` only.
#
# Question 5 of lesson 00, in your own words: why does `localhost:5432` reach the container?

# %% tags=["words"]
mine = """..."""

# %% [markdown]
# <details>
# <summary>Compare</summary>
#
# Does yours say (1) two networks, (2) a program that listens on localhost, (3) bytes that are copied, or packets that
# are rewritten, (4) whom the server sees?
#
# </details>
#
# ## 7. Recap (1 min)
#
# - A container is no machine: one kernel, and a table of its own for each network.
# - A right is a capability, over the networks of one list of users. To be root is not enough.
# - A published port is a proxy, which copies bytes between two connections, or a rule, which rewrites packets of one.
#
# Both ends were on this machine. What if they are not?
#
# Next: [20 How does it get there?](20_url_to_wire.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Is a published port open to the whole world?* Yes, unless you write the address too: `-p 127.0.0.1:5432:5432`.
# - *Why 172.17?* It is a private range, and the first that Docker takes. Another one would do.
# - *Where is the bridge?* Docker's containers share one cable, a bridge. For one container a cable is enough.
# - *Who remembers which answer belongs to whom, when packets are rewritten?* The kernel, in a table of its own
#   (conntrack).
# - *Does the lab run inside Docker?* Docker's own filter of system calls forbids new networks. The README says how to
#   switch it off.
#
# </details>
