"""A scenario that was run, as JSON: its verdict, how each step went, what deviates, and the timeline."""

from __future__ import annotations

from typing import assert_never

from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.site.playground.kit import Kit
from billing_tck.spec.applicability import format_missing
from billing_tck.steps.gherkin_cell import CELL
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize
from billing_tck.timeline.governing_rules import explain_rules
from billing_tck.timeline.observation import Observation
from billing_tck.timeline.svg import responsive, text

Json = dict[str, object]


def run_as_json(run: Observation, kit: Kit, *, faulty: bool) -> Json:
    """Return a run as JSON. Texts are without control characters; only `timeline` is markup.

    Where what is run is not `faulty`, a deviation has the clauses that its expectation differs from.
    """
    scenario = run.scenario
    return {
        "name": "" if scenario.name == CELL else sanitize(scenario.name),
        "example": sanitize(scenario.example or ""),
        "verdict": run.word,
        "clauses": [{"id": one.id, "sentence": one.sentence} for one in kit.clauses_of(scenario.clauses)],
        "steps": [
            {"text": sanitize(str(step)), "line": step.line, "outcome": outcome}
            for step, outcome in zip(scenario.steps, run.outcomes, strict=True)
        ],
        "remarks": [sanitize(remark) for remark in run.record.remarks],
        **_finding(run),
        **({} if faulty else _rules(run, kit)),
        **_timeline(run),
    }


def _rules(run: Observation, kit: Kit) -> Json:
    deviation = run.verdict if isinstance(run.verdict, Deviates) else None
    clauses = {clause.id: clause for clause in kit.register.clauses}
    return {"rules": [sanitize(line) for line in explain_rules(deviation, run.trace, clauses)]}


def _finding(run: Observation) -> Json:
    match run.verdict:
        case Deviates() as found:
            said = {"asked": format_instant(found.at), "step": found.step, "line": found.line}
            said |= {"expected": found.expected, "observed": found.observed}
            return {"deviation": {name: sanitize(str(value)) for name, value in said.items()}}
        case Errored() as found:
            return {"error": sanitize(f"{found.kind}: {found.error}"), "line": found.line}
        case NotApplicable(missing):
            return {"missing": [sanitize(format_missing(one)) for one in missing]}
        case Conforms():
            return {}
        case never:
            assert_never(never)


def _timeline(run: Observation) -> Json:
    if run.trace is None or run.trace.is_empty:
        return {}
    return {"timeline": responsive(run.trace), "story": text(run.trace)}
