"""Feature files become scenarios, and none is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.errors import UsageError
from billing_tck.spec.gherkin import InvalidFeatures, Step
from billing_tck.spec.selection import Selection, UnknownSelectionError, select
from billing_tck.spec.suite import features_dir, load_suite, root_of

from .toy import EDGE, FEATURE, write_features


def test_outlines_and_backgrounds_are_expanded(tmp_path: Path) -> None:
    first, second, *_ = load_suite(write_features(tmp_path)).scenarios
    assert first.name == "13 days after the failed charge, services are running"
    assert second.name == "16 days after the failed charge, services are stopped"
    assert first.outline == "<days> days after the failed charge, services are <services>"
    assert (first.line, first.definition, second.line) == (17, 10, 18)
    assert second.example == "A clear day before, two clear days after: days 16, services stopped"
    assert second.rule == "Services stop when an invoice has stayed unpaid for 14 days"
    assert second.steps == (
        Step("given", "Given", "an organization with a card that declines", 5),
        Step("given", "Given", "a collection is attempted", 11),
        Step("when", "When", "16 days pass", 12),
        Step("then", "Then", "every service is stopped", 13),
    )


def test_and_has_the_kind_of_the_step_before(tmp_path: Path) -> None:
    refused = load_suite(write_features(tmp_path)).scenarios[2]
    assert [(step.kind, step.keyword) for step in refused.steps] == [
        ("given", "Given"),
        ("when", "When"),
        ("when", "And"),
        ("then", "Then"),
    ]


def test_tags_of_feature_rule_and_scenario_state_what_a_scenario_is_about(tmp_path: Path) -> None:
    suite = load_suite(write_features(tmp_path, FEATURE, EDGE))
    extension, edge = suite.scenarios[3], suite.scenarios[4]
    assert extension.clauses == ("BC-26",)
    assert extension.needs == {"card", "extension"}
    assert (extension.part, extension.reading, extension.exact) == ("core", (), False)
    assert (edge.part, edge.reading, edge.exact) == ("edge", (("deadline_instant", "at"),), True)
    assert {scenario.family for scenario in suite.scenarios} == {"unpaid_invoices"}


def test_rows_that_the_name_does_not_tell_apart_are_reported_by_their_values(tmp_path: Path) -> None:
    text = FEATURE.replace("<days> days after the failed charge, services are <services>", "Services stop")
    names = [scenario.name for scenario in load_suite(write_features(tmp_path, text)).scenarios]
    assert names[:2] == ["Services stop (13, running)", "Services stop (16, stopped)"]


def test_tables_and_doc_strings_reach_the_step(tmp_path: Path) -> None:
    text = FEATURE.replace(
        "      When <days> days pass\n",
        '      When <days> days pass\n        | a | b\\|c |\n        | 1 |      |\n      And said\n        """\n'
        '        <days>\n        """\n',
    )
    steps = load_suite(write_features(tmp_path, text)).scenarios[0].steps
    assert steps[2].table == (("a", "b|c"), ("1", ""))
    assert steps[3].docstring == "13"


def test_all_broken_files_are_reported_at_once(tmp_path: Path) -> None:
    write_features(tmp_path, "Feature: one\n  Scenario: a\n    Given b\n    Guess what\n", name="trial")
    uneven = "Feature: two\n  Scenario: a\n    Given b\n      | x |\n      | y | z |\n"
    write_features(tmp_path, uneven, name="commitments")
    with pytest.raises(InvalidFeatures) as caught:
        load_suite(tmp_path)
    assert {diagnostic.place.file for diagnostic in caught.value.diagnostics} == {
        "core/trial.feature",
        "core/commitments.feature",
    }
    assert "core/trial.feature:4: invalid Gherkin: expected: " in str(caught.value)


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    write_features(tmp_path)
    (tmp_path / "core" / "trial.feature").write_bytes(b"Feature: \xff")
    with pytest.raises(InvalidFeatures, match=r"core/trial\.feature:1: not UTF-8"):
        load_suite(tmp_path)


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere is not a features folder or a feature file"):
        load_suite(tmp_path / "nowhere")


