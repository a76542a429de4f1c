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
    """Run notebooks in place, two at a time; each with its folder and its name in errors."""
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
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    metadata = notebook.metadata.copy()
    async with gate:
        try:
            await client.async_execute()
        except CellExecutionError as error:
            raise CourseError(_stopped(notebook, shown, f"{error.ename}: {error.evalue}")) from None
        except CellTimeoutError:
            raise CourseError(_stopped(notebook, shown, f"not done in {CELL_TIMEOUT_S} seconds")) from None
        except DeadKernelError:
            raise CourseError(_stopped(notebook, shown, "its kernel died")) from None
    notebook.metadata = metadata  # nbclient writes Python's version there


def _stopped(notebook: NotebookNode, shown: str, what: str) -> Fault:
    """Say in which cell the run stopped: the first that never finished."""
    number, cell = next(
        (number, cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and (cell.execution_count is None or _failed(cell))
    )
    remedy = f"Every cell must run, also when nothing is answered yet. It begins: {cell.source.splitlines()[0]}"
    return Fault(f"{shown}, cell {number}", f"the cell stopped: {what}", remedy)


def _failed(cell: NotebookNode) -> bool:
    is_meant = "raises-exception" in cell.metadata.get("tags", [])
    return not is_meant and any(output.output_type == "error" for output in cell.outputs)
