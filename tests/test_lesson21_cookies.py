"""What Linux keeps of a SYN when its room is used up: lesson 21 says it."""

import socket

import pytest

from tcpkit.wire import MSS, NOP, Flags, SACKPermitted, Segment, TCPHeader, Timestamps, WindowScale

CROWD, KERNEL, PORT = "10.9.0.2", "10.9.0.1", 8000
HAS_SACK, HAS_SCALE = 2, 4  # linux/tcp.h: TCPI_OPT_SACK, TCPI_OPT_WSCALE


def opened(lab, options, later=0):
    """Return what a program's connection keeps of these options after a flood: its MSS, flags and window scale.

    The third packet echoes a timestamp that is so much later than the kernel's.
    """
    crowd = lab.host(CROWD)
    with lab.listen(PORT, KERNEL, backlog=8) as listener, crowd.talk(PORT) as talk:
        before = lab.counters()
        crowd.forge([Segment(TCPHeader(port, PORT, flags=Flags.SYN)) for port in range(20_000, 20_100)], CROWD)
        talk.say(Flags.SYN, options=options)
        syn_ack = talk.hear()
        talk.ack = (syn_ack.seq + 1) % 2**32
        theirs = [each.value for each in syn_ack.options if isinstance(each, Timestamps)]
        talk.say(Flags.ACK, options=[Timestamps(2, (value + later) % 2**32) for value in theirs])
        with listener.accept()[0] as program:
            assert (lab.counters() - before)["TcpExtSyncookiesRecv"] == 1
            info = program.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)
            return program.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), info[5], info[6] & 15


@pytest.mark.parametrize(
    ("offered", "kept"),
    [(300, 536), (1299, 536), (1300, 1300), (1439, 1300), (1440, 1440), (1459, 1440), (1460, 1460), (9000, 1460)],
)
def test_a_cookie_keeps_one_of_four_sizes_and_nothing_more(lab, offered, kept):
    assert opened(lab, [MSS(offered), SACKPermitted(), NOP(), WindowScale(7)]) == (kept, 0, 0)


@pytest.mark.parametrize(("later", "has_sack", "scale"), [(0, True, 7), (1, True, 8), (16, False, 7)])
def test_sack_and_the_scale_are_in_the_low_bits_of_a_timestamp(lab, later, has_sack, scale):
    _, flags, kept = opened(lab, [MSS(1460), SACKPermitted(), WindowScale(7), NOP(), Timestamps(1, 0)], later)
    assert (bool(flags & HAS_SACK), bool(flags & HAS_SCALE), kept) == (has_sack, True, scale)
