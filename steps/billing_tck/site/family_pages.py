"""A page for each rule family: its clauses, its open questions, its state diagram, and its scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from billing_tck.site.catalogue import Catalogue, by_rule, family_name
from billing_tck.site.frame import Page
from billing_tck.site.implementations import Implementation
from billing_tck.site.links import CLAUSES, family_path
from billing_tck.situations.diagram import Diagram
from billing_tck.situations.mermaid import render_mermaid


def family_pages(
    catalogue: Catalogue, diagrams: Mapping[str, Diagram], implementations: Sequence[Implementation]
) -> Iterator[Page]:
    """Yield the pages of all families."""
    for family in catalogue.families:
        diagram = diagrams.get(family)
        yield Page(
            family_path(family),
            "family.html.j2",
            family_name(family)[0].upper() + family_name(family)[1:],
            section=CLAUSES,
            kind="family",
            context={
                "family": family,
                "clauses": catalogue.clauses_of(family),
                "knobs": catalogue.knobs_in(family),
                "rules": by_rule(catalogue.scenarios_in(family)),
                "diagram": diagram,
                "mermaid": "" if diagram is None else render_mermaid(diagram),
                "implementations": implementations,
            },
        )
