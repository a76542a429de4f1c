"""The kinds of network a lab can have, and why one cannot be had here.

A kind is tried by making it and opening a raw socket inside: some systems
grant the namespace, but no rights in it.
"""

from __future__ import annotations

import platform
import socket
import sys
from dataclasses import dataclass

from tcpkit.lab.agent_client import AgentClient, Refused
from tcpkit.lab.errors import LabError
from tcpkit.lab.refusals import no_namespace, no_network, no_raw_socket, no_rights

KINDS = {
    "namespace": "a private network in a user namespace: no root, nothing leaves it",
    "direct": "this machine's own loopback: needs CAP_NET_RAW, used only when asked for by name",
}
AUTOMATIC = ("namespace",)

ELSEWHERE = "Open the course on Binder (`make binder-link`), or in a Linux virtual machine."
NO_LINUX = "The lab needs a Linux kernel. On Windows use WSL 2; on macOS a container or a Linux virtual machine."


@dataclass(frozen=True)
class Attempt:
    """The result of trying one kind: an agent, or why not and what to do."""

    kind: str
    agent: AgentClient | None
    why: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: works" if self.agent else f"{self.kind}: {self.why}\n  {self.remedy}"


def attempt(kind: str, within: AgentClient | None = None, name: str = "") -> Attempt:
    """Start an agent in this kind of network, or in another one of a lab, and open a raw socket there."""
    if sys.platform != "linux":
        return Attempt(kind, None, f"this is {platform.system()}, not Linux", NO_LINUX)
    try:
        agent = AgentClient(kind, within, name)
    except Refused as error:
        return Attempt(kind, None, *explain_entering(error, within is not None))
    except (OSError, LabError) as error:
        return Attempt(kind, None, f"the agent could not be started ({error})", ELSEWHERE)
    try:
        agent.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP).close()
    except OSError as error:
        agent.close()
        return Attempt(kind, None, *explain_powerless(kind, error))
    return Attempt(kind, agent)


def explain_entering(error: Refused, is_within: bool = False) -> tuple[str, str]:
    """Say why the agent could not enter its namespaces, and what to do."""
    if is_within:
        why, remedy = no_network(error.errno or 0)
        return f"this system refuses another network ({error.filename}: {error.strerror}): {why}", remedy
    if error.filename == "unshare":
        why, remedy = no_namespace(error.errno or 0)
        return f"this system refuses user namespaces ({error.strerror}): {why}", remedy
    why, remedy = no_rights()
    return f"the namespace was made, but has no power ({error.filename}: {error.strerror}): {why}", remedy


def explain_powerless(kind: str, error: OSError) -> tuple[str, str]:
    """Say that a raw socket was refused, and what to do."""
    if kind == "direct":
        why, remedy = no_raw_socket()
        return f"a raw socket was refused ({error.strerror}): {why}", remedy
    why, remedy = no_rights()
    return f"the namespace was made, but has no power (a raw socket: {error.strerror}): {why}", remedy
