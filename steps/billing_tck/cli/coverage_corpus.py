"""The corpus in `billing-tck coverage`: what it reaches of the map, and how it is built again."""

from __future__ import annotations

import sys

from billing_tck.clock import real_monotonic
from billing_tck.corpus.building import build_corpus
from billing_tck.corpus.corpus_file import CorpusHead, corpus_path, load_head, save_corpus
from billing_tck.corpus.graph import Graph
from billing_tck.corpus.planner import Corpus
from billing_tck.errors import KitError, UsageError
from billing_tck.situations.map_file import load_map
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

CHANGED = 1
INTERVAL = 10.0


def rebuild_corpus() -> int:
    """Build the corpus again; write it where it differs from the stored one. Return the exit status."""
    begun, progress = real_monotonic(), _Progress()
    head, histories = build_corpus(load_map(), on_level=progress.level, on_history=progress.history)
    path = corpus_path()
    stored = _stored()
    try:
        head = save_corpus(head, histories, path)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from None
    print(_described(head))
    seconds = real_monotonic() - begun
    if head.digest == stored:
        print(f"the stored corpus is the same ({seconds:.0f} s)")
        return 0
    print(sanitize(f"written to {path}: it was another one before ({seconds:.0f} s)"))
    return CHANGED


def _stored() -> str:
    try:
        return load_head().digest
    except KitError:
        return ""


def _described(head: CorpusHead) -> str:
    return (
        f"{head.corpus}: {format_count(head.histories, 'history', 'histories')}, {head.commands:,} calls, "
        f"{head.transitions:,} transitions, {head.compared:,} of them compared; digest {head.digest[:12]}"
    )


class _Progress:
    """Lines on standard error, one every few seconds."""

    def __init__(self) -> None:
        self._shown = real_monotonic()

    def level(self, level: int, graph: Graph) -> None:
        """Show a level of the search."""
        print(f"depth {level}: {len(graph.numbers):,} details of situations", file=sys.stderr)

    def history(self, corpus: Corpus) -> None:
        """Show how many transitions are left."""
        if real_monotonic() - self._shown >= INTERVAL:
            self._shown = real_monotonic()
            built = format_count(len(corpus.histories), "history", "histories")
            print(f"{built}, {len(corpus.left):,} transitions left", file=sys.stderr)
