"""The requirements: every clause of the source documents, and every knob that they leave open.

`requirements_file` reads them from the TOML files of a features folder. Which scenarios cover a clause is not stored
here: a scenario carries the clause's id as a tag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing_tck.text.did_you_mean import nearest


class Family(StrEnum):
    """The rule family of a clause or a knob; `general` where it belongs to none."""

    TRIAL = "trial"
    CARD_BILLING = "card_billing"
    UNPAID_INVOICES = "unpaid_invoices"
    MARKETPLACE = "marketplace"
    AWS_ONBOARDING = "aws_onboarding"
    COMMITMENTS = "commitments"
    GENERAL = "general"


class Kind(StrEnum):
    """What a clause is: a demand, an allowance, or text that demands nothing."""

    RULE = "rule"
    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    INFORMATION = "information"
    NAVIGATION = "navigation"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Document:
    """A source document: its file name, and how its lines and paragraphs are counted."""

    file: str
    title: str
    language: str
    description: str
    counting: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement of a source document, restated.

    `line` is where its paragraph begins there, `excluded` the reason why no scenario can cover it.
    """

    id: str
    family: Family
    kind: Kind
    sentence: str
    source: str
    line: int
    fingerprint: str
    numbers: str | None
    readings: tuple[str, ...]
    excluded: str | None
    note: str | None

    @property
    def testable(self) -> bool:
        """Whether scenarios are to cover it: it is not excluded."""
        return self.excluded is None


@dataclass(frozen=True, slots=True)
class KnobValue:
    """One reading: an answer to the question of a knob."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Knob:
    """A question that the documents leave open, with its readings, the default first."""

    name: str
    question: str
    default: str
    family: Family
    clauses: tuple[str, ...]
    core_margin: str
    scope: str | None
    values: tuple[KnobValue, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A list of values, such as the marketplaces, each of which the scenarios of certain clauses must exercise.

    `excused` gives, for a clause, the reason why some of the values are not exercised; `otherwise` is the reason for
    all clauses that are not listed.
    """

    name: str
    values: tuple[str, ...]
    clauses: tuple[str, ...]
    otherwise: str
    excused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Register:
    """All clauses in the documents' order, all knobs, the documents, and the dimensions of the coverage matrix."""

    clauses: tuple[Clause, ...]
    knobs: tuple[Knob, ...]
    documents: tuple[Document, ...]
    dimensions: tuple[Dimension, ...] = ()

    def clause(self, clause_id: str) -> Clause:
        """Return the clause of this id. Raises UnknownClause."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise UnknownClause(clause_id, [clause.id for clause in self.clauses])

    def place(self, clause: Clause) -> str:
        """Return where a clause stands: the title of its document, the line and the file."""
        title = next(document.title for document in self.documents if document.file == clause.source)
        return f"{title}, line {clause.line} ({clause.source})"

    def bearing_on(self, clause: Clause) -> tuple[Knob, ...]:
        """Return the knobs that affect a clause."""
        return tuple(knob for knob in self.knobs if knob.name in clause.readings or clause.id in knob.clauses)

    def knob(self, name: str) -> Knob:
        """Return the knob of this name. Raises UnknownKnob."""
        for knob in self.knobs:
            if knob.name == name:
                return knob
        raise UnknownKnob(name, [knob.name for knob in self.knobs])


class UnknownClause(KeyError):
    """A clause id that does not exist; `nearest` are those that may have been meant."""

    def __init__(self, clause_id: str, known: Sequence[str]) -> None:
        super().__init__(clause_id, known)
        self.clause_id = clause_id
        self.nearest = nearest_clauses(clause_id, known)
        self._known = known

    def __str__(self) -> str:
        if self.nearest:
            return f"clause {self.clause_id!r} does not exist. Nearest: {', '.join(self.nearest)}"
        if self._known:
            return f"clause {self.clause_id!r} does not exist. Ids run from {self._known[0]} to {self._known[-1]}."
        return f"clause {self.clause_id!r} does not exist: there are no clauses at all."


class UnknownKnob(KeyError):
    """A knob that does not exist; `nearest` are those that may have been meant."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name, known)
        self.name = name
        self.nearest = nearest(name, known, cutoff=0.6)
        self._known = known

    def __str__(self) -> str:
        hint = f"Nearest: {', '.join(self.nearest)}" if self.nearest else f"Known: {', '.join(self._known)}"
        return f"knob {self.name!r} does not exist. {hint}"


def nearest_clauses(clause_id: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the ids that may have been meant: the same one written in full, else those most like it."""
    written = re.fullmatch(r"\s*([A-Za-z]+)\W*(\d+)\s*", clause_id)
    full = f"{written[1].upper()}-{int(written[2]):02d}" if written else clause_id.upper()
    return (full,) if full in known else nearest(full, known, cutoff=0.6)
