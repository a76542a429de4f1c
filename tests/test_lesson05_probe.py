"""Exercise 5.3 in a live lab: right probes, wrong ones and what they are told, and ports that are closed again."""

import contextlib
import struct
from dataclasses import replace
from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

import pytest
from processes import eventually

from tcpkit.check import lesson05, lesson05_probe
from tcpkit.check.lesson05_probe import HERE, PORTS, PROBE, doors
from tcpkit.wire import Flags, Segment, TCPHeader, tcp_checksum

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG


def syn(port, flags=SYN, source_port=8989):
    return Segment(TCPHeader(source_port, port, flags=flags)).with_checksum(HERE, HERE)


def by_hand(lab, port):
    header = struct.pack("!HHIIBBHHH", 8989, port, 0, 0, 5 << 4, 2, 0, 0, 0)
    header = header[:16] + struct.pack("!H", tcp_checksum(HERE, HERE, header)) + header[18:]
    return any(reply.flags == SYN | ACK for reply in lab.ask(header))


def by_capture(lab, port):
    with lab.capture() as packets:
        lab.send(syn(port))
    return any(each.segment.source_port == port and SYN in each.segment.flags for each in packets)


def raw(test):
    """Return a probe that hands what a raw socket hears, as flags by source port, to a test."""

    def probe(lab, port):
        heard = []
        with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as own:
            own.settimeout(0.01)
            own.sendto(bytes(syn(port)), (HERE, 0))
            with contextlib.suppress(TimeoutError):
                while True:
                    heard.append(Segment.parse(own.recv(200)[20:]))
        return test(heard, port)

    return probe


def connecting(lab, port):
    with lab.socket() as client:
        return client.connect_ex((HERE, port)) == 0


def by_scapy(lab, port):
    from scapy.layers.inet import IP, TCP
    from scapy.sendrecv import sr1

    with lab.scapy():
        reply = sr1(IP(dst=HERE) / TCP(sport=8989, dport=port, flags="S"), verbose=0, timeout=5)
    return reply[TCP].flags == "SA"


def asks(flags=SYN, test=bool, **fields):
    def probe(lab, port):
        segment = Segment(TCPHeader(8989, port, flags=flags, **fields))
        return test(lab.ask(segment if "checksum" in fields else segment.with_checksum(HERE, HERE), timeout_s=0.004))

    return probe


def sum_of_another(lab, port):
    return bool(lab.ask(Segment(TCPHeader(8989, port, flags=SYN)).with_checksum(HERE, "127.0.0.9"), timeout_s=0.004))


ALONE = "Three of 40, found by their answers alone: `S.` is a listener, `R.` is nobody."
RIGHT = [
    *[(right, ALONE) for right in (by_hand, by_capture, by_scapy)],
    (raw(lambda heard, port: any(each.source_port == port and SYN in each.flags for each in heard)), ALONE),
    (asks(SYN | PSH | URG, lambda replies: any(RST not in reply.flags for reply in replies)), ALONE),
    (lambda lab, port: "S." in [str(reply.flags) for reply in lab.ask(syn(port))], ALONE),
    (connecting, "And what did the server's program notice, that a bare SYN would not have shown it?"),
    (lambda lab, port: f"{HERE}:{port}" in set(lab.sockets()["local"]), "you looked from inside"),
    (asks(FIN, lambda replies: not replies), "by what stays silent. That is a listener, or a firewall"),
    (lambda lab, port: print("asking", port) or by_hand(lab, port), "It also printed:"),
]
WRONG = [
    (asks(checksum=0x6F55), "TcpInCsumErrors moved by 40: a checksum of another port. What else must change with it?"),
    (asks(checksum=0), "TcpInCsumErrors moved by 40: the field holds 0 in each. Which number belongs there?"),
    (sum_of_another, "TcpInCsumErrors moved by 40: you write a checksum for each port, and it is another one."),
    (asks(data_offset=2), "TcpInErrs moved by 40, and TcpInCsumErrors did not"),
    (asks(test=lambda replies: replies[0].flags == SYN), "3 ports answered `S.`, and you said no to every one."),
    (asks(test=lambda replies: replies[0].flags == "S."), "test the bits, flags never equal text."),
    (raw(lambda heard, port: heard[0].flags == SYN | ACK), "A raw socket on lo hears your own packet first"),
    (asks(), "Every port answers your SYN, and you said yes to every one: a refusal is an answer too."),
    (asks(test=lambda replies: replies[0].flags != RST), "It is `R.`, so `== RST` misses it"),
    (asks(test=lambda replies: RST in replies[0].flags), "A refusal is `R.`, an invitation `S.`"),
    (asks(ACK), "To an ACK both say `R`"),
    (asks(FIN), "The other way round: to this probe a closed port answers"),
    (asks(Flags(0)), "and a listener is silent."),
    (asks(FIN, lambda replies: any(SYN in reply.flags for reply in replies)), "You take silence for a no."),
    (asks(RST), "Nobody answers an RST"),
    (asks(test=lambda replies: replies), "a list. The answer is a truth value (bool)."),
    (lambda lab, port: port % 2 == 0, "It sends nothing. Are these ports from an earlier run?"),
    (lambda lab, port: True, "It sends nothing in the lab, and says True of every port."),
    (lambda lab, port: False, "It sends nothing in the lab, and says False of every port."),
    (lambda lab, port: by_hand(lab, 8002), "You knock at the same port each time"),
    (lambda lab, port: lab.nothing, "it raised AttributeError: 'Lab' object has no attribute 'nothing'"),
    (lambda lab, port: "open", "text (str). The answer is a truth value (bool)."),
    (lambda lab, port: lab.send(syn(port)), "it returned None. Does it `return` its answer?"),
    (lambda lab, port: by_hand(lab, port) or port % 2 == 0, "True. Nobody listens there: `lab.explain(segment)`"),
    (
        asks(data_offset=15, test=lambda replies: SYN in replies[0].flags if replies else False),
        "False for every input.",
    ),
    (lambda lab: True, "It is called with 2 values (lab, port)"),
]


