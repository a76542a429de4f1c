"""What a notebook's `Lab()` holds where no lab can be had: each use of it says so, and other cells run."""

from __future__ import annotations

import sys

from tcpkit.lab.errors import LabUnavailable

GO_ON = (
    "Go on with the next cell: those that need no lab run here, most exercises and their checks among them. "
    "What the others would show stands in the folder notebooks/, in the same lesson."
)
NEEDS_LAB = f"No lab could be had here, and this cell needs one. {GO_ON}"


class NoAgent:
    """Stands where an `AgentClient` would; raises `LabUnavailable` whatever is asked of it."""

    kind = "none"

    def __getattr__(self, name: str) -> object:
        raise LabUnavailable(NEEDS_LAB)

    def close(self) -> None:
        """Do nothing: no process was started."""


def is_notebook() -> bool:
    """Say whether this Python runs cells for IPython."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
