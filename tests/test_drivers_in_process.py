"""Implementations in process: they run on a frozen clock, and their exceptions are reported with a place."""

import contextlib
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from billing_tck.clock import Clock, frozen, real_perf_counter
from billing_tck.connect import open_driver
from billing_tck.connection import Timeouts
from billing_tck.contract import ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.values import CardBehaviour, Nothing, OrganizationCreated, ServiceRef
from billing_tck.drivers.in_process import PythonDriver
from billing_tck.sut import InvalidSutSpec

NOW = datetime(2025, 1, 7, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class Sincere:
    """Echoes, tells the time, and does what it is asked to do."""

    def __init__(self, does: Callable[..., object] = lambda **_: {}) -> None:
        self.does = does
        self.asked: dict[str, object] = {}

    def reset(self, *, now):
        assert datetime.now(UTC) == now
        return {}

    def advance_to(self, *, now):
        assert datetime.now(UTC) == now
        return {}

    def create_organization(self, *, name):
        return {"organization": datetime.now(UTC).isoformat(), "admin": name}

    def add_card(self, **asked):
        self.asked = asked
        return {}

    def start_service(self, *, service):
        return self.does(service=service)


@pytest.fixture
def opened() -> Iterator[Callable[..., PythonDriver]]:
    drivers = []

    def driver(does: Callable[..., object] = lambda **_: {}, **options: object) -> PythonDriver:
        drivers.append(PythonDriver("python:x:y", lambda: Sincere(does), **options))
        return drivers[-1]

    yield driver
    for each in drivers:
        each.close()
    assert type(datetime.now(UTC)).__name__ == "datetime"


def raises(error: BaseException) -> Callable[..., object]:
    def does(**_: object) -> object:
        raise error

    return does


def nothing_at_all() -> dict[str, object]:
    return {}


def failure(driver: PythonDriver) -> ImplementationError:
    with pytest.raises(ImplementationError) as error:
        driver.call("start_service", {"service": "S-1"})
    assert error.value.method == "start_service"
    return error.value


def told_time(driver: PythonDriver) -> datetime:
    created = driver.call("create_organization", {"name": "Acme"})
    assert isinstance(created, OrganizationCreated)
    return datetime.fromisoformat(created.organization)


@pytest.mark.parametrize("freeze", ["session", "call"])
def test_the_clock_shows_what_reset_and_advance_to_set(opened, freeze):
    driver = opened(freeze=freeze)
    driver.call("reset", {"now": NOW})
    assert told_time(driver) == NOW
    driver.call("advance_to", {"now": NOW + 40 * DAY})
    assert told_time(driver) == NOW + 40 * DAY
    driver.call("reset", {"now": NOW - DAY})
    assert told_time(driver) == NOW - DAY


def test_between_calls_time_is_real_where_it_is_frozen_for_calls_only(opened):
    driver = opened(freeze="call")
    driver.call("reset", {"now": NOW})
    assert datetime.now(UTC) > NOW + 100 * DAY
    assert told_time(driver) == NOW


def test_before_the_first_reset_and_after_closing_time_is_real(opened):
    driver = opened()
    assert told_time(driver) > NOW + 100 * DAY
    driver.call("reset", {"now": NOW})
    assert datetime.now(UTC) == NOW
    driver.close()
    assert datetime.now(UTC) > NOW + 100 * DAY
    driver.close()


def test_two_drivers_have_two_clocks(opened):
    one, other = opened(), opened()
    one.call("reset", {"now": NOW})
    other.call("reset", {"now": NOW + DAY})
    assert [told_time(one), told_time(other), told_time(one)] == [NOW, NOW + DAY, NOW]
    other.close()
    assert told_time(one) == NOW


def test_values_go_in_as_plain_python_ones():
    implementation = Sincere()
    driver = PythonDriver("python:x:y", lambda: implementation)
    params = {"organization": "O-1", "behaviour": CardBehaviour.LIMITED, "available_credit": Decimal("5.00")}
    assert driver.call("add_card", params) == Nothing()
    assert implementation.asked == params
    assert {type(value) for value in implementation.asked.values()} == {str, Decimal}
    assert driver.in_process
    assert driver.log_tail() == ()


def test_refused_and_unsupported_are_outcomes(opened):
    with pytest.raises(Refused) as refused:
        opened(raises(Refused("unpaid_invoice", "pay first"))).call("start_service", {"service": "S-1"})
    assert (refused.value.reason, refused.value.message) == (Reason.UNPAID_INVOICE, "pay first")
    with pytest.raises(Unsupported, match="no such thing"):
        opened(raises(Unsupported("no such thing"))).call("start_service", {"service": "S-1"})
    with pytest.raises(Unsupported, match="Sincere has no method delete_data"):
        opened().call("delete_data", {"organization": "O-1"})


def test_an_unknown_reason_is_reported_with_the_known_ones(opened):
    def does(**_: object) -> object:
        raise Refused("mood")

    assert "ValueError: 'mood' is not a reason of the contract; expected one of unpaid_invoice" in str(
        failure(opened(does))
    )
    odd = Refused("other")
    odd.reason = "mood"
    error = failure(opened(raises(odd)))
    assert error.kind is ErrorKind.INVALID
    assert str(error).endswith("got 'mood'")


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (KeyError("S-1"), "KeyError: 'S-1'"),
        (SystemExit(3), "SystemExit: 3"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (AssertionError(), "AssertionError"),
        (GeneratorExit(), "GeneratorExit"),
        (RuntimeError("red \x1b[31m\ntext"), r"RuntimeError: red \x1b[31m\ntext"),
    ],
)
def test_what_else_it_raises_is_a_crash_reported_with_its_place(opened, raised, words):
    error = failure(opened(raises(raised)))
    place = raises.__code__.co_firstlineno + 2
    assert error.kind is ErrorKind.CRASHED
    assert str(error) == f"start_service: {words} (tests/test_drivers_in_process.py:{place})"


