"""A toy for the tests of the engine: one small rule, an implementation of it, a vocabulary, and a feature.

It is independent of the kit's own steps, features and reference, so that only the engine can fail a test of the engine.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

from billing_tck.contract import ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import (
    BillingMethod,
    CardBehaviour,
    Collected,
    DataState,
    Description,
    MethodKind,
    Nothing,
    OrganizationCreated,
    OrganizationView,
    Service,
    ServiceRef,
    ServiceState,
    Trial,
    TrialState,
)
from billing_tck.spec.requirements import Clause, Document, Family, Kind, Knob, KnobValue, Register
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import World

FEATURE = """\
@unpaid_invoices
Feature: What follows an unpaid invoice

  Background:
    Given an organization with a card that declines

  @BC-29
  Rule: Services stop when an invoice has stayed unpaid for 14 days

    Scenario Outline: <days> days after the failed charge, services are <services>
      Given a collection is attempted
      When <days> days pass
      Then every service is <services>

      Examples: A clear day before, two clear days after
        | days | services |
        | 13   | running  |
        | 16   | stopped  |

  @BC-26 @needs.card
  Rule: A stopped service does not start while an invoice is unpaid

    Scenario: A start is refused
      When a collection is attempted
      And 16 days pass
      Then a start of the service is refused

    @needs.extension
    Scenario: An extension changes nothing about it
      When a collection is attempted
      And 16 days pass
      Then a start of the service is refused
"""

EDGE = """\
@unpaid_invoices
Feature: The edges of the deadlines

  @BC-29 @reading.deadline_instant.at @exact
  Scenario: At the very instant services are stopped
    Given an organization with a card that declines
    And a collection is attempted
    When 14 days pass
    Then every service is stopped
