"""The explorer: random lawful histories find faults, and find nothing in a correct implementation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from billing_tck.cli.main import main
from billing_tck.connect import open_unfrozen
from billing_tck.connection import Connection
from billing_tck.contract import Refused
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import Collected, DataState, Description, OrganizationView, ServiceState
from billing_tck.engine.runner import describe
from billing_tck.explorer.attribution import clauses_of
from billing_tck.explorer.campaign import Explored, explore
from billing_tck.explorer.chunks import Grade, run_chunk
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.contract_sentences import contract_of
from billing_tck.explorer.counterexample import Counterexample, explain_counterexample
from billing_tck.explorer.difference import Difference, InvoiceShown
from billing_tck.explorer.exclusions import exclusion_of
from billing_tck.explorer.generator import Generator
from billing_tck.explorer.history import Answer, Command, History, command, wait
from billing_tck.explorer.runner import Played, Subject, play, replay
from billing_tck.explorer.wording import words_of
from billing_tck.reference.oracle import DEFAULTS, KNOBS
from billing_tck.spec.applicability import settles_within

from .lawful_readings import LAWFUL_READINGS
from .sampling import sampled

HERE = Path(__file__).parent
JAVASCRIPT = f"stdio:node {HERE / 'third_party' / 'javascript' / 'server.mjs'} --stdio"

# Faults of every family, each with the clauses of which the finding names one, and where its scenario belongs.
FAULTS = (
    ("trial-of-33-days", {"BC-02"}, "trial"),
    ("trial-credits-shared", {"BC-03"}, "trial"),
    ("cycle-a-day-too-long", {"BC-15", "BC-17", "BC-39"}, "card_billing"),
    ("early-charge-a-cent-below", {"BC-18"}, "card_billing"),
    ("stop-after-21-days", {"BC-29"}, "unpaid_invoices"),
    ("cap-exclusive", {"BC-24"}, "unpaid_invoices"),
    ("retries-after-day-30", {"BC-28"}, "unpaid_invoices"),
    ("fee-not-reported", {"BC-51"}, "commitments"),
    ("term-ends-a-day-late", {"BC-62"}, "commitments"),
    ("says-credit-draw-at-usage-does-at-period-end", {"BC-55", "BC-58"}, "commitments"),
    ("commitment-protects-nothing", {"BC-66"}, "commitments"),
    ("says-report-lines-per-item-does-per-hour", {"BC-36"}, "marketplace"),
)


def found(sut: str, *, seed: str = "0", examples: int = 400) -> tuple[Explored, Counterexample]:
    explored = explore(sut, seed=seed, examples=examples)
    finding = explain_counterexample(sut, explored, seed=seed, connection=Connection())
    assert finding is not None
    return explored, finding


@pytest.mark.parametrize(("fault", "clauses", "family"), sampled(FAULTS, 4, [fault for fault, _, _ in FAULTS]))
def test_a_mistake_is_found_and_its_clause_named_and_written_down(
    fault: str, clauses: set[str], family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sut = f"faulty:{fault}"
    explored, finding = found(sut)
    assert explored.outcome.command_count < 12_000
    assert clauses & set(finding.clauses)
    assert len(finding.history.commands) <= 10
    assert finding.feature is not None
    assert finding.path is not None
    assert finding.path.stem == family
    path = tmp_path / finding.path
    path.parent.mkdir()
    path.write_text(finding.feature, encoding="utf-8")
    declared = ",".join(f"{knob}={value}" for knob, value in finding.declared.items())
    assert main(["run", "--features", str(path), "--sut", sut]) == 1
    assert main(["run", "--features", str(path), "--sut", f"reference:{declared}"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("readings", sampled(LAWFUL_READINGS, 3))
def test_nothing_is_found_against_the_reference(readings: str) -> None:
    explored = explore(f"reference:{readings}" if readings else "reference", seed="1", examples=40)
    assert explored.finding is None
    assert explored.outcome.histories == 40
    assert explored.outcome.command_count > 800


@pytest.mark.node
@pytest.mark.parametrize("reading", sampled(["deadline_instant=after", "marketplace_end=stops_at_end", ""], 3))
def test_nothing_is_found_against_an_independent_implementation(reading: str) -> None:
    sut = f"{JAVASCRIPT} --reading {reading}" if reading else JAVASCRIPT
    explored = explore(sut, seed="2", examples=40)
    assert explored.finding is None
    assert not explored.outcome.failed


@pytest.mark.node
def test_what_an_independent_implementation_breaks_is_found() -> None:
    _, finding = found(f"{JAVASCRIPT} --broken thirty-day-cycle")
    assert set(finding.clauses) & {"BC-15", "BC-17", "BC-39"}
    assert finding.feature is not None


@pytest.mark.slow
def test_the_same_seed_comes_to_the_same_finding() -> None:
    first, second = (found("faulty:extension-ignored", examples=1200) for _ in range(2))
    assert first[0].number == second[0].number
    assert first[0].outcome.command_count == second[0].outcome.command_count
    assert first[1].feature == second[1].feature


def test_an_executor_comes_to_the_same_finding() -> None:
    class Here(Executor):
        """Carries a task out at once, in this process."""

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_result(fn(*args, **kwargs))
            return future

    alone = explore("faulty:stop-after-14-working-days", examples=200)
    together = explore("faulty:stop-after-14-working-days", examples=200, executor=Here(), workers=3)
    assert together.number == alone.number
    assert alone.finding is not None
    assert together.finding is not None
    assert together.finding.history == alone.finding.history


def test_a_history_can_be_repeated() -> None:
    def once() -> Played:
        with open_unfrozen("reference") as driver:
            description = describe(driver)
            generator = Generator(Random("7"), frozenset(description.capabilities), late=False)
            return play(Subject(driver, description, settles_within(description)), generator.start(), generator)

    first, second = once(), once()
    assert first.history == second.history
    assert [answer.params for answer in first.answers] == [answer.params for answer in second.answers]


class Undeclaring:
    """An implementation that takes a reading and does not say so."""

    def __init__(self, readings: str) -> None:
        self._driver = open_unfrozen(f"reference:{readings}")

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            answer = self._driver.call(method, params)
            if isinstance(answer, Description):
                return Description("undeclaring", "1", "1", answer.capabilities, {}, "PT0S")
            return answer

        return call


def undeclaring() -> object:
    return Undeclaring(
        "deadline_instant=end_of_day,month_end=sticky,credit_order=oldest_grant,trial_exhausted=below_zero"
    )


def undeclaring_debts() -> object:
    return Undeclaring(
        "deadline_instant=end_of_day,unpaid_clock=until_all_paid,card_replacement=waits,restart_after_payment=automatic,"
        "marketplace_end=stops_at_end,cycle_anchor=tier,month_end=rollover"
    )


class Forgetful(Undeclaring):
    """One that is wrong about a rule, and declares nothing."""

    def __init__(self) -> None:
        self._driver = open_unfrozen("faulty:stop-after-21-days")


def forgetful() -> object:
    return Forgetful()


@pytest.mark.slow
@pytest.mark.parametrize("factory", ["undeclaring", "undeclaring_debts"])
@pytest.mark.parametrize("seed", ["3", "5"])
def test_what_values_of_undeclared_knobs_explain_is_no_difference(factory: str, seed: str) -> None:
    explored = explore(f"python:{__name__}:{factory}", seed=seed, examples=80)
    assert explored.finding is None
    assert explored.outcome.histories == 80


ADA = command("create_organization", ("organization-1", "user-1"), name="Ada")
SET_UP = (
    ADA,
    command("choose_tier", organization="organization-1", tier="scale"),
    command("create_service", ("service-1",), organization="organization-1"),
)
OVERSHOT = (
    *SET_UP,
    command("start_trial", organization="organization-1", credits=Decimal("120.00")),
    command("record_usage", organization="organization-1", amount=Decimal("10250.00")),
)


def played(
    implementation: object,
    *commands: Command,
    start: datetime = datetime(2025, 1, 18, 9, tzinfo=UTC),
    settles: timedelta = timedelta(),
    readings: Mapping[str, str] | None = None,
) -> Played:
    """What comes of these commands, against an implementation in this process that declares these readings alone."""

    class Direct:
        def call(self, method: str, params: Mapping[str, object]) -> object:
            return getattr(implementation, method)(**params)

    description = Description("direct", "1", "1", tuple(sorted(CAPABILITIES)), dict(readings or {}), "PT0S")
    came = replay(Subject(Direct(), description, settles), History(start, commands))
    assert came.error is None  # a wrong parameter ends a history
    return came


def test_two_readings_that_are_not_declared_are_supposed_together() -> None:
    keeps = Undeclaring("deadline_instant=end_of_day,month_end=rollover")
    trial = command("start_trial", organization="organization-1", credits=Decimal("120.00"))
    start = datetime(2026, 12, 31, 14, tzinfo=UTC)
    came = played(keeps, *SET_UP, trial, wait(timedelta(days=31)), start=start)
    assert not came.differences
    assert came.assignment["deadline_instant"] == "end_of_day"
    assert came.assignment["month_end"] == "rollover"


def test_more_readings_than_can_be_tried_find_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = command("record_usage", organization="organization-1", amount=Decimal("120.00"))
    commands = (*SET_UP, usage, wait(timedelta(days=48)))
    assert played(Forgetful(), *commands).differences
    monkeypatch.setattr("billing_tck.explorer.inference.MOST_ANSWERS", 10)
    assert not played(Forgetful(), *commands).differences


def test_an_optional_field_that_an_undeclared_knob_explains_is_no_difference() -> None:
    keeps = Undeclaring("unpaid_clock=until_all_paid")
    usage = command("record_usage", organization="organization-1", amount=Decimal("10250.00"))
    paid = command("pay_invoice", organization="organization-1")
    assert not played(keeps, *SET_UP, usage, wait(timedelta(days=1)), usage, paid).differences


class Owing(Undeclaring):
    """Beyond the trial's credits, usage is owed by the customer."""

    def __init__(self) -> None:
        super().__init__("")
        self._over = False

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            answer = self._driver.call(method, params)
            self._over |= method == "record_usage"
            if isinstance(answer, Collected):
                return Collected(not self._over)
            return replace(answer, restricted=self._over) if isinstance(answer, OrganizationView) else answer

        return call


