"""Scenarios as they were compiled from features, as a JSON text: read in a tenth of the time that parsing takes.

Equal steps are written once; a scenario refers to them by their place, each with its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.spec.scenario_tags import meanings_of
from billing_tck.text.json_text import read_json

FORMAT = 1


class Compiled(NamedTuple):
    """Scenarios, each with its fingerprint, and the key under which their features were checked."""

    key: str
    scenarios: tuple[Scenario, ...]
    fingerprints: tuple[str, ...]


def pack(key: str, scenarios: Iterable[Scenario]) -> str:
    """Return scenarios as a text. `outside_baseline` is not kept: a baseline can change without the features."""
    steps: dict[tuple[object, ...], int] = {}
    packed = [_packed(scenario, steps) for scenario in scenarios]
    content = {"format": FORMAT, "key": key, "steps": list(steps), "scenarios": packed}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _packed(scenario: Scenario, steps: dict[tuple[object, ...], int]) -> list[object]:
    places: list[int] = []
    for step in scenario.steps:
        same = (step.kind, step.keyword, step.text, step.table, step.docstring)
        places += (steps.setdefault(same, len(steps)), step.line)
    return [
        *(scenario.name, scenario.family, scenario.part, scenario.rule, scenario.file, scenario.line),
        *(scenario.definition, scenario.tags, places, scenario.example, scenario.outline, scenario.fingerprint),
    ]


def unpack(text: str) -> Compiled:
    """Return what `pack` made a text of. Raises ValueError for any other text."""
    content: Any = read_json(text)
    try:
        if content["format"] != FORMAT:
            raise ValueError("another format")
        steps = [(kind, keyword, said, _rows(table), doc) for kind, keyword, said, table, doc in content["steps"]]
        packed = content["scenarios"]
        scenarios = tuple(_unpacked(one, steps) for one in packed)
        return Compiled(str(content["key"]), scenarios, tuple(str(one[-1]) for one in packed))
    except (TypeError, KeyError, IndexError) as error:
        raise ValueError(str(error)) from None


def _rows(table: Sequence[Sequence[str]] | None) -> tuple[tuple[str, ...], ...] | None:
    return None if table is None else tuple(map(tuple, table))


def _unpacked(packed: Sequence[Any], steps: Sequence[tuple[Any, Any, Any, Any, Any]]) -> Scenario:
    name, family, part, rule, file, line, definition, tags, places, example, outline, _ = packed
    tags = tuple(tags)
    clauses, needs, reading, exact = meanings_of(tags)
    listed = []
    for place, at in zip(places[::2], places[1::2], strict=True):
        kind, keyword, text, table, docstring = steps[place]
        listed.append(Step(kind, keyword, text, at, table, docstring))
    return Scenario(
        *(name, family, part, rule, file, line, definition, tags, clauses, needs, reading, exact),
        steps=tuple(listed),
        example=example,
        outline=outline,
    )
