"""Lesson 04: right answers written in other ways, wrong ones with the words they get, guesses and suspects."""

import numpy as np

from tcpkit import Capture
from tcpkit.wire import Flags, Segment, TCPHeader, segment_length

TOOLS = (np,)  # for the rows
SYN, FIN, RST, ACK = Flags.SYN, Flags.FIN, Flags.RST, Flags.ACK
RESET = RST | ACK


def length_by_asking(flags, data_length):
    for flag in (SYN, FIN):
        if flag in flags:
            data_length += 1
    return data_length


def ack_by_building(offset, size):
    segment = Segment.parse(bytes(TCPHeader(1, 2, flags=SYN, data_offset=offset)) + bytes(size - 20))
    return None if offset < 5 or offset * 4 > size else len(segment.data) + 1


def answer(segment, number=None, to_ack=None, ack=ACK, modulus=2**32):
    """Return the right answer to a segment without RST, but for what is handed over."""
    if segment.flags & ack:
        return to_ack or (RST, segment.ack, 0)
    number = segment.seq + segment_length(segment.flags, len(segment.data)) if number is None else number
    return RESET, 0, number % modulus


def reset(segment, *wrong, **named):
    return None if segment.flags & RST else answer(segment, *wrong, **named)


def reset_by_bits(segment):
    data = bytes(segment)
    if data[13] & 4 or data[13] & 16:
        return None if data[13] & 4 else (4, int.from_bytes(data[8:12], "big"), 0)
    used = len(data) - 4 * (data[12] >> 4) + (data[13] & 1) + (data[13] >> 1 & 1)
    return 0x14, 0, (int.from_bytes(data[4:8], "big") + used) % 2**32


CLOTHES = {
    "segment_length": """
        data_length + bool(flags & SYN) + bool(flags & FIN) ;; data_length + (SYN in flags) + (FIN in flags)
        data_length + (flags & 0b11).bit_count() ;; data_length + [0, 1, 1, 2][flags & 3] ;; length_by_asking
        data_length + str(flags).count("S") + str(flags).count("F") ;; (int(flags) & 1) + (flags >> 1 & 1) + data_length
        np.int64(data_length) + np.count_nonzero([flags & SYN, flags & FIN])
        len(bytes(data_length)) + len([flag for flag in (SYN, FIN) if flags & flag])
    """,
    "ack_for_offset": """
        None if offset < 5 or 4 * offset > size else size - 4 * offset + 1 ;; ack_by_building
        size - 4 * offset + 1 if 20 <= 4 * offset <= size else None
        (size - (offset << 2)) + 1 if 5 <= offset <= size / 4 else None
        np.uint16(size + 1 - 4 * offset) if 5 <= offset <= size // 4 else None
        {each: size - 4 * each + 1 for each in range(5, 16) if 4 * each <= size}.get(offset)
        ([None] * 5 + list(range(size - 19, 0, -4)) + [None] * 16)[offset]
        segment_length(SYN, size - offset * 4) if offset >= 5 and size >= offset * 4 else None
    """,
    "reset_for": """
        reset ;; reset_by_bits ;; reset(segment) and list(reset(segment)) ;; reset(segment, modulus=1 << 32)
        reset(segment) and tuple(map(int, reset(segment))) ;; reset(segment) and tuple(map(np.uint32, reset(segment)))
        reset(segment) and (np.uint8(reset(segment)[0]), *reset(segment)[1:])
        reset(segment) and [Flags(reset(segment)[0]), np.int64(reset(segment)[1]), reset(segment)[2]]
    """,
}

