"""Judge a recorded history line by line against the reference.

Where a line leads to what is not tested, nothing that it is about is judged from there on; the rest is. Where effects
may only show late, judging resumes two days later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from billing_tck.contract import Refused
from billing_tck.explorer.attribution import clauses_of
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.contract_sentences import contract_of
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.exclusions import exclusion_of
from billing_tck.explorer.history import IDENTIFIERS, Answer
from billing_tck.explorer.inference import MOST_ANSWERS, Assignment, Explanation, search, would_fit
from billing_tck.explorer.recorded_history import RecordedHistory
from billing_tck.reference.oracle import KNOBS

MOST_TIMES = 40  # a file is judged at least so often before the search for readings gives up
_INSENSITIVE = frozenset({"record_usage", "create_service", "scale_service", "record_contact"})
"""Commands whose outcome does not depend on how late earlier effects show."""


@dataclass(slots=True)
class LeftOut:
    """What is not judged from a line on, and why; only the line itself where there are no `labels`.

    `until` is the line from which on it is judged again, if there is one.
    """

    line: int
    labels: str
    why: str
    until: int | None = None


@dataclass(slots=True)
class HistoryCheck:
    """The outcome of judging a history.

    `difference` is the first that the rules do not allow, with its clauses, the sentence of the contract that it breaks
    if it breaks no clause, and the value of a knob that would allow it.
    `answers` are all that could be compared, `judged` those that were, and `later` and `judged_later` those of them
    after the set-up, which ends where time first passes. `left_out` says what was not judged, and why. `supposed` are
    the values of undeclared knobs that are not the defaults and explain what is shown. `undecided` is the line from
    which on there are more assignments of undeclared knobs than were tried.
    """

    difference: Difference | None = None
    clauses: tuple[str, ...] = ()
    contract: str | None = None
    fits: tuple[str, str] | None = None
    answers: int = 0
    judged: int = 0
    later: int = 0
    judged_later: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    supposed: Assignment = field(default_factory=dict)
    undecided: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether enough was judged for a result: something, and something after the set-up where there is more."""
        return self.undecided is None and bool(self.judged_later if self.later else self.judged)


def check_trace(
    recorded: RecordedHistory, supposed: Assignment | None = None, most: int | None = None, *, fits: bool = True
) -> HistoryCheck:
    """Judge every answer under the declared readings, and any values of undeclared knobs that explain it.

    The search for those begins with `supposed`, or with the defaults, and gives up after judging `most` answers.
    `fits` says whether to look for a declared reading that would allow what differs.
    """
    runs: dict[tuple[tuple[str, str], ...], tuple[Explanation, HistoryCheck]] = {}

    def judging(readings: Mapping[str, str]) -> Explanation:
        key = tuple(sorted(readings.items()))
        if key not in runs:
            runs[key] = _judge_under(recorded, readings)
        return runs[key][0]

    methods = {answer.method for answer in recorded.answers}
    most = max(5 * MOST_ANSWERS, MOST_TIMES * len(recorded.answers)) if most is None else most
    best = search(judging, recorded.declared, supposed or {}, methods, most)
    readings = {**best.assignment, **recorded.declared}
    judging(readings)
    checked = runs[tuple(sorted(readings.items()))][1]
    checked.supposed = {knob: value for knob, value in best.assignment.items() if value != KNOBS[knob][0]}
    if best.undecided:
        checked.undecided, checked.difference = recorded.answers[best.place].line, None
    if checked.difference is not None and fits:
        checked.fits = would_fit(judging, recorded.declared, best.assignment, methods, most)
    return checked


def _judge_under(recorded: RecordedHistory, readings: Mapping[str, str]) -> tuple[Explanation, HistoryCheck]:
    judging = _Judging(recorded, readings)
    comparator, checked = judging.comparator, judging.checked
    for place, answer in enumerate(recorded.answers):
        found = judging.take(answer)
        if found:
            checked.difference = found[0]
            checked.clauses = clauses_of(found[0], comparator, _before(recorded.answers[:place]))
            checked.contract = contract_of(found[0], comparator)
            return Explanation(dict(readings), None, place, found, wanted=comparator.wanted), checked
    return Explanation(dict(readings), comparator, len(recorded.answers)), checked


def _before(answers: Sequence[Answer]) -> str:
    """Return the method of the latest command."""
    return next((answer.method for answer in reversed(answers) if not answer.method.startswith("get_")), "")


