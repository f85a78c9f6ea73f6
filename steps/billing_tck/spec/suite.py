"""Find the feature files of a folder, and load them as one suite of scenarios."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from billing_tck.errors import IN_ARCHIVE, Diagnostic, KitError, UsageError
from billing_tck.gc_pause import gc_paused
from billing_tck.spec.baseline import Baseline, load_baseline
from billing_tck.spec.compiled import Compiled
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures, Scenario, Suite
from billing_tck.spec.requirements import Family
from billing_tck.text.files import digest_of_files


def features_dir() -> Path:
    """Return the folder of the kit's own features: in the installed package, else in the checkout. Raises KitError."""
    here = Path(__file__).resolve().parents[1]
    # An editable install leaves a stale copy in site-packages; the current features are beside the source.
    for folder in (here / "features", here.parent.parent / "features"):
        if (folder / "clauses.toml").is_file():
            return folder
    if not here.is_dir():
        raise KitError(IN_ARCHIVE)
    raise KitError(f"the kit's features are missing beside {here}; reinstall billing-tck")


def is_own(folder: Path) -> bool:
    """Return whether a folder is that of the kit's own features."""
    return os.path.realpath(folder) == os.path.realpath(features_dir())


def load_suite(folder: Path | None = None) -> Suite:
    """Return the scenarios of a features folder or of one feature file, by default the kit's own.

    Raises InvalidFeatures with the syntax errors of every file.
    """
    target = folder or features_dir()
    files, diagnostics = read_files(target)
    if diagnostics:
        raise InvalidFeatures(diagnostics)
    return suite_of(root_of(target), files)


def suite_of(root: Path, files: Sequence[FeatureFile]) -> Suite:
    """Return the suite of files that were read."""
    digest = digest_of_features([file.path for file in files], root)
    baseline = load_baseline(root)
    scenarios = mark_against_baseline((s for file in files for s in file.scenarios), baseline)
    return Suite(root, tuple(scenarios), digest, baseline)


def suite_of_compiled(root: Path, compiled: Compiled, digest: str) -> Suite:
    """Return the suite of scenarios that were compiled before."""
    baseline = load_baseline(root)
    scenarios = mark_against_baseline(compiled.scenarios, baseline, compiled.fingerprints)
    return Suite(root, tuple(scenarios), digest, baseline)


def digest_of_features(paths: Iterable[Path], root: Path) -> str:
    """Return a digest of the names and contents of feature files. Raises OSError."""
    return digest_of_files((path.relative_to(root).as_posix(), path) for path in paths)


def mark_against_baseline(
    scenarios: Iterable[Scenario], baseline: Baseline | None, fingerprints: Iterable[str] | None = None
) -> Iterable[Scenario]:
    """Return the scenarios, those that are not in the baseline marked; without a baseline every scenario counts.

    Their `fingerprints` are computed where they are not given.
    """
    if baseline is None:
        return scenarios
    scenarios = tuple(scenarios)
    prints = (scenario.fingerprint for scenario in scenarios) if fingerprints is None else fingerprints
    return (
        scenario if baseline.contains(scenario.file, mark) else replace(scenario, outside_baseline=True)
        for scenario, mark in zip(scenarios, prints, strict=True)
    )


def root_of(target: Path) -> Path:
    """Return the features folder that a folder or a file belongs to: the parent of its `core/` and `edge/`."""
    path = _resolved(target)
    folder = path if target.is_dir() else path.parent
    return folder.parent if folder.name in {"core", "edge"} else folder


def feature_paths(target: Path) -> list[Path]:
    """Return the feature files of a folder, families in the documents' order. Raises UsageError."""
    if target.is_file():
        return [_resolved(target)]
    if not target.is_dir():
        raise UsageError(f"{target} is not a features folder or a feature file")
    return sorted(_resolved(target).rglob("*.feature"), key=lambda path: (path.parent, _place_of(path.stem), path.stem))


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))  # `Path.resolve` raises RuntimeError for links in a circle


def _place_of(family: str) -> int:
    """Return the position of a family in the documents' order."""
    return list(Family).index(Family(family)) if family in set(Family) else len(Family)


@gc_paused()
def read_files(target: Path) -> tuple[list[FeatureFile], list[Diagnostic]]:
    """Return every feature file under `target`, and the syntax errors of those that have any."""
    from billing_tck.spec.gherkin_parser import read_file  # noqa: PLC0415 - compiled features need no parser

    files: list[FeatureFile] = []
    diagnostics: list[Diagnostic] = []
    root = root_of(target)
    for path in feature_paths(target):
        try:
            files.append(read_file(path, root))
        except InvalidFeatures as error:
            diagnostics += error.diagnostics
    return files, diagnostics
