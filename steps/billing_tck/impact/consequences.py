"""What a reading changes for customers: one consequence for each thing that they notice, the most severe first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing_tck.impact.facts import SEVERITY, Kind


@dataclass(frozen=True, slots=True)
class Happening:
    """One action of a history, in words, and when it is over."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: what a customer notices under each, and since when, where it changed by itself.


    `lasting` says that it was looked ahead; `later` is when the one that is better off comes to show the same, or
    worse, if it does.
    `worse_under_value` says whether the customer is worse off under the value: None where neither is worse.
    """

    name: str
    under_base: str
    under_value: str
    when: tuple[str, str] = ("from", "from")
    base_since: datetime | None = None
    value_since: datetime | None = None
    later: datetime | None = None
    worse_under_value: bool | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Consequence:
    """The shortest history that shows a consequence, what differs after it, and what else does."""

    kind: Kind
    history: tuple[Happening, ...]
    change: Change
    also: tuple[Change, ...]

    @property
    def worse_under_value(self) -> bool | None:
        """Return whether the customer is worse off under the value: None where neither is worse."""
        return self.change.worse_under_value

    @property
    def severity(self) -> int:
        """Return the place of its kind: 0 is the most severe."""
        return SEVERITY[self.kind]


@dataclass(frozen=True, slots=True)
class Impact:
    """What readings change against a base; `histories` were compared, of all that the map and the openings hold."""

    base: tuple[tuple[str, str], ...]
    readings: tuple[tuple[str, str], ...]
    consequences: tuple[Consequence, ...]
    histories: int

    def of(self, kind: Kind) -> tuple[Consequence, ...]:
        """Return the consequences of a kind."""
        return tuple(one for one in self.consequences if one.kind is kind)

    @property
    def names(self) -> tuple[str, str]:
        """Return how the base and the readings are called in sentences."""
        one = len(self.readings) == 1
        return _named(self.base, one=one), _named(self.readings, one=one)


def _named(readings: tuple[tuple[str, str], ...], *, one: bool) -> str:
    return readings[0][1] if one else ", ".join(f"{knob}={value}" for knob, value in readings)
