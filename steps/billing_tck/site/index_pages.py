"""The first page: what this is, the families, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from billing_tck.site.catalogue import Catalogue
from billing_tck.site.frame import Entry, Page
from billing_tck.site.implementations import Implementation
from billing_tck.site.links import INDEX


def index_page(
    catalogue: Catalogue, further: Sequence[Entry], implementations: Sequence[Implementation]
) -> Iterator[Page]:
    """Yield the first page; `further` are pages that the navigation does not have."""
    excluded = sum(not clause.testable for clause in catalogue.register.clauses)
    yield Page(
        INDEX,
        "index.html.j2",
        "The billing rules",
        section=INDEX,
        context={
            "testable": len(catalogue.clauses) - excluded,
            "excluded": excluded,
            "further": further,
            "implementations": implementations,
        },
    )
