"""The command line: what it prints where, and the exit statuses that scripts rely on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from billing_tck.cli import run as run_command
from billing_tck.cli.main import COMMANDS, main
from billing_tck.connection import Connection
from billing_tck.engine import declarations
from billing_tck.spec.suite import features_dir
from billing_tck.steps.registry import load

from .toy import EDGE, FEATURE, Toy, crash, register, vocabulary, without_durations, write_features

SLOW = """
import json, sys, time

for line in sys.stdin:
    request = json.loads(line)
    if request["method"] == "describe_implementation":
        result = {
            "name": "slow", "version": "1", "contract": "1", "capabilities": ["card", "trial"], "readings": {},
            "settles_within": "PT0S",
        }
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
    else:
        print("asked", file=open(sys.argv[1], "w"), flush=True)
        time.sleep(600)
"""


class Kit:
    """The command line over the toy."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.toy = Toy()
        self.out = self.err = ""
        self._capsys = capsys

    def run(self, *words: str) -> int:
        status = main(["run", "--features", str(self.folder), *words])
        out, self.err = self._capsys.readouterr()
        self.out = without_durations(out)
        return status


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kit:
    kit = Kit(write_features(tmp_path / "features", FEATURE, EDGE), capsys)
    words = vocabulary()

    def open_toy(spec: str, *, connection: Connection) -> Toy:
        kit.toy.spec = spec
        return kit.toy

    monkeypatch.setattr(run_command, "load", lambda: words)
    monkeypatch.setattr(run_command, "load_register", lambda folder: register())
    monkeypatch.setattr("billing_tck.cli.run_start.open_driver", open_toy)
    return kit


def test_a_run_that_conforms_ends_with_0_and_reports_it_on_stdout(kit: Kit) -> None:
    assert kit.run() == 0
    assert kit.out.endswith("Conforms: 3 scenarios checked, nothing deviates. 2 not applicable. N s\n")
    assert kit.err == ""
    assert kit.toy.closed


def test_a_deviation_ends_with_1_and_names_the_command_that_repeats_it(kit: Kit) -> None:
    kit.toy = Toy(stop_after=21)
    assert kit.run("--sut", "faulty:x", "--timeout", "2") == 1
    repeat = "billing-tck run --sut faulty:x --features "
    assert repeat in kit.out
    assert " --timeout 2 --scenario core/unpaid_invoices.feature:18\n" in kit.out
    assert kit.run("--sut", "faulty:x", "--scenario", "core/unpaid_invoices.feature:18") == 1
    assert kit.out.startswith("toy 1.0 (faulty:x): 1 scenario\nselected: scenario core/unpaid_invoices.feature:18\n")


def test_an_error_ends_with_3(kit: Kit) -> None:
    kit.toy = Toy(faults={"attempt_collection": crash()})
    assert kit.run() == 3
    assert "Errored in 3 of 3 scenarios" in kit.out


