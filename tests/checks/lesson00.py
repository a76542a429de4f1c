"""Lesson 00: guesses with the words they get. It has no exercises."""

from tcpkit import Capture
from tcpkit.wire import Segment, TCPHeader

DATA = [b""] * 3 + [b"GET", b"", b"hello\n"] + [b""] * 4
GET = [Capture.of(Segment(TCPHeader(40000, 8080), data))[0] for data in DATA]
NAMES = ("writer", "nobody", "wrong_byte", "an_ack", "localhost", "kept_in")
SIX = dict(zip(NAMES, (("b", 1), ("c", 2), ("a", 3), ("B", 2), ["c", 1], (2, 1)), strict=True))
EMPTY = dict.fromkeys(SIX, ...)
PLACES = dict.fromkeys(range(1, 7), (..., ...))  # as the notebook has them


def six(**others):
    return SIX | others


UNTIL = "Save the notebook (Ctrl+S) to keep them. Lesson 05 asks three of them again: answer before you look here."
ODD = "KEPT, but look again:"
GUESSES = rf"""
    guess_packets("a", GET) => YOU SAID a: 2 packets. WE SAW 10.\nOne packet out and one back would be 2.
    guess_packets(2, GET) => YOU SAID a: 2 packets. WE SAW 10.
    guess_packets("b", GET) => YOU SAID b: 4 packets. WE SAW 10.\nRequest, page, a beginning and an end
    guess_packets("c", GET) ;; guess_packets(10, GET) => AS YOU SAID c: 10 packets.\nNow look which of them carry
    guess_packets("c", GET[:9]) => YOU SAID c: 10 packets. WE SAW 9.\nClose
    guess_packets("D", GET) => YOU SAID d: about 100 packets. WE SAW 10.\nFewer: the page, with its line of HTTP
    guess_packets("e", GET) => NO GUESS YET: this answer cannot be read. Choose one of a, b, c, d.
    guess_packets(..., GET) => NO GUESS YET: write one above, then run this cell again.
    guess_packets("a") ;; guess_packets("a", []) => NOT SEEN YET: run the cell with the experiment above
    guess_http(2, GET) => AS YOU SAID 2.\nThe request and the page. The others have length 0
    guess_http(10, GET) ;; guess_http(10, [*GET, GET[0]]) => YOU SAID 10. WE SAW 2.\nMost of them have length 0
    guess_http(0, GET) => YOU SAID 0. WE SAW 2.\nThen neither the request nor the page
    guess_http(1, GET) => YOU SAID 1. WE SAW 2.\nOne carries the request.
    guess_http("4", GET) => YOU SAID 4. WE SAW 2.\nCount the filled packets
    guess_http("b", GET) => NO GUESS YET: this answer cannot be read. Write one whole number, such as 3.
    guess_http(2, None) ;; guess_http(2, []) => NOT SEEN YET: run the cell with the experiment above

    kept(SIX) ;; kept(six(in_your_words=...)) => KEPT: all six.\n{UNTIL}
    kept(dict.fromkeys(SIX, ("c", 3))) ;; kept(six(writer=("d", 1))) => KEPT: all six.\n{UNTIL}
    kept(six(nobody=...)) => KEPT: 5 of six.\nStill empty: 2 (nobody).\n{UNTIL}
    kept(six(nobody=(), an_ack=None)) => KEPT: 4 of six.\nStill empty: 2 (nobody), 4 (an_ack).\n{UNTIL}
    kept(six(nobody=(..., 2), kept_in="")) => KEPT: 4 of six.\nStill empty: 2 (nobody), 6 (kept_in).\n{UNTIL}
    kept(dict(writer=("b", 1))) => KEPT: 1 of six.\nStill empty: 2, 3, 4, 5, 6.\n{UNTIL}
    kept(PLACES | {{1: ("b", 1), "browser": "magic"}}) => KEPT: 1 of six.\nStill empty: 2, 3, 4, 5, 6.
    kept(EMPTY) ;; kept(PLACES) ;; kept({{}}) ;; kept(...) => NO GUESS YET: write a letter for each of the six, then
    kept(six(nobody="b")) ;; kept(six(nobody=("b", ...))) => {ODD}\n2: how sure are you? 1, 2 or 3.\n{UNTIL}
    kept(six(nobody=("d", 2))) => {ODD}\n2: you wrote 'd'. The letters there are a, b, c.\n{UNTIL}
    kept(six(nobody=("b", 0))) => {ODD}\n2: how sure is 0? We mean 1, 2 or 3.\n{UNTIL}
    kept(six(nobody=("b", "very"))) => {ODD}\n2: how sure is 'very'? We mean 1, 2 or 3.\n{UNTIL}
    kept(six(nobody="b", an_ack=...)) => {ODD}\nStill empty: 4 (an_ack).\n2: how sure are you?
    kept(six(nobody=("x", 9))) => {ODD}\n2: you wrote 'x'. The letters there are a, b, c.\n2: how sure is 9?
"""
