"""`junit.xml`: a report for CI systems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import assert_never
from xml.etree import ElementTree

from billing_tck.reports.corpus import finding_lines
from billing_tck.reports.render import render_record
from billing_tck.reports.wording import NEWER
from billing_tck.results.aggregate import Report, totals
from billing_tck.results.corpus_result import CORPUS, CorpusResult
from billing_tck.results.header import Header, format_timestamp
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import format_missing
from billing_tck.text.files import replace_text

JUNIT = "junit.xml"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Element = ElementTree.Element


def write_junit(folder: Path, report: Report) -> None:
    """Write `junit.xml`."""
    text = ElementTree.tostring(junit_tree(report), encoding="utf-8", xml_declaration=True).decode()
    replace_text(folder / JUNIT, text)


def junit_tree(report: Report) -> Element:
    """Return the content of `junit.xml`: a suite for each feature file, a test case for each scenario.

    The clause ids are properties of the test case. A known deviation is skipped, with its reason. So is a scenario
    outside the baseline that does not conform. An entry for known deviations that is out of date is a failed test case.
    """
    wrong = list(map(str, report.troubles))
    counts = _summed(_counts(report.every, len(wrong)), _corpus_counts(report.corpus))
    root = Element("testsuites", counts | {"name": "billing-tck"})
    for file, group in groupby(report.every, key=lambda record: record.file):
        records = list(group)
        suite = ElementTree.SubElement(root, "testsuite", _counts(records) | {"name": file})
        suite.set("timestamp", format_timestamp(report.header.started))
        for record in records:
            _test_case(suite, report.header, record)
    if report.corpus is not None:
        _corpus(root, report.corpus)
    if wrong:
        _wrong_entries(root, wrong)
    ElementTree.indent(root)
    return root


def _corpus(root: Element, corpus: CorpusResult) -> None:
    """Add a suite for the corpus: a test case for all histories that conform, and one for each finding."""
    suite = ElementTree.SubElement(root, "testsuite", _corpus_counts(corpus) | {"name": CORPUS})
    conforming = f"{corpus.count('conforms')} histories of {corpus.baseline} conform"
    ElementTree.SubElement(suite, "testcase", {"classname": CORPUS, "name": conforming, "time": "0"})
    for finding in corpus.findings:
        name = f"{finding.place}: {', '.join(finding.clauses) or 'no clause named'}"
        case = ElementTree.SubElement(suite, "testcase", {"classname": CORPUS, "name": _xml(name), "time": "0"})
        tag, kind = ("failure", "deviates") if finding.verdict == "deviates" else ("error", "errored")
        failure = ElementTree.SubElement(case, tag, {"message": _xml(finding.message), "type": kind})
        failure.text = _xml("\n".join(finding_lines(finding)))


def _corpus_counts(corpus: CorpusResult | None) -> dict[str, str]:
    findings = () if corpus is None else corpus.findings
    return {
        "tests": str(len(findings) + 1) if corpus is not None else "0",
        "failures": str(sum(finding.verdict == "deviates" for finding in findings)),
        "errors": str(sum(finding.verdict == "errored" for finding in findings)),
        "skipped": "0",
        "time": "0" if corpus is None else f"{corpus.seconds:.6f}",
    }


def _wrong_entries(root: Element, wrong: Sequence[str]) -> None:
    counts = _counts([], len(wrong))
    suite = ElementTree.SubElement(root, "testsuite", counts | {"name": "known deviations"})
    for text in wrong:
        name = _xml(text.partition(". ")[0])
        case = ElementTree.SubElement(suite, "testcase", {"classname": "known_deviations", "name": name})
        ElementTree.SubElement(case, "failure", {"message": _xml(text), "type": "out of date"})


def _test_case(suite: Element, header: Header, record: ScenarioRecord) -> None:
    attributes = {
        "classname": record.file.removesuffix(".feature").replace("/", "."),
        "name": _xml(record.name),
        "file": record.file,
        "line": str(record.line),
        "time": f"{record.seconds:.6f}",
    }
    case = ElementTree.SubElement(suite, "testcase", attributes)
    _properties(case, record)
    match record.verdict:
        case Conforms():
            pass
        case NotApplicable(missing):
            message = "not applicable: " + "; ".join(map(format_missing, missing))
            ElementTree.SubElement(case, "skipped", {"message": _xml(message)})
        case Deviates() | Errored():
            tag, attributes = _failure(record, record.verdict)
            failure = ElementTree.SubElement(case, tag, {name: _xml(value) for name, value in attributes.items()})
            failure.text = _xml("\n".join(render_record(record, header)))
        case _:
            assert_never(record.verdict)


def _failure(record: ScenarioRecord, verdict: Deviates | Errored) -> tuple[str, dict[str, str]]:
    if record.outside_baseline:
        return "skipped", {"message": f"{NEWER}: {record.message}"}
    if record.known is not None:
        return "skipped", {"message": f"known deviation: {record.known}"}
    if isinstance(verdict, Deviates):
        return "failure", {"message": record.message, "type": "deviates"}
    return "error", {"message": record.message, "type": str(verdict.kind)}


def _properties(case: Element, record: ScenarioRecord) -> None:
    properties = ElementTree.SubElement(case, "properties")
    pairs = [("clause", clause) for clause in record.clauses]
    pairs += [("verdict", record.verdict.word), ("family", record.family), ("part", record.part)]
    pairs += [("known_deviation", record.known)] if record.known is not None else []
    pairs += [("newer", "true")] if record.outside_baseline else []
    for name, value in pairs:
        ElementTree.SubElement(properties, "property", {"name": name, "value": _xml(value)})


def _counts(records: Sequence[ScenarioRecord], more: int = 0) -> dict[str, str]:
    """Return the counts of a suite; `more` are failures that are not scenarios."""
    counted = [record for record in records if not record.outside_baseline]
    count = totals(counted)
    known = sum(record.known is not None for record in counted)
    newer = sum(record.outside_baseline and not isinstance(record.verdict, Conforms) for record in records)
    return {
        "tests": str(len(records) + more),
        "failures": str(count["deviates"] - known + more),
        "errors": str(count["errored"]),
        "skipped": str(count["not_applicable"] + known + newer),
        "time": f"{sum(record.seconds for record in records):.6f}",
    }


def _summed(counts: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return counts with those of another suite."""
    summed = {name: str(int(value) + int(more[name])) for name, value in counts.items() if name != "time"}
    return summed | {"time": f"{float(counts['time']) + float(more['time']):.6f}"}


def _xml(text: str) -> str:
    """Return text that XML can hold, in which other characters are escaped."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
