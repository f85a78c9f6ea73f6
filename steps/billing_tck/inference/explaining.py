"""Say what was inferred: the evidence of each value, why the others cannot be told, and what fits no value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from billing_tck.explorer.attribution import clauses_of
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.contract_sentences import contract_of
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.inference import Explanation, judged
from billing_tck.explorer.wording import words_of
from billing_tck.inference.findings import Evidence, Failure, Finding, Inferred, Misfit
from billing_tck.inference.reasons import why_open
from billing_tck.inference.state import State
from billing_tck.inference.tables import played_by_reference
from billing_tck.reference.oracle import KNOBS

_MOST_ROWS = 50
_THE = ("organization", "service", "subscription")


def explain(state: State) -> Inferred:
    """Return what was inferred."""
    assignment = state.candidates.some()
    misfits = _joined(_misfits(state, assignment))
    blocked = {name: number for number, misfit in enumerate(misfits, start=1) for name in misfit.histories}
    findings = tuple(_finding(state, assignment, knob, blocked) for knob in KNOBS)
    failures = tuple(
        Failure(name, state.tables[name].words, str(played.error), tuple(played.error.log))
        for name, played in state.played.items()
        if played.error is not None
    )
    calls = sum(len(played.answers) for played in state.played.values())
    return Inferred(findings, misfits, failures, tuple(state.played), calls, state.late)


def _finding(state: State, assignment: dict[str, str], knob: str, blocked: Mapping[str, int]) -> Finding:
    possible = state.candidates.values[knob]
    declared = state.subject.description.readings.get(knob)
    if len(possible) == 1:
        evidence = tuple(_evidence(state, assignment, knob, blocked))
        return Finding(knob, possible[0], evidence, "", possible, declared)
    stricter = _stricter(state, assignment, knob)
    if stricter is not None:
        value, evidence_of = stricter
        return Finding(knob, value, (evidence_of,), "", possible, declared)
    return Finding(knob, None, (), why_open(state, knob, blocked), possible, declared)


def _evidence(state: State, assignment: dict[str, str], knob: str, blocked: Mapping[str, int]) -> Iterator[Evidence]:
    """Yield for each other value the shortest history that excludes it; values excluded alike come together."""
    found: dict[tuple[str, int], list[tuple[str, Difference]]] = {}
    names = [name for name in state.played if knob in state.tables[name].knobs and name not in blocked]
    names.sort(key=lambda name: len(state.tables[name].actions))
    for value in KNOBS[knob]:
        if value == assignment[knob]:
            continue
        for name in names:
            excluded = state.judge(name, {**assignment, knob: value})
            if excluded.refuted:
                found.setdefault((name, excluded.place), []).append((value, excluded.differences[0]))
                break
    for (name, place), excluded_values in found.items():
        otherwise = tuple((value, _said(words_of(one)[0])) for value, one in excluded_values)
        first = excluded_values[0][1]
        yield Evidence(name, _words(state, name, place), first.at, _said(words_of(first)[1]), otherwise)


def _stricter(state: State, assignment: dict[str, str], knob: str) -> tuple[str, Evidence] | None:
    """Return the value that allows less, where one of two possible values allows all that the other does."""
    names = [name for name in state.played if knob in state.tables[name].knobs]
    possible = state.candidates.values[knob]
    for value in possible:
        others = [other for other in possible if other != value]
        for name in names:
            shown = {
                one: played_by_reference(state.tables[name].actions, {**assignment, knob: one}) for one in possible
            }
            excludes = [
                judged(shown[other].answers, {**assignment, knob: value}, state.subject.settles) for other in others
            ]
            allowed = all(
                not judged(shown[value].answers, {**assignment, knob: other}, state.subject.settles).refuted
                for other in others
            )
            if allowed and all(one.refuted for one in excludes):
                wanted, instead = map(_said, words_of(excludes[0].differences[0]))
                at, place = excludes[0].differences[0].at, excludes[0].place
                otherwise = tuple((other, f"{instead}, which allows this, too") for other in others)
                return value, Evidence(name, _words(state, name, place), at, wanted, otherwise)
    return None


def _misfits(state: State, assignment: dict[str, str]) -> Iterator[Misfit]:
    """Yield the histories that are not explained, under the values that come furthest."""
    for name, played in state.played.items():
        table = state.tables[name]
        if played.error is not None or not state.judge(name, assignment).refuted:
            continue
        possible = islice(state.candidates.rows(table.knobs), _MOST_ROWS)
        rows = [dict(zip(table.knobs, row, strict=True)) for row in possible]
        tried = [state.judge(name, {**assignment, **row}) for row in rows]
        nearest = max((one for one in tried if one.refuted), key=lambda one: one.place, default=None)
        nearest = nearest or state.judge(name, assignment)
        yield _misfit(state, name, nearest)


def _joined(misfits: Iterable[Misfit]) -> tuple[Misfit, ...]:
    """Return the misfits, those that show the same after the same actions as one."""
    joined: dict[tuple[object, ...], Misfit] = {}
    for one in misfits:
        key = (one.words, one.at, one.expected, one.observed)
        known = joined.get(key, replace(one, histories=(), knobs=()))
        knobs = tuple(dict.fromkeys((*known.knobs, *one.knobs)))
        joined[key] = replace(known, histories=(*known.histories, *one.histories), knobs=knobs)
    return tuple(joined.values())


def _misfit(state: State, name: str, nearest: Explanation) -> Misfit:
    difference = nearest.differences[0]
    comparator = Comparator(nearest.assignment, state.subject.settles)
    before = state.played[name].answers[: nearest.place]
    for answer in before:
        comparator.take(answer)
    after = next((one.method for one in reversed(before) if not one.method.startswith("get_")), "")
    contract = contract_of(difference, comparator)
    expected, observed = map(_said, words_of(difference))
    knobs = tuple(knob for knob in state.tables[name].knobs if len(state.candidates.values[knob]) > 1)
    clauses = () if contract is not None else clauses_of(difference, comparator, after)
    return Misfit(
        (name,), _words(state, name, nearest.place), difference.at, expected, observed, clauses, contract, knobs
    )


def _words(state: State, name: str, place: int) -> tuple[str, ...]:
    """Return a history in words, up to the action whose answer is at a place."""
    return state.tables[name].words[: state.played[name].actions_until(place)]


def _said(text: str) -> str:
    """Return a text with words in place of the labels of a history with one organization."""
    for kind in _THE:
        text = text.replace(f"{kind}-1", f"the {kind}")
    return text
