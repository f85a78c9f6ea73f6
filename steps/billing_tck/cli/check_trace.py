"""`billing-tck check-trace`: judge a recorded history, or with `--map` a log of one's own, against the rules.

0 the rules allow every line · 1 they do not allow a line · 2 wrong usage, or an invalid file
3 nothing in the file, or nothing after the set-up, could be judged
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billing_tck.cli.audit_log import audit_log
from billing_tck.cli.trace_difference import format_readings, render_difference
from billing_tck.errors import UsageError
from billing_tck.explorer.history_check import HistoryCheck, LeftOut, check_trace
from billing_tck.explorer.recorded_history import InvalidRecordedHistory, RecordedHistory, read_recorded_history
from billing_tck.text.files import read_text
from billing_tck.text.sanitize import sanitize

NOT_ALLOWED, NOTHING_JUDGED = 1, 3
MOST = 20  # problems shown of a file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and the mapping."""
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines of calls and answers; - for standard input")
    parser.add_argument(
        "--map",
        type=Path,
        metavar="MAPPING",
        help="FILE is a log of your own (CSV or JSON lines): what its columns mean",
    )


def main(args: argparse.Namespace) -> int:
    """Judge the file, print the first line that the rules do not allow, and return the exit status."""
    if args.map is not None:
        return audit_log(args.file, args.map)
    name = sanitize(str(args.file))
    try:
        text = sys.stdin.read().removeprefix("\ufeff") if str(args.file) == "-" else read_text(args.file)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    try:
        trace = read_recorded_history(text.splitlines())
    except InvalidRecordedHistory as error:
        shown = [f"{name}: {sanitize(str(diagnostic))}" for diagnostic in error.diagnostics[:MOST]]
        more = len(error.diagnostics) - MOST
        raise UsageError(
            "\n".join([f"{name} is not a valid trace", *shown, *([f"and {more} more"] if more > 0 else [])])
        ) from None
    checked = check_trace(trace)
    print("\n".join(render_check(name, trace, checked)))
    if checked.difference is not None:
        return NOT_ALLOWED
    return 0 if checked.says_something else NOTHING_JUDGED


def render_check(name: str, trace: RecordedHistory, checked: HistoryCheck) -> list[str]:
    """Return the lines of the outcome."""
    lines: list[str] = []
    if checked.difference is not None:
        return render_difference(name, trace, checked, checked.difference)
    lines.append(f"{name}: {_headline(checked)}")
    if checked.supposed:
        lines.append(f"  compatible undeclared readings: {format_readings(checked.supposed)}")
    lines += [f"  {_left_out(left)}: {sanitize(left.why)}" for left in checked.left_out[:MOST]]
    more = len(checked.left_out) - MOST
    if more > 0:
        lines.append(f"  and {more} more")
    return lines


def _left_out(left: LeftOut) -> str:
    if not left.labels:
        return f"line {left.line} not judged"
    until = "on" if left.until is None else f"to line {left.until}"
    return f"from line {left.line} {until}, {sanitize(left.labels)} not judged"


def _headline(checked: HistoryCheck) -> str:
    """Return one sentence about the outcome and how many answers were judged."""
    judged, answers = checked.judged, checked.answers
    if checked.undecided is not None:
        return (
            f"undecided from line {checked.undecided} on: too many undeclared readings might explain it; declare them"
        )
    if not checked.says_something:
        return f"no answer {'after the set-up' if judged else 'of it'} could be judged"
    if 2 * judged < answers:
        return f"the rules allow the {judged:,} of {_answers(answers)} that could be judged"
    count = _answers(judged) if judged == answers else f"{judged:,} of {_answers(answers)}"
    return f"the rules allow every answer; {count} judged"


def _answers(count: int) -> str:
    return f"{count:,} answer{'s' * (count != 1)}"