def test_who_pays_beyond_the_credits_of_a_trial_is_not_looked_at() -> None:
    attempt = command("attempt_collection", organization="organization-1")
    create = command("create_service", ("service-2",), organization="organization-1")
    came = played(Owing(), *OVERSHOT, attempt, create, wait(timedelta(days=60)))
    assert not came.differences
    assert came.answers[-1].method == "get_organization"
    assert came.answers[-1].at - came.answers[0].at == timedelta(days=60)
    assert attempt not in came.history.commands


def after_contract(days: int) -> tuple[Command, ...]:
    """A trial beside a commitment of so many days, until a day after both are over."""
    trial = command("start_trial", organization="organization-1", credits=Decimal("120.00"))
    expires = timedelta(days=days)
    signs = command("sign_commitment", organization="organization-1", credits=Decimal("60.00"), expires_at=expires)
    return (*SET_UP, trial, signs, wait(timedelta(days=max(days, 30) + 1)))


class Without(Undeclaring):
    """Refuses services whenever a trial is over and no billing method is configured, after another one as well."""

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            if method in {"create_service", "start_service"}:
                organization = params.get("organization", self._first)
                view = self._driver.call("get_organization", {"organization": organization})
                self._first = organization
                if isinstance(view, OrganizationView) and view.trial.state == "over":
                    raise Refused("no_billing_method")
            return self._driver.call(method, params)

        return call


