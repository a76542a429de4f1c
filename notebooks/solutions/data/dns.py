"""A name server for one name: python dns.py ADDRESS. It answers questions in UDP at port 53 of the address."""

import socket
import sys

ADDRESSES = {(b"page", b"example"): "10.3.0.80"}  # by the labels of the name: a dot may stand within a label
INTERNET_ADDRESS = b"\0\1\0\1"  # type and class of the only question that this server answers


def read_question(query):
    """Return the name's labels and the question's bytes; IndexError or ValueError where there is none."""
    if query[2] & 0x80 or query[4:6] != b"\0\1":
        raise ValueError("no question, or more than one")
    labels, at = [], 12
    while size := query[at]:
        if size > 63 or at + 1 + size >= len(query):
            raise ValueError("no label begins like this")
        labels.append(query[at + 1 : at + 1 + size].lower())
        at += 1 + size
    if len(query) < at + 5:
        raise ValueError("the type or the class is missing")
    return tuple(labels), query[12 : at + 5]


def answer(query):
    """Return the answer to a query, or None for what is no question."""
    try:
        labels, question = read_question(query)
    except (IndexError, ValueError):
        return None
    address = ADDRESSES.get(labels) if question.endswith(INTERNET_ADDRESS) else None
    code, count = (0, 1) if address else (3, 0)
    header = query[:2] + bytes([0x80 | query[2] & 1, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0])
    record = b"\xc0\x0c" + INTERNET_ADDRESS + b"\0\0\1\x2c\0\4" + socket.inet_aton(address) if address else b""
    return header + question + record


if __name__ == "__main__":
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    while True:
        query, asker = server.recvfrom(512)
        if said := answer(query):
            server.sendto(said, asker)
