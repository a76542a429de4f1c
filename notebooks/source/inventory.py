# %% [markdown]
# # The inventory: what do you believe?
#
# **Twenty questions, twelve minutes, twice: before lesson 00 and after lesson 22.**
#
# The questions measure the course, not you. If you skip them, you lose nothing. Answer alone, without looking anything
# up. You learn which answers are right when you have answered twice.
#
# ## Before lesson 00 (12 min)
#
# For each question choose one letter. A fifth letter is always possible: **e** means "I do not know". Where a word in a
# question is new to you, take e. With each other letter write how sure you are: 1 (you do not know), 2 (you think so), or
# 3 (you are certain).
#
# 1. **Who writes it?** Your Python program calls `sendall(b"hello")` on a connected socket. In front of these five bytes
#    comes a TCP header. Who writes the header?<br>a) Python: the code behind `sendall`<br>b) the kernel, the core of the
#    operating system<br>c) a TCP library that is loaded into your program<br>d) the network card, when it sends
#
# 2. **Nobody there.** You connect to a computer that is running, at a port where no program listens. There is no
#    firewall. What comes back to you over the network?<br>a) nothing: your computer waits, and gives up after a
#    while<br>b) an error message from the last router on the way<br>c) a packet that refuses, made by that
#    computer<br>d) nothing: the error that you see is made in your own computer
#
# 3. **Two failures.** `connect` to computer A fails at once, with "refused". `connect` to computer B fails after two
#    minutes, with "timed out". What do you know about B?<br>a) it is overloaded: it refuses, but slowly<br>b) it
#    can be reached, but no program listens at that port<br>c) packets get lost, on the way there or back; whether a
#    program listens, you cannot tell<br>d) its program accepted the connection, and crashed before it spoke
#
# 4. **The sum.** A packet arrives, and its TCP checksum is right. What does this say?<br>a) its data is exactly what was
#    sent: a checksum is made to prove this<br>b) most damage would have shown, but not, for example, two pairs of bytes
#    that changed places<br>c) an odd number of wrong bits would have shown, an even number would not<br>d) nobody on the
#    way has changed the packet on purpose
#
# 5. **Incorrect.** You record the traffic of your laptop with tcpdump. It marks nearly every packet that you *send* as
#    "cksum incorrect" (a wrong checksum). Web pages load as always. What is most likely?<br>a) the network card is
#    failing<br>b) something on the way, such as a proxy, changes your packets<br>c) the packets are wrong, and the other
#    side repairs them<br>d) tcpdump saw the packets before their checksums were filled in
#
# 6. **The number.** A computer has received the bytes 1 to 1000 of a connection, in two packets of 500 bytes, and
#    nothing else. Which acknowledgement number does it send?<br>a) 1000: the last byte that came<br>b) 501: the packet
#    that came last begins there<br>c) 2: two packets have come<br>d) 1001: the next byte that it wants
#
# 7. **ACK.** You send data. The acknowledgement (ACK) for its last byte comes back. What is certain?<br>a) the operating
#    system of the other computer has the data<br>b) the program at the other end has read the data<br>c) the data is on
#    the other computer's disk<br>d) the program at the other end has been told that data is there
#
# 8. **Three sends.** Over one TCP connection a program calls `send(b"one")`, `send(b"two")` and `send(b"three")`. A
#    little later the other program calls `recv(1000)` once. What does it get?<br>a) `b"one"`, the first message<br>b)
#    always `b"onetwothree"`<br>c) a beginning of `onetwothree`: often all of it, sometimes less<br>d) the three messages,
#    in a list
#
# 9. **The café.** In a café you open `https://example.org/secret`. What can the owner of the Wi-Fi router usually
#    read?<br>a) nothing: all of it is encrypted<br>b) `example.org`, but neither `/secret` nor the page<br>c)
#    `example.org/secret`, but not the page<br>d) all of it at the first visit, as the key is sent then
#
# 10. **Where is it?** Two computers have an open TCP connection, and neither sends anything. Somewhere between them a
#     cable is pulled out, and after five minutes it is put back. Then one of them sends. What happens?<br>a) the data
#     arrives: only the two ends hold the connection, and neither noticed<br>b) an error: the connection broke when the
#     cable was pulled out<br>c) a pause: the routers between them set the connection up again<br>d) a pause: the two
#     computers begin with a new handshake
#
# 11. **close.** A program calls `sendall` with 1 MB of data, then `close()`. Both return without an error. What is
#     certain?<br>a) the other program has read the 1 MB<br>b) the other computer has the 1 MB: `sendall` waits for
#     that<br>c) the other computer has the 1 MB: `close` waits for that<br>d) none of these: the data may still be on its
#     way, and may get lost
#
# 12. **TIME-WAIT.** A busy computer lists thousands of connections in the state TIME-WAIT. What does this mean?<br>a) its
#     programs forgot to close them: a leak<br>b) it closed them first, and keeps each for a while, so that late packets
#     do no harm<br>c) it has closed them, and waits until the other side closes them too<br>d) the network is slow: their
#     last packets are still on their way
#
# 13. **Loss.** In the middle of a download over TCP one packet gets lost. What does the downloading program notice?<br>a)
#     at most that some data comes later<br>b) an error, and then it must ask again for the missing part<br>c) a gap in
#     the data<br>d) the connection ends, and a library opens a new one
#
# 14. **Order.** Three packets of one connection leave a computer in the order 1, 2, 3. What can happen?<br>a) they arrive
#     in this order: they follow one another on one path<br>b) they arrive in this order: a router holds a packet back
#     until the one before has come<br>c) they arrive as 1, 3, 2, and the receiving computer's TCP puts the bytes in
#     order<br>d) they arrive as 1, 3, 2, and the receiving program must sort them
#
# 15. **How much?** You upload a large file, and the receiver has room for all of it. What decides how much data your
#     computer has under way at any moment?<br>a) the receiver: it says in each packet how much may come<br>b) your own
#     computer: it estimates what the network can carry, and no packet says this number<br>c) the routers: they tell your
#     computer how much they can take<br>d) nothing: it sends as fast as its network card can
#
# 16. **One in 100.** One TCP connection, with the classic rules (Reno), copies a large file over a link of 1 Gbit/s. A
#     round trip takes 20 ms. By chance, one packet in 100 gets lost. How fast is the copy, about?<br>a) 990 Mbit/s<br>b)
#     500 Mbit/s<br>c) 100 Mbit/s<br>d) 6 Mbit/s
#
# 17. **A long queue.** The slowest router on a path drops packets when its queue is full. It gets a queue ten times as
#     long. During a long download through it, how long do small packets of others take through the same router?<br>a) as
#     long as before<br>b) less long: fewer packets are lost<br>c) they do not get through: the download takes all the
#     room<br>d) much longer: the queue stays full
#
# 18. **One port.** A web server has 500 open connections with browsers. How many port numbers of its own do these
#     connections use?<br>a) one<br>b) two: one to listen, one for data<br>c) 501: one to listen, and a new one for each
#     connection<br>d) as many as the server has worker processes
#
# 19. **localhost.** A database runs in a container on your computer. Your programs reach the database at
#     `localhost:5432`. Why does this work?<br>a) the container shares the network of your computer; it only looks
#     separate<br>b) the container is a small machine, and Docker tells your programs its address<br>c) something on your
#     computer takes what arrives at that port, and passes it into the container's network<br>d) `localhost` means all
#     networks of this computer, and so the container's too
#
# 20. **Who is it?** A server accepts a TCP connection from the address 10.0.0.2. All packets of the handshake were right.
#     What does the server know about the other side?<br>a) it can read packets that are sent to 10.0.0.2<br>b) it is the
#     computer that owns 10.0.0.2: an address cannot be made up<br>c) it is the same person as at the last visit from
#     10.0.0.2<br>d) nothing: anybody anywhere can claim any address

