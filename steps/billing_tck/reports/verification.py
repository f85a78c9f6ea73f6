"""Whether a report can be trusted: it is whole, of one piece, says what its lines say, and is of these features.

A report folder is held against its own `report.ndjson`: every total, clause verdict and file is made again and
compared. That finds what was cut short, mixed or edited by mistake. It is no signature: only running the
implementation again tells whether a report was forged.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from billing_tck.reports.badge import JSON, SVG, badge_json, badge_svg
from billing_tck.reports.cucumber_messages import MESSAGES
from billing_tck.reports.files import JUNIT, SUMMARY, junit_tree, summary
from billing_tck.reports.html import HTML
from billing_tck.reports.html_base import sealed
from billing_tck.reports.markdown import MARKDOWN, render_markdown
from billing_tck.results.known_deviations import known_for, resolve
from billing_tck.results.record import NDJSON, Line, Report, ReportError, read_report
from billing_tck.results.report_file import SetName, kit_version
from billing_tck.spec.applicability import missing_requirements
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.selection import UnknownSelectionError, select


def load_report(place: Path) -> Report:
    """The report of a folder, or of a `report.ndjson`; ReportError with all that is wrong with its form."""
    path = place / NDJSON if place.is_dir() else place
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReportError([f"{path}: there is no report"]) from None
    except UnicodeDecodeError:
        raise ReportError([f"{path}: this is no report: it is no UTF-8"]) from None
    except OSError as error:
        raise ReportError([f"{path}: it cannot be read: {error.strerror}"]) from None
    return read_report(text, str(path))


def faults_of(report: Report, suite: Suite, register: Register) -> Iterator[str]:
    """What is wrong with a report whose form is sound, held against the features that it says it ran."""
    if report.header.digest != suite.digest:
        yield (
            f"it was made with other features: theirs have the digest {report.header.digest[:12]}, these "
            f"{suite.digest[:12]}. Verify it with billing-tck {report.header.version}, or name them with --features"
        )
        return
    if report.header.frozen != SetName.of(suite.frozen):
        theirs, ours = (frozen.name if frozen else "none" for frozen in (report.header.frozen, suite.frozen))
        yield f"it counts by another frozen set: theirs is {theirs}, that of these features {ours}"
    yield from _selection_faults(report, suite, register)
    scenarios = {scenario.place: scenario for scenario in suite.scenarios}
    clauses = {clause.id: clause.excluded for clause in register.clauses}
    entries = report.header.known
    if resolve(entries, suite.scenarios, clauses) != entries:
        yield "the known deviations are not those that the features give"
    today = report.header.started.date()
    for line in report.every:
        scenario = scenarios.get(line.place)
        if scenario is None:
            continue
        if line.newer != scenario.newer:
            is_newer = "newer than the set" if line.newer else "of the set"
            yield f"{line.place}: it is told as {is_newer}, and is not"
        told = (line.name, line.example, line.family, line.part, line.rule, line.clauses, line.under)
        of = (
            scenario.name,
            scenario.example,
            scenario.family,
            scenario.part,
            scenario.rule,
            scenario.clauses,
            scenario.under,
        )
        if told != of:
            yield f"{line.place}: it is not told as the features have it: {line.name!r}, clauses {line.clauses}"
        missing = missing_requirements(scenario, report.header.implementation)
        if missing and line.verdict != "not_applicable":
            yield f"{line.place}: {line.word}, although the implementation does not declare {'; '.join(missing)}"
        yield from _verdict_faults(line, missing, report)
        entry = known_for(line.place, entries, today) if line.verdict == "deviates" else None
        if (entry.reason if entry else None) != line.known:
            yield f"{line.place}: whether it is a known deviation does not follow from the entries"


def _selection_faults(report: Report, suite: Suite, register: Register) -> Iterator[str]:
    asked = report.header.asked
    if str(asked) != report.header.selection:
        yield f"the selection is told in two ways: {report.header.selection!r} and {str(asked)!r}"
    families = [clause.family for clause in register.clauses]
    try:
        wanted = {s.place for s in select(suite, asked, families=families, clauses=[c.id for c in register.clauses])}
    except UnknownSelectionError as error:
        yield f"what it selected is not in the features: {error}"
        return
    ran = {line.place for line in report.every}
    for places, said in ((wanted - ran, "selected, and not in the report"), (ran - wanted, "not selected")):
        if places:
            some = ", ".join(sorted(places)[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
            yield f"{len(places)} scenario{'s' * (len(places) != 1)} {said}: {some}"


def _verdict_faults(line: Line, missing: tuple[str, ...], report: Report) -> Iterator[str]:
    """Whether a line can have come about: a scenario without a check has no verdict, one has a reason not to apply."""
    if line.verdict == "conforms" and line.checks < 1:
        yield f"{line.place}: conforms, although it checked nothing"
    if line.verdict == "not_applicable" and line.missing != missing:
        declared = report.header.implementation.capabilities
        found = [what for what in line.missing if what.removeprefix("capability ") in declared]
        if missing or found or not line.missing:
            yield f"{line.place}: not applicable for want of {'; '.join(line.missing) or 'nothing'}, and that is not so"


def folder_faults(folder: Path, report: Report, register: Register) -> Iterator[str]:
    """Which files of a report folder do not say what its `report.ndjson` says; one that is missing says nothing."""
    checks: list[tuple[str, Callable[[str], bool]]] = [
        (SUMMARY, lambda text: bool(json.loads(text) == json.loads(json.dumps(summary(report))))),
        (JSON, lambda text: bool(json.loads(text) == badge_json(report))),
        (HTML, lambda text: _same_html(text, report)),
        (MESSAGES, lambda text: _same_messages(text, report)),
    ]
    if report.header.version == kit_version():  # another version may word them otherwise
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
            fits = same(path.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError, ElementTree.ParseError):
            fits = False
        if not fits:
            yield f"{path}: it does not say what {NDJSON} says; it is of another run, or was edited"


def _same_junit(text: str, report: Report) -> bool:
    made = ElementTree.tostring(junit_tree(report))
    return ElementTree.canonicalize(text) == ElementTree.canonicalize(made.decode())


def _same_html(text: str, report: Report) -> bool:
    found = re.search(r'<meta name="billing-tck-report" content="([0-9a-f]*)">', text)
    return found is not None and found[1] == report.digest and sealed(text) == text


def _same_messages(text: str, report: Report) -> bool:
    """As many scenarios of each name and status, and the same end."""
    names: dict[str, str] = {}
    cases: dict[str, str] = {}
    attempts: dict[str, str] = {}
    statuses: dict[str, list[str]] = {}
    success: object = None
    for row in text.splitlines():
        match json.loads(row):
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
    told = Counter(_word(found) for found in statuses.values())
    meant = Counter(
        "known"
        if line.known is not None or (line.newer and line.verdict in {"deviates", "errored"})
        else _MEANT[line.verdict]
        for line in report.every
    )
    by_file = Counter(name.split(" ")[0] for name in attempts.values())
    files = Counter(line.file for line in report.every)
    return told == meant and by_file == files and success is (report.verdict in {"conforms", "known"})


_MEANT = {"conforms": "passed", "deviates": "failed", "errored": "failed", "not_applicable": "skipped"}


def _word(statuses: list[str]) -> str:
    if "FAILED" in statuses:
        return "failed"
    if "PENDING" in statuses:
        return "known"
    return "skipped" if statuses[0] == "SKIPPED" else "passed"
