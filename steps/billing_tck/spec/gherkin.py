"""The features: found, parsed, and compiled into scenarios, with Background and Outline expanded.

Parsed by gherkin-official, which pytest-bdd parses with as well. What is wrong with a file is collected, so that all of
it can be told at once (see `guards`).
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from gherkin.errors import CompositeParserException, ParserError
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from billing_tck.spec.baseline import FrozenSet, fingerprint, load_set
from billing_tck.spec.requirements import Family

Part = Literal["core", "edge"]
Table = tuple[tuple[str, ...], ...]

CLAUSE = re.compile(r"[A-Z]+-\d+")
Kind = Literal["given", "when", "then"]
_KINDS: Mapping[str, Kind] = {"Context": "given", "Action": "when", "Outcome": "then"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the features: where it is, what is wrong, and what mends it."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}. {self.mend}."


class FeaturesError(Exception):
    """The features cannot be run; tells all of what is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `kind` is what `And` inherits, `keyword` what is written; None where no row gave it a kind."""

    kind: Kind | None
    keyword: str
    text: str
    line: int
    table: Table | None = None
    docstring: str | None = None

    def __str__(self) -> str:
        return f"{self.keyword} {self.text}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, or one row of an outline.

    `file` is relative to the features folder; `line` is that of the scenario or of the row, `definition` that of the
    Scenario or Outline itself. `needs` are capabilities, `reading` pairs of knob and value, `exact` whether an effect
    must show at its due time. `example` tells the row: the name of its Examples and its values. `newer` says that it is
    not in the frozen set, and so does not count.
    """

    name: str
    family: str
    part: Part
    rule: str
    file: str
    line: int
    definition: int
    tags: tuple[str, ...]
    clauses: tuple[str, ...]
    needs: frozenset[str]
    reading: tuple[tuple[str, str], ...]
    exact: bool
    steps: tuple[Step, ...]
    example: str | None = None
    outline: str | None = None
    newer: bool = False

    @property
    def place(self) -> str:
        """Where it is written, as `file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def under(self) -> tuple[str, ...]:
        """The readings that it tests, as `knob=value`."""
        return tuple(f"{knob}={value}" for knob, value in self.reading)

    @property
    def fingerprint(self) -> str:
        """What it says, as a short digest: all but where it is written and the Rule that it stands under."""
        steps = [[step.keyword, step.text, step.table, step.docstring] for step in self.steps]
        return fingerprint([self.name, self.example, sorted(self.tags), steps])


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """One parsed feature file: its tree as gherkin-official gives it, and the scenarios compiled from it."""

    path: Path
    file: str
    tree: Mapping[str, object]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """All scenarios of a features folder, in order of file and line, the digest of what was read, the frozen set."""

    folder: Path
    scenarios: tuple[Scenario, ...]
    digest: str
    frozen: FrozenSet | None = None


def features_dir() -> Path:
    """The kit's own features: those of the installed package, else those of the checkout beside the source."""
    here = Path(__file__).resolve().parents[1]
    # An editable install leaves a copy in site-packages that goes stale; beside the source stand the living ones.
    for folder in (here / "features", here.parent.parent / "features"):
        if (folder / "clauses.toml").is_file():
            return folder
    raise FileNotFoundError(f"the kit's features are missing beside {here}: install billing-tck again")


def load_suite(folder: Path | None = None) -> Suite:
    """The scenarios of a features folder (or of one feature file); None for the kit's own.

    Raises FeaturesError with every file that is broken.
    """
    target = folder or features_dir()
    files, problems = read_files(target)
    if problems:
        raise FeaturesError(problems)
    return suite_of(root_of(target), files)


def suite_of(root: Path, files: Sequence[FeatureFile]) -> Suite:
    """The suite of files that were read."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.file}\0".encode() + file.path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    frozen = load_set(root)
    scenarios = standing((s for file in files for s in file.scenarios), frozen)
    return Suite(root, tuple(scenarios), digest.hexdigest(), frozen)


def standing(scenarios: Iterable[Scenario], frozen: FrozenSet | None) -> Iterator[Scenario]:
    """The scenarios, each with whether it is newer than the set; without a set none is."""
    for scenario in scenarios:
        counts = frozen is None or frozen.holds(scenario)
        yield scenario if counts else replace(scenario, newer=True)


def root_of(target: Path) -> Path:
    """The features folder that a folder or a file belongs to: what its `core/` and `edge/` stand in."""
    folder = target.resolve() if target.is_dir() else target.resolve().parent
    return folder.parent if folder.name in {"core", "edge"} else folder


def feature_paths(target: Path) -> list[Path]:
    """The feature files of a folder, families in the documents' order; FileNotFoundError where there is none."""
    if target.is_file():
        return [target.resolve()]
    if not target.is_dir():
        raise FileNotFoundError(f"there is no features folder or file {target}")
    return sorted(target.resolve().rglob("*.feature"), key=lambda path: (path.parent, _place_of(path.stem), path.stem))


