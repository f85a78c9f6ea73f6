"""What if: a scenario with choices on sliders, and a timeline that follows them.

what_if()                                                 the story of an unpaid invoice
what_if("Given … When {days} days pass", days=(0, 40, 5)) one's own: lowest, highest, first
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billing_tck.contract.values import CardBehaviour
from billing_tck.jupyter.display import Bundle, badge
from billing_tck.jupyter.scenario_runs import ScenarioRun
from billing_tck.jupyter.session import session
from billing_tck.steps.card_billing import card_answers, collection_fails, pays_by_card
from billing_tck.steps.parameter_types import ORGANIZATIONS, CardResponse
from billing_tck.steps.registry import phrase
from billing_tck.steps.time_passing import it_is, wait_phrase
from billing_tck.steps.unpaid_invoices import collection_attempted, extension_granted
from billing_tck.timeline.svg import Timeline

if TYPE_CHECKING:
    import ipywidgets  # type: ignore[import-untyped]

Choice = int | Decimal | str
Range = tuple[int, int, int] | tuple[Decimal, Decimal, Decimal] | list[str]
Story = Callable[..., str]


def unpaid_invoice(*, amount: Decimal, paid_on_day: int, extension_until_day: int) -> str:
    """Return the story of a card that fails at the end of a cycle, paid that many days later, or never (day 0).

    An extension is granted three days after the failure, until a day counted from it (day 0: none is granted).
    """
    customer = ORGANIZATIONS[0]
    givens = [
        phrase(it_is, instant=_BEGINS),
        phrase(pays_by_card, organization=customer),
        phrase(collection_fails, organization=customer, amount=amount),
    ]
    commands: list[tuple[int, list[str]]] = []
    if extension_until_day:
        until = _FAILS + timedelta(days=max(extension_until_day, 4))
        commands.append((3, [phrase(extension_granted, organization=customer, until=until)]))
    if paid_on_day:
        approves = phrase(card_answers, organization=customer, card=CardResponse(CardBehaviour.APPROVES))
        commands.append((paid_on_day, [approves, phrase(collection_attempted, organization=customer)]))
    whens: list[str] = []
    now = 0
    for day, steps in sorted(commands, key=lambda command: command[0]):
        whens += [wait_phrase(timedelta(days=day - now))] if day > now else []
        whens += steps
        now = day
    whens.append(wait_phrase(timedelta(days=max(_LAST_DAY - now, 2))))
    return "\n".join([*_with_keyword("Given", givens), *_with_keyword("When", whens)])


def _with_keyword(keyword: str, steps: list[str]) -> list[str]:
    return [f"{'And' if place else keyword} {step}" for place, step in enumerate(steps)]


_BEGINS = datetime(2025, 1, 18, 9, tzinfo=UTC)
_FAILS = datetime(2025, 2, 18, 9, tzinfo=UTC)  # the day of the failed charge, at nine as phrases count
_LAST_DAY = 66
_STORY: Mapping[str, Range] = {
    "amount": (Decimal(10), Decimal(5000), Decimal(120)),
    "paid_on_day": (0, 60, 20),
    "extension_until_day": (0, 60, 0),
}
_LABELS = {
    "amount": "the amount, in dollars",
    "paid_on_day": "paid on day (0: never)",
    "extension_until_day": "extension until day (0: none)",
}


def what_if(story: str | Story | None = None, *, sut: str | None = None, **choices: Range) -> WhatIf:
    """Return a story with choices, shown with a slider for each.

    `story` is Gherkin with `{names}`, or a function of them that gives Gherkin; each name has its range: lowest,
    highest and first, or a list of words. Without a story it is that of an unpaid invoice, with any of `amount`,
    `paid_on_day` and `extension_until_day` as ranges.
    """
    if story is None:
        unknown = set(choices) - set(_STORY)
        if unknown:
            raise ValueError(f"the story has no {', '.join(sorted(unknown))}; it has {', '.join(_STORY)}")
        return WhatIf(unpaid_invoice, {**_STORY, **choices}, sut)
    if isinstance(story, str):
        return WhatIf(story.format, choices, sut)
    return WhatIf(story, choices, sut)


@dataclass
class WhatIf:
    """A story with choices: sliders where there are widgets, and its first timeline everywhere else."""

    story: Story
    choices: Mapping[str, Range]
    sut: str | None = None
    chosen: dict[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, choice in self.choices.items():
            self.chosen.setdefault(name, choice[0] if isinstance(choice, list) else choice[2])

    def run(self, **chosen: Choice) -> ScenarioRun:
        """Run the story with these choices, and the latest ones for the rest."""
        self.chosen |= chosen
        current = session()
        return current.run(current.gherkin(self.story(**self.chosen)), current.spec(self.sut))[0]

    def html(self) -> str:
        """Return the timeline with the current choices, and the verdict if something is checked."""
        run = self.run()
        timeline = run.timeline or Timeline(run.trace)
        said = "" if run.word == "nothing checked" else f"<div>{badge(run.word)}</div>"
        return said + timeline._repr_mimebundle_()["text/html"]

    def sliders(self, follow: Callable[[], None]) -> ipywidgets.VBox:
        """Return the sliders; `follow` is called after each move."""
        import ipywidgets  # noqa: PLC0415 - only who wants sliders needs it

        sliders = [_slider(ipywidgets, name, choice) for name, choice in self.choices.items()]

        def moved(change: Mapping[str, Any]) -> None:
            name = str(change["owner"].name)
            value = change["new"]
            self.chosen[name] = Decimal(str(value)) if isinstance(value, float) else value
            follow()

        for slider in sliders:
            slider.observe(moved, names="value")
        return ipywidgets.VBox(sliders)

    def _ipython_display_(self) -> None:
        """Display the sliders, and the picture as a separate output, which works without widgets, too."""
        from IPython.display import display  # noqa: PLC0415 - only where there is a notebook

        shown: list[Any] = []
        with contextlib.suppress(ImportError):
            display(self.sliders(lambda: shown[0].update(_Picture(self))))  # type: ignore[no-untyped-call]
        shown.append(display(_Picture(self), display_id=True))  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {value}" for name, value in self.chosen.items())
        return f"<what if: {said}>"

    def bundle(self) -> Bundle:
        """Return the picture with the current choices, as HTML, SVG and text."""
        run = self.run()
        timeline = run.timeline or Timeline(run.trace)
        shown = dict(timeline._repr_mimebundle_())
        return {**shown, "text/html": self.html(), "text/plain": f"{self!r}\n{shown.get('text/plain', '')}"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """A story's picture with the current choices."""

    story: WhatIf

    def __repr__(self) -> str:
        return repr(self.story)

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> Bundle:
        return self.story.bundle()


def _slider(ipywidgets: Any, name: str, choice: Range) -> Any:
    wide = {"description_width": "220px"}
    layout = {"width": "620px"}
    label = _LABELS.get(name, name.replace("_", " "))
    if isinstance(choice, list):
        slider = ipywidgets.SelectionSlider(options=choice, description=label, style=wide, layout=layout)
    elif isinstance(choice[0], Decimal):
        slider = ipywidgets.FloatSlider(
            min=float(choice[0]),
            max=float(choice[1]),
            value=float(choice[2]),
            step=10.0,
            description=label,
            style=wide,
            layout=layout,
            readout_format=",.2f",
            continuous_update=False,
        )
    else:
        slider = ipywidgets.IntSlider(
            min=choice[0],
            max=choice[1],
            value=choice[2],
            description=label,
            style=wide,
            layout=layout,
            continuous_update=False,
        )
    slider.name = name
    return slider
