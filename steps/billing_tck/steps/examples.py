"""Step definitions as examples: each pattern with sample values, and the other values that it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing_tck.steps.registry import Vocabulary

# Sample values of the types that are not lists of words.
SAMPLES: Mapping[str, Sequence[str]] = {
    "Instant": ("18 January 2025", "18 January 2025 at 00:00"),
    "Day": ("18 January 2025",),
    "Span": ("17 days", "2 days", "13 days and 23 hours"),
    "Money": ("$120.00",),
    "Gib": ("120 GiB", "124 GiB"),
    "Card": ("will be approved", "will be declined", "has expired", "is invalid", "covers up to $1.00"),
    "w": ("storage",),
    "d": ("3",),
}
_NAMED: Mapping[str, Sequence[str]] = {"organization": ("a new organization", "the organization"), "order": ("PO-1",)}
_ORDER = ("Given", "Given or When", "When or Given", "When", "Then")
TYPES_OF_VALUES = ("Money", "Span", "Instant", "Day", "Gib", "d")
_LAST = ("deleted", "none")  # of the states, the rarest to be meant
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_LIST = re.compile(r"(?:[\w ,'-]|\\.)+(?:\|(?:[\w ,'-]|\\.)+)*")


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a phrase for a value: its name and its type, which is empty if any text fits."""

    name: str
    type: str


Part = str | Field


def parts(pattern: str) -> tuple[Part, ...]:
    """Return the words of a pattern and the fields between them."""
    found: list[Part] = []
    at = 0
    for place in _FIELD.finditer(pattern):
        if place.start() > at:
            found.append(pattern[at : place.start()])
        found.append(Field(place[1], place[2] or ""))
        at = place.end()
    return (*found, pattern[at:]) if at < len(pattern) else tuple(found)


def options(type_: str, vocabulary: Vocabulary, name: str = "") -> Sequence[str]:
    """Return what can be offered for a value of a type: all of its words, or samples."""
    if type_ in SAMPLES:
        return SAMPLES[type_]
    if not type_:
        return _NAMED.get(name, (f"<{name}>",))
    pattern = getattr(vocabulary.types.get(type_), "pattern", "")
    if not _LIST.fullmatch(pattern):
        return (f"<{type_.lower()}>",)
    words = (re.sub(r"\\(.)", r"\1", word) for word in pattern.split("|"))
    return sorted(words, key=lambda word: (word.endswith(_LAST), word))


def example(pattern: str, vocabulary: Vocabulary) -> str:
    """Return a pattern with a sample value in each field."""
    return "".join(p if isinstance(p, str) else options(p.type, vocabulary, p.name)[0] for p in parts(pattern))


def examples(pattern: str, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]]:
    """Return a pattern with a sample value in each field, and the other words that its fields take."""
    places = [part for part in parts(pattern) if isinstance(part, Field)]
    others = (options(place.type, vocabulary, place.name)[1:] for place in places if place.type not in TYPES_OF_VALUES)
    return example(pattern, vocabulary), tuple(dict.fromkeys(word for words in others for word in words))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase: the keywords that it can follow, an example, and the other values of its fields."""

    kind: str
    example: str
    others: tuple[str, ...]

    @property
    def searched(self) -> str:
        """All of its words, to search in."""
        return " ".join([self.kind, self.example, *self.others]).lower()


def phrases(vocabulary: Vocabulary, words: Sequence[str] = ()) -> tuple[Phrase, ...]:
    """Return the phrases that contain all of these words, those of a Given first; all phrases if no word is given."""
    found: dict[str, list[str]] = {}
    for definition in vocabulary:
        found.setdefault(definition.pattern, []).append(definition.kind.capitalize())
    every = (Phrase(" or ".join(kinds), *examples(pattern, vocabulary)) for pattern, kinds in found.items())
    chosen = [phrase for phrase in every if all(word.lower() in phrase.searched for word in words)]
    return tuple(sorted(chosen, key=lambda phrase: _ORDER.index(phrase.kind)))
