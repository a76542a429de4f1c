"""How long each lesson takes under nbval, Python's and Jupyter's start included."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Result, Times, duration, medians, peer

ROUNDS = 5
MOST_S = 6.0
ROOT = Path(__file__).parent.parent
STRICT = ["-o", "addopts=", "--nbval", "--nbval-sanitize-with=tests/nbval_sanitize.cfg", "--nbval-cell-timeout=60"]


def results() -> Iterator[Result]:
    """Run each notebook five times, the learner's and the solved one."""
    asked = f"at most {duration(MOST_S)}"
    lessons = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not lessons or not peer("nbval"):
        yield Result("lessons", {"nbval" if lessons else "notebooks": "missing"}, asked)
        return
    for lesson in lessons:
        times: Times = {"learner's": [], "solved": []}
        for _ in range(ROUNDS):
            times["learner's"].append(run_s(lesson))
            times["solved"].append(run_s(lesson.parent / "solutions" / lesson.name))
        slowest_s = max(map(statistics.median, times.values()))
        yield Result(lesson.stem, medians(times), asked, "", slowest_s <= MOST_S)


def run_s(notebook: Path) -> float:
    """Return how long nbval takes over a notebook that agrees."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *STRICT, str(notebook)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    taken = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{notebook.name} does not agree under nbval: run make test first\n{done.stdout[-2000:]}")
    return taken
