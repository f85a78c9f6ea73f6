"""Settings for every test."""

import importlib.util
import signal

import pytest

# Started in the background, as some CI does, a process is born deaf to Ctrl-C, and so is all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

TIMEOUT = 120
NEEDED = ("hypothesis", "jsonschema", "nbformat", "pytest_timeout", "xdist")


def pytest_sessionstart() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise pytest.UsageError(
            f"the kit's own tests need {', '.join(missing)}: pip install -e '.[dev,notebooks]'. "
            "The features run without: pytest features/"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A hang is a failure. Not in pyproject.toml: without pytest-timeout the features must run all the same."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT))
