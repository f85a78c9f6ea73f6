"""The kit's own features as they are compiled, so that a run of the installed kit need not parse them."""

from __future__ import annotations

from pathlib import Path

from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import OWN, compiled_file
from billing_tck.steps.registry import load


def made() -> tuple[Path, str]:
    """Return the file, and what belongs into it."""
    folder = features_dir()
    return folder / OWN, compiled_file(load_register(folder), load()).decode()
