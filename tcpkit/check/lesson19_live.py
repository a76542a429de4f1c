"""What becomes of two networks, a conversation and a transfer with an answer of lesson 19, in a lab of its own."""

from __future__ import annotations

import itertools
import json
import random
import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

from tcpkit.check.call import Function
from tcpkit.check.exercise import NotAsked
from tcpkit.wire import Flags, Segment, TCPHeader, checksum, tcp_checksum

PATIENCE_S = 0.5  # for what comes at once on the lab's own networks
NEAR, FAR, PORT = "172.17.0.1", "172.17.0.2", 5432
CONNECTED = "seen", f"the lab reaches {FAR}:{PORT}"
NO_IP = "The commands need the program `ip`, and it is not here: `sudo apt install iproute2`, then run this again."
OBJECTS = ("link", "address", "route")  # of `ip`: `ip netns exec` would run any program
ENOUGH = 50  # calls of `recv` after the end

# 19.1: two networks, and the commands that join them


def built(lab: Any, answer: Function, name: str) -> object:
    """Return CONNECTED if the commands join two new networks; else what was seen, for the lesson's signs."""
    with type(lab)("namespace") as own:
        if own.run("ip -V").status == 127:
            raise NotAsked(NO_IP)
        box = own.namespace(name)
        commands = answer(box.path)
        if commands is None:
            return None
        if refused := _refused(commands):
            return ("seen", refused)
        said = [(where, {"lab": own, "box": box}[where].run(command, 5.0).output) for where, command in commands]
        facts = {*_on_the_cable(_ends(own), _ends(box)), *_error(own, box)}
        here = "".join(line for where, line in said if where == "lab")
        facts |= {"moved"} if any(f'"{end}"' in here for end in _other_end(commands)) else set()
        wrong = next((line.strip() for _, line in said if line.strip()), "")
        return CONNECTED if not facts else ("seen", *sorted(facts), *([f"said {wrong}"] if wrong else []))


def _refused(commands: object) -> str:
    """Return what is wrong with the form of the answer; "" for nothing."""
    if not isinstance(commands, list | tuple) or not all(
        isinstance(one, list | tuple) and len(one) == 2 and all(isinstance(part, str) for part in one)
        for one in commands
    ):
        return "no pairs"
    for where, command in commands:
        words = shlex.split(command) if command.count('"') % 2 == command.count("'") % 2 == 0 else []
        if where not in ("lab", "box"):
            return "where"
        if words[:1] != ["ip"]:
            return "no ip"
        if any(word.startswith("-") for word in words) or len(words) < 2:
            return "option"
        if not any(each.startswith(words[1]) for each in OBJECTS) or words[1] == "":
            return "object"
    return ""


def _other_end(commands: Any) -> Iterator[str]:
    """Yield the name of the end that is made in the box."""
    for _, command in commands:
        words = shlex.split(command)
        yield from (after for word, after in itertools.pairwise(words) if word == "name" and "peer" in words)


def _ends(network: Any) -> list[dict]:
    """Return the network's interfaces as `ip` lists them, without lo."""
    return [each for each in json.loads(network.run("ip -json addr").output or "[]") if each["ifname"] != "lo"]


def _on_the_cable(near: list[dict], far: list[dict]) -> Iterator[str]:
    """Yield what is true of the interfaces of the lab and of the box."""
    found = [[one for end in ends for one in end["addr_info"] if one["family"] == "inet"] for ends in (near, far)]
    here, there = ([one["local"] for one in each] for each in found)
    yield from ["no cable"] if not near and not far else ["both here"] if not far else []
    yield from ["same"] if set(here) & set(there) else []
    yield from ["swapped"] if FAR in here and NEAR in there else []
    yield from ["no length"] if any(one["prefixlen"] == 32 for each in found for one in each) else []
    yield from ["lab address"] if near and NEAR not in here else []
    yield from ["box address"] if far and not there else ["box other"] if far and FAR not in there else []
    yield from ["lab down"] if near and not any("UP" in end["flags"] for end in near) else []
    yield from ["box down"] if far and not any("UP" in end["flags"] for end in far) else []


