"""Which packets belong together: a conversation is two addresses and two ports."""

End = tuple[str, int]  # address and port


def conversation(src: str, sport: int, dst: str, dport: int) -> tuple[End, End]:
    """Return the two ends, in an order that does not depend on who sent.

    Built in lesson 18.

    >>> conversation("127.0.0.1", 40001, "127.0.0.1", 8000)
    (('127.0.0.1', 8000), ('127.0.0.1', 40001))
    >>> conversation("127.0.0.1", 8000, "127.0.0.1", 40001)
    (('127.0.0.1', 8000), ('127.0.0.1', 40001))
    """
    first, second = sorted([(src, sport), (dst, dport)])
    return first, second
