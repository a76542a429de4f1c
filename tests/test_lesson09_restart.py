"""Exercise 9.3: an answer that waits until the port is free is told what that costs."""

import time
from dataclasses import replace

import pytest

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
