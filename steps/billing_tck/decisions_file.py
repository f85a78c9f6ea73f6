"""`decisions.toml`: which reading was chosen for each open question, why, by whom and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.toml_table import Table, read_toml

FILE = "decisions.toml"
EXAMPLE = """\
[[decision]]
knob = "marketplace_end"
value = "restricts_at_end"
why = "Customers must notice immediately that no billing method is left."
owner = "Ada"
date = 2026-11-28
status = "decided"
"""
_DAY = date(2026, 11, 28)


class Status(StrEnum):
    """How far a decision is: only what is decided is followed."""

    DECIDED = "decided"
    PROPOSED = "proposed"
    OPEN = "open"


class InvalidDecisions(InvalidInput):
    """The file cannot be used."""

    subject = "the decisions"
    always_given = True


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry; `value` is empty where the question is open, and `place` is where it is written."""

    knob: str
    value: str
    why: str
    owner: str
    date: date
    status: Status
    place: Place


def read_decisions(path: Path, known: Mapping[str, Sequence[str]] | None = None) -> tuple[Decision, ...]:
    """Return the decisions of a file; `known` are the knobs and values that exist. Raises InvalidDecisions."""
    diagnostics: list[Diagnostic] = []
    table = read_toml(path, diagnostics)
    decisions: list[Decision] = []
    if table is not None:
        for entry in table.tables("decision"):
            decisions.append(_decision(entry, known))
            entry.close({"reason": "the key is `why`", "reading": "the keys are `knob` and `value`"})
        table.close({"knob": "write it below [[decision]]"})
        diagnostics += _twice(decisions)
    if diagnostics:
        raise InvalidDecisions(diagnostics)
    return tuple(decisions)


def followed(decisions: Sequence[Decision]) -> dict[str, str]:
    """Return the readings that are decided."""
    return {one.knob: one.value for one in decisions if one.status is Status.DECIDED}


def _decision(entry: Table, known: Mapping[str, Sequence[str]] | None) -> Decision:
    knob = entry.text("knob", "marketplace_end")
    if knob:
        entry.call_it(knob)
    status = entry.word("status", Status) if "status" in entry else Status.DECIDED
    value = "" if status is Status.OPEN and "value" not in entry else entry.text("value", "restricts_at_end")
    if known is not None and knob:
        if knob not in known:
            entry.report(f"`knob`: {knob!r} does not exist; {did_you_mean(knob, known)}", "", "knob")
        elif value and value not in known[knob]:
            entry.report(f"`value`: {knob} has no value {value!r}; {did_you_mean(value, known[knob])}", "", "value")
    why, owner = entry.text("why"), entry.text("owner", "Ada")
    return Decision(knob, value, why, owner, entry.day("date", _DAY) or _DAY, status, entry.place)


def _twice(decisions: Sequence[Decision]) -> list[Diagnostic]:
    seen: dict[str, Decision] = {}
    found = []
    for one in decisions:
        first = seen.setdefault(one.knob, one)
        if one.knob and first is not one:
            message = f"{one.knob} is decided twice, first at line {first.place.line}"
            found.append(Diagnostic(one.place, message, "Keep one entry for each knob"))
    return found
