"""Lesson 06: right answers written in other ways, wrong ones with the words they get, and guesses."""

import struct

import numpy as np
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw

import tcpkit
from tcpkit import Capture, checksum, pseudo_header
from tcpkit.wire import Flags, Segment, TCPHeader

TOOLS = (np, checksum)  # for the rows
ZEROS = bytes(44)


def total(source, destination, tcp_length):
    return sum(struct.unpack("!6H", pseudo_header(source, destination, tcp_length)))


def folded(*ends):
    return (total(*ends) & 0xFFFF) + (total(*ends) >> 16)


def add_all(source, destination, data):
    return Segment(TCPHeader(8989, 8000, flags=Flags.SYN), data).with_checksum(source, destination).checksum


def good(packet):
    return packet.segment.with_checksum(packet.source, packet.destination).checksum == packet.segment.checksum


def half(packet, header=None):
    length = len(bytes(packet.segment)) if header is None else header + len(packet.segment.data)
    return packet.segment.checksum == tcpkit.unfinished_checksum(packet.source, packet.destination, length)


def unless(packet, direction, *numbers):
    return not good(packet) and (direction == "in" or packet.segment.checksum not in numbers)


def syn(port, data=ZEROS, tcp=(), **fields):
    """Return the story's packet with other fields; None leaves one to Scapy."""
    ip = {"src": "127.0.0.1", "dst": "127.0.0.1", "id": 7212, "flags": "DF"} | fields
    tcp = {"sport": 8989, "dport": port, "flags": "S", "window": 0} | dict(tcp)
    layers = (IP, ip), (TCP, tcp)
    ip, tcp = (kind(**{name: value for name, value in given.items() if value is not None}) for kind, given in layers)
    return ip / tcp / Raw(data) if data else ip / tcp


def step_by_step(port):
    packet = IP(dst="127.0.0.1") / TCP() / ZEROS
    packet.id, packet.flags, packet[TCP].sport, packet[TCP].dport, packet[TCP].window = 7212, 2, 8989, port, 0
    return packet


CLOTHES = {
    "unfinished": """
        0xFFFF - checksum(pseudo_header(source, destination, tcp_length)) ;; folded
        ~checksum(pseudo_header(source, destination, tcp_length)) & 0xFFFF
        np.uint16(folded(source, destination, tcp_length)) ;; folded(source, destination, tcp_length) % 65_536
        checksum(pseudo_header(source, destination, tcp_length)) ^ 0xFFFF
        sum(divmod(total(source, destination, tcp_length), 65_536)) ;; total(source, destination, tcp_length) % 0xFFFF
    """,
    "is_really_wrong": """
        False if good(packet) else True if direction == "in" else not half(packet)
        np.bool_(not good(packet)) and np.bool_(direction != "out" or not half(packet))
        not good(packet) and not (direction == "out" and half(packet))
        not good(packet) and (direction == "in" or not half(packet))
        not (good(packet) or (direction == "out" and half(packet)))
        False if good(packet) else direction != "out" or not half(packet)
        {"in": not good(packet), "out": not good(packet) and not half(packet)}[direction]
        not any([good(packet), direction == "out" and half(packet)])
    """,
    "scapy_syn": """
        syn(port) ;; step_by_step ;; IP(bytes(syn(port))) ;; syn(port, tcp={"flags": 2}) ;; syn(port, flags=2)
        syn(port, tcp={"seq": 0, "ack": 0, "urgptr": 0}) ;; syn(port, src=None) ;; syn(port, data="\\0" * 44)
    """,
}

