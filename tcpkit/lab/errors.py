"""The errors of a lab: each says what happened, why, and what to do."""

import errno


class LabError(RuntimeError):
    """Say what a lab could not do, why, and what to do next."""


class SaysAll:
    """Show an error in a notebook as its sentence, without the traceback.

    The message says all; tcpkit's own frames above it would only hide it.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython prints."""
        return [f"{type(self).__name__}: {self}"]


class LabClosed(SaysAll, LabError):
    """Say that the lab is gone: closed, or its agent ended."""


class LabUnavailable(SaysAll, LabError):
    """Say that no lab can be had here, or none that can do this: what was tried, and what to do."""


class NeverReturns(SaysAll, LabError):
    """Say which code a stack or a link waits for, and does not come back."""


class PortInUse(SaysAll, OSError):
    """Say that something inside the lab uses a port already."""

    def __init__(self, port: int) -> None:
        super().__init__(
            errno.EADDRINUSE,
            f"Something inside the lab uses port {port} already (lab.sockets() shows it). "
            "Close it with .close() or .stop(), or take another port",
        )

    def __str__(self) -> str:
        return str(self.strerror)


class AddressMissing(SaysAll, OSError):
    """Say that the lab's kernel has no such address (yet)."""

    def __init__(self, address: str, is_ours: bool) -> None:
        network, _, last = address.rpartition(".")
        if is_ours:
            why = "is an address of your own: a stack listens there, and the kernel does not"
        elif last == "1":
            host = "lab.host()" if network == "10.0.0" else f"lab.host('{network}.2')"
            why = f"is there once a cable is: `host = {host}` first"
        else:
            why = "is no address of the lab's kernel. It has 127.0.0.1, and the .1 of each cable, such as 10.0.0.1"
        super().__init__(errno.EADDRNOTAVAIL, f"{address} {why}")

    def __str__(self) -> str:
        return str(self.strerror)


NUMBERS = {
    ConnectionRefusedError: errno.ECONNREFUSED,
    ConnectionResetError: errno.ECONNRESET,
    ConnectionAbortedError: errno.ECONNABORTED,
    TimeoutError: errno.ETIMEDOUT,
    BrokenPipeError: errno.EPIPE,
}


def numbered(error: OSError) -> OSError:
    """Return a connection's error with the number that the kernel gives for it."""
    number = NUMBERS.get(type(error))
    return type(error)(number, str(error)) if number and error.errno is None else error