def _place_of(family: str) -> int:
    """The families come in the documents' order."""
    return list(Family).index(Family(family)) if family in set(Family) else len(Family)


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """Meanwhile no garbage is collected: all that is read is kept, and would be looked through again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@gc_paused()
def read_files(target: Path) -> tuple[list[FeatureFile], list[Problem]]:
    """Every feature file under `target`, and the problems of those that cannot be read."""
    files: list[FeatureFile] = []
    problems: list[Problem] = []
    root = root_of(target)
    for path in feature_paths(target):
        try:
            files.append(read_file(path, root))
        except FeaturesError as error:
            problems += error.problems
    return files, problems


def read_file(path: Path, root: Path) -> FeatureFile:
    """One feature file; FeaturesError with all that is broken in it."""
    file = path.relative_to(root).as_posix()
    try:
        tree = cast("Mapping[str, object]", Parser().parse(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError as error:
        raise FeaturesError([Problem(file, 1, f"this is no UTF-8 ({error.reason})", "Save it as UTF-8")]) from None
    except CompositeParserException as error:
        raise FeaturesError([_broken(file, e) for e in error.errors]) from None
    except ParserError as error:
        raise FeaturesError([_broken(file, error)]) from None
    return FeatureFile(path, file, tree, tuple(_scenarios(tree, file)))


def _broken(file: str, error: Exception) -> Problem:
    location = getattr(error, "location", None) or {}
    text = re.sub(r"^\(\d+:\d+\): ", "", str(error))
    return Problem(file, int(location.get("line", 1)), f"this is no Gherkin: {text}", "Mend the line")


# From the tree of gherkin-official to scenarios. It types its tree as TypedDicts; what is needed is read here, once.

Node = Mapping[str, object]


def children(node: Node, key: str) -> list[Node]:
    """The nodes under `key`."""
    return cast("list[Node]", node.get(key) or [])


def line_of(node: Node) -> int:
    """The line of a node."""
    return cast("int", cast("Node", node["location"])["line"])


def definitions(tree: Node) -> Iterator[tuple[Node, Node | None]]:
    """Every Scenario and Outline of a file, with the Rule that it stands under."""
    feature = cast("Node", tree.get("feature") or {})
    for child in children(feature, "children"):
        if "scenario" in child:
            yield cast("Node", child["scenario"]), None
        elif "rule" in child:
            rule = cast("Node", child["rule"])
            for grandchild in children(rule, "children"):
                if "scenario" in grandchild:
                    yield cast("Node", grandchild["scenario"]), rule


def backgrounds(tree: Node) -> Iterator[Node]:
    """Every Background of a file."""
    feature = cast("Node", tree.get("feature") or {})
    for child in children(feature, "children"):
        if "background" in child:
            yield cast("Node", child["background"])
        for grandchild in children(cast("Node", child.get("rule") or {}), "children"):
            if "background" in grandchild:
                yield cast("Node", grandchild["background"])


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
    for pickle in pickles:
        node, rule = owners[pickle["astNodeIds"][0]]
        examples, row = rows.get(pickle["astNodeIds"][-1], (None, None))
        tags = tuple(dict.fromkeys(tag["name"].removeprefix("@") for tag in pickle["tags"]))
        name = pickle["name"]
        example = None
        if examples is not None and row is not None:
            head = [str(cell["value"]) for cell in children(cast("Node", examples["tableHeader"]), "cells")]
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
            clauses=tuple(tag for tag in tags if CLAUSE.fullmatch(tag)),
            needs=frozenset(tag.removeprefix("needs.") for tag in tags if tag.startswith("needs.")),
            reading=tuple(_reading(tag) for tag in tags if tag.startswith("reading.")),
            exact="exact" in tags,
            steps=tuple(_step(cast("Node", step), step_nodes[step["astNodeIds"][0]]) for step in pickle["steps"]),
            example=example,
            outline=str(node["name"]) if row else None,
        )


def _reading(tag: str) -> tuple[str, str]:
    knob, _, value = tag.removeprefix("reading.").partition(".")
    return knob, value


def _step(pickled: Node, node: Node) -> Step:
    argument = cast("Node", pickled.get("argument") or {})
    table: Table | None = None
    docstring: str | None = None
    if "dataTable" in argument:
        rows = children(cast("Node", argument["dataTable"]), "rows")
        table = tuple(tuple(str(cell["value"]) for cell in children(row, "cells")) for row in rows)
    if "docString" in argument:
        docstring = str(cast("Node", argument["docString"])["content"])
    keyword = str(node["keyword"]).strip()
    return Step(_KINDS.get(str(pickled.get("type"))), keyword, str(pickled["text"]), line_of(node), table, docstring)
