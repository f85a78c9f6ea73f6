"""What if: a story with choices on sliders, a timeline that follows them, and the clauses that come to apply.

what_if()                                                 the story of an unpaid invoice
what_if("trial", card_on_day=12)                          the story of a family, with other first choices
what_if("Given … When {days} days pass", days=(0, 40, 5)) one's own: lowest, highest, first
story(card_on_day=20)                                     the same story with other choices, without sliders, too
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billing_tck.jupyter.display import Bundle, badge
from billing_tck.jupyter.relevant_clauses import Evidence, RelevantClauses, deadline
from billing_tck.jupyter.scenario_runs import ScenarioRun
from billing_tck.jupyter.session import session
from billing_tck.jupyter.what_if_sliders import sliders_of
from billing_tck.jupyter.what_if_stories import STORIES, Choice, Range, Story
from billing_tck.spec.requirements import Family
from billing_tck.timeline.svg import Timeline

if TYPE_CHECKING:
    import ipywidgets  # type: ignore[import-untyped]


def what_if(story: str | Story | None = None, *, sut: str | None = None, **choices: Range | Choice) -> WhatIf:
    """Return a story with choices, shown with a slider for each.

    `story` is a family (`trial`, `card_billing`, `unpaid_invoices`, `marketplace`, `commitments`), or Gherkin with
    `{names}`, or a function of them that gives Gherkin. Each name has its range: lowest, highest and first, or a list
    of words; the stories of the families have theirs, so that a value is enough. Without a story it is that of an
    unpaid invoice.
    """
    ranges = {name: choice for name, choice in choices.items() if isinstance(choice, tuple | list)}
    values = {name: choice for name, choice in choices.items() if not isinstance(choice, tuple | list)}
    family = Family.UNPAID_INVOICES if story is None else story
    known = STORIES[Family(family)] if isinstance(family, str) and family in STORIES else None
    if known is not None:
        made = WhatIf(known.tell, {**known.choices, **ranges}, sut, known.labels, known.clauses)
        made.check_names(choices)
        return made(**values) if values else made
    if isinstance(story, str):
        return WhatIf(story.format, ranges, sut)(**values)
    assert story is not None
    return WhatIf(story, ranges, sut)(**values)


@dataclass
class WhatIf:
    """A story with choices: sliders where there are widgets; everywhere else its timeline and its clauses."""

    story: Story
    choices: Mapping[str, Range]
    sut: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    clauses: Mapping[str, Evidence] = field(default_factory=dict)
    chosen: dict[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, choice in self.choices.items():
            self.chosen.setdefault(name, choice[0] if isinstance(choice, list) else choice[2])

    def __call__(self, **chosen: Choice) -> WhatIf:
        """Return the same story with these choices, and the latest ones for the rest."""
        self.check_names(chosen)
        return replace(
            self, chosen={**self.chosen, **{name: self._valid(name, value) for name, value in chosen.items()}}
        )

    def run(self, **chosen: Choice) -> ScenarioRun:
        """Run the story with these choices, and the latest ones for the rest."""
        self.check_names(chosen)
        self.chosen |= {name: self._valid(name, value) for name, value in chosen.items()}
        current = session()
        return current.run(current.gherkin(self.story(**self.chosen)), current.spec(self.sut))[0]

    def check_names(self, chosen: Iterable[str]) -> None:
        """Raise ValueError where the story has no such choice."""
        unknown = sorted(set(chosen) - set(self.choices))
        if unknown:
            raise ValueError(f"the story has no {', '.join(unknown)}; it has {', '.join(self.choices)}")

    def _valid(self, name: str, value: Choice) -> Choice:
        """Return a value of a choice. Raises ValueError where it is out of the range."""
        choice = self.choices[name]
        if isinstance(choice, list):
            if value not in choice:
                raise ValueError(f"{name}={value!r}: expected one of {', '.join(map(repr, choice))}")
            return value
        if isinstance(value, str) or not choice[0] <= value <= choice[1]:
            raise ValueError(f"{name}={value!r}: expected {choice[0]} to {choice[1]}")
        return Decimal(value) if isinstance(choice[0], Decimal) else value

    def html(self) -> str:
        """Return the timeline with the current choices, and the verdict if something is checked."""
        return _html(self.run())

    def relevant_clauses(self, run: ScenarioRun | None = None) -> RelevantClauses:
        """Return the clauses of the story, with those that have come to apply with the current choices."""
        known = run or self.run()
        evidence = self.clauses or {one.clause: deadline(one.clause) for one in known.trace.deadlines}
        return RelevantClauses.of(known.trace, evidence, known.register)

    def sliders(self, follow: Callable[[], None]) -> ipywidgets.VBox:
        """Return the sliders; `follow` is called after each move."""

        def moved(name: str, value: Choice) -> None:
            self.chosen[name] = value
            follow()

        return sliders_of(self.choices, self.chosen, self.labels, moved)

    def _ipython_display_(self) -> None:
        """Display the sliders, and picture and clauses as separate outputs, which work without widgets, too."""
        from IPython.display import display  # noqa: PLC0415 - only where there is a notebook

        shown: list[Any] = []

        def follow() -> None:
            for output, now in zip(shown, self._parts(), strict=True):
                output.update(now)

        with contextlib.suppress(ImportError):
            display(self.sliders(follow))  # type: ignore[no-untyped-call]
        shown += [display(part, display_id=True) for part in self._parts()]  # type: ignore[no-untyped-call]

    def _parts(self) -> tuple[_Picture, RelevantClauses]:
        run = self.run()
        return _Picture(repr(self), run), self.relevant_clauses(run)

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {value}" for name, value in self.chosen.items())
        return f"<what if: {said}>"

    def bundle(self) -> Bundle:
        """Return the picture with the current choices, as HTML, SVG and text."""
        return _Picture(repr(self), self.run()).bundle()


@dataclass(frozen=True, slots=True)
class _Picture:
    """A story's picture: of a run with some choices."""

    said: str
    run: ScenarioRun

    def __repr__(self) -> str:
        return self.said

    def bundle(self) -> Bundle:
        shown = dict(_timeline(self.run)._repr_mimebundle_())
        return {**shown, "text/html": _html(self.run), "text/plain": f"{self.said}\n{shown.get('text/plain', '')}"}

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> Bundle:
        return self.bundle()


def _timeline(run: ScenarioRun) -> Timeline:
    return run.timeline or Timeline(run.trace)


def _html(run: ScenarioRun) -> str:
    said = "" if run.word == "nothing checked" else f"<div>{badge(run.word)}</div>"
    return said + _timeline(run)._repr_mimebundle_()["text/html"]
