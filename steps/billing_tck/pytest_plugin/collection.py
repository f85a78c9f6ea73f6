"""The second door: `.feature` files as pytest modules, their scenarios run by pytest-bdd with the kit's own steps.

Same scenarios, same steps, same verdicts as through the engine. Everything that a file needs, its steps and its world,
lives in the module made of it, so that no name is put in the way of anybody's tests.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from pytest_bdd import parsers, steps

from billing_tck.connect import open_driver
from billing_tck.engine.runner import describe, nothing_checked, place_of, record_of_world
from billing_tck.errors import KitError, ScenarioError
from billing_tck.reports.render import render_record
from billing_tck.reports.wording import NEWER
from billing_tck.results.header import Header, kit_version, utc_now
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict, verdict_of
from billing_tck.spec.applicability import (
    MissingRequirement,
    UnreachableError,
    format_missing,
    missing_requirements,
)
from billing_tck.spec.baseline import Baseline, InvalidBaseline, load_baseline
from billing_tck.spec.gherkin import FeatureFile as Compiled
from billing_tck.spec.gherkin import InvalidFeatures, Scenario
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, mark_against_baseline, root_of
from billing_tck.steps import registry
from billing_tck.steps.lint import check_files
from billing_tck.steps.registry import Definition, Match, Vocabulary, VocabularyError
from billing_tck.steps.world import World
from billing_tck.text.sanitize import sanitize


class ScenarioDeviates(AssertionError):
    """There was an answer, and it was another."""


class ScenarioErrored(Exception):
    """There was no answer to judge."""


class Session:
    """What the scenarios of one pytest session share: the implementation, the vocabulary, the register."""

    def __init__(self, config: pytest.Config) -> None:
        self.sut: str = config.getoption("--sut") or "reference"
        self.vocabulary: Vocabulary = registry.load()
        self._registers: dict[Path, Register] = {}
        self._sets: dict[Path, Baseline | None] = {}
        self._unreachable: UnreachableError | None = None
        self._header: Header | None = None
        self.driver = open_driver(self.sut, timeout=config.getoption("--sut-timeout"))
        config._billing_tck_close = self.driver.close  # type: ignore[attr-defined] # read by the light plugin
        _index_step_lookup()

    def header(self, session: pytest.Session) -> Header:
        """What is known of the implementation. UnreachableError, asked for once, where it does not say what it is."""
        if self._unreachable is not None:
            raise self._unreachable
        if self._header is None:
            started = utc_now()
            try:
                described = describe(self.driver)
            except UnreachableError as error:
                self._unreachable = error
                session.shouldstop = f"no implementation to run against ({self.sut}): {error}"
                raise
            self._header = Header(self.sut, described, "", "", started, kit_version())
        return self._header

    def register(self, root: Path) -> Register:
        """The register that a features folder brings, or the kit's."""
        folder = root if (root / "clauses.toml").is_file() else features_dir()
        if folder not in self._registers:
            self._registers[folder] = load_register(folder)
        return self._registers[folder]

    def frozen(self, root: Path) -> Baseline | None:
        """The frozen set of a features folder; InvalidBaseline where it cannot be used."""
        if root not in self._sets:
            self._sets[root] = load_baseline(root)
        return self._sets[root]


_SESSION = pytest.StashKey[Session]()


def session_of(config: pytest.Config) -> Session:
    """The session of this pytest run, made when the first features are collected."""
    if _SESSION not in config.stash:
        config.stash[_SESSION] = Session(config)
    return config.stash[_SESSION]


class KitFeatures(pytest.Directory):
    """The kit's own features, wherever they are installed."""

    def collect(self) -> Iterable[pytest.Collector]:
        """Each feature file."""
        root = features_dir()
        for path in sorted(root.rglob("*.feature")):
            yield FeatureFile.from_parent(self, path=path, name=path.relative_to(root).as_posix())


