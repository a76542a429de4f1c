"""Lesson 15's three limits, and the formula beside two real kernels, for a second."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tcpkit.stack.link import Link

RATE_BIT_S, RTT_S, LOSS, WINDOW = 50e6, 0.04, 0.01, 1 << 20
FIRST_S, SECONDS = 0.3, 0.9
CONGESTION, SHUT_RDWR = (6, 13), 2  # IPPROTO_TCP and TCP_CONGESTION
WORDS = "Two kernels then sent for a second over 50 Mbit/s and 40 ms, with 1 % lost: "
CAME = f"{WORDS}your prediction is within a factor of three of what they did."


MIB, NAMES = 1 << 20, ("rate_bit_s", "rtt_s", "loss", "window")
PATHS = (  # rate, round trip, loss, window: each limit decides somewhere, with loss and without
    (1e9, 0.1, 0.01, MIB),
    (10e6, 0.02, 0.0001, MIB),
    (1e9, 0.04, 0, 65_536),
    (1e6, 0.01, 0, MIB),
    (1e8, 0.2, 0.001, MIB),
    (50e6, 0.01, 0.00001, 65_536),
    (1e9, 0.2, 0, MIB),
    (1e9, 0.2, 0.00001, 65_536),
    (1e9, 0.1, 0.0001, 4 * MIB),
    (RATE_BIT_S, RTT_S, LOSS, WINDOW),  # compared with the formula first, and then with two kernels
)


def mathis(mss: int, rtt_s: float, loss: float) -> float:
    """Return the limit that losses set, in bit/s (Mathis and others, 1997)."""
    return 8 * mss / rtt_s * math.sqrt(3 / (2 * loss))


def all_limits(rate_bit_s: float, rtt_s: float, loss: float, window: int) -> list[float]:
    limits = [rate_bit_s * 1448 / 1500, 8 * window / rtt_s]
    return [*limits, mathis(1448, rtt_s, loss)] if loss else limits


def _of(combined: Callable[[list[float]], float]) -> Callable[..., float]:
    return lambda rate_bit_s, rtt_s, loss, window: combined(all_limits(rate_bit_s, rtt_s, loss, window))


def _as_if(**other: float) -> Callable[..., float]:
    return lambda *given: min(all_limits(**dict(zip(NAMES, given, strict=True)) | other))


predict = _of(min)

SLIPS: dict[str, Any] = {
    "You make one number of all limits: a sum, a mean or a product. The smallest alone decides.": (
        *(_of(sum), _of(lambda limits: sum(limits) / len(limits)), _of(math.prod)),
    ),
    "You return the largest limit. The smallest decides.": _of(max),
    "You return bytes per second, or Mbit/s. Return bit/s.": (
        *(_of(lambda limits: min(limits) / 8), _of(lambda limits: min(limits) / 1e6)),
    ),
    "You leave out the rate of the link. A slow link decides: 1 Mbit/s at 10 ms.": _as_if(rate_bit_s=1e15),
    "You leave out the window. It may decide: 65,536 bytes at 40 ms with no loss.": _as_if(window=10**15),
    "You leave out the window where packets are lost. It may decide there too: 65,536 bytes at 200 ms.": (
        lambda *given: _as_if(window=10**15)(*given) if given[2] else predict(*given)
    ),
    "You write 65,536 bytes for the window, or no more than that. It is handed over, and may be larger.": (
        *(_as_if(window=65_536), _as_if(window=65_535)),
        *(lambda *given, most=most: predict(*given[:3], min(most, given[3])) for most in (65_535, 65_536)),
    ),
    "You leave out the loss limit. A loss costs more than its packet: the sender sends less.": (
        _as_if(loss=0),
        *(lambda *given, part=part: min(given[0] * (1 - part * given[2]), 8 * given[3] / given[1]) for part in (0, 1)),
    ),
    "Where packets are lost, you return the loss limit alone. The rate or the window may be smaller.": (
        lambda *given: mathis(1448, *given[1:3]) if given[2] else predict(*given)
    ),
    "The window is in bytes. In each round trip 8 * window bits are sent.": (
        lambda *given: min(given[3] / given[1], _as_if(window=10**15)(*given))
    ),
}


def beside_the_kernel(lab: Any, answer: Callable[..., float]) -> str:
    """Return what is wrong with a prediction, beside what two kernels do; "" for nothing."""
    said = float(answer(RATE_BIT_S, RTT_S, LOSS, WINDOW))
    with type(lab)("namespace") as other:
        lab.cable(other, Link(rate_bit_s=RATE_BIT_S, delay_s=RTT_S / 2, loss=LOSS, seed=1))
        try:
            seen = between(lab, other)
        except Exception as error:
            return f"{WORDS}it stopped. {error}"
    if said / 3 < seen < said * 3:  # on a busy machine the packets are late, and both kernels slow
        return ""
    busy = "If your machine is busy, wait, and run the check again."
    return f"{WORDS}{seen / 1e6:.1f} Mbit/s. You predicted {said / 1e6:.1f}, as the formula does. {busy}"


def between(lab: Any, other: Any) -> float:
    """Return how fast one kernel sends to the other with Reno, in bit/s; slow start is left out."""
    with other.listen(8000, "10.1.0.2") as listener, lab.socket() as sender:
        sender.setsockopt(*CONGESTION, b"reno")
        sender.connect(("10.1.0.2", 8000))
        with listener.accept()[0] as receiver:
            sending = threading.Thread(target=_send, args=(sender,), daemon=True)
            sending.start()
            try:
                _received(receiver, FIRST_S)
                return 8 * _received(receiver, SECONDS) / SECONDS
            finally:
                sender.shutdown(SHUT_RDWR)  # wakes a `send` that waits for room
                sending.join()


def _send(sender: Any) -> None:
    with suppress(OSError):
        while True:
            sender.send(bytes(1 << 16))


def _received(receiver: Any, seconds: float) -> int:
    end, size = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        size += len(receiver.recv(1 << 16))
    return size
