"""Lesson 20: right answers written in other ways, wrong ones with the words they get, guesses."""

import ipaddress
import socket
import struct
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile

from tcpkit import Capture, Flags, Segment, TCPHeader
from tcpkit.capture import Packet
from tcpkit.check.lesson20_names import query
from tcpkit.check.lesson20_roads import by_text, longest, trace

TOOLS = (query, by_text, longest, trace, takewhile)  # for the rows


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


CLOTHES = {
    "next_hop": """
        hop(destination, routes) ;; by_length ;; by_length(destination, dict(sorted(routes.items())))
        hop(destination, routes, lambda nets: min(nets, key=lambda net: -net.prefixlen)) ;; longest(destination, routes)
        hop(destination, routes, lambda nets: max(nets, key=lambda net: int(net.netmask)))
        hop(destination, routes, lambda nets: sorted(nets, key=lambda net: net.num_addresses)[0])
        hop(destination, dict(reversed(routes.items())))
    """,
    "dns_query": """
        ask(name, number) ;; number.to_bytes(2, "big") + ask(name, 5)[2:] ;; query(name, number)
        bytearray(ask(name, number)) ;; struct.pack(">6H", number, 256, 1, 0, 0, 0) + ask(name, 5)[12:]
        ask(name, number, ">6H") ;; ask(name.strip("."), number) ;; memoryview(ask(name, number))
    """,
    "traceroute": """
        walk(you, destination) ;; with_two ;; trace(you, destination, most, timeout_s) ;; tuple(walk(you, destination))
        walk(you, destination, most, timeout_s) ;; with_two(you, destination, most) ;; list(with_two(you, destination))
        walk(you, destination, say=lambda data, where: socket.inet_ntoa(data[12:16]))
    """,
}

WRONG = {
    "next_hop": """
        hop(destination, routes, lambda nets: nets[0]) ;; hop(destination, routes, lambda nets: nets[-1]) => the first
        routes.get("0.0.0.0/0", by_length(destination, routes)) => You take the default wherever there is one.
        hop(destination, routes, lambda nets: min(nets, key=lambda net: net.prefixlen)) => You take the shortest
        by_text(lambda address: address.rstrip(".0"))(destination, routes) => You compare texts.
        hop(destination, routes, lambda nets: max(nets, key=lambda net: str(net.prefixlen))) => as text
        hop(destination, routes, otherwise="") => Where no line fits Python raises.
        hop(destination, routes, otherwise="no route") => Where no line fits you return a text.
        {router: net for net, router in routes.items()}.get(by_length(destination, routes)) => You return the network.
    """,
    "dns_query": """
        ask(name, number, text=name.rstrip(".").encode()) ;; ask(name, number, text=name.encode()) => You send the dots,
        ask(name, number, text=bytes([len(name.rstrip("."))]) + name.rstrip(".").encode()) => You write one length
        ask(name, number, end=b"\\0\\1\\0\\1") => There is no zero byte behind the last label
        query(name, number)[:4] + bytes(8) + query(name, number)[12:] => Your header says 0 questions
        ask(name, number, "<6H") ;; ask(name, number, "<6H", b"\\0\\1\\0\\1\\0") => Your numbers have the least
        ask(name, number, end=b"\\0\\1\\1") => Type and class are one byte each.
        ask(name, number, end=b"\\0" * (1 + name.endswith(".")) + b"\\0\\1\\0\\1") => You write an empty label
        ask(name, 0x1234) => You write 1234 in hexadecimal each time.
        ask(name, number, "!5H") ;; ask(name, number, "!2H") => Look at the header
        ask(name, number).hex() => text (str). The answer is bytes.
        ask(name, number, end=b"\\0\\0\\x1c\\0\\1") => The name server does not answer this question.
    """,
    "traceroute": """
        walk(you, destination, ttl_is_set=False) => Your first probe reached the site
        walk(you, destination, first=0) => If your first TTL is 0
        walk(you, destination)[:1] => You know the first router only.
        [*takewhile(lambda row: row != "*", walk(you, destination))] => You stop at the first silence.
        walk(you, destination, 6, 0.1, stops=False) => You go on behind the site.
        walk(you, destination, say=lambda data, where: socket.inet_ntoa(data[40:44])) => Each row is you.
        walk(you, destination, 4, 0.02, late=True) => You hear nobody.
        walk(you, destination, say=lambda data, where: where) => Your rows are pairs
        [row for row in walk(you, destination) if row != "*"] => Silent routers are missing.
        walk(you, destination)[:-1] => The site is missing
        " ".join(walk(you, destination)) => text (str). The answer is a
    """,
}


LOOP = [Packet(0, bytes([0x45, 0, 0, 28, 0, 0, 0, 0, ttl, 17]) + bytes(18)) for ttl in range(63, 0, -1)]
SYN = Capture.of(Segment(TCPHeader(40000, 443, flags=Flags.SYN)))[0]
R1, SITE = (replace(SYN, link=bytes.fromhex(f"0200{address}") + bytes(8)) for address in ("0a010001", "0a030050"))
PAGE, NAMED = [R1, *LOOP[:22]], {b"page.example": 1, b"secret": 0, b"hello": 0}
GUESSES = r"""
    recall("a") ;; recall("c") => TRY AGAIN 20.0 recall: That
    recall("b") => PASS 20.0 recall\nThe proxy makes a connection of its own
    guess_frames("a", 2, PAGE) => YOU SAID a: 2. WE SAW about 23.\nThe two programs want no more
    guess_frames("b", "2", PAGE) => YOU SAID b: 10. WE SAW about 23.\nLesson 00's ten are among them
    guess_frames("d", 9, PAGE) => YOU SAID d: about 100. WE SAW about 23.\nA page with pictures
    guess_frames("c", 2, PAGE) ;; guess_frames("c", 4, PAGE) => AS YOU SAID c: about 23.\nTwo for the programs
    guess_frames("c", "many", PAGE) ;; guess_frames(..., 2, PAGE) => NO GUESS YET: this answer cannot be
    guess_frames("c", 2, PAGE[:9]) => NOT SEEN YET: 9 frames
    guess_hardware("a", [R1]) => YOU SAID a: the site's. WE SAW r1's.\nNobody on your cable
    guess_hardware("b", [R1]) => AS YOU SAID b: r1's.\nIP says how far
    guess_hardware("c", [R1]) => YOU SAID c: everybody's. WE SAW r1's.\nARP's question
    guess_hardware("b", []) ;; guess_hardware("b", [SITE, R1]) ;; guess_readable("ynny", {}) => NOT SEEN YET
    guess_readable("ynny", NAMED) => AS YOU SAID y n n y.\nThe name and the length
    guess_readable("nyyn", NAMED) => YOU SAID n y y n. WE SAW y n n y.\n1: the name is asked for
    guess_loop("a", LOOP) ;; guess_loop("b", LOOP) => YOU SAID
    guess_loop("c", LOOP) => AS YOU SAID c: 63 times.
    guess_loop("d", LOOP) => YOU SAID d: without end. WE SAW 63.\nEach router subtracts 1
    guess_loop("c", LOOP[:2]) => NOT SEEN YET: r1 refused the packet
"""
