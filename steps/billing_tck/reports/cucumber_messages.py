"""`messages.ndjson`: a report as Cucumber Messages, for the viewers and dashboards of that world.

A scenario's four verdicts become statuses of its steps:

    conforms         every step PASSED
    deviates         PASSED up to the step that ended it, which FAILED; the rest SKIPPED
    errored          the same, FAILED at the first step that got no answer, with a message that begins with `errored`
    not applicable   every step SKIPPED, the first with a message that says what is missing
    known deviation  as a deviation, but PENDING instead of FAILED, with the reason
    newer            a scenario that is not in the frozen set: PENDING instead of FAILED

What the report tells of a deviation or an error is attached to its step. The kit takes the time of scenarios, not of
steps: the step that ended a scenario carries all of it, and scenarios are told as if one had followed on the other.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from gherkin.ast_builder import AstBuilder
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from billing_tck.reports.render import tell_line
from billing_tck.results.aggregate import NEWER
from billing_tck.results.record import Line, Report
from billing_tck.spec.gherkin import Node, Scenario, Step, Suite, children, definitions, line_of
from billing_tck.steps.registry import Definition, Vocabulary
from billing_tck.text.sanitize import sanitize

MESSAGES = "messages.ndjson"
PROTOCOL = "34.2.0"
_SUT_RUNTIME = platform.python_implementation().lower()


def write_messages(folder: Path, report: Report, suite: Suite, vocabulary: Vocabulary) -> None:
    """Writes `messages.ndjson`."""
    with (folder / MESSAGES).open("w", encoding="utf-8", newline="\n") as file:
        for envelope in messages(report, suite, vocabulary):
            file.write(json.dumps(envelope, ensure_ascii=True) + "\n")


Envelope = dict[str, Any]  # a message is what the schema of Cucumber Messages says, and the tests hold it against that


def messages(report: Report, suite: Suite, vocabulary: Vocabulary) -> Iterator[Envelope]:
    """The envelopes, in the order in which a run sends them."""
    return _Writer(report, suite, vocabulary).envelopes()


class _Writer:
    """One stream being made; all ids are of one generator."""

    def __init__(self, report: Report, suite: Suite, vocabulary: Vocabulary) -> None:
        self._report = report
        self._suite = suite
        self._vocabulary = vocabulary
        self._ids = IdGenerator()
        self._scenarios = {scenario.place: scenario for scenario in suite.scenarios}
        self._definitions: dict[int, str] = {}
        self._nanos = int(report.header.started.timestamp()) * 10**9

    def envelopes(self) -> Iterator[Envelope]:
        """All of them."""
        yield {"meta": self._meta()}
        pickles: dict[str, Envelope] = {}
        for file in dict.fromkeys(line.file for line in self._report.every):
            yield from self._feature(file, pickles)
        for definition in self._vocabulary:
            yield {"stepDefinition": self._definition(definition)}
        run = self._id()
        yield {"testRunStarted": {"id": run, "timestamp": self._now()}}
        cases = [
            (line, self._case(pickles[line.place], self._scenarios[line.place], run)) for line in self._report.every
        ]
        for _, case in cases:
            yield {"testCase": case}
        for line, case in cases:
            yield from self._ran(line, case)
        success = self._report.verdict in {"conforms", "known"}
        yield {"testRunFinished": {"testRunStartedId": run, "success": success, "timestamp": self._now()}}

    def _meta(self) -> Envelope:
        return {
            "protocolVersion": PROTOCOL,
            "implementation": {"name": "billing-tck", "version": self._report.header.version},
            "runtime": {"name": _SUT_RUNTIME, "version": platform.python_version()},
            "os": {"name": platform.system().lower(), "version": platform.release()},
            "cpu": {"name": platform.machine()},
        }

    def _feature(self, file: str, pickles: dict[str, Envelope]) -> Iterator[Envelope]:
        """The source, the document, and the pickles that were run."""
        path = self._suite.folder / file
        text = path.read_text(encoding="utf-8")
        tree: Envelope = {**cast("Envelope", Parser(AstBuilder(self._ids)).parse(text)), "uri": file}
        yield {"source": {"uri": file, "data": text, "mediaType": "text/x.cucumber.gherkin+plain"}}
        yield {"gherkinDocument": tree}
        ran = {line.place for line in self._report.every if line.file == file}
        lines = _lines(tree)
        for pickle in Compiler(self._ids).compile(cast("Any", tree)):
            place = f"{file}:{lines[pickle['astNodeIds'][-1]]}"
            if place in ran:
                pickles[place] = cast("Envelope", pickle)
                yield {"pickle": pickle}

    def _definition(self, definition: Definition) -> Envelope:
        self._definitions[id(definition)] = self._id()
        package = re.search(r"(billing_tck[/\\]vocabulary[/\\].*)", definition.file)
        return {
            "id": self._definitions[id(definition)],
            # A pattern of the `parse` library, as the regular expression that it stands for.
            "pattern": {"source": str(definition.parser._expression), "type": "REGULAR_EXPRESSION"},
            "sourceReference": {
                "uri": (package[1] if package else definition.file).replace("\\", "/"),
                "location": {"line": definition.line},
            },
        }

    def _case(self, pickle: Envelope, scenario: Scenario, run: str) -> Envelope:
        steps = [self._test_step(*pair) for pair in zip(pickle["steps"], scenario.steps, strict=True)]
        return {"id": self._id(), "pickleId": pickle["id"], "testSteps": steps, "testRunStartedId": run}

    def _test_step(self, pickled: Envelope, step: Step) -> Envelope:
        definition = self._vocabulary.find(step.kind, step.text).definition if step.kind else None
        found = definition.parser.parse(step.text) if definition else None
        spans = sorted(found.spans.items(), key=lambda item: item[1]) if found else []
        arguments = [
            {"group": {"start": start, "value": step.text[start:end], "children": []}} for _, (start, end) in spans
        ]
        return {
            "id": self._id(),
            "pickleStepId": pickled["id"],
            "stepDefinitionIds": [self._definitions[id(definition)]] if definition else [],
            "stepMatchArgumentsLists": [{"stepMatchArguments": arguments}] if definition else [],
        }

    def _ran(self, line: Line, case: Envelope) -> Iterator[Envelope]:
        started = self._id()
        yield {"testCaseStarted": {"id": started, "testCaseId": case["id"], "attempt": 0, "timestamp": self._now()}}
        scenario = self._scenarios[line.place]
        ended = _ended(line, scenario)
        last = min(ended, len(scenario.steps) - 1)
        for number, step in enumerate(case["testSteps"]):
            of = {"testCaseStartedId": started, "testStepId": step["id"]}
            yield {"testStepStarted": {**of, "timestamp": self._now()}}
            nanos = round(line.seconds * 10**9) if number == last else 0
            self._nanos += nanos
            result: Envelope = {"status": _status(line, number, ended), "duration": _span(nanos)}
            if number == (0 if line.verdict == "not_applicable" else ended):
                result |= _message(line)
                if line.verdict in {"deviates", "errored"}:
                    yield {"attachment": {**of, **self._telling(line), "timestamp": self._now()}}
            yield {"testStepFinished": {**of, "testStepResult": result, "timestamp": self._now()}}
        yield {"testCaseFinished": {"testCaseStartedId": started, "timestamp": self._now(), "willBeRetried": False}}

    def _telling(self, line: Line) -> Envelope:
        return {
            "body": "\n".join(tell_line(line, self._report.header)),
            "contentEncoding": "IDENTITY",
            "mediaType": "text/plain",
        }

    def _id(self) -> str:
        return str(self._ids.get_next_id())

    def _now(self) -> Envelope:
        return _span(self._nanos)


def _span(nanos: int) -> Envelope:
    return {"seconds": nanos // 10**9, "nanos": nanos % 10**9}


def _lines(tree: Node) -> Mapping[str, int]:
    """The line of every scenario and of every row of an outline, by its id."""
    lines: dict[str, int] = {}
    for node, _ in definitions(tree):
        lines[str(node["id"])] = line_of(node)
        for examples in children(node, "examples"):
            lines |= {str(row["id"]): line_of(row) for row in children(examples, "tableBody")}
    return lines


def _ended(line: Line, scenario: Scenario) -> int:
    """The number of the step that ended the scenario; one beyond the last where none did."""
    match line.verdict:
        case "deviates" | "errored":
            steps: Sequence[Step] = scenario.steps
            return next((n for n, step in enumerate(steps) if step.line == line.step_line), 0)
        case _:
            return len(scenario.steps)


def _status(line: Line, number: int, ended: int) -> str:
    if line.verdict == "not_applicable" or number > ended:
        return "SKIPPED"
    if number < ended:
        return "PASSED"
    return "PENDING" if line.known is not None or line.newer else "FAILED"


def _message(line: Line) -> Envelope:
    match line.verdict:
        case "deviates":
            aside = f"known deviation ({line.known}): " if line.known is not None else ""
            aside = f"{NEWER}: " if line.newer else aside
            return {"message": sanitize(f"{aside}{line.message}")}
        case "errored":
            kind = "Errored"
            said = sanitize(f"errored, {line.message}")
            if line.newer:
                return {"message": f"{NEWER}: {said}"}
            return {"message": said, "exception": {"type": kind, "message": said}}
        case "not_applicable":
            return {"message": sanitize("not applicable: " + "; ".join(line.missing))}
        case _:
            return {}
