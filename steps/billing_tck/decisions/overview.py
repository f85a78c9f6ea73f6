"""Every open question with its decision, what each choice changes, and what an implementation declares and does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing_tck.decisions_file import Decision, Status
from billing_tck.impact.consequences import Consequence
from billing_tck.impact.facts import Kind
from billing_tck.impact.stored import stored_impact
from billing_tck.inference.findings import Finding, Inferred
from billing_tck.spec.requirements import Knob

_NO_CONSEQUENCE = len(Kind)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a knob: what it means, whether it is chosen, and what it changes against the default."""

    value: str
    meaning: str
    chosen: bool
    consequences: tuple[Consequence, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: its choices, the default first, its decision, and what an implementation says and does.

    `finding` is None where no implementation was looked at.
    """

    knob: str
    text: str
    clauses: tuple[str, ...]
    choices: tuple[Choice, ...]
    decision: Decision | None
    finding: Finding | None

    @property
    def default(self) -> str:
        """Return the default value."""
        return self.choices[0].value

    @property
    def status(self) -> Status:
        """Return how far the decision is: open where there is none."""
        return Status.OPEN if self.decision is None else self.decision.status

    @property
    def value(self) -> str:
        """Return the value that is decided or proposed; an empty text where there is none."""
        return "" if self.decision is None else self.decision.value

    @property
    def severity(self) -> int:
        """Return the severity of the worst consequence of any choice: 0 is the most severe."""
        found = [one.severity for choice in self.choices for one in choice.consequences]
        return min(found, default=_NO_CONSEQUENCE)

    @property
    def differences(self) -> tuple[str, ...]:
        """Return how the implementation departs from what is decided."""
        finding = self.finding
        if finding is None or self.status is not Status.DECIDED:
            return ()
        found = []
        if finding.declared is not None and finding.declared != self.value:
            found.append(f"the implementation declares {finding.declared}")
        if finding.value is not None and finding.value != self.value:
            found.append(f"the implementation does {finding.value}")
        elif self.value not in finding.possible:
            found.append(f"what the implementation does is not {self.value}")
        return tuple(found)

    @property
    def untold(self) -> str:
        """Return why it cannot be told what the implementation does; an empty text where it can."""
        return "" if self.finding is None else self.finding.reason


@dataclass(frozen=True, slots=True)
class Overview:
    """All questions; `file` has the decisions, and `sut` is the implementation that was looked at, if any."""

    file: str
    questions: tuple[Question, ...]
    sut: str = ""

    def of(self, status: Status) -> tuple[Question, ...]:
        """Return the questions of a status, those with the most severe consequences first."""
        return tuple(sorted((one for one in self.questions if one.status is status), key=lambda one: one.severity))

    @property
    def sections(self) -> tuple[tuple[Status, tuple[Question, ...]], ...]:
        """Return the questions of each status for which there are any."""
        return tuple((status, found) for status in Status if (found := self.of(status)))

    @property
    def differing(self) -> tuple[Question, ...]:
        """Return the questions in which the implementation departs from what is decided."""
        return tuple(one for one in self.questions if one.differences)

    @property
    def summary(self) -> str:
        """Return how many questions are decided, proposed and open, and how many differ."""
        counts = ", ".join(f"{len(self.of(status))} {status}" for status in Status)
        differ = f"; {len(self.differing)} where {self.sut} differs" if self.sut else ""
        return f"{len(self.questions)} questions: {counts}{differ}"


def overview_of(
    knobs: Sequence[Knob], file: str, decisions: Sequence[Decision], sut: str = "", inferred: Inferred | None = None
) -> Overview:
    """Return all questions with what is known of each."""
    decided = {one.knob: one for one in decisions}
    findings: Mapping[str, Finding] = {one.knob: one for one in inferred.findings} if inferred is not None else {}
    questions = tuple(question_of(knob, decided.get(knob.name), findings.get(knob.name)) for knob in knobs)
    return Overview(file, questions, sut)


def question_of(knob: Knob, decision: Decision | None, finding: Finding | None = None) -> Question:
    """Return one question."""
    chosen = "" if decision is None else decision.value
    choices = tuple(
        Choice(
            value.name,
            value.meaning,
            value.name == chosen,
            stored_impact(knob.name, value.name).consequences,
        )
        for value in knob.values
    )
    return Question(knob.name, knob.question, tuple(knob.clauses), choices, decision, finding)


__all__ = ["Choice", "Overview", "Question", "overview_of", "question_of"]
