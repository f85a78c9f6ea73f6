"""Checks of the clock: only reset and advance_to move it, and reading has no effect."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from billing_tck.clock import real_perf_counter
from billing_tck.contract.encode import encode
from billing_tck.contract.values import DataState, OrganizationView, TrialState
from billing_tck.doctor.cases import DAY, LARGE_CREDITS, USAGE, organization
from billing_tck.doctor.equivalence_checks import READING, SHOWN, fields_of
from billing_tck.doctor.session import START, DoctorSession, format_call
from billing_tck.text.preview import preview

TEN_YEARS = timedelta(days=3653)


def stands_still(session: DoctorSession) -> None:
    """Check that advance_to the current instant succeeds and changes nothing."""
    session.fresh()
    made, _ = organization(session)
    session.wait(DAY)
    before = session.impl.get_organization(organization=made)
    session.wait(timedelta(0))
    session.wait(timedelta(0))
    _same(
        session,
        before,
        session.impl.get_organization(organization=made),
        "advance_to the same instant",
        "change nothing",
    )


def reads_without_effect(session: DoctorSession) -> None:
    """Check that reading twice returns the same view."""
    session.fresh()
    made, _ = organization(session)
    if session.has("trial"):
        session.impl.start_trial(organization=made, credits=LARGE_CREDITS)
    for days in (0, 1, 34, 15):
        session.impl.record_usage(organization=made, amount=USAGE)
        session.wait(days * DAY)
        before = session.impl.get_organization(organization=made)
        after = session.impl.get_organization(organization=made)
        _same(session, before, after, "get_organization, twice at one instant", READING)


def _same(session: DoctorSession, before: OrganizationView, after: OrganizationView, call: str, fix: str) -> None:
    found = list(fields_of(encode(before), encode(after)))
    if found:
        outcome = "; ".join(f"{path} was {preview(mine)}, then {preview(yours)}" for path, mine, yours in found[:SHOWN])
        session.report(call, outcome, fix, key=call)


def forgets(session: DoctorSession) -> None:
    """Check that reset removes everything; names, addresses and identifiers can be used again."""
    session.fresh()
    old, _ = organization(session, "Acme")
    if session.has("trial"):
        session.impl.start_trial(organization=old, credits=LARGE_CREDITS)
    if session.has("onboarding"):
        session.impl.register_user(email="ada@example.com")
    session.impl.record_usage(organization=old, amount=USAGE)
    session.wait(40 * DAY)
    session.fresh()
    if session.has("onboarding"):
        session.impl.register_user(email="ada@example.com")
    view = session.impl.get_organization(organization=session.impl.create_organization(name="Acme").organization)
    if left := list(_remains(view)):
        fix = "remove everything in reset: organizations, services, invoices, timers"
        session.report(
            f"reset, then {format_call('create_organization', {'name': 'Acme'})}", f"it has {', '.join(left)}", fix
        )


def _remains(view: OrganizationView) -> Iterator[str]:
    """Yield what a new organization cannot have."""
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


def goes_back_with_reset(session: DoctorSession) -> None:
    """Check that reset sets the clock to earlier and to distant instants."""
    for now in (
        datetime(2031, 6, 15, 12, 0, 0, tzinfo=UTC),
        datetime(2019, 3, 14, 15, 9, 26, tzinfo=UTC),
        datetime(2000, 1, 1, 0, 0, 0, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC),
        START,
    ):
        session.fresh(now)
        made, _ = organization(session)
        if session.has("trial"):
            session.impl.start_trial(organization=made, credits=LARGE_CREDITS)
        session.wait(DAY)
        session.impl.get_organization(organization=made)


def takes_odd_instants(session: DoctorSession) -> None:
    """Check leap days, midnights, the last second of a year, and ten years at once."""
    seconds_a_year = 0.0
    for now, span in (
        (datetime(2024, 2, 29, 0, 0, 0, tzinfo=UTC), timedelta(days=366)),
        (datetime(2025, 1, 31, 23, 59, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC), timedelta(days=31)),
        (datetime(2025, 3, 30, 1, 30, 0, tzinfo=UTC), timedelta(days=1)),  # clocks change in much of Europe
        (START, TEN_YEARS),
    ):
        session.fresh(now)
        made, _ = organization(session)
        session.impl.record_usage(organization=made, amount=USAGE)
        if session.has("credits"):
            until = datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)
            session.impl.grant_credits(organization=made, amount=LARGE_CREDITS, expires_at=until)
        if session.has("extension"):
            session.impl.grant_extension(organization=made, until=datetime(2128, 2, 29, 0, 0, 0, tzinfo=UTC))
        if span == TEN_YEARS:
            _announce_ten_years(session, seconds_a_year)
        begun = real_perf_counter()
        session.wait(span)
        if span == timedelta(days=366):
            seconds_a_year = real_perf_counter() - begun
        session.impl.get_organization(organization=made)


def _announce_ten_years(session: DoctorSession, seconds_a_year: float) -> None:
    """Note that a jump of ten years will not fit into the limit, before it is made."""
    limit = session.timeouts.of("advance_to")
    if 10 * seconds_a_year > limit:
        session.note(
            "advance_to, ten years later",
            f"one year took {seconds_a_year:.1f} s, so ten years take about {10 * seconds_a_year:.0f} s; a run waits "
            f"{limit:g} s",
            "move from one due time to the next, not day by day, or run with --advance-timeout "
            f"{math.ceil(20 * seconds_a_year)}",
        )