"""

CLAUSES = {
    "BC-26": "A stopped service does not start while an invoice is unpaid.",
    "BC-28": "Collection can be tried at any time.",
    "BC-29": "Services stop when an invoice has stayed unpaid for 14 days.",
}


def register() -> Register:
    """A register of three clauses, one of them excluded, and one knob."""
    clauses = tuple(
        Clause(
            id=id_,
            family=Family.UNPAID_INVOICES,
            kind=Kind.RULE,
            sentence=sentence,
            source="billing.md",
            line=7,
            fingerprint="0" * 16,
            numbers=None,
            readings=(),
            excluded="it is a screen" if id_ == "BC-28" else None,
            note=None,
        )
        for id_, sentence in CLAUSES.items()
    )
    values = (KnobValue("at", "at the instant"), KnobValue("after", "later"))
    knob = Knob("deadline_instant", "When?", "at", Family.UNPAID_INVOICES, ("BC-29",), "a day", None, values)
    document = Document("billing.md", "Made up", "English", "A document for tests.", "From 1.")
    return Register(clauses, (knob,), (document,))


def vocabulary() -> Vocabulary:
    """The phrases of the toy feature."""
    words = Vocabulary()

    @words.given("an organization with a card that {behaviour}")
    def organization(world: World, behaviour: str) -> None:
        made = world.impl.create_organization(name="Acme")
        world.names["the organization"] = made.organization
        world.names["the admin"] = made.admin
        service = world.impl.create_service(organization=made.organization)
        world.names["the service"] = service.service
        world.impl.add_card(organization=made.organization, behaviour=CardBehaviour(behaviour))

    @words.given("a collection is attempted")
    @words.when("a collection is attempted")
    def collect(world: World) -> None:
        world.impl.attempt_collection(organization=world.names["the organization"])

    @words.when("{days:d} days pass")
    def days_pass(world: World, days: int) -> None:
        world.advance_to(world.now + timedelta(days=days))

    @words.then("every service is {state}")
    def services_are(world: World, state: str) -> None:
        seen = world.impl.get_organization(organization=world.names["the organization"])
        states = {str(service.state) for service in seen.services}
        world.expect(states == {state}, f"every service is {state}", f"service: {', '.join(sorted(states))}")

    @words.then("a start of the service is refused")
    def start_refused(world: World) -> None:
        refusal = world.refused(lambda: world.impl.start_service(service=world.names["the service"]))
        if refusal is not None and refusal.reason != "unpaid_invoice":
            world.remark(f"a start was refused for the reason {refusal.reason}, not unpaid_invoice")
        world.expect(refusal is not None, "the start is refused", "done")

    return words


class Toy:
    """A driver whose implementation knows that one rule; each thing that can go wrong is an argument.

    `faults` are methods that raise; `lacks` are methods that it does not have.
    """

    in_process = True

    def __init__(
        self,
        *,
        stop_after: int = 14,
        capabilities: tuple[str, ...] = ("card",),
        readings: Mapping[str, str] | None = None,
        settles_within: str = "PT0S",
        refuses_to_start: bool = True,
        says: str = "pay first",
        faults: Mapping[str, BaseException] | None = None,
        lacks: tuple[str, ...] = (),
        spec: str = "toy",
    ) -> None:
        self.spec = spec
        self.description = Description("toy", "1.0", "1", capabilities, dict(readings or {}), settles_within)
        self.calls: list[tuple[str, Mapping[str, object]]] = []
        self.closed = False
        self._stop_after = timedelta(days=stop_after)
        self._refuses = refuses_to_start
        self._says = says
        self._faults = dict(faults or {})
        self._lacks = lacks
        self._forget(datetime(2000, 1, 1, tzinfo=UTC))

    def call(self, method: str, params: Mapping[str, object]) -> object:
        self.calls.append((method, dict(params)))
        if method in self._lacks:
            raise Unsupported(method)
        if method in self._faults:
            raise self._faults[method]
        return getattr(self, f"_{method}")(**params)

    def begin_scenario(self, name: str) -> None:
        pass

    def log_tail(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Toy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forget(self, now: datetime) -> None:
        self._now = now
        self._declines = False
        self._unpaid_since: datetime | None = None

    def _describe_implementation(self) -> Description:
        return self.description

    def _reset(self, now: datetime) -> Nothing:
        self._forget(now)
        return Nothing()

    def _advance_to(self, now: datetime) -> Nothing:
        self._now = now
        return Nothing()

    # The organization and the service have one identifier, as in a system that numbers each kind from 1.

    def _create_organization(self, name: str) -> OrganizationCreated:
        return OrganizationCreated("1", "1")

    def _create_service(self, organization: str) -> ServiceRef:
        return ServiceRef("1")

    def _add_card(self, organization: str, behaviour: str) -> Nothing:
        self._declines = behaviour != "approves"
        return Nothing()

    def _attempt_collection(self, organization: str) -> Collected:
        if self._declines:
            self._unpaid_since = self._now
        return Collected(not self._declines)

    def _start_service(self, service: str) -> Nothing:
        if self._refuses and self._unpaid_since:
            raise Refused("unpaid_invoice", self._says)
        return Nothing()

    def _get_organization(self, organization: str) -> OrganizationView:
        stopped = self._unpaid_since is not None and self._now >= self._unpaid_since + self._stop_after
        state = ServiceState.STOPPED if stopped else ServiceState.RUNNING
        return OrganizationView(
            billing_method=BillingMethod(MethodKind.CARD, None),
            card_on_file=True,
            trial=Trial(TrialState.NONE, None, None, None),
            billing_cycle=None,
            restricted=self._unpaid_since is not None,
            services=(Service("1", state, 8),),
            data=DataState.PRESENT,
            invoices=(),
            charges=(),
            credits=(),
            marketplace_reports=(),
            contacts=(),
            uninvoiced=Decimal("0.00"),
        )


def crash(message: str = "it fell over", log: tuple[str, ...] = ()) -> ImplementationError:
    """What a driver raises for a dead implementation."""
    return ImplementationError(ErrorKind.CRASHED, message, method="attempt_collection", log=log)


def write_features(folder: Path, core: str = FEATURE, edge: str | None = None, name: str = "unpaid_invoices") -> Path:
    """A features folder with these texts."""
    for part, text in (("core", core), ("edge", edge)):
        if text is not None:
            (folder / part).mkdir(parents=True, exist_ok=True)
            (folder / part / f"{name}.feature").write_text(text, encoding="utf-8")
    return folder


def in_process() -> object:
    """The toy as `--sut python:` takes it: methods by name, plain values out."""
    toy = Toy()

    def plain(value: object) -> object:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        return value

    methods = [name[1:] for name in vars(Toy) if name.startswith("_") and not name.startswith(("__", "_forget"))]
    calls = {name: lambda _name=name, **params: plain(toy.call(_name, params)) for name in methods}
    return SimpleNamespace(**calls)


def without_durations(text: str) -> str:
    """Replace the duration that ends a run's summary: how long it takes depends on the machine."""
    return re.sub(r"\b\d+(?:\.\d)? s$", "N s", text, flags=re.MULTILINE)
