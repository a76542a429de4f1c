"""Two stacks on a link, in virtual time: waiting takes no real time."""

from collections.abc import Callable
from math import inf

from tcpkit.stack.link import Link, Pipe
from tcpkit.stack.stack import Stack

MOST_AT_ONCE = 100_000  # steps, until time is said to stand still


class Network:
    """Carry packets between two stacks; `now` is the clock, in seconds."""

    def __init__(self, left: Stack, right: Stack, link: Link | None = None, now: float = 0.0) -> None:
        self.now, self._steps_at_once = now, 0
        self.on_packet: Callable[[float, bytes], None] = lambda now, packet: None  # called for each packet sent
        there, back = (link or Link()).both_ways()
        self.pipes = {left: there, right: back}
        left.seals = right.seals = True
        self._ways = [(left, there, right), (right, back, left)]
        self.clocks: list[Stack | Pipe] = [left, there, right, back]

    def step(self, end: float = inf) -> bool:
        """Go to the next time when anything happens, and carry packets; False if nothing will, or not by `end`."""
        soonest = inf
        for each in self.clocks:
            if (time := each.next_deadline()) is not None and time < soonest:
                soonest = time
        if is_due := soonest != inf and soonest <= end:
            self.go_to(soonest)
            self.carry(self.now)
        return is_due

    def go_to(self, time: float) -> None:
        """Let time go on to the next time when anything happens; raise if it stands still."""
        self._steps_at_once = 0 if time > self.now else self._steps_at_once + 1
        if self._steps_at_once > MOST_AT_ONCE:
            what = "look at `timeout_s` of your RTO and `deadline` of your PersistTimer"
            raise RuntimeError(f"Time stands still at {self.now:g} s, as something is due again and again: {what}.")
        self.now = max(self.now, time)

    def carry(self, now: float) -> None:
        """Deliver what has arrived, and send what is to be sent."""
        for _, pipe, receiver in self._ways:
            for packet in pipe.poll(now):
                receiver.receive(packet, now)
        for sender, pipe, _ in self._ways:
            for packet in sender.poll(now):
                self.on_packet(now, packet)
                pipe.send(packet, now)

    def run(self, until: Callable[[], bool] = lambda: False, limit_s: float = inf) -> bool:
        """Go on until this is true; False if it never is, or not within `limit_s` of virtual time."""
        end = self.now + limit_s
        while not (is_over := until()) and self.now <= end and self.step():
            pass
        return bool(is_over)

    def sleep(self, seconds: float) -> None:
        """Carry what is due in so many seconds of virtual time, and let all of them pass."""
        end = self.now + seconds
        while self.step(end):
            pass
        self.now = max(self.now, end)
