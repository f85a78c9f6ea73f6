"""Build the corpus from the map, and measure what it covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace

from billing_tck.connect import open_unfrozen
from billing_tck.corpus.corpus_file import CorpusHead, Numbered, call_line
from billing_tck.corpus.coverage import reach_of
from billing_tck.corpus.graph import Graph, explore_graph
from billing_tck.corpus.planner import Corpus, Planner
from billing_tck.corpus.reduction import reduced
from billing_tck.engine.runner import describe
from billing_tck.explorer.history import History
from billing_tck.situations.map_file import SituationMap

NAME = "corpus-1"
"""The baseline: another corpus gets another name."""


def build_corpus(
    known: SituationMap,
    *,
    on_level: Callable[[int, Graph], None] | None = None,
    on_history: Callable[[Corpus], None] | None = None,
) -> tuple[CorpusHead, tuple[Numbered, ...]]:
    """Find histories that cover the map; return them in order of their calls, with their head, without its digest."""
    graph = explore_graph(known.depth + 1, on_level)
    with closing(open_unfrozen("reference")) as driver:
        description = describe(driver)
    built = reduced(Planner(known, graph, description).build(on_history).histories, known.transitions)
    histories = tuple(replace(one, number=number) for number, one in enumerate(_sorted(built), 1))
    return head_of(known, histories), histories


def head_of(known: SituationMap, histories: tuple[Numbered, ...]) -> CorpusHead:
    """Return the head of histories, without its digest."""
    reach = reach_of(histories)
    covered = reach.every & known.transitions.keys()
    return CorpusHead(
        corpus=NAME,
        map=known.digest,
        histories=len(histories),
        commands=sum(len(one.history.commands) for one in histories),
        situations=len({transition.after for transition in covered}),
        transitions=len(covered),
        compared=len(reach.compared & known.transitions.keys()),
    )


def _sorted(histories: Iterable[Numbered]) -> list[Numbered]:
    """Sort histories by their calls, so that those that begin alike stand together."""
    return sorted(histories, key=lambda one: _lines(one.history))


def _lines(history: History) -> list[str]:
    return [call_line(command, history.start) for command in history.commands]
