"""Mutation testing of the code that decides verdicts: `make mutation`."""
