"""How many invoices of an organization are open at once in each scenario, counted in a run against the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from billing_tck.connect import open_unfrozen
from billing_tck.contract.values import InvoiceState, OrganizationCreated, OrganizationRef, OrganizationView
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.errors import KitError
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import Caller


def open_invoices(scenarios: Sequence[Scenario], vocabulary: Vocabulary) -> Iterator[int]:
    """Yield for each scenario the largest number of open invoices of one organization, after any of its calls.

    The reference declares the readings that the scenario tests. A scenario that cannot be carried out counts as far as
    it goes: `billing-tck run` says what is wrong with it.
    """
    for scenario in scenarios:
        with open_unfrozen(_spec(scenario)) as driver:
            counting = _Counting(driver)
            with suppress(KitError):
                run_scenario(scenario, counting, describe(counting), vocabulary)
            yield counting.most


def _spec(scenario: Scenario) -> str:
    readings = dict(reversed(scenario.reading))  # of several values the first
    declared = ",".join(f"{knob}={value}" for knob, value in readings.items())
    return f"reference:{declared}" if declared else "reference"


class _Counting:
    """A driver that looks at the invoices of all organizations after each call: views change nothing."""

    def __init__(self, driver: Caller) -> None:
        self._driver = driver
        self._organizations: set[str] = set()
        self.most = 0

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Caller.call`."""
        answer = self._driver.call(method, params)
        if method == "reset":
            self._organizations.clear()
        if isinstance(answer, OrganizationCreated | OrganizationRef):
            self._organizations.add(answer.organization)
        for organization in self._organizations:
            view = self._driver.call("get_organization", {"organization": organization})
            if isinstance(view, OrganizationView):
                self.most = max(self.most, sum(one.state is InvoiceState.OPEN for one in view.invoices))
        return answer
