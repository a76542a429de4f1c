"""Lesson 20, url_to_wire: one recall, four guesses, and three exercises: a next hop, a DNS question, a traceroute."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from tcpkit.check import lesson20_names as names
from tcpkit.check import lesson20_roads as roads
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson20_names import query
from tcpkit.check.lesson20_roads import longest, trace
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.questions import Guess, LettersGuess, NotSeen, Option, Recall, number
from tcpkit.check.signs import every
from tcpkit.check.values import plain, show
from tcpkit.check.verdict import Compared, Comparison
from tcpkit.wire import Flags

recall = Recall(
    "20.0",
    right="b",
    wrong={
        "a": "That address never leaves lo: the client's connection ends at the proxy.",
        "c": "That is the server itself.",
    },
    meaning="The proxy makes a connection of its own, from its end of the cable: 172.20.0.1.",
    letters=3,
)


class FramesGuess(Guess):
    """Two values: a letter for the frames, and a number for those that carry HTTP."""

    count = 2
    carry = 2  # the request and the page

    def read(self, frames: object, http: object) -> Any:
        """Return the option and the number."""
        option, said = super().read(frames), number(http)
        return None if option is None or said is None else (option, said)

    def compare(self, said: Any, seen: object, result: object) -> Comparison:
        """Return the option's sentence, and one on the number."""
        option, http = said
        first = super().compare(option, seen, result)
        if http == self.carry:
            return Comparison(first.status, f"{first.message}\nHTTP: {self.carry}, as you said.")
        words = f"HTTP: you said {show(plain(http))}. {self.carry} carry it: the request is one, the page is one."
        return Comparison(Compared.ANOTHER, f"{first.message}\n{words}")


def _syn(packets: Any) -> Any:
    """Return the one SYN to the site; None if there is none, or more than one."""
    segments = [each.segment if not each.is_arp and each.protocol == "TCP" else None for each in packets]
    syns = [at for at, each in enumerate(segments) if each and (each.flags, each.destination_port) == (Flags.SYN, 443)]
    return packets[syns[0]] if len(syns) == 1 else None


def _frames(packets: Any) -> str | None:
    if not 18 <= len(packets) <= 40:
        raise NotSeen(f"{len(packets)} frames; one page takes about 23. Run the experiment above again, then this.")
    return "20 to 30" if _syn(packets) else None


OTHERS = "The other 13 are ARP's, DNS's and those of TLS, and the ACKs for them."
guess_frames = FramesGuess(
    _frames,
    Option("2", "2", "The two programs want no more than these, as in lesson 00. Others need the rest."),
    Option("10", "10", f"Lesson 00's ten are among them: a handshake, a request, a page, an end. {OTHERS}"),
    Option("20 to 30", "20 to 30", so="Two for the programs, and 21 for those who carry them."),
    Option("about 100", "about 100", "A page with pictures may take so many: each picture costs about as much again."),
)
guess_frames.form = 'Write a letter and a number: frames = "a", http = 5.'

NEXT = "IP says how far, Ethernet says who is next."
guess_hardware = Guess(
    lambda packets: {"02000a010001": "r1's"}.get(_syn(packets).link[:6].hex()),
    Option("the site's", "the site's", f"Nobody on your cable has that address. {NEXT}"),
    Option("r1's", "r1's", so=NEXT),
    Option("everybody's", "everybody's", "ARP's question (who has 10.1.0.1?) goes to everybody. The SYN goes to r1."),
)


def _readable(found: Mapping[bytes, int]) -> list[str]:
    return ["".join("y" if found[words] else "n" for words in (b"page.example", b"secret", b"hello")) + "y"]


LENGTH = "The page's row has 84 bytes, and TLS adds 22: the page has 62."
OLD = "That was so in the time of HTTP without TLS. Here it is encrypted."
guess_readable = LettersGuess(
    _readable,
    sentences=(
        "1: the name is asked for in DNS, unencrypted, and told in TLS's hello, so that the site can choose a "
        "certificate.",
        f"2: the path? {OLD}",
        f"3: the text? {OLD}",
        f"4: the length shows. {LENGTH}",
    ),
    allowed="yn",
    form='Write four letters, "y" or "n", such as "ynyn".',
    so=f"The name and the length can be read. {LENGTH}",
    show=lambda letters: " ".join(letters),
)


def _carried(middle: Any) -> int | None:
    ttls = [each.ip.ttl for each in middle if each.protocol == "UDP"]
    if len(ttls) == 2:
        raise NotSeen("r1 refused the packet when it came back: this machine sets rp_filter to 1. Elsewhere it is 63.")
    return len(ttls) or None


AGAIN = "A router does not know that it has had this packet before. It sends it on until the TTL, 64 at first, is 0."
guess_loop = Guess(
    _carried,
    Option("once", 1, AGAIN),
    Option("twice", 2, AGAIN),
    Option("63 times", 63, so="You sent it with TTL 64, and each router subtracts 1."),
    Option("without end", 0, "Each router subtracts 1 from the TTL. You sent it with 64."),
)


