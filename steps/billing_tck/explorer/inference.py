"""Infer values of undeclared knobs that explain what an implementation shows.

The answers of a history are judged again under other values, of several knobs together. A difference counts if no
assignment of the undeclared knobs explains it. Where there are too many assignments to try, nothing is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import heappop, heappush
from types import MappingProxyType

from billing_tck.contract.values import Description
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.exclusions import exclusion_of
from billing_tck.explorer.history import Answer
from billing_tck.reference.oracle import KNOBS

Assignment = dict[str, str]

MOST_ANSWERS = 60_000
"""The search stops after judging this number of answers."""

_OWED = frozenset({"record_usage", "end_subscription", "subscribe"})
_NEEDS_A_CALL: Mapping[str, frozenset[str]] = MappingProxyType(
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
        "card_validity": frozenset({"add_card"}),
        "refund_counts": frozenset({"grant_credits"}),
        "arrears_cure": frozenset({"grant_credits", "sign_commitment", "link_subscription"}),
        "credit_draw": frozenset({"grant_credits", "sign_commitment"}),
        "commitment_end": frozenset({"sign_commitment", "end_subscription"}),
        "commitment_term": frozenset({"sign_commitment"}),
        "debt_after_deletion": _OWED,
        "fee_report": frozenset({"sign_commitment"}),
    }
)
"""The calls without which a knob has no effect; knobs that are not listed may affect any history."""


def known_readings(description: Description) -> dict[str, str]:
    """Return the declared readings whose knobs and values the kit knows."""
    return {knob: value for knob, value in description.readings.items() if value in KNOBS.get(knob, ())}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The outcome of the search.

    `comparator` stands at the end of the answers under the assignment that explains them; it is None where none does,
    and `place` and `differences` are then those of the assignment that came furthest. `untestable` says that a call at
    `place` is not tested under the assignment, so that nothing after it counts; `undecided` that not all assignments
    were tried. `wanted` differs where the expected answers up to `place` do.
    """

    assignment: Assignment
    comparator: Comparator | None
    place: int
    differences: tuple[Difference, ...] = ()
    untestable: bool = False
    undecided: bool = False
    wanted: int = 0

    @property
    def refuted(self) -> bool:
        """Whether something differs under the assignment; after a search, under every assignment."""
        return self.comparator is None and not self.undecided


def judged(
    answers: Sequence[Answer], readings: Mapping[str, str], settles: timedelta, *, optional: bool = False
) -> Explanation:
    """Judge answers up to the first difference under these readings; `optional` counts optional fields, too.

    Where a call is not tested under these readings, nothing after it counts.
    """
    comparator = Comparator(readings, settles)
    for place, answer in enumerate(answers):
        if answer.method not in {"reset", "describe_implementation"} and not answer.method.startswith("get_"):
            params = {**answer.params, "now": answer.at} if answer.method == "advance_to" else answer.params
            if exclusion_of(comparator, answer.method, params) is not None:
                return Explanation(dict(readings), comparator, place, untestable=True)
        found = tuple(difference for difference in comparator.take(answer) if optional or not difference.optional)
        if found:
            return Explanation(dict(readings), None, place, found, wanted=comparator.wanted)
    return Explanation(dict(readings), comparator, len(answers))


Judging = Callable[[Mapping[str, str]], Explanation]
"""Judges the same answers under other readings."""


def explain(
    answers: Sequence[Answer],
    declared: Mapping[str, str],
    settles: timedelta,
    supposed: Assignment,
    *,
    optional: bool = False,
) -> Explanation:
    """Return an assignment of the undeclared knobs under which nothing differs, beginning with `supposed`."""
    methods = {answer.method for answer in answers}
    return search(lambda readings: judged(answers, readings, settles, optional=optional), declared, supposed, methods)


def search(
    judging: Judging, declared: Mapping[str, str], supposed: Assignment, methods: set[str], most: int | None = None
) -> Explanation:
    """Return an assignment of the undeclared knobs under which nothing differs, or else the one that came furthest.

    From each assignment one knob is changed at a time, beginning with those that came furthest. A change is followed
    if the expected answers change, whether they fit better or not. This tries all assignments of the knobs that affect
    the answers, and all pairs of changes of which one affects them alone.
    """
    open_knobs = [
        knob for knob in KNOBS if knob not in declared and (knob not in _NEEDS_A_CALL or _NEEDS_A_CALL[knob] & methods)
    ]
    start = {knob: supposed.get(knob, KNOBS[knob][0]) for knob in KNOBS if knob not in declared}
    best = replace(judging({**start, **declared}), assignment=start)
    if not best.refuted or not open_knobs:
        return best
    untestable: Explanation | None = None
    affecting: set[str] = set()
    seen = {tuple(start.values())}
    front = [(*_order(best), 0, 0, best)]
    furthest, work = best.place, best.place
    most = MOST_ANSWERS if most is None else most
    while front:
        *_, changes, _, one = heappop(front)
        all_knobs = changes <= 1 or one.place > furthest
        furthest = max(furthest, one.place)
        for knob, changed in _changed(one.assignment, [k for k in open_knobs if all_knobs or k in affecting]):
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
                affecting.add(knob)
            elif not result.refuted:
                return result
            elif (result.place, result.wanted) != (one.place, one.wanted):
                affecting.add(knob)
                heappush(front, (*_order(result), changes + 1, len(seen), result))
                best = result if result.place > best.place else best
    return untestable or best


def _order(one: Explanation) -> tuple[int, int]:
    """Order explanations: those that came furthest first, then those with the fewest differences."""
    return -one.place, len(one.differences)


def _changed(assignment: Assignment, knobs: Sequence[str]) -> Iterator[tuple[str, Assignment]]:
    """Return the assignments that differ in one knob."""
    for knob in knobs:
        for value in KNOBS[knob]:
            if value != assignment[knob]:
                yield knob, {**assignment, knob: value}


def would_fit(
    judging: Judging, declared: Mapping[str, str], supposed: Assignment, methods: set[str], most: int = MOST_ANSWERS
) -> tuple[str, str] | None:
    """Return another value of one declared knob under which the answers would be right, or None."""
    for knob, values in KNOBS.items():
        for value in values if knob in declared else ():
            if value != declared[knob]:
                result = search(judging, {**declared, knob: value}, supposed, methods, most // 10)
                if not result.refuted and not result.untestable and not result.undecided:
                    return knob, value
    return None
