"""Many connections behind one address: packets in, packets out."""

import secrets
import struct
from collections import deque
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf

from tcpkit.stack.arrivals import DEFAULT_MSS
from tcpkit.stack.connection import Connection
from tcpkit.stack.envelope import FIRST_MULTICAST, open_packet, packet_of
from tcpkit.stack.numbers import cookie, initial_sequence_number, keyed_hash, remembered_mss
from tcpkit.stack.resets import reset_for
from tcpkit.stack.settings import Settings
from tcpkit.stack.states import CLOSED, SYN_RECEIVED, TIME_WAIT
from tcpkit.wire import MSS, Flags, Segment, TCPHeader, Timestamps
from tcpkit.wire.checksum import address_bytes
from tcpkit.wire.options import find
from tcpkit.wire.seq import MODULUS, before

EPHEMERAL = range(49_152, 65_536)  # ports to dial from (RFC 6335, 6)
KEY = struct.Struct("!4sHH")  # of a connection: the other side's address and port, and ours; as in its packets
MOST_UNSENT = 10_000  # answers that wait for the next poll; the oldest are dropped


class Listener:
    """A port that takes connections; at most `backlog` of them wait, to be opened or to be accepted."""

    def __init__(self, port: int, backlog: int, settings: Settings, has_cookies: bool) -> None:
        self.port, self.backlog, self.settings, self.has_cookies = port, backlog, settings, has_cookies
        self.is_closed = False
        self.opening: set[Connection] = set()
        self.ready: deque[Connection] = deque()

    def accept(self) -> Connection | None:
        """Return the connection that has waited longest, or None."""
        return self.ready.popleft() if self.ready else None

    def close(self) -> None:
        """Take no more connections; those that were not accepted are aborted."""
        self.is_closed = True
        for connection in [*self.opening, *self.ready]:
            connection.abort()
        self.opening.clear()
        self.ready.clear()


