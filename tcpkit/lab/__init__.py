"""The private network: the only room that touches sockets and processes.

`Lab` is its door. The rest: an agent that lives inside (`agent`, `ground`),
the kinds of network it can stand on (`kinds`), a recording (`recording`),
programs (`program`), the kernel's counters and sockets; a host of one's own
(`host`) and a cable to another lab (`cable`), served in real time (`relay`).
"""

from tcpkit.lab.counters import Counters
from tcpkit.lab.errors import LabClosed, LabError, LabUnavailable
from tcpkit.lab.lab import Lab

__all__ = ["Counters", "Lab", "LabClosed", "LabError", "LabUnavailable"]
