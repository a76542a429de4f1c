"""A lab for the tests that need one, of either kind; a fault for the stack; the order of the files."""

import os
import re
import signal
import socket
import warnings
from contextlib import suppress
from itertools import cycle

import pytest
from any_user import is_left_out

from tcpkit.lab import Lab, LabUnavailable

LONGEST_FIRST = (  # so that no worker begins one of these when the others are done
    "test_bad_input.py",
    "test_marks_honest.py",
    "test_bad_input_notebooks.py",
    "test_checks.py",
    "test_browser.py",
    "test_marks.py",
    "test_contest.py",
    "test_interop.py",
    "test_zoo.py",
    "test_lesson05_probe.py",
    "test_plot_in_notebook.py",
    "test_asyncio_bad_luck.py",
    "test_build.py",
    "test_notebook_luck.py",
    "test_stack_hostile.py",
    "test_stack_transfer.py",
    "test_program.py",
    "test_relay.py",
    "test_host.py",
    "test_lab.py",
)


def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A worker gets the tests of a file; of the two longest in parts, those of a lesson or of an exercise."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrPart(LoadFileScheduling):
        def _split_scope(self, nodeid):
            part = re.search(r"(.*/test_(?:bad_input_notebooks|checks)\.py)::.*\[(\w+)\]$", nodeid)
            return "::".join(part.groups()) if part else super()._split_scope(nodeid)

    return ByFileOrPart(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two more than processors: many tests wait for a kernel, a timer or another process."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count())) + 2


def pytest_addoption(parser):
    parser.addoption("--fault", help="put this fault of the bug zoo into the stack (tcpkit/zoo.py)")
    parser.addoption(
        "--for-this-user", action="store_true", help="leave out what is the same for all (tests/any_user.py)"
    )


def pytest_ignore_collect(collection_path, config):
    return (config.getoption("--for-this-user") and is_left_out(collection_path)) or None


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell starts what is in its background so
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        share_out_ports(int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    if name := config.getoption("--fault"):
        from tcpkit.zoo import FAULTS

        FAULTS[name].infect(FAULTS[name].function)


def share_out_ports(worker, workers):
    """Give the kernels of each worker ports of their own, which no program is given by chance.

    A kernel listens on its ports a second after they were drawn, and ends if another has one of them by then.
    """
    from jupyter_client.connect import LocalPortCache

    ports = cycle(range(20_000 + worker, 32_000, workers))

    def is_free(ip, port):
        with suppress(OSError), socket.socket() as one:
            one.bind((ip, port))
            return True

    LocalPortCache.find_available_port = lambda self, ip: next(port for port in ports if is_free(ip, port))


@pytest.fixture
def lab():
    try:
        made = Lab()
    except LabUnavailable as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture
def _namespace():
    try:
        Lab("namespace").close()
    except LabUnavailable as error:
        pytest.skip(str(error))


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


@pytest.fixture
def host(lab):
    return lab.host()
