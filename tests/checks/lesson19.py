"""Lesson 19: right answers written in other ways, wrong ones with the words they get, guesses."""

import functools
import socket

from scapy.layers.inet import IP, TCP

from tcpkit import Capture, Flags, Segment, TCPHeader, checksum, tcp_checksum

TOOLS = (functools, socket)  # for the rows

LINK = "ip link add web0 type veth peer name eth0 netns {}"
GOOD = (
    *(("lab", LINK), ("lab", "ip addr add 172.17.0.1/24 dev web0"), ("lab", "ip link set web0 up")),
    *(("box", "ip addr add 172.17.0.2/24 dev eth0"), ("box", "ip link set eth0 up")),
)


def cable(path, *left_out, **changed):
    """Return the right commands, without some, and with text put in the place of other text."""
    made = [list(pair) for number, pair in enumerate(GOOD) if number not in left_out]
    for number, text in changed.items():
        made[int(number[1:])][1] = text
    return [(where, text.format(path)) for where, text in made]


def in_the_lab(path):
    return [("lab", text) for _, text in cable(path)]


def moved_later(path):
    return [
        ("lab", "ip link add web0 type veth peer name eth0"),
        ("lab", f"ip link set eth0 netns {path}"),
        *cable(path, 0),
    ]


# 19.2


def in_a_loop(source, target):
    while True:
        data = source.recv(4096)
        if not data:
            break
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def by_iter(source, target):
    for data in iter(lambda: source.recv(1 << 16), b""):
        target.sendall(data)
    target.shutdown(1)


def by_send(source, target):
    while data := source.recv(1000):
        while data:
            data = data[target.send(data) :]
    target.shutdown(socket.SHUT_WR)


def all_at_once(source, target):
    pieces = []
    while piece := source.recv(100_000):
        pieces.append(piece)
    target.sendall(b"".join(pieces))
    target.shutdown(socket.SHUT_WR)


def finally_ends(source, target):
    try:
        while (data := source.recv(65536)) != b"":
            target.sendall(data)
    finally:
        target.shutdown(socket.SHUT_WR)


def by_length(source, target):
    data = source.recv(9000)
    while len(data) > 0:
        target.sendall(data)
        data = source.recv(9000)
    target.shutdown(socket.SHUT_WR)


def into_a_buffer(source, target):
    room = memoryview(bytearray(65_536))
    while size := source.recv_into(room):
        target.sendall(room[:size])
    target.shutdown(socket.SHUT_WR)


def in_a_while_else(source, target):
    while data := source.recv(65_536):
        target.sendall(data)
    else:
        target.shutdown(socket.SHUT_WR)


def ends_with(end):
    def copy(source, target):
        while data := source.recv(65_536):
            target.sendall(data)
        end(source, target)

    return copy


def one_piece(source, target):
    target.sendall(source.recv(65_536))
    target.shutdown(socket.SHUT_WR)


def until_short(source, target):
    while True:
        data = source.recv(65_536)
        target.sendall(data)
        if len(data) < 4096:
            break
    target.shutdown(socket.SHUT_WR)


def for_ever(source, target):
    while True:
        target.sendall(source.recv(65_536))


