"""Throw segments at the stack that no sane program sends.

    python tests/fuzz_stack.py 1000000 7     # so many segments, from this seed

Half of them are nearly right: the right ports, numbers near the window, any
flags, any options. After each the promises of `look_at` must hold; what is
wrong is told with the seed and the number that repeat it.
"""

from __future__ import annotations

import gc
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tcpkit.stack.congestion import Cubic
from tcpkit.stack.connection import Connection
from tcpkit.stack.envelope import fronts
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Listener, Stack
from tcpkit.stack.states import State
from tcpkit.wire import Flags, Segment, TCPHeader
from tcpkit.wire.checksum import address_bytes

Reader = Callable[[Connection, int], object]

MODULUS = 1 << 32
OURS, THEIRS = ("10.0.0.2", 8000), ("10.0.0.1", 40_000)
STARTS = (0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)  # where numbers wrap, or nearly
AWAY = (0, 0, 0, 0, 1, -1, 2, 100, 1448, -1448, 2896, 65_535, -65_535, 200_000, 2**31 - 1, 2**31)
SIZES = (0, 0, 0, 1, 2, 100, 1448, 3000)
USUAL = (
    *((Flags.ACK,) * 6),
    Flags.ACK | Flags.PSH,
    Flags.ACK | Flags.FIN,
    Flags.ACK | Flags.URG,
    Flags.SYN,
    Flags.SYN | Flags.ACK,
    Flags.RST,
    Flags.RST | Flags.ACK,
)
HARMLESS = (Flags.ACK, Flags.ACK | Flags.PSH, Flags.ACK | Flags.URG, Flags.SYN, Flags.SYN | Flags.ACK, Flags(0))
SETTINGS = (
    Settings(),
    Settings(sack=False, timestamps=False, window_scale=False),
    Settings(pieces=Pieces(congestion=Cubic), nagle=False, keep_alive_s=60.0),
    Settings(mtu=100, send_buffer=5000, receive_buffer=3000, rto_min_s=0.2),
    Settings(receive_buffer=1 << 20, sack=False, delayed_ack_s=0.0),
)

# How each state is reached: calls of the user, and what the other side sends.
WAYS = {
    State.CLOSED: "",
    State.LISTEN: "listen",
    State.SYN_SENT: "dial",
    State.SYN_RECEIVED: "listen SYN",
    State.ESTABLISHED: "dial SYN-ACK",
    State.FIN_WAIT_1: "dial SYN-ACK close",
    State.FIN_WAIT_2: "dial SYN-ACK close ACK",
    State.CLOSE_WAIT: "dial SYN-ACK FIN",
    State.CLOSING: "dial SYN-ACK close FIN",
    State.LAST_ACK: "dial SYN-ACK FIN close",
    State.TIME_WAIT: "dial SYN-ACK close ACK FIN",
}


class Broken(AssertionError):
    """A promise of the stack that did not hold."""


# Promises.


def look_at(connection: Connection, now: float) -> None:
    """Look at a connection that has just been polled: is anything stuck, or too large?"""
    settings, snd, rcv = connection.settings, connection.snd, connection.rcv
    deadline = connection.next_deadline()
    promise(not connection.outbox, "all that it wants to say was said")
    if connection.state is State.CLOSED:
        promise(deadline is None, "a closed connection waits for nothing", connection)
        return
    promise(deadline is None or deadline > now, "what was due is done", connection, deadline, now)
    if connection.state not in (State.LISTEN, State.TIME_WAIT):
        awaits = snd.una < snd.end + snd.wants_fin or snd.una == snd.iss
        promise(deadline is not None or not awaits, "what is not acknowledged has a timer", connection)
    promise(len(snd._buffer) <= settings.send_buffer, "the send buffer is bounded")
    promise(
        snd.iss <= snd.una <= snd.nxt <= snd.highest <= snd.end + snd.wants_fin,
        "no number is ahead of the data",
        connection,
    )
    promise(snd.congestion.cwnd >= 1, "the congestion window is open")
    if rcv:
        room = max(settings.receive_buffer, 1) + (1 << rcv.shift)
        waiting = sum(right - left for left, right in rcv.reassembler.ranges())
        promise(len(rcv.unread) + waiting <= room, "the receive buffer is bounded", len(rcv.unread), waiting)
        promise(rcv.owed_duplicates == 0 and not rcv.owes_ack, "no ACK is owed after a poll")


def promise(holds: bool, words: str, *seen: object) -> None:
    if not holds:
        raise Broken(f"{words}: {', '.join(map(shown, seen))}" if seen else words)


