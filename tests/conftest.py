"""A lab for the tests that need one."""

import pytest

from tcpkit.lab import Lab, LabUnavailable


@pytest.fixture
def lab():
    try:
        made = Lab()
    except LabUnavailable as error:
        pytest.skip(str(error))
    with made:
        yield made
