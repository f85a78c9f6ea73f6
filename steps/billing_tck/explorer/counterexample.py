"""A counterexample: what is expected and observed, the clauses, and a scenario that fails here and passes there.

The scenario is run before it is written: the implementation must deviate, and the reference under the same readings
must conform. Whether it also conforms under other readings and with late effects decides where the scenario belongs: in
the core, or in the edges with the readings that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from billing_tck.connect import open_unfrozen
from billing_tck.connection import Connection
from billing_tck.contract.values import OrganizationView
from billing_tck.explorer.campaign import Explored
from billing_tck.explorer.contract_sentences import contract_of
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.history import Answer, History
from billing_tck.explorer.inference import judged, would_fit
from billing_tck.explorer.runner import Played, Subject, replay, subject_of
from billing_tck.explorer.scenario_checks import is_expressible
from billing_tck.explorer.scenario_names import NotExpressible
from billing_tck.explorer.scenario_search import ScenarioSearch, Written, comparator_at, testable_clauses
from billing_tck.explorer.scenario_steps import scene_of
from billing_tck.explorer.shrink import roomier
from billing_tck.explorer.wording import words_of
from billing_tck.results.calls import OBJECTS, Entry, describe_calls
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A difference with its explanation.

    `feature` is the text of the scenario and `path` its place under a features folder; both are None where no steps
    express it, and `not_expressible` says what is missing. `instead` is what the scenario checks, as expected and
    observed, where no step checks the difference itself. `contract` is the sentence of the contract that is broken,
    where it is no clause. `fits` is the value of a knob under which the implementation would be right.
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
    not_expressible: str = ""
    contract: str | None = None
    instead: tuple[str, str] | None = None


def explain_counterexample(sut: str, explored: Explored, *, seed: str, connection: Connection) -> Counterexample | None:
    """Return the counterexample that exploring came to, or None if it found nothing."""
    played = explored.finding
    if played is None or not played.differences:
        return None
    register = load_register(features_dir())
    with open_unfrozen(sut, connection=connection) as driver:
        subject = subject_of(driver)
        source = f"billing-tck explore --sut {sut!r} --seed {seed} (history {explored.number})"
        return counterexample_of(played, subject, ScenarioSearch(subject, driver, register, source))


def counterexample_of(played: Played, subject: Subject, search: ScenarioSearch) -> Counterexample:
    """Return the counterexample of a played history that differs."""
    best, written = _most_general(played, subject, search)
    return _explain(best, written, subject, search.register)


def _most_general(played: Played, subject: Subject, search: ScenarioSearch) -> tuple[Played, Written | str]:
    """Return the history whose scenario needs the fewest readings; a text says why there is no scenario."""
    best, written = played, search.write(played)
    if isinstance(written, Written) and not written.rank:
        return best, written
    for history in roomier(played.history):
        other = replay(subject, history, played.assignment, is_expressible)
        if not other.differences or all(difference.optional for difference in other.differences):
            continue
        found = search.write(other)
        if isinstance(found, Written) and (isinstance(written, str) or found.rank < written.rank):
            best, written = other, found
            if not found.rank:
                break
    return best, written


def _explain(played: Played, written: Written | str, subject: Subject, register: Register) -> Counterexample:
    difference, readings = played.differences[0], subject.description.readings
    comparator = comparator_at(played, subject)
    clauses = testable_clauses(difference, comparator, played, register)
    named: Callable[[str], str] = str
    with suppress(NotExpressible):
        named = scene_of(played).names.in_text
    expected, observed = words_of(difference)
    fits = would_fit(
        lambda other: judged(played.answers, other, subject.settles),
        readings,
        played.assignment,
        {answer.method for answer in played.answers},
    )
    instead = None
    if isinstance(written, Written) and written.difference is not difference:
        instead = named(words_of(written.difference)[0]), named(words_of(written.difference)[1])
    return Counterexample(
        difference=difference,
        expected=named(expected),
        observed=named(observed),
        clauses=clauses,
        sentences={clause: register.clause(clause).sentence for clause in clauses},
        timeline=told_history(played),
        history=played.history,
        fits=fits,
        declared=readings,
        feature=written.text if isinstance(written, Written) else None,
        path=written.path if isinstance(written, Written) else None,
        not_expressible=written if isinstance(written, str) else "",
        contract=contract_of(difference, comparator),
        instead=instead,
    )


def told_history(played: Played) -> tuple[tuple[datetime, str], ...]:
    """Return the calls of a history as text, with their instants."""
    try:
        names = scene_of(played).names.spoken
    except NotExpressible:
        names = {label: label for answer in played.answers for label in answer.makes}
    return describe_calls(_entries(played), {(kind, label): name for label, name in names.items() for kind in OBJECTS})


def _entries(played: Played) -> list[Entry]:
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


_KINDS_MADE: Mapping[str, str] = {
    "create_organization": "organization",
    "link_subscription": "organization",
    "create_service": "service",
    "open_marketplace_account": "account",
    "subscribe": "subscription",
}


def _made(answer: Answer) -> object:
    if not answer.makes or isinstance(answer.outcome, Exception | OrganizationView):
        return answer.outcome
    return _Made(**{_KINDS_MADE.get(answer.method, "user"): answer.makes[0]})
