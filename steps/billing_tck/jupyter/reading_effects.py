"""The effects of each knob: the scenarios that distinguish its values, and their outcomes under the default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from billing_tck.jupyter.display import Displayable, render_display
from billing_tck.jupyter.scenario_runs import ScenarioRun
from billing_tck.jupyter.session import session
from billing_tck.spec.requirements import Knob, KnobValue
from billing_tck.text.sanitize import sanitize

_FEW = 2


@dataclass(frozen=True, slots=True)
class Apart:
    """A scenario that distinguishes a value from the default: what it expects, and what the default shows."""

    name: str
    place: str
    expected: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of a knob, the number of its scenarios, which all conform, and those that distinguish it."""

    value: KnobValue
    about: int
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True)
class KnobChange:
    """A knob with its values, the default first."""

    knob: Knob
    values: tuple[ValueChange, ...]

    @property
    def others(self) -> tuple[ValueChange, ...]:
        """The values that are not the default."""
        return tuple(one for one in self.values if one.value.name != self.knob.default)


@dataclass(frozen=True, slots=True)
class KnobChanges(Displayable):
    """What each knob changes."""

    wide = True

    knobs: tuple[KnobChange, ...]

    def __repr__(self) -> str:
        return f"<{len(self.knobs)} knobs>"

    def html(self) -> str:
        """Return the HTML: one knob after the other, long lists folded."""
        return render_display("knob_changes.html.j2", shown=self, few=_FEW)

    def values_of(self, change: KnobChange) -> Iterator[tuple[str, str, list[str]]]:
        """Yield each value of a knob, what it means, and what differs under it."""
        for value in change.values:
            yield value.value.name, self._said(change, value), self._apart(change, value)

    def plain(self) -> str:
        """Return the plain text."""
        lines = []
        for one in self.knobs:
            lines.append(f"{one.knob.name}: {one.knob.question}")
            for value in one.values:
                lines.append(f"    {value.value.name}: {self._said(one, value)}")
                lines += [f"        {line}" for line in self._apart(one, value)[:_FEW]]
                lines += [f"        and {len(value.apart) - _FEW} more"] if len(value.apart) > _FEW else []
        return "\n".join(lines)

    def _said(self, knob: KnobChange, one: ValueChange) -> str:
        default = " (the default)" if one.value.name == knob.knob.default else ""
        count = f"{one.about} scenario{'s are' if one.about != 1 else ' is'} about it"
        return f"{one.value.meaning.rstrip('.')}{default}; {count}"

    def _apart(self, knob: KnobChange, one: ValueChange) -> list[str]:
        return [f"{a.name}: {a.expected.rstrip('.')}; under {knob.knob.default}: {a.otherwise}" for a in one.apart]


def what_each_knob_changes() -> KnobChanges:
    """Run all scenarios of each knob under each of its values and under the default.

    Raises AssertionError where one that is about a value does not conform under it.
    """
    return KnobChanges(tuple(_change(knob) for knob in session().register.knobs))


def _change(knob: Knob) -> KnobChange:
    kit = session()
    values = []
    for value in knob.values:
        about = [s for s in kit.suite.scenarios if (knob.name, value.name) in s.reading]
        apart: list[Apart] = []
        for scenario in about:
            elsewhere = {name: taken for name, taken in reversed(scenario.reading) if name != knob.name}
            own = kit.run([scenario], kit.spec("reference", {**elsewhere, knob.name: value.name}), closely=False)[0]
            assert own.word == "conforms", f"{scenario.place} {own.word} under {knob.name}={value.name}"
            if value.name == knob.default:
                continue
            free = replace(scenario, reading=())
            other = kit.run([free], kit.spec("reference", {**elsewhere, knob.name: knob.default}), closely=False)[0]
            apart += _told(other)
        values.append(ValueChange(value, len(about), tuple(apart)))
    return KnobChange(knob, tuple(values))


def _told(run: ScenarioRun) -> list[Apart]:
    if run.deviation is None:
        return []
    said = sanitize(run.deviation.expected), sanitize(run.deviation.observed)
    return [Apart(run.scenario.name, run.scenario.place, *said)]