next_hop = Exercise(
    "20.1 next_hop",
    right=longest,
    inputs=roads.lookups(),
    ask=roads.looked_up,
    causes={
        "You take the first line that fits, or the last. A kernel does not go by the order: the longest prefix wins.": (
            *(roads.pick(lambda fitting, at=at: fitting[at]) for at in (-1, 0)),
        ),
        "You take the default wherever there is one. It fits always, and comes last.": roads.default_first,
        "You take the shortest prefix. The widest network knows least about this address.": (
            roads.pick(min, key=lambda net: ip_network(net).prefixlen)
        ),
        "You compare texts. A prefix counts bits: /20 ends in the middle of a number.": (
            *(roads.by_text(begin) for begin in (roads.without_zeros, lambda address: address.rstrip(".0"))),
        ),
        'You compare the lengths of prefixes as text, and there "8" comes after "24". Make numbers of them.': (
            roads.pick(max, key=lambda net: net.split("/")[1])
        ),
        "You take the longest text, or the last by the alphabet. What counts is the prefix: the number behind the /.": (
            *(roads.pick(max), roads.pick(max, key=len)),
        ),
        "You leave out 0.0.0.0/0. Its prefix has the length 0, and so it fits every address.": roads.no_default,
    },
    signs={
        "Where no line fits Python raises. No route is an answer, too: return None.": every(
            lambda got, right, destination, routes: right is got is None, also_raised=True
        ),
        "Where no line fits you return a text. Return None there.": every(
            lambda got, right, destination, routes: right is None, kind="str"
        ),
        "You return the network. Return its router: `routes[...]`.": (
            lambda got, right, destination, routes: got in routes
        ),
    },
    judge=lambda right: f"A kernel with this table takes {show(right)}.",
    meaning="36 addresses, four tables: a kernel with these routes takes the same next hop each time.",
)


dns_query = LiveExercise(
    "20.2 dns_query",
    right=query,
    inputs=(("page.example", 4660), ("a.b.example", 7), ("page.example.", 513)),
    converse=names.answered,
    causes=names.SLIPS,
    signs={
        "All is right but the flags: write 0x0100. Without it a server that does not know the name would not ask on.": (
            lambda got, right, *_: got[:2] + got[4:] == right[:2] + right[4:]
        ),
        "The name and what follows are right. Look at the header: six numbers of 16 bits, 12 bytes.": (
            lambda got, right, *_: got.endswith(right[12:])
        ),
    },
    judge=lambda right: "The name server does not answer this question.",
    meaning="The name server answers your questions: for page.example with an address.",
)


traceroute = LiveExercise(
    "20.3 traceroute",
    right=trace,
    inputs=((2, 0, (), 8), (4, 7, (1, 2), 8), (3, 5, (), 2)),
    converse=roads.walked,
    causes={
        "If your first TTL is 0: a packet with that does not leave, and the kernel says error 22. Count from 1.": (
            roads.from_zero
        ),
    },
    signs={
        "You stop at the first silence. A router may be silent, and the next one not.": (
            lambda got, right, *_: roads.until(got, right)
        ),
        "Your first probe reached the site: no router had to throw it away. Set the TTL before you send.": (
            lambda got, right, *_: len(got) == 1 and roads.is_site(got[0])
        ),
        "You know the first router only. Nobody knows the whole way: ask with TTL 2, 3 ... as well.": (
            lambda got, right, *_: got == right[:1]
        ),
        "You go on after TTL `most`: stop there, wherever you are.": (
            lambda got, right, routers, seed, silent, most: len(got) > most
        ),
        "You go on after the site. When the destination itself has answered, you are there.": (
            lambda got, right, *_: len(got) > len(right) and got[: len(right)] == right
        ),
        "Each row is you. ICMP is for you, and the packet that it quotes was yours. Who sent ICMP?": (
            lambda got, right, *_: {*got} <= {roads.own(right), "*"} and roads.own(right) in got
        ),
        "You hear nobody. Open both sockets with `you.socket`, and the one for ICMP before you send the probe.": (
            lambda got, right, *_: {*got} == {"*"}
        ),
        "Your rows are pairs, as `recvfrom` returns them. Take the address out: (address, port).": (
            lambda got, right, *_: any(isinstance(row, tuple) for row in got)
        ),
        'Silent routers are missing. Note "*" for each: the place in the list is the TTL.': (
            lambda got, right, *_: got == tuple(row for row in right if row != "*")
        ),
        "You leave out what came before. Two routers in a row may be silent: each TTL has a row of its own.": (
            lambda got, right, *_: got == (*dict.fromkeys(right),)
        ),
        "The last row is missing: note the destination too, and TTL `most`, and then stop.": (
            lambda got, right, *_: got == right[:-1]
        ),
    },
    limit_s=8.0,
    judge=lambda right: f"The road was {show(right)}.",
    meaning="Every router on three roads, and a star for each that does not talk.",
)
