"""What a fault is: the reference with one piece replaced wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    @property
    def family(self) -> str:
        """The rule family in whose module the fault stands."""
        first = next(iter(self.pieces), "")
        return first.partition(".")[0] if "." in first else "shell"

    @property
    def piece(self) -> str:
        """Which piece is wrong."""
        return next(iter(self.pieces), self.shell.__name__ if self.shell else "")
