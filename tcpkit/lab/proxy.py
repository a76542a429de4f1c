"""What a proxy does with the two connections that it holds: it copies bytes from one to the other."""

from __future__ import annotations

import socket


def copy(source: socket.socket, target: socket.socket) -> None:
    """Copy all bytes until the source's end, then end the target's, too: one of the two directions."""
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
