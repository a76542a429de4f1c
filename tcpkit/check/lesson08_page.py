"""What becomes of a page that an answer of lesson 08 fetches by hand from a real server, in a lab of its own."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any
from weakref import WeakSet

from tcpkit.check.call import Function
from tcpkit.check.live_talk import PATIENCE_S, live_talk
from tcpkit.check.values import Plain, name_family, plain, show_size
from tcpkit.stack.link import Link
from tcpkit.wire import MSS, Flags, Segment, next_ack, segment_length, seq
from tcpkit.wire.seq import MODULUS

FIN, PSH, ACK = Flags.FIN, Flags.PSH, Flags.ACK
PORT, WORDS, TIMES = 8080, b"TCP by hand. ", 15_692
PAGE = WORDS * TIMES
SERVE = f"""from http.server import BaseHTTPRequestHandler, HTTPServer
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.end_headers(), self.wfile.write({WORDS!r} * {TIMES})
HTTPServer(("", {PORT}), Page).serve_forever()"""
SERVED: WeakSet = WeakSet()  # labs in which it runs
REPEATS_S = 3.0  # the kernel repeats a segment after 0.2 s, and later on a busy machine
LOST = "your first ACKs are lost"
LINKS = {"clean": None, "one packet in five comes twice": Link(delay_s=0.001, duplication=0.2, seed=3), LOST: None}


def fetch_off_by(error: int, talk: Any) -> bytes:
    """Return all that the server sends up to its FIN, and acknowledge it with this error."""
    page, ended = b"", False
    while not ended:
        segment = talk.hear(2)
        if segment.seq == talk.ack:
            page, talk.ack = page + segment.data, next_ack(segment)
            ended = segment.flags & FIN
        if segment.data or segment.flags & FIN:
            talk.say(ACK, ack=(talk.ack + error) % MODULUS)
    return page


class Watched:
    """What an answer hears and says in a talk: the server's numbers pass 0 in the middle of the page.

    With `loses`, what the answer says is damaged on its way until the server repeats something.
    """

    def __init__(self, talk: Any, loses: bool) -> None:
        self.talk, self.loses, self.is_owed = talk, loses, False
        self.said: list[Segment] = []
        self._heard: set[int] = set()
        self._hear, self._say = talk.hear, talk.say
        self._shift = (-70_000 - talk.ack) % MODULUS
        talk.ack = (talk.ack + self._shift) % MODULUS
        talk.hear, talk.say = self.hear, self.say

    def hear(self, timeout_s: float = 1.0) -> Segment:
        """Return the next segment, its numbers moved."""
        segment = self._hear(min(timeout_s, REPEATS_S if self.loses else PATIENCE_S))
        comes_again = segment.seq in self._heard
        if segment_length(segment.flags, len(segment.data)):
            self._heard.add(segment.seq)
            self.is_owed, self.loses = comes_again, self.loses and not comes_again
        return Segment(replace(segment.header, seq=(segment.seq + self._shift) % MODULUS), segment.data)

    def say(self, flags: Flags, data: bytes = b"", **fields: Any) -> Segment:
        """Send a segment, its ack moved back."""
        if isinstance(flags, int) and flags & ACK:
            fields["ack"] = (fields.get("ack", self.talk.ack) - self._shift) % MODULUS
        self.said.append(self._say(flags, data, **fields | {"checksum": 0} if self.loses else fields))
        self.is_owed = False
        return self.said[-1]

    @property
    def went_back(self) -> bool:
        """Say whether an ack was lower than one before it."""
        acks = [each.ack for each in self.said if each.flags & ACK]
        return any(seq.before(later, earlier) for earlier, later in pairwise(acks))


def fetched(lab: Any, answer: Function, cable: str) -> object:
    """Return what became of a page, in the words of the lesson's SLIPS, and what came back."""
    if lab not in SERVED:
        lab.start([sys.executable, "-c", SERVE], port=PORT)
        SERVED.add(lab)
    with live_talk(lab, PORT, LINKS[cable], listens=False, seq=MODULUS - 20) as live:
        live.talk.dial(options=(MSS(1460),))
        live.talk.say(PSH | ACK, b"GET /page.txt HTTP/1.0\r\n\r\n")
        watched = Watched(live.talk, cable == LOST)
        word, told = "waits", "nothing: no segment came any more, and it was hearing"
        try:
            page = answer(live.talk)
            if show_size(page):
                return page
            word, told = _look(plain(page))
        except TimeoutError:
            pass
        finally:
            del live.talk.hear, live.talk.say
        deadline = time.monotonic() + 0.3  # for the last ACK to arrive
        while (left := live.unsent) and time.monotonic() < deadline:
            time.sleep(0.005)
        if not watched.said and word in ("waits", "part", "more", "other"):
            word = "no ACK"
        elif word == "waits":
            word = "copy" if watched.is_owed else "waits" if left else "goes on"
        elif word == "page":
            word = ("no FIN" if left == 1 else "no last") if left else "back" if watched.went_back else "page"
        return word if left is not None else "gone", told


def _look(page: Plain) -> tuple[str, str]:
    if not isinstance(page.value, bytes):
        return "kind", name_family(page)
    begin = max(page.value.find(b"HTTP/"), 0)
    body = _body(page.value)
    told = f"{len(body):,} bytes of the page"
    if begin and _body(page.value[begin:] + page.value[:begin]) == PAGE:
        return "turned", told
    if not PAGE.startswith(body):
        return "more" if body.count(WORDS) > TIMES else "other", told
    if body == PAGE:
        return "page alone" if page.value == PAGE else "page", told
    return "no byte" if not body else "no end" if len(PAGE) - len(body) <= 1460 else "part", told


def _body(page: bytes) -> bytes:
    head, gap, body = page.partition(b"\r\n\r\n")
    return body if gap else head
