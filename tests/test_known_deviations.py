"""Known deviations do not fail a run and hide nothing; an invalid entry fails the run."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_tck.cli import run as run_command
from billing_tck.cli.main import main
from billing_tck.config import InvalidConfig, find_config, load_config
from billing_tck.connection import Connection
from billing_tck.results.known_deviations import names_of
from billing_tck.spec.suite import load_suite

from .toy import EDGE, FEATURE, Toy, crash, register, vocabulary, without_durations, write_features

TODAY = date(2026, 3, 1)
ENTRY = """
[[known_deviation]]
clause = "BC-29"
reason = "services stop a week late: ticket 7"
since = 2026-01-05
until = 2026-06-30
"""


class Kit:
    """The command line over the toy, in a folder of its own, on a day of the test's choice."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.toy = Toy(stop_after=21)
        self.now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
        self.opened: list[str] = []
        self.out = self.err = ""
        self._capsys = capsys

    def config(self, text: str, name: str = "billing-tck.toml") -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *words: str) -> int:
        status = main(["run", "--features", "features", *words])
        out, self.err = self._capsys.readouterr()
        self.out = without_durations(out)
        return status


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kit:
    write_features(tmp_path / "features", FEATURE, EDGE)
    kit = Kit(tmp_path, capsys)
    words = vocabulary()

    def open_toy(spec: str, *, connection: Connection) -> Toy:
        kit.toy.spec = spec
        kit.opened.append(f"{spec} {connection.timeouts.call:g}")
        return kit.toy

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_command, "load", lambda: words)
    monkeypatch.setattr(run_command, "load_register", lambda folder: register())
    monkeypatch.setattr("billing_tck.cli.run_start.open_driver", open_toy)
    monkeypatch.setattr(run_command, "utc_now", lambda: kit.now)
    return kit


def test_a_known_deviation_fails_no_run_and_is_reported(kit: Kit) -> None:
    assert kit.run() == 1
    kit.config(ENTRY)
    assert kit.run() == 0
    assert (
        "known deviations, which do not fail the run\n"
        "  BC-29  since 5 Jan 2026, until 30 Jun 2026: services stop a week late: ticket 7\n"
        "    core/unpaid_invoices.feature:18  16 days after the failed charge, services are stopped\n"
        "      expected every service is stopped; observed service: running\n"
    ) in kit.out
    assert "  unpaid_invoices  deviates as known" in kit.out
    assert "\nNothing new deviates: 1 of 3 scenarios deviates as known. 2 not applicable." in kit.out
    assert "Conforms" not in kit.out


def test_a_known_deviation_never_counts_as_conforming_in_the_files(kit: Kit) -> None:
    kit.config(ENTRY)
    assert kit.run("--report", "out") == 0
    summary = json.loads(Path("out/summary.json").read_text(encoding="utf-8"))
    assert (summary["conforms"], summary["deviates"], summary["clauses"]["BC-29"]) == (2, 1, "deviates")
    assert summary["deviations"][0]["known"] == "services stop a week late: ticket 7"
    assert summary["known_deviations"] == {"entries": 1, "scenarios": 1, "out_of_date": []}
    assert json.loads(Path("out/badge.json").read_text(encoding="utf-8"))["message"] == (
        "1 clause conforms, 1 known to deviate"
    )
    root = ElementTree.parse("out/junit.xml").getroot()
    assert (root.get("failures"), root.get("skipped")) == ("0", "3")
    skipped = [case.find("skipped") for case in root.iter("testcase")][1]
    assert skipped is not None
    assert skipped.get("message") == "known deviation: services stop a week late: ticket 7"


def test_another_deviation_fails_the_run_all_the_same(kit: Kit) -> None:
    kit.config(ENTRY)
    kit.toy = Toy(stop_after=21, refuses_to_start=False)
    assert kit.run() == 1
    assert "\nDeviates in 1 of 3 scenarios, clause BC-26. 1 more deviates as known. 2 not applicable." in kit.out


def test_an_error_is_never_excused(kit: Kit) -> None:
    kit.config(ENTRY)
    kit.toy = Toy(faults={"attempt_collection": crash()})
    assert kit.run() == 3


@pytest.mark.parametrize(
    "name",
    [
        "16 days after the failed charge, services are stopped",
        "core/unpaid_invoices.feature:18",
        "core/unpaid_invoices.feature:18: 16 days after the failed charge, services are stopped",
    ],
)
def test_a_scenario_is_known_by_its_name_or_its_place(kit: Kit, name: str) -> None:
    kit.config(ENTRY.replace('clause = "BC-29"', f'scenario = "{name}"'))
    assert kit.run() == 0


