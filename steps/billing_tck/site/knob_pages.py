"""A page for each open question: its values, what each changes for customers, and a scenario side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billing_tck.decisions.overview import Overview
from billing_tck.decisions.text import said_by
from billing_tck.impact.wording import history_lines, outcomes
from billing_tck.site.beside import KnobPictures
from billing_tck.site.catalogue import Catalogue, outlines
from billing_tck.site.frame import Page
from billing_tck.site.links import QUESTIONS, knob_path


def knob_pages(
    catalogue: Catalogue, pictures: Mapping[str, KnobPictures], decisions: Overview | None
) -> Iterator[Page]:
    """Yield the page with all open questions, and the page of each with what is decided of it."""
    decided = {} if decisions is None else {one.knob: one for one in decisions.questions}
    yield Page(QUESTIONS, "questions.html.j2", "Open questions", section=QUESTIONS)
    scenarios = {scenario.fingerprint: scenario for scenario in catalogue.scenarios}
    for knob in catalogue.register.knobs:
        yield Page(
            knob_path(knob.name),
            "question.html.j2",
            knob.question,
            section=QUESTIONS,
            kind="open question",
            description=knob.name,
            words=" ".join([knob.name.replace("_", " "), *(value.meaning for value in knob.values), *knob.clauses]),
            context={
                "knob": knob,
                "decided": decided.get(knob.name),
                "said_by": said_by,
                "impacts": pictures[knob.name].impacts,
                "testing": {value.name: outlines(catalogue.testing(knob.name, value.name)) for value in knob.values},
                "beside": {one.value: one for one in pictures[knob.name].shown},
                "scenarios": scenarios,
                "outcomes": outcomes,
                "history_lines": history_lines,
            },
        )
