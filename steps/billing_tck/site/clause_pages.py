"""A page for each clause: its sentence and source, its scenarios, what is open about it, and what breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from billing_tck.site.catalogue import Catalogue, by_rule, family_name
from billing_tck.site.frame import Page
from billing_tck.site.implementations import Implementation
from billing_tck.site.links import CLAUSES, clause_path
from billing_tck.site.pictures import Chunks
from billing_tck.situations.diagram import Diagram
from billing_tck.spec.requirements import Clause


def clause_pages(
    catalogue: Catalogue, chunks: Chunks, excerpts: Mapping[str, Diagram], implementations: Sequence[Implementation]
) -> Iterator[Page]:
    """Yield the page with all clauses, and the page of each; `excerpts` are parts of state diagrams by clause."""
    yield Page(CLAUSES, "clauses.html.j2", "All clauses", section=CLAUSES, context={"implementations": implementations})
    order = list(catalogue.clauses.values())
    for number, clause in enumerate(order):
        yield Page(
            clause_path(clause.id),
            "clause.html.j2",
            f"{clause.id}: {clause.sentence}",
            section=CLAUSES,
            kind="clause",
            description=family_name(clause.family),
            words=" ".join([clause.note or "", *clause.readings]),
            context={
                "clause": clause,
                "document": catalogue.documents[clause.source],
                "rules": by_rule(catalogue.scenarios_of(clause.id)),
                "chunks": chunks.of,
                "excerpt": excerpts.get(clause.id),
                "implementations": implementations,
                "before": order[number - 1] if number else None,
                "after": order[number + 1] if number + 1 < len(order) else None,
            },
        )


def excerpt_of(diagram: Diagram, clause: Clause) -> Diagram | None:
    """Return the part of a family's state diagram that scenarios of a clause end with; None where there is none."""
    arrows = tuple(replace(arrow, clauses=(clause.id,)) for arrow in diagram.arrows if clause.id in arrow.clauses)
    if not arrows:
        return None
    named = {name for arrow in arrows for name in (arrow.source, arrow.target)}
    nodes = [node for node in diagram.nodes if node.place.name in named]
    left = min(node.place.column for node in nodes)
    top = min(node.place.row for node in nodes)
    moved = tuple(
        replace(node, place=replace(node.place, column=node.place.column - left, row=node.place.row - top))
        for node in nodes
    )
    return Diagram(diagram.family, moved, arrows, 0)
