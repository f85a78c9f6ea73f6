"""A history as a scenario in the kit's vocabulary.

Things get the names that the phrases know, in the order in which they are made. Where no phrase tells an act or a
difference, `Unspeakable` says which one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from billing_tck.contract.capabilities import needed_for
from billing_tck.contract.values import ZERO, BillingMethod, Credits, MethodKind
from billing_tck.explorer.comparator import Difference, InvoiceShown, TriedOn
from billing_tck.explorer.history import Act, History
from billing_tck.explorer.runner import Played
from billing_tck.steps.parameter_types import MONTHS, MORNING
from billing_tck.text.format import format_money

DAY = timedelta(days=1)

ORGANIZATIONS = ("the organization", "the other organization")
SERVICES = ("the service", "the other service", "the new service")
ACCOUNTS = ("the account", "the other account")
SUBSCRIPTIONS = ("the subscription", "the other subscription")
ADMINS = ("the admin", "the other admin")
PLACES = {"aws": "AWS", "gcp": "GCP", "azure": "Azure"}
OFFERS = {"payg": "pay-as-you-go", "free_trial": "the free trial", "committed": "a committed offer"}
CARDS = {"approves": "approves", "declines": "declines", "expired": "has expired", "invalid": "is invalid"}
ENDINGS = {"cancelled": "is cancelled", "not_renewed": "is not renewed"}
SUBSCRIBED = {"subscribed": "bought, and not linked", "linked": "linked", "ended": "over"}
MANY_STEPS = 4  # equal waits that make one phrase
COUNTS = ("no", "one", "two", "three", "four")


class Unspeakable(Exception):
    """The vocabulary has no phrase for something; the message says for what."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step: its kind (None where it is a Given as well as a When), and its text."""

    kind: str | None
    text: str


@dataclass(slots=True)
class Names:
    """What the phrases call the things of a history."""

    spoken: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)  # service -> organization

    def give(self, kind: str, label: str, names: Sequence[str]) -> str:
        """The next name of a kind."""
        place = self.counts.get(kind, 0)
        self.counts[kind] = place + 1
        if place >= len(names):
            raise Unspeakable(f"there is no name for so many of one kind ({kind})")
        self.spoken[label] = names[place]
        return names[place]

    def of(self, label: object) -> str:
        """The name of a thing."""
        if str(label) not in self.spoken:
            raise Unspeakable(f"there is no name for {label}")
        return self.spoken[str(label)]

    def service(self, label: object) -> str:
        """The name of a service, which phrases know of the first organization alone."""
        if self.spoken.get(self.owners.get(str(label), "")) != ORGANIZATIONS[0]:
            raise Unspeakable("there is no phrase about one service of the other organization")
        return self.of(label)

    def in_text(self, text: str) -> str:
        """A text with names for labels."""
        for label in sorted(self.spoken, key=len, reverse=True):
            text = text.replace(label, self.spoken[label])
        return text


@dataclass(frozen=True, slots=True)
class Scene:
    """A history in phrases, without what is to be seen at its end."""

    lines: tuple[Line, ...]
    names: Names
    needs: frozenset[str]
    refused: str | None = None  # the last phrase judges the last act itself


def format_at(at: datetime) -> str:
    """An instant as phrases say it."""
    day = f"{at.day} {MONTHS[at.month - 1]} {at.year}"
    if at.timetz() == MORNING:
        return day
    return f"{day} at {at:%H:%M:%S}" if at.second else f"{day} at {at:%H:%M}"


def format_span(span: timedelta) -> str:
    """A span of whole days as phrases say it."""
    return "1 day passes" if span == DAY else f"{span.days:,} days pass"


def scene(played: Played) -> Scene:
    """A history in phrases. Raises Unspeakable."""
    writer = _Writer(played.history, _refusals(played))
    return writer.scene()


def _refusals(played: Played) -> list[bool]:
    """For each act whether the rules refuse it: what the implementation answered, but for the last difference."""
    answers = iter(
        answer for answer in played.answers if answer.method != "reset" and not answer.method.startswith("get_")
    )
    refused = []
    for _ in played.history.acts:
        answer = next(answers, None)
        refused.append(answer is not None and type(answer.outcome).__name__ == "Refused")
    if played.differences and played.differences[0].field == "outcome" and refused:
        last = played.differences[0]
        if not last.method.startswith("get_"):
            refused[-1] = last.expected == "refused"
    return refused


