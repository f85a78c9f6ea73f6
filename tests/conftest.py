"""Settings for every test."""

import importlib.util
import os
import signal
from collections.abc import Iterator

import pytest

# A process that CI starts in the background ignores Ctrl-C, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)

TIMEOUT = 120
SLOW_TIMEOUT = 1800  # tests that take half a minute alone take several on a busy machine
NEEDED = ("hypothesis", "jsonschema", "nbformat", "pytest_cov", "pytest_timeout", "xdist")


def pytest_sessionstart() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise pytest.UsageError(
            f"the kit's own tests need {', '.join(missing)}: pip install -e '.[dev,notebooks]'. "
            "The features run without: pytest features/"
        )
    from hypothesis import settings  # noqa: PLC0415 - checked above

    settings.register_profile("any machine", deadline=None)  # a busy machine is not a failure
    settings.load_profile("any machine")


LONGEST = tuple(f"test_{name}" for name in ("selftest", "explorer", "notebooks", "corpus", "connection"))
"""Files that begin first, so that the last one does not keep one process busy while the other waits."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A hang is a failure. Not in pyproject.toml: without pytest-timeout the features must run all the same."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT if item.get_closest_marker("slow") else TIMEOUT))
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(autouse=True, scope="session")
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what runs remember (for --last-failed) out of the user's own cache."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before
