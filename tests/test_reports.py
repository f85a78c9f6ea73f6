"""The files of a run: machine-readable, and either complete or absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from billing_tck.contract import Refused
from billing_tck.engine.runner import run as run_scenarios
from billing_tck.reports.junit import write_junit
from billing_tck.reports.summary import summary, write_summary
from billing_tck.results.aggregate import Report, report_of
from billing_tck.results.header import Header
from billing_tck.results.report_file import ReportWriter, load_report
from billing_tck.spec.suite import load_suite

from .toy import EDGE, FEATURE, Toy, crash, vocabulary, write_features

COUNT = {"type": "integer", "minimum": 0}
VERDICT = {"enum": ["conforms", "deviates", "errored", "not_applicable"]}
IMPLEMENTATION = {
    "type": "object",
    "required": ["sut", "name", "version", "contract", "capabilities", "readings", "settles_within"],
}
SUMMARY = {
    "type": "object",
    "required": [
        "implementation", "exit_status", "conforms", "deviates", "errored", "not_applicable", "clauses", "deviations",
    ],
    "additionalProperties": False,
    "properties": {
        "implementation": IMPLEMENTATION,
        "exit_status": {"enum": [0, 1, 3]},
        **dict.fromkeys(VERDICT["enum"], COUNT),
        "clauses": {"type": "object", "additionalProperties": VERDICT},
        "deviations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["scenario", "clauses", "message"],
                "additionalProperties": False,
                "properties": {
                    "scenario": {"type": "string"},
                    "clauses": {"type": "array", "items": {"type": "string"}},
                    "message": {"type": "string"},
                },
            },
        },
    },
}  # fmt: skip


def run_of(folder: Path, toy: Toy) -> Report:
    suite = load_suite(write_features(folder, FEATURE, EDGE))
    started = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    header = Header(toy.spec, toy.description, suite.digest, "everything", started, "1.2.3")
    return report_of(header, run_scenarios(suite.scenarios, toy, vocabulary=vocabulary()))


@pytest.fixture
def run(tmp_path: Path) -> Report:
    """One scenario of each verdict, and one conforming scenario more."""
    toy = Toy(stop_after=21, faults={"start_service": crash("it fell\x00 over", log=("boom",))})
    return run_of(tmp_path / "features", toy)


def test_the_summary_has_the_shape_that_was_promised(run: Report, tmp_path: Path) -> None:
    write_summary(tmp_path, run)
    written = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, SUMMARY)
    assert written == summary(run)
    assert {key: value for key, value in written.items() if key != "implementation"} == {
        "exit_status": 1,
        "conforms": 1,
        "deviates": 1,
        "errored": 1,
        "not_applicable": 2,
        "clauses": {"BC-26": "errored", "BC-29": "deviates"},
        "deviations": [
            {
                "scenario": "core/unpaid_invoices.feature:18: 16 days after the failed charge, services are stopped",
                "clauses": ["BC-29"],
                "message": "asked 23 Jan 2025 09:00, 'Then every service is stopped' (line 13): "
                "expected every service is stopped; observed service: running",
            }
        ],
    }


def test_the_report_is_a_header_a_line_for_each_scenario_and_a_footer(run: Report, tmp_path: Path) -> None:
    with ReportWriter(tmp_path / "new" / "folder", run.header) as writer:
        for record in run.records:
            writer.add(record)
        finished = writer.finish()
    header, *lines, footer = read(tmp_path / "new" / "folder")
    assert header == {
        "type": "header",
        "format": 1,
        "kit": "1.2.3",
        "features": run.header.digest,
        "set": None,
        "implementation": {
            "sut": "toy",
            "name": "toy",
            "version": "1.0",
            "contract": "1",
            "capabilities": ["card"],
            "readings": {},
            "settles_within": "PT0S",
        },
        "selection": "everything",
        "asked": {"families": [], "clauses": [], "part": None, "scenarios": []},
        "options": [],
        "known_deviations": [],
        "started": "2026-03-01T12:30:00Z",
    }
    assert footer == {
        "type": "footer", "scenarios": 5, "conforms": 1, "deviates": 1, "errored": 1, "not_applicable": 2, "known": 0,
        "clauses": {"BC-26": "errored", "BC-29": "deviates"},
        "newer": {"conforms": 0, "deviates": 0, "errored": 0, "not_applicable": 0}, "digest": finished.digest,
    }  # fmt: skip
    assert [line["verdict"] for line in lines] == [
        "conforms",
        "deviates",
        "errored",
        "not_applicable",
        "not_applicable",
    ]


def test_a_row_holds_all_that_is_known_of_a_scenario(run: Report, tmp_path: Path) -> None:
    with ReportWriter(tmp_path, run.header) as writer:
        for record in run.records:
            writer.add(record)
    _, _, deviates, errored, missing, _ = read(tmp_path)
    assert deviates == {
        "type": "scenario",
        "file": "core/unpaid_invoices.feature",
        "line": 18,
        "name": "16 days after the failed charge, services are stopped",
        "example": "A clear day before, two clear days after: days 16, services stopped",
        "family": "unpaid_invoices",
        "part": "core",
        "rule": "Services stop when an invoice has stayed unpaid for 14 days",
        "clauses": ["BC-29"],
        "verdict": "deviates",
        "step": "Then every service is stopped",
        "step_line": 13,
        "asked": "2025-01-23T09:00:00Z",
        "expected": "every service is stopped",
        "observed": "service: running",
        "timeline": [
            {
                "at": "2025-01-07T09:00:00Z",
                "what": "the organization is created, creates the service, puts a card on file (will be declined)",
            },
            {"at": "2025-01-07T09:00:00Z", "what": "collection is attempted for the organization"},
            {"at": "2025-01-23T09:00:00Z", "what": "16 days later"},
        ],
        "remarks": [],
        "checks": 1,
        "seconds": run.records[1].seconds,
    }
    assert (errored["kind"], errored["log"]) == ("crashed", ["boom"])
    assert missing["missing"] == ["capability extension"]


def test_what_is_read_is_what_was_written(run: Report, tmp_path: Path) -> None:
    with ReportWriter(tmp_path, run.header) as writer:
        for record in run.records:
            writer.add(record)
        finished = writer.finish()
    assert load_report(tmp_path) == finished
    assert finished.records == tuple(record.with_sentences() for record in run.records)


def test_an_interrupted_report_has_no_footer(run: Report, tmp_path: Path) -> None:
    with ReportWriter(tmp_path, run.header) as writer:
        writer.add(run.records[0])
    assert [line["type"] for line in read(tmp_path)] == ["header", "scenario"]


def test_junit_has_a_case_for_each_scenario_with_its_place(run: Report, tmp_path: Path) -> None:
    write_junit(tmp_path, run)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    counted = {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "5", "failures": "1", "errors": "1", "skipped": "2"}
    assert [suite.get("name") for suite in root] == ["core/unpaid_invoices.feature", "edge/unpaid_invoices.feature"]
    cases = list(root.iter("testcase"))
    assert cases[1].attrib | {"time": ""} == {
        "classname": "core.unpaid_invoices",
        "name": "16 days after the failed charge, services are stopped",
        "file": "core/unpaid_invoices.feature",
        "line": "18",
        "time": "",
    }
    output = [[child.tag for child in case] for case in cases]
    assert output == [["properties"], *(["properties", tag] for tag in ("failure", "error", "skipped", "skipped"))]
    assert "observed   service: running" in str(cases[1][1].text)
    assert cases[2][1].get("message") == r"crashed: attempt_collection: it fell\x00 over"
    assert cases[3][1].get("message") == "not applicable: capability extension"


def test_junit_has_the_clauses_of_each_case_as_properties(run: Report, tmp_path: Path) -> None:
    write_junit(tmp_path, run)
    case = next(iter(ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")))
    properties = [(p.get("name"), p.get("value")) for p in case.iter("property")]
    assert properties == [
        ("clause", "BC-29"), ("verdict", "conforms"), ("family", "unpaid_invoices"), ("part", "core"),
    ]  # fmt: skip


def test_text_of_an_implementation_cannot_break_a_file(tmp_path: Path) -> None:
    nasty = 'pay "first" \ud800 \x00 </failure>\n{"type": "footer"}'
    toy = Toy(faults={"add_card": Refused("other", nasty)})
    toy.description = replace(toy.description, name=nasty)
    run = run_of(tmp_path / "features", toy)
    with ReportWriter(tmp_path, run.header) as writer:
        for record in run.records:
            writer.add(record)
    write_summary(tmp_path, run)
    write_junit(tmp_path, run)
    assert len(read(tmp_path)) == 1 + len(run.records)
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["deviates"] == 3
    ElementTree.parse(tmp_path / "junit.xml")


def read(folder: Path) -> list[Mapping[str, object]]:
    return [json.loads(line) for line in (folder / "report.ndjson").read_text(encoding="utf-8").splitlines()]
