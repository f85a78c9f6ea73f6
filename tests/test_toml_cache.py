"""Long TOML texts are parsed once; what is cached is what the library reads."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from billing_tck.spec.suite import features_dir
from billing_tck.text import toml_cache
from billing_tck.text.cache import cache_folder
from billing_tck.text.toml_cache import SHORTEST, InvalidToml, parse_toml

LONG = f"filler = '{'x' * SHORTEST}'\n"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def cached() -> list[Path]:
    return sorted(cache_folder().glob("toml-*.json"))


@pytest.mark.parametrize("name", ["clauses.toml", "readings.toml", "set.toml"])
def test_the_files_of_the_kit_are_read_as_the_library_reads_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (features_dir() / name).read_text(encoding="utf-8")
    whole = tomllib.loads(text)
    assert parse_toml(text) == whole
    assert len(cached()) == 1
    monkeypatch.setattr(tomllib, "loads", None)
    assert parse_toml(text) == whole


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("day = 2025-01-18", True),
        ("[day]\nx = [2025-01-18, {y = 2025-01-19}]", True),
        ("number = inf", True),
        ("number = 123456789012345678901234567890", True),
        ('"a \\u007f key" = "\\U0001F600"', True),
        ("instant = 2025-01-18T10:00:00Z", False),
        ("time = 10:00:00", False),
    ],
)
def test_every_kind_of_value_comes_back(more: str, kept: bool) -> None:
    text = LONG + more
    first = parse_toml(text)
    assert first == tomllib.loads(text) == parse_toml(text)
    assert bool(cached()) is kept


def test_a_short_text_is_not_cached() -> None:
    assert parse_toml("a = 1") == {"a": 1}
    assert cached() == []


def test_an_error_says_what_the_library_says() -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as library:
        tomllib.loads(LONG + "=")
    for _ in range(2):
        with pytest.raises(InvalidToml, match=re.escape(str(library.value))):
            parse_toml(LONG + "=")
    assert cached() == []


def test_a_damaged_file_is_replaced() -> None:
    text = LONG + "a = 1"
    parse_toml(text)
    (path,) = cached()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"a": 1', b'"a": 2'))
    assert parse_toml(text)["a"] == 1
    assert path.read_bytes() == whole
    assert len(text) >= toml_cache.SHORTEST
