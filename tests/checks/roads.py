"""Answers for the rows of lesson 20: a next hop, a DNS question, a walk; each is right but for what is handed over."""

import ipaddress
import select
import socket
import struct
from contextlib import suppress

IP_RECVERR = 11  # of Linux


def by_length(destination, routes):
    nets = (str(ipaddress.ip_network(f"{destination}/{length}", strict=False)) for length in range(32, -1, -1))
    return next((routes[net] for net in nets if net in routes), None)


def hop(destination, routes, choose=lambda fitting: max(fitting, key=lambda net: net.prefixlen), otherwise=None):
    """Return a next hop, but for what is handed over."""
    address = ipaddress.ip_address(destination)
    nets = [ipaddress.ip_network(net) for net in routes if address in ipaddress.ip_network(net)]
    return routes[str(choose(nets))] if nets or otherwise == "" else otherwise


def ask(name, number, form="!6H", end=b"\0\0\1\0\1", one=lambda label: bytes([len(label)]) + label, text=None):
    """Return a question, but for what is handed over."""
    spelled = b"".join(map(one, name.rstrip(".").encode().split(b"."))) if text is None else text
    return struct.pack(form, *(number, 0x0100, 1, 0, 0, 0)[: int(form[1])]) + spelled + end


def walk(you, destination, most=8, timeout_s=0.3, first=1, ttl_is_set=True, late=False, stops=True, say=None):
    """Return who answers, but for what is handed over."""
    found = []
    for ttl in range(first, most + 1):
        with you.socket(type=socket.SOCK_DGRAM) as probe, you.socket(type=3, proto=1) as icmp:
            if ttl_is_set:
                probe.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            probe.sendto(b"", (destination, 33434 + ttl))
            icmp.settimeout(timeout_s)
            found.append(None)
            with suppress(TimeoutError):
                found[-1] = [icmp.recvfrom(1000) for _ in range(1 + late)][-1]
        if stops and found[-1] and found[-1][1][0] == destination:
            break
    return ["*" if each is None else (say or (lambda data, where: where[0]))(*each) for each in found]


def with_two(you, destination, most=8, timeout_s=0.3):
    """Keep one socket of each kind, and read the sender in the IP header."""
    found = []
    with you.socket(type=3, proto=1) as heard, you.socket(type=socket.SOCK_DGRAM) as probe:
        heard.settimeout(timeout_s)
        while len(found) < most and found[-1:] != [destination]:
            probe.setsockopt(0, 2, len(found) + 1)
            probe.sendto(b"x", (destination, 40000))
            found.append("*")
            with suppress(TimeoutError):
                found[-1] = socket.inet_ntoa(heard.recv(1000)[12:16])
    return found


def by_echo(you, destination, most=8, timeout_s=0.3):
    """Send ICMP's echo requests: the destination sends an echo reply."""
    found = []
    for ttl in range(1, most + 1):
        with you.socket(type=socket.SOCK_RAW, proto=socket.IPPROTO_ICMP) as icmp:
            icmp.settimeout(timeout_s)
            icmp.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            icmp.sendto(struct.pack("!BBHHH", 8, 0, 0xFFFF - 0x0800 - 1 - ttl, 1, ttl), (destination, 0))
            found.append("*")
            with suppress(TimeoutError):
                found[-1] = icmp.recvfrom(1000)[1][0]
        if found[-1] == destination:
            break
    return found


def by_error_queue(you, destination, most=8, timeout_s=0.3):
    """Read who sent the error where the kernel keeps it for the probe's own socket (IP_RECVERR)."""
    found = []
    for ttl in range(1, most + 1):
        with you.socket(type=socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            probe.sendto(b"", (destination, 33434 + ttl))
            told, waits = [], select.poll()
            waits.register(probe, 0)  # an error wakes it all the same
            if waits.poll(timeout_s * 1000):
                told = probe.recvmsg(100, 512, socket.MSG_ERRQUEUE)[1]
            found.append(socket.inet_ntoa(told[0][2][20:24]) if told else "*")  # behind sock_extended_err and a port
        if found[-1] == destination:
            break
    return found