def loses_half(source, target):
    while data := source.recv(65_536):
        target.sendall(data[: len(data) // 2])
    target.shutdown(socket.SHUT_WR)


# 19.3


def by_hand(packet, source, destination, sums="both", size=None, stale=False):
    size = size or (packet[0] & 15) * 4
    made = bytearray(packet)
    made[12:20] = socket.inet_aton(source) + socket.inet_aton(destination)
    if sums != "tcp":
        made[10:12] = made[10:12] if stale else bytes(2)
        made[10:12] = checksum(bytes(made[:size])).to_bytes(2, "big")
    if sums != "ip":
        made[size + 16 : size + 18] = tcp_checksum(source, destination, bytes(made[size:])).to_bytes(2, "big")
    return bytes(made)


def by_scapy(packet, source, destination):
    made = IP(packet)
    made.src, made.dst = source, destination
    del made.chksum, made[TCP].chksum
    return bytes(made)


def by_difference(packet, source, destination):
    """Change the two sums by what the addresses changed (RFC 1624)."""
    new, size = socket.inet_aton(source) + socket.inet_aton(destination), (packet[0] & 15) * 4
    made = bytearray(packet)
    for place in (10, size + 16):
        total = 0xFFFF - int.from_bytes(packet[place : place + 2], "big")
        for at in range(0, 8, 2):
            total += 0xFFFF - int.from_bytes(packet[12 + at : 14 + at], "big") + int.from_bytes(new[at : at + 2], "big")
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        made[place : place + 2] = (0xFFFF - total).to_bytes(2, "big")
    made[12:20] = new
    return bytes(made)


def address(packet, at):
    return socket.inet_ntoa(packet[at : at + 4])


CLOTHES = {
    "build": """
        cable(path) ;; tuple(cable(path)) ;; [list(pair) for pair in cable(path)]
        moved_later(path)
        cable(path, _1="ip a add 172.17.0.1/24 dev web0", _2="ip l set dev web0 up")
        cable(path, _0="ip link add web0 type veth peer name eth0 netns {} ".replace("web0", "near"), _1="ip addr add 172.17.0.1/24 dev near", _2="ip link set near up")
        [*cable(path), ("box", "ip link set lo up"), ("lab", "ip link set lo up")]
        [cable(path)[each] for each in (0, 4, 3, 2, 1)]
        [("lab", "ip link add name web0 type veth peer name eth0 netns " + path), *cable(path, 0)]
        cable(path, _1="ip address add 172.17.0.1/16 dev web0", _3="ip address add 172.17.0.2/16 dev eth0")
    """,
    "copy": """
        in_a_loop(source, target) ;; by_iter(source, target) ;; by_send(source, target) ;; all_at_once(source, target)
        finally_ends(source, target) ;; by_length(source, target) ;; into_a_buffer(source, target)
        in_a_while_else(source, target)
    """,
    "rewrite": """
        by_hand(packet, source, destination) ;; by_scapy(packet, source, destination)
        by_difference(packet, source, destination) ;; bytearray(by_hand(packet, source, destination))
        bytes(IP(by_hand(packet, source, destination))) ;; memoryview(by_hand(packet, source, destination))
        functools.reduce(lambda made, _: by_hand(made, source, destination), range(2), packet)
        by_scapy(by_hand(packet, destination, source), source, destination)
    """,
}
WRONG = {
    "build": """
        cable(path, 2) => The lab's end is not up
        cable(path, 1) => The lab's end has no address 172.17.0.1
        cable(path, 4) => The box's end is not up
        cable(path, 3) => The box's end has no address
        cable(path, _3="ip addr add 172.18.0.2/24 dev eth0") => The box has an address of another network
        cable(path, _1="ip addr add 172.17.0.1 dev web0", _3="ip addr add 172.17.0.2 dev eth0") => without /24
        cable(path, _1="ip addr add 172.17.0.2/24 dev web0") => Both ends have the same address
        cable(path, _1="ip addr add 172.17.0.2/24 dev web0", _3="ip addr add 172.17.0.1/24 dev eth0") => the wrong way round
        in_the_lab(path) => this end moved to the box
        cable(path, _0="ip link add web0 type veth peer name eth0") => Both ends are in the lab
        [] => No interface was made
        cable(path, 0) => No interface was made
        [text for _, text in cable(path)] ;; "ip link set web0 up" ;; 7 => Each command is a pair
        [("host", text) for _, text in cable(path)] => A command is given in "lab" or in "box"
        [("lab", "nsenter --net=" + path + " ip link set eth0 up")] => Begin each command with `ip`
        [("lab", "ip -n box link set eth0 up")] ;; [("lab", "ip")] => without options
        [("lab", "ip netns add box")] ;; [("lab", "ip netns exec box true")] => no other is run here
        None => it returned None
    """,
    "copy": [
        (for_ever, "leave the loop there"),
        (one_piece, "You copy one piece."),
        (until_short, "A short piece does not mean the last one."),
        (ends_with(lambda source, target: source.shutdown(socket.SHUT_WR)), "You end the source."),
        (ends_with(lambda source, target: target.close()), "You close a connection."),
        (ends_with(lambda source, target: (source.close(), target.close())), "You close a connection."),
        (ends_with(lambda source, target: target.shutdown(socket.SHUT_RDWR)), "You end both directions."),
        (ends_with(lambda source, target: None), "You never pass the end on."),
        (loses_half, "What did you expect there?"),
        (lambda source, target: None, "What did you expect there?"),
        (lambda source, target: source.recv(65_536), "You copy one piece."),
    ],
    "rewrite": """
        by_hand(packet, source, destination, sums="tcp") => IP's checksum is the old one.
        by_hand(packet, source, destination, sums="ip") => TCP's checksum is the old one.
        packet[:12] + socket.inet_aton(source) + socket.inet_aton(destination) + packet[20:] => both checksums
        by_hand(packet, address(packet, 12), destination) => You change the destination only.
        by_hand(packet, source, address(packet, 16)) => You change the source only
        by_hand(packet, destination, source) => The addresses are exchanged
        by_hand(packet, source, destination, stale=True) => with the old one still in its field
        by_hand(packet, source, destination, size=20) => You take 20 bytes for the header.
        packet => The packet comes back as it was.
        by_hand(packet, source, destination)[:10] + bytes(2) + by_hand(packet, source, destination)[12:] => Only IP's
        by_hand(packet, source, destination)[:-1] => How many did you expect?
        (lambda made, at: made[:at] + b"??" + made[at + 2 :])(by_hand(packet, source, destination), (packet[0] & 15) * 4 + 16) => Only TCP's
        None => it returned None
        packet.hex() => bytes
    """,
}


def syns(count):
    syn = Segment(TCPHeader(1, 2, flags=Flags.SYN))
    return [Capture.of(syn) if number < count else Capture(()) for number in range(2)]


NOT = "PermissionError: [Errno 1] Operation not permitted"
GUESSES = r"""
    recall("b") => PASS 19.0 recall\nThe kernel at 127.0.0.1:9191
    recall("a") => TRY AGAIN 19.0 recall: Your program sent bytes
    recall("c") => TRY AGAIN 19.0 recall: The SYN-ACK reaches a kernel
    guess_localhost("a", ["S.", "R."]) => YOU SAID a: `S.` and `S.`. WE SAW `S.` and `R.`.\nIt is one kernel
    guess_localhost("b", ["S.", "R."]) => AS YOU SAID b: `S.` and `R.`.\nOne kernel, and two tables
    guess_localhost("c", ["S.", "R."]) => YOU SAID c: `S.` and nothing. WE SAW `S.` and `R.`.\nClosed, and not silent
    guess_localhost("c", []) => NOT SEEN YET
    guess_rights("ynyn", ["may", NOT, "may", NOT]) => AS YOU SAID y n y n.\nA right is asked
    guess_rights("nyyy", ["may", NOT, "may", NOT]) => YOU SAID n y y y. WE SAW y n y n.\n1: user 1000 may
    guess_rights("ynyn", ["may", "There is no program unshare here. Install it", "may", NOT]) => NOT SEEN YET: one of the four could not be tried here (There is no program unshare here. Install it). Elsewhere the answers are: yes, no, yes, no.
    guess_rights("ynyn", []) => NOT SEEN YET
    guess_connections("a", syns(2)) => YOU SAID a: 1. WE SAW 2.\nThere are two handshakes
    guess_connections("b", syns(2)) => AS YOU SAID b: 2.\nTwo handshakes
    guess_connections("b", syns(0)) => NOT SEEN YET
    guess_caller("a", "you are 172.17.0.1") => YOU SAID a: 127.0.0.1. WE SAW 172.17.0.1.\nThe client's connection
    guess_caller("b", "you are 172.17.0.1") => AS YOU SAID b: 172.17.0.1.\nThe server sees who called it
    guess_caller("b", "") => NOT SEEN YET
"""
