"""Lesson 10: right answers written in other ways, wrong ones with the words they get, guesses."""

from functools import reduce
from itertools import accumulate
from operator import attrgetter
from types import MappingProxyType, SimpleNamespace

from tcpkit.stack.states import TRANSITIONS, Event, State
from tcpkit.wire import Flags

TOOLS = (reduce, accumulate, MappingProxyType)  # for the rows
FIRST = (State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED)
LATER = tuple(state for state in State if state not in (State.CLOSED, *FIRST, State.TIME_WAIT))
OUT, NAME = ("ABORT", "RST", "TIME_OUT"), attrgetter("name")


def rows(states, *changed, whole=False):
    """Return these rows, but for what is handed over: a state, an event and the next state; None takes it out."""
    made = {s: {e: to for e, to in TRANSITIONS[s].items() if whole or e.name not in OUT} for s in states}
    for state, event, to in changed:
        made[State[state]] |= {Event[event]: to and State[to]}
        if to is None:
            del made[State[state]][Event[event]]
    return made


def first(*change, **named):
    return rows(FIRST, *([change] if change else []), **named)


def later(*change, **named):
    return rows(LATER, *([change] if change else []), **named)


def as_text(table, key=str, value=str):
    return {key(state): {key(event): value(to) for event, to in row.items()} for state, row in table.items()}


def by_loop(table, events):
    state, path = "CLOSED", ["CLOSED"]
    for event in events:
        state = table[state][event]
        path.append(state)
    return path


def by_recursion(table, events):
    return [State.CLOSED] if not events else [*(path := by_recursion(table, events[:-1])), table[path[-1]][events[-1]]]


def in_place(table, events):
    path = [State.CLOSED]
    while len(path) <= len(events):
        path += [table[path[-1]][events[len(path) - 1]]]
    return path


def unless_known(table, events, goes_on=True):
    path = [State.CLOSED]
    for event in events:
        to = table[path[-1]].get(event)
        path += [to] if to else [path[-1]] if goes_on else []
    return path


CLOTHES = {
    "walk": """
        by_loop ;; by_recursion ;; in_place ;; tuple(by_loop(table, events)) ;; [str(s) for s in by_loop(table, events)]
        list(accumulate(events, lambda state, event: table[state][event], initial="CLOSED"))
        reduce(lambda path, event: [*path, table[path[-1]][event]], events, [State.CLOSED])
        [State.CLOSED, *by_loop(table, events)[1:]]
    """,
    "opening": """
        first() ;; as_text(first()) ;; first(whole=True) ;; MappingProxyType(first()) ;; {**TRANSITIONS}
        dict(reversed(first().items())) ;; TRANSITIONS.copy()
        {state: MappingProxyType(row) for state, row in first().items()}
        {**first(), **later("FIN_WAIT_1", "FIN", "CLOSED")}
    """,
    "closing": """
        later() ;; as_text(later()) ;; later(whole=True) ;; MappingProxyType(later()) ;; {**TRANSITIONS}
        dict(reversed(later().items())) ;; TRANSITIONS.copy()
        {state: MappingProxyType(row) for state, row in later().items()}
        {**later(), **first("LISTEN", "SYN", "CLOSED")}
    """,
}

