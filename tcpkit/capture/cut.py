"""Reading packets that were not captured whole."""


class Cut(Exception):
    """Raised where the captured bytes end, inside the protocol named.

    tcpdump then prints `[|protocol]` and reads no further in the packet.
    """

    def __init__(self, protocol: str) -> None:
        super().__init__(protocol)
        self.protocol = protocol


def number(data: bytes, at: int, size: int, protocol: str) -> int:
    """Return `size` bytes as a number; raise `Cut` if they are not all there.

    >>> number(bytes.fromhex("231d1f40"), 2, 2, "tcp")
    8000
    """
    piece = data[at : at + size]
    if len(piece) < size:
        raise Cut(protocol)
    return int.from_bytes(piece, "big")