def _error(own: Any, box: Any) -> Iterator[str]:
    """Yield the name of the error when the lab calls the box, if there is one."""
    with ExitStack() as opened, own.socket() as client:
        with suppress(Exception):  # the box has no such address
            opened.enter_context(box.listen(PORT, FAR))
        client.settimeout(PATIENCE_S)
        try:
            client.connect((FAR, PORT))
        except OSError as error:
            yield type(error).__name__ if error.errno is None else f"errno {error.errno}"


# 19.2: an answer copies, in the proxy's place


class End:
    """A proxy's end of a connection, as `copy` gets it: a socket that gives short pieces, and notes what is called."""

    def __init__(self, made: Any) -> None:
        self._socket, self._sizes = made, itertools.cycle((65_536, 3_000, 65_536, 100))
        self.calls: list[str] = []
        self.after_the_end = 0

    def recv(self, size: int, *flags: int) -> bytes:
        """Return a piece, as the socket's `recv` does; nobody asks for ever after the end."""
        data = self._socket.recv(min(size, next(self._sizes)), *flags)
        self.calls.append("recv" if data else "end")
        self.after_the_end += not data
        if self.after_the_end > ENOUGH:
            raise ForEver
        return data

    def send(self, data: bytes) -> int:
        return self._socket.send(data)

    def sendall(self, data: bytes) -> None:
        self._socket.sendall(data)

    def shutdown(self, how: int) -> None:
        self.calls.append({socket.SHUT_RD: "shut reading", socket.SHUT_WR: "shut writing"}.get(how, "shut both"))
        self._socket.shutdown(how)

    def close(self) -> None:
        self.calls.append("close")
        self._socket.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class ForEver(OSError):
    """End an answer that goes on after the end."""


def copied(lab: Any, answer: Function, there: int, back: int) -> object:
    """Return how much came both ways if all did, and its end; else what was seen, for the lesson's signs."""
    data = [random.Random(size).randbytes(size) for size in (there, back)]
    with ExitStack() as opened:
        (client, near), (far, server) = (_joined(lab, opened) for _ in range(2))
        came: dict[str, bytes] = {}
        for act in (lambda: _ask(client, data[0], came), lambda: _serve(server, data[1], came)):
            thread = threading.Thread(target=act, daemon=True)
            thread.start()
            opened.callback(thread.join, 3.0)
        opened.callback(_hang_up, client, near, far, server)  # before the threads are waited for
        given, facts = None, set()
        for source, target in ((End(near), End(far)), (End(far), End(near))):
            try:
                given = answer(source, target)
            except OSError as error:
                facts |= {"for ever" if type(error).__name__ == "ForEver" else type(error).__name__}
            facts |= set(_called(source, target))
            if given is not None or facts:
                break
        if facts or given is not None:
            return ("seen", *sorted(facts)) if facts else given
        ends = time.monotonic() + PATIENCE_S
        while len(came) < 2 and time.monotonic() < ends:
            time.sleep(0.005)
    parts = [came.get(who, b"") for who in WHO]
    words = f"{len(parts[0]):,} bytes came there, {len(parts[1]):,} back"
    is_same = parts == data or [len(part) for part in parts] != [there, back]
    return "seen", words if is_same else f"{words}, and not those that were sent"


WHO = "server", "client"


def _called(source: End, target: End) -> Iterator[str]:
    """Yield what is true of the calls of one direction."""
    yield from ["closes"] if "close" in source.calls + target.calls else []
    yield from ["both"] if "shut both" in source.calls + target.calls else []
    yield from ["wrong end"] if "shut writing" in source.calls else []
    yield from ["one recv"] if source.calls.count("recv") == 1 and "end" not in source.calls else []
    yield from ["short"] if source.calls.count("recv") > 1 and "end" not in source.calls else []
    yield from (
        ["no end"] if "end" in source.calls and not {"shut writing", "shut both", "close"} & {*target.calls} else []
    )


def _joined(lab: Any, opened: ExitStack) -> tuple[Any, Any]:
    """Return both ends of a new connection inside the lab."""
    with lab.listen(PORT) as listener:
        one = opened.enter_context(lab.socket())
        one.connect(("127.0.0.1", PORT))
        other = opened.enter_context(listener.accept()[0])
    for end in (one, other):
        end.settimeout(PATIENCE_S)
    return one, other


