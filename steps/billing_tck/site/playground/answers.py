"""Answer the requests of a playground: JSON in, JSON out.

    {"ask": "choices", "text": GHERKIN, "clause": "BC-29"}                  the readings and faults to choose from
    {"ask": "run", "text": GHERKIN, "readings": {KNOB: VALUE}, "fault": NAME}    a run against the reference
    {"ask": "grade", "text": GHERKIN, "clause": "BC-29", "hints": 1}        the grade as a test of the clause

An answer is `{"choices": …}`, `{"runs": […]}`, `{"grade": …}`, `{"problems": […]}` where the Gherkin cannot be run, or
`{"error": TEXT}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe
from billing_tck.errors import Diagnostic, KitError, Place, ScenarioError, UsageError
from billing_tck.site.playground.choices import choices
from billing_tck.site.playground.kit import Kit
from billing_tck.site.playground.runs import Json, run_as_json
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import UnknownClause
from billing_tck.steps.gherkin_cell import CellError, read_cell
from billing_tck.sut import Faulty, InvalidSutSpec, Reference
from billing_tck.teaching.feedback import MOST_HINTS, feedback
from billing_tck.teaching.grading import FULL, Grader
from billing_tck.text.json_text import read_json
from billing_tck.text.sanitize import sanitize
from billing_tck.timeline.observation import observe

MOST_SCENARIOS = 50
"""Of one run: each is shown with its timeline."""


class InvalidRequest(ValueError):
    """A request that is not one of those of the interface."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, its types checked."""

    ask: str
    text: str
    clause: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    hints: int = 1

    @property
    def sut(self) -> str:
        """Return the `--sut` of what is run."""
        readings = tuple(self.readings.items())
        return str(Faulty(self.fault, readings) if self.fault else Reference(readings))


def answer(kit: Kit, request: str) -> str:
    """Return the answer to a request, whatever is wrong with it."""
    try:
        found = _answer(kit, _parsed(request))
    except CellError as error:
        found = {"problems": [*map(_problem, error.problems)]}
    except UnknownClause as error:
        found = {"error": f"there is no clause {error.clause_id}"}
    except ScenarioError as error:
        found = {"problems": [_problem(Diagnostic(error.place or Place(), error.message, error.fix))]}
    except (InvalidRequest, InvalidSutSpec, UsageError, KitError) as error:
        found = {"error": sanitize(str(error))}
    return json.dumps(found, ensure_ascii=False)


def _problem(one: Diagnostic) -> Json:
    fix = one.fix.replace("%phrases lists", "the list below the text has")
    suggestions = [sanitize(text) for text in one.suggestions]
    return {"line": one.place.line, "message": sanitize(one.message), "fix": sanitize(fix), "suggestions": suggestions}


def _parsed(text: str) -> Request:
    try:
        read = read_json(text)
    except ValueError as error:
        raise InvalidRequest(f"the request is not JSON: {error}") from None
    known = {"ask": str, "text": str, "clause": str, "readings": dict, "fault": str, "hints": int}
    if not isinstance(read, dict) or not {"ask", "text"} <= read.keys() <= known.keys():
        raise InvalidRequest(f"the request needs 'ask' and 'text', and may have {', '.join(list(known)[2:])}")
    for name, value in read.items():
        if not isinstance(value, known[name]):
            raise InvalidRequest(f"{name}: expected {known[name].__name__}, got {type(value).__name__}")
    if not all(isinstance(value, str) for value in read.get("readings", {}).values()):
        raise InvalidRequest("readings: expected the names of knobs with those of their values")
    return Request(**read)


def _answer(kit: Kit, request: Request) -> Json:
    match request.ask:
        case "choices":
            return {"choices": choices(kit, request.text, request.clause)}
        case "run":
            return _run(kit, request)
        case "grade":
            return _grade(kit, request)
    raise InvalidRequest(f"ask: expected choices, run or grade, got {request.ask!r}")


def _scenarios(kit: Kit, text: str) -> tuple[Scenario, ...]:
    found = read_cell(text, kit.vocabulary)
    if len(found) > MOST_SCENARIOS:
        raise InvalidRequest(
            f"these are {len(found)} scenarios, and at most {MOST_SCENARIOS} are run here; shorten the Examples"
        )
    return found


def _run(kit: Kit, request: Request) -> Json:
    _check_choices(kit, request)
    scenarios = _scenarios(kit, request.text)
    with open_unfrozen(request.sut) as driver:
        described = describe(driver)
        seen = [observe(scenario, driver, described, kit.vocabulary) for scenario in scenarios]
    return {"sut": request.sut, "runs": [run_as_json(one, kit, faulty=bool(request.fault)) for one in seen]}


def _check_choices(kit: Kit, request: Request) -> None:
    """Raise InvalidRequest for a fault, a knob or a value that does not exist, as from a link of another version."""
    if request.fault and request.fault not in {one.name for one in kit.faults}:
        raise InvalidRequest(f"there is no fault {request.fault!r} in this version of the kit; choose another one")
    values = {knob.name: [value.name for value in knob.values] for knob in kit.register.knobs}
    for knob, value in request.readings.items():
        if value not in values.get(knob, ()):
            known = f"it has {', '.join(values[knob])}" if knob in values else "there is no such question"
            raise InvalidRequest(f"the reading {knob}={value} does not exist in this version of the kit: {known}")


def _grade(kit: Kit, request: Request) -> Json:
    clause = kit.register.clause(request.clause)
    if not clause.testable:
        raise InvalidRequest(f"{clause.id} cannot be tested by a scenario: {clause.excluded}")
    written = _scenarios(kit, request.text)
    grade = Grader(kit.suite, kit.register, kit.vocabulary).grade(written, clause)
    knobs = {knob.name: knob for knob in kit.register.knobs}
    lines = feedback(grade, knobs, min(max(request.hints, 1), MOST_HINTS), written)
    return {"grade": {"clause": clause.id, "score": grade.score, "of": FULL, "lines": [*lines]}}
