"""The record of one scenario: its verdict, what happened, and what was remarked. Every report is made of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from billing_tck.results.calls import Entry, Naming, describe_calls
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict
from billing_tck.spec.gherkin import Scenario
from billing_tck.text.format import format_instant

Timeline = tuple[tuple[datetime, str], ...]
"""What happened, as pairs of instant and sentence."""


@dataclass(frozen=True, slots=True)
class ScenarioRecord:
    """One scenario of a run, and everything that is known of it.

    `known` is the reason of the known deviation that covers it, `outside_baseline` whether it does not count,
    `reading_tags` the readings that it tests, as `knob=value`. What happened is kept as `calls`, with the `names` that
    the scenario gives to things, or as the `sentences` made of them.
    """

    file: str
    line: int
    name: str
    example: str | None
    family: str
    part: str
    rule: str
    clauses: tuple[str, ...]
    verdict: Verdict
    outside_baseline: bool = False
    reading_tags: tuple[str, ...] = ()
    known: str | None = None
    sentences: Timeline | None = None
    remarks: tuple[str, ...] = ()
    checks: int = 0
    seconds: float = 0.0
    calls: tuple[Entry, ...] = ()
    names: Naming | None = None

    @property
    def place(self) -> str:
        """Where the scenario is written, as `file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def label(self) -> str:
        """The scenario as reports name it: `core/trial.feature:12: its name`."""
        return f"{self.place}: {self.name}"

    @property
    def timeline(self) -> Timeline:
        """The calls as sentences, without reads."""
        return describe_calls(self.calls, self.names or {}) if self.sentences is None else self.sentences

    @property
    def standing(self) -> str:
        """The word of the verdict, or `known` for a known deviation."""
        return self.verdict.word if self.known is None else "known"

    @property
    def failed(self) -> bool:
        """Whether it deviates, other than as known, or errored."""
        return self.standing in ("deviates", "errored")

    @property
    def verdict_text(self) -> str:
        """The verdict as text, with a mark for known deviations and for scenarios outside the baseline."""
        text = format_verdict(self.verdict.word) if self.known is None else "known deviation"
        return f"{text} (newer)" if self.outside_baseline else text

    @property
    def message(self) -> str:
        """A deviation or an error in one line; empty for the other verdicts."""
        match self.verdict:
            case Deviates() as deviates:
                at = f"asked {format_instant(deviates.at)}, {deviates.step!r} (line {deviates.line})"
                return f"{at}: expected {deviates.expected}; observed {deviates.observed}"
            case Errored(error=error, kind=kind):
                return f"{kind}: {error}"
            case Conforms() | NotApplicable():
                return ""
            case _:
                assert_never(self.verdict)

    @property
    def failed_line(self) -> int | None:
        """The line of the step that ended the scenario, or None."""
        return self.verdict.line if isinstance(self.verdict, (Deviates, Errored)) else None

    def with_sentences(self) -> ScenarioRecord:
        """Return the record with its timeline as sentences, without the calls."""
        return replace(self, sentences=self.timeline, calls=(), names=None)

    def brief(self) -> ScenarioRecord:
        """Return the record without its timeline if it conforms, to save memory."""
        happened = self.names is not None and isinstance(self.verdict, Conforms)
        return replace(self, calls=(), names=None) if happened else self


def record_of(
    scenario: Scenario,
    verdict: Verdict,
    *,
    calls: Sequence[Entry] = (),
    names: Mapping[tuple[str, str], str] | None = None,
    remarks: Sequence[str] = (),
    checks: int = 0,
    seconds: float = 0.0,
) -> ScenarioRecord:
    """Return the record of a scenario that was run, or left out."""
    return ScenarioRecord(
        file=scenario.file,
        line=scenario.line,
        name=scenario.name,
        example=scenario.example,
        family=scenario.family,
        part=scenario.part,
        rule=scenario.rule,
        clauses=scenario.clauses,
        verdict=verdict,
        outside_baseline=scenario.outside_baseline,
        reading_tags=scenario.reading_tags,
        remarks=tuple(remarks),
        checks=checks,
        seconds=round(seconds, 6),
        calls=tuple(calls),
        names=names,
    )


def format_verdict(word: str) -> str:
    """Return the word of a verdict as text: `not applicable`."""
    return word.replace("_", " ")
