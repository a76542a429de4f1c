# %% [markdown]
# # 21 Who says so?
#
# **A server sells tickets to 10.0.0.2 and to nobody else: `if address == "10.0.0.2"`. The address comes from `accept`,
# after a handshake. How sure can the server be that its caller is 10.0.0.2?**
#
# a) certain: the handshake went there and back<br>
# b) nearly certain: a stranger would have to guess a number of 32 bits<br>
# c) not sure: whoever can read what is sent to 10.0.0.2 may be the caller
#
# **You attack only in your lab: every packet of this lesson stays on a cable that you made.** `forge`, which sends the
# packets of the attacks, refuses all addresses outside. Do not send such packets anywhere else: in most countries that
# is a crime.

# %%
import random

from tcpkit import Flags, Lab, Segment, TCPHeader
from tcpkit.check import lesson21 as check
from tcpkit.draw import beside, number_circle
from tcpkit.stack.network import Network
from tcpkit.stack.resets import RFC793_RST
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State
from tcpkit.wire import MSS, NOP, SACKPermitted, WindowScale

lab = Lab()


def segment(source_port, flags, data=b"", **fields):
    """Return a segment to port 8000."""
    return Segment(TCPHeader(source_port, 8000, flags=flags, **fields), data)


# %% [markdown]
# Choose a letter, and keep it in mind until section 3. This lesson takes 45 minutes. [The card](card.html) has the
# header and the flags.
#
# ## Two minutes from memory (2 min)
#
# From lesson 07. A listener answers your SYN with SYN and ACK. You send nothing more. What does the kernel keep?
#
# a) nothing: it waits for your third packet<br>
# b) an entry, for about a minute<br>
# c) a connection, which `accept` returns

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## 1. Half open (8 min)
#
# Such an entry is a **half-open** connection (RFC 4987's word). It costs its sender one packet, and it costs the kernel
# memory for a minute. A listener has room for few of them: `backlog=8` asks for eight, and Linux may keep one more.
#
# A crowd at 10.9.0.2 sends 100 SYNs from 100 ports, and never a third packet. This is a **SYN flood**. (The code sends
# them by `crowd.forge(segments, source)`: you name the source.) How many of the SYNs does the kernel answer?
#
# a) 8 &emsp; b) 9 &emsp; c) 100

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
crowd = lab.host("10.9.0.2")
crowd_ports = range(20_000, 20_100)


def from_all(flags, seq=0):
    """Send a segment from each port of the crowd."""
    crowd.forge([segment(port, flags, seq=seq) for port in crowd_ports], crowd.address)


def flooded():
    """Return a listener on port 8000 to which the crowd has sent its SYNs."""
    listener = lab.listen(8000, crowd.gateway, backlog=8)
    from_all(Flags.SYN)
    return listener


before = lab.counters()
with crowd.capture() as packets:
    listener = flooded()
syn_acks = [each.segment for each in packets if each.segment.flags == Flags.SYN | Flags.ACK]
answered = len({each.destination_port for each in syn_acks})
half_open = sum(lab.sockets().state == "SYN-RECEIVED")
cookies = (lab.counters() - before).get("TcpExtSyncookiesSent", 0)
print("answered:", answered)
print("entries, at most 9:", half_open <= 9)
print("answered without an entry, more than 80:", cookies > 80)
with crowd.talk(8000) as talk:
    talk.dial(options=(MSS(1460),))
    caller, (address, _) = listener.accept()
    print("one more caller, who sends the third packet, is accepted:", address)
    caller.close()
from_all(Flags.RST, seq=1)  # the kernel removes the entries

# %% tags=["compare"]
check.guess_flood(guess, answered)

# %% [markdown]
# When the room is used up, the kernel keeps nothing more. Instead it computes the first number of its SYN-ACK from both
# addresses, both ports, the time and a secret of its own. Such a number is a **SYN cookie**. The third packet brings
# the number back, plus one. The kernel computes it again, and if the two are equal, the connection is open.
#
# Our stack works with and without cookies. Here it gets the same flood, in virtual time; then an honest caller dials:


