"""Let Scapy send and listen inside the lab: `send`, `sr1`, `sr`, `sniff`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tcpkit.lab.agent_client import AgentClient, Closable
from tcpkit.lab.arguments import is_address
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.scapy_sockets import INTERFACE, Sniffers, layer2_socket, layer3_socket, no_ipv6
from tcpkit.wire.ipv4 import LOOPBACK

if TYPE_CHECKING:
    from scapy.supersocket import SuperSocket

NOT_HERE = "Scapy is not installed in this Python. To get it: pip install scapy"
OUTSIDE = (
    "{} would work outside the lab, on this machine. In the block take conf.L3socket() for packets, conf.L2socket() "
    "for frames; or make it before the block or after"
)
NO_NAMES = "{!r} is a name, and the lab has no name server: take an address in numbers, such as {}"


class ScapyInside:
    """Point scapy at the lab: `with lab.scapy():`.

    In the block scapy's functions and its sockets send and listen in the lab,
    whatever interface they are given, in every thread of this process; after
    it they are as before. May be entered again, also inside another one's
    block. A socket that was opened before the block stays where it is.
    """

    def __init__(self, agent: AgentClient, far_ends: dict[str, Closable]) -> None:
        self._sniffers = Sniffers(agent, far_ends)
        self._changes: list[ExitStack] = []

    def __enter__(self) -> ScapyInside:
        depth = len(self._changes)
        try:
            with uninterrupted():
                self._point_here()
        except BaseException:  # an interrupt that waited, too: then there will be no __exit__
            self._undo(depth)
            raise
        return self

    def _undo(self, depth: int) -> None:
        """Undo all but the first `depth` changes; again, if an interrupt came meanwhile."""
        while len(self._changes) > depth:
            self._changes[-1].close()
            self._changes.pop()

    def _point_here(self) -> None:
        """Change scapy until the last of `_changes` closes."""
        try:
            from scapy import sendrecv
            from scapy.base_classes import Net
            from scapy.config import conf
            from scapy.interfaces import NetworkInterface
            from scapy.supersocket import SuperSocket
        except ImportError:
            raise LabError(NOT_HERE) from None
        self._sniffers.agent.check()
        layer2 = layer2_socket(self._sniffers)
        layer3 = layer3_socket(self._sniffers, layer2)
        with ExitStack() as changes:
            for name, made in (
                ("L3socket", layer3),
                ("L3socket6", no_ipv6),
                ("L2socket", layer2),
                ("L2listen", layer2),
                ("route", routes(self._sniffers)),
            ):
                put(changes, conf, name, made)
            # Scapy calls the interface's methods first, and the one of lo does not read `conf`.
            put(changes, NetworkInterface, "l3socket", lambda _, ipv6=False: no_ipv6 if ipv6 else layer3)
            for name in ("l2socket", "l2listen"):
                put(changes, NetworkInterface, name, lambda _: layer2)
            # A socket's class that was imported by name.
            put(changes, type(SuperSocket), "__call__", redirected(layer2, layer3))
            put(changes, Net, "name2addr", classmethod(no_names))
            put(changes, sendrecv, "sndrcv", without_thread(sendrecv.sndrcv))
            self._changes.append(changes.pop_all())

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        depth = len(self._changes) - 1
        try:
            with uninterrupted():
                self._undo(depth)
        finally:  # an interrupt came before that could hold it
            self._undo(depth)


def put(changes: ExitStack, place: object, name: str, value: object) -> None:
    """Set an attribute until `changes` closes."""
    if not isinstance(place, type):
        changes.callback(setattr, place, name, getattr(place, name))
    elif name in vars(place):
        changes.callback(setattr, place, name, vars(place)[name])
    else:
        changes.callback(delattr, place, name)
    setattr(place, name, value)


def without_thread(sndrcv: Callable[..., object]) -> Callable[..., object]:
    """Return scapy's `sndrcv`, without its thread for a single packet.

    Scapy starts a thread that sends while the caller listens. With many
    packets that is needed, or their answers overflow the socket's buffer;
    with one it takes longer than the answer does.
    """

    def send_and_listen(socket: SuperSocket, packets: Any, *more: object, **options: object) -> object:
        if not more and getattr(packets, "__iterlen__", int)() == 1:
            options.setdefault("threaded", False)
        return sndrcv(socket, packets, *more, **options)

    return send_and_listen


def redirected(layer2: type[SuperSocket], layer3: type[SuperSocket]) -> Callable[..., object]:
    """Return what makes scapy's sockets: those of the lab, whatever class is called."""
    from scapy.supersocket import SuperSocket

    def make(kind: type[SuperSocket], *arguments: Any, **options: Any) -> object:
        names = [one.__name__ for one in kind.__mro__]
        if layer2 in kind.__mro__:
            return type.__call__(kind, *arguments, **options)
        if any(name.startswith("L3") for name in names):
            return (no_ipv6 if any(name.endswith("6") for name in names) else layer3)(*arguments, **options)
        if any(name.startswith("L2") for name in names):
            return layer2(*arguments, **options)
        if kind is SuperSocket or "TunTapInterface" in names:
            raise LabError(OUTSIDE.format(kind.__name__))
        return type.__call__(kind, *arguments, **options)

    return make


def routes(sniffers: Sniffers) -> object:
    """Return scapy's table of routes, as the lab's kernel has it."""
    from scapy.route import Route

    class Routes(Route):
        """The lab's routes: scapy asks here for the source of a packet."""

        def __init__(self) -> None:
            self.routes = []  # none of the machine's own
            self.invalidate_cache()

        def route(self, dst: str | bytes | None = None, *_: object, **__: object) -> tuple[str, str, str]:
            text = dst.decode() if isinstance(dst, bytes) else dst or LOOPBACK
            return INTERFACE, sniffers.source(text) if is_address(text) else LOOPBACK, "0.0.0.0"

    return Routes()


def no_names(net: Any, name: str) -> str:
    """Return an address in numbers; raise `LabError` for a name."""
    try:
        socket.inet_pton(net.family, name)
    except OSError:
        raise LabError(NO_NAMES.format(name, LOOPBACK)) from None
    return name
