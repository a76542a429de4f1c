"""Eight programs that talk over localhost: `python busy.py NAME` is one of them.

Three are servers: web, cache and chat. Five are clients: browser, shop, pool,
friends and monitor. A client prints `ready` when it has said all that it has
to say. All but monitor then keep their connections open.
"""

import socket
import struct
import sys
import threading
from base64 import b64encode
from contextlib import suppress
from hashlib import sha1

HOST = "127.0.0.1"
PARTS, PART = 10, bytes(20_000)  # of a film; a part goes into one packet
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: with the program its connection goes too, and leaves no TIME-WAIT


# Servers: what each does with one connection.


def web(connection):
    """Answer each request with a part of the film (HTTP)."""
    while connection.recv(1000):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PART) + PART)


def cache(connection):
    """Keep a value for each key: `SET key value` is answered by the value."""
    for line in connection.makefile("rb"):
        _, key, value = line.split()
        stored[key] = value
        connection.sendall(value + b"\n")


def chat(connection):
    """Pass on each message to everybody who is here (WebSocket, RFC 6455)."""
    stream = connection.makefile("rb")
    headers = dict(line.strip().split(b": ") for line in iter(stream.readline, b"\r\n") if b": " in line)
    token = b64encode(sha1(headers[b"Sec-WebSocket-Key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    with one_at_a_time:  # who knows that they are in gets each message from then on
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
        )
        members.append(connection)
    while message := read_message(stream):
        with one_at_a_time:
            for member in members:
                with suppress(OSError):  # it has left
                    member.sendall(bytes([0x81, len(message)]) + message)


stored, members, one_at_a_time = {}, [], threading.Lock()


def read_message(stream):
    """Return the message of the next frame; b"" at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return b""
    size, is_masked = head[1] & 127, head[1] & 128
    mask = stream.read(4) if is_masked else bytes(4)
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(stream.read(size)))


def serve(port, talk):
    """Give each connection a thread of its own: one that is silent keeps nobody waiting."""

    def talk_to(connection):
        with connection, suppress(OSError):
            talk(connection)

    with socket.create_server((HOST, port), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=talk_to, args=(connection,), daemon=True).start()


# Clients: each returns the connections that it keeps.


def dial(port, own_port):
    connection = socket.create_connection((HOST, port), source_address=(HOST, own_port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    return connection


def browser():
    """Fetch the film, part by part."""
    connection = dial(8000, 40001)
    stream = connection.makefile("rb")
    for number in range(PARTS):
        connection.sendall(b"GET /film/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
        while stream.readline() != b"\r\n":
            pass
        stream.read(len(PART))
    return [connection]


def shop():
    """Store 300 values, one after the other."""
    connection = dial(6379, 40002)
    stream = connection.makefile("rb")
    for number in range(300):
        connection.sendall(b"SET k%03d value%03d\n" % (number, number))
        stream.readline()
    return [connection]


def pool():
    """Open a connection, for the case that somebody needs one."""
    return [dial(6379, 40003)]


def friends():
    """Enter the chat three times; two of the three say hello, twenty times each."""
    connections = [dial(9000, 40004 + number) for number in range(3)]
    streams = [connection.makefile("rb") for connection in connections]
    for connection, stream in zip(connections, streams, strict=True):
        connection.sendall(
            b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        while stream.readline() != b"\r\n":
            pass
    mask = bytes([1, 2, 3, 4])
    for number in range(20):
        message = b"hello %03d" % number
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(message))
        for connection in connections[:2]:
            connection.sendall(bytes([0x81, 0x80 | len(message)]) + mask + masked)
            for stream in streams:
                read_message(stream)
    return connections


def monitor():
    """Ask five times whether anybody listens on port 9100."""
    for number in range(5):
        with suppress(ConnectionRefusedError):
            dial(9100, 40010 + number)
    return []


def main(name):
    with open("/proc/self/comm", "w") as comm:
        comm.write(name)  # the name that the kernel's tables show
    if name in SERVERS:
        serve(*SERVERS[name])
    kept = CLIENTS[name]()
    print("ready", flush=True)
    if kept:
        threading.Event().wait()


SERVERS = {"web": (8000, web), "cache": (6379, cache), "chat": (9000, chat)}
CLIENTS = {"browser": browser, "shop": shop, "pool": pool, "friends": friends, "monitor": monitor}

if __name__ == "__main__":
    main(sys.argv[1])
