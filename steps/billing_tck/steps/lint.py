"""Guards against scenarios that are lost, vacuous or misread; they speak before the implementation is touched.

pytest-bdd drops a scenario whose name comes twice, passes an empty one, picks one of two fitting phrases in silence,
and leaves a mistyped `<column>` as text. Each guard here refuses one such thing, with its place and what mends it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.spec.gherkin import (
    CLAUSE,
    FeatureFile,
    FeaturesError,
    Node,
    Problem,
    Scenario,
    Step,
    Suite,
    backgrounds,
    children,
    definitions,
    features_dir,
    gc_paused,
    line_of,
    read_files,
    root_of,
    suite_of,
)
from billing_tck.spec.requirements import Family, Register
from billing_tck.steps.registry import (
    AmbiguousStepError,
    Definition,
    StepArgumentError,
    UndefinedStepError,
    Vocabulary,
)

_COLUMN = re.compile(r"<([^<>\s][^<>]*)>")


@gc_paused()
def checked_suite(target: Path | None, register: Register, vocabulary: Vocabulary) -> Suite:
    """The scenarios of a features folder or file (None for the kit's own), with every guard satisfied.

    Raises FeaturesError with all that is wrong.
    """
    folder = target or features_dir()
    files, broken = read_files(folder)
    problems = [*broken, *check_files(files, register, vocabulary, own=_is_own(folder) and not broken)]
    if problems:
        raise FeaturesError(problems)
    return suite_of(root_of(folder), files)


def check(target: Path, register: Register, vocabulary: Vocabulary) -> list[Problem]:
    """All that is wrong with a features folder or file, in order of file and line."""
    try:
        checked_suite(target, register, vocabulary)
    except FeaturesError as error:
        return list(error.problems)
    return []


def check_files(
    files: Sequence[FeatureFile], register: Register, vocabulary: Vocabulary, *, own: bool
) -> list[Problem]:
    """All that is wrong with files that could be read; `own` where they are the whole of the kit's own."""
    problems: list[Problem] = []
    used: set[Definition] = set()
    for file in files:
        found = [
            *_prose(file),
            *_names(file),
            *_shapes(file),
            *_columns(file),
            *_tags(file, register),
            *_phrases(file, vocabulary, used),
        ]
        problems += sorted(dict.fromkeys(found), key=lambda p: p.line)
    if own:
        problems += _unused(vocabulary, used, {Path(file.file).stem for file in files})
    return problems


def _is_own(folder: Path) -> bool:
    try:
        return folder.resolve() == features_dir().resolve()
    except FileNotFoundError:
        return False


def _prose(file: FeatureFile) -> Iterator[Problem]:
    """Lines that Gherkin takes for prose, so that a step whose first word is mistyped would be left out silently."""
    feature = cast("Node", file.tree.get("feature") or {})
    rules = [cast("Node", child["rule"]) for child in children(feature, "children") if "rule" in child]
    inner = [node for node, _ in definitions(file.tree)]
    inner += [found for node in inner for found in children(node, "examples")]
    above = [found for node in (feature, *rules) for found in _description(file, node)]
    within = [found for node in (*inner, *backgrounds(file.tree)) for found in _description(file, node)]
    if not above and not within:
        return
    from billing_tck.steps.suggestions import nearest_heading, nearest_keyword  # noqa: PLC0415 - rarely needed

    for line, text in above:
        if heading := nearest_heading(text):
            yield Problem(file.file, line, f"{text!r} is no keyword, and is left out", f"Write {heading}:")
    for line, text in within:
        near = nearest_keyword(text.split()[0])
        mend = f"Write {near}" if near else "Begin it with Given, When or Then, or with # for a comment"
        yield Problem(file.file, line, f"{text!r} is no step, and is left out", mend)


def _description(file: FeatureFile, node: Node) -> Iterator[tuple[int, str]]:
    """The lines of prose under a node, with where they stand."""
    prose = [text.strip() for text in str(node.get("description") or "").splitlines() if text.strip()]
    if not prose:
        return
    lines = file.path.read_text(encoding="utf-8").splitlines()
    at = line_of(node)
    for text in prose:
        at = next(number for number, line in enumerate(lines[at:], at + 1) if line.strip() == text)
        yield at, text


def _names(file: FeatureFile) -> Iterator[Problem]:
    """Two scenarios of one name in a file, also across Rules, and also where an outline's rows make the name."""
    first: dict[str, int] = {}
    for node, _ in definitions(file.tree):
        name, line = str(node["name"]), line_of(node)
        if not name:
            yield Problem(file.file, line, "this scenario has no name", "Say in its name what it shows")
        elif name in first:
            yield Problem(
                file.file,
                line,
                f"two scenarios are called {name!r}; the other stands in line {first[name]}",
                "Give each its own name: pytest-bdd drops one of the two without a word",
            )
        first.setdefault(name, line)
    seen: dict[str, Scenario] = {}
    for scenario in file.scenarios:
        other = seen.setdefault(scenario.name, scenario)
        if other is scenario:
            continue
        if other.definition == scenario.definition:
            yield Problem(file.file, scenario.line, f"this row is that of line {other.line} again", "Take one away")
        elif _written(other) != _written(scenario):  # where they are the same it is told above
            what = f"this scenario is called {scenario.name!r}, as the one of line {other.line}"
            yield Problem(file.file, scenario.line, what, "Give each its own name")


def _shapes(file: FeatureFile) -> Iterator[Problem]:
    """What runs nothing, or looks at nothing."""
    nodes = list(definitions(file.tree))
    if not nodes:
        yield Problem(file.file, 1, "there is no scenario in this file", "Write one, or take the file away")
    by_definition: dict[int, Scenario] = {}
    for scenario in file.scenarios:
        by_definition.setdefault(scenario.definition, scenario)
    for node, _ in nodes:
        line, name = line_of(node), str(node["name"])
        made = by_definition.get(line)
        if not children(node, "steps"):
            yield Problem(file.file, line, f"{name!r} has no steps, and would pass", "Write its steps")
        elif made is None:
            yield Problem(
                file.file, line, f"{name!r} has no row, and would never run", "Add an Examples table with rows"
            )
        else:
            yield from _course(file, line, name, made.steps)


def _course(file: FeatureFile, line: int, name: str, steps: Sequence[Step]) -> Iterator[Problem]:
    kinds = [step.kind for step in steps]
    for step in steps:
        if step.kind is None:
            what = f"'{step}' follows no Given, When or Then"
            yield Problem(file.file, step.line, what, "Begin with one of these words")
    if "when" not in kinds:
        yield Problem(file.file, line, f"{name!r} has no When", "Say what happens: time that passes, or a request")
    if "then" not in kinds:
        yield Problem(file.file, line, f"{name!r} has no Then, and would pass", "Say what is to be seen")
    elif kinds[-1] != "then":
        what = f"{name!r} ends with '{steps[-1]}', and looks at nothing after it"
        yield Problem(file.file, steps[-1].line, what, "End with a Then")


def _columns(file: FeatureFile) -> Iterator[Problem]:
    """A `<column>` that no table has, and a column that nothing uses."""
    for scenario in file.scenarios:
        for left in _COLUMN.findall(scenario.name):
            mend = "Add the column to its Examples, or mend its name"
            yield Problem(file.file, scenario.definition, f"<{left}> in the name is no column, and stays as text", mend)
        for step in scenario.steps:
            for left in _COLUMN.findall(_whole(step)):
                mend = "Add the column to its Examples, or mend its name"
                yield Problem(file.file, step.line, f"<{left}> is no column of its Examples, and stays as text", mend)
    for node, _ in definitions(file.tree):
        written = str(node["name"]) + "\n".join(_strings(node.get("steps") or []))
        for examples in children(node, "examples"):
            header = cast("Node", examples.get("tableHeader") or {})
            columns = [str(cell["value"]) for cell in children(header, "cells")]
            for column in columns:
                if f"<{column}>" not in written:
                    what = f"the column {column!r} is used in no step and not in the name"
                    yield Problem(file.file, line_of(header), what, f"Use it as <{column}>, or take it away")
            if len(set(columns)) < len(columns):
                yield Problem(file.file, line_of(header), "two columns have one name", "Name each column once")
            if not children(examples, "tableBody"):
                yield Problem(
                    file.file, line_of(examples), "these Examples have no rows", "Add a row, or take them away"
                )


def _whole(step: Step) -> str:
    return "\n".join([step.text, step.docstring or "", *(cell for row in step.table or () for cell in row)])


def _strings(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _strings(value)


def _tags(file: FeatureFile, register: Register) -> Iterator[Problem]:
    feature = cast("Node", file.tree.get("feature") or {})
    stem = Path(file.file).stem
    on_feature = [str(tag["name"]).removeprefix("@") for tag in children(feature, "tags")]
    if feature and stem not in on_feature:
        line = line_of(feature)
        yield Problem(file.file, line, f"the feature is not tagged @{stem}, as its file is named", f"Tag it @{stem}")
    if feature and stem not in set(Family):
        known = ", ".join(f for f in Family if f != "general")
        yield Problem(file.file, 1, f"there is no rule family {stem!r}", f"Name the file after one of: {known}")
    for tag in _all_tags(file.tree):
        yield from _tag(file, str(tag["name"]).removeprefix("@"), line_of(tag), register)
    for scenario in file.scenarios:
        if not scenario.clauses:
            mend = "Tag it, or its Rule, with the id of what it shows, as @BC-29"
            yield Problem(file.file, scenario.definition, f"{_written(scenario)!r} names no clause", mend)
        if scenario.part == "core" and scenario.reading:
            said = "; ".join(scenario.under)
            what = f"{_written(scenario)!r} tests the reading {said}, and the core holds under every reading"
            yield Problem(file.file, scenario.definition, what, "Move it to edge/, or take the tag away")
        if scenario.part == "edge" and not scenario.reading:
            what = f"{_written(scenario)!r} stands in edge/ and names no reading"
            yield Problem(file.file, scenario.definition, what, "Tag it as @reading.KNOB.VALUE, or move it to core/")


def _written(scenario: Scenario) -> str:
    return scenario.outline or scenario.name


def _all_tags(tree: Node) -> Iterator[Node]:
    feature = cast("Node", tree.get("feature") or {})
    yield from children(feature, "tags")
    for child in children(feature, "children"):
        yield from children(cast("Node", child.get("rule") or {}), "tags")
    for node, _ in definitions(tree):
        yield from children(node, "tags")
        for examples in children(node, "examples"):
            yield from children(examples, "tags")


def _tag(file: FeatureFile, tag: str, line: int, register: Register) -> Iterator[Problem]:
    if tag in {Path(file.file).stem, "exact"}:
        return
    if CLAUSE.fullmatch(tag):
        clause = next((c for c in register.clauses if c.id == tag), None)
        if clause is None:
            yield Problem(file.file, line, f"there is no clause {tag}", _near(tag, [c.id for c in register.clauses]))
        elif clause.excluded is not None:
            what = f"the register excludes {tag}: {clause.excluded}"
            yield Problem(file.file, line, what, "Take the tag away, or the exclusion")
    elif tag.startswith("needs."):
        name = tag.removeprefix("needs.")
        if name not in CAPABILITIES:
            yield Problem(file.file, line, f"there is no capability {name!r}", _near(name, CAPABILITIES))
    elif tag.startswith("reading."):
        yield from _reading(file, tag.removeprefix("reading."), line, register)
    else:
        mend = f"Known are @{Path(file.file).stem}, clause ids, @needs.CAPABILITY, @reading.KNOB.VALUE and @exact"
        yield Problem(file.file, line, f"@{tag} means nothing here", mend)


def _reading(file: FeatureFile, reading: str, line: int, register: Register) -> Iterator[Problem]:
    name, _, value = reading.partition(".")
    knob = next((k for k in register.knobs if k.name == name), None)
    if knob is None:
        yield Problem(file.file, line, f"there is no knob {name!r}", _near(name, [k.name for k in register.knobs]))
    elif value not in {v.name for v in knob.values}:
        values = ", ".join(v.name for v in knob.values)
        yield Problem(file.file, line, f"the knob {name} has no value {value!r}", f"It has: {values}")


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, 3, 0.5)
    return f"Nearest: {', '.join(near)}" if near else f"Known: {', '.join(names)}"


def _phrases(file: FeatureFile, vocabulary: Vocabulary, used: set[Definition]) -> Iterator[Problem]:
    """Every step has exactly one definition, and what that asks for."""
    for scenario in file.scenarios:
        for step in scenario.steps:
            if step.kind is None or _COLUMN.search(_whole(step)):
                continue  # told already
            try:
                match = vocabulary.find(step.kind, step.text)
            except UndefinedStepError:
                from billing_tck.steps.suggestions import suggest  # noqa: PLC0415 - rarely needed

                mend = str(suggest(step.kind, step.text, vocabulary))
                yield Problem(file.file, step.line, f"no phrase fits '{step}'", mend)
            except AmbiguousStepError as error:
                used.update(error.fitting)
                fitting = " and ".join(f"{d.pattern!r} ({_short(d.file)}:{d.line})" for d in error.fitting)
                yield Problem(file.file, step.line, f"'{step}' fits {fitting}", "Let only one of them fit")
            except StepArgumentError as error:
                yield Problem(file.file, step.line, str(error), "Mend the value")
            else:
                used.add(match.definition)
                yield from _beside(file, step, match.definition)


def _beside(file: FeatureFile, step: Step, definition: Definition) -> Iterator[Problem]:
    for word, name, has in (
        ("table", "datatable", step.table is not None),
        ("doc string", "docstring", step.docstring is not None),
    ):
        if has and name not in definition.parameters:
            yield Problem(file.file, step.line, f"'{step}' reads no {word}, and one follows", "Take it away")
        if not has and name in definition.required:
            yield Problem(file.file, step.line, f"'{step}' wants a {word}", "Add it below the step")


def _unused(vocabulary: Vocabulary, used: set[Definition], families: set[str]) -> Iterator[Problem]:
    """Phrases that no feature uses, save those of families that have no feature yet."""
    spoken = {(d.file, d.line, d.pattern) for d in used}  # a phrase may be both a Given and a When
    told: set[tuple[str, int, str]] = set()
    for definition in sorted(vocabulary, key=lambda d: (d.file, d.line, d.kind)):
        phrase = (definition.file, definition.line, definition.pattern)
        module = Path(definition.file).stem
        if phrase in spoken | told or (module in set(Family) and module not in families):
            continue
        told.add(phrase)
        what = f"no feature uses the phrase {definition.pattern!r}"
        yield Problem(_short(definition.file), definition.line, what, "Use it, or take it away")


def _short(file: str) -> str:
    parts = Path(file).parts
    return Path(*parts[parts.index("billing_tck") :]).as_posix() if "billing_tck" in parts else file
