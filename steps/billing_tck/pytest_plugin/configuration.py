"""What a pytest run is asked to do with the kit's features: which implementation, and where that is configured.

An option wins over the ini file of pytest, that over `billing-tck.toml`, and that over the default: the reference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from billing_tck.config import FILE, Config, InvalidConfig, KnownDeviationEntry, find_config, load_config
from billing_tck.connect import open_driver
from billing_tck.connection import CALL_TIMEOUT, WORKER, Connection, Timeouts, options_of
from billing_tck.errors import KitError, UsageError
from billing_tck.pytest_plugin.request import argument_paths
from billing_tck.results.header import utc_now
from billing_tck.spec.selection import Selection
from billing_tck.spec.suite import features_dir
from billing_tck.sut import LOCAL_URL, PORT, InvalidSutSpec, is_url
from billing_tck.version import __version__

DEFAULT = "reference"


@dataclass(frozen=True, slots=True)
class Settings:
    """The implementation of a pytest run, and what its configuration says of it.

    `sut` is that of this process; `suts` has several where each worker has a server. `source` says where they are
    configured, `config` is the content of `billing-tck.toml`.
    """

    sut: str
    suts: tuple[str, ...]
    source: str
    connection: Connection = field(default_factory=Connection)
    config: Config = field(default_factory=Config)
    selection: Selection = field(default_factory=Selection)
    started: datetime = field(default_factory=utc_now)

    @property
    def known(self) -> tuple[KnownDeviationEntry, ...]:
        """The entries for known deviations."""
        return self.config.known

    @property
    def features(self) -> Path | None:
        """The features to run in place of the kit's."""
        return _features(self.config)

    @property
    def repeated_options(self) -> tuple[str, ...]:
        """The arguments of `billing-tck run` that the repetition of a scenario needs beside `--sut`."""
        file, timeout = self.config.path, self.connection.timeouts.call
        found = file is None or (Path(FILE).exists() and file.samefile(FILE))
        in_file = self.config.options.connection.connection.timeouts.call
        own = Connection(Timeouts(timeout if timeout != in_file else CALL_TIMEOUT))
        return (*(() if found else ("--config", str(file))), *options_of(own))

    @property
    def named(self) -> str:
        """The implementation, and where it is configured."""
        return f"{', '.join(self.suts)} ({self.source})"

    def header(self) -> list[str]:
        """Return the lines that pytest prints before it collects anything."""
        lines = [f"billing-tck: {__version__}, implementation: {self.named}"]
        timeout = self.connection.timeouts.call
        more = [f"timeout: {timeout:g} s"] if timeout != CALL_TIMEOUT else []
        more += [f"sends: {', '.join(self.connection.variables)}"] if self.connection.variables else []
        more += [f"selection: {self.selection}"] if self.selection != Selection() else []
        more += [f"known deviations: {len(self.known)}"] if self.known else []
        return [*lines, f"billing-tck: {', '.join(more)}"] if more else lines


_SETTINGS = pytest.StashKey[Settings]()
_CONTENT = pytest.StashKey[Config]()


def settings_of(config: pytest.Config) -> Settings:
    """Return the settings of a pytest run, which are read once. Raises pytest.UsageError."""
    if _SETTINGS not in config.stash:
        settings = _read(config)
        _refuse_shared_server(config, settings.suts)
        _check(settings)
        config.stash[_SETTINGS] = settings
    return config.stash[_SETTINGS]


def own_features(config: pytest.Config, path: Path) -> bool:
    """Whether an argument names features of the user, by the configuration: its `features`, or a file."""
    try:
        content = _content(config)
    except pytest.UsageError:
        return path.suffix == ".feature"  # then the run ends with the error
    features, given = _features(content), content.options
    if features is not None and path.is_relative_to(features.resolve()):
        return True
    return bool(given.sut) and path.suffix == ".feature"


def _content(config: pytest.Config) -> Config:
    """Return what `billing-tck.toml` says: the file that is named, or that of the current directory or rootdir."""
    if _CONTENT not in config.stash:
        given = config.getoption("--sut-config") or config.getini("billing_tck_config")
        path = find_config(Path(given) if given else None, (Path(), config.rootpath))
        try:
            config.stash[_CONTENT] = load_config(path, utc_now().date())
        except InvalidConfig as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_CONTENT]


def _features(content: Config) -> Path | None:
    features, file = content.options.features, content.path
    return features if features is None or file is None else file.parent / features


def _read(config: pytest.Config) -> Settings:
    if hasattr(config, "workerinput"):  # as a worker of `billing-tck run`, for what the kit starts
        os.environ[WORKER] = str(_worker(config) + 1)
    content = _content(config)
    given = content.options
    suts, source = _implementation(config, content)
    connection = given.connection.connection
    if timeout := config.getoption("--sut-timeout") or _ini_timeout(config):
        connection = replace(connection, timeouts=replace(connection.timeouts, call=timeout))
    selection = Selection(given.family, given.clause, given.part, given.scenario, given.name, given.tag)
    sut = suts[_worker(config) % len(suts)]
    return Settings(sut, suts, source, connection, content, Selection() if _selects(config) else selection)