def test_parameters_that_it_does_not_take_are_reported_with_the_place_of_the_method(opened):
    error = failure(opened(nothing_at_all))
    assert "got an unexpected keyword argument 'service' (tests/test_drivers_in_process.py:" in str(error)


def test_after_a_crash_another_object_is_made_and_after_a_refusal_the_same_one_goes_on(opened):
    made = []

    def factory() -> Sincere:
        made.append(Sincere(raises(KeyError("x")) if not made else raises(Refused("other"))))
        return made[-1]

    driver = PythonDriver("python:x:y", factory)
    assert failure(driver).kind is ErrorKind.CRASHED
    for _ in range(2):
        with pytest.raises(Refused):
            driver.call("start_service", {"service": "S-1"})
    assert len(made) == 2


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "expected an empty dict {}, got None"),
        ([], "expected an empty dict {}, got []"),
        ("done", "expected an empty dict {}, got 'done'"),
    ],
)
def test_a_wrong_result_is_reported(opened, result, words):
    error = failure(opened(lambda **_: result))
    assert error.kind is ErrorKind.INVALID
    assert str(error) == f"start_service: the result does not fit the contract: start_service: {words}"


def test_an_async_method_is_reported(opened):
    async def does(**_: object) -> object:
        return {}

    assert "the result is a coroutine; in process the methods are plain functions" in str(failure(opened(does)))


def test_a_call_that_hangs_is_interrupted(opened):
    seconds = signal.getitimer(signal.ITIMER_REAL)
    handler = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # pytest-timeout's, put back below
    try:

        def does(**_: object) -> object:
            while True:
                with contextlib.suppress(Exception):  # the interruption is none that it could swallow
                    sum(range(1000))

        driver = opened(does, timeouts=Timeouts(0.2))
        driver.call("reset", {"now": NOW})
        began = real_perf_counter()
        error = failure(driver)
        assert error.kind is ErrorKind.TIMEOUT
        assert (
            str(error)
            == "start_service: no answer within 0.2 s (raise the limit with --timeout); the call was interrupted"
        )
        assert real_perf_counter() - began > 0.15
        driver.call("reset", {"now": NOW})
        assert told_time(driver) == NOW
        driver.close()
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *seconds)


