"""The kernel's counters: what moved, and what the three silences say."""

import pytest

from tcpkit.lab import Counters
from tcpkit.story import scenes
from tcpkit.wire import tcp_checksum
from tcpkit.wire.story_syn import FIRST_CHECKSUM, story_syn


def syn_header(offset, checksum=0):
    return bytes(story_syn(offset, checksum))[:20]


def with_checksum(header):
    right = tcp_checksum("127.0.0.1", "127.0.0.1", header[:16] + b"\0\0" + header[18:])
    return header[:16] + right.to_bytes(2, "big") + header[18:]


def moved(lab, data):
    before = lab.counters()
    lab.send(data)
    return lab.counters() - before


def test_difference_prints_only_what_moved(lab):
    short = moved(lab, scenes()[0].buffer)
    assert repr(short) == "TcpInSegs +1  TcpInErrs +1"
    assert dict(short) == {"TcpInSegs": 1, "TcpInErrs": 1}
    assert short.get("TcpInCsumErrors") is None
    before = lab.counters()
    assert repr(lab.counters() - before) == "no counter moved"
    assert not lab.counters() - before


@pytest.mark.parametrize("offset", range(5))
def test_offset_too_short(lab, offset):
    for header in (syn_header(offset, FIRST_CHECKSUM), with_checksum(syn_header(offset))):
        assert repr(moved(lab, header)) == "TcpInSegs +1  TcpInErrs +1"


def test_bad_checksum(lab):
    assert repr(moved(lab, scenes()[1].buffer)) == "TcpInSegs +1  TcpInErrs +1  TcpInCsumErrors +1"


def test_offset_too_long(lab):
    assert repr(moved(lab, with_checksum(syn_header(15)))) == "TcpInSegs +1"


def test_good_syn_to_a_closed_port(lab):
    assert dict(moved(lab, scenes()[2].buffer)) | {"TcpInSegs": 2, "TcpOutRsts": 1} == dict(
        moved(lab, scenes()[2].buffer)
    )
    assert "TcpInErrs" not in moved(lab, scenes()[2].buffer)


def test_a_fresh_labs_counters_are_all_zero(lab):
    assert repr(lab.counters()) == "every counter is 0"


def test_counters_of_two_tables():
    snmp = "Ip: InReceives\nIp: 5\nTcp: RtoMin MaxConn CurrEstab InSegs InErrs\nTcp: 200 -1 4 7 2\n"
    netstat = "TcpExt: SyncookiesSent TCPTimeouts\nTcpExt: 0 3\nIpExt: InOctets\nIpExt: 99\n"
    counters = Counters.parse(snmp, netstat)
    assert dict(counters) == {"TcpInSegs": 7, "TcpInErrs": 2, "TcpExtSyncookiesSent": 0, "TcpExtTCPTimeouts": 3}
    assert repr(counters) == "TcpInSegs 7  TcpInErrs 2  TcpExtTCPTimeouts 3"


def test_a_counter_that_is_new_counts_from_zero():
    assert dict(Counters({"New": 2}) - Counters({})) == {"New": 2}
    assert repr(Counters({"Down": 1}) - Counters({"Down": 4})) == "Down -3"
