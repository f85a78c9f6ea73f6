"""`billing-tck clauses`: list all clauses, and what covers each or why no scenario can."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.selftest.open_invoices import open_invoices
from billing_tck.spec.coverage_matrix import UNPAID_INVOICES, gaps, matrix, render_matrix
from billing_tck.spec.gherkin import Scenario, scenarios_by_clause
from billing_tck.spec.requirements import Clause, Family, Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.source_drift import InvalidSources, compare_sources
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize, sanitize_lines

CHANGED = GAPS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="show these clauses in full")
    parser.add_argument("--family", action="append", default=[], metavar="F", help="only this rule family (repeatable)")
    parser.add_argument("--open", action="store_true", help="only clauses that no scenario covers yet")
    parser.add_argument(
        "--excluded", action="store_true", help="only clauses that no scenario can cover, with the reason"
    )
    parser.add_argument("--sources", type=Path, metavar="DIR", help="compare with a folder of the source documents")
    parser.add_argument("--features", type=Path, metavar="DIR", help="a features folder, instead of the kit's")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--matrix", action="store_true", help="clauses by billing method, marketplace, tier, card and unpaid invoices"
    )


def main(args: argparse.Namespace) -> int:
    """Print the clauses; return 1 where the source of a clause has changed or is gone, else 0."""
    folder = args.features or features_dir()
    register = load_register(folder)
    covered = scenarios_by_clause(load_suite(folder).scenarios)
    if args.sources is not None:
        return _sources(register, covered, args.sources)
    clauses = _asked(register, args.ids, args.family)
    if args.matrix:
        return _matrix(register, [clause.id for clause in clauses], load_suite(folder).scenarios)
    if args.open:
        clauses = [clause for clause in clauses if status(clause, covered) == "open"]
    if args.excluded:
        clauses = [clause for clause in clauses if status(clause, covered) == "excluded"]
    if args.json:
        print(json.dumps([as_json(clause, covered) for clause in clauses], indent=2))
    elif args.ids:
        print(sanitize_lines("\n\n".join("\n".join(in_full(clause, covered, register)) for clause in clauses)))
    else:
        blank = [""] if clauses else []
        lines = [*(line for c in clauses for line in in_brief(c, covered)), *blank, totals(clauses, covered)]
        print(sanitize_lines("\n".join(lines)))
    return 0


def status(clause: Clause, covered: Mapping[str, Sequence[Scenario]]) -> str:
    """Return `covered`, `excluded` or `open`."""
    if clause.excluded is not None:
        return "excluded"
    return "covered" if covered.get(clause.id) else "open"


def totals(clauses: Sequence[Clause], covered: Mapping[str, Sequence[Scenario]]) -> str:
    """Return the summary: `103 clauses: 60 covered, 20 excluded, 23 open`."""
    count = Counter(status(clause, covered) for clause in clauses)
    said = f"{count['covered']} covered, {count['excluded']} excluded, {count['open']} open"
    return f"{format_count(len(clauses), 'clause')}: {said}"


def in_brief(clause: Clause, covered: Mapping[str, Sequence[Scenario]]) -> Iterator[str]:
    """Return the two lines of a clause: what it says, and what covers it or why nothing can."""
    yield f"{clause.id:<7} {clause.sentence}"
    yield f"        {clause.kind}, {clause.family}: {_coverage(clause, covered.get(clause.id, []))}"


def _coverage(clause: Clause, scenarios: Sequence[Scenario]) -> str:
    if clause.excluded is not None:
        return f"excluded: {clause.excluded}"
    if not scenarios:
        return "OPEN"
    edge = sum(scenario.part == "edge" for scenario in scenarios)
    core = len(scenarios) - edge
    return format_count(core, "scenario") + (f", and {edge} that test a reading" if edge else "")


def in_full(clause: Clause, covered: Mapping[str, Sequence[Scenario]], register: Register) -> Iterator[str]:
    """Return the lines of a clause: its source, its scenarios, the knobs that affect it, and its note."""
    scenarios = covered.get(clause.id, [])
    yield f"{clause.id}  {clause.sentence}"
    yield f"  kind       {clause.kind}, family {clause.family}"
    yield f"  source     {register.place(clause)}"
    if clause.numbers:
        yield f"  numbers    {clause.numbers}"
    yield f"  coverage   {_coverage(clause, scenarios)}"
    shown = [f"{s.place}  {s.name}" + (f"  [{', '.join(s.reading_tags)}]" if s.reading_tags else "") for s in scenarios]
    yield from _column("scenarios", shown)
    knobs = register.bearing_on(clause)
    yield from _column("readings", [f"{k.name} ({', '.join(v.name for v in k.values)}): {k.question}" for k in knobs])
    if clause.note:
        yield f"  note       {clause.note}"


def _column(label: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {'' if number else label:<9}  {line}"


def as_json(clause: Clause, covered: Mapping[str, Sequence[Scenario]]) -> dict[str, object]:
    """Return a clause as `--json` prints it."""
    return {
        "id": clause.id,
        "sentence": clause.sentence,
        "kind": clause.kind,
        "family": clause.family,
        "source": clause.source,
        "line": clause.line,
        "status": status(clause, covered),
        "excluded": clause.excluded,
        "note": clause.note,
        "scenarios": [{"file": s.file, "line": s.line, "name": s.name} for s in covered.get(clause.id, [])],
    }


def _asked(register: Register, ids: Sequence[str], families: Sequence[str]) -> list[Clause]:
    for family in families:
        if family not in set(Family):
            raise UsageError(f"family {family!r} does not exist; {did_you_mean(family, Family)}")
    try:
        asked = [register.clause(name.upper()) for name in ids] if ids else list(register.clauses)
    except KeyError as error:
        raise UsageError(str(error)) from None
    return [clause for clause in asked if not families or clause.family in families]


def _matrix(register: Register, ids: Sequence[str], scenarios: Sequence[Scenario]) -> int:
    """Print the coverage matrix and the reasons for its empty cells; return 1 where there is a gap."""
    asked = [scenario for scenario in scenarios if not set(ids).isdisjoint(scenario.clauses)]
    counted = any(dimension.name == UNPAID_INVOICES for dimension in register.dimensions)
    numbers = list(open_invoices(asked, load())) if counted else [0] * len(asked)
    cells = [cell for cell in matrix(register, asked, numbers) if cell.clause in ids]
    print(sanitize_lines(render_matrix(cells)))
    print()
    for dimension in register.dimensions:
        print(sanitize(f"{dimension.name}: {', '.join(dimension.values)}"))
        print(sanitize(f"  other clauses: {dimension.otherwise}"))
        for clause, reason in dimension.excused.items():
            print(sanitize(f"  {clause}: {reason}"))
    missing = gaps(cells)
    for cell in missing:
        print(sanitize(f"gap: no scenario of {cell.clause} uses {cell.value} ({cell.dimension})"))
    print(f"\n{format_count(len(cells), 'cell')}, {format_count(len(missing), 'gap')}")
    return GAPS if missing else 0


def _sources(register: Register, covered: Mapping[str, Sequence[Scenario]], folder: Path) -> int:
    """Print each clause whose paragraph has changed, and the scenarios that may be wrong because of it."""
    try:
        findings = compare_sources(register, folder)
    except InvalidSources as error:
        raise UsageError(str(error)) from None
    for finding in findings:
        print(sanitize(f"{finding.clause}  {finding.kind} (was line {finding.old_line}): {finding.detail}"))
        if finding.suspect:
            for line in _column("suspect", [f"{s.place}  {s.name}" for s in covered.get(finding.clause, [])]):
                print(sanitize(line))
    suspect = [finding.clause for finding in findings if finding.suspect]
    print(
        f"{len(register.clauses)} clauses compared: {len(register.clauses) - len(findings)} unchanged, "
        f"{len(findings) - len(suspect)} moved, {len(suspect)} changed or gone"
    )
    return CHANGED if suspect else 0
