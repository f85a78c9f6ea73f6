"""`billing-tck freeze`: show the baseline and what differs from it, or write the next one.

Exit status 0: nothing of the baseline is missing, or the next one was written. 1: something is missing and not
withdrawn. 2: wrong usage.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.results.header import utc_now
from billing_tck.spec.baseline import FILE, Baseline, render_baseline
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load
from billing_tck.text.files import write_text
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize, sanitize_lines

MISSING = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="write a new baseline, as 2027-05 (default: show the current one)",
    )
    parser.add_argument(
        "--features", type=Path, metavar="DIR", help="a features folder of your own, instead of the kit's"
    )


def main(args: argparse.Namespace) -> int:
    """Show the baseline, or write the next one; return the exit status."""
    folder: Path = args.features or features_dir()
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a features folder")
    own = (folder / "clauses.toml").is_file()
    register = load_register(folder if own else features_dir())
    suite = checked_suite(folder, register, load())
    if args.name is not None:
        if args.features is None and not (folder.parent / "pyproject.toml").is_file():
            raise UsageError("the kit's own baseline can only be written in its checkout; give --features DIR")
        return _freeze(args.name, suite, register)
    print(sanitize_lines("\n".join(render(suite, register))))
    return MISSING if suite.baseline is not None and suite.baseline.missing(suite.scenarios) else 0


def _freeze(name: str, suite: Suite, register: Register) -> int:
    if not _NAME.fullmatch(name):
        raise UsageError(f"invalid name {name!r}; expected letters, digits, dots and dashes, as 2027-05")
    path = suite.folder / FILE
    before = suite.baseline
    if before is not None and before.name == name:
        raise UsageError(f"{path} is already the baseline {name}, of {before.on}. Choose another name")
    if before is not None and not _changed(before, suite, register):
        raise UsageError(f"nothing has changed since the baseline {before.name}")
    text = render_baseline(name, utc_now().date(), suite.scenarios, register.clauses)
    try:
        write_text(path, text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    new = sum(scenario.outside_baseline for scenario in suite.scenarios)
    since = f", {new} of them new since {before.name}" if before is not None else ""
    scenarios, clauses = format_count(len(suite.scenarios), "scenario"), format_count(len(register.clauses), "clause")
    print(f"baseline {name}: {scenarios}{since}, {clauses}")
    print(sanitize(f"wrote {path}"))
    return 0


def _changed(baseline: Baseline, suite: Suite, register: Register) -> bool:
    outside = any(scenario.outside_baseline for scenario in suite.scenarios)
    missing = len(baseline.scenarios) > sum(not scenario.outside_baseline for scenario in suite.scenarios)
    return outside or missing or bool(baseline.changed_clauses(register.clauses))


def render(suite: Suite, register: Register) -> list[str]:
    """Return the lines that describe a baseline and what differs from it."""
    baseline = suite.baseline
    if baseline is None:
        return [f"{suite.folder} has no baseline: all {format_count(len(suite.scenarios), 'scenario')} count"]
    lines = [
        f"baseline {baseline.name} of {baseline.on}: {format_count(len(baseline.scenarios), 'scenario')}, "
        f"{format_count(len(baseline.clauses), 'clause')}",
        f"digest {baseline.digest}",
        "",
    ]
    return [*lines, *_differences(baseline, suite.scenarios, register)]


def _differences(baseline: Baseline, scenarios: Sequence[Scenario], register: Register) -> Iterator[str]:
    outside = [scenario for scenario in scenarios if scenario.outside_baseline]
    missing = baseline.missing(scenarios)
    names = {(gone.file, gone.name) for gone in missing}
    if not outside and not missing and not baseline.withdrawn:
        yield "every scenario counts, and none of the baseline is missing"
    if outside:
        yield f"outside the baseline, and not counted until the next one: {format_count(len(outside), 'scenario')}"
        for scenario in outside:
            changed = " (changed)" if (scenario.file, scenario.name) in names else ""
            yield sanitize(f"  {scenario.place}  {scenario.name}{changed}")
    if missing:
        yield f"in the baseline, but removed or changed: {format_count(len(missing), 'scenario')}"
        for gone in missing:
            yield sanitize(f"  {gone.file}  {gone.name}  ({gone.fingerprint})")
        entry = f'{missing[0].fingerprint} = "it asked for …"'
        yield f"  Restore them, or give the reason under [withdrawn] in {FILE}: {entry}"
    if baseline.withdrawn:
        titles = {fingerprint: f"{file}  {name}" for (file, fingerprint), name in baseline.scenarios.items()}
        yield f"withdrawn: {format_count(len(baseline.withdrawn), 'scenario')}"
        for fingerprint, reason in baseline.withdrawn.items():
            yield sanitize(f"  {titles[fingerprint]}: {reason}")
    changed_clauses = baseline.changed_clauses(register.clauses)
    if changed_clauses:
        yield f"clauses added, removed or reworded since the baseline: {', '.join(changed_clauses)}"
