"""Modules that a call imports: whole after Ctrl-C, and named where they are missing."""

import pytest
from processes import python

INTERRUPTED = """if True:
    import signal
    from tcpkit import Capture, checksum

    def ring(*_):
        raise KeyboardInterrupt

    {before}
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, {delay_s}, 1)  # again, if the first is lost where Python ignores errors
    try:
        {call}
        signal.pause()
    except KeyboardInterrupt:
        signal.setitimer(signal.ITIMER_REAL, 0)
        print("stopped")
    {call}
    print("and again")
"""
CALLS = {
    "numpy": ("big = bytes(5000)", "checksum(big)"),
    "pandas": ("packets = Capture.of(bytes(20))", "packets.table()"),
    "matplotlib.figure": ("from tcpkit import draw", "draw.plot(lambda axes: None, 'Nothing.', 'nothing')"),
}


@pytest.mark.parametrize("delay_s", [0.005, 0.05, 0.2])
@pytest.mark.parametrize("name", CALLS)
def test_a_first_call_that_is_interrupted_works_afterwards(name, delay_s):
    before, call = CALLS[name]
    said = python(INTERRUPTED.format(before=before, call=call, delay_s=delay_s))
    assert said.splitlines()[-1] == "and again"
    assert said.startswith("stopped")


MISSING = """if True:
    import sys

    class Hidden:
        def find_spec(self, name, *_):
            if name in ("numpy", "pandas"):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Hidden())
    from tcpkit import Capture, checksum
    print(hex(checksum(bytes(range(250)) * 21)))
    try:
        Capture.of(bytes(20)).table()
    except ImportError as error:
        print(error)
"""


def test_without_numpy_and_pandas():
    """Sums are added without numpy; a table says that it needs pandas."""
    from tcpkit import checksum

    assert python(MISSING).splitlines() == [
        hex(checksum(bytes(range(250)) * 21)),
        "pandas is not installed in this Python, and this call needs it. To get it: pip install pandas",
    ]
