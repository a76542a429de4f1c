"""The learner's own folder, `my/`: lessons without outputs, and a file for their TCP; nothing is overwritten.

Without outputs, so that no answer is shown above a guess that is still empty.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from course.companions import companions
from course.notebook import load_without_outputs, store
from course.place import Place, write_whole

TCP = Path("tcp.py")  # where `tcpkit.mine` keeps the learner's pieces
EMPTY_TCP = '''\
"""Your TCP, in the pieces that you write in lessons 08 to 16.

`mine.keep` puts each piece here, between two lines with its name. The text outside of these lines is yours, and stays.
`mine.carry` runs the pieces. To do without one of yours, delete its block. `tcp.py.before` is this file before the last
change.
"""
'''


def make_my(place: Place) -> list[str]:
    """Copy what is not in `my/` yet; return the names of the lessons copied."""
    copied = []
    for lesson in place.learners():
        if not (place.my / lesson.name).exists():
            store(load_without_outputs(lesson), place.my / lesson.name)
            copied.append(lesson.stem)
    for path in companions(place.notebooks):
        if not (place.my / path).exists():
            write_whole(place.my / path, (place.notebooks / path).read_bytes())
    if not os.path.lexists(place.my / TCP):  # a link that leads nowhere is the learner's too
        write_whole(place.my / TCP, EMPTY_TCP.encode())
    return copied


def make_fresh(place: Place, name: str) -> tuple[Path, Path | None]:
    """Put one lesson back; return its path and the path of the old one, kept beside it."""
    lesson = place.named(place.learners(), name)
    notebook = load_without_outputs(lesson)  # first: a lesson that cannot be read moves nothing
    mine, kept = place.my / lesson.name, None
    if mine.exists():
        names = (mine.with_name(f"{mine.stem}_kept_{number}{mine.suffix}") for number in count(1))
        kept = next(path for path in names if not path.exists())
        mine.rename(kept)
    store(notebook, mine)
    return mine, kept
