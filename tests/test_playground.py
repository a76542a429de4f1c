"""The playground without a browser: its knobs are turned by hand."""

import os
import signal
import sys
import threading

import ipywidgets
import pytest
from processes import PATIENCE_S, eventually, is_alive

from tcpkit import playground as module
from tcpkit.playground import Again, Knobs, Playground, playground, try_out
from tcpkit.wire import Flags, complaints

STORY = """\
you send: 127.0.0.1.8989 > 127.0.0.1.8000: Flags [S], cksum 0x6f57 (correct), seq 0:44, win 0, length 44
comes back: 127.0.0.1.8000 > 127.0.0.1.8989: Flags [R.], cksum 0x6f44 (correct), seq 0, ack 45, win 0, length 0
the kernel counts: TcpInSegs +2  TcpOutSegs +1  TcpOutRsts +1"""


def words(seen):
    return dict(seen.words)


# One experiment


def test_the_knobs_begin_at_the_storys_syn(lab):
    assert str(try_out(lab, Knobs())) == STORY
    assert bytes(Knobs().segment).hex() == "231d1f400000000000000000500200006f570000" + "00" * 44


@pytest.mark.parametrize(
    ("knobs", "sent", "back", "moved"),
    [
        (Knobs(offset=4), "[bad hdr length 16 - too short, < 20]", "nothing", "TcpInErrs +1"),
        (Knobs(offset=15, zeros=0), "[bad hdr length 60 - too long, > 20]", "nothing", "TcpInSegs +1"),
        (Knobs(offset=6), "options [eol], length 40", "ack 41", "TcpOutRsts +1"),
        (Knobs(is_right=False), "cksum 0x6f58 (incorrect -> 0x6f57)", "nothing", "TcpInErrs +1  TcpInCsumErrors +1"),
        (Knobs(flags=Flags.RST), "Flags [R]", "nothing", "TcpInSegs +1"),
        (Knobs(flags=Flags.ACK), "Flags [.]", "Flags [R], cksum", "TcpOutRsts +1"),
        (Knobs(flags=Flags(0)), "Flags [none]", "ack 44", "TcpOutRsts +1"),
        (Knobs(flags=Flags.SYN | Flags.FIN, zeros=64), "Flags [FS]", "ack 66", "TcpOutRsts +1"),
        (Knobs(port=65_535), "127.0.0.1.65535: ", "127.0.0.1.65535 > ", "TcpOutRsts +1"),
        (Knobs(port=8989), "127.0.0.1.8989 > 127.0.0.1.8989", "ack 45", "TcpOutRsts +1"),
    ],
)
def test_what_comes_of_a_turn(lab, knobs, sent, back, moved):
    seen = words(try_out(lab, knobs))
    assert sent in seen["you send"]
    assert back in seen["comes back"]
    assert moved in seen["the kernel counts"]


@pytest.mark.parametrize("offset", range(5, 16))
def test_only_a_checksum_that_is_turned_wrong_is_wrong(offset):
    for flags in range(64):
        knobs = {"offset": offset, "flags": Flags(flags), "zeros": 40}
        assert complaints(Knobs(**knobs).segment) == ()
        (complaint,) = complaints(Knobs(**knobs, is_right=False).segment)
        assert complaint.field == "checksum"


@pytest.mark.parametrize(
    ("touched", "lit"), [("offset", "data offset 5"), ("port", "destination port 8000"), ("zeros", "checksum 0x6f57")]
)
def test_what_was_turned_is_lit(lab, touched, lit):
    assert f"lit: {lit}." in try_out(lab, Knobs(), frozenset({touched})).header.alt
    assert "lit:" not in try_out(lab, Knobs()).header.alt


# The widgets


@pytest.fixture
def play(lab):
    return Playground(lab, ipywidgets, quiet_s=0.001)


def turned(play):
    """Wait until the playground shows what its knobs say; return that."""
    play.wait()
    return play.seen


def test_it_shows_the_story_before_anything_is_turned(play):
    assert repr(play) == f"A playground: its knobs turn in a notebook that runs.\n{STORY}"
    assert "ack 45" in play.output.value
    assert play.output.value.count("<img ") == 1


