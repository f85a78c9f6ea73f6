"""What was inferred of an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What showed a value: at which instant of which history, what was observed, and what other values would show."""

    history: str
    words: tuple[str, ...]
    at: datetime
    observed: str
    otherwise: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was inferred of one knob: its value with the evidence, or why it cannot be told.

    `possible` are the values that were not excluded, `declared` is the value that the implementation declares.
    """

    knob: str
    value: str | None
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    possible: tuple[str, ...] = ()
    declared: str | None = None

    @property
    def differs(self) -> bool:
        """Whether what is declared is not what is done."""
        return self.declared is not None and self.declared not in self.possible


@dataclass(frozen=True, slots=True)
class Misfit:
    """Behaviour that fits no value of any knob: what the nearest values expect, and the clauses that it is about.

    `histories` are those that begin with `words` and show it. `contract` is the sentence of the contract that it
    breaks, where it breaks no clause. `knobs` are those that it leaves open.
    """

    histories: tuple[str, ...]
    words: tuple[str, ...]
    at: datetime
    expected: str
    observed: str
    clauses: tuple[str, ...]
    contract: str | None
    knobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A history that ended without an answer to compare."""

    history: str
    words: tuple[str, ...]
    message: str
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was inferred of an implementation, with the histories that were played, in order."""

    findings: tuple[Finding, ...]
    misfits: tuple[Misfit, ...]
    failures: tuple[Failure, ...]
    histories: tuple[str, ...]
    calls: int
    late: bool

    @property
    def readings(self) -> dict[str, str]:
        """Return the inferred value of each knob for which there is one."""
        return {finding.knob: finding.value for finding in self.findings if finding.value is not None}

    @property
    def differing(self) -> list[Finding]:
        """Return the knobs whose declared value is not what is done."""
        return [finding for finding in self.findings if finding.differs]
