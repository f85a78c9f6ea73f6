"""Step definitions: the phrases that features may use, for the engine and for pytest-bdd.

    @given("an organization {name:Name} on the tier {tier:Tier}")
    def organization_on_tier(world: World, name: str, tier: Tier) -> None:

Patterns use the `parse` library, case-sensitive, with the types of `parameter_types.TYPES`. The function receives the
world and the arguments of the pattern; it can also take `datatable` (rows of strings, with the header) or `docstring`,
as in pytest-bdd.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from billing_tck.spec.compiled import Matched
from billing_tck.spec.gherkin import Kind, Scenario
from billing_tck.steps.parameter_types import TYPES, ParameterType
from billing_tck.steps.pattern import PLACEHOLDER, Pattern
from billing_tck.steps.prefix_tree import PrefixTree
from billing_tck.steps.signature import is_plain, parameters_of

KINDS: tuple[Kind, ...] = ("given", "when", "then")
Step = TypeVar("Step", bound=Callable[..., None])

_REMEMBERED = 4096  # step texts with a known definition; the kit's own features have fewer
_STEP_MODULES = (
    "time_passing",
    "organizations",
    "organization_state",
    "trial",
    "card_billing",
    "unpaid_invoices",
    "marketplace",
    "aws_onboarding",
    "commitments",
)
_FROM_THE_ENGINE = frozenset({"world", "datatable", "docstring"})


class VocabularyError(Exception):
    """A definition that cannot work, or a phrase without exactly one definition."""


class UndefinedStepError(VocabularyError):
    """No definition matches. The most similar phrases are searched when they are asked for: that takes a while."""

    def __init__(self, kind: Kind, text: str, search: Callable[[Kind, str], tuple[str, ...]]) -> None:
        super().__init__(kind, text)
        self._kind, self._text, self._search = kind, text, search

    @property
    def nearest(self) -> tuple[str, ...]:
        """The most similar phrases, best first."""
        return self._search(self._kind, self._text)

    def __str__(self) -> str:
        nearest = "; ".join(map(repr, self.nearest))
        return f"no phrase fits '{self._kind.capitalize()} {self._text}'" + (f"; nearest: {nearest}" if nearest else "")


class AmbiguousStepError(VocabularyError):
    """Several definitions match."""

    def __init__(self, kind: Kind, text: str, fitting: tuple[Definition, ...]) -> None:
        self.fitting = fitting
        places = "; ".join(f"{d.pattern!r} ({d.place})" for d in fitting)
        super().__init__(f"several phrases fit '{kind.capitalize()} {text}': {places}")


class StepArgumentError(VocabularyError):
    """A phrase matches, but a value is invalid (such as 31 February)."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A phrase and its function."""

    kind: Kind
    pattern: str
    function: Callable[..., None]
    file: str
    line: int
    form: Pattern = field(repr=False, compare=False)
    parameters: frozenset[str] = field(repr=False, compare=False)
    required: frozenset[str] = field(repr=False, compare=False)
    types: Mapping[str, Callable[[str], object]] = field(repr=False, compare=False)

    @property
    def place(self) -> str:
        """The place of the definition, as `file:line`."""
        return f"{self.file}:{self.line}"

    def match(self, text: str) -> dict[str, object] | None:
        """Return the converted arguments in `text`, or None if it does not match. Raises StepArgumentError."""
        if not (text.startswith(self.form.pieces[0]) and text.endswith(self.form.pieces[-1])):
            return None
        try:
            return self.form.parse(text)
        except ValueError as error:
            raise StepArgumentError(f"{text!r} is not understood: {error}") from error

    def render(self, **arguments: object) -> str:
        """Return the text of a step with these arguments, the inverse of `match`. Raises StepArgumentError."""
        named = set(self.form.fields)
        if arguments.keys() != named:
            raise StepArgumentError(f"{self.pattern!r} takes {sorted(named)}, got {sorted(arguments)}")

        def text(place: re.Match[str]) -> str:
            value, type_ = arguments[place[1]], self.types.get(place[2] or "")
            try:
                return type_.write(value) if isinstance(type_, ParameterType) else str(value)
            except ValueError as error:
                raise StepArgumentError(f"{place[1]} of {self.pattern!r}: {error}") from None

        return PLACEHOLDER.sub(text, self.pattern)


class Match(NamedTuple):
    """The definition of a step, and its arguments."""

    definition: Definition
    arguments: Mapping[str, object]


