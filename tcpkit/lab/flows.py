"""Flows for `lab.share`: the kernel's own TCP, and our stack; and what a run of them must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.errors import LabError
from tcpkit.stack.bottleneck import Control, Flow, check, check_flows
from tcpkit.stack.link import Link
from tcpkit.wire.errors import shown

MOST_S, LEAST_PING_S = 60.0, 0.001
PACKET = 1500  # bytes
AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")  # the same in all networks of a kernel


@dataclass(frozen=True)
class KernelFlow:
    """Describe one sender, the kernel's TCP; `congestion` is one of `lab.congestion_controls()`."""

    name: str
    congestion: str = "reno"
    starts_s: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.congestion, str):
            raise TypeError(
                f"congestion of {self.name!r} is {shown(self.congestion)}: the kernel takes the name of one of its "
                "own. A class of yours runs in a StackFlow"
            )
        Flow(self.name, starts_s=self.starts_s)  # raises what is wrong


@dataclass(frozen=True)
class StackFlow:
    """Describe one sender, our stack on a host behind the lab; `congestion` is a name or a class."""

    name: str
    congestion: str | Control = "reno"
    starts_s: float = 0.0

    def __post_init__(self) -> None:
        Flow(self.name, self.congestion, self.starts_s)  # raises what is wrong


def congestion_controls(agent: AgentClient) -> tuple[str, ...]:
    """Return the names of the congestion controls that the lab's kernel has loaded."""
    agent.check()
    return tuple(AVAILABLE.read_text().split())


def check_controls(flows: Sequence[KernelFlow | StackFlow], known: tuple[str, ...]) -> None:
    """Raise `LabError` if the kernel has not one of these controls."""
    for flow in flows:
        if isinstance(flow, KernelFlow) and flow.congestion not in known:
            raise LabError(
                f"This kernel has no congestion control {flow.congestion!r}, so {flow.name!r} cannot run. "
                f"It has {', '.join(map(repr, known))}: take one of these"
            )


def check_arguments(flows: Sequence[Any], link: Link, seconds: float, ping_every_s: float | None) -> None:
    """Raise unless a run can be made of these."""
    for flow in flows:
        if not isinstance(flow, KernelFlow | StackFlow):
            raise TypeError(f"{shown(flow)} is no flow of a lab's: write KernelFlow('name'), or StackFlow('name')")
    if not isinstance(link, Link):
        raise TypeError(f"link is {shown(link)}: write a Link, such as Link(rate_bit_s=12e6, delay_s=0.01)")
    check({"seconds": seconds})
    check({"ping_every_s": LEAST_PING_S if ping_every_s is None else ping_every_s}, LEAST_PING_S)
    if seconds > MOST_S:
        raise ValueError(
            f"seconds is {seconds}: a lab runs in real time, {MOST_S:g} s at most. Virtual time has no such limit: "
            "tcpkit.stack.bottleneck.share"
        )
    if link.rate_bit_s and (packet_s := 8 * PACKET / link.rate_bit_s) > seconds:
        raise ValueError(f"rate_bit_s is {link.rate_bit_s}: one packet takes {packet_s:,.0f} s. Write a larger rate")
    check_flows(flows, seconds)
