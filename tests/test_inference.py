"""`billing-tck infer`: the readings of an implementation, found out by the histories that tell them apart."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.connect import open_unfrozen
from billing_tck.contract import Unsupported
from billing_tck.contract.values import Description
from billing_tck.errors import KitError
from billing_tck.inference import infer as inferring
from billing_tck.inference.candidates import Candidates, Constraint, Contradiction
from billing_tck.inference.findings import Finding, Inferred
from billing_tck.inference.histories import HISTORIES
from billing_tck.inference.infer import MOST_HISTORIES, infer
from billing_tck.inference.tables import FILE, build_table, build_tables, load_tables, save_tables
from billing_tck.reference.oracle import DEFAULTS, KNOBS

JAVASCRIPT = Path(__file__).parent / "third_party" / "javascript" / "server.mjs"
HIDDEN = "commitment_expiry_fallback"
"""It speaks of subscriptions that run on after their term alone."""


def inferred_of(spec: str) -> Inferred:
    with closing(open_unfrozen(spec)) as driver:
        return infer(driver)


def found(inferred: Inferred, knob: str) -> Finding:
    return next(finding for finding in inferred.findings if finding.knob == knob)


def spec_of(readings: Mapping[str, str], *words: str) -> str:
    return "reference:" + ",".join([*words, *(f"{knob}={value}" for knob, value in readings.items())])


def assert_right(readings: Mapping[str, str], *words: str) -> None:
    """Assert that the reference is told under readings, but for what another reading hides."""
    inferred = inferred_of(spec_of(readings, *words))
    hidden = {HIDDEN} if readings["commitment_term"] == "ends_with_term" else set()
    assert inferred.readings == {knob: value for knob, value in readings.items() if knob not in hidden}
    for knob in hidden:
        assert found(inferred, knob).reason == "commitment_term=ends_with_term hides it"
        assert found(inferred, knob).possible == KNOBS[knob]
    assert not inferred.misfits
    assert len(inferred.histories) <= MOST_HISTORIES


def combination(seed: object) -> dict[str, str]:
    choose = random.Random(str(seed))
    return {knob: choose.choice(values) for knob, values in KNOBS.items()}


@pytest.mark.parametrize("seed", range(6))
def test_the_reference_is_told_under_random_readings(seed: int) -> None:
    assert_right(combination(seed))


@pytest.mark.slow
@pytest.mark.parametrize("ten", range(20))
def test_the_reference_is_told_under_two_hundred_combinations_of_readings(ten: int) -> None:
    for seed in range(10 * ten, 10 * ten + 10):
        assert_right(combination(f"of 200: {seed}"))


@pytest.mark.parametrize("late", ["late", "late=morning"])
def test_a_late_reference_is_told_as_well(late: str) -> None:
    assert_right(combination(late), late)


@pytest.mark.slow
@pytest.mark.parametrize("late", ["late", "late=morning"])
def test_a_late_reference_is_told_under_thirty_combinations(late: str) -> None:
    for seed in range(30):
        assert_right(combination(f"{late} {seed}"), late)


@pytest.mark.slow
def test_each_value_of_each_knob_is_told_beside_the_defaults() -> None:
    defaults = dict(DEFAULTS)
    for knob, values in KNOBS.items():
        for value in values:
            assert_right({**defaults, knob: value})


def test_the_evidence_says_what_was_observed_and_what_other_values_would_show() -> None:
    inferred = inferred_of("reference:marketplace_end=stops_at_end")
    (evidence,) = found(inferred, "marketplace_end").evidence
    assert evidence.words[-1] == "its subscription ends"
    assert evidence.observed == "the service: stopped"
    assert dict(evidence.otherwise) == {
        "restricts_at_end": "the service: running",
        "restricts_at_due": "not restricted",
    }


def test_a_value_that_allows_less_is_taken_where_both_would_explain_what_is_seen() -> None:
    fee = found(inferred_of("reference"), "fee_report")
    assert (fee.value, fee.possible) == ("full_at_acceptance", ("full_at_acceptance", "as_offered"))
    assert fee.evidence[0].otherwise[0][1].endswith("which allows this, too")
    other = found(inferred_of("reference:fee_report=as_offered"), "fee_report")
    assert (other.value, other.possible) == ("as_offered", ("as_offered",))


def test_what_is_done_is_told_from_what_is_declared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infer", "--sut", "faulty:trial-exhausted-only-below-zero"]) == 1
    shown = capsys.readouterr().out
    assert "trial_exhausted             below_zero  DIFFERS: at_zero is declared" in shown
    assert '"trial_exhausted": "below_zero"' in shown
    assert "28 of 28 knobs inferred, 1 declared otherwise" in shown


def test_behaviour_that_fits_no_value_is_shown_with_its_clause(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infer", "--json", "--sut", "faulty:stop-after-21-days"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert any("BC-29" in misfit["clauses"] for misfit in shown["misfits"])
    assert shown["knobs"]["restart_after_payment"]["value"] is None
    assert "fits no value" in shown["knobs"]["restart_after_payment"]["reason"]
    assert shown["knobs"]["report_lines"]["value"] == "per_item"


@pytest.mark.parametrize("fault", ["no-deletion-after-trial", "trial-of-14-days"])
def test_a_fault_that_looks_like_a_reading_at_first_is_found_by_the_histories_that_are_played_last(fault: str) -> None:
    inferred = inferred_of(f"faulty:{fault}")
    assert inferred.misfits
    assert inferred.misfits[0].clauses


class Altered:
    """The reference with another description, or without a method."""

    def __init__(self, without: tuple[str, ...] = (), **described: object) -> None:
        self._driver = open_unfrozen("reference")
        self._without, self._described = without, described

    def call(self, method: str, params: Mapping[str, object]) -> object:
        if method in self._without:
            raise Unsupported(f"{method} is not supported")
        outcome = self._driver.call(method, params)
        if isinstance(outcome, Description):
            return replace(outcome, **self._described)  # type: ignore[arg-type]
        return outcome


def test_what_is_not_declared_cannot_be_told_and_the_reason_names_the_capability() -> None:
    inferred = infer(Altered(capabilities=("card", "pay_invoice", "marketplace.gcp", "credits")))
    reason = {finding.knob: finding.reason for finding in inferred.findings if finding.value is None}
    assert reason["trial_exhausted"] == "it does not declare trial"
    assert reason["extension_end"] == "it does not declare extension"
    assert reason["commitment_term"] == "it does not declare commitment.marketplace"
    assert found(inferred, "marketplace_end").value == "restricts_at_end"  # on GCP
    assert not inferred.misfits


def test_a_declared_method_that_is_not_supported_breaks_the_contract() -> None:
    inferred = infer(Altered(without=("grant_extension",)))
    assert found(inferred, "extension_end").value is None
    assert [misfit.contract for misfit in inferred.misfits] == [
        "Every method of a declared capability is supported: grant_extension."
    ]


def test_readings_that_the_kit_does_not_know_are_not_compared() -> None:
    inferred = infer(Altered(readings={"no_such_knob": "x", "report_lines": "no_such_value"}))
    assert found(inferred, "report_lines").declared is None
    assert not inferred.differing


@pytest.mark.parametrize("name", ["exits", "raises_system_exit"])
def test_an_implementation_that_ends_is_reported_without_a_traceback(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["infer", "--sut", f"python:tests.implementations.hostile:{name}"]) == 3
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err
    assert "no answer to compare in" in shown.out
    assert "a history that shows it ended without an answer" in shown.out


def test_an_implementation_that_cannot_be_reached_has_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infer", "--sut", "stdio:false"]) == 3
    assert "no implementation to infer the readings of (stdio:false)" in capsys.readouterr().err


def test_a_wrong_spec_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infer", "--sut", "reference:report_line=per_item"]) == 2
    assert "did you mean 'report_lines'" in capsys.readouterr().err


@pytest.mark.node
def test_an_implementation_in_another_language_is_told_over_stdio() -> None:
    inferred = inferred_of(f"stdio:node {JAVASCRIPT} --stdio")
    assert len(inferred.readings) == len(KNOBS)
    assert not inferred.misfits
    assert not inferred.differing


@pytest.mark.slow
def test_the_served_reference_is_told_over_http() -> None:
    command = [sys.executable, "-m", "billing_tck", "serve", "--http", "0", "--reading", "report_lines=per_hour"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            inferred = inferred_of(process.stdout.readline().removeprefix("listening on ").strip())
        finally:
            process.terminate()
    assert found(inferred, "report_lines").value == "per_hour"
    assert len(inferred.readings) == len(KNOBS)


# That the inference can be wrong


def test_a_wrong_table_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tables say decides which history comes next, never what is inferred of its answers."""
    tables = load_tables()
    blind = replace(
        tables["threshold"], knobs=("cycle_anchor",), exact=tables["tier-first"].exact, late=tables["tier-first"].late
    )
    monkeypatch.setattr(inferring, "load_tables", lambda: {**tables, "threshold": blind})
    inferred = inferred_of("reference:threshold_rearm=once_per_cycle")
    assert found(inferred, "threshold_rearm").value is None
    assert found(inferred, "threshold_rearm").reason == "no history tells repeats and once_per_cycle apart"
    assert inferred.misfits