class Vocabulary:
    """A set of step definitions.

    `types` are the converters that the patterns may name: functions of a string, with a `pattern` attribute.
    """

    def __init__(self, types: Mapping[str, Callable[[str], object]] | None = None) -> None:
        self.types = dict(types or {})
        self._definitions: dict[tuple[Kind, str, str, int], Definition] = {}
        self._trees: dict[Kind, PrefixTree[Definition]] = {kind: PrefixTree() for kind in KINDS}
        self._found: dict[tuple[Kind, str], Match] = {}
        self._by_function: dict[Callable[..., None], Definition] = {}
        self._expected: Mapping[tuple[Kind, str], Matched] = {}
        self._by_pattern: dict[tuple[Kind, str], Definition] = {}

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._definitions.values())

    def __len__(self) -> int:
        return len(self._definitions)

    def given(self, pattern: str) -> Callable[[Step], Step]:
        """Define a phrase for a precondition."""
        return self._define("given", pattern)

    def when(self, pattern: str) -> Callable[[Step], Step]:
        """Define a phrase for an event."""
        return self._define("when", pattern)

    def then(self, pattern: str) -> Callable[[Step], Step]:
        """Define a phrase for a check."""
        return self._define("then", pattern)

    def find(self, kind: Kind, text: str) -> Match:
        """Return the definition of a step's text, with its arguments.

        Raises UndefinedStepError, AmbiguousStepError or StepArgumentError. `And` has the kind of the step before.
        """
        known = self._found.get((kind, text))
        if known is not None:
            return known
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        found = self._found[kind, text] = self._expected_match(kind, text) or self._search(kind, text)
        return found

    def expect(self, matched: Mapping[tuple[Kind, str], Matched]) -> None:
        """Take texts for what they were found to be with the same definitions, instead of matching them."""
        self._expected = matched
        self._by_pattern = {(definition.kind, definition.pattern): definition for definition in self}

    def expected(self, scenarios: Iterable[Scenario]) -> dict[tuple[Kind, str], Matched]:
        """Return what the steps of scenarios are known to be, for `expect` in another process."""
        texts = {(step.kind, step.text) for scenario in scenarios for step in scenario.steps if step.kind is not None}
        return {text: self._expected[text] for text in texts if text in self._expected}

    def _expected_match(self, kind: Kind, text: str) -> Match | None:
        expected = self._expected.get((kind, text))
        if expected is None or expected.values is None:
            return None
        definition = self._by_pattern.get((kind, expected.pattern))
        if definition is None:  # of another vocabulary
            return None
        return Match(definition, definition.form.read(expected.values))

    def _search(self, kind: Kind, text: str) -> Match:
        fitting = []
        for definition in self._trees[kind].candidates(text):
            arguments = definition.match(text)
            if arguments is not None:
                fitting.append(Match(definition, arguments))
        if not fitting:
            raise UndefinedStepError(kind, text, self.nearest)
        if len(fitting) > 1:
            found = {id(match.definition) for match in fitting}
            raise AmbiguousStepError(kind, text, tuple(d for d in self if id(d) in found))
        return fitting[0]

    def definition(self, function: Callable[..., None]) -> Definition:
        """Return the definition of a step function. Raises KeyError."""
        return self._by_function[function]

    def nearest(self, kind: Kind, text: str) -> tuple[str, ...]:
        """Return up to three phrases similar to `text`, with their kind if it differs."""
        import difflib  # noqa: PLC0415 - only for a text that no definition matches

        plain = {
            (d.pattern if d.kind == kind else f"{d.kind.capitalize()} {d.pattern}"): _plain(d.pattern) for d in self
        }
        scored = sorted(
            ((difflib.SequenceMatcher(None, _plain(text), words).ratio(), name) for name, words in plain.items()),
            key=lambda pair: (-pair[0], pair[1]),
        )
        return tuple(name for ratio, name in scored[:3] if ratio >= 0.6)

    def _define(self, kind: Kind, pattern: str) -> Callable[[Step], Step]:
        def register(function: Step) -> Step:
            definition = self._definition(kind, pattern, function)
            key = (kind, pattern, definition.file, definition.line)
            old = self._definitions.get(key)
            self._definitions[key] = definition
            self._by_function[function] = definition
            self._trees[kind].put(definition.form.pieces[0], definition, replaces=old)
            self._found.clear()
            self._expected = {}
            return function

        return register

    def _definition(self, kind: Kind, pattern: str, function: Callable[..., None]) -> Definition:
        code = inspect.unwrap(function).__code__
        place = f"{code.co_filename}:{code.co_firstlineno}"
        if not is_plain(function):
            raise VocabularyError(f"{place}: {function.__name__} is async or yields; a step is a plain function")
        try:
            form = Pattern(pattern, self.types)
        except ValueError as error:
            raise VocabularyError(f"{place}: the pattern {pattern!r} is broken: {error}") from error
        parameters, required = parameters_of(function)
        named = set(form.fields)
        needed = required - _FROM_THE_ENGINE
        if next(iter(parameters), None) != "world" or needed - named or named - set(parameters):
            raise VocabularyError(
                f"{place}: {function.__name__} takes ({', '.join(parameters)}); "
                f"{pattern!r} wants (world, {', '.join(sorted(named))})"
            )
        return Definition(
            kind=kind,
            pattern=pattern,
            function=function,
            file=code.co_filename,
            line=code.co_firstlineno,
            form=form,
            parameters=frozenset(parameters),
            required=required,
            types=self.types,
        )


def _plain(pattern: str) -> str:
    """Return a phrase without its variable parts, for comparison."""
    return re.sub(r"\{[^{}]*\}|<[^<>]*>|\"[^\"]*\"|\d+", "…", pattern).lower()


VOCABULARY = Vocabulary(TYPES)
given = VOCABULARY.given
when = VOCABULARY.when
then = VOCABULARY.then


def phrase(function: Callable[..., None], **arguments: object) -> str:
    """Return the text of a step of the kit, from its function and its arguments. Raises StepArgumentError."""
    return VOCABULARY.definition(function).render(**arguments)


def load() -> Vocabulary:
    """Return the kit's own step definitions, all loaded."""
    for name in _STEP_MODULES:
        importlib.import_module(f"billing_tck.steps.{name}")
    return VOCABULARY
