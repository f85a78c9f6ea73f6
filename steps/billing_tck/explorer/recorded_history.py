"""A recorded history, judged line by line against the reference (`docs/check-trace.md` describes the file).

Where a line leads where nothing is tested, what it speaks of is not judged from there on; the rest is. Where effects
may only not have shown yet, judging resumes two days later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from billing_tck.contract import METHODS, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.codec import ContractViolation, decode_params, decode_result
from billing_tck.contract.values import Description
from billing_tck.explorer.attribution import clauses_of, contract_of
from billing_tck.explorer.campaign import known_readings
from billing_tck.explorer.comparator import Difference, Judge
from billing_tck.explorer.exclusions import untested
from billing_tck.explorer.history import IDENTIFIERS, Answer
from billing_tck.explorer.inference import MOST_ANSWERS, Assignment, Explanation, search, would_fit
from billing_tck.explorer.runner import KIND_OF_RESULT, MADE, relabelled
from billing_tck.reference.oracle import KNOBS
from billing_tck.spec.applicability import UnreachableError, settles_within
from billing_tck.text.preview import preview

MOST_TIMES = 40  # so often at least a file is judged anew before the search for readings gives up
_AS_THEY_ARE = frozenset({"record_usage", "create_service", "scale_service", "record_contact"})
"""Commands that come to the same, however late what came before them shows."""

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
class LeftOut:
    """What is not judged from a line on, and why; the line alone, where there are no `labels`.

    `until` is the line from which on it is judged again, where there is one.
    """

    line: int
    labels: str
    why: str
    until: int | None = None


@dataclass(slots=True)
class Checked:
    """What judging came to.

    `difference` is the first that the rules do not allow, with its clauses, the sentence of the contract that it breaks
    where it is no clause, and the value of a knob that would allow it.
    `answers` are all that could be compared, `judged` those that were, and `later` and `judged_later` those of them
    after the set-up, which ends where time first passes. `left_out` tells what was not judged, and why. `supposed` are
    the values of undeclared knobs that are not the defaults and explain what is shown. `undecided` is the line from
    which on there are more assignments of undeclared knobs than were tried.
    """

    difference: Difference | None = None
    clauses: tuple[str, ...] = ()
    contract: str | None = None
    fits: tuple[str, str] | None = None
    answers: int = 0
    judged: int = 0
    later: int = 0
    judged_later: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    supposed: Assignment = field(default_factory=dict)
    undecided: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether enough was judged to speak of it: something, and something after the set-up where there is more."""
        return self.undecided is None and bool(self.judged_later if self.later else self.judged)


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
            raise _WrongError(f"{preview(method)} is no method of the contract", "Name one of the contract's methods")
        if ("result" in entry) == ("error" in entry):
            both = "a result and an error" if "result" in entry else "neither a result nor an error"
            raise _WrongError(f"it has {both}", "Give what the call answered: a result, or an error")
        try:
            params = decode_params(METHODS[method], entry.get("params", {}))
        except ContractViolation as misfit:
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
            raise _WrongError(f"{preview(reason)} is no reason of a refusal", f"Name one of {', '.join(Reason)}")
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
            raise _WrongError(f"no line before made the {kind} {preview(identifier)}", mend)
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

    methods, most = {answer.method for answer in trace.answers}, max(5 * MOST_ANSWERS, MOST_TIMES * len(trace.answers))
    best = search(judging, trace.declared, {}, methods, most)
    readings = {**best.assignment, **trace.declared}
    judging(readings)
    checked = runs[tuple(sorted(readings.items()))][1]
    checked.supposed = {knob: value for knob, value in best.assignment.items() if value != KNOBS[knob][0]}
    if best.undecided:
        checked.undecided, checked.difference = trace.answers[best.place].line, None
    if checked.difference is not None:
        checked.fits = would_fit(judging, trace.declared, best.assignment, methods, most)
    return checked


def _judge(trace: Trace, readings: Mapping[str, str]) -> tuple[Explanation, Checked]:
    judging = _Judging(trace, readings)
    judge, checked = judging.judge, judging.checked
    for place, answer in enumerate(trace.answers):
        found = judging.take(answer)
        if found:
            checked.difference = found[0]
            checked.clauses = clauses_of(found[0], judge, _before(trace.answers[:place]))
            checked.contract = contract_of(found[0], judge)
            return Explanation(dict(readings), None, place, found, wanted=judge.wanted), checked
    return Explanation(dict(readings), judge, len(trace.answers)), checked


