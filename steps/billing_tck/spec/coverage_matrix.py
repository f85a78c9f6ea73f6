"""Which values of each dimension (billing method, marketplace, tier, card, unpaid invoices) a clause's scenarios use.

A scenario uses a value if its steps mention it; a number of unpaid invoices, if that is the largest number of invoices
of an organization that are open at once when it runs against the reference. A value that a listed clause's scenarios do
not use is a gap, unless `clauses.toml` excuses it with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Dimension, Register

UNPAID_INVOICES = "unpaid invoices"
MENTIONS: Mapping[tuple[str, str], re.Pattern[str]] = MappingProxyType(
    {
        ("method", "card"): re.compile(r"\bcard\b"),
        ("method", "marketplace"): re.compile(r"pay-as-you-go on|that pays through|links the (other )?subscription"),
        ("method", "commitment"): re.compile(r"\bcommitment of\b|private offer"),
        ("marketplace", "AWS"): re.compile(r"\bAWS\b"),
        ("marketplace", "GCP"): re.compile(r"\bGCP\b"),
        ("marketplace", "Azure"): re.compile(r"\bAzure\b"),
        ("tier", "basic"): re.compile(r"tier basic"),
        ("tier", "scale"): re.compile(r"tier scale|that pays|with an active trial|with a (direct )?commitment"),
        ("tier", "enterprise"): re.compile(r"tier enterprise"),
        ("card", "declined"): re.compile(r"will be declined|card is declined"),
        ("card", "expired"): re.compile(r"card (that )?has expired"),
        ("card", "invalid"): re.compile(r"card (that )?is invalid"),
        ("card", "limited"): re.compile(r"covers up to"),
    }
)
"""How the steps of a scenario mention a value."""

COUNTS: Mapping[str, int] = MappingProxyType({"one": 1, "two": 2})
"""The numbers of unpaid invoices by their values."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One clause and one value: the number of scenarios, or the reason why none is needed (None: a gap)."""

    clause: str
    dimension: str
    value: str
    scenarios: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """The text of a scenario's steps, and how many invoices are open at once."""

    clauses: tuple[str, ...]
    text: str
    open_invoices: int

    def use(self, dimension: str, value: str) -> bool:
        """Return whether the scenario uses a value."""
        if dimension == UNPAID_INVOICES:
            return self.open_invoices == COUNTS[value]
        return MENTIONS[dimension, value].search(self.text) is not None


def matrix(register: Register, scenarios: Sequence[Scenario], open_invoices: Sequence[int]) -> tuple[Cell, ...]:
    """Return the cells of all testable clauses, by clause and dimension.

    `open_invoices` says for each scenario how many invoices of an organization are open at once.
    """
    facts = [
        _Facts(scenario.clauses, "\n".join(str(step) for step in scenario.steps), number)
        for scenario, number in zip(scenarios, open_invoices, strict=True)
    ]
    return tuple(
        _cell(clause.id, dimension, value, [one for one in facts if clause.id in one.clauses])
        for clause in register.clauses
        if clause.excluded is None
        for dimension in register.dimensions
        for value in dimension.values
    )


def _cell(clause: str, dimension: Dimension, value: str, facts: Sequence[_Facts]) -> Cell:
    count = sum(one.use(dimension.name, value) for one in facts)
    if count:
        reason = None
    elif clause in dimension.clauses:
        reason = dimension.excused.get(clause)
    else:
        reason = dimension.otherwise
    return Cell(clause, dimension.name, value, count, reason)


def gaps(cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells that no scenario fills and no reason excuses."""
    return [cell for cell in cells if not cell.scenarios and cell.reason is None]


def stale_excuses(register: Register, cells: Sequence[Cell]) -> Iterator[str]:
    """Report excuses of cells that are filled, of clauses that are not listed, and values that steps cannot mention."""
    for dimension in register.dimensions:
        for value in dimension.values:
            known = value in COUNTS if dimension.name == UNPAID_INVOICES else (dimension.name, value) in MENTIONS
            if not known:
                yield f"{dimension.name}: no step mentions {value}"
        for clause in dimension.excused:
            filled = all(c.scenarios for c in cells if (c.clause, c.dimension) == (clause, dimension.name))
            if clause not in dimension.clauses or filled:
                yield f"{dimension.name}: the excuse for {clause} is not needed"


def render_matrix(cells: Sequence[Cell]) -> str:
    """Return the table: a row for each clause, numbers of scenarios, `-` excused, `.` independent, `GAP` missing."""
    columns = list(dict.fromkeys((cell.dimension, cell.value) for cell in cells))
    rows: dict[str, dict[tuple[str, str], Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.clause, {})[cell.dimension, cell.value] = cell
    widths = [max(len(value), 4) for _, value in columns]
    lines = ["clause  " + "  ".join(value.rjust(w) for (_, value), w in zip(columns, widths, strict=True))]
    for clause, row in rows.items():
        shown = [_shown(row[column]).rjust(w) for column, w in zip(columns, widths, strict=True)]
        lines.append(f"{clause:<8}" + "  ".join(shown))
    return "\n".join(lines)


def _shown(cell: Cell) -> str:
    if cell.scenarios:
        return str(cell.scenarios)
    return "GAP" if cell.reason is None else "-"
