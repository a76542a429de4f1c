"""A connection in each state, and lines that read like a packet trace.

`comes` hands it a segment of the other side, `goes` says what it sends next.
Numbers are relative, as tcpdump prints them: a SYN has 0, the first byte of
data 1. Flags are tcpdump's, too. The decorator `any_isn` runs a test from
several initial sequence numbers, so that all that is shown holds where
numbers wrap.
"""

import functools
import inspect
import itertools

import pytest

from tcpkit.stack.connection import Connection
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import Stack
from tcpkit.wire import MSS, Flags, IPv4Header, Segment, TCPHeader
from tcpkit.wire.tcp import LETTERS

US, THEM = ("10.0.0.2", 8000), ("10.0.0.1", 40_000)
ISNS = {  # ours and theirs: far from the ends, at them, and where signs would turn
    "plain": (1_000, 5_000),
    "last": (2**32 - 1, 2**32 - 1),
    "data wraps": (2**32 - 3, 2**32 - 1_500),
    "half": (2**31 - 1, 2**31 - 3),
}
OFFERS = (MSS(1000),)  # what the other side's SYN has, unless a test says otherwise


def looped(**choices):
    """Run a test with every combination of these arguments; a failure says with which.

    One collected test, where `pytest.mark.parametrize` makes hundreds.
    """

    def decorate(test):
        @functools.wraps(test)
        def run_all(**others):
            for values in itertools.product(*choices.values()):
                chosen = dict(zip(choices, values, strict=True))
                try:
                    test(**chosen, **others)
                except BaseException as error:
                    error.add_note(f"This was with {chosen}.")
                    raise

        signature = inspect.signature(test)
        others = [parameter for name, parameter in signature.parameters.items() if name not in choices]
        run_all.__signature__ = signature.replace(parameters=others)
        return run_all

    return decorate


any_isn = looped(isns=ISNS.values())


def flags_of(letters):
    """Return the flags that tcpdump writes so."""
    return Flags(sum(1 << LETTERS.index(letter) for letter in letters))


class Trace:
    """One connection, its clock, and the segments that it has sent and no line has asked for yet."""

    def __init__(self, isns=ISNS["plain"], **settings):
        self.iss, self.irs = isns
        self.now = 100.0
        self.us = Connection(US, THEM, self.iss, Settings(**settings))
        self.unseen = []

    @property
    def state(self):
        return str(self.us.state)

    def comes(self, flags, seq=0, ack=None, data=b"", window=65_535, urgent=0, options=(), **fields):
        """The other side's segment arrives."""
        header = TCPHeader(
            THEM[1],
            US[1],
            (self.irs + seq) % 2**32,
            0 if ack is None else (self.iss + ack) % 2**32,
            flags_of(flags),
            window,
            urgent=urgent,
            options=options,
            **fields,
        )
        self.us.receive(Segment.parse(bytes(Segment(header, data))), self.now)
        return self

    def poll(self):
        """Let the connection do what is due; nothing is due any more then."""
        self.unseen += self.us.poll(self.now)
        deadline = self.us.next_deadline()
        assert deadline is None or deadline > self.now
        return self

    def goes(self, flags, seq=None, ack=None, data=None, **fields):
        """The next segment that we send; return it."""
        if not self.unseen:
            self.poll()
        assert self.unseen, f"nothing goes out; expected {flags} seq {seq} ack {ack}"
        segment = self.unseen.pop(0)
        expected = {"flags": str(flags_of(flags)), "seq": seq, "ack": ack, "data": data, **fields}
        got = {
            "flags": str(segment.flags),
            "seq": (segment.seq - self.iss) % 2**32,
            "ack": (segment.ack - self.irs) % 2**32 if segment.flags & Flags.ACK else None,
            "data": segment.data,
        }
        got |= {name: getattr(segment, name) for name in fields}
        expected = {name: value for name, value in expected.items() if value is not None}
        assert {name: got[name] for name in expected} == expected
        return segment

    def silent(self):
        """Nothing more goes out."""
        self.poll()
        assert not self.unseen, f"unexpected: {[self.line(segment) for segment in self.unseen]}"
        return self

    def texts(self):
        """Return what goes out now, as (first number, behind the last) of each segment with data."""
        self.poll()
        segments, self.unseen = [segment for segment in self.unseen if segment.data], []
        firsts = [(segment.seq - self.iss) % 2**32 for segment in segments]
        return [(first, first + len(segment.data)) for first, segment in zip(firsts, segments, strict=True)]

    def line(self, segment):
        """Return a segment as tcpdump would write it, more or less."""
        seq, ack = (segment.seq - self.iss) % 2**32, (segment.ack - self.irs) % 2**32
        return f"{segment.flags} seq {seq} ack {ack} win {segment.window} length {len(segment.data)}"

    def after(self, seconds):
        """Time passes."""
        self.now += seconds
        return self

    def at_deadline(self):
        """Time passes until something is due; return how long that took."""
        was, self.now = self.now, self.us.next_deadline()
        return self.now - was