def test_a_run_in_which_nothing_was_checked_ends_with_3(kit: Kit) -> None:
    kit.toy = Toy(capabilities=())
    assert kit.run("--clause", "BC-26") == 3
    assert "Nothing was checked: no scenario applies to this implementation." in kit.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--family", "trial"), "nothing was checked: no scenario is selected by family trial"),
        (("--clause", "BC-28"), "nothing was checked: BC-28 has no scenario: it is a screen"),
        (("--clause", "BC-26", "--edge"), "nothing was checked: no scenario is selected by clause BC-26, edge"),
    ],
)
def test_a_selection_of_nothing_ends_with_3_before_anything_is_touched(
    kit: Kit, words: tuple[str, ...], said: str
) -> None:
    assert kit.run(*words) == 3
    assert (kit.out, kit.err) == ("", f"{said}\n")
    assert kit.toy.calls == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--family", "trail"), "billing-tck run: family 'trail' does not exist; nearest: trial\n"),
        (("--clause", "BC-99"), "billing-tck run: clause 'BC-99' does not exist; nearest: BC-29, BC-28, BC-26\n"),
        (("--scenario", "zzz"), "billing-tck run: scenario 'zzz' does not exist; give its name, or file:line"),
        (("--workers", "2", "--sut", "http://127.0.0.1:1/"), "billing-tck run: --workers 2 needs a server for each"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_clear_line(kit: Kit, words: tuple[str, ...], said: str) -> None:
    assert kit.run(*words) == 2
    assert kit.out == ""
    assert kit.err.startswith(said)
    assert kit.err.count("\n") == 1
    assert kit.toy.calls == []


def test_a_wrong_sut_ends_with_2(kit: Kit) -> None:
    assert kit.run("--sut", "python:absent:make") == 2
    why = f"module 'absent' does not exist. Run from the folder that has it (now {Path.cwd()}), or install it."
    assert kit.err == f"billing-tck run: --sut 'python:absent:make': {why}\n"


def test_features_that_are_not_there_end_with_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", "--features", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.endswith("is not a features folder or a feature file\n")


@pytest.mark.parametrize("words", [("--workers", "0"), ("--timeout", "-1"), ("--timeout", "nan"), ("--core", "--edge")])
def test_options_that_mean_nothing_end_with_2(kit: Kit, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        kit.run(*words)
    assert caught.value.code == 2


def test_an_implementation_that_cannot_be_reached_ends_with_3_and_its_log(kit: Kit) -> None:
    kit.toy = Toy(faults={"describe_implementation": crash("it \x1bended", log=("no such module\x07",))})
    assert kit.run("--sut", "stdio:./impl") == 3
    assert kit.out == ""
    assert kit.err == (
        "no implementation to run against (stdio:./impl): attempt_collection: it \\x1bended\n"
        "  its log: no such module\\x07\n"
    )
    assert kit.toy.closed


def test_broken_features_of_the_user_end_with_2_before_anything_is_touched(kit: Kit) -> None:
    write_features(kit.folder, FEATURE.replace("@BC-29", "@BC-92").replace("days pass", "days go by"))
    assert kit.run() == 2
    assert kit.out == ""
    assert kit.err.splitlines() == [
        "core/unpaid_invoices.feature:7: clause BC-92 does not exist; did you mean BC-29, BC-28 or BC-26?",
        "core/unpaid_invoices.feature:12: no step definition matches 'When 13 days go by'. Nearest: '13 days pass'.",
        "core/unpaid_invoices.feature:12: no step definition matches 'When 16 days go by'. Nearest: '16 days pass'.",
        "core/unpaid_invoices.feature:25: no step definition matches 'And 16 days go by'. Nearest: '16 days pass'.",
        "core/unpaid_invoices.feature:31: no step definition matches 'And 16 days go by'. Nearest: '16 days pass'.",
        "5 errors in the features; nothing was run",
    ]
    assert kit.toy.calls == []


def test_a_step_that_breaks_ends_with_4(kit: Kit) -> None:
    kit.toy = Toy(faults={"attempt_collection": KeyError("oh")})
    assert kit.run() == 4
    assert kit.err.startswith("error in the kit: core/unpaid_invoices.feature:11, 'Given a collection is attempted'")


def test_an_interrupted_run_ends_with_130_and_states_how_far_it_was(kit: Kit, tmp_path: Path) -> None:
    kit.toy = Toy(stop_after=21, faults={"start_service": KeyboardInterrupt()})
    assert kit.run("--report", str(tmp_path / "out")) == 130
    assert (kit.out, kit.err) == ("", "interrupted after 2 of 5 scenarios: 1 conforms, 1 deviates\n")
    assert kit.toy.closed
    assert "did not finish" in (tmp_path / "out" / "badge.json").read_text(encoding="utf-8")
    assert main(["verify", str(tmp_path / "out")]) == 1


def test_what_is_declared_and_unknown_is_reported_and_nothing_is_run(kit: Kit) -> None:
    kit.toy = Toy(capabilities=("card", "cards"), readings={"deadline_instance": "at", "deadline_instant": "at"})
    assert kit.run() == 3
    assert "the declared capability 'cards' is not part of the contract; did you mean card?" in kit.err
    assert "the declared reading 'deadline_instance' is not a knob; did you mean deadline_instant?" in kit.err


def test_of_many_unknown_declarations_only_the_first_are_looked_up(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    monkeypatch.setattr(declarations, "did_you_mean", lambda name, *_, **__: looked_up.append(name))
    kit.toy = Toy(capabilities=tuple(f"x{n}" for n in range(1000)))
    assert kit.run() == 3
    assert len(looked_up) == 21
    assert kit.err.rstrip().endswith("; and more")


def test_an_unknown_value_of_a_knob_errors_the_scenarios_of_the_knob_alone(kit: Kit) -> None:
    kit.toy = Toy(readings={"deadline_instant": "noon"})
    assert kit.run() == 3
    assert "Errored in 1 of 4 scenarios" in kit.out
    assert "invalid: the declared reading deadline_instant=noon is not valid; expected one of at, after" in kit.out
    assert kit.run("--core") == 0
    said = (
        "the declared reading deadline_instant=noon is not valid; expected one of at, after; the scenarios of this knob"
    )
    assert kit.err.startswith(said)
    kit.toy = Toy(capabilities=(), readings={"deadline_instant": "noon"})
    assert kit.run("--clause", "BC-26") == 3  # nothing was checked, and no scenario of the knob is selected
    assert "Errored" not in kit.out


def test_a_report_with_scenarios_of_an_unknown_value_is_trusted(kit: Kit, tmp_path: Path) -> None:
    kit.toy = Toy(readings={"deadline_instant": "noon"})
    assert kit.run("--report", str(tmp_path / "out")) == 3
    assert main(["verify", str(tmp_path / "out"), "--features", str(kit.folder)]) == 0


def test_a_report_folder_gets_its_files(kit: Kit, tmp_path: Path) -> None:
    assert kit.run("--report", str(tmp_path / "a" / "b")) == 0
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "badge.json",
        "badge.svg",
        "junit.xml",
        "messages.ndjson",
        "report.html",
        "report.ndjson",
        "summary.json",
        "summary.md",
    ]
    assert json.loads((tmp_path / "a" / "b" / "summary.json").read_text(encoding="utf-8"))["conforms"] == 3


def test_the_summary_has_the_exit_status_of_the_run(kit: Kit, tmp_path: Path) -> None:
    for toy, status in ((Toy(), 0), (Toy(stop_after=21), 1), (Toy(faults={"attempt_collection": crash()}), 3)):
        kit.toy = toy
        assert kit.run("--report", str(tmp_path / "out")) == status
        assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["exit_status"] == status


def test_a_report_folder_that_cannot_be_made_ends_with_2(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert kit.run("--report", str(tmp_path / "file")) == 2
    assert kit.err.startswith("billing-tck run: cannot write the report to ")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"    {name}" not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: billing-tck {command}")


def test_without_a_command_the_commands_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert f"name a command: {', '.join(COMMANDS)}" in capsys.readouterr().err


# The kit's own ledger


def test_the_ledger_lists_every_clause_and_closes_with_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("103 clauses: ")
    counts = [int(word) for word in lines[-1].replace(",", "").split() if word.isdigit()]
    assert counts[0] == sum(counts[1:]) == sum(line[:1].isalpha() for line in lines[:-1])


def test_one_clause_is_reported_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses", "BC-29"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("BC-29  ")
    assert "  readings   deadline_instant (at, after, end_of_day): " in output


def test_the_ledger_is_there_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses", "--json", "--family", "trial"]) == 0
    output = json.loads(capsys.readouterr().out)
    assert {clause["family"] for clause in output} == {"trial"}
    assert {clause["status"] for clause in output} <= {"covered", "excluded", "open"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clauses", "BC-99"), "billing-tck clauses: clause 'BC-99' does not exist."),
        (("clauses", "--family", "trail"), "billing-tck clauses: family 'trail' does not exist; did you mean trial"),
        (("clauses", "--sources", "/nowhere/at/all"), "billing-tck clauses: "),
        (("readings", "deadline"), "billing-tck readings: knob 'deadline' does not exist. "),
        (("faults", "no-such-fault"), "billing-tck faults: fault 'no-such-fault' does not exist; "),
        (
            ("serve", "--stdio", "--reading", "deadline_instant"),
            "billing-tck serve: --reading: expected KNOB=VALUE, got 'deadline_instant'",
        ),
        (("serve", "--stdio", "--reading", "deadline_instant=noon"), "billing-tck serve: "),
        (("serve", "--stdio", "--fault", "no-such-fault"), "billing-tck serve: "),
    ],
)
def test_unknown_names_end_with_2(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            "When 31 days pass\nThen the organization's trial is over",
            "error in the features: core/trial.feature:6, 'Then the organization's trial is over': 'the "
            "organization' is not introduced before this step; the scenario has introduced no name yet. Introduce it "
            "with a Given\n",
        ),
        (
            "Given an organization with an active trial and $300.00 of trial credits\n"
            "When 3 days pass in steps of 0 days\n"
            "Then the organization's trial is over",
            "error in the features: core/trial.feature:6, 'When 3 days pass in steps of 0 days': a step must be "
            "longer than zero. Give it a length, such as 12 hours or 1 day\n",
        ),
        (
            "Given an organization with no tier and no service\nWhen the organization's billing cycle ends\n"
            "Then the organization has no invoices",
            "error in the features: core/trial.feature:6, 'When the organization's billing cycle ends': the "
            "organization has no billing cycle yet. Begin one, as with 'an organization that pays by card'\n",
        ),
        (
            "Given an organization that pays by card\nWhen 3 days pass\nThen the full amount due is collected",
            "error in the features: core/trial.feature:7, 'Then the full amount due is collected': no collection was "
            "attempted. Add 'When the vendor attempts to collect from the organization' before it\n",
        ),
        (
            "Given an organization with an active trial and $300.00 of trial credits\nWhen it is 1 January 2024\n"
            "Then the organization's trial is over",
            "error in the features: core/trial.feature:6, 'When it is 1 January 2024': the clock is at 7 Jan "
            "2025 09:00 and cannot go back to 1 Jan 2024 09:00. Use a later day, or begin the scenario with it\n",
        ),
    ],
)
def test_a_scenario_that_cannot_be_carried_out_is_reported_and_nothing_is_blamed_on_the_kit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], steps: str, said: str
) -> None:
    (tmp_path / "core").mkdir()
    head = "@trial\nFeature: Mine\n  @BC-02 @needs.trial\n  Scenario: one\n"
    (tmp_path / "core" / "trial.feature").write_text(head + steps + "\n")
    assert main(["run", "--features", str(tmp_path)]) == 2
    assert capsys.readouterr().err == said