WRONG = {
    "walk": """
        by_loop(table, events)[1:] ;; by_loop(table, events)[:0:-1][::-1] => A path begins where the connection stands
        by_loop(table, events)[-1] ;; by_loop(table, events)[-1:] => You return where the path ends.
        ["CLOSED"] + [table["CLOSED"][event] for event in events] => You look up each event in the row of CLOSED.
        unless_known(table, events) ;; unless_known(table, events, False) => An event that the row does not know
        reduce(lambda p, e: [*p, table[p[-1]].get(e)], events, ["CLOSED"]) => An event that the row does not know
        print(by_loop(table, events)) => For every path it returned None. Does it reach a `return` with an answer?
        ["CLOSED"] + [next(r[e] for r in table.values() if e in r) for e in events] => You take the first row that has
        ["CLOSED"] + [row[e] for row, e in zip(table.values(), events)] => You take one row after the other
        [State.CLOSED, *(table[event] for event in events)] => It raises KeyError although each event has its place
        None => it returned None. Does it reach a `return` with an answer?
        list(events) ;; [State.CLOSED] => What
    """,
    "opening": """
        first("LISTEN", "SYN", "ESTABLISHED") => LISTEN, SYN comes: a SYN may be forged or old.
        first("SYN_SENT", "SYN_ACK", "SYN_RECEIVED") => SYN-SENT, SYN-ACK comes: both halves are done.
        first("SYN_SENT", "SYN", "ESTABLISHED") => SYN-SENT, SYN comes: you have their SYN.
        first("SYN_SENT", "SYN", None) => For state='SYN-SENT', event='SYN comes' you returned no next state.
        {} ;; later() ;; as_text(first(), NAME, NAME) => Your dict has none of the arrows asked for.
        as_text(first(), str, NAME) => As text, the name of a state has a hyphen
        first("SYN_RECEIVED", "ACK_OF_SYN", "SYN_SENT") ;; first("SYN_RECEIVED", "CLOSE", "CLOSED") => What did you
        None => it returned None. Does it reach a `return` with an answer?
        [] ;; 7 ;; (first(), later()) => Return a dict with a row for each state
        {"LISTEN": 7} ;; {**first(), State.SYN_SENT: State.ESTABLISHED} => A row is a dict as well
    """,
    "closing": """
        later("ESTABLISHED", "CLOSE", "CLOSED") => ESTABLISHED, close: our FIN never goes.
        later("ESTABLISHED", "FIN", "CLOSED") ;; later("ESTABLISHED", "FIN", "LAST_ACK") => Whose move is it?
        later("ESTABLISHED", "FIN", "TIME_WAIT") => Whose move is it?
        later("FIN_WAIT_1", "FIN", "TIME_WAIT") => FIN-WAIT-1, FIN comes: their FIN is here
        later("FIN_WAIT_2", "FIN", "CLOSED") => FIN-WAIT-2, FIN comes: if your last ACK is lost
        later("LAST_ACK", "ACK_OF_FIN", "TIME_WAIT") => LAST-ACK, ACK of our FIN comes
        later("FIN_WAIT_1", "ACK_OF_FIN", None) => For state='FIN-WAIT-1', event='ACK of our FIN comes' you returned
        first() => Your dict has none of the arrows asked for.
        as_text(later(), str, NAME) => As text, the name of a state has a hyphen
        later("CLOSING", "ACK_OF_FIN", "CLOSED") ;; later("CLOSE_WAIT", "CLOSE", "CLOSED") => What did you expect there?
        None => it returned None. Does it reach a `return` with an answer?
        "CLOSED" => Return a dict with a row for each state
        {**later(), State.CLOSING: None} => A row is a dict as well
    """,
}


def heard(*flags):
    return [SimpleNamespace(segment=SimpleNamespace(flags=each)) for each in flags]


OPEN = ("ESTABLISHED", "ESTABLISHED")
REFUSED = heard(Flags.PSH | Flags.ACK, Flags.RST)
GUESSES = r"""
    recall(7000) => PASS 10.0 recall\nA segment with ACK names the number
    recall(0) => TRY AGAIN 10.0 recall: Seq 0 is for a segment without ACK.
    recall(7001) => TRY AGAIN 10.0 recall: The RST carries that ack as it is
    guess_pulled("a", OPEN) => YOU SAID a: both ends: closed. WE SAW both ends: open.\nWho would have told them?
    guess_pulled("c", OPEN) => AS YOU SAID c: both ends: open.\nNothing was sent
    guess_pulled("b", OPEN) => YOU SAID b: the kernel: closed; our stack: open. WE SAW both ends: open.
    guess_crossing("a", OPEN) => YOU SAID a: two resets. WE SAW one connection.\nEach SYN
    guess_crossing("b", OPEN) => AS YOU SAID b: one connection.\nFour numbers
    guess_crossing("c", OPEN) => YOU SAID c: two connections. WE SAW one connection.\nFour numbers
    guess_forgotten("a", REFUSED) => YOU SAID a: nothing. WE SAW an RST.\nAn end answers a segment
    guess_forgotten("b", REFUSED) => YOU SAID b: an ACK. WE SAW an RST.\nAn ACK would say
    guess_forgotten("c", REFUSED) => AS YOU SAID c: an RST.\nIt answers as a closed port does
"""
