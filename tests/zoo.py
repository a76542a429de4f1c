"""Which test finds which fault of `tcpkit.zoo`: a conformance suite that nothing breaks proves nothing.

The function's code is exchanged for one that was compiled with the wrong
line, in the whole process. `pytest --fault NAME` runs any tests with a fault;
`make zoo` prints which test finds which.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import sys
from dataclasses import dataclass

import pytest

from tcpkit.zoo import FAULTS

OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:xdist", "-o", "addopts=")


@dataclass(frozen=True)
class Found:
    """The tests that must find a fault.

    `interop` of None: `why_not` says why no transfer can show it.
    """

    conformance: str  # pytest's id of a test
    interop: str | None = None
    why_not: str = ""


def conformance(name: str) -> str:
    return f"tests/test_conformance_{name}"


def interop(name: str) -> str:
    return f"tests/test_interop.py::{name}"


BULK = interop("test_every_size_of_packet[1500-dials]")
SLOWER = "a wrong window only makes a transfer slower, or less fair: every byte arrives"
FOUND = {
    "ack off by one": Found(conformance("closing.py::test_the_other_side_closes_first"), BULK),
    "FIN not counted": Found(
        conformance("closing.py::test_the_other_side_closes_first"),
        why_not="a kernel that closes first gets an RST for the FIN that it repeats: its connection ends, too",
    ),
    "wrap compared wrongly": Found(
        conformance("closing.py::test_we_close_first"),
        interop("test_any_first_number_of_ours_which_wraps_on_the_way[4294897296]"),
    ),
    "Karn ignored": Found(
        conformance("timers.py::test_karn_takes_no_time_from_data_behind_what_was_sent_twice"),
        why_not="a wrong time only makes a transfer slower, or more hasty: every byte arrives",
    ),
    "window not scaled": Found(conformance("windows.py::test_windows_are_scaled_both_ways"), BULK),
    "RST answered with RST": Found(
        conformance("resets.py::test_rst_for_another_syn_is_ignored"),
        why_not="the kernel never answers an RST, so one too many is not heard of again",
    ),
    "checksum not looked at": Found(
        conformance("stack.py::test_damaged_segment_is_dropped"),
        interop("test_damaged_packets_do_not_reach_the_reader"),
    ),
    "overlap taken twice": Found(
        conformance("data.py::test_what_overlaps_is_taken_once"),
        interop("test_what_a_bad_link_still_carries[0.1-3000000-dials]"),
    ),
    "no backing off": Found(
        conformance("timers.py::test_timeout_doubles"),
        why_not="asking too often burdens the network, and is answered all the same",
    ),
    "blind RST believed": Found(
        conformance("resets.py::test_rst_elsewhere_in_the_window_is_challenged"),
        interop("test_forged_rst_in_the_window_does_not_end_a_connection"),
    ),
    "no window probe": Found(
        conformance("windows.py::test_zero_window_is_probed"), interop("test_window_update_that_is_lost_is_asked_for")
    ),
    "SYN sent once": Found(
        conformance("opening.py::test_lost_syn_is_sent_again"), interop("test_any_first_packet_may_be_lost[S-dials]")
    ),
    "TIME-WAIT skipped": Found(
        conformance("closing.py::test_we_close_first"),
        why_not="it protects a later connection from this one's late packets, and no transfer here outlives one",
    ),
    "old timestamps taken": Found(
        conformance("timers.py::test_paws_drops_what_is_older"),
        why_not="sequence numbers alone tell old from new until 4 GiB have passed",
    ),
    "patience looked at by other timers only": Found(
        conformance("timers.py::test_patience_ends_to_the_second"),
        why_not="a transfer that ends well never comes to the end of its patience",
    ),
    "RST before what a probe brought": Found(
        conformance("resets.py::test_abort_after_a_probe"),
        why_not="the kernel challenges such an RST, and its challenge is answered with the right number",
    ),
    "limited transmit counted": Found(
        conformance("congestion.py::test_limited_transmit_does_not_count_as_under_way"), why_not=SLOWER
    ),
    "recovery begun by copies": Found(
        conformance("congestion.py::test_duplicate_acks_at_recover_begin_no_recovery"), why_not=SLOWER
    ),
    "slow start too fast after a timeout": Found(
        conformance("congestion.py::test_slow_start_after_a_timeout_adds_one_segment_for_an_ack"), why_not=SLOWER
    ),
    "hole left to the timer": Found(
        conformance("congestion.py::test_recovery_with_nothing_new_sends_what_may_be_lost"), why_not=SLOWER
    ),
    "more than the window in a recovery": Found(
        conformance("congestion.py::test_recovery_sends_only_where_a_segment_fits"), why_not=SLOWER
    ),
    "data after a release taken": Found(
        conformance("closing.py::test_data_after_a_release_is_reset"),
        why_not="only a side that goes on sending to a program that has ended learns less",
    ),
    "FIN-WAIT-2 for ever": Found(
        conformance("closing.py::test_fin_wait_2_ends_a_minute_after_a_release"),
        why_not="the kernel on the other side always sends its FIN",
    ),
    "backlog keeps what was reset": Found(
        conformance("stack.py::test_backlog_forgets_what_was_reset_before_it_was_accepted[R]"),
        why_not="no client here gives up before it is accepted",
    ),
    "first port always the same": Found(
        conformance("stack.py::test_first_port_is_drawn_from_the_secret"), why_not="any free port serves a transfer"
    ),
    "window of our SYN not noted": Found(
        conformance("windows.py::test_read_of_nothing_tells_no_window"),
        why_not="one ACK too many is taken for a window update",
    ),
    "silent about a gap": Found(
        conformance("data.py::test_segments_out_of_order_wait"),
        why_not="the sender waits for its timeout instead, and every byte arrives",
    ),
    "window never closes": Found(
        conformance("windows.py::test_window_tells_the_room_for_data"),
        why_not="here all that arrives is read at once, so the window never has to close",
    ),
}


def outcome(name: str, test: str) -> str:
    """Run a test with the fault: "killed", "SURVIVED", "skipped", or what went wrong.

    The fault stays switched on: call this in a process of its own.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main([*OPTIONS, "--fault", name, test])
    skipped = code == 0 and " passed" not in printed.getvalue()
    said = {0: "skipped" if skipped else "SURVIVED", 1: "killed"}
    return said.get(int(code)) or f"{test} did not run: {printed.getvalue()[-1000:]}"


