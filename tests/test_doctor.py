"""The doctor reports what is wrong with an adapter and how to fix it, and does not check rules."""

import itertools
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from billing_reference import build
from billing_tck.cli.main import main
from billing_tck.connect import open_driver
from billing_tck.connection import Timeouts
from billing_tck.contract import METHODS, ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.doctor import CHECKS, Diagnosis, Severity, examine, session
from billing_tck.drivers.in_process import PythonDriver
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir

HERE = Path(__file__).parent
REGISTER = load_register(features_dir())


class Whole:
    """The reference, with nothing wrong about it; what is wrong is put in its place by those below."""

    def __init__(self) -> None:
        self.inner = build()

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self.inner, name)

    def described(self, **changes: object) -> dict[str, object]:
        return {**self.inner.describe_implementation(), **changes}

    def shown(self, organization: str) -> dict[str, object]:
        return dict(self.inner.get_organization(organization=organization))


class FloatingMoney(Whole):
    def get_organization(self, *, organization):
        view = self.shown(organization)
        return {**view, "charges": [{**charge, "amount": float(charge["amount"])} for charge in view["charges"]]}


class NaiveTime(Whole):
    def get_organization(self, *, organization):
        view = self.shown(organization)
        return {**view, "contacts": [contact.replace(tzinfo=None) for contact in view["contacts"]]}


class FractionsOfSeconds(Whole):
    def get_subscription(self, *, subscription):
        view = dict(self.inner.get_subscription(subscription=subscription))
        return {**view, "ends_at": datetime(2025, 1, 8, 9, 0, 0, 5, tzinfo=UTC)}


class NewestFirst(Whole):
    def get_organization(self, *, organization):
        view = self.shown(organization)
        return {**view, "invoices": view["invoices"][::-1]}


class DatedByTheMachine(Whole):
    def get_organization(self, *, organization):
        view = self.shown(organization)
        return {**view, "contacts": [datetime(2001, 1, 1, tzinfo=UTC) for _ in view["contacts"]]}


class CountsCalls(Whole):
    """Something happens at each call, not at each due time."""

    calls = 0

    def reset(self, *, now):
        self.calls = 0
        return self.inner.reset(now=now)

    def advance_to(self, *, now):
        self.calls += 1
        return self.inner.advance_to(now=now)

    def get_organization(self, *, organization):
        return {**self.shown(organization), "restricted": self.calls > 9}


class ReadsWithEffect(Whole):
    def __init__(self) -> None:
        super().__init__()
        self.reads = itertools.count(1)

    def get_organization(self, *, organization):
        view = self.shown(organization)
        return {**view, "services": [{**s, "replica_memory_gib": next(self.reads)} for s in view["services"]]}


class CatchesUpWhenRead(Whole):
    """Lazy: what is due shows only once somebody has looked."""

    def reset(self, *, now):
        self.seen = set()
        return self.inner.reset(now=now)

    def get_organization(self, *, organization):
        view = self.shown(organization)
        first = organization not in self.seen
        self.seen.add(organization)
        return {**view, "charges": []} if first else view


class RemembersAcrossResets(Whole):
    """Data is kept under the name of its organization, and no reset takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self.names = {}
        self.before = set()

    def reset(self, *, now):
        self.before |= set(self.names.values())
        self.names = {}
        return self.inner.reset(now=now)

    def create_organization(self, *, name):
        made = self.inner.create_organization(name=name)
        self.names[made["organization"]] = name
        return made

    def get_organization(self, *, organization):
        view = self.shown(organization)
        return {**view, "data": "present" if self.names.get(organization) in self.before else view["data"]}


class KeepsAddresses(Whole):
    """Addresses are unique, and no reset frees them."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses = set()

    def register_user(self, *, email):
        if email in self.addresses:
            raise Refused("other", "this address is taken")
        self.addresses.add(email)
        return self.inner.register_user(email=email)


class GoesForwardOnly(Whole):
    latest = datetime(1970, 1, 1, tzinfo=UTC)

    def reset(self, *, now):
        if now < self.latest:
            raise ValueError("time goes forward")
        self.latest = now
        return self.inner.reset(now=now)


