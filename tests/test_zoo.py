"""Every fault of the zoo is found: by a test of conformance, and by a transfer or it is said why not."""

from dataclasses import replace

import pytest
from zoo import FAULTS, outcome


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_conformance_finds(fault):
    assert outcome(fault, fault.conformance) == "killed"


@pytest.mark.parametrize("fault", [fault for fault in FAULTS.values() if fault.interop], ids=lambda fault: fault.name)
def test_transfer_with_the_kernel_finds(lab, fault):
    assert outcome(fault, fault.interop) == "killed"


def test_where_no_transfer_finds_it_the_table_says_why():
    assert all(bool(fault.interop) != bool(fault.why_not) for fault in FAULTS.values())


def test_one_line_is_wrong_and_no_more():
    for fault in FAULTS.values():
        assert "\n" not in fault.right + fault.wrong


def test_a_fault_whose_line_is_gone_is_told():
    fault = next(iter(FAULTS.values()))
    with pytest.raises(LookupError, match="0 times"):
        replace(fault, right="a line that nobody wrote").switch_on()
