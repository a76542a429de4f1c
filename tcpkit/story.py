"""The whole story in a terminal: three SYNs, and an answer from nobody."""

from __future__ import annotations

from dataclasses import dataclass

from tcpkit.lab import Lab
from tcpkit.wire.ipv4 import LOOPBACK
from tcpkit.wire.story_syn import DESTINATION_PORT, SOURCE_PORT, story_syn


@dataclass(frozen=True)
class Scene:
    """One packet of the story: what was tried, the bytes sent, and why it ended so."""

    tried: str
    buffer: bytes
    why: str


def scenes() -> list[Scene]:
    """Return the three packets that the story's author sent."""
    right = story_syn(data_offset=5).with_checksum(LOOPBACK, LOOPBACK)
    return [
        Scene(
            "A SYN typed by hand: twenty bytes of header in a buffer of 64. Its data offset says 1.",
            bytes(story_syn()),
            "The offset counts words of four bytes: 1 claims a header of 4 bytes, and the shortest has 20.",
        ),
        Scene(
            "The offset is 5 now: 5 x 4 = 20. The checksum is some number.",
            bytes(story_syn(5, 0x000F)),
            "The checksum covers header, data and the two addresses. The kernel drops what does not add up, and says "
            "nothing.",
        ),
        Scene(
            f"The same with its right checksum, 0x{right.checksum:04x}.",
            bytes(right),
            "No program listens there, but the kernel speaks TCP: it refuses a SYN that belongs to nobody with a reset "
            "(RST). Its ack of 45 counts the SYN and the 44 zeros behind the header.",
        ),
    ]


def tell() -> None:
    """Run the experiment in a lab, and print what its author saw."""
    with Lab() as lab:
        print(f"Three SYNs from port {SOURCE_PORT} to port {DESTINATION_PORT}, where nothing listens.")
        print(f"The network: {lab}.")
        for number, scene in enumerate(scenes(), 1):
            before = lab.counters()
            with lab.capture() as packets:
                lab.send(scene.buffer)
            print(f"\n{number}. {scene.tried}\n")
            print(packets.tcpdump("-t -v -X"))
            print(f"\n   In the capture: {len(packets)}. The kernel's counters: {lab.counters() - before}")
            print(f"   Why: {scene.why}")
    print("\nTo build it yourself, byte by byte: make lab")
