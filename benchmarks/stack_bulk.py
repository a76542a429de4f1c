"""Bulk data between our own stack and the kernel, next to what two kernels carry.

All checksums are written and verified, no work is left to offloads. By the
clock on the wall, as two programs are at it: a busy machine shows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from benchmarks.kernel_side import PIECE
from benchmarks.measure import Rates, Result, reached
from benchmarks.two_kernels import carried_bytes_s, two_kernels
from tcpkit import Lab, LabUnavailable
from tcpkit.lab.program import Program
from tcpkit.stack.connection import Connection
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State

ROUNDS = 7
SCRIPT = Path(__file__).with_name("kernel_side.py")
OURS, KERNEL, PORT = "10.0.0.2", "10.0.0.1", 8000
SOURCE_PORTS = count(50_000)  # the kernel may still hold on to the last connection
ENOUGH_S = 60
ASKED = {1500: 1 / 20, 65_535: 1 / 15}  # of iperf3, by the MTU
STRETCH = {1500: " (stretch: 1/10)"}
BYTES = {1500: 20_000_000, 65_535: 100_000_000}
ROLES = {"receives": "we send", "sends": "we receive"}  # by the kernel's
IPERF3 = "iperf3"


def results() -> Iterator[Result]:
    """Measure both ways, at the MTU of Ethernet and at the largest there is."""
    try:
        for mtu in ASKED:
            yield from at_mtu(mtu)
    except LabUnavailable as error:
        yield Result(f"missing: {error}", {})
    yield Result("load by now", {"of the last minute": f"{os.getloadavg()[0]:.1f}"})


def at_mtu(mtu: int) -> Iterator[Result]:
    """Measure by turns; a round's ratio is that of its own two figures."""
    rates: Rates = {name: [] for name in (*ROLES.values(), IPERF3)}
    with Lab() as lab, two_kernels(lab, mtu) as are_two:
        for _ in range(ROUNDS):
            for role, name in ROLES.items():
                rates[name].append(our_rate(lab, role, BYTES[mtu], mtu))
            if are_two:
                rates[IPERF3].append(carried_bytes_s(lab, "-t", "1"))
    for name in ROLES.values():
        pair = {name: rates[name], IPERF3: rates[IPERF3]}
        result = reached(f"bulk, MTU {mtu:,}", pair, IPERF3, ASKED[mtu])
        yield replace(result, asked=result.asked + STRETCH.get(mtu, ""))


def our_rate(lab: Lab, role: str, size: int, mtu: int = 1500) -> float:
    """Return how many bytes a second our stack sends, or receives, if that is the kernel's role."""
    stack = Stack(OURS, Settings(mtu=mtu))
    with lab.host(OURS, mtu=mtu) as host, host.run(stack) as running:
        program = kernel_side(lab, role, size)
        connection = running.do(lambda now: stack.connect(KERNEL, PORT, now, next(SOURCE_PORTS)))
        running.wait_for(writer(connection, size) if role == "receives" else reader(connection, size), ENOUGH_S)
        return rate(program, size)


def kernel_side(lab: Lab, role: str, size: int) -> Program:
    """Start the kernel's side: it waits to be dialled."""
    return lab.start([sys.executable, str(SCRIPT), role, str(PORT), str(size)], port=PORT)


def rate(program: Program, size: int) -> float:
    """Return what the kernel's side measured, in bytes a second."""
    if program.wait(ENOUGH_S):
        raise RuntimeError(f"{SCRIPT.name} failed: {program.output}")
    return size / float(program.output)


def writer(connection: Connection, size: int) -> Callable[[], bool]:
    """Return our side's user: it sends so many bytes."""
    piece = memoryview(os.urandom(PIECE))  # not zeros: to sum them takes another time

    def write() -> bool:
        nonlocal size
        if connection.state is State.ESTABLISHED:
            while taken := connection.send(piece[:size]):
                size -= taken
        return not size

    return write


def reader(connection: Connection, size: int) -> Callable[[], bool]:
    """Return our side's user: it reads so many bytes."""

    def read() -> bool:
        nonlocal size
        while piece := connection.recv():
            size -= len(piece)
        return not size

    return read
