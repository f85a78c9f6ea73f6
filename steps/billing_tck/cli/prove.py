"""`billing-tck prove`: test the kit itself; exit with 0 where every part holds, else with 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from billing_tck.connection import MOST_WORKERS
from billing_tck.engine.executors import ClusterError, cores, workers
from billing_tck.errors import UsageError
from billing_tck.reference.catalogue import catalogue
from billing_tck.reports.progress import Styler
from billing_tck.results.header import kit_version
from billing_tck.selftest.assertion_mutation import MutationOutcome, measure
from billing_tck.selftest.files import write_proof
from billing_tck.selftest.known_results import load_results
from billing_tck.selftest.runner import PARTS, Part, Proof, prove
from billing_tck.selftest.terminal import ProofProgress, render_proof
from billing_tck.situations.coverage import coverage_of, walk
from billing_tck.situations.map_file import load_map
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load

NOT_PROVED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--faults", action="store_true", help="check only that every fault is caught")
    parser.add_argument("--readings", action="store_true", help="check only that no reading fails")
    parser.add_argument("--empty", action="store_true", help="check only that null implementations conform to none")
    parser.add_argument("--thens", action="store_true", help="also check that removing a Then is noticed")
    parser.add_argument(
        "--everything", action="store_true", help="run each fault against every scenario, not only those of its clauses"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="number of processes (default: the number of cores)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="run on the workers of a Dask cluster instead")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write proof.json and proof.html to this folder")
    parser.add_argument(
        "--since",
        type=Path,
        metavar="FILE",
        help="play only what changed since the self-test that wrote this file, and write it again",
    )
    parser.add_argument("--features", type=Path, metavar="DIR", help="a features folder (default: the kit's)")


def main(args: argparse.Namespace) -> int:
    """Run the self-test and print its result; return the exit status."""
    count = cores() if args.workers is None else args.workers
    if not 1 <= count <= MOST_WORKERS:
        raise UsageError(f"--workers {count}: expected at least 1, and at most {MOST_WORKERS:,}")
    parts = [part for part in PARTS if getattr(args, part)] or list(PARTS)
    if args.thens and "faults" not in parts:
        raise UsageError("--thens needs the faults: remove --readings and --empty, or add --faults")
    own = args.features is not None and (args.features / "clauses.toml").is_file()
    register = load_register(args.features if own else features_dir())
    suite = checked_suite(args.features, register, load())
    try:
        proof, thens, size = _proved(args, suite, register, parts, count)
    except ClusterError as error:
        raise UsageError(str(error)) from None
    version = kit_version()
    if args.report is not None:
        try:
            conforms = proof.readings is not None and proof.readings.green
            coverage = coverage_of(load_map(), walk(suite.scenarios, load())) if conforms else None
            write_proof(args.report, proof, workers=size, version=version, thens=thens, coverage=coverage)
        except OSError as error:
            raise UsageError(f"cannot write to {args.report}: {error.strerror}") from None
    shown = None if args.report is None else str(args.report)
    text = render_proof(proof, workers=size, version=version, thens=thens, folder=shown, paint=Styler(sys.stdout))
    sys.stdout.write(text)
    return 0 if proof.green else NOT_PROVED


def _proved(
    args: argparse.Namespace, suite: Suite, register: Register, parts: Sequence[Part], count: int
) -> tuple[Proof, tuple[MutationOutcome, ...] | None, int]:
    """Return the proof, the outcomes of assertion mutants if selected, and the number of workers."""
    known = None if args.since is None else load_results(args.since, suite.scenarios)
    progress = ProofProgress(sys.stderr)
    with workers(count, args.cluster) as pool:
        try:
            proof = prove(
                suite,
                register,
                catalogue(),
                pool.executor,
                progress,
                parts=parts,
                everything=args.everything,
                known=known,
            )
        finally:
            progress.clear()
        if known is not None:
            known.save(args.since)
            of = known.reused + known.played
            print(f"since {args.since}: {known.reused:,} of {of:,} results are known", file=sys.stderr)
        thens = measure(proof.faults, proof.empty, pool.executor) if args.thens and proof.faults is not None else None
        return proof, thens, pool.size
