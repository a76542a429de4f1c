"""Wait for descriptors to be readable, or for a wakeup by another thread.

`select.poll` counts in milliseconds, and `select.select` cannot take a
descriptor above 1,023; ppoll(2) has neither limit.
"""

from __future__ import annotations

import ctypes
import os
import select
from contextlib import suppress

CLOSED = -1  # no descriptor


class Pollfd(ctypes.Structure):
    """One descriptor to wait for (struct pollfd)."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class Timespec(ctypes.Structure):
    """A length of time (struct timespec)."""

    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class Wakeup:
    """Wait for some descriptors to be readable, or for `wake`."""

    def __init__(self, *descriptors: int) -> None:
        self._ppoll = ctypes.CDLL(None).ppoll
        self._own = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        watched = (self._own, *descriptors)
        self._watched = (Pollfd * len(watched))(*(Pollfd(one, select.POLLIN, 0) for one in watched))

    def wait(self, timeout_s: float | None) -> None:
        """Return when there is something to read, after `wake`, or in time."""
        most = None
        if timeout_s is not None:
            seconds, rest = divmod(max(0.0, timeout_s), 1)
            most = ctypes.byref(Timespec(int(seconds), int(rest * 1e9)))
        self._ppoll(self._watched, len(self._watched), most, None)
        if self._watched[0].revents:
            with suppress(BlockingIOError):
                os.eventfd_read(self._own)

    def wake(self) -> None:
        """End the wait that is going on, or else the next one."""
        if self._own != CLOSED:
            os.eventfd_write(self._own, 1)

    def close(self) -> None:
        """Close the descriptor; `wake` does nothing any more."""
        own, self._own = self._own, CLOSED
        os.close(own)