# %%
def our_stack(ports, has_cookies):
    """Return its answers to the flood, its entries, and the state of a caller after it."""
    server, honest = Stack("10.9.0.1"), Stack("10.9.0.3")
    listening = server.listen(8000, backlog=8, syn_cookies=has_cookies)
    for port in ports:
        syn = segment(port, Flags.SYN)
        server.receive(syn.packet("10.9.0.2", "10.9.0.1"), now=0.0)
    answers, entries = len(server.poll(0.0)), len(listening.opening)
    network = Network(honest, server)
    caller = honest.connect("10.9.0.1", 8000, network.now)
    network.run(lambda: caller.state is State.ESTABLISHED, limit_s=0.5)
    return f"{answers} answers, {entries} entries; the honest caller is {caller.state}"


print("without cookies:", our_stack(crowd_ports, False))
print("with cookies:   ", our_stack(crowd_ports, True))

# %% [markdown]
# Without cookies, eight half-open entries keep every other caller out.
#
# ## 2. What the answer offers (4 min)
#
# A SYN offers things in its options: its MSS, SACK and a window scale. What does the kernel's answer to such a SYN
# offer back, after the flood?
#
# a) all three &emsp; b) the MSS only

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a" or "b"
# END SOLUTION

# %% tags=["reveal"]
with lab.listen(8001, crowd.gateway), flooded():
    for port in (8001, 8000):
        with crowd.talk(port) as talk:
            syn_ack = talk.dial(options=(MSS(1460), SACKPermitted(), WindowScale(7)))
        offered = [type(each).__name__ for each in syn_ack.options if type(each) is not NOP]
        print("flooded" if port == 8000 else "quiet  ", *offered)
    before, dice = lab.counters(), random.Random(21)
    others = range(30_000, 30_200)
    acks = [segment(port, Flags.ACK, seq=1, ack=dice.getrandbits(32)) for port in others]
    crowd.forge(acks, crowd.address)
    moved = lab.counters() - before
    from_all(Flags.RST, seq=1)
print("200 third packets with made-up numbers:", moved["TcpOutRsts"], "RSTs")

# %% tags=["compare"]
check.guess_offers(guess, offered)

# %% [markdown]
# The number has 32 bits. In them the kernel keeps one of four sizes, for the MSS: 536, 1300, 1440 or 1460. The other
# bits tell the time, and that the number is the kernel's own. There is no room for SACK and the window scale, so the
# connection goes without. That is why the kernel sends cookies only when its room is used up. And a made-up number
# opens nothing.
#
# ## 3. Who is it? (8 min)
#
# The friend has the address 10.0.0.2, on a cable of its own. The liar is on another cable: 10.6.0.66. The liar sends a
# SYN, and names 10.0.0.2 as its source: `liar.forge(segment, "10.0.0.2")`. Where does the SYN-ACK go?
#
# a) to the liar: that is where the SYN came from<br>
# b) to 10.0.0.2<br>
# c) nowhere

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
friend, liar = lab.host("10.0.0.2"), lab.host("10.6.0.66")


def lie(source_port):
    """Send a SYN in the friend's name; return who sent it, and the packets on both cables."""
    for sender in (liar, friend):  # some kernels take it from the friend's cable only
        with liar.capture() as liars, friend.capture() as friends:
            sender.forge(segment(source_port, Flags.SYN), "10.0.0.2")
        if len(friends):
            break
    return sender, {"the liar's": liars, "the friend's": friends}


with lab.listen(8000, friend.gateway):
    sender, cables = lie(7000)
    sender.forge(segment(7000, Flags.RST, seq=1), "10.0.0.2")  # the kernel removes its entry
for whose, packets in cables.items():
    print(f"{whose} cable:", *(each.segment.flags for each in packets))

# %% tags=["compare"]
check.guess_answer(guess, cables)

