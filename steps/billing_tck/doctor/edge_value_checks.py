"""The checks of values that are odd, and legal."""

from __future__ import annotations

from decimal import Decimal

from billing_tck.contract.encode import encode
from billing_tck.contract.values import CardBehaviour, Marketplace, Offer, Tier
from billing_tck.doctor.cases import AFTER_A_CYCLE, DAY, USAGE, organization
from billing_tck.doctor.session import Examination, spoken
from billing_tck.text.preview import preview

MANY = 50
CENT, VAST = Decimal("0.01"), Decimal("99999999.99")


def takes_odd_amounts(ex: Examination) -> None:
    """One cent, and all but a hundred millions."""
    for amount in (CENT, VAST, Decimal("0.10"), Decimal("10000"), Decimal("5.5")):
        ex.fresh()
        made, service = organization(ex)
        ex.impl.scale_service(service=service, replica_memory_gib=1024)
        ex.impl.scale_service(service=service, replica_memory_gib=1)
        for _ in range(3):
            ex.impl.record_usage(organization=made, amount=amount)
        ex.wait(AFTER_A_CYCLE)
        ex.impl.get_organization(organization=made)
        if ex.has("trial"):
            on_trial, _ = organization(ex)
            ex.impl.start_trial(organization=on_trial, credits=amount)
            _kept(ex, on_trial, amount, "start_trial", "trial.credits_left")
        if ex.has("credits"):
            granted, _ = organization(ex)
            ex.impl.grant_credits(organization=granted, amount=amount, expires_at=ex.now + 60 * DAY)
            _kept(ex, granted, amount, "grant_credits", "credits[0].amount")
            ex.impl.record_usage(organization=granted, amount=CENT)
            ex.impl.get_organization(organization=granted)
        if ex.has("card"):
            by_card, _ = organization(ex)
            ex.impl.add_card(organization=by_card, behaviour=CardBehaviour.LIMITED, available_credit=amount)
            ex.impl.record_usage(organization=by_card, amount=amount)
            ex.wait(AFTER_A_CYCLE)
            ex.impl.get_organization(organization=by_card)


def _kept(ex: Examination, made: str, amount: Decimal, method: str, field: str) -> None:
    """An amount comes back as it was given."""
    view = ex.impl.get_organization(organization=made)
    shown = view.trial.credits_left if method == "start_trial" else next((c.amount for c in view.credits), None)
    if shown != amount:
        mend = "keep money exactly, in cents or in decimals: floating point loses cents"
        ex.mend(f"{method} with {amount}, then get_organization", f"{field} is {preview(encode(shown))}", mend)


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


def takes_odd_texts(ex: Examination) -> None:
    """Names, items and addresses of every script, with quotes, markup and line ends, and very long."""
    ex.fresh()
    made = [ex.impl.create_organization(name=name).organization for name in (*ODD_TEXTS, "Twin", "Twin")]
    _distinct(ex, "organization", made, "organizations, two of them of one name")
    for organization_, text in zip(made, ODD_TEXTS, strict=False):
        ex.impl.choose_tier(organization=organization_, tier=Tier.BASIC)
        ex.impl.create_service(organization=organization_)
        ex.impl.record_usage(organization=organization_, amount=USAGE, item=text)
        ex.impl.get_organization(organization=organization_)
    if ex.has("onboarding"):
        addresses = ("o'neill+tag@example.com", '"a b"@example.com', "用户@例え.jp", f"{'x' * 64}@{'y' * 180}.com")
        users = [ex.impl.register_user(email=address).user for address in addresses]
        _distinct(ex, "user", users, "users")
        for user in users:
            ex.impl.verify_email(user=user)
            ex.impl.sign_in(user=user)
    for marketplace in ex.marketplaces[:1]:
        for text in ODD_TEXTS:
            account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
            ex.impl.subscribe(account=account, offer=Offer.PAYG, purchase_order=text)


def keeps_many_apart(ex: Examination) -> None:
    """Fifty organizations, each with a service of its own."""
    ex.fresh()
    pairs = [organization(ex, f"Organization {number}") for number in range(MANY)]
    _distinct(ex, "organization", [made for made, _ in pairs], f"{MANY} organizations")
    _distinct(ex, "service", [service for _, service in pairs], f"services of {MANY} organizations")
    ex.wait(DAY)
    for made, service in pairs:
        shown = [each.service for each in ex.impl.get_organization(organization=made).services]
        if shown != [service]:
            mend = "show each organization what belongs to it, and nothing of another one's"
            came = f"the services {preview(list(shown))}; it was given {preview(service)} alone"
            ex.mend(spoken("get_organization", {"organization": made}), came, mend, key="apart")


def _distinct(ex: Examination, kind: str, identifiers: list[str], among: str) -> None:
    if len(set(identifiers)) < len(identifiers):
        twice = next(each for each in identifiers if identifiers.count(each) > 1)
        mend = f"give each {kind} an identifier of its own; names are no identifiers"
        ex.mend(
            f"{among}, one after the other", f"the identifier {preview(twice)} more than once", mend, key=f"ids {kind}"
        )
