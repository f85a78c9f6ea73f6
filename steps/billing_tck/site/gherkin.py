"""A scenario as text: for pages line by line, for editors whole."""

from __future__ import annotations

from collections.abc import Iterator

from billing_tck.spec.gherkin import Scenario


def lines_of(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the keyword of each line, empty where it has none, and the rest of the line."""
    for step in scenario.steps:
        yield step.keyword, step.text
        for row in step.table or ():
            yield "", f"  | {' | '.join(row)} |"
        if step.docstring is not None:
            for line in ('"""', *step.docstring.splitlines(), '"""'):
                yield "", f"  {line}"


def text_of(scenario: Scenario) -> str:
    """Return the scenario as Gherkin that can be run: its tags, its name and its steps."""
    tags = " ".join(f"@{tag}" for tag in scenario.tags)
    steps = [f"  {keyword} {text}" if keyword else f"  {text}" for keyword, text in lines_of(scenario)]
    return "\n".join([*([tags] if tags else []), f"Scenario: {scenario.name}", *steps]) + "\n"


def values_of(scenario: Scenario) -> str:
    """Return the values of an outline's row: `days 16 days, services stopped`; nothing where it has none."""
    return (scenario.example or "").partition(":")[2].strip() or (scenario.example or "")
