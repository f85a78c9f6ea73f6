"""A page for each open question: its values, what each changes for customers, and a scenario side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billing_tck.impact.wording import history_lines, outcomes
from billing_tck.site.catalogue import Catalogue, outlines
from billing_tck.site.frame import Page
from billing_tck.site.links import QUESTIONS, knob_path
from billing_tck.site.pictures import KnobPictures


def knob_pages(catalogue: Catalogue, pictures: Mapping[str, KnobPictures]) -> Iterator[Page]:
    """Yield the page with all open questions, and the page of each."""
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
                "impacts": pictures[knob.name].impacts,
                "testing": {value.name: outlines(catalogue.testing(knob.name, value.name)) for value in knob.values},
                "beside": {one.value: one for one in pictures[knob.name].shown},
                "scenarios": scenarios,
                "outcomes": outcomes,
                "history_lines": history_lines,
            },
        )
