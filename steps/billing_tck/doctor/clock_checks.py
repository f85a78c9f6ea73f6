"""The checks of the clock: it moves by reset and advance_to alone, and reading moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from billing_tck.contract.encode import encode
from billing_tck.contract.values import DataState, OrganizationView, TrialState
from billing_tck.doctor.cases import DAY, PLENTY, USAGE, organization
from billing_tck.doctor.equivalence_checks import READING, SHOWN, fields_of
from billing_tck.doctor.session import START, Examination, spoken
from billing_tck.text.preview import preview


def stands_still(ex: Examination) -> None:
    """advance_to the instant at which the clock stands is done, and changes nothing."""
    ex.fresh()
    made, _ = organization(ex)
    ex.wait(DAY)
    before = ex.impl.get_organization(organization=made)
    ex.wait(timedelta(0))
    ex.wait(timedelta(0))
    _same(ex, before, ex.impl.get_organization(organization=made), "advance_to the same instant", "let nothing happen")


def reads_without_effect(ex: Examination) -> None:
    """Reading twice gives the same, in the middle of things."""
    ex.fresh()
    made, _ = organization(ex)
    if ex.has("trial"):
        ex.impl.start_trial(organization=made, credits=PLENTY)
    for days in (0, 1, 34, 15):
        ex.impl.record_usage(organization=made, amount=USAGE)
        ex.wait(days * DAY)
        before = ex.impl.get_organization(organization=made)
        after = ex.impl.get_organization(organization=made)
        _same(ex, before, after, "get_organization, twice at one instant", READING)


def _same(ex: Examination, before: OrganizationView, after: OrganizationView, called: str, mend: str) -> None:
    found = list(fields_of(encode(before), encode(after)))
    if found:
        came = "; ".join(f"{path} was {preview(mine)}, then {preview(yours)}" for path, mine, yours in found[:SHOWN])
        ex.mend(called, came, mend, key=called)


def forgets(ex: Examination) -> None:
    """After reset nothing is there, whatever was before; names, addresses and identifiers may come again."""
    ex.fresh()
    old, _ = organization(ex, "Acme")
    if ex.has("trial"):
        ex.impl.start_trial(organization=old, credits=PLENTY)
    if ex.has("onboarding"):
        ex.impl.register_user(email="ada@example.com")
    ex.impl.record_usage(organization=old, amount=USAGE)
    ex.wait(40 * DAY)
    ex.fresh()
    if ex.has("onboarding"):
        ex.impl.register_user(email="ada@example.com")
    view = ex.impl.get_organization(organization=ex.impl.create_organization(name="Acme").organization)
    if left := list(_remains(view)):
        mend = "let reset forget everything: organizations, services, invoices, timers; and begin with nothing"
        ex.mend(f"reset, then {spoken('create_organization', {'name': 'Acme'})}", f"it has {', '.join(left)}", mend)


def _remains(view: OrganizationView) -> Iterator[str]:
    """What an organization that was just made cannot have."""
    for name in ("services", "invoices", "charges", "credits", "marketplace_reports", "contacts"):
        if getattr(view, name):
            yield name
    if view.data is not DataState.NONE:
        yield f"data {view.data}"
    if view.trial.state is not TrialState.NONE:
        yield f"a trial that is {view.trial.state}"
    if view.restricted:
        yield "a restriction"
    if view.uninvoiced:
        yield f"{view.uninvoiced} uninvoiced"


def goes_back_with_reset(ex: Examination) -> None:
    """reset may set the clock to an earlier instant than before, and to years far away."""
    for now in (
        datetime(2031, 6, 15, 12, 0, 0, tzinfo=UTC),
        datetime(2019, 3, 14, 15, 9, 26, tzinfo=UTC),
        datetime(2000, 1, 1, 0, 0, 0, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC),
        START,
    ):
        ex.fresh(now)
        made, _ = organization(ex)
        if ex.has("trial"):
            ex.impl.start_trial(organization=made, credits=PLENTY)
        ex.wait(DAY)
        ex.impl.get_organization(organization=made)


def takes_odd_instants(ex: Examination) -> None:
    """Leap days, midnights, the last second of a year, ten years at once."""
    for now, span in (
        (datetime(2024, 2, 29, 0, 0, 0, tzinfo=UTC), timedelta(days=366)),
        (datetime(2025, 1, 31, 23, 59, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC), timedelta(days=31)),
        (datetime(2025, 3, 30, 1, 30, 0, tzinfo=UTC), timedelta(days=1)),  # clocks change in much of Europe
        (START, timedelta(days=3653)),
    ):
        ex.fresh(now)
        made, _ = organization(ex)
        ex.impl.record_usage(organization=made, amount=USAGE)
        if ex.has("credits"):
            until = datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)
            ex.impl.grant_credits(organization=made, amount=PLENTY, expires_at=until)
        if ex.has("extension"):
            ex.impl.grant_extension(organization=made, until=datetime(2128, 2, 29, 0, 0, 0, tzinfo=UTC))
        ex.wait(span)
        ex.impl.get_organization(organization=made)
