"""The scoreboard, against RFC 6675 counted octet by octet."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.scoreboard import DUP_THRESH, MOST_RANGES, Ranges, Scoreboard

MSS, UNA, NXT = 10, 1000, 1120  # twelve segments under way


class Naive:
    """RFC 6675's definitions (section 4), one octet at a time."""

    def __init__(self):
        self.una, self.sacked, self.high_rxt, self.all_lost_below = UNA, set(), None, 0

    def is_lost(self, octet):
        if octet < self.all_lost_below:
            return True
        above = sorted(each for each in self.sacked if each > octet)
        runs = sum(each - 1 not in self.sacked for each in above)
        return runs >= DUP_THRESH or len(above) > (DUP_THRESH - 1) * MSS

    def pipe(self, nxt):
        count = 0
        for octet in range(self.una, nxt):
            if octet not in self.sacked:
                count += not self.is_lost(octet)
                count += self.high_rxt is not None and octet < self.high_rxt
        return count

    def next_lost(self, nxt):
        """Return the octets of rule (1) of NextSeg."""
        low = max(self.una, self.high_rxt or self.una)
        return [octet for octet in range(low, nxt) if octet not in self.sacked and self.is_lost(octet)]

    def next_missing(self):
        """Return the octets of rule (3)."""
        low = max(self.una, self.high_rxt or self.una)
        return [octet for octet in range(low, max(self.sacked, default=low)) if octet not in self.sacked]


class ByIsLostOnly(Scoreboard):
    """Leaves out the number of duplicates, which RFC 6675 looks at beside IsLost; that is tested below."""

    def sack(self, left, right):
        super().sack(left, right)
        self.duplicates = 0


def pair_of_both(kind=ByIsLostOnly):
    return kind(MSS, has_sack=True), Naive()


def sack(board, naive, left, right):
    board.sack(left, right)
    naive.sacked |= set(range(left, right))


def find_lost(board, naive, nxt):
    """Look for what is lost, and begin a recovery as a connection does; say whether it began."""
    begins = board.find_lost(naive.una)
    if begins:
        board.begin_recovery(naive.una, nxt)
        naive.high_rxt = naive.una
    return begins


def assert_same(board, naive, nxt):
    again = board.to_send_again(naive.una)
    lost = naive.next_lost(nxt) if board.is_recovering else []
    assert (again is None) == (not lost)
    if again:
        left, right = again
        assert left == lost[0]
        assert set(range(left, right)) <= set(lost), "nothing is sent again that is not lost"
        assert right not in lost, "all of the gap"
    left, right = board.to_send_again(naive.una, is_lost=False) or (0, 0)
    missing = naive.next_missing() if board.is_recovering else []
    assert [*range(left, right)] == missing[: right - left]
    assert bool(missing) == (left < right)
    assert right not in missing
    if board.is_recovering:
        assert board.pipe(naive.una, nxt) == naive.pipe(nxt)


blocks = st.tuples(st.integers(UNA + 1, NXT - 1), st.integers(1, 45)).map(lambda b: (b[0], min(NXT, b[0] + b[1])))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("sack"), blocks),
        st.tuples(st.just("send again"), st.none()),
        st.tuples(st.just("ack"), st.integers(1, 40)),
        st.tuples(st.just("time out"), st.none()),
    ),
    max_size=25,
)


@given(steps)
@example([("sack", (1010, 1031)), ("send again", None)])
@example([("sack", (1010, 1020)), ("sack", (1030, 1040)), ("sack", (1050, 1060))])
@example([("sack", (1050, 1080)), ("send again", None), ("sack", (1090, 1119)), ("ack", 20), ("time out", None)])
def test_it_counts_as_the_rfc_does(steps):
    board, naive = pair_of_both()
    for what, how in steps:
        if what == "sack" and how[0] > naive.una:
            sack(board, naive, *how)
            find_lost(board, naive, NXT)
        elif what == "send again" and (again := board.to_send_again(naive.una)):
            right = min(again[1], again[0] + MSS)
            board.sent_again(right)
            naive.high_rxt = right
        elif what == "ack" and naive.una + how <= NXT:
            naive.una += how
            naive.sacked = {octet for octet in naive.sacked if octet >= naive.una}
            board.acked(naive.una, how)
            if not board.is_recovering:
                naive.high_rxt = None
                naive.all_lost_below = 0
                return  # what was lost before is forgotten here, and would be found anew there
        elif what == "time out":
            board.timed_out(naive.una, NXT)
            naive.sacked, naive.all_lost_below, naive.high_rxt = set(), NXT, naive.una
        assert_same(board, naive, NXT)