def outcomes() -> dict[tuple[str, str], str]:
    """Return the outcome of each fault and test that must find it.

    pytest and the tests are imported once; then each run is a copy of this
    process. Four at a time, as most of them wait for a timeout.
    """
    jobs = [(name, test) for name, each in FOUND.items() for test in (each.conformance, each.interop) if test]
    os.environ["TRANSFER_S"] = "4"
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*OPTIONS, "--collect-only", *{test for _, test in jobs}])
    with multiprocessing.get_context("fork").Pool(4, maxtasksperchild=1) as pool:
        found = pool.starmap_async(outcome, jobs, chunksize=1).get(timeout=600)
    return dict(zip(jobs, found, strict=True))


def main() -> int:
    """Print the table: fault, the test of conformance and the transfer that find it. Fail if one is not found."""
    found = outcomes()
    for name, fault in FAULTS.items():
        print(f"{name}: in {fault.where}, `{fault.right}` is `{fault.wrong}`")
        for test in filter(None, (FOUND[name].conformance, FOUND[name].interop)):
            print(f"  {found[name, test]:<9} by {test}")
        if not FOUND[name].interop:
            print(f"  no transfer: {FOUND[name].why_not}")
    return int(set(found.values()) - {"killed"} != set())


if __name__ == "__main__":
    sys.exit(main())