class Stack:
    """TCP at one IPv4 address.

    Call `receive` with each packet that arrives, send each that `poll` returns, and poll again at `next_deadline()`.
    `secret` makes its numbers unpredictable; the same secret and the same times give the same packets.
    """

    def __init__(self, address: str, settings: Settings | None = None, secret: bytes | None = None) -> None:
        self.address = address
        self.settings = settings or Settings()
        self.dropped: dict[str, int] = {}  # packets, by reason
        self.seals = False  # its packets, for stacks of this process
        self._secret = secret or secrets.token_bytes(16)
        self._connections: dict[bytes, Connection] = {}
        self._listeners: dict[int, Listener] = {}
        self._changed: dict[Connection, None] = {}  # to be polled; a dict, as a set has no order
        self._due: list[tuple[float, int, Connection]] = []
        self._due_at: dict[Connection, float] = {}
        self._number = count()
        self._answers: deque[bytes] = deque(maxlen=MOST_UNSENT)
        self._ports = count(keyed_hash(self._secret, "first port"))  # RFC 6056, 3

    # For its user.

    def listen(
        self, port: int, backlog: int = 128, settings: Settings | None = None, syn_cookies: bool = False
    ) -> Listener:
        """Take connections on a port; with cookies, even when the backlog is full."""
        if port in self._listeners and not self._listeners[port].is_closed:
            raise OSError(f"Port {port} of {self.address} has a listener already: close that one first.")
        self._listeners[port] = Listener(port, backlog, settings or self.settings, syn_cookies)
        return self._listeners[port]

    def connect(
        self, address: str, port: int, now: float, source_port: int | None = None, settings: Settings | None = None
    ) -> Connection:
        """Send a SYN; the connection is open when its state is ESTABLISHED."""
        if not 0 < address_bytes(address)[0] < FIRST_MULTICAST:
            raise OSError(f"{address} is not the address of a single host: nobody there can open a connection.")
        remote = (address, port)
        local = (self.address, source_port or self._free_port(remote))
        iss = initial_sequence_number(self._secret, local, remote, now, (settings or self.settings).iss)
        connection = Connection(local, remote, iss, settings or self.settings)
        self._adopt(connection)
        connection.dial(now)
        return connection

    @property
    def connections(self) -> tuple[Connection, ...]:
        return tuple(self._connections.values())

    # For the one who carries its packets.

    def receive(self, packet: bytes, now: float) -> None:
        """Take in an IPv4 packet."""
        opened = open_packet(packet, self.address)
        if isinstance(opened, str):
            self.dropped[opened] = self.dropped.get(opened, 0) + 1
            return
        key, segment = opened
        connection = self._connections.get(key)
        if connection is None:
            self._receive_new(key, segment, now)
        elif connection.state is TIME_WAIT and self._is_reopened(connection, segment):
            self._forget(connection)
            self._receive_new(key, segment, now, above=connection.snd.nxt)
        else:
            connection.receive(segment, now)

    def poll(self, now: float) -> list[bytes]:
        """Do what is due; return the IPv4 packets to send, in order."""
        while self._due and self._due[0][0] <= now:
            deadline, _, connection = heappop(self._due)
            if self._due_at.get(connection) == deadline:  # else a newer deadline has replaced it
                del self._due_at[connection]
                self._changed[connection] = None
        packets = []
        while self._answers:
            packets.append(self._answers.popleft())
        while self._changed:
            connection = next(iter(self._changed))
            ends, settings = (self.address, connection.remote[0]), connection.settings
            for segment in connection.poll(now):
                packets.append(packet_of(segment, *ends, settings.ttl, settings.diffserv, self.seals))
            del self._changed[connection]  # after the poll, which may itself report changes
            self._after(connection)
        return packets

    def next_deadline(self) -> float | None:
        """Return when to poll again if nothing happens before; None: never."""
        if self._changed or self._answers:
            return 0.0
        return self._due[0][0] if self._due else None

    def _receive_new(self, key: bytes, segment: Segment, now: float, above: int | None = None) -> None:
        """Take in a segment of no connection; `above` is the last number of the one before, in TIME-WAIT."""
        listener = self._listeners.get(segment.destination_port)
        if listener is None or listener.is_closed or segment.flags & Flags.RST:
            self._answer(reset_for(segment), key)  # none for an RST
        elif segment.flags & Flags.ACK:
            if not (listener.has_cookies and self._redeem(listener, key, segment, now)):
                self._answer(reset_for(segment), key)
        elif segment.flags & Flags.SYN:
            self._dialled(listener, key, segment, now, above)

    def _dialled(self, listener: Listener, key: bytes, syn: Segment, now: float, above: int | None) -> None:
        """Take in a SYN for a listener."""
        if len(listener.opening) + len(listener.ready) < listener.backlog:
            iss = initial_sequence_number(self._secret, *self._ends(key), now, listener.settings.iss)
            if above is not None and not before(above % MODULUS, iss):  # it sent faster than the clock ticks
                iss = (above + 1) % MODULUS
            self._passive(listener, key, iss).receive(syn, now)
        elif listener.has_cookies:
            self._answer(self._cookie_for(listener, key, syn, now), key)
        else:
            self.dropped["a SYN for a full backlog"] = self.dropped.get("a SYN for a full backlog", 0) + 1

    def _passive(self, listener: Listener, key: bytes, iss: int) -> Connection:
        connection = Connection(*self._ends(key), iss, listener.settings)
        connection.listen()
        listener.opening.add(connection)
        self._adopt(connection)
        return connection

    def _ends(self, key: bytes) -> tuple[tuple[str, int], tuple[str, int]]:
        """Return our end and the other side's, of packets with this key."""
        address, theirs, ours = KEY.unpack(key)
        return (self.address, ours), (".".join(map(str, address)), theirs)

    def _cookie_for(self, listener: Listener, key: bytes, syn: Segment, now: float) -> Segment:
        mss = find(MSS, syn.options)
        seq = cookie(self._secret, key, syn.seq, mss.size if mss else DEFAULT_MSS, now)
        ports, window = (syn.destination_port, syn.source_port), min(listener.settings.receive_buffer, 65_535)
        numbers, options = (seq, (syn.seq + 1) % MODULUS), (MSS(listener.settings.mss),)
        return Segment(TCPHeader(*ports, *numbers, Flags.SYN | Flags.ACK, window, options=options))

    def _redeem(self, listener: Listener, key: bytes, ack: Segment, now: float) -> bool:
        """Open a connection for an ACK that brings a cookie back; say whether it did."""
        irs, iss = (ack.seq - 1) % MODULUS, (ack.ack - 1) % MODULUS
        mss = remembered_mss(self._secret, key, irs, iss, now)
        if mss is None or len(listener.ready) >= listener.backlog:  # not `opening`: this SYN was dropped
            return False
        connection = self._passive(listener, key, iss)
        ports = ack.source_port, ack.destination_port  # of the SYN, made again as if it had been kept
        syn = TCPHeader(*ports, irs, flags=Flags.SYN, window=ack.window, options=(MSS(mss),))
        connection.receive(Segment(syn), now)
        connection.poll(now)  # its SYN-ACK was the cookie
        connection.receive(ack, now)
        return True

    def _is_reopened(self, connection: Connection, syn: Segment) -> bool:
        """Say whether a SYN opens a connection in TIME-WAIT again (RFC 9293, 3.6.1; by timestamps, RFC 6191)."""
        listener = self._listeners.get(syn.destination_port)
        if listener is None or listener.is_closed or syn.flags & (Flags.SYN | Flags.ACK | Flags.RST) != Flags.SYN:
            return False
        stamp = find(Timestamps, syn.options)
        if connection.has_timestamps and stamp and stamp.value != connection.ts_recent:
            return before(connection.ts_recent, stamp.value)
        return before((connection.rcv.nxt - 1) % MODULUS, syn.seq)

    def _adopt(self, connection: Connection) -> None:
        """Keep a connection, and poll it when it changes."""
        key = address_key(connection.remote, connection.local[1])
        if key in self._connections:
            raise OSError(f"There is a connection from port {connection.local[1]} to {connection.remote} already.")
        self._connections[key] = connection
        connection.on_change = self._changed.setdefault  # type: ignore[assignment]  # it is told of connections only

    def _after(self, connection: Connection) -> None:
        """Note what a poll has changed: a connection that is open or closed, its next deadline."""
        listener = self._listeners.get(connection.local[1])
        if listener and connection in listener.opening and connection.state is not SYN_RECEIVED:
            listener.opening.remove(connection)
            listener.ready.append(connection)
        if connection.state is CLOSED:
            if listener and connection in listener.ready:  # nobody has accepted it
                listener.ready.remove(connection)
            self._forget(connection)
            return
        deadline = connection.next_deadline()
        if deadline is not None and deadline < self._due_at.get(connection, inf):
            self._due_at[connection] = deadline
            heappush(self._due, (deadline, next(self._number), connection))
            if len(self._due) > 100 + 4 * len(self._due_at):  # most of them replaced
                self._due = [(at, next(self._number), each) for each, at in self._due_at.items()]
                heapify(self._due)

    def _forget(self, connection: Connection) -> None:
        key = address_key(connection.remote, connection.local[1])
        if self._connections.get(key) is connection:
            del self._connections[key]
        self._changed.pop(connection, None)
        self._due_at.pop(connection, None)

    def _free_port(self, remote: tuple[str, int]) -> int:
        """Return a port from which there is no connection to this remote end."""
        for _ in EPHEMERAL:
            port = EPHEMERAL[next(self._ports) % len(EPHEMERAL)]
            if port not in self._listeners and address_key(remote, port) not in self._connections:
                return port
        raise OSError(f"All {len(EPHEMERAL)} ports of {self.address} are in use towards {remote}.")

    def _answer(self, segment: Segment | None, key: bytes) -> None:
        if segment is not None:
            address, ttl, diffserv = self._ends(key)[1][0], self.settings.ttl, self.settings.diffserv
            self._answers.append(packet_of(segment, self.address, address, ttl, diffserv))


def address_key(remote: tuple[str, int], local_port: int) -> bytes:
    """Return the key of packets from there to this port."""
    return KEY.pack(address_bytes(remote[0]), remote[1], local_port)
