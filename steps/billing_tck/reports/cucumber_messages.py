"""`messages.ndjson`: a report as Cucumber Messages, for the viewers and dashboards of that world.

A scenario's four verdicts become statuses of its steps:

    conforms         every step PASSED
    deviates         PASSED up to the step that ended it, which FAILED; the rest SKIPPED
    errored          the same, FAILED at the first step that got no answer, with a message that begins with `errored`
    not applicable   every step SKIPPED, the first with a message that says what is missing
    known deviation  as a deviation, but PENDING instead of FAILED, with the reason
    newer            a scenario that is not in the baseline: PENDING instead of FAILED

The text of a deviation or an error is attached to its step. The kit measures scenarios, not steps: the last step of a
scenario has its whole duration, and scenarios are reported as if they had run one after another.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, assert_never, cast

from gherkin.ast_builder import AstBuilder
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from billing_tck.reports.render import render_record
from billing_tck.reports.wording import NEWER
from billing_tck.results.aggregate import Report, RunVerdict
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import format_missing
from billing_tck.spec.gherkin import Scenario, Step, Suite
from billing_tck.spec.gherkin_parser import Node, children, definitions, line_of
from billing_tck.steps.registry import Definition, Vocabulary
from billing_tck.text.files import read_text, replacing
from billing_tck.text.sanitize import sanitize

MESSAGES = "messages.ndjson"
PROTOCOL = "34.2.0"
_SUT_RUNTIME = platform.python_implementation().lower()


def write_messages(folder: Path, report: Report, suite: Suite, vocabulary: Vocabulary) -> None:
    """Writes `messages.ndjson`."""
    with replacing(folder / MESSAGES) as file:
        for envelope in messages(report, suite, vocabulary):
            file.write(json.dumps(envelope, ensure_ascii=True).encode() + b"\n")


Envelope = dict[str, Any]  # the tests validate each message with the schema of Cucumber Messages


def messages(report: Report, suite: Suite, vocabulary: Vocabulary) -> Iterator[Envelope]:
    """Yield the envelopes in the order of a run."""
    return _MessageWriter(report, suite, vocabulary).envelopes()


class _MessageWriter:
    """Writes one stream of messages, with ids of one generator."""

    def __init__(self, report: Report, suite: Suite, vocabulary: Vocabulary) -> None:
        self._report = report
        self._suite = suite
        self._vocabulary = vocabulary
        self._ids = IdGenerator()
        self._scenarios = {scenario.place: scenario for scenario in suite.scenarios}
        self._definitions: dict[int, str] = {}
        self._nanos = int(report.header.started.timestamp()) * 10**9

    def envelopes(self) -> Iterator[Envelope]:
        """Yield all envelopes."""
        yield {"meta": self._meta()}
        pickles: dict[str, Envelope] = {}
        for file in dict.fromkeys(record.file for record in self._report.every):
            yield from self._feature(file, pickles)
        for definition in self._vocabulary:
            yield {"stepDefinition": self._definition(definition)}
        run = self._id()
        yield {"testRunStarted": {"id": run, "timestamp": self._now()}}
        cases = [
            (record, self._case(pickles[record.place], self._scenarios[record.place], run))
            for record in self._report.every
        ]
        for _, case in cases:
            yield {"testCase": case}
        for record, case in cases:
            yield from self._ran(record, case)
        success = self._report.verdict in {RunVerdict.CONFORMS, RunVerdict.KNOWN}
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
        """Yield the source, the document, and the pickles that were run."""
        path = self._suite.folder / file
        text = read_text(path)
        tree: Envelope = {**cast("Envelope", Parser(AstBuilder(self._ids)).parse(text)), "uri": file}
        yield {"source": {"uri": file, "data": text, "mediaType": "text/x.cucumber.gherkin+plain"}}
        yield {"gherkinDocument": tree}
        ran = {record.place for record in self._report.every if record.file == file}
        lines = _lines(tree)
        for pickle in Compiler(self._ids).compile(cast("Any", tree)):
            place = f"{file}:{lines[pickle['astNodeIds'][-1]]}"
            if place in ran:
                pickles[place] = cast("Envelope", pickle)
                yield {"pickle": pickle}

    def _definition(self, definition: Definition) -> Envelope:
        self._definitions[id(definition)] = self._id()
        package = re.search(r"(billing_tck[/\\]steps[/\\].*)", definition.file)
        return {
            "id": self._definitions[id(definition)],
            # A pattern of the `parse` library, as the regular expression that it stands for.
            "pattern": {"source": str(definition.form.parser._expression), "type": "REGULAR_EXPRESSION"},
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
        found = definition.form.parser.parse(step.text) if definition else None
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

    def _ran(self, record: ScenarioRecord, case: Envelope) -> Iterator[Envelope]:
        started = self._id()
        yield {"testCaseStarted": {"id": started, "testCaseId": case["id"], "attempt": 0, "timestamp": self._now()}}
        scenario = self._scenarios[record.place]
        ended = _ended(record, scenario)
        last = min(ended, len(scenario.steps) - 1)
        for number, step in enumerate(case["testSteps"]):
            of = {"testCaseStartedId": started, "testStepId": step["id"]}
            yield {"testStepStarted": {**of, "timestamp": self._now()}}
            nanos = round(record.seconds * 10**9) if number == last else 0
            self._nanos += nanos
            result: Envelope = {"status": _status(record, number, ended), "duration": _span(nanos)}
            if number == (0 if isinstance(record.verdict, NotApplicable) else ended):
                result |= _message(record)
                if isinstance(record.verdict, (Deviates, Errored)):
                    yield {"attachment": {**of, **self._description(record), "timestamp": self._now()}}
            yield {"testStepFinished": {**of, "testStepResult": result, "timestamp": self._now()}}
        yield {"testCaseFinished": {"testCaseStartedId": started, "timestamp": self._now(), "willBeRetried": False}}

    def _description(self, record: ScenarioRecord) -> Envelope:
        return {
            "body": "\n".join(render_record(record, self._report.header)),
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
    """Return the line of every scenario and every outline row, by its id."""
    lines: dict[str, int] = {}
    for node, _ in definitions(tree):
        lines[str(node["id"])] = line_of(node)
        for examples in children(node, "examples"):
            lines |= {str(row["id"]): line_of(row) for row in children(examples, "tableBody")}
    return lines


def _ended(record: ScenarioRecord, scenario: Scenario) -> int:
    """Return the index of the step that ended the scenario, or the number of steps if none did."""
    if record.failed_line is None:
        return len(scenario.steps)
    return next((number for number, step in enumerate(scenario.steps) if step.line == record.failed_line), 0)


def _status(record: ScenarioRecord, number: int, ended: int) -> str:
    if isinstance(record.verdict, NotApplicable) or number > ended:
        return "SKIPPED"
    if number < ended:
        return "PASSED"
    return "PENDING" if record.known is not None or record.outside_baseline else "FAILED"


def _message(record: ScenarioRecord) -> Envelope:
    match record.verdict:
        case Deviates():
            known = f"known deviation ({record.known}): " if record.known is not None else ""
            aside = f"{NEWER}: " if record.outside_baseline else known
            return {"message": sanitize(f"{aside}{record.message}")}
        case Errored():
            message = sanitize(f"errored, {record.message}")
            if record.outside_baseline:
                return {"message": f"{NEWER}: {message}"}
            return {"message": message, "exception": {"type": "Errored", "message": message}}
        case NotApplicable(missing):
            return {"message": sanitize("not applicable: " + "; ".join(map(format_missing, missing)))}
        case Conforms():
            return {}
        case _:
            assert_never(record.verdict)
