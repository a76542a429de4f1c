"""The error of `tcpkit.capture`, and what several kinds of files have wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpkit.capture.packet import Packet

KEEP = "Capture.load(path, partial=True) gives the packets before it"


class CaptureError(Exception):
    """Say what is wrong with a capture file, where, and what to do.

    `offset` is the byte of the file where it went wrong, or None; `packets`
    are those before it, or those that could not be saved.
    """

    def __init__(self, message: str, offset: int | None = None, packets: tuple[Packet, ...] = ()) -> None:
        super().__init__(message)
        self.offset = offset
        self.packets = packets


def ends_early(where: str, at: int, wanted: int, there: int) -> CaptureError:
    """Return the error for a file that ends in the middle of something."""
    return CaptureError(
        f"the file ends {where}, which begins at byte {at}: {wanted} bytes should follow, {there} do. "
        f"Was it still being written, or cut in copying? {KEEP}",
        at,
    )


def damaged(what: str, at: int) -> CaptureError:
    """Return the error for what no program writes."""
    return CaptureError(f"{what}: the file is damaged from byte {at} on. {KEEP}", at)
