"""A finding: what both sides show, which clause speaks of it, and a scenario that fails here and passes there.

The scenario is tried before it is written: against the implementation it must deviate, against the reference under the
same readings it must conform. Under which other readings, and with late effects, it conforms too says where it belongs:
in the core, or in the edges with the readings that it needs.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from billing_tck.connect import open_unfrozen
from billing_tck.contract.values import Description, OrganizationView
from billing_tck.drivers import Driver
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.errors import KitError
from billing_tck.explorer.attribution import clauses_of, contract_of
from billing_tck.explorer.campaign import Explored, described, variants
from billing_tck.explorer.comparator import Difference, Judge
from billing_tck.explorer.history import Answer, History
from billing_tck.explorer.inference import judged, would_fit
from billing_tck.explorer.runner import Played, Subject, replay
from billing_tck.explorer.scenario_writer import (
    Scene,
    Tags,
    Unspeakable,
    is_expressible,
    lines_with,
    render,
    scene,
    then,
)
from billing_tck.reference.oracle import KNOBS
from billing_tck.results.calls import THINGS, Entry, tell
from billing_tck.results.verdicts import Conforms, Deviates, Verdict
from billing_tck.spec.applicability import settles_within
from billing_tck.spec.gherkin import Scenario, features_dir, read_file
from billing_tck.spec.requirements import Register, load_register
from billing_tck.steps.registry import load

SWEEPS = ("late", "late=morning")
MOST_CLAUSES = 2
"""So many of the clauses that a difference speaks of become tags: the most telling."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, told.

    `feature` is the text of the scenario, `path` where it belongs under a folder; both None where the vocabulary has no
    phrase, and `unspeakable` says for what. `instead` is what the scenario looks at, as expected and observed, where no
    phrase tells the difference itself. `contract` is the sentence of the contract that is broken, where it is no
    clause. `fits` is the other value of a knob under which it would be right.
    """

    difference: Difference
    expected: str
    observed: str
    clauses: tuple[str, ...]
    sentences: Mapping[str, str]
    timeline: tuple[tuple[datetime, str], ...]
    history: History
    fits: tuple[str, str] | None
    declared: Mapping[str, str]
    feature: str | None = None
    path: Path | None = None
    unspeakable: str = ""
    contract: str | None = None
    instead: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """One way to write a finding down, and how general it is (0 holds everywhere)."""

    rank: int
    text: str
    tags: Tags
    difference: Difference


def explain_finding(sut: str, explored: Explored, *, seed: str, timeout: float) -> Finding | None:
    """The finding of an exploration, told and written; None where there is none."""
    played = explored.finding
    if played is None or not played.differences:
        return None
    register = load_register(features_dir())
    with open_unfrozen(sut, timeout=timeout) as driver:
        description = describe(driver)
        subject = Subject(driver, described(description), settles_within(description))
        return _Explainer(sut, subject, driver, register, explored, seed).finding(played)


class _Explainer:
    def __init__(  # noqa: PLR0917 - what a finding is told from
        self, sut: str, subject: Subject, driver: Driver, register: Register, explored: Explored, seed: str
    ) -> None:
        self._sut = sut
        self._subject = subject
        self._driver = driver
        self._register = register
        self._explored = explored
        self._seed = seed
        self._family = {clause.id: str(clause.family) for clause in register.clauses}
        self._sentence = {clause.id: clause.sentence for clause in register.clauses}
        self._testable = {clause.id for clause in register.clauses if clause.testable}

    def finding(self, played: Played) -> Finding:
        """The finding, written in the most general way that fails here and passes there."""
        first = self._written(played)
        best, feature = played, first if isinstance(first, _Written) else None
        unspeakable = "" if isinstance(first, _Written) else first
        if feature is None or feature.rank:
            for history in variants(played):
                other = replay(self._subject, history, played.assignment, is_expressible)
                if not other.differences or all(difference.soft for difference in other.differences):
                    continue
                written = self._written(other)
                if isinstance(written, _Written) and (feature is None or written.rank < feature.rank):
                    best, feature = other, written
                    if not written.rank:
                        break
        return self._told(best, feature, unspeakable)

    def _told(self, played: Played, written: _Written | None, unspeakable: str) -> Finding:
        difference, readings = played.differences[0], self._subject.description.readings
        judge = self._judge(played)
        clauses = self._clauses(difference, judge, played)
        tidy: Callable[[str], str] = str
        with suppress(Unspeakable):
            tidy = scene(played).names.in_text
        expected, observed = difference.words
        fits = would_fit(
            lambda other: judged(played.answers, other, self._subject.settles),
            readings,
            played.assignment,
            {answer.method for answer in played.answers},
        )
        return Finding(
            difference,
            tidy(expected),
            tidy(observed),
            clauses,
            {clause: self._sentence[clause] for clause in clauses},
            told_history(played),
            played.history,
            fits,
            readings,
            None if written is None else written.text,
            None if written is None else _path(written.tags),
            unspeakable if written is None else "",
            contract_of(difference, judge),
            None if written is None or written.difference is difference else _both(written.difference.words, tidy),
        )

    def _judge(self, played: Played) -> Judge:
        """The reference where the difference was seen."""
        readings = {**played.assignment, **self._subject.description.readings}
        judge = Judge(readings, self._subject.settles)
        for answer in played.answers:
            judge.take(answer)
        return judge

    def _clauses(self, difference: Difference, judge: Judge, played: Played) -> tuple[str, ...]:
        after = played.history.acts[-1].method if played.history.acts else ""
        cited = clauses_of(difference, judge, after)
        return tuple(clause for clause in cited if clause in self._testable) or ("BC-10",)

    # The scenario

    def _written(self, played: Played) -> _Written | str:
        """The first wording that deviates here and conforms there; why there is none, where there is none."""
        try:
            told = scene(played)
        except Unspeakable as missing:
            return str(missing)
        judge = self._judge(played)
        missing_phrase = ""
        for difference in played.differences:
            if difference.soft:
                missing_phrase = missing_phrase or f"the field {difference.field}"
                continue
            clauses = self._clauses(difference, judge, played)
            for check in self._checks(difference, told):
                contract = contract_of(difference, judge)
                written = self._tried(played, difference, clauses, contract, told, check, judge)
                if written is not None:
                    return written
            missing_phrase = missing_phrase or f"{difference.field}: {' / '.join(difference.words)}"
        return f"no phrase tells this apart: {missing_phrase}"

    def _checks(self, difference: Difference, told: Scene) -> Iterator[str | None]:
        if difference.field == "outcome":
            yield None
        yield from then(difference, told)

    def _tried(  # noqa: PLR0917 - what one wording is made of
        self,
        played: Played,
        difference: Difference,
        clauses: tuple[str, ...],
        contract: str | None,
        told: Scene,
        check: str | None,
        judge: Judge,
    ) -> _Written | None:
        closing = _closing(difference, told, judge)
        steps = lines_with(told, check, closing)
        title = _title(check if check is not None else told.lines[-1].text)
        tags = Tags(self._family[clauses[0]], clauses[:MOST_CLAUSES], tuple(sorted(told.needs)))
        remarks = self._remarks(played, difference, told)
        if contract is not None:
            remarks.append("No clause says so, but the contract; the tag is that of the nearest one.")

        def text(with_tags: Tags) -> str:
            return render(with_tags, title, contract or self._sentence[clauses[0]], steps, remarks)

        scenario = _read(text(tags), tags)
        try:
            if not isinstance(_verdict(scenario, self._driver, self._subject.description), Deviates):
                return None
            base = {**played.assignment, **self._subject.description.readings}
            if not _conforms(scenario, base):
                return None
            needed = [knob for knob in KNOBS if not _under_every_value(scenario, base, knob)]
            exact = not all(_conforms(scenario, base, late) for late in SWEEPS)
        except KitError:
            return None
        declared = self._subject.description.readings
        readings = tuple((knob, base.get(knob, KNOBS[knob][0])) for knob in needed if knob in declared)
        if exact and not readings and "deadline_instant" in declared:
            readings = (("deadline_instant", declared["deadline_instant"]),)
        tagged = Tags(tags.family, tags.clauses, tags.needs, readings, exact and bool(readings))
        undeclared = [knob for knob in needed if knob not in declared]
        if undeclared:
            rests = ", ".join(f"{knob}={base.get(knob, KNOBS[knob][0])}" for knob in undeclared)
            remarks += [
                f"It rests on {rests}, which the implementation does not declare: it is no scenario of the core.",
                "No other values of what is not declared explain what it shows either.",
            ]
        if exact and not tagged.exact:
            remarks.append("It needs effects at their due time: it is no scenario of the core.")
        rank = 3 * bool(undeclared) + 2 * exact + bool(readings)
        return _Written(rank, text(tagged), tagged, difference)

    def _remarks(self, played: Played, difference: Difference, told: Scene) -> list[str]:
        expected, observed = _both(difference.words, told.names.in_text)
        remarks = [
            f"Found by billing-tck explore --sut {self._sut!r} --seed {self._seed} (history {self._explored.number}).",
            f"Expected: {expected}. Observed: {observed}.",
        ]
        first = played.differences[0]
        if first is not difference:
            wanted, shown = _both(first.words, told.names.in_text)
            remarks[1:] = [
                f"Found was another difference, which no phrase tells apart. Expected: {wanted}. Observed: {shown}.",
                f"This scenario looks at what follows from it. Expected: {expected}. Observed: {observed}.",
            ]
        return remarks


def _both(words: tuple[str, str], tidy: Callable[[str], str]) -> tuple[str, str]:
    return tidy(words[0]), tidy(words[1])


def told_history(played: Played) -> tuple[tuple[datetime, str], ...]:
    """What was done, in the words of the domain."""
    try:
        names = scene(played).names.spoken
    except Unspeakable:
        names = {label: label for answer in played.answers for label in answer.makes}
    return tell(_entries(played), {(kind, label): name for label, name in names.items() for kind in THINGS})


def _entries(played: Played) -> list[Entry]:
    """What was done, for the timeline; things go by their labels."""
    entries = []
    for answer in played.answers:
        if answer.method.startswith("get_"):
            continue
        params = {**answer.params, "now": answer.at} if answer.method in {"reset", "advance_to"} else answer.params
        entries.append(Entry(answer.at, answer.method, params, _made(answer)))
    return entries


@dataclass(frozen=True, slots=True)
class _Made:
    """What a call made, by its label, so that the timeline can name it."""

    organization: str | None = None
    user: str | None = None
    service: str | None = None
    account: str | None = None
    subscription: str | None = None


def _made(answer: Answer) -> object:
    if not answer.makes or isinstance(answer.outcome, Exception | OrganizationView):
        return answer.outcome
    kind = {
        "create_organization": "organization",
        "link_subscription": "organization",
        "create_service": "service",
        "open_marketplace_account": "account",
        "subscribe": "subscription",
    }.get(answer.method, "user")
    return _Made(**{kind: answer.makes[0]})


def _closing(difference: Difference, told: Scene, judge: Judge) -> str:
    """Something that is to be seen at the end, whatever the scenario is about."""
    label = difference.organization if difference.organization in told.names.spoken else ""
    label = label or next((known for known, name in told.names.spoken.items() if name == "the organization"), "")
    if label and label in judge.ours:
        restricted = judge.oracle.restricted(judge.oracle.organization(judge.ours[label]))
        return f"{told.names.of(label)} is {'restricted' if restricted else 'not restricted'}"
    for label, name in told.names.spoken.items():
        if name == "the subscription" and label in judge.ours:
            state = judge.oracle.see_subscription(judge.ours[label]).state
            return f"{name} is { {'subscribed': 'bought, and not linked', 'ended': 'over'}.get(state, state) }"
    return "the organization is not restricted"


def _title(text: str) -> str:
    title = text[0].upper() + text[1:]
    return re.sub(r"\s+", " ", title)


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
    own = base.get(knob, KNOBS[knob][0])
    return all(_conforms(scenario, {**base, knob: value}) for value in KNOBS[knob] if value != own)


__all__ = ["Finding", "explain_finding", "told_history"]