class _Judging:
    """Judges one history under one set of readings.

    An organization waits while effects may not show yet. What a command did meanwhile is mostly uncertain, and judging
    resumes where a view shows what is expected: until then the organization is unconfirmed.
    """

    def __init__(self, recorded: RecordedHistory, readings: Mapping[str, str]) -> None:
        self.comparator, self.checked = Comparator(readings, recorded.settles), HistoryCheck()
        self._errors = recorded.errors
        self._uncertain: set[str] = set()
        self._waiting: dict[str, LeftOut] = {}
        self._unconfirmed: set[str] = set()
        self._begun: datetime | None = None

    def take(self, answer: Answer) -> tuple[Difference, ...]:
        """Return what differs in an answer."""
        if answer.method == "reset":
            self._uncertain.clear()
            self._waiting.clear()
            self._unconfirmed.clear()
            self._begun = answer.at
            self.comparator.take(answer)
            return ()
        answer = self._with_invoice(answer)
        judged, found = self._compared(answer)
        if answer.method != "advance_to":
            later = self._begun is not None and answer.at > self._begun
            self.checked.answers += 1
            self.checked.judged += judged
            self.checked.later += later
            self.checked.judged_later += judged and later
        return found

    def _with_invoice(self, answer: Answer) -> Answer:
        """Name the oldest open invoice in a payment that names its organization only."""
        if answer.method != "pay_invoice" or "invoice" in answer.params:
            return answer
        invoice = self.comparator.oldest_open(str(answer.params["organization"]))
        return replace(answer, params={"invoice": invoice or "none that is open under the rules"})

    def _compared(self, answer: Answer) -> tuple[bool, tuple[Difference, ...]]:
        """Return whether an answer was judged, and what differs."""
        reads = answer.method.startswith("get_")
        labels = {str(value) for name, value in answer.params.items() if name in IDENTIFIERS - {"invoice"}}
        owner = self.comparator.owner_of(answer.params)
        labels |= {owner} if owner else set()
        if answer.line in self._errors:
            self._leave_out(answer, labels, "it has no answer to judge")
            return False, ()
        if labels & self._uncertain:
            if not reads:
                self._uncertain |= labels | set(answer.makes)
            return False, ()
        if not reads and self._passed_over(answer, owner, labels):
            return False, ()
        found = tuple(difference for difference in self.comparator.take(answer) if not difference.optional)
        waits = self._waiting.get(owner or "")
        if waits is None or owner is None or not self.comparator.compared:
            return self.comparator.compared, found
        if owner in self._unconfirmed and found:
            return False, ()
        waits.until = answer.line
        del self._waiting[owner]
        self._unconfirmed.discard(owner)
        return True, found

    def _passed_over(self, answer: Answer, owner: str | None, labels: set[str]) -> bool:
        """Return whether a command is not judged, because of what it leads to or when it comes."""
        params = {**answer.params, "now": answer.at} if answer.method == "advance_to" else answer.params
        exclusion = exclusion_of(self.comparator, answer.method, params)
        if exclusion is not None and not exclusion.temporary:
            self._leave_out(answer, set(exclusion.labels), exclusion.why)
            return answer.method != "advance_to"
        if owner and (exclusion is not None or owner in self._unconfirmed):
            self._too_soon(answer, owner, labels, self._waiting[owner].why if exclusion is None else exclusion.why)
            return True
        return False

    def _too_soon(self, answer: Answer, owner: str, labels: set[str], why: str) -> None:
        """Take in a command given while effects may not show yet, if its outcome is the expected one."""
        if isinstance(answer.outcome, Refused):  # nothing was done
            self.checked.left_out.append(LeftOut(answer.line, "", why))
            return
        if any(difference.field == "outcome" for difference in self.comparator.take(answer)):
            self._leave_out(answer, labels, why)
            return
        if owner not in self._waiting:
            self._waiting[owner] = LeftOut(answer.line, ", ".join(sorted(labels)), why)
            self.checked.left_out.append(self._waiting[owner])
        if answer.method not in _INSENSITIVE or self.comparator.billed_lately(owner):
            self.comparator.disturb(owner)
            self._unconfirmed.add(owner)

    def _leave_out(self, answer: Answer, labels: set[str], why: str) -> None:
        self._uncertain |= labels | set(answer.makes)
        self.checked.left_out.append(LeftOut(answer.line, ", ".join(sorted(labels)), why))
