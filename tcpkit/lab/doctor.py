"""One screen that says what of the course works on this machine."""

from __future__ import annotations

import platform
import subprocess
import sys

from tcpkit.lab.kinds import AUTOMATIC, ELSEWHERE, KINDS, Attempt, attempt
from tcpkit.lab.tools import find, how_to_install

TOOLS = ("tcpdump", "lsof", "ss")
PATIENCE_S = 10


def report() -> tuple[str, bool]:
    """Return the screen, and whether `Lab()` works here."""
    attempts = [attempt(kind) for kind in KINDS]
    works = any(one.ground for one in attempts if one.kind in AUTOMATIC)
    lines = [
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}",
        "",
        "The lab: " + ("Lab() works here." if works else f"Lab() does not work here. {ELSEWHERE}"),
        *map(describe, attempts),
        "",
        "Programs (none is needed; each is used where it is found):",
        *(tool(name) for name in TOOLS),
    ]
    for one in attempts:
        if one.ground:
            one.ground.close()
    return "\n".join(lines), works


def describe(one: Attempt) -> str:
    """Say in a line or two how one kind fared."""
    if one.ground:
        return f"  {one.kind:<10} works: {KINDS[one.kind]}"
    return f"  {one.kind:<10} no: {one.why}\n{'':13}{one.remedy}"


def tool(name: str) -> str:
    """Say whether a program is here, or how to get it."""
    path = find(name)
    if path is None:
        return f"  {name:<10} not found. {how_to_install(name)}"
    return f"  {name:<10} {version(path, name)}"


def version(path: str, name: str) -> str:
    """Return the first line in which the program tells its version."""
    option = {"tcpdump": "--version", "lsof": "-v", "ss": "-V"}[name]
    try:
        told = subprocess.run([path, option], capture_output=True, check=False, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return "here, but it does not run"
    lines = (told.stdout + told.stderr).decode(errors="replace").splitlines()
    return next((line.strip() for line in lines if any(mark.isdigit() for mark in line)), "here")


def main() -> int:
    """Print the screen; return 0 if `Lab()` works here, else 1."""
    screen, works = report()
    print(screen, file=sys.stdout)
    return 0 if works else 1
