"""Compare the words of two texts, in any order and form; values count as their types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

_STEM, _TYPO, _ANYTHING = 0.7, 0.8, 0.6
_LITTLE: Mapping[str, float] = {
    **dict.fromkeys(("the", "a", "an", "of", "is", "are", "and", "that", "to", "by", "with", "in", "on", "it"), 0.25),
    "organization": 0.4,
    "SPAN": 2.0,
}
SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("customer", "client", "company", "tenant"), "organization"),
    **dict.fromkeys(("gone", "erased", "removed", "lost"), "deleted"),
    **dict.fromkeys(("blocked", "locked", "limited"), "restricted"),
    **dict.fromkeys(("halted", "paused", "suspended"), "stopped"),
    **dict.fromkeys(("ended", "finished", "expired"), "over"),
}


_VALUE = re.compile(
    r"(\$\d[\d,]*(?:\.\d+)?)|(\b\d{1,2} [A-Z][a-z]+ \d{4}(?: at \d\d:\d\d(?::\d\d)?)?)"
    r"|(\b\d[\d,]* (?:second|minute|hour|day|week|month|year)s?\b"
    r"(?:(?: and |, )\d[\d,]* (?:second|minute|hour|day)s?)*)"
    r"|(\b\d+ GiB\b)"
)
_MARKS = ("$", "DAY", "SPAN", "GIB")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, with a mark for each value."""
    marked = _VALUE.sub(lambda found: f" {_MARKS[(found.lastindex or 1) - 1]} ", text)
    found = (word if word in _MARKS else word.lower() for word in re.findall(r"\$|<\w+>|[\w'-]+", marked))
    return tuple(found)


def weight(word: str) -> float:
    """Return how much a word counts."""
    return _LITTLE.get(word, 1.0)


def overlap(words: Sequence[str], others: Sequence[str], likes: Mapping[str, Mapping[str, float]]) -> float:
    """Return the weight of the words that have a match among others, each matched once; the closest pairs first."""
    free = list(others)
    met = 0.0
    rest = []
    for word in words:
        if word in free:
            free.remove(word)
            met += weight(word)
        else:
            rest.append(word)
    for word in rest:
        like = likes[word]
        near = max((other for other in free if other in like), key=lambda other: like[other], default=None)
        if near is not None:
            free.remove(near)
            met += like[near] * min(weight(word), weight(near))
    return met


def likeness(word: str, other: str) -> float:
    """Return how much of a word's weight another word meets, from 0 to 1."""
    if other.startswith("<"):
        return _ANYTHING
    if _stem(word) == _stem(other):
        return _STEM
    if min(len(word), len(other)) <= 2 or 2 * min(len(word), len(other)) < 0.75 * (len(word) + len(other)):
        return 0.0
    ratio = SequenceMatcher(None, word, other).ratio()
    return _TYPO * ratio if ratio >= 0.75 else 0.0


def _stem(word: str) -> str:
    for end in ("ing", "ed", "es", "s"):
        if word.endswith(end) and len(word) > len(end) + 2:
            word = word.removesuffix(end)
            break
    return word[:-1] if len(word) > 3 and (word[-1] == word[-2] or word[-1] == "e") else word
