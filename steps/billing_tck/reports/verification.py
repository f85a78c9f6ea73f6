"""Check a report for completeness and consistency, and that it is of these features.

A report folder is compared with its own `report.ndjson`: every total, clause verdict and file is computed again. That
detects reports that were cut short, mixed or edited by mistake. It is not a signature: only another run of the
implementation shows whether a report was forged.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import assert_never
from xml.etree import ElementTree
from xml.parsers import expat

from billing_tck.engine.declarations import undecided, unknown_values
from billing_tck.reports.badge import JSON, SVG, badge_json, badge_svg
from billing_tck.reports.cucumber_messages import MESSAGES
from billing_tck.reports.html import HTML
from billing_tck.reports.junit import JUNIT, junit_tree
from billing_tck.reports.markdown import MARKDOWN, render_markdown
from billing_tck.reports.page import sealed
from billing_tck.reports.summary import SUMMARY, summary
from billing_tck.results.aggregate import Report, RunVerdict
from billing_tck.results.header import BaselineName, kit_version
from billing_tck.results.known_deviations import resolve
from billing_tck.results.record import ScenarioRecord, record_of
from billing_tck.results.report_file import NDJSON
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import (
    MissingCapability,
    MissingRequirement,
    format_missing,
    missing_requirements,
)
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.selection import UnknownSelectionError, select
from billing_tck.text.files import read_text
from billing_tck.text.json_text import read_json

_DEEPEST = 20  # elements within each other of a junit.xml


def faults_of(report: Report, suite: Suite, register: Register) -> Iterator[str]:
    """Yield what is wrong with a report whose form is sound, compared with the features that it names."""
    if report.header.digest != suite.digest:
        yield (
            f"the report is of other features: their digest is {report.header.digest[:12]}, the digest of these is "
            f"{suite.digest[:12]}. Use billing-tck {report.header.version}, or give its features with --features"
        )
        return
    if report.header.baseline != BaselineName.of(suite.baseline):
        theirs, ours = (frozen.name if frozen else "none" for frozen in (report.header.baseline, suite.baseline))
        yield f"the report uses another baseline: its baseline is {theirs}, the baseline of these features is {ours}"
    yield from _selection_faults(report, suite, register)
    clauses = {clause.id: clause.excluded for clause in register.clauses}
    if resolve(report.header.known, suite.scenarios, clauses) != report.header.known:
        yield "the known deviations do not match the features"
    scenarios = {scenario.place: scenario for scenario in suite.scenarios}
    unknown = unknown_values(report.header.implementation, register)
    for record in report.every:
        if record.place in scenarios:
            scenario = scenarios[record.place]
            verdict = undecided(scenario, report.header.implementation, unknown)
            if verdict is None or not (isinstance(record.verdict, Errored) and record.verdict.kind is verdict.kind):
                yield from _applicability_faults(record, scenario, report)
            yield from _record_faults(record, scenario, report)


def _record_faults(record: ScenarioRecord, scenario: Scenario, report: Report) -> Iterator[str]:
    if record.outside_baseline != scenario.outside_baseline:
        is_newer = "outside the baseline" if record.outside_baseline else "in the baseline"
        yield f"{record.place}: reported as {is_newer}, but the features disagree"
    if _identity(record) != _identity(record_of(scenario, record.verdict)):
        yield f"{record.place}: differs from the features: {record.name!r}, clauses {record.clauses}"
    entry = report.header.known_deviation_of(record)
    if (entry.reason if entry else None) != record.known:
        yield f"{record.place}: its mark as a known deviation contradicts the entries"


def _applicability_faults(record: ScenarioRecord, scenario: Scenario, report: Report) -> Iterator[str]:
    missing = missing_requirements(scenario, report.header.implementation)
    if missing and not isinstance(record.verdict, NotApplicable):
        lacks = _requirements(missing)
        yield f"{record.place}: {record.verdict_text}, although the implementation does not declare {lacks}"
    yield from _verdict_faults(record, missing, report)


def _identity(record: ScenarioRecord) -> tuple[object, ...]:
    return (
        record.name, record.example, record.family, record.part, record.rule, record.clauses, record.reading_tags,
    )  # fmt: skip


def _selection_faults(report: Report, suite: Suite, register: Register) -> Iterator[str]:
    asked = report.header.asked
    if str(asked) != report.header.selection:
        yield f"the selection is given in two ways: {report.header.selection!r} and {str(asked)!r}"
    families = [clause.family for clause in register.clauses]
    try:
        wanted = {s.place for s in select(suite, asked, families=families, clauses=[c.id for c in register.clauses])}
    except UnknownSelectionError as error:
        yield f"the features lack what the report selected: {error}"
        return
    ran = {record.place for record in report.every}
    stopped = asked.until_failure and any(record.failed for record in report.every)
    left_out = set() if stopped else wanted - ran
    for places, problem in ((left_out, "selected, but not in the report"), (ran - wanted, "not selected")):
        if places:
            some = ", ".join(sorted(places)[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
            yield f"{len(places)} scenario{'s' * (len(places) != 1)} {problem}: {some}"


def _verdict_faults(record: ScenarioRecord, missing: tuple[MissingRequirement, ...], report: Report) -> Iterator[str]:
    """Yield why a verdict is impossible: it conforms without a check, or its scenario is applicable."""
    if isinstance(record.verdict, Conforms) and record.checks < 1:
        yield f"{record.place}: conforms, although it checked nothing"
    if isinstance(record.verdict, NotApplicable) and record.verdict.missing != missing:
        declared = report.header.implementation.capabilities
        found = [m for m in record.verdict.missing if isinstance(m, MissingCapability) and m.name in declared]
        if missing or found or not record.verdict.missing:
            lacks = _requirements(record.verdict.missing) or "nothing"
            yield f"{record.place}: reported as not applicable for lack of {lacks}, but it is declared or not needed"


def _requirements(missing: tuple[MissingRequirement, ...]) -> str:
    return "; ".join(map(format_missing, missing))


def all_faults(place: Path, report: Report, suite: Suite, register: Register) -> list[str]:
    """Return what is wrong with a report that was read from a place, and with the other files of its folder."""
    folder = place if place.is_dir() else place.parent
    return [*faults_of(report, suite, register), *folder_faults(folder, report, register)]


def folder_faults(folder: Path, report: Report, register: Register) -> Iterator[str]:
    """Yield a problem for each file of a report folder that contradicts its `report.ndjson`; a file may be missing."""
    checks: list[tuple[str, Callable[[str], bool]]] = [
        (SUMMARY, lambda text: bool(read_json(text) == json.loads(json.dumps(summary(report))))),
        (JSON, lambda text: bool(read_json(text) == badge_json(report))),
        (HTML, lambda text: _same_html(text, report)),
        (MESSAGES, lambda text: _same_messages(text, report)),
    ]
    if report.header.version == kit_version():  # another version may use other wording
        checks += [
            (SVG, lambda text: text == badge_svg(report)),
            (MARKDOWN, lambda text: text == render_markdown(report, register)),
            (JUNIT, lambda text: _same_junit(text, report)),
        ]
    for name, same in checks:
        path = folder / name
        if not path.is_file():
            continue
        try:
            fits = same(read_text(path))
        except (OSError, ValueError, LookupError, TypeError, RecursionError, ElementTree.ParseError, expat.ExpatError):
            fits = False
        if not fits:
            yield f"{path}: contradicts {NDJSON}: it belongs to another run, or was edited"


def _same_junit(text: str, report: Report) -> bool:
    _check_depth(text)
    made = ElementTree.tostring(junit_tree(report))
    return ElementTree.canonicalize(text) == ElementTree.canonicalize(made.decode())


def _check_depth(text: str) -> None:
    """Raise ValueError for XML that is nested deeply: its canonical form would take time without end."""
    depth = 0

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(text, True)


def _same_html(text: str, report: Report) -> bool:
    found = re.search(r'<meta name="billing-tck-report" content="([0-9a-f]*)">', text)
    return found is not None and found[1] == report.digest and sealed(text) == text


def _same_messages(text: str, report: Report) -> bool:
    """Return whether the messages have the report's number of scenarios for each file and status, and its outcome."""
    names: dict[str, str] = {}
    cases: dict[str, str] = {}
    attempts: dict[str, str] = {}
    statuses: dict[str, list[str]] = {}
    success: object = None
    for row in text.splitlines():
        match read_json(row):
            case {"pickle": pickle}:
                names[pickle["id"]] = f"{pickle['uri']} {pickle['name']}"
            case {"testCase": case}:
                cases[case["id"]] = case["pickleId"]
            case {"testCaseStarted": started}:
                attempts[started["id"]] = names[cases[started["testCaseId"]]]
            case {"testStepFinished": step}:
                statuses.setdefault(step["testCaseStartedId"], []).append(step["testStepResult"]["status"])
            case {"testRunFinished": finished}:
                success = finished["success"]
            case _:
                pass
    found = Counter(map(_reported_status, statuses.values()))
    expected = Counter(map(_expected_status, report.every))
    by_file = Counter(name.split(" ")[0] for name in attempts.values())
    files = Counter(record.file for record in report.every)
    green = report.verdict in {RunVerdict.CONFORMS, RunVerdict.KNOWN}
    return found == expected and by_file == files and success is green


def _expected_status(record: ScenarioRecord) -> str:
    match record.verdict:
        case Conforms():
            return "passed"
        case NotApplicable():
            return "skipped"
        case Deviates() | Errored():
            return "known" if record.known is not None or record.outside_baseline else "failed"
        case _:
            assert_never(record.verdict)


def _reported_status(statuses: list[str]) -> str:
    if "FAILED" in statuses:
        return "failed"
    if "PENDING" in statuses:
        return "known"
    return "skipped" if statuses[0] == "SKIPPED" else "passed"
