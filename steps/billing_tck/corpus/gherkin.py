"""A history of the corpus as Gherkin, as it goes on the reference under its default readings."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from billing_tck.connect import open_unfrozen
from billing_tck.corpus.corpus_file import Numbered
from billing_tck.engine.runner import describe
from billing_tck.explorer.runner import Play, Played, Subject
from billing_tck.explorer.scenario_commands import render
from billing_tck.explorer.scenario_steps import scene_of
from billing_tck.explorer.scenario_writer import lines_with
from billing_tck.steps import organization_state
from billing_tck.steps.parameter_types import ORGANIZATIONS


def played_on_reference(numbered: Numbered) -> Play:
    """Play a history on the reference, also what is open; return it with its answers."""
    with closing(open_unfrozen("reference")) as driver:
        play = Play(Subject(driver, describe(driver), timedelta()), numbered.history.start)
        for command in numbered.history.commands:
            play.do(command)
    return play


def render_history(numbered: Numbered) -> list[str]:
    """Return the lines of a history as a scenario. Raises NotExpressible."""
    play = played_on_reference(numbered)
    scene = scene_of(Played(numbered.history, play.answers))
    label = next(label for label, name in scene.names.spoken.items() if name == ORGANIZATIONS[0])
    restricted = play.comparator.oracle.restricted(play.comparator.organization(label))
    check = render(organization_state.is_restricted, organization=ORGANIZATIONS[0], has=restricted)
    lines = [f"Scenario: {numbered.place}"]
    before = ""
    for line in lines_with(scene, None, check):
        keyword = str(line.kind).capitalize() if line.kind != before else "And"
        lines.append(f"  {keyword} {line.text}")
        before = str(line.kind)
    return lines
