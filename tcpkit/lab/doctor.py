"""Report what of the course works on this machine, in one screen."""

from __future__ import annotations

import platform
import subprocess
import sys

from tcpkit.lab.kinds import AUTOMATIC, ELSEWHERE, KINDS, Attempt, attempt
from tcpkit.lab.programs_found import find, how_to_install

TOOLS = ("tcpdump", "lsof", "ss")
PATIENCE_S = 10  # for a program to print its version


def report() -> tuple[str, bool]:
    """Return the report, and whether `Lab()` works here."""
    attempts = [attempt(kind) for kind in KINDS]
    works = any(one.agent for one in attempts if one.kind in AUTOMATIC)
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
        if one.agent:
            one.agent.close()
    return "\n".join(lines), works


def describe(one: Attempt) -> str:
    """Say in a line or two whether one kind works, or why not."""
    if one.agent:
        how = "Lab()" if one.kind in AUTOMATIC else f'Lab("{one.kind}")'
        return f"  {one.kind:<10} works: {KINDS[one.kind]}. In Python: {how}"
    return f"  {one.kind:<10} no: {one.why}\n{'':13}{one.remedy}"


def tool(name: str) -> str:
    """Say whether a program is here, or how to get it."""
    path = find(name)
    if path is None:
        return f"  {name:<10} not found. {how_to_install(name)}"
    return f"  {name:<10} {version(path, name)}"


def version(path: str, name: str) -> str:
    """Return the first line with a number that the program prints."""
    option = {"tcpdump": "--version", "lsof": "-v", "ss": "-V"}[name]
    try:
        done = subprocess.run([path, option], capture_output=True, check=False, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return "here, but it does not run"
    lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
    return next((line.strip() for line in lines if any(mark.isdigit() for mark in line)), "here")


def main() -> int:
    """Print the report; return 0 if `Lab()` works here, else 1."""
    text, works = report()
    print(text, file=sys.stdout)
    return 0 if works else 1
