"""Find programs on this machine, or say how to install them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PACKAGES = {"tcpdump": "tcpdump", "lsof": "lsof", "ss": "iproute2", "ip": "iproute2", "curl": "curl"}
PACKAGES |= {"unshare": "util-linux", "setpriv": "util-linux"}
INSTALLERS = {
    "apt-get": "sudo apt install {}",
    "dnf": "sudo dnf install {}",
    "pacman": "sudo pacman -S {}",
    "apk": "sudo apk add {}",
    "zypper": "sudo zypper install {}",
}
INSTEAD = {"lsof": "lab.sockets()", "ss": "lab.sockets()", "tcpdump": "packets.tcpdump()"}


def search_path() -> str:
    """Return the PATH for programs in the lab.

    This Python's folder comes first. /usr/sbin, where tcpdump and ip often
    are, is missing from an ordinary user's PATH on some systems.
    """
    here = str(Path(sys.executable).parent)
    return os.pathsep.join([here, os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def find(program: str) -> str | None:
    """Return the path of a program, or None; `python` is this Python."""
    if program in ("python", "python3"):
        return sys.executable
    return shutil.which(program, path=search_path())


def how_to_install(program: str) -> str:
    """Say how to get the program, and what to use instead of it."""
    if program not in PACKAGES:
        return "Look at the name again; or install it first."
    install = next((how for tool, how in INSTALLERS.items() if shutil.which(tool)), "install the package {}")
    instead = f" Without it, {INSTEAD[program]} does the same." if program in INSTEAD else ""
    return f"To get it: {install.format(PACKAGES[program])}.{instead}"
