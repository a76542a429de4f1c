"""Build the course's notebooks from their sources, and prove that they agree.

    python notebooks/source/build.py                build and run all lessons
    python notebooks/source/build.py write 01 02    ... or these
    python notebooks/source/build.py check          prove agreement; runs nothing
    python notebooks/source/build.py my             make the learner's folder my/
    python notebooks/source/build.py fresh 02       put one lesson in my/ back
    python notebooks/source/build.py handout        what a teacher hands out, in handout/
    python notebooks/source/build.py --nbgrader     the lessons as nbgrader's assignments, in nbgrader/

Authors edit `NN_slug.py`, beside this file (or `word.py`, a page beside the
lessons, which has no solved notebook), and nothing else. CONTRIBUTING.md
says how a lesson is written; the errors here say where a source differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course.copies import make_fresh, make_my
from course.faults import CourseError, Fault
from course.place import Place

ROOT = Path(__file__).resolve().parents[2]


def read_lessons(place: Place, names: list[str]) -> list:
    """Return the lessons, all or the named ones; `CourseError` with every fault."""
    from course.rules import cell_faults
    from course.source import read_lesson
    from course.teaching import RULES

    files = [place.named(place.sources(), name) for name in names] or place.sources()
    if not files:
        raise CourseError(Fault("notebooks/source", "there are no lessons.", "Write 00_start_here.py there."))
    lessons = [read_lesson(path, place.shown(path)) for path in files]
    faults = [fault for lesson in lessons for rule in (cell_faults, *RULES) for fault in rule(lesson)]
    if faults:
        raise CourseError(*faults)
    return lessons


def write(place: Place, names: list[str]) -> str:
    """Build, run and store notebooks; none is stored if one has faults."""
    from course.companions import write_companions
    from course.cover import write_cover
    from course.execute import run_all
    from course.notebook import editions, load, store, unrun
    from course.outputs import Sanitizer, clean, keep_steady, output_faults

    lessons = read_lessons(place, names)
    write_companions(place)
    pairs = [(lesson, edition) for lesson in lessons for edition in editions(lesson)]
    paths = [edition.path(place, lesson.name) for lesson, edition in pairs]
    notebooks = [unrun(lesson, edition) for lesson, edition in pairs]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    run_all([(notebook, path.parent, place.shown(path)) for notebook, path in zip(notebooks, paths, strict=True)])
    sanitize = Sanitizer(place.rules)
    faults: list[Fault] = []
    for notebook, path, (_, edition) in zip(notebooks, paths, pairs, strict=True):
        clean(notebook, sanitize)
        if path.exists():
            keep_steady(notebook, load(path))
        faults += output_faults(notebook, edition, place, place.shown(path))
    if faults:
        raise CourseError(*faults)
    for notebook, path in zip(notebooks, paths, strict=True):
        store(notebook, path)
    write_cover(place)
    return f"Built and ran {len(notebooks)} notebooks of {len(lessons)} lessons."


def check(place: Place) -> str:
    """Prove that the stored notebooks are what the sources say."""
    from course.agreement import agreement_faults, stray_faults
    from course.companions import companion_faults
    from course.cover import cover_faults
    from course.notebook import editions

    lessons = read_lessons(place, [])
    faults = [fault for lesson in lessons for fault in agreement_faults(lesson, place)]
    faults += [*stray_faults(place), *companion_faults(place), *cover_faults(place)]
    if faults:
        raise CourseError(*faults)
    return f"{len(lessons)} sources and their {sum(len(editions(lesson)) for lesson in lessons)} notebooks agree."


def my(place: Place) -> str:
    """Make the learner's folder."""
    copied = make_my(place)
    return f"New in my/: {', '.join(copied)}." if copied else "my/ has every lesson already; nothing was changed."


def fresh(place: Place, name: str) -> str:
    """Put one of the learner's lessons back."""
    mine, kept = make_fresh(place, name)
    was = f" Yours is kept as {place.shown(kept)}." if kept else ""
    return f"{place.shown(mine)} is as new.{was} If it is open in JupyterLab: File, Reload Notebook from Disk."


def handout(place: Place) -> str:
    """Make the zip and the pages that a teacher hands out."""
    from course.handout import write_handout

    archive, *pages = (place.shown(path) for path in write_handout(place))
    return f"{archive} has the lessons without solutions and outputs. To print: {', '.join(pages)}."


def nbgrader(place: Place, names: list[str]) -> str:
    """Make a folder that nbgrader takes as a course."""
    from course.grading import write_grading

    lessons = read_lessons(place, names)
    folder, points = write_grading(place, lessons)
    first = next((name for name, worth in points.items() if worth), lessons[0].name)
    return (
        f"{place.shown(folder)}/ has {len(points)} assignments, {sum(points.values())} points in all. "
        f"There: nbgrader generate_assignment {first} --create"
    )


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one command; return 0, or 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", default="write", choices=["write", "check", "my", "fresh", "handout"])
    parser.add_argument("lessons", nargs="*", help="a number or a name: 02 or header_length")
    parser.add_argument("--nbgrader", action="store_true", help="write nbgrader's assignments, and run nothing")
    given = parser.parse_args(arguments)
    place = Place(root)
    if given.command == "fresh" and len(given.lessons) != 1:
        parser.error("fresh takes one lesson: make fresh LESSON=02")
    if given.nbgrader and given.command != "write":
        parser.error("--nbgrader takes lessons, and no other command")
    if given.command in ("check", "my", "handout") and given.lessons:
        parser.error(f"{given.command} takes no lessons: it looks at all of them")
    try:
        match given.command:
            case "write" if given.nbgrader:
                print(nbgrader(place, given.lessons))
            case "write":
                print(write(place, given.lessons))
            case "check":
                print(check(place))
            case "my":
                print(my(place))
            case "fresh":
                print(fresh(place, given.lessons[0]))
            case "handout":
                print(handout(place))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
