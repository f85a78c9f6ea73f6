"""The state of a notebook: the kit's features, register and steps, and the chosen implementation.

It is one class because every magic asks it: a method looks up what a request names, and another module shows it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

from billing_tck.connect import open_driver
from billing_tck.contract.values import Description
from billing_tck.engine.runner import describe
from billing_tck.jupyter.blind_sut import MYSTERY, hidden_fault, is_blind, is_elsewhere, takes_readings, under_readings
from billing_tck.jupyter.grade_card import GradeCard
from billing_tck.jupyter.listings import ClauseCard, ClauseList, FaultTable, KnobTable, PhraseTable
from billing_tck.jupyter.phrase_ranking import PhraseRanking
from billing_tck.jupyter.scenario_runs import ScenarioRun, ScenarioRuns
from billing_tck.jupyter.side_by_side import SideBySide
from billing_tck.jupyter.sut_words import pair_in_words
from billing_tck.reference.catalogue import FaultEntry, catalogue
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Clause, Knob, Register, UnknownClause, UnknownKnob
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.selection import Selection, UnknownSelectionError, select
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.examples import phrases
from billing_tck.steps.gherkin_cell import read_cell
from billing_tck.steps.registry import Vocabulary, load
from billing_tck.steps.suggestions import suggest
from billing_tck.sut import InvalidSutSpec
from billing_tck.teaching.feedback import MOST_HINTS, feedback
from billing_tck.teaching.grading import FULL, Grader
from billing_tck.text.sanitize import sanitize
from billing_tck.timeline.observation import observe

__all__ = ["InvalidSutSpec", "NotebookSession", "UnreachableError", "WrongRequest", "session"]


class WrongRequest(ValueError):
    """A request for something that does not exist or cannot be combined; the message lists what can."""


_ONLY_HERE = (
    "this notebook runs in the browser, which cannot start processes or reach servers; choose reference, faulty:NAME "
    "or python:__main__:FACTORY, or run the notebook in a JupyterLab of your own: pip install 'billing-tck[notebooks]'"
)
_MYSTERIES = 10_000
_MOST_NAMES = 5


def _digest(fault: FaultEntry) -> int:
    """Return a number for a fault that reveals nothing and does not change when faults are added."""
    return int(sha256(fault.name.encode()).hexdigest(), 16) % _MYSTERIES


def in_browser() -> bool:
    """Return whether Python runs in a browser."""
    return sys.platform == "emscripten"


def _nearest(near: Sequence[str], known: Sequence[str]) -> str:
    if near:
        return f"; nearest: {', '.join(near)}"
    return f"; there are {', '.join(known)}" if known else ""


@dataclass
class NotebookSession:
    """The state of one notebook; `sut` is the implementation that runs where none is named."""

    sut: str = "reference"
    _described: dict[str, Description] = field(default_factory=dict, repr=False)
    _attempts: dict[str, int] = field(default_factory=dict, repr=False)
    _scores: dict[str, int] = field(default_factory=dict, repr=False)

    @cached_property
    def suite(self) -> Suite:
        """The kit's own scenarios."""
        return load_suite()

    @cached_property
    def register(self) -> Register:
        """The clauses and knobs."""
        return load_register(features_dir())

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The step definitions."""
        return load()

    @cached_property
    def phrase_ranking(self) -> PhraseRanking:
        """The order in which completions are offered."""
        return PhraseRanking(self.suite.scenarios, self.vocabulary)

    @cached_property
    def faults(self) -> tuple[FaultEntry, ...]:
        """The faults of the reference."""
        return catalogue()

    # What is run

    def spec(self, sut: str | None, readings: Mapping[str, str] | Sequence[str] = ()) -> str:
        """Return the --sut of a run: the one named or the notebook's, under these readings.

        Raises WrongRequest for a knob or a value that does not exist, and for an implementation whose readings cannot
        be chosen.
        """
        spec = sut or self.sut
        pairs = [f"{k}={v}" for k, v in readings.items()] if isinstance(readings, Mapping) else list(readings)
        for pair in pairs:
            self._known(pair)
        if not pairs:
            return spec
        try:
            if takes_readings(spec):
                return under_readings(spec, [(knob, value) for knob, _, value in (p.partition("=") for p in pairs)])
        except InvalidSutSpec as error:
            raise WrongRequest(str(error)) from None
        raise WrongRequest(
            f"the readings of {spec} cannot be chosen; only the reference has readings to choose: use --sut reference"
        )

    def _known(self, pair: str) -> None:
        knob, equals, value = pair.partition("=")
        values = [v.name for v in self._knob(knob).values]
        if not equals:
            raise WrongRequest(f"give a value: {knob}={'|'.join(values)}")
        if value not in values:
            raise WrongRequest(f"the knob {knob} has no value {value!r}; it has {', '.join(values)}")

    def _knob(self, name: str) -> Knob:
        try:
            return self.register.knob(name)
        except UnknownKnob as error:
            known = [knob.name for knob in self.register.knobs]
            raise WrongRequest(f"there is no knob {name!r}{_nearest(error.nearest, known)}") from None

    def other(self, text: str, sut: str | None = None, readings: Sequence[str] = ()) -> str:
        """Return the --sut of the other side: an implementation, or another reading of the same one."""
        knobs = {knob.name for knob in self.register.knobs}
        reading = ("=" in text and ":" not in text) or text in knobs
        return self.spec(sut, [*readings, text]) if reading else text

    # Faults with their names covered

    def covered(self, spec: str) -> FaultEntry:
        """Return the fault of a `mystery:NUMBER` or `mystery:CLAUSE.NUMBER`; every number selects one."""
        hidden = hidden_fault(spec)
        clause, _, number = (hidden.name if hidden else "").rpartition(".")
        seen = [fault for fault in self.faults if not fault.name.startswith("says-")]  # those show in few situations
        faults = [fault for fault in seen if not clause or fault.clauses[0] == clause.upper()]
        if not number.isdigit() or not faults:
            raise WrongRequest(f"{spec}: write mystery:NUMBER, or of one clause mystery:BC-03.1, mystery:BC-03.2, …")
        if clause:
            return sorted(faults, key=_digest)[(int(number) - 1) % len(faults)]
        return min(faults, key=lambda fault: ((int(number) - _digest(fault)) % _MYSTERIES, fault.name))

    def blind_fault(self, fault: str) -> str:
        """Return the `mystery:NUMBER` of a fault, to give to somebody else."""
        return f"{MYSTERY}{next(_digest(f) for f in self.faults if f.name == fault)}"

    def _uncovered(self, spec: str) -> str:
        """Return the --sut that is really run."""
        hidden = hidden_fault(spec)
        if not is_blind(spec):
            return spec
        fault = self.covered(spec)  # raises WrongRequest if the number is missing
        hidden = hidden_fault(spec)
        return str(replace(hidden, name=fault.name)) if hidden else spec

    def run(self, scenarios: Iterable[Scenario], spec: str | None = None, *, closely: bool = True) -> ScenarioRuns:
        """Run scenarios against one implementation; the clock is frozen only meanwhile.

        `closely=False` is much faster, for where no timeline is needed.
        """
        spec = spec or self.sut
        try:
            if in_browser() and is_elsewhere(spec):
                raise WrongRequest(f"{spec}: {_ONLY_HERE}")
            with open_driver(self._uncovered(spec)) as driver:
                described = self._described[spec] = describe(driver)
                seen = [
                    observe(scenario, driver, described, self.vocabulary, closely=closely) for scenario in scenarios
                ]
        except InvalidSutSpec as error:
            raise WrongRequest(str(error)) from None
        except UnreachableError as error:
            raise WrongRequest("\n".join([f"{spec}: {sanitize(str(error))}", *map(sanitize, error.log)])) from None
        clauses = {clause.id: clause for clause in self.register.clauses}
        return ScenarioRuns(tuple(ScenarioRun(one, spec, described, clauses) for one in seen))

    def describe(self, spec: str | None = None) -> Description:
        """Return how an implementation describes itself."""
        self.run((), spec)
        return self._described[spec or self.sut]

    def gherkin(self, text: str) -> tuple[Scenario, ...]:
        """Return the scenarios of a cell. Raises CellError."""
        return read_cell(text, self.vocabulary)

    def find(self, text: str) -> tuple[Scenario, ...]:
        """Return the kit's scenarios for a name, `file:line` or clause. Raises WrongRequest if there is none."""
        if self.is_clause(text):
            found = select(self.suite, Selection(clauses=(text.upper(),)), clauses=(text.upper(),))
            if not found:
                raise WrongRequest(f"no scenario covers {text.upper()}: {self._why_none(text.upper())}")
            return found
        try:
            return select(self.suite, Selection(scenarios=(text,)))
        except UnknownSelectionError as error:
            near = self._named(text)
            said = str(error) if error.nearest or not near else f"there is no scenario {text!r}; nearest:"
            raise WrongRequest("\n    ".join([said, *near] if said.endswith(":") else [said])) from None

    def _named(self, text: str) -> list[str]:
        """Return up to five names of scenarios with the words of a text, those that begin with it first."""
        words = re.findall(r"[\w$]+", text.lower())
        names = dict.fromkeys(scenario.name for scenario in self.suite.scenarios)
        having = [n for n in names if words and all(re.search(rf"\b{re.escape(w)}", n.lower()) for w in words)]
        return sorted(having, key=lambda name: not name.lower().startswith(text.lower()))[:_MOST_NAMES]

    def _why_none(self, clause: str) -> str:
        return self.register.clause(clause).excluded or "it is not covered yet"

    def is_clause(self, text: str) -> bool:
        """Return whether a text is the id of a clause."""
        return any(clause.id == text.upper() for clause in self.register.clauses)

    def graded(self, clause_id: str, text: str, hints: int | None = None) -> GradeCard:
        """Return the grade of a cell's scenarios as those of a clause, with more hints at each attempt.

        Raises CellError, and WrongRequest if scenarios cannot test the clause.
        """
        clause = self._clause(clause_id)
        if not clause.testable:
            raise WrongRequest(f"{clause.id} cannot be tested by a scenario: {clause.excluded}")
        written = self.gherkin(text)
        attempt = self._attempts[clause.id] = self._attempts.get(clause.id, 0) + 1
        grade = self._grader.grade(written, clause)
        self._scores[clause.id] = grade.score
        knobs = {knob.name: knob for knob in self.register.knobs}
        return GradeCard(grade, tuple(feedback(grade, knobs, hints or min(attempt, MOST_HINTS), written)))

    def points(self, clause_id: str, of: float) -> float:
        """Return the points for the latest attempt at a clause; 0 if there was none."""
        return round(of * self._scores.get(self._clause(clause_id).id, 0) / FULL, 2)

    @cached_property
    def _grader(self) -> Grader:
        return Grader(self.suite, self.register, self.vocabulary)

    def beside(self, scenario: Scenario, a: str, b: str) -> SideBySide:
        """Run one scenario against two implementations."""
        runs = self.run((scenario,), a)[0], self.run((scenario,), b)[0]
        knobs = {knob.name: knob for knob in self.register.knobs}
        return SideBySide(*runs, pair_in_words((a, b), knobs, self.faults))

    # What is read

    def clause(self, clause_id: str) -> ClauseCard:
        """Return a clause with its scenarios, knobs and faults."""
        clause = self._clause(clause_id)
        scenarios = tuple(s for s in self.suite.scenarios if clause.id in s.clauses)
        faults = tuple(fault for fault in self.faults if clause.id in fault.clauses)
        return ClauseCard(clause, self.register.place(clause), scenarios, self.register.bearing_on(clause), faults)

    def _clause(self, clause_id: str) -> Clause:
        try:
            return self.register.clause(clause_id.upper())
        except UnknownClause as error:
            raise WrongRequest(f"there is no clause {clause_id!r}{_nearest(error.nearest, ())}") from None

    def knobs(self, asked: Sequence[str] = ()) -> KnobTable:
        """Return the knobs with these names or of these clauses; all where none is named."""
        found: dict[str, Knob] = {}
        for name in asked:
            if self.is_clause(name):
                found |= {knob.name: knob for knob in self.register.bearing_on(self.register.clause(name.upper()))}
                continue
            found[name] = self._knob(name)
        return KnobTable(tuple(found.values()) if asked else self.register.knobs)

    def fault_table(self, asked: Sequence[str] = ()) -> FaultTable:
        """Return the faults of these clauses or families; all where none is named."""
        if asked and all(map(is_blind, asked)):
            return FaultTable(tuple(self.covered(name) for name in asked))
        families = dict.fromkeys(fault.family for fault in self.faults)
        for name in asked:
            if name not in families and not self.is_clause(name):
                raise WrongRequest(f"{name!r} is neither a clause nor a family; the families are {', '.join(families)}")
        wanted = {name.upper() for name in asked}
        return FaultTable(tuple(f for f in self.faults if not asked or f.family in asked or wanted & set(f.clauses)))

    def phrases(self, asked: Sequence[str] = ()) -> PhraseTable:
        """Return the steps with all of these words; all steps where none is given."""
        chosen = phrases(self.vocabulary, asked)
        if not chosen:
            near = suggest(None, " ".join(asked), self.vocabulary).sentences
            said = "".join(f"\n    {sentence}" for sentence in near)
            raise WrongRequest(
                f"no phrase has {' and '.join(map(repr, asked))} in it" + (f"; nearest:{said}" if said else "")
            )
        return PhraseTable(chosen)

    def ledger(self, family: str | None = None) -> ClauseList:
        """Return all clauses or those of one family, with the number of scenarios of each."""
        known = dict.fromkeys(str(clause.family) for clause in self.register.clauses)
        if family is not None and family not in known:
            raise WrongRequest(f"there is no family {family!r}; there are {', '.join(known)}")
        chosen = [clause for clause in self.register.clauses if family in (None, str(clause.family))]
        counted = {c.id: sum(c.id in s.clauses for s in self.suite.scenarios) for c in chosen}
        return ClauseList(tuple(chosen), counted)


_SESSION = NotebookSession()


def session() -> NotebookSession:
    """Return the state of this kernel's notebook."""
    return _SESSION
