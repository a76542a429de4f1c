"""List the sockets inside the lab: which listen, which are connected.

The kernel's list is /proc/net/tcp, seen from inside.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tcpkit.lab.agent_client import AgentClient
from tcpkit.wire.whole_import import import_whole

if TYPE_CHECKING:
    import pandas

# include/net/tcp_states.h, by RFC 9293's names
STATES = [
    "ESTABLISHED",
    "SYN-SENT",
    "SYN-RECEIVED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSED",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECEIVED",
]
KINDS = {
    "state": "str",
    "local": "str",
    "remote": "str",
    "unread": "int64",
    "unsent": "int64",
    "program": "str",
    "pid": "Int64",
}
NOTEBOOK = "this notebook"


def sockets(agent: AgentClient) -> pandas.DataFrame:
    """Return a table with state, local, remote, unread, unsent, program and pid; sorted by the first three."""
    import_whole("pandas")
    import pandas

    rows = sorted(read_tables(agent))  # the kernel's own order is that of a hash table
    holders = find_holders(agent, {inode for *_, inode in rows})
    table = [(*row, *holders.get(inode, ("", None))) for *row, inode in rows]
    return pandas.DataFrame(table, columns=list(KINDS)).astype(KINDS)  # the same types, also for an empty table


def is_listening(agent: AgentClient, port: int) -> bool:
    """Say whether something inside listens on this port, in TCP or in UDP."""
    udp = (line.split()[1] for line in (agent.proc_net("udp") + agent.proc_net("udp6")).splitlines())
    if any(local.endswith(f":{port:04X}") for local in udp):
        return True
    return any(state == "LISTEN" and local.endswith(f":{port}") for state, local, *_ in read_tables(agent))


def read_tables(agent: AgentClient) -> Iterator[tuple[str, str, str, int, int, int]]:
    """Yield state, local and remote address, bytes unread and unsent, and inode of each TCP socket."""
    for line in (agent.proc_net("tcp") + agent.proc_net("tcp6")).splitlines():
        if "local_address" in line:
            continue  # the heading
        fields = line.split()
        local, remote, state, inode = fields[1], fields[2], int(fields[3], 16), int(fields[9])
        unsent, unread = (int(queue, 16) for queue in fields[4].split(":"))  # the kernel's tx_queue and rx_queue
        yield STATES[state - 1], address(local), address(remote), unread, unsent, inode


def address(text: str) -> str:
    """Return `0100007F:1F40`, in the kernel's byte order, as `127.0.0.1:8000`."""
    host, _, port = text.partition(":")
    if int(port, 16) == 0:
        return ""
    packed = b"".join(struct.pack("=I", int(host[at : at + 8], 16)) for at in range(0, len(host), 8))
    if len(packed) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, packed)}:{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]:{int(port, 16)}"


def find_holders(agent: AgentClient, inodes: set[int]) -> dict[int, tuple[str, int]]:
    """Return the process that holds each socket: inside, or this notebook."""
    try:
        inside = os.readlink(f"/proc/{agent.pid}/ns/net")
    except OSError:
        agent.request("nothing")  # raises `LabClosed` if the agent has ended meanwhile
        raise
    holders: dict[int, tuple[str, int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        try:
            if pid != os.getpid() and os.readlink(process / "ns/net") != inside:
                continue
            name = NOTEBOOK if pid == os.getpid() else (process / "comm").read_text().strip()
            held = {int(file[8:-1]) for file in open_files(process) if file.startswith("socket:[")}
        except OSError:
            continue  # it ended meanwhile, or belongs to another user
        holders |= dict.fromkeys(held & inodes, (name, pid))
    return holders


def open_files(process: Path) -> Iterator[str]:
    for descriptor in os.listdir(process / "fd"):
        try:
            yield os.readlink(process / "fd" / descriptor)
        except OSError:
            continue  # closed meanwhile
