"""Sequence numbers: which comes first, the short way round a circle of 2**32."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.wire import MSS, Flags, Segment, TCPHeader, before, next_ack
from tcpkit.wire.seq import HALF, MODULUS

numbers = st.integers(0, MODULUS - 1)


@given(numbers, st.integers(1, HALF - 1))
@example(MODULUS - 1, 1)
@example(0, HALF - 1)
def test_what_lies_less_than_half_the_circle_ahead_comes_later(start, ahead):
    assert before(start, (start + ahead) % MODULUS) is True
    assert before((start + ahead) % MODULUS, start) is False


@pytest.mark.parametrize("a", [0, 1, HALF - 1, HALF, MODULUS - 1])
def test_nothing_comes_before_itself_or_its_antipode(a):
    assert not before(a, a)
    assert not before(a, (a + HALF) % MODULUS)


@pytest.mark.parametrize(
    ("seq", "flags", "data", "ack"),
    [
        (1000, Flags.ACK, b"", 1000),
        (1000, Flags.PSH | Flags.ACK, b"hello", 1005),
        (1000, Flags.FIN | Flags.ACK, b"hello", 1006),
        (1000, Flags.SYN | Flags.FIN, b"", 1002),
        (MODULUS - 1, Flags.SYN, b"", 0),
        (MODULUS - 9, Flags.ACK, bytes(30), 21),
    ],
)
def test_next_ack_is_the_number_after_the_segments_last(seq, flags, data, ack):
    header = TCPHeader(8989, 8000, seq=seq, ack=77, flags=flags, options=(MSS(1460),))
    assert next_ack(Segment(header, data)) == ack
