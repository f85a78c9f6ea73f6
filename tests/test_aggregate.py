"""Totals, and the verdicts on clauses, families and runs, from records alone."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime

import pytest

from billing_tck.contract import ErrorKind
from billing_tck.contract.values import Description
from billing_tck.results.aggregate import (
    Report,
    RunVerdict,
    alike_errors,
    clause_order,
    clause_verdicts,
    document_order,
    exit_status,
    family_verdict,
    grouped,
    known_clauses,
    report_of,
    totals,
    worst_verdict,
)
from billing_tck.results.header import Header
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict
from billing_tck.spec.applicability import MissingCapability
from billing_tck.spec.selection import Selection

AT = datetime(2025, 1, 18, 9, tzinfo=UTC)
CONFORMS = Conforms()
DEVIATES = Deviates("Then it rains", 3, "rain", "sun", AT)
ERRORED = Errored("it fell over", ErrorKind.CRASHED)
NOT_APPLICABLE = NotApplicable((MissingCapability("card"),))
HEADER = Header("toy", Description("toy", "1", "1", (), {}, "PT0S"), "digest", "everything", AT, "1")


def record(
    verdict: Verdict,
    *clauses: str,
    file: str = "core/trial.feature",
    line: int = 1,
    known: str | None = None,
    outside_baseline: bool = False,
) -> ScenarioRecord:
    part = file.partition("/")[0]
    return ScenarioRecord(
        file, line, "a scenario", None, "trial", part, "a rule", clauses, verdict, outside_baseline, known=known
    )


@pytest.mark.parametrize(
    ("words", "worst"),
    [
        ((), "not_applicable"),
        (("not_applicable",), "not_applicable"),
        (("not_applicable", "conforms"), "conforms"),
        (("conforms", "errored", "not_applicable"), "errored"),
        (("errored", "conforms", "deviates"), "deviates"),
    ],
)
def test_the_worst_verdict_counts(words: tuple[str, ...], worst: str) -> None:
    assert worst_verdict(words) == worst


def test_clauses_are_sorted_by_document_and_number() -> None:
    clauses = ["BC-10", "BC-2", "AWS-10", "BC", "AWS-02", "BC-x"]
    assert sorted(clauses, key=clause_order) == ["AWS-02", "AWS-10", "BC", "BC-x", "BC-2", "BC-10"]
    assert clause_order("BC") == clause_order("BC-x") == clause_order("BC-0")
    verdicts = clause_verdicts([record(CONFORMS, "BC-10", "BC-02"), record(ERRORED, "BC-10")])
    assert list(verdicts.items()) == [("BC-02", "conforms"), ("BC-10", "errored")]


def test_a_clause_is_known_if_each_of_its_deviations_is() -> None:
    records = [
        record(DEVIATES, "BC-01", "BC-02", known="ticket 7"),
        record(DEVIATES, "BC-02"),
        record(CONFORMS, "BC-01"),
        record(CONFORMS, "BC-03"),
        record(ERRORED, "BC-04"),
        record(DEVIATES, "BC-05"),
    ]
    assert known_clauses(records) == {"BC-01"}


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ((), ("none", "no scenario")),
        ((record(NOT_APPLICABLE),), ("not_applicable", "not checked")),
        ((record(CONFORMS), record(NOT_APPLICABLE)), ("conforms", "conforms")),
        ((record(DEVIATES, known="7"), record(NOT_APPLICABLE)), ("known", "deviates as known")),
        ((record(DEVIATES, known="7"), record(DEVIATES)), ("deviates", "deviates")),
        (
            (record(CONFORMS), record(DEVIATES, file="edge/trial.feature", known="7")),
            ("known", "deviates as known at an edge"),
        ),
        ((record(CONFORMS), record(ERRORED, file="edge/trial.feature")), ("errored", "errored at an edge")),
        ((record(ERRORED), record(DEVIATES, file="edge/trial.feature")), ("errored", "errored")),
        (
            (record(NOT_APPLICABLE), record(CONFORMS, file="edge/trial.feature")),
            ("not_applicable", "only edge cases checked"),
        ),
    ],
)
def test_a_family_has_a_verdict_and_a_text(records: tuple[ScenarioRecord, ...], verdict: tuple[str, str]) -> None:
    assert family_verdict(records) == verdict


def test_groups_keep_the_order_of_their_first_items() -> None:
    items = [("b", 1), ("a", 2), ("b", 3)]
    assert list(grouped(items, lambda item: (item[0],)).items()) == [
        (("b",), [("b", 1), ("b", 3)]),
        (("a",), [("a", 2)]),
    ]


def test_records_with_one_error_are_one_group() -> None:
    other = Errored("it fell asleep", ErrorKind.TIMEOUT)
    records = [record(verdict, line=line) for line, verdict in enumerate([ERRORED, CONFORMS, other, ERRORED, DEVIATES])]
    assert [[one.line for one in group] for group in alike_errors(records)] == [[0, 3], [2]]


def test_records_are_in_the_order_of_the_documents() -> None:
    files = [
        ("core/trial.feature", 2),
        ("core/trial.feature", 10),
        ("core/card_billing.feature", 1),
        ("core/commitments.feature", 1),
        ("core/another.feature", 1),
        ("core/zebra.feature", 1),
        ("edge/trial.feature", 1),
    ]
    records = [record(CONFORMS, file=file, line=line) for file, line in reversed(files)]
    assert [(one.file, one.line) for one in sorted(records, key=document_order)] == files
    assert [(one.file, one.line) for one in report_of(HEADER, records).records] == files


def test_a_report_separates_what_is_outside_the_baseline() -> None:
    inside = [record(CONFORMS, line=line) for line in (3, 1)]
    outside = [record(DEVIATES, line=line, outside_baseline=True) for line in (4, 2)]
    report = report_of(HEADER, [*inside, *outside], digest="abc", seconds=1.5)
    assert [one.line for one in report.records] == [1, 3]
    assert [one.line for one in report.outside_baseline] == [2, 4]
    assert [one.line for one in report.every] == [1, 2, 3, 4]
    assert (report.digest, report.seconds) == ("abc", 1.5)
    assert report.totals == totals(inside) == {"conforms": 2, "deviates": 0, "errored": 0, "not_applicable": 0}
    assert report.clauses == {}
    assert report.verdict is RunVerdict.CONFORMS


def test_without_scenarios_outside_the_baseline_every_record_is_in_its_place() -> None:
    unsorted = (record(CONFORMS, line=3), record(CONFORMS, line=1))
    assert Report(HEADER, unsorted).every is unsorted


def test_a_report_is_a_value() -> None:
    report = Report(HEADER, ())
    assert (report.outside_baseline, report.digest, report.seconds) == ((), "", 0.0)
    assert report_of(HEADER, ()) == report
    with pytest.raises(FrozenInstanceError):
        report.seconds = 1.0  # type: ignore[misc]


def test_what_a_report_has_beside_its_records_is_named() -> None:
    with pytest.raises(TypeError, match="positional"):
        report_of(HEADER, (), "abc")  # type: ignore[call-arg, misc]


def test_new_and_known_deviations_are_separate() -> None:
    new, known = record(DEVIATES, "BC-03"), record(DEVIATES, "BC-02", known="ticket 7")
    report = report_of(HEADER, [record(CONFORMS, "BC-01"), known, new, record(ERRORED, "BC-04")])
    assert report.new_deviations == (new,)
    assert report.known == (known,)
    assert report.new_clauses == ["BC-03"]
    assert report.clauses == {"BC-01": "conforms", "BC-02": "deviates", "BC-03": "deviates", "BC-04": "errored"}
    assert report.clause_standings == {**report.clauses, "BC-02": "known"}


def test_entries_that_are_wrong_and_entries_that_were_not_checked_are_separate() -> None:
    wrong = KnownDeviation("clause", "BC-01", "ticket 7", date(2025, 1, 1), covers=("core/trial.feature:1",))
    partly = KnownDeviation(
        "clause", "BC-02", "ticket 8", date(2025, 1, 1), covers=("core/trial.feature:2", "core/trial.feature:3")
    )
    header = replace(HEADER, known=(wrong, partly))
    report = report_of(header, [record(CONFORMS, "BC-01"), record(CONFORMS, "BC-02", line=2)])
    (trouble,) = report.troubles
    assert trouble.message.startswith("BC-01 no longer deviates")
    assert report.unchecked_entries == (partly,)
    assert report.verdict is RunVerdict.OUT_OF_DATE
    assert (report_of(HEADER, report.records).troubles, report_of(HEADER, report.records).unchecked_entries) == ((), ())


def test_a_scenario_outside_the_baseline_can_be_a_known_deviation() -> None:
    entry = KnownDeviation("clause", "BC-01", "ticket 7", date(2025, 1, 1), covers=("core/trial.feature:1",))
    outside = record(DEVIATES, "BC-01", known="ticket 7", outside_baseline=True)
    report = report_of(replace(HEADER, known=(entry,)), [outside, record(CONFORMS, "BC-02", line=2)])
    assert report.troubles == ()


def test_a_selection_is_not_everything() -> None:
    assert report_of(HEADER, []).everything
    assert not report_of(replace(HEADER, asked=Selection(clauses=("BC-29",))), []).everything


@pytest.mark.parametrize(
    ("records", "verdict", "status"),
    [
        ((), RunVerdict.NOTHING, 3),
        ((record(NOT_APPLICABLE),), RunVerdict.NOTHING, 3),
        ((record(CONFORMS, outside_baseline=True),), RunVerdict.NOTHING, 3),
        ((record(CONFORMS),), RunVerdict.CONFORMS, 0),
        ((record(CONFORMS), record(DEVIATES, known="7", line=2)), RunVerdict.KNOWN, 0),
        ((record(DEVIATES, known="7"),), RunVerdict.KNOWN, 0),
        ((record(DEVIATES), record(ERRORED, line=2)), RunVerdict.DEVIATES, 1),
        ((record(DEVIATES, known="7"), record(ERRORED, line=2)), RunVerdict.ERRORED, 3),
    ],
)
def test_a_run_has_one_verdict_and_one_exit_status(
    records: tuple[ScenarioRecord, ...], verdict: RunVerdict, status: int
) -> None:
    report = report_of(HEADER, records)
    assert report.verdict is verdict
    assert exit_status(report.verdict) == status


def test_an_entry_that_is_out_of_date_is_a_finding() -> None:
    assert exit_status(RunVerdict.OUT_OF_DATE) == 1
