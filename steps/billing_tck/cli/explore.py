"""`billing-tck explore`: play random lawful histories, and write the first difference as a scenario.

0 nothing found · 1 a difference found · 2 wrong usage · 3 not reachable, or no answer to compare
"""

from __future__ import annotations

import argparse
import re
import sys
from functools import partial
from pathlib import Path

from billing_tck.cli.connection_options import add_target_arguments, announce, positive, target_of
from billing_tck.cli.main import INTERRUPTED
from billing_tck.cli.unreachable import print_unreachable
from billing_tck.clock import real_monotonic
from billing_tck.connection import LONGEST, MOST_WORKERS
from billing_tck.corpus.openings import CorpusOpenings
from billing_tck.engine.executors import ClusterError, workers
from billing_tck.errors import UsageError
from billing_tck.explorer.campaign import Explored, explore
from billing_tck.explorer.chunks import MOST_ERRORS, Failed, Outcome
from billing_tck.explorer.counterexample import Counterexample, explain_counterexample, told_history
from billing_tck.situations.map_file import load_map
from billing_tck.spec.applicability import UnreachableError
from billing_tck.sut import InvalidSutSpec, is_url
from billing_tck.text.files import write_text
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize

FOUND, UNREACHABLE = 1, 3
SECONDS = 60.0
MOST_EXAMPLES = 10**9
WORDS = 3  # in the name of a folder
_SMALL = frozenset({"a", "an", "the", "of", "to", "for", "from", "on", "is", "are", "by", "and", "in", "it"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to explore, and for how long."""
    length = parser.add_mutually_exclusive_group()
    seconds, examples, processes = positive(float, LONGEST), positive(int, MOST_EXAMPLES), positive(int, MOST_WORKERS)
    length.add_argument("--seconds", type=seconds, metavar="N", help="stop after N seconds (default: 60)")
    length.add_argument("--examples", type=examples, metavar="N", help="play N histories, however long that takes")
    parser.add_argument("--seed", default="0", metavar="S", help="a seed always gives the same finding (default: 0)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("explored"),
        metavar="DIR",
        help="folder for scenarios that are found (default: explored)",
    )
    parser.add_argument(
        "--map",
        action="store_true",
        help="begin with histories of the corpus, so that transitions of the map come that were not visited yet",
    )
    parser.add_argument("--workers", type=processes, default=1, metavar="N", help="play in N processes (default: 1)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="play on the workers of a Dask cluster")
    add_target_arguments(parser, wire=False)


def main(args: argparse.Namespace) -> int:
    """Explore, print what was found, write its scenario, and return the exit status."""
    sut, connection = target_of(args)
    args.sut = sut
    announce(connection, [sut])
    elsewhere = args.workers > 1 or args.cluster is not None
    if elsewhere and is_url(args.sut):
        option = "--workers" if args.cluster is None else "--cluster"
        raise UsageError(
            f"{option} needs an implementation that the kit starts itself; one over http has a single clock"
        )
    seconds = SECONDS if args.seconds is None and args.examples is None else args.seconds
    progress = ExplorationProgress()
    run = partial(
        explore,
        args.sut,
        seed=args.seed,
        seconds=seconds,
        examples=args.examples,
        connection=connection,
        on_progress=progress.show,
        openings=CorpusOpenings() if args.map else None,
    )
    try:
        if elsewhere:
            with workers(args.workers, args.cluster) as pool:
                explored = run(executor=pool.executor, workers=pool.size)
        else:
            explored = run()
        progress.clear()
        finding = explain_counterexample(args.sut, explored, seed=args.seed, connection=connection)
    except (InvalidSutSpec, ClusterError) as error:
        progress.clear()
        raise UsageError(str(error)) from None
    except KeyboardInterrupt:
        progress.clear()
        print(f"interrupted after {_counted(progress.outcome)} (seed {args.seed})", file=sys.stderr)
        return INTERRUPTED
    except UnreachableError as error:
        progress.clear()
        print_unreachable(args.sut, error, "explore")
        return UNREACHABLE
    return _tell(args, explored, finding)


def _tell(args: argparse.Namespace, explored: Explored, finding: Counterexample | None) -> int:
    for failed in explored.outcome.failed:
        print("\n".join(told_failure(failed)), file=sys.stderr)
    if finding is not None:
        path = None
        if finding.feature is not None and finding.path is not None:
            path = _write(args.out / _slug(finding, args.seed) / finding.path, finding.feature)
        print("\n".join(told_finding(args.sut, explored, finding, path)))
        return FOUND
    if explored.finding is not None:
        print("\n".join(told_unsteady(explored)))
        return FOUND
    if explored.outcome.failed:
        print("\n".join(told_failing(explored, args.seed)), file=sys.stderr)
        return UNREACHABLE
    print(f"nothing found in {_counted(explored.outcome)} ({explored.seconds:.1f} s, seed {args.seed})")
    if args.map:
        print(told_visits(explored))
    return 0


def told_visits(explored: Explored) -> str:
    """Return how many transitions of the map were visited, and how fast."""
    known = load_map().transitions
    visited = len(explored.outcome.transitions & known.keys())
    rate = visited / max(explored.seconds, 0.001)
    return f"visited {visited:,} of {len(known):,} transitions of the map ({rate:,.0f} a second)"


def told_failing(explored: Explored, seed: str) -> list[str]:
    """Return the first history without an answer to compare as text, and how much was played."""
    lines: list[str] = []
    failing, outcome = explored.failing, explored.outcome
    if failing is not None:
        commands, before = len(failing.history.commands), len(outcome.failed[0].history.commands)
        shrunk = f", shrunk from {before} calls to {commands}" if commands < before else ""
        lines += ["", f"history {outcome.failed[0].number}{shrunk}:"]
        lines += [f"  {format_instant(at):<18} {sanitize(text)}" for at, text in told_history(failing)]
        lines.append(f"  no answer to {failing.history.commands[-1].method if failing.history.commands else 'reset'}")
        if failing.error is None:
            lines.append("  played again from a fresh start, there was one: some state survives reset")
    failed = len(outcome.failed)
    gave_up = "gave up: " if failed >= MOST_ERRORS else ""
    played = f"{_counted(outcome)} ({explored.seconds:.1f} s, seed {seed})"
    lines += ["", f"{gave_up}no answer to compare in {failed} of {played}"]
    return lines


def told_finding(sut: str, explored: Explored, finding: Counterexample, path: Path | None) -> list[str]:
    """Return a finding as text."""
    outcome = explored.outcome
    commands = len(finding.history.commands)
    lines = [f"a difference in history {explored.number}, after {_counted(outcome)}"]
    more = outcome.histories - explored.number - 1
    if more > 0 and outcome.candidate is not None and not outcome.found:
        histories = "history was" if more == 1 else "histories were"
        lines.append(f"{more:,} more {histories} played in search of one that steps can express")
    lines += [f"shrunk from {explored.before} calls to {commands}", ""]
    lines += [f"  {format_instant(at):<18} {sanitize(text)}" for at, text in finding.timeline]
    lines += ["", f"  asked     {format_instant(finding.difference.at)}"]
    lines += [f"  expected  {sanitize(finding.expected)}", f"  observed  {sanitize(finding.observed)}", ""]
    if finding.instead is not None:
        lines += ["  no step definition shows this difference; the scenario checks a consequence of it:"]
        lines += [f"  expected  {sanitize(finding.instead[0])}", f"  observed  {sanitize(finding.instead[1])}", ""]
    if finding.contract is not None:
        lines.append(f"  contract: {finding.contract}")
    else:
        lines += [f"  {clause}: {finding.sentences[clause]}" for clause in finding.clauses[:3]]
    if finding.fits is not None:
        knob, value = finding.fits
        declared = finding.declared.get(knob)
        other = f"declared is {declared}" if declared else "it is not declared"
        lines.append(f"  this would be right under {knob}={value}; {other}")
    if finding.feature is not None and path is not None:
        lines += ["", *(sanitize(f"  {line}".rstrip()) for line in finding.feature.splitlines()), ""]
        lines.append(sanitize(f"written to {path}"))
        lines.append(f"  billing-tck run --features {path} --sut '{sanitize(sut)}'")
    else:
        lines += ["", f"no scenario was written: {sanitize(finding.not_expressible)}"]
    return lines


def told_unsteady(explored: Explored) -> list[str]:
    """Return the text for a history that differed once, and not when it was played again."""
    return [
        f"history {explored.number} differed after {_counted(explored.outcome)}, and not when it was played again:",
        "  some state survives reset, or answers do not depend on the calls alone; play the histories before it, too",
    ]


def told_failure(failed: Failed) -> list[str]:
    """Return the text for a history that ended without an answer to compare."""
    commands = failed.history.commands
    last = commands[-1].method if commands else "reset"
    lines = [f"errored in history {failed.number}, at call {len(commands)} ({last}): {sanitize(failed.message)}"]
    return lines + [f"  its log: {sanitize(line)}" for line in failed.log]


def _counted(outcome: Outcome) -> str:
    histories = "history" if outcome.histories == 1 else "histories"
    return f"{outcome.histories:,} {histories}, {outcome.command_count:,} commands"


def _slug(finding: Counterexample, seed: str) -> str:
    """Return the name of a folder: the clause, a few words of what was expected, and the seed."""
    broken = "contract" if finding.contract is not None else finding.clauses[0].lower()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", seed).strip("-")
    words = [word for word in re.findall(r"\w+", finding.expected.lower()) if word.isalpha() and word not in _SMALL]
    return "-".join([broken, *dict.fromkeys(words[:WORDS]), "seed", plain])


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise UsageError(f"cannot write the scenario to {path}: {error.strerror}") from None
    return path


class ExplorationProgress:
    """A progress line, on a terminal only."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()
        self._begun = real_monotonic()
        self._shown = 0.0
        self.outcome = Outcome()

    def show(self, outcome: Outcome) -> None:
        """Show how much has been played."""
        self.outcome = outcome
        now = real_monotonic()
        if self._tty and now - self._shown > 0.2:
            self._shown = now
            rate = outcome.command_count / max(now - self._begun, 0.001)
            sys.stderr.write(f"\r\x1b[K{_counted(outcome)} ({rate:,.0f} a second)")
            sys.stderr.flush()

    def clear(self) -> None:
        """Remove the line."""
        if self._tty and self._shown:
            self._shown = 0.0
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
