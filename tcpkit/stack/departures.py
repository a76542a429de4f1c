"""What a connection sends, and when: first its timers, then its segments."""

from tcpkit.stack.states import CLOSED, FIN_WAIT_2, NOT_OPENED, TIME_WAIT, Event
from tcpkit.stack.tcb import ControlBlock
from tcpkit.stack.window import LARGEST, shift_for
from tcpkit.wire import MSS, NOP, SACK, Flags, SACKPermitted, Segment, TCPHeader, Timestamps, WindowScale
from tcpkit.wire.fill import filled
from tcpkit.wire.options import Option, Packed, pack_options, usual_options
from tcpkit.wire.seq import MODULUS

ACK, FIN, PSH, RST, SYN, URG = Flags.ACK, Flags.FIN, Flags.PSH, Flags.RST, Flags.SYN, Flags.URG
TEXT_FLAGS = {(p, f, u): ACK | PSH * p | FIN * f | URG * u for p in (0, 1) for f in (0, 1) for u in (0, 1)}
CLOCK_HZ = 1000  # of the timestamps (RFC 7323, 5.4)
MOST_BLOCKS = {False: 4, True: 3}  # of a SACK, without and with timestamps
FIN_WAIT_2_S = 60.0  # as Linux has it, once both ways are closed here
KEEP_ALIVE_AGAIN_S = 75.0  # between two that are not answered
URGENT_REACH = 65_535  # bytes that the urgent pointer reaches


def poll(tcb: ControlBlock, now: float) -> list[Segment]:
    """Do what is due; return the segments to send."""
    if tcb.state not in NOT_OPENED:
        fire(tcb, now)
    segments, tcb.outbox = tcb.outbox, []
    if tcb.owes_reset:
        segments.append(reset(tcb, now))
        tcb.owes_reset = False
    if tcb.state in NOT_OPENED:
        return segments
    snd, rcv = tcb.snd, tcb.rcv
    if snd.nxt == snd.iss:
        segments.append(syn(tcb, now))
    if snd.una != snd.iss and (snd.flight or snd.has_unsent or snd.persist.deadline is not None):
        if not snd.flight and snd.has_unsent and now - tcb.sent_at > snd.timeout_s:
            snd.congestion.on_idle()  # a window long unused is forgotten (RFC 5681, 4.1)
        while (numbers := snd.to_send()) is not None:
            segments.append(text(tcb, *numbers, now))
        flight, cwnd = snd.flight, snd.congestion.cwnd
        snd.was_under_way = min(flight, cwnd)  # without limited transmit (RFC 5681, 3.2)
        snd.is_full = flight + 2 * snd.mss > cwnd
        if not flight and snd.has_unsent:  # all waits for a window
            snd.persist.start(now, snd.timeout_s)
        else:
            snd.persist.stop()
    while rcv and (rcv.owes_ack or rcv.owed_duplicates):
        rcv.owed_duplicates = max(0, rcv.owed_duplicates - 1)
        segments.append(segment(tcb, snd.nxt, ACK, now))  # without data, else it is no duplicate ACK
    return segments


def fire(tcb: ControlBlock, now: float) -> None:
    """Do what the timers say is due."""
    if tcb.is_released and tcb.state is FIN_WAIT_2 and tcb.time_wait_until is None:
        tcb.time_wait_until = now + FIN_WAIT_2_S
    if tcb.time_wait_until is not None and now >= tcb.time_wait_until:
        tcb.end(Event.TIME_OUT)
    elif tcb.give_up_at is not None and now >= tcb.give_up_at:
        tcb.end(Event.TIME_OUT, TimeoutError(f"The other side has not answered for {tcb.patience_s:g} s."))
    if tcb.state in (CLOSED, TIME_WAIT):
        return
    if tcb.rcv and tcb.rcv.ack_deadline is not None and now >= tcb.rcv.ack_deadline:
        tcb.rcv.owes_ack = True
    if tcb.retransmit_at is not None and now >= tcb.retransmit_at:
        retransmit(tcb, now)
    elif tcb.rcv and tcb.snd.has_unsent and tcb.snd.persist.expired(now):
        tcb.outbox.append(probe(tcb, now))
    if tcb.settings.keep_alive_s is not None:
        keep_alive(tcb, now, tcb.settings.keep_alive_s)


def retransmit(tcb: ControlBlock, now: float) -> None:
    """Send again from SND.UNA on, as no ACK came in time (RFC 6298, 5.4 to 5.6)."""
    snd = tcb.snd
    tcb.asks(now)
    snd.rto.back_off()
    tcb.retransmissions += 1
    tcb.timed_out_at, tcb.retransmit_at = now, now + snd.timeout_s
    if snd.una == snd.iss:
        snd.nxt = snd.iss
        return
    if snd.scoreboard.timed_out_at != snd.una:
        snd.congestion.on_timeout(snd.flight, now)
    snd.scoreboard.timed_out(snd.una, snd.nxt)


