"""Connect the kit's step definitions to pytest-bdd, and look steps up in an index instead of among all fixtures.

At each step pytest-bdd asks pytest for every fixture that exists, to find the definitions among them: four fifths of
its time. For scenarios of the kit the vocabulary, which is an index, is asked instead, and gives the arguments too; all
other scenarios take pytest-bdd's own way. This relies on three names of pytest-bdd 9; where one is missing, every
scenario takes pytest-bdd's own way, with the same result.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import parsers, steps

from billing_tck.steps.registry import Definition, Match, Vocabulary, VocabularyError
from billing_tck.steps.world import World

Find = Callable[[object, Any, str], "tuple[Match, World] | None"]
"""The definition and the World of a step, by the item that runs, the kind and the text; None for others' scenarios."""


class _Pattern(parsers.StepParser):
    """A step definition of the kit as a parser of pytest-bdd."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition.pattern)
        self.definition = definition

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """Return the arguments in a step's text."""
        return self.definition.match(name)

    def is_matching(self, name: str) -> bool:
        """Whether the pattern matches."""
        return self.definition.match(name) is not None


def define(names: dict[str, Any], vocabulary: Vocabulary) -> None:
    """Register every step definition with pytest-bdd; called from the module that holds them."""
    decorators = {"given": steps.given, "when": steps.when, "then": steps.then}
    for definition in vocabulary:
        decorators[definition.kind](_Pattern(definition), stacklevel=2)(definition.function)
    del names["_define"]


def rendered(item: pytest.Function) -> tuple[int, int, list[str]]:
    """Return what an item of pytest-bdd runs: the line of the scenario or outline, the row, and the texts of its steps.

    Other plugins may have added parameters of their own, as pytest-repeat does.
    """
    templates = _bdd().scenario_wrapper_template_registry
    template = templates[item.obj]
    params = item.callspec.params if hasattr(item, "callspec") else {}
    example = params.get(_EXAMPLE, {})
    rows = [row for mark in item.iter_markers("parametrize") if mark.args[0] == _EXAMPLE for row in mark.args[1]]
    row = next((n for n, row in enumerate(rows) if row.values[0] is example), 0)
    return template.line_number, row, [step.name for step in template.render(example).steps]


_EXAMPLE = "_pytest_bdd_example"
_INDEXED = "_billing_tck_indexed"


def _bdd() -> Any:
    """Return the module `pytest_bdd.scenario`: as an attribute of the package, the name is the decorator."""
    importlib.import_module("pytest_bdd.scenario")
    return sys.modules["pytest_bdd.scenario"]


def is_indexed() -> bool:
    """Whether pytest-bdd looks steps up in the vocabulary."""
    return hasattr(_bdd(), _INDEXED)


class _Found(parsers.StepParser):
    """The definition that was found for a step, with its arguments."""

    def __init__(self, match: Match, world: World) -> None:
        super().__init__(match.definition.pattern)
        self._arguments = {"world": world, **match.arguments}

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """Return the arguments."""
        return self._arguments

    def is_matching(self, name: str) -> bool:
        """True: it was found for this step."""
        return True


def index_step_lookup(find: Find) -> None:
    """Let pytest-bdd look up the steps of the kit's scenarios in the vocabulary."""
    bdd = _bdd()
    lookup, signature = getattr(bdd, "get_step_function", None), getattr(bdd, "signature", None)
    required = getattr(bdd, "get_required_args", None)
    if lookup is None or required is None or signature is not inspect.signature or hasattr(bdd, _INDEXED):
        return
    if list(inspect.signature(lookup).parameters) != ["request", "step"]:
        return
    signatures: dict[Callable[..., object], inspect.Signature] = {}
    wanted: dict[Callable[..., object], list[str]] = {}

    def indexed(request: pytest.FixtureRequest, step: Any) -> Any:
        try:
            found = find(request.node, step.type, step.name)
        except VocabularyError:
            found = None
        if found is None:
            return lookup(request=request, step=step)
        match, world = found
        function = match.definition.function
        if function not in signatures:
            signatures[function], wanted[function] = inspect.signature(function), required(function)
        return steps.StepFunctionContext(type=match.definition.kind, step_func=function, parser=_Found(match, world))

    def known_signature(function: Callable[..., object]) -> inspect.Signature:
        return signatures.get(function) or inspect.signature(function)

    def known_required(function: Callable[..., object]) -> list[str]:
        known = wanted.get(function)
        return required(function) if known is None else known

    bdd.get_step_function, bdd.signature, bdd.get_required_args = indexed, known_signature, known_required
    setattr(bdd, _INDEXED, True)


@contextlib.contextmanager
def parsed(path: Path, tree: Mapping[str, object]) -> Iterator[None]:
    """Let pytest-bdd use the tree of a file that the kit has parsed, instead of parsing it again."""
    parser: Any = importlib.import_module("pytest_bdd.parser")
    document: Any = getattr(parser, "GherkinDocument", None)
    parse = getattr(parser, "get_gherkin_document", None)
    if parse is None or not hasattr(document, "from_dict"):
        yield
        return

    def known(abs_filename: str, *args: Any, **kwargs: Any) -> Any:
        if Path(abs_filename) == path:
            return document.from_dict(tree)
        return parse(abs_filename, *args, **kwargs)

    parser.get_gherkin_document = known
    try:
        yield
    finally:
        parser.get_gherkin_document = parse
