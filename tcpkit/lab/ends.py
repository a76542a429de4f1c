"""What stands at a host's side of the cable: a mailbox, or a stack."""

from __future__ import annotations

from collections import deque
from typing import Protocol

MOST_WAITING = 10_000  # packets that nobody has fetched yet


class Stack(Protocol):
    """What `Host.run` serves: packets in, packets out, and the time."""

    address: str

    def receive(self, packet: bytes, now: float) -> None:
        """Take in an IPv4 packet."""

    def poll(self, now: float) -> list[bytes]:
        """Do what is due, and return the IPv4 packets to send."""

    def next_deadline(self) -> float | None:
        """Return when to poll, even if nothing arrives."""


class Mailbox:
    """Packets kept for somebody who comes and fetches them."""

    def __init__(self) -> None:
        self.outbox: list[bytes] = []  # leave at the next opportunity
        self.dropped = 0
        self._inbox: deque[bytes] = deque()

    def fetch(self) -> bytes | None:
        """Return the packet that has waited longest, or None."""
        return self._inbox.popleft() if self._inbox else None

    def take(self, now: float) -> list[bytes]:
        """Return what is to leave."""
        leaving, self.outbox = self.outbox, []
        return leaving

    def put(self, packets: list[bytes], now: float) -> None:
        """Keep packets, as far as there is room."""
        kept = packets[: MOST_WAITING - len(self._inbox)]
        self._inbox += kept
        self.dropped += len(packets) - len(kept)

    def next_deadline(self) -> float | None:
        """Return None: nothing happens here by itself."""
        return None

    def descriptors(self) -> tuple[int, ...]:
        """Return none: whoever puts something out says so."""
        return ()


class Served(Mailbox):
    """A stack, with an outbox for packets that are not the stack's own."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.next_deadline = stack.next_deadline
        self._receive = stack.receive
        self._poll = stack.poll

    def take(self, now: float) -> list[bytes]:
        """Return what is to leave, by the stack's own will or not."""
        return super().take(now) + self._poll(now)

    def put(self, packets: list[bytes], now: float) -> None:
        """Hand packets to the stack."""
        for packet in packets:
            self._receive(packet, now)