class LosesCents(Whole):
    def grant_credits(self, *, organization, amount, expires_at):
        return self.inner.grant_credits(
            organization=organization, amount=amount.quantize(Decimal(1)), expires_at=expires_at
        )


class AsciiOnly(Whole):
    def create_organization(self, *, name):
        name.encode("ascii")
        return self.inner.create_organization(name=name)


class NamesAreIdentifiers(Whole):
    def reset(self, *, now):
        self.known = {}
        return self.inner.reset(now=now)

    def create_organization(self, *, name):
        return self.known.setdefault(name, self.inner.create_organization(name=name))


class SharesServices(Whole):
    def reset(self, *, now):
        self.all = []
        return self.inner.reset(now=now)

    def create_organization(self, *, name):
        made = self.inner.create_organization(name=name)
        self.all.append(made["organization"])
        return made

    def get_organization(self, *, organization):
        every = [service for each in self.all for service in self.shown(each)["services"]]
        return {**self.shown(organization), "services": every}


class PromisesTooMuch(Whole):
    def grant_extension(self, *, organization, until):
        raise Unsupported


class LacksWhatAllHave(Whole):
    def scale_service(self, *, service, replica_memory_gib):
        raise Unsupported


class RefusesWithoutReason(Whole):
    def start_service(self, *, service):
        try:
            return self.inner.start_service(service=service)
        except Refused as refused:
            refused.reason = "computer says no"
            raise


class RefusesTwice(Whole):
    """A command that changes nothing is refused, not done."""

    def stop_service(self, *, service):
        if service in self.__dict__.setdefault("stopped", set()):
            raise Refused("other", "stopped already")
        self.stopped.add(service)
        return self.inner.stop_service(service=service)


class MakesUpWords(Whole):
    def describe_implementation(self):
        return self.described(capabilities=["card", "cards"])


class MakesUpKnobs(Whole):
    def describe_implementation(self):
        return self.described(readings={"deadline": "at", "deadline_instant": "sometime"})


class StandsAlone(Whole):
    def describe_implementation(self):
        return self.described(capabilities=["trial", "commitment.marketplace"])


class SaysNothingOfItself(Whole):
    def describe_implementation(self):
        return {"name": "quiet"}


class CannotDescribeItself(Whole):
    def describe_implementation(self):
        raise Unsupported


class ModestlySilent(Whole):
    def describe_implementation(self):
        return self.described(capabilities=["trial"])


def diagnosis(make: Callable[[], object], **options: object) -> Diagnosis:
    with PythonDriver("python:x:y", make) as driver:
        return examine(driver, REGISTER, **options)


SOUND = (
    "reference",
    "reference:late",
    "reference:late=morning,deadline_instant=end_of_day,unpaid_clock=until_all_paid,month_end=rollover",
    "reference:deadline_instant=after,marketplace_end=stops_at_end,cycle_anchor=tier,trial_exhausted=below_zero",
    pytest.param(f"stdio:node {HERE / 'third_party' / 'javascript' / 'server.mjs'} --stdio", marks=pytest.mark.node),
)


@pytest.mark.parametrize("sut", SOUND)
def test_nothing_is_found_where_nothing_is_wrong(sut):
    with open_driver(sut) as driver:
        found = examine(driver, REGISTER)
    assert found.findings == ()
    assert (found.reached, found.unsupported) == (True, ())


def test_it_gives_no_verdict_about_rules():
    with open_driver("faulty:stop-after-21-days") as driver:
        assert examine(driver, REGISTER).errors == 0


