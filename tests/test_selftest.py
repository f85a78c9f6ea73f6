"""The self-test: sound under every reading, complete against every fault, and not vacuous.

The self-test itself can fail: a fault without effect, and a scenario that is lost, unfair or vacuous, fail it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_tck.cli.main import main
from billing_tck.connect import open_driver, open_unfrozen
from billing_tck.engine.executors import ThisProcess, workers
from billing_tck.engine.runner import describe, run
from billing_tck.reference.catalogue import FaultEntry, catalogue
from billing_tck.reference.null_implementations import empties
from billing_tck.selftest import runner, tasks
from billing_tck.selftest.assertion_mutation import MutationOutcome, assertion_mutants, measure
from billing_tck.selftest.covering_array import covering_rows, pairs_in, pairs_of
from billing_tck.selftest.files import as_json, write_proof
from billing_tck.selftest.page import render_page
from billing_tck.selftest.runner import Part, Proof, prove
from billing_tck.selftest.tasks import ON_TIME, ReadingSet, readings_to_run
from billing_tck.selftest.terminal import closing_line, render_proof
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load
from billing_tck.sut import InvalidSutSpec

from .sampling import sampled

SUITE, REGISTER = load_suite(), load_register(features_dir())
MADE = datetime(2026, 11, 28, 20, 5, tzinfo=UTC)
FAULTS = {fault.name: fault for fault in catalogue()}


def part_of(test: Callable[[Scenario], bool]) -> Suite:
    return replace(SUITE, scenarios=tuple(scenario for scenario in SUITE.scenarios if test(scenario)))


def of_clause(clause: str) -> Suite:
    return part_of(lambda scenario: clause in scenario.clauses)


def proved(suite: Suite, part: Part, *faults: FaultEntry) -> Proof:
    return prove(suite, REGISTER, faults, ThisProcess(), parts=[part])


def fewer_readings(register: Register) -> tuple[ReadingSet, ...]:
    """The defaults and the rows with every pair of values on time, and every eighth set whose effects show late."""
    every = readings_to_run(register)
    on_time = [reading for reading in every if reading.effects == ON_TIME]
    late = [reading for reading in every if reading.effects != ON_TIME]
    return (*(reading for reading in on_time if reading.why == "pairs" or not reading.values), *late[::8])


@pytest.fixture(scope="session")
def whole() -> Iterator[tuple[Proof, tuple[MutationOutcome, ...]]]:
    """The proof of the kit's own features, of `prove --thens`, under fewer sets of readings."""
    with workers(2) as crew, pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "readings_to_run", fewer_readings)
        proof = prove(SUITE, REGISTER, catalogue(), crew.executor)
        assert proof.faults is not None
        yield proof, measure(proof.faults, proof.empty, crew.executor)


# The kit's own proof


@pytest.mark.timeout(1200)
def test_no_reading_fails_on_time_or_late(whole: tuple[Proof, tuple[MutationOutcome, ...]]) -> None:
    readings = whole[0].readings
    assert readings is not None
    assert readings.failures == ()
    assert readings.never_ran == ()
    assert readings.passed == len(readings.runs) > 25


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_reading_fails_on_time_or_late_under_every_set() -> None:
    with workers(2) as crew:
        readings = prove(SUITE, REGISTER, (), crew.executor, parts=["readings"]).readings
    assert readings is not None
    assert readings.failures == ()
    assert readings.passed == len(readings.runs) > 150


@pytest.mark.timeout(1200)
def test_every_fault_is_caught_under_each_of_its_clauses(whole: tuple[Proof, tuple[MutationOutcome, ...]]) -> None:
    faults = whole[0].faults
    assert faults is not None
    assert [fault.name for fault in faults.survivors] == []
    assert faults.unsupported_claims == ()
    assert faults.crashing == ()
    assert len(faults.faults) >= 150