def test_whether_services_are_refused_after_a_method_has_come_and_gone_is_open() -> None:
    create = command("create_service", ("service-2",), organization="organization-1")
    came = played(Without(""), *after_contract(45), create, wait(timedelta(days=3)))
    assert not came.differences
    assert "no_method_service" in KNOBS or create not in came.history.commands


class Deleting(Undeclaring):
    """Deletes data and services two weeks after a trial, also of an organization that had a commitment."""

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            view = self._driver.call(method, params)
            if not isinstance(view, OrganizationView) or view.trial.state != "over":
                return view
            services = tuple(replace(service, state=ServiceState.DELETED) for service in view.services)
            return replace(view, data=DataState.DELETED, services=services)

        return call


def test_whether_a_trial_deletes_the_data_of_an_organization_with_an_earlier_contract_is_open() -> None:
    history = after_contract(20)
    too_early = played(Deleting(""), *history)
    assert {difference.field for difference in too_early.differences} >= {"data", "service"}
    later = (*history[:-1], wait(timedelta(days=60)))
    assert not played(Deleting(""), *later).differences


class DeletingInTime(Undeclaring):
    """Deletes data two weeks after a trial, whatever pays by then."""

    def __getattr__(self, method: str) -> Any:
        def call(**params: Any) -> object:
            self._now = params.get("now", self.__dict__.get("_now"))
            view = self._driver.call(method, params)
            over = isinstance(view, OrganizationView) and view.trial.ended_at
            if not isinstance(view, OrganizationView) or not over or self._now < over + timedelta(days=14):
                return view
            return replace(view, data=DataState.DELETED)

        return call


@pytest.mark.parametrize("left", [Decimal("0.00"), Decimal("1.00")])
def test_whether_a_trial_deletes_data_is_open_only_if_nothing_is_left_of_a_later_commitment(left: Decimal) -> None:
    trial = command("start_trial", organization="organization-1", credits=Decimal("120.00"))
    expires = timedelta(days=400)
    signs = command("sign_commitment", organization="organization-1", credits=Decimal("60.00"), expires_at=expires)
    usage = command("record_usage", organization="organization-1", amount=Decimal("60.00") - left)
    history = (*SET_UP, trial, wait(timedelta(days=31)), signs, usage, wait(timedelta(days=20)))
    came = played(DeletingInTime(""), *history, readings=DEFAULTS)
    assert [difference.field for difference in came.differences] == (["data"] if left else [])


