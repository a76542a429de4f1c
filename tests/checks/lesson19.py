"""Lesson 19: right answers written in other ways, wrong ones with the words they get, guesses."""

import functools
import socket

from checks import proxies as by
from scapy.layers.inet import IP

from tcpkit import Capture, Flags, Segment, TCPHeader

TOOLS = (functools, IP)  # for the rows
CLOTHES = {
    "build": """
        by.cable(path) ;; tuple(by.cable(path)) ;; [list(pair) for pair in by.cable(path)]
        by.moved_later(path)
        by.cable(path, _1="ip a add 172.17.0.1/24 dev web0", _2="ip l set dev web0 up")
        by.other_name(path)
        [*by.cable(path), ("box", "ip link set lo up"), ("lab", "ip link set lo up")]
        [by.cable(path)[each] for each in (0, 4, 3, 2, 1)]
        [("lab", "ip link add name web0 type veth peer name eth0 netns " + path), *by.cable(path, 0)]
        by.cable(path, _1="ip address add 172.17.0.1/16 dev web0", _3="ip address add 172.17.0.2/16 dev eth0")
    """,
    "copy": """
        by.in_a_loop(source, target) ;; by.by_iter(source, target) ;; by.by_send(source, target)
        by.in_a_loop(source, target, 1)
        by.finally_ends(source, target) ;; by.by_length(source, target) ;; by.into_a_buffer(source, target)
        by.in_a_loop(source, target) or 7 ;; by.by_makefile(source, target)
        by.in_a_while_else(source, target)
    """,
    "rewrite": """
        by.by_hand(packet, source, destination) ;; by.by_scapy(packet, source, destination)
        by.by_difference(packet, source, destination) ;; bytearray(by.by_hand(packet, source, destination))
        bytes(IP(by.by_hand(packet, source, destination))) ;; memoryview(by.by_hand(packet, source, destination))
        functools.reduce(lambda made, _: by.by_hand(made, source, destination), range(2), packet)
        by.by_scapy(by.by_hand(packet, destination, source), source, destination)
    """,
}
WRONG = {
    "build": """
        by.cable(path, 2) => The lab's end is not up
        by.cable(path, 1) => The lab's end has no address.
        by.cable(path, 4) => The box's end is not up
        by.cable(path, 3) => The box's end has no address
        by.cable(path, _3="ip addr add 172.18.0.2/24 dev eth0") => The box has an address of another network
        by.cable(path, _3="ip addr add 172.17.0.3/24 dev eth0") => The box's end has another address than 172.17.0.2.
        by.cable(path, _1="ip addr add 172.17.0.3/24 dev web0") => The lab's end has another address than 172.17.0.1.
        by.cable(path, _1="ip addr add 172.17.0.1 dev web0", _3="ip addr add 172.17.0.2 dev eth0") => without /24
        by.cable(path, _1="ip addr add 172.17.0.2/24 dev web0") => Both ends have the same address
        by.swapped(path) => the wrong way round
        by.in_the_lab(path) => this end moved to the box
        by.cable(path, _0="ip link add web0 type veth peer name eth0") => Both ends are in the lab
        by.in_the_box(path) => Both ends are in the box
        by.cable("box") ;; by.cable("path") => the argument `path`: write an f-string
        by.cable(path)[::-1] => You name a device before
        [] ;; by.cable(path, 0) ;; by.cable(path, _0="ip link add web0 type dummy") => No cable was made
        [text for _, text in by.cable(path)] ;; "ip link set web0 up" ;; 7 => Each command is a pair
        [("host", text) for _, text in by.cable(path)] => A command is given in "lab" or in "box"
        [("lab", "nsenter --net=" + path + " ip link set eth0 up")] => Begin each command with `ip`
        [("lab", "sudo " + text) for _, text in by.cable(path)] => and it needs no root
        [("lab", " && ".join(text for _, text in by.cable(path)))] => one command in each pair
        [("lab", "ip -n box link set eth0 up")] => without options
        [("lab", "ip")] ;; [("lab", "ip netns add box")] ;; [("lab", "ip netns exec box true")] => no other is run here
        [("lab", "")] ;; [("lab", '"')] => Begin each command
        None => it returned None
    """,
    "copy": [
        (by.for_ever, "leave the loop there"),
        (by.one_piece, "You copy one piece."),
        (by.until_short, "A short piece does not mean the last one."),
        (by.ends_with(lambda source, target: source.shutdown(socket.SHUT_WR)), "You end the source."),
        (by.ends_with(lambda source, target: target.close()), "You close a connection."),
        (by.ends_with(lambda source, target: (source.close(), target.close())), "You close a connection."),
        (by.ends_with(lambda source, target: target.shutdown(socket.SHUT_RDWR)), "You end both directions."),
        (by.ends_with(lambda source, target: None), "You never pass the end on."),
        (by.all_at_once, "You read on before you have passed on"),
        (by.until_silence, "A short piece does not mean the last one."),
        (functools.partial(by.by_one_send, size=4096), "`send` may take a part"),
        (by.loses_half, "of 70,000 bytes came there"),
        (by.reverses, "and not those that were sent"),
        (by.ends_too_early, "You end the target, and then send more."),
        (by.drops_all, "we saw: 0 of 70,000 bytes came there, 0 of 90,000 bytes back"),
        (by.by_one_send, "`send` may take a part"),
        (lambda source, target: by.in_a_loop(target, source), "You read from the target."),
        (lambda source, target: None, "You call `recv` nowhere"),
        (lambda source, target: "copied", "You call `recv` nowhere"),
        (lambda source, target: source.recv(65_536), "You copy one piece."),
    ],
    "rewrite": """
        by.by_hand(packet, source, destination, sums="tcp") => IP's checksum is the old one.
        by.by_hand(packet, source, destination, sums="ip") => TCP's checksum is the old one.
        packet[:12] + socket.inet_aton(source) + socket.inet_aton(destination) + packet[20:] => both checksums
        by.by_hand(packet, by.address(packet, 12), destination) => You change the destination only.
        by.by_hand(packet, source, by.address(packet, 16)) => You change the source only
        by.by_hand(packet, destination, source) => The addresses are exchanged
        by.by_hand(packet, source, destination, stale=True) => with the old one still in its field
        by.by_slices(packet, source, destination, packet[0] & 15) => words of 32 bits (lesson 02)
        by.in_the_data_too(packet, source, destination) => wherever their bytes stand
        packet[:12] + source.encode() + destination.encode() + packet[20:] => Your packet has another length.
        by.turned(packet, source, destination) => The bytes of a checksum are exchanged
        by.by_hand(packet, source, destination, size=20) => You take 20 bytes for the header.
        packet => The packet comes back as it was.
        by.by_hand(packet, source, destination)[:10] + bytes(2) + by.by_hand(packet, source, destination)[12:] => Only
        by.by_hand(packet, source, destination)[:-1] => Your packet has another length.
        by.without_a_sum(packet, source, destination) => Only TCP's
        None => it returned None
        packet.hex() => bytes
    """,
}


