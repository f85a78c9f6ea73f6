"""What a notebook claims of what it shows: said in a sentence, and looked after."""

from __future__ import annotations


def check(said: str, holds: object) -> None:
    """Prints `✓` and the sentence where it holds; AssertionError with the sentence where it does not."""
    if not holds:
        raise AssertionError(f"this does not hold: {said}")
    print(f"✓ {said}")
