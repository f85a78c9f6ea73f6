"""The texts that people see most equal the golden files."""

from __future__ import annotations

import pytest

from .golden import architecture, compiled, picture
from .golden.texts import TEXTS, golden, path_of

SLOW = ("decisions", "prove")  # they run thousands of scenarios


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in TEXTS]
)
def test_the_text_is_that_of_its_golden_file(name: str) -> None:
    expected = path_of(name).read_text(encoding="utf-8")
    assert golden(name) == expected, "if the change is right, run `make golden` and review the difference"


def test_every_golden_file_belongs_to_a_text() -> None:
    files = {path.stem for path in path_of("help").parent.glob("*.txt")}
    assert files == set(TEXTS)


def test_the_picture_of_the_layers_is_drawn_from_the_code() -> None:
    assert architecture.page() == architecture.PAGE.read_text(encoding="utf-8"), "run `make golden`"


def test_the_features_are_compiled_as_they_are_written() -> None:
    path, text = compiled.made()
    assert path.read_text(encoding="utf-8") == text, "compile them with `make golden`"


def test_every_package_has_a_purpose() -> None:
    assert [name for row in architecture.layers() for name in row if not architecture.purpose(name)] == []


def test_the_timeline_in_readme_is_todays() -> None:
    assert picture.picture() == picture.FILE.read_text(encoding="utf-8"), "run `make golden`"
