"""tcpkit is what it was, whatever was set in it meanwhile."""

import importlib
import sys
import types

import pytest

import tcpkit
from tcpkit.check import guards, paper
from tcpkit.check.untouched import Untouched
from tcpkit.wire import Flags, Segment, TCPHeader


def everything():
    """Return what stands under each name of tcpkit's modules and classes."""
    found = {}
    for module in [each for name, each in sys.modules.items() if name.split(".")[0] == "tcpkit"]:
        found |= {(module.__name__, name): value for name, value in vars(module).items()}
        for kind in [each for each in vars(module).values() if isinstance(each, type)]:
            found |= {(kind.__module__, kind.__qualname__, name): value for name, value in vars(kind).items()}
    return found


def called(change, *lent):
    """Make the change, looked after; return what was said to have changed."""
    before, untouched = everything(), Untouched(lent)
    try:
        untouched.around(change)()
    finally:
        after = everything()
        assert {name for name in before.keys() | after.keys() if before.get(name) is not after.get(name)} == set()
    return untouched.changed


class Elsewhere:
    def __eq__(self, other):
        raise RuntimeError("hands off")

    def __getattribute__(self, name):
        raise RuntimeError("hands off")


@pytest.mark.parametrize(
    ("owner", "name", "value", "said"),
    [
        (tcpkit, "Segment", None, "tcpkit.Segment"),
        (tcpkit, "favourite", 7, "tcpkit.favourite"),
        (tcpkit, "favourite", Elsewhere(), "tcpkit.favourite"),
        (tcpkit.wire, "checksum", lambda data: 0, "tcpkit.wire.checksum"),
        (guards, "plain", Elsewhere(), "tcpkit.check.guards.plain"),
        (Segment, "with_checksum", lambda *_: None, "Segment.with_checksum"),
        (Segment, "mine", 1, "Segment.mine"),
        (Flags, "__str__", lambda _: "", "Flags.__str__"),
    ],
    ids=range(8),
)
def test_a_name_that_was_set_is_put_back_and_named(owner, name, value, said):
    _ = tcpkit.Segment  # loaded before
    assert called(lambda: setattr(owner, name, value)) == [said]


def test_a_name_that_was_taken_away_is_put_back():
    assert called(lambda: delattr(Segment, "with_checksum")) == ["Segment.with_checksum"]


def test_it_is_put_back_after_an_error_too():
    def change():
        Segment.with_checksum = None
        raise KeyboardInterrupt

    untouched, before = Untouched(), Segment.with_checksum
    with pytest.raises(KeyboardInterrupt):
        untouched.around(change)()
    assert (untouched.changed, Segment.with_checksum) == (["Segment.with_checksum"], before)


def test_all_at_once():
    def change():
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "tcpkit":
                for each, value in list(vars(module).items()):
                    if callable(value) and not each.startswith("__"):
                        setattr(module, each, None)

    assert len(called(change)) > 300


def test_what_is_lent_keeps_its_public_names():
    lab, segment = paper.Lab(8000, paper.closed), Segment(TCPHeader(1, 2))
    assert called(lambda: setattr(lab, "ask", None), lab, 7, "x") == ["Lab.ask"]
    assert called(lambda: setattr(lab, "port", 1), lab) == ["Lab.port"]
    assert called(lambda: object.__setattr__(segment, "data", b"x"), lab, segment) == ["Segment.data"]
    assert called(lambda: setattr(lab, "_ears", []), lab) == []  # its own affair
    assert (lab.port, lab.ask(segment) == [], segment.data) == (8000, True, b"")


def test_what_comes_by_itself_is_no_change():
    def change():
        module = types.ModuleType("tcpkit.room_of_this_test")
        tcpkit.room_of_this_test = module
        tcpkit.__dict__.pop("Timestamps", None)
        assert tcpkit.Timestamps
        importlib.import_module("tcpkit.playground")
        Segment.__slotnames__ = []

    tcpkit.__dict__.pop("Timestamps", None)
    untouched = Untouched()
    untouched.around(change)()
    del tcpkit.room_of_this_test, Segment.__slotnames__
    assert untouched.changed == []
