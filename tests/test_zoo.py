"""Every fault of the zoo is found: by a test of conformance, and by a transfer or it is said why not; and sick TCPs."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from zoo import FOUND

from tcpkit.stack import stack
from tcpkit.zoo import FAULTS, Ward, stack_with, transfer


@pytest.fixture(scope="module")
def table():
    """Return what `make zoo` prints: (outcome, test) in its order."""
    command = [sys.executable, "tests/zoo.py"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    rows = re.findall(r"^  (.*?) +by (\S+)$", done.stdout, re.MULTILINE)
    assert rows, done.stdout + done.stderr
    return rows


def test_conformance_finds_every_fault(table):
    expected = [("killed", FOUND[name].conformance) for name in FAULTS]
    assert [(outcome, test) for outcome, test in table if "conformance" in test] == expected


def test_transfers_with_the_kernel_find_faults(table, lab):
    expected = [("killed", FOUND[name].interop) for name in FAULTS if FOUND[name].interop]
    assert [(outcome, test) for outcome, test in table if "interop" in test] == expected


def test_where_no_transfer_finds_it_the_table_says_why():
    assert set(FOUND) == set(FAULTS)
    assert all(bool(found.interop) != bool(found.why_not) for found in FOUND.values())


def test_one_line_is_wrong_and_no_more():
    for fault in FAULTS.values():
        assert "\n" not in fault.right + fault.wrong


def test_a_fault_whose_line_is_gone_is_told():
    fault = next(iter(FAULTS.values()))
    with pytest.raises(LookupError, match="0 times"):
        replace(fault, right="a line that is not there").infect(fault.function)


def test_a_cure_is_the_wrong_line_and_the_right_one():
    assert FAULTS["FIN not counted"].cure() == "receiver.Receiver.take\n- self.nxt += 0\n+ self.nxt += 1"


# Sick TCPs


@pytest.mark.parametrize("name", FAULTS)
def test_a_copy_has_the_fault_and_tcpkit_has_not(name):
    fault, copy = FAULTS[name], stack_with(name)
    before = fault.function.__code__
    own = {module for module in sys.modules if module.startswith(copy.__name__.partition(".")[0] + ".tcpkit.")}
    assert copy is not stack
    assert copy is stack_with(name)
    assert f"{copy.__name__.partition('.')[0]}.{fault.function.__module__}" in own
    assert len(own) < 25
    assert fault.function.__code__ is before
    assert stack_with(None) is stack


def test_only_the_patient_is_sick():
    """Its ACK of the FIN is wrong, and that of the other end is right."""
    for side, expected in (("there", [1, 1]), ("here", [2])):
        ward = Ward("FIN not counted", here={"iss": 0}, there={"iss": 0})
        for call in ("dials", "close"):
            ward.call(side, call)
            ward.sleep(0.5)
        ward.sleep(1)
        other = "there" if side == "here" else "here"
        last = [packet for _, packet in ward.tape if packet[12:16] == bytes([10, 0, 0, 2 if other == "here" else 1])]
        assert [int.from_bytes(packet[28:32], "big") for packet in last[1:]] == expected


@pytest.mark.parametrize("name", [None, *FAULTS])
def test_a_transfer_with_a_patient(name):
    """A small one: only an ACK that is off by one, and no other fault, keeps the connection from opening."""
    came = transfer(name, size=20_000)
    assert came.is_equal is (name != "ack off by one")
    assert came == transfer(name, size=20_000)