WRONG = {
    "unfinished": """
        checksum(pseudo_header(source, destination, tcp_length)) => That is the checksum of the pseudo-header.
        ~total(source, destination, tcp_length) & 0xFFFF => the last step, which flips every bit, is left out.
        total ;; total(source, destination, tcp_length) + 0 => For 192.168.0.2 your sum has 17 bits.
        total(source, destination, tcp_length) & 0xFFFF => For 192.168.0.2 the carry is cut off.
        add_all(source, destination, bytes(tcp_length - 20)) => The header and the data are not in it
        0xFE08 + tcp_length => 0xfe08 + length is right from 127.0.0.1 to itself only: the addresses count too.
        0xFE30 => You return 0xfe30 for every input. What does the answer depend on?
        ~checksum(pseudo_header(source, destination, tcp_length)) => Your number is negative, as `~` gives in Python.
        folded(source, destination, tcp_length + 20) ;; folded(source, destination, tcp_length - 20) => another length
        hex(folded(source, destination, tcp_length)) ;; f"{folded(source, destination, tcp_length):04x}" => as text.
        int(np.uint16(folded(source, destination, tcp_length)).byteswap()) => The right bytes, exchanged
        folded(source, destination, 40) => What did you expect
        None => it returned None. Does it reach a `return` with an answer?
    """,
    "is_really_wrong": """
        not good(packet) ;; not good(packet) and not packet.is_unfinished => These packets have no note, like those of
        not good(packet) and (direction == "in" or not half(packet, 20)) => An unfinished packet with options
        not good(packet) and (direction == "in" or not half(packet, 0)) => if it holds the sum for the data's
        direction == "in" and not good(packet) => You call no packet that goes out broken
        not good(packet) and not half(packet) => passes also on a packet that came in over a cable. Nobody has finished
        not good(packet) and (direction == "out" or not half(packet)) => The directions are exchanged: "out" is before
        unless(packet, direction, 0xFE30) ;; unless(packet, direction, 0xFE30, 0xFE28) => 0xfe30 is right for one length
        unless(packet, direction, 0) => An unfinished field holds the sum of the pseudo-header, not 0.
        good(packet) => You return True where the checksum is right, and False where it is not.
        direction == "in" or not half(packet) => A packet whose checksum is right is not wrong, whatever its direction.
        True ;; False => for every input. What does the answer depend on?
        unless(packet, direction, 0x1234) => For packet=[S] length 20 checksum 0xfe30, direction=
        packet.segment.checksum => you returned 0, a number (int). The answer is a truth value (bool).
    """,
    "scapy_syn": """
        syn(port, id="7212") ;; syn(port, tcp={"window": "0"}) => Scapy cannot write this packet as bytes
        syn(port, tcp={"flags": "s"}) ;; syn(port, tcp={"flags": "SDF"}) => TCP's flags are capital letters, such as
        TCP(sport=8989) / IP() / Raw(ZEROS) => is in byte 0, where IP's header begins.
        syn(port, b"") ;; IP() / TCP(dport=port) ;; syn(port, bytes(64)) ;; syn(port)[TCP] => packet has 84 bytes: 20
        syn(port, data="0" * 44) => The data is not `bytes(44)`: 44 bytes 0x00. (The character 0 is 0x30.)
        syn(port, tcp={"chksum": 0x6F57}) ;; syn(port, chksum=0) => A checksum typed in is right for one port at most.
        syn(port, id=None) ;; IP(bytes(syn(port, id=1))) ;; bytes(syn(port, id=1)) => IP's id (bytes 4 and 5): 7212
        syn(port, flags=None) => is in IP's flags (bytes 6 and 7): DF, do not fragment, and no other.
        syn(port, src="10.0.0.1") => is in IP's addresses (bytes 12 to 19), both 127.0.0.1.
        syn(port, tcp={"sport": None}) ;; syn(port, tcp={"sport": port, "dport": 89}) ;; syn(8000) => TCP's ports
        syn(port, tcp={"seq": 1}) ;; syn(port, tcp={"ack": 1}) => is in TCP's seq or ack (bytes 24 to 31), both 0.
        syn(port, tcp={"flags": "SA"}) ;; syn(port, tcp={"dataofs": 4}) => is in TCP's data offset or flags
        syn(port, tcp={"window": None}) => is in TCP's window (bytes 34 and 35): 0 in the story's, and 8192
        syn(port, len=64) ;; syn(port, ttl=1) ;; syn(port, tcp={"urgptr": 1}) => in a field that you can leave to Scapy
        [syn(port)] ;; 84 ;; bytes(syn(port)).hex() ;; syn(port).show ;; None => Return a Scapy packet: layers joined
    """,
}

TEN = [Capture.of(Segment(TCPHeader(1, 2, checksum=n)))[0] for n in (40, 40, 32, 55, 32, 38, 32, 32, 32, 32)]
MOVED = {"TcpInErrs": 1, "TcpInCsumErrors": 1}
GUESSES = r"""
    recall("b") => PASS 6.0 recall\nAddition does not know an order
    recall("A") => TRY AGAIN 6.0 recall: A sum is the same in any order.
    recall("c") => TRY AGAIN 6.0 recall: Which words could make
    guess_fields("a", TEN) => YOU SAID a: 1: it is 0. WE SAW 4.\nThe kernel has not finished the checksums
    guess_fields(4, TEN) => AS YOU SAID b: 4.\nSeveral packets share a number.
    guess_fields("c", TEN) => YOU SAID c: 10. WE SAW 4.\nThe packets differ in flags
    guess_fields("c", TEN[:4]) ;; guess_largest("a", []) => NOT SEEN YET: run the cell with the experiment above
    guess_sent_again("a", MOVED) => YOU SAID a: it is answered, like the first one. WE SAW dropped.\nNot one bit
    guess_sent_again("b", MOVED) => AS YOU SAID b: it is dropped because of its checksum.\nThe kernel took the same
    guess_sent_again("c", MOVED) => YOU SAID c: silence, and no counter moves. WE SAW dropped.\nNothing comes back
    guess_first_numbers("a", {1, 2, 3, 4, 5}) => YOU SAID a: 1, and it is 0. WE SAW 5.\nYour own SYN had 0
    guess_first_numbers("b", {1, 2, 3, 4, 5}) => YOU SAID b: 1, but not 0. WE SAW 5.\nA stranger who guesses
    guess_first_numbers("c", {1, 2, 3, 4, 5}) => AS YOU SAID c: 5.\nThe kernel picks a new number
    guess_largest("a", [27_000, 20]) => YOU SAID a: 1,448 bytes or less. WE SAW far more.\nThis is true on a cable.
    guess_largest("b", [27_000, 20]) => YOU SAID b: 1,500 bytes. WE SAW far more.\n1,500 bytes is a whole packet
    guess_largest("c", [27_000, 20]) => AS YOU SAID c: far more.\nThe kernel leaves the cutting to a card
"""
