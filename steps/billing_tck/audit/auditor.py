"""Judge a log, one customer after the other, under one set of readings for all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from billing_tck.audit.histories import Customers, Read, by_customer
from billing_tck.audit.life import life_of
from billing_tck.audit.log import form_of, rows_of
from billing_tck.audit.mapping import Mapped
from billing_tck.explorer.history_check import MOST_TIMES, HistoryCheck, check_trace
from billing_tck.explorer.inference import Assignment
from billing_tck.explorer.recorded_history import RecordedHistory
from billing_tck.reference.oracle import DEFAULTS
from billing_tck.text.files import open_text

MOST_SEARCHES = 5  # customers whose violation is checked under all readings
LEAST_SEARCH, LONGEST_SEARCH = 5_000, 100_000  # answers that are judged to find readings for a customer


@dataclass(frozen=True, slots=True)
class Violation:
    """A customer in whose history a line is not allowed."""

    customer: str
    history: RecordedHistory
    checked: HistoryCheck


@dataclass(slots=True)
class Audit:
    """The outcome: how much was read and judged, and what the rules do not allow.

    `first` is the violation at the first line of the log that is not allowed, `violating` the number of customers with
    one, and `clauses` theirs by clause. `supposed` are the undeclared readings that explain the others, besides the
    defaults. `left_out` counts the lines from which on something was not judged, by the reason.
    """

    read: Read = field(default_factory=Read)
    customers: int = 0
    answers: int = 0
    judged: int = 0
    violating: int = 0
    first: Violation | None = None
    clauses: Counter[str] = field(default_factory=Counter)
    supposed: Assignment = field(default_factory=dict)
    undecided: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def audit(log: Path, mapped: Mapped) -> Audit:
    """Judge a log. Raises InvalidLog, OSError for a file that cannot be read, UnicodeDecodeError.

    Readings that the mapping does not declare are those that explain most customers: where a customer needs others
    than the ones before, all are judged again under those.
    """
    read = Read()
    with open_text(log) as file, by_customer(rows_of(file, form_of(mapped, log), mapped), mapped, read) as customers:
        found = _audit(customers, mapped, read)
        if found.supposed:
            supposed = found.supposed
            found = _audit(customers, replace(mapped, readings={**mapped.readings, **supposed}), read)
            found.supposed = supposed
    if found.first is not None:
        found.first.checked.fits = check_trace(found.first.history, found.supposed, LONGEST_SEARCH).fits
    return found


def _audit(customers: Customers, mapped: Mapped, read: Read) -> Audit:
    found = Audit(read)
    for customer, lines in customers():
        history, skipped = life_of(customer, lines, mapped)
        checked = _judged(history, found)
        _add(found, customer, history, checked)
        for left in (*skipped, *checked.left_out):
            found.left_out[left.why] += 1
    return found


def _judged(history: RecordedHistory, found: Audit) -> HistoryCheck:
    """Judge a customer: once many violate the rules under any readings, under those that explain the others."""
    if found.violating >= MOST_SEARCHES and history.description is not None:
        readings = {**DEFAULTS, **found.supposed, **history.declared}
        history = replace(history, description=replace(history.description, readings=readings))
    most = max(LEAST_SEARCH, MOST_TIMES * len(history.answers))
    return check_trace(history, found.supposed, most, fits=False)


def _add(found: Audit, customer: str, history: RecordedHistory, checked: HistoryCheck) -> None:
    found.customers += 1
    found.answers += checked.answers
    found.judged += checked.judged
    found.undecided += checked.undecided is not None
    if checked.difference is None:
        found.supposed = checked.supposed
        return
    found.violating += 1
    found.clauses[checked.clauses[0] if checked.clauses else "the contract"] += 1
    first = found.first.checked.difference if found.first is not None else None
    if first is None or checked.difference.line < first.line:
        found.first = Violation(customer, history, checked)