@pytest.mark.timeout(1200)
def test_every_testable_clause_is_proved_and_every_scenario_is_needed(
    whole: tuple[Proof, tuple[MutationOutcome, ...]],
) -> None:
    faults = whole[0].faults
    assert faults is not None
    assert [clause.id for clause in faults.unverified] == []
    assert [faults.scenarios[number].place for number in faults.redundant] == []


@pytest.mark.timeout(1200)
def test_who_knows_nothing_conforms_to_no_clause(whole: tuple[Proof, tuple[MutationOutcome, ...]]) -> None:
    empty = whole[0].empty
    assert empty is not None
    assert {(it.clause, *(empty.scenarios[n].place for n in it.scenarios)) for it in empty.false_conformances} == set()
    assert whole[0].green


@pytest.mark.timeout(1200)
def test_of_ten_thens_that_are_taken_away_nine_are_missed(whole: tuple[Proof, tuple[MutationOutcome, ...]]) -> None:
    _, thens = whole
    unnoticed = [f"{worth.mutant.file}:{worth.mutant.lines[0]} {worth.mutant.text}" for worth in thens if not worth.red]
    assert len(unnoticed) <= len(thens) / 10, "\n".join(unnoticed)


# The proof can fail


def test_a_fault_that_does_nothing_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = FAULTS["cap-of-236"]
    monkeypatch.setattr(
        tasks, "open_unfrozen", lambda spec: open_unfrozen(spec.replace("faulty:cap-of-236", "reference"))
    )
    proof = proved(of_clause("BC-24"), "faults", harmless, FAULTS["cap-exclusive"])
    assert proof.faults is not None
    assert proof.faults.survivors == (harmless,)
    assert not proof.green
    assert "survives: cap-of-236 (BC-24), no scenario deviates" in render_proof(proof, workers=1, version="1")
    assert "1 fault survives" in closing_line(proof, 1)


def test_a_fault_that_only_scenarios_of_other_clauses_catch_is_not_caught() -> None:
    elsewhere = replace(FAULTS["stop-after-21-days"], clauses=("BC-24",))
    suite = part_of(lambda scenario: scenario.family == "unpaid_invoices")
    faults = proved(suite, "faults", elsewhere).faults
    assert faults is not None
    assert faults.survivors == (elsewhere,)
    assert faults.elsewhere["stop-after-21-days"]
    said = render_proof(proved(suite, "faults", elsewhere), workers=1, version="1")
    assert "survives: stop-after-21-days (BC-24), caught only by other clauses, first by core/unpaid_invoices" in said


def test_a_clause_that_no_scenario_of_it_sees_broken_is_a_vain_claim() -> None:
    boasting = replace(FAULTS["cap-of-236"], clauses=("BC-24", "BC-02"))
    faults = proved(part_of(lambda s: not {"BC-24", "BC-02"}.isdisjoint(s.clauses)), "faults", boasting).faults
    assert faults is not None
    assert faults.caught["cap-of-236"]
    assert faults.unsupported_claims == (("cap-of-236", "BC-02"),)
    assert not faults.green


def test_a_clause_whose_scenarios_are_lost_is_unproved() -> None:
    faults = proved(part_of(lambda scenario: "BC-24" not in scenario.clauses), "faults", FAULTS["cap-of-236"]).faults
    assert faults is not None
    assert [fault.name for fault in faults.survivors] == ["cap-of-236"]
    assert "BC-24" in {clause.id for clause in faults.unverified}


def test_a_scenario_that_catches_nothing_is_needless() -> None:
    faults = proved(of_clause("BC-24"), "faults", FAULTS["cap-exclusive"]).faults
    assert faults is not None
    assert faults.redundant
    assert set(faults.redundant) | {f.scenario for f in faults.caught["cap-exclusive"]} == set(
        range(len(faults.scenarios))
    )


def test_without_faults_nothing_is_proved() -> None:
    assert not proved(of_clause("BC-24"), "faults").green


