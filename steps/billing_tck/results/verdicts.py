"""The four verdicts of a scenario, and the exceptions with which a step ends it early.

    Conforms        every check passed
    Deviates        a check failed: the implementation shows something else
    NotApplicable   the implementation does not declare what the scenario needs
    Errored         the implementation gave no answer that can be judged

An error of the kit itself is not a verdict: it is a `KitError`, and ends the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from billing_tck.contract import ErrorKind, ImplementationError, Refused
from billing_tck.spec.applicability import MissingCapability, MissingRequirement


@dataclass(frozen=True, slots=True)
class Conforms:
    """Every check passed."""

    word: ClassVar[str] = "conforms"


@dataclass(frozen=True, slots=True)
class Deviates:
    """A check failed: the implementation shows something other than expected.

    `step` is the step's text with its keyword, `line` its line in the feature, `at` the instant of the check, `log` the
    end of what the implementation wrote to its error stream during the scenario.
    """

    step: str
    line: int
    expected: str
    observed: str
    at: datetime
    log: tuple[str, ...] = field(default=(), compare=False)
    word: ClassVar[str] = "deviates"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The implementation does not declare what the scenario needs; `missing` is all of that."""

    missing: tuple[MissingRequirement, ...]
    word: ClassVar[str] = "not_applicable"


@dataclass(frozen=True, slots=True)
class Errored:
    """The implementation gave no answer that can be judged; `log` is the end of its error stream.

    `step` and `line` are the place; errors that differ only in these are equal.
    """

    error: str
    kind: ErrorKind
    log: tuple[str, ...] = ()
    step: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    word: ClassVar[str] = "errored"


Verdict = Conforms | Deviates | NotApplicable | Errored
WORDS = ("conforms", "deviates", "errored", "not_applicable")


class Deviation(Exception):
    """Raised by a step whose check fails; `expected` and `observed` are texts in the terms of the domain."""

    def __init__(self, expected: str, observed: str) -> None:
        self.expected = expected
        self.observed = observed
        super().__init__(f"expected {expected}; observed {observed}")


class UndeclaredCapability(Exception):
    """Raised by a step whose call is unsupported, where the implementation does not declare the capability for it."""

    def __init__(self, missing: tuple[MissingCapability, ...]) -> None:
        self.missing = missing
        super().__init__(", ".join(capability.name for capability in missing))


def verdict_of(outcome: Exception, *, step: str, line: int, at: datetime) -> Verdict | None:
    """Return the verdict for an exception raised by a step, or None if it is an error of the kit.

    A refusal that no step expected is a deviation: the rules allow what was refused.
    """
    match outcome:
        case Deviation():
            return Deviates(step, line, outcome.expected, outcome.observed, at)
        case Refused():
            return Deviates(step, line, "done", refusal(outcome), at)
        case UndeclaredCapability():
            return NotApplicable(outcome.missing)
        case ImplementationError():
            return Errored(str(outcome), outcome.kind, outcome.log, step, line)
        case _:
            return None


def refusal(refused: Refused) -> str:
    """Return a refusal as text: `refused (memory_cap): the tier allows 32 GiB`."""
    return f"refused ({refused.reason})" + (f": {refused.message}" if refused.message else "")