def test_constraints_of_several_histories_are_joined_and_a_contradiction_changes_nothing() -> None:
    candidates = Candidates({"a": ("x", "y"), "b": ("x", "y"), "c": ("x", "y")})
    candidates.narrow(Constraint(("a", "b"), frozenset({("x", "x"), ("y", "y")})))
    candidates.narrow(Constraint(("b", "c"), frozenset({("x", "y"), ("y", "x")})))
    assert candidates.open == ["a", "b", "c"]
    candidates.narrow(Constraint(("a",), frozenset({("y",)})))
    assert candidates.first == {"a": "y", "b": "y", "c": "x"}
    with pytest.raises(Contradiction):
        candidates.narrow(Constraint(("c",), frozenset({("y",)})))
    assert candidates.first == {"a": "y", "b": "y", "c": "x"}


# The tables


@pytest.mark.parametrize("name", ["cards", pytest.param("payg-ends", marks=pytest.mark.slow)])
def test_a_stored_table_is_what_the_reference_shows(name: str) -> None:
    assert build_table(name, HISTORIES[name]) == load_tables()[name]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_stored_tables_are_what_the_reference_shows() -> None:
    assert build_tables() == load_tables()


@pytest.mark.parametrize("late", [False, True])
def test_any_two_values_of_a_knob_are_told_apart_by_a_table(late: bool) -> None:
    defaults = dict(DEFAULTS)
    alike = []
    for knob, values in KNOBS.items():
        tables = [table for table in load_tables().values() if knob in table.knobs]
        for first, second in combinations(values, 2):
            rows = [
                tuple({**defaults, knob: value}[one] for one in table.knobs)
                for table in tables
                for value in (first, second)
            ]
            seen = [table.seen(late=late) for table in tables for _ in (first, second)]
            numbers = [table[row] for table, row in zip(seen, rows, strict=True)]
            if all(one == other for one, other in zip(numbers[::2], numbers[1::2], strict=True)):
                alike.append((knob, first, second))
    assert alike == []


def test_no_history_is_too_many() -> None:
    assert len(HISTORIES) <= MOST_HISTORIES


def test_damaged_tables_and_those_of_other_histories_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tables.json"
    lines = FILE.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(['{"definition": "x"}', *lines[1:]]))
    with pytest.raises(KitError, match="made for other histories"):
        load_tables(path)
    path.write_text("\n".join([lines[0], lines[1].replace("[0, 1", "[0")]))
    with pytest.raises(KitError, match="cannot be read"):
        load_tables(path)
    save_tables(load_tables(), path)
    assert load_tables(path) == load_tables()