# %% [markdown]
# The liar does not see the answer, and the answer holds the number that the third packet must bring back. So the liar
# has to guess. Here are a thousand guesses. Then somebody reads the number on the friend's cable, and the liar sends
# one packet more:

# %%
with lab.listen(8000, friend.gateway) as tickets:
    sender, cables = lie(7001)
    before, dice = lab.counters(), random.Random(21)
    guesses = [dice.getrandbits(32) for _ in range(1000)]
    acks = [segment(7001, Flags.ACK, seq=1, ack=number) for number in guesses]
    sender.forge(acks, "10.0.0.2")
    print("RSTs to 10.0.0.2:", (lab.counters() - before)["TcpOutRsts"])
    table = lab.sockets()
    print("after 1,000 guesses:", *table[table.remote == "10.0.0.2:7001"].state)

    number = cables["the friend's"][-1].segment.seq  # of the SYN-ACK on the friend's cable
    third = segment(7001, Flags.ACK, b"one ticket, please", seq=1, ack=(number + 1) % 2**32)
    sender.forge(third, "10.0.0.2")
    caller, (address, _) = tickets.accept()
    print(f"{address} says: {caller.recv(100).decode()}")
    print("sold" if address == "10.0.0.2" else "not sold")
    sender.forge(segment(7001, Flags.RST, seq=19), "10.0.0.2")  # 19: after 1 SYN and 18 bytes
    caller.close()

# %% [markdown]
# Look at your letter again. What exactly does the ticket server know about its caller? Write two sentences.

# %% tags=["words"]
knows = """..."""

# %% [markdown]
# <details>
# <summary>One way to say it</summary>
#
# At this moment the caller can read what is sent to 10.0.0.2. That may be 10.0.0.2, or a router on the way (r1 of
# lesson 20), or somebody on the same cable. A handshake proves that somebody can read what is sent to an address. It
# does not prove who. That takes a key, as in the certificate of lesson 20. So c). What b) says is true of strangers who
# cannot read those packets. But the server does not know whether its caller is one of these.
#
# </details>
#
# ## 4. A stranger says goodbye (13 min)
#
# Now a **blind** attacker: somebody who cannot read a single packet. The attacker knows both addresses and both ports
# of a connection, and wants to end it with an RST. The rule of RFC 793 (1981): an RST ends the connection if its seq
# lies in the receiver's window.
#
# Our stack's window is 196,608 bytes. How many forged RSTs does it take at most, until one lies in the window?
#
# a) 4 billion &emsp; b) about 22,000 &emsp; c) 196,608

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% [markdown]
# Write the numbers of these RSTs: as few as possible, so that every window of this size holds one of them, wherever it
# begins. After 4294967295 comes 0.


# %% tags=["exercise"]
# Exercise 21.1
def sweep(window: int) -> range | list[int]:
    """Return the sequence numbers to try."""
    # BEGIN SOLUTION
    return range(0, 2**32, window)
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Take ten numbers, 0 to 9, and a window of 3. Which numbers do you send?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# 0, 3, 6 and 9. Two neighbours may be exactly one window apart: `range(first, end, step)`.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# `return range(0, 2**32, ...)`
#
# </details>

# %% tags=["check"]
check.sweep(sweep, lab)

# %% [markdown]
# Here is such a sweep. A connection is open between a program on the kernel's side and our stack, with the rule of
# 1981. The RSTs reach the stack as packets from 10.0.0.1:

# %% tags=["reveal"]
host = lab.host("10.0.0.2")
stack = Stack("10.0.0.2", Settings(pieces=Pieces(on_rst=RFC793_RST)))
with host.run(stack) as running, lab.listen(8000, host.gateway) as listener:
    ours = running.dial(host.gateway, 8000)
    program, _ = listener.accept()
    window = ours.rcv.right - ours.rcv.nxt

    def attack(now):
        """Hand RSTs to the stack until the connection is closed; return how many."""
        for sent, seq in enumerate(range(0, 2**32, window), start=1):
            rst = Segment(TCPHeader(8000, ours.local[1], seq=seq, flags=Flags.RST))
            stack.receive(rst.packet("10.0.0.1", "10.0.0.2"), now)
            if ours.state is State.CLOSED:
                return sent

    hits = running.do(attack)
    print(f"window {window:,} · {ours.state} · {ours.error}")
    print("after at most 21,846 RSTs:", hits is not None and hits <= 21_846)
    program.sendall(b"are you there?")
    try:
        program.recv(1)
    except ConnectionResetError as error:
        print("the program at the other end:", type(error).__name__)

