"""The runner: steps, their arguments, durations, and scenarios that are skipped after timeouts in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.engine import runner
from billing_tck.engine.runner import record_not_run, run, run_scenario, run_step, step_arguments
from billing_tck.engine.silence import MAX_CONSECUTIVE_TIMEOUTS, SKIPPED
from billing_tck.errors import KitError, ScenarioError
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import MissingCapability
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.suite import load_suite
from billing_tck.steps.world import World

from .toy import EDGE, FEATURE, Toy, vocabulary, write_features

STOPPED = "16 days after the failed charge, services are stopped"
LIMIT = MAX_CONSECUTIVE_TIMEOUTS


@pytest.fixture
def scenarios(tmp_path: Path) -> tuple[Scenario, ...]:
    return load_suite(write_features(tmp_path, FEATURE, EDGE)).scenarios


@pytest.mark.parametrize(
    ("course", "skipped"),
    [
        ("t" * LIMIT + "c", {LIMIT: ErrorKind.TIMEOUT}),
        ("u" * LIMIT + "c", {LIMIT: ErrorKind.UNREACHABLE}),
        ("t" * (LIMIT - 1) + "u" + "c", {LIMIT: ErrorKind.UNREACHABLE}),
        (
            "t" * (LIMIT - 1) + "c" + "t" * LIMIT + "cc",
            {2 * LIMIT: ErrorKind.TIMEOUT, 2 * LIMIT + 1: ErrorKind.TIMEOUT},
        ),
        ("t" * (LIMIT - 1) + "c" + "t" * (LIMIT - 1) + "c", {}),
        ("t" * (LIMIT - 1) + "d" + "t" * (LIMIT - 1) + "c", {}),
        ("t" * (LIMIT - 1) + "e" + "t" * (LIMIT - 1) + "c", {}),
        ("t" * (LIMIT - 1) + "ntc", {LIMIT + 1: ErrorKind.TIMEOUT}),
        ("t" * LIMIT + "nc", {LIMIT + 1: ErrorKind.TIMEOUT}),
    ],
)
def test_scenarios_are_skipped_after_failures_in_a_row(
    scenarios: tuple[Scenario, ...], course: str, skipped: dict[int, ErrorKind]
) -> None:
    """t: times out; u: not reachable; c: conforms; d: deviates; e: errors otherwise; n: not applicable."""
    toy = Switching()
    extended = next(scenario for scenario in scenarios if "extension" in scenario.needs)
    stopped = next(scenario for scenario in scenarios if scenario.name == STOPPED)
    wrong = next(scenario for scenario in scenarios if "13 days" in scenario.name)
    wrong = replace(wrong, steps=(*wrong.steps[:-1], stopped.steps[-1]))

    def fed() -> Iterator[Scenario]:
        for letter in course:
            kinds = {"t": ErrorKind.TIMEOUT, "u": ErrorKind.UNREACHABLE, "e": ErrorKind.CRASHED}
            toy.failure = kinds.get(letter)
            yield {"n": extended, "d": wrong}.get(letter, stopped)

    results = list(run(fed(), toy, vocabulary=vocabulary(), description=toy.description))
    found = {n: result.verdict for n, result in enumerate(results) if str(result.message).count("skipped")}
    assert found == {n: Errored(SKIPPED[kind], kind) for n, kind in skipped.items()}
    missing = NotApplicable((MissingCapability("extension"),))
    assert [n for n, result in enumerate(results) if result.verdict == missing] == [
        n for n, letter in enumerate(course) if letter == "n"
    ]
    assert [n for n, result in enumerate(results) if isinstance(result.verdict, Deviates)] == [
        n for n, letter in enumerate(course) if letter == "d"
    ]


class Switching(Toy):
    """A toy that fails to create an organization while `failure` is set."""

    failure: ErrorKind | None = None

    def call(self, method: str, params: Mapping[str, object]) -> object:
        if method == "create_organization" and self.failure is not None:
            raise ImplementationError(self.failure, "no answer", method=method)
        return super().call(method, params)


def test_the_duration_of_a_scenario_is_that_of_its_steps(
    scenarios: tuple[Scenario, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter((10.0, 32.5))
    monkeypatch.setattr(runner, "real_perf_counter", lambda: next(seconds))
    stopped = [scenario for scenario in scenarios if scenario.name == STOPPED]
    (record,) = run(stopped, Toy(), vocabulary=vocabulary())
    assert record.seconds == 22.5


def test_a_definition_gets_the_table_and_the_doc_string_that_it_asks_for(scenarios: tuple[Scenario, ...]) -> None:
    words = vocabulary()
    received: list[object] = []

    @words.then("a table")
    def table(world: World, datatable: list[list[str]]) -> None:
        received.append(datatable)

    @words.then("a doc string")
    def text(world: World, docstring: str) -> None:
        received.append(docstring)

    @words.then("both")
    def both(world: World, docstring: str, datatable: list[list[str]]) -> None:
        received.extend([docstring, datatable])

    @words.then("neither")
    def neither(world: World) -> None:
        received.append(None)

    with_both = scenarios[0].steps[-1]._replace(table=(("a", "b"), ("1", "2")), docstring="a text")
    rows = [["a", "b"], ["1", "2"]]
    for name in ("a table", "a doc string", "both", "neither"):
        run_step(with_both._replace(text=name), scenarios[0], World(Toy()), words)
    assert received == [rows, "a text", "a text", rows, None]
    del received[:]
    run_step(with_both._replace(text="a table", docstring=None), scenarios[0], World(Toy()), words)
    run_step(with_both._replace(text="a doc string", table=None), scenarios[0], World(Toy()), words)
    assert received == [rows, "a text"]


def test_arguments_of_a_step_are_only_those_that_it_has(scenarios: tuple[Scenario, ...]) -> None:
    step = scenarios[0].steps[-1]
    asked = frozenset({"datatable", "docstring"})
    assert step_arguments(step, asked) == {}
    assert step_arguments(step._replace(table=(("a",),), docstring=""), asked) == {
        "datatable": [["a"]],
        "docstring": "",
    }
    assert step_arguments(step._replace(table=(("a",),), docstring=""), frozenset()) == {}


def test_a_step_without_a_definition_is_an_error_of_the_kit_with_its_place(scenarios: tuple[Scenario, ...]) -> None:
    lost = replace(scenarios[0], steps=(scenarios[0].steps[-1]._replace(text="it rains"),))
    with pytest.raises(KitError, match=r"^core/unpaid_invoices\.feature:13: .*'Then it rains'"):
        list(run([lost], Toy(), vocabulary=vocabulary()))


def test_a_step_without_a_kind_is_an_error_of_the_kit_with_its_place(scenarios: tuple[Scenario, ...]) -> None:
    lost = replace(scenarios[0], steps=(scenarios[0].steps[-1]._replace(kind=None),))
    with pytest.raises(KitError, match=r"feature:13, 'Then every service is running': the step is none of Given"):
        list(run([lost], Toy(), vocabulary=vocabulary()))


def test_a_scenario_error_has_the_place_of_its_step(scenarios: tuple[Scenario, ...]) -> None:
    words = vocabulary()

    @words.then("it cannot be carried out")
    def cannot(world: World) -> None:
        raise ScenarioError("there is no such day", "Use another")

    lost = replace(scenarios[0], steps=(scenarios[0].steps[-1]._replace(text="it cannot be carried out"),))
    with pytest.raises(ScenarioError, match=r"feature:13, 'Then it cannot be carried out': there is no such day"):
        list(run([lost], Toy(), vocabulary=words))


def test_each_record_is_announced_before_the_next_scenario(scenarios: tuple[Scenario, ...]) -> None:
    announced: list[ScenarioRecord] = []
    records = run(scenarios, Toy(), vocabulary=vocabulary(), on_record=announced.append)
    first = next(records)
    assert announced == [first]
    assert [first, *records] == announced


def test_the_vocabulary_of_a_run_is_named(scenarios: tuple[Scenario, ...]) -> None:
    with pytest.raises(TypeError, match="positional"):
        run(scenarios, Toy(), vocabulary())  # type: ignore[call-arg]


def test_only_a_brief_record_of_a_scenario_that_conforms_has_no_timeline(scenarios: tuple[Scenario, ...]) -> None:
    (stopped,) = [scenario for scenario in scenarios if scenario.name == STOPPED]
    conforming, deviating = Toy(), Toy(stop_after=21)
    for toy, brief, kept in (
        (conforming, False, True),
        (conforming, True, False),
        (deviating, False, True),
        (deviating, True, True),
    ):
        record = run_scenario(stopped, toy, toy.description, vocabulary(), brief=brief)
        assert bool(record.calls) == kept
        assert isinstance(record.verdict, Deviates) == (toy is deviating)
    assert run_scenario(stopped, conforming, conforming.description, vocabulary()).calls


def test_whether_a_record_is_brief_is_named(scenarios: tuple[Scenario, ...]) -> None:
    toy = Toy()
    with pytest.raises(TypeError, match="positional"):
        run_scenario(scenarios[0], toy, toy.description, vocabulary(), True)  # type: ignore[call-arg]


def test_a_scenario_that_is_not_run_is_errored_unless_it_does_not_apply(scenarios: tuple[Scenario, ...]) -> None:
    extended = next(scenario for scenario in scenarios if "extension" in scenario.needs)
    stopped = next(scenario for scenario in scenarios if scenario.name == STOPPED)
    skipped = Errored("skipped", ErrorKind.TIMEOUT)
    verdicts = [record_not_run(scenario, Toy().description, skipped).verdict for scenario in (stopped, extended)]
    assert verdicts == [skipped, NotApplicable((MissingCapability("extension"),))]


def test_a_deviation_keeps_the_log_of_its_scenario(scenarios: tuple[Scenario, ...]) -> None:
    chosen = [scenario for scenario in scenarios if scenario.name in {STOPPED, "A start is refused"}]
    begun: list[str] = []
    records = list(
        run(chosen, Toy(stop_after=21), vocabulary=vocabulary(), on_begin=begun.append, log=lambda: ("a line",))
    )
    logs = [record.verdict.log if isinstance(record.verdict, Deviates) else None for record in records]
    assert logs == [("a line",), None]
    assert begun == [record.place for record in records]
    (quiet,) = run(chosen[:1], Toy(stop_after=21), vocabulary=vocabulary(), log=tuple)
    assert isinstance(quiet.verdict, Deviates)
    assert quiet.verdict.log == ()


def test_a_scenario_that_is_not_run_does_not_begin(scenarios: tuple[Scenario, ...]) -> None:
    toy = Switching()
    toy.failure = ErrorKind.TIMEOUT
    begun: list[str] = []
    stopped = [scenario for scenario in scenarios if scenario.name == STOPPED] * (LIMIT + 2)
    list(run(stopped, toy, vocabulary=vocabulary(), description=toy.description, on_begin=begun.append))
    assert len(begun) == LIMIT
