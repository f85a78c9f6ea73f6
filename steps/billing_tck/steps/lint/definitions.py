"""Steps that do not have exactly one definition, and step definitions that no feature uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from billing_tck.errors import Diagnostic, Place
from billing_tck.spec.gherkin import FeatureFile, Kind, Step
from billing_tck.spec.requirements import Family
from billing_tck.steps.lint.tree import columns_in, fault, texts_of
from billing_tck.steps.registry import (
    AmbiguousStepError,
    Definition,
    StepArgumentError,
    UndefinedStepError,
    Vocabulary,
)

if TYPE_CHECKING:
    from billing_tck.steps.suggestions import Suggester


MOST_SUGGESTED = 50  # different texts: the search for suggestions takes a good part of a second


class Suggestions:
    """Suggests replacements for undefined steps: once for each text, and no more for a file of unknown phrases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._suggester: Suggester | None = None
        self._found: dict[tuple[Kind | None, str], tuple[str, tuple[str, ...]]] = {}

    def of(self, kind: Kind | None, text: str) -> tuple[str, tuple[str, ...]]:
        """Return the fix of a step without a definition, and sentences to write instead."""
        found = self._found.get((kind, text))
        if found is None:
            if len(self._found) >= MOST_SUGGESTED:
                return "`billing-tck steps` lists all step definitions", ()
            self._suggester = self._suggester or _suggester(self._vocabulary)
            suggestion = self._suggester.suggest(kind, text)
            found = self._found[kind, text] = (suggestion.fix, suggestion.sentences)
        return found


def check_steps(
    file: FeatureFile, vocabulary: Vocabulary, used: set[Definition], suggestions: Suggestions
) -> Iterator[Diagnostic]:
    """Report steps without exactly one definition and its table or doc string; add the definitions to `used`."""
    for scenario in file.scenarios:
        for step in scenario.steps:
            if step.kind is None or columns_in(texts_of(step)):
                continue  # reported already
            try:
                match = vocabulary.find(step.kind, step.text)
            except UndefinedStepError:
                fix, sentences = suggestions.of(step.kind, step.text)
                yield fault(file, step.line, f"no step definition matches '{step}'", fix, sentences)
            except AmbiguousStepError as error:
                used.update(error.fitting)
                fitting = " and ".join(f"{d.pattern!r} ({_short(d.file)}:{d.line})" for d in error.fitting)
                message = f"several step definitions match '{step}': {fitting}"
                yield fault(file, step.line, message, "Change one of them")
            except StepArgumentError as error:
                yield fault(file, step.line, str(error), "Correct the value")
            else:
                used.add(match.definition)
                yield from _check_arguments(file, step, match.definition)


def _check_arguments(file: FeatureFile, step: Step, definition: Definition) -> Iterator[Diagnostic]:
    for word, name, has in (
        ("table", "datatable", step.table is not None),
        ("doc string", "docstring", step.docstring is not None),
    ):
        if has and name not in definition.parameters:
            yield fault(file, step.line, f"'{step}' takes no {word}, but one follows", "Remove it")
        if not has and name in definition.required:
            yield fault(file, step.line, f"'{step}' needs a {word}", "Add one below the step")


def unused_definitions(vocabulary: Vocabulary, used: set[Definition], families: set[str]) -> Iterator[Diagnostic]:
    """Report step definitions that no feature uses, except those of families without a feature."""
    in_use = {(d.file, d.line, d.pattern) for d in used}  # one pattern may be both a Given and a When
    reported: set[tuple[str, int, str]] = set()
    for definition in sorted(vocabulary, key=lambda d: (d.file, d.line, d.kind)):
        key = (definition.file, definition.line, definition.pattern)
        module = Path(definition.file).stem
        if key in in_use | reported or (module in set(Family) and module not in families):
            continue
        reported.add(key)
        message = f"no feature uses the step definition {definition.pattern!r}"
        yield Diagnostic(Place(_short(definition.file), definition.line), message, "Use it, or remove it")


def _short(file: str) -> str:
    parts = Path(file).parts
    return Path(*parts[parts.index("billing_tck") :]).as_posix() if "billing_tck" in parts else file


def _suggester(vocabulary: Vocabulary) -> Suggester:
    from billing_tck.steps.suggestions import Suggester  # noqa: PLC0415 - rarely needed

    return Suggester(vocabulary)
