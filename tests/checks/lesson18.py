"""Lesson 18: right answers written in other ways, wrong ones with the words they get, guesses."""

import ipaddress
import socket
import struct
from types import SimpleNamespace

import numpy as np
import pandas as pd
from checks.talkers import by_hand, counted, end, in_a_dict, talk, without_index

from tcpkit import Capture, Flags, Segment, TCPHeader
from tcpkit import conversation as ours

TOOLS = (ipaddress, socket, struct, np, ours, by_hand, counted, end, in_a_dict, talk, without_index)  # for the rows


CLOTHES = {
    "conversation": """
        tuple(sorted([(src, sport), (dst, dport)])) ;; by_hand ;; frozenset([(src, sport), (dst, dport)]) ;; ours
        tuple(sorted([(sport, src), (dport, dst)])) ;; min((src, sport), (dst, dport)) + max((src, sport), (dst, dport))
        "-".join(sorted([f"{src}:{sport}", f"{dst}:{dport}"])) ;; tuple(sorted([f"{src}:{sport}", f"{dst}:{dport}"]))
        (min((src, sport), (dst, dport)), max((src, sport), (dst, dport))) ;; hash(ours(src, sport, dst, dport))
        (src, sport, dst, dport) if (sport, src) > (dport, dst) else (dst, dport, src, sport)
    """,
    "endpoint": """
        (".".join(str(b) for b in reversed(bytes.fromhex(text[:8]))), int(text[9:], 16))
        (socket.inet_ntoa(struct.pack("<I", int(text[:8], 16))), int(text.split(":")[1], 16))
        (str(ipaddress.ip_address(bytes.fromhex(text[:8])[::-1])), int("0x" + text[9:], 16))
        (socket.inet_ntoa(int(text[:8], 16).to_bytes(4, "little")), int.from_bytes(bytes.fromhex(text[9:]), "big"))
        (".".join(map(str, np.frombuffer(bytes.fromhex(text[:8]), "u1")[::-1])), int(text[9:], base=16))
        [*end(text)] ;; [".".join(str(int(text[at:at + 2], 16)) for at in (6, 4, 2, 0)), np.uint16(int(text[-4:], 16))]
        ("%d.%d.%d.%d" % tuple(struct.pack("<I", int(text[:8], 16))), struct.unpack("!H", bytes.fromhex(text[9:]))[0])
    """,
    "chattiest": """
        talk(table, by) ;; in_a_dict ;; counted ;; talk(table, by, by_hand) ;; talk(table, by=str(by))
        talk(table, by) and frozenset(talk(table, by)) ;; talk(table, by) and list(talk(table, by))[::-1]
        talk(table, by, lambda a, p, b, q: tuple(sorted([(p, a), (q, b)]))) and talk(table, by)
        None if len(table) == 0 else tuple(talk(table, by))
    """,
}