def shown(seen: object) -> str:
    if not isinstance(seen, Connection):
        return repr(seen)
    snd, rcv = seen.snd, seen.rcv
    numbers = {name: getattr(snd, name) - snd.iss for name in ("una", "nxt", "highest", "end")}
    received = {"nxt": rcv.nxt - rcv.irs, "right": rcv.right - rcv.irs, "unread": len(rcv.unread)} if rcv else None
    return f"{' > '.join(seen.path)}, snd {numbers} wnd {snd.wnd}, rcv {received}, wants_fin {snd.wants_fin}"


# Forged segments.


class Forger:
    """Makes segments, the same ones from the same seed."""

    def __init__(self, seed: object) -> None:
        self.draw = Random(f"forger {seed}")
        self.noise = self.draw.randbytes(4096)

    def segment(self, connection: Connection, flags: tuple[Flags, ...] = USUAL) -> bytes:
        """Return the bytes of a segment that this connection could take for one of its own."""
        draw, snd, rcv = self.draw, connection.snd, connection.rcv
        seq = self._near(rcv.nxt if rcv else draw.choice(STARTS))
        ack = self._near(draw.choice((snd.una, snd.nxt, snd.highest)))
        flag = draw.choice(flags) if draw.random() < 0.9 or flags is HARMLESS else draw.randrange(256)
        options = self._options(connection)
        data = self.noise[: draw.choice(SIZES)]
        urgent = draw.choice((0, 1, 65_535))
        window = draw.choice((0, 0, 1, 100, 2000, 65_535))
        offset = draw.randrange(16) if draw.random() < 0.02 else 5 + len(options) // 4
        ports = connection.remote[1], connection.local[1]
        fixed = struct.pack("!HHIIBBHHH", *ports, seq, ack, offset << 4, flag, window, 0, urgent)
        return fixed + options + data

    def packet(self, segment: bytes, source: str, destination: str) -> bytes:
        """Return an IPv4 packet with a segment in it, at times a damaged one."""
        packet = Segment.parse(segment).packet(source, destination)
        if self.draw.random() < 0.05:
            at = self.draw.randrange(len(packet))
            packet = packet[:at] + self.draw.randbytes(1) + packet[at + 1 :]
        if self.draw.random() < 0.02:
            packet = packet[: self.draw.randrange(len(packet))]
        return packet

    def _near(self, number: int) -> int:
        away = self.draw.choice(AWAY) if self.draw.random() < 0.95 else self.draw.randrange(MODULUS)
        return (number + away) % MODULUS

    def _options(self, connection: Connection) -> bytes:
        """Return options: none, well-formed ones with any numbers, or noise; whole words of them."""
        draw, kind = self.draw, self.draw.random()
        if kind < 0.2:
            return b""
        if kind < 0.3:
            packed = draw.randbytes(draw.randrange(41))
        else:
            packed = bytes((1, 1, 8, 10)) + struct.pack(
                "!II", self._near(connection.ts_recent), draw.choice((0, 1, 2**31))
            )
            if kind < 0.6:
                left = self._near(connection.snd.una)
                packed += struct.pack("!BBII", 5, 10, left, self._near(left + 1448))
            elif kind < 0.7:
                mss, shift = draw.choice((0, 1, 12, 13, 536, 65_535)), draw.choice((0, 7, 14, 15, 255))
                packed += struct.pack("!BBHBBBBB", 2, 4, mss, 3, 3, shift, 4, 2)
        return packed[:40] + bytes(-len(packed[:40]) % 4)


def standing_in(state: State, draw: Random, settings: Settings, now: float) -> Connection:
    """Return a connection that went to a state the usual way."""
    connection, irs = Connection(OURS, THEIRS, draw.choice(STARTS), settings), draw.choice(STARTS)
    for step in WAYS[state].split():
        if step == "dial":
            connection.dial(now)
        elif step in ("listen", "close"):
            getattr(connection, step)()
        else:
            connection.receive(from_other_side(connection, step, irs), now)
        connection.poll(now)
    promise(connection.state is state, f"{WAYS[state]!r} leads to {state}", connection)
    return connection


def from_other_side(connection: Connection, what: str, irs: int) -> Segment:
    """Return the SYN, SYN-ACK, ACK or FIN that comes next; the FIN acknowledges nothing new."""
    snd, seq = connection.snd, connection.rcv.nxt if connection.rcv else irs
    ack = {"SYN": 0, "FIN": snd.una}.get(what, snd.nxt)
    flags = {"SYN": Flags.SYN, "SYN-ACK": Flags.SYN | Flags.ACK, "ACK": Flags.ACK, "FIN": Flags.FIN | Flags.ACK}[what]
    return Segment(TCPHeader(THEIRS[1], OURS[1], seq % MODULUS, ack % MODULUS, flags, 50_000))


