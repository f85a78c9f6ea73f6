"""Scenarios that would be lost, run nothing or check nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from billing_tck.errors import Diagnostic
from billing_tck.spec.gherkin import FeatureFile, Scenario, Step
from billing_tck.spec.gherkin_parser import Node, backgrounds, child, children, definitions, line_of
from billing_tck.steps.lint.tree import columns_in, fault, strings, texts_of, title_of
from billing_tck.text.files import read_text


def check_structure(file: FeatureFile) -> Iterator[Diagnostic]:
    """Report descriptions, names, shapes and columns that change what is run."""
    yield from _descriptions(file)
    yield from _names(file)
    yield from _shapes(file)
    yield from _columns(file)


def _descriptions(file: FeatureFile) -> Iterator[Diagnostic]:
    """Report lines that Gherkin reads as a description: a step with a mistyped keyword would be dropped silently."""
    feature = child(file.tree, "feature")
    rules = [child(node, "rule") for node in children(feature, "children") if "rule" in node]
    inner = [node for node, _ in definitions(file.tree)]
    inner += [found for node in inner for found in children(node, "examples")]
    lines: list[str] = []  # of the file, once a description needs them
    above = [found for node in (feature, *rules) for found in _description(file, node, lines)]
    within = [found for node in (*inner, *backgrounds(file.tree)) for found in _description(file, node, lines)]
    if not above and not within:
        return
    from billing_tck.steps.suggestions import nearest_heading, nearest_keyword  # noqa: PLC0415 - rarely needed

    for line, text in above:
        if heading := nearest_heading(text):
            yield fault(file, line, f"{text!r} is not a keyword, and would be ignored; did you mean {heading}:?")
    for line, text in within:
        near = nearest_keyword(text.split()[0])
        hint = f"; did you mean {near}?" if near else ""
        fix = "" if near else "Begin it with Given, When or Then, or with # for a comment"
        yield fault(file, line, f"{text!r} is not a step, and would be ignored{hint}", fix)


def _description(file: FeatureFile, node: Node, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Return the lines of the description of a node, with their line numbers."""
    prose = [text.strip() for text in str(node.get("description") or "").split("\n") if text.strip()]
    if not prose:
        return
    if not lines:
        lines += read_text(file.path).split("\n")
    at = line_of(node)
    for text in prose:
        at = next((number for number in range(at + 1, len(lines) + 1) if lines[number - 1].strip() == text), at)
        yield at, text


def _names(file: FeatureFile) -> Iterator[Diagnostic]:
    """Report scenarios of the same name in a file, also across Rules, and also where rows of an outline make it."""
    first: dict[str, int] = {}
    for node, _ in definitions(file.tree):
        name, line = str(node["name"]), line_of(node)
        if not name:
            yield fault(file, line, "the scenario has no name", "Give it a name that states the outcome")
        elif name in first:
            yield fault(
                file,
                line,
                f"two scenarios are named {name!r}; the other one is in line {first[name]}",
                "Give each its own name: pytest-bdd would silently drop one of them",
            )
        first.setdefault(name, line)
    seen: dict[str, Scenario] = {}
    for scenario in file.scenarios:
        other = seen.setdefault(scenario.name, scenario)
        if other is scenario:
            continue
        if other.definition == scenario.definition:
            yield fault(file, scenario.line, f"this row repeats the row in line {other.line}", "Remove one of them")
        elif title_of(other) != title_of(scenario):  # equal names are reported above
            message = f"this scenario and the one in line {other.line} are both named {scenario.name!r}"
            yield fault(file, scenario.line, message, "Give each its own name")


def _shapes(file: FeatureFile) -> Iterator[Diagnostic]:
    """Report what would run nothing or check nothing."""
    nodes = list(definitions(file.tree))
    if not nodes:
        yield fault(file, 1, "the file has no scenario", "Write one, or remove the file")
    by_definition: dict[int, Scenario] = {}
    for scenario in file.scenarios:
        by_definition.setdefault(scenario.definition, scenario)
    for node, _ in nodes:
        line, name = line_of(node), str(node["name"])
        made = by_definition.get(line)
        if not children(node, "steps"):
            yield fault(file, line, f"{name!r} has no steps, and would always pass", "Write its steps")
        elif made is None:
            yield fault(file, line, f"{name!r} has no example, and would never run", "Add an Examples table with rows")
        else:
            yield from _course(file, line, name, made.steps)


def _course(file: FeatureFile, line: int, name: str, steps: Sequence[Step]) -> Iterator[Diagnostic]:
    kinds = [step.kind for step in steps]
    for step in steps:
        if step.kind is None:
            message = f"'{step}' comes before any Given, When or Then"
            yield fault(file, step.line, message, "Begin with one of these words")
    if "when" not in kinds:
        yield fault(file, line, f"{name!r} has no When", "Write what happens: time that passes, or a request")
    if "then" not in kinds:
        yield fault(file, line, f"{name!r} has no Then, and would always pass", "Write what to check")
    elif kinds[-1] != "then":
        message = f"{name!r} ends with '{steps[-1]}', and checks nothing after it"
        yield fault(file, steps[-1].line, message, "End with a Then")


def _columns(file: FeatureFile) -> Iterator[Diagnostic]:
    """Report a `<column>` that no table has, and a column that nothing uses."""
    for scenario in file.scenarios:
        for left in columns_in(scenario.name):
            fix = "Add the column to its Examples, or fix its name"
            yield fault(file, scenario.definition, f"<{left}> in the name is not a column of its Examples", fix)
        for step in scenario.steps:
            for left in columns_in(texts_of(step)):
                fix = "Add the column to its Examples, or fix its name"
                yield fault(file, step.line, f"<{left}> is not a column of its Examples", fix)
    for node, _ in definitions(file.tree):
        if not children(node, "examples"):
            continue
        written = str(node["name"]) + "\n".join(strings(node.get("steps") or []))
        for examples in children(node, "examples"):
            header = child(examples, "tableHeader")
            columns = [str(cell["value"]) for cell in children(header, "cells")]
            for column in columns:
                if f"<{column}>" not in written:
                    message = f"the column {column!r} is used neither in a step nor in the name"
                    yield fault(file, line_of(header), message, f"Use it as <{column}>, or remove it")
            if len(set(columns)) < len(columns):
                yield fault(file, line_of(header), "two columns have the same name", "Give each its own name")
            if not children(examples, "tableBody"):
                yield fault(file, line_of(examples), "the Examples have no rows", "Add a row, or remove them")
