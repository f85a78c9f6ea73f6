"""The pytest plugin: `pytest --sut SPEC features/`, or from anywhere `pytest --pyargs billing_tck --sut SPEC`.

It is loaded in every pytest run of its environment, and so imports nothing but pytest until features are to be run, and
touches nobody else's: feature files are collected only where `--sut` or the kit itself was asked for.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from billing_tck.pytest_plugin.collection import FeatureFile, KitFeatures

KIT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options of the kit."""
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
    """A wrong `--sut` is told before anything is collected."""
    sut = session.config.getoption("--sut")
    if sut is not None:
        from billing_tck.connect import open_driver  # noqa: PLC0415 - only where features are run
        from billing_tck.sut import InvalidSutSpec  # noqa: PLC0415

        try:
            open_driver(sut, timeout=session.config.getoption("--sut-timeout")).close()
        except InvalidSutSpec as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> FeatureFile | None:
    """A feature file, where `--sut` was given and the file, or a folder that it is in, stands on the command line."""
    if file_path.suffix != ".feature" or parent.config.getoption("--sut") is None:
        return None
    if parent.config.args_source is not pytest.Config.ArgsSource.ARGS:
        return None
    from billing_tck.pytest_plugin.collection import FeatureFile  # noqa: PLC0415 - only where features are run

    return FeatureFile.from_parent(parent, path=file_path)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> KitFeatures | None:
    """The kit's own features in place of its package: what `--pyargs billing_tck` means."""
    if path != KIT or not parent.config.option.pyargs:
        return None
    from billing_tck.pytest_plugin.collection import KitFeatures  # noqa: PLC0415 - only where features are run

    return KitFeatures.from_parent(parent, path=path)


@pytest.hookimpl(optionalhook=True)
def pytest_bdd_before_step(request: pytest.FixtureRequest) -> None:
    """A scenario of the kit's notes at which step it is."""
    begun = getattr(request.node, "step_begins", None)
    if begun is not None:
        begun()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing is left running."""
    close = getattr(session.config, "_billing_tck_close", None)
    if close is not None:
        close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """All four verdicts, counted: pytest's own totals know errored scenarios as failed ones."""
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
            terminalreporter.write_line(f"newer than the frozen set, and not counted: {said}")