def test_a_scenario_that_checks_too_closely_fails_the_innocent() -> None:
    suite = of_clause("BC-02")
    fair = next(s for s in suite.scenarios if s.part == "core" and any("29 days pass" in step.text for step in s.steps))
    steps = tuple(step._replace(text=step.text.replace("29 days", "30 days")) for step in fair.steps)
    readings = proved(replace(suite, scenarios=(replace(fair, steps=steps),)), "readings").readings
    assert readings is not None
    assert not readings.green
    failing = {dict(reading.values).get("deadline_instant", "at") for reading, _ in readings.failures}
    assert failing == {"at"}
    assert proved(replace(suite, scenarios=(fair,)), "readings").green


def test_a_core_scenario_that_never_runs_is_reported() -> None:
    scenario = replace(of_clause("BC-24").scenarios[0], needs=frozenset({"card", "clairvoyance"}))
    readings = proved(replace(SUITE, scenarios=(scenario,)), "readings").readings
    assert readings is not None
    assert readings.never_ran == (0,)
    assert readings.passed == 0


def test_a_clause_with_nothing_but_easy_scenarios_is_given_away() -> None:
    easy = next(s for s in of_clause("BC-30").scenarios if s.name.startswith("29 days after the failed charge"))
    proof = proved(replace(SUITE, scenarios=(easy,)), "empty")
    assert proof.empty is not None
    assert {it.clause for it in proof.empty.false_conformances} == set(easy.clauses)
    assert {it.declares for it in proof.empty.false_conformances} == {("card",)}
    assert not proof.green


def test_a_then_that_no_fault_needs_is_named() -> None:
    suite = part_of(lambda scenario: scenario.part == "core" and "BC-24" in scenario.clauses)
    proof = proved(suite, "faults", FAULTS["cap-always"])
    assert proof.faults is not None
    worths = measure(proof.faults, None, ThisProcess())
    idle = {worth.mutant.text for worth in worths if not worth.red}
    assert "Then the organization cannot scale the other service to 124 GiB" in idle
    assert all("lint rejects the scenario" in w.why for w in worths if w.mutant.lines[-1] == _last_line(suite, w))


def _last_line(suite: Suite, worth: MutationOutcome) -> int:
    scenarios = [s for s in suite.scenarios if (s.file, s.definition) == (worth.mutant.file, worth.mutant.definition)]
    return scenarios[0].steps[-1].line


def test_a_then_goes_with_its_ands_or_alone() -> None:
    suite = of_clause("BC-15")
    together, alone = assertion_mutants(suite.scenarios, single=False), assertion_mutants(suite.scenarios, single=True)
    assert {line for cut in together for line in cut.lines} == {line for cut in alone for line in cut.lines}
    assert all(len(cut.lines) == 1 for cut in alone)


# The same on a frozen clock and on one that is set


@pytest.mark.parametrize(
    "spec", sampled(["reference:month_end=sticky,late", "reference", "faulty:stop-after-21-days"], 3)
)
def test_the_proofs_quick_clock_gives_the_verdicts_of_the_frozen_one(spec: str) -> None:
    def verdicts(opened: Callable[[str], Any]) -> list[str]:
        with opened(spec) as driver:
            return [result.verdict.word for result in run(SUITE.scenarios, driver, vocabulary=load())]

    assert verdicts(open_unfrozen) == verdicts(open_driver)


# The covering array


def test_every_pair_of_values_of_every_two_knobs_occurs_in_few_rows() -> None:
    knobs = {knob.name: [value.name for value in knob.values] for knob in REGISTER.knobs}
    rows = covering_rows(knobs)
    assert {pair for row in rows for pair in pairs_in(row)} == set(pairs_of(knobs))
    assert len(rows) <= 20
    assert covering_rows(knobs) == rows


@given(
    st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=2), min_size=1, max_size=4, unique=True), max_size=7)
)
def test_a_covering_array_covers_whatever_the_knobs_are(knobs: dict[str, list[str]]) -> None:
    rows = covering_rows(knobs)
    assert {pair for row in rows for pair in pairs_in(row)} == set(pairs_of(knobs))
    assert all(set(row) == set(knobs) for row in rows) or len(knobs) < 2
    assert {(k, v) for row in rows for k, v in row.items()} == {(k, v) for k, values in knobs.items() for v in values}


