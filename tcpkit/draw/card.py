"""The printable card: one page, light paper, no other file needed."""

from __future__ import annotations

from html import escape

from tcpkit.draw.header_map import header_map
from tcpkit.draw.labelled_line import labelled_line
from tcpkit.draw.palette import LIGHT, MONO, SANS
from tcpkit.wire import Flags

FLAG_NAMES = (
    (Flags.SYN, "synchronize"),
    (Flags.ACK, "acknowledgment"),
    (Flags.PSH, "push"),
    (Flags.FIN, "finish"),
    (Flags.RST, "reset"),
    (Flags.URG, "urgent"),
    (Flags.ECE, "congestion seen"),
    (Flags.CWR, "congestion answered"),
)
CALLS = (
    ("lab = Lab()", "a private network, only for you"),
    ("lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)", "a socket inside it"),
    ("with lab.capture() as packets:", "keep every packet"),
    ('packets.tcpdump("-v -X")', "what tcpdump says of them"),
    ("lab.counters()", "what the kernel has counted"),
    ('me = lab.host("10.0.0.2")', "an address that the kernel does not have"),
    ("with me.talk(8000) as talk:", "a conversation: talk.dial(), talk.say(flags, data), talk.hear()"),
    ('running = me.run(Stack("10.0.0.2"))', "a TCP of ours speaks there: running.dial(address, port)"),
    ("transfer(data, link), share(flows, ...)", "TCPs of ours in virtual time: one, or several in one queue"),
    ("async with me.asyncio(stack):", "asyncio's own calls go through it"),
    ('lab.wire(lab.namespace("box"))', "another network in the lab, and a wire to it"),
)
LINE = "127.0.0.1.40000 > 127.0.0.1.8000: Flags [P.], seq 1:32, ack 1, length 31"

STYLE = f"""
@page {{ margin: 12mm 14mm; }}
:root {{ color-scheme: only light; }}
body {{ margin: 0 auto; padding: 1.5rem; max-width: 46rem; background: {LIGHT.ground}; color: {LIGHT.ink};
  font: 11pt/1.5 {SANS}; }}
main {{ display: grid; grid-template-columns: 1.75fr 1fr; gap: 1.2rem 2.2rem; }}
h1 {{ font-size: 17pt; font-weight: 400; margin: 0 0 1rem; }}
h2 {{ font-size: 11pt; font-weight: 400; font-style: italic; color: {LIGHT.soft}; margin: 0 0 .3rem; }}
img {{ display: block; margin-left: -9px; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: .06rem .9rem .06rem 0; text-align: left; font-weight: 400; vertical-align: baseline; }}
th {{ color: {LIGHT.soft}; }}
code, .code {{ font-family: {MONO}; font-size: .95em; white-space: nowrap; }}
.digits :is(td, th):first-child {{ text-align: right; }}
.wide {{ grid-column: 1 / -1; }}
.wide td {{ padding-right: 2rem; }}
@media print {{ body {{ padding: 0; max-width: none; line-height: 1.25; }} main {{ row-gap: .6rem; }} }}
@media (max-width: 36rem) {{
  body {{ padding: 1rem; }}
  main, .wide td {{ display: block; }}
  section {{ margin-bottom: 1.5rem; }}
  .wide code {{ white-space: normal; overflow-wrap: anywhere; }}
  .wide td + td {{ padding: 0 0 .5rem 1.2rem; color: {LIGHT.soft}; }}
}}
"""


def card() -> str:
    """Return the card as a whole HTML page.

    The header map, the flags' abbreviations, a line of tcpdump with its parts
    named, the sixteen hex digits, and the lab's eleven lines.
    """
    digits = [(str(value), _code(f"{value:x}"), _code(f"{value:04b}")) for value in range(16)]
    flags = [(_code(str(flag)), _code(flag.name or ""), escape(words)) for flag, words in FLAG_NAMES]
    calls = [(_code(call), escape(words)) for call, words in CALLS]
    sections = (
        _section("The TCP header, 32 bits a row", header_map()._repr_html_()),
        _section("Four bits", _table(digits, ("decimal", "hex", "binary"), "digits")),
        _section("One line of tcpdump", labelled_line(LINE)._repr_html_()),
        _section("Flags, as tcpdump writes them", _table(flags)),
        _section("The lab in eleven lines", _table(calls), "wide"),
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="only light">
<title>TCP by hand: the card</title>
<style>{STYLE}</style>
</head>
<body>
<h1>TCP by hand: the card</h1>
<main>
{"".join(sections)}</main>
</body>
</html>
"""


def _section(title: str, body: str, css: str = "") -> str:
    place = f' class="{css}"' if css else ""
    return f"<section{place}>\n<h2>{escape(title)}</h2>\n{body}\n</section>\n"


def _table(rows: list[tuple[str, ...]], head: tuple[str, ...] = (), css: str = "plain") -> str:
    top = "".join(f"<th>{escape(words)}</th>" for words in head)
    lines = [f"<tr>{top}</tr>"] if head else []
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return f'<table class="{css}">\n' + "\n".join(lines) + "\n</table>"


def _code(words: str) -> str:
    return f"<code>{escape(words)}</code>"
