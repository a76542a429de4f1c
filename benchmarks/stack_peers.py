"""Bulk data between the kernel and a TCP in Python: ours, PyTCP's, scapy's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Rates, Result, peer, reached
from benchmarks.stack_bulk import KERNEL, OURS, PORT, ROLES, kernel_side, our_rate, rate
from tcpkit import Lab, LabUnavailable

ROUNDS = 5
SCRIPT = Path(__file__).with_name("pytcp_side.py")
TUN = Path("/dev/net/tun")
PYTCP, SCAPY = "PyTCP", "scapy's TCP_client"
TAP_KERNEL, TAP_OURS = "10.7.0.1", "10.7.0.7"
OUR_BYTES, THEIR_BYTES = 20_000_000, 300_000  # each what it carries in about a second
FACTOR = 50


def results() -> Iterator[Result]:
    """Measure by turns, both ways."""
    peers = {
        PYTCP: pytcp_rate if peer("pytcp") and os.access(TUN, os.R_OK | os.W_OK) else None,
        SCAPY: scapy_rate if peer("scapy") else None,
    }
    for role, name in ROLES.items():
        rates: Rates = {name: [], PYTCP: [], SCAPY: []}
        try:
            for _ in range(ROUNDS):
                with Lab() as lab:
                    rates[name].append(our_rate(lab, role, OUR_BYTES))
                    for who, measured in peers.items():
                        rates[who] += [measured(lab, role)] if measured else []
        except LabUnavailable as error:
            yield Result(f"missing: {error}", {})
        for who in peers:
            yield reached("bulk, MTU 1,500", {name: rates[name], who: rates[who]}, who, FACTOR)


def pytcp_rate(lab: Lab, role: str) -> float:
    """Return how many bytes a second PyTCP sends, or receives, if that is the kernel's role."""
    program = kernel_side(lab, role, THEIR_BYTES)
    side = lab.start([sys.executable, str(SCRIPT), TAP_KERNEL, TAP_OURS, str(PORT), role, str(THEIR_BYTES)])
    try:
        return rate(program, THEIR_BYTES)
    finally:
        side.stop()


def scapy_rate(lab: Lab, role: str) -> float:
    """Return the same of scapy's automaton, which speaks through a host of the lab."""
    from benchmarks.scapy_side import dialled, read, write

    with lab.host(OURS) as host:
        program = kernel_side(lab, role, THEIR_BYTES)
        with dialled(host, KERNEL, PORT) as client:
            (write if role == "receives" else read)(client, THEIR_BYTES)
            return rate(program, THEIR_BYTES)
