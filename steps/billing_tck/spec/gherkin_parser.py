"""Parse feature files with gherkin-official, which pytest-bdd uses too, and compile them into scenarios.

gherkin-official types its trees as TypedDicts; the functions here read a tree as plain mappings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from gherkin.errors import CompositeParserException, ParserError
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from billing_tck.errors import Diagnostic, Place
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures, Kind, Part, Rows, Scenario, Step
from billing_tck.spec.scenario_tags import meanings_of
from billing_tck.text.files import read_text

_KINDS: Mapping[str, Kind] = {"Context": "given", "Action": "when", "Outcome": "then"}


def read_file(path: Path, root: Path) -> FeatureFile:
    """Return one feature file. Raises InvalidFeatures with all of its syntax errors."""
    file = path.relative_to(root).as_posix()
    try:
        tree = cast("Mapping[str, object]", Parser().parse(read_text(path)))
    except UnicodeDecodeError as error:
        raise InvalidFeatures(
            [Diagnostic(Place(file, 1), f"not UTF-8 ({error.reason})", "Save the file as UTF-8")]
        ) from None
    except OSError as error:
        raise InvalidFeatures(
            [Diagnostic(Place(file), f"cannot be read: {error.strerror}", "Put a file in its place, or remove it")]
        ) from None
    except CompositeParserException as error:
        raise InvalidFeatures([_syntax_error(file, e) for e in error.errors]) from None
    except ParserError as error:
        raise InvalidFeatures([_syntax_error(file, error)]) from None
    return FeatureFile(path, file, tree, tuple(_scenarios(tree, file)))


def _syntax_error(file: str, error: Exception) -> Diagnostic:
    location = getattr(error, "location", None) or {}
    text = re.sub(r"^\(\d+:\d+\): ", "", str(error))
    return Diagnostic(Place(file, int(location.get("line", 1))), f"invalid Gherkin: {text}", "Fix this line")


Node = Mapping[str, object]


def children(node: Node, key: str) -> list[Node]:
    """Return the nodes under a key."""
    found = node.get(key)
    return found if isinstance(found, list) else []


def child(node: Node, key: str) -> Node:
    """Return the node under a key, empty if there is none."""
    found = node.get(key)
    return found if isinstance(found, dict) else {}


def line_of(node: Node) -> int:
    """Return the line of a node."""
    return int(str(child(node, "location")["line"]))


def definitions(tree: Node) -> Iterator[tuple[Node, Node | None]]:
    """Return every Scenario and Outline of a file, with the Rule that it belongs to."""
    for node in children(child(tree, "feature"), "children"):
        if "scenario" in node:
            yield child(node, "scenario"), None
        rule = child(node, "rule")
        for inner in children(rule, "children"):
            if "scenario" in inner:
                yield child(inner, "scenario"), rule


def backgrounds(tree: Node) -> Iterator[Node]:
    """Return every Background of a file."""
    for node in children(child(tree, "feature"), "children"):
        for inner in (node, *children(child(node, "rule"), "children")):
            if "background" in inner:
                yield child(inner, "background")


def _scenarios(tree: Node, file: str) -> Iterator[Scenario]:
    if not tree.get("feature"):
        return
    path = Path(file)
    part: Part = "edge" if path.parts[0] == "edge" else "core"
    owners = {str(node["id"]): (node, rule) for node, rule in definitions(tree)}
    rows = {
        str(row["id"]): (examples, row)
        for node, _ in owners.values()
        for examples in children(node, "examples")
        for row in children(examples, "tableBody")
    }
    step_nodes = {
        str(step["id"]): step
        for node in (*(n for n, _ in owners.values()), *backgrounds(tree))
        for step in children(node, "steps")
    }
    pickles = Compiler().compile(cast("Any", {**tree, "uri": file}))
    names = Counter((p["name"], p["astNodeIds"][0]) for p in pickles)
    shared: dict[str, str] = {}  # most steps of a large file are alike: each of their texts is kept once
    for pickle in pickles:
        node, rule = owners[pickle["astNodeIds"][0]]
        examples, row = rows.get(pickle["astNodeIds"][-1], (None, None))
        tags = tuple(dict.fromkeys(tag["name"].removeprefix("@") for tag in pickle["tags"]))
        name = pickle["name"]
        example = None
        if examples is not None and row is not None:
            head = [str(cell["value"]) for cell in children(child(examples, "tableHeader"), "cells")]
            cells = [str(cell["value"]) for cell in children(row, "cells")]
            if names[name, pickle["astNodeIds"][0]] > 1:
                name = f"{name} ({', '.join(cells)})"
            values = ", ".join(f"{column} {cell}" for column, cell in zip(head, cells, strict=True))
            example = f"{examples['name']}: {values}" if examples["name"] else values
        yield Scenario(
            name=name,
            family=path.stem,
            part=part,
            rule=str(rule["name"]) if rule else "",
            file=file,
            line=line_of(row or node),
            definition=line_of(node),
            tags=tags,
            **meanings_of(tags)._asdict(),
            steps=tuple(
                _step(cast("Node", step), step_nodes[step["astNodeIds"][0]], shared) for step in pickle["steps"]
            ),
            example=example,
            outline=str(node["name"]) if row else None,
        )


def _step(pickled: Node, node: Node, shared: dict[str, str]) -> Step:
    argument = child(pickled, "argument")
    table: Rows | None = None
    docstring: str | None = None
    if "dataTable" in argument:
        rows = children(child(argument, "dataTable"), "rows")
        table = tuple(tuple(str(cell["value"]) for cell in children(row, "cells")) for row in rows)
    if "docString" in argument:
        docstring = str(child(argument, "docString")["content"])
    keyword, text = (shared.setdefault(part, part) for part in (str(node["keyword"]).strip(), str(pickled["text"])))
    return Step(_KINDS.get(str(pickled.get("type"))), keyword, text, line_of(node), table, docstring)
