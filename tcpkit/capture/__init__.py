"""Recorded packets: saved and loaded, as a table, and in tcpdump's words.

Pure, but for files and for running tcpdump where it is installed.
"""

from tcpkit.capture.capture import Capture
from tcpkit.capture.errors import CaptureError
from tcpkit.capture.packet import Packet

__all__ = ["Capture", "CaptureError", "Packet"]
