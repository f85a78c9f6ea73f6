"""behave: the thirty phrases; its context is the state of a scenario."""

import phrases
from behave import given, then, when

DECORATORS = {"given": given, "when": when, "then": then}

for kind, pattern, action in phrases.PHRASES:
    DECORATORS[kind](pattern)(action)