def syns(count):
    syn = Segment(TCPHeader(1, 2, flags=Flags.SYN))
    return [Capture.of(syn) if number < count else Capture(()) for number in range(2)]


MISSING = "There is no program unshare here. Install it."
NOT = "PermissionError: [Errno 1] Operation not permitted"
GUESSES = r"""
    recall("b") => PASS 19.0 recall\nThe kernel at 127.0.0.1:9191
    recall("a") => TRY AGAIN 19.0 recall: Your program sent bytes
    recall("c") => TRY AGAIN 19.0 recall: The SYN-ACK reaches a kernel
    guess_localhost("a", ["S.", "R."]) => YOU SAID a: `S.` and `S.`. WE SAW `S.` and `R.`.\nIt is one kernel
    guess_localhost("b", ["S.", "R."]) => AS YOU SAID b: `S.` and `R.`.\nOne kernel, and two tables
    guess_localhost("c", ["S.", "R."]) => YOU SAID c: `S.` and nothing. WE SAW `S.` and `R.`.\nClosed, and not silent
    guess_localhost("c", []) => NOT SEEN YET
    guess_rights("ynyn", ["may", NOT, "may", NOT]) => AS YOU SAID y n y n.\nWhat counts is a right
    guess_rights("nyyy", ["may", NOT, "may", NOT]) => YOU SAID n y y y. WE SAW y n y n.\n1: an ordinary user may
    guess_rights("ynyn", ["may", MISSING, "may", NOT]) => NOT SEEN YET: one of the four could not be tried here (There
    guess_rights("ynyn", []) => NOT SEEN YET
    guess_connections("a", syns(2)) => YOU SAID a: 1. WE SAW 2.\nThere are two handshakes
    guess_connections("b", syns(2)) => AS YOU SAID b: 2.\nTwo handshakes
    guess_connections("b", syns(0)) => NOT SEEN YET
    guess_caller("a", "you are 172.17.0.1") => YOU SAID a: 127.0.0.1. WE SAW 172.17.0.1.\nThe client's connection
    guess_caller("b", "you are 172.17.0.1") => AS YOU SAID b: 172.17.0.1.\nThe server sees who called it
    guess_caller("b", "") => NOT SEEN YET
"""
