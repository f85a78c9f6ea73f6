"""Results of an earlier self-test: what neither a change of a scenario nor one of the code touches is not played again.

A result belongs to an implementation (a `--sut` spec) and to the content of a scenario, wherever that is written. All
results are lost when the code of the kit or of the reference changes; the code of the faults counts for faults alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.reference.catalogue import code_folder
from billing_tck.selftest.tasks import ScenarioFailure, Task, TaskResult, TaskRun
from billing_tck.spec.gherkin import Scenario
from billing_tck.text.files import read_text, replace_text
from billing_tck.text.json_text import read_json

FORMAT = 1
LARGEST = 1 << 28  # bytes
_FAULTS = "faulty:"
_NOT_APPLICABLE, _CONFORMS = 0, 1
Outcome = int | tuple[str, int, str]
"""Not applicable, conforms, or the word of the verdict, the line from that of the scenario on, and the reason."""


class KnownResults:
    """Results by spec and by fingerprint of the scenario; `scenarios` are those that tasks number.

    `reused` and `played` count results.
    """

    def __init__(
        self, scenarios: Sequence[Scenario], results: Mapping[str, Mapping[str, Outcome]] | None = None
    ) -> None:
        self._scenarios = scenarios
        self._marks = [scenario.fingerprint for scenario in scenarios]
        self._results = {spec: dict(some) for spec, some in (results or {}).items()}
        self.reused = self.played = 0

    def rest_of(self, task: Task) -> tuple[Task, TaskResult]:
        """Return the part of a task that has to be played, and the result of the other part."""
        conforming: list[int] = []
        failed: list[ScenarioFailure] = []
        runs = []
        for run in task.runs:
            known = self._results.get(run.spec, {})
            unknown = []
            for number in self._numbers(run):
                outcome = known.get(self._marks[number])
                if outcome is None:
                    unknown.append(number)
                    continue
                self.reused += 1
                if isinstance(outcome, tuple):
                    word, line, said = outcome
                    failed.append(ScenarioFailure(number, word, line and line + self._scenarios[number].line, said))
                elif outcome == _CONFORMS:
                    conforming.append(number)
            if unknown:
                runs.append(replace(run, scenarios=tuple(unknown)))
        return replace(task, runs=tuple(runs)), TaskResult(task.kind, task.name, tuple(conforming), tuple(failed))

    def add(self, task: Task, result: TaskResult) -> None:
        """Keep the result of a task, each of whose scenarios is in one of its runs."""
        failed = {failure.scenario: failure for failure in result.failed}
        conforming = set(result.conforming)
        for run in task.runs:
            kept = self._results.setdefault(run.spec, {})
            for number in self._numbers(run):
                self.played += 1
                failure = failed.get(number)
                if failure is None:
                    kept[self._marks[number]] = _CONFORMS if number in conforming else _NOT_APPLICABLE
                else:
                    line = failure.line and failure.line - self._scenarios[number].line
                    kept[self._marks[number]] = (failure.word, line, failure.said)

    def _numbers(self, run: TaskRun) -> Sequence[int]:
        return range(len(self._scenarios)) if run.scenarios is None else run.scenarios

    def save(self, path: Path) -> None:
        """Write them. Raises UsageError where that is not possible."""
        content = {"format": FORMAT, "code": _digests(), "results": self._results}
        try:
            replace_text(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
        except OSError as error:
            raise UsageError(f"cannot write to {path}: {error.strerror}") from None


def load_results(path: Path, scenarios: Sequence[Scenario]) -> KnownResults:
    """Return the results that a file holds and that this code would come to; none where it does not exist yet.

    Raises UsageError for a file that holds something else.
    """
    if not path.exists():
        return KnownResults(scenarios)
    try:
        content = read_json(read_text(path, LARGEST))
    except (OSError, ValueError) as error:
        raise UsageError(f"--since {path} cannot be read: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UsageError(
            f"--since {path} holds no results of a self-test; name a file that --since wrote, or a new one"
        )
    try:
        valid = {part for part, digest in _digests().items() if content["code"].get(part) == digest}
        found = {
            spec: {mark: _read(outcome) for mark, outcome in some.items()}
            for spec, some in content["results"].items()
            if "base" in valid and ("faults" in valid or not spec.startswith(_FAULTS))
        }
    except (TypeError, KeyError, AttributeError, ValueError):
        raise UsageError(f"--since {path} is damaged; remove it") from None
    return KnownResults(scenarios, found)


def _read(outcome: object) -> Outcome:
    if outcome in (_NOT_APPLICABLE, _CONFORMS):
        return int(str(outcome))
    if not isinstance(outcome, list):
        raise TypeError("no outcome")
    word, line, said = outcome
    return str(word), int(line), str(said)


def _digests() -> dict[str, str]:
    """Return digests of the code: of the faults, and of all the rest."""
    digests = {"base": hashlib.sha256(), "faults": hashlib.sha256()}
    for path in _code():
        part = "faults" if "faults" in path.parts else "base"
        digests[part].update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return {part: digest.hexdigest() for part, digest in digests.items()}


def _code() -> Iterator[Path]:
    for folder in (Path(__file__).parent.parent, code_folder()):
        yield from sorted(folder.rglob("*.py"))
