"""One round of the benchmark: each contender runs once, in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from .generate import STEPS
from .measure import Measured, measure
from .runners import Contender, environment


def one_round(
    contenders: Iterable[Contender],
    work: Path,
    tools: Path,
    scenarios: int,
    say: Callable[[str], object] = lambda name: None,
) -> Iterator[tuple[str, Measured]]:
    """Yield the name of each contender that is there with its run in `work`; `say` is called before each."""
    variables = environment(work, tools)
    for contender in contenders:
        if not contender.missing:
            say(contender.name)
            calls = scenarios * STEPS
            yield contender.name, measure(contender.command, work / contender.folder, variables, calls=calls)
