"""Check feature files before the implementation is touched: no scenario may be lost, vacuous or misread.

pytest-bdd drops a scenario whose name comes twice, passes an empty one, picks one of two matching definitions silently,
and leaves a mistyped `<column>` as text. Each check here rejects one such case, with its place and a fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from billing_tck.errors import Diagnostic
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.spec.requirements import Register
from billing_tck.spec.suite import feature_paths, is_own, root_of
from billing_tck.steps.lint.attempts import check_attempts
from billing_tck.steps.lint.definitions import Suggestions, check_steps, unused_definitions
from billing_tck.steps.lint.structure import check_structure
from billing_tck.steps.lint.tags import check_tags
from billing_tck.steps.registry import Definition, Vocabulary

__all__ = ["check", "check_files", "checked_files"]


MOST = 1_000  # problems that are collected: more are of no use, and each may take a search for suggestions


def checked_files(folder: Path, register: Register, vocabulary: Vocabulary) -> list[FeatureFile]:
    """Return the files of a features folder, or one file, without their trees.

    Raises InvalidFeatures with everything that is wrong, up to `MOST` problems. Files are read one after the other, and
    their trees are not kept, so that memory is that of the scenarios and of the largest file.
    """
    root = root_of(folder)
    checks = _Checks(register, vocabulary)
    files: list[FeatureFile] = []
    broken: list[Diagnostic] = []
    for path in feature_paths(folder):
        try:
            file = read_file(path, root)
        except InvalidFeatures as error:
            broken += error.diagnostics
        else:
            checks.add(file)
            files.append(replace(file, tree={}))
        if len(broken) + len(checks.found) >= MOST:
            break
    else:
        if is_own(folder) and not broken:
            checks.add_own(files)
    if problems := [*broken, *checks.found]:
        raise InvalidFeatures(problems)
    return files


def check(target: Path, register: Register, vocabulary: Vocabulary) -> list[Diagnostic]:
    """Return everything that is wrong with a features folder or file, in order of file and line."""
    try:
        checked_files(target, register, vocabulary)
    except InvalidFeatures as error:
        return list(error.diagnostics)
    return []


def check_files(
    files: Sequence[FeatureFile], register: Register, vocabulary: Vocabulary, *, own: bool
) -> list[Diagnostic]:
    """Return everything that is wrong with parsed files; `own` where they are all of the kit's own."""
    checks = _Checks(register, vocabulary)
    for file in files:
        checks.add(file)
    if own:
        checks.add_own(files)
    return checks.found


class _Checks:
    """Collects what is wrong with files, one after the other."""

    def __init__(self, register: Register, vocabulary: Vocabulary) -> None:
        self.found: list[Diagnostic] = []
        self._register = register
        self._vocabulary = vocabulary
        self._used: set[Definition] = set()
        self._suggestions = Suggestions(vocabulary)

    def add(self, file: FeatureFile) -> None:
        """Check one file, which needs its tree."""
        problems = chain(
            check_structure(file),
            check_tags(file, self._register),
            check_steps(file, self._vocabulary, self._used, self._suggestions),
        )
        found = dict.fromkeys(islice(problems, MOST - len(self.found)))
        self.found += sorted(found, key=lambda diagnostic: diagnostic.place.line or 0)

    def add_own(self, files: Sequence[FeatureFile]) -> None:
        """Check what holds for the kit's own features alone."""
        self.found += [diagnostic for file in files for diagnostic in check_attempts(file, self._vocabulary)]
        self.found += unused_definitions(self._vocabulary, self._used, {Path(file.file).stem for file in files})
