"""What a scenario came to: one of four verdicts, and the two ways in which a step ends early.

    Conforms        every question was answered as the rules want
    Deviates        there was an answer, and it was another
    NotApplicable   the implementation does not declare what the scenario is about
    Errored         there was no answer to judge

A fault of the kit itself is none of these: it is a `KitError`, and the run ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from billing_tck.contract import ErrorKind, ImplementationError, Refused


@dataclass(frozen=True, slots=True)
class Conforms:
    """Every question was answered as the rules want."""

    word: ClassVar[str] = "conforms"


@dataclass(frozen=True, slots=True)
class Deviates:
    """There was an answer, and it was another.

    `step` is the step's text with its keyword, `line` its line in the feature, `at` the instant at which it was asked.
    """

    step: str
    line: int
    expected: str
    observed: str
    at: datetime
    word: ClassVar[str] = "deviates"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The implementation does not declare what the scenario is about; `missing` says in words what."""

    missing: tuple[str, ...]
    word: ClassVar[str] = "not_applicable"


@dataclass(frozen=True, slots=True)
class Errored:
    """There was no answer to judge: what happened, of which kind, and the last lines of the error stream.

    `step` and `line` say where; the same error at another step is the same error.
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
    """Raised in a step where an answer is another than the expected one; both in the words of the domain."""

    def __init__(self, expected: str, observed: str) -> None:
        self.expected = expected
        self.observed = observed
        super().__init__(f"expected {expected}; observed {observed}")


class UndeclaredCapability(Exception):
    """Raised in a step where the implementation says that it has no such thing, and never declared it."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(", ".join(missing))


def verdict_of(outcome: Exception, *, step: str, line: int, at: datetime) -> Verdict | None:
    """The verdict that an exception raised in a step stands for; None where it is a fault of the kit.

    A refusal that no step expected is a deviation: what the rules allow was not done.
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
    """A refusal in words: `refused (memory_cap): the tier allows 32 GiB`."""
    return f"refused ({refused.reason})" + (f": {refused.message}" if refused.message else "")
