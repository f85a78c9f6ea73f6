"""The comparator of the explorer: each answer beside the reference's, where the rules leave nothing open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing_tck.contract import METHODS, ImplementationError, Refused, Unsupported
from billing_tck.contract.decode import decode_result
from billing_tck.contract.values import (
    Collected,
    InvoiceState,
    Marketplace,
    Offer,
    OrganizationView,
    SubscriptionView,
    Tier,
)
from billing_tck.explorer.campaign import explore
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.history import Answer
from billing_tck.reference.oracle import _Views

NOW = datetime(2025, 1, 18, 9, tzinfo=UTC)
UNPAID = datetime(2025, 2, 18, tzinfo=UTC)
LINE = 7
ORGANIZATION, SERVICE, SUBSCRIPTION = "organization-1", "service-1", "subscription-1"


def take(
    comparator: Comparator,
    method: str,
    outcome: object = None,
    *,
    at: datetime = NOW,
    makes: tuple[str, ...] = (),
    **params: object,
) -> tuple[Difference, ...]:
    return comparator.take(Answer(at, method, params, outcome, makes, LINE))


def customer(settles: timedelta = timedelta()) -> Comparator:
    """An organization with a card and a service."""
    comparator = Comparator({}, settles)
    take(comparator, "reset")
    take(comparator, "create_organization", makes=(ORGANIZATION, "user-1"), name="Acme")
    take(comparator, "choose_tier", organization=ORGANIZATION, tier="scale")
    take(comparator, "add_card", organization=ORGANIZATION, behaviour="approves")
    take(comparator, "create_service", makes=(SERVICE,), organization=ORGANIZATION, replica_memory_gib=8)
    return comparator


def debtor() -> Comparator:
    """The same, with an invoice that the card declined and would pay now."""
    comparator = customer()
    take(comparator, "set_card_behaviour", organization=ORGANIZATION, behaviour="declines")
    take(comparator, "record_usage", organization=ORGANIZATION, amount=Decimal("120.00"))
    take(comparator, "advance_to", at=UNPAID)
    take(comparator, "set_card_behaviour", organization=ORGANIZATION, behaviour="approves")
    return comparator


def buyer() -> Comparator:
    """The same customer, with a subscription that is not linked."""
    comparator = customer()
    take(comparator, "open_marketplace_account", makes=("account-1",), marketplace="aws")
    take(comparator, "subscribe", makes=(SUBSCRIPTION,), account="account-1", offer="payg")
    return comparator


def view_of(comparator: Comparator) -> OrganizationView:
    return comparator.view(comparator.ours[ORGANIZATION])


def subscription_of(comparator: Comparator) -> SubscriptionView:
    return comparator.subscription_view(comparator.ours[SUBSCRIPTION])


@pytest.mark.parametrize("method", ["describe_implementation", "reset", "advance_to"])
def test_calls_of_the_session_are_not_compared(method: str) -> None:
    comparator = customer()
    later = NOW + timedelta(days=1)
    assert take(comparator, method, at=later) == ()
    assert not comparator.compared
    assert comparator.oracle.now == (NOW if method == "describe_implementation" else later)
    assert bool(comparator.ours) is (method != "reset")


def test_the_same_outcome_is_no_difference() -> None:
    comparator = customer()
    assert take(comparator, "scale_service", service=SERVICE, replica_memory_gib=16) == ()
    assert comparator.compared


@pytest.mark.parametrize(("outcome", "observed"), [(Refused("other"), "refused"), (Unsupported(), "unsupported")])
def test_a_command_that_the_rules_allow_must_be_done(outcome: Exception, observed: str) -> None:
    params = {"service": SERVICE, "replica_memory_gib": 16}
    assert take(customer(), "scale_service", outcome, service=SERVICE, replica_memory_gib=16) == (
        Difference("outcome", "scale_service", ORGANIZATION, "done", observed, NOW, "scale_service", params, line=LINE),
    )


def test_a_command_that_the_rules_refuse_must_be_refused() -> None:
    comparator = customer()
    take(comparator, "register_user", makes=("user-2",), email="a@example.org")
    assert take(comparator, "sign_in", Refused("not_verified"), user="user-2") == ()
    (difference,) = take(comparator, "sign_in", user="user-2")
    assert (difference.field, difference.expected, difference.observed) == ("outcome", "refused", "done")
    assert difference.organization == ""


def test_whether_an_attempt_collects_is_compared() -> None:
    assert take(debtor(), "attempt_collection", Collected(True), at=UNPAID, organization=ORGANIZATION) == ()
    (difference,) = take(debtor(), "attempt_collection", Collected(False), at=UNPAID, organization=ORGANIZATION)
    assert (difference.field, difference.of, difference.organization) == ("collected", ORGANIZATION, ORGANIZATION)
    assert (difference.expected, difference.observed) == (True, False)
    (refused,) = take(debtor(), "attempt_collection", Refused("other"), at=UNPAID, organization=ORGANIZATION)
    assert refused.field == "outcome"


def test_a_command_that_changes_nothing_is_idle() -> None:
    comparator = customer()
    take(comparator, "start_service", service=SERVICE)
    assert comparator.idle
    take(comparator, "stop_service", service=SERVICE)
    assert not comparator.idle


def test_an_equal_view_is_no_difference() -> None:
    comparator = customer()
    assert take(comparator, "get_organization", view_of(comparator), organization=ORGANIZATION) == ()
    assert comparator.compared


def test_a_view_that_is_not_shown_differs() -> None:
    assert take(customer(), "get_organization", Refused("other"), organization=ORGANIZATION) == (
        Difference(
            "outcome",
            "get_organization",
            ORGANIZATION,
            "shown",
            "refused",
            NOW,
            "get_organization",
            {"organization": ORGANIZATION},
            line=LINE,
        ),
    )


def test_every_field_that_differs_is_reported_optional_fields_last() -> None:
    comparator = customer()
    take(comparator, "record_usage", organization=ORGANIZATION, amount=Decimal("120.00"))
    view = view_of(comparator)
    (service,) = view.services
    changed = replace(
        view, uninvoiced=Decimal("5.00"), tier=Tier.BASIC, services=(replace(service, replica_memory_gib=16),)
    )
    found = take(comparator, "get_organization", changed, organization=ORGANIZATION)
    assert [(one.field, one.of, one.expected, one.observed) for one in found] == [
        ("memory", SERVICE, 8, 16),
        ("tier", ORGANIZATION, "scale", "basic"),
        ("uninvoiced", ORGANIZATION, Decimal("120.00"), Decimal("5.00")),
    ]
    assert {one.organization for one in found} == {ORGANIZATION}


def test_what_only_the_implementation_shows_differs() -> None:
    comparator = buyer()
    take(comparator, "link_subscription", subscription=SUBSCRIPTION, user="user-1", organization=ORGANIZATION)
    take(comparator, "record_usage", organization=ORGANIZATION, amount=Decimal("120.00"))
    later = NOW + timedelta(days=5)
    take(comparator, "advance_to", at=later)
    view = view_of(comparator)
    (line,) = view.marketplace_reports
    doubled = replace(view, marketplace_reports=(line, replace(line, item="storage")))
    found = take(comparator, "get_organization", doubled, at=later, organization=ORGANIZATION)
    assert ("item", "storage", None, Decimal("120.00")) in [(d.field, d.of, d.expected, d.observed) for d in found]


def test_invoices_are_numbered_without_void_ones() -> None:
    comparator = debtor()
    view = view_of(comparator)
    (invoice,) = view.invoices
    void = replace(invoice, invoice="a", state=InvoiceState.VOID)
    shown = replace(view, invoices=(void, replace(invoice, invoice="b")))
    assert take(comparator, "get_organization", shown, at=UNPAID, organization=ORGANIZATION) == ()
    assert comparator.invoices == {"b": (ORGANIZATION, 0)}


def test_shortly_before_a_late_effect_only_the_card_is_compared() -> None:
    comparator = customer(settles=timedelta(hours=1))
    take(comparator, "record_usage", organization=ORGANIZATION, amount=Decimal("120.00"))
    soon = UNPAID - timedelta(hours=12)
    take(comparator, "advance_to", at=soon)
    changed = replace(view_of(comparator), restricted=True, card_on_file=False)
    found = take(comparator, "get_organization", changed, at=soon, organization=ORGANIZATION)
    assert [(one.field, one.expected, one.observed) for one in found] == [("card", True, False)]
    assert not comparator.compared


def test_a_subscription_is_compared() -> None:
    comparator = buyer()
    shown = subscription_of(comparator)
    assert take(comparator, "get_subscription", shown, subscription=SUBSCRIPTION) == ()
    assert comparator.compared
    other = replace(shown, offer=Offer.COMMITTED, marketplace=Marketplace.GCP)
    found = take(comparator, "get_subscription", other, subscription=SUBSCRIPTION)
    assert [(one.field, one.of, one.expected, one.observed, one.organization) for one in found] == [
        ("sub_offer", SUBSCRIPTION, "payg", "committed", ""),
        ("sub_marketplace", SUBSCRIPTION, "aws", "gcp", ""),
    ]


def test_the_marketplace_of_a_subscription_may_be_left_out() -> None:
    comparator = buyer()
    shown = replace(subscription_of(comparator), marketplace=None)
    assert take(comparator, "get_subscription", shown, subscription=SUBSCRIPTION) == ()


def test_the_difference_of_a_linked_subscription_names_its_organization() -> None:
    comparator = buyer()
    take(comparator, "link_subscription", subscription=SUBSCRIPTION, user="user-1", organization=ORGANIZATION)
    other = replace(subscription_of(comparator), offer=Offer.COMMITTED)
    (difference,) = take(comparator, "get_subscription", other, subscription=SUBSCRIPTION)
    assert (difference.field, difference.organization) == ("sub_offer", ORGANIZATION)


def test_a_subscription_that_is_not_shown_differs() -> None:
    (difference,) = take(buyer(), "get_subscription", Unsupported(), subscription=SUBSCRIPTION)
    assert (difference.field, difference.of, difference.organization) == ("outcome", "get_subscription", "")
    assert (difference.expected, difference.observed) == ("shown", "unsupported")


def test_a_subscription_is_only_read_while_its_organization_is_not_quiet() -> None:
    comparator = Comparator({}, timedelta(hours=1))
    take(comparator, "reset")
    take(comparator, "create_organization", makes=(ORGANIZATION, "user-1"), name="Acme")
    take(comparator, "open_marketplace_account", makes=("account-1",), marketplace="aws")
    take(comparator, "subscribe", makes=(SUBSCRIPTION,), account="account-1", offer="payg")
    take(comparator, "link_subscription", subscription=SUBSCRIPTION, user="user-1", organization=ORGANIZATION)
    take(comparator, "get_subscription", subscription_of(comparator), subscription=SUBSCRIPTION)
    assert not comparator.compared


def test_expectations_tell_comparators_under_different_readings_apart() -> None:
    assert debtor().wanted == debtor().wanted
    assert debtor().wanted != customer().wanted
    read, unread = customer(), customer()
    take(read, "get_organization", view_of(read), organization=ORGANIZATION)
    assert read.wanted != unread.wanted
    seen, unseen = buyer(), buyer()
    take(seen, "get_subscription", subscription_of(seen), subscription=SUBSCRIPTION)
    assert seen.wanted != unseen.wanted


def test_before_the_first_answer_nothing_is_compared_or_idle() -> None:
    comparator = Comparator({}, timedelta())
    assert (comparator.compared, comparator.idle) == (False, False)


def test_a_comparator_that_is_not_asked_what_it_wanted_finds_the_same() -> None:
    silent = Comparator({}, timedelta(), tells_wanted=False)
    found = []
    for comparator in (customer(), silent):
        if comparator is silent:
            take(silent, "reset")
            take(silent, "create_organization", makes=(ORGANIZATION, "user-1"), name="Acme")
        view = view_of(comparator)
        assert take(comparator, "get_organization", view, organization=ORGANIZATION) == ()
        (difference,) = take(comparator, "get_organization", replace(view, restricted=True), organization=ORGANIZATION)
        found.append((difference.field, difference.expected, difference.observed))
    assert found == [("restricted", False, True)] * 2
    assert silent.wanted != Comparator({}, timedelta()).wanted  # of the view that differed


def test_a_view_of_which_a_part_changed_is_what_decoding_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    in_part, equal = _Views._changed, []

    def checked(self: _Views, seen: tuple[object, object] | None, raw: object) -> object | None:
        view = in_part(self, seen, raw)
        if view is not None:
            method = "get_organization" if isinstance(view, OrganizationView) else "get_subscription"
            equal.append(view == decode_result(METHODS[method], raw, wire=False))
        return view

    monkeypatch.setattr(_Views, "_changed", checked)
    explore("reference", examples=12)
    assert len(equal) > 500
    assert all(equal)


@pytest.mark.parametrize("wrong", [{"restricted": "no"}, {"restricted": "no", "more": 1}])
def test_what_changed_in_a_view_and_does_not_fit_is_found_in_the_whole(wrong: Mapping[str, object]) -> None:
    views, comparator = _Views(), customer()
    raw = comparator.oracle._billing.get_organization(organization=comparator.ours[ORGANIZATION])
    assert views.decoded("get_organization", ("o",), raw | {"more": 0}) == views.decoded(
        "get_organization", ("o",), raw
    )
    views.decoded("get_organization", ("o",), raw | {"more": 0})
    with pytest.raises(ImplementationError, match=r"get_organization\.restricted"):
        views.decoded("get_organization", ("o",), raw | {"more": 0} | wrong)
