"""The settings of a connection, and the pieces that it is built of."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tcpkit.stack.congestion import Congestion, Reno
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.resets import on_rst
from tcpkit.stack.rto import RTO
from tcpkit.stack.states import TRANSITIONS, Transitions
from tcpkit.stack.window import PersistTimer, ReceiveWindow
from tcpkit.wire import before
from tcpkit.wire.errors import shown


@dataclass(frozen=True)
class Pieces:
    """The pieces that you write in lessons 08 to 21, and may hand in."""

    before: Callable[[int, int], bool] = before
    transitions: Transitions = field(default_factory=lambda: TRANSITIONS)
    reassembler: Callable[[], Reassembler] = Reassembler
    rto: Callable[[float, float], RTO] = RTO  # minimum and maximum, in seconds
    window: Callable[[int, int], ReceiveWindow] = ReceiveWindow  # size and MSS, in bytes
    persist: Callable[[], PersistTimer] = PersistTimer
    congestion: Callable[[int], Congestion] = Reno  # MSS, in bytes
    on_rst: Callable[[int, int, int], str] = on_rst  # its seq, RCV.NXT and the window


def wrong(what: str, value: object, asked: str) -> TypeError:
    """Return the error for a piece that gives what it must not; `asked` says what to write."""
    return TypeError(f"{what} is {shown(value)[:60]}: {asked}.")


@dataclass(frozen=True)
class Settings:
    """How a connection behaves. The times are RFC 9293's and RFC 6298's."""

    mtu: int = 1500  # bytes of the largest IPv4 packet
    send_buffer: int = 1 << 20  # bytes
    receive_buffer: int = 192 << 10  # bytes
    window_scale: bool = True  # RFC 7323
    timestamps: bool = True  # RFC 7323
    sack: bool = True  # RFC 2018
    nagle: bool = True
    delayed_ack_s: float = 0.04
    rto_min_s: float = 1.0
    rto_max_s: float = 60.0
    give_up_s: float = 100.0  # R2: without an answer for so long, data is given up
    give_up_open_s: float = 180.0  # R2 for a SYN
    time_wait_s: float = 60.0  # 2 MSL
    keep_alive_s: float | None = None  # off; RFC 9293 asks for two hours or more
    iss: int | None = None  # the initial sequence number; None: one that nobody can guess (RFC 6528)
    ttl: int = 64  # routers that a packet may pass
    diffserv: int = 0  # the second byte of each IPv4 header
    pieces: Pieces = field(default_factory=Pieces)

    @property
    def mss(self) -> int:
        """Return the bytes of data that fit the MTU behind bare headers (RFC 9293, 3.7.1)."""
        return self.mtu - 40
