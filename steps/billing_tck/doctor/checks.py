"""The checks of the doctor, each a small named function, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import cast

from billing_tck.contract import ErrorKind, ImplementationError, Unsupported
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.codec import encode, told
from billing_tck.contract.values import (
    CardBehaviour,
    DataState,
    Description,
    Marketplace,
    Offer,
    OrganizationView,
    ServiceState,
    Tier,
    TrialState,
)
from billing_tck.doctor.cases import BESIDE, CASES, PLENTY, USAGE, always, linked, organization
from billing_tck.doctor.examination import (
    START,
    Examination,
    Finding,
    Stopped,
    Weight,
    said_of,
    spoken,
)
from billing_tck.doctor.histories import DAY, View, differences, live
from billing_tck.drivers import Driver
from billing_tck.register import Register

Check = Callable[[Examination], None]

SHOWN = 3  # differences of one comparison
MANY = 50
UNKNOWN_METHOD = "no_such_method_of_the_contract"
SLOW = 0.5  # of the timeout
READING = "let reading change nothing: what is due is carried out in advance_to, before it returns"


class Unspeakable(Exception):
    """It does not describe itself: there is nothing more to examine. `reached`: there was an answer at all."""

    def __init__(self, *, reached: bool) -> None:
        super().__init__()
        self.reached = reached


# What it says of itself ----------------------------------------------------------------------------------------------


def describes_itself(ex: Examination) -> None:
    """describe_implementation fits the contract and names capabilities, knobs and values that exist."""
    outcome = ex.ask("describe_implementation")
    called = spoken("describe_implementation", {})
    if isinstance(outcome, ImplementationError):
        ex.failed(outcome, called)
        raise Unspeakable(reached=outcome.kind in (ErrorKind.INVALID, ErrorKind.MALFORMED))
    if isinstance(outcome, Exception):
        came = f"{type(outcome).__name__.lower()}: {outcome}"
        ex.mend(called, came, "answer it: it is the first call of all, and every implementation describes itself")
        raise Unspeakable(reached=True)
    description = ex.description = cast("Description", outcome)
    for name in description.capabilities:
        if name not in CAPABILITIES:
            mend = f"write it as the contract does; it knows {', '.join(CAPABILITIES)}"
            ex.mend(called, f"the capability {told(name)}, which the contract does not know", mend)
    for name, others in BESIDE.items():
        if ex.has(name) and not any(ex.has(other) for other in others):
            mend = f"declare {' or '.join(others)} too, or leave {name} out"
            ex.mend(called, f"{name}, which stands beside a marketplace that is not declared", mend)
    if len(set(description.capabilities)) < len(description.capabilities):
        ex.note(called, "a capability twice", "list each once")
    _knows_its_readings(ex, description, called)


def _knows_its_readings(ex: Examination, description: Description, called: str) -> None:
    knobs = {knob.name: [value.name for value in knob.values] for knob in ex.register.knobs}
    for name, value in description.readings.items():
        if name not in knobs:
            mend = "write it as `billing-tck readings` lists it, or leave it out"
            ex.mend(called, f"the reading {told(name)}, which is no knob", mend)
        elif value not in knobs[name]:
            mend = f"declare one of {', '.join(knobs[name])} (`billing-tck readings {name}` says what they mean)"
            ex.mend(called, f"{name} = {told(value)}, which is none of the knob's values", mend)


# What is declared, and what is not -----------------------------------------------------------------------------------


def answers_plain_calls(ex: Examination) -> None:
    """Each method that is always there, or that a declared capability brings, is done in a plain case."""
    stopped = _case(ex, (), always)
    for name, case in CASES.items():
        if ex.has(name) and not (name in BESIDE and not any(map(ex.has, BESIDE[name]))):
            stopped = _case(ex, (name,), case) or stopped
    if stopped is not None:
        raise stopped


def _case(ex: Examination, about: tuple[str, ...], case: Check) -> Stopped | None:
    ex.about = about
    try:
        ex.fresh()
        case(ex)
    except Stopped as stopped:
        return stopped
    finally:
        ex.about = tuple(ex.description.capabilities) if ex.description else ()
    return None


def declares_what_it_answers(ex: Examination) -> None:
    """What is not declared answers unsupported."""
    ex.fresh()
    made, _ = organization(ex)
    for name in CASES:
        if ex.has(name) or name not in PROBES:
            continue
        method, params = PROBES[name]
        sent = params(ex, made)
        if sent is None:
            continue
        outcome = ex.ask(method, **sent)
        if not isinstance(outcome, Unsupported):
            came = "an error" if isinstance(outcome, ImplementationError) else "an answer"
            ex.note(
                spoken(method, sent),
                f"{came}, although {name} is not declared: its scenarios are not applicable, and never passed",
                f"declare {name} where it is meant to be there; else answer unsupported",
            )


Params = Callable[[Examination, str], dict[str, object] | None]


def _bought(offer: Offer) -> Params:
    def params(ex: Examination, made: str) -> dict[str, object] | None:
        if not ex.marketplaces or (offer is Offer.FREE_TRIAL and "aws" not in ex.marketplaces):
            return None
        marketplace = "aws" if offer is Offer.FREE_TRIAL else ex.marketplaces[0]
        account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
        return {"account": account, "offer": offer}

    return params


def _later(ex: Examination) -> datetime:
    return ex.now + 60 * DAY


PROBES: Mapping[str, tuple[str, Params]] = MappingProxyType(
    {
        "trial": ("start_trial", lambda _, made: {"organization": made, "credits": PLENTY}),
        "card": ("add_card", lambda _, made: {"organization": made, "behaviour": CardBehaviour.APPROVES}),
        "marketplace.aws": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.AWS}),
        "marketplace.gcp": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.GCP}),
        "marketplace.azure": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.AZURE}),
        "aws_free_trial": ("subscribe", _bought(Offer.FREE_TRIAL)),
        "commitment.marketplace": ("subscribe", _bought(Offer.COMMITTED)),
        "commitment.direct": (
            "sign_commitment",
            lambda ex, made: {"organization": made, "credits": PLENTY, "expires_at": _later(ex)},
        ),
        "credits": (
            "grant_credits",
            lambda ex, made: {"organization": made, "amount": PLENTY, "expires_at": _later(ex)},
        ),
        "onboarding": ("register_user", lambda *_: {"email": "ada@example.com"}),
        "extension": ("grant_extension", lambda ex, made: {"organization": made, "until": _later(ex)}),
        "manual_deletion": ("record_contact", lambda _, made: {"organization": made}),
    }
)
"""The first call of each capability but pay_invoice, which needs an invoice."""


def knows_what_it_has_not(ex: Examination) -> None:
    """A method that the contract does not know is answered with -32601 on the wire."""
    if ex.driver.in_process:
        raise Stopped("it is asked on the wire alone")
    try:
        outcome: object = ex.ask(UNKNOWN_METHOD)
    except KeyError:  # a result, of which the kit cannot know the type
        outcome = "a result"
    if not isinstance(outcome, Unsupported):
        came = outcome if isinstance(outcome, str) else f"{type(outcome).__name__}: {outcome}"
        mend = "answer a method that you do not have with error code -32601, so that a later version of the contract "
        ex.mend(spoken(UNKNOWN_METHOD, {}), came, mend + "may ask for more than you know")


# The clock -----------------------------------------------------------------------------------------------------------


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
    one = {"": cast("View", encode(before))}
    other = {"": cast("View", encode(after))}
    found = differences(one, other)
    if found:
        came = "; ".join(f"{path} was {told(mine)}, then {told(yours)}" for _, path, mine, yours in found[:SHOWN])
        ex.mend(called, came, mend, key=called)


def forgets(ex: Examination) -> None:
    """After reset nothing is there, whatever was before; identifiers may come again."""
    ex.fresh()
    old, _ = organization(ex, "Acme")
    if ex.has("trial"):
        ex.impl.start_trial(organization=old, credits=PLENTY)
    ex.impl.record_usage(organization=old, amount=USAGE)
    ex.wait(40 * DAY)
    ex.fresh()
    new = ex.impl.create_organization(name="Acme").organization
    view = ex.impl.get_organization(organization=new)
    if left := list(_remains(view)):
        mend = "let reset forget everything: organizations, services, invoices, timers; and begin with nothing"
        ex.mend(f"reset, then {spoken('create_organization', {'name': 'Acme'})}", f"it has {', '.join(left)}", mend)
    if old == new:
        return
    outcome = ex.ask("get_organization", organization=old)  # the kit itself never asks for it again
    if isinstance(outcome, OrganizationView) and outcome.services:
        ex.note(
            f"reset, then {spoken('get_organization', {'organization': old})}",
            "an organization from before the reset, with its services",
            "let reset forget everything; what is kept may come back in a scenario that knows nothing of it",
        )


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


# Values that are odd, and legal --------------------------------------------------------------------------------------

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
        ex.wait(35 * DAY)
        ex.impl.get_organization(organization=made)
        if ex.has("trial"):
            on_trial, _ = organization(ex)
            ex.impl.start_trial(organization=on_trial, credits=amount)
            _kept(ex, on_trial, amount, "start_trial", "trial.credits_left")
        if ex.has("credits"):
            granted, _ = organization(ex)
            ex.impl.grant_credits(organization=granted, amount=amount, expires_at=_later(ex))
            _kept(ex, granted, amount, "grant_credits", "credits[0].amount")
            ex.impl.record_usage(organization=granted, amount=CENT)
            ex.impl.get_organization(organization=granted)
        if ex.has("card"):
            by_card, _ = organization(ex)
            ex.impl.add_card(organization=by_card, behaviour=CardBehaviour.LIMITED, available_credit=amount)
            ex.impl.record_usage(organization=by_card, amount=amount)
            ex.wait(35 * DAY)
            ex.impl.get_organization(organization=by_card)


def _kept(ex: Examination, made: str, amount: Decimal, method: str, field: str) -> None:
    """An amount comes back as it was given."""
    view = ex.impl.get_organization(organization=made)
    shown = view.trial.credits_left if method == "start_trial" else next((c.amount for c in view.credits), None)
    if shown != amount:
        mend = "keep money exactly, in cents or in decimals: floating point loses cents"
        ex.mend(f"{method} with {amount}, then get_organization", f"{field} is {told(encode(shown))}", mend)


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
            came = f"the services {told(list(shown))}; it was given {told(service)} alone"
            ex.mend(spoken("get_organization", {"organization": made}), came, mend, key="apart")


def _distinct(ex: Examination, kind: str, identifiers: list[str], among: str) -> None:
    if len(set(identifiers)) < len(identifiers):
        twice = next(each for each in identifiers if identifiers.count(each) > 1)
        mend = f"give each {kind} an identifier of its own; names are no identifiers"
        ex.mend(
            f"{among}, one after the other", f"the identifier {told(twice)} more than once", mend, key=f"ids {kind}"
        )


# Histories -----------------------------------------------------------------------------------------------------------


def ends_alike_in_jumps_and_steps(ex: Examination) -> None:
    """Eighty days in three jumps, and day by day: the same world. And the same where it is read on the way."""
    jumped = live(ex)
    stepped = live(ex, step=DAY)
    _alike(
        ex,
        "advance_to in jumps of up to 40 days, and day by day",
        ("after the jumps", jumped),
        ("day by day", stepped),
        "carry out everything that falls due up to `now` in the order of its due times, each dated and followed up "
        "from there: not once for each call, and not as of the instant at which the call arrives",
    )
    read = live(ex, step=DAY, reading=True)
    _alike(
        ex,
        "get_organization on the way, and not",
        ("unread", stepped),
        ("read on the way", read),
        READING,
    )


def _alike(
    ex: Examination, called: str, one: tuple[str, Mapping[str, View]], other: tuple[str, Mapping[str, View]], mend: str
) -> None:
    found = differences(one[1], other[1])
    if not found:
        return
    shown = [f"{who}: {path} is {told(mine)} {one[0]}, {told(yours)} {other[0]}" for who, path, mine, yours in found]
    more = f"; and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    ex.mend(called, "; ".join(shown[:SHOWN]) + more, mend, key=called)


def orders_its_lists(ex: Examination) -> None:
    """What happens again and again is listed in order of time."""
    ex.fresh()
    made, _ = organization(ex)
    if ex.has("card"):
        ex.impl.add_card(organization=made, behaviour=CardBehaviour.DECLINES)
    subscriber = linked(ex, ex.marketplaces[0])[0] if ex.marketplaces else None
    for number in range(4):
        ex.impl.record_usage(organization=made, amount=USAGE + number)
        if ex.has("credits"):
            ex.impl.grant_credits(organization=made, amount=CENT, expires_at=ex.now + (300 - number) * DAY)
        if ex.has("manual_deletion"):
            ex.impl.record_contact(organization=made)
        if subscriber is not None:
            ex.impl.record_usage(organization=subscriber, amount=USAGE - number)
        ex.wait(9 * DAY)
        if ex.has("card"):
            ex.impl.attempt_collection(organization=made)
    ex.wait(31 * DAY)
    for each in (made, subscriber):
        if each is not None:
            ex.impl.get_organization(organization=each)


# Refusals ------------------------------------------------------------------------------------------------------------


def refuses_in_the_contracts_words(ex: Examination) -> None:
    """A refusal is a refusal, with a reason that the contract knows; whether it is due is for the run to say."""
    before = ex.refusals
    ex.fresh()
    made, service = organization(ex)
    if ex.has("card"):
        ex.impl.add_card(organization=made, behaviour=CardBehaviour.DECLINES)
    ex.impl.record_usage(organization=made, amount=USAGE)
    ex.impl.stop_service(service=service)
    ex.wait(35 * DAY)
    restricted = ex.impl.get_organization(organization=made).restricted
    if restricted:
        ex.may_be_refused("start_service", service=service)
    if ex.has("trial"):
        ex.fresh()
        made, service = organization(ex)
        ex.impl.start_trial(organization=made, credits=PLENTY)
        ex.wait(33 * DAY)
        shown = ex.impl.get_organization(organization=made).services
        if any(each.service == service and each.state is ServiceState.STOPPED for each in shown):
            ex.may_be_refused("start_service", service=service)
    if ex.has("onboarding"):
        user = ex.impl.register_user(email="grace@example.com").user
        ex.may_be_refused("sign_in", user=user)
        for marketplace in ex.marketplaces[:1]:
            account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace), may_purchase=False).account
            ex.may_be_refused("subscribe", account=account, offer=Offer.PAYG)
    if ex.refusals == before:
        ex.note(
            "start_service of a stopped service, where something is unpaid or a trial is over",
            "no refusal anywhere" if restricted else "no refusal anywhere, and no organization that is restricted",
            "nothing, if the rules are still to be filled: the form of a refusal could not be looked at, and whether "
            "one is due is for `billing-tck run` to say",
        )


# All of them ---------------------------------------------------------------------------------------------------------

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "it describes itself": describes_itself,
        "what is declared is answered, in a plain case": answers_plain_calls,
        "what is not declared is unsupported": declares_what_it_answers,
        "a method that nobody knows is unsupported": knows_what_it_has_not,
        "the clock may stand still": stands_still,
        "reset forgets": forgets,
        "reset goes back, and far away": goes_back_with_reset,
        "odd instants": takes_odd_instants,
        "odd amounts": takes_odd_amounts,
        "odd texts": takes_odd_texts,
        f"{MANY} organizations": keeps_many_apart,
        "reading twice": reads_without_effect,
        "one jump and many steps end alike": ends_alike_in_jumps_and_steps,
        "lists are in order of time": orders_its_lists,
        "a refusal is a refusal": refuses_in_the_contracts_words,
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """How one check went: the findings that it added, and why it could not be made to the end."""

    name: str
    findings: tuple[Finding, ...]
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the examination as a whole came to."""

    description: Description | None
    findings: tuple[Finding, ...]
    unfilled: tuple[str, ...]
    calls: int
    slowest: tuple[str, float]
    reached: bool

    @property
    def mends(self) -> int:
        """How many findings must be mended."""
        return said_of(self.findings, Weight.MEND)