# Three ways to throw them.


def at_connections(count: int, seed: int) -> int:
    """Throw segments at connections in every state; return how many segments they answered with."""
    forger, answers = Forger(seed), 0
    draw = Random(f"connections {seed}")
    connection, left, now, flags = None, 0, 0.0, USUAL
    for number in range(count):
        if not left or connection.state is State.CLOSED:
            flags = draw.choice((USUAL, HARMLESS))
            left = draw.choice((5, 30, 1000 if flags is HARMLESS else 100))
            now = draw.choice((0.0, 1000.0, 2**32 / 1000 - 1))
            connection = standing_in(draw.choice(list(State)), draw, draw.choice(SETTINGS), now)
        left -= 1
        try:
            now = pass_time(connection, now, draw)
            connection.receive(Segment.parse(forger.segment(connection, flags)), now)
            if draw.random() < 0.3:
                call_as_user(connection, draw)
            answers += len(connection.poll(now))
            look_at(connection, now)
        except Exception as error:
            raise Broken(f"segment {number} of seed {seed}: {error!r}") from error
    return answers


def pass_time(connection: Connection, now: float, draw: Random) -> float:
    """Return a later time: a little, the next deadline, an hour; seldom an earlier one."""
    chance = draw.random()
    if chance < 0.8:
        return now + draw.choice((0.0, 0.0001, 0.01))
    if chance < 0.95:
        return max(now, connection.next_deadline() or now)
    return max(0.0, now + draw.choice((1.0, 100.0, 3600.0, 1e9, -1.0, -3600.0)))


def call_as_user(connection: Connection, draw: Random, most: int = 2_000_000) -> None:
    """Call what a user may call, with so many bytes; a connection that has ended says so by `OSError`."""
    call = draw.choice(["write", "write", "read", "read", "urgent", "close", "release", "abort"])
    if call == "abort" and draw.random() < 0.9:
        return
    try:
        if call in ("write", "urgent"):
            connection.send(bytes(draw.choice((1, 100, 5000, most))), urgent=call == "urgent")
        elif call == "read":
            connection.recv(draw.choice((1, 1000, 1_000_000)))
        else:
            getattr(connection, call)()
    except OSError:
        pass


def at_stack(count: int, seed: int) -> int:
    """Throw packets at a stack with listeners and connections; return how many packets it answered with."""
    forger, answers, now = Forger(seed), 0, 0.0
    draw = Random(f"stack {seed}")
    settings = Settings(give_up_open_s=5.0, time_wait_s=5.0)
    stack = Stack(OURS[0], settings, secret=b"fuzz")
    listeners = [stack.listen(80, backlog=20), stack.listen(81, backlog=5, syn_cookies=True)]
    for number in range(count):
        try:
            now += draw.choice((0.0, 0.0001, 0.01, 0.01, 0.5))
            stack.receive(packet_for(stack, forger, draw), now)
            if draw.random() < 0.2:
                call_as_owner(stack, listeners, draw, now)
            answers += len(stack.poll(now))
            look_at_stack(stack, listeners, now)
        except Exception as error:
            raise Broken(f"packet {number} of seed {seed}: {error!r}") from error
    for connection in stack.connections:
        connection.abort()
    for listener in listeners:
        listener.close()
    stack.poll(now)
    promise(not stack.connections, "what was aborted is forgotten")
    return answers


def packet_for(stack: Stack, forger: Forger, draw: Random) -> bytes:
    """Return a packet: noise, a SYN from anybody, or a segment for one of the stack's connections."""
    chance = draw.random()
    if chance < 0.05:
        return draw.randbytes(draw.randrange(100))
    connections = stack.connections if chance > 0.3 else ()
    if connections:
        connection = connections[draw.randrange(len(connections))]
    else:
        stranger = f"10.0.{draw.randrange(4)}.{draw.randrange(1, 255)}", draw.randrange(1, 65_536)
        connection = Connection((stack.address, draw.choice((80, 80, 81, 81, 9))), stranger, 0)
    flags = USUAL if connections else (Flags.SYN, Flags.SYN, Flags.ACK, *USUAL)
    return forger.packet(forger.segment(connection, flags), connection.remote[0], stack.address)


def call_as_owner(stack: Stack, listeners: list[Listener], draw: Random, now: float) -> None:
    """Accept, dial, use a connection; end one when there are many."""
    connections = stack.connections
    if draw.random() < 0.3 and len(connections) < 40:
        stack.connect(THEIRS[0], draw.randrange(1, 1000), now)
    for listener in listeners:
        listener.accept()
    if connections:
        call_as_user(connections[draw.randrange(len(connections))], draw)
    if len(connections) > 60:
        connections[0].abort()


