"""Run every notebook again and again: each run must give the stored outputs.

`make steady` runs it: `python tests/steady.py TIMES BUSY`, in the folder with
pyproject.toml. BUSY loops take the processor meanwhile; they end with us.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# It asks for its parent now and then, so that it ends however we end.
BUSY_LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(100_000))"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


@contextmanager
def busy_loop() -> Iterator[None]:
    """Keep one processor busy until the block ends."""
    command = [sys.executable, "-c", BUSY_LOOP, str(os.getpid())]
    # Apart from our Ctrl-C, and from our pipes: who reads them waits for their end.
    loop = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        loop.kill()
        loop.wait()


def difference(notebooks: list[str]) -> str:
    """Return what pytest says of a run that differs; "" if none does."""
    run = subprocess.Popen([*PYTEST, *notebooks], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = run.communicate()
    except KeyboardInterrupt:
        run.communicate()  # it was interrupted too, and ends its notebooks' kernels first
        raise
    return said or "pytest said nothing" if run.returncode else ""


def main(times: int, busy: int) -> int:
    """Run them so many times, and return the exit status."""
    notebooks = sorted(map(str, [*Path("notebooks").glob("*.ipynb"), *Path("notebooks/solutions").glob("*.ipynb")]))
    if not notebooks:
        print("There are no notebooks here. Run it where pyproject.toml is: make steady")
        return 1
    with ExitStack() as loops:
        for _ in range(busy):
            loops.enter_context(busy_loop())
        for number in range(1, times + 1):
            if said := difference(notebooks):
                print(f"{said}\nNot steady: run {number} of {times} differs, see above.")
                return 1
            print(f"run {number} of {times}", flush=True)
    beside = f", with {busy} busy loop{'s'[: busy > 1]}" if busy else ""
    print(f"Steady: {times} of {times} runs of {len(notebooks)} notebooks gave the outputs of the sources{beside}.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*map(int, sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
