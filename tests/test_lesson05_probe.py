"""Exercise 5.3 in a live lab, in rows as in `test_checks`: what a wrong probe is told begins with the row's words."""

import contextlib
import socket
import struct
from dataclasses import replace
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

import pytest
from processes import eventually
from test_checks import rows

from tcpkit.check import lesson05, lesson05_probe
from tcpkit.check.lesson05_probe import HERE, PORTS, PROBE, ports_with_listeners
from tcpkit.wire import Flags, Segment, TCPHeader, tcp_checksum

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG


def by_hand(lab, port):
    header = struct.pack("!HHIIBBHHH", 8989, port, 0, 0, 5 << 4, 2, 0, 0, 0)
    header = header[:16] + struct.pack("!H", tcp_checksum(HERE, HERE, header)) + header[18:]
    return any(reply.flags == SYN | ACK for reply in lab.ask(header))


def asked(lab, port, flags=SYN, host=HERE, **fields):
    """Return the flags that come back."""
    segment = Segment(TCPHeader(destination_port=port, flags=flags, **{"source_port": 8989} | fields))
    whole = segment if "checksum" in fields else segment.with_checksum(HERE, host)
    return [reply.flags for reply in lab.ask(whole, timeout_s=0.01)]


def heard(lab, port):
    """Return the flags of all that a raw socket hears: its own packet as well."""
    flags = []
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as own, contextlib.suppress(TimeoutError):
        own.settimeout(0.01)
        own.sendto(bytes(Segment(TCPHeader(8989, port, flags=SYN)).with_checksum(HERE, HERE)), (HERE, 0))
        while True:
            flags.append(Segment.parse(own.recv(200)[20:]).flags)
    return flags


def connects(port, new=socket.socket):
    with new() as client:
        return client.connect_ex((HERE, port)) == 0


def by_scapy(lab, port):
    from scapy.layers.inet import IP, TCP
    from scapy.sendrecv import sr1

    with lab.scapy():
        reply = sr1(IP(dst=HERE) / TCP(sport=8989, dport=port, flags="S"), verbose=0, timeout=5)
    return reply[TCP].flags == "SA"


RIGHT = """
    by_hand(lab, port) ;; by_scapy(lab, port) ;; asked(lab, port) == [SYN | ACK] => Three of 40, found by their answers
    (SYN | ACK) in heard(lab, port) ;; "S." in map(str, asked(lab, port)) => `S.` comes from a listener, `R.` from a
    not RST & asked(lab, port, SYN | PSH | URG)[0] => Three of 40, found by their answers alone
    connects(port, lab.socket) => You opened whole connections, which the server's program notices
    f"{HERE}:{port}" in set(lab.sockets()["local"]) => you asked from inside
    not asked(lab, port, FIN) => All 40 right: you used silence. But a firewall is silent too
    print("asking", port) or by_hand(lab, port) => It also printed:
"""
WRONG = """
    True ;; port % 2 == 0 => Your function sends no segment in the lab. Ask each port
    connects(port) => Your function sends no segment in the lab. Ask each port
    socket.create_connection((HERE, port)) => For port=18370 it raised ConnectionRefusedError: [Errno 111] Connection re
    bool(asked(lab, port, data_offset=2)) => TcpInErrs moved by 40, TcpInCsumErrors did not: the kernel could
    by_hand(lab, 8002) ;; bool(asked(lab, 8989, source_port=port)) => Your packets went to 0 of the 40 ports
    by_hand(lab, port % 256 << 8 | port >> 8) => Your packets went to 0 of the 40 ports: the kernel reads the
    port > 11_000 and by_hand(lab, port) => Your packets went to 3
    bool(asked(lab, port, checksum=0)) => All 40 stayed silent, and TcpInCsumErrors moved by 40: the field holds 0 in
    bool(asked(lab, port, checksum=0x6F55)) => All 40 stayed silent, and TcpInCsumErrors moved by 40: a checksum of ano
    bool(asked(lab, port, host="127.0.0.9")) => All 40 stayed silent, and TcpInCsumErrors moved by 40: your checksums
    bool(asked(lab, port, RST)) ;; not asked(lab, port, RST | ACK) => You send an RST, and nobody answers
    bool(asked(lab, port, ACK)) ;; RST not in asked(lab, port, SYN | ACK)[0] => Both kinds of port answer an ACK
    bool(asked(lab, port, data_offset=15)) => You return False for every input.
    RST in asked(lab, port)[0] ;; not by_hand(lab, port) => You exchanged the two answers
    bool(asked(lab, port)) ;; ACK in asked(lab, port)[0] => Every port answers your SYN, and you said yes to every one
    asked(lab, port)[0] != RST ;; asked(lab, port)[0] != "R." ;; RST not in heard(lab, port)[0] => Every port answers
    asked(lab, port)[0] == SYN ;; asked(lab, port)[0] == "S." => 3 ports answered `S.`, and you said no to every one.
    heard(lab, port)[0] == SYN | ACK ;; RST not in heard(lab, port)[-1] => 3 ports answered `S.`
    by_hand(lab, port) and not by_hand(lab, port) => 3 ports answered `S.`
    [] != asked(lab, port, FIN) ;; [] != asked(lab, port, Flags(0)) => You say no where nothing comes back.
    any(SYN in flags for flags in asked(lab, port, FIN)) => You say no where nothing
    lab.nothing => For port=18370 it raised AttributeError: 'Lab' object has no attribute 'nothing'
    "open" => For port=18370 you returned 'open', text (str). The answer is a truth value (bool).
    asked(lab, port) => For port=18370 you returned [R.], a list. The answer is a truth value
    print(asked(lab, port)) => For port=18370 it returned None. Does it reach a `return` with an answer?
    by_hand(lab, port) or port % 2 == 0 => For port=18370 you returned True. Nobody listens there: ask `lab.explain(se
"""


