# %% [markdown]
# # 20 How does it get there?
#
# **"It does DNS resolution of Google's hostname, somehow ... How does it get there? Magic, probably."** The author of
# this course's story left it at that. In lesson 00 you also wrote what happens when you type a name in the browser.
# Open [lesson 00](00_start_here.ipynb) beside this page and read your sentences. Do not change them.
#
# A page is on another computer, three cables away. What goes over your cable before you can read it?

# %%
import socket
import ssl
import struct
from ipaddress import ip_address, ip_network

from tcpkit import Flags, Lab
from tcpkit.check import lesson20 as check
from tcpkit.draw import hops

lab = Lab()
hops(["you", "r1", "r2", "site"])

# %% [markdown]
# You, two boxes and a site: four networks, three cables and one kernel, all in your lab. Everything else works as on
# the Internet.
#
# This lesson takes 50 minutes. If you are tired, stop after section 4. [The card](card.html) has the header and the
# flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 19. A proxy on 127.0.0.1:8080 passes a request on to 172.20.0.9:80, over a cable whose near end is
# 172.20.0.1. Whom does the server see?
#
# a) 127.0.0.1 &emsp; b) 172.20.0.1 &emsp; c) 172.20.0.9

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. The road (3 min)
#
# `lab.road` lays the cables. `r1` and `r2` are **routers**: they pass on packets that are not for them. Each network
# has a **route table**. A line says which addresses it is for, and how to get there: straight to a cable (`dev`), or
# first to a router (`via`). `default` is for all other addresses.

# %%
road = lab.road(routers=2)
r1, r2 = road.routers
for name, network in {"you": lab, "r1": r1, "r2": r2, "site": road.site}.items():
    print(f"{name}:")
    for line in sorted(network.run("ip route").output.splitlines()):
        print("   ", line.partition(" proto")[0].strip())

# %% [markdown]
# <details>
# <summary>Is there no program ip here? These are the four tables</summary>
#
# ```
# you:
#     10.1.0.0/24 dev eth0
#     default via 10.1.0.1 dev eth0
# r1:
#     10.1.0.0/24 dev left
#     10.2.0.0/24 dev right
#     default via 10.2.0.2 dev right
# r2:
#     10.1.0.0/24 via 10.2.0.1 dev left
#     10.2.0.0/24 dev left
#     10.3.0.0/24 dev right
# site:
#     10.3.0.0/24 dev eth0
#     default via 10.3.0.1 dev eth0
# ```
#
# </details>
#
# You are 10.1.0.2, and the site is 10.3.0.80. Your own table says nothing of 10.3: you leave that to r1. Nobody on this
# road knows the whole way.
#
# ## 2. Guess the frames (6 min)
#
# Two programs start. On r1, as in a router at home, `data/dns.py` knows the address of one name, `page.example`. On the
# site `data/tls.py` has one page, and sends it encrypted, as `https://` asks for. (**TLS** is what encrypts.) The client
# is the function `fetch`: it asks for the address, connects, agrees on keys, asks for the page, reads, and closes.

# %%
names = r1.start(["python", "data/dns.py", "10.1.0.1"], port=53)
pages = road.site.start(["python", "data/tls.py", "10.3.0.80"], port=443)
QUESTION = """
1234 0100 0001 0000 0000 0000
04 70616765 07 6578616d706c65 00
0001 0001
"""


def resolve():
    """Ask r1 for the address of page.example."""
    with lab.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.sendto(bytes.fromhex(QUESTION), ("10.1.0.1", 53))
        return socket.inet_ntoa(client.recv(512)[-4:])


def fetch(path):
    """Return what the site says of https://page.example and this path."""
    address = resolve()
    keys = ssl.create_default_context(cafile="data/page.pem")
    keys.set_ecdh_curve("prime256v1")
    with lab.socket() as client:
        client.settimeout(3)
        client.connect((address, 443))
        with keys.wrap_socket(client, server_hostname="page.example") as site:
            site.sendall(f"GET {path} HTTP/1.0\r\nHost: page.example\r\n\r\n".encode())
            said = b"".join(iter(lambda: site.recv(1000), b""))
            site.unwrap()
    return said


# %% [markdown]
# Wireshark and tcpdump call what goes over a cable a **frame**: a packet with two hardware addresses in front. How many
# frames does *your* cable carry for this one page?
#
# a) 2 &emsp; b) 10 &emsp; c) 20 to 30 &emsp; d) about 100
#
# And how many of them carry a piece of HTTP? Write a number.