def _before(answers: Sequence[Answer]) -> str:
    """The method of the latest call that was no look."""
    return next((answer.method for answer in reversed(answers) if not answer.method.startswith("get_")), "")


class _Judging:
    """One reading of a trace: what differs, line by line, and what is not judged.

    An organization waits where effects may not have shown yet. After most commands nobody can be sure how they then
    worked out, and judging resumes where a look shows what the rules want.
    """

    def __init__(self, trace: Trace, readings: Mapping[str, str]) -> None:
        self.judge, self.checked = Judge(readings, trace.settles), Checked()
        self._errors = trace.errors
        self._uncertain: set[str] = set()
        self._waiting: dict[str, LeftOut] = {}
        self._unsure: set[str] = set()  # those of them that a look has to confirm
        self._begun: datetime | None = None

    def take(self, answer: Answer) -> tuple[Difference, ...]:
        """What differs in an answer."""
        if answer.method == "reset":
            self._uncertain.clear()
            self._waiting.clear()
            self._unsure.clear()
            self._begun = answer.at
            self.judge.take(answer)
            return ()
        judged, found = self._compared(answer)
        if answer.method != "advance_to":
            later = self._begun is not None and answer.at > self._begun
            self.checked.answers += 1
            self.checked.judged += judged
            self.checked.later += later
            self.checked.judged_later += judged and later
        return found

    def _compared(self, answer: Answer) -> tuple[bool, tuple[Difference, ...]]:
        """Whether an answer was judged, and what differs."""
        look = answer.method.startswith("get_")
        labels = {str(value) for name, value in answer.params.items() if name in IDENTIFIERS - {"invoice"}}
        owner = self.judge.owner_of(answer)
        labels |= {owner} if owner else set()
        if answer.line in self._errors:
            self._leave_out(answer, labels, "it gave no answer to judge")
            return False, ()
        if labels & self._uncertain:
            if not look:
                self._uncertain |= labels | set(answer.makes)
            return False, ()
        if not look and self._passed_over(answer, owner, labels):
            return False, ()
        found = tuple(difference for difference in self.judge.take(answer) if not difference.soft)
        waits = self._waiting.get(owner or "")
        if waits is None or owner is None or not self.judge.compared:
            return self.judge.compared, found
        if owner in self._unsure and found:
            return False, ()
        waits.until = answer.line
        del self._waiting[owner]
        self._unsure.discard(owner)
        return True, found

    def _passed_over(self, answer: Answer, owner: str | None, labels: set[str]) -> bool:
        """Whether a command is not judged, because of what it leads to, or of when it comes."""
        params = {**answer.params, "now": answer.at} if answer.method == "advance_to" else answer.params
        open_here = untested(self.judge, answer.method, params)
        if open_here is not None and not open_here.soon:
            self._leave_out(answer, set(open_here.labels), open_here.why)
            return answer.method != "advance_to"
        if owner and (open_here is not None or owner in self._unsure):
            self._too_soon(answer, owner, labels, self._waiting[owner].why if open_here is None else open_here.why)
            return True
        return False

    def _too_soon(self, answer: Answer, owner: str, labels: set[str], why: str) -> None:
        """A command while effects may not have shown yet: who does it as the rules do comes to what they want."""
        if isinstance(answer.outcome, Refused):  # nothing was done
            self.checked.left_out.append(LeftOut(answer.line, "", why))
            return
        if any(difference.field == "outcome" for difference in self.judge.take(answer)):
            self._leave_out(answer, labels, why)
            return
        if owner not in self._waiting:
            self._waiting[owner] = LeftOut(answer.line, ", ".join(sorted(labels)), why)
            self.checked.left_out.append(self._waiting[owner])
        if answer.method not in _AS_THEY_ARE or self.judge.billed_lately(owner):
            self.judge.disturb(owner)
            self._unsure.add(owner)

    def _leave_out(self, answer: Answer, labels: set[str], why: str) -> None:
        self._uncertain |= labels | set(answer.makes)
        self.checked.left_out.append(LeftOut(answer.line, ", ".join(sorted(labels)), why))


__all__ = ["BadLine", "Checked", "LeftOut", "Trace", "TraceError", "check_trace", "read_trace"]
