"""The decisions as Markdown, for people without Python."""

from __future__ import annotations

from collections.abc import Iterator

from billing_tck.decisions.overview import Choice, Overview, Question
from billing_tck.decisions.text import said_by
from billing_tck.impact.wording import history_lines, sentence
from billing_tck.reports.markdown import escape


def render_markdown(overview: Overview) -> str:
    """Return the page."""
    blocks = ["# Decisions", escape(overview.summary)]
    for status, questions in overview.sections:
        blocks.append(f"## {status.capitalize()}")
        blocks += [block for one in questions for block in _question(one)]
    return "\n\n".join(blocks) + "\n"


def _question(one: Question) -> Iterator[str]:
    chosen = f" = `{one.value}`" if one.value else ""
    yield f"### {escape(one.text)}"
    yield f"`{one.knob}`{chosen} ({', '.join(one.clauses)})"
    if one.decision is not None:
        yield escape(said_by(one.decision))
    for difference in one.differences:
        yield f"**Differs**: {escape(difference)}"
    if one.untold:
        yield escape(f"What the implementation does cannot be told because {one.untold}.")
    yield "\n".join(line for choice in one.choices for line in _choice(choice, one.default))


def _choice(choice: Choice, default: str) -> Iterator[str]:
    marks = [mark for mark, holds in (("chosen", choice.chosen), ("default", choice.value == default)) if holds]
    yield f"- `{choice.value}`{f' ({chr(44).join(marks)})' if marks else ''}: {escape(choice.meaning)}"
    for one in choice.consequences:
        yield f"    - {escape(str(one.kind))}: {escape(sentence(one.change, default, choice.value))}"
        yield from (f"        - {day}: {escape(words)}" for day, words in history_lines(one.history))
