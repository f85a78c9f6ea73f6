"""One scenario against two implementations, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from billing_tck.jupyter.display import SIGNS, Displayable, publish
from billing_tck.jupyter.scenario_runs import ScenarioRun
from billing_tck.timeline.svg import TimelinePair


@dataclass(frozen=True, slots=True)
class SideBySide(Displayable):
    """One scenario against two implementations: both verdicts, and both timelines over one axis."""

    template = "side_by_side.html.j2"

    a: ScenarioRun
    b: ScenarioRun
    names: tuple[str, str] | None = None

    @property
    def differences(self) -> list[str]:
        """What differs between the two, as text."""
        return self._pair.differences

    @property
    def _pair(self) -> TimelinePair:
        return TimelinePair(self.a.trace, self.b.trace, self.names or (self.a.sut, self.b.sut))

    def __repr__(self) -> str:
        return f"<{self.a.scenario.name}: {self.a.sut} {self.a.word}, {self.b.sut} {self.b.word}>"

    def _ipython_display_(self) -> None:
        publish(_Both(self))
        if self.a.timeline and self.b.timeline:
            publish(self._pair)

    @property
    def lettered(self) -> tuple[tuple[str, ScenarioRun], tuple[str, ScenarioRun]]:
        """The two runs with their letters."""
        return ("A", self.a), ("B", self.b)

    def plain(self) -> str:
        """Return both verdicts and what differs."""
        lines = [self.a.scenario.name]
        for letter, run in self.lettered:
            said = f", observed {run.deviation.observed}" if run.deviation else ""
            lines.append(f"  {letter} {SIGNS[run.word]} {run.word}  {run.sut}{said}")
        if self.a.timeline and self.b.timeline:
            lines += [f"  {line}" for line in self.differences or ["nothing differs"]]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Both(Displayable):
    runs: SideBySide

    def html(self) -> str:
        return self.runs.html()

    def plain(self) -> str:
        return self.runs.plain()
