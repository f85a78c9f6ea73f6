"""Which scenarios to run: by family, clause, part, place or name; what is asked for and unknown is said."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from billing_tck.spec.gherkin import Scenario, Suite


class UnknownSelectionError(Exception):
    """A family, clause or scenario was asked for that the features do not have; names the nearest."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for; empty is everything. Of several families (or clauses, or scenarios) any will do."""

    families: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    part: Literal["core", "edge"] | None = None
    scenarios: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [f"family {name}" for name in self.families] + [f"clause {name}" for name in self.clauses]
        said += [self.part] if self.part else []
        said += [f"scenario {name}" for name in self.scenarios]
        return ", ".join(said) or "everything"


def select(
    suite: Suite,
    selection: Selection,
    *,
    families: Iterable[str] | None = None,
    clauses: Iterable[str] | None = None,
) -> tuple[Scenario, ...]:
    """The scenarios that were asked for, in the suite's order; it may be none.

    `families` and `clauses` are the known ones (by default those of the suite): one that is known and has no
    scenario selects nothing, one that is unknown raises UnknownSelectionError.
    """
    known_families = set(families if families is not None else ()) | {s.family for s in suite.scenarios}
    known_clauses = set(clauses if clauses is not None else ()) | {c for s in suite.scenarios for c in s.clauses}
    _known("family", selection.families, known_families)
    _known("clause", selection.clauses, known_clauses)
    wanted = {place for text in selection.scenarios for place in _places(suite, text)}
    return tuple(
        s
        for s in suite.scenarios
        if (not selection.families or s.family in selection.families)
        and (not selection.clauses or set(selection.clauses) & set(s.clauses))
        and (selection.part is None or s.part == selection.part)
        and (not selection.scenarios or s.place in wanted)
    )


def _known(what: str, asked: Sequence[str], known: set[str]) -> None:
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name.upper() if what == "clause" else name, sorted(known), 3, 0.5)
            hint = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(sorted(known)) or 'none'}"
            raise UnknownSelectionError(f"there is no {what} {name!r}; {hint}")


def _places(suite: Suite, text: str) -> set[str]:
    """The places of the scenarios that `text` names: a scenario's or an outline's name, a file, or `file:line`."""
    by_name = {s.place for s in suite.scenarios if text in {s.name, s.outline}}
    if by_name:
        return by_name
    file, colon, line = text.rpartition(":")
    if not colon or not line.isdigit():
        file, line = text, ""
    in_file = [
        s for s in suite.scenarios if s.file == file or file.endswith(f"/{s.file}") or s.file.endswith(f"/{file}")
    ]
    if in_file and not line:
        return {s.place for s in in_file}
    number = int(line or 0)
    exact = {s.place for s in in_file if number == s.line} or {s.place for s in in_file if number == s.definition}
    last = max((step.line for s in in_file for step in s.steps), default=0)
    last = max([last, *(s.line for s in in_file)])
    before = [s.definition for s in in_file if s.definition <= number <= last]
    around = {s.place for s in in_file if before and s.definition == max(before)}
    if exact or around:
        return exact or around
    if in_file:
        first = min(s.definition for s in in_file)
        raise UnknownSelectionError(
            f"line {number} of {file} is in no scenario: the first begins in line {first}, the last ends in line {last}"
        )
    names = {s.name: s.place for s in suite.scenarios} | {s.place: s.place for s in suite.scenarios}
    near = difflib.get_close_matches(text, list(names), 3, 0.5)
    hint = f"nearest: {'; '.join(near)}" if near else "say its name, or file:line, as core/trial.feature:12"
    raise UnknownSelectionError(f"there is no scenario {text!r}; {hint}")
