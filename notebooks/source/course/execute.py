"""Running notebooks, each in a fresh kernel that starts in its own folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course.faults import CourseError, Fault

CELL_TIMEOUT_S = 60  # the same as nbval's in pyproject.toml
AT_ONCE = 2


def run_all(jobs: list[tuple[NotebookNode, Path, str]]) -> None:
    """Run notebooks, two at a time; a job is a notebook, its folder, and its name in errors."""
    asyncio.run(_run_all(jobs))


async def _run_all(jobs: list[tuple[NotebookNode, Path, str]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    results = await asyncio.gather(*(_run(*job, gate) for job in jobs), return_exceptions=True)
    faults = [fault for result in results if isinstance(result, CourseError) for fault in result.faults]
    if faults:
        raise CourseError(*faults)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _run(notebook: NotebookNode, folder: Path, shown: str, gate: asyncio.Semaphore) -> None:
    reached: list[int] = []
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: reached.append(cell_index),
    )
    metadata = notebook.metadata.copy()
    async with gate:
        try:
            await client.async_execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise CourseError(_stopped(notebook, reached[-1], shown, error)) from None
    notebook.metadata = metadata  # nbclient writes Python's version there


def _stopped(notebook: NotebookNode, index: int, shown: str, error: Exception) -> Fault:
    """Say in which cell the run stopped, and why."""
    match error:
        case CellExecutionError():
            why = f"{error.ename}: {error.evalue}"
        case CellTimeoutError():
            why = f"not done in {CELL_TIMEOUT_S} seconds"
        case _:
            why = "its kernel died"
    begins = notebook.cells[index].source.splitlines()[0]
    remedy = f"Every cell must run, also when nothing is answered yet. It begins: {begins}"
    return Fault(f"{shown}, cell {index + 1}", f"the cell stopped: {why}", remedy)