def test_a_reading_is_reported_with_the_scenarios_that_test_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["readings", "unpaid_clock"]) == 0
    output = capsys.readouterr().out
    assert "  Paying the older invoice does not postpone the stop\n" in output
    for name in ("until_all_paid", "bc-23"):  # by one of its values, and by a clause
        assert main(["readings", name]) == 0
        assert output in capsys.readouterr().out
    assert main(["readings", "BC-24"]) == 2
    assert capsys.readouterr().err == "billing-tck readings: no knob affects clause BC-24\n"


def test_clauses_may_be_given_in_small_letters_and_with_commas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--clause", "bc-24,BC-25"]) == 0
    assert "selected: clause BC-24, clause BC-25\n" in capsys.readouterr().out


def test_phrases_are_listed_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phrases"]) == 0
    output = capsys.readouterr().out
    assert "Given           an organization with an active trial and $120.00 of trial credits\n" in output
    assert output.count("\n") > len({definition.pattern for definition in load()})
    assert main(["phrases", "restricted"]) == 0
    assert capsys.readouterr().out.startswith("Then            the organization is restricted\n")
    assert main(["phrases", "xyzzy"]) == 2
    assert capsys.readouterr().err.startswith("billing-tck steps: no step definition has 'xyzzy'")


def test_excluded_clauses_are_listed_with_their_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses", "--excluded"]) == 0
    output = capsys.readouterr().out.splitlines()
    assert output[-1] == f"{len(output) // 2 - 1} clauses: 0 covered, {len(output) // 2 - 1} excluded, 0 open"
    assert all(": excluded: " in line for line in output[1:-2:2])


