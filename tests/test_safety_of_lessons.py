"""Every lesson runs, each cell twice; nothing of it is heard on the machine's own interfaces."""

import contextlib
import socket
import struct
import threading
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from processes import PATIENCE_S
from test_safety import listener_outside

from course.place import Place

LESSONS = Place(Path(__file__).parents[1]).solved()
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


class Listening:
    """A thread that listens on the machine's interfaces, where it may; Jupyter's own talk shows that it is not deaf."""

    def __init__(self):
        self.frames, self.of_lessons, self.why_deaf = 0, [], ""

    @contextlib.contextmanager
    def on(self):
        try:
            listener = listener_outside()
        except PermissionError:
            self.why_deaf = "only root can listen on the machine's own network"
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=self.listen, args=(listener, done))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            listener.close()

    def listen(self, listener, done):
        listener.settimeout(0.1)
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                frame = listener.recv(1 << 17)
                self.frames += 1
                self.of_lessons.extend(lesson_ports(frame))


def run_twice(path):
    """Run a solved lesson, each cell twice; return the cells."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell.copy() for cell in notebook.cells if cell.cell_type == "code" for _ in (1, 2)]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=PATIENCE_S, kernel_name="python3", resources=folder, allow_errors=True).execute()
    return notebook.cells


@pytest.fixture(scope="module")
def listening():
    return Listening()


@pytest.fixture(scope="module")
def cells(listening):
    """Return the cells of each lesson, as they ran while we listened."""
    with listening.on():
        return {path.stem: run_twice(path) for path in LESSONS}


@pytest.mark.parametrize("lesson", [path.stem for path in LESSONS])
def test_every_cell_may_be_run_twice(cells, lesson):
    for cell in cells[lesson]:
        errors = [output.evalue for output in cell.outputs if output.output_type == "error"]
        assert bool(errors) == ("raises-exception" in cell.metadata.get("tags", [])), (cell.source, errors)
        if "check" in cell.metadata.get("tags", []):
            assert all(output.data["text/plain"].startswith("PASS") for output in cell.outputs), cell.source


def test_the_machines_network_hears_nothing_of_the_lessons(listening, cells):
    if listening.why_deaf:
        pytest.skip(listening.why_deaf)
    assert listening.frames > 100
    assert listening.of_lessons == []
