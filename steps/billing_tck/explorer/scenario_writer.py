"""Write a scenario as the text of a feature file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from billing_tck.explorer.scenario_commands import Line
from billing_tck.explorer.scenario_steps import Scene
from billing_tck.steps.time_passing import wait_phrase


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a scenario."""

    family: str
    clauses: tuple[str, ...]
    needs: tuple[str, ...]
    readings: tuple[tuple[str, str], ...] = ()
    exact: bool = False

    @property
    def edge(self) -> bool:
        """Whether the scenario belongs to the edges, because it tests a reading."""
        return bool(self.readings)

    def __str__(self) -> str:
        tags = [*self.clauses, *(f"needs.{name}" for name in self.needs)]
        tags += [f"reading.{knob}.{value}" for knob, value in self.readings]
        tags += ["exact"] if self.exact else []
        return " ".join(f"@{tag}" for tag in tags)


def lines_with(scene: Scene, check: str | None, closing: str, performs: str = "") -> list[Line]:
    """Return all steps with their kinds: those of the scene, then a check, beginning with Given, ending with Then.

    `check` is None where the last command is its own check; `closing` is then added if the scene ends without a Then.
    `performs` is the method that the check calls itself, and replaces at the end of the scene.
    """
    lines = list(scene.lines)
    if check is not None:
        if performs and lines[-1].method == performs:
            lines.pop()
        lines.append(Line("then", check))
    elif lines[-1].kind != "then":
        lines.append(Line("then", closing))
    settled = _with_kinds(lines)
    if all(line.kind != "when" for line in settled):
        place = next(i for i, line in enumerate(settled) if line.kind == "then")
        settled.insert(place, Line("when", wait_phrase(timedelta(days=1))))
    return settled


def _with_kinds(lines: Sequence[Line]) -> list[Line]:
    """Make steps of either kind a Given before the first wait, and a When from there on."""
    first_wait = next((i for i, line in enumerate(lines) if i and line.kind != "then" and line.waits), None)
    last_open = max((i for i, line in enumerate(lines) if line.kind is None), default=None)
    whens = first_wait if first_wait is not None else last_open
    settled: list[Line] = []
    for place, line in enumerate(lines):
        if line.kind is not None:
            settled.append(line)
        elif (whens is not None and place >= whens) or (settled and settled[-1].kind == "then"):
            settled.append(replace(line, kind="when"))
        else:
            settled.append(replace(line, kind="given"))
    return settled


def render_feature(tags: Tags, title: str, rule: str, steps: Sequence[Line], remarks: Sequence[str]) -> str:
    """Return the text of the feature file."""
    words = {"given": "Given", "when": "When", "then": "Then"}
    text = [f"# {remark}" for remark in remarks]
    text += [
        f"@{tags.family}",
        f"Feature: Found by exploring ({tags.family.replace('_', ' ')})",
        "",
        f"  {tags}",
        f"  Rule: {rule}",
        "",
        f"    Scenario: {title}",
    ]
    before = None
    for line in steps:
        keyword = words[str(line.kind)] if line.kind != before else "And"
        text.append(f"      {keyword} {line.text}")
        before = line.kind
    return "\n".join(text) + "\n"
