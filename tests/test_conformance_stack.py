"""A host: RFC 9293, 3.4.1, 3.9 and 3.10.7.1; RFC 6528; RFC 4987; RFC 6191. Numbers are the wire's here."""

import itertools

import pytest
from stack_trace import THEM, US, Packets, flags_of

from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.numbers import initial_sequence_number
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import EPHEMERAL, Stack
from tcpkit.wire import MSS, NOP, IPv4Header, Segment, TCPHeader, Timestamps

OTHER = ("10.0.0.3", 40_000)


def hosts(count):
    """Return ends that dial us."""
    return [(f"10.0.{number // 250 + 1}.{number % 250 + 1}", 1024 + number) for number in range(count)]


# Segments of no connection.


@pytest.mark.parametrize(
    ("flags", "seq", "ack", "data", "answer"),
    [
        ("S", 7, 0, b"", ("R.", 0, 8)),
        ("S", 7, 0, b"four", ("R.", 0, 12)),
        ("SF", 7, 0, b"", ("R.", 0, 9)),
        ("", 7, 0, b"four", ("R.", 0, 11)),
        ("F", 2**32 - 1, 0, b"", ("R.", 0, 0)),
        (".", 7, 99, b"", ("R", 99, None)),
        ("S.", 7, 99, b"", ("R", 99, None)),
        ("FP.", 7, 2**32 - 1, b"four", ("R", 2**32 - 1, None)),
    ],
)
def test_rst_for_what_belongs_to_nobody(flags, seq, ack, data, answer):
    """With the numbers that make it believed."""
    p = Packets()
    p.comes(flags, seq, ack, data)
    segment = p.goes(answer[0], seq=answer[1])
    assert answer[2] is None or segment.ack == answer[2]
    p.silent()


@pytest.mark.parametrize("letters", ["R", "R.", "SR", "FR", "SR.", "RP.UEW"])
def test_no_rst_for_an_rst(letters):
    p = Packets()
    p.comes(letters, 7, 99).silent()
    p.stack.listen(US[1])
    p.comes(letters, 7, 99).silent()


@pytest.mark.parametrize("flags", [".", "S.", "F.", "P."])
def test_listener_resets_an_ack(flags):
    p = Packets()
    p.stack.listen(US[1])
    p.comes(flags, 7, 99)
    p.goes("R", seq=99)
    assert not p.stack.connections


@pytest.mark.parametrize("flags", ["", "F", "PU", "E"])
def test_listener_drops_what_says_nothing(flags):
    p = Packets()
    p.stack.listen(US[1])
    p.comes(flags, 7).silent()


def test_two_stacks_do_not_reset_each_other_for_ever():
    network = Network(Stack("10.0.0.1", secret=b"1"), left := Stack("10.0.0.2", secret=b"2"))
    seen = []
    network.on_packet = lambda now, packet: seen.append(packet)
    left.receive(Segment(TCPHeader(1, 2, flags=flags_of("."))).packet("10.0.0.1", "10.0.0.2"), 0.0)
    network.run(limit_s=1000)
    assert len(seen) == 1


# Addresses.


@pytest.mark.parametrize("address", ["224.0.0.1", "239.255.255.255", "255.255.255.255", "0.0.0.0", "240.0.0.1"])
def test_dial_to_no_single_host_is_refused(address):
    with pytest.raises(OSError, match="single host"):
        Packets().stack.connect(address, 80, now=0.0)


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "0.0.0.0"])
def test_syn_from_no_single_host_is_ignored(address):
    p = Packets()
    p.stack.listen(US[1])
    p.comes("S", 7, source=(address, 5)).silent()
    assert not p.stack.connections


@pytest.mark.parametrize("address", ["224.0.0.1", "10.0.0.255", "255.255.255.255", "10.0.0.3"])
def test_packet_for_another_address_is_ignored(address):
    p = Packets()
    p.stack.listen(US[1])
    p.comes("S", 7, to=address).comes(".", 7, 9, to=address).silent()


