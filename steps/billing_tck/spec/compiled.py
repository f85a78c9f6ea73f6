"""Scenarios as they were compiled from features, as a JSON text: read in a tenth of the time that parsing takes.

Equal steps are written once, each with the pattern of the definition that it was found to have, and its values; a
scenario refers to them by their place, each with its line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from billing_tck.spec.gherkin import Kind, Scenario, Step
from billing_tck.spec.scenario_tags import meanings_of
from billing_tck.text.json_text import read_json

FORMAT = 3


class Matched(NamedTuple):
    """What a step was found to be: the pattern of its definition, and its values in the order of the fields.

    `values` is None where they have no form that JSON keeps: then the text has to be matched.
    """

    pattern: str
    values: Sequence[str | int] | None


class Compiled(NamedTuple):
    """Scenarios, each with its fingerprint, and the key under which their features were checked.

    `matched` says what the texts of steps were found to be.
    """

    key: str
    scenarios: tuple[Scenario, ...]
    fingerprints: tuple[str, ...]
    matched: Mapping[tuple[Kind, str], Matched]


def pack(key: str, scenarios: Iterable[Scenario], match: Callable[[Step], Matched | None]) -> str:
    """Return scenarios as a text. `outside_baseline` is not kept: a baseline can change without the features.

    `match` returns what the text of a step is, or None where it has no definition.
    """
    steps: dict[tuple[object, ...], int] = {}
    packed = [_packed(scenario, steps) for scenario in scenarios]
    patterns: dict[str | None, int] = {}
    listed = []
    for same in steps:
        pattern, values = match(_step(same, 0)) or (None, None)
        listed.append((*same, patterns.setdefault(pattern, len(patterns)), values))
    content = {"format": FORMAT, "key": key, "patterns": list(patterns), "steps": listed, "scenarios": packed}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _same(step: Step) -> tuple[object, ...]:
    return (step.kind, step.keyword, step.text, step.table, step.docstring)


def _step(same: tuple[Any, ...], line: int) -> Step:
    kind, keyword, text, table, docstring = same
    return Step(kind, keyword, text, line, table, docstring)


def _packed(scenario: Scenario, steps: dict[tuple[object, ...], int]) -> list[object]:
    places: list[int] = []
    for step in scenario.steps:
        places += (steps.setdefault(_same(step), len(steps)), step.line)
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
        listed, texts = content["steps"], content["patterns"]
        steps = [(kind, keyword, said, _rows(table), doc) for kind, keyword, said, table, doc, _, _ in listed]
        matched = {
            (kind, said): Matched(texts[place], values) for kind, _, said, _, _, place, values in listed if texts[place]
        }
        packed = content["scenarios"]
        scenarios = tuple(_unpacked(one, steps) for one in packed)
        return Compiled(str(content["key"]), scenarios, tuple(str(one[-1]) for one in packed), matched)
    except (TypeError, KeyError, IndexError) as error:
        raise ValueError(str(error)) from None


def _rows(table: Sequence[Sequence[str]] | None) -> tuple[tuple[str, ...], ...] | None:
    return None if table is None else tuple(map(tuple, table))


def _unpacked(packed: Sequence[Any], steps: Sequence[tuple[Any, Any, Any, Any, Any]]) -> Scenario:
    name, family, part, rule, file, line, definition, tags, places, example, outline, _ = packed
    tags = tuple(tags)
    clauses, needs, reading, exact = meanings_of(tags)
    numbers = iter(places)
    listed = [_step(steps[place], line) for place, line in zip(numbers, numbers, strict=True)]
    return Scenario(
        *(name, family, part, rule, file, line, definition, tags, clauses, needs, reading, exact),
        steps=tuple(listed),
        example=example,
        outline=outline,
    )
