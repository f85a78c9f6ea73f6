"""Which values of undeclared knobs would explain what an implementation shows.

The answers of a history are judged anew under other values; a difference counts when none explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from billing_tck.drivers.oracle import KNOBS
from billing_tck.explorer.history import Answer
from billing_tck.explorer.judge import Difference, Judge
from billing_tck.explorer.untested import untested

Assignment = dict[str, str]

WIDTH = 6  # assignments that are followed at a time
DEPTH = 6  # knobs that may have to be changed


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the search came to.

    `judge` stands where the answers end, under the assignment that explains them; None where nothing does, and
    `place` and `differences` are then those of the assignment that came furthest. `untestable` says that under the
    assignment a call at `place` is not tested, so that nothing can be held against what follows.
    """

    assignment: Assignment
    judge: Judge | None
    place: int
    differences: tuple[Difference, ...] = ()
    untestable: bool = False

    @property
    def refuted(self) -> bool:
        """Whether something differs, whatever the undeclared knobs are."""
        return self.judge is None


def judged(answers: Sequence[Answer], readings: Mapping[str, str], settles: timedelta) -> Explanation:
    """The first answer that differs under these readings.

    Where a call is not tested under them, nothing that follows can speak against them.
    """
    judge = Judge(readings, settles)
    for place, answer in enumerate(answers):
        if answer.method not in {"reset", "describe_implementation"} and not answer.method.startswith("get_"):
            params = {**answer.params, "now": answer.at} if answer.method == "advance_to" else answer.params
            if untested(judge, answer.method, params) is not None:
                return Explanation(dict(readings), judge, place, untestable=True)
        found = tuple(difference for difference in judge.take(answer) if not difference.soft)
        if found:
            return Explanation(dict(readings), None, place, found)
    return Explanation(dict(readings), judge, len(answers))


Judging = Callable[[Mapping[str, str]], Explanation]
"""Judges the same answers under other readings."""


def explain(
    answers: Sequence[Answer], declared: Mapping[str, str], settles: timedelta, supposed: Assignment
) -> Explanation:
    """An assignment of the undeclared knobs under which nothing differs, sought from `supposed` on."""
    return search(lambda readings: judged(answers, readings, settles), declared, supposed)


def search(judging: Judging, declared: Mapping[str, str], supposed: Assignment) -> Explanation:
    """An assignment of the undeclared knobs under which nothing differs; else the one that comes furthest."""
    open_knobs = [knob for knob in KNOBS if knob not in declared]
    start = {knob: supposed.get(knob, KNOBS[knob][0]) for knob in open_knobs}
    best = replace(judging({**start, **declared}), assignment=start)
    if not best.refuted or not open_knobs:
        return best
    untestable: Explanation | None = None
    seen = {tuple(start.values())}
    front = [best]
    for _ in range(DEPTH):
        reached: list[Explanation] = []
        for one in front:
            for changed in _changed(one.assignment, open_knobs):
                key = tuple(changed.values())
                if key in seen:
                    continue
                seen.add(key)
                result = replace(judging({**changed, **declared}), assignment=changed)
                if result.untestable:
                    untestable = untestable or result
                elif not result.refuted:
                    return result
                elif result.place > one.place:
                    reached.append(result)
        if not reached:
            break
        front = sorted(reached, key=lambda explanation: -explanation.place)[:WIDTH]
        if front[0].place > best.place:
            best = front[0]
    return untestable or best


def _changed(assignment: Assignment, open_knobs: Sequence[str]) -> Iterator[Assignment]:
    """The assignments that differ in one knob."""
    for knob in open_knobs:
        for value in KNOBS[knob]:
            if value != assignment[knob]:
                yield {**assignment, knob: value}


def would_fit(judging: Judging, declared: Mapping[str, str], supposed: Assignment) -> tuple[str, str] | None:
    """The other value of one knob under which the answers would be right; None where there is none."""
    readings = {**supposed, **declared}
    for knob, values in KNOBS.items():
        for value in values:
            if value != readings.get(knob, values[0]):
                result = judging({**readings, knob: value})
                if not result.refuted and not result.untestable:
                    return knob, value
    return None
