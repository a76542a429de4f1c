"""Lesson 20: right answers written in other ways, wrong ones with the words they get, guesses."""

import socket
import struct
from dataclasses import replace
from itertools import takewhile

from checks.roads import ask, by_echo, by_error_queue, by_length, hop, walk, with_two

from tcpkit import Capture, Flags, Segment, TCPHeader
from tcpkit.capture import Packet
from tcpkit.check.lesson20_names import query
from tcpkit.check.lesson20_roads import by_text, longest, trace

TOOLS = (query, by_text, longest, trace, takewhile, socket, struct)  # for the rows
TOOLS += (ask, by_echo, by_error_queue, by_length, hop, walk, with_two)


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
        walk(you, destination, most) ;; with_two ;; trace(you, destination, most, timeout_s)
        by_echo ;; by_error_queue
        walk(you, destination, most, timeout_s) ;; tuple(walk(you, destination, most))
        walk(you, destination, most, say=lambda data, where: socket.inet_ntoa(data[12:16]))
    """,
}

WRONG = {
    "next_hop": """
        hop(destination, routes, lambda nets: nets[0]) ;; hop(destination, routes, lambda nets: nets[-1]) => the first
        routes.get("0.0.0.0/0", by_length(destination, routes)) => You take the default wherever there is one.
        hop(destination, routes, lambda nets: min(nets, key=lambda net: net.prefixlen)) => You take the shortest
        by_text(lambda address: address.rstrip(".0"))(destination, routes) => You compare texts.
        hop(destination, routes, lambda nets: max(nets, key=lambda net: str(net.prefixlen))) => as text
        hop(destination, routes, lambda nets: max(nets, key=str)) => or the last by the alphabet
        hop(destination, routes, lambda nets: max(nets, key=lambda net: len(str(net)))) => You take the longest text
        hop(destination, {net: router for net, router in routes.items() if net[:4] != "0.0."}) => You leave out 0.0.0.0
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
        ask(name, number, one=lambda label: str(len(label)).encode() + label) => You write the length as a digit
        ask(name, number, one=lambda label: label + bytes([len(label)])) => You write the length after its label.
        ask(name, number, one=lambda label: b"\\0" + bytes([len(label)]) + label) => each length in two bytes.
        ask(name, number, one=lambda label: bytes(len(label)) + label) => is four zero bytes.
        ask(name, number, one=lambda label: bytes([len(label)]) + label + b"\\0") => a zero byte after each label.
        ask(name, number, end=b"\\0") => Type and class are missing
        ask(name, number % 256) => the low byte of `number` only
        query(name, number)[:2] + bytes(2) + query(name, number)[4:] => All is right but the flags
        ask(name, number, "!5H") ;; ask(name, number, "!2H") => Look at the header
        ask(name, number).hex() => text (str). The answer is bytes.
        ask(name, number, end=b"\\0\\0\\x1c\\0\\1") => The name server does not answer this question.
    """,
    "traceroute": """
        walk(you, destination, ttl_is_set=False) => Your first probe reached the site
        walk(you, destination, first=0) => If your first TTL is 0
        walk(you, destination, most)[:1] => You know the first router only.
        [*takewhile(lambda row: row != "*", walk(you, destination, most))] => You stop at the first silence.
        walk(you, destination) => You go on after TTL `most`
        walk(you, destination, most, 0.1, stops=False) => You go on after the site.
        walk(you, destination, most, say=lambda data, where: socket.inet_ntoa(data[40:44])) => Each row is you.
        walk(you, destination, most, 0.02, late=True) => You hear nobody.
        walk(you, destination, most, say=lambda data, where: where) => Your rows are pairs
        [row for row in walk(you, destination, most) if row != "*"] => Silent routers are missing.
        [*dict.fromkeys(walk(you, destination, most))] => Two routers in a row may be silent
        walk(you, destination, most)[:-1] => The last row is missing
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
    guess_frames("a", 2, PAGE) => YOU SAID a: 2. WE SAW 20 to 30.\nThe two programs want no more
    guess_frames("b", "2", PAGE) => YOU SAID b: 10. WE SAW 20 to 30.\nLesson 00's ten are among them
    guess_frames("d", 9, PAGE) => YOU SAID d: about 100. WE SAW 20 to 30.\nA page with pictures
    guess_frames("c", 2, PAGE) ;; guess_frames("c", 4, PAGE) => AS YOU SAID c: 20 to 30.\nTwo for the programs
    guess_frames("c", "many", PAGE) ;; guess_frames(..., 2, PAGE) => NO GUESS YET: this answer cannot be
    guess_frames("c", 2, PAGE[:9]) => NOT SEEN YET: 9 frames
    guess_hardware("a", [R1]) => YOU SAID a: the site's. WE SAW r1's.\nNobody on your cable
    guess_hardware("b", [R1]) => AS YOU SAID b: r1's.\nIP says how far
    guess_hardware("c", [R1]) => YOU SAID c: everybody's. WE SAW r1's.\nARP's question
    guess_hardware("b", []) ;; guess_hardware("b", [SITE, R1]) ;; guess_readable("ynny", {}) => NOT SEEN YET
    guess_readable("ynny", NAMED) => AS YOU SAID y n n y.\nThe name and the length can be read. The page's row has 84
    guess_readable("nyyn", NAMED) => YOU SAID n y y n. WE SAW y n n y.\n1: the name is asked for
    guess_loop("a", LOOP) ;; guess_loop("b", LOOP) => YOU SAID
    guess_loop("c", LOOP) => AS YOU SAID c: 63 times.
    guess_loop("d", LOOP) => YOU SAID d: without end. WE SAW 63.\nEach router subtracts 1
    guess_loop("c", LOOP[:2]) => NOT SEEN YET: r1 refused the packet
"""