@pytest.mark.parametrize(
    ("make", "outcome", "fix"),
    [
        (
            FloatingMoney,
            "charges[0].amount: expected a Decimal of US dollars",
            'Decimal("12.50"), never negative; not a float',
        ),
        (NaiveTime, "contacts[0]: expected an aware datetime", "datetime.now(UTC), never datetime.now()"),
        (FractionsOfSeconds, "ends_at: expected an aware datetime in whole seconds", "without microseconds"),
        (NewestFirst, "invoices (issued_at) are not in chronological order", "earliest first"),
        (DatedByTheMachine, "contacts has 2001-01-01T00:00:00Z, and the session runs from", "never by the machine's"),
        (CountsCalls, "restricted is false after the jumps, true after daily steps", "in the order of the due times"),
        (ReadsWithEffect, "services[0].replica_memory_gib was ", "read without effect"),
        (CatchesUpWhenRead, "charges is [] without reads", "read without effect"),
        (RemembersAcrossResets, "it has data present", "remove everything in reset"),
        (KeepsAddresses, "refused (other): this address is taken", "accept the call"),
        (GoesForwardOnly, "ValueError: time goes forward", "raises Refused or Unsupported"),
        (LosesCents, 'credits[0].amount is "0"', "floating point loses cents"),
        (AsciiOnly, "UnicodeEncodeError", "raises Refused or Unsupported"),
        (NamesAreIdentifiers, "more than once", "names are not unique"),
        (SharesServices, "it has only", "only what belongs to the organization"),
        (
            PromisesTooMuch,
            "unsupported, although extension is declared",
            "implement grant_extension, or remove extension",
        ),
        (LacksWhatAllHave, "unsupported, while trial, card,", "implement it: every implementation needs it"),
        (RefusesWithoutReason, "the reason of a refusal: expected one of", "`other` is always accepted"),
        (RefusesTwice, "refused (other): stopped already", "a command that changes nothing succeeds"),
        (
            MakesUpWords,
            'the capability "cards", which is not part of the contract',
            "use a name of the contract: trial, card,",
        ),
        (MakesUpKnobs, 'the reading "deadline", which is not a knob', "billing-tck readings"),
        (MakesUpKnobs, 'deadline_instant = "sometime", which is not a value', "declare one of at, after, end_of_day"),
        (
            StandsAlone,
            "commitment.marketplace without the marketplace",
            "or remove commitment.marketplace",
        ),
        (
            SaysNothingOfItself,
            "describe_implementation.version: expected a str, got nothing",
            "add the missing field",
        ),
        (CannotDescribeItself, "unsupported: ", "the first call of every run"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_is_wrong_is_reported_with_its_fix(make, outcome, fix):
    found = diagnosis(make)
    assert found.reached
    wrong = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    fitting = [finding for finding in wrong if outcome in finding.outcome]
    assert fitting, [finding.outcome for finding in wrong]
    assert fix in fitting[0].fix
    assert fitting[0].call


def test_one_mistake_is_reported_once():
    assert diagnosis(FloatingMoney).errors == 1
    assert diagnosis(AsciiOnly).errors == 1


def test_what_is_answered_and_not_declared_is_a_note():
    found = diagnosis(ModestlySilent)
    assert found.errors == 0
    (note,) = found.findings
    assert note.severity is Severity.NOTE
    assert "although card, marketplace.aws, marketplace.gcp, marketplace.azure, commitment.direct, " in note.outcome


def test_a_missing_required_method_is_to_do_while_nothing_is_declared():
    class Begun(LacksWhatAllHave):
        def describe_implementation(self):
            return self.described(capabilities=[])

    found = diagnosis(Begun)
    assert found.unsupported == ("scale_service",)
    assert [f.severity for f in found.findings if f.call == "scale_service"] == [Severity.TODO]


class Scripted:
    """A driver with scripted answers, for what no adapter in process can do."""

    spec, in_process = "scripted:", False

    def __init__(self, does: Callable[[str], object]) -> None:
        self.does = does
        self.driver = PythonDriver("python:x:y", build)

    def call(self, method, params):
        outcome = self.does(method)
        if isinstance(outcome, Exception):
            raise outcome
        return self.driver.call(method, params) if method in METHODS else SimpleNamespace()

    def log_tail(self):
        return ("one line", "the last line")


def scripted(does: Callable[[str], object]) -> Diagnosis:
    driver = Scripted(does)
    try:
        return examine(driver, REGISTER)
    finally:
        driver.driver.close()


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        (ErrorKind.TIMEOUT, "--timeout"),
        (ErrorKind.MALFORMED, "Print nothing else on standard output"),
        (ErrorKind.CRASHED, "with error code 1 (refused) or with error code -32601"),
    ],
)
def test_each_kind_of_error_has_its_fix_and_the_end_of_the_log(kind, fix):
    def does(method: str) -> object:
        return ImplementationError(kind, "no luck", method=method) if method == "scale_service" else None

    found = scripted(lambda method: Unsupported() if method not in METHODS else does(method))
    (finding,) = found.findings
    assert fix in finding.fix
    assert finding.log == ("one line", "the last line")


@pytest.mark.parametrize("outcome", [None, Refused(), ImplementationError(ErrorKind.CRASHED, "error -32602: what?")])
def test_an_unknown_method_must_be_unsupported(outcome):
    found = scripted(lambda method: outcome if method not in METHODS else None)
    (finding,) = found.findings
    assert "-32601" in finding.fix


def test_the_doctor_stops_when_the_implementation_is_not_reachable_any_more():
    calls = itertools.count()
    gone = ImplementationError(ErrorKind.UNREACHABLE, "could not be reached: Connection refused")
    found = scripted(lambda _: gone if next(calls) > 20 else None)
    assert not found.reached
    assert found.calls < 30


def test_a_call_that_takes_longer_than_a_run_waits_is_an_error_with_its_duration():
    found = diagnosis(Whole, timeouts=Timeouts(call=1000, advance_to=1e-9))
    assert found.slowest[0] in METHODS
    announced, slow = found.findings
    assert (announced.severity, announced.call) == (Severity.NOTE, "advance_to, ten years later")
    assert (slow.severity, slow.call) == (Severity.ERROR, "advance_to")
    assert "a run waits 1e-09 s" in slow.outcome
    assert "--advance-timeout" in slow.fix


def test_a_call_that_takes_half_of_the_time_is_noted(monkeypatch):
    ticks = itertools.count(step=6)  # each call takes six seconds
    monkeypatch.setattr(session, "real_perf_counter", lambda: next(ticks))
    found = diagnosis(Whole)
    assert found.findings
    assert {finding.severity for finding in found.findings} == {Severity.NOTE}
    assert all(finding.outcome == "answered after 6.0 s; a run waits 10 s" for finding in found.findings)
    assert all(finding.fix == "answer sooner, or run with --timeout 12" for finding in found.findings)


def test_a_jump_in_real_time_is_not_part_of_it():
    begun = datetime.now(UTC)
    diagnosis(Whole)
    assert abs(datetime.now(UTC) - begun) < timedelta(minutes=2)


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def adapter(tmp_path, monkeypatch):
    """Writes a module `broken` and gives the spec of its `Adapter`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source: str) -> str:
        (tmp_path / "broken.py").write_text(source)
        return "python:broken:Adapter"

    yield write
    sys.modules.pop("broken", None)


def test_each_check_each_finding_and_one_closing_line_are_printed(adapter, capsys):
    sut = adapter(
        "from tests.test_doctor import NewestFirst\n\n"
        "class Adapter(NewestFirst):\n"
        "    def describe_implementation(self):\n"
        "        return self.described(name='back \\x1b[31mto front', version='7', capabilities=['card'])\n"
    )
    assert main(["doctor", "--sut", sut]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "checking python:broken:Adapter"
    assert len([line for line in printed if line.startswith("  ")]) >= len(CHECKS)
    assert (
        "  1 error     one jump and daily steps end in the same state" in printed
        or "  1 error     reading has no effect" in printed
    )
    assert "1. note" in printed
    assert "2. error" in printed
    assert printed[-1].startswith("1 error, 1 note; ")
    assert printed[-1].endswith("; rules were not checked")
    assert not any("\x1b" in line for line in printed)


def test_all_is_well_in_one_line_at_the_end(capsys):
    assert main(["doctor"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("billing-reference 1 implements the contract; it declares trial, card, ")


@pytest.mark.parametrize(
    ("sut", "status"),
    [
        ("stdio:no-such-command-anywhere", 3),
        ("http://127.0.0.1:9/", 3),
        (f"stdio:{sys.executable} -c pass", 3),
        (f"stdio:{sys.executable} -c \"print('hello')\"", 1),
        ("nonsense:", 2),
    ],
)
def test_the_exit_status_tells_unreachable_from_mistaken(sut, status, capsys):
    assert main(["doctor", "--sut", sut]) == status
    capsys.readouterr()