def test_one_address_for_a_connection():
    """The stack's own, whatever comes."""
    p = Packets()
    connection = p.opened(p.stack.listen(US[1]))
    assert connection.local == US
    connection.send(b"x")
    p.goes("P.")  # looks at the address


def test_ports_that_are_in_use():
    p = Packets()
    p.stack.connect(*THEM, p.now, source_port=5)
    with pytest.raises(OSError, match="already"):
        p.stack.connect(*THEM, p.now, source_port=5)
    p.stack.connect(*OTHER, p.now, source_port=5)
    ports = {p.stack.connect(*THEM, p.now).local[1] for _ in range(100)}
    assert len(ports) == 100


def test_first_port_is_drawn_from_the_secret():
    """Then one after the other, round the whole range (RFC 6056, 3.3.1 and 3.3.2)."""
    first = []
    for secret in (b"a", b"b", b"c", b"a"):
        stack = Stack(US[0], secret=secret)
        first += [stack.connect(*THEM, 100.0).local[1] for _ in range(2)]
    assert first[:2] == first[6:]
    assert len(set(first)) == 6
    ports = [stack.connect(*OTHER, 100.0).local[1] for _ in EPHEMERAL]
    assert {*ports} == {*EPHEMERAL} == {*range(49_152, 65_536)}
    assert all(later - port in (1, 1 - len(EPHEMERAL)) for port, later in itertools.pairwise(ports))
    with pytest.raises(OSError, match="All 16384 ports"):
        stack.connect(*OTHER, 100.0)


# What is checked before a segment is one.


@pytest.mark.parametrize("at", range(20, 44))
def test_damaged_segment_is_dropped(at):
    p = Packets()
    p.stack.listen(US[1])
    packet = bytearray(Segment(TCPHeader(THEM[1], US[1], 7, flags=flags_of("S")), b"data").packet(THEM[0], US[0]))
    packet[at] ^= 4
    p.packet(bytes(packet)).silent()
    assert list(p.stack.dropped.values()) == [1]


def test_checksum_is_right_on_the_way_out():
    p = Packets()
    connection = p.opened(p.stack.listen(US[1]))
    for size in (1, 2, 999):
        connection.send(b"x" * size)
        p.goes("P.")  # looks at the checksum
        p.comes(".", 5001, connection.snd.nxt % 2**32)


def test_ip_options_are_passed_over():
    p = Packets()
    p.stack.listen(US[1])
    segment = bytes(Segment(TCPHeader(THEM[1], US[1], 7, flags=flags_of("S"))).with_checksum(THEM[0], US[0]))
    for options in (
        b"\x01\x01\x01\x00",
        bytes.fromhex("8307040a000003 00"),
        bytes.fromhex("44080500 00000000"),
        b"\x07\xff\xff\xff",
    ):
        header = IPv4Header.carrying(segment, THEM[0], US[0], options=options)
        p.packet(bytes(header) + segment)
        p.goes("S.", ack=8)


@pytest.mark.parametrize(("ttl", "diffserv"), [(64, 0), (1, 0xB8), (255, 0x28)])
def test_ttl_and_diffserv_are_settings(ttl, diffserv):
    p = Packets(ttl=ttl, diffserv=diffserv)
    p.stack.connect(*THEM, p.now)
    p.comes("S", 7)  # of no connection: an RST
    for packet in p.poll().unseen:
        header = IPv4Header.parse(packet)
        assert (header.ttl, header.tos) == (ttl, diffserv)
    assert len(p.unseen) == 2


# Initial sequence numbers (RFC 6528).


