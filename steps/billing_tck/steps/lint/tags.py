"""Tags that name no clause, capability or reading, and scenarios without the tags that they need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.errors import Diagnostic
from billing_tck.spec.gherkin import FeatureFile
from billing_tck.spec.gherkin_parser import Node, child, children, definitions, line_of
from billing_tck.spec.requirements import Family, Register
from billing_tck.spec.scenario_tags import CLAUSE
from billing_tck.steps.lint.tree import fault, title_of
from billing_tck.text.did_you_mean import did_you_mean


def check_tags(file: FeatureFile, register: Register) -> Iterator[Diagnostic]:
    """Report tags that mean nothing, and scenarios whose tags do not fit their folder."""
    feature = child(file.tree, "feature")
    stem = Path(file.file).stem
    on_feature = [str(tag["name"]).removeprefix("@") for tag in children(feature, "tags")]
    if feature and stem not in on_feature:
        line = line_of(feature)
        yield fault(file, line, f"the feature lacks the tag of its family, @{stem}", f"Add @{stem}")
    if feature and stem not in set(Family):
        known = ", ".join(f for f in Family if f != "general")
        yield fault(file, 1, f"rule family {stem!r} does not exist", f"Name the file after one of {known}")
    for tag in _all_tags(file.tree):
        yield from _tag(file, str(tag["name"]).removeprefix("@"), line_of(tag), register)
    for scenario in file.scenarios:
        if not scenario.clauses:
            fix = "Tag it, or its Rule, with the id of the clause that it tests, as @BC-29"
            yield fault(file, scenario.definition, f"{title_of(scenario)!r} has no clause", fix)
        if scenario.part == "core" and scenario.reading:
            said = "; ".join(scenario.reading_tags)
            message = f"{title_of(scenario)!r} tests the reading {said}, but core scenarios hold under every reading"
            yield fault(file, scenario.definition, message, "Move it to edge/, or remove the tag")
        if scenario.part == "edge" and not scenario.reading:
            message = f"{title_of(scenario)!r} is in edge/, but tests no reading"
            yield fault(file, scenario.definition, message, "Tag it as @reading.KNOB.VALUE, or move it to core/")


def _all_tags(tree: Node) -> Iterator[Node]:
    feature = child(tree, "feature")
    yield from children(feature, "tags")
    for node in children(feature, "children"):
        yield from children(child(node, "rule"), "tags")
    for node, _ in definitions(tree):
        yield from children(node, "tags")
        for examples in children(node, "examples"):
            yield from children(examples, "tags")


def _tag(file: FeatureFile, tag: str, line: int, register: Register) -> Iterator[Diagnostic]:
    if tag in {Path(file.file).stem, "exact"}:
        return
    if CLAUSE.fullmatch(tag):
        clause = next((c for c in register.clauses if c.id == tag), None)
        if clause is None:
            yield fault(
                file, line, f"clause {tag} does not exist; {did_you_mean(tag, [c.id for c in register.clauses])}"
            )
        elif clause.excluded is not None:
            message = f"clause {tag} is excluded: {clause.excluded}"
            yield fault(file, line, message, "Remove the tag, or the exclusion")
    elif tag.startswith("needs."):
        name = tag.removeprefix("needs.")
        if name not in CAPABILITIES:
            yield fault(file, line, f"capability {name!r} does not exist; {did_you_mean(name, CAPABILITIES)}")
    elif tag.startswith("reading."):
        yield from _reading(file, tag.removeprefix("reading."), line, register)
    else:
        fix = f"Tags are @{Path(file.file).stem}, clause ids, @needs.CAPABILITY, @reading.KNOB.VALUE and @exact"
        yield fault(file, line, f"unknown tag @{tag}", fix)


def _reading(file: FeatureFile, reading: str, line: int, register: Register) -> Iterator[Diagnostic]:
    name, _, value = reading.partition(".")
    knob = next((k for k in register.knobs if k.name == name), None)
    if knob is None:
        yield fault(file, line, f"knob {name!r} does not exist; {did_you_mean(name, [k.name for k in register.knobs])}")
    elif value not in {v.name for v in knob.values}:
        values = [v.name for v in knob.values]
        yield fault(file, line, f"knob {name} has no reading {value!r}; {did_you_mean(value, values)}")
