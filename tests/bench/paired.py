"""Ratios of runs that were made in turn, each with its confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .measure import Measured
from .runners import BARE, BEHAVE, CUCUMBER_JS, KIT, KIT_IN_PROCESS, PLAIN, PYTEST_KIT


@dataclass(frozen=True, slots=True)
class Compared:
    """Two contenders and a figure of `Measured`: how many times the first takes what the second takes."""

    one: str
    other: str
    what: str

    @property
    def name(self) -> str:
        """The ratio in words."""
        said = {"wall": "whole command", "alone": "run alone", "first": "first verdict"}[self.what]
        return f"{self.one} / {self.other}, {said}"


GUARDED = (
    Compared(KIT, BARE, "wall"),
    Compared(KIT, BARE, "first"),
    Compared(KIT_IN_PROCESS, BARE, "first"),
    Compared(KIT_IN_PROCESS, BARE, "alone"),
    Compared(PYTEST_KIT, PLAIN, "wall"),
)
"""What `make bench-check` measures: contenders that need nothing but Python."""

ALL = (*GUARDED, Compared(BEHAVE, KIT, "wall"), Compared(CUCUMBER_JS, KIT, "wall"))


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of paired rounds; `low` and `high` are the least and the greatest, between which the true median lies.

    With n rounds that is so with a confidence of 1 - 2 / 2**n, whatever the distribution: 97 % with six.
    """

    median: float
    low: float
    high: float
    rounds: int

    @property
    def confidence(self) -> float:
        """The confidence of the interval, as a share."""
        return 1 - 2 / 2**self.rounds

    def __str__(self) -> str:
        return f"{self.median:.2f}  ({self.low:.2f} to {self.high:.2f}, {self.confidence:.0%} of {self.rounds} rounds)"


def ratio_of(compared: Compared, runs: Mapping[str, Sequence[Measured]]) -> Ratio | None:
    """Return the ratio of the runs of each round; None where one of both was not measured."""
    ones, others = runs.get(compared.one), runs.get(compared.other)
    if not ones or not others:
        return None
    ratios = [
        float(getattr(one, compared.what)) / float(getattr(other, compared.what))
        for one, other in zip(ones, others, strict=True)
    ]
    return Ratio(median(ratios), min(ratios), max(ratios), len(ratios))
