"""`billing-tck freeze`: the frozen set: what it holds, what came after it, what is gone from it; and the next set.

0 nothing of the set is gone, or the next set was written · 1 something of it is gone, and not withdrawn · 2 wrong usage
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.results.header import utc_now
from billing_tck.spec.baseline import FILE, FrozenSet, freeze
from billing_tck.spec.gherkin import Scenario, Suite, features_dir
from billing_tck.spec.requirements import Register, load_register
from billing_tck.steps.lint import checked_suite
from billing_tck.steps.registry import load
from billing_tck.text.sanitize import sanitize

GONE = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the name of the next set."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="freeze what there is as this set, as 2027-05 (default: only look)"
    )
    parser.add_argument(
        "--features", type=Path, metavar="DIR", help="a folder of features of your own, instead of the kit's"
    )


def main(args: argparse.Namespace) -> int:
    """Tells the set, or writes the next one; the exit status."""
    folder: Path = args.features or features_dir()
    if not folder.is_dir():
        raise UsageError(f"there is no features folder {folder}")
    own = (folder / "clauses.toml").is_file()
    register = load_register(folder if own else features_dir())
    suite = checked_suite(folder, register, load())
    if args.name is not None:
        if args.features is None and not (folder.parent / "pyproject.toml").is_file():
            raise UsageError("the kit's own set is made in its checkout; name features of your own with --features DIR")
        return _freeze(args.name, suite, register)
    lines = told(suite, register)
    print("\n".join(lines))
    return GONE if suite.frozen is not None and suite.frozen.gone(suite.scenarios) else 0


def _freeze(name: str, suite: Suite, register: Register) -> int:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a set: letters, digits, dots and dashes, as 2027-05")
    path = suite.folder / FILE
    before = suite.frozen
    if before is not None and before.name == name:
        raise UsageError(f"{path} is the set {name} already, frozen on {before.on}. Choose another name")
    if before is not None and not _changed(before, suite, register):
        raise UsageError(f"nothing has changed since the set {before.name}: there is no next set to make")
    text = freeze(name, utc_now().date(), suite.scenarios, register.clauses)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"no set can be written to {path}: {error.strerror}") from None
    newer = sum(scenario.newer for scenario in suite.scenarios)
    joined = f", {newer} of them new since {before.name}" if before is not None else ""
    print(
        f"the set {name}: {_count(len(suite.scenarios), 'scenario')}{joined}, {_count(len(register.clauses), 'clause')}"
    )
    print(f"written to {path}")
    return 0


def _changed(frozen: FrozenSet, suite: Suite, register: Register) -> bool:
    newer = any(scenario.newer for scenario in suite.scenarios)
    gone = len(frozen.scenarios) > sum(not scenario.newer for scenario in suite.scenarios)
    return newer or gone or bool(frozen.reworded(register.clauses))


def told(suite: Suite, register: Register) -> list[str]:
    """What there is to say of a set."""
    frozen = suite.frozen
    if frozen is None:
        return [f"{suite.folder} has no frozen set: all {_count(len(suite.scenarios), 'scenario')} count"]
    lines = [
        f"set {frozen.name}, frozen on {frozen.on}: {_count(len(frozen.scenarios), 'scenario')}, "
        f"{_count(len(frozen.clauses), 'clause')}",
        f"digest {frozen.digest}",
        "",
    ]
    newer = [scenario for scenario in suite.scenarios if scenario.newer]
    return [*lines, *_differences(frozen, newer, suite.scenarios, register)]


def _differences(
    frozen: FrozenSet, newer: Sequence[Scenario], scenarios: Sequence[Scenario], register: Register
) -> Iterator[str]:
    gone = frozen.gone(scenarios)
    names = {(file, name) for file, name, _ in gone}
    if not newer and not gone and not frozen.withdrawn:
        yield "every scenario that there is counts, and nothing of the set is gone"
    if newer:
        yield f"newer, and not counted until the next set: {_count(len(newer), 'scenario')}"
        for scenario in newer:
            changed = " (changed)" if (scenario.file, scenario.name) in names else ""
            yield sanitize(f"  {scenario.place}  {scenario.name}{changed}")
    if gone:
        yield f"in the set, and gone or changed: {_count(len(gone), 'scenario')}"
        for file, name, fingerprint in gone:
            yield sanitize(f"  {file}  {name}  ({fingerprint})")
        yield f'  Bring them back, or say in {FILE}, under [withdrawn], why: {gone[0][2]} = "it asked for …"'
    if frozen.withdrawn:
        told_names = {fingerprint: f"{file}  {name}" for (file, fingerprint), name in frozen.scenarios.items()}
        yield f"withdrawn: {_count(len(frozen.withdrawn), 'scenario')}"
        for fingerprint, reason in frozen.withdrawn.items():
            yield sanitize(f"  {told_names[fingerprint]}: {reason}")
    reworded = frozen.reworded(register.clauses)
    if reworded:
        yield f"clauses that the register words otherwise than the set: {', '.join(reworded)}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
