"""How the cost of something grows: measurements by size, with the exponent between each two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log
from time import process_time


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: how much of it there was, in words and as a number, and what it cost in seconds."""

    label: str
    size: float
    seconds: float

    @property
    def each(self) -> float:
        """Seconds for one of them."""
        return self.seconds / self.size


@dataclass(frozen=True, slots=True)
class Growth:
    """A row of measurements of one kind, by size.

    `unit` is what the cost is for; where it is the `same` work at every size, the cost should not grow at all.
    """

    what: str
    points: tuple[Point, ...]
    unit: str = "each"
    same: bool = False

    @property
    def worst(self) -> float:
        """By how much the cost of one grew at most, from any size to a larger one; 1 and less is linear or better."""
        costs = [point.seconds if self.same else point.each for point in self.points]
        return max(later / earlier for n, earlier in enumerate(costs) for later in costs[n + 1 :])

    @property
    def exponents(self) -> tuple[float, ...]:
        """The exponent of the growth of the whole cost from each size to the next: 1 is linear, 2 is quadratic."""
        return tuple(log(b.seconds / a.seconds) / log(b.size / a.size) for a, b in pairwise(self.points))

    def lines(self) -> Iterator[str]:
        """Yield the row as text: the costs, and the exponents between them."""
        yield f"{self.what:16} {', '.join(f'{p.label}: {p.seconds * 1000:,.1f} ms' for p in self.points)}"
        exponents = ", ".join(f"{exponent:.2f}" for exponent in self.exponents)
        yield f"{'':16} exponents {exponents}; cost for {self.unit} grows by {self.worst:.2f} at most"


def least(action: Callable[[], object], times: int) -> float:
    """Return the processor time of the fastest of some runs: what disturbs a run only ever adds."""
    seconds = []
    for _ in range(times):
        begun = process_time()
        action()
        seconds.append(process_time() - begun)
    return min(seconds)
