"""Lesson 19: answers that need more than an expression."""

import shutil
import socket

from scapy.layers.inet import IP, TCP

from tcpkit import checksum, tcp_checksum

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


def in_the_box(path):
    return [("box", text) for _, text in cable(path)]


def moved_later(path):
    return [
        ("lab", "ip link add web0 type veth peer name eth0"),
        ("lab", f"ip link set eth0 netns {path}"),
        *cable(path, 0),
    ]


def other_name(path):
    return [(where, text.replace("web0", "near")) for where, text in cable(path)]


def swapped(path):
    return cable(path, _1="ip addr add 172.17.0.2/24 dev web0", _3="ip addr add 172.17.0.1/24 dev eth0")


# 19.2


def in_a_loop(source, target, size=4096):
    while True:
        data = source.recv(size)
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


def until_silence(source, target):
    source.settimeout(0.05)
    try:
        in_a_loop(source, target)
    except TimeoutError:
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


def reverses(source, target):
    while data := source.recv(65_536):
        target.sendall(data[::-1])
    target.shutdown(socket.SHUT_WR)


def ends_too_early(source, target):
    while data := source.recv(65_536):
        target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def drops_all(source, target):
    while source.recv(65_536):
        pass
    target.shutdown(socket.SHUT_WR)


def by_one_send(source, target, size=65_536):
    while data := source.recv(size):
        target.send(data)
    target.shutdown(socket.SHUT_WR)


def by_makefile(source, target):
    with source.makefile("rb") as reading, target.makefile("wb") as writing:
        shutil.copyfileobj(reading, writing)
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


def by_slices(packet, source, destination, size):
    header = packet[:10] + bytes(2) + socket.inet_aton(source) + socket.inet_aton(destination) + packet[20:size]
    header = header[:10] + checksum(header).to_bytes(2, "big") + header[12:]
    segment = packet[size:]
    return header + segment[:16] + tcp_checksum(source, destination, segment).to_bytes(2, "big") + segment[18:]


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


def without_a_sum(packet, source, destination):
    made, at = by_hand(packet, source, destination), (packet[0] & 15) * 4 + 16
    return made[:at] + bytes(2) + made[at + 2 :]


def turned(packet, source, destination):
    made = by_hand(packet, source, destination)
    return made[:10] + made[11:9:-1] + made[12:]


def in_the_data_too(packet, source, destination):
    for at, new in ((12, source), (16, destination)):
        packet = packet.replace(packet[at : at + 4], socket.inet_aton(new))
    return by_hand(packet, source, destination)


def address(packet, at):
    return socket.inet_ntoa(packet[at : at + 4])
