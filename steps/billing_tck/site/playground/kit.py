"""What a playground holds: the kit's scenarios, requirements, step definitions and faults, loaded once."""

from __future__ import annotations

from dataclasses import dataclass

from billing_tck.reference.catalogue import FaultEntry, catalogue
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Clause, Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import Vocabulary, load


@dataclass(frozen=True, slots=True)
class Kit:
    """The kit as a playground needs it."""

    suite: Suite
    register: Register
    vocabulary: Vocabulary
    faults: tuple[FaultEntry, ...]

    def clauses_of(self, ids: tuple[str, ...]) -> tuple[Clause, ...]:
        """Return the clauses with these ids, in the documents' order; ids that do not exist are left out."""
        return tuple(clause for clause in self.register.clauses if clause.id in ids)


def load_kit() -> Kit:
    """Return the kit, loaded."""
    register, vocabulary = load_register(features_dir()), load()
    return Kit(checked_suite(None, register, vocabulary), register, vocabulary, catalogue())