def test_isn_follows_a_clock():
    """One more every 4 us: within a connection's ends each is above those before, until they wrap."""
    numbers = [initial_sequence_number(b"secret", US, THEM, now) for now in (0.0, 4e-6, 1.0, 17_179.869184)]
    assert (numbers[1] - numbers[0]) % 2**32 == 1
    assert (numbers[2] - numbers[0]) % 2**32 == 250_000
    assert numbers[3] == numbers[0]


def test_isn_tells_nothing_without_the_secret():
    """Other ends and other secrets begin elsewhere, all over the numbers."""
    at = [initial_sequence_number(b"secret", US, (THEM[0], port), 0.0) for port in range(1000)]
    other = [initial_sequence_number(b"other", US, (THEM[0], port), 0.0) for port in range(1000)]
    assert len({*at, *other}) == 2000
    for numbers in (at, other):
        assert 400 < sum(number >= 2**31 for number in numbers) < 600
        steps = {(after - before) % 2**32 for before, after in itertools.pairwise(numbers)}
        assert len(steps) > 990


def test_stack_uses_these_numbers():
    p = Packets()
    connection = p.stack.connect(*THEM, p.now, source_port=5)
    assert p.goes("S").seq == initial_sequence_number(b"a secret", connection.local, THEM, p.now)
    p.stack.listen(US[1])
    p.comes("S", 7)
    assert p.goes("S.").seq == initial_sequence_number(b"a secret", US, THEM, p.now)


def test_secret_differs_from_stack_to_stack():
    first, second = Stack(US[0]), Stack(US[0])
    for stack in (first, second):
        stack.connect(*THEM, 0.0, source_port=5)
    assert first.poll(0.0) != second.poll(0.0)


# Listeners.


def test_connections_to_one_port_are_kept_apart():
    p = Packets()
    listener = p.stack.listen(US[1])
    mine, yours = p.opened(listener), p.opened(listener, OTHER)
    p.comes("P.", 5001, mine.snd.nxt % 2**32, b"mine")
    p.comes("P.", 5001, yours.snd.nxt % 2**32, b"yours", source=OTHER)
    assert (mine.recv(), yours.recv()) == (b"mine", b"yours")
    p.poll().unseen.clear()
    assert p.opened(listener, hosts(1)[0]) not in (mine, yours, None)


def test_listen_leaves_other_connections_alone():
    """While one from the same port is dialling, and while one is being opened."""
    p = Packets()
    dialling = p.stack.connect(*OTHER, p.now, source_port=US[1])
    p.goes("S", OTHER)
    listener = p.stack.listen(US[1])
    p.comes("S", 7)
    p.goes("S.")
    with pytest.raises(OSError, match="listener already"):
        p.stack.listen(US[1])
    listener.close()
    p.goes("R.")
    p.stack.listen(US[1])
    p.comes("S", 9)
    p.goes("S.", ack=10)
    p.comes("S.", 70, dialling.snd.nxt % 2**32, source=OTHER)
    assert dialling.state == "ESTABLISHED"


def test_rst_gives_the_place_back():
    """The listener goes on, as if the SYN had not come."""
    p = Packets()
    listener = p.stack.listen(US[1], backlog=1)
    p.comes("S", 7)
    p.goes("S.")
    p.comes("R", 8).silent()
    assert (listener.accept(), p.stack.connections) == (None, ())
    assert p.opened(listener, OTHER)


def test_backlog_counts_what_waits():
    """SYNs beyond it are dropped, and may come again; a connection that is accepted makes room."""
    p = Packets()
    listener = p.stack.listen(US[1], backlog=3)
    ends = hosts(5)
    for end in ends:
        p.comes("S", 7, source=end)
    for end in ends[:3]:
        syn_ack = p.goes("S.", end)
        p.comes(".", 8, syn_ack.seq + 1, source=end)
    p.silent()
    p.comes("S", 7, source=ends[3]).silent()
    assert p.stack.dropped == {"a SYN for a full backlog": 3}
    assert listener.accept().remote == ends[0]
    p.comes("S", 7, source=ends[3])
    p.goes("S.", ends[3])