class FeatureFile(pytest.Module):
    """One feature file: a module with a test for each scenario and each row of an outline."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """The scenarios; CollectError where a guard refuses the file, or pytest-bdd has lost one."""
        session = session_of(self.config)
        root = root_of(self.path)
        self.sentences = {clause.id: clause.sentence for clause in session.register(root).clauses}
        try:
            compiled = read_file(self.path.resolve(), root)
            frozen = session.frozen(root)
        except (InvalidFeatures, InvalidBaseline) as error:
            raise self.CollectError(str(error)) from None
        compiled = replace(compiled, scenarios=tuple(mark_against_baseline(compiled.scenarios, frozen)))
        problems = check_files([compiled], session.register(root), session.vocabulary, own=False)
        if problems:
            raise self.CollectError("\n".join(str(problem) for problem in problems))
        self.options = () if root == features_dir().resolve() else ("--features", str(root))
        self.tree: Mapping[str, object] = compiled.tree
        self._allow_marks(compiled)
        items = list(self._scenario_items(compiled, super().collect()))
        self.tree = {}  # by now there is a module made of it; what is kept, pytest's last garbage collection walks
        return items

    def _getobj(self) -> types.ModuleType:
        """The module that pytest-bdd makes of the file, with the kit's steps and a world in it."""
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        names = vars(module)
        names["world"] = pytest.fixture(name="world")(_world)
        text = f"from pytest_bdd import scenarios\nscenarios({str(self.path)!r})\n"
        if not _is_indexed():  # then pytest-bdd looks for every step among the names of the module
            names["_define"] = functools.partial(_define, names, session_of(self.config).vocabulary)
            text = f"_define()\n{text}"
        with _parsed(self.path, self.tree):
            exec(compile(text, str(self.path), "exec"), names)
        return module

    def _allow_marks(self, compiled: Compiled) -> None:
        """Tags become marks, also under --strict-markers."""
        for tag in sorted({tag for s in compiled.scenarios for tag in s.tags} | {"core", "edge"}):
            line = f"{tag}: {self.sentences.get(tag, 'a tag of the billing features')}"
            if line not in self.config.getini("markers"):
                self.config.addinivalue_line("markers", line)

    def _scenario_items(
        self, compiled: Compiled, collected: Iterable[pytest.Item | pytest.Collector]
    ) -> Iterator[pytest.Item]:
        """Each item with its scenario; scenarios and items match one to one."""
        waiting: dict[int, list[Scenario]] = {}
        for scenario in compiled.scenarios:
            waiting.setdefault(scenario.definition, []).append(scenario)
        for item in collected:
            if not isinstance(item, pytest.Function):
                raise self.CollectError(f"{self.path}: pytest collected {item!r}, which is no scenario")
            line, texts = _rendered(item)
            candidates = waiting.get(line, [])
            if not candidates or [step.text for step in candidates[0].steps] != texts:
                raise self.CollectError(f"{compiled.file}:{line}: pytest-bdd runs {item.name}, the engine has no such")
            yield ScenarioItem.of(item, candidates.pop(0), self)
        if lost := [scenario for rest in waiting.values() for scenario in rest]:
            named = "\n".join(f"{scenario.place}: {scenario.name}" for scenario in lost)
            raise self.CollectError(f"pytest-bdd has lost {len(lost)} of the scenarios:\n{named}")


