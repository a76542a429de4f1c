"""Every fault of the zoo is found: by a test of conformance, and by a transfer or it is said why not."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from zoo import FAULTS


@pytest.fixture(scope="module")
def table():
    """Return what `make zoo` prints: (outcome, test) in its order."""
    command = [sys.executable, "tests/zoo.py"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    rows = re.findall(r"^  (.*?) +by (\S+)$", done.stdout, re.MULTILINE)
    assert rows, done.stdout + done.stderr
    return rows


def test_conformance_finds_every_fault(table):
    expected = [("killed", fault.conformance) for fault in FAULTS.values()]
    assert [(outcome, test) for outcome, test in table if "conformance" in test] == expected


def test_transfers_with_the_kernel_find_faults(table, lab):
    expected = [("killed", fault.interop) for fault in FAULTS.values() if fault.interop]
    assert [(outcome, test) for outcome, test in table if "interop" in test] == expected


def test_where_no_transfer_finds_it_the_table_says_why():
    assert all(bool(fault.interop) != bool(fault.why_not) for fault in FAULTS.values())


def test_one_line_is_wrong_and_no_more():
    for fault in FAULTS.values():
        assert "\n" not in fault.right + fault.wrong


def test_a_fault_whose_line_is_gone_is_told():
    fault = next(iter(FAULTS.values()))
    with pytest.raises(LookupError, match="0 times"):
        replace(fault, right="a line that is not there").switch_on()
