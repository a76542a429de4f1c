"""Bytes to values and back, against scapy and dpkt."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Call, Result, by_turns, faster, peer
from tcpkit import Flags, IPv4Header, Segment, TCPHeader, checksum
from tcpkit.wire.ipv4 import LOOPBACK

FOUR_BYTES = bytes([127, 0, 0, 1])
SIZES = {20: 2, 1_500: 4, 65_536: 30}  # bytes: how many times faster than scapy


def results() -> Iterator[Result]:
    """Measure checksums, then a SYN built and parsed."""
    yield from checksums()
    for what, calls, factor in (("a SYN built", building(), 50), ("a SYN parsed", parsing(), 15)):
        times = by_turns(calls)
        yield faster(what, times, "scapy", factor)
        yield faster(what, times, "dpkt", 1)


def checksums() -> Iterator[Result]:
    utils = peer("scapy.utils")
    for size, factor in SIZES.items():
        data = bytes(number * 7 % 251 for number in range(size))
        calls = {"tcpkit": lambda data=data: checksum(data), "scapy": None}
        if utils:
            agree(checksum(data), utils.checksum(data))
            calls["scapy"] = lambda data=data: utils.checksum(data)
        yield faster(f"checksum of {size:,} bytes", by_turns(calls), "scapy", factor)


def building() -> dict[str, Call | None]:
    """Return who builds the same SYN: IP and TCP, both checksums right."""
    calls = {"tcpkit": built_by_tcpkit, "scapy": scapy_builder(), "dpkt": dpkt_builder()}
    for call in filter(None, calls.values()):
        agree(call(), built_by_tcpkit())
    return calls


def built_by_tcpkit() -> bytes:
    return Segment(TCPHeader(8989, 8000, flags=Flags.SYN, window=8192)).packet(LOOPBACK, LOOPBACK)


def scapy_builder() -> Call | None:
    if not (inet := peer("scapy.layers.inet")):
        return None
    # With a source given, scapy does not look for a route.
    return lambda: bytes(
        inet.IP(src=LOOPBACK, dst=LOOPBACK, id=0, flags="DF") / inet.TCP(sport=8989, dport=8000, flags="S", window=8192)
    )


def dpkt_builder() -> Call | None:
    if not peer("dpkt"):
        return None
    from dpkt.ip import IP, IP_PROTO_TCP
    from dpkt.tcp import TCP

    return lambda: bytes(
        IP(
            src=FOUR_BYTES,
            dst=FOUR_BYTES,
            p=IP_PROTO_TCP,
            df=1,
            data=TCP(sport=8989, dport=8000, seq=0, flags=2, win=8192),
        )
    )


def parsing() -> dict[str, Call | None]:
    """Return who reads the same SYN into fields, both headers."""
    packet = built_by_tcpkit()
    inet, dpkt = peer("scapy.layers.inet"), peer("dpkt")

    def by_tcpkit() -> tuple[IPv4Header, Segment]:
        header = IPv4Header.parse(packet)
        return header, Segment.parse(packet[header.header_length :])

    calls: dict[str, Call | None] = {"tcpkit": by_tcpkit, "scapy": None, "dpkt": None}
    port, flags = by_tcpkit()[1].destination_port, by_tcpkit()[1].flags
    if inet:
        calls["scapy"] = lambda: inet.IP(packet)
        agree((port, flags), (inet.IP(packet).dport, int(inet.IP(packet)[inet.TCP].flags)))
    if dpkt:
        calls["dpkt"] = lambda: dpkt.ip.IP(packet)
        agree((port, flags), (dpkt.ip.IP(packet).data.dport, dpkt.ip.IP(packet).data.flags))
    return calls


def agree(one: object, other: object) -> None:
    """Stop where two sides did not do the same work."""
    if one != other:
        raise RuntimeError(f"the two sides differ: {one!r} and {other!r}")