def test_an_invoice_that_was_withdrawn_does_not_shift_the_others() -> None:
    usage = command("record_usage", organization="organization-1", amount=Decimal("10250.00"))
    comparator = judge_after(*SET_UP, usage, wait(timedelta(days=1)), usage)
    organization = comparator.oracle.organization(comparator.ours["organization-1"])
    assert len(organization.invoices) == 2
    organization.invoices[0].state = "void"
    assert comparator.invoices_of("organization-1") == [organization.invoices[1].id]


COMMITTED = (
    *SET_UP,
    command("open_marketplace_account", ("account-1",), marketplace="gcp"),
    command("subscribe", ("subscription-1",), account="account-1", offer="committed"),
    command("link_subscription", subscription="subscription-1", user="user-1", organization="organization-1"),
    command(
        "sign_commitment",
        organization="organization-1",
        credits=Decimal("60.40"),
        expires_at=timedelta(days=75),
        subscription="subscription-1",
    ),
    command("record_usage", organization="organization-1", amount=Decimal("60.40")),
)


@pytest.mark.parametrize(("reading", "ends"), [("ends_with_term", True), ("runs_on", False)])
def test_a_history_moves_to_the_end_of_a_commitments_term_where_the_subscription_ends_with_it(
    reading: str, ends: bool
) -> None:
    """The credits are used up, so that nothing else falls due at that instant."""
    start = datetime(2025, 1, 18, 9, tzinfo=UTC)
    comparator = judge_after(*COMMITTED, readings={"commitment_term": reading})
    organization = comparator.oracle.organization(comparator.ours["organization-1"])
    assert (start + timedelta(days=75) in comparator.oracle.upcoming(organization)) is ends


def test_the_end_of_a_committed_subscription_restricts_also_without_a_commitment() -> None:
    ends = command("end_subscription", subscription="subscription-1", cause="cancelled")
    came = played(Undeclaring("commitment_end=restricts_at_end"), *COMMITTED[:-2], ends, wait(timedelta(days=2)))
    assert not came.differences
    assert came.assignment["commitment_end"] == "restricts_at_end"


IN_CREDITS = (
    *SET_UP,
    command("grant_credits", organization="organization-1", amount=Decimal("60.00"), expires_at=timedelta(days=400)),
    command("record_usage", organization="organization-1", amount=Decimal("100.00")),
)


class Drawing(Undeclaring):
    """Draws credits at the end of the cycle; before, it shows what they will not cover, and collects it in parts."""

    def __init__(self) -> None:
        super().__init__("credit_draw=at_period_end")

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            view = self._driver.call(method, params)
            if not isinstance(view, OrganizationView) or not view.card_on_file:
                return view
            if not view.invoices:
                return replace(view, uninvoiced=Decimal("40.00"))
            part = replace(view.charges[0], amount=Decimal("0.40"), succeeded=True)
            return replace(view, charges=(*view.charges, part))

        return call


def test_usage_that_credits_pay_at_the_end_of_the_cycle_counts_as_owed_beyond_the_credits() -> None:
    card = command("add_card", organization="organization-1", behaviour="limited", available_credit=Decimal("0.40"))
    came = played(Drawing(), *IN_CREDITS, card, wait(timedelta(days=1)), wait(timedelta(days=40)))
    assert not came.differences
    assert came.assignment["credit_draw"] == "at_period_end"
    view = came.answers[-1].outcome
    assert isinstance(view, OrganizationView)
    assert [invoice.amount for invoice in view.invoices] == [Decimal("40.00")]


class RatingLater(Undeclaring):
    """Rates usage in a nightly job, so that what is owed, and what is left of a trial's credits, shows later."""

    def __init__(self) -> None:
        super().__init__("late")

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            view = self._driver.call(method, params)
            if not isinstance(view, OrganizationView):
                return view
            trial = replace(view.trial, credits_left=view.trial.credits_left and Decimal("500.00"))
            return replace(view, uninvoiced=Decimal("0.00"), trial=trial)

        return call


@pytest.mark.parametrize("field", ["uninvoiced", "trial_credits"])
def test_what_usage_draws_and_owes_may_show_late(field: str) -> None:
    trial = command("start_trial", organization="organization-1", credits=Decimal("500.00"))
    usage = command("record_usage", organization="organization-1", amount=Decimal("120.00"))
    beginning = (*SET_UP, trial) if field == "trial_credits" else SET_UP
    soon = (*beginning, wait(timedelta(days=2)), usage, wait(timedelta(hours=15)))
    assert not played(RatingLater(), *soon, settles=timedelta(hours=24)).differences
    assert played(RatingLater(), *soon).differences
    late = played(RatingLater(), *soon, wait(timedelta(days=2)), settles=timedelta(hours=24))
    assert [difference.field for difference in late.differences] == [field]


