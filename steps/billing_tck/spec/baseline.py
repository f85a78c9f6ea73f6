"""The frozen set: the clauses and scenarios that count, under one name, until the next set.

`set.toml` of a features folder names each by a fingerprint of what it says. A scenario that is not in the set (it came
later, or was changed) is run and told, and counts in no total, no verdict and no exit status, so that nobody's green
turns red between two sets. A features folder without the file has no set: there everything counts.

    Exception
    └── SetError     set.toml cannot be used
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

FILE = "set.toml"
_DIGITS = 12
_HEAD = """\
# The frozen set: the clauses and scenarios that count, each with the fingerprint of what it says.
# Written by `billing-tck freeze NAME`; what is not in here runs, and does not count until the next set.
# Never edited by hand but for [withdrawn]: a scenario of the set that was found wrong, and why.
"""


class SetError(Exception):
    """The file of the frozen set cannot be used; the message names it, says what is wrong, and what mends it."""


class Named(Protocol):
    """What a set holds: something with a place in a file, a name there, and a fingerprint."""

    @property
    def file(self) -> str:
        """The feature file, relative to the features folder."""
        ...

    @property
    def name(self) -> str:
        """Its name in that file."""
        ...

    @property
    def fingerprint(self) -> str:
        """What it says, as a short digest."""
        ...


class Sentenced(Protocol):
    """A clause, as far as a set is concerned."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def sentence(self) -> str:
        """What it says."""
        ...

    @property
    def excluded(self) -> str | None:
        """Why no scenario covers it, where none does."""
        ...


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A set. `scenarios` are names by file and fingerprint, `clauses` fingerprints by id, `withdrawn` reasons by
    fingerprint: what was in the set, was found wrong, and is gone from it."""

    name: str
    on: date
    scenarios: Mapping[tuple[str, str], str]
    clauses: Mapping[str, str]
    withdrawn: Mapping[str, str]
    digest: str

    def holds(self, scenario: Named) -> bool:
        """Whether the scenario counts."""
        return (scenario.file, scenario.fingerprint) in self.scenarios

    def gone(self, scenarios: Iterable[Named]) -> list[tuple[str, str, str]]:
        """(file, name, fingerprint) of what the set has and these do not, and was not withdrawn: gone or changed."""
        there = {(scenario.file, scenario.fingerprint) for scenario in scenarios}
        return [
            (file, name, fingerprint)
            for (file, fingerprint), name in self.scenarios.items()
            if (file, fingerprint) not in there and fingerprint not in self.withdrawn
        ]

    def reworded(self, clauses: Iterable[Sentenced]) -> list[str]:
        """The ids of clauses that are other than in the set: new, gone, or worded otherwise."""
        now = {clause.id: fingerprint_of_clause(clause) for clause in clauses}
        return [key for key in dict.fromkeys([*now, *self.clauses]) if now.get(key) != self.clauses.get(key)]


def fingerprint(content: object) -> str:
    """A short digest of what is plain JSON."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def fingerprint_of_clause(clause: Sentenced) -> str:
    """What a clause says, and whether scenarios are to cover it."""
    return fingerprint([clause.id, clause.sentence, clause.excluded])


def load_set(folder: Path) -> FrozenSet | None:
    """The set of a features folder, None where it has none. Raises SetError."""
    path = folder / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetError(f"{path}: this is no TOML ({error}). Take it back from version control") from None
    try:
        found = FrozenSet(
            str(content["name"]),
            _day(content["frozen"]),
            {(file, key): str(name) for file, names in content["scenarios"].items() for key, name in names.items()},
            {str(key): str(value) for key, value in content["clauses"].items()},
            {str(key): str(reason) for key, reason in content.get("withdrawn", {}).items()},
            str(content["digest"]),
        )
    except (KeyError, AttributeError, TypeError) as error:
        said = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise SetError(f"{path}: this is no frozen set: {said}. Take it back from version control") from None
    if digest_of(found.scenarios, found.clauses) != found.digest:
        raise SetError(
            f"{path}: it was edited: its digest is not that of what it lists. Take it back from version control"
        )
    strange = set(found.withdrawn) - {key for _, key in found.scenarios}
    if strange:
        raise SetError(f"{path}: [withdrawn] names {min(strange)}, which is no fingerprint of the set. Mend it")
    return found


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError("'frozen' is no day")
    return value


def digest_of(scenarios: Iterable[tuple[str, str]], clauses: Mapping[str, str]) -> str:
    """The digest of a set: of all that it holds, in whatever order it is listed."""
    content = sorted(f"{file} {key}" for file, key in scenarios) + sorted(f"{k} {v}" for k, v in clauses.items())
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def freeze(name: str, on: date, scenarios: Sequence[Named], clauses: Sequence[Sentenced]) -> str:
    """The text of a `set.toml` with all of these."""
    told = {clause.id: fingerprint_of_clause(clause) for clause in clauses}
    digest = digest_of([(scenario.file, scenario.fingerprint) for scenario in scenarios], told)
    return "\n".join([*_lines(name, on, scenarios, told, digest), ""])


def _lines(name: str, on: date, scenarios: Sequence[Named], clauses: Mapping[str, str], digest: str) -> Iterator[str]:
    yield _HEAD
    yield f"name = {_quoted(name)}"
    yield f"frozen = {on.isoformat()}"
    yield f"digest = {_quoted(digest)}"
    for file in dict.fromkeys(scenario.file for scenario in scenarios):
        yield f"\n[scenarios.{_quoted(file)}]"
        for scenario in scenarios:
            if scenario.file == file:
                yield f"{scenario.fingerprint} = {_quoted(scenario.name)}"
    yield "\n[clauses]"
    for key, value in clauses.items():
        yield f"{key} = {_quoted(value)}"
    yield "\n[withdrawn]"


def _quoted(text: str) -> str:
    """A basic string of TOML, which JSON's strings are; DEL alone is not allowed there."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
