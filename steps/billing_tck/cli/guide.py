"""`billing-tck guide`: the kit's own pages, wherever it is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

PAGES = {
    "implementers": "implementers-guide.md",
    "contract": "contract.md",
    "green": "what-a-green-run-means.md",
    "check-trace": "check-trace.md",
    "explore": "explore.md",
    "architecture": "architecture.md",
}
FOLDER = Path(__file__).parent.parent / "docs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares which page to show."""
    parser.add_argument(
        "page",
        nargs="?",
        default="implementers",
        choices=PAGES,
        help="implementers: from nothing to a green run (the default); contract: what each method must do; "
        "green: what a green run means, and what it does not; check-trace: how to judge a recorded history; "
        "explore: what random histories find; architecture: how the kit is built",
    )
    parser.add_argument("--path", action="store_true", help="only say where the page is")


def main(args: argparse.Namespace) -> int:
    """Prints the page, as Markdown."""
    page = FOLDER / PAGES[args.page]
    print(page if args.path else page.read_text(encoding="utf-8").rstrip())
    return 0
