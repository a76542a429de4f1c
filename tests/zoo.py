"""The bug zoo: faults of a single line, switched on from outside the stack.

A fault names a function, a part of a line in it, and what replaces that part. The
stack itself knows nothing of faults: the function's code is exchanged for one
that was compiled with the wrong line. `pytest --fault NAME` runs any tests
with a fault; `make zoo` prints which test finds which.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import multiprocessing
import os
import sys
import textwrap
from dataclasses import dataclass
from types import FunctionType

import pytest

OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:xdist", "-o", "addopts=")


@dataclass(frozen=True)
class Fault:
    """One wrong line, and the tests that must find it.

    `interop` of None: `why_not` says why no transfer can show it.
    """

    name: str
    where: str  # module of tcpkit.stack, and the function's name in it
    right: str  # a part of a line, once in the function
    wrong: str
    conformance: str  # pytest's id of a test
    interop: str | None = None
    why_not: str = ""

    def function(self) -> FunctionType:
        module, *names = self.where.split(".")
        found = importlib.import_module(f"tcpkit.stack.{module}")
        for name in names:
            found = inspect.getattr_static(found, name)
        return found

    def switch_on(self) -> None:
        """Exchange the function's code."""
        function = self.function()
        source = textwrap.dedent(inspect.getsource(function))
        if source.count(self.right) != 1:
            raise LookupError(f"{self.where} holds {source.count(self.right)} times: {self.right}")
        scope = dict(function.__globals__)
        exec(
            compile("from __future__ import annotations\n" + source.replace(self.right, self.wrong), self.name, "exec"),
            scope,
        )
        function.__code__ = scope[function.__name__].__code__


def conformance(name: str) -> str:
    return f"tests/test_conformance_{name}"


def interop(name: str) -> str:
    return f"tests/test_interop.py::{name}"


BULK = interop("test_every_size_of_packet[1500-dials]")
SLOWER = "a wrong window only makes a transfer slower, or less fair: every byte arrives"
FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "ack off by one",
            "departures.segment",
            "rcv.nxt % MODULUS",
            "(rcv.nxt - 1) % MODULUS",
            conformance("closing.py::test_the_other_side_closes_first"),
            BULK,
        ),
        Fault(
            "FIN not counted",
            "receiver.Receiver.take",
            "self.nxt += 1",
            "self.nxt += 0",
            conformance("closing.py::test_the_other_side_closes_first"),
            BULK,
        ),
        Fault(
            "wrap compared wrongly",
            "arrivals.before",
            "0 < (b - a) % MODULUS < HALF",
            "a < b",
            conformance("closing.py::test_we_close_first"),
            interop("test_any_first_number_of_ours_which_wraps_on_the_way[4294897296]"),
        ),
        Fault(
            "Karn ignored",
            "departures.text",
            "tcb.timed = None",
            "pass",
            conformance("timers.py::test_karn_takes_no_time_from_data_behind_what_was_sent_twice"),
            why_not="a wrong time only makes a transfer slower, or more hasty: every byte arrives",
        ),
        Fault(
            "window not scaled",
            "arrivals.check_ack",
            "arrival.window << snd.shift",
            "arrival.window",
            conformance("windows.py::test_windows_are_scaled_both_ways"),
            BULK,
        ),
        Fault(
            "RST answered with RST",
            "resets.reset_for",
            "segment.flags & Flags.RST",
            "False",
            conformance("resets.py::test_rst_for_another_syn_is_ignored"),
            why_not="the kernel never answers an RST, so one too many is not heard of again",
        ),
        Fault(
            "checksum not looked at",
            "envelope.open_packet",
            "checksum(summed) != PROTOCOL_TCP + len(body)",
            "False",
            conformance("stack.py::test_damaged_segment_is_dropped"),
            interop("test_damaged_packets_do_not_reach_the_reader"),
        ),
        Fault(
            "overlap taken twice",
            "reassembler.Reassembler.add",
            "data[self.next - at :]",
            "data",
            conformance("data.py::test_what_overlaps_is_taken_once"),
            interop("test_what_a_bad_link_still_carries[0.1-3000000-dials]"),
        ),
        Fault(
            "no backing off",
            "departures.retransmit",
            "snd.rto.back_off()",
            "pass",
            conformance("timers.py::test_timeout_doubles"),
            why_not="asking too often burdens the network, and is answered all the same",
        ),
        Fault(
            "blind RST believed",
            "resets.on_rst",
            "seq == rcv_nxt",
            "(seq - rcv_nxt) % MODULUS < window",
            conformance("resets.py::test_rst_elsewhere_in_the_window_is_challenged"),
            interop("test_forged_rst_in_the_window_does_not_end_a_connection"),
        ),
        Fault(
            "no window probe",
            "departures.poll",
            "snd.has_unsent and not snd.flight:",
            "False:",
            conformance("windows.py::test_zero_window_is_probed"),
            interop("test_window_update_that_is_lost_is_asked_for"),
        ),
        Fault(
            "SYN sent once",
            "departures.retransmit",
            "snd.nxt = snd.iss",
            "pass",
            conformance("opening.py::test_lost_syn_is_sent_again"),
            interop("test_any_first_packet_may_be_lost[S-dials]"),
        ),
        Fault(
            "TIME-WAIT skipped",
            "arrivals.end_one_way",
            "now + tcb.settings.time_wait_s",
            "now",
            conformance("closing.py::test_we_close_first"),
            why_not="it protects a later connection from this one's late packets, and no transfer here outlives one",
        ),
        Fault(
            "old timestamps taken",
            "arrivals.check_timestamp",
            "before(arrival.timestamps.value, tcb.ts_recent)",
            "False",
            conformance("timers.py::test_paws_drops_what_is_older"),
            why_not="sequence numbers alone tell old from new until 4 GiB have passed",
        ),
        Fault(
            "patience looked at by other timers only",
            "connection.Connection.next_deadline",
            "self.give_up_at, ",
            "",
            conformance("timers.py::test_patience_ends_to_the_second"),
            why_not="a transfer that ends well never comes to the end of its patience",
        ),
        Fault(
            "RST before what a probe brought",
            "departures.reset",
            "min(tcb.snd.highest, max(tcb.snd.nxt, tcb.snd.una + tcb.snd.wnd))",
            "tcb.snd.nxt",
            conformance("resets.py::test_abort_after_a_probe"),
            why_not="the kernel challenges such an RST, and its challenge is answered with the right number",
        ),
        Fault(
            "limited transmit counted",
            "departures.poll",
            "min(snd.flight, snd.congestion.cwnd)",
            "snd.flight",
            conformance("congestion.py::test_limited_transmit_does_not_count_as_under_way"),
            why_not=SLOWER,
        ),
        Fault(
            "recovery begun by copies",
            "scoreboard.Scoreboard._lost_edge",
            "una > self.recovery_until or self.has_sack",
            "True",
            conformance("congestion.py::test_duplicate_acks_at_recover_begin_no_recovery"),
            why_not=SLOWER,
        ),
        Fault(
            "slow start too fast after a timeout",
            "congestion.Reno.on_timeout",
            "self.cwnd = self._limit =",
            "self.cwnd =",
            conformance("congestion.py::test_slow_start_after_a_timeout_adds_one_segment_for_an_ack"),
            why_not=SLOWER,
        ),
        Fault(
            "hole left to the timer",
            "sender.Sender.to_send",
            " or board.to_send_again(self.una, False)",
            "",
            conformance("congestion.py::test_recovery_with_nothing_new_sends_what_may_be_lost"),
            why_not=SLOWER,
        ),
        Fault(
            "more than the window in a recovery",
            "sender.Sender.to_send",
            "right - left > room",
            "room <= 0",
            conformance("congestion.py::test_recovery_sends_only_where_a_segment_fits"),
            why_not=SLOWER,
        ),
        Fault(
            "data after a release taken",
            "arrivals.take_text",
            "tcb.is_released and",
            "False and",
            conformance("closing.py::test_data_after_a_release_is_reset"),
            why_not="only a side that goes on sending to a program that has ended learns less",
        ),
        Fault(
            "FIN-WAIT-2 for ever",
            "departures.fire",
            "tcb.is_released and",
            "False and",
            conformance("closing.py::test_fin_wait_2_ends_a_minute_after_a_release"),
            why_not="the kernel on the other side always sends its FIN",
        ),
        Fault(
            "first port always the same",
            "stack.Stack.__init__",
            'count(keyed_hash(self._secret, "first port"))',
            "count()",
            conformance("stack.py::test_first_port_is_drawn_from_the_secret"),
            why_not="any free port serves a transfer",
        ),
        Fault(
            "window of our SYN not noted",
            "receiver.Receiver.__init__",
            "self.promised.open(self.nxt, 0)",
            "pass",
            conformance("windows.py::test_read_of_nothing_tells_no_window"),
            why_not="one ACK too many is taken for a window update",
        ),
    )
}