def keep_alive(tcb: ControlBlock, now: float, idle_s: float) -> None:
    """Send a keep-alive to a side that has long been silent (RFC 9293, 3.8.4)."""
    if tcb.rcv is None or tcb.snd.flight:
        tcb.keep_alive_at = None
        return
    tcb.keep_alive_at = max(tcb.keep_alive_at or 0.0, tcb.heard_at + idle_s)
    if now >= tcb.keep_alive_at:
        tcb.asks(now)
        tcb.keep_alive_at = now + min(KEEP_ALIVE_AGAIN_S, idle_s)
        tcb.outbox.append(segment(tcb, tcb.snd.nxt - 1, ACK, now))


def clock(now: float) -> int:
    """Return the value of our timestamps at this time."""
    return int(now * CLOCK_HZ) % MODULUS


def segment(tcb: ControlBlock, seq: int, flags: Flags, now: float, data: bytes = b"", urgent: int = 0) -> Segment:
    """Return a segment of this connection, acknowledging all that has arrived."""
    rcv = tcb.rcv
    options = options_for(tcb, now, bool(data))
    ports, numbers = (tcb.local[1], tcb.remote[1]), (seq % MODULUS, rcv.nxt % MODULUS)
    header = TCPHeader.made(ports, numbers, flags, rcv.window_field(), urgent, options)
    rcv.acknowledged()
    tcb.last_ack_sent = rcv.nxt
    return filled(Segment, {"header": header, "data": data})


def options_for(tcb: ControlBlock, now: float, has_data: bool) -> Packed:
    """Return the options of a segment without SYN; a SACK only without data."""
    usual = usual_options(clock(now), tcb.ts_recent) if tcb.has_timestamps else ((), b"")
    if tcb.has_sack and not has_data and (blocks := tcb.rcv.sack_blocks(MOST_BLOCKS[tcb.has_timestamps])):
        sack = NOP(), NOP(), SACK(tuple((left % MODULUS, right % MODULUS) for left, right in blocks))
        return usual[0] + sack, usual[1] + pack_options(sack)
    return usual


def text(tcb: ControlBlock, left: int, right: int, now: float) -> Segment:
    """Return the segment with these numbers, FIN included, and note that it is sent."""
    snd = tcb.snd
    data = snd.data(left, min(right, snd.end))
    is_new = snd.sent(left, right)
    tcb.sent_at = now
    tcb.asks(now)
    if tcb.retransmit_at is None:
        tcb.retransmit_at = now + snd.timeout_s
    if not is_new:
        tcb.timed = None  # Karn: an ACK does not say which copy it is for
    elif tcb.timed is None:
        tcb.timed = (right, now)
    is_urgent = snd.urgent_until > left and snd.urgent_until - left <= URGENT_REACH
    flags = TEXT_FLAGS[bool(data) and left + len(data) == snd.end, right > snd.end, is_urgent]
    return segment(tcb, left, flags, now, data, snd.urgent_until - left if is_urgent else 0)


def probe(tcb: ControlBlock, now: float) -> Segment:
    """Return a window probe: one byte, or as many as the window takes."""
    tcb.asks(now)
    left, right = tcb.snd.probe()
    data = tcb.snd.data(left, min(right, tcb.snd.end))
    return segment(tcb, left, TEXT_FLAGS[False, right > tcb.snd.end, False], now, data)


def syn(tcb: ControlBlock, now: float) -> Segment:
    """Return our SYN, with an ACK if the other side's SYN has come."""
    snd, settings, rcv = tcb.snd, tcb.settings, tcb.rcv
    options: tuple[Option, ...] = (MSS(settings.mss),)
    if tcb.has_sack if rcv else settings.sack:
        options += (SACKPermitted(),)
    if tcb.has_timestamps if rcv else settings.timestamps:
        options += (Timestamps(clock(now), tcb.ts_recent),)
    if tcb.has_scale if rcv else settings.window_scale:
        options += (NOP(), WindowScale(shift_for(settings.receive_buffer)))
    tcb.asks(now)
    tcb.timed = (snd.iss + 1, now) if snd.highest == snd.iss else None
    snd.nxt = snd.highest = snd.iss + 1
    if tcb.retransmit_at is None:
        tcb.retransmit_at = now + snd.timeout_s
    if rcv:
        rcv.acknowledged()
    window = min(settings.receive_buffer, LARGEST)
    ack, flags = (rcv.nxt % MODULUS, SYN | ACK) if rcv else (0, SYN)
    return Segment(TCPHeader(tcb.local[1], tcb.remote[1], snd.iss % MODULUS, ack, flags, window, options=options))


def reset(tcb: ControlBlock, now: float) -> Segment:
    """Return the RST that ends this connection: its number is expected next, also if a probe was taken in."""
    return segment(tcb, min(tcb.snd.highest, max(tcb.snd.nxt, tcb.snd.una + tcb.snd.wnd)), RST | ACK, now)
