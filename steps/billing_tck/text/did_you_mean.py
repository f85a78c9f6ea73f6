"""Suggest the known word that a mistyped one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable

MOST_LISTED = 30


def nearest(word: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.5) -> tuple[str, ...]:
    """Return the known words that are most like `word`, the best first."""
    import difflib  # noqa: PLC0415 - only for a word that is wrong

    return tuple(difflib.get_close_matches(word, list(dict.fromkeys(known)), count, cutoff))


def did_you_mean(word: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.5) -> str:
    """Return `did you mean X?`, or the known words where none is like `word`."""
    words = list(dict.fromkeys(known))
    found = nearest(word, words, count=count, cutoff=cutoff)
    if found:
        *others, last = found
        return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"
    if not words:
        return "there are none"
    more = f" and {len(words) - MOST_LISTED} more" if len(words) > MOST_LISTED else ""
    return f"expected one of {', '.join(words[:MOST_LISTED])}{more}" if len(words) > 1 else f"expected {words[0]}"