@pytest.mark.parametrize(("right", "words"), RIGHT, ids=range(len(RIGHT)))
def test_right_probes_pass_and_are_told_how_they_went(lab, right, words):
    verdict = lesson05.probe(right, lab)
    assert verdict.status == "PASS"
    assert words in verdict.message
    assert ("answers alone" in verdict.message) != ("inside" in words or "silent" in words)


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words for _, words in WRONG])
def test_wrong_probes(lab, wrong, words):
    verdict = lesson05.probe(wrong, lab, seed=5)
    assert verdict.message.startswith("TRY AGAIN 5.3 probe: ")
    assert words in verdict.message.split("\n")[0]
    assert len(lab.sockets()) == 0


def test_the_ports_move_unless_a_seed_is_given(lab):
    asked = []
    for seed in (1, 1, 2, None, None):
        lesson05.probe(lambda lab, port: asked.append(port) or False, lab, seed)
    runs = [tuple(asked[at : at + PORTS]) for at in range(0, 5 * PORTS, PORTS)]
    assert runs[0] == runs[1]
    assert len(set(runs)) == 4
    assert all(len(set(run)) == PORTS for run in runs)


def test_three_listen_and_ports_in_use_are_left_alone(lab):
    with doors(lab, PORTS, 3, seed=1) as ports:
        assert {port for port in ports if connecting(lab, port)} == {port for port in ports if ports[port]}
        assert sum(ports.values()) == 3
        with doors(lab, PORTS, 1, seed=1) as others:
            assert not {port for port, listens in ports.items() if listens} & set(others)
    assert not any(connecting(lab, port) for port in ports)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ZeroDivisionError])
def test_the_listeners_are_closed_whatever_the_function_does(lab, error):
    def raises(lab, port):
        raise error

    assert lesson05.probe(raises, lab).status == "TRY AGAIN"
    eventually(lambda: len(lab.sockets()) == 0)  # the agent closes its copy a moment later
    assert lesson05.probe(connecting, lab).status == "PASS"


def test_a_probe_that_closes_the_lab_or_never_ends(lab, monkeypatch):
    monkeypatch.setattr(lesson05_probe, "PROBE", replace(PROBE, limit_s=0.3))
    endless = lesson05.probe(lambda lab, port: bool(lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP).recv(100)), lab)
    assert "it had not finished after 0.3 seconds." in endless.message
    gone = lesson05.probe(lambda lab, port: getattr(lab, "close", int)() or True, lab).message
    assert "Only the kernel knows what is right here, and this lab does not answer." in gone
    assert "hand over your lab as well: `check.probe(probe, lab)`" in lesson05.probe(by_hand, None).message
    assert lesson05.probe(lambda lab, port: ..., None).message == "TODO 5.3 probe"