def test_knobs_faults_and_the_contract_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["readings"]) == 0
    assert "28 knobs" in capsys.readouterr().out
    assert main(["faults"]) == 0
    assert " faults; run one with billing-tck run --sut faulty:NAME" in capsys.readouterr().out
    assert main(["contract"]) == 0
    assert json.loads(capsys.readouterr().out)["openrpc"]


# As a process


def test_a_reader_that_stops_reading_is_not_an_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "billing_tck.cli.main", "clauses"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(30), said) == (141, "")


def test_a_run_takes_nothing_of_pytest_along() -> None:
    code = "import sys, billing_tck.cli.run; sys.exit(bool({'pytest', 'pytest_bdd', '_pytest'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


FAILING = """import json, sys
for line in sys.stdin:
    call = json.loads(line)
    answer = {"jsonrpc": "2.0", "id": call["id"]}
    if call["method"] == "describe_implementation":
        known = {"capabilities": ["card", "trial"], "readings": {}, "settles_within": "PT0S"}
        answer["result"] = {"name": "failing", "version": "1", "contract": "1", **known}
    elif call["method"] == "reset":
        answer["result"] = {}
    else:
        answer["error"] = {"code": -32000, "message": "the database is away"}
    print(json.dumps(answer), flush=True)
"""


def test_a_scenario_that_errors_in_a_worker_process_is_reported_as_in_one_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "failing.py"
    script.write_text(FAILING, encoding="utf-8")
    words = ["run", "--sut", f"stdio:{sys.executable} {script}", "--clause", "BC-29", "--workers", "2"]
    assert main([*words, "--report", str(tmp_path / "report")]) == 3
    capsys.readouterr()
    rows = [json.loads(line) for line in (tmp_path / "report" / "report.ndjson").read_text("utf-8").splitlines()]
    errored = [row for row in rows if row.get("verdict") == "errored"]
    assert len(errored) > 5
    assert all("create_organization: error -32000: the database is away" in str(row) for row in errored)


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_a_run_and_leaves_nothing_running(tmp_path: Path, workers: str) -> None:
    script, asked = tmp_path / "slow.py", tmp_path / "asked"
    script.write_text(SLOW, encoding="utf-8")
    sut = f"stdio:{sys.executable} {script} {asked}"
    words = ["run", "--features", str(features_dir() / "core"), "--sut", sut, "--workers", workers, "--timeout", "3"]
    with subprocess.Popen(
        [sys.executable, "-m", "billing_tck.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not asked.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        assert asked.exists(), process.communicate()
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.startswith("interrupted after 0 of ")
    assert err.count("\n") == 1
    assert ended(process.pid)


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_an_exploration_also_when_it_is_pressed_twice(tmp_path: Path, workers: str) -> None:
    script, asked = tmp_path / "slow.py", tmp_path / "asked"
    script.write_text(SLOW, encoding="utf-8")
    sut = f"stdio:{sys.executable} {script} {asked}"
    words = ["explore", "--seconds", "90", "--workers", workers, "--timeout", "3", "--sut", sut]
    with subprocess.Popen(
        [sys.executable, "-m", "billing_tck.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not asked.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.5)  # it waits for what was asked last
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode in {130, -signal.SIGINT}
    assert out == ""
    assert "interrupted" in err
    assert "Traceback" not in err
    assert ended(process.pid)


def ended(group: int) -> bool:
    """Whether a group of processes is gone; the last of them may need a moment to notice."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False
