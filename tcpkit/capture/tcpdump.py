"""Packets in the words of tcpdump 4.99, for machines without tcpdump.

Covers IPv4 and TCP with their options, and TCP over IPv6, whole and damaged,
and any mixture of -v, -vv, -X, -t and -S. What tcpdump reads deeper is left
out: UDP and other protocols, the payload on ports of protocols that it knows
(HTTP on 80 and 8080, DNS on 53, ...), and what is in a Multipath TCP option
or in an extension header of IPv6.
"""

from collections.abc import Iterable

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.packet import Packet
from tcpkit.capture.print_packet import packet_text
from tcpkit.capture.style import Style


def tcpdump(packets: Iterable[Packet], options: str = "") -> str:
    """Return what `tcpdump -n` prints for the packets, without a last newline.

    >>> from tcpkit.capture import Capture
    >>> reset = "45000028000040004006 3cce7f0000017f000001 1f40231d000000000000002d501400006f440000"
    >>> print(tcpdump(Capture.of(bytes.fromhex(reset)[20:]), "-t"))
    IP 127.0.0.1.8000 > 127.0.0.1.8989: Flags [R.], seq 0, ack 45, win 0, length 0
    """
    style, conversations = Style.parse(options), Conversations()
    return "\n".join(packet_text(packet, style, conversations) for packet in packets)