# %% tags=["compare"]
check.guess_sweep(guess, hits)

# %% [markdown]
# That takes a fraction of a second. A number of 32 bits is hard to guess only if it has to be hit exactly.
#
# RFC 5961 (2010) asks for an exact hit. An RST with **exactly** the next number expected ends the connection. An RST
# elsewhere in the window is answered by an ACK, the **challenge ACK**, which says the number that is expected. It goes
# to the real other end, and not to the attacker. If the real other end has given up the connection, it answers the ACK
# with an RST that carries this number. Any other RST is dropped.
#
# `rcv_nxt` is the next number expected, `window` the size of the window, which begins there. The size may be 0.


# %% tags=["exercise"]
# Exercise 21.2
def on_rst(seq: int, rcv_nxt: int, window: int) -> str:
    """Return what to do about an RST: "reset", "challenge" or "drop"."""
    # BEGIN SOLUTION
    if seq == rcv_nxt:
        return "reset"
    return "challenge" if (seq - rcv_nxt) % 2**32 < window else "drop"
    # END SOLUTION


# %% [markdown] tags=["hint"]
# <details>
# <summary>Hint 1 of 3</summary>
#
# Which number is known only to somebody who can read the packets?
#
# </details>
#
# <details>
# <summary>Hint 2 of 3</summary>
#
# There are three cases. For the second one count how far `seq` is beyond `rcv_nxt`, modulo 2**32.
#
# </details>
#
# <details>
# <summary>Hint 3 of 3</summary>
#
# ```python
# if seq == rcv_nxt:
#     return "reset"
# return "challenge" if ... < window else "drop"
# ```
#
# </details>

# %% tags=["check"]
check.on_rst(on_rst, lab)

# %% [markdown]
# ## 5. The kernel's rule (9 min)
#
# When the check says PASS, your rule has protected your own stack. Now the kernel: a program has a connection with the
# friend, and the liar sweeps in the friend's name.

# %%
friend, liar = lab.host("10.0.0.2"), lab.host("10.6.0.66")
with lab.listen(8000, friend.gateway) as listener:
    sender, _ = lie(7002)  # whom the kernel believes
    sender.forge(segment(7002, Flags.RST, seq=1), "10.0.0.2")
    with friend.talk(8000) as talk:
        numbers = range(0, 2**32, talk.dial().window)
        program, _ = listener.accept()
        before = lab.counters()
        rsts = (segment(talk.source_port, Flags.RST, seq=number) for number in numbers)
        sender.forge(rsts, "10.0.0.2")
        moved = lab.counters() - before
        talk.say(Flags.PSH | Flags.ACK, b"still here")
        print("RSTs, more than 65,000:", len(numbers) > 65_000)
        print("challenge ACKs:", moved.get("TcpExtTCPChallengeACK", 0))
        print("the program reads:", program.recv(100).decode())
        program.close()

# %% [markdown]
# One number of the sweep was in the window, so there was one challenge ACK. At which numbers does the kernel believe an
# RST? Each of these goes to a fresh connection. The last one is a SYN:

# %%
friend = lab.host("10.0.0.2")


def kernel_says(offset, flags=Flags.RST):
    """Return what the kernel does about a segment, so far from the next number expected."""
    with lab.listen(8000, friend.gateway) as listener, friend.talk(8000) as talk:
        window = talk.dial().window
        program, _ = listener.accept()
        talk.say(flags, seq=(talk.seq + offset(window)) % 2**32)
        answers = talk.hear_all(0.05)
        with program:
            program.setblocking(False)
            try:
                program.recv(1)
            except ConnectionResetError:
                return "reset"
            except BlockingIOError:
                return "challenge" if answers else "nothing"


