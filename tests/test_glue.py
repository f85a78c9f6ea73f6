"""The glue file for editors has every step definition, as the Cucumber expressions that their patterns mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.steps.glue import cucumber_expression, typescript_glue
from billing_tck.steps.parameter_types import TYPES
from billing_tck.steps.registry import load


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        ("{organization:Organization} uses {amount:Money}", "{Organization} uses {Money}"),
        ("usage of {item:w} and {anything}", "usage of {word} and {}"),
        ("one/two (or three)", "one\\/two \\(or three\\)"),
    ],
)
def test_a_pattern_becomes_the_cucumber_expression_of_the_same_steps(pattern: str, expression: str) -> None:
    assert cucumber_expression(pattern) == expression


def test_every_step_definition_and_every_parameter_type_it_uses_is_in_the_file() -> None:
    vocabulary = load()
    lines = typescript_glue(vocabulary, TYPES).splitlines()
    steps = [line for line in lines if line.startswith(("Given(", "When(", "Then("))]
    assert len(steps) == len({definition.pattern for definition in vocabulary})
    defined = [line.split('"')[1] for line in lines if line.startswith("defineParameterType(")]
    assert [name for name in TYPES if any(f"{{{name}}}" in step for step in steps)] == sorted(
        defined, key=list(TYPES).index
    )


def test_the_command_writes_the_file_and_states_how_to_use_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "glue.ts"
    assert main(["steps", "--glue", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == typescript_glue(load(), TYPES)
    assert '"cucumber.glue"' in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps", "--glue", str(tmp_path / "no" / "glue.ts")]) == 2
    assert "name a file in an existing folder" in capsys.readouterr().err
