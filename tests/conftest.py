"""A lab for the tests that need one, of either kind; a fault for the stack, if one is asked for."""

import warnings

import pytest

from tcpkit.lab import Lab, LabUnavailable


def pytest_addoption(parser):
    parser.addoption("--fault", help="put this fault of the bug zoo into the stack (tests/zoo.py)")


def pytest_configure(config):
    if name := config.getoption("--fault"):
        from zoo import FAULTS

        FAULTS[name].switch_on()


@pytest.fixture
def lab():
    try:
        made = Lab()
    except LabUnavailable as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture
def direct():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            made = Lab("direct")
        except LabUnavailable as error:
            pytest.skip(str(error))
    with made:
        assert "no private network" in str(said[0].message)
        yield made
