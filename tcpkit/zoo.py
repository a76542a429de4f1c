"""Single-line faults of our TCP, and copies of it that have one, so that a sick TCP can talk to a healthy one.

A copy is made of those modules that a fault reaches, run again under another
name; the others are shared. `tests/zoo.py` says which test finds which fault
(`make zoo`), and lesson 22 shows what thirteen of them do to packets.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from random import Random
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any

from tcpkit.stack.envelope import packet_of
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.states import CLOSE_WAIT, CLOSED, ESTABLISHED, TIME_WAIT
from tcpkit.wire import Flags, Segment, TCPHeader

STACK = "tcpkit.stack."
IMPORTS = re.compile(r"^from (tcpkit\.[\w.]+) import", re.MULTILINE)
HERE, THERE = "10.0.0.2", "10.0.0.1"  # the patient, and a healthy TCP
SIDES = {"here": HERE, "there": THERE}
PORTS = 40000, 80


def find(module: ModuleType, name: str) -> FunctionType:
    """Return a function of a module by its name, such as `Receiver.take`."""
    found: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    return found


@dataclass(frozen=True)
class Fault:
    """One wrong line."""

    name: str
    where: str  # module of tcpkit.stack, and the function's name in it
    right: str  # a part of a line, once in the function
    wrong: str

    @property
    def function(self) -> FunctionType:
        module, _, name = self.where.partition(".")
        return find(import_module(STACK + module), name)

    def source(self) -> str:
        """Return the source of the function, without the fault."""
        source = dedent(inspect.getsource(self.function))
        if source.count(self.right) != 1:
            raise LookupError(f"{self.where} holds {source.count(self.right)} times: {self.right}")
        return source

    def infect(self, function: FunctionType) -> None:
        """Exchange this function's code for that with the wrong line."""
        scope = dict(function.__globals__)
        sick = "from __future__ import annotations\n" + self.source().replace(self.right, self.wrong)
        exec(compile(sick, self.name, "exec"), scope)
        function.__code__ = scope[function.__name__].__code__

    def cure(self) -> str:
        """Return the wrong line and the right one, as a diff."""
        line = next(line.strip() for line in self.source().splitlines() if self.right in line)
        return f"{self.where}\n- {line.replace(self.right, self.wrong)}\n+ {line}"


_FAULTS = {
    "ack off by one": ("departures.segment", "rcv.nxt % MODULUS", "(rcv.nxt - 1) % MODULUS"),
    "FIN not counted": ("receiver.Receiver.take", "self.nxt += 1", "self.nxt += 0"),
    "wrap compared wrongly": ("arrivals.before", "0 < (b - a) % MODULUS < HALF", "a < b"),
    "Karn ignored": ("departures.text", "tcb.timed = None", "pass"),
    "window not scaled": ("arrivals.hear", "arrival.window << snd.shift", "arrival.window"),
    "RST answered with RST": ("resets.reset_for", "segment.flags & Flags.RST", "False"),
    "checksum not looked at": ("envelope.open_packet", "checksum(summed) != PROTOCOL_TCP + len(body)", "False"),
    "overlap taken twice": ("reassembler.Reassembler.add", "data[self.next - at :]", "data"),
    "no backing off": ("departures.retransmit", "snd.rto.back_off()", "pass"),
    "blind RST believed": ("resets.on_rst", "seq == rcv_nxt", "(seq - rcv_nxt) % MODULUS < window"),
    "no window probe": ("departures.poll", "not flight and snd.has_unsent:", "False:"),
    "SYN sent once": ("departures.retransmit", "snd.nxt = snd.iss", "pass"),
    "TIME-WAIT skipped": ("arrivals.end_one_way", "now + tcb.settings.time_wait_s", "now"),
    "silent about a gap": (
        "receiver.Receiver._acknowledge",
        "min(self.owed_duplicates + 1, MOST_DUPLICATES)",
        "self.owed_duplicates",
    ),
    "window never closes": ("window.ReceiveWindow.open", "max(0, self.size - unread)", "self.size"),
    "old timestamps taken": (
        "arrivals.check_timestamp",
        "before(arrival.timestamps.value, tcb.ts_recent)",
        "False",
    ),
    "patience looked at by other timers only": ("connection.Connection.next_deadline", "self.give_up_at, ", ""),
    "RST before what a probe brought": (
        "departures.reset",
        "min(tcb.snd.highest, max(tcb.snd.nxt, tcb.snd.una + tcb.snd.wnd))",
        "tcb.snd.nxt",
    ),
    "limited transmit counted": ("departures.poll", "min(flight, cwnd)", "flight"),
    "recovery begun by copies": (
        "scoreboard.Scoreboard._lost_edge",
        "una > self.recovery_until or self.has_sack",
        "True",
    ),
    "slow start too fast after a timeout": (
        "congestion.Reno.on_timeout",
        "self.cwnd = self._limit =",
        "self.cwnd =",
    ),
    "hole left to the timer": ("sender.Sender.to_send", " or board.to_send_again(self.una, False)", ""),
    "more than the window in a recovery": ("sender.Sender.to_send", "right - left > room", "room <= 0"),
    "data after a release taken": ("arrivals.take_text", "tcb.is_released and", "False and"),
    "FIN-WAIT-2 for ever": ("departures.fire", "tcb.is_released and", "False and"),
    "backlog keeps what was reset": ("stack.Stack._after", "connection in listener.ready", "False"),
    "first port always the same": (
        "stack.Stack.__init__",
        'count(keyed_hash(self._secret, "first port"))',
        "count()",
    ),
    "window of our SYN not noted": ("receiver.Receiver.__init__", "self.promised.open(self.nxt, 0)", "pass"),
}
FAULTS = {name: Fault(name, *row) for name, row in _FAULTS.items()}


