"""Read TOML files field by field, and collect a Diagnostic for everything that does not fit.

A field that does not fit is read as an empty value, so that one pass finds all faults of a file. A fault is placed at
the line of its key: tomllib keeps no positions, so lines are found by looking for the key. A file without faults is
not searched.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from billing_tck.errors import Diagnostic, Place
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.files import read_text
from billing_tck.text.preview import shorten
from billing_tck.text.toml_cache import InvalidToml, parse_toml

Words = TypeVar("Words", bound=StrEnum)
_SHOWN = 60
_MOST_BITS = 4096  # of an integer that is shown
_LARGEST = 1 << 24  # bytes of a file


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file being read, and what is wrong with it."""

    path: Path
    lines: Sequence[str]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def line_of(self, key: str, start: int) -> int | None:
        """Return the index of the first line from `start` on that gives a key or opens its table."""
        name = re.escape(key)
        written = re.compile(rf"\s*(?:\[+\s*(?:[\w.]+\.)?)?[\"']?{name}[\"']?\s*[=\].]")
        return next((n for n in range(start, len(self.lines)) if written.match(self.lines[n])), None)

    def headers_of(self, key: str, start: int) -> list[int]:
        """Return the indexes of the lines from `start` on that open a table of an array of tables."""
        header = re.compile(rf"\s*\[\[\s*(?:[\w.]+\.)?[\"']?{re.escape(key)}[\"']?\s*\]\]")
        return [n for n in range(start, len(self.lines)) if header.match(self.lines[n])]