class ScenarioItem(pytest.Function):
    """One scenario as pytest runs it; made of the function that pytest-bdd made."""

    scenario: Scenario
    file: FeatureFile
    vocabulary: Vocabulary
    world: World | None
    _at: int

    @classmethod
    def of(cls, item: pytest.Function, scenario: Scenario, file: FeatureFile) -> ScenarioItem:
        """The same item, which knows its scenario."""
        item.__class__ = cls
        made = cast("ScenarioItem", item)
        made.scenario, made.file, made.world, made._at = scenario, file, None, -1
        made.vocabulary = session_of(item.config).vocabulary
        made.add_marker(scenario.part)
        made.user_properties.append(("clauses", " ".join(scenario.clauses)))
        if scenario.outside_baseline:
            made.user_properties.append(("newer", "true"))
        return made

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the scenario is written."""
        return self.path, self.scenario.line - 1, self.scenario.name

    def step_begins(self) -> None:
        """pytest-bdd comes to the next step."""
        self._at += 1

    def setup(self) -> None:
        """Skips what is not applicable, with the reason."""
        try:
            header = session_of(self.config).header(self.session)
        except UnreachableError as error:
            self.user_properties.append(("verdict", "errored"))
            raise ScenarioErrored(f"no implementation to run against: {sanitize(str(error))}") from None
        if missing := missing_requirements(self.scenario, header.implementation):
            self._not_applicable(missing)
        self.world, self._at = World(session_of(self.config).driver, header.implementation), -1
        super().setup()

    def runtest(self) -> None:
        """Runs the steps through pytest-bdd; what ends them becomes the verdict."""
        verdict: Verdict = Conforms()
        world = self._world()
        try:
            super().runtest()
        except Exception as outcome:
            step = self.scenario.steps[max(self._at, 0)]
            ended = verdict_of(outcome, step=str(step), line=step.line, at=world.now)
            if ended is None:
                self.user_properties.append(("verdict", "errored"))
                if isinstance(outcome, ScenarioError):
                    raise outcome.with_location(place_of(self.scenario, step)) from None
                raise
            verdict = ended
        else:
            if not world.checks:
                raise nothing_checked(self.scenario)
        self._conclude(verdict, world)

    def _conclude(self, verdict: Verdict, world: World) -> None:
        if isinstance(verdict, NotApplicable):
            self._not_applicable(verdict.missing)
        self.user_properties.append(("verdict", verdict.word))
        match verdict:
            case Conforms():
                pass
            case Deviates() | Errored() if self.scenario.outside_baseline:
                raise pytest.xfail.Exception(f"{NEWER}:\n{self._telling(verdict, world)}")
            case Deviates():
                raise ScenarioDeviates(self._telling(verdict, world))
            case Errored():
                raise ScenarioErrored(self._telling(verdict, world))

    def _not_applicable(self, missing: tuple[MissingRequirement, ...]) -> NoReturn:
        self.user_properties.append(("verdict", NotApplicable.word))
        raise pytest.skip.Exception(
            f"not applicable: {'; '.join(map(format_missing, missing))}", _use_item_location=True
        )

    def _telling(self, verdict: Verdict, world: World) -> str:
        header = session_of(self.config).header(self.session)
        repeated = Header(
            header.sut, header.implementation, "", "", header.started, header.version, options=self.file.options
        )
        told = render_record(record_of_world(self.scenario, verdict, world, 0.0), repeated)
        clauses = [f"{clause}  {self.file.sentences.get(clause, '')}".rstrip() for clause in self.scenario.clauses]
        return "\n".join([*map(sanitize, clauses), f"  {told[0]}", *(f"    {line}" for line in told[1:])])

    def _world(self) -> World:
        if self.world is None:
            raise KitError(f"{self.nodeid} runs without having been set up")
        return self.world

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A verdict is told in words; for everything else pytest's own traceback."""
        if isinstance(excinfo.value, ScenarioDeviates | ScenarioErrored | KitError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _world(request: pytest.FixtureRequest) -> World:
    """The world of the scenario that is run."""
    return cast("ScenarioItem", request.node)._world()


class _Phrase(parsers.StepParser):
    """A definition of the kit's, as pytest-bdd asks for it."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition.pattern)
        self.definition = definition

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """What the pattern names in a step's text."""
        return self.definition.match(name)

    def is_matching(self, name: str) -> bool:
        """Whether the pattern fits."""
        return self.definition.match(name) is not None


def _define(names: dict[str, Any], vocabulary: Vocabulary) -> None:
    """Registers every phrase with pytest-bdd; called from the module that is to hold them."""
    decorators = {"given": steps.given, "when": steps.when, "then": steps.then}
    for definition in vocabulary:
        decorators[definition.kind](_Phrase(definition), stacklevel=2)(definition.function)
    del names["_define"]


def _rendered(item: pytest.Function) -> tuple[int, list[str]]:
    """The line of the scenario or outline that pytest-bdd made an item of, and the texts of the item's steps."""
    templates = _bdd().scenario_wrapper_template_registry
    template = templates[item.obj]
    callspec = getattr(item, "callspec", None)
    example = callspec.params["_pytest_bdd_example"] if callspec is not None else {}
    return template.line_number, [step.name for step in template.render(example).steps]


# pytest-bdd asks pytest, at each step, for every fixture that there is, to find the definitions among them: four fifths
# of its time. For scenarios of the kit the vocabulary, which is an index, is asked instead, and knows the arguments as
# well; everybody else's go the old way. It leans on three names of pytest-bdd 9; where they are not, all go the old
# way, with the same result.

_INDEXED = "_billing_tck_indexed"


def _bdd() -> Any:
    """The module `pytest_bdd.scenario` (as an attribute of the package, the name is the decorator's)."""
    importlib.import_module("pytest_bdd.scenario")
    return sys.modules["pytest_bdd.scenario"]


def _is_indexed() -> bool:
    return hasattr(_bdd(), _INDEXED)


class _Found(parsers.StepParser):
    """A definition that was found for a step, with the arguments that it is called with."""

    def __init__(self, match: Match, world: World) -> None:
        super().__init__(match.definition.pattern)
        self._arguments = {"world": world, **match.arguments}

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """What was found."""
        return self._arguments

    def is_matching(self, name: str) -> bool:
        """It was found for this very step."""
        return True


def _index_step_lookup() -> None:
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
        item = request.node
        if not isinstance(item, ScenarioItem):
            return lookup(request=request, step=step)
        try:
            match = item.vocabulary.find(step.type, step.name)
        except VocabularyError:
            return lookup(request=request, step=step)
        function = match.definition.function
        if function not in signatures:
            signatures[function], wanted[function] = inspect.signature(function), required(function)
        return steps.StepFunctionContext(
            type=match.definition.kind, step_func=function, parser=_Found(match, item._world())
        )

    def known_signature(function: Callable[..., object]) -> inspect.Signature:
        return signatures.get(function) or inspect.signature(function)

    def known_required(function: Callable[..., object]) -> list[str]:
        known = wanted.get(function)
        return required(function) if known is None else known

    bdd.get_step_function, bdd.signature, bdd.get_required_args = indexed, known_signature, known_required
    setattr(bdd, _INDEXED, True)


@contextlib.contextmanager
def _parsed(path: Path, tree: Mapping[str, object]) -> Iterator[None]:
    """Meanwhile pytest-bdd takes a file as the kit has parsed it, instead of parsing it again."""
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
