"""The printable card."""

import re
from html.parser import HTMLParser

import pytest

from tcpkit.draw import card, header_map
from tcpkit.draw.palette import LIGHT
from tcpkit.wire import Flags

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Checks that tags close, and keeps words, rows and images."""

    def __init__(self):
        super().__init__()
        self.open, self.words, self.rows, self.images, self.meta = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        {"img": self.images, "meta": self.meta}.get(tag, []).append(dict(attributes))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture(scope="module")
def page():
    reader = Reader()
    reader.feed(card())
    reader.close()
    assert reader.open == []
    return reader


def test_it_is_one_whole_page(page):
    assert card().startswith('<!DOCTYPE html>\n<html lang="en">')
    assert {"charset": "utf-8"} in page.meta


def test_it_needs_no_other_file(page):
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org)|@import|url\(|href=", card())
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.images)


def test_it_prints_on_light_paper(page):
    assert "@page" in card()
    assert f"background: {LIGHT.ground}" in card()
    assert "color-scheme: only light" in card()
    assert {"name": "color-scheme", "content": "only light"} in page.meta


def test_it_holds_the_header_map_and_a_labelled_line(page):
    header, line = page.images
    assert header["alt"] == header_map().alt
    assert "Flags [P.], seq 1:32, ack 1, length 31" in line["alt"]
    assert all(label in line["alt"] for label in ("sender", "receiver", "flags", "seq from:to", "ack", "length"))


def test_it_counts_from_0_to_15(page):
    rows = [row for row in page.rows if len(row) == 3 and row[0].isdigit()]
    assert rows == [[str(value), f"{value:x}", f"{value:04b}"] for value in range(16)]


def test_it_names_every_flag(page):
    named = {row[1]: row[0] for row in page.rows if row[1] in Flags.__members__}
    assert named == {flag.name: str(flag) for flag in Flags}


def test_it_names_the_labs_calls(page):
    calls = [row[0] for row in page.rows if re.search("lab|packets|talk|run|transfer|async", row[0])]
    assert calls == [
        "lab = Lab()",
        "lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)",
        "with lab.capture() as packets:",
        'packets.tcpdump("-v -X")',
        "lab.counters()",
        'me = lab.host("10.0.0.2")',
        "with me.talk(8000) as talk:",
        'running = me.run(Stack("10.0.0.2"))',
        "transfer(data, link), share(flows, ...)",
        "async with me.asyncio(stack):",
        'lab.wire(lab.namespace("box"))',
    ]


def test_it_tells_no_ending(page):
    """RST is on the card as the name of a flag, and nowhere else."""
    assert " ".join(page.words).count("RST") == 1
    assert [row for row in page.rows if "RST" in row] == [["R", "RST", "reset"]]
    assert not re.search(r"data offset [0-9]\b(?! bits)|TcpOutRsts|repl(y|ies)|refused", card() + header_map().alt)