def _ask(client: Any, data: bytes, came: dict[str, bytes]) -> None:
    """Send the question and its end; keep what comes back."""
    with suppress(OSError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        came["client"] = b"".join(_pieces(client))


def _serve(server: Any, data: bytes, came: dict[str, bytes]) -> None:
    """Read the question to its end, then send the answer."""
    with suppress(OSError):
        came["server"] = b"".join(_pieces(server))
        server.sendall(data)
        server.shutdown(socket.SHUT_WR)


def _pieces(end: Any) -> Iterator[bytes]:
    while data := end.recv(65_536):
        yield data


def _hang_up(*ends: Any) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


# 19.3: packets, and a real transfer whose packets an answer rewrites


def with_addresses(
    packet: bytes,
    source: str,
    destination: str,
    ip: bool = True,
    tcp: bool = True,
    length: int = 0,
    stale: bool = False,
) -> bytes:
    """Return the packet with these addresses; without one of the sums, or with a slip in it."""
    size = length or (packet[0] & 15) * 4
    header = packet[:12] + socket.inet_aton(source) + socket.inet_aton(destination) + packet[20:size]
    if ip:
        summed = header if stale else header[:10] + bytes(2) + header[12:]
        header = header[:10] + checksum(summed).to_bytes(2, "big") + header[12:]
    segment = packet[size:]
    if tcp and len(segment) >= 20:
        segment = segment[:16] + tcp_checksum(source, destination, segment).to_bytes(2, "big") + segment[18:]
    return header + segment


def address_at(packet: bytes, at: int) -> str:
    """Return the address at this place, as people write it."""
    return socket.inet_ntoa(packet[at : at + 4])


def packet_of(source: str, destination: str, data: bytes, options: bytes = b"") -> bytes:
    """Return an IPv4 packet with a TCP segment, both sums right."""
    segment = bytes(Segment(TCPHeader(40_000, 5432, seq=len(data), flags=Flags.ACK), data))
    size = 20 + len(options) + len(segment)
    start = bytes([0x45 + len(options) // 4, 0, *size.to_bytes(2, "big")]) + bytes.fromhex("1c2b400040060000")
    return with_addresses(start + bytes(8) + options + segment, source, destination)


SIZE = 300_000
GATE, INSIDE, SERVER = "10.0.0.2", "10.9.0.2", "10.9.0.1"  # where it is called; who the server sees; and the server
CAME = (
    f"Then the lab's kernel called {GATE}:{PORT}, which nobody owns. Your function rewrote each packet: {SIZE:,} bytes "
    f"came from another kernel's {SERVER}, and it had seen {INSIDE}."
)


def rewritten(lab: Any, answer: Callable[..., bytes]) -> str:
    """Return what is wrong with a transfer whose packets go through an answer, both ways; "" for nothing."""
    data = random.Random(SIZE).randbytes(SIZE)
    with type(lab)("namespace") as other, ExitStack() as opened:
        outside, inside = lab.host(GATE), other.host(INSIDE)
        listener = opened.enter_context(other.listen(PORT, SERVER))
        client, seen, came = opened.enter_context(lab.socket()), [], []
        client.settimeout(4.0)

        def serve() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                seen.append(connection.getpeername()[0])
                connection.sendall(data)

        def ask() -> None:
            with suppress(OSError):
                client.connect((GATE, PORT))
                came.append(b"".join(_pieces(client)))
                client.close()

        threads = [threading.Thread(target=each, daemon=True) for each in (serve, ask)]
        for thread in threads:
            thread.start()
        ends = time.monotonic() + 4.0
        while threads[1].is_alive() and time.monotonic() < ends:
            for host, to, addresses in ((outside, inside, (INSIDE, SERVER)), (inside, outside, (GATE, "10.0.0.1"))):
                with suppress(TimeoutError):
                    while True:
                        to.send(answer(host.recv(0.001), *addresses))
    if came == [data] and seen == [INSIDE]:
        return ""
    return f"Then the lab's kernel called {GATE}:{PORT} through your function: {len(b''.join(came)):,} bytes came back."
