"""While every lesson runs, nothing of it is heard on the machine's own interfaces."""

import contextlib
import socket
import struct
import threading
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from test_safety import listener  # noqa: F401

from course.place import Place

ROOT = Path(__file__).parents[1]
LESSON_PORTS = {8000, 8001, 8002, 8989}  # Jupyter and the browser take theirs from 32768 on


def lesson_ports(frame):
    """Return the ports of a TCP packet that a lesson uses, of an Ethernet frame."""
    packet = frame[14:]
    start = (packet[0] & 15) * 4 if packet else 0
    if frame[12:14] != b"\x08\x00" or packet[9] != socket.IPPROTO_TCP:
        return set()
    return set(struct.unpack_from("!HH", packet.ljust(start + 4, b"\0"), start)) & LESSON_PORTS


def test_the_ports_are_found_in_a_frame():
    packet = bytes.fromhex("45000028000040004006 3cce 7f0000017f000001 231d1f40") + bytes(16)
    assert lesson_ports(bytes(12) + b"\x08\x00" + packet) == {8989, 8000}
    assert lesson_ports(bytes(12) + b"\x08\x00" + packet.replace(b"\x23\x1d\x1f\x40", b"\x90\x00\x90\x01")) == set()


def test_the_machines_network_hears_nothing_of_the_lessons(listener):  # noqa: F811
    """A thread listens; Jupyter's own talk on this machine shows that it is not deaf."""
    listener.settimeout(0.1)
    sizes, of_lessons, done = [], [], threading.Event()

    def listen():
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                frame = listener.recv(1 << 17)
                sizes.append(len(frame))
                of_lessons.extend(lesson_ports(frame))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        for path in Place(ROOT).solved():
            folder = {"metadata": {"path": str(path.parent)}}
            NotebookClient(nbformat.read(path, as_version=4), kernel_name="python3", resources=folder).execute()
    finally:
        done.set()
        thread.join()
    assert len(sizes) > 100
    assert of_lessons == []
