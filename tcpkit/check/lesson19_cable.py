"""What becomes of two networks when an answer of lesson 19 joins them by `ip` commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from tcpkit.check.call import Function
from tcpkit.check.exercise import NotAsked
from tcpkit.check.values import show_size

SOON_S, PATIENCE_S = 0.2, 2.0  # the kernel asks a second time for the other end after one second
NEAR, FAR, PORT = "172.17.0.1", "172.17.0.2", 5432
CONNECTED = "seen", f"the lab reaches {FAR}:{PORT}"
NO_IP = "The commands need the program `ip`: install the package iproute2 (`sudo apt install iproute2`) and try again."
OBJECTS = ("link", "address", "route")  # of `ip`: `ip netns exec` would run any program


def built(lab: Any, answer: Function, name: str) -> object:
    """Return CONNECTED if the commands join two new networks; else what was seen, for the lesson's signs."""
    try:
        networks = {"lab": lab.namespace("lab"), "box": lab.namespace(name)}
    except RuntimeError as error:  # it says what refuses another network
        answer("")  # a stub is told as one all the same
        raise NotAsked(str(error).replace("\n", " ")) from None
    commands = answer(networks["box"].path)
    if commands is None or show_size(commands):
        return commands
    if wrong := _form(commands):
        return "seen", wrong
    said = [(where, _first_line(networks[where].run(command.split(), 5.0))) for where, command in commands]
    if not _error(*networks.values(), SOON_S):
        return CONNECTED
    near, far = map(_ends, networks.values())
    in_lab = "".join(line for where, line in said if where == "lab")
    told = [line for _, line in said]
    facts = [*_on_the_cable(near, far), *("moved" for end in far if f'"{end["ifname"]}"' in in_lab)]
    if any("netns" in line for line in told):
        facts = ["no netns"]
    elif near and far and any("Cannot find device" in line for line in told[: _made_at(commands)]):
        facts = ["too early"]
    if not facts and not (error := _error(*networks.values(), PATIENCE_S)):
        return CONNECTED
    return ("seen", *(facts or [error]), *[f"`ip` said: {line}" for line in told if line][:1])


def _form(commands: object) -> str:
    """Return what is wrong with the form of the answer; "" for nothing."""
    if not isinstance(commands, list | tuple) or not all(map(_is_pair, commands)):
        return "no pairs"
    for where, command in commands:
        first, *words = command.split() or [""]
        if where not in ("lab", "box"):
            return "where"
        if first != "ip":
            return "no ip"
        if "ip" in words:
            return "two"
        if any(word.startswith("-") for word in words):
            return "option"
        if not words or not any(each.startswith(words[0]) for each in OBJECTS):
            return "object"
    return ""


def _made_at(commands: Any) -> int:
    """Return how many commands come before the one that makes the cable."""
    return next((place for place, (_, command) in enumerate(commands) if "veth" in command.split()), 0)


def _is_pair(one: object) -> bool:
    return isinstance(one, list | tuple) and [type(part) for part in one] == [str, str]


def _first_line(program: Any) -> str:
    return program.output.strip().partition("\n")[0]


def _ends(network: Any) -> list[dict]:
    """Return the ends of cables in the network, as `ip` lists them."""
    try:
        return list(filter(None, json.loads(network.run("ip -json addr show type veth").output or "[]")))
    except ValueError:  # there is no `ip` here, or another one
        raise NotAsked(NO_IP) from None


def _addresses(ends: list[dict]) -> list[IPv4Interface]:
    found = [one for end in ends for one in end["addr_info"] if one["family"] == "inet"]
    return [IPv4Interface(f"{one['local']}/{one['prefixlen']}") for one in found]


def _on_the_cable(near: list[dict], far: list[dict]) -> Iterator[str]:
    """Yield what is wrong with the ends in the lab and in the box."""
    here, there = _addresses(near), _addresses(far)
    in_lab, in_box = ([str(one.ip) for one in each] for each in (here, there))
    if not near or not far:
        yield "both here" if near else "both there" if far else "no cable"
        return
    yield from ["same"] if {*in_lab} & {*in_box} else []
    yield from ["swapped"] if FAR in in_lab and NEAR in in_box else []
    yield from ["no length"] if any(one.network.prefixlen == 32 for one in here + there) else []
    yield from ["no lab address"] if not here else ["lab address"] if NEAR not in in_lab else []
    yield from ["no box address"] if not there else ["box address"] if FAR not in in_box else []
    yield from ["box network"] if not any(IPv4Address(NEAR) in one.network for one in there) else []
    yield from ["lab down"] if not any("UP" in end["flags"] for end in near) else []
    yield from ["box down"] if not any("UP" in end["flags"] for end in far) else []


def _error(near: Any, box: Any, patience_s: float) -> str:
    """Return the error when the first network calls the box; "" for none."""
    with ExitStack() as opened, near.socket() as client:
        with suppress(OSError):  # the box has no such address
            opened.enter_context(box.listen(PORT, FAR))
        client.settimeout(patience_s)
        try:
            client.connect((FAR, PORT))
        except OSError as error:
            return f"error {error.errno}" if error.errno else "no answer"
        caller = client.getsockname()[0]
        return "" if caller == NEAR else f"a call from {caller}"
