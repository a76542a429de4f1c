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


def let_run_all_reach_the_end() -> None:
    """Count a cell of this notebook as run if it only lacks a lab, or one with cables, or a name that another makes."""
    shell = sys.modules["IPython"].get_ipython()

    def go_on(result: ExecutionResult) -> None:
        lab = shell.user_ns.get("lab")  # it may be another by now
        if isinstance(result.error_in_exec, LabError | NameError) and getattr(lab, "kind", "") in ("none", "direct"):
            result.error_in_exec = None  # it was shown, and said what is missing

    shell.events.register("post_run_cell", go_on)
