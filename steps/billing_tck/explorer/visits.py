"""Which transitions of the map of situations a played history led to, read from its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from billing_tck.contract import Refused
from billing_tck.contract.values import AccountRef, OrganizationCreated, OrganizationRef, SubscriptionRef, UserRef
from billing_tck.explorer.history import MOVES, Answer
from billing_tck.situations.observer import Observer
from billing_tck.situations.search import Transition


class _Recording:
    """A driver that answers what was answered: a command its own answer, a view the first that was read after it."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers
        self.place = 0

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`. Raises KeyError for a view that was not read."""
        if not method.startswith("get_"):
            return _labelled(self._answers[self.place])
        for answer in self._answers[self.place + 1 :]:
            if not answer.method.startswith("get_"):
                break
            if answer.method == method and answer.params == params and not isinstance(answer.outcome, Exception):
                return answer.outcome
        for answer in reversed(self._answers[: self.place + 1]):
            if answer.method == method and answer.params == params and not isinstance(answer.outcome, Exception):
                return answer.outcome
        raise KeyError(method)


def _labelled(answer: Answer) -> object:
    """Return the outcome of a command, with labels for what it made. Raises a refusal."""
    if isinstance(answer.outcome, Exception):
        raise Refused("other", "") from None
    match answer.outcome:
        case OrganizationCreated() if answer.makes:
            return OrganizationCreated(answer.makes[0], answer.makes[-1])
        case OrganizationRef():
            return OrganizationRef(answer.makes[0] if answer.makes else str(answer.params.get("organization")))
        case SubscriptionRef() if answer.makes:
            return SubscriptionRef(answer.makes[0])
        case AccountRef() | UserRef():
            return answer.outcome
    return answer.outcome


def transitions_of(answers: Sequence[Answer]) -> frozenset[Transition]:
    """Return the transitions of a history."""
    recording = _Recording(answers)
    observer = Observer(recording)
    for place, answer in enumerate(answers):
        if answer.method.startswith("get_"):
            continue
        recording.place = place
        params = {**answer.params, "now": answer.at} if answer.method in MOVES else answer.params
        with suppress(Refused, KeyError, LookupError):
            observer.call(answer.method, params)
    return frozenset(observer.transitions)
