"""A link that cuts segments anew: they overlap, and hold nothing that was not sent."""

import random
from itertools import pairwise

import pytest

from tcpkit.stack.link import Link
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.recut import Recut
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import transfer
from tcpkit.wire import Flags, Segment, TCPHeader

DATA = random.Random(7).randbytes(300_000)
ISN = 2**32 - 1500


def sent_through(link, sizes=(1000, 1000, 99, 1000), flags=Flags.ACK | Flags.PSH):
    """Send segments in order; return the stream, and what came of each as (place, data, flags)."""
    pipe, _ = link.both_ways()
    stream, at = random.Random(1).randbytes(sum(sizes)), 0
    for size in sizes:
        header = TCPHeader(1, 2, (ISN + at) % 2**32, 9, flags, 500)
        pipe.send(Segment(header, stream[at : at + size]).packet("10.0.0.1", "10.0.0.2"), 0.0)
        at += size
    came = [Segment.parse(packet[20:]) for packet in pipe.poll(1.0)]
    assert all(each.checksum == each.with_checksum("10.0.0.1", "10.0.0.2").checksum for each in came)
    return stream, [((each.seq - ISN) % 2**32, each.data, each.flags) for each in came], pipe


def test_each_segment_comes_in_two_that_overlap_each_other_and_the_one_before():
    stream, came, pipe = sent_through(Recut(share=1.0))
    assert (pipe.recut, len(came)) == (3, 7)
    assert all(stream[at : at + len(data)] == data for at, data, _ in came)
    ends = [(at, at + len(data)) for at, data, _ in came]
    assert ends[0][0] == 0
    for (_, end), (begin, _) in pairwise(ends[:4]):
        assert begin < end
    assert ends[4] == (2000, 2099), "a small one goes as it is"
    assert ends[5][0] < 2099
    assert ends[-1][1] == len(stream)


def test_only_the_second_of_two_has_psh_and_fin():
    _, came, _ = sent_through(Recut(share=1.0), (1000,), Flags.ACK | Flags.PSH | Flags.FIN)
    assert [flags for _, _, flags in came] == [Flags.ACK, Flags.ACK | Flags.PSH | Flags.FIN]


@pytest.mark.parametrize("link", [None, Link(delay_s=0.01, loss=0.02, reordering=0.05, seed=3)])
def test_a_transfer_arrives_whole(link):
    outcome = transfer(DATA, Recut(link, share=0.2))
    assert outcome.is_equal


def test_a_reassembler_that_takes_an_overlap_twice_spoils_it():
    class Twice(Reassembler):
        def add(self, at, data):
            if at < self.next < at + len(data):
                return super().add(self.next, data)
            return super().add(at, data)

    receiver = Settings(pieces=Pieces(reassembler=Twice))
    assert transfer(DATA, receiver=receiver, limit_s=60.0).is_equal
    assert not transfer(DATA, Recut(), receiver=receiver, limit_s=60.0).is_equal


def test_the_other_direction_and_a_share_of_0_change_nothing():
    plain = sent_through(Link())[1]
    assert sent_through(Recut(share=0.0))[1] == plain
    assert type(Recut().both_ways()[1]) is type(Link().pipe())


def test_the_same_seed_cuts_the_same():
    assert sent_through(Recut(share=0.5))[1] == sent_through(Recut(share=0.5))[1]
    assert transfer(DATA, Recut()) == transfer(DATA, Recut())


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share(share):
    with pytest.raises(ValueError, match=r"share is .*: it is a probability"):
        Recut(share=share)
