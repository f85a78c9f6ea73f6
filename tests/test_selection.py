"""Choosing what runs: names, tag expressions, what failed before, and the first failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.spec.selection import Selection, UnknownSelectionError, select
from billing_tck.spec.suite import load_suite

SUITE = load_suite()
FAULTY = "faulty:stop-after-21-days"


def names(**criteria: object) -> list[str]:
    return [scenario.name for scenario in select(SUITE, Selection(**criteria))]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_is_a_pattern_or_a_part_in_any_case() -> None:
    part = names(names=("DELETION",))
    assert part
    assert all("deletion" in name.lower() for name in part)
    pattern = names(names=("*deletion",))
    assert 0 < len(pattern) < len(part)
    assert names(names=("deletion", "zzz")) == part
    assert names(names=("zzz",)) == []


def test_a_tag_expression_selects_as_in_cucumber() -> None:
    both = select(SUITE, Selection(tags="@BC-29 and not @exact"))
    assert both
    assert all("BC-29" in scenario.clauses and not scenario.exact for scenario in both)
    either = select(SUITE, Selection(tags="@BC-29 or @BC-02"))
    assert len(either) == len(names(clauses=("BC-29", "BC-02")))


@pytest.mark.parametrize("expression", ["@a and", "(@a", "@a @b", "and"])
def test_an_expression_that_cannot_be_parsed_is_refused(expression: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownSelectionError, match="cannot be parsed"):
        select(SUITE, Selection(tags=expression))
    assert main(["run", "--tag", expression]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_list_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--list", "--sut", "http://127.0.0.1:1/", "--clause", "BC-29", "--core"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == len(names(clauses=("BC-29",), part="core"))
    assert lines[0].startswith("core/unpaid_invoices.feature:")
    assert last == f"{len(lines)} scenarios selected by clause BC-29, core; nothing was run"


def test_what_failed_is_run_again_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--last-failed", "--clause", "BC-02"]) == 0
    assert "no failed scenario is recorded for this folder" in capsys.readouterr().err
    assert main(["run", "--sut", FAULTY]) == 1
    failed = capsys.readouterr().out.rpartition("Deviates in ")[2].split()[0]
    assert main(["run", "--sut", FAULTY, "--last-failed"]) == 1
    printed = capsys.readouterr().out
    assert f": {failed} scenarios" in printed
    assert "more scenarios" in printed
    assert main(["run", "--last-failed"]) == 0
    assert f"{failed} scenarios checked" in capsys.readouterr().out


def test_a_run_of_a_part_changes_what_is_recorded_of_that_part_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def failing() -> list[str]:
        capsys.readouterr()
        assert main(["run", "--last-failed", "--list"]) == 0
        printed = capsys.readouterr()
        return [] if "no failed scenario" in printed.err else printed.out.splitlines()[:-1]

    assert main(["run", "--sut", FAULTY, "--core", "--clause", "BC-29"]) == 1
    first = failing()
    assert first
    assert main(["run", "--sut", FAULTY, "--core", "--clause", "BC-29", "--fail-fast"]) == 1
    assert failing() == first  # those after the first were not run
    assert main(["run", "--clause", "BC-02"]) == 0
    assert failing() == first
    assert main(["run", "--scenario", first[0].split()[0]]) == 0
    assert failing() == first[1:]
    assert main(["run"]) == 0
    assert failing() == []


@pytest.mark.slow
def test_the_first_failure_ends_a_fast_run(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "--sut", FAULTY, "--fail-fast", "--report", "out", "--workers"]
    for workers in ("1", "2"):
        assert main([*words, workers]) == 1
        printed = capsys.readouterr().out
        assert "selected: everything, until the first failure" in printed
        assert "Deviates in 1 of " in printed
        assert main(["verify", "out"]) == 0
        capsys.readouterr()


def test_each_scenario_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--clause", "BC-02", "--core", "--verbose"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(names(clauses=("BC-02",), part="core"))
    assert lines[0].startswith("conforms        core/trial.feature:")


def test_a_selection_stands_in_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    Path("billing-tck.toml").write_text("[run]\nname = '*trial*'\ntag = '@BC-02'\ncore = true\n", encoding="utf-8")
    assert main(["run"]) == 0
    assert "selected: core, names like '*trial*', tags @BC-02" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["not " * 5000 + "@a", "(" * 5000 + "@a" + ")" * 5000])
def test_a_tag_expression_that_nests_too_deeply_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--tag", text]) == 2
    assert "the tag expression has more than 200 words and brackets" in capsys.readouterr().err
