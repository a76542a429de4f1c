"""The lab on paper keeps to what the real one does, but in worlds that cannot be."""

from socket import AF_INET, IPPROTO_TCP, SOCK_RAW

import pytest

from tcpkit.check import paper
from tcpkit.check.paper import HERE
from tcpkit.wire import Flags, Segment, TCPHeader

FIN, SYN, RST, ACK = Flags.FIN, Flags.SYN, Flags.RST, Flags.ACK


def syn(port):
    return Segment(TCPHeader(8989, port, flags=SYN)).with_checksum(HERE, HERE)


def numbers(segment):
    is_agreed = segment.flags == SYN | ACK  # its own number is any
    return segment.source_port, segment.flags, None if is_agreed else segment.seq, segment.ack


@pytest.mark.parametrize("flags", [SYN, FIN, ACK, RST, SYN | ACK, SYN | FIN, Flags(0)])
@pytest.mark.parametrize("port", [8001, 8002])
def test_paper_answers_as_the_lab_does(lab, flags, port):
    drawn = paper.Lab(8002, paper.listening)
    segment = Segment(TCPHeader(8989, port, seq=7, ack=9, flags=flags), b"data").with_checksum(HERE, HERE)
    with lab.listen(8002), lab.capture() as packets, drawn.capture() as written:
        lab.send(segment)
        drawn.send(segment)
        asked = [[str(reply.flags) for reply in each.ask(segment)] for each in (lab, drawn)]
    real, mine = ([numbers(each.segment) for each in seen] for seen in (packets[: len(written)], written))
    assert mine == real
    assert asked[0] == asked[1]


BROKEN = [
    b"",
    bytes(19),
    bytes(syn(8002))[:-1] + b"\1",
    *(bytes(Segment(TCPHeader(8989, 8002, flags=SYN, data_offset=n)).with_checksum(HERE, HERE)) for n in (1, 15)),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_paper_drops_what_the_lab_drops(lab, broken):
    drawn = paper.Lab(8002, paper.listening)
    with lab.listen(8002):
        assert lab.ask(broken) == drawn.ask(broken) == []
    assert len(drawn.cross(broken)) == 1


def test_worlds_that_cannot_be():
    numbers = [
        len(paper.Lab(8002, paper.listening, **{name: False}).cross(bytes(syn(8002))))
        for name in ("looks_at_sums", "is_heard", "has_third")
    ]
    assert numbers == [3, 2, 2]
    assert paper.Lab(8002, paper.listening, looks_at_sums=False).ask(bytes(syn(8002))[:-1] + b"\1") != []
    with pytest.raises(OSError, match="only raw sockets"):
        paper.Lab(8002, paper.closed).socket()
    with pytest.raises(TimeoutError), paper.Lab(8002, paper.closed).socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        raw.recv(100)
