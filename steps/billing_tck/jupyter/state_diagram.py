"""The state diagram of a rule family in a notebook: what the scenarios reach of the map of situations."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape

from billing_tck.jupyter.display import Bundle, scrollable
from billing_tck.jupyter.session import WrongRequest, session
from billing_tck.situations.coverage import Coverage, coverage_of, walk
from billing_tck.situations.diagram import Diagram, diagram_of
from billing_tck.situations.map_file import load_map
from billing_tck.situations.mermaid import render_mermaid
from billing_tck.situations.projections import PROJECTIONS
from billing_tck.situations.svg import render_svg
from billing_tck.text.did_you_mean import did_you_mean


@dataclass(frozen=True, slots=True, repr=False)
class StateDiagram:
    """A state diagram: an image in a notebook, Mermaid text elsewhere."""

    diagram: Diagram

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> Bundle:
        svg = render_svg(self.diagram)
        return {"text/html": self.html(svg), "image/svg+xml": svg, "text/plain": repr(self)}

    def html(self, svg: str) -> str:
        """Return the picture as an image that says what it is, in a region that scrolls."""
        name = f"State diagram of the rule family {self.diagram.family}"
        data = b64encode(svg.encode()).decode()
        image = f'<img alt="{escape(name)}" src="data:image/svg+xml;base64,{data}" style="max-width:none">'
        return scrollable(image, name)

    def __repr__(self) -> str:
        return render_mermaid(self.diagram)


def state_diagram(family: str) -> StateDiagram:
    """Return the life of an organization as a family sees it, with what scenarios reach. Raises WrongRequest."""
    if family not in PROJECTIONS:
        raise WrongRequest(f"no state diagram for {family!r}; {did_you_mean(family, PROJECTIONS)}")
    return StateDiagram(diagram_of(coverage(), family))


@cache
def coverage() -> Coverage:
    """Return what the kit's scenarios reach of the map; measured once."""
    return coverage_of(load_map(), walk(session().suite.scenarios, session().vocabulary))
