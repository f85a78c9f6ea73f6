"""`billing-tck coverage`: which situations of an organization the scenarios reach, of all that the reference can reach.

0 shown, or rebuilt without a change · 1 the map or the corpus was rebuilt and is another one · 2 wrong usage
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billing_tck.cli.coverage_corpus import CHANGED, rebuild_corpus
from billing_tck.cli.rebuilding import replace_stored
from billing_tck.clock import real_monotonic
from billing_tck.corpus.numbers import corpus_numbers
from billing_tck.errors import UsageError
from billing_tck.situations.coverage import Coverage, coverage_of, walk
from billing_tck.situations.diagram import Diagram, diagram_of
from billing_tck.situations.listing import describe_map, render_json, render_text
from billing_tck.situations.map_file import DEPTH, FILE, load_map, map_of, save_map
from billing_tck.situations.mermaid import render_mermaid
from billing_tck.situations.projections import PROJECTIONS
from billing_tck.situations.search import Searched, search
from billing_tck.situations.svg import render_svg
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load
from billing_tck.text.files import write_text
from billing_tck.text.sanitize import sanitize

UNREACHED = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--clauses", action="store_true", help="also the numbers of each clause")
    parser.add_argument(
        "--unreached",
        type=int,
        default=UNREACHED,
        metavar="N",
        help=f"show N transitions that no scenario reaches, the shortest histories first (default: {UNREACHED})",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="the numbers as JSON")
    shown.add_argument("--mermaid", action="store_true", help="the state diagram of each family, as Mermaid text")
    shown.add_argument("--svg", type=Path, metavar="DIR", help="write the state diagram of each family to this folder")
    parser.add_argument("--features", type=Path, metavar="DIR", help="a features folder, instead of the kit's")
    shown.add_argument("--rebuild", action="store_true", help="search the map again, and write it where it differs")
    shown.add_argument(
        "--rebuild-corpus", action="store_true", help="build the corpus again, and write it where it differs"
    )


def main(args: argparse.Namespace) -> int:
    """Print the coverage, or rebuild the map; return the exit status."""
    if args.unreached < 0:
        raise UsageError(f"--unreached {args.unreached}: expected 0 or more")
    if args.rebuild:
        return _rebuild()
    if args.rebuild_corpus:
        return rebuild_corpus()
    register = load_register(features_dir())
    vocabulary = load()
    suite = checked_suite(args.features, register, vocabulary)
    known = load_map()
    corpus = corpus_numbers(known)
    coverage = coverage_of(known, walk(suite.scenarios, vocabulary))
    if args.json:
        print(render_json(coverage, corpus))
    elif args.mermaid:
        print("\n".join(_titled(diagram_of(coverage, family)) for family in PROJECTIONS))
    elif args.svg is not None:
        _write_pictures(args.svg, coverage)
    else:
        print(render_text(coverage, corpus, clauses=args.clauses, unreached=args.unreached))
    return 0


def _titled(diagram: Diagram) -> str:
    return f"## {diagram.family}\n\n```mermaid\n{render_mermaid(diagram)}```\n"


def _write_pictures(folder: Path, coverage: Coverage) -> None:
    """Write the picture of each family, and print their names."""
    for family in PROJECTIONS:
        path = folder / f"{family}.svg"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(path, render_svg(diagram_of(coverage, family)))
        except OSError as error:
            raise UsageError(f"cannot write to {path}: {error.strerror}") from None
        print(sanitize(f"written to {path}"))


def _rebuild() -> int:
    """Search the map again; write it if it differs from the stored one."""
    begun = real_monotonic()

    def show(level: int, searched: Searched) -> None:
        found = f"{len(searched.situations):,} situations, {len(searched.transitions):,} transitions"
        print(f"depth {level} of {DEPTH}: {found}, {searched.actions:,} actions played", file=sys.stderr)

    known = map_of(search(DEPTH, show), DEPTH)
    print(describe_map(known))
    seconds = real_monotonic() - begun
    if not replace_stored(known.digest, lambda: load_map().digest, lambda: save_map(known), FILE):
        print(f"the stored map is the same ({seconds:.0f} s)")
        return 0
    print(f"written to {FILE.name}: it was another one before ({seconds:.0f} s)")
    return CHANGED