@pytest.mark.parametrize(
    ("readings", "method", "params"),
    [
        ({}, "start_trial", {"credits": Decimal("60.00")}),
        ({}, "set_card_behaviour", {"behaviour": "limited", "available_credit": Decimal("39.00")}),
        (
            {"commitment_protection": "fallback_debt"},
            "sign_commitment",
            {"credits": Decimal("60.00"), "expires_at": datetime(2027, 1, 1, tzinfo=UTC)},
        ),
        (
            {"usage_before_linking": "moves_to_marketplace"},
            "link_subscription",
            {"subscription": "subscription-1", "user": "user-1"},
        ),
    ],
)
def test_what_follows_from_usage_that_credits_will_not_cover_is_not_tested(
    readings: Mapping[str, str], method: str, params: Mapping[str, object]
) -> None:
    setup = (
        *IN_CREDITS[:-1],
        wait(timedelta(days=1)),
        command("add_card", organization="organization-1", behaviour="approves"),
        command("open_marketplace_account", ("account-1",), marketplace="gcp"),
        command("subscribe", ("subscription-1",), account="account-1", offer="payg"),
    )
    drawn = {**readings, "credit_draw": "at_period_end"}
    before = judge_after(*setup, readings=drawn)
    after = judge_after(*setup, IN_CREDITS[-1], readings=drawn)
    named = {"organization": "organization-1", **params}
    assert exclusion_of(before, method, named) is None
    assert exclusion_of(after, method, named) is not None


@pytest.mark.parametrize("extra", [Decimal("0.00"), Decimal("10130.00")])
def test_the_end_of_a_trial_by_its_credits_is_compared(extra: Decimal) -> None:
    class Endless(Undeclaring):
        def __getattr__(self, method: str) -> Any:
            def call(**params: object) -> object:
                if method == "record_usage":
                    return None
                return self._driver.call(method, params)

            return call

    usage = command("record_usage", organization="organization-1", amount=Decimal("120.01") + extra)
    (difference, *_) = played(Endless(""), *OVERSHOT[:-1], usage).differences
    assert difference.field in {"billed", "trial"}


class Restarting(Undeclaring):
    """Starts services again when a card comes after the trial."""

    def __init__(self) -> None:
        super().__init__("")
        self._carded = False

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            answer = self._driver.call(method, params)
            self._carded |= method == "add_card"
            if isinstance(answer, OrganizationView) and self._carded:
                running = (replace(service, state=ServiceState.RUNNING) for service in answer.services)
                return replace(answer, services=tuple(running))
            return answer

        return call


def test_whether_a_card_after_the_trial_starts_stopped_services_is_open() -> None:
    trial = command("start_trial", organization="organization-1", credits=Decimal("120.00"))
    card = command("add_card", organization="organization-1", behaviour="approves")
    commands = (*SET_UP, trial, wait(timedelta(days=33)), card, wait(timedelta(days=3)))
    assert not played(Restarting(), *commands).differences
    stopping = command("stop_service", service="service-1")
    (difference,) = played(Restarting(), *commands, stopping).differences
    assert (difference.field, str(difference.observed)) == ("service", "running")


def test_whether_a_shorter_extension_takes_the_place_of_a_longer_one_is_open() -> None:
    label = "organization-1"
    owing = (
        command("add_card", organization=label, behaviour="declines"),
        command("record_usage", organization=label, amount=Decimal("120.00")),
        wait(timedelta(days=33)),
    )
    longer = command("grant_extension", organization=label, until=timedelta(days=60))
    shorter = command("grant_extension", organization=label, until=timedelta(days=40))
    assert shorter not in played(Undeclaring(""), *SET_UP, *owing, longer, shorter).history.commands
    assert longer in played(Undeclaring(""), *SET_UP, *owing, shorter, longer).history.commands


@pytest.mark.slow
def test_what_no_value_of_an_undeclared_knob_explains_is_found() -> None:
    _, finding = found(f"python:{__name__}:forgetful")
    assert "BC-29" in finding.clauses
    assert finding.feature is not None


def test_the_value_of_a_declared_knob_that_would_be_right_is_reported() -> None:
    _, finding = found("faulty:says-deadline-instant-at-does-after")
    assert finding.fits == ("deadline_instant", "after")
    assert finding.declared["deadline_instant"] == "at"
    assert finding.path is not None
    assert finding.path.parts[0] == "edge"