def test_an_outline_is_known_as_a_whole(kit: Kit) -> None:
    scenario = load_suite(kit.folder / "features").scenarios[1]
    assert "<days> days after the failed charge, services are <services>" in names_of(scenario)
    kit.config(ENTRY.replace('clause = "BC-29"', 'scenario = "core/unpaid_invoices.feature:10"'))
    assert kit.run() == 0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            ENTRY.replace("BC-29", "BC-26"),
            "billing-tck.toml:8: BC-26 no longer deviates: none of its 2 scenarios does. Remove the entry.",
        ),
        (
            ENTRY.replace('clause = "BC-29"', 'scenario = "A start is refused"'),
            "billing-tck.toml:8: A start is refused no longer deviates: its scenario conforms. Remove the entry.",
        ),
        (
            ENTRY.replace("BC-29", "BC-92"),
            "billing-tck.toml:8: BC-92 names nothing: clause 'BC-92' does not exist; nearest: BC-29; ",
        ),
        (
            ENTRY.replace("BC-29", "BC-28"),
            "billing-tck.toml:8: BC-28 names nothing: it has no scenario: it is a screen. Correct the name",
        ),
        (
            ENTRY.replace('clause = "BC-29"', 'scenario = "A start is refuse"'),
            "billing-tck.toml:8: A start is refuse names nothing: scenario 'A start is refuse' does not exist; "
            "nearest: A start is refused. ",
        ),
        (
            ENTRY.replace('clause = "BC-29"', 'scenario = "edge/unpaid_invoices.feature:5"'),
            "billing-tck.toml:8: edge/unpaid_invoices.feature:5 cannot deviate: its scenario is not applicable. ",
        ),
    ],
)
def test_an_entry_that_is_not_true_fails_the_run(kit: Kit, entry: str, said: str) -> None:
    kit.config(ENTRY + entry)
    assert kit.run() == 1
    assert "\nknown deviations that are out of date\n  " + said in kit.out
    assert kit.out.endswith(" Out of date: 1 entry of known deviations. N s\n")


def test_an_entry_holds_on_its_last_day_and_not_on_the_next(kit: Kit) -> None:
    kit.config(ENTRY)
    kit.now = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert kit.run() == 0
    kit.now = datetime(2026, 7, 1, tzinfo=UTC)
    assert kit.run() == 1
    assert (
        "billing-tck.toml:2: BC-29 expired on 30 Jun 2026. Today is 1 Jul 2026: fix the implementation, "
        "or give the entry a new date."
    ) in kit.out
    assert "\nDeviates in 1 of 3 scenarios, clause BC-29. 2 not applicable. Out of date: 1 entry" in kit.out


def test_an_entry_without_an_end_never_runs_out(kit: Kit) -> None:
    kit.config(ENTRY.replace("until = 2026-06-30\n", ""))
    kit.now = datetime(2099, 1, 1, tzinfo=UTC)
    assert kit.run() == 0


def test_an_entry_is_judged_only_where_all_of_it_was_run(kit: Kit) -> None:
    kit.config(ENTRY)
    assert kit.run("--scenario", "core/unpaid_invoices.feature:17") == 0
    assert "run only in part, and so not checked: BC-29" in kit.out
    assert kit.run("--clause", "BC-26") == 0


def test_a_run_of_known_deviations_alone_is_green_because_something_was_checked(kit: Kit) -> None:
    kit.config(ENTRY)
    assert kit.run("--scenario", "core/unpaid_invoices.feature:18") == 0


# The file


def test_options_of_run_are_read_from_the_file_and_the_command_line_wins(kit: Kit) -> None:
    kit.config('[run]\nsut = "stdio:./mine"\nfamily = "unpaid_invoices"\ncore = true\ntimeout = 3\n')
    kit.toy = Toy()
    assert kit.run() == 0
    assert "selected: family unpaid_invoices, core" in kit.out
    assert kit.opened == ["stdio:./mine 3"]
    assert kit.run("--sut", "stdio:./other", "--timeout", "5", "--clause", "BC-26") == 0
    assert "selected: clause BC-26\n" in kit.out
    assert kit.opened[1:] == ["stdio:./other 5"]


def test_a_report_folder_may_are_read_from_the_file(kit: Kit) -> None:
    kit.config('[run]\nreport = "out"\n')
    kit.toy = Toy()
    assert kit.run() == 0
    assert Path("out/report.html").is_file()


