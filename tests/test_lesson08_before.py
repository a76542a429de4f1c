"""Exercise 8.2: a right `before` carries a megabyte, and one that is right on the inputs alone is told so."""

from tcpkit.check.lesson08 import before


def right(a, b):
    return 0 < (b - a) % 2**32 < 2**31


def until(calls, then):
    """Return a `before` that does something else after so many calls."""
    asked = []

    def answer(a, b):
        asked.append(a)
        return right(a, b) if len(asked) <= calls else then()

    return answer


def fail():
    raise ValueError("enough")


def hang():
    while True:
        pass


def test_the_megabyte_comes_after_the_inputs():
    said = before(right).message
    assert said.startswith("PASS 8.2 before\nThe short way round")
    assert said.endswith("past the number 0. 1,000,000 arrived.")


def test_a_before_that_changes_its_mind_does_not_pass():
    inputs = len(before.inputs)
    for then, words in ((lambda: True, " arrived."), (fail, "ValueError: enough"), (hang, "had not finished")):
        said = before(until(inputs + 20, then)).message
        assert said.startswith("TRY AGAIN 8.2 before")
        assert words in said
        assert "1,000,000 arrived" not in said
