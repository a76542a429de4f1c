"""What each packet of a capture is for, in a table: the work of `Capture.account`.

What is damaged, cut short or of another kind is named, and is never an error.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tcpkit.capture.packet import Packet
from tcpkit.capture.print_arp import FIXED, REQUEST
from tcpkit.wire import WireError
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.ipv4 import dotted
from tcpkit.wire.whole_import import import_whole

if TYPE_CHECKING:
    import pandas

COLUMNS = ("n", "from", "to", "next_hop", "ttl", "layer", "length", "words")
ICMP, UDP = 1, 17  # protocols that IP carries
DNS_PORT, HTTPS_PORT = 53, 443
DNS_HEADER, ANSWER = struct.Struct("!6H"), struct.Struct("!HHIH4s")  # RFC 1035: type, class, seconds, length, address
POINTER, ADDRESS = 0xC0, (1, 1, 4)  # the first byte of a pointer to a name; type, class and length of an address
HTTP = re.compile(rb"(?:[A-Z]{3,7} \S+ )?HTTP/[\d.]+[^\r\n]*")
RECORD = struct.Struct("!BBBHB")  # RFC 8446, 5.1: kind, version, length; then the first byte of what it holds
HANDSHAKE = 22
RECORDS = {20: "change cipher spec", 21: "alert", HANDSHAKE: "handshake", 23: "encrypted"}
HELLOS = {1: "ClientHello", 2: "ServerHello"}
MESSAGES = {  # RFC 792: type and code
    (0, 0): "echo reply",
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 3): "port unreachable",
    (8, 0): "echo request",
    (11, 0): "time exceeded",
}


def account(packets: Sequence[Packet]) -> pandas.DataFrame:
    """Return a DataFrame with a row for each packet.

    `next_hop` is whom the frame goes to, where the capture has frames; `ttl` is
    "" for ARP, which has none; `length` counts the bytes of ARP, of ICMP, or of
    the data in UDP and TCP.
    """
    import_whole("pandas")
    import pandas

    rows = [(number, *_ends(packet), *_said(packet)) for number, packet in enumerate(packets, 1)]
    return pandas.DataFrame(rows, columns=list(COLUMNS)).set_index("n")


def _ends(packet: Packet) -> tuple[str, str, str, int | str]:
    """Return source, destination, next hop and TTL; for ARP, who asks or answers whom."""
    hardware = packet.link[:6]  # on the lab's wires it holds an IPv4 address
    hop = dotted(hardware[2:]) if hardware[:2] == b"\x02\0" else hardware.hex(":")
    hop = "everybody" if hardware == b"\xff" * 6 else hop
    try:
        return packet.source, packet.destination, hop, "" if packet.is_arp else getattr(packet.ip, "ttl", "")
    except WireError:
        return "", "", hop, ""


def _said(packet: Packet) -> tuple[str, int, str]:
    """Return the layer that a packet serves, its length, and its words."""
    if packet.is_arp:
        return "ARP", len(packet.data), _arp(packet.data)
    try:
        ip = packet.ip
    except WireError:
        return "", len(packet.data), "no IP header"
    data = packet.data[ip.header_length : ip.total_length or None]
    if ip.fragment_offset:
        return "IP", len(data), "a later piece of a larger packet"
    if ip.protocol == PROTOCOL_TCP:
        return _tcp(packet)
    if ip.protocol == UDP and len(data) >= 8:
        source, destination = struct.unpack_from("!HH", data)
        if DNS_PORT in (source, destination):
            return "DNS", len(data) - 8, _dns(data[8:])
        return "UDP", len(data) - 8, f"port {source} to port {destination}"
    if ip.protocol == ICMP and len(data) >= 8:
        return "ICMP", len(data), _icmp(data)
    return "IP", len(data), f"protocol {ip.protocol}"


def _arp(data: bytes) -> str:
    *_, operation, hardware, source, _, target = FIXED.unpack_from(data)
    return f"who has {dotted(target)}?" if operation == REQUEST else f"{dotted(source)} is at {hardware.hex(':')}"


def _icmp(data: bytes) -> str:
    """Return what happened, and for errors to which packet: they quote it."""
    kind, code = data[:2]
    words = MESSAGES.get((kind, code), f"type {kind}, code {code}")
    try:
        quoted = Packet(0, data[8:])
        return f"{words}: {quoted.source} to {quoted.destination}" if kind in (3, 11) else words
    except WireError:
        return words


def _dns(data: bytes) -> str:
    """Return the name that is asked for, and in an answer its first address."""
    try:
        _, flags, questions, answers, *_ = DNS_HEADER.unpack_from(data)
        name, at = _name(data, DNS_HEADER.size) if questions else ("no name", DNS_HEADER.size)
        if not flags >> 15:
            return f"question: {name}"
        if code := flags & 15:
            return f"answer: {name}, error {code}"
        _, at = _name(data, at + 4) if answers else ("", at)
        *kind, address = ANSWER.unpack_from(data, at) if answers else ("",)
    except (struct.error, IndexError):
        return "cut short, or no DNS"
    return f"answer: {name} is {dotted(address)}" if (*kind[:2], *kind[3:]) == ADDRESS else f"answer: {name}"


def _name(data: bytes, at: int) -> tuple[str, int]:
    """Return a name, as far as it is written out here, and where it ends."""
    labels: list[str] = []
    while size := data[at]:
        if size >= POINTER:
            return ".".join([*labels, "..."]), at + 2
        labels.append(data[at + 1 : at + 1 + size].decode("ascii", "backslashreplace"))
        at += 1 + size
    return ".".join(labels), at + 1


def _tcp(packet: Packet) -> tuple[str, int, str]:
    try:
        segment = packet.segment
    except WireError:
        return "TCP", 0, "no TCP header"
    flags, data = str(segment.flags), segment.data
    if found := HTTP.match(data):
        return "HTTP", len(data), f"{flags} {found[0].decode('ascii', 'backslashreplace')}"
    if data and HTTPS_PORT in (segment.source_port, segment.destination_port):
        return "TLS", len(data), f"{flags} {', '.join(dict.fromkeys(_records(data))) or 'more of a record'}"
    return "TCP", len(data), flags


def _records(data: bytes) -> Iterator[str]:
    """Yield what the records are that begin in a segment."""
    at = 0
    while at + RECORD.size <= len(data):
        kind, major, _, size, first = RECORD.unpack_from(data, at)
        if kind not in RECORDS or major != 3:
            return
        yield HELLOS.get(first, RECORDS[kind]) if kind == HANDSHAKE else RECORDS[kind]
        at += RECORD.size - 1 + size
