"""The pytest plugin: `pytest --sut SPEC features/`, or from anywhere `pytest --pyargs billing_tck --sut SPEC`.

It is loaded in every pytest run of its environment. It imports only pytest until features are run, and collects feature
files only where the run is asked for them: by `--sut`, by the kit's package or features as an argument, or by those of
the user where a configuration names the implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from billing_tck.pytest_plugin.request import KIT, chosen, collects_kit, is_wanted, replace_short_ids, runs_features

if TYPE_CHECKING:
    from billing_tck.pytest_plugin.collection import FeatureModule, KitFeatures

CLOSE = pytest.StashKey[Callable[[], None]]()
"""Ends the implementation that the scenarios of this session run against."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the options of the kit."""
    group = parser.getgroup("billing-tck", "conformance of billing systems")
    group.addoption(
        "--sut",
        action="append",
        metavar="SPEC",
        help="run features against this implementation: python:package.module:factory, stdio:COMMAND ARGS, http://…, "
        "reference, faulty:NAME (default: that of the configuration); several URLs, one for each worker",
    )
    group.addoption("--sut-timeout", type=float, metavar="S", help="seconds to wait for an answer (default: 10)")
    group.addoption(
        "--sut-config", metavar="FILE", help="the configuration (default: billing-tck.toml, here or in the rootdir)"
    )
    parser.addini("billing_tck_sut", "implementation to run features against, as --sut", default="")
    parser.addini("billing_tck_timeout", "seconds to wait for an answer, as --sut-timeout", default="")
    parser.addini("billing_tck_config", "configuration to read, as --sut-config", default="")
    if not _has_pytest_bdd(pluginmanager):  # where plugins are not loaded by themselves
        pluginmanager.import_plugin("pytest-bdd", consider_entry_points=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Reject a wrong configuration before anything is collected, and count verdicts."""
    config = session.config
    if not runs_features(config):
        return
    if not _has_pytest_bdd(config.pluginmanager):
        raise pytest.UsageError("billing-tck runs features with pytest-bdd; remove -p no:pytest-bdd")
    from billing_tck.pytest_plugin.configuration import settings_of  # noqa: PLC0415 - only where features are run
    from billing_tck.pytest_plugin.verdicts import VerdictReporter  # noqa: PLC0415

    config.pluginmanager.register(VerdictReporter(config, settings_of(config)), "billing_tck_verdicts")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Accept short node ids as arguments."""
    replace_short_ids(session.config)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Reject short node ids that name nothing."""
    missing = chosen(session.config).missing([item.nodeid for item in items])
    if missing and not session.testsfailed:
        raise pytest.UsageError(f"not found: {', '.join(missing)}")


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> FeatureModule | None:
    """Collect a feature file where the run is asked for it."""
    if file_path.suffix != ".feature" or not is_wanted(parent.config, file_path):
        return None
    from billing_tck.pytest_plugin.collection import FeatureModule  # noqa: PLC0415 - only where features are run

    return FeatureModule.at(parent, file_path)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> KitFeatures | None:
    """Collect the kit's own features in place of its package, for `--pyargs billing_tck`."""
    if path != KIT or not collects_kit(parent.config):
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


def _has_pytest_bdd(pluginmanager: pytest.PytestPluginManager) -> bool:
    """Return whether pytest-bdd is loaded: by its entry point, or as `-p pytest_bdd.plugin`."""
    return any(pluginmanager.hasplugin(name) for name in ("pytest-bdd", "pytest_bdd.plugin"))
