"""Growth of cost with scenarios, step definitions, organizations in one World, and the length of a clock move.

`python -m tests.bench.growth` prints all of it, with what `growth_inputs` has. It measures processor time, which other
processes change little and the frozen clock does not affect.
"""

from __future__ import annotations

import gc
import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time

from billing_tck.connect import open_driver
from billing_tck.contract.values import OrganizationCreated
from billing_tck.engine.runner import run
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import World

from .generate import write_features
from .growth_inputs import clauses, histories, implementations
from .points import Growth, Point, least

NOON = datetime(2025, 1, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY

SCENARIOS = (100, 1_000, 10_000, 100_000)
DEFINITIONS = (10, 100, 1_000)
ORGANIZATIONS = (1, 10, 100, 1_000)
JUMPS = {"a day": DAY, "a month": 30 * DAY, "a year": YEAR, "ten years": 10 * YEAR}


def scenarios(sizes: Sequence[int] = SCENARIOS) -> Growth:
    """Reading and running features of 100 to 100,000 scenarios against the implementation that does nothing."""
    points = []
    with _contenders(), open_driver("python:noop:build") as driver:
        vocabulary = _phrases()
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                write_features(Path(folder), size)

                def whole(folder: str = folder) -> None:
                    for _ in run(load_suite(Path(folder)).scenarios, driver, vocabulary=vocabulary):
                        pass

                points.append(Point(f"{size:,}", size, least(whole, 3 if size <= 1_000 else 1)))
    return Growth("scenarios", tuple(points), "each scenario")


def kept_memory(size: int = 10_000) -> tuple[int, int]:
    """How many objects Python keeps after a tenth of so many scenarios, and after all of them: the run's own memory."""
    with _contenders(), tempfile.TemporaryDirectory() as folder, open_driver("python:noop:build") as driver:
        write_features(Path(folder), size)
        suite = load_suite(Path(folder)).scenarios
        counts = []
        for number, _ in enumerate(run(suite, driver, vocabulary=_phrases()), 1):
            if number in {size // 10, size}:
                gc.collect()
                counts.append(sys.getallocatedblocks())
        return counts[0], counts[1]


def definitions(sizes: Sequence[int] = DEFINITIONS) -> Growth:
    """The same 300 scenarios, each text met for the first time, in ever larger vocabularies."""
    points = []
    for size in sizes:
        seconds = min(_first_meeting(size) for _ in range(3))
        points.append(Point(f"{size:,}", size, seconds))
    return Growth("definitions", tuple(points), "the same 2,400 steps", same=True)


def organizations(sizes: Sequence[int] = ORGANIZATIONS) -> Growth:
    """So many organizations in one world: made, charged once after 40 days, looked at."""
    points = []
    with open_driver("reference") as driver:
        for size in sizes:

            def whole(size: int = size) -> None:
                driver.call("reset", {"now": NOON})
                made = [driver.call("create_organization", {"name": f"Acme {n}"}) for n in range(size)]
                names = [organization_of(answer) for answer in made]
                for name in names:
                    driver.call("add_card", {"organization": name, "behaviour": "pays"})
                    driver.call("record_usage", {"organization": name, "amount": Decimal(12)})
                driver.call("advance_to", {"now": NOON + 40 * DAY})
                for name in names:
                    driver.call("get_organization", {"organization": name})

            points.append(Point(f"{size:,}", size, least(whole, 3)))
    return Growth("organizations", tuple(points), "each organization")


def jumps(lengths: dict[str, timedelta] | None = None) -> Growth:
    """One jump of the clock over all that falls due for an organization that does not pay."""
    points = []
    with open_driver("reference") as driver:
        for label, length in (lengths or JUMPS).items():

            def whole(length: timedelta = length) -> None:
                driver.call("reset", {"now": NOON})
                name = organization_of(driver.call("create_organization", {"name": "Acme"}))
                driver.call("add_card", {"organization": name, "behaviour": "declines"})
                driver.call("create_service", {"organization": name})
                driver.call("record_usage", {"organization": name, "amount": Decimal(12)})
                driver.call("advance_to", {"now": NOON + length})
                driver.call("get_organization", {"organization": name})

            points.append(Point(label, length / DAY, least(whole, 5)))
    return Growth("days in a jump", tuple(points), "each day")


def organization_of(answer: object) -> str:
    """The identifier of an organization that was made."""
    if not isinstance(answer, OrganizationCreated):
        raise TypeError(f"{answer!r} is no organization that was made")
    return answer.organization


def everything() -> tuple[Growth, ...]:
    """All rows, at full size."""
    return scenarios(), definitions(), organizations(), jumps(), histories(), clauses(), implementations()


def format_growth(rows: Sequence[Growth], kept: tuple[int, int]) -> Iterator[str]:
    """The rows as lines of text."""
    for growth in rows:
        yield from growth.lines()
    before, after = kept
    yield f"memory           {before:,} blocks after 1,000 scenarios, {after:,} after 10,000 ({after / before:.3f})"


def _first_meeting(size: int) -> float:
    """300 scenarios of 8 steps with a vocabulary that has seen none of their texts."""
    vocabulary = Vocabulary()

    def step(world: World, days: int) -> None:
        world.facts["days"] = days

    for number in range(size):
        vocabulary.given(f"in plan {number} the clock stands at day {{days:d}}")(step)
    texts = [f"in plan {n % size} the clock stands at day {n}" for n in range(2_400)]
    for text in texts[:size]:
        vocabulary.find("given", text)  # the patterns are compiled at their first use, each once
    vocabulary.given("one more, so that nothing of what was found is remembered {days:d}")(step)
    begun = process_time()
    for text in texts:
        vocabulary.find("given", text)
    return process_time() - begun


class _contenders:  # noqa: N801 - used as a context
    """Meanwhile the modules that the contenders share can be imported."""

    def __enter__(self) -> None:
        sys.path.insert(0, str(Path(__file__).parent / "contenders"))

    def __exit__(self, *_: object) -> None:
        sys.path.remove(str(Path(__file__).parent / "contenders"))


def _phrases() -> Vocabulary:
    """The thirty phrases of the benchmark, and no others."""
    vocabulary: Vocabulary = importlib.import_module("kit_phrases").define(Vocabulary())
    return vocabulary


if __name__ == "__main__":
    print("\n".join(format_growth(everything(), kept_memory())))
