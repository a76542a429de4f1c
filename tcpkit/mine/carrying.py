"""A megabyte each way between the kernel and our TCP, in a lab of its own, over a link that loses 1 packet in 50."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from tcpkit.lab import Lab
from tcpkit.lab.errors import NeverReturns
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

SIZE, LINK = 1_000_000, Link(loss=0.02, seed=1)
PATIENCE_S = 8.0  # for what takes half a second
ARRIVES = "equal hashes"


def journey(own: Mapping[str, Any]) -> tuple[str, str]:
    """Return how it ended with these pieces and tcpkit's others, and in what words."""
    data = random.Random(1).randbytes(SIZE)
    try:
        with Lab("namespace") as lab:
            came = _carried(lab, data, Settings(rto_min_s=0.2, pieces=replace(Pieces(), **own)))
    except TimeoutError as error:
        return "it hangs", str(error.strerror or error).partition(" `with host.capture")[0]
    except NeverReturns as error:
        return "it hangs", str(error).partition(" Mend it")[0]
    except Exception as error:
        return "it stops", str(error)
    if came == (data, f"{SIZE} {sha256(data).hexdigest()}"):
        return ARRIVES, ""
    return "DIFFERENT hashes", "Every byte was acknowledged, and some are wrong, or in the wrong place."


def culprit(own: Mapping[str, Any]) -> str:
    """Say which of these pieces fails also where all others are tcpkit's."""
    ended, _ = journey({})
    if ended != ARRIVES:
        return f"With tcpkit's pieces alone: {ended}. So your TCP is not the cause. Run this cell again."
    alone = {box: journey({box: piece})[0] for box, piece in own.items()}
    named = [f"With your {box} alone: {how}; with tcpkit's it arrives." for box, how in alone.items() if how != ARRIVES]
    return "\n".join(named) or "With each of your pieces alone it arrives. Run this cell again."


def _carried(lab: Lab, data: bytes, settings: Settings) -> tuple[bytes, str]:
    """Return what came from the kernel, and what its program says of what came from us."""
    lab.source(data, 8000)
    sink, host = lab.sink(8001), lab.host(link=LINK)
    running = host.run(Stack(host.address, settings))
    there, here = (running.dial(host.gateway, port, timeout_s=PATIENCE_S) for port in (8001, 8000))
    came = running.read_all(here, PATIENCE_S)
    running.send_all(there, data, PATIENCE_S)
    running.read_all(there, PATIENCE_S)
    sink.wait()
    return came, sink.output