@pytest.mark.parametrize(("right", "words"), [*rows({"": RIGHT}, "")])
def test_right_probes_pass_and_are_told_how_they_went(lab, right, words):
    said = lesson05.probe(eval(f"lambda lab, port: {right}"), lab).message
    assert said.startswith("PASS 5.3 probe\n")
    assert words in said
    assert ("answers alone" in said) != ("inside" in words or "silence. But" in words)


@pytest.mark.parametrize(("wrong", "words"), [*rows({"": WRONG}, "")])
def test_wrong_probes(lab, wrong, words):
    said = lesson05.probe(eval(f"lambda lab, port: {wrong}"), lab, seed=5).message
    assert said.startswith(f"TRY AGAIN 5.3 probe: {words}")
    assert len(lab.sockets()) == 0


def test_the_ports_move_unless_a_seed_is_given(lab):
    called = []
    for seed in (1, 1, 2, None, None):
        lesson05.probe(lambda lab, port: called.append(port) or False, lab, seed)
    runs = [tuple(called[at : at + PORTS]) for at in range(0, 5 * PORTS, PORTS)]
    assert [runs.index(run) for run in runs] == [0, 0, 2, 3, 4]
    assert all(len(set(run)) == PORTS for run in runs)


def test_three_listen_and_ports_in_use_are_left_alone(lab):
    with ports_with_listeners(lab, PORTS, 3, seed=1) as ports:
        assert {port: connects(port, lab.socket) for port in ports} == ports
        assert sum(ports.values()) == 3
        with ports_with_listeners(lab, PORTS, 1, seed=1) as others:
            assert not {port for port, listens in ports.items() if listens} & set(others)
    assert not any(connects(port, lab.socket) for port in ports)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ZeroDivisionError])
def test_the_listeners_are_closed_whatever_the_function_does(lab, error):
    assert lesson05.probe(lambda lab, port: (_ for _ in ()).throw(error), lab).status == "TRY AGAIN"
    eventually(lambda: len(lab.sockets()) == 0)  # the agent closes its copy a moment later
    assert lesson05.probe(by_hand, lab).status == "PASS"


def test_a_probe_that_closes_the_lab_or_never_ends(lab, monkeypatch):
    monkeypatch.setattr(lesson05_probe, "PROBE", replace(PROBE, limit_s=0.3))
    endless = lesson05.probe(lambda lab, port: bool(lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP).recv(100)), lab)
    assert "it had not finished after 0.3 seconds." in endless.message
    assert "It is called with 2 values (lab, port)" in lesson05.probe(lambda lab: True, lab).message
    assert ": The lab is gone: it was closed." in lesson05.probe(lambda lab, port: lab.close() or True, lab).message
    assert "hand over your lab as well: `check.probe(probe, lab)`" in lesson05.probe(by_hand, None).message
    assert lesson05.probe(lambda lab, port: ..., None).message == "TODO 5.3 probe"
