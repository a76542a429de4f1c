"""A cable between two labs: their kernels speak to each other over it.

Neither network reaches the other by itself: a thread of this process carries
the packets, through a link if there is one.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from tcpkit.lab.adapter import Adapter
from tcpkit.lab.errors import LabError
from tcpkit.lab.ground import Closable, Ground
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.relay import Relay
from tcpkit.lab.room import make_room
from tcpkit.stack.link import Link

if TYPE_CHECKING:
    from tcpkit.lab.recording import Recording


class Cable:
    """Two kernels, each with one of the addresses, joined until `close`.

    It ends with the lab that is closed first.
    """

    def __init__(self, grounds: tuple[Ground, Ground], addresses: tuple[str, str], link: Link | None, mtu: int) -> None:
        self.addresses, self.link, self.mtu = addresses, link, mtu
        self.is_closed = False
        self._grounds = grounds
        self._adapters: list[Adapter] = []
        self._relay: Relay | None = None
        with uninterrupted():
            try:
                self._join()
            except BaseException:
                self.close()
                raise

    def _join(self) -> None:
        for ground, near, far in zip(self._grounds, self.addresses, reversed(self.addresses), strict=True):
            self._adapters.append(ground.keep(Adapter(ground, near, far, self.mtu)))
        pipes = self.link.both_ways() if self.link else None
        self._relay = Relay(f"The cable between {' and '.join(self.addresses)}", *self._adapters, pipes)
        for ground in self._grounds:
            ground.keep(self._relay)

    def capture(self) -> Recording:
        """Record what crosses the cable, both ways, at the first lab's end."""
        from tcpkit.lab.recording import Recording

        self.check()
        return Recording(self._grounds[0], self._adapters[0].cable.near_name)

    def pull(self) -> None:
        """Pull the cable out: packets are lost until `plug`."""
        self.check()
        for adapter in self._adapters:
            adapter.cable.pull()

    def plug(self) -> None:
        """Put the cable back in."""
        self.check()
        for adapter in self._adapters:
            adapter.cable.plug()

    @property
    def dropped(self) -> int:
        """Return how many packets came faster than they were carried."""
        return sum(adapter.dropped() for adapter in self._adapters)

    def check(self) -> None:
        """Raise `LabClosed` or `LabError` if nothing is carried any more."""
        for ground in self._grounds:
            ground.check()
        if self._relay is None or self.is_closed:
            raise LabError("This cable was taken away. Make it anew: lab.cable(other)")
        self._relay.check()

    def close(self) -> None:
        """Take the cable away from both labs."""
        if self.is_closed:
            return
        with uninterrupted():
            self.is_closed = True
            if self._relay is not None:
                self._relay.close()
                for ground in self._grounds:
                    ground.let_go(self._relay)
            for ground, adapter in zip(self._grounds, self._adapters, strict=False):
                adapter.detach(ground)

    def __enter__(self) -> Cable:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        words = f"a cable between {' and '.join(self.addresses)}"
        if self.is_closed:
            return f"{words} (taken away)"
        return f"{words} ({self.dropped:,} packets came faster than they were carried)" if self.dropped else words


Others = dict[str, Closable]  # what a lab has made, by the address at its far end


def join(
    grounds: tuple[Ground, Ground],
    others: tuple[Others, Others],
    addresses: tuple[str, str],
    link: Link | None,
    mtu: int,
) -> Cable:
    """Return a new cable between two labs, and note it down in both."""
    if grounds[0] is grounds[1]:
        raise ValueError("A cable joins two labs, and these are one: other = Lab(); lab.cable(other)")
    if len(addresses) != 2 or addresses[0] == addresses[1]:
        raise ValueError(f"A cable has two addresses, one for each lab; these are {addresses!r}")
    far_ends = tuple(zip(grounds, others, reversed(addresses), strict=True))
    for ground, noted, far in far_ends:
        make_room(ground, noted, far, mtu)
    cable = Cable(grounds, addresses, link, mtu)
    for _, noted, far in far_ends:
        noted[far] = cable
    return cable
