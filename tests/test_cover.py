"""The README's picture is the one that the first lesson drew."""

import shutil
from pathlib import Path

import pytest

from course.cover import COVER, cover, cover_faults, write_cover
from course.place import Place

ROOT = Path(__file__).parents[1]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for lesson in Place(ROOT).learners():
        shutil.copy(lesson, tmp_path / "notebooks")
    return Place(tmp_path)


def test_readme_shows_the_cover():
    assert f"](notebooks/{COVER})" in (ROOT / "README.md").read_text()
    assert not list(cover_faults(Place(ROOT)))


def test_cover_is_the_ladder_of_lesson_00(place):
    assert b"sendall" in cover(place)


def test_missing_or_other_cover_is_found_and_mended(place):
    assert list(cover_faults(place))
    (place.notebooks / COVER).write_bytes(b"<svg/>")
    assert list(cover_faults(place))
    write_cover(place)
    assert not list(cover_faults(place))
