"""The README's pictures are those that the lessons drew."""

import shutil
from pathlib import Path

import pytest

from course.cover import PICTURES, cover_faults, pictures, write_cover
from course.place import Place

ROOT = Path(__file__).parents[1]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "notebooks" / "solutions").mkdir(parents=True)
    for lesson in Place(ROOT).solved():
        shutil.copy(lesson, tmp_path / "notebooks" / "solutions")
    return Place(tmp_path)


def test_readme_shows_the_pictures():
    for name in PICTURES:
        assert f"](notebooks/{name})" in (ROOT / "README.md").read_text()
    assert not list(cover_faults(Place(ROOT)))


def test_they_are_the_ladder_of_lesson_00_and_the_way_of_lesson_14(place):
    drawn = dict(pictures(place))
    assert b"sendall" in drawn["ladder.svg"]
    assert b"PostgreSQL" in drawn["tcp.svg"]


def test_missing_or_other_pictures_are_found_and_mended(place):
    assert len([*cover_faults(place)]) == 2
    (place.notebooks / "ladder.svg").write_bytes(b"<svg/>")
    assert len([*cover_faults(place)]) == 2
    write_cover(place)
    assert not list(cover_faults(place))
