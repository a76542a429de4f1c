"""What a segment does to a connection when it arrives (RFC 9293, 3.10.7): its steps, in its order; False ends."""

from tcpkit.stack.departures import CLOCK_HZ, clock
from tcpkit.stack.numbers import place
from tcpkit.stack.receiver import Receiver
from tcpkit.stack.resets import reset_for
from tcpkit.stack.states import BOTH_FINS, CLOSED, FIN_SENT, LISTEN, RECEIVING, SYN_RECEIVED, SYN_SENT, TIME_WAIT, Event
from tcpkit.stack.tcb import ControlBlock
from tcpkit.stack.window import LARGEST_SHIFT, shift_for
from tcpkit.wire import MSS, SACK, Flags, SACKPermitted, Segment, Timestamps, WindowScale, before
from tcpkit.wire.options import find
from tcpkit.wire.seq import MODULUS

ACK, FIN, PSH, RST, SYN, URG = map(int, (Flags.ACK, Flags.FIN, Flags.PSH, Flags.RST, Flags.SYN, Flags.URG))  # faster
DEFAULT_MSS = 536  # bytes, where the SYN names none (RFC 9293, 3.7.1)
TIMESTAMPS_LENGTH = 12  # bytes of options with each segment
AFTER_LOST_SYN_S = 3.0  # RFC 6298, 5.7
OUTDATED_S = 24 * 86_400  # after so long a timestamp may have wrapped (RFC 7323, 5.5)


class Arrival:
    """A segment, its numbers turned into places in the two streams."""

    def __init__(self, tcb: ControlBlock, segment: Segment) -> None:
        self.segment, header = segment, segment.header
        self.flags, self.data, self.window = int(header.flags), segment.data, header.window
        before = tcb.settings.pieces.before
        self.seq = place(header.seq, tcb.rcv.nxt, before) if tcb.rcv else header.seq
        self.ack = place(header.ack, tcb.snd.una, before)
        self.length = len(self.data) + (self.flags & SYN > 0) + (self.flags & FIN > 0)
        self.options, self.timestamps = header.options, find(Timestamps, header.options)


def arrive(tcb: ControlBlock, segment: Segment, now: float) -> None:
    """Take a segment through the steps of the connection's state."""
    if tcb.state is CLOSED:
        return
    arrival = Arrival(tcb, segment)
    if tcb.state is LISTEN:
        in_listen(tcb, arrival, now)
    elif tcb.state is SYN_SENT:
        in_syn_sent(tcb, arrival, now)
    elif is_expected(tcb, arrival):
        if arrival.ack > tcb.snd.una:
            take_ack(tcb, arrival, now)
        hear(tcb, arrival, now)
        take_text(tcb, arrival, now)
    else:
        for step in STEPS:
            if not step(tcb, arrival, now):
                return


def is_expected(tcb: ControlBlock, arrival: Arrival) -> bool:
    """Say whether it is the next data, or an ACK of more, and steps 1 to 5 have nothing else to do (RFC 7323, 5.6)."""
    snd, rcv, stamp = tcb.snd, tcb.rcv, arrival.timestamps
    return (
        arrival.flags & ~PSH == ACK
        and arrival.seq == rcv.nxt < rcv.right
        and (snd.una < arrival.ack <= snd.highest or (snd.una == arrival.ack and arrival.length > 0))
        and (tcb.state in RECEIVING and not snd.wants_fin)
        and (stamp is not None and not before(stamp.value, tcb.ts_recent) if tcb.has_timestamps else True)
        and arrival.segment.header.data_offset == (8 if tcb.has_timestamps else 5)  # no room for a SACK
        and not snd.scoreboard.sacked
    )


def in_listen(tcb: ControlBlock, arrival: Arrival, now: float) -> None:
    """Take a SYN (RFC 9293, 3.10.7.2); the connection does not answer other segments."""
    if arrival.flags & (RST | ACK | SYN) == SYN:
        tcb.heard_at = now
        meet(tcb, arrival, now)
        tcb.move(Event.SYN)


