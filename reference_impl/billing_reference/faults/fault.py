"""What a fault is: the reference with one piece replaced wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing_reference.settling import Ledger
from billing_reference.shell import Billing


@dataclass(frozen=True, slots=True)
class Fault:
    """One deliberate mistake.

    `clauses` are those that it violates; it must turn red a scenario of at least one of them. `pieces` are the wrong
    pieces of the rules, `shell` a shell with one wrong act, where the mistake is none of a rule but of its keeping.
    """

    name: str
    sentence: str
    clauses: tuple[str, ...]
    pieces: Mapping[str, object] = field(default_factory=dict)
    shell: type[Billing] | None = None
    declares: Mapping[str, str] = field(default_factory=dict)  # the readings it declares, besides the defaults
    family: str = ""  # the rule family in whose module it stands; the catalogue says so

    @property
    def piece(self) -> str:
        """Which piece is wrong."""
        return next(iter(self.pieces), self.shell.__name__ if self.shell else "")


def kept_by(ledger: type[Ledger]) -> type[Billing]:
    """A shell whose world is kept by a wrong ledger."""

    class Kept(Billing):
        ledger_type = ledger

    Kept.__name__ = Kept.__qualname__ = ledger.__name__
    return Kept
