"""Lesson 20, url_to_wire: one recall, four guesses, and three exercises: a route, a name, a traceroute."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson20_roads import answered, longest, looked_up, lookups, query, trace, walked
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.questions import Guess, LettersGuess, NotSeen, Option, Recall, choose_one, number
from tcpkit.check.signs import every
from tcpkit.wire import Flags

__all__ = ["trace"]

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
