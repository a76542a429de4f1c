"""The inventory: what a learner believes before lesson 00 and after lesson 22.

Which letters are right is said once there are answers to both, and not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from tcpkit.check.inventory_file import FILE, SURE, WHEN, Answers, Sheet, Unreadable, load, new_sheet, save
from tcpkit.check.inventory_items import ITEMS, LETTERS, UNKNOWN
from tcpkit.check.questions import is_empty, no_guess, number
from tcpkit.check.values import NONE, plain, show
from tcpkit.check.verdict import Compared, Comparison
from tcpkit.draw import Picture, before_after
from tcpkit.draw.before_after import COLUMNS, RIGHT, Row

NOT_YOURS = f"If that is not your code, give {FILE} another name, then run this cell again."


@dataclass(frozen=True, repr=False)
class BeforeAndAfter:
    """The picture, and a sentence for each question that is still not right."""

    picture: Picture
    said: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join([repr(self.picture), *self.said])

    def _repr_html_(self) -> str:
        return self.picture._repr_html_() + "".join(f"<div>{escape(line)}</div>" for line in self.said)


def keep(when: str, answers: object, folder: str | Path = ".", again: bool = False) -> Comparison:
    """Keep the answers from before or after the course, and say which are empty or none; never raises."""
    if plain(when).value not in WHEN:
        return no_guess('say which answers these are: `keep("before", before)` or `keep("after", after)`.')
    valid, odd = _read(answers)
    if not valid:
        return no_guess("\n".join(["write your letters above, then run this cell again.", *odd]))
    try:
        path = Path(folder) / FILE
        sheet = load(path) or new_sheet()
        old: Answers = getattr(sheet, when)
        differ = [str(place) for place in sorted(old) if valid.get(place) != old[place]]
        if differ and not again:
            return _kept_earlier(when, sheet.code, old, differ)
        if valid != old:
            save(path, replace(sheet, **{when: valid}))
    except (OSError, ValueError, TypeError) as error:
        return Comparison(Compared.NOT_KEPT, f"NOT KEPT: {_reason(error)}")
    joined = sheet.after if when == "before" else sheet.before
    where = f"They are in {FILE}, beside this notebook, under the code {sheet.code}.{' ' + NOT_YOURS if joined else ''}"
    return Comparison(Compared.KEPT, "\n".join([f"KEPT: {len(valid)} of {len(ITEMS)}.", *odd, where]))


def before_and_after(folder: str | Path = ".") -> BeforeAndAfter | Comparison:
    """Return the picture of both sets of answers, or say which is missing; never raises."""
    try:
        sheet = load(Path(folder) / FILE) or Sheet("")
    except (OSError, ValueError, TypeError) as error:
        return Comparison(Compared.NOT_SEEN_YET, f"NOT SEEN YET: {_reason(error)}")
    missing = [f"from {when} the course" for when in WHEN if not getattr(sheet, when)]
    if missing:
        words = f"{FILE} holds no answers {' and none '.join(missing)}. Run the cells that keep them."
        return Comparison(Compared.NOT_SEEN_YET, f"NOT SEEN YET: {words}")
    rows = [Row(f"{at} {item.name}", *_columns(sheet, at), item.lesson) for at, item in ITEMS.items()]
    return BeforeAndAfter(before_after(rows), tuple(_still_open(sheet)))


def _read(answers: object) -> tuple[Answers, list[str]]:
    """Return the answers that can be kept, and a line for what is empty and for each that cannot be read."""
    entries = dict.items(answers) if issubclass(type(answers), dict) else ()
    written = {plain(name).value: _letter_and_sure(entry) for name, entry in entries}
    empty = [str(at) for at in ITEMS if not written.get(at, ("", 0))[0]]
    if len(empty) == len(ITEMS):
        return {}, []
    valid, odd = {}, [f"Still empty: {', '.join(empty)}."] if empty else []
    for at in sorted(ITEMS.keys() & written.keys()):
        letter, sure = written[at]
        if letter == UNKNOWN or (letter in LETTERS and sure in SURE):
            valid[at] = letter, sure if letter != UNKNOWN else SURE[0]
        elif letter in LETTERS:
            odd.append(f'{at}: how sure are you? 1, 2 or 3, for example ("{letter}", 2).')
        elif letter:
            odd.append(f"{at}: {letter} is no letter from a to {UNKNOWN}.")
    return valid, odd


def _letter_and_sure(entry: object) -> tuple[str, int | None]:
    """Return a letter, or what stands there instead ("" for nothing), and how sure."""
    value = plain(entry)
    letter, sure = (*(value.value if value.family == "sequence" else (value,)), NONE, NONE)[:2]
    if is_empty(letter.python):
        return "", None
    word = letter.value.strip().lower() if letter.family == "str" else ""
    return word if word in (*LETTERS, UNKNOWN) else show(letter), number(sure.python)


def _columns(sheet: Sheet, at: int) -> Iterator[str]:
    """Yield in which column of the picture both answers are; a question without an answer is not known."""
    for answers in (sheet.before, sheet.after):
        letter, sure = answers.get(at, (UNKNOWN, SURE[0]))
        right = "right" if letter == ITEMS[at].right else "wrong"
        yield COLUMNS[2] if letter == UNKNOWN else f"sure, {right}" if sure == SURE[-1] else right


def _still_open(sheet: Sheet) -> Iterator[str]:
    """Yield a sentence for each question that is not right yet, those that were sure first."""
    column = {at: [*_columns(sheet, at)][1] for at in ITEMS}
    for at in sorted(ITEMS, key=lambda at: -COLUMNS.index(column[at])):
        item = ITEMS[at]
        if column[at] not in RIGHT:
            again = f"Run section {item.section} of lesson {item.lesson:02} again."
            yield f"{at} {item.name}: {item.says(item.right)} {again}"


def _kept_earlier(when: str, code: str, old: Answers, differ: list[str]) -> Comparison:
    first = f"KEPT: earlier answers under the code {code}, {len(old)} of {len(ITEMS)}. {NOT_YOURS}"
    second = f"Those above differ at {', '.join(differ)}. The earlier ones stay."
    last = f'To put these in their place: `inventory.keep("{when}", {when}, again=True)`'
    return Comparison(Compared.KEPT, f"{first}\n{second} {last}")


def _reason(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return f"{FILE} stays as it is: {error}. Give that file another name, then run this cell again."
    words = (getattr(error, "strerror", None) or str(error)).lower()
    return f"{FILE} cannot be read or written here: {words}. Your answers stand in this notebook: save it (Ctrl+S)."
