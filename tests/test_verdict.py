"""What a check says: words that can be searched for, and a card of HTML."""

import dataclasses
from html.parser import HTMLParser

import pytest

from tcpkit.check import Compared, Comparison, Status, Verdict


class Text(HTMLParser):
    """Take the text out of HTML, and see that every tag is closed."""

    def __init__(self):
        super().__init__()
        self.text, self.open, self.tags = "", [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "br":
            self.text += "\n"
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += "" if "style" in self.open else data


def read(html):
    parser = Text()
    parser.feed(html)
    assert parser.open == []
    return parser


ALL = [
    Verdict(Status.TODO, "1.1 port_bytes"),
    Verdict(Status.TRY_AGAIN, "1.1 port_bytes", "For port=80 you returned 50.", printed="It also printed:\n| 80"),
    Verdict(Status.PASS, "1.1 port_bytes", "The most significant byte goes first.\nWhat if?"),
    Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: write one above, then run this cell again."),
    Comparison(Compared.AS_YOU_SAID, "AS YOU SAID b: 2 packets."),
    Comparison(Compared.ANOTHER, "YOU SAID a: 1 packet. WE SAW 2.\nYou sent one."),
]


@pytest.mark.parametrize("said", ALL, ids=lambda said: said.status.value)
def test_prints_its_message_and_shows_it_as_a_card(said):
    assert repr(said) == str(said) == said.message
    page = read(said._repr_html_())
    assert page.text == said.message
    assert page.tags[:3] == ["style", "div", "strong"]
    assert said._repr_html_() == dataclasses.replace(said)._repr_html_()
    style = said._repr_html_().split('style="')[1].split('"')[0]
    properties = {each.split(":")[0].strip() for each in style.split(";")}
    assert "border-left" in properties
    assert not {"color", "background", "background-color"} & properties  # text keeps the colour of the page


@pytest.mark.parametrize("status", Status)
def test_status_is_a_word_in_bold(status):
    html = Verdict(status, "1.1 port_bytes")._repr_html_()
    assert f"<strong>{status.value}</strong> 1.1 port_bytes" in html


def test_statuses_are_told_apart_by_their_rule():
    rules = {Verdict(status, "1.1")._repr_html_().split("solid ")[1].split(";")[0] for status in Status}
    assert len(rules) == len(Status)
    assert all(rule.startswith("var(--jp-") and ", #" in rule for rule in rules)


def test_card_escapes_what_the_learner_wrote():
    verdict = Verdict(Status.TRY_AGAIN, "1.1 port_bytes", "it raised E: <script>alert('x')</script> & `<b>`")
    page = read(verdict._repr_html_())
    assert page.tags == ["style", "div", "strong", "code"]
    assert page.text == verdict.message.replace("`", "")


def test_a_verdict_is_a_frozen_value_with_fields():
    wrong = Verdict(Status.TRY_AGAIN, "1.1 port_bytes", "Always 5.", "Always {got}.", "It also printed:\n| 5")
    assert wrong.message == "TRY AGAIN 1.1 port_bytes: Always 5.\nIt also printed:\n| 5"
    assert Verdict(Status.PASS, "1.1 port_bytes", "Big first.").message == "PASS 1.1 port_bytes\nBig first."
    with pytest.raises(dataclasses.FrozenInstanceError):
        ALL[0].status = Status.TODO
    assert [ALL[0].status, ALL[4].status] == ["TODO", "AS YOU SAID"]