# %% tags=["guess"]
# BEGIN SOLUTION
frames = "b"  # "a", "b", "c" or "d"
http = 2  # how many of them carry HTTP
# END SOLUTION

# %% tags=["reveal", "nbval-ignore-output"]
with lab.capture("eth0", frames=True) as packets:
    page = fetch("/secret")
print(page.decode())
packets.account().drop(columns="next_hop")

# %% tags=["compare"]
check.guess_frames(frames, http, packets)

# %% [markdown]
# Go down the rows, and say of each who needed it. Two rows are **ARP**: "who on this cable has 10.1.0.1?" (Run the cell
# again, and there may be none: the answer is kept for a while.) Two are DNS. Then come TCP's three, and TLS: a hello,
# the site's hello with its certificate, and the client's last message about the keys. The rows of 66 and 84 bytes are
# the request and the page. At the end both sides say that no more comes, first in TLS and then in TCP.
#
# ## 3. Whose address? (9 min)
#
# Your SYN is for 10.3.0.80. To whose hardware address does its frame go on your cable?
#
# a) the site's &emsp; b) r1's &emsp; c) everybody's

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
with (
    lab.capture("eth0", frames=True) as yours,
    r1.capture("right", frames=True) as middle,
    r2.capture("right", frames=True) as last,
    lab.socket() as client,
):
    client.connect(("10.3.0.80", 443))
crossings = []
for cable in (yours, middle, last):
    syn = next(each for each in cable if not each.is_arp and each.segment.flags == Flags.SYN)
    addresses = f"{syn.source} > {syn.destination}"
    crossings.append((syn.link[:6].hex(":"), syn.ip.ttl, addresses))
you, site = "you: 10.1.0.2", "site: 10.3.0.80"
hops([you, "r1: 10.1.0.1, 10.2.0.1", "r2: 10.2.0.2, 10.3.0.1", site], crossings)

# %% tags=["compare"]
check.guess_hardware(guess, yours)

# %% [markdown]
# In the lab a hardware address is `02:00` and then the IPv4 address in hexadecimal: `0a:01:00:01` is 10.1.0.1. Each
# router takes the frame off, subtracts 1 from the **TTL** (time to live), looks up the next step in its table, and puts
# a new frame around the packet. The IP addresses stay as they are: nobody on this road rewrites them, as Docker's rule
# did in lesson 19.
#
# How does a router look up the next step? `{"0.0.0.0/0": "10.1.0.1", "10.20.0.0/16": "10.1.0.33"}` is a table:
# networks, and the router for each. The number behind the slash is the length of the network's **prefix**: 10.20.0.0/16
# has all addresses whose first 16 bits are those of 10.20.0.0. Where more than one line fits, the longest prefix wins.


# %% tags=["exercise"]
# Exercise 20.1
def next_hop(destination: str, routes: dict[str, str]) -> str | None:
    """Return the router for an address; None if no line of the table fits."""
    # BEGIN SOLUTION
    fitting = [net for net in routes if ip_address(destination) in ip_network(net)]
    longest = max(fitting, key=lambda net: ip_network(net).prefixlen, default=None)
    return routes.get(longest)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which lines fit 10.20.3.4: 0.0.0.0/0, 10.20.0.0/16, 10.21.0.0/16? Which of those has the longest prefix?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Python's `ipaddress` can say whether `ip_address(destination) in ip_network(net)`. Keep the lines that fit, and take
# the one with the largest `ip_network(net).prefixlen`.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# fitting = [net for net in routes if ip_address(destination) in ip_network(net)]
# longest = max(fitting, key=..., default=None)
# return routes.get(longest)
# ```
#
# </details>

# %% tags=["check"]
check.next_hop(next_hop, lab)

# %% [markdown]
# ## 4. The name (8 min)
#
# `QUESTION`, in the client, is a DNS question in hexadecimal. It begins with six numbers of 16 bits, in network order:
#
# - a number of the asker's choice, which the answer repeats
# - the flags: 0x0100 says "find it out for me if you do not know the name"
# - how many questions follow (1), answers (0), and two more counts (0 and 0)
#
# Then the name comes, label by label. A **label** is a part between dots. Each begins with a byte that says how long it
# is; the dots are not sent. A zero byte ends the name. Two numbers of 16 bits follow: type 1, an IPv4 address, and
# class 1, the Internet. Write such a question for any name.


