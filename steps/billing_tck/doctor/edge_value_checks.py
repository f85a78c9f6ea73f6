"""Checks of unusual, valid values."""

from __future__ import annotations

from decimal import Decimal

from billing_tck.contract.encode import encode
from billing_tck.contract.values import CardBehaviour, Marketplace, Offer, Tier
from billing_tck.doctor.cases import DAY, MORE_THAN_A_CYCLE, USAGE, organization
from billing_tck.doctor.session import DoctorSession, format_call
from billing_tck.text.preview import preview

MANY = 50
CENT, VAST = Decimal("0.01"), Decimal("99999999.99")


def takes_odd_amounts(session: DoctorSession) -> None:
    """Check amounts from one cent to almost a hundred million."""
    for amount in (CENT, VAST, Decimal("0.10"), Decimal("10000"), Decimal("5.5")):
        session.fresh()
        made, service = organization(session)
        session.impl.scale_service(service=service, replica_memory_gib=1024)
        session.impl.scale_service(service=service, replica_memory_gib=1)
        for _ in range(3):
            session.impl.record_usage(organization=made, amount=amount)
        session.wait(MORE_THAN_A_CYCLE)
        session.impl.get_organization(organization=made)
        if session.has("trial"):
            on_trial, _ = organization(session)
            session.impl.start_trial(organization=on_trial, credits=amount)
            _kept(session, on_trial, amount, "start_trial", "trial.credits_left")
        if session.has("credits"):
            granted, _ = organization(session)
            session.impl.grant_credits(organization=granted, amount=amount, expires_at=session.now + 60 * DAY)
            _kept(session, granted, amount, "grant_credits", "credits[0].amount")
            session.impl.record_usage(organization=granted, amount=CENT)
            session.impl.get_organization(organization=granted)
        if session.has("card"):
            by_card, _ = organization(session)
            session.impl.add_card(organization=by_card, behaviour=CardBehaviour.LIMITED, available_credit=amount)
            session.impl.record_usage(organization=by_card, amount=amount)
            session.wait(MORE_THAN_A_CYCLE)
            session.impl.get_organization(organization=by_card)


def _kept(session: DoctorSession, made: str, amount: Decimal, method: str, field: str) -> None:
    """Check that an amount is returned as it was given."""
    view = session.impl.get_organization(organization=made)
    shown = view.trial.credits_left if method == "start_trial" else next((c.amount for c in view.credits), None)
    if shown != amount:
        fix = "store money exactly, in cents or in decimals: floating point loses cents"
        session.report(f"{method} with {amount}, then get_organization", f"{field} is {preview(encode(shown))}", fix)


ODD_TEXTS = (
    'O\'Neill & Söhne "Süd" GmbH',
    "株式会社テスト 🧾🚀",
    "شركة <b>مثال</b> <script>alert(1)</script>",
    "two\nlines,\ta tab, a back\\slash and $(sh) `sh` %s {0} ${x}",
    "Robert'); DROP TABLE organizations;--",
    "é e\u0301 \u200b\u2028",
    "long " + "x" * 10_000,
    " ",
)


def takes_odd_texts(session: DoctorSession) -> None:
    """Check names, items and addresses in several scripts, with quotes, markup and line ends, and very long ones."""
    session.fresh()
    made = [session.impl.create_organization(name=name).organization for name in (*ODD_TEXTS, "Twin", "Twin")]
    _distinct(session, "organization", made, "organizations, two with the same name")
    for organization_, text in zip(made, ODD_TEXTS, strict=False):
        session.impl.choose_tier(organization=organization_, tier=Tier.BASIC)
        session.impl.create_service(organization=organization_)
        session.impl.record_usage(organization=organization_, amount=USAGE, item=text)
        session.impl.get_organization(organization=organization_)
    if session.has("onboarding"):
        addresses = ("o'neill+tag@example.com", '"a b"@example.com', "用户@例え.jp", f"{'x' * 64}@{'y' * 180}.com")
        users = [session.impl.register_user(email=address).user for address in addresses]
        _distinct(session, "user", users, "users")
        for user in users:
            session.impl.verify_email(user=user)
            session.impl.sign_in(user=user)
    for marketplace in session.marketplaces[:1]:
        for text in ODD_TEXTS:
            account = session.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
            session.impl.subscribe(account=account, offer=Offer.PAYG, purchase_order=text)


def keeps_many_apart(session: DoctorSession) -> None:
    """Check that fifty organizations do not share services."""
    session.fresh()
    pairs = [organization(session, f"Organization {number}") for number in range(MANY)]
    _distinct(session, "organization", [made for made, _ in pairs], f"{MANY} organizations")
    _distinct(session, "service", [service for _, service in pairs], f"services of {MANY} organizations")
    session.wait(DAY)
    for made, service in pairs:
        shown = [each.service for each in session.impl.get_organization(organization=made).services]
        if shown != [service]:
            fix = "show only what belongs to the organization"
            outcome = f"the services {preview(list(shown))}; it has only {preview(service)}"
            session.report(format_call("get_organization", {"organization": made}), outcome, fix, key="apart")


def _distinct(session: DoctorSession, kind: str, identifiers: list[str], among: str) -> None:
    if len(set(identifiers)) < len(identifiers):
        twice = next(each for each in identifiers if identifiers.count(each) > 1)
        fix = f"give each {kind} a unique identifier; names are not unique"
        session.report(
            f"{among}, one after the other", f"the identifier {preview(twice)} more than once", fix, key=f"ids {kind}"
        )