def test_every_knob_turns(play):
    play.knobs["offset"].value = 7
    assert "ack 37" in words(turned(play))["comes back"]
    assert "lit: data offset 7" in play.seen.header.alt
    play.knobs["zeros"].value = 8
    assert "ack 1," in words(turned(play))["comes back"]
    play.knobs["port"].value = 8002
    assert "127.0.0.1.8002 > " in words(turned(play))["comes back"]
    assert "lit: destination port 8002." in play.seen.header.alt
    play.flags[Flags.FIN].value = True
    assert "Flags [FS]" in words(turned(play))["you send"]
    play.knobs["checksum"].value = "wrong"
    assert words(turned(play))["comes back"] == "nothing"
    assert play.seen.html() == play.output.value


def test_knobs_stop_at_their_ends(play):
    for name, value, end in (
        ("offset", 99, 15),
        ("offset", -1, 0),
        ("zeros", 9_999, 64),
        ("port", 0, 1),
        ("port", 10**6, 65_535),
    ):
        play.knobs[name].value = value
        assert play.knobs[name].value == end
    assert "you send" in words(turned(play))


def test_fast_clicking_ends_with_the_last_click(lab, monkeypatch):
    running, overlaps, runs = [], [], []
    real = module.try_out

    def watched(*arguments):
        overlaps.append(len(running))
        running.append(1)
        runs.append(arguments)
        try:
            return real(*arguments)
        finally:
            running.pop()

    monkeypatch.setattr(module, "try_out", watched)
    play = Playground(lab, ipywidgets)
    for click in range(500):
        play.knobs["offset"].value = click % 16
        play.flags[Flags.FIN].value = click % 3 == 0
    play.flags[Flags.FIN].value = False
    play.knobs["offset"].value = 7
    assert "ack 37" in words(turned(play))["comes back"]
    assert not any(overlaps), "two experiments at once"
    assert len(runs) < 500, "what is passed on the way is left out"
    assert play._again._worker is None


def test_clicks_from_many_threads_are_one_experiment_at_a_time(play):
    def click(flag):
        for on in (True, False) * 20:
            play.flags[flag].value = on

    threads = [threading.Thread(target=click, args=(flag,)) for flag in (Flags.ACK, Flags.FIN, Flags.PSH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert str(turned(play)) == STORY


def test_a_closed_lab_is_said_in_a_sentence(play, lab):
    lab.close()
    play.knobs["offset"].value = 7
    assert (
        str(turned(play)) == "nothing was sent: The lab is gone: make a new one, lab = Lab(), and run this cell again."
    )
    assert "<img " not in play.output.value
    assert "The lab is gone" in repr(Playground(lab, ipywidgets))


def test_a_killed_lab_is_said_in_a_sentence(play, lab):
    os.kill(lab._agent.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(lab._agent.pid))
    play.knobs["port"].value = 9
    assert str(turned(play)).startswith("nothing was sent: The lab is gone")


def test_whatever_else_goes_wrong_is_shown_and_the_next_turn_works(play, monkeypatch):
    def broken(*_):
        raise OSError("too many files <open>")

    with monkeypatch.context() as patch:
        patch.setattr(module, "try_out", broken)
        play.knobs["offset"].value = 6
        assert str(turned(play)) == "this did not work: OSError: too many files <open>"
        assert "&lt;open&gt;" in play.output.value
    play.knobs["offset"].value = 7
    assert "ack 37" in str(turned(play))


def test_a_notebook_gets_the_widgets_and_their_text(play):
    bundle = play._repr_mimebundle_()
    assert bundle["text/plain"] == repr(play)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == play.box.model_id


def test_without_ipywidgets_one_sentence(lab, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert repr(playground(lab)).startswith("The playground needs ipywidgets, which this Python has not: pip install")


def test_something_that_is_no_lab():
    with pytest.raises(TypeError, match=r"playground\(lab\). This is NoneType"):
        playground(None)


def test_the_lessons_line(lab):
    assert isinstance(playground(lab), Playground)


# Again


def test_again_goes_on_after_an_error(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    done = []

    def do():
        done.append(1)
        if len(done) == 1:
            raise RuntimeError

    again = Again(do, quiet_s=0)
    again.nudge()
    again.wait()
    again.nudge()
    again.wait()
    assert len(done) == 2


def test_a_nudge_while_it_is_being_done_has_it_done_once_more():
    begun, go_on, done = threading.Event(), threading.Event(), []

    def do():
        begun.set()
        assert go_on.wait(PATIENCE_S)
        done.append(1)

    again = Again(do, quiet_s=0)
    again.nudge()
    assert begun.wait(PATIENCE_S)
    for _ in range(50):
        again.nudge()
    go_on.set()
    again.wait()
    assert len(done) == 2
