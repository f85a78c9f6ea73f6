"""Growth of cost with the length of a recorded history, the clauses, and the implementations of a comparison."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from billing_tck.connect import open_driver
from billing_tck.contract.encode import encode
from billing_tck.engine.runner import describe, run
from billing_tck.explorer.history_check import check_trace
from billing_tck.explorer.recorded_history import read_recorded_history
from billing_tck.reports.comparison import compare
from billing_tck.reports.comparison_text import render_text
from billing_tck.results.aggregate import Report, clause_verdicts, report_of
from billing_tck.results.header import Header, kit_version, utc_now
from billing_tck.results.record import ScenarioRecord
from billing_tck.spec.requirements_file import CLAUSES_FILE, READINGS_FILE, load_register
from billing_tck.spec.selection import Selection, select
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load

from .points import Growth, Point, least

NOON = datetime(2025, 1, 7, 12, tzinfo=UTC)
HISTORIES = (100, 1_000, 10_000)
CLAUSES = (100, 1_000, 10_000)
IMPLEMENTATIONS = (2, 20, 200)
_CLAUSE = """
[[clause]]
id = "ZZ-{number:06}"
family = "trial"
kind = "rule"
sentence = "Statement number {number}."
source = "{source}"
line = {number}
fingerprint = "{number:016x}"
"""


def histories(sizes: Sequence[int] = HISTORIES) -> Growth:
    """Judging one recorded history of 100 to 10,000 calls: a service is stopped and started, hour by hour."""
    points = []
    for size in sizes:
        lines = list(_history(size))

        def judge(lines: list[str] = lines) -> None:
            checked = check_trace(read_recorded_history(lines))
            if checked.difference is not None:
                raise ValueError(checked.difference)

        points.append(Point(f"{size:,}", size, least(judge, 3 if size <= 1_000 else 1)))
    return Growth("history length", tuple(points), "each call")


def _history(calls: int) -> Iterator[str]:
    """Yield the lines of a recorded history of the reference."""
    now = NOON
    with open_driver("reference") as driver:
        yield _line("describe_implementation", {}, encode(describe(driver)))
    yield _line("reset", {"now": encode(now)}, {})
    yield _line("create_organization", {"name": "Acme"}, {"organization": "org-1", "admin": "user-1"})
    yield _line("add_card", {"organization": "org-1", "behaviour": "approves"}, {})
    yield _line("create_service", {"organization": "org-1"}, {"service": "service-1"})
    for number in range(calls // 2):
        now += timedelta(hours=1)
        yield _line("advance_to", {"now": encode(now)}, {})
        yield _line("start_service" if number % 2 else "stop_service", {"service": "service-1"}, {})


def _line(method: str, params: object, result: object) -> str:
    return json.dumps({"method": method, "params": params, "result": result})


def clauses(sizes: Sequence[int] = CLAUSES) -> Growth:
    """Reading 100 to 10,000 clauses beside the kit's, and the verdict on each from a scenario of its own."""
    points = []
    own = (features_dir() / CLAUSES_FILE).read_text(encoding="utf-8")
    source = load_register(features_dir()).clauses[0].source
    (record, *_) = _records()
    for size in sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            more = (_CLAUSE.format(number=number, source=source) for number in range(1, size + 1))
            (folder / CLAUSES_FILE).write_text("".join([own, *more]), encoding="utf-8")
            shutil.copy(features_dir() / READINGS_FILE, folder)

            def whole(folder: Path = folder) -> None:
                register = load_register(folder)
                clause_verdicts(_with_clause(record, clause.id) for clause in register.clauses)

            whole()  # parsed once: what is measured is the same for files that are in the cache
            count = len(load_register(folder).clauses)
            points.append(Point(f"{count:,}", count, least(whole, 3 if size <= 1_000 else 1)))
    return Growth("clauses", tuple(points), "each clause")


def implementations(sizes: Sequence[int] = IMPLEMENTATIONS) -> Growth:
    """Comparing the reports of 2 to 200 implementations, and writing the comparison as text."""
    points = []
    register = load_register(features_dir())
    with open_driver("reference") as driver:
        header = Header("reference", describe(driver), "", "", utc_now(), kit_version(), asked=Selection())
    report = report_of(header, _records())
    for size in sizes:
        reports = [(f"implementation {number}", report) for number in range(size)]

        def whole(reports: list[tuple[str, Report]] = reports) -> None:
            render_text(compare(reports, register))

        points.append(Point(f"{size:,}", size, least(whole, 3)))
    return Growth("implementations", tuple(points), "each implementation")


def _records() -> list[ScenarioRecord]:
    """Return the records of the kit's scenarios of one clause."""
    suite = load_suite()
    scenarios = select(suite, Selection(clauses=("BC-29",)))
    with open_driver("reference") as driver:
        return [record.brief() for record in run(scenarios, driver, vocabulary=load())]


def _with_clause(record: ScenarioRecord, clause: str) -> ScenarioRecord:
    return ScenarioRecord(
        record.file, record.line, record.name, None, record.family, record.part, record.rule, (clause,), record.verdict
    )