class _Writer:
    def __init__(self, history: History, refused: Sequence[bool]) -> None:
        self._history = history
        self._refused = refused
        self._names = Names()
        self._now = history.start
        self._marketplaces: dict[str, str] = {}
        self._offers: dict[str, str] = {}

    def scene(self) -> Scene:
        needs: set[str] = set()
        lines = [Line("given", f"it is {format_at(self._history.start)}")]
        acts = list(self._history.acts)
        place = 0
        while place < len(acts):
            compact = self._compact(acts[place:], self._refused[place:]) or self._steps(acts[place:])
            if compact is not None:
                line, taken = compact
                lines.append(line)
            else:
                taken = 1
                lines += self._lines(acts[place], refused=self._refused[place])
            for one in acts[place : place + taken]:
                needs |= self._needs(one)
            place += taken
        return Scene(tuple(lines), self._names, frozenset(needs))

    def _needs(self, one: Act) -> frozenset[str]:
        named = one.named
        if one.method == "open_marketplace_account":
            self._marketplaces[one.makes[0]] = str(named["marketplace"])
        if one.method == "subscribe":
            self._marketplaces[one.makes[0]] = self._marketplaces.get(str(named["account"]), "")
        marketplace = self._marketplaces.get(str(named.get("account") or named.get("subscription")))
        return needed_for(one.method, named, marketplace or None)

    def _compact(self, acts: Sequence[Act], refused: Sequence[bool]) -> tuple[Line, int] | None:
        """The set-up of an organization in one phrase, with how many acts it takes."""
        if len(acts) < 3 or acts[0].method != "create_organization" or any(refused[:3]):
            return None
        label = acts[0].makes[0]
        methods = {one.method: one for one in acts[1:3] if one.named.get("organization") == label}
        if set(methods) != {"choose_tier", "create_service"} or methods["choose_tier"].named["tier"] != "scale":
            return None
        article = "an organization" if not self._names.counts.get("organization") else "another organization"
        self._organization(acts[0])
        self._service(methods["create_service"])
        following = acts[3] if len(acts) > 3 and not refused[3] else None
        if following is not None and following.named.get("organization") == label:
            if following.method == "add_card" and following.named["behaviour"] == "approves":
                return Line("given", f"{article} that pays by card"), 4
            if following.method == "start_trial":
                credit = _money(following.named["credits"])
                return Line("given", f"{article} on trial with {credit} of credits"), 4
        return Line("given", f"{article} with no billing method"), 3

    def _steps(self, acts: Sequence[Act]) -> tuple[Line, int] | None:
        """Many equal waits in one phrase, with how many they are."""
        span = acts[0].wait
        if span is None or span % DAY or ORGANIZATIONS[0] not in self._names.spoken.values():
            return None
        count = next((i for i, one in enumerate(acts) if one.wait != span), len(acts))
        if count < MANY_STEPS:
            return None
        self._now += count * span
        step = "1 day" if span == DAY else f"{span.days} days"
        return Line("when", f"{(count * span).days:,} days pass in steps of {step}"), count

    def _organization(self, one: Act) -> None:
        self._names.give("organization", one.makes[0], ORGANIZATIONS)
        if len(one.makes) > 1:
            self._names.give("admin", one.makes[1], ADMINS)

    def _service(self, one: Act) -> None:
        label, owner = one.makes[0], str(one.named["organization"])
        self._names.owners[label] = owner
        if self._names.of(owner) == ORGANIZATIONS[0]:
            self._names.give("service", label, SERVICES)
        else:
            place = self._names.counts.get(f"service of {owner}", 0)
            self._names.counts[f"service of {owner}"] = place + 1
            self._names.spoken[label] = f"service {place + 1} of {self._names.of(owner)}"

    def _lines(self, one: Act, *, refused: bool) -> list[Line]:  # noqa: PLR0911, PLR0912 - one case for each method
        named, names = one.named, self._names
        owner = names.of(named["organization"]) if "organization" in named else ""
        can = "cannot" if refused else "can"
        match one.method:
            case "advance_to":
                span = one.wait or timedelta()
                self._now += span
                return [Line(None, format_span(span) if not span % DAY else f"it is {format_at(self._now)}")]
            case "create_organization":
                article = "an organization" if not names.counts.get("organization") else "another organization"
                self._organization(one)
                return [Line("given", f"{article} that has chosen nothing yet")]
            case "choose_tier":
                return [Line(None, f"{owner} chooses the tier {named['tier']}")]
            case "create_service":
                if refused:
                    return [Line("then", f"{owner} cannot create a service")]
                self._service(one)
                return [Line(None, f"{owner} creates a service")]
            case "start_service":
                return [Line("then", f"{names.service(named['service'])} {can} be started")]
            case "scale_service":
                gib = named["replica_memory_gib"]
                return [Line("then", f"{names.service(named['service'])} {can} be scaled to {gib} GiB")]
            case "stop_service":
                return [Line(None, f"the owner stops {names.service(named['service'])}")]
            case "record_usage":
                item = f" of {named['item']}" if "item" in named else ""
                return [Line(None, f"{owner} uses {_money(named['amount'])}{item}")]
            case "start_trial":
                return [Line(None, f"{owner} starts a trial with {_money(named['credits'])} of credits")]
            case "add_card":
                return [Line(None, f"{owner} adds a card that {_card(named)}")]
            case "set_card_behaviour":
                return [Line(None, f"the card of {owner} {_card(named)}")]
            case "attempt_collection":
                return [Line(None, f"a collection from {owner} is attempted")]
            case "pay_invoice":
                return [Line(None, f"the oldest open invoice of {owner} is paid by bank transfer")]
            case "grant_extension":
                return [Line(None, f"an extension until {self._at(named['until'])} is granted to {owner}")]
            case "record_contact":
                return [Line(None, f"{owner} is contacted about its unpaid invoices")]
            case "delete_data":
                return [Line("then", f"the data of {owner} {can} be deleted by hand")]
            case "grant_credits":
                until = self._at(named["expires_at"])
                return [Line(None, f"{owner} is granted {_money(named['amount'])} of credits until {until}")]
            case "sign_commitment":
                return [self._commitment(one, owner)]
        return self._marketplace_lines(one, refused=refused)

    def _commitment(self, one: Act, owner: str) -> Line:
        amount, until = _money(one.named["credits"]), self._at(one.named["expires_at"])
        if "subscription" not in one.named:
            return Line(None, f"{owner} signs a direct commitment of {amount} until {until}")
        own = SUBSCRIPTIONS[ORGANIZATIONS.index(owner)]
        if self._names.of(one.named["subscription"]) != own:
            raise Unspeakable(f"a private offer of {owner} on another subscription than {own}")
        return Line(None, f"{owner} accepts a private offer of {amount} until {until} on its subscription")

    def _marketplace_lines(self, one: Act, *, refused: bool) -> list[Line]:
        named, names = one.named, self._names
        match one.method:
            case "open_marketplace_account":
                article = "an account" if not names.counts.get("account") else "another account"
                names.give("account", one.makes[0], ACCOUNTS)
                how = " without the right to purchase" if named.get("may_purchase") is False else ""
                how = how or (" that is not signed in" if named.get("signed_in") is False else "")
                return [Line("given", f"{article} on {PLACES[str(named['marketplace'])]}{how}")]
            case "subscribe":
                account, offer = names.of(named["account"]), OFFERS[str(named["offer"])]
                if refused:
                    return [Line("then", f"{account} cannot subscribe to {offer}")]
                names.give("subscription", one.makes[0], SUBSCRIPTIONS)
                order = f" with purchase order {named['purchase_order']}" if "purchase_order" in named else ""
                return [Line(None, f"{account} subscribes to {offer}{order}")]
            case "link_subscription":
                return [self._link(one, refused=refused)]
            case "end_subscription":
                return [Line(None, f"{names.of(named['subscription'])} {ENDINGS[str(named['cause'])]}")]
        return self._people_lines(one, refused=refused)

    def _link(self, one: Act, *, refused: bool) -> Line:
        named, names = one.named, self._names
        person, subscription = names.of(named["user"]), names.of(named["subscription"])
        target = names.of(named["organization"]) if "organization" in named else "a new organization"
        if refused:
            return Line("then", f"{person} cannot link {subscription} to {target}")
        if target == "a new organization":  # it takes the name of the one before
            for label in [label for label, name in names.spoken.items() if name in {ORGANIZATIONS[0], ADMINS[0]}]:
                del names.spoken[label]
            names.counts |= {"organization": max(1, names.counts.get("organization", 0)), "admin": 1}
            names.spoken |= {one.makes[0]: ORGANIZATIONS[0], str(named["user"]): ADMINS[0]}
        return Line(None, f"{person} links {subscription} to {target}")

    def _people_lines(self, one: Act, *, refused: bool) -> list[Line]:  # noqa: PLR0911 - one case for each method
        named, names = one.named, self._names
        match one.method:
            case "register_user":
                names.give("person", one.makes[0], ("the person",))
                return [Line(None, "a person registers")]
            case "verify_email":
                return [Line(None, f"{self._person(named)} verifies the address")]
            case "sign_in" if refused:
                return [Line("then", f"{self._person(named)} cannot sign in")]
            case "sign_in":
                return [Line(None, f"{self._person(named)} signs in")]
            case "provide_business_info":
                return [Line(None, f"{self._person(named)} says what the business is")]
            case "add_member":
                if names.of(named["organization"]) != ORGANIZATIONS[0]:
                    raise Unspeakable("a member of the other organization")
                if named["role"] == "developer":
                    names.spoken[one.makes[0]] = "the developer"
                    return [Line("given", "a developer of the organization, who is no admin")]
                for label in [label for label, name in names.spoken.items() if name == ADMINS[0]]:
                    del names.spoken[label]
                names.spoken[one.makes[0]] = ADMINS[0]
                return [Line("given", "a second admin of the organization")]
        raise Unspeakable(f"there is no phrase for {one.method}")

    def _person(self, named: Mapping[str, object]) -> str:
        name = self._names.of(named["user"])
        if name != "the person":
            raise Unspeakable(f"there is no phrase for what {name} does about signing in")
        return name

    def _at(self, span: object) -> str:
        if not isinstance(span, timedelta):
            raise Unspeakable(f"{span!r} is no span")
        return format_at(self._now + span)


