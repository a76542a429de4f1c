"""What the kernel shows of a wrong row of lesson 10, and what is said of conversations that fail."""

import pytest
from checks.lesson10 import first, later

from tcpkit.check import lesson10, lesson10_lives
from tcpkit.check.lesson10_lives import ALL_END

NO_ROW = "No row of the table says what follows {} when this happens: {}."
DIALS, IS_DIALLED, BOTH_DIAL, BOTH_CLOSE = (
    f"With your rows the conversation in which {name} goes wrong." for name in lesson10_lives.LIVES
)
SHOWN = {  # (state, event, next state; None takes the row out): what is said at the end
    ("LISTEN", "SYN", "ESTABLISHED"): ALL_END,
    ("SYN_SENT", "SYN_ACK", "SYN_RECEIVED"): f"{DIALS} This connection is SYN-RECEIVED.",
    ("SYN_SENT", "SYN", "ESTABLISHED"): ALL_END,
    ("SYN_SENT", "SYN", None): f"{BOTH_DIAL} {NO_ROW.format('SYN-SENT', 'SYN comes')}",
    ("LISTEN", "SYN", None): f"{IS_DIALLED} {NO_ROW.format('LISTEN', 'SYN comes')}",
    ("SYN_RECEIVED", "ACK_OF_SYN", "SYN_SENT"): IS_DIALLED,
    ("ESTABLISHED", "CLOSE", "CLOSED"): f"{DIALS} Our end stands in CLOSED.",
    ("ESTABLISHED", "FIN", "CLOSED"): f"{IS_DIALLED} The kernel's end stands in FIN-WAIT-",
    ("ESTABLISHED", "FIN", "LAST_ACK"): f"{IS_DIALLED} {NO_ROW.format('LAST-ACK', 'close')}",
    ("FIN_WAIT_1", "FIN", "TIME_WAIT"): ALL_END,
    ("FIN_WAIT_1", "ACK_OF_FIN", None): f"{DIALS} {NO_ROW.format('FIN-WAIT-1', 'ACK of our FIN comes')}",
    ("FIN_WAIT_2", "FIN", "CLOSED"): f"{DIALS} Our end stands in CLOSED.",
    ("CLOSE_WAIT", "CLOSE", "CLOSED"): f"{IS_DIALLED} The kernel's end stands in FIN-WAIT-",
    ("CLOSING", "ACK_OF_FIN", "CLOSED"): f"{BOTH_CLOSE} Our end stands in CLOSED.",
    ("LAST_ACK", "ACK_OF_FIN", "TIME_WAIT"): f"{IS_DIALLED} Our end stands in TIME-WAIT.",
}


@pytest.mark.parametrize(("change", "words"), SHOWN.items(), ids=str)
def test_the_kernel_shows_a_wrong_row_or_it_does_not(lab, change, words):
    is_first = change[0] in ("LISTEN", "SYN_SENT", "SYN_RECEIVED")
    check, rows = (lesson10.opening, first) if is_first else (lesson10.closing, later)
    said = check(lambda: rows(*change), lab)
    assert said.status == "TRY AGAIN"
    assert said.mistake in said.sentence
    assert words in said.sentence


@pytest.mark.parametrize(
    ("error", "words"), [(KeyboardInterrupt(), "dials was interrupted."), (OSError("no"), "dials goes wrong.")]
)
def test_right_rows_that_the_kernel_did_not_carry_do_not_pass(lab, monkeypatch, error, words):
    def fails(*_):
        raise error

    monkeypatch.setitem(lesson10_lives.LIVES, "our end dials", fails)
    said = lesson10.opening(first, lab)
    assert said.status == "TRY AGAIN"
    assert said.sentence.startswith("Your rows are right, and something else stopped us.")
    assert words in said.sentence
    assert said.sentence.endswith("Run the cell again.")


def test_only_whole_rows_speak_with_the_kernel(lab, monkeypatch):
    monkeypatch.setattr(lesson10_lives, "four_lives", lambda *_: pytest.fail("a conversation"))
    odd = ({**first(), "LISTEN": row} for row in (7, {"SYN comes": 1 << 20_000}, {"SYN comes": object()}))
    for answer in (lambda: 1 / 0, *(lambda value=value: value for value in (..., None, 7, *odd))):
        assert lesson10.opening(answer, lab).status in ("TODO", "TRY AGAIN")
    with pytest.raises(pytest.fail.Exception):
        lesson10.opening(first, lab)