def test_every_single_value_runs_on_time_and_with_each_sweep() -> None:
    runs = tasks.readings_to_run(REGISTER)
    single = {(r.values, r.effects) for r in runs if r.why == "value"}
    for knob in REGISTER.knobs:
        for value in knob.values:
            values = () if value.name == knob.default else ((knob.name, value.name),)
            assert {(values, effects) for effects in ("on time", "before_midnight", "morning")} <= single


# Empty implementations


def test_each_empty_implementation_can_be_plugged_in() -> None:
    for empty in empties():
        with open_driver(empty.spec) as driver:
            assert describe(driver).name == "empty"


def test_an_unknown_empty_implementation_is_wrong_usage() -> None:
    with pytest.raises(InvalidSutSpec, match="null implementation 'nobody' does not exist"):
        open_driver("empty:nobody")


# What is written


class Balanced(HTMLParser):
    """Complains about a tag that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.timeout(1200)
def test_the_page_is_whole_and_needs_nothing_beside_it(whole: tuple[Proof, tuple[MutationOutcome, ...]]) -> None:
    proof, thens = whole
    page = render_page(proof, workers=2, version="1.0", made=MADE, thens=thens)
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []
    assert "28 Nov 2026 20:05 UTC, billing-tck 1.0, " in page
    assert len(set(reader.ids)) == len(reader.ids)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert {f"f-{name}" for name in FAULTS} <= set(reader.ids)
    assert not any(word in page for word in ("<script", "http:", "https:", "@import", "url("))


def test_what_faults_state_is_escaped() -> None:
    rude = replace(FAULTS["cap-of-236"], sentence="<script>alert('\"&')</script>")
    page = render_page(proved(of_clause("BC-24"), "faults", rude), workers=1, version="<b>", made=MADE)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(" in page
    assert "billing-tck &lt;b&gt;" in page


def test_proof_json_states_what_the_page_says(tmp_path: Path) -> None:
    proof = proved(of_clause("BC-24"), "faults", FAULTS["cap-of-236"])
    write_proof(tmp_path / "deep", proof, workers=1, version="1.0")
    content = json.loads((tmp_path / "deep" / "proof.json").read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(as_json(proof, workers=1, version="1.0")))
    assert content["readings"] is content["empty"] is content["thens"] is None
    assert content["faults"]["caught"] == content["faults"]["total"] == 1
    assert content["faults"]["catalogue"][0]["caught_by"][0].startswith("core/unpaid_invoices.feature:")
    assert (tmp_path / "deep" / "proof.html").read_text(encoding="utf-8").startswith("<!doctype html>")


# The command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workers", "0"], "--workers 0: expected at least 1"),
        (["--thens", "--readings"], "--thens needs the faults"),
        (["--features", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_wrong_usage_is_reported(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_command_tells_the_figures_writes_them_and_ends_with_1_where_it_is_not_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = features_dir() / "core" / "trial.feature"
    text = file.read_text(encoding="utf-8")
    broken = tmp_path / "features"
    (broken / "core").mkdir(parents=True)
    first = "\n\n".join(text.split("\n\n")[:6]) + "\n"  # up to the first scenario, an outline
    (broken / "core" / "trial.feature").write_text(first.replace("29 days", "30 days"), encoding="utf-8")
    status = main(
        ["prove", "--readings", "--features", str(broken), "--workers", "2", "--report", str(tmp_path / "out")]
    )
    output, err = capsys.readouterr()
    assert status == 1
    assert "    fails: reference: core/trial.feature:" in output
    assert output.splitlines()[-1].startswith("Not proved: ")
    assert "Traceback" not in err  # progress may be shown there
    assert json.loads((tmp_path / "out" / "proof.json").read_text(encoding="utf-8"))["green"] is False
