"""The pages of what was measured: outcomes by billing method and event, and the coverage of the map of situations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billing_tck.corpus.numbers import corpus_numbers
from billing_tck.site.catalogue import Catalogue, family_name
from billing_tck.site.frame import Page
from billing_tck.site.links import COVERAGE, INDEX, OUTCOMES
from billing_tck.situations.coverage import Coverage, Reached
from billing_tck.situations.listing import describe_map, render_transition, shortest_unreached
from billing_tck.situations.outcome_table import EVENTS, METHODS

_UNREACHED = 20


def outcome_page(outcomes: Mapping[tuple[str, str], str]) -> Page:
    """Return the decision table: what happens, for each billing method and each event."""
    cells = {key: said.split("; ") for key, said in outcomes.items()}
    return Page(
        OUTCOMES,
        "outcomes.html.j2",
        "What happens when",
        section=OUTCOMES,
        kind="table",
        description="decision table of billing methods and events",
        words=" ".join([*EVENTS, *METHODS, *outcomes.values()]),
        context={"events": list(EVENTS), "methods": list(METHODS), "cells": cells},
    )


def coverage_page(catalogue: Catalogue, coverage: Coverage) -> Page:
    """Return which situations and transitions of the map the scenarios reach."""
    known = coverage.known
    corpus = corpus_numbers(known)
    missing = shortest_unreached(coverage)
    rows = {
        "": [*_named(coverage.parts), ("core and edge", coverage.all)],
        "by family": _named(coverage.families),
        "by clause": _named(coverage.clauses),
    }
    return Page(
        COVERAGE,
        "coverage.html.j2",
        "Coverage",
        section=INDEX,
        kind="table",
        description="situations and transitions that the scenarios reach",
        context={
            "described": describe_map(known),
            "situations": len(known.situations),
            "transitions": len(known.transitions),
            "rows": rows,
            "corpus": corpus,
            "missing": len(missing),
            "shown": [render_transition(known, one) for one in missing[:_UNREACHED]],
            "families": [family for family in catalogue.families if catalogue.scenarios_in(family)],
        },
    )


def _named(reached: Mapping[str, Reached]) -> list[tuple[str, Reached]]:
    return [(family_name(name), one) for name, one in reached.items()]


def measured_pages(catalogue: Catalogue, coverage: Coverage, outcomes: Mapping[tuple[str, str], str]) -> Iterator[Page]:
    """Yield both pages."""
    yield outcome_page(outcomes)
    yield coverage_page(catalogue, coverage)
