"""The thirty phrases of the features, with what each does: the same patterns for every contender in Python."""

from collections.abc import Callable

import calls

PHRASES: tuple[tuple[str, str, Callable[..., None]], ...] = (
    *(("given", f"in plan {plan} the clock stands at day {{day:d}}", calls.clock_stands) for plan in range(5)),
    *(("given", f"in plan {plan} there is an organization {{name}}", calls.organization) for plan in range(5)),
    *(("when", f"in plan {plan} it uses {{dollars:d}} dollars", calls.uses) for plan in range(7)),
    *(("when", f"in plan {plan} {{days:d}} days pass", calls.days_pass) for plan in range(3)),
    *(("then", f"in plan {plan} the tier is {{tier}}", calls.tier_is) for plan in range(10)),
)
