"""Which values of undeclared knobs would explain what an implementation shows.

The answers of a history are judged anew under other values, of several knobs together; a difference counts when no
assignment of those that are not declared explains it. What would take too long to try out counts against nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import heappop, heappush
from types import MappingProxyType

from billing_tck.explorer.comparator import Difference, Judge
from billing_tck.explorer.exclusions import untested
from billing_tck.explorer.history import Answer
from billing_tck.reference.oracle import KNOBS

Assignment = dict[str, str]

MOST_ANSWERS = 60_000
"""So many answers are judged anew, under one assignment after the other, before the search gives up."""

_OWED = frozenset({"record_usage", "end_subscription", "subscribe"})
_SPEAKS_OF: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "trial_exhausted": frozenset({"start_trial"}),
        "trial_deletion_origin": frozenset({"start_trial"}),
        "no_method_create": frozenset({"start_trial"}),
        "threshold_comparison": frozenset({"record_usage"}),
        "threshold_rearm": frozenset({"record_usage"}),
        "card_replacement": frozenset({"add_card"}),
        "unpaid_clock": _OWED,
        "extension_scope": frozenset({"grant_extension"}),
        "extension_end": frozenset({"grant_extension"}),
        "restart_after_payment": _OWED,
        "marketplace_end": frozenset({"link_subscription"}),
        "report_lines": frozenset({"link_subscription"}),
        "usage_before_linking": frozenset({"link_subscription"}),
        "credit_order": frozenset({"grant_credits", "sign_commitment"}),
        "commitment_expiry_fallback": frozenset({"sign_commitment"}),
        "commitment_protection": frozenset({"sign_commitment"}),
    }
)
"""The calls without which a knob bears on nothing; those that are not here may bear on any history."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the search came to.

    `judge` stands where the answers end, under the assignment that explains them; None where nothing does, and
    `place` and `differences` are then those of the assignment that came furthest. `untestable` says that under the
    assignment a call at `place` is not tested, so that nothing can be held against what follows; `undecided` that
    there were more assignments than were tried. `wanted` tells apart what the rules wanted up to `place`.
    """

    assignment: Assignment
    judge: Judge | None
    place: int
    differences: tuple[Difference, ...] = ()
    untestable: bool = False
    undecided: bool = False
    wanted: int = 0

    @property
    def refuted(self) -> bool:
        """Whether something differs under the assignment, or, of a search, whatever the undeclared knobs are."""
        return self.judge is None and not self.undecided


def judged(
    answers: Sequence[Answer], readings: Mapping[str, str], settles: timedelta, *, soft: bool = False
) -> Explanation:
    """The first answer that differs under these readings, with `soft` in an optional field as well.

    Where a call is not tested under them, nothing that follows can speak against them.
    """
    judge = Judge(readings, settles)
    for place, answer in enumerate(answers):
        if answer.method not in {"reset", "describe_implementation"} and not answer.method.startswith("get_"):
            params = {**answer.params, "now": answer.at} if answer.method == "advance_to" else answer.params
            if untested(judge, answer.method, params) is not None:
                return Explanation(dict(readings), judge, place, untestable=True)
        found = tuple(difference for difference in judge.take(answer) if soft or not difference.soft)
        if found:
            return Explanation(dict(readings), None, place, found, wanted=judge.wanted)
    return Explanation(dict(readings), judge, len(answers))


Judging = Callable[[Mapping[str, str]], Explanation]
"""Judges the same answers under other readings."""


def explain(
    answers: Sequence[Answer],
    declared: Mapping[str, str],
    settles: timedelta,
    supposed: Assignment,
    *,
    soft: bool = False,
) -> Explanation:
    """An assignment of the undeclared knobs under which nothing differs, sought from `supposed` on."""
    methods = {answer.method for answer in answers}
    return search(lambda readings: judged(answers, readings, settles, soft=soft), declared, supposed, methods)


def search(
    judging: Judging, declared: Mapping[str, str], supposed: Assignment, methods: set[str], most: int | None = None
) -> Explanation:
    """An assignment of the undeclared knobs under which nothing differs; else the one that came furthest.

    From each assignment one knob is changed at a time, from those that came furthest first; a change is followed
    where the rules then want something else, whether that fits better or not. So all assignments of the knobs that
    bear on the answers are tried together, and every two changes of which one bears on them by itself.
    """
    open_knobs = [
        knob for knob in KNOBS if knob not in declared and (knob not in _SPEAKS_OF or _SPEAKS_OF[knob] & methods)
    ]
    start = {knob: supposed.get(knob, KNOBS[knob][0]) for knob in KNOBS if knob not in declared}
    best = replace(judging({**start, **declared}), assignment=start)
    if not best.refuted or not open_knobs:
        return best
    untestable: Explanation | None = None
    bearing: set[str] = set()
    seen = {tuple(start.values())}
    front = [(*_order(best), 0, 0, best)]
    furthest, work = best.place, best.place
    most = MOST_ANSWERS if most is None else most
    while front:
        *_, changes, _, one = heappop(front)
        anew = changes <= 1 or one.place > furthest
        furthest = max(furthest, one.place)
        for knob, changed in _changed(one.assignment, [k for k in open_knobs if anew or k in bearing]):
            key = tuple(changed.values())
            if key in seen:
                continue
            seen.add(key)
            if work > most:
                return untestable or replace(best, undecided=True)
            result = replace(judging({**changed, **declared}), assignment=changed)
            work += result.place + 1
            if result.untestable:
                untestable = untestable or result
                bearing.add(knob)
            elif not result.refuted:
                return result
            elif (result.place, result.wanted) != (one.place, one.wanted):
                bearing.add(knob)
                heappush(front, (*_order(result), changes + 1, len(seen), result))
                best = result if result.place > best.place else best
    return untestable or best


def _order(one: Explanation) -> tuple[int, int]:
    """Which is followed first: what came furthest, and differs there in the fewest things."""
    return -one.place, len(one.differences)


def _changed(assignment: Assignment, knobs: Sequence[str]) -> Iterator[tuple[str, Assignment]]:
    """The assignments that differ in one knob."""
    for knob in knobs:
        for value in KNOBS[knob]:
            if value != assignment[knob]:
                yield knob, {**assignment, knob: value}


def would_fit(
    judging: Judging, declared: Mapping[str, str], supposed: Assignment, methods: set[str], most: int = MOST_ANSWERS
) -> tuple[str, str] | None:
    """The other value of one declared knob under which the answers would be right; None where there is none."""
    for knob, values in KNOBS.items():
        for value in values if knob in declared else ():
            if value != declared[knob]:
                result = search(judging, {**declared, knob: value}, supposed, methods, most // 10)
                if not result.refuted and not result.untestable and not result.undecided:
                    return knob, value
    return None
