"""TCP by hand: the helper package of the course.

What a lesson needs can be had from here; each room is loaded when something
of it is first asked for (PEP 562), so that `import tcpkit` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for editors and type checkers; ROOMS says the same when it runs
    from tcpkit.capture import Capture, CaptureError, Packet
    from tcpkit.check import Comparison, Verdict
    from tcpkit.lab import Lab, LabClosed, LabUnavailable
    from tcpkit.wire import (
        EOL,
        MSS,
        NOP,
        SACK,
        Broken,
        Flags,
        IPv4Header,
        SACKPermitted,
        Segment,
        TCPHeader,
        Timestamps,
        Unknown,
        WindowScale,
        WireError,
        before,
        checksum,
        complaints,
        conversation,
        next_ack,
        pseudo_header,
        segment_length,
        tcp_checksum,
        unfinished_checksum,
    )

__all__ = [
    "EOL",
    "MSS",
    "NOP",
    "SACK",
    "Broken",
    "Capture",
    "CaptureError",
    "Comparison",
    "Flags",
    "IPv4Header",
    "Lab",
    "LabClosed",
    "LabUnavailable",
    "Packet",
    "SACKPermitted",
    "Segment",
    "TCPHeader",
    "Timestamps",
    "Unknown",
    "Verdict",
    "WindowScale",
    "WireError",
    "before",
    "checksum",
    "complaints",
    "conversation",
    "next_ack",
    "pseudo_header",
    "segment_length",
    "tcp_checksum",
    "unfinished_checksum",
]

ROOMS = ("capture", "check", "draw", "lab", "wire")
ELSEWHERE = {  # what does not come from `wire`
    "Capture": "capture",
    "CaptureError": "capture",
    "Comparison": "check",
    "Lab": "lab",
    "LabClosed": "lab",
    "LabUnavailable": "lab",
    "Packet": "capture",
    "Verdict": "check",
}


def __getattr__(name: str) -> object:
    """Load the room that a name comes from, and return the thing."""
    if name in ROOMS:
        return import_module(f"tcpkit.{name}")
    if name not in __all__:
        raise AttributeError(f"tcpkit has no {name!r}. It has: {', '.join(__all__)}")
    value = getattr(import_module(f"tcpkit.{ELSEWHERE.get(name, 'wire')}"), name)
    globals()[name] = value  # the next time there is nothing to look up
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *ROOMS})