def test_an_alarm_of_somebody_else_is_left_alone(opened):
    handler = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        mine = signal.getsignal(signal.SIGALRM)
        driver = opened(timeouts=Timeouts(0.2))
        driver.call("reset", {"now": NOW})
        assert signal.getsignal(signal.SIGALRM) is mine
        driver.close()
        assert signal.getsignal(signal.SIGALRM) is mine
    finally:
        signal.signal(signal.SIGALRM, handler)


def test_ctrl_c_is_the_users(opened):
    with pytest.raises(KeyboardInterrupt):
        opened(raises(KeyboardInterrupt())).call("start_service", {"service": "S-1"})


MODULE = """
class Thing:
    def start_service(self, *, service):
        return {}

def good():
    return Thing()

def none():
    return None

def clazz():
    return Thing

def broken():
    raise RuntimeError("no database")

async def later():
    return Thing()

number = 5
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder of the user's, current and on no path yet, with a module in it."""
    (tmp_path / "shop_tck.py").write_text(MODULE)
    (tmp_path / "broken_tck.py").write_text("import no_such_library_at_all\n")
    (tmp_path / "mistyped_tck.py").write_text("def f(:\n")
    (tmp_path / "exits_tck.py").write_text("import sys\nsys.exit('bye')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    for name in ("shop_tck", "broken_tck", "mistyped_tck", "exits_tck"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.parametrize("factory", ["good", "Thing"])
def test_a_factory_is_found_in_the_current_folder(here, factory):
    with open_driver(f"python:shop_tck:{factory}") as driver:
        assert driver.call("start_service", {"service": "S-1"}) == Nothing()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("python:", "'' is not the name of a module"),
        ("python:shop_tck", "'' is not the name of a factory"),
        ("python:shop_tck.py:good", "module 'shop_tck.py' does not exist"),
        ("python:./shop_tck:good", "'./shop_tck' is not the name of a module"),
        ("python:shop_tkc:good", "module 'shop_tkc' does not exist"),
        ("python:no_such_package.sub:good", "module 'no_such_package' does not exist"),
        ("python:shop_tck:god", "shop_tck has no 'god'. It has Thing, good, none, clazz, broken, later, number"),
        ("python:shop_tck:number", "'number' is 5, and cannot be called"),
    ],
)
def test_a_spec_that_leads_nowhere_is_wrong_usage(here, spec, words):
    with pytest.raises(InvalidSutSpec) as bad:
        open_driver(spec)
    assert str(bad.value).startswith(f"--sut {spec!r}: {words}")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("shop_tck:none", "the factory returned None; it must return an object with the contract's methods"),
        ("shop_tck:clazz", "the factory returned the class Thing; it must return an object of it"),
        ("shop_tck:broken", "the factory raised RuntimeError: no database (shop_tck.py:16)"),
        ("shop_tck:later", "the factory is an async function; it must be a plain one"),
        ("broken_tck:x", "importing broken_tck failed: ModuleNotFoundError: No module named 'no_such_library_at_all'"),
        ("mistyped_tck:x", "importing mistyped_tck failed: SyntaxError"),
        ("exits_tck:x", "importing exits_tck failed: SystemExit: bye (exits_tck.py:2)"),
    ],
)
def test_an_implementation_that_cannot_be_made_is_unreachable(here, target, words):
    with open_driver(f"python:{target}") as driver, pytest.raises(ImplementationError) as error:
        driver.call("describe_implementation", {})
    assert error.value.kind is ErrorKind.UNREACHABLE
    assert f"python:{target}: {words}" in str(error.value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("", "unknown kind of implementation ''. "),
        ("pyton:shop_tck:good", "unknown kind of implementation 'pyton'; did you mean 'python'?"),
        ("ftp://host/", "unknown kind of implementation 'ftp'. "),
        ("python", "unknown kind of implementation 'python'. "),
        ("reference:month_end", "expected KNOB=VALUE, got 'month_end'"),
        ("reference:month_end=clamp,month_end=clamp", "'month_end' is given twice"),
        ("reference:late,late", "'late' is given twice"),
        ("reference:,", "expected KNOB=VALUE, got ''"),
        ("faulty", "the name of the fault is missing"),
        ("faulty:month_end=clamp", "the name of the fault is missing"),
    ],
)
def test_any_other_spec_is_wrong_usage(spec, words):
    with pytest.raises(InvalidSutSpec) as bad:
        open_driver(spec)
    assert str(bad.value).startswith(f"--sut {spec!r}: {words}")


