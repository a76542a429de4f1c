"""A notebook where no lab can be had, or none with cables: each cell that needs one says so, and the others run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcpkit.lab.errors import LabError, LabUnavailable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult

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


def has_no_cables() -> bool:
    """Say whether this notebook's `lab` is one without cables, or none."""
    lab = sys.modules["IPython"].get_ipython().user_ns.get("lab")
    return getattr(lab, "kind", "namespace") != "namespace"


def go_on(result: ExecutionResult) -> None:
    """Count a cell as run if it only lacks such a lab, or a name that another makes: "Run all" reaches the end."""
    if isinstance(result.error_in_exec, LabError | NameError) and has_no_cables():
        result.error_in_exec = None