@pytest.mark.parametrize("flags", ["R", "R."])
def test_backlog_forgets_what_was_reset_before_it_was_accepted(flags):
    p = Packets()
    listener = p.stack.listen(US[1], backlog=2)
    for port in range(100):
        end = (THEM[0], 1000 + port)
        p.comes("S", 7, source=end)
        syn_ack = p.goes("S.", end)
        p.comes(".", 8, syn_ack.seq + 1, source=end).silent()
        p.comes("P.", 8, syn_ack.seq + 1, b"lost", source=end)
        p.comes(flags, 12, syn_ack.seq + 1, source=end).poll()
        p.unseen.clear()
    assert (listener.accept(), p.stack.connections, p.stack.dropped) == (None, (), {})
    accepted = p.opened(listener, OTHER)
    p.comes("R", 5001, source=OTHER).silent()
    assert (listener.accept(), type(accepted.error)) == (None, ConnectionResetError)


def test_syn_that_nobody_completes_is_forgotten():
    p = Packets()
    listener = p.stack.listen(US[1], backlog=1)
    p.comes("S", 7)
    while p.stack.connections:
        p.poll()
        p.now = max(p.now, p.stack.next_deadline() or 0)
    assert 180 <= p.now - 100 <= 300
    p.unseen.clear()
    assert p.opened(listener, OTHER)


# SYN cookies (RFC 4987, 3.6).


def flooded():
    """A listener with cookies, its backlog full of SYNs that nobody completes."""
    p = Packets()
    listener = p.stack.listen(US[1], backlog=8, syn_cookies=True)
    for end in hosts(100):
        p.comes("S", 7, source=end)
    p.poll()
    assert len(p.unseen) == 100
    p.unseen.clear()
    return p, listener


def test_cookie_opens_a_connection_under_a_flood():
    p, listener = flooded()
    connection = p.opened(listener)
    assert connection.state == "ESTABLISHED"
    p.comes("P.", 5001, connection.snd.nxt % 2**32, b"hello")
    assert connection.recv() == b"hello"


def test_cookie_of_a_listener_that_is_closed():
    p, listener = flooded()
    p.comes("S", 5000)
    p.comes(".", 5001, p.goes("S.").seq + 1)
    listener.close()
    p.poll()
    assert p.stack.connections == ()


def test_cookie_costs_no_memory():
    p, _ = flooded()
    assert len(p.stack.connections) == 8


@pytest.mark.parametrize(("mss", "remembered"), [(100, 216), (536, 536), (1000, 536), (1460, 1460), (9000, 1460)])
def test_cookie_remembers_the_mss(mss, remembered):
    p, listener = flooded()
    p.comes("S", 5000, options=(MSS(mss),))
    answer = p.goes("S.")
    p.comes(".", 5001, answer.seq + 1).poll()
    assert listener.accept().snd.mss == remembered


@pytest.mark.parametrize("change", ["ack", "seq", "port", "late"])
def test_forged_cookie_is_reset(change):
    p, listener = flooded()
    p.comes("S", 5000)
    ack = p.goes("S.").seq + 1
    p.after(200 * (change == "late"))
    p.poll().unseen.clear()
    source = (THEM[0], THEM[1] + (change == "port"))
    ack += change == "ack"
    p.comes(".", 5001 + (change == "seq"), ack, source=source)
    p.goes("R", source, seq=ack)
    assert listener.accept() is None


def test_cookie_holds_for_a_minute():
    p, listener = flooded()
    p.comes("S", 5000)
    ack = p.goes("S.").seq + 1
    p.after(60)
    p.comes(".", 5001, ack).poll()
    assert listener.accept()


# TIME-WAIT.


