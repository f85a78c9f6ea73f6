"""`billing-tck check-trace LOG --map MAPPING`: audit a log in a form of the user's own.

0 the rules allow every line · 1 they do not allow a line · 2 wrong usage, or an invalid file
3 nothing in the file, or too little, could be judged
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from billing_tck.audit.auditor import Audit, audit
from billing_tck.audit.log import InvalidLog
from billing_tck.audit.mapping import Mapped
from billing_tck.audit.mapping_file import read_mapping
from billing_tck.cli.trace_difference import format_readings, render_difference
from billing_tck.errors import UsageError
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

NOT_ALLOWED, NOTHING_JUDGED = 1, 3
MOST = 10  # reasons, clauses and kinds of lines that are shown


def audit_log(log: Path, mapping: Path) -> int:
    """Judge a log, print the outcome, and return the exit status. Raises InvalidMapping, UsageError."""
    name = sanitize(str(log))
    if str(log) == "-":
        raise UsageError("--map reads a file, not standard input; name it")
    mapped = read_mapping(mapping)
    try:
        found = audit(log, mapped)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except InvalidLog as error:
        shown = "\n".join(f"{name}: {sanitize(str(diagnostic))}" for diagnostic in error.diagnostics)
        raise UsageError(f"{name} cannot be read with {sanitize(str(mapping))}\n{shown}") from None
    print("\n".join(render_audit(name, mapped, found)))
    if found.violating:
        return NOT_ALLOWED
    return 0 if found.judged else NOTHING_JUDGED


def render_audit(name: str, mapped: Mapped, found: Audit) -> Iterator[str]:
    """Return the lines of the outcome."""
    first = found.first
    if first is not None and first.checked.difference is not None:
        yield from render_difference(name, first.history, first.checked, first.checked.difference, "the mapping")
        yield ""
        clauses = ", ".join(f"{clause} {number:,}" for clause, number in found.clauses.most_common(MOST))
        count = format_count(found.violating, "customer")
        yield f"{count} of {found.customers:,} with a line that the rules do not allow, by clause: {clauses}"
    elif not found.judged:
        yield f"{name}: none of its {format_count(found.read.lines, 'line')} could be judged"
    else:
        yield f"{name}: the rules allow every line that could be judged"
    yield (
        f"{format_count(found.read.lines, 'line')}, {format_count(found.customers, 'customer')}; "
        f"{found.judged:,} of {format_count(found.answers, 'answer')} judged"
    )
    if found.supposed:
        yield f"  undeclared readings that explain it: {format_readings(found.supposed)}"
    if found.undecided:
        yield f"  {format_count(found.undecided, 'customer')} undecided: declare more readings in the mapping"
    if found.read.ignored:
        yield f"  {format_count(found.read.ignored, 'line')} ignored, as the mapping says"
    for kind, number in found.read.unmapped.most_common(MOST):
        yield f"  {format_count(number, 'line')} fit no event of the mapping: {sanitize(kind)}"
    for why, number in found.left_out.most_common(MOST):
        yield f"  not judged, {number:,} times: {sanitize(why)}"