# %% tags=["exercise"]
# Exercise 20.2
def dns_query(name: str, number: int) -> bytes:
    """Return the DNS question for the IPv4 address of a name."""
    # BEGIN SOLUTION
    labels = name.rstrip(".").split(".")
    spelled = b"".join(bytes([len(label)]) + label.encode() for label in labels)
    header = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0)
    return header + spelled + b"\0" + struct.pack("!2H", 1, 1)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Find `page` and `example` in `QUESTION`. What stands before each, and what behind the last?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# `struct.pack("!6H", ...)` writes the six numbers. `name.split(".")` gives the labels: write each one's length as a
# byte, then its letters. (A dot at the end of a name is no label.) Then a zero byte, and `struct.pack("!2H", 1, 1)`.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# labels = name.rstrip(".").split(".")
# spelled = b"".join(... + label.encode() for label in labels)
# header = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0)
# return header + spelled + b"\0" + struct.pack("!2H", 1, 1)
# ```
#
# </details>

# %% tags=["check"]
check.dns_query(dns_query, lab)

# %% [markdown]
# This is what r1 answered:
#
# | bytes | what they are |
# |---|---|
# | `1234 8180 0001 0001 0000 0000` | your number; "an answer"; 1 question, 1 answer |
# | `04 70616765 07 6578616d706c65 00 0001 0001` | **your question, back** |
# | `c00c 0001 0001 0000012c` | **the name, as at byte 12**; type and class; good for 300 seconds |
# | `0004 0a030050` | 4 bytes: **10.3.0.80** |
#
# Nothing in it proves who answered. Whoever knows the number and your port, and answers first, is believed.
#
# **A good place to stop.** When you come back, choose the menu Run, Run All Above Selected Cell.
#
# ## 5. What can r1 read? (4 min)
#
# Your packets went through r1. Could r1 read (1) the site's name, (2) the path `/secret`, (3) the text of the page, (4)
# how long the page is? Write y or n for each.

# %% tags=["guess"]
# BEGIN SOLUTION
readable = "nnnn"  # four letters, "y" or "n"
# END SOLUTION

# %% tags=["reveal"]
on_the_wire = b"".join(packet.data for packet in packets)
found = {}
for words in (b"page.example", b"\x04page\x07example", b"secret", b"hello"):
    found[words] = on_the_wire.count(words)
    print(f"{str(words)[1:]:21} {found[words]}")

# %% tags=["compare"]
check.guess_readable(readable, found)

# %% [markdown]
# The site's name is there three times: in the DNS question, in the answer, and in TLS's hello, where it tells the site
# which certificate to send. Encryption begins only after that.
#
# <details>
# <summary>Can the name be hidden, too?</summary>
#
# DNS over HTTPS asks an encrypted question, and an encrypted ClientHello hides the name there. Whoever answers your
# questions then knows the names instead of r1. The address in each packet stays readable: r2 needs it.
#
# </details>
#
# ## 6. Why it ends (5 min)
#
# `road.bend()` spoils r2's table: r2 now sends back to r1 whatever it does not know. You send one packet to 10.7.0.1,
# which is nowhere. How often does the cable between r1 and r2 carry it?
#
# a) once &emsp; b) twice &emsp; c) 63 times &emsp; d) without end

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "d"  # "a", "b", "c" or "d"
# END SOLUTION

# %% tags=["reveal", "nbval-ignore-output"]
road.bend()
with (
    lab.capture("eth0") as yours,
    r1.capture("right") as middle,
    lab.socket(type=socket.SOCK_DGRAM) as client,
):
    client.sendto(b"", ("10.7.0.1", 33434))
ttls = [each.ip.ttl for each in middle if each.protocol == "UDP"]
print(f"between r1 and r2: {len(ttls)} times, TTL", *ttls[:3], "...", *ttls[-3:])
print(f"on your cable: {len(yours)} packets, the last: {yours.account()['words'].iloc[-1]}")

# %% tags=["compare", "nbval-ignore-output"]
check.guess_loop(guess, middle)

# %% [markdown]
# Neither router knows that it has had this packet before. But each subtracts 1 from the TTL, and the router at which it
# becomes 0 throws the packet away. It tells the sender so by a packet of **ICMP**: "time exceeded", here from 10.2.0.2.
# The TTL counts routers, and not seconds.
#
# ## 7. Find them (12 min)
#
# So a router tells you its address when a packet dies there. Send packets with TTL 1, 2, 3 ..., and each router on the
# way has to answer, the nearest first. The site answers as well: at a UDP port where no program listens, it says "port
# unreachable". That is **traceroute**. A router that says nothing is written as `*`.
#
# - `you.socket(type=socket.SOCK_RAW, proto=socket.IPPROTO_ICMP)` hears ICMP. `recvfrom(1000)` returns a packet, and
#   `(address, 0)`: who sent it.
# - `you.socket(type=socket.SOCK_DGRAM)` sends UDP. `setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)` sets its TTL.
# - Ports from 33434 on are free on most machines.