def examine(
    driver: Driver, register: Register, *, timeout: float = 10.0, on_check: Callable[[Checked], None] = lambda _: None
) -> Diagnosis:
    """Makes every check, each told to `on_check` as soon as it is made."""
    ex = Examination(driver, register, timeout)
    reached = True
    for name, check in CHECKS.items():
        before, stopped = len(ex.findings), ""
        try:
            check(ex)
        except Stopped as why:
            stopped = str(why)
        except Unspeakable as unspeakable:
            reached = unspeakable.reached
        on_check(Checked(name, tuple(ex.findings[before:]), stopped))
        if ex.lost or ex.description is None:
            break
    _still_to_fill(ex)
    _slow(ex)
    return Diagnosis(
        ex.description, tuple(ex.findings), tuple(ex.unfilled), ex.calls, ex.slowest, reached and not ex.lost
    )


def _still_to_fill(ex: Examination) -> None:
    """Methods that every implementation has in the end: a must as soon as anything is declared."""
    if not ex.unfilled or ex.description is None:
        return
    declared = ex.description.capabilities
    finding = Finding(
        Weight.MEND if declared else Weight.FILL,
        ", ".join(ex.unfilled),
        "unsupported" + (f", while {', '.join(declared)} is declared" if declared else ""),
        "fill them: they belong to no capability, and every implementation has them",
    )
    ex.find(finding, "unfilled")


def _slow(ex: Examination) -> None:
    method, seconds = ex.slowest
    if seconds > SLOW * ex.timeout:
        came = f"an answer after {seconds:.1f} s; the kit waits for {ex.timeout:g} s"
        ex.note(method, came, "answer sooner, or give every run more time with --timeout")
