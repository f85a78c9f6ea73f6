"""The result of one scenario: its verdict, what happened, and what was remarked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing_tck.results.calls import Entry, tell
from billing_tck.results.verdicts import Conforms, Verdict
from billing_tck.spec.gherkin import Scenario


@dataclass(frozen=True, slots=True)
class Result:
    """What one scenario came to, what happened in it, and what was remarked; `seconds` are real ones."""

    scenario: Scenario
    verdict: Verdict
    timeline: tuple[Entry, ...] = ()
    names: Mapping[tuple[str, str], str] | None = None
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    checks: int = 0

    @property
    def told(self) -> tuple[tuple[datetime, str], ...]:
        """What happened, as lines of (instant, sentence), without what was only read."""
        return tell(self.timeline, self.names or {})

    @property
    def brief(self) -> Result:
        """The same without what happened in it, where nobody needs that: it conforms. For keeping many."""
        if not isinstance(self.verdict, Conforms):
            return self
        return Result(self.scenario, self.verdict, remarks=self.remarks, seconds=self.seconds, checks=self.checks)