class Crashing:
    """Answers the first calls, then breaks."""

    def __init__(self) -> None:
        self._driver = open_unfrozen("reference")

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            if method == "record_usage":
                raise RuntimeError("out of paper")
            return self._driver.call(method, params)

        return call


def crashing() -> object:
    return Crashing()


def test_an_implementation_that_breaks_is_errored_not_different(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--sut", f"python:{__name__}:crashing", "--examples", "30"]) == 3
    said = capsys.readouterr().err
    assert said.count("errored in history") == 3
    assert "record_usage: RuntimeError: out of paper" in said
    assert re.search(r"^history \d+, shrunk from \d+ calls to \d:$", said, re.M)
    output = said.split("shrunk from ")[1]
    assert "the organization is created" in output
    assert "  no answer to record_usage\n" in output
    assert "gave up: no answer to compare in 3 of " in output
    assert output.endswith("seed 0)\n")


class Strict(Undeclaring):
    """Refuses to start what runs."""

    def __init__(self) -> None:
        self._driver = open_unfrozen("reference")

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            if method == "start_service":
                raise Refused("other", "no")
            return self._driver.call(method, params)

        return call


def strict() -> object:
    return Strict()


@pytest.mark.slow
def test_what_breaks_the_contract_and_no_clause_is_reported_as_such(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["--examples", "200", "--out", str(tmp_path)]
    assert main(["explore", "--sut", f"python:{__name__}:strict", *arguments]) == 1
    said = capsys.readouterr().out
    sentence = "Commands that change nothing are done, not refused: starting a running service."
    assert f"  contract: {sentence}\n" in said
    assert "  BC-25: " not in said
    (folder,) = tmp_path.iterdir()
    assert folder.name == "contract-start-service-done-seed-0"
    (written,) = tmp_path.rglob("*.feature")
    text = written.read_text(encoding="utf-8")
    assert f"Rule: {sentence}" in text
    assert "The contract requires this, no clause does" in text


JANUARY = (date(2025, 1, 18), date(2025, 2, 17))
CHARGED = InvoiceShown(datetime(2025, 2, 18, tzinfo=UTC), Decimal("120.00"), True, JANUARY)


def judge_after(*commands: Command, readings: Mapping[str, str] | None = None) -> Comparator:
    """The reference where these commands lead."""
    comparator, now = Comparator(readings or {}, timedelta()), datetime(2025, 1, 18, 9, tzinfo=UTC)
    comparator.take(Answer(now, "reset", {}, None))
    for one in commands:
        now += one.wait or timedelta()
        named = {name: now + value if name == "expires_at" else value for name, value in one.params}
        comparator.take(Answer(now, one.method, {} if one.wait else named, None, one.makes))
    return comparator


def differs(field: str, expected: object, observed: object) -> Difference:
    at = datetime(2025, 3, 8, tzinfo=UTC)
    return Difference(field, "", "organization-1", expected, observed, at, "get_organization", {})


@pytest.mark.parametrize("at", [datetime(2025, 2, 17, 9, tzinfo=UTC), datetime(2025, 3, 8, 9, tzinfo=UTC)])
def test_a_wrong_date_of_a_cycles_invoice_is_none_of_the_early_charge(at: datetime) -> None:
    card = command("add_card", organization="organization-1", behaviour="approves")
    usage = command("record_usage", organization="organization-1", amount=Decimal("120.00"))
    comparator = judge_after(*SET_UP, card, usage, wait(timedelta(days=48)))
    wrong = differs("invoices", (CHARGED,), (replace(CHARGED, issued_at=at),))
    assert "BC-18" not in clauses_of(wrong, comparator)
    said = contract_of(wrong, comparator)
    assert said is not None
    assert said.startswith("Effects are dated")
    other = differs("invoices", (CHARGED,), (replace(CHARGED, issued_at=at, amount=Decimal("1.00")),))
    assert clauses_of(other, comparator)[0] == "BC-17"
    assert contract_of(other, comparator) is None


def test_the_clauses_of_the_field_that_differs_come_first() -> None:
    usage = command("record_usage", organization="organization-1", amount=Decimal("120.00"))
    comparator = judge_after(*SET_UP, usage, wait(timedelta(days=48)))
    assert clauses_of(differs("service", "stopped", "running"), comparator, "add_card")[0] == "BC-29"
    assert clauses_of(differs("restricted", True, False), comparator, "attempt_collection")[0] == "BC-28"
    assert clauses_of(differs("data", "present", "deleted"), comparator, "grant_extension")[0] == "BC-32"


def test_an_invoice_is_reported_as_one() -> None:
    expected, _ = words_of(differs("invoices", (CHARGED,), ()))
    assert expected == "an invoice of $120.00, paid, dated 18 Feb 2025 00:00, for 18 Jan 2025 to 17 Feb 2025"
    expected, _ = words_of(differs("cycle", JANUARY, None))
    assert expected == "a billing cycle from 18 Jan 2025 to 17 Feb 2025"


class Belated(Undeclaring):
    """Dates an invoice when it was looked at, and shows its services running on."""

    def __init__(self) -> None:
        self._driver = open_unfrozen("reference")
        self._now = datetime(2025, 1, 1, tzinfo=UTC)

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            self._now = cast("datetime", params.get("now", self._now))
            answer = self._driver.call(method, params)
            if not isinstance(answer, OrganizationView) or not answer.invoices:
                return answer
            dated = tuple(replace(invoice, issued_at=self._now) for invoice in answer.invoices)
            running = tuple(replace(service, state=ServiceState.RUNNING) for service in answer.services)
            return replace(answer, invoices=dated, services=running)

        return call


def belated() -> object:
    return Belated()


@pytest.mark.slow
def test_the_screen_and_the_file_state_when_a_scenario_checks_something_else(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["--examples", "200", "--out", str(tmp_path)]
    assert main(["explore", "--sut", f"python:{__name__}:belated", *arguments]) == 1
    said = capsys.readouterr().out
    (written,) = tmp_path.rglob("*.feature")
    text = written.read_text(encoding="utf-8")
    assert "  contract: Effects are dated" in said
    assert re.search(r"  expected  an invoice of \S+, open, dated \d+ \w+ 2\d+ 00:00", said)
    assert "  no step definition shows this difference; the scenario checks a consequence of it:\n" in said
    assert "  expected  the service: stopped\n  observed  the service: running\n" in said
    assert "# No step definition shows the difference that was found. Expected: an invoice of " in text
    assert "# This scenario checks what follows from it. Expected: the service: stopped." in text


def test_a_file_states_on_which_undeclared_reading_it_rests() -> None:
    _, finding = found(f"python:{__name__}:early_trial")
    assert finding.feature is not None
    pattern = r"^# It depends on \w+=\w+.*, which the implementation does not declare: it does not belong in"
    assert re.search(pattern, finding.feature, re.M)


class EarlyTrial(Undeclaring):
    """Says that a trial ended two hours before it did."""

    def __init__(self) -> None:
        self._driver = open_unfrozen("reference")

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            answer = self._driver.call(method, params)
            if isinstance(answer, Description):
                return Description("early", "1", "1", answer.capabilities, {}, "PT0S")
            if isinstance(answer, OrganizationView) and answer.trial.ended_at is not None:
                ended = answer.trial.ended_at - timedelta(hours=2)
                return replace(answer, trial=replace(answer.trial, ended_at=ended))
            return answer

        return call


def early_trial() -> object:
    return EarlyTrial()


@pytest.mark.slow
def test_why_it_continued_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["--examples", "20", "--out", str(tmp_path)]
    assert main(["explore", "--sut", f"python:{__name__}:misdated", *arguments]) == 1
    said = capsys.readouterr().out
    assert re.search(r"^\d+ more histories were played in search of one that steps can express$", said, re.M)
    assert "no scenario was written: " in said


class Misdated(Belated):
    """Dates an invoice a second late; everything else is right."""

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            answer = self._driver.call(method, params)
            if not isinstance(answer, OrganizationView):
                return answer
            late = tuple(replace(one, issued_at=one.issued_at + timedelta(seconds=1)) for one in answer.invoices)
            return replace(answer, invoices=late)

        return call


def misdated() -> object:
    return Misdated()


def test_one_that_is_not_there_cannot_be_explored(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--sut", "stdio:no-such-command", "--examples", "1"]) == 3
    assert "no implementation to explore" in capsys.readouterr().err


def test_what_is_wrong_with_the_command_line_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--sut", "faulty:no-such-fault", "--examples", "1"]) == 2
    assert main(["explore", "--sut", "http://127.0.0.1:9/", "--workers", "2"]) == 2
    assert "one over http has a single clock" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["explore", "--examples", "0"])
    capsys.readouterr()


def test_nothing_found_is_reported_with_how_much_was_played(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["explore", "--examples", "5", "--seed", "4", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("nothing found in 5 histories, ")
    assert said.endswith("seed 4)\n")
    assert not (tmp_path / "out").exists()


def test_a_finding_is_shown_with_its_timeline_and_its_scenario(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["explore", "--sut", "faulty:stop-after-21-days", "--examples", "200", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("a difference in history ")
    assert "  expected  the service: stopped\n  observed  the service: running\n" in said
    assert "  BC-29: " in said
    (folder,) = tmp_path.iterdir()
    assert folder.name == "bc-29-service-stopped-seed-0"
    (written,) = tmp_path.rglob("*.feature")
    assert f"written to {written}" in said
    assert "\n".join(f"  {line}".rstrip() for line in written.read_text(encoding="utf-8").splitlines()) in said
    assert f"billing-tck run --features {written} --sut 'faulty:stop-after-21-days'" in said


def test_capabilities_that_are_not_declared_are_not_used() -> None:
    class Bare:
        """Has what is always there, and nothing else."""

        spec = "bare"
        in_process = True

        def __init__(self) -> None:
            self._driver = open_unfrozen("reference")
            self.methods: set[str] = set()

        def call(self, method: str, params: Any) -> object:
            self.methods.add(method)
            return self._driver.call(method, params)

    bare = Bare()
    description = Description("bare", "1", "1", (), dict(DEFAULTS), "PT0S")
    subject = Subject(bare, description, settles_within(description))
    for number in range(20):
        generator = Generator(Random(f"bare:{number}"), frozenset(), late=False)
        assert not play(subject, generator.start(), generator).differences
    always = {"reset", "advance_to", "create_organization", "choose_tier", "create_service", "start_service"}
    always |= {"stop_service", "scale_service", "record_usage", "get_organization"}
    assert bare.methods <= always
    assert bare.methods >= {"record_usage", "create_service"}
    assert CAPABILITIES


@pytest.mark.slow
def test_something_that_outlives_reset_is_reported_as_such() -> None:
    explored = explore(f"python:{__name__}:remembering", seed="0", examples=60)
    assert explored.outcome.candidate is not None
    assert explored.outcome.candidate.grade is Grade.NOT_REPRODUCIBLE
    assert not explored.steady


class Remembering:
    """Shows something else once it has been reset twenty times."""

    def __init__(self) -> None:
        self._driver = open_unfrozen("reference")
        self._resets = 0

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            self._resets += method == "reset"
            answer = self._driver.call(method, params)
            if method == "get_organization" and self._resets > 20:
                return {**_fields(answer), "card_on_file": not getattr(answer, "card_on_file", False)}
            return answer

        return call


def remembering() -> object:
    return Remembering()


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in type(value).__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_chunk_can_be_sent_elsewhere() -> None:
    import pickle  # noqa: PLC0415

    from billing_tck.explorer.campaign import Chunk  # noqa: PLC0415

    with open_unfrozen("faulty:cap-exclusive") as driver:
        description = describe(driver)
    chunk = pickle.loads(pickle.dumps(Chunk("faulty:cap-exclusive", None, "0", 0, 20, description)))
    outcome = pickle.loads(pickle.dumps(run_chunk(chunk)))
    assert outcome.histories > 0


class Keeping(Undeclaring):
    """Never deletes data."""

    def __getattr__(self, method: str) -> Any:
        def call(**params: object) -> object:
            view = self._driver.call(method, params)
            if not isinstance(view, OrganizationView) or view.data is not DataState.DELETED:
                return view
            return replace(view, data=DataState.PRESENT)

        return call


@pytest.mark.parametrize("comes_and_goes", [True, False])
def test_whether_a_trial_deletes_data_is_open_where_a_method_came_and_went_within_the_two_weeks(
    comes_and_goes: bool,
) -> None:
    trial = command("start_trial", organization="organization-1", credits=Decimal("120.00"))
    expires = timedelta(days=400)
    grant = command("grant_credits", organization="organization-1", amount=Decimal("60.00"), expires_at=expires)
    usage = command("record_usage", organization="organization-1", amount=Decimal("60.00"))
    between = (grant, usage) if comes_and_goes else ()
    history = (*SET_UP, trial, wait(timedelta(days=31)), *between, wait(timedelta(days=20)))
    came = played(Keeping(""), *history, readings=DEFAULTS)
    assert came.history.commands == history
    assert [difference.field for difference in came.differences] == ([] if comes_and_goes else ["data"])


def test_a_deletion_by_hand_is_not_played_where_nothing_is_unpaid() -> None:
    account = command("open_marketplace_account", ("account-1",), marketplace="aws")
    buys = command("subscribe", ("subscription-1",), account="account-1", offer="payg")
    links = command("link_subscription", user="user-1", organization="organization-1", subscription="subscription-1")
    ends = command("end_subscription", subscription="subscription-1", cause="cancelled")
    deletes = command("delete_data", organization="organization-1")
    came = played(Undeclaring(""), *SET_UP, account, buys, links, wait(timedelta(days=3)), ends, deletes)
    assert ends in came.history.commands
    assert deletes not in came.history.commands