def _implementation(config: pytest.Config, content: Config) -> tuple[tuple[str, ...], str]:
    """Return what to run against, and where that is configured."""
    if option := config.getoption("--sut"):
        return tuple(option), "--sut"
    if ini := config.getini("billing_tck_sut"):
        return (ini,), f"billing_tck_sut in {_shown(config, config.inipath)}"
    if content.options.sut:
        return content.options.sut, _shown(config, content.path)
    if content.options.connection.start is not None:
        return (LOCAL_URL,), _shown(config, content.path)
    if content.path is None:
        _refuse_other_configuration(config)
    return (DEFAULT,), "the default: no --sut is given"


def _ini_timeout(config: pytest.Config) -> float | None:
    text = config.getini("billing_tck_timeout")
    try:
        return float(text) if text else None
    except ValueError:
        raise pytest.UsageError(
            f"billing_tck_timeout in {_shown(config, config.inipath)}: expected seconds, got {text!r}"
        ) from None


def _shown(config: pytest.Config, path: Path | None) -> str:
    if path is None:
        return "the ini file"
    here = config.invocation_params.dir
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _selects(config: pytest.Config) -> bool:
    """Whether the command line selects scenarios: then the selection of the file is ignored as a whole."""
    by_name = any("::" in argument or ".feature" in argument for argument in config.invocation_params.args)
    return bool(config.getoption("markexpr") or config.getoption("keyword")) or by_name


def _refuse_other_configuration(config: pytest.Config) -> None:
    """Raise UsageError where a `billing-tck.toml` that is not read names an implementation."""
    for file in _other_files(config):
        try:
            given = load_config(file, utc_now().date()).options
        except InvalidConfig as error:
            raise pytest.UsageError(str(error)) from None
        named = given.sut[0] if given.sut else given.connection.start
        if named:
            raise pytest.UsageError(
                f"{file} names the implementation {named!r}, but is not read from {config.invocation_params.dir}. "
                f"Add --sut-config {file}, or name another implementation with --sut SPEC (--sut {DEFAULT} runs "
                "against the kit's own)"
            )


def _other_files(config: pytest.Config) -> Iterator[Path]:
    """Yield each `billing-tck.toml` above the current directory, pytest's rootdir and the arguments."""
    seen: set[Path] = set()
    for start in (config.invocation_params.dir, config.rootpath, *argument_paths(config)):
        for folder in (start, *start.parents):
            if folder not in seen:
                seen.add(folder)
                if (folder / FILE).is_file():
                    yield folder / FILE


def _check(settings: Settings) -> None:
    try:
        features_dir()
    except KitError as error:
        raise pytest.UsageError(str(error)) from None
    try:
        open_driver(settings.sut, connection=settings.connection).close()
    except (InvalidSutSpec, UsageError) as error:
        raise pytest.UsageError(str(error)) from None


def _refuse_shared_server(config: pytest.Config, suts: tuple[str, ...]) -> None:
    """Raise UsageError where several workers, or no sockets at all, meet one server."""
    servers = [sut for sut in suts if is_url(sut)]
    if len(suts) > max(len(servers), 1):
        raise pytest.UsageError(
            "several --sut are for URLs, one for each worker; the kit starts other implementations itself"
        )
    if not servers:
        return
    workers = _workers(config)
    if workers > len(set(suts)) and PORT not in suts[0]:
        raise pytest.UsageError(
            f"-n {workers} is for implementations that the kit starts itself; one over http has one clock. "
            "Run without -n, or give one URL for each worker"
        )
    if config.getoption("--disable-socket", False) and not config.getoption("--allow-hosts", None):
        raise pytest.UsageError(f"--disable-socket forbids the connection to {suts[0]}; add --allow-hosts 127.0.0.1")


def _worker(config: pytest.Config) -> int:
    """Return the number of this process among the workers of pytest-xdist, from 0."""
    name = config.workerinput["workerid"] if hasattr(config, "workerinput") else ""
    return int(name.removeprefix("gw")) if name.removeprefix("gw").isdigit() else 0


def _workers(config: pytest.Config) -> int:
    """Return how many processes of pytest-xdist run the tests."""
    if hasattr(config, "workerinput"):
        return int(config.workerinput["workercount"])
    if config.getoption("dist", "no") == "no" or config.getoption("usepdb", False):
        return 1
    specs = config.getoption("tx", None) or []
    return sum(int(count) if star and count.isdigit() else 1 for count, star, _ in (s.partition("*") for s in specs))
