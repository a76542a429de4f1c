"""Run the benchmarks, topic after topic, and print which targets are met."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TOPICS = {  # module: its headline
    "wire": "Bytes to values and back",
    "importing": "Importing",
    "capture_table": "A capture file to a table",
    "lab_start": "A lab, from Lab() to ready",
    "lab_host": "A lab with a host on a cable, from nothing to ready",
    "link": "A link in real time",
    "stack_bulk": "Our own TCP, bulk data",
    "stack_peers": "TCPs in Python, bulk data",
    "stack_many": "Our own TCP, many connections",
    "asyncio_doors": "asyncio over our own TCP",
    "stack_virtual": "Our own TCP, in virtual time",
    "lab_answer": "From SYN to RST, on a real kernel",
    "scapy_inside": "Scapy in the lab",
    "lab_many": "A hundred labs in one process",
    "lessons": "Each lesson, under nbval",
}
PEERS = ("scapy", "dpkt", "numpy", "nbval", "pyroute2")


def main() -> None:
    """Measure the topics that were asked for; no name means all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"of {', '.join(TOPICS)}; all, if none is named")
    asked = parser.parse_args().topics or list(TOPICS)
    if unknown := set(asked) - set(TOPICS):
        parser.error(f"no topic {', '.join(sorted(unknown))}: choose of {', '.join(TOPICS)}")
    print(environment())
    count = {True: 0, False: 0, None: 0}
    for topic in asked:
        print(f"\n{TOPICS[topic]} ({topic})", flush=True)
        for result in importlib.import_module(f"benchmarks.{topic}").results():
            print(result, flush=True)
            count[result.met] += bool(result.asked)
    print(f"\n{count[True]} targets met, {count[False]} not met, {count[None]} not judged")


def environment() -> str:
    """Return one line on what this ran on."""
    versions = [f"{name} {version_of(name)}" for name in PEERS]
    return " · ".join(
        [
            f"{platform.system()} {platform.release()}",
            f"{os.cpu_count()} CPUs ({processor()}), load {os.getloadavg()[0]:.1f}",
            f"Python {platform.python_version()}",
            *versions,
        ]
    )


def version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def processor() -> str:
    """Return the processor's name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