def in_syn_sent(tcb: ControlBlock, arrival: Arrival, now: float) -> None:
    """Take the answer to our SYN, or a SYN of the other side (RFC 9293, 3.10.7.3)."""
    snd, flags = tcb.snd, arrival.flags
    if flags & ACK and not snd.iss < arrival.ack <= snd.highest:
        if answer := reset_for(arrival.segment):
            tcb.outbox.append(answer)
        return
    if flags & RST and flags & ACK:
        tcb.end(Event.RST, ConnectionRefusedError("Nobody listens there: the other side answered with an RST."))
    if flags & RST or not flags & SYN:
        return
    tcb.heard_at = now
    meet(tcb, arrival, now)
    if flags & ACK:
        take_ack(tcb, arrival, now)
        tcb.move(Event.SYN_ACK)
        tcb.rcv.owes_ack = True
    else:  # both sides sent a SYN at once
        tcb.move(Event.SYN)
        snd.nxt = snd.iss  # the SYN is sent once more, now with an ACK


def meet(tcb: ControlBlock, arrival: Arrival, now: float) -> None:
    """Take in the other side's SYN: its number, and what it offers."""
    settings, options = tcb.settings, arrival.options
    scale, mss = find(WindowScale, options), find(MSS, options)
    tcb.has_scale = settings.window_scale and scale is not None
    tcb.has_timestamps = settings.timestamps and arrival.timestamps is not None
    tcb.has_sack = settings.sack and find(SACKPermitted, options) is not None
    tcb.rcv = Receiver(settings, arrival.seq, shift_for(settings.receive_buffer) if tcb.has_scale else 0)
    tcb.last_ack_sent = tcb.rcv.nxt
    header = TIMESTAMPS_LENGTH * tcb.has_timestamps
    tcb.rcv.mss -= header  # a full segment holds so much less data
    if tcb.has_timestamps and arrival.timestamps:
        tcb.ts_recent, tcb.ts_recent_at = arrival.timestamps.value, now
    shift = min(scale.shift, LARGEST_SHIFT) if tcb.has_scale and scale else 0
    tcb.snd.agree(mss.size if mss else DEFAULT_MSS, header, shift, tcb.has_sack)
    tcb.snd.new_window(arrival.seq, tcb.snd.una, arrival.window)


def check_rst(tcb: ControlBlock, arrival: Arrival, now: float) -> bool:
    """Step 2: is it an RST to believe? Asked first, as the RFC's step 1 drops one outside the window anyway."""
    if not arrival.flags & RST:
        return True
    rcv = tcb.rcv
    answer = tcb.settings.pieces.on_rst(arrival.seq % MODULUS, rcv.nxt % MODULUS, rcv.right - rcv.nxt)
    if answer not in ("reset", "challenge", "drop"):
        raise ValueError(f'on_rst returned {answer!r}: return "reset", "challenge" or "drop"')
    if answer == "challenge":
        tcb.challenge(now)
    elif answer == "reset" and tcb.state in BOTH_FINS:
        tcb.end(Event.RST)
    elif answer == "reset" and tcb.state is SYN_RECEIVED and SYN_SENT in tcb.path:
        tcb.end(Event.RST, ConnectionRefusedError("The other side took its SYN back."))
    elif answer == "reset":
        tcb.end(Event.RST, ConnectionResetError("The other side ended this connection with an RST."))
    return False


def check_timestamp(tcb: ControlBlock, arrival: Arrival, now: float) -> bool:
    """Drop a segment whose timestamp is older than the latest (PAWS; RFC 7323, 5.3)."""
    if not tcb.has_timestamps:
        return True
    if arrival.timestamps is None:
        return bool(arrival.flags & SYN)
    if before(arrival.timestamps.value, tcb.ts_recent) and now - tcb.ts_recent_at < OUTDATED_S:
        tcb.challenge(now, is_bare=not arrival.length)
        return False
    return True


