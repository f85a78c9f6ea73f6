"""The files that a run leaves in its report folder: `report.ndjson`, `summary.json` and `junit.xml`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import IO
from xml.etree import ElementTree

from billing_tck.reports.render import tell_line
from billing_tck.results.aggregate import NEWER
from billing_tck.results.record import (
    NDJSON,
    Digest,
    Line,
    Report,
    dump,
    footer_of,
    header_as_json,
    line_as_json,
    line_of,
    report_of,
    set_as_json,
    totals_of,
)
from billing_tck.results.report_file import Header, as_json, stamp
from billing_tck.results.result import Result

SUMMARY, JUNIT = "summary.json", "junit.xml"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NdjsonReport:
    """`report.ndjson`: a header, a line for each scenario as soon as its verdict is known, a footer with the totals.

    Without a footer it is no report: the run was interrupted. A context manager; makes the folder where it is missing.
    """

    def __init__(self, folder: Path, header: Header) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._header = header
        self._lines: list[Line] = []
        self._digest = Digest()
        self._file: IO[str] = (folder / NDJSON).open("w", encoding="utf-8", newline="\n")
        self._write(dump(header_as_json(header)))

    def add(self, result: Result) -> None:
        """The line of one scenario."""
        line = line_of(result, self._header.excuse(result))
        self._lines.append(line)
        self._write(dump(line_as_json(line)))

    def finish(self) -> Report:
        """The footer; the whole report."""
        footer = footer_of(self._lines)
        digest = self._digest.closed_by(footer)
        self._write(dump({**footer, "digest": digest}))
        return report_of(self._header, self._lines, digest)

    def __enter__(self) -> NdjsonReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def _write(self, line: str) -> None:
        self._digest.add(line)
        self._file.write(line + "\n")
        self._file.flush()


def scenario_line(result: Result) -> dict[str, object]:
    """One scenario as `report.ndjson` has it."""
    return line_as_json(line_of(result))


def summary(report: Report) -> dict[str, object]:
    """What `summary.json` holds; `set`, `known_deviations` and `newer` only where there are any."""
    said: dict[str, object] = {
        "implementation": as_json(report.header),
        **({"set": set_as_json(report.header)} if report.header.frozen else {}),
        **report.totals,
        "clauses": report.clauses,
        "deviations": [_deviation(line) for line in report.lines if line.verdict == "deviates"],
    }
    if report.newer:
        said["newer"] = {
            **totals_of(report.newer),
            "deviations": [_deviation(line) for line in report.newer if line.verdict == "deviates"],
        }
    if report.header.known:
        said["known_deviations"] = {
            "entries": len(report.header.known), "scenarios": report.known, "out_of_date": list(report.troubles),
        }  # fmt: skip
    return said


def _deviation(line: Line) -> dict[str, object]:
    said: dict[str, object] = {"scenario": line.label, "clauses": list(line.clauses), "message": line.message}
    return said if line.known is None else said | {"known": line.known}


def write_summary(folder: Path, report: Report) -> None:
    """Writes `summary.json`."""
    (folder / SUMMARY).write_text(json.dumps(summary(report), indent=2) + "\n", encoding="utf-8")


def write_junit(folder: Path, report: Report) -> None:
    """Writes `junit.xml`."""
    ElementTree.ElementTree(junit_tree(report)).write(folder / JUNIT, encoding="utf-8", xml_declaration=True)


def junit_tree(report: Report) -> ElementTree.Element:
    """What `junit.xml` holds: a suite for each feature file, a test case for each scenario.

    The clause ids are properties of the test case. A known deviation is skipped, with its reason, and so is a scenario
    newer than the frozen set that does not conform; an entry of known deviations that is out of date is a failing test
    case of its own.
    """
    wrong = report.troubles
    root = ElementTree.Element("testsuites", _counts(report.every, len(wrong)) | {"name": "billing-tck"})
    for file, group in groupby(report.every, key=lambda line: line.file):
        lines = list(group)
        suite = ElementTree.SubElement(root, "testsuite", _counts(lines) | {"name": file})
        suite.set("timestamp", stamp(report.header.started))
        for line in lines:
            _test_case(suite, report.header, line)
    if wrong:
        suite = ElementTree.SubElement(root, "testsuite", _counts([], len(wrong)) | {"name": "known deviations"})
        for said in wrong:
            case = ElementTree.SubElement(
                suite, "testcase", {"classname": "known_deviations", "name": _xml(said.partition(". ")[0])}
            )
            ElementTree.SubElement(case, "failure", {"message": _xml(said), "type": "out of date"})
    ElementTree.indent(root)
    return root


def _test_case(suite: ElementTree.Element, header: Header, line: Line) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": line.file.removesuffix(".feature").replace("/", "."),
            "name": _xml(line.name),
            "file": line.file,
            "line": str(line.line),
            "time": f"{line.seconds:.6f}",
        },
    )
    properties = ElementTree.SubElement(case, "properties")
    said = [("clause", clause) for clause in line.clauses]
    said += [("verdict", line.verdict), ("family", line.family), ("part", line.part)]
    said += [("known_deviation", line.known)] if line.known is not None else []
    said += [("newer", "true")] if line.newer else []
    for name, value in said:
        ElementTree.SubElement(properties, "property", {"name": name, "value": _xml(value)})
    told = {"message": _xml(line.message)}
    match line.verdict:
        case "deviates" | "errored" if line.newer:
            skipped = ElementTree.SubElement(case, "skipped", {"message": _xml(f"{NEWER}: {line.message}")})
            skipped.text = _xml("\n".join(tell_line(line, header)))
        case "deviates" if line.known is not None:
            skipped = ElementTree.SubElement(case, "skipped", {"message": _xml(f"known deviation: {line.known}")})
            skipped.text = _xml("\n".join(tell_line(line, header)))
        case "deviates":
            failure = ElementTree.SubElement(case, "failure", told | {"type": "deviates"})
            failure.text = _xml("\n".join(tell_line(line, header)))
        case "errored":
            error = ElementTree.SubElement(case, "error", told | {"type": line.kind})
            error.text = _xml("\n".join(tell_line(line, header)))
        case "not_applicable":
            ElementTree.SubElement(case, "skipped", {"message": _xml("not applicable: " + "; ".join(line.missing))})
        case _:
            pass


def _counts(lines: Sequence[Line], more: int = 0) -> dict[str, str]:
    """The counts of a suite; `more` are failures that are no scenarios."""
    count = totals_of(line for line in lines if not line.newer)
    known = sum(line.known is not None for line in lines if not line.newer)
    newer = sum(line.newer and line.verdict != "conforms" for line in lines)
    return {
        "tests": str(len(lines) + more),
        "failures": str(count["deviates"] - known + more),
        "errors": str(count["errored"]),
        "skipped": str(count["not_applicable"] + known + newer),
        "time": f"{sum(line.seconds for line in lines):.6f}",
    }


def _xml(text: str) -> str:
    """Text that XML can hold: characters that it cannot are shown escaped."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
