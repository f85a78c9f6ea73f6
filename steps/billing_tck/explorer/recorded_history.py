"""Read a recorded history: a file of calls and answers, one JSON object a line (`docs/check-trace.md`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from billing_tck.contract import METHODS, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.decode import decode_params, decode_result
from billing_tck.contract.values import Description
from billing_tck.contract.violations import ContractViolation
from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.explorer.history import IDENTIFIERS, Answer, relabelled
from billing_tck.explorer.inference import known_readings
from billing_tck.explorer.runner import KIND_OF_RESULT, MADE
from billing_tck.spec.applicability import UnreachableError, settles_within
from billing_tck.text.json_text import read_json
from billing_tck.text.preview import preview

LATEST = timedelta(hours=24)  # how late effects may show where nothing is declared
REFUSED, NO_METHOD = 1, -32601


class InvalidRecordedHistory(InvalidInput):
    """A file that is not a recorded history, with everything that is wrong with it."""

    subject = "the recorded history"
    always_given = True


@dataclass(frozen=True, slots=True)
class RecordedHistory:
    """The answers of a file in order, and what the implementation declared, if it did.

    `errors` are the lines whose answers cannot be judged.
    """

    answers: tuple[Answer, ...]
    description: Description | None
    errors: frozenset[int] = frozenset()

    @property
    def settles(self) -> timedelta:
        """How late effects may show: a day where nothing is declared."""
        return LATEST if self.description is None else settles_within(self.description)

    @property
    def declared(self) -> dict[str, str]:
        """The declared readings of the knobs that the kit knows."""
        return {} if self.description is None else known_readings(self.description)


def read_recorded_history(lines: Iterable[str]) -> RecordedHistory:
    """Return the history in a file's lines. Raises InvalidRecordedHistory with everything that is wrong."""
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        if line.strip():
            reader.read(number, line)
    if not reader.diagnostics and not reader.answers:
        reader.diagnostics.append(
            Diagnostic(Place(line=1), "the file is empty", "Write one JSON object a line, beginning with a reset")
        )
    if reader.diagnostics:
        raise InvalidRecordedHistory(reader.diagnostics)
    return RecordedHistory(tuple(reader.answers), reader.description, frozenset(reader.errors))


class _Reader:
    """Reads lines one after the other, and collects what is wrong."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.diagnostics: list[Diagnostic] = []
        self.description: Description | None = None
        self.errors: set[int] = set()
        self._now: datetime | None = None
        self._labels: dict[tuple[str, str], str] = {}
        self._taken: dict[str, str] = {}

    def read(self, number: int, line: str) -> None:
        """Read one line of the file."""
        try:
            self._read(number, line)
        except _InvalidLine as invalid:
            self.diagnostics.append(Diagnostic(Place(line=number), invalid.message, invalid.fix))

    def _read(self, number: int, line: str) -> None:
        entry = _object(line)
        method = entry.get("method")
        if not isinstance(method, str) or method not in METHODS:
            raise _InvalidLine(f"the contract has no method {preview(method)}", "Name one of the contract's methods")
        if ("result" in entry) == ("error" in entry):
            both = "a result and an error" if "result" in entry else "neither a result nor an error"
            raise _InvalidLine(f"it has {both}", "Give either a result or an error")
        try:
            params = decode_params(METHODS[method], entry.get("params", {}))
        except ContractViolation as violation:
            raise _InvalidLine(f"the parameters do not match the contract: {violation}", "Fix them") from None
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
                raise _InvalidLine(error.message, "Export the result as the contract shows it") from None
        said = entry["error"]
        code = said.get("code") if isinstance(said, dict) else None
        if not isinstance(said, dict) or type(code) is not int:
            raise _InvalidLine("the error has no code", 'Write {"code": 1, "data": {"reason": "other"}} for a refusal')
        if code == NO_METHOD:
            return Unsupported(str(said.get("message", "")))
        if code != REFUSED:
            self.errors.add(number)
            return None
        data = said.get("data")
        reason = data.get("reason", "other") if isinstance(data, dict) else "other"
        if reason not in set(Reason):
            raise _InvalidLine(f"the contract has no reason {preview(reason)}", f"Name one of {', '.join(Reason)}")
        return Refused(str(reason), str(said.get("message", "")))

    def _describe(self, outcome: object) -> None:
        if self.answers:
            raise _InvalidLine("describe_implementation comes after other calls", "Make it the first line")
        if isinstance(outcome, Description):
            try:
                settles_within(outcome)
            except UnreachableError as error:
                raise _InvalidLine(str(error), "Write a duration") from None
            self.description = outcome

    def _add(self, number: int, method: str, params: dict[str, object], outcome: object) -> None:
        if method == "reset":
            self._labels.clear()
            self._taken.clear()
            self._now = cast("datetime", params["now"])
        elif self._now is None:
            raise _InvalidLine(
                f"{method} comes before any reset", "Begin with a reset at the instant at which the history begins"
            )
        elif method == "advance_to":
            target = cast("datetime", params["now"])
            if target < self._now:
                raise _InvalidLine("the clock goes back", "Order the lines by time")
            self._now = target
        params = {name: value for name, value in params.items() if name != "now" and value is not None}
        for name in IDENTIFIERS - {"invoice"}:
            if name in params:
                params[name] = self._label(name, str(params[name]))
        makes = self._made(method, params, outcome)
        outcome = relabelled(outcome, lambda kind, identifier: self._labels.get((kind, identifier), identifier))
        self.answers.append(Answer(self._now, method, params, outcome, makes, number))

    def _label(self, kind: str, identifier: str) -> str:
        label = self._labels.get((kind, identifier))
        if label is None:
            fix = "Add the line of the call that made it"
            raise _InvalidLine(f"no line before made the {kind} {preview(identifier)}", fix)
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


class _InvalidLine(Exception):
    """A line that cannot be read: what is wrong, and how to fix it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def _object(line: str) -> dict[str, object]:
    try:
        entry = read_json(line)
    except ValueError as error:
        raise _InvalidLine(f"not valid JSON: {error}", "Write one JSON object a line") from None
    if not isinstance(entry, dict):
        raise _InvalidLine("not a JSON object", 'Write {"method": …, "params": …, "result": …}')
    return entry
