"""The first page: what this is, the families, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from billing_tck.site.catalogue import Catalogue
from billing_tck.site.frame import Page
from billing_tck.site.implementations import Implementation
from billing_tck.site.links import INDEX


def index_page(catalogue: Catalogue, implementations: Sequence[Implementation]) -> Iterator[Page]:
    """Yield the first page."""
    excluded = sum(not clause.testable for clause in catalogue.register.clauses)
    yield Page(
        INDEX,
        "index.html.j2",
        "The billing rules",
        section=INDEX,
        context={
            "testable": len(catalogue.clauses) - excluded,
            "excluded": excluded,
            "implementations": implementations,
        },
    )
