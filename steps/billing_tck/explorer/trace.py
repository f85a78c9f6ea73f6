"""A recorded history, judged line by line against the reference (`docs/check-trace.md` describes the file).

Where a line leads where nothing is tested, what it speaks of is not judged from there on; the rest is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from billing_tck.contract import METHODS, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.codec import Misfit, decode_params, decode_result, told
from billing_tck.contract.values import Description
from billing_tck.drivers.oracle import KNOBS
from billing_tck.engine import UnreachableError, settles_within
from billing_tck.explorer.clauses import clauses_of
from billing_tck.explorer.explore import known_readings
from billing_tck.explorer.history import IDENTIFIERS, Answer
from billing_tck.explorer.judge import Difference, Judge
from billing_tck.explorer.play import KIND_OF_RESULT, MADE, relabelled
from billing_tck.explorer.readings import Assignment, Explanation, search, would_fit
from billing_tck.explorer.untested import untested

LATEST = timedelta(hours=24)  # how late effects may show where nothing is declared
REFUSED, NO_METHOD = 1, -32601


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be judged: what is wrong with it, and what mends it."""

    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}. {self.mend}."


class TraceError(Exception):
    """The file is no trace; tells all that is wrong with it."""

    def __init__(self, problems: Sequence[BadLine]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file says: the answers in order, and what the implementation declared, if it did."""

    answers: tuple[Answer, ...]
    description: Description | None
    errors: frozenset[int] = frozenset()  # lines with an answer that cannot be judged

    @property
    def settles(self) -> timedelta:
        """How late effects may show: a day, where nothing is declared."""
        return LATEST if self.description is None else settles_within(self.description)

    @property
    def declared(self) -> dict[str, str]:
        """The readings that are declared, of the knobs that the kit knows."""
        return {} if self.description is None else known_readings(self.description)


@dataclass(slots=True)
class Checked:
    """What judging came to.

    `difference` is the first that the rules do not allow, with its clauses and the value of a knob that would allow it.
    `judged` counts the answers that were compared, `left_out` tells from which line on what is not judged, and why.
    `supposed` are the values of undeclared knobs that are not the defaults and explain what is shown.
    """

    difference: Difference | None = None
    clauses: tuple[str, ...] = ()
    fits: tuple[str, str] | None = None
    judged: int = 0
    left_out: list[tuple[int, str, str]] = field(default_factory=list)
    supposed: Assignment = field(default_factory=dict)


# Reading


def read_trace(lines: Iterable[str]) -> Trace:
    """The trace in a file's lines. Raises TraceError with everything that is wrong."""
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        if line.strip():
            reader.read(number, line)
    if not reader.problems and not reader.answers:
        reader.problems.append(BadLine(1, "there is no line", "Write one JSON object a line, the first a reset"))
    if reader.problems:
        raise TraceError(reader.problems)
    return Trace(tuple(reader.answers), reader.description, frozenset(reader.errors))


class _Reader:
    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.problems: list[BadLine] = []
        self.description: Description | None = None
        self.errors: set[int] = set()
        self._now: datetime | None = None
        self._labels: dict[tuple[str, str], str] = {}
        self._taken: dict[str, str] = {}

    def read(self, number: int, line: str) -> None:
        """One line of the file."""
        try:
            self._read(number, line)
        except _WrongError as wrong:
            self.problems.append(BadLine(number, wrong.what, wrong.mend))

    def _read(self, number: int, line: str) -> None:
        entry = _object(line)
        method = entry.get("method")
        if not isinstance(method, str) or method not in METHODS:
            raise _WrongError(f"{told(method)} is no method of the contract", "Name one of the contract's methods")
        if ("result" in entry) == ("error" in entry):
            both = "a result and an error" if "result" in entry else "neither a result nor an error"
            raise _WrongError(f"it has {both}", "Give what the call answered: a result, or an error")
        try:
            params = decode_params(METHODS[method], entry.get("params", {}))
        except Misfit as misfit:
            raise _WrongError(f"the parameters do not fit the contract: {misfit}", "Mend them") from None
        outcome = self._outcome(number, method, entry)
        if method == "describe_implementation":
            self._describe(outcome)
        else:
            self._add(number, method, params, outcome)

    def _outcome(self, number: int, method: str, entry: Mapping[str, object]) -> object:
        if "result" in entry:
            try:
                return decode_result(METHODS[method], entry["result"], wire=True)
            except ImplementationError as error:
                raise _WrongError(error.message, "Export the result as the contract shows it") from None
        said = entry["error"]
        code = said.get("code") if isinstance(said, dict) else None
        if not isinstance(said, dict) or type(code) is not int:
            raise _WrongError("the error has no code", 'Write {"code": 1, "data": {"reason": "other"}} for a refusal')
        if code == NO_METHOD:
            return Unsupported(str(said.get("message", "")))
        if code != REFUSED:
            self.errors.add(number)
            return None
        data = said.get("data")
        reason = data.get("reason", "other") if isinstance(data, dict) else "other"
        if reason not in set(Reason):
            raise _WrongError(f"{told(reason)} is no reason of a refusal", f"Name one of {', '.join(Reason)}")
        return Refused(str(reason), str(said.get("message", "")))

    def _describe(self, outcome: object) -> None:
        if self.answers:
            raise _WrongError("describe_implementation comes after other calls", "Make it the first line")
        if isinstance(outcome, Description):
            try:
                settles_within(outcome)
            except UnreachableError as error:
                raise _WrongError(str(error), "Write a duration") from None
            self.description = outcome

    def _add(self, number: int, method: str, params: dict[str, object], outcome: object) -> None:
        if method == "reset":
            self._labels.clear()
            self._taken.clear()
            self._now = cast("datetime", params["now"])
        elif self._now is None:
            raise _WrongError(f"{method} comes before any reset", "Begin with a reset, at the instant of the beginning")
        elif method == "advance_to":
            target = cast("datetime", params["now"])
            if target < self._now:
                raise _WrongError("the clock goes back", "Order the lines by time")
            self._now = target
        params = {name: value for name, value in params.items() if name != "now" and value is not None}
        for name in IDENTIFIERS - {"invoice"}:
            if name in params:
                params[name] = self._label(name, str(params[name]))
        makes = self._made(method, params, outcome)
        outcome = relabelled(outcome, self._labels)
        self.answers.append(Answer(self._now, method, params, outcome, makes, number))

    def _label(self, kind: str, identifier: str) -> str:
        label = self._labels.get((kind, identifier))
        if label is None:
            mend = "Add the line of the call that made it"
            raise _WrongError(f"no line before made the {kind} {told(identifier)}", mend)
        return label

    def _made(self, method: str, params: Mapping[str, object], outcome: object) -> tuple[str, ...]:
        if method == "link_subscription" and "organization" in params:
            return ()
        labels = []
        for name in MADE.get(method, ()):
            identifier = getattr(outcome, name, None)
            if not isinstance(identifier, str):
                return ()
            kind = KIND_OF_RESULT[name]
            label = identifier if self._taken.get(identifier, kind) == kind else f"{kind} {identifier}"
            self._taken[label] = kind
            self._labels[kind, identifier] = label
            labels.append(label)
        return tuple(labels)


class _WrongError(Exception):
    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def _object(line: str) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise _WrongError(f"it is no JSON: {error}", "Write one JSON object a line") from None
    if not isinstance(entry, dict):
        raise _WrongError("it is no JSON object", 'Write {"method": …, "params": …, "result": …}')
    return entry


# Judging


def check_trace(trace: Trace) -> Checked:
    """Judges every answer under what is declared; for undeclared knobs any values that explain it will do."""
    runs: dict[tuple[tuple[str, str], ...], tuple[Explanation, Checked]] = {}

    def judging(readings: Mapping[str, str]) -> Explanation:
        key = tuple(sorted(readings.items()))
        if key not in runs:
            runs[key] = _judge(trace, readings)
        return runs[key][0]

    best = search(judging, trace.declared, {})
    readings = {**best.assignment, **trace.declared}
    judging(readings)
    checked = runs[tuple(sorted(readings.items()))][1]
    checked.supposed = {knob: value for knob, value in best.assignment.items() if value != KNOBS[knob][0]}
    if checked.difference is not None:
        checked.fits = would_fit(judging, trace.declared, best.assignment)
    return checked


def _judge(trace: Trace, readings: Mapping[str, str]) -> tuple[Explanation, Checked]:
    judge, checked = Judge(readings, trace.settles), Checked()
    uncertain: set[str] = set()
    for place, answer in enumerate(trace.answers):
        if answer.method == "reset":
            uncertain.clear()
        labels = {str(value) for name, value in answer.params.items() if name in IDENTIFIERS - {"invoice"}}
        owner = judge.owner_of(answer)
        labels |= {owner} if owner else set()
        if answer.line in trace.errors:
            _leave_out(checked, uncertain, answer, labels, "it gave no answer to judge")
            continue
        if labels & uncertain:
            if not answer.method.startswith("get_"):
                uncertain |= labels | set(answer.makes)
            continue
        if not answer.method.startswith("get_") and answer.method != "reset":
            params = {**answer.params, "now": answer.at} if answer.method == "advance_to" else answer.params
            open_here = untested(judge, answer.method, params)
            if open_here is not None:
                _leave_out(checked, uncertain, answer, set(open_here.labels), open_here.why)
                if answer.method != "advance_to":
                    continue
        found = tuple(difference for difference in judge.take(answer) if not difference.soft)
        checked.judged += answer.method not in {"reset", "advance_to"}
        if found:
            checked.difference = found[0]
            checked.clauses = clauses_of(found[0], judge)
            return Explanation(dict(readings), None, place, found), checked
    return Explanation(dict(readings), judge, len(trace.answers)), checked


def _leave_out(checked: Checked, uncertain: set[str], answer: Answer, labels: set[str], why: str) -> None:
    uncertain |= labels | set(answer.makes)
    if labels:
        checked.left_out.append((answer.line, ", ".join(sorted(labels)), why))


__all__ = ["BadLine", "Checked", "Trace", "TraceError", "check_trace", "read_trace"]
