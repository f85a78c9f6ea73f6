"""The pages of the given reports: implementations by clauses, and a page with the history of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from billing_tck.reports.badge import badge_svg
from billing_tck.reports.comparison import LEGEND, RunDiff, compare
from billing_tck.reports.wording import VERDICT_MARKS, sentence
from billing_tck.results.aggregate import clause_order
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Deviates, Errored
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.frame import Page
from billing_tck.site.history import runs_of, trend
from billing_tck.site.implementations import Implementation
from billing_tck.site.links import MATRIX


def report_pages(catalogue: Catalogue, implementations: Sequence[Implementation]) -> Iterator[Page]:
    """Yield the matrix and the page of each implementation; nothing where no report is given."""
    if not implementations:
        return
    scenarios = {scenario.place: scenario for scenario in catalogue.scenarios}
    yield Page(
        MATRIX,
        "matrix.html.j2",
        "Implementations and clauses",
        section=MATRIX,
        kind="report",
        context={
            "implementations": implementations,
            "clauses": [
                one for one in catalogue.clauses.values() if any(one.id in i.verdicts for i in implementations)
            ],
            "legend": LEGEND,
            "sentence": sentence,
            "marks": VERDICT_MARKS,
        },
    )
    for one in implementations:
        yield Page(
            one.path,
            "implementation.html.j2",
            one.title,
            section=MATRIX,
            kind="report",
            description=one.sut,
            context={
                "implementation": one,
                "runs": runs_of(one.runs),
                "trend": trend(one.runs),
                "changes": _changes(catalogue, one),
                "clauses": _clauses(one),
                "scenarios": scenarios,
                "sentence": sentence,
                "marks": VERDICT_MARKS,
            },
        )


def badges(implementations: Sequence[Implementation]) -> dict[str, bytes]:
    """Return the badge of each implementation by its path."""
    return {one.badge: badge_svg(one.latest).encode() for one in implementations}


def _changes(catalogue: Catalogue, one: Implementation) -> tuple[RunDiff, ...]:
    """Return what changed from each run to the next, the latest change first."""
    compared = compare([(run.digest, run) for run in one.runs], catalogue.register)
    return tuple(reversed(compared.diffs))


def _clauses(one: Implementation) -> tuple[tuple[str, dict[str, list[ScenarioRecord]]], ...]:
    """Return the clauses under two headings, each with the records of it that deviate or errored."""
    found: dict[str, list[ScenarioRecord]] = {clause: [] for clause in sorted(one.verdicts, key=clause_order)}
    for record in one.latest.records:
        if isinstance(record.verdict, Deviates | Errored):
            for clause in record.clauses:
                found[clause].append(record)
    return (
        ("Clauses that deviate or errored", {clause: records for clause, records in found.items() if records}),
        ("Other clauses", {clause: records for clause, records in found.items() if not records}),
    )