def test_a_timeout_that_leaves_no_time_is_wrong_usage():
    with pytest.raises(InvalidSutSpec, match="no answer can come within 0 seconds"):
        open_driver("python:x:y", timeout=0)


def test_ctrl_c_ends_a_hanging_implementation(tmp_path):
    (tmp_path / "endless_tck.py").write_text(
        textwrap.dedent("""
        class Thing:
            def reset(self, *, now):
                print("in it", flush=True)
                while True:
                    pass
        """)
    )
    source = """
from datetime import UTC, datetime
from billing_tck.connect import open_driver
with open_driver("python:endless_tck:Thing") as driver:
    driver.call("reset", {"now": datetime(2025, 1, 7, tzinfo=UTC)})
"""
    running = subprocess.Popen(
        [sys.executable, "-c", source], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout is not None
        assert running.stdout.readline() == "in it\n"
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors


# The clock by itself


def test_time_is_frozen_and_moves_by_hand():
    with frozen(NOW) as clock:
        assert datetime.now(UTC) == NOW
        assert time.time() == NOW.timestamp()
        clock.move_to(NOW + DAY)
        assert datetime.now(UTC) == NOW + DAY == clock.instant
        clock.move_to(NOW)
        assert datetime.now(UTC) == NOW
    assert datetime.now(UTC) > NOW + 100 * DAY


def test_nested_clocks_do_not_disturb_each_other():
    with frozen(NOW) as outer:
        with frozen(NOW + DAY) as inner:
            assert datetime.now(UTC) == NOW + DAY
            outer.show()
            assert datetime.now(UTC) == NOW
            inner.show()
            assert datetime.now(UTC) == NOW + DAY
        assert datetime.now(UTC) == NOW


def test_a_freeze_of_somebody_else_gives_way_when_the_clock_is_shown():
    from freezegun import freeze_time  # noqa: PLC0415

    with freeze_time("2030-01-01", real_asyncio=True), frozen(NOW) as clock:
        assert datetime.now(UTC) == NOW
        other = freeze_time("2031-01-01")
        other.start()
        assert datetime.now(UTC).year == 2031
        clock.show()
        assert datetime.now(UTC) == NOW
        other.stop()
    assert datetime.now(UTC).year not in (2025, 2030, 2031)


def test_durations_stay_real_under_a_frozen_clock():
    with frozen(NOW):
        began = real_perf_counter()
        frozen_began = time.perf_counter()
        while real_perf_counter() - began < 0.01:
            pass
        assert time.perf_counter() == frozen_began


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="is not in UTC; give an aware datetime"):
        Clock(datetime(2025, 1, 7))  # noqa: DTZ001 - naive on purpose


def test_a_stopped_clock_moves_nothing():
    clock = Clock(NOW)
    clock.move_to(NOW + DAY)
    clock.stop()
    assert datetime.now(UTC) > NOW + 100 * DAY
    with clock:
        assert datetime.now(UTC) == NOW + DAY


def test_service_references_are_values():
    driver = PythonDriver("python:x:y", lambda: Sincere(lambda **_: ServiceRef("S-1")))
    assert failure(driver).kind is ErrorKind.INVALID
