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

from billing_tck.engine import Result
from billing_tck.reports.run import Header, Run, as_json, clause_verdicts, label, message_of, stamp, totals
from billing_tck.reports.telling import tell_result
from billing_tck.verdicts import Conforms, Deviates, Errored, NotApplicable

NDJSON, SUMMARY, JUNIT = "report.ndjson", "summary.json", "junit.xml"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NdjsonReport:
    """`report.ndjson`: a header, a line for each scenario as soon as its verdict is known, a footer with the totals.

    Without a footer it is no report: the run was interrupted. A context manager; makes the folder where it is missing.
    """

    def __init__(self, folder: Path, header: Header) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (folder / NDJSON).open("w", encoding="utf-8", newline="\n")
        self._line(
            {
                "type": "header",
                "format": 1,
                "kit": header.version,
                "features": header.digest,
                "implementation": as_json(header),
                "selection": header.selection,
                "started": stamp(header.started),
            }
        )

    def add(self, result: Result) -> None:
        """The line of one scenario."""
        self._line(scenario_line(result))

    def finish(self, run: Run) -> None:
        """The footer."""
        self._line({"type": "footer", "scenarios": len(run.results), **totals(run.results)})

    def __enter__(self) -> NdjsonReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def _line(self, content: dict[str, object]) -> None:
        self._file.write(json.dumps(content, ensure_ascii=True) + "\n")
        self._file.flush()


def scenario_line(result: Result) -> dict[str, object]:
    """One scenario as `report.ndjson` has it."""
    scenario = result.scenario
    line: dict[str, object] = {
        "type": "scenario",
        "file": scenario.file,
        "line": scenario.line,
        "name": scenario.name,
        "example": scenario.example,
        "family": scenario.family,
        "part": scenario.part,
        "rule": scenario.rule,
        "clauses": list(scenario.clauses),
        "verdict": result.verdict.word,
    }
    match result.verdict:
        case Conforms():
            pass
        case Deviates() as d:
            line |= {"step": d.step, "step_line": d.line, "asked": stamp(d.at)}
            line |= {"expected": d.expected, "observed": d.observed}
        case NotApplicable(missing):
            line["missing"] = list(missing)
        case Errored(error, kind, log):
            line |= {"error": error, "kind": str(kind), "log": list(log)}
    line["timeline"] = [{"at": stamp(at), "what": what} for at, what in result.told]
    line["remarks"] = list(result.remarks)
    line["checks"] = result.checks
    line["seconds"] = round(result.seconds, 6)
    return line


def summary(run: Run) -> dict[str, object]:
    """What `summary.json` holds."""
    return {
        "implementation": as_json(run.header),
        **totals(run.results),
        "clauses": clause_verdicts(run.results),
        "deviations": [
            {"scenario": label(r), "clauses": list(r.scenario.clauses), "message": message_of(r)}
            for r in run.results
            if isinstance(r.verdict, Deviates)
        ],
    }


def write_summary(folder: Path, run: Run) -> None:
    """Writes `summary.json`."""
    (folder / SUMMARY).write_text(json.dumps(summary(run), indent=2) + "\n", encoding="utf-8")


def write_junit(folder: Path, run: Run) -> None:
    """Writes `junit.xml`: a suite for each feature file, a test case for each scenario."""
    root = ElementTree.Element("testsuites", _counts(run.results) | {"name": "billing-tck"})
    for file, group in groupby(run.results, key=lambda r: r.scenario.file):
        results = list(group)
        suite = ElementTree.SubElement(root, "testsuite", _counts(results) | {"name": file})
        suite.set("timestamp", stamp(run.header.started))
        for result in results:
            _test_case(suite, run.header, result)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(folder / JUNIT, encoding="utf-8", xml_declaration=True)


def _test_case(suite: ElementTree.Element, header: Header, result: Result) -> None:
    scenario = result.scenario
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": scenario.file.removesuffix(".feature").replace("/", "."),
            "name": _xml(scenario.name),
            "file": scenario.file,
            "line": str(scenario.line),
            "time": f"{result.seconds:.6f}",
        },
    )
    told = {"message": _xml(message_of(result))}
    match result.verdict:
        case Conforms():
            pass
        case Deviates():
            failure = ElementTree.SubElement(case, "failure", told | {"type": "deviates"})
            failure.text = _xml("\n".join(tell_result(result, header)))
        case Errored(kind=kind):
            error = ElementTree.SubElement(case, "error", told | {"type": str(kind)})
            error.text = _xml("\n".join(tell_result(result, header)))
        case NotApplicable(missing):
            ElementTree.SubElement(case, "skipped", {"message": _xml("not applicable: " + "; ".join(missing))})


def _counts(results: Sequence[Result]) -> dict[str, str]:
    count = totals(results)
    return {
        "tests": str(len(results)),
        "failures": str(count["deviates"]),
        "errors": str(count["errored"]),
        "skipped": str(count["not_applicable"]),
        "time": f"{sum(r.seconds for r in results):.6f}",
    }


def _xml(text: str) -> str:
    """Text that XML can hold: characters that it cannot are shown escaped."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