def _money(amount: object) -> str:
    return format_money(amount) if isinstance(amount, Decimal) else str(amount)


def _card(named: Mapping[str, object]) -> str:
    if named["behaviour"] == "limited":
        return f"covers up to {_money(named['available_credit'])}"
    return CARDS[str(named["behaviour"])]


# What is to be seen


def then(difference: Difference, scene: Scene) -> Iterator[str]:
    """The phrases that may tell a difference, the nearest first; none where the vocabulary has none."""
    try:
        yield from _then(difference, scene)
    except Unspeakable:
        return


def is_expressible(played: Played) -> bool:
    """Whether phrases tell what differs: all that was done, and something that is then to be seen."""
    try:
        told = scene(played)
    except Unspeakable:
        return False
    return any(_tells(difference, told) for difference in played.differences if not difference.soft)


def _tells(difference: Difference, told: Scene) -> bool:
    """Whether a phrase says one thing of what was expected and another of what was observed."""
    if difference.field == "outcome":
        return True
    phrases = list(then(difference, told))
    if not phrases or difference.field in {"tried_again", "tried_on", "card"}:
        return bool(phrases)
    return set(phrases) != set(then(replace(difference, expected=difference.observed), told))


def _then(difference: Difference, scene: Scene) -> Iterator[str]:  # noqa: PLR0912 - one case for each field
    names, name, value = scene.names, difference.field, difference.expected
    owner = names.spoken.get(difference.organization, "")
    match name:
        case "outcome":
            yield from _of_outcome(difference, scene, owner)
        case "collected":
            yield "everything due was collected" if value else "not everything due was collected"
        case "card" if value:
            yield f"{owner} has a card on file"
        case "billed" if isinstance(value, BillingMethod):
            yield f"{owner} is billed {_paid_by(value)}"
        case "trial" if value in ("active", "over"):
            yield f"the trial of {owner} is {'running' if value == 'active' else 'over'}"
        case "trial_end" if isinstance(value, datetime):
            yield f"the trial of {owner} ended on {format_at(value)}"
        case "trial_credits" if isinstance(value, Decimal):
            yield f"{_money(value)} of the trial's credits are left to {owner}"
        case "restricted":
            yield f"{owner} is restricted" if value else f"{owner} is not restricted"
        case "service":
            if owner == ORGANIZATIONS[0]:
                yield f"{names.service(difference.of)} is {value}"
            yield f"the services of {owner} are {value}"
            if value != "running":
                yield f"no service of {owner} runs"
        case "data":
            yield f"the data of {owner} is {value}"
        case "cycle" if isinstance(value, tuple):
            first, last = (f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in value)
            yield f"the billing cycle of {owner} runs from {first} to {last}"
        case "tier" if value is not None:
            yield f"{owner} has the tier {value}"
        case "contacts" if value:
            yield f"{owner} has been contacted"
        case _:
            yield from _of_money(difference, scene, owner)
            yield from _of_subscription(difference, scene)


