"""`billing-tck prove`: shows that the kit judges rightly, and exits with 0 where it does, with 1 where it does not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billing_tck.cli import UsageError
from billing_tck.drivers.house import catalogue
from billing_tck.features import features_dir
from billing_tck.guards import checked_suite
from billing_tck.proof.files import write_proof
from billing_tck.proof.pool import cores, processes
from billing_tck.proof.proving import PARTS, prove
from billing_tck.proof.telling import ProofProgress, render_proof
from billing_tck.proof.thens import Worth, measure
from billing_tck.register import load_register
from billing_tck.reports.run import kit_version
from billing_tck.reports.terminal import Paint
from billing_tck.vocabulary.registry import load

NOT_PROVED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what to prove, and where to write it."""
    parser.add_argument("--faults", action="store_true", help="only that every fault is caught")
    parser.add_argument("--readings", action="store_true", help="only that no reading fails")
    parser.add_argument("--empty", action="store_true", help="only that empty implementations conform to nothing")
    parser.add_argument("--thens", action="store_true", help="also what each Then of the core is worth")
    parser.add_argument(
        "--everything", action="store_true", help="run each fault against every scenario, not only those of its clauses"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: the cores there are)")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write proof.json and proof.html there")
    parser.add_argument("--features", type=Path, metavar="DIR", help="a folder of features, instead of the kit's")


def main(args: argparse.Namespace) -> int:
    """Proves what was asked for, and tells it; the exit status."""
    workers = cores() if args.workers is None else args.workers
    if workers < 1:
        raise UsageError(f"--workers {workers}: at least one process is needed")
    parts = [part for part in PARTS if getattr(args, part)] or list(PARTS)
    if args.thens and "faults" not in parts:
        raise UsageError("--thens asks which faults a Then catches: leave --readings and --empty away, or add --faults")
    folder = args.features or features_dir()
    register = load_register(folder)
    try:
        suite = checked_suite(folder, register, load())
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None
    progress = ProofProgress(sys.stderr)
    thens: tuple[Worth, ...] | None = None
    with processes(workers) as executor:
        try:
            proof = prove(suite, register, catalogue(), executor, progress, parts=parts, everything=args.everything)
        finally:
            progress.clear()
        if args.thens and proof.faults is not None:
            thens = measure(proof.faults, proof.empty, executor)
    version = kit_version()
    if args.report is not None:
        try:
            write_proof(args.report, proof, workers=workers, version=version, thens=thens)
        except OSError as error:
            raise UsageError(f"no proof can be written to {args.report}: {error.strerror}") from None
    shown = None if args.report is None else str(args.report)
    text = render_proof(proof, workers=workers, version=version, thens=thens, folder=shown, paint=Paint(sys.stdout))
    sys.stdout.write(text)
    return 0 if proof.green else NOT_PROVED
