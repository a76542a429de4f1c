"""Lesson 15's formula beside two real kernels, for a second."""

from __future__ import annotations

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


def beside_the_kernel(lab: Any, answer: Callable[..., float]) -> str:
    """Return what is wrong with a prediction, beside what two kernels do; "" for nothing."""
    said = float(answer(RATE_BIT_S, RTT_S, LOSS, WINDOW))
    with type(lab)("namespace") as other:
        lab.cable(other, Link(rate_bit_s=RATE_BIT_S, delay_s=RTT_S / 2, loss=LOSS, seed=1))
        seen = between(lab, other)
    if said / 3 < seen < said * 3:  # on a busy machine the packets are late, and both kernels slow
        return ""
    busy = "If your machine is busy, wait, and run the check again."
    return f"{WORDS}{seen / 1e6:.1f} Mbit/s. You predicted {said / 1e6:.1f}. {busy}"


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
