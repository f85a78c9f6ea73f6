"""The pytest plugin: `pytest --sut SPEC features/`, or from anywhere `pytest --pyargs billing_tck --sut SPEC`.

It is loaded in every pytest run of its environment. It imports only pytest until features are run, and collects feature
files only where `--sut` or the kit itself was asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from billing_tck.pytest_plugin.collection import FeatureModule, KitFeatures

CLOSE = pytest.StashKey[Callable[[], None]]()
"""Ends the implementation that the scenarios of this session run against."""

KIT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the kit."""
    group = parser.getgroup("billing-tck", "conformance of billing systems")
    group.addoption(
        "--sut",
        metavar="SPEC",
        help="run features against this implementation: python:package.module:factory, stdio:COMMAND ARGS, http://…, "
        "reference, faulty:NAME",
    )
    group.addoption("--sut-timeout", type=float, default=10.0, metavar="S", help="seconds to wait for an answer")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Reject a wrong `--sut` before anything is collected."""
    sut = session.config.getoption("--sut")
    if sut is not None:
        from billing_tck.connect import open_driver  # noqa: PLC0415 - only where features are run
        from billing_tck.sut import InvalidSutSpec  # noqa: PLC0415

        try:
            open_driver(sut, timeout=session.config.getoption("--sut-timeout")).close()
        except InvalidSutSpec as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> FeatureModule | None:
    """Collect a feature file where `--sut` and the file, or a folder that has it, are given on the command line."""
    if file_path.suffix != ".feature" or parent.config.getoption("--sut") is None:
        return None
    if parent.config.args_source is not pytest.Config.ArgsSource.ARGS:
        return None
    from billing_tck.pytest_plugin.collection import FeatureModule  # noqa: PLC0415 - only where features are run

    return FeatureModule.from_parent(parent, path=file_path)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> KitFeatures | None:
    """Collect the kit's own features in place of its package, for `--pyargs billing_tck`."""
    if path != KIT or not parent.config.option.pyargs:
        return None
    from billing_tck.pytest_plugin.collection import KitFeatures  # noqa: PLC0415 - only where features are run

    return KitFeatures.from_parent(parent, path=path)


@pytest.hookimpl(optionalhook=True)
def pytest_bdd_before_step(request: pytest.FixtureRequest) -> None:
    """Let a scenario of the kit know which step begins."""
    begun = getattr(request.node, "step_begins", None)
    if begun is not None:
        begun()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the implementation."""
    close = session.config.stash.get(CLOSE, None)
    if close is not None:
        close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of each verdict: pytest counts errored scenarios as failed."""
    reports = {
        (report.nodeid, dict(report.user_properties)["verdict"], "newer" in dict(report.user_properties))
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and "verdict" in dict(report.user_properties)
    }
    if reports:
        words = ("conforms", "deviates", "errored", "not_applicable")
        count = Counter(verdict for _, verdict, is_newer in reports if not is_newer)
        said = ", ".join(f"{count[word]} {word.replace('_', ' ')}" for word in words)
        terminalreporter.write_line(f"billing rules: {said}")
        newer = Counter(verdict for _, verdict, is_newer in reports if is_newer)
        if newer:
            said = ", ".join(f"{newer[word]} {word.replace('_', ' ')}" for word in words if newer[word])
            terminalreporter.write_line(f"newer than the baseline, and not counted: {said}")