class Packets:
    """A stack, and hosts that send it packets; numbers are the wire's here."""

    def __init__(self, **settings):
        self.now = 100.0
        self.stack = Stack(US[0], Settings(**settings), secret=b"a secret")
        self.unseen = []

    def comes(self, flags, seq=0, ack=0, data=b"", source=THEM, port=US[1], window=65_535, options=OFFERS, **ip):
        """A packet arrives."""
        segment = Segment(TCPHeader(source[1], port, seq, ack, flags_of(flags), window, options=options), data)
        return self.packet(segment.packet(source[0], ip.pop("to", US[0]), **ip))

    def packet(self, packet):
        self.stack.receive(packet, self.now)
        return self

    def poll(self):
        self.unseen += self.stack.poll(self.now)
        deadline = self.stack.next_deadline()
        assert deadline is None or deadline > self.now
        return self

    def goes(self, flags, to=THEM, **fields):
        """The next packet that we send; return its segment."""
        if not self.unseen:
            self.poll()
        assert self.unseen, f"nothing goes out; expected {flags}"
        packet = self.unseen.pop(0)
        header, segment = IPv4Header.parse(packet), Segment.parse(packet[20:])
        assert (header.source, header.destination, header.total_length) == (US[0], to[0], len(packet))
        assert segment.checksum == segment.with_checksum(US[0], to[0]).checksum
        assert (segment.destination_port, str(segment.flags)) == (to[1], str(flags_of(flags)))
        assert {name: getattr(segment, name) for name in fields} == fields
        return segment

    def silent(self):
        self.poll()
        assert not self.unseen
        return self

    def after(self, seconds):
        self.now += seconds
        return self

    def opened(self, listener, source=THEM, seq=5000):
        """Dial the listener and accept; return the connection."""
        self.comes("S", seq, source=source, port=listener.port)
        answer = self.goes("S.", source, ack=seq + 1)
        self.comes(".", seq + 1, answer.seq + 1, source=source, port=listener.port).silent()
        return listener.accept()


# One function a state. The other side's MSS is 1,000 here, its window 65,535, both without
# timestamps, SACK and window scale, unless a test says otherwise.


def closed(isns=ISNS["plain"], **settings):
    return Trace(isns, **settings)


def listening(isns=ISNS["plain"], **settings):
    trace = closed(isns, **settings)
    trace.us.listen()
    return trace


def syn_sent(isns=ISNS["plain"], **settings):
    trace = closed(isns, **settings)
    trace.us.dial(trace.now)
    trace.goes("S", seq=0)
    return trace


def syn_received(isns=ISNS["plain"], offers=OFFERS, window=65_535, **settings):
    trace = listening(isns, **settings)
    trace.comes("S", seq=0, window=window, options=offers)
    trace.goes("S.", seq=0, ack=1)
    return trace


def established(isns=ISNS["plain"], offers=OFFERS, window=65_535, **settings):
    """Dialled by us, as the other states are."""
    trace = syn_sent(isns, **settings)
    trace.comes("S.", seq=0, ack=1, window=window, options=offers)
    trace.goes(".", seq=1, ack=1)
    return trace


def fin_wait_1(isns=ISNS["plain"], **settings):
    trace = established(isns, **settings)
    trace.us.close()
    trace.goes("F.", seq=1, ack=1)
    return trace


def fin_wait_2(isns=ISNS["plain"], **settings):
    trace = fin_wait_1(isns, **settings)
    trace.comes(".", seq=1, ack=2)
    return trace


def close_wait(isns=ISNS["plain"], **settings):
    trace = established(isns, **settings)
    trace.comes("F.", seq=1, ack=1)
    trace.goes(".", seq=1, ack=2)
    return trace


def closing(isns=ISNS["plain"], **settings):
    trace = fin_wait_1(isns, **settings)
    trace.comes("F.", seq=1, ack=1)
    trace.goes(".", seq=2, ack=2)
    return trace


def last_ack(isns=ISNS["plain"], **settings):
    trace = close_wait(isns, **settings)
    trace.us.close()
    trace.goes("F.", seq=1, ack=2)
    return trace


def time_wait(isns=ISNS["plain"], **settings):
    trace = fin_wait_2(isns, **settings)
    trace.comes("F.", seq=1, ack=2)
    trace.goes(".", seq=2, ack=2)
    return trace


STATES = {
    "CLOSED": closed,
    "LISTEN": listening,
    "SYN-SENT": syn_sent,
    "SYN-RECEIVED": syn_received,
    "ESTABLISHED": established,
    "FIN-WAIT-1": fin_wait_1,
    "FIN-WAIT-2": fin_wait_2,
    "CLOSE-WAIT": close_wait,
    "CLOSING": closing,
    "LAST-ACK": last_ack,
    "TIME-WAIT": time_wait,
}
# Relative numbers in the builders above: what we expect next from the other side, and our next one.
RCV_NXT = {"CLOSE-WAIT": 2, "CLOSING": 2, "LAST-ACK": 2, "TIME-WAIT": 2}
SND_NXT = {"FIN-WAIT-1": 2, "FIN-WAIT-2": 2, "CLOSING": 2, "LAST-ACK": 2, "TIME-WAIT": 2}
SYNCHRONIZED = [name for name in STATES if name not in ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED")]
EVERY_STATE = pytest.mark.parametrize("name", STATES)
EVERY_SYNCHRONIZED_STATE = pytest.mark.parametrize("name", SYNCHRONIZED)
