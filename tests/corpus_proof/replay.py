"""Which histories a fault shows in at all: the calls of the reference are made again, and the answers compared.

No comparator takes part, so this takes a third of the time that playing the histories does. A fault that changes no
answer is found by no comparator; where an answer is another one, the history is played and judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from billing_tck.connect import open_unfrozen
from billing_tck.contract import Refused, Unsupported
from billing_tck.corpus.corpus_file import Numbered, load_corpus
from billing_tck.corpus.execution import subject_for
from billing_tck.corpus.play import play_chunk
from billing_tck.drivers import Driver
from billing_tck.engine.runner import describe

Call = tuple[str, Mapping[str, object], object]
"""A method, its parameters and its outcome; a refusal is text."""


@dataclass(slots=True)
class Recording:
    """A driver that notes the calls that are made through it, for each history apart."""

    driver: Driver
    histories: list[list[Call]] = field(default_factory=list)

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """Make a call and note it."""
        if method == "reset":
            self.histories.append([])
        outcome = answer(self.driver, method, params)
        self.histories[-1].append((method, dict(params), outcome))
        if isinstance(outcome, Refused | Unsupported):
            raise outcome
        return outcome


def answer(driver: Driver, method: str, params: Mapping[str, object]) -> object:
    """Return the outcome of a call; a refusal is one, too."""
    try:
        return driver.call(method, params)
    except (Refused, Unsupported) as said:
        return said


def same(one: object, other: object) -> bool:
    """Return whether two outcomes are the same."""
    if isinstance(one, Exception) or isinstance(other, Exception):
        return type(one) is type(other) and str(one) == str(other)
    return one == other


@cache
def histories(every: int) -> Sequence[Numbered]:
    """Return every N-th history of the corpus."""
    return load_corpus().histories[::every]


@lru_cache(maxsize=48)
def recorded(sut: str, every: int) -> Sequence[tuple[Numbered, Sequence[Call]]]:
    """Return every N-th history with the calls that the reference gets in it."""
    played = histories(every)
    with open_unfrozen(sut) as driver:
        recording = Recording(driver)
        description = describe(driver)
        for _ in play_chunk(played, replace(subject_for(driver, description), driver=recording)):
            pass
    assert len(recording.histories) == len(played)
    return list(zip(played, recording.histories, strict=True))


def differing(fault: str, every: int) -> Iterator[Numbered]:
    """Yield the histories in which an answer is another one than the reference's under the same readings."""
    with open_unfrozen(fault) as driver:
        declared = sorted(describe(driver).readings.items())
        reference = "reference:" + ",".join(f"{knob}={value}" for knob, value in declared)
        for numbered, calls in recorded(reference, every):
            if not all(same(answer(driver, method, params), outcome) for method, params, outcome in calls):
                yield numbered
