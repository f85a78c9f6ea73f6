"""The explorer: random lawful histories find mistakes, and nothing where there is none."""

from __future__ import annotations

import shutil
from concurrent.futures import Executor, Future
from pathlib import Path
from random import Random
from typing import Any

import pytest

from billing_tck.cli import main
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import Description
from billing_tck.drivers.oracle import KNOBS, open_fast
from billing_tck.engine import describe, settles_within
from billing_tck.explorer.explore import Explored, Grade, explore, run_chunk
from billing_tck.explorer.finding import Finding, explain_finding
from billing_tck.explorer.generate import Generator
from billing_tck.explorer.play import Played, Subject, play

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
    ("commitment-protects-nothing", {"BC-66"}, "commitments"),
    ("says-report-lines-per-item-does-per-hour", {"BC-36"}, "marketplace"),
)


def found(sut: str, *, seed: str = "0", examples: int = 400) -> tuple[Explored, Finding]:
    explored = explore(sut, seed=seed, examples=examples)
    finding = explain_finding(sut, explored, seed=seed, timeout=10.0)
    assert finding is not None
    return explored, finding


@pytest.mark.parametrize(("fault", "clauses", "family"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_a_mistake_is_found_and_its_clause_named_and_written_down(
    fault: str, clauses: set[str], family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sut = f"faulty:{fault}"
    explored, finding = found(sut)
    assert explored.outcome.commands < 12_000
    assert clauses & set(finding.clauses)
    assert len(finding.history.acts) <= 10
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


@pytest.mark.parametrize(
    "readings",
    [
        "",
        "late",
        "late=morning",
        "deadline_instant=end_of_day,late",
        "deadline_instant=after,trial_exhausted=below_zero,month_end=rollover,cycle_anchor=tier,threshold_rearm=once_per_cycle",
        "marketplace_end=stops_at_end,unpaid_clock=until_all_paid,card_replacement=waits,restart_after_payment=automatic",
        "report_lines=per_hour,usage_before_linking=moves_to_marketplace,commitment_protection=fallback_debt",
    ],
)
def test_nothing_is_found_against_the_reference(readings: str) -> None:
    explored = explore(f"reference:{readings}" if readings else "reference", seed="1", examples=40)
    assert explored.finding is None
    assert explored.outcome.histories == 40
    assert explored.outcome.commands > 800


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize("reading", ["", "deadline_instant=after", "marketplace_end=stops_at_end"])
def test_nothing_is_found_against_an_independent_implementation(reading: str) -> None:
    sut = f"{JAVASCRIPT} --reading {reading}" if reading else JAVASCRIPT
    explored = explore(sut, seed="2", examples=40)
    assert explored.finding is None
    assert not explored.outcome.failed


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_what_an_independent_implementation_breaks_is_found() -> None:
    _, finding = found(f"{JAVASCRIPT} --broken thirty-day-cycle")
    assert set(finding.clauses) & {"BC-15", "BC-17", "BC-39"}
    assert finding.feature is not None


def test_the_same_seed_comes_to_the_same_finding() -> None:
    first, second = (found("faulty:extension-ignored", examples=1200) for _ in range(2))
    assert first[0].number == second[0].number
    assert first[0].outcome.commands == second[0].outcome.commands
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
        with open_fast("reference") as driver:
            description = describe(driver)
            generator = Generator(Random("7"), frozenset(description.capabilities), late=False)
            return play(Subject(driver, description, settles_within(description)), generator.start(), generator)

    first, second = once(), once()
    assert first.history == second.history
    assert [answer.params for answer in first.answers] == [answer.params for answer in second.answers]


class Undeclaring:
    """An implementation that takes a reading and does not say so."""

    def __init__(self, readings: str) -> None:
        self._driver = open_fast(f"reference:{readings}")

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


class Forgetful(Undeclaring):
    """One that is wrong about a rule, and declares nothing."""

    def __init__(self) -> None:
        self._driver = open_fast("faulty:stop-after-21-days")


def forgetful() -> object:
    return Forgetful()


def test_what_a_value_of_an_undeclared_knob_explains_is_no_difference() -> None:
    explored = explore(f"python:{__name__}:undeclaring", seed="3", examples=60)
    assert explored.finding is None
    assert explored.outcome.histories == 60


def test_what_no_value_of_an_undeclared_knob_explains_is_found() -> None:
    _, finding = found(f"python:{__name__}:forgetful")
    assert "BC-29" in finding.clauses
    assert finding.feature is not None


def test_the_value_of_a_declared_knob_that_would_be_right_is_told() -> None:
    _, finding = found("faulty:says-deadline-instant-at-does-after")
    assert finding.fits == ("deadline_instant", "after")
    assert finding.declared["deadline_instant"] == "at"
    assert finding.path is not None
    assert finding.path.parts[0] == "edge"


class Crashing:
    """Answers the first calls, then breaks."""

    def __init__(self) -> None:
        self._driver = open_fast("reference")

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


def test_one_that_is_not_there_cannot_be_explored(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--sut", "stdio:no-such-command", "--examples", "1"]) == 3
    assert "no implementation to explore" in capsys.readouterr().err


def test_what_is_wrong_with_the_command_line_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--sut", "faulty:no-such-fault", "--examples", "1"]) == 2
    assert main(["explore", "--sut", "http://127.0.0.1:9/", "--workers", "2"]) == 2
    assert "one over http has one clock" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["explore", "--examples", "0"])
    capsys.readouterr()


def test_nothing_found_is_said_with_how_much_was_played(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
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
            self._driver = open_fast("reference")
            self.methods: set[str] = set()

        def call(self, method: str, params: Any) -> object:
            self.methods.add(method)
            return self._driver.call(method, params)

    bare = Bare()
    description = Description("bare", "1", "1", (), {knob: values[0] for knob, values in KNOBS.items()}, "PT0S")
    subject = Subject(bare, description, settles_within(description))
    for number in range(20):
        generator = Generator(Random(f"bare:{number}"), frozenset(), late=False)
        assert not play(subject, generator.start(), generator).differences
    always = {"reset", "advance_to", "create_organization", "choose_tier", "create_service", "start_service"}
    always |= {"stop_service", "scale_service", "record_usage", "get_organization"}
    assert bare.methods <= always
    assert bare.methods >= {"record_usage", "create_service"}
    assert CAPABILITIES


def test_something_that_outlives_reset_is_told_as_such() -> None:
    explored = explore(f"python:{__name__}:remembering", seed="0", examples=60)
    assert explored.outcome.seen is not None
    assert explored.outcome.seen.grade is Grade.UNSTEADY
    assert not explored.steady


class Remembering:
    """Shows something else once it has been reset twenty times."""

    def __init__(self) -> None:
        self._driver = open_fast("reference")
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

    from billing_tck.explorer.explore import Chunk  # noqa: PLC0415

    with open_fast("faulty:cap-exclusive") as driver:
        description = describe(driver)
    chunk = pickle.loads(pickle.dumps(Chunk("faulty:cap-exclusive", 10.0, "0", 0, 20, description)))
    outcome = pickle.loads(pickle.dumps(run_chunk(chunk)))
    assert outcome.histories > 0