def in_time_wait(p, options=()):
    """A connection of a listener that we closed first; return it."""
    listener = p.stack.listen(US[1])
    p.comes("S", 5000, options=options)
    connection_seq = p.goes("S.").seq
    p.comes(".", 5001, (connection_seq + 1) % 2**32, options=options).poll()
    connection = listener.accept()
    connection.close()
    p.goes("F.")
    p.comes("F.", 5001, connection.snd.nxt % 2**32, options=options)
    p.goes(".", ack=5002)
    assert connection.state == "TIME-WAIT"
    return connection


def test_time_wait_is_opened_again_by_a_later_syn():
    p = Packets()
    old = in_time_wait(p)
    p.comes("S", 5002)
    answer = p.goes("S.", ack=5003)
    assert 0 < (answer.seq - old.snd.nxt) % 2**32 < 2**31
    p.silent()


def test_time_wait_is_not_opened_again_by_an_old_syn():
    p = Packets()
    old = in_time_wait(p)
    p.comes("S", 5000)
    p.goes(".", ack=5002)
    assert p.stack.connections == (old,)


def test_new_number_is_above_the_old_ones_whatever_was_sent():
    """A fast connection is ahead of the clock that new numbers come from."""
    p = Packets()
    listener = p.stack.listen(US[1])
    connection = p.opened(listener)
    for _ in range(100):
        connection.send(bytes(10_000))
        p.poll().unseen.clear()
        p.comes(".", 5001, connection.snd.nxt % 2**32)
    connection.close()
    p.poll().unseen.clear()
    p.comes("F.", 5001, connection.snd.nxt % 2**32)
    p.goes(".")
    p.after(0.1)
    p.comes("S", 9000)
    assert 0 < (p.goes("S.").seq - connection.snd.nxt) % 2**32 < 2**31


@pytest.mark.parametrize(
    ("value", "seq", "is_opened"), [(501, 10, True), (499, 9000, False), (500, 9000, True), (500, 10, False)]
)
def test_timestamps_tell_a_later_syn(value, seq, is_opened):
    """Also one whose number is lower (RFC 6191)."""
    p = Packets()
    in_time_wait(p, options=(NOP(), NOP(), Timestamps(500, 0)))
    p.comes("S", seq, options=(NOP(), NOP(), Timestamps(value, 0)))
    p.goes("S." if is_opened else ".")


def test_time_wait_without_a_listener_stays():
    """A SYN cannot end what it cannot open again."""
    p = Packets()
    old = in_time_wait(p)
    p.stack._listeners[US[1]].close()
    p.comes("S", 9000)
    p.goes(".", ack=5002)
    assert p.stack.connections == (old,)


def test_time_wait_is_forgotten_in_the_end():
    p = Packets()
    in_time_wait(p)
    p.after(60).silent()
    assert (p.stack.connections, p.stack.next_deadline()) == ((), None)
    p.comes("F.", 5001, 9)
    p.goes("R", seq=9)


# All together: numbers that wrap, in a real transfer.


@pytest.mark.parametrize("isn", [2**32 - 1, 2**32 - 50_000, 2**31 - 50_000])
def test_numbers_wrap_in_a_transfer(isn):
    """Both sides, with losses and packets out of order."""
    here, there = (Stack(address, Settings(iss=isn), secret=b"1") for address in ("10.0.0.1", "10.0.0.2"))
    network = Network(here, there, Link(delay_s=0.01, loss=0.02, reordering=0.02, duplication=0.02, seed=isn))
    listener = there.listen(80)
    connection = here.connect("10.0.0.2", 80, 0.0)
    network.run(lambda: bool(listener.ready), limit_s=100)
    accepted = listener.accept()
    data, got = bytes(range(256)) * 800, {connection: b"", accepted: b""}
    for each in got:
        assert each.send(data) == len(data)
        each.close()

    def is_done():
        for each in got:
            got[each] += each.recv()
        return all(each.has_ended for each in got)

    assert network.run(is_done, limit_s=1000)
    assert set(got.values()) == {data}
    assert {connection.error, accepted.error} == {None}
