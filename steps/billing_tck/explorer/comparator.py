"""Compare each answer of an implementation with the reference's, where the rules leave nothing open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from billing_tck.contract import Refused, Unsupported
from billing_tck.contract.values import Collected, InvoiceState, OrganizationView, SubscriptionView
from billing_tck.explorer.difference import Difference, Observation
from billing_tck.explorer.history import Answer
from billing_tck.explorer.mirror import Mirror
from billing_tck.explorer.observation import (
    Values,
    observed_organization,
    observed_subscription,
    situation_of,
    subscription_is_quiet,
)
from billing_tck.explorer.partial_view import FIELDS, PartialView, observed_values
from billing_tck.explorer.tolerance import open_fields


class Comparator(Mirror):
    """The reference beside an implementation, with what the latest answer came to.

    `compared` says whether the answer was compared, and not only read while effects may show late; `idle` whether the
    command changes nothing as things stood. `wanted` is different where the expected answers so far are; where that is
    not asked for (`tells_wanted`), a view that is the reference's own is not looked at field by field.
    """

    def __init__(self, readings: Mapping[str, str], settles: timedelta, *, tells_wanted: bool = True) -> None:
        super().__init__(readings, settles)
        self._tells_wanted = tells_wanted
        self.wanted = 0
        self.compared = False
        self.idle = False

    def take(self, answer: Answer) -> tuple[Difference, ...]:
        """Let the reference do the same; return what differs in the answer."""
        self.compared = answer.method not in {"describe_implementation", "reset", "advance_to"}
        match answer.method:
            case "describe_implementation":
                return ()
            case "reset":
                self.reset(answer.at)
                return ()
            case "advance_to":
                self.advance_to(answer.at)
                return ()
            case "get_organization":
                return self._organization_view(answer)
            case "get_subscription":
                return self._subscription_view(answer)
        return self._command(answer)

    def _command(self, answer: Answer) -> tuple[Difference, ...]:
        owner = self.owner_of(answer.params)
        self.idle = self.changes_nothing(answer)
        expected, result = "done", None
        try:
            result = self.call(answer)
        except Refused:
            expected = "refused"
        wanted = result.get("collected") if result is not None else None
        self._want((expected, wanted))
        observed = _outcome(answer.outcome)
        if observed != expected:
            return (_difference(answer, "outcome", answer.method, expected, observed, owner),)
        if wanted is not None and isinstance(answer.outcome, Collected) and answer.outcome.collected != wanted:
            return (_difference(answer, "collected", str(owner), wanted, answer.outcome.collected, owner),)
        return ()

    def _want(self, what: tuple[object, ...]) -> None:
        self.wanted = hash((self.wanted, what))

    def _organization_view(self, answer: Answer) -> tuple[Difference, ...]:
        label, view = str(answer.params["organization"]), answer.outcome
        if isinstance(view, PartialView):
            return self._partial_view(answer, label, view)
        if not isinstance(view, OrganizationView):
            return (_difference(answer, "outcome", answer.method, "shown", _outcome(view), label),)
        valid = (invoice for invoice in view.invoices if invoice.state is not InvoiceState.VOID)
        for place, invoice in enumerate(valid):
            self.invoices[invoice.invoice] = (label, place)
        number = self.ours[label]
        self.compared = self.quiet(number)
        situation = situation_of(self, number)
        same = view == situation.reference  # most views are
        if same and not self._tells_wanted:
            return ()
        left_open = open_fields(self, number, situation.reference)
        expected = _without(observed_organization(situation, situation.reference), left_open)
        observed = expected if same else _without(observed_organization(situation, view), left_open)
        self._want(tuple(expected.items()))
        return _differences(answer, label, expected, observed, label)

    def _partial_view(self, answer: Answer, label: str, view: PartialView) -> tuple[Difference, ...]:
        number = self.ours[label]
        situation = situation_of(self, number)
        whole = situation.reference
        left_open = open_fields(self, number, whole)
        compared = _without(observed_organization(situation, whole), left_open)
        if situation.notes.deleted_with_trial:  # open: whether services outlive their data
            compared = _without(iter(compared.items()), frozenset({"service"}))
        expected: dict[tuple[str, str], object] = {}
        for name in view.values:
            field = FIELDS[name]
            value = None if field.compared in left_open else field.expected(whole, compared)
            if value is not None:
                expected[field.compared, name] = value
        self.compared = bool(expected)
        self._want(tuple(expected.items()))
        shown = observed_values(view)
        observed = {key: shown[key[1]] for key in expected}
        return _differences(answer, label, expected, observed, label)

    def _subscription_view(self, answer: Answer) -> tuple[Difference, ...]:
        label, view = str(answer.params["subscription"]), answer.outcome
        if not isinstance(view, SubscriptionView):
            return (_difference(answer, "outcome", answer.method, "shown", _outcome(view), None),)
        number = self.ours[label]
        self.compared = subscription_is_quiet(self, number)
        expected = dict(observed_subscription(self, number, self.subscription_view(number)))
        observed = dict(observed_subscription(self, number, view))
        if view.marketplace is None:
            expected.pop(("sub_marketplace", ""), None)
        self._want(tuple(expected.items()))
        owner = self.labels.get(self.oracle.subscription(number).organization or "")
        return _differences(answer, label, expected, observed, owner)


def _without(values: Values, fields: frozenset[str]) -> dict[tuple[str, str], object]:
    return {key: value for key, value in values if key[0] not in fields}


def _outcome(outcome: object) -> str:
    if isinstance(outcome, Refused):
        return "refused"
    return "unsupported" if isinstance(outcome, Unsupported) else "done"


def _differences(
    answer: Answer, label: str, expected: Observation, observed: Observation, owner: str | None
) -> tuple[Difference, ...]:
    keys = [*expected, *(key for key in observed if key not in expected)]
    found = [
        _difference(answer, key[0], key[1] or label, expected.get(key), observed.get(key), owner)
        for key in keys
        if expected.get(key) != observed.get(key)
    ]
    return tuple(sorted(found, key=lambda difference: difference.optional))


def _difference(  # noqa: PLR0917 - the fields of a difference
    answer: Answer, name: str, of: str, expected: object, observed: object, owner: str | None
) -> Difference:
    return Difference(name, of, owner or "", expected, observed, answer.at, answer.method, answer.params, answer.line)
