"""What can go wrong with a lab, in words for its user."""


class LabError(RuntimeError):
    """Say what a lab could not do, why, and what to do next."""


class SaysAll:
    """Show an error in a notebook as its sentence, without the way to it.

    Where the message says all, the frames of tcpkit above it only hide it.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython prints."""
        return [f"{type(self).__name__}: {self}"]


class LabClosed(SaysAll, LabError):
    """Say that the lab is gone: closed, or its agent ended."""


class LabUnavailable(SaysAll, LabError):
    """Say that no lab can be had here: what was tried, and what to do."""


class PortInUse(SaysAll, OSError):
    """Say that something inside the lab uses a port already."""

    def __str__(self) -> str:
        return self.strerror
