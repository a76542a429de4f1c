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
# For each question choose one letter. A fifth letter is always possible: **e** means "I do not know". If a word in a
# question is new to you, choose e. With each other letter write how sure you are: 1 (you do not know), 2 (you think
# so), or 3 (you are certain).
#
# 1. **Who writes it?** Your Python program calls `sendall(b"hello")` on a connected socket. In front of these five
#    bytes comes a TCP header. Who writes the header?<br>a) Python: the code behind `sendall`<br>b) the kernel, the core
#    of the operating system<br>c) a TCP library that is loaded into your program<br>d) the network card, when it sends
#
# 2. **Nobody there.** You connect to a computer that is running, at a port where no program listens. There is no
#    firewall. What comes back to you over the network?<br>a) nothing: your computer waits, and gives up after a
#    while<br>b) an error message from the last router on the way<br>c) a packet that refuses, made by that
#    computer<br>d) nothing: the error that you see is made in your own computer
#
# 3. **Two failures.** `connect` to computer A fails at once, with "refused". `connect` to computer B fails after two
#    minutes, with "timed out". What do you know about B?<br>a) it is overloaded: it refuses as A does, but only after
#    two minutes<br>b) it can be reached as A can, but no program listens at that port<br>c) packets were lost or
#    dropped; a program may listen there, or not<br>d) a program listens at that port, but did not accept within two
#    minutes
#
# 4. **The sum.** A packet arrives, and its TCP checksum is right. What follows?<br>a) its data is what was sent: any
#    damage would have changed the sum<br>b) its data may be damaged: two pairs of bytes may have changed places<br>c)
#    its data may be damaged: any even number of wrong bits keeps the sum<br>d) its data is what was sent: only the
#    sender can compute the right sum
#
# 5. **Incorrect.** You record the traffic of your laptop with tcpdump. It marks nearly every packet that you *send* as
#    "cksum incorrect" (a wrong checksum). Web pages load. What is most likely?<br>a) the network card is failing, and
#    TCP sends the damaged packets again<br>b) a proxy or virus scanner changes the packets, but not their sums<br>c)
#    the sums are wrong, and the other side corrects what is wrong<br>d) tcpdump reads the packets too early: their sums
#    are put in later
#
# 6. **The number.** A computer has received the bytes 1 to 1000 of a connection, in two packets of 500 bytes, and
#    nothing else. Which acknowledgement number does it send?<br>a) 1000: the last byte that came<br>b) 500: so many
#    bytes came in the last packet<br>c) 2: two packets have come<br>d) 1001: the next byte that it wants
#
# 7. **ACK.** Over a TCP connection you send data, and the acknowledgement (ACK) for its last byte comes back. What is
#    certain?<br>a) the operating system at the other end of the connection has the data<br>b) the program at the other
#    end of the connection has read the data<br>c) the other end is still there; about the data an ACK says
#    nothing<br>d) the program at the other end has been told that the data is there
#
# 8. **Three sends.** Over one TCP connection a program calls `send(b"one")`, `send(b"two")` and `send(b"three")`. A
#    little later the other program calls `recv(1000)` once. What does it get?<br>a) `b"one"`: one `recv` returns what
#    one `send` has sent<br>b) `b"onetwothree"`: TCP waits until all that was sent has come<br>c) the bytes that have
#    come so far, such as `b"onetw"` or all eleven<br>d) nothing yet: `recv(1000)` waits until 1000 bytes have come
#
# 9. **The café.** In a café you open `https://example.org/jobs`. What can the owner of the Wi-Fi router usually
#    read?<br>a) nothing: all that goes over the air is encrypted<br>b) `example.org`, but not `/jobs`, and not the
#    page<br>c) `example.org/jobs`, but not the text of the page<br>d) everything at the first visit: the key is sent
#    then
#
# 10. **Cable out.** Two computers have an open TCP connection, and neither sends anything. Between two routers on the
#     way a cable is pulled out, and after five minutes it is put back. Then one computer sends. What happens?<br>a) the
#     data arrives as before: the connection is kept at its two ends<br>b) an error comes: the connection broke when the
#     cable was pulled out<br>c) the data arrives late: the routers first set the connection up again<br>d) the data
#     arrives late: the computers first make a new handshake
#
# 11. **close.** A program calls `sendall` with 1 MB of data, then `close()`. Both return without an error. How far has
#     all 1 MB come, for certain?<br>a) to the other program: otherwise one of the calls would give an error<br>b) to
#     the other computer: `sendall` waits until all was acknowledged<br>c) to the other computer: `close` waits until
#     all was acknowledged<br>d) into a buffer of this computer: the rest is done later, or never
#
# 12. **TIME-WAIT.** A busy computer lists thousands of connections in the state TIME-WAIT. What does this mean?<br>a)
#     its programs never closed them: the connections are a leak, and stay<br>b) it closed each of them first, and
#     remembers each for a while<br>c) it has closed them, and waits until the other side closes them too<br>d) the
#     network is slow: it waits for the ACKs of its last packets
#
# 13. **Loss.** In the middle of a download over TCP one packet gets lost. What does the downloading program
#     notice?<br>a) at most a short wait, and then the data goes on<br>b) an error: it must ask again for the missing
#     part<br>c) a gap: the data goes on without the missing part<br>d) the later data first, and the missing part at
#     the end
#
# 14. **Order.** Three packets of one connection leave a computer in the order 1, 2, 3. Is it certain that they arrive
#     in this order?<br>a) yes: the packets of a connection follow one another on one path<br>b) yes: a router holds a
#     packet back until the one before has come<br>c) no: if need be, the receiving computer's TCP puts the bytes in
#     order<br>d) no: if need be, the receiving program must put the bytes in order
#
# 15. **How much?** You upload a large file, and the receiver has room for all of it. What decides how much data your
#     computer has under way at any moment?<br>a) a number from the receiver: each of its packets says how much may
#     come<br>b) an estimate that your computer makes: no packet tells this number<br>c) a number from the routers: they
#     report how much they can take just now<br>d) the speed of the network card: it sends whatever it is given at once
#
# 16. **One in 100.** One TCP connection, with the classic rules (Reno), copies a large file over a link of 1 Gbit/s. A
#     round trip takes 20 ms. By chance, one packet in 100 gets lost. How fast is the copy, about?<br>a) 990
#     Mbit/s<br>b) 500 Mbit/s<br>c) 60 Mbit/s<br>d) 6 Mbit/s
#
# 17. **A larger queue.** All data for a house comes through one slow line. The router before this line keeps a queue,
#     and drops packets if the queue is full. Now the queue gets ten times the room. During a large download by the
#     classic rules, how long does a packet of a video call take to come through, compared with before?<br>a) as long as
#     before: it does not belong to the download<br>b) less long: fewer packets are dropped and sent again<br>c) it does
#     not come through: the download takes all the room<br>d) longer: it waits behind the packets of the download
#
# 18. **Ports.** A web server listens at one port, and 500 browsers are connected to it. How many port numbers does the
#     server's side use for all this?<br>a) one: all of them use the port at which the server listens<br>b) two: one to
#     listen, and another one to carry the data<br>c) 501: one to listen, and a new one for each connection<br>d) 500: a
#     connection has one number, the same at both ends
#
# 19. **localhost.** A database runs in a container, with Docker's usual network. Your programs reach the database at
#     `localhost:5432`. Why does this work?<br>a) the container shares your computer's network; only its files are
#     separate<br>b) the container is a small machine, and Docker tells your programs its address<br>c) what arrives at
#     that port of your computer is passed on into the container<br>d) `localhost` means every network on this computer,
#     the container's too
#
# 20. **Who is it?** A server accepts a TCP connection from the address 198.51.100.7. The handshake was complete. What
#     does the server know about the other side?<br>a) that it can read the packets which are sent to 198.51.100.7<br>b)
#     that it is the computer to which 198.51.100.7 was given<br>c) that it is in the network to which 198.51.100.7
#     belongs<br>d) nothing: a handshake works with any false address, too

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
# The answers are now in your own file `inventory.json`, beside this notebook: letters, numbers, and a random code. It
# holds no name and no time, and nothing sends it anywhere.
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
# answer counts as "do not know". A wrong answer of which you were certain matters most: you believed it.

# %%
from tcpkit.check import inventory

inventory.before_and_after()

# %% [markdown]
# If somebody collects these files, rename a copy to `inventory-` and your code, such as `inventory-kova-73.json`, and
# hand in the copy. Keep the code if you want to find your own line again.
