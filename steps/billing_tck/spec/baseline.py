"""The baseline: the clauses and scenarios that count, under one name, until the next baseline.

`set.toml` of a features folder lists each with a fingerprint of its content. A scenario outside the baseline (added
later, or changed) is run and reported, but counts in no total, verdict or exit status, so that a green result does not
turn red between two baselines. In a features folder without the file every scenario counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.text.toml_table import Table, read_toml

FILE = "set.toml"
_DIGITS = 12
_RESTORE = "Restore the file from version control"
_HEAD = """\
# The baseline: the clauses and scenarios that count, each with the fingerprint of its content.
# Written by `billing-tck freeze NAME`. A scenario that is not listed runs, but does not count before the next baseline.
# Edit only [withdrawn]: a scenario of the baseline that was found wrong, and the reason.
"""


class InvalidBaseline(InvalidInput):
    """The file of the baseline cannot be used."""

    subject = "the baseline"


class Named(Protocol):
    """An entry of a baseline: a file, a name in it, and a fingerprint."""

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
        """A short digest of its content."""
        ...


class Sentenced(Protocol):
    """The part of a clause that a baseline records."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def sentence(self) -> str:
        """The statement."""
        ...

    @property
    def excluded(self) -> str | None:
        """The reason why no scenario covers it, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """A scenario of the baseline that the features no longer have: removed or changed."""

    file: str
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scenarios and clauses that count.

    `scenarios` are names by file and fingerprint, `clauses` fingerprints by id, `withdrawn` the reasons, by
    fingerprint, for which scenarios of the baseline were found wrong and removed.
    """

    name: str
    on: date
    scenarios: Mapping[tuple[str, str], str]
    clauses: Mapping[str, str]
    withdrawn: Mapping[str, str]
    digest: str

    def contains(self, file: str, fingerprint: str) -> bool:
        """Return whether the scenario of a file that has this fingerprint counts."""
        return (file, fingerprint) in self.scenarios

    def missing(self, scenarios: Iterable[Named]) -> list[Missing]:
        """Return what the baseline lists, these scenarios do not have, and was not withdrawn."""
        there = {(scenario.file, scenario.fingerprint) for scenario in scenarios}
        return [
            Missing(file, name, fingerprint)
            for (file, fingerprint), name in self.scenarios.items()
            if (file, fingerprint) not in there and fingerprint not in self.withdrawn
        ]

    def changed_clauses(self, clauses: Iterable[Sentenced]) -> list[str]:
        """Return the ids of clauses that were added, removed or reworded since the baseline."""
        now = {clause.id: fingerprint_of_clause(clause) for clause in clauses}
        return [key for key in dict.fromkeys([*now, *self.clauses]) if now.get(key) != self.clauses.get(key)]


def fingerprint(content: object) -> str:
    """Return a short digest of a JSON value."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def fingerprint_of_clause(clause: Sentenced) -> str:
    """Return a digest of a clause's sentence and of its exclusion."""
    return fingerprint([clause.id, clause.sentence, clause.excluded])


def load_baseline(folder: Path) -> Baseline | None:
    """Return the baseline of a features folder, or None if it has none. Raises InvalidBaseline."""
    path = folder / FILE
    if not path.exists():
        return None
    diagnostics: list[Diagnostic] = []
    content = read_toml(path, diagnostics)
    baseline = None if content is None else _baseline(content)
    if baseline is None or diagnostics:
        raise InvalidBaseline(diagnostics)
    if digest_of(baseline.scenarios, baseline.clauses) != baseline.digest:
        message = "edited by hand: its digest does not match what it lists"
        raise InvalidBaseline([Diagnostic(Place(str(path)), message, _RESTORE)])
    unknown = sorted(set(baseline.withdrawn) - {key for _, key in baseline.scenarios})
    if unknown:
        message = f"[withdrawn] names {unknown[0]}, which is not a fingerprint of the baseline"
        raise InvalidBaseline([Diagnostic(Place(str(path)), message, "Correct or remove it")])
    return baseline


def _baseline(file: Table) -> Baseline:
    scenarios = {
        (name, fingerprint): title
        for name, table in file.subtables("scenarios", "scenarios of").items()
        for fingerprint, title in table.all_texts().items()
    }
    baseline = Baseline(
        name=file.text("name"),
        on=file.day("frozen", date(2026, 1, 5)) or date.min,
        scenarios=scenarios,
        clauses=file.table("clauses").all_texts(),
        withdrawn=file.table("withdrawn").all_texts(),
        digest=file.text("digest"),
    )
    file.close()
    return baseline


def digest_of(scenarios: Iterable[tuple[str, str]], clauses: Mapping[str, str]) -> str:
    """Return the digest of a baseline, independent of the order in which its parts are listed."""
    content = sorted(f"{file} {key}" for file, key in scenarios) + sorted(f"{k} {v}" for k, v in clauses.items())
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def render_baseline(name: str, on: date, scenarios: Sequence[Named], clauses: Sequence[Sentenced]) -> str:
    """Return the text of a `set.toml` that lists all of these."""
    fingerprints = {clause.id: fingerprint_of_clause(clause) for clause in clauses}
    digest = digest_of([(scenario.file, scenario.fingerprint) for scenario in scenarios], fingerprints)
    return "\n".join([*_lines(name, on, scenarios, fingerprints, digest), ""])


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
    """Return a basic string of TOML: a string of JSON, except that DEL must be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
