"""The map of situations: its abstraction, its search, its file, and the coverage measured against it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.connect import open_unfrozen
from billing_tck.errors import KitError
from billing_tck.reference.checkpoints import RestorableReference
from billing_tck.situations.alphabet import ALPHABET
from billing_tck.situations.coverage import coverage_of, walk
from billing_tck.situations.listing import CorpusNumbers, render_json, render_text, render_transition
from billing_tck.situations.map_file import DEPTH, FILE, SituationMap, load_map, map_of, save_map
from billing_tck.situations.observer import Observer
from billing_tck.situations.openings import OPENINGS
from billing_tck.situations.scene import START, Scene
from billing_tck.situations.search import search
from billing_tck.situations.situation import FIELDS, Situation
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load
from billing_tck.steps.world import Caller

CORPUS = CorpusNumbers(situations=7, transitions=5, compared=4, histories=2, commands=30)
NOTHING = Situation("none", "none", "none", "no", "none", "none", "0", "none", "none", "none", "no", "none")


@cache
def stored() -> SituationMap:
    return load_map()


def play(driver: Caller, names: tuple[str, ...]) -> Scene:
    driver.call("reset", {"now": START})
    scene = Scene(START)
    for name in names:
        taken = ALPHABET[name].play(driver, scene)
        assert taken is not None, f"{name} is not possible after {names}"
        scene = taken.scene
    return scene


@pytest.mark.parametrize(
    ("opening", "fields"),
    [
        ("a trial is active", {"payer": "trial", "trial": "active", "services": "running", "deadline": "before"}),
        ("a trial ended without a billing method", {"payer": "none", "trial": "over", "services": "stopped"}),
        ("a card pays", {"payer": "card", "card": "pays", "open_invoices": "0", "restricted": "no"}),
        ("an invoice is unpaid", {"card": "fails", "open_invoices": "1", "restricted": "yes", "deadline": "at"}),
        ("services are stopped for an unpaid invoice", {"services": "stopped", "data": "present", "deadline": "at"}),
        ("data is deleted for an unpaid invoice", {"services": "deleted", "data": "deleted"}),
        ("two invoices are unpaid", {"open_invoices": "2+"}),
        ("an unpaid invoice has an extension", {"extension": "yes", "open_invoices": "1"}),
        ("a marketplace pays", {"payer": "marketplace", "subscription": "linked", "card": "none"}),
        ("a subscription ended without a card", {"subscription": "ended", "restricted": "yes", "payer": "none"}),
        ("a commitment is in force", {"payer": "credits", "commitment": "in force", "credits": "left"}),
        ("a commitment fell back on the card", {"payer": "card", "commitment": "over", "credits": "used up"}),
        ("a commitment on a marketplace expired", {"commitment": "over", "credits": "expired", "deadline": "at"}),
    ],
)
def test_a_situation_says_what_an_opening_is_about(opening: str, fields: dict[str, str]) -> None:
    with closing(open_unfrozen("reference")) as driver:
        situation = play(driver, OPENINGS[opening]).situation
    assert situation is not None
    assert {name: getattr(situation, name) for name in fields} == fields


def test_a_new_organization_is_at_the_first_value_of_each_field() -> None:
    with closing(open_unfrozen("reference")) as driver:
        assert play(driver, ("create",)).situation == NOTHING
    assert tuple(FIELDS) == Situation._fields


def test_every_value_of_every_field_and_every_action_is_on_the_map() -> None:
    situations = stored().situations
    for place, (field, values) in enumerate(FIELDS.items()):
        assert {situation[place] for situation in situations} == set(values), field
    played = {found.action for found in stored().transitions.values()} | {node.action for node in stored().nodes}
    assert set(ALPHABET) - played == set()


def test_the_stored_map_is_large_enough_and_within_its_bound() -> None:
    known = stored()
    assert known.depth == DEPTH
    assert len(known.transitions) >= 2500
    longest = max(len(opening) for opening in OPENINGS.values())
    assert max(len(known.history_of(transition)) for transition in known.transitions) <= longest + DEPTH
    assert all(transition.after in known.situations for transition in known.transitions)


def test_a_history_of_the_map_leads_to_its_transition_and_an_observer_sees_it() -> None:
    known = stored()
    with closing(open_unfrozen("reference")) as driver:
        for transition in list(known.transitions)[::25]:
            observer = Observer(driver)
            play(observer, known.history_of(transition))
            assert observer.transitions[-1] == transition, known.history_of(transition)


def test_a_search_within_a_smaller_bound_finds_a_part_of_the_map() -> None:
    found = search(1)
    assert found.transitions.keys() < stored().transitions.keys()
    assert found.situations.keys() < stored().situations.keys()


def test_the_map_does_not_depend_on_the_order_of_hashes() -> None:
    program = "from billing_tck.situations.map_file import map_of; from billing_tck.situations.search import search; "
    program += "print(map_of(search(1), 1).digest)"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert digests == {map_of(search(1), 1).digest + "\n"}


def test_a_map_is_read_as_it_was_written(tmp_path: Path) -> None:
    small = map_of(search(1), 1)
    save_map(small, tmp_path / "map.txt")
    again = load_map(tmp_path / "map.txt")
    assert (again.digest, again.nodes) == (small.digest, small.nodes)
    assert list(again.transitions.items()) == list(small.transitions.items())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("node 0 create", "node 0 collect", "digest"),
        ('"depth": 3', '"depth": 2', "digest"),
        ("it uses $120", "it uses $121", "another definition"),
        ("call create_organization|done", "cull create_organization|done", "cannot be read"),
    ],
)
def test_a_map_that_was_changed_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    changed = tmp_path / "map.txt"
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KitError, match=problem):
        load_map(changed)


def test_a_checkpoint_is_not_changed_by_later_calls() -> None:
    driver = RestorableReference()
    scene = play(driver, OPENINGS["an invoice is unpaid"])
    checkpoint = driver.save()
    first = ALPHABET["wait-to-deadline"].play(driver, scene)
    driver.restore(checkpoint)
    paid = ALPHABET["pay"].play(driver, scene)
    driver.restore(checkpoint)
    assert ALPHABET["wait-to-deadline"].play(driver, scene) == first
    assert paid is not None
    assert first is not None
    assert paid.scene.situation != first.scene.situation


def test_coverage_counts_what_scenarios_reach() -> None:
    trial = [scenario for scenario in load_suite().scenarios if scenario.family == "trial"]
    one, more = coverage_of(stored(), walk(trial[:1], load())), coverage_of(stored(), walk(trial, load()))
    assert one.parts["core"].transitions < more.parts["core"].transitions
    assert one.parts["edge"].transitions == frozenset()
    assert more.families["trial"] == more.all
    assert set(more.clauses) == {clause for scenario in trial for clause in scenario.clauses}
    reached = frozenset[object]().union(*(clause.transitions for clause in more.clauses.values()))
    assert reached == more.all.transitions

    numbers = json.loads(render_json(more, CORPUS))
    known = stored()
    assert numbers == {
        "states": len(known.situations),
        "transitions": len(known.transitions),
        "covered": {
            part: {"states": len(more.parts[part].situations), "transitions": len(more.parts[part].transitions)}
            for part in ("core", "edge")
        }
        | {"corpus": {"states": 7, "transitions": 5, "compared": 4, "histories": 2, "commands": 30}},
    }
    text = render_text(more, CORPUS, clauses=True, unreached=3)
    assert f"not reached: {len(known.transitions) - len(more.all.transitions):,} transitions; the 3" in text
    assert known.digest[:12] in text
    assert "the corpus has 2 histories, 30 calls" in text


def test_a_scenario_that_the_reference_fails_is_not_counted(tmp_path: Path) -> None:
    folder = tmp_path / "core"
    folder.mkdir()
    (folder / "trial.feature").write_text(
        "@trial @needs.trial\nFeature: The trial\n  @BC-02\n  Rule: Time\n    Scenario: It ends early\n"
        "      Given an organization with an active trial and $300.00 of trial credits\n"
        "      When 29 days pass\n      Then the organization's trial is over\n"
    )
    with pytest.raises(KitError, match="does not conform"):
        walk(load_suite(tmp_path).scenarios, load())


def test_a_transition_in_words_is_its_history_and_what_it_shows() -> None:
    known = stored()
    transition = next(
        one for one in known.transitions if one.label == "start_service" and one.ending == "refused" and one.before
    )
    lines = render_transition(known, transition)
    assert lines[0] == "an organization is created"
    assert lines[-2:] == ["it starts a service: refused", "=> the situation stays the same"]


def test_the_command_refuses_a_negative_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--unreached", "-1"]) == 2
    assert "expected 0 or more" in capsys.readouterr().err


@pytest.mark.slow
def test_the_stored_map_is_what_the_search_finds() -> None:
    assert map_of(search(DEPTH), DEPTH).digest == stored().digest
