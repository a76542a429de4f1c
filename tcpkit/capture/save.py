"""Files on the learner's disk: read whole, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from tcpkit.capture.errors import CaptureError
from tcpkit.capture.packet import Packet


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return a file's bytes; `CaptureError` if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CaptureError(
            f"{os.fspath(path)} cannot be read: {error.strerror}. Is the name right, and is the file in this folder?"
        ) from error


def write_file(path: str | os.PathLike[str], data: bytes, packets: tuple[Packet, ...]) -> None:
    """Write a file under another name, then rename it.

    So a full disk leaves no half-written capture where a good one was. What
    is no regular file (/dev/stdout, a pipe) is written to directly.
    """
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(data)
        else:
            _replace(place, data)
    except OSError as error:
        elsewhere = os.path.join(tempfile.gettempdir(), place.name)
        raise CaptureError(
            f"{len(packets)} packets could not be saved to {os.fspath(path)}: {error.strerror}. They are still in the "
            f"capture, and what was at that place before is as it was. Save them elsewhere, say to {elsewhere!r}",
            packets=packets,
        ) from error


def _replace(place: Path, data: bytes) -> None:
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # some file systems report a full disk only here
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
