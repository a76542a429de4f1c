"""A TCP at work on a host, in a thread; and the calls of a notebook on it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeVar

from tcpkit.lab.arguments import checked_address, checked_port, checked_timeout, data_bytes
from tcpkit.lab.cables.carrier import StackEnd
from tcpkit.lab.cables.relay import Relay
from tcpkit.lab.errors import LabError, numbered
from tcpkit.stack.states import State

if TYPE_CHECKING:
    from tcpkit.stack.connection import Connection
    from tcpkit.stack.settings import Settings
    from tcpkit.stack.stack import Listener

Result = TypeVar("Result")
AT_ONCE = 1 << 18  # bytes handed over in one turn
OPENING, OVER = (State.SYN_SENT, State.SYN_RECEIVED), (State.TIME_WAIT, State.CLOSED)


class Place(Protocol):
    """What a stack runs on: a host."""

    address: str
    gateway: str

    def check(self) -> None:
        """Raise `LabError` if it is closed."""

    def stopped(self, running: RunningStack) -> None:
        """Go on without this stack."""

    def losses(self) -> str:
        """Say how many packets were lost; "" for none."""


class RunningStack:
    """A stack that runs on a host, in a thread, until `stop`.

    Touch the stack and its connections in `do` and `wait_for` only; `dial`,
    `accept`, `read_all` and `send_all` do that for you. If the stack raised an
    error, or a piece of it does not come back for 5 s, the call that waits for
    it, or else the next one, raises `LabError`, which says where.
    """

    def __init__(self, host: Place, end: StackEnd, relay: Relay) -> None:
        self.host = host
        self.end = end
        self._relay = relay
        self._is_reported = False

    def do(self, function: Callable[[float], Result]) -> Result:
        """Return what the function returns; it is called with the time.

        The stack does nothing meanwhile. What is to be sent is sent before
        this returns.
        """
        self._check()
        return self._relay.do(function)

    def wait_for(self, predicate: Callable[[], Result], timeout_s: float = 10.0) -> Result:
        """Return what the predicate returns, once that is true.

        It is called whenever something happened; the stack does nothing
        meanwhile. `TimeoutError` after `timeout_s`.
        """
        timeout_s = checked_timeout(timeout_s)
        self._check()
        try:
            return self._relay.wait_for(predicate, timeout_s)
        except TimeoutError:
            raise TimeoutError(
                f"{self.host.address} waited {timeout_s} s for something that did not happen. "
                "`with host.capture() as packets:` around it shows what did"
            ) from None

    def dial(
        self,
        address: str,
        port: int,
        source_port: int | None = None,
        settings: Settings | None = None,
        timeout_s: float = 10.0,
    ) -> Connection:
        """Return a connection to a port there, once it is open.

        Raises `OSError` if it is refused, and `TimeoutError`; it is aborted
        then, and when you interrupt the cell.
        """
        remote = checked_address(address, self.host.gateway), checked_port(port)
        local = None if source_port is None else checked_port(source_port)
        made: list[Connection] = []
        try:
            self.do(lambda now: made.append(self.end.stack.connect(*remote, now, local, settings)))
            who = f"{address}, port {port}, to answer; the kernel's address here is {self.host.gateway}"
            self._await(made[0], lambda: made[0].state not in OPENING, timeout_s, lambda: who)
            return made[0]
        except BaseException:
            for one in made:
                self._undo(lambda now, one=one: one.abort())  # type: ignore[misc]  # what it returns is not used
            raise

    def accept(self, listener: Listener, timeout_s: float = 10.0) -> Connection:
        """Return the next connection that somebody opened to a listener of this stack."""
        timeout_s = checked_timeout(timeout_s)
        self._check()
        taken: list[Connection] = []

        def take() -> list[Connection]:
            if one := listener.accept():
                taken.append(one)
            return taken

        try:
            self._relay.wait_for(take, timeout_s)
            return taken[0]
        except BaseException as error:
            self._undo(lambda now: listener.ready.extendleft(taken))
            if type(error) is not TimeoutError:
                raise
            raise TimeoutError(
                errno.ETIMEDOUT,
                f"Nobody opened a connection to port {listener.port} of {self.host.address} within {timeout_s:g} s"
                f"{': this listener is closed' if listener.is_closed else ''}. "
                "`with host.capture() as packets:` around it shows what came",
            ) from None

    def read_all(self, connection: Connection, timeout_s: float = 10.0) -> bytes:
        """Return all that the other side sends until its end; close, and wait until both ends are closed.

        If that fails, or is interrupted, what has come is unread again.
        """
        pieces: list[bytes] = []

        def read() -> bool:
            while connection.unread:
                pieces.append(connection.recv(AT_ONCE))
            if connection.has_ended:
                connection.close()
            return connection.has_ended and connection.state in OVER

        def goal() -> str:
            whose = "answer to our end" if connection.has_ended else "end"
            return f"the other side's {whose}; {sum(map(len, pieces)):,} bytes are unread"

        try:
            self._await(connection, read, timeout_s, goal)
            return b"".join(pieces)
        except BaseException:
            self._undo(lambda now: connection.rcv.unread.__setitem__(slice(0, 0), b"".join(pieces)))
            raise

    def send_all(self, connection: Connection, data: bytes, timeout_s: float = 10.0) -> None:
        """Hand all of the data to the connection, and close our side of it.

        What is on its way then is sent while the stack runs. `TimeoutError`
        says how much was taken before.
        """
        left = memoryview(data_bytes(data))

        def hand_over() -> bool:
            nonlocal left
            left = left[connection.send(left[:AT_ONCE]) :]
            if not left:
                connection.close()
            return not left

        def goal() -> str:
            return f"room for the last {len(left):,} of {len(data):,} bytes; {connection.unread:,} bytes are unread"

        self._await(connection, hand_over, timeout_s, goal)

    def _await(
        self, connection: Connection, is_done: Callable[[], bool], timeout_s: float, goal: Callable[[], str]
    ) -> None:
        """Wait until something is done; raise the connection's error if it ends before."""
        timeout_s = checked_timeout(timeout_s)
        self._check()
        try:
            self._relay.wait_for(lambda: connection.error is not None or is_done(), timeout_s)
            error = connection.error
        except BrokenPipeError as closed:
            error = closed
        except TimeoutError:
            state, words = connection.state, goal()
            raise TimeoutError(
                errno.ETIMEDOUT,
                f"{self.host.address} waited {timeout_s:g} s for {words}. This connection is {state}. "
                "`with host.capture() as packets:` around the call shows why",
            ) from None
        if error:
            raise numbered(error)

    def _undo(self, function: Callable[[float], object]) -> None:
        """Put things right after a call that failed, unless all has failed."""
        with suppress(LabError):
            self.do(function)

    def stop(self) -> None:
        """End the thread; the stack keeps its state, and can be run again."""
        self._relay.close()
        self.host.stopped(self)
        if not self._is_reported:
            self._check_failure()

    def _check(self) -> None:
        self.host.check()
        self._check_failure()

    def _check_failure(self) -> None:
        try:
            self._relay.check_failure()
        except LabError:
            self._is_reported = True
            raise

    def __enter__(self) -> RunningStack:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_reported |= error is not None
        self.stop()

    def __repr__(self) -> str:
        return f"{self._relay} {self.host.losses()}".rstrip()
