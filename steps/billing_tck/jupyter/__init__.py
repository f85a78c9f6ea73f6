"""The kit in a notebook: `%load_ext billing_tck`, and the functions of the magics for use from Python.

run = scenario("BC-29")                       the kit's own, by name or clause
run = gherkin("Given … When … Then …")        one's own
beside("BC-09", "deadline_instant=end_of_day")
state_diagram("trial")                        what the scenarios reach of an organization's life
what_if("trial")                              sliders, with a timeline and the clauses that apply
points("BC-29", of=10)                        the points for the latest %%exercise of a clause
check("the services stop", run.conforms)      print a claim, and fail if it does not hold
"""

from __future__ import annotations

from collections.abc import Mapping

from billing_tck.jupyter.assertions import check
from billing_tck.jupyter.listings import ClauseCard
from billing_tck.jupyter.scenario_runs import ScenarioRun, ScenarioRuns
from billing_tck.jupyter.session import NotebookSession, WrongRequest, session
from billing_tck.jupyter.side_by_side import SideBySide
from billing_tck.jupyter.state_diagram import StateDiagram, state_diagram
from billing_tck.jupyter.what_if import WhatIf, what_if
from billing_tck.steps.gherkin_cell import CellError

__all__ = [
    "CellError",
    "ClauseCard",
    "NotebookSession",
    "ScenarioRun",
    "ScenarioRuns",
    "SideBySide",
    "StateDiagram",
    "WhatIf",
    "WrongRequest",
    "beside",
    "check",
    "clause",
    "gherkin",
    "points",
    "scenario",
    "session",
    "state_diagram",
    "what_if",
]


def scenario(name: str, *, sut: str | None = None, readings: Mapping[str, str] | None = None) -> ScenarioRuns:
    """Run the kit's scenarios for a name, `file:line` or clause."""
    chosen = session()
    return chosen.run(chosen.find(name), chosen.spec(sut, readings or {}))


def gherkin(text: str, *, sut: str | None = None, readings: Mapping[str, str] | None = None) -> ScenarioRuns:
    """Run Gherkin: steps alone, a Scenario, an Outline. Raises CellError where it cannot be run."""
    chosen = session()
    return chosen.run(chosen.gherkin(text), chosen.spec(sut, readings or {}))


def beside(name: str, other: str, *, sut: str | None = None) -> SideBySide:
    """Run one scenario of the kit against an implementation and another one, or another reading (`KNOB=VALUE`)."""
    chosen = session()
    return chosen.beside(chosen.find(name)[0], chosen.spec(sut), chosen.other(other, sut))


def clause(clause_id: str) -> ClauseCard:
    """Return a clause with its scenarios, readings and faults."""
    return session().clause(clause_id)


def points(clause_id: str, *, of: float) -> float:
    """Return the points for the latest `%%exercise` of a clause in this notebook; 0 if there was none."""
    return session().points(clause_id, of)
