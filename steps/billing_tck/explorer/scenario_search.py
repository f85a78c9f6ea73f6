"""Find a scenario for a played history: the first wording that the implementation fails and the reference passes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from billing_tck.connect import open_unfrozen
from billing_tck.contract.values import Description
from billing_tck.drivers import Driver
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.errors import KitError
from billing_tck.explorer.attribution import clauses_of
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.contract_sentences import contract_of
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.runner import Played, Subject
from billing_tck.explorer.scenario_checks import checks, closing_check
from billing_tck.explorer.scenario_names import NotExpressible
from billing_tck.explorer.scenario_steps import Scene, scene_of
from billing_tck.explorer.scenario_writer import Tags, lines_with, render_feature
from billing_tck.explorer.wording import words_of
from billing_tck.reference.oracle import KNOBS
from billing_tck.results.verdicts import Conforms, Deviates, Verdict
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import load

SWEEPS = ("late", "late=morning")
MOST_CLAUSES = 2  # clauses of a difference that become tags


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario for a difference; `rank` is how much it needs beyond the core's conditions, 0 for nothing."""

    rank: int
    text: str
    tags: Tags
    difference: Difference

    @property
    def path(self) -> Path:
        """Where the scenario belongs under a features folder."""
        return _path(self.tags)


def comparator_at(played: Played, subject: Subject) -> Comparator:
    """Return a comparator at the end of a played history."""
    comparator = Comparator({**played.assignment, **subject.description.readings}, subject.settles)
    for answer in played.answers:
        comparator.take(answer)
    return comparator


def testable_clauses(
    difference: Difference, comparator: Comparator, played: Played, register: Register
) -> tuple[str, ...]:
    """Return the testable clauses that a difference is about, the most specific first."""
    latest = played.history.commands[-1].method if played.history.commands else ""
    cited = clauses_of(difference, comparator, latest)
    return tuple(clause for clause in cited if register.clause(clause).testable) or ("BC-10",)


@dataclass(frozen=True, slots=True)
class ScenarioSearch:
    """Tries wordings against an implementation; `source` is the command that found the history."""

    subject: Subject
    driver: Driver
    register: Register
    source: str

    def write(self, played: Played) -> Written | str:
        """Return the scenario of a history, or the reason why there is none."""
        try:
            scene = scene_of(played)
        except NotExpressible as missing:
            return str(missing)
        comparator = comparator_at(played, self.subject)
        missing_check = ""
        for difference in played.differences:
            if difference.optional:
                missing_check = missing_check or f"the field {difference.field}"
                continue
            for check in _candidates(difference, scene):
                written = self._try(_Wording(played, difference, scene, check), comparator)
                if written is not None:
                    return written
            missing_check = missing_check or f"{difference.field}: {' / '.join(words_of(difference))}"
        return f"no step definition shows the difference: {missing_check}"

    def _try(self, wording: _Wording, comparator: Comparator) -> Written | None:
        """Return the scenario of one wording if it deviates here and conforms there."""
        played, difference = wording.played, wording.difference
        clauses = testable_clauses(difference, comparator, played, self.register)
        contract = contract_of(difference, comparator)
        family = str(self.register.clause(clauses[0]).family)
        tags = Tags(family, clauses[:MOST_CLAUSES], tuple(sorted(wording.scene.needs)))
        remarks = wording.remarks(self.source)
        if contract is not None:
            remarks.append("The contract requires this, no clause does; the tag is that of the nearest one.")
        rule = contract or self.register.clause(clauses[0]).sentence
        lines = lines_with(
            wording.scene, wording.check, closing_check(difference, wording.scene, comparator), wording.performs
        )

        def text(with_tags: Tags) -> str:
            return render_feature(with_tags, wording.title, rule, lines, remarks)

        declared = self.subject.description.readings
        base = {**played.assignment, **declared}
        try:
            needs = self._needs(_read(text(tags), tags), base)
        except KitError:
            return None
        if needs is None:
            return None
        readings = tuple((knob, _value(base, knob)) for knob in needs.knobs if knob in declared)
        if needs.exact and not readings and "deadline_instant" in declared:
            readings = (("deadline_instant", declared["deadline_instant"]),)
        tagged = replace(tags, readings=readings, exact=needs.exact and bool(readings))
        undeclared = [f"{knob}={_value(base, knob)}" for knob in needs.knobs if knob not in declared]
        if undeclared:
            remarks += [
                f"It depends on {', '.join(undeclared)}, which the implementation does not declare: "
                "it does not belong in the core.",
                "No other values of undeclared knobs explain what it shows either.",
            ]
        if needs.exact and not tagged.exact:
            remarks.append("It needs effects at their due time: it does not belong in the core.")
        rank = 3 * bool(undeclared) + 2 * needs.exact + bool(readings)
        return Written(rank, text(tagged), tagged, difference)

    def _needs(self, scenario: Scenario, base: Mapping[str, str]) -> _Needs | None:
        """Return what a scenario needs to hold; None if it shows no difference from the reference."""
        if not isinstance(_verdict(scenario, self.driver, self.subject.description), Deviates):
            return None
        if not _conforms(scenario, base):
            return None
        knobs = [knob for knob in KNOBS if not _under_every_value(scenario, base, knob)]
        return _Needs(knobs, exact=not all(_conforms(scenario, base, late) for late in SWEEPS))