# %% tags=["exercise"]
# Exercise 20.3
def traceroute(you: Lab, destination: str, most: int = 8, timeout_s: float = 0.3) -> list[str]:
    """Return who answers to TTL 1, 2 ... `most`, or to the destination; "*" for silence."""
    # BEGIN SOLUTION
    found = []
    for ttl in range(1, most + 1):
        icmp = you.socket(type=socket.SOCK_RAW, proto=socket.IPPROTO_ICMP)
        with icmp, you.socket(type=socket.SOCK_DGRAM) as probe:
            icmp.settimeout(timeout_s)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            probe.sendto(b"", (destination, 33434 + ttl))
            try:
                found.append(icmp.recvfrom(1000)[1][0])
            except TimeoutError:
                found.append("*")
        if found[-1] == destination:
            break
    return found
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Who tells you that a packet died? On which socket do you hear it, and when must that socket be open?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# Loop over the TTL, from 1. Open both sockets, set the TTL, send to (destination, 33434 + ttl), and wait for ICMP, at
# most `timeout_s`. On TimeoutError note "*" and go on. When the sender is the destination, you are there.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# found = []
# for ttl in range(1, most + 1):
#     icmp = you.socket(type=socket.SOCK_RAW, proto=socket.IPPROTO_ICMP)
#     with icmp, you.socket(type=socket.SOCK_DGRAM) as probe:
#         icmp.settimeout(timeout_s)
#         ...
#         probe.sendto(b"", (destination, 33434 + ttl))
#         try:
#             found.append(icmp.recvfrom(1000)[1][0])
#         except TimeoutError:
#             found.append("*")
#     if found[-1] == destination:
#         break
# return found
# ```
#
# </details>

# %% tags=["check"]
check.traceroute(traceroute, lab)

# %% [markdown]
# A star is a router that passes packets on and never answers. `road.silence(1)` makes r2 such a router. On a bent road
# you see the loop. The next cell takes tcpkit's function; yours shows the same. (Each line uses a new road: a kernel
# sends six such answers at once, then one a second.)

# %% tags=["nbval-ignore-output"]
road = lab.road(routers=2)
road.silence(1)
print("silent:", *check.trace(lab, "10.3.0.80"))
road = lab.road(routers=2)
road.bend()
print("bent:  ", *check.trace(lab, "10.7.0.1", most=6))

# %% [markdown]
# "How does it get there? Magic, probably." Write that paragraph of the story anew, in five sentences of your own.

# %% tags=["words"]
paragraph = """..."""

# %% [markdown]
# <details>
# <summary>Six things to look for in your sentences</summary>
#
# Do they say (1) who turned the name into a number, and whom you asked, (2) how the next step is found: by a route, and
# by ARP, (3) what the TTL is for, (4) that a handshake comes first, (5) that encryption begins after the name was said,
# (6) that two packets of about 23 carry HTTP?
#
# </details>
#
# ## 8. Recap (1 min)
#
# - Each network decides only the next step: a route, a hardware address, a frame. Nobody knows the whole way.
# - On this road nobody changes IP addresses or ports; frame and TTL are new on every cable.
# - The TTL ends a loop, and finds the routers.
#
# Say it without looking: which two of the 23 frames did the programs want, and who needed the others?
#
# r1 could read the name, and every number of your connection. What can somebody do who reads none of them?
#
# Next: [21 Who says so?](21_attack.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *Why is there a pause of about 40 ms before the GET?* Your kernel holds the small segment back until the last one is
#   acknowledged (Nagle), and the site's kernel delays that ACK. TCP_NODELAY ends it.
# - *Who told r1 the way to 10.3?* We did. On the Internet routers tell each other, by routing protocols such as BGP.
# - *Does the answer go back the same way?* On the Internet often not. Each direction is looked up by itself.
# - *Does a switch change anything?* It passes frames on by hardware address, and leaves frame and TTL as they are.
# - *What if a name has two addresses?* The answer has two records, and the client tries one after the other.
# - *And IPv6?* The same, with longer addresses; ARP's work is done by ICMPv6, and the TTL is called hop limit.
#
# </details>
