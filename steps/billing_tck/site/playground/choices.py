"""What can be chosen for a run: readings and faults, those that bear on the clauses of a scenario first."""

from __future__ import annotations

import re

from billing_tck.site.playground.kit import Kit
from billing_tck.steps.examples import phrases
from billing_tck.steps.gherkin_cell import CellError, read_cell

Json = dict[str, object]
_CLAUSE = re.compile(r"@([A-Z]+-\d+)\b")


def choices(kit: Kit, text: str, clause: str = "") -> Json:
    """Return the clauses, readings and faults to choose from. `clause` is the one that the page is about.

    `readings` are those that the scenario tests: under others it does not apply.
    """
    clauses = kit.clauses_of((*_CLAUSE.findall(text), clause))
    bearing = {knob.name for one in clauses for knob in kit.register.bearing_on(one)}
    tested = _tested(kit, text)
    bearing |= tested.keys()
    ids = {one.id for one in clauses}
    knobs = [
        {
            "name": knob.name,
            "question": knob.question,
            "default": knob.default,
            "bears": knob.name in bearing,
            "values": [{"name": value.name, "meaning": value.meaning} for value in knob.values],
        }
        for knob in kit.register.knobs
    ]
    faults = [
        {"name": one.name, "sentence": one.sentence, "bears": bool(ids & {*one.clauses})}
        for one in kit.faults
        if not one.declares
    ]
    return {
        "clauses": [one.id for one in clauses if one.testable],
        "readings": tested,
        "knobs": _bearing_first(knobs),
        "faults": _bearing_first(faults),
        "phrases": [{"kind": one.kind, "text": one.example} for one in phrases(kit.vocabulary)],
    }


def _bearing_first(some: list[Json]) -> list[Json]:
    return sorted(some, key=lambda one: not one["bears"])


def _tested(kit: Kit, text: str) -> dict[str, str]:
    """Return the readings that the scenarios of a text test; of several values of a knob the first."""
    try:
        scenarios = read_cell(text, kit.vocabulary)
    except CellError:
        return {}
    return {knob: value for one in reversed(scenarios) for knob, value in reversed(one.reading)}