def _of_outcome(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    if difference.method == "create_service" and difference.expected == "done":
        yield f"{owner} can create a service"
    elif difference.method == "subscribe" and difference.expected == "done":
        account = scene.names.of(difference.params["account"])
        yield f"{account} can subscribe to {OFFERS[str(difference.params['offer'])]}"
    elif difference.method == "link_subscription" and difference.expected == "done":
        person, bought = scene.names.of(difference.params["user"]), scene.names.of(difference.params["subscription"])
        target = f"{owner}" if "organization" in difference.params else "a new organization"
        yield f"{person} can link {bought} to {target}"
    elif difference.method == "sign_in" and difference.expected == "done":
        yield "the person can sign in"


def _paid_by(value: BillingMethod) -> str:
    if value.kind is MethodKind.MARKETPLACE:
        return f"through {PLACES[str(value.marketplace)]}"
    return {"none": "by nobody", "trial": "by the trial", "card": "by card", "credits": "by credits"}[value.kind]


def _of_money(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:  # noqa: PLR0912 - as above
    name, value = difference.field, difference.expected
    match name:
        case "invoices" if isinstance(value, tuple):
            yield from _of_invoices(value, owner)
        case "charged" if isinstance(value, Decimal):
            yield f"{owner} has been charged {_money(value)}"
        case "attempted" if not value:
            yield f"no charge to {owner} was attempted"
        case "tried_again":
            yield f"the card of {owner} was tried again within 30 days of the first failure"
        case "tried_on" if isinstance(value, TriedOn):
            yield f"the card of {owner} was not tried after {format_at(value.since)}"
        case "credits" if isinstance(value, tuple):
            grants = [grant for grant in value if isinstance(grant, Credits)]
            yield f"{_money(sum((grant.left for grant in grants), ZERO))} of credits are left to {owner}"
            for grant in grants:
                until = format_at(grant.expires_at)
                yield f"{_money(grant.left)} is left of the credits of {owner} that expire on {until}"
        case "fees":
            if isinstance(value, Decimal):
                yield f"a commitment of {_money(value)} is reported for {owner}"
            else:
                yield f"no commitment is reported for {owner}"
        case "usage":
            if isinstance(value, Decimal):
                yield f"usage of {_money(value)} is reported for {owner} under {scene.names.of(difference.of)}"
            else:
                yield f"no usage is reported for {owner}"
                yield f"usage of $0.00 is reported for {owner} under {scene.names.of(difference.of)}"
        case "item":
            amount = value if isinstance(value, Decimal) else ZERO
            yield f"usage of {_money(amount)} of {difference.of} is reported for {owner}"
        case "lines" if isinstance(value, int) and value < len(COUNTS):
            yield f"usage is reported for {owner} in {COUNTS[value]} lines"


def _of_invoices(value: tuple[object, ...], owner: str) -> Iterator[str]:
    invoices = [invoice for invoice in value if isinstance(invoice, InvoiceShown)]
    if not invoices:
        yield f"{owner} has no invoice"
    yield f"{owner} has been invoiced {_money(sum((i.amount for i in invoices), ZERO))}"
    yield f"{owner} owes {_money(sum((i.amount for i in invoices if not i.paid), ZERO))}"
    for invoice in invoices:
        if invoice.days is not None:
            first, last = (f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in invoice.days)
            yield f"one invoice of {owner} is for {_money(invoice.amount)}, from {first} to {last}"


def _of_subscription(difference: Difference, scene: Scene) -> Iterator[str]:
    name, value = difference.field, difference.expected
    if not name.startswith("sub_"):
        return
    bought = scene.names.of(difference.of)
    match name:
        case "sub_state":
            yield f"{bought} is {SUBSCRIBED[str(value)]}"
        case "sub_offer":
            yield f"{bought} is one of {OFFERS[str(value)]}"
        case "sub_organization" if value is not None:
            yield f"{bought} is linked to {scene.names.of(value)}"
        case "sub_ends" if isinstance(value, datetime):
            yield f"{bought} is to end on {format_at(value)}"


# The file


@dataclass(frozen=True, slots=True)
class Tags:
    """What a scenario is tagged with."""

    family: str
    clauses: tuple[str, ...]
    needs: tuple[str, ...]
    readings: tuple[tuple[str, str], ...] = ()
    exact: bool = False

    @property
    def edge(self) -> bool:
        """Whether it belongs to the edges: it tests a reading."""
        return bool(self.readings)

    def __str__(self) -> str:
        tags = [*self.clauses, *(f"needs.{name}" for name in self.needs)]
        tags += [f"reading.{knob}.{value}" for knob, value in self.readings]
        tags += ["exact"] if self.exact else []
        return " ".join(f"@{tag}" for tag in tags)


def lines_with(scene: Scene, check: str | None, closing: str) -> list[Line]:
    """All steps: those of the scene, then what is to be seen, in an order that begins with Given and ends with Then."""
    lines = list(scene.lines)
    if check is not None:
        if check in {line.text.replace(" creates a service", " can create a service") for line in lines[-1:]}:
            lines.pop()
        lines = [*lines[:-1]] if _judges(lines[-1], check) else lines
        lines.append(Line("then", check))
    elif lines[-1].kind != "then":
        lines.append(Line("then", closing))
    first_wait = next((i for i, line in enumerate(lines) if i and line.kind != "then" and _waits(line)), None)
    last_open = max((i for i, line in enumerate(lines) if line.kind is None), default=None)
    whens = first_wait if first_wait is not None else last_open
    settled: list[Line] = []
    for place, line in enumerate(lines):
        if line.kind is not None:
            settled.append(line)
        elif whens is not None and place >= whens:
            settled.append(Line("when", line.text))
        else:
            settled.append(Line("given" if not settled or settled[-1].kind != "then" else "when", line.text))
    if all(line.kind != "when" for line in settled):
        place = next(i for i, line in enumerate(settled) if line.kind == "then")
        settled.insert(place, Line("when", "1 day passes"))
    return settled


def _waits(line: Line) -> bool:
    return line.text.startswith("it is ") or line.text.endswith((" pass", " passes")) or " in steps of " in line.text


def _judges(last: Line, check: str) -> bool:
    """Whether a Then does, and judges, what the last line would do."""
    last_words, check_words = last.text.split(), check.split()
    if " can " not in check:
        return False
    verbs = {"links": "link", "subscribes": "subscribe", "signs": "sign", "creates": "create"}
    plain = [verbs.get(word, word) for word in last_words]
    return [word for word in check_words if word != "can"] == plain[: len(check_words) - 1]


def render(tags: Tags, title: str, rule: str, steps: Sequence[Line], remarks: Sequence[str]) -> str:
    """The text of the feature file."""
    words = {"given": "Given", "when": "When", "then": "Then"}
    text = [f"# {remark}" for remark in remarks]
    text += [
        f"@{tags.family}",
        f"Feature: Found by exploring ({tags.family.replace('_', ' ')})",
        "",
        f"  {tags}",
        f"  Rule: {rule}",
        "",
        f"    Scenario: {title}",
    ]
    before = None
    for line in steps:
        keyword = words[str(line.kind)] if line.kind != before else "And"
        text.append(f"      {keyword} {line.text}")
        before = line.kind
    return "\n".join(text) + "\n"