def test_another_file_is_named_and_reported_in_the_command_that_repeats(kit: Kit) -> None:
    kit.config(ENTRY.replace("BC-29", "BC-26"), "mine.toml")
    assert kit.run("--config", "mine.toml", "--scenario", "core/unpaid_invoices.feature:18") == 1
    assert "--config mine.toml --features features --scenario core/unpaid_invoices.feature:18" in kit.out
    assert kit.run("--config", "absent.toml") == 2
    assert kit.err == "billing-tck run: absent.toml: cannot read the file: No such file or directory. Check the path.\n"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[run\n", ["billing-tck.toml:1: invalid TOML: "]),
        ("[run]\nsut = 3\n", ["billing-tck.toml:2, [run]: `sut`: expected a list of texts, got 3. Write sut = "]),
        ("[run]\ntimout = 3\n", ["billing-tck.toml:2, [run]: unknown key 'timout'; did you mean timeout?"]),
        ("[runs]\n", ["billing-tck.toml:1: unknown key 'runs'; did you mean run?"]),
        (
            "[run]\nstart_timeout = 3\n",
            ["billing-tck.toml:2, [run]: unknown key 'start_timeout'; write start"],
        ),
        ("[run]\nheaders = {}\n", ["billing-tck.toml:2, [run]: unknown key 'headers'; write it under [run.http]"]),
        ("[run.http]\nheadrs = {}\n", ["billing-tck.toml:2, [run.http]: unknown key 'headrs'; did you mean headers?"]),
        ("[run.env]\nPORT = 1\n", ["billing-tck.toml:2, [run.env]: `PORT`: expected text, got 1. Write PORT = "]),
        ("[http]\n", ["billing-tck.toml:1: unknown key 'http'; write it under [run.http]"]),
        ("sut = 'reference'\n", ["billing-tck.toml:1: unknown key 'sut'; write it under [run]"]),
        ("run = 3\n", ["billing-tck.toml:1: `run`: expected a table, got 3. Write [run], and its keys below it."]),
        ("\n[run]\nfamily = [3]\n", ["billing-tck.toml:3, [run]: `family`: expected a list of texts, got [3]. "]),
        ("[run]\nworkers = 0\n", ["billing-tck.toml:2, [run]: `workers`: expected a positive whole number, got 0. "]),
        ("[run]\ntimeout = true\n", ["billing-tck.toml:2, [run]: `timeout`: expected a positive number, got true. "]),
        ("[run]\ncore = 1\n", ["billing-tck.toml:2, [run]: `core`: expected true or false, got 1. "]),
        ("[run]\ncore = true\nedge = true\n", ["billing-tck.toml:3, [run]: both `core` and `edge` are true. "]),
        (
            "[known_deviation]\nclause = 'BC-29'\n",
            ["billing-tck.toml:1: `known_deviation`: expected an array of tables. Write [[known_deviation]], in two"],
        ),
        (
            "[[known_deviation]]\nclause = 'BC-29'\nreason = 'x'\nsince = '2026-01-05'\n",
            [
                "billing-tck.toml:4, known_deviation 1: `since`: expected a date, got '2026-01-05'. "
                "Write since = 2026-01-05, without quotes."
            ],
        ),
        (
            '[[known_deviation]]\nreason = ""\nsince = "2026-01-05"\n',
            [
                "billing-tck.toml:1, known_deviation 1: the entry has neither `clause` nor `scenario`. Write one",
                "billing-tck.toml:2, known_deviation 1: `reason`: expected text, got ''. Write reason = ",
                "billing-tck.toml:3, known_deviation 1: `since`: expected a date, got '2026-01-05'. Write since = 20",
            ],
        ),
        (
            ENTRY + ENTRY.replace("BC-29", "bc-26").replace("until", "untill"),
            ["billing-tck.toml:12, known_deviation 2: unknown key 'untill'; did you mean until?"],
        ),
        (
            ENTRY.replace("2026-01-05", "2026-03-03"),
            ["billing-tck.toml:5, known_deviation 1: `since` is 3 Mar 2026, which lies ahead: today is 1 Mar 2026. "],
        ),
        (
            ENTRY.replace("2026-06-30", "2026-01-04"),
            ["billing-tck.toml:6, known_deviation 1: `until` is 4 Jan 2026, before `since`, 5 Jan 2026. Correct"],
        ),
        (
            ENTRY.replace("2026-06-30", "2026-06-30T09:00:00Z"),
            ["billing-tck.toml:6, known_deviation 1: `until`: expected a date, got 2026-06-30 09:00:00+00:00. "],
        ),
        (
            ENTRY + ENTRY,
            ["billing-tck.toml:8: clause BC-29 has an entry already, at billing-tck.toml:2. Remove one of the two."],
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_line_the_fault_and_the_fix(kit: Kit, text: str, faults: list[str]) -> None:
    kit.config(text)
    assert kit.run() == 2
    lines = kit.err.removeprefix("billing-tck run: ").splitlines()
    assert len(lines) == len(faults)
    for line, fault in zip(lines, faults, strict=True):
        assert line.startswith(fault)
    assert kit.toy.calls == []


def test_a_file_that_is_not_there_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(None) is None
    assert load_config(None, TODAY).known == ()
    with pytest.raises(InvalidConfig, match="cannot read the file"):
        load_config(tmp_path / "none.toml", TODAY)