WRONG = {
    "conversation": """
        (src, sport, dst, dport) ;; f"{src}:{sport}-{dst}:{dport}" ;; ((src, sport), (dst, dport)) => That makes 22 keys
        (*sorted([src, dst]), *sorted([sport, dport])) => Your key does not say which port
        min(sport, dport) ;; (min(sport, dport),) => Your key holds the lower port only
        max(sport, dport) => Your key holds the higher port only.
        tuple(sorted([sport, dport])) ;; abs(sport - dport) => Your key holds no address.
        (src, dst) ;; tuple(sorted([src, dst])) => Your key holds no port
        (src, sport, dst, dport) if sport < dport else (dst, dport, src, sport) => The lower port decides
        (src, sport, dst, dport) if src < dst else (dst, dport, src, sport) => The address decides
        sport + dport ;; sport * dport ;; (*sorted([src, dst]), sport + dport) => You make one number of the two ports
        sorted([(src, sport), (dst, dport)]) => You return a list, and that cannot be a key
        {(src, sport), (dst, dport)} => You return a set, and that cannot be a key
        tuple(sorted([src + str(sport), dst + str(dport)])) => You write address and port without anything between
        sorted([src, sport, dst, dport]) => Values of these two kinds have no order
        type(src) => Every packet gets the same key.
        None ;; print(src) => it returned None. Does it reach a `return` with an answer?
        (src, sport) => you made 15 different keys (in 11 of 11 conversations the answer has
        (src + dst, *sorted([sport, dport])) => you made 3 different keys (in 2 of 3 conversations
    """,
    "endpoint": """
        end(text, 1) => You read the address from the front: 1.0.0.127.
        end(text, -1, socket.htons(end(text)[1])) => You turn the port round.
        end(text, 1, socket.htons(end(text)[1])) => It is the other way about
        end(text, -1, int(text[9:])) => `int(port)` reads decimal digits.
        (".".join(f"{b:x}" for b in bytes.fromhex(text[:8])[::-1]), end(text)[1]) => has hexadecimal numbers.
        end(text[7::-1] + text[8:], 1) => You turn the digits round.
        "%s:%d" % end(text) ;; text => You return one text.
        end(text)[::-1] => First the address, then the port.
        end(text, -1, text[9:]) => That is the port as the kernel writes it, in hexadecimal.
        (*bytes.fromhex(text[:8])[::-1], end(text)[1]) ;; (int(text[:8], 16), end(text)[1]) => as one text
        ("127.0.0.1", end(text)[1]) => You return 127.0.0.1 each time.
        end(text, -1, int(text[9:11], 16)) => ('127.0.0.1', 31). The kernel wrote this of ('127.0.0.1', 8000).
        None => it returned None. Does it reach a `return` with an answer?
    """,
    "chattiest": """
        talk(table, by, lambda *row: row) => You add up each direction by itself.
        talk(table, by, what="size") => You count packets, also where `by` is "bytes".
        talk(table, by, what="sum") => You add up bytes, also where `by` is "packets".
        talk(table, by, what="max") ;; talk(table, by, what="mean") => You compare single packets
        talk(table, by, empty="") => An empty table has no largest sum
        talk(table, by, lambda a, p, b, q: min(p, q)) => You name a service.
        talk(table, by, lambda a, p, b, q: (a, p) if p < q else (b, q)) => You name a service.
        talk(table, by, lambda a, p, b, q: (a, p)) => You name one end.
        talk(table, by, last="max") => You return how much: 400000.
        table if by == "bytes" else talk(table, by) ;; table.iloc[0] if len(table) else None => a part of the table.
        table.groupby([*zip(table.src, table.dst)]).size().idxmax() => For names of columns pandas takes a list
        talk(table, by, last="idxmin") => Another conversation has more.
        talk(table, by, lambda a, p, b, q: tuple(sorted([p, q]))) => (7004, 41004)
        None => it returned None. Does it reach a `return` with an answer?
        (ends := talk(table, by)) and (ends, 7) => You return the two ends, and how much.
        talk(table[table.length > 0], by) => You count packets with data only.
        without_index => It goes wrong on a part of a table.
    """,
}


def packet(source, destination, size):
    return Capture.of(Segment(TCPHeader(source, destination, flags=Flags.ACK), bytes(size)))[0]


SEEN = [packet(8000, 40001, 20_000), *[packet(40002, 6379, 27)] * 300]
TWELVE, NINE = (SimpleNamespace(state=pd.Series(["ESTABLISHED"] * number + ["LISTEN"] * 3)) for number in (12, 9))
ROWS = [["0:", "0100007F:1F40"]] * 14
GUESSES = r"""
    recall("a") => PASS 18.0 recall\nWho closes first waits in TIME-WAIT
    recall("b") => TRY AGAIN 18.0 recall: The one who waits
    recall("c") => TRY AGAIN 18.0 recall: One end is enough
    recall("d") => TRY AGAIN 18.0 recall: In lesson 09
    guess_chattiest("a", SEEN) => YOU SAID a: browser and web. WE SAW most bytes: browser and web; most packets: shop
    guess_chattiest("b", SEEN) ;; guess_chattiest("c", SEEN) ;; guess_chattiest("d", SEEN) => YOU SAID
    guess_chattiest("d", SEEN[:1]) ;; guess_chattiest("d", []) => NOT SEEN YET
    guess_rows("a", TWELVE) => YOU SAID a: 6. WE SAW 12.\nEach end has a row
    guess_rows("b", TWELVE) => AS YOU SAID b: 12.\nEach end has a row
    guess_rows("c", TWELVE) => YOU SAID c: 15. WE SAW 12.\nThe table has 15 rows
    guess_rows("c", NINE) => NOT SEEN YET: 9 rows are ESTABLISHED.
    guess_own("a", ROWS) => YOU SAID a: none. WE SAW more than 5.\nThe text of each cell
    guess_own("b", ROWS) => YOU SAID b: 1. WE SAW more than 5.\nCells, their output
    guess_own("c", ROWS) => AS YOU SAID c: more than 5.\nJupyterLab and the Python
    guess_own("a", []) => AS YOU SAID a: none.\nElsewhere it is
    guess_own("b", []) ;; guess_own("c", []) => YOU SAID
    guess_own("c", ROWS[:2]) => YOU SAID c: more than 5. WE SAW 2.
"""
