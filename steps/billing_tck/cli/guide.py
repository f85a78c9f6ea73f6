"""`billing-tck guide`: print the kit's own pages."""

from __future__ import annotations

import argparse

from billing_tck.site.guide_files import FOLDER, PAGES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "page",
        nargs="?",
        default="implementers",
        choices=PAGES,
        help="implementers: from nothing to a green run (the default); contract: what each method must do; "
        "connections: credentials, servers, databases, time limits; "
        "database: how a server on PostgreSQL was accepted; ci: GitHub and GitLab; "
        "pytest: the same scenarios under pytest; "
        "green: what a green run means, and what it does not; check-trace: how to judge a recorded history; "
        "log-mapping: how to audit a log in your own form; "
        "explore: how random histories find differences; "
        "infer: how readings are found out; "
        "impact: what a reading changes for customers; "
        "decisions: what is decided of the open questions; "
        "site: the specification as static pages; "
        "coverage: which situations the scenarios reach; "
        "corpus: short histories that lead through all of them; teaching: exercises that grade themselves; "
        "export: a notebook for people without Python; "
        "security: what is trusted, and what is not; "
        "performance: what a run costs, and where the time goes; "
        "glossary: what the words mean; "
        "architecture: how the kit is built",
    )
    parser.add_argument("--path", action="store_true", help="print the path of the page instead")


def main(args: argparse.Namespace) -> int:
    """Print the page, as Markdown."""
    page = FOLDER / PAGES[args.page]
    print(page if args.path else page.read_text(encoding="utf-8").rstrip())
    return 0
