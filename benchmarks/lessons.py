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
MOST_S = 6.0, 6.0  # the learner's notebook, the solved one
LONGER_S = {  # 07 waits for a kernel that repeats itself; in the others kernels send, or PostgreSQL starts
    **dict.fromkeys(("07", "14", "19"), (10.0, 10.0)),
    **dict.fromkeys(("15", "16", "18", "20", "21", "22"), (7.0, 7.0)),
    "17": (8.0, 15.0),
}
ROOT = Path(__file__).parent.parent
STRICT = ["-o", "addopts=", "--nbval", "--nbval-sanitize-with=tests/nbval_sanitize.cfg", "--nbval-cell-timeout=60"]


def results() -> Iterator[Result]:
    """Run each notebook five times, the learner's and the solved one."""
    lessons = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not lessons or not peer("nbval"):
        yield Result("lessons", {"nbval" if lessons else "notebooks": "missing"}, "at most 6 s")
        return
    for lesson in lessons:
        times: Times = {"learner's": [], "solved": []}
        for _ in range(ROUNDS):
            times["learner's"].append(run_s(lesson))
            times["solved"].append(run_s(lesson.parent / "solutions" / lesson.name))
        most_s = LONGER_S.get(lesson.name[:2], MOST_S)
        asked = f"at most {' and '.join(dict.fromkeys(map(duration, most_s)))}"
        met = all(statistics.median(found) <= most for found, most in zip(times.values(), most_s, strict=True))
        yield Result(lesson.stem, medians(times), asked, "", met)


def run_s(notebook: Path) -> float:
    """Return how long nbval takes over a notebook that agrees."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *STRICT, str(notebook)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    taken = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{notebook.name} does not agree under nbval: run make test first\n{done.stdout[-2000:]}")
    return taken
