"""The story's SYN: the packet that the course begins with."""

from tcpkit.wire.tcp import Flags, Segment, TCPHeader

SOURCE_PORT, DESTINATION_PORT = 8989, 8000
FIRST_OFFSET, FIRST_CHECKSUM = 1, 0xAF57  # as its author first sent it
ZEROS = 44  # bytes after the header: a buffer of 64 was sent whole
IDENTIFICATION = 0x1C2C  # 7212, in the IP header of the first one


def story_syn(data_offset: int = FIRST_OFFSET, checksum: int = FIRST_CHECKSUM) -> Segment:
    """Return the SYN as first sent, or with these two fields changed.

    >>> bytes(story_syn())[:20].hex(" ", 2)
    '231d 1f40 0000 0000 0000 0000 1002 0000 af57 0000'
    >>> hex(story_syn(data_offset=5).with_checksum("127.0.0.1", "127.0.0.1").checksum)
    '0x6f57'
    """
    header = TCPHeader(SOURCE_PORT, DESTINATION_PORT, flags=Flags.SYN, data_offset=data_offset, checksum=checksum)
    return Segment(header, bytes(ZEROS))
