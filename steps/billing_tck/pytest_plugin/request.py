"""Whether a pytest run is asked to run features of the kit, by its arguments alone. Imports only pytest.

Node ids of the kit's own features are short, as `billing_tck/core/trial.feature::test_…`, where the kit is not in the
project itself: such an id can be an argument, whatever the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

KIT = Path(__file__).resolve().parents[1]
PREFIX = f"{KIT.name}/"
CONFIG = "billing-tck.toml"
FOLDERS = (KIT / "features", KIT.parent.parent / "features")
"""Where the kit's features are: in the installed package, or in the checkout."""


def argument_paths(config: pytest.Config) -> Iterator[Path]:
    """Yield the files and folders that the command line names."""
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        for argument in config.args:
            path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
            if path.exists():
                yield path


def names_the_kit(config: pytest.Config) -> bool:
    """Whether the kit's package is an argument: `--pyargs billing_tck`."""
    return bool(config.option.pyargs) and any(argument == KIT.name for argument in config.args)


def short_ids(config: pytest.Config) -> list[str]:
    """Return the arguments that are short node ids."""
    here = config.invocation_params.dir
    return [a for a in config.args if a.startswith(PREFIX) and not (here / a.partition("::")[0]).exists()]


def is_kit_feature(path: Path) -> bool:
    """Whether a path is the kit's features folder or in it."""
    return any(path.is_relative_to(folder) and (folder / "clauses.toml").is_file() for folder in FOLDERS)


def runs_features(config: pytest.Config) -> bool:
    """Whether this run is asked to run features of the kit, or with its step definitions."""
    if config.getoption("--sut") is not None or names_the_kit(config) or short_ids(config):
        return True
    return any(is_kit_feature(path) or _is_own(config, path) for path in argument_paths(config))


def is_wanted(config: pytest.Config, path: Path) -> bool:
    """Whether a feature file is to be collected: it, or a folder that has it, is an argument.

    Without `--sut` the argument must be the kit's features folder, or the user's own where a configuration names the
    implementation; other features belong to other step definitions.
    """
    path = path.resolve()
    around = [argument for argument in argument_paths(config) if path.is_relative_to(argument)]
    if config.getoption("--sut") is not None:
        return bool(around)
    return any(is_kit_feature(argument) or _is_own(config, argument) for argument in around)


def _is_own(config: pytest.Config, path: Path) -> bool:
    """Whether an argument names features of the user that are run with the kit's step definitions."""
    if config.getini("billing_tck_sut") and path.suffix == ".feature":
        return True
    if not (config.getini("billing_tck_config") or config.getoption("--sut-config")) and not any(
        (folder / CONFIG).is_file() for folder in (config.invocation_params.dir, config.rootpath)
    ):
        return False
    from billing_tck.pytest_plugin.configuration import own_features  # noqa: PLC0415 - only beside a configuration

    return own_features(config, path)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The short node ids that were arguments; empty where everything is chosen."""

    ids: tuple[str, ...] = ()

    def has(self, nodeid: str) -> bool:
        """Whether an item is one of them or in one of them."""
        return not self.ids or any(_is_in(nodeid, one) for one in self.ids)

    def reaches(self, nodeid: str) -> bool:
        """Whether a file is one of them, or holds some of them."""
        return self.has(nodeid) or any(one.startswith(f"{nodeid}::") for one in self.ids)

    def missing(self, nodeids: Sequence[str]) -> list[str]:
        """Return those that none of the collected items is in."""
        return [one for one in self.ids if not any(_is_in(nodeid, one) for nodeid in nodeids)]


def _is_in(nodeid: str, one: str) -> bool:
    return nodeid == one or nodeid.startswith((f"{one}::", f"{one}[", f"{one}/"))


_CHOSEN = pytest.StashKey[Chosen]()


def chosen(config: pytest.Config) -> Chosen:
    """Return the short node ids that are collected."""
    return config.stash.get(_CHOSEN, Chosen())


def replace_short_ids(config: pytest.Config) -> None:
    """Let pytest collect the kit in place of short node ids, and remember them."""
    ids = short_ids(config)
    if ids:
        whole = names_the_kit(config)
        config.stash[_CHOSEN] = Chosen() if whole else Chosen(tuple(ids))
        config.args[:] = [a for a in config.args if a not in ids] + ([] if whole else [str(KIT)])


def collects_kit(config: pytest.Config) -> bool:
    """Whether the kit's package stands for its features."""
    return bool(config.option.pyargs) or bool(chosen(config).ids)


def node_id(path: Path, config: pytest.Config) -> str | None:
    """Return the short node id of a feature file of the kit; None where pytest's own id can be an argument."""
    for folder in FOLDERS:
        if path.is_relative_to(folder) and (folder.parent == KIT or not folder.is_relative_to(config.rootpath)):
            return PREFIX + path.relative_to(folder).as_posix()
    return None if path.is_relative_to(config.rootpath) else path.as_posix()