# %% tags=["words"]
before = {  # number: (letter, how sure), for example 1: ("b", 2)
    1: (..., ...),
    2: (..., ...),
    3: (..., ...),
    4: (..., ...),
    5: (..., ...),
    6: (..., ...),
    7: (..., ...),
    8: (..., ...),
    9: (..., ...),
    10: (..., ...),
    11: (..., ...),
    12: (..., ...),
    13: (..., ...),
    14: (..., ...),
    15: (..., ...),
    16: (..., ...),
    17: (..., ...),
    18: (..., ...),
    19: (..., ...),
    20: (..., ...),
}

# %%
from tcpkit.check import inventory

inventory.keep("before", before)

# %% [markdown]
# The answers are now in your own file `inventory.json`, beside this notebook: letters, numbers, and a code that was
# drawn by chance. It holds no name and no time, and nothing sends it anywhere.
#
# Next: [00 What happens in one GET?](00_start_here.ipynb)
#
# ---
#
# **Stop here until you have finished lesson 22.**
#
# ## After lesson 22 (12 min)
#
# Read the same twenty questions again, and do not look at your first answers.

# %% tags=["words"]
after = {
    1: (..., ...),
    2: (..., ...),
    3: (..., ...),
    4: (..., ...),
    5: (..., ...),
    6: (..., ...),
    7: (..., ...),
    8: (..., ...),
    9: (..., ...),
    10: (..., ...),
    11: (..., ...),
    12: (..., ...),
    13: (..., ...),
    14: (..., ...),
    15: (..., ...),
    16: (..., ...),
    17: (..., ...),
    18: (..., ...),
    19: (..., ...),
    20: (..., ...),
}

# %%
from tcpkit.check import inventory

inventory.keep("after", after)

# %% [markdown]
# The picture has a row for each question: where your answer was before, and where it is now. A question without an
# answer counts as "do not know". What you were sure of, and what is wrong, matters most: it is something that you
# believed.

# %%
from tcpkit.check import inventory

inventory.before_and_after()

# %% [markdown]
# If somebody collects these files, rename a copy to `inventory-` and your code, such as `inventory-kova-73.json`, and
# hand in the copy. Keep the code if you want to find your own line again.
