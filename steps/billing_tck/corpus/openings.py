"""The histories of the corpus as openings of random ones: every transition of the map is visited before one again."""

from __future__ import annotations

from functools import cache
from random import Random

from billing_tck.corpus.corpus_file import load_corpus
from billing_tck.explorer.history import History


class CorpusOpenings:
    """The histories of the corpus, in an order that depends on the seed only; after the last one, none."""

    def history(self, seed: str, number: int) -> History | None:
        """See `Openings.history`."""
        ordered = _ordered(seed)
        return ordered[number] if number < len(ordered) else None


@cache
def _ordered(seed: str) -> list[History]:
    histories = [one.history for one in load_corpus().histories]
    Random(f"{seed}:corpus").shuffle(histories)
    return histories
