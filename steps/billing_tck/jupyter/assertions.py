"""Assertions for notebooks: print a claim, and fail if it does not hold."""

from __future__ import annotations


def check(said: str, holds: object) -> None:
    """Print `✓` and the sentence if it holds. Raises AssertionError with the sentence otherwise."""
    if not holds:
        raise AssertionError(f"this does not hold: {said}")
    print(f"✓ {said}")