WRONG = {
    "segment_length": """
        data_length => You return 44, but the kernel acknowledges 45. What else has a number?
        data_length + (FIN in flags) => The SYN takes a number as well
        data_length + (SYN in flags) => The end of the stream, FIN, has a number too.
        data_length + (1 if flags & (SYN | FIN) else 0) => SYN and FIN together use two numbers: each takes its own
        data_length + 1 ;; data_length + 1 if SYN or FIN in flags else data_length => You add to every segment, but a
        data_length + (SYN or FIN in flags) => (`Flags.SYN or Flags.FIN in flags` is always true, if you wrote
        data_length + ((SYN | FIN) in flags) => Wherever it is wrong, it is one too small.
        data_length + (flags == SYN) + (flags == FIN) ;; data_length + (flags in (SYN, FIN)) => A SYN with PSH beside it
        data_length + flags & SYN ;; data_length + (flags & SYN) >> 1 => As if brackets were missing
        20 + data_length => 64? Numbers are for data, not for headers.
        data_length + bin(flags).count("1") ;; data_length + len(str(flags)) * (flags > 0) => Two of the flags do.
        data_length + (flags & 3) ;; data_length + (flags & SYN or flags & FIN) => A SYN adds 2 here, as its bit
        data_length + flags ;; data_length + (flags & SYN) + bool(flags & FIN) => A SYN adds 2 here
        SYN or FIN in flags => You return S for every input. What does the answer depend on?
    """,
    "ack_for_offset": """
        None if offset < 5 or offset * 4 >= size else size - 4 * offset + 1 => 6 in 24: the header fills the packet
        None if offset < 5 else size - 4 * offset + 1 => size=24 you returned -3. The kernel sent no answer. What did
        size - 4 * offset + 1 ;; None if 4 * offset > size else size - 4 * offset + 1 => The kernel sent no answer.
        45 => You return 45 for every input. What does the answer depend on?
        size + 1 => You count the whole buffer. The header is not data.
        size - 20 + 1 ;; None if offset < 5 else size - 19 => You always count 20 bytes of header.
        size - 4 * offset ;; None if offset < 5 or offset * 4 >= size else size - 4 * offset => The SYN uses a number as
        size - offset << 2 ;; size - (offset << 2 + 1) => As if brackets were missing
        size - offset + 1 ;; size - offset => The offset counts words of four bytes.
        None if offset * 4 >= size else size - 4 * offset + 1 => size=64 you returned 65. The kernel sent no answer.
        46 if offset == 5 else ack_by_building(offset, size) => you returned 46. The kernel answered ack 45. What did
        "45" => '45', text (str). The answer is a number (int) or None.
        None ;; print(size - 4 * offset + 1) => It returned None each time. Does it reach
    """,
    "reset_for": """
        answer ;; None if segment.flags == RST else answer(segment) => Nobody answers an RST, also with other flags besi
        reset(segment, modulus=2**33) => Seq 4294967295 plus one for the SYN is 0
        reset(segment) and (reset(segment)[0], *reset(segment)[:0:-1]) => in another order: flags, then seq, then ack
        reset(segment) and (RST, *reset(segment)[1:]) => You name an ack without the flag ACK.
        reset(segment) and (reset(segment)[0], segment.ack, reset(segment)[2]) => expects: then your seq is 0.
        reset(segment, to_ack=(RST, segment.ack, segment.seq)) => The kernel answered R, seq 1000, ack 0. What did you
        reset(segment, ack=ACK if segment.flags == ACK else 0) ;; reset(segment, ack=0) => An ACK, also with other flags
        answer(segment, ack=0, modulus=2**33) => names the number that its sender expects: that is your seq. Send no
        reset(segment, to_ack=(RST, segment.seq, 0)) ;; reset(segment, to_ack=(RST, 0, 0)) => that is your seq. Send no
        reset(segment, segment.seq + segment_length(segment.flags, len(bytes(segment)) - 20)) => carry options
        reset(segment, segment.seq + len(segment.data)) ;; answer(segment, segment.seq + 1, ack=0) => exercise 4.1.
        reset(segment, segment.seq) ;; reset(segment, segment.seq + len(segment.data) + (segment.flags & 3)) => SYN, FIN
        reset(segment) if segment.flags else None ;; reset(segment) if segment.flags == SYN else None => You answer some
        answer(segment, segment.seq + 1, ack=0) if segment.flags == SYN else None => You answer some segments only.
        reset(segment) and (str(reset(segment)[0]), *reset(segment)[1:]) => none. Write `Flags.RST | Flags.ACK`.
        reset(segment, to_ack=(RST, segment.ack)) => you returned (R, 1000). The kernel answered R, seq 1000, ack 0.
        (RESET, 0, 45) => You return R., seq 0, ack 45 for every input.
        7 if segment.flags & RST else answer(segment) => 7, a number (int). The answer is a tuple or None.
    """,
}

SENT, INVITED = (Capture.of(Segment(TCPHeader(8989, 8000, flags=flags)))[0] for flags in (SYN, SYN | ACK))
ACKS = {offset: 65 - 4 * offset for offset in range(5, 16)}
SHOWS = {"a": lambda: Flags.SYN, "b": lambda: ("127.0.0.1.8002 >", 7), "d": lambda: {"TcpOutRsts": 1}}
GUESSES = r"""
    recall(np.int64(24)) => PASS 4.0 recall\n9 words of four bytes are 36 bytes of header
    recall(51) => TRY AGAIN 4.0 recall: The 9 counts words, not bytes.
    recall(31) => TRY AGAIN 4.0 recall: You answered 31. How did you find this answer?
    recall("24") => TRY AGAIN 4.0 recall: The number is right, and it is text.
    guess_packets("a", [SENT, SENT]) => YOU SAID a: 1 packet. WE SAW 2.\nThe story's author
    guess_packets(2, [SENT, SENT]) => AS YOU SAID b: 2 packets.\nYou sent one packet. Who sent the other?
    guess_packets("C", [SENT, SENT]) => YOU SAID c: 3 packets. WE SAW 2.\nA three-way handshake
    guess_packets("c", [SENT, INVITED]) => NOT SEEN YET: a program listens on port 8000 in your lab
    guess_packets("a", []) ;; guess_next("a", {}) => NOT SEEN YET: run the cell with the experiment above
    guess_next("41, 37, 33", ACKS) => AS YOU SAID b: 41, 37, 33.\nEach step of the offset turns four bytes
    guess_next("a", ACKS) => YOU SAID a: 44, 43, 42. WE SAW 41, 37, 33.\nOne more word of header
    guess_next("c", ACKS) => YOU SAID c: 45, 45, 45. WE SAW 41, 37, 33.\nOne more word of header
    guess_next("a", dict.fromkeys(ACKS, 1)) => NOT SEEN YET: a program listens on port 8000 in your lab
    suspect_program("a", SHOWS) => YOU CHOSE a. WE SAW:\n`S`\nNo program listens in the lab, on port 8000 or on any
    suspect_port(" (B). ", SHOWS) => YOU CHOSE b. WE SAW:\n`'127.0.0.1.8002 >'`\n`7`\nPort 8002 answers as 8000 did
    suspect_network("d", SHOWS) => YOU CHOSE d. WE SAW:\n`{'TcpOutRsts': 1}`\nThe packets were counted.
    suspect_watching("a", SHOWS) => YOU CHOSE a. WE SAW:\n`S`\nA capture listens on no port
    suspect_watching("e", SHOWS) => NO GUESS YET: this answer cannot be read. Choose one of a, b, c, d.
    suspect_watching("c", SHOWS) => NOT SEEN YET: run the cell with the experiments above
"""
