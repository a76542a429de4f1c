"""Files on the learner's disk: read whole, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from tcpkit.capture.errors import CaptureError
from tcpkit.capture.packet import Packet


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return a file's bytes; `CaptureError` if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise CaptureError(
            f"{shown(path)} cannot be read: {reason(error)}. Is the name right, and is the file in this folder?"
        ) from error


def write_file(path: str | os.PathLike[str], data: bytes, packets: tuple[Packet, ...]) -> None:
    """Write a file under another name, then rename it.

    So a full disk leaves no half-written capture where a good one was. What
    is no regular file (/dev/stdout, a pipe) is written to directly.
    """
    try:
        place = Path(os.path.realpath(path))
        if place.exists() and not place.is_file():
            place.write_bytes(data)
        else:
            _replace(place, data)
    except (OSError, ValueError) as error:
        raise CaptureError(
            f"{len(packets)} packets could not be saved to {shown(path)}: {reason(error)}. They are still in the "
            f"capture, and what was at that place before is as it was. {advice(path, error)}",
            packets=packets,
        ) from error


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as it is, or quoted where it cannot be printed."""
    text = os.fspath(path)
    return text if isinstance(text, str) and text.isprintable() else ascii(text)


def reason(error: OSError | ValueError) -> str:
    """Say why a file cannot be used."""
    if isinstance(error, OSError):
        return str(error.strerror)
    return "no file's name has such a character"  # NUL, or half a surrogate pair


def advice(path: str | os.PathLike[str], error: OSError | ValueError) -> str:
    """Say where else a capture can be saved."""
    if isinstance(error, ValueError):
        return "Save them under another name"
    try:
        return f"Save them elsewhere, say to {os.path.join(tempfile.gettempdir(), os.path.basename(path))!r}"
    except OSError:  # no folder for temporary files can be written either
        return (
            "No other folder can be written now: make room on a disk, or close files and sockets, and save them again"
        )


def _replace(place: Path, data: bytes) -> None:
    # A name of its own each time: what a killed process left must not be in the way.
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # some file systems report a full disk only here
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
