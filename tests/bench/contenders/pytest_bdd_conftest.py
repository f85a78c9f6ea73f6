"""Plain pytest-bdd: the thirty phrases, and the state of a scenario as a fixture."""

from types import SimpleNamespace

import phrases
import pytest
from pytest_bdd import given, parsers, then, when

DECORATORS = {"given": given, "when": when, "then": then}


@pytest.fixture
def state() -> SimpleNamespace:
    """What one scenario knows."""
    return SimpleNamespace()


for kind, pattern, action in phrases.PHRASES:
    DECORATORS[kind](parsers.parse(pattern))(action)
