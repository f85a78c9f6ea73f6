"""Plain pytest-bdd: all scenarios of the features."""

from pytest_bdd import scenarios

scenarios("features")