def check_sequence(tcb: ControlBlock, arrival: Arrival, now: float) -> bool:
    """Steps 1 and 4: drop what is outside the window, and SYNs (RFC 5961, 4.2); answer with the number expected."""
    rcv = tcb.rcv
    if tcb.state is SYN_RECEIVED and arrival.flags & SYN and arrival.seq == rcv.irs:
        if arrival.flags & ACK:  # both sides sent a SYN: this one is known, its ACK is new
            arrival.flags &= ~SYN
            arrival.seq, arrival.length = arrival.seq + 1, arrival.length - 1
            arrival.window >>= tcb.snd.shift  # with a SYN it is not scaled
        else:
            tcb.snd.nxt = tcb.snd.iss  # our answer was lost
            return False
    if not rcv.is_acceptable(arrival.seq, arrival.length):
        if arrival.seq != rcv.nxt or rcv.right > rcv.nxt:
            answer_unacceptable(tcb, arrival, now)
            return False
        rcv.owes_ack = True  # a window of 0 still takes ACK and URG
    if arrival.flags & SYN:
        tcb.challenge(now)
    return not arrival.flags & SYN


def answer_unacceptable(tcb: ControlBlock, arrival: Arrival, now: float) -> None:
    """Acknowledge old data again, as its ACK may be lost; answer other segments not too often."""
    if (arrival.data or arrival.flags & FIN) and arrival.seq < tcb.rcv.nxt:
        tcb.rcv.owes_ack = True
    else:
        is_keep_alive = arrival.seq == tcb.rcv.nxt - 1 and arrival.ack <= tcb.snd.highest
        tcb.challenge(now, is_bare=not arrival.length and not is_keep_alive)
    if tcb.state is TIME_WAIT and arrival.flags & FIN:
        tcb.time_wait_until = now + tcb.settings.time_wait_s


def check_ack(tcb: ControlBlock, arrival: Arrival, now: float) -> bool:
    """Step 5: take what the other side acknowledges."""
    snd = tcb.snd
    if not arrival.flags & ACK:
        return False
    if snd.una == snd.iss and not snd.iss < arrival.ack <= snd.highest:
        tcb.outbox.append(reset_for(arrival.segment))  # type: ignore[arg-type]  # none only for an RST: step 2 took it
        return False
    if not snd.una - snd.largest_wnd <= arrival.ack <= snd.highest:
        tcb.challenge(now, is_bare=not arrival.length)  # RFC 5961, 5.2
        return False
    if arrival.ack == snd.una and snd.flight and not arrival.length and arrival.window << snd.shift == snd.wnd:
        snd.scoreboard.duplicate()  # a duplicate ACK (RFC 5681, 2)
    sack = find(SACK, arrival.options) if tcb.has_sack else None
    for block in sack.blocks if sack else ():
        left, right = (place(edge, snd.una, tcb.settings.pieces.before) for edge in block)
        if snd.una < left < right <= snd.nxt:
            snd.scoreboard.sack(left, right)
    if arrival.ack > snd.una:
        take_ack(tcb, arrival, now)
    hear(tcb, arrival, now)
    if snd.scoreboard.find_lost(snd.una):  # enough has arrived beyond a gap: a fast recovery begins
        snd.congestion.on_loss(snd.was_under_way, now)
        snd.scoreboard.begin_recovery(snd.una, snd.nxt)
    if tcb.state is SYN_RECEIVED:
        tcb.move(Event.ACK_OF_SYN)
    if snd.wants_fin and snd.una > snd.end and tcb.state in FIN_SENT:
        end_one_way(tcb, Event.ACK_OF_FIN, now)
    return tcb.state is not CLOSED


