"""The state diagrams of the map: their nodes and arrows, as Mermaid text and as SVG."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64decode
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_tck.cli.main import main
from billing_tck.jupyter import WrongRequest, state_diagram
from billing_tck.selftest.page import render_page
from billing_tck.selftest.runner import Proof
from billing_tck.situations.coverage import Coverage, coverage_of, walk
from billing_tck.situations.diagram import MOST_ARROWS, Diagram, diagram_of
from billing_tck.situations.geometry import Rectangle, place
from billing_tck.situations.map_file import load_map
from billing_tck.situations.mermaid import render_mermaid
from billing_tck.situations.projections import BEGINNING, PROJECTIONS
from billing_tck.situations.svg import render_svg
from billing_tck.spec.requirements import Family
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load

MADE = datetime(2026, 11, 28, 20, 5, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
FAMILIES = tuple(PROJECTIONS)


@cache
def measured() -> Coverage:
    scenarios = [one for one in load_suite().scenarios if one.family == "unpaid_invoices" and one.part == "core"]
    return coverage_of(load_map(), walk(scenarios, load()))


def arrow(diagram: Diagram, source: str, target: str) -> int:
    return next(n for n, one in enumerate(diagram.arrows) if (one.source, one.target) == (source, target))


def test_each_family_has_a_diagram() -> None:
    assert set(FAMILIES) == {family.value for family in Family} - {"general"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_diagram_holds_every_situation_in_one_of_at_most_a_dozen_nodes(family: str) -> None:
    diagram, known = diagram_of(measured(), family), load_map()
    names = [node.place.name for node in diagram.nodes]
    assert len(names) == len(set(names)) <= 12
    assert names[0] == BEGINNING
    assert sum(node.situations for node in diagram.nodes) == len(known.situations)
    assert sum(node.covered for node in diagram.nodes) == len(measured().all.situations)
    assert len({(node.place.column, node.place.row) for node in diagram.nodes}) == len(names)
    unused = {one.name for one in PROJECTIONS[family].places} - set(names)
    assert unused <= {"restricted, no service"}


@pytest.mark.parametrize("family", FAMILIES)
def test_arrows_count_the_transitions_between_two_nodes(family: str) -> None:
    diagram, node_of = diagram_of(measured(), family), PROJECTIONS[family].node_of
    pairs = [(node_of(step.before), node_of(step.after)) for step in load_map().transitions]
    for one in diagram.arrows:
        assert one.transitions == pairs.count((one.source, one.target))
        assert 0 <= one.covered <= one.transitions
    assert len(diagram.arrows) + diagram.hidden == len({pair for pair in pairs if pair[0] != pair[1]})
    reached = [step for step in measured().all.transitions if node_of(step.before) != node_of(step.after)]
    assert sum(one.covered for one in diagram.arrows) == len(reached)
    assert len(diagram.arrows) <= max(MOST_ARROWS, sum(one.covered > 0 for one in diagram.arrows))


def test_an_arrow_names_the_clauses_of_the_scenarios_that_end_with_it() -> None:
    diagram = diagram_of(measured(), "unpaid_invoices")
    stop = diagram.arrows[arrow(diagram, "restricted, services run", "restricted, services stopped")]
    paid = diagram.arrows[arrow(diagram, "restricted, services run", "nothing unpaid")]
    assert stop.clauses[0] == "BC-29"
    assert {"BC-23", "BC-28"} <= set(paid.clauses)
    assert all(one.clauses == () for one in diagram_of(measured(), "trial").arrows)


@pytest.mark.parametrize("family", FAMILIES)
def test_mermaid_text_declares_each_node_and_draws_each_arrow(family: str) -> None:
    diagram = diagram_of(measured(), family)
    text = render_mermaid(diagram)
    declared = re.findall(r'^    state "[^"]+" as (s\d+)$', text, re.MULTILINE)
    drawn = re.findall(r"^    (s\d+) --> (s\d+): (?:[A-Z]+-\d\d )*(?:\+\d+ )?[\d,]+/[\d,]+$", text, re.MULTILINE)
    assert text.startswith("stateDiagram-v2\n")
    assert (len(declared), len(drawn)) == (len(diagram.nodes), len(diagram.arrows))
    assert {end for pair in drawn for end in pair} <= set(declared)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_shows_each_node_and_arrow_within_its_edges(family: str) -> None:
    diagram = diagram_of(measured(), family)
    root = ElementTree.fromstring(render_svg(diagram))
    paths = [path for path in root.iter(f"{SVG}path") if path.get("class") in {"reached", "never"}]
    assert [path.get("class") for path in paths] == ["reached" if one.covered else "never" for one in diagram.arrows]
    assert len(root.findall(f"{SVG}rect[@class='box']")) == len(diagram.nodes)
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    for rect in root.iter(f"{SVG}rect"):
        x, y, wide, high = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height


def test_the_more_of_an_arrow_is_reached_the_thicker_it_is() -> None:
    diagram = diagram_of(measured(), "unpaid_invoices")
    root = ElementTree.fromstring(render_svg(diagram))
    paths = [path for path in root.iter(f"{SVG}path") if path.get("class") in {"reached", "never"}]
    thick = [(one.share, float(path.get("stroke-width", ""))) for one, path in zip(diagram.arrows, paths, strict=True)]
    assert len({width for _, width in thick}) > 5
    assert [width for _, width in sorted(thick)] == sorted(width for _, width in thick)


def test_arrows_bend_around_boxes_and_labels_avoid_each_other() -> None:
    boxes = {name: Rectangle(x, 0, 100, 40) for name, x in (("a", 0), ("b", 250), ("c", 500))}
    ends = [("a", "c"), ("c", "a"), ("a", "b"), ("b", "a")]
    placed = place(boxes, ends, [(60, 26)] * len(ends))
    for one in placed[:2]:
        assert not any(boxes["b"].holds(one.curve.at(share / 50)) for share in range(51))
    labels = [one.label for one in placed]
    assert all(not box.overlap(label) for box in boxes.values() for label in labels)
    assert all(not first.overlap(second) for n, first in enumerate(labels) for second in labels[:n])


def test_the_page_of_the_self_test_shows_the_numbers_and_a_picture_of_each_family() -> None:
    suite, register = load_suite(), load_register(features_dir())
    proof = Proof(suite, register, None, None, None, 0.0)
    assert "Situations" not in render_page(proof, workers=1, version="1", made=MADE)
    page = render_page(proof, workers=1, version="1", made=MADE, coverage=measured())
    reached = measured().parts["core"]
    row = f'<td class="number">{len(reached.situations)}</td><td class="number">{len(reached.transitions)}</td>'
    assert f"<tr><th>the core</th>{row}</tr>" in page
    pictures = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="[^"]+">', page)
    assert [b64decode(picture).decode() for picture in pictures] == [
        render_svg(diagram_of(measured(), family)) for family in FAMILIES
    ]


def test_prove_writes_the_pictures_where_every_scenario_conforms_for_the_reference(tmp_path: Path) -> None:
    for days, status in (("33", 0), ("29", 1)):
        features = tmp_path / days
        (features / "core").mkdir(parents=True)
        (features / "core" / "trial.feature").write_text(
            "@trial @needs.trial\nFeature: The trial\n  @BC-02\n  Rule: Time\n    Scenario: It ends\n"
            "      Given an organization with an active trial and $300.00 of trial credits\n"
            f"      When {days} days pass\n      Then the organization's trial is over\n"
        )
        words = ["--readings", "--workers", "1", "--features", str(features), "--report", str(features / "out")]
        assert main(["prove", *words]) == status
        page = (features / "out" / "proof.html").read_text(encoding="utf-8")
        assert page.count("<img") == (0 if status else len(FAMILIES))


def test_the_command_prints_mermaid_writes_pictures_and_prints_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features = tmp_path / "features"
    (features / "core").mkdir(parents=True)
    shutil.copy(features_dir() / "core" / "trial.feature", features / "core")
    assert main(["coverage", "--features", str(features), "--svg", str(tmp_path / "svg")]) == 0
    assert sorted(path.stem for path in (tmp_path / "svg").iterdir()) == sorted(FAMILIES)
    capsys.readouterr()
    assert main(["coverage", "--features", str(features), "--mermaid"]) == 0
    assert re.findall(r"^## (.*)$", capsys.readouterr().out, re.MULTILINE) == list(FAMILIES)
    assert main(["coverage", "--features", str(features), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert list(numbers) == ["states", "transitions", "covered"]
    assert list(numbers["covered"]) == ["core", "edge", "corpus"]
    assert numbers["covered"]["core"]["transitions"] > 20
    assert numbers["covered"]["edge"] == {"states": 0, "transitions": 0}
    assert main(["coverage", "--features", str(features), "--svg", str(features / "core" / "trial.feature")]) == 2
    assert "cannot write to" in capsys.readouterr().err


def test_a_notebook_shows_a_diagram_as_an_image_and_elsewhere_as_text() -> None:
    shown = state_diagram("trial")
    bundle = shown._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert '<img alt="State diagram of the rule family trial" src="data:image/svg+xml;base64,' in bundle["text/html"]
    assert str(shown).startswith("stateDiagram")
    with pytest.raises(WrongRequest, match="did you mean trial"):
        state_diagram("trail")
