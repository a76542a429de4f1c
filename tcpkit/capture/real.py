"""The real tcpdump, which reads the packets from a pipe: that needs no privilege."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache

from tcpkit.capture.errors import CaptureError
from tcpkit.capture.packet import Packet
from tcpkit.capture.pcap import write_pcap
from tcpkit.capture.style import Style

VERSION = re.compile(r"tcpdump(?:\.exe)? version (\d+(?:\.\d+)+)")
QUOTED = "4.99."  # the versions whose words the course quotes
TIMEOUT_S = 60


def real_tcpdump(packets: Iterable[Packet], options: str = "") -> str | None:
    """Return what the installed tcpdump 4.99 prints, or None without one.

    The packets are written as Ethernet frames, as captured on `lo`.
    """
    arguments = Style.parse(options).arguments()
    program = shutil.which("tcpdump")
    if program is None or not (version(program) or "").startswith(QUOTED):
        return None
    try:
        data = write_pcap(packets, with_frames=True)
    except CaptureError:  # a time that only pcapng can hold
        return None
    run = _run([program, "-n", *arguments, "-r", "-"], data)
    return None if run is None else run.removesuffix("\n")


@cache
def version(program: str) -> str | None:
    """Return the version that a tcpdump says it is."""
    found = VERSION.search(_run([program, "--version"]) or "")
    return found[1] if found else None


def _run(command: list[str], data: bytes = b"") -> str | None:
    """Return what a program prints; None if it cannot be run, or fails."""
    try:
        run = subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.decode("latin-1")