def take_ack(tcb: ControlBlock, arrival: Arrival, now: float) -> None:
    """Move SND.UNA; measure the round trip, restart the timer, open the congestion window."""
    snd = tcb.snd
    is_late_syn = snd.una == snd.iss and tcb.retransmissions > 0
    is_fast_recovery = snd.scoreboard.is_recovering and snd.scoreboard.timed_out_at is None
    if (rtt_s := measure(tcb, arrival, now)) is not None:
        snd.rto.measured(rtt_s)
        snd.srtt_s += (rtt_s - snd.srtt_s) / (8 if snd.srtt_s else 1)
    if is_late_syn:
        snd.rto.timeout_s = max(snd.timeout_s, AFTER_LOST_SYN_S)
        snd.congestion.cwnd = snd.mss  # RFC 5681, 3.1
    acked = snd.acked(arrival.ack)
    tcb.retransmissions, tcb.retransmit_at, tcb.give_up_at = 0, None, None
    if snd.flight:
        tcb.retransmit_at = now + snd.timeout_s
        tcb.asks(now)
    if snd.is_full and not is_fast_recovery:
        snd.congestion.on_ack(acked, now, snd.srtt_s or 1 / CLOCK_HZ)  # 0: less than a tick of the timestamps


def hear(tcb: ControlBlock, arrival: Arrival, now: float) -> None:
    """Note what an acceptable segment says beside its numbers: a time, a window, and that somebody is there."""
    snd = tcb.snd
    if tcb.has_timestamps and arrival.timestamps and arrival.seq <= tcb.last_ack_sent:
        tcb.ts_recent, tcb.ts_recent_at = arrival.timestamps.value, now  # only now: a forged one is not echoed
    if arrival.ack >= snd.una:
        tcb.heard_at = now
        snd.new_window(arrival.seq, arrival.ack, arrival.window << snd.shift)
        if not snd.flight if snd.wnd else not tcb.is_released:  # else only an ACK of new data is an answer
            tcb.give_up_at = None


def measure(tcb: ControlBlock, arrival: Arrival, now: float) -> float | None:
    """Return the round trip that an ACK shows, in seconds, or None."""
    # A timestamp shows it (RFC 7323, 4.1), unless it was sent before the last timeout: that one answers a copy, and
    # counts our wait for a lost ACK. Without timestamps, only data sent once does (Karn): an ACK names no copy.
    if tcb.has_timestamps and arrival.timestamps and arrival.timestamps.echo:
        rtt_s = ((clock(now) - arrival.timestamps.echo) % 2**32) / CLOCK_HZ
        return rtt_s if rtt_s <= now - tcb.timed_out_at + 1 / CLOCK_HZ else None
    if tcb.timed is None or arrival.ack < tcb.timed[0]:
        return None
    (_, sent_at), tcb.timed = tcb.timed, None
    return now - sent_at


def take_text(tcb: ControlBlock, arrival: Arrival, now: float) -> bool:
    """Steps 6 to 8: note how far the data is urgent, take it, and the FIN after it."""
    if arrival.flags & URG and tcb.state in RECEIVING:
        tcb.rcv.urgent_until = max(tcb.rcv.urgent_until, arrival.seq + arrival.segment.urgent)
    if arrival.length and tcb.state not in RECEIVING:
        tcb.rcv.owes_ack = True
    elif tcb.is_released and arrival.data and arrival.seq + len(arrival.data) > tcb.rcv.nxt:
        tcb.owes_reset = True
        tcb.end(Event.ABORT, ConnectionAbortedError("You released this connection, and data came after that."))
    elif arrival.length:
        tcb.rcv.take(arrival.seq, arrival.data, bool(arrival.flags & FIN), now)
        if tcb.rcv.has_ended:
            end_one_way(tcb, Event.FIN, now)
    return False


def end_one_way(tcb: ControlBlock, event: Event, now: float) -> None:
    """Change the state after a FIN; in TIME-WAIT, wait until no old segment can arrive."""
    tcb.move(event)
    if tcb.state is TIME_WAIT:
        tcb.time_wait_until = now + tcb.settings.time_wait_s
        tcb.retransmit_at = tcb.keep_alive_at = tcb.give_up_at = None


# RFC 9293, 3.10.7.4: for all other states.
STEPS = (check_rst, check_timestamp, check_sequence, check_ack, take_text)