@given(st.lists(blocks, max_size=8))
@example([(1011, 1012), (1013, 1014), (1015, 1016)])
def test_a_recovery_begins_as_soon_as_the_first_octet_is_lost(given_blocks):
    board, naive = pair_of_both()
    for left, right in given_blocks:
        sack(board, naive, left, right)
        begins = find_lost(board, naive, NXT)
        assert board.is_recovering == naive.is_lost(UNA)
        assert not begins or board.recovery_until == NXT
        if board.is_recovering:
            return


def test_three_small_segments_beyond_a_gap_begin_a_recovery_too():
    """RFC 6675, 5 (2): by their number, though they are less than two full segments."""
    board, naive = pair_of_both(Scoreboard)
    for number, left in enumerate((1001, 1002, 1003), 1):
        board.sack(left, left + 1)
        assert find_lost(board, naive, 1004) == (number == 3)
    assert board.to_send_again(UNA) == (1000, 1001)


def test_the_same_block_once_more_is_no_duplicate():
    board, naive = pair_of_both(Scoreboard)
    for _ in range(10):
        board.sack(1005, 1010)
        board.duplicate()
        assert not find_lost(board, naive, NXT)


# Without SACK (RFC 5681, 3.2; RFC 6582).


@pytest.fixture
def plain():
    return Scoreboard(MSS, has_sack=False)


def duplicates(board, count, una=UNA, nxt=NXT):
    for _ in range(count):
        board.duplicate()
        if board.find_lost(una):
            board.begin_recovery(una, nxt)


def test_the_third_duplicate_loses_the_first_segment(plain):
    duplicates(plain, 2)
    assert not plain.is_recovering
    duplicates(plain, 1)
    assert plain.is_recovering
    assert plain.must_send
    assert plain.to_send_again(UNA) == (UNA, UNA + MSS)
    plain.sent_again(UNA + MSS)
    assert plain.to_send_again(UNA) is None
    assert not plain.must_send


def test_each_duplicate_is_a_segment_that_left_the_network(plain):
    assert plain.pipe(UNA, NXT) == 120
    duplicates(plain, 2)
    assert plain.pipe(UNA, NXT) == 100
    duplicates(plain, 3)
    plain.sent_again(UNA + MSS)
    assert plain.pipe(UNA, NXT) == 70, "twelve, of which five arrived; the first counts, as it went again"


def test_a_partial_ack_loses_the_next_segment(plain):
    duplicates(plain, 6)
    plain.sent_again(UNA + MSS)
    plain.acked(UNA + 40, 40)
    assert plain.must_send
    assert plain.to_send_again(UNA + 40) == (UNA + 40, UNA + 50)
    assert plain.pipe(UNA + 40, NXT) == 40, "of eight the first is lost; six had arrived, four of which the ACK counts"


def test_a_full_ack_ends_the_recovery_and_forgets_the_duplicates(plain):
    duplicates(plain, 9)
    plain.acked(NXT, NXT - UNA)
    assert not plain.is_recovering
    assert plain.duplicates == 0
    assert plain.pipe(NXT, NXT) == 0
    assert not plain.find_lost(NXT), "no recovery of nothing"


@pytest.mark.parametrize("has_sack", [False, True])
@pytest.mark.parametrize("under_way", [1, 3, MSS - 1, MSS, MSS + 3])
def test_nothing_beyond_what_was_sent_is_sent_again(has_sack, under_way):
    """A segment that would reach behind the last byte was taken for a FIN once."""
    board = Scoreboard(MSS, has_sack)
    if has_sack:
        board.timed_out(UNA, UNA + under_way)
    else:
        duplicates(board, 3, nxt=UNA + under_way)
    left, right = board.to_send_again(UNA)
    assert (left, right) == (UNA, min(UNA + under_way, right))
    board.sent_again(right)
    if right < UNA + under_way:
        board.acked(right, right - UNA)
        assert board.to_send_again(right) in (None, (right, UNA + under_way))


@pytest.mark.parametrize("has_sack", [False, True])
def test_a_timeout_loses_everything_also_what_was_sacked(has_sack):
    board = Scoreboard(MSS, has_sack)
    board.sack(1050, 1060)
    board.timed_out(UNA, NXT)
    assert board.to_send_again(UNA) == (UNA, NXT)
    assert board.pipe(UNA, NXT) == 0
    assert board.must_send


def test_hostile_blocks_take_so_much_memory_and_no_more():
    board = Scoreboard(MSS, has_sack=True)
    for left in range(0, 4 * MOST_RANGES, 2):
        board.sack(left, left + 1)
    assert len(board.sacked) == MOST_RANGES
    assert isinstance(board.sacked, Ranges)