@dataclass(frozen=True, slots=True)
class _Needs:
    """The knobs whose values a scenario depends on, and whether effects have to show at their due time."""

    knobs: list[str]
    exact: bool


@dataclass(frozen=True, slots=True)
class _Wording:
    """One way to express a history: its steps, and a check, None where the last command is its own."""

    played: Played
    difference: Difference
    scene: Scene
    check: str | None

    @property
    def performs(self) -> str:
        """The method that the check calls itself."""
        return self.difference.method if self.difference.field == "outcome" else ""

    @property
    def title(self) -> str:
        """The scenario's title."""
        text = self.check if self.check is not None else self.scene.lines[-1].text
        return re.sub(r"\s+", " ", text[0].upper() + text[1:])

    def remarks(self, source: str) -> list[str]:
        """Return the comments above the scenario."""
        expected, observed = map(self.scene.names.in_text, words_of(self.difference))
        first = self.played.differences[0]
        if first is self.difference:
            return [f"Found by {source}.", f"Expected: {expected}. Observed: {observed}."]
        wanted, shown = map(self.scene.names.in_text, words_of(first))
        return [
            f"Found by {source}.",
            f"No step definition shows the difference that was found. Expected: {wanted}. Observed: {shown}.",
            f"This scenario checks what follows from it. Expected: {expected}. Observed: {observed}.",
        ]


def _candidates(difference: Difference, scene: Scene) -> Iterator[str | None]:
    if difference.field == "outcome":
        yield None
    yield from checks(difference, scene)


def _value(readings: Mapping[str, str], knob: str) -> str:
    return readings.get(knob, KNOBS[knob][0])


def _path(tags: Tags) -> Path:
    return Path("edge" if tags.edge else "core") / f"{tags.family}.feature"


def _read(text: str, tags: Tags) -> Scenario:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _path(tags)
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        return read_file(path, Path(folder)).scenarios[0]


def _verdict(scenario: Scenario, driver: Driver, description: Description) -> Verdict:
    return run_scenario(scenario, driver, description, load()).verdict


def _conforms(scenario: Scenario, readings: Mapping[str, str], late: str | None = None) -> bool:
    words = [f"{knob}={value}" for knob, value in readings.items()] + ([late] if late else [])
    with open_unfrozen("reference" + (":" + ",".join(words) if words else "")) as driver:
        return isinstance(_verdict(scenario, driver, describe(driver)), Conforms)


def _under_every_value(scenario: Scenario, base: Mapping[str, str], knob: str) -> bool:
    own = _value(base, knob)
    return all(_conforms(scenario, {**base, knob: value}) for value in KNOBS[knob] if value != own)