def test_the_digest_is_of_the_texts_and_not_of_the_place(tmp_path: Path) -> None:
    here = load_suite(write_features(tmp_path / "a"))
    there = load_suite(write_features(tmp_path / "b"))
    other = load_suite(write_features(tmp_path / "c", FEATURE.replace("16", "17")))
    assert here.digest == there.digest != other.digest


def test_a_file_or_a_part_alone_keeps_its_place_in_the_folder(tmp_path: Path) -> None:
    write_features(tmp_path, FEATURE, EDGE)
    for target in (tmp_path / "edge", tmp_path / "edge" / "unpaid_invoices.feature"):
        assert root_of(target) == tmp_path
        assert [scenario.place for scenario in load_suite(target).scenarios] == ["edge/unpaid_invoices.feature:5"]


def test_the_kit_finds_its_own_features() -> None:
    assert (features_dir() / "clauses.toml").is_file()
    assert load_suite().scenarios


# Selecting


def places(folder: Path, selection: Selection) -> list[str]:
    return [scenario.place for scenario in select(load_suite(folder), selection)]


@pytest.mark.parametrize(
    ("selection", "lines"),
    [
        (Selection(), [17, 18, 23, 29, 5]),
        (Selection(part="edge"), [5]),
        (Selection(clauses=("BC-26",)), [23, 29]),
        (Selection(clauses=("BC-26", "BC-29"), part="core"), [17, 18, 23, 29]),
        (Selection(families=("unpaid_invoices",), part="edge"), [5]),
        (Selection(scenarios=("A start is refused",)), [23]),
        (Selection(scenarios=("core/unpaid_invoices.feature:18",)), [18]),
        (Selection(scenarios=("features/core/unpaid_invoices.feature:17",)), [17]),
        (Selection(scenarios=("core/unpaid_invoices.feature:10",)), [17, 18]),
        (Selection(scenarios=("core/unpaid_invoices.feature:26",)), [23]),
        (Selection(scenarios=("edge/unpaid_invoices.feature",)), [5]),
        (Selection(scenarios=("<days> days after the failed charge, services are <services>",)), [17, 18]),
        (Selection(clauses=("BC-26",), part="edge"), []),
    ],
)
def test_what_is_asked_for_is_selected(tmp_path: Path, selection: Selection, lines: list[int]) -> None:
    write_features(tmp_path, FEATURE, EDGE)
    assert [int(place.rpartition(":")[2]) for place in places(tmp_path, selection)] == lines


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(families=("unpaid",)), "family 'unpaid' does not exist; nearest: unpaid_invoices"),
        (Selection(clauses=("BC-92",)), "clause 'BC-92' does not exist; nearest: BC-29, BC-26"),
        (Selection(clauses=("bc-29",)), "clause 'bc-29' does not exist; nearest: BC-29, BC-26"),
        (
            Selection(scenarios=("A start is refuse",)),
            "scenario 'A start is refuse' does not exist; nearest: A start is ref",
        ),
        (
            Selection(scenarios=("core/trial.feature:9",)),
            "scenario 'core/trial.feature:9' does not exist; nearest: core/",
        ),
        (
            Selection(scenarios=("core/unpaid_invoices.feature:9999",)),
            "line 9999 of core/unpaid_invoices.feature is outside every scenario: the first begins in line 10, the "
            "last ends in line 32",
        ),
        (
            Selection(scenarios=("core/unpaid_invoices.feature:1",)),
            "line 1 of core/unpaid_invoices.feature is outside every scenario: the first begins in line 10,",
        ),
        (Selection(scenarios=("zzz",)), "scenario 'zzz' does not exist; give its name, or file:line"),
    ],
)
def test_what_is_unknown_is_reported_with_the_nearest(tmp_path: Path, selection: Selection, said: str) -> None:
    write_features(tmp_path, FEATURE, EDGE)
    with pytest.raises(UnknownSelectionError) as caught:
        places(tmp_path, selection)
    assert str(caught.value).startswith(said)
