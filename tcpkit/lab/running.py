"""A stack at work on a host of the lab."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from tcpkit.lab.errors import LabError
from tcpkit.lab.relay import Relay

if TYPE_CHECKING:
    from tcpkit.lab.ends import Served
    from tcpkit.lab.host import Host

Result = TypeVar("Result")


class Running:
    """A stack that speaks for a host, in a thread, until `stop`.

    The stack and its connections are touched by `do` and `wait_for` only. If
    the stack raised an error, the next call here raises `LabError` with it.
    """

    def __init__(self, host: Host, end: Served, relay: Relay) -> None:
        self.host = host
        self.end = end
        self._relay = relay
        self._is_told = False

    def do(self, function: Callable[[float], Result]) -> Result:
        """Return what the function returns; it is called with the time.

        Meanwhile the stack stands still; what is to be sent goes out before
        this returns.
        """
        self._check()
        return self._relay.do(function)

    def wait_for(self, predicate: Callable[[], Result], timeout_s: float = 10.0) -> Result:
        """Return what the predicate returns, once that is true.

        It is called whenever something happened, while the stack stands
        still. `TimeoutError` after `timeout_s`.
        """
        self._check()
        try:
            return self._relay.wait_for(predicate, timeout_s)
        except TimeoutError:
            raise TimeoutError(
                f"{self.host.address} waited {timeout_s} s for something that did not happen. "
                "`with host.capture() as packets:` around it shows what did"
            ) from None

    def stop(self) -> None:
        """End the thread; the stack keeps its state, and can be run again."""
        self._relay.close()
        self.host.stopped(self)
        if not self._is_told:
            self._check_failure()

    def _check(self) -> None:
        self.host.check()
        self._check_failure()

    def _check_failure(self) -> None:
        try:
            self._relay.check_failure()
        except LabError:
            self._is_told = True
            raise

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_told |= error is not None
        self.stop()

    def __repr__(self) -> str:
        return f"{self._relay} {self.host.losses()}".rstrip()
