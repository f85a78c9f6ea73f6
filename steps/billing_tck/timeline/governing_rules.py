"""Which clauses govern what was checked, where an expectation differs from the reference itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from billing_tck.results.verdicts import Deviates
from billing_tck.spec.requirements import Clause
from billing_tck.text.format import format_instant
from billing_tck.timeline.model import Trace, unfreeze

_SUBJECTS: Mapping[str, Sequence[str]] = {
    "data": ("data",),
    "service": ("services", "the trial is over"),
    "restricted": ("restricted",),
    "trial": ("the trial",),
    "subscription": ("free trial on AWS",),
    "credits": ("credits expire",),
}
_MOST_GOVERNING = 2


def explain_rules(deviation: Deviates | None, trace: Trace | None, register: Mapping[str, Clause]) -> list[str]:
    """Return the clauses that govern a check of the reference itself, where its expectation differs."""
    if deviation is None or trace is None:
        return []
    lines = ["The reference keeps the rules: it is the expectation that differs from them."]
    asked = next((words for word, words in _SUBJECTS.items() if re.search(rf"\b{word}", deviation.step)), ())
    named = [name for name in trace.organizations if re.search(rf"\b{name}\b", deviation.step)]
    about = [
        deadline
        for deadline in trace.deadlines
        if any(word in deadline.text for word in asked) and (not named or deadline.organization in named)
    ]
    instant = unfreeze(deviation.at)
    passed = [deadline for deadline in about if deadline.at <= instant and not deadline.standing]
    chosen = passed[-1:] or sorted(about, key=lambda deadline: abs(deadline.at - instant))[:_MOST_GOVERNING]
    for deadline in chosen:
        clause = register.get(deadline.clause)
        if clause is not None:
            standing = f" ({deadline.standing})" if deadline.standing else ""
            lines.append(
                f"{clause.id}  {clause.sentence} Here: {deadline.text}, {format_instant(deadline.at)}{standing}"
            )
    return lines