@cache
def stack_with(name: str | None) -> ModuleType:
    """Return the module `stack` of a TCP with this fault; for None, tcpkit's own."""
    if name is None:
        return import_module(STACK + "stack")
    fault, made = FAULTS[name], dict[str, ModuleType]()
    function = fault.function

    def sick(module: str) -> ModuleType:
        """Return a module, or a copy where the fault reaches it."""
        if module not in made:
            made[module] = import_module(module)
            source = inspect.getsource(made[module])
            reached = [each for each in IMPORTS.findall(source) if sick(each) is not sys.modules[each]]
            if reached or module == function.__module__:
                made[module] = _copy(made[module], source, re.sub(r"\W", "_", name), made)
            if module == function.__module__:
                fault.infect(find(made[module], function.__qualname__))
        return made[module]

    return sick(STACK + "stack")


def _copy(module: ModuleType, source: str, package: str, made: Mapping[str, ModuleType]) -> ModuleType:
    """Return the module, run again; it imports those that were made."""
    copy = sys.modules[f"{package}.{module.__name__}"] = ModuleType(f"{package}.{module.__name__}")
    source = IMPORTS.sub(lambda found: f"from {made[found[1]].__name__} import", source)
    exec(compile(source, str(module.__file__), "exec"), vars(copy))
    return copy


class Ward(Network):
    """A patient and a healthy TCP, 10 ms apart, with a program each; `tape` has all that leaves or reaches the patient.

    `fate` says which packets are "lost" or "damaged": "there 5" is the fifth one from there, "all" is every other one.
    """

    def __init__(self, fault: str | None, link: Link | None = None, **settings: Mapping[str, Any]) -> None:
        self.stacks, self.ends = {}, dict[str, Any]()
        for side, module in (("here", stack_with(fault)), ("there", stack_with(None))):
            mine = module.Settings(**settings.get(side, {}))
            self.stacks[side] = module.Stack(SIDES[side], mine, side.encode())
        super().__init__(*self.stacks.values(), link or Link(delay_s=0.01))
        self.tape: list[tuple[float, bytes]] = []
        self.fate: dict[str, str] = {}
        self._sent: dict[str, list[bytes]] = {side: [] for side in SIDES}

    def carry(self, now: float) -> None:
        """Deliver what has arrived, and send what is to be sent."""
        here, there = self.stacks.values()
        for packet in self.pipes[there].poll(now):
            self.tape.append((now, packet))
            here.receive(packet, now)
        for packet in self.pipes[here].poll(now):
            there.receive(packet, now)
        for side, stack in self.stacks.items():
            for packet in stack.poll(now):
                self._send(side, packet)

    def _send(self, side: str, packet: bytes) -> None:
        self._sent[side].append(packet)
        if side == "here":
            self.tape.append((self.now, packet))
        fate = self.fate.get(f"{side} {len(self._sent[side])}", self.fate.get("all"))
        if fate != "lost":
            damaged = packet[:-1] + bytes([packet[-1] ^ 1])
            self.pipes[self.stacks[side]].send(damaged if fate == "damaged" else packet, self.now)

    def call(self, side: str, what: str, number: int = 0) -> None:
        """Do what the program of this side does, or what happens to it on the network."""
        stack, other = self.stacks[side], "there" if side == "here" else "here"
        if what == "dials":
            self.door = self.stacks[other].listen(PORTS[1])
            self.ends[side] = stack.connect(SIDES[other], PORTS[1], self.now, PORTS[0])
        elif what == "vanishes":
            self.fate["all"] = "lost"
        elif what == "repeated":  # the last packet arrives once more
            self.pipes[stack].send(self._sent[side][-1], self.now)
        elif what == "forged":  # a stranger sends an RST in the name of this side, which has dialled
            forged = Segment(TCPHeader(*PORTS, seq=number, flags=Flags.RST))
            self.pipes[stack].send(packet_of(forged, SIDES[side], SIDES[other], 64, 0), self.now)
        else:
            end = self.ends.get(side) or self.ends.setdefault(side, self.door.accept())
            getattr(end, what)(*[bytes(number)] * (what == "send"))


@dataclass(frozen=True)
class Transfer:
    """What came of a transfer: whether each byte arrived, and after how many seconds both ends were closed."""

    is_equal: bool
    seconds: float


def transfer(fault: str | None, size: int = 1_000_000, loss: float = 0.0, seed: int = 1) -> Transfer:
    """Let a patient, or for None a healthy TCP, and a healthy one send so many bytes to each other, and close."""
    ward = Ward(fault, Link(delay_s=0.01, loss=loss, seed=seed))
    ward.call("here", "dials")
    sent = {side: Random(side).randbytes(size) for side in SIDES}
    left, received = {side: memoryview(data) for side, data in sent.items()}, {side: bytearray() for side in SIDES}

    def are_closed() -> bool:
        if accepted := ward.door.accept():
            ward.ends["there"] = accepted
        for side, end in ward.ends.items():
            if end.state in (ESTABLISHED, CLOSE_WAIT):
                left[side] = left[side][end.send(left[side]) :]
                if not left[side]:
                    end.close()
            if end.unread:
                received[side] += end.recv()
        return len(ward.ends) == 2 and all(end.state in (CLOSED, TIME_WAIT) for end in ward.ends.values())

    with suppress(OSError):  # a connection that breaks
        ward.run(are_closed, 400)
    is_equal = received["here"] == sent["there"] and received["there"] == sent["here"]
    return Transfer(is_equal, ward.now)
