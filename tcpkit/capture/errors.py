"""The error of `tcpkit.capture`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpkit.capture.packet import Packet


class CaptureError(Exception):
    """Say what is wrong with a capture file, where, and what to do.

    `offset` is the byte of the file where it went wrong, or None; `packets`
    are those before it, or those that could not be saved.
    """

    def __init__(self, message: str, offset: int | None = None, packets: tuple[Packet, ...] = ()) -> None:
        super().__init__(message)
        self.offset = offset
        self.packets = packets
