"""What the tags of a scenario say: its clauses, the capabilities that it needs, and its readings."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

CLAUSE = re.compile(r"[A-Z]+-\d+")


class TagMeanings(NamedTuple):
    """Clauses, needed capabilities, pairs of knob and value, and whether an effect is tested at its due time."""

    clauses: tuple[str, ...]
    needs: frozenset[str]
    reading: tuple[tuple[str, str], ...]
    exact: bool


@lru_cache(maxsize=4096)
def meanings_of(tags: tuple[str, ...]) -> TagMeanings:
    """Return what tags, without their @, say."""
    return TagMeanings(
        clauses=tuple(tag for tag in tags if CLAUSE.fullmatch(tag)),
        needs=frozenset(tag.removeprefix("needs.") for tag in tags if tag.startswith("needs.")),
        reading=tuple(_reading(tag) for tag in tags if tag.startswith("reading.")),
        exact="exact" in tags,
    )


def _reading(tag: str) -> tuple[str, str]:
    knob, _, value = tag.removeprefix("reading.").partition(".")
    return knob, value
