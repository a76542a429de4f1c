"""The private network: the only room that touches sockets and processes.

Notebooks use `Lab` (lab.py), whose methods hand over to one module each. All
but cables/ go through agent_client.py, which opens sockets inside by requests
to a process there (agent.py); kinds.py knows which networks that can enter.
In cables/, host.py is an address of your own, and relay.py delays and loses.
"""

from tcpkit.lab.counters import Counters
from tcpkit.lab.errors import LabClosed, LabError, LabUnavailable
from tcpkit.lab.lab import Lab

__all__ = ["Counters", "Lab", "LabClosed", "LabError", "LabUnavailable"]
