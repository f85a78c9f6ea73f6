"""A state diagram as Mermaid text, which GitHub, GitLab and JupyterLab draw."""

from __future__ import annotations

from billing_tck.situations.diagram import Arrow, Diagram

_MOST_CLAUSES = 3


def render_mermaid(diagram: Diagram) -> str:
    """Return the diagram as a Mermaid state diagram."""
    ids = {node.place.name: f"s{number}" for number, node in enumerate(diagram.nodes)}
    lines = ["stateDiagram-v2", "    direction LR"]
    for node in diagram.nodes:
        count = f" ({node.covered:,}/{node.situations:,})" if node.situations else ""
        lines.append(f'    state "{node.place.name}{count}" as {ids[node.place.name]}')
    lines += [f"    {ids[arrow.source]} --> {ids[arrow.target]}: {_label(arrow)}" for arrow in diagram.arrows]
    return "\n".join(lines) + "\n"


def _label(arrow: Arrow) -> str:
    more = len(arrow.clauses) - _MOST_CLAUSES
    clauses = [*arrow.clauses[:_MOST_CLAUSES], *([f"+{more}"] if more > 0 else [])]
    return " ".join([*clauses, f"{arrow.covered:,}/{arrow.transitions:,}"])
