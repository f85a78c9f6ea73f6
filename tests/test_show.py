"""`billing-tck show` prints scenarios with clauses, source and readings; `steps` lists step definitions."""

from __future__ import annotations

import pytest

from billing_tck.cli.main import main
from billing_tck.spec.suite import load_suite


def test_a_scenario_is_shown_by_its_place_and_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = next(s for s in load_suite().scenarios if s.reading)
    assert main(["show", scenario.place]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{scenario.place}  {scenario.name}\n")
    assert all(f"    {step}\n" in shown for step in scenario.steps)
    assert all(f"  clause    {clause}  " in shown for clause in scenario.clauses)
    assert f"  reading   {scenario.reading_tags[0]}: " in shown
    assert main(["show", scenario.name]) == 0
    assert capsys.readouterr().out == shown


def test_a_clause_shows_all_of_its_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "bc-29"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{s.place}  {s.name}\n" in shown for s in load_suite().scenarios if "BC-29" in s.clauses)


def test_an_unknown_scenario_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "zzz"]) == 2
    assert capsys.readouterr().err.startswith("billing-tck show: scenario 'zzz' does not exist; ")


def test_phrases_is_an_alias_of_steps(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for name in ("steps", "phrases"):
        assert main([name, "invoice"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert "step definitions; And and But continue" in outputs[0]
