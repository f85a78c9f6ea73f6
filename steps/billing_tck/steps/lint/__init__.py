"""Check feature files before the implementation is touched: no scenario may be lost, vacuous or misread.

pytest-bdd drops a scenario whose name comes twice, passes an empty one, picks one of two matching definitions silently,
and leaves a mistyped `<column>` as text. Each check here rejects one such case, with its place and a fix.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from billing_tck.errors import Diagnostic
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures, Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.suite import features_dir, gc_paused, read_files, root_of, suite_of
from billing_tck.steps.lint.attempts import check_attempts
from billing_tck.steps.lint.definitions import check_steps, unused_definitions
from billing_tck.steps.lint.structure import check_structure
from billing_tck.steps.lint.tags import check_tags
from billing_tck.steps.registry import Definition, Vocabulary

__all__ = ["check", "check_files", "checked_suite"]


@gc_paused()
def checked_suite(target: Path | None, register: Register, vocabulary: Vocabulary) -> Suite:
    """Return the scenarios of a features folder or file, by default the kit's own.

    Raises InvalidFeatures with everything that is wrong.
    """
    folder = target or features_dir()
    files, diagnostics = read_files(folder)
    diagnostics += check_files(files, register, vocabulary, own=_is_own(folder) and not diagnostics)
    if diagnostics:
        raise InvalidFeatures(diagnostics)
    return suite_of(root_of(folder), files)


def check(target: Path, register: Register, vocabulary: Vocabulary) -> list[Diagnostic]:
    """Return everything that is wrong with a features folder or file, in order of file and line."""
    try:
        checked_suite(target, register, vocabulary)
    except InvalidFeatures as error:
        return list(error.diagnostics)
    return []


def check_files(
    files: Sequence[FeatureFile], register: Register, vocabulary: Vocabulary, *, own: bool
) -> list[Diagnostic]:
    """Return everything that is wrong with parsed files; `own` where they are all of the kit's own."""
    diagnostics: list[Diagnostic] = []
    used: set[Definition] = set()
    for file in files:
        found = [*check_structure(file), *check_tags(file, register), *check_steps(file, vocabulary, used)]
        diagnostics += sorted(dict.fromkeys(found), key=lambda diagnostic: diagnostic.place.line or 0)
    if own:
        diagnostics += [diagnostic for file in files for diagnostic in check_attempts(file, vocabulary)]
        diagnostics += unused_definitions(vocabulary, used, {Path(file.file).stem for file in files})
    return diagnostics


def _is_own(folder: Path) -> bool:
    return os.path.realpath(folder) == os.path.realpath(features_dir())
