"""Lesson 09: what its picture marks, what it says of a client, and of an answer that waits until a port is free."""

import re
import time
from dataclasses import replace

import nbformat
import pytest
from lesson_cells import SOLVED

from tcpkit.check.deadline import can_ring
from tcpkit.check.lesson09 import open_port


def without_option(lab, port):
    listener = lab.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def sleeps(lab, port):
    time.sleep(60)
    return without_option(lab, port)


def tries_again(lab, port):
    while True:
        try:
            return without_option(lab, port)
        except OSError:
            time.sleep(0.1)


@pytest.mark.skipif(not can_ring(), reason="no SIGALRM on this system: calls are not cut off")
@pytest.mark.parametrize("answer", [sleeps, tries_again])
def test_who_waits_is_told_how_long_it_takes(answer, lab):
    said = replace(open_port, limit_s=0.7)(answer, lab).sentence
    assert said.startswith("For port=8000 it had not finished after 0.7 seconds.")
    assert said.endswith(
        " Until it returns, nobody serves your clients. TIME-WAIT takes 60 seconds, and the check does not wait for "
        "its end."
    )


def test_the_picture_marks_who_waits():
    cells = nbformat.read(SOLVED / "09_goodbye.ipynb", 4).cells
    (picture,) = [cell.outputs[0].data["text/plain"] for cell in cells if "names=(" in cell.source]
    beside = [re.findall(r"^(.*?)\|.*\|(.*)$", ladder, re.MULTILINE) for ladder in picture.split("\n\n")]
    waits = [["TIME-WAIT" in " ".join(end) for end in zip(*sides, strict=True)] for sides in beside]
    assert waits == [[True, False], [False, True], [True, True]]  # you and the kernel, in each


def test_what_has_arrived_can_be_read_before_the_reset(lab):
    with lab.listen(8000) as listener, lab.socket() as client:
        client.connect(("127.0.0.1", 8000))
        client.sendall(b"request")
        before = lab.counters()
        with listener.accept()[0] as program:
            program.sendall(b"reply")
        assert client.recv(100) == b"reply"
        with pytest.raises(ConnectionResetError):
            client.recv(100)
        assert (lab.counters() - before)["TcpExtTCPAbortOnClose"] == 1