class Table:
    """One table of a TOML file; `find` returns the index of its first line."""

    def __init__(
        self, content: Mapping[str, object], file: TomlFile, part: str = "", find: Callable[[], int] = lambda: 0
    ) -> None:
        self._content = content
        self._file = file
        self._part = part
        self._find = find
        self._known: dict[str, None] = {}  # the keys that were asked for, in order

    def __contains__(self, key: str) -> bool:
        self._known[key] = None
        return key in self._content

    @cached_property
    def _start(self) -> int:
        return self._find()

    @property
    def faults(self) -> int:
        """How many faults of the whole file have been found so far."""
        return len(self._file.diagnostics)

    @property
    def place(self) -> Place:
        """Where the table begins."""
        return Place(str(self._file.path), self._start + 1, self._part)

    def call_it(self, part: str) -> None:
        """Name the table, for the diagnostics that follow."""
        self._part = part

    def report(self, message: str, fix: str, key: str = "") -> None:
        """Report a fault, at the line of `key` where it can be found."""
        line = self._file.line_of(key, self._start) if key else None
        place = Place(str(self._file.path), (self._start if line is None else line) + 1, self._part)
        self._file.diagnostics.append(Diagnostic(place, message, fix))

    def add(self, diagnostic: Diagnostic) -> None:
        """Report a fault at another place."""
        self._file.diagnostics.append(diagnostic)

    def close(self, elsewhere: Mapping[str, str] | None = None) -> None:
        """Report every key that was never asked for; `elsewhere` has the hints for keys that belong somewhere else."""
        for key in self._content:
            if key not in self._known:
                hint = (elsewhere or {}).get(key) or did_you_mean(key, self._known, count=1, cutoff=0.6)
                self.report(f"unknown key {key!r}; {hint}", "", key)

    # Values

    def text(self, key: str, example: str = "…") -> str:
        """Return a text that is not blank."""
        value = self._get(key, f'"{example}"')
        if isinstance(value, str) and value.strip():
            return value
        return self._misfit(key, "text", f'"{example}"', "")

    def text_or_none(self, key: str) -> str | None:
        """Return a text, or None where the key is absent."""
        return self.text(key) if key in self else None

    def path(self, key: str) -> Path | None:
        """Return a path, or None where the key is absent."""
        text = self.text_or_none(key)
        if text is not None and "\0" in text:
            self.report(f"`{key}`: a path has no null byte", "Remove it", key)
        return None if not text else Path(text)

    def patterned(self, key: str, pattern: str, expected: str, example: str) -> str:
        """Return a text of a fixed form."""
        value = self.text(key, example)
        if value and not re.fullmatch(pattern, value):
            return self._misfit(key, expected, f'"{example}"', "")
        return value

    def word(self, key: str, words: type[Words]) -> Words:
        """Return a member of an enumeration, the first one where another word is written."""
        value = self.text(key, next(iter(words)))
        with contextlib.suppress(ValueError):
            return words(value)
        if value:
            self.report(f"`{key}`: unknown value {value!r}; {did_you_mean(value, words)}", "", key)
        return next(iter(words))

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is absent."""
        value = self._content.get(key, False) if key in self else False
        return value if isinstance(value, bool) else self._misfit(key, "true or false", "true", False)

    def line_number(self, key: str) -> int:
        """Return a line number, counted from 1."""
        value = self._get(key, "25")
        if type(value) is int and value >= 1:
            return value
        return self._misfit(key, "a line number, counted from 1", "25", 0)

    def positive(self, key: str, example: float, largest: float) -> float | None:
        """Return a positive number up to a largest one, whole where the example is; None where the key is absent."""
        if key not in self:
            return None
        value = self._content[key]
        kinds = (int,) if isinstance(example, int) else (int, float)
        if isinstance(value, kinds) and not isinstance(value, bool) and 0 < value <= largest:
            return value
        limit = f" up to {largest:,}" if isinstance(value, kinds) and value > largest else ""
        whole = "whole " if isinstance(example, int) else ""
        return self._misfit(key, f"a positive {whole}number{limit}", f"{example:g}", None)

    def day(self, key: str, example: date) -> date | None:
        """Return a date, or None where there is none to read."""
        value = self._get(key, f"{example}, without quotes")
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                example = date.fromisoformat(value)  # what was meant, in the message
        return self._misfit(key, "a date", f"{example}, without quotes", None)

    def texts(self, key: str, example: str, *, one: bool = False) -> tuple[str, ...]:
        """Return a list of texts; `one` also takes a single text."""
        value = self._get(key, f'["{example}"]')
        if one and isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            return self._misfit(key, "a list of texts", f'["{example}"]', ())
        for item in dict.fromkeys(item for item in value if value.count(item) > 1):
            self.report(f"`{key}` has {item} twice", "Write it once", key)
        return tuple(value)

    def texts_or_none(self, key: str, example: str, *, one: bool = False) -> tuple[str, ...]:
        """Return a list of texts, empty where the key is absent."""
        return self.texts(key, example, one=one) if key in self else ()

    def all_texts(self) -> dict[str, str]:
        """Return all keys of a table in which every value is a text."""
        return {key: self.text(key) for key in list(self._content)}

    def scalar(self, key: str) -> str | int | bool:
        """Return a text, an integer, or true or false."""
        value = self._get(key, '"…"')
        if isinstance(value, (str, int)):
            return value
        return self._misfit(key, "a text, an integer, or true or false", '"…"', "")

    def all_scalars(self) -> dict[str, str | int | bool]:
        """Return all keys of a table in which every value is a text, an integer, or true or false."""
        return {key: self.scalar(key) for key in list(self._content)}

    def keys(self) -> list[str]:
        """Return the keys of the table, in their order."""
        return list(self._content)

    # Tables

    def is_table(self, key: str) -> bool:
        """Whether a key is there and has a table."""
        return key in self and isinstance(self._content[key], dict)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the keys and texts of a table, in their order."""
        return tuple(self.table(key).all_texts().items())

    def table(self, key: str) -> Table:
        """Return a table, an empty one where the key is absent."""
        value = self._content.get(key, {}) if key in self else {}
        name = f"[{self._part[1:-1]}.{key}]" if self._part.startswith("[") else f"[{key}]"
        if not isinstance(value, dict):
            self.report(f"`{key}`: expected a table, got {shown(value)}", f"Write {name}, and its keys below it", key)
            value = {}
        return Table(value, self._file, name, self._finding(key))

    def tables(self, key: str, *, optional: bool = False) -> list[Table]:
        """Return the tables of an array of tables."""
        if optional and key not in self:
            return []
        value = self._get(key, f"…, as tables under [[{key}]]")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            if value is not None:
                self.report(f"`{key}`: expected an array of tables", f"Write [[{key}]], in two brackets", key)
            return []

        @cache
        def starts() -> list[int]:
            found = self._file.headers_of(key, self._start)
            return found if len(found) >= len(value) else [self._start] * len(value)

        def table(n: int) -> Table:
            part = ", ".join(filter(None, [self._part, f"{key} {n + 1}"]))
            return Table(value[n], self._file, part, lambda: starts()[n])

        return [table(n) for n in range(len(value))]

    def subtables(self, key: str, what: str) -> dict[str, Table]:
        """Return the tables of a table of tables, by their keys."""
        value = self._get(key, f'…, as tables [{key}."…"]')
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            if value is not None:
                self.report(f"`{key}`: expected a table of tables", f'Write [{key}."…"]', key)
            return {}
        return {name: Table(item, self._file, f"{what} {name}", self._finding(name)) for name, item in value.items()}

    def _finding(self, key: str) -> Callable[[], int]:
        """Return what finds the first line of the table under a key."""
        return lambda: self._file.line_of(key, self._start) or self._start

    def _get(self, key: str, form: str) -> object | None:
        if key not in self:
            self.report(f"`{key}` is missing", f"Add {key} = {form}")
        return self._content.get(key)

    def _misfit(self, key: str, expected: str, form: str, empty: Empty) -> Empty:
        if key in self._content:
            self.report(f"`{key}`: expected {expected}, got {shown(self._content[key])}", f"Write {key} = {form}", key)
        return empty


Empty = TypeVar("Empty")


def read_toml(path: Path, diagnostics: list[Diagnostic]) -> Table | None:
    """Return the table of a file, or None where it cannot be read; its faults are added to `diagnostics`."""
    try:
        text = read_text(path, _LARGEST)
        return Table(parse_toml(text), TomlFile(path, text.splitlines(), diagnostics))
    except OSError as error:
        diagnostics.append(Diagnostic(Place(str(path)), f"cannot read the file: {error.strerror}", "Check the path"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        diagnostics.append(Diagnostic(Place(str(path), line), "not UTF-8", "Save the file as UTF-8"))
    except InvalidToml as error:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        place = Place(str(path), int(at[1]) if at else None)
        diagnostics.append(Diagnostic(place, f"invalid TOML: {error}", "Fix this line"))
    except RecursionError:
        diagnostics.append(Diagnostic(Place(str(path)), "invalid TOML: it is nested too deeply", "Flatten it"))
    except ValueError:  # the digits of an integer, or a date that does not exist
        message = "invalid TOML: an integer has too many digits, or a date does not exist"
        diagnostics.append(Diagnostic(Place(str(path)), message, "Write a smaller number, or another date"))
    return None


def shown(value: object) -> str:
    """Return a value as it is written in TOML, shortened."""
    if type(value) is int and value.bit_length() > _MOST_BITS:
        return "an integer of many digits"
    return shorten(str(value).lower() if isinstance(value, bool | date) else repr(value), _SHOWN)