for words, offset in {
    "the next number": lambda window: 0,
    "the next + 1": lambda window: 1,
    "the next + 1000": lambda window: 1000,
    "the last one in the window": lambda window: window - 1,
    "1000 after the window": lambda window: window + 1000,
    "the next - 1": lambda window: -1,
    "2**31 away": lambda window: 2**31,
}.items():
    print(f"RST, {words:27}", kernel_says(offset))
print(f"SYN, {'2**31 away':27}", kernel_says(lambda window: 2**31, Flags.SYN))
beside(
    number_circle("reset"),
    number_circle("challenge"),
    names=("RFC 793, 1981", "RFC 5961, 2010"),
)

# %% [markdown]
# Is an honest RST still believed? Our stack at 10.4.0.2 has a connection with the kernel, and crashes: a new stack,
# which knows nothing, takes its place. It dials again, from the same port. For the kernel the old connection is still
# open:

# %%
host = lab.host("10.4.0.2")
with lab.listen(8000, host.gateway) as listener:
    host.run(Stack("10.4.0.2")).dial(host.gateway, 8000, source_port=5000)
    old, _ = listener.accept()
    with host.capture() as packets:
        running = host.run(Stack("10.4.0.2"))  # the crash: nothing is left of the first one
        running.dial(host.gateway, 8000, source_port=5000)
    try:
        old.recv(1)
    except ConnectionResetError as error:
        print("the old connection:", type(error).__name__)
packets[:6].ladder(("new stack", "kernel"))

# %% [markdown]
# The kernel challenges the SYN. This ACK is not for the new stack's SYN, so the stack answers with an RST, whose seq is
# the ACK's ack: exactly the number expected. The old connection ends, and a second later the repeated SYN opens a new
# one. The challenge costs one packet each way.
#
# ## 6. Recap (1 min)
#
# - A half-open connection costs its sender a packet, and the kernel an entry for a minute. A SYN cookie puts the
#   entry into the number, and forgets the window scale and SACK.
# - A handshake proves that somebody can read what is sent to an address. It does not prove who.
# - A number of 32 bits protects from a blind attacker if it has to be hit exactly. If any number in a window of 196,608
#   will do, 22,000 packets suffice.
# - A challenge ACK asks the real other end. A blind attacker cannot answer with the exact number.
#
# Your rule protects a TCP from strangers. What protects it from the mistakes of its own author?
#
# Next: [22 What is wrong with it?](22_bug_zoo.ipynb)
#
# <details>
# <summary>Questions you may have now</summary>
#
# - *What would the friend have done?* A live kernel at 10.0.0.2 answers the unexpected SYN-ACK with an RST (lesson 07),
#   and the entry is gone. So attackers choose machines that are switched off. In this lab no kernel speaks for
#   10.0.0.2.
# - *How would an attacker know the ports?* One of them is well known. The other one is picked by chance, so there are
#   up to 65,536 times as many packets to send.
# - *Can challenge ACKs be misused?* They could, in 2016: the kernel counted them for all connections together, and
#   the count told strangers which numbers lay in a window. Now there are limits for each connection.
# - *Are SACK and the window scale always lost?* Not if the SYN offers TCP timestamps too. Then Linux writes them into
#   the low bits of its own timestamp, and your third packet brings that back.
# - *Does TLS help?* It protects the data. It does not protect from an RST: TLS begins above TCP.
# - *Who may forge sources on the Internet?* Nobody should: providers drop packets whose source is not their
#   customer's (BCP 38). Not all of them do.
# - *And connections that live for months, such as BGP's?* They carry a keyed hash in each segment: TCP-AO, once TCP
#   MD5.
# - *Did my machine notice?* Perhaps its log has a line on a possible SYN flood on port 8000: `dmesg` shows it.
#
# </details>
