"""The private network: the only room that touches sockets and processes.

Notebooks use `Lab` (lab.py). Below it, agent_client.py makes requests to a
process inside (agent.py), and kinds.py knows which networks that can enter.
The other modules serve one method of `Lab` each; hosts and cables are in
cables/.
"""

from tcpkit.lab.counters import Counters
from tcpkit.lab.errors import LabClosed, LabError, LabUnavailable
from tcpkit.lab.lab import Lab

__all__ = ["Counters", "Lab", "LabClosed", "LabError", "LabUnavailable"]