def look_at_stack(stack: Stack, listeners: list[Listener], now: float) -> None:
    """Look at a stack that has just been polled."""
    deadline = stack.next_deadline()
    promise(deadline is None or deadline > now, "what was due is done", deadline, now)
    promise(len(stack._due) <= 101 + 4 * len(stack.connections), "its list of what is due is bounded", len(stack._due))
    for listener in listeners:
        waiting = len(listener.opening), len(listener.ready)
        promise(max(waiting) <= listener.backlog, "no more wait than the backlog takes", waiting)
    promise(len(stack.dropped) < 20, "drops are counted by few words", stack.dropped)
    if connections := stack.connections:
        look_at(connections[-1], now)


def between_stacks(count: int, seed: int) -> int:
    """Throw packets at both ends of transfers; each time both must fall silent."""
    forger, answers = Forger(seed), 0
    draw = Random(f"between {seed}")
    while count > 0:
        forged = min(count, draw.choice((1, 2, 10, 60)))
        count -= forged
        try:
            answers += one_transfer(forged, forger, draw)
        except Exception as error:
            raise Broken(f"with {count} left of seed {seed}: {error!r}") from error
    return answers


def one_transfer(forged: int, forger: Forger, draw: Random) -> int:
    """Let two stacks talk while packets are forged in both directions; return the packets after that."""
    settings = draw.choice(SETTINGS[:2] + SETTINGS[3:])  # a keep-alive is never silent
    left, right = Stack(THEIRS[0], settings, b"left"), Stack(OURS[0], settings, b"right")
    loss = draw.choice((0.0, 0.1))
    network = Network(left, right, Link(delay_s=0.01, loss=loss, seed=draw.randrange(1000)), now=100.0)
    listener = right.listen(8000)
    ends = [left.connect(OURS[0], 8000, network.now)]
    for _ in range(forged):
        for _ in range(draw.choice((0, 0, 1, 5))):
            network.step()
        ends += [accepted] if (accepted := listener.accept()) else []
        end, stack = (ends[0], left) if draw.random() < 0.5 else (ends[-1], right if len(ends) > 1 else left)
        if draw.random() < 0.3:
            call_as_user(end, draw, 5000)
        segment = forger.segment(end, USUAL if draw.random() < 0.2 else HARMLESS)
        stack.receive(forger.packet(segment, end.remote[0], end.local[0]), network.now)
    return until_silent(network, listener, ends)


def until_silent(network: Network, listener: Listener, ends: list[Connection], read: Reader = Connection.recv) -> int:
    """Read everything, close, and count the packets until both stacks fall silent.

    One that was told of a closed window may ask once a minute, for ever: four
    hours are enough to tell that from a quarrel.
    """
    packets, most = 0, 1000 + 4 * sum(len(end.snd._buffer) for end in ends)

    def count_packet(now: float, packet: bytes) -> None:
        nonlocal packets
        packets += 1

    network.on_packet = count_packet
    over = network.now + 4 * 3600
    goes_on = True
    while goes_on:
        ends += [accepted] if (accepted := listener.accept()) else []
        for end in ends:
            if end.unread:
                read(end, 1 << 20)
            if not end.snd._buffer:
                end.close()
        goes_on = network.now < over and network.step()
        promise(packets <= most, "they fall silent", packets, *ends)
    return packets


@dataclass(frozen=True)
class Run:
    """What a run of one of the three saw."""

    name: str
    segments: int
    answers: int
    seconds: float
    grown: int  # bytes


def run(throw: Callable[[int, int], int], count: int, seed: int, rounds: int = 20) -> Run:
    """Throw so many in rounds; memory must be as flat after the last as after the third."""
    began, answers, held = time.perf_counter(), 0, []
    tracemalloc.start()
    for number in range(rounds):
        answers += throw(count // rounds, seed * 1000 + number)
        for cached in (address_bytes, fronts):  # these hold so much and no more
            cached.cache_clear()
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    grown = held[-1] - min(held[2:])
    promise(grown < 300_000, "memory stays flat", held)
    return Run(throw.__name__, count, answers, time.perf_counter() - began, grown)


def main(count: int = 1_000_000, seed: int = 1) -> None:
    """Throw two fifths at connections, two at a stack, one between two stacks."""
    for throw, share in ((at_connections, 2), (at_stack, 2), (between_stacks, 1)):
        seen = run(throw, count * share // 5, seed)
        print(
            f"{seen.name}: {seen.segments} segments thrown, {seen.answers} came back, "
            f"{seen.grown / 1000:.1f} kB more at the end, {seen.seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
