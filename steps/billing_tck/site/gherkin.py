"""A scenario as text: for pages line by line, for editors whole."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from billing_tck.spec.gherkin import Scenario
from billing_tck.text.sanitize import sanitize


def steps_of(scenario: Scenario) -> Iterator[str]:
    """Yield the lines of the steps."""
    for step in scenario.steps:
        yield str(step)
        for row in step.table or ():
            yield f"  | {' | '.join(row)} |"
        if step.docstring is not None:
            yield from (f"  {line}" for line in ('"""', *step.docstring.splitlines(), '"""'))


def markup_of(scenario: Scenario) -> Markup:
    """Return the lines of the steps as HTML; the script of the page marks their keywords."""
    return Markup("\n").join(escape(sanitize(line)) for line in steps_of(scenario))


def text_of(scenario: Scenario) -> Markup:
    """Return the scenario as Gherkin that can be run, for an attribute: its tags, its name and its steps."""
    tags = " ".join(f"@{tag}" for tag in scenario.tags)
    lines = [*([tags] if tags else []), f"Scenario: {scenario.name}", *(f"  {line}" for line in steps_of(scenario))]
    return Markup("\n").join(escape(sanitize(line)) for line in lines)


def values_of(scenario: Scenario) -> str:
    """Return the values of an outline's row: `days 16 days, services stopped`; nothing where it has none."""
    return (scenario.example or "").partition(":")[2].strip() or (scenario.example or "")
