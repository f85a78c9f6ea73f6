"""What the page says about situations: how much of the map the scenarios reach, and the state diagrams as pictures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from markupsafe import Markup

from billing_tck.situations.coverage import Coverage, Reached
from billing_tck.situations.diagram import diagram_of
from billing_tck.situations.projections import PROJECTIONS
from billing_tck.situations.svg import render_svg


class SituationsView:
    """The data of the template."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    @property
    def situations(self) -> int:
        """The number of situations of the map."""
        return len(self._coverage.known.situations)

    @property
    def transitions(self) -> int:
        """The number of transitions of the map."""
        return len(self._coverage.known.transitions)

    @property
    def depth(self) -> int:
        """The bound of the map."""
        return self._coverage.known.depth

    @property
    def digest(self) -> str:
        """The beginning of the map's digest."""
        return self._coverage.known.digest[:12]

    @property
    def rows(self) -> Iterator[tuple[str, int, int]]:
        """A row for each part, for both, and for each family: its name, and the situations and transitions reached."""
        for part, reached in self._coverage.parts.items():
            yield _row(f"the {part}", reached)
        yield _row("core and edge", self._coverage.all)
        for family, reached in self._coverage.families.items():
            yield _row(family.replace("_", " "), reached)

    @property
    def pictures(self) -> Iterator[tuple[str, Markup]]:
        """The picture of each family: its name, and the address that holds it. As an image, it keeps its own style."""
        for family in PROJECTIONS:
            picture = b64encode(render_svg(diagram_of(self._coverage, family)).encode()).decode()
            yield family.replace("_", " "), Markup("data:image/svg+xml;base64,") + Markup(picture)


def _row(name: str, reached: Reached) -> tuple[str, int, int]:
    return name, len(reached.situations), len(reached.transitions)
