"""Four conversations with the kernel that a table of lesson 10 drives, in a lab of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from tcpkit.check.live_talk import host_of
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import TRANSITIONS, State, complete

KERNEL, FOUR_LIVES = "the kernel", "four conversations"
PATIENCE_S = 1.5
LINK = Link(delay_s=0.05)  # long enough for two SYNs, or two FINs, to cross


def four_lives(lab: Any, rows: Mapping) -> object:
    """Return our path in each conversation; the last one is what went wrong, if something did."""
    paths: list[object] = []
    host = host_of(lab, LINK)
    try:
        pieces = Pieces(transitions=complete({**TRANSITIONS, **rows}))
        for live in (_dials, _is_dialled, _both_dial, _both_close):
            with host.run(Stack(host.address, Settings(pieces=pieces))) as running:
                paths.append(live(lab, host, running, 5001 + len(paths)))
    except Exception as error:
        paths.append(type(error).__name__)
    return tuple(paths)


def _dials(lab: Any, host: Any, running: Any, port: int) -> object:
    with lab.listen(8000, host.gateway) as listener:
        ours = running.dial(host.gateway, 8000, source_port=port, timeout_s=PATIENCE_S)
        listener.settimeout(PATIENCE_S)
        with listener.accept()[0] as program:
            running.do(lambda now: ours.close())
            _until(running, lambda: ours.state is State.FIN_WAIT_2)
            program.close()
            _until(running, lambda: ours.state is State.TIME_WAIT)
    return tuple(ours.path)


def _is_dialled(lab: Any, host: Any, running: Any, port: int) -> object:
    door = running.do(lambda now: running.end.stack.listen(80))
    with lab.socket() as client:
        client.settimeout(PATIENCE_S)
        client.connect((host.address, 80))
        ours = running.accept(door, PATIENCE_S)
        client.close()
        _until(running, lambda: ours.has_ended)
        running.do(lambda now: ours.close())
        _until(running, lambda: ours.state is State.CLOSED)
    return tuple(ours.path)


def _both_dial(lab: Any, host: Any, running: Any, port: int) -> object:
    with lab.socket() as program:
        program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        program.bind((host.gateway, 9000))
        program.setblocking(False)
        program.connect_ex((host.address, port))
        ours = running.dial(host.gateway, 9000, source_port=port, timeout_s=PATIENCE_S)
        running.do(lambda now: ours.close())
        _until(running, lambda: ours.state is State.FIN_WAIT_2)
        program.close()
        _until(running, lambda: ours.state is State.TIME_WAIT)
    return tuple(ours.path)


def _both_close(lab: Any, host: Any, running: Any, port: int) -> object:
    with lab.listen(8000, host.gateway) as listener:
        ours = running.dial(host.gateway, 8000, source_port=port, timeout_s=PATIENCE_S)
        listener.settimeout(PATIENCE_S)
        with listener.accept()[0] as program:
            running.do(lambda now: ours.close())
            program.close()
            _until(running, lambda: ours.state is State.TIME_WAIT)
    return tuple(ours.path)


def _until(running: Any, is_so: Callable[[], bool]) -> None:
    running.wait_for(is_so, PATIENCE_S)