def outcome(fault: Fault, test: str) -> str:
    """Run a test with the fault: "killed", "SURVIVED", "skipped", or what went wrong.

    The fault stays switched on: call this in a process of its own.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main([*OPTIONS, "--fault", fault.name, test])
    skipped = code == 0 and " passed" not in printed.getvalue()
    said = {0: "skipped" if skipped else "SURVIVED", 1: "killed"}
    return said.get(int(code)) or f"{test} did not run: {printed.getvalue()[-1000:]}"


def outcomes() -> dict[tuple[str, str], str]:
    """Return the outcome of each fault and test that must find it.

    pytest and the tests are imported once; then each run is a copy of this
    process. Four at a time, as most of them wait for a timeout.
    """
    jobs = [(fault, test) for fault in FAULTS.values() for test in (fault.conformance, fault.interop) if test]
    os.environ["TRANSFER_S"] = "4"
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*OPTIONS, "--collect-only", *{test for _, test in jobs}])
    with multiprocessing.get_context("fork").Pool(4, maxtasksperchild=1) as pool:
        found = pool.starmap_async(outcome, jobs, chunksize=1).get(timeout=600)
    return {(fault.name, test): how for (fault, test), how in zip(jobs, found, strict=True)}


def main() -> int:
    """Print the table: fault, the test of conformance and the transfer that find it. Fail if one is not found."""
    found = outcomes()
    for fault in FAULTS.values():
        print(f"{fault.name}: in {fault.where}, `{fault.right}` is `{fault.wrong}`")
        for test in filter(None, (fault.conformance, fault.interop)):
            print(f"  {found[fault.name, test]:<9} by {test}")
        if not fault.interop:
            print(f"  no transfer: {fault.why_not}")
    return int(set(found.values()) - {"killed"} != set())


if __name__ == "__main__":
    sys.exit(main())
