"""A port that waits to be dialled."""

from collections import deque

from tcpkit.stack.connection import Connection
from tcpkit.stack.settings import Settings


class Listener:
    """Takes connections on a port; `accept` hands them out.

    No more than `backlog` connections wait: to be opened, or to be accepted.
    """

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

    @property
    def is_full(self) -> bool:
        return len(self.opening) + len(self.ready) >= self.backlog
