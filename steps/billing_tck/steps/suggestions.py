"""Suggest replacements for an undefined step: whole sentences, the best first, and hints about its values.

Words are compared in any order and form; values are taken from the text where it has them. Longer than
other modules: the parts of the score are one algorithm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import product

from billing_tck.spec.gherkin import Kind
from billing_tck.steps.registry import KINDS, StepArgumentError, Vocabulary, VocabularyError
from billing_tck.steps.value_hints import corrected
from billing_tck.text.did_you_mean import nearest

MOST = 3
_NEAR = 0.5
_OF_BEST = 0.8  # a suggestion that is much worse than the best is left out
_OTHER_KIND = 0.93
_STEM, _TYPO, _ANYTHING = 0.7, 0.8, 0.6
_LITTLE: Mapping[str, float] = {
    **dict.fromkeys(("the", "a", "an", "of", "is", "are", "and", "that", "to", "by", "with", "in", "on", "it"), 0.25),
    "organization": 0.4,
    "SPAN": 2.0,
}
_MEANS: Mapping[str, str] = {
    **dict.fromkeys(("customer", "client", "company", "tenant"), "organization"),
    **dict.fromkeys(("gone", "erased", "removed", "lost"), "deleted"),
    **dict.fromkeys(("blocked", "locked", "limited"), "restricted"),
    **dict.fromkeys(("halted", "paused", "suspended"), "stopped"),
    **dict.fromkeys(("ended", "finished", "expired"), "over"),
}

KEYWORDS: Sequence[str] = ("Given", "When", "Then", "And", "But")
HEADINGS: Sequence[str] = (
    "Scenario",
    "Scenario Outline",
    "Examples",
    "Background",
    "Rule",
    "Feature",
    "Scenario Template",
    "Example",
)

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
_VALUES = ("Money", "Span", "Instant", "Day", "Gib", "d")
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_LIST = re.compile(r"(?:[\w ,'-]|\\.)+(?:\|(?:[\w ,'-]|\\.)+)*")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replacements for a step, with their keyword if it differs, and problems of its values."""

    sentences: tuple[str, ...]
    hints: tuple[str, ...] = ()

    @property
    def fix(self) -> str:
        """The problems of its values as sentences; without suggestions, where to find all step definitions."""
        sentences = [hint[0].upper() + hint[1:] for hint in self.hints]
        return ". ".join(sentences) or ("" if self.sentences else "`billing-tck steps` lists all step definitions")


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a phrase for a value: its name and its type, which is empty if any text fits."""

    name: str
    type: str


Part = str | Field


def nearest_keyword(word: str) -> str | None:
    """Return the keyword of a step that a mistyped word may have been."""
    return next(iter(nearest(word.capitalize(), KEYWORDS, count=1, cutoff=0.6)), None)


def nearest_heading(line: str) -> str | None:
    """Return the keyword, of those before a colon, that a mistyped line may begin with."""
    heading, colon, _ = line.partition(":")
    return next(iter(nearest(heading.strip().title(), HEADINGS, count=1, cutoff=0.75)), None) if colon else None


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
    return sorted(re.sub(r"\\(.)", r"\1", word) for word in pattern.split("|"))


def example(pattern: str, vocabulary: Vocabulary) -> str:
    """Return a pattern with a sample value in each field."""
    return "".join(p if isinstance(p, str) else options(p.type, vocabulary, p.name)[0] for p in parts(pattern))


def examples(pattern: str, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]]:
    """Return a pattern with a sample value in each field, and the other words that its fields take."""
    places = [part for part in parts(pattern) if isinstance(part, Field)]
    others = (options(place.type, vocabulary, place.name)[1:] for place in places if place.type not in _VALUES)
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


def suggest(kind: Kind | None, text: str, vocabulary: Vocabulary) -> Suggestion:
    """Suggest replacements for a text that no step definition of its kind matches; None is any kind."""
    corrected_text, hints = corrected(text)
    fitting = [k for k in KINDS if _fits(k, corrected_text, vocabulary, hints)]
    if kind in fitting:
        return Suggestion((corrected_text,) if corrected_text != text else (), tuple(dict.fromkeys(hints)))
    if fitting:
        if kind is not None:
            words = [k.capitalize() for k in fitting]
            exists = " and as a ".join(words)
            hints.append(f"it is defined as a {exists}; begin the line with {' or '.join(words)}")
        return Suggestion(tuple(f"{k.capitalize()} {corrected_text}" for k in fitting), tuple(dict.fromkeys(hints)))
    return Suggestion(_nearest(kind, corrected_text, vocabulary, len(vocabulary)), tuple(dict.fromkeys(hints)))


def _fits(kind: Kind, text: str, vocabulary: Vocabulary, hints: list[str]) -> bool:
    try:
        vocabulary.find(kind, text)
    except StepArgumentError as error:
        hint = str(error.__cause__ or error)
        hints += [hint] if hint not in hints else []
        return False
    except VocabularyError:
        return False
    return True


# The nearest phrases


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: Kind
    pattern: str
    pieces: tuple[Part, ...]  # a Field that is left takes a value of the text
    words: tuple[str, ...]
    weight: float


@lru_cache(maxsize=512)
def _nearest(kind: Kind | None, text: str, vocabulary: Vocabulary, size: int) -> tuple[str, ...]:
    words = tuple(_MEANS.get(word, word) for word in _words(text))
    whole = sum(map(_weight, words))
    known = {word for candidate in _candidates(vocabulary, size) for word in candidate.words}
    likes = {word: {other: like for other in known if (like := _like(word, other))} for word in words}
    best: dict[str, tuple[float, _Candidate]] = {}
    for candidate in _candidates(vocabulary, size):
        met = _met(words, candidate.words, likes)
        score = 0.65 * met / whole + 0.35 * met / candidate.weight if met else 0.0
        score *= _OTHER_KIND if kind not in (None, candidate.kind) else 1.0
        if score > _NEAR and (candidate.pattern not in best or score > best[candidate.pattern][0]):
            best[candidate.pattern] = (score, candidate)
    if not best:
        return ()
    highest = max(score for score, _ in best.values())
    scored = []
    for score, candidate in best.values():
        if score >= _OF_BEST * highest:
            sentence = _filled(candidate.pieces, text, vocabulary)
            named = f"{candidate.kind.capitalize()} {sentence}" if kind != candidate.kind else sentence
            scored.append((-round(score, 3), -_alike(sentence, text), named))
    return tuple(named for _, _, named in sorted(scored)[:MOST])


@lru_cache(maxsize=4)
def _candidates(vocabulary: Vocabulary, size: int) -> tuple[_Candidate, ...]:
    """Return every phrase with each combination of its words; `size` changes when phrases are added."""
    del size
    found = []
    for definition in vocabulary:
        choices: list[Sequence[Part]] = []
        for part in parts(definition.pattern):
            if isinstance(part, str) or part.type in _VALUES:
                choices.append((part,))
            else:
                choices.append(tuple(options(part.type, vocabulary, part.name)))
        for pieces in product(*choices):
            shown = "".join(p if isinstance(p, str) else options(p.type, vocabulary, p.name)[0] for p in pieces)
            words = _words(shown)
            found.append(
                _Candidate(definition.kind, definition.pattern, pieces, words, sum(map(_weight, words)) or 1.0)
            )
    return tuple(found)


def _filled(pieces: Sequence[Part], text: str, vocabulary: Vocabulary) -> str:
    """Return a phrase with the values of a text, each used once, and samples for missing values."""
    left = text
    filled = []
    for piece in pieces:
        if isinstance(piece, str):
            filled.append(piece)
            continue
        value = next((v for v in _values(piece.type, left, vocabulary)), None)
        if value is not None:
            left = left.replace(value, " ", 1)
        filled.append(value or options(piece.type, vocabulary, piece.name)[0])
    return _PASSES.sub(lambda found: found[1] + (" passes" if found[2] == "1" else " pass"), "".join(filled))


_PASSES = re.compile(r"^(([\d,]+) \w+) pass(?:es)?$")


def _values(type_: str, text: str, vocabulary: Vocabulary) -> Iterator[str]:
    converter = vocabulary.types.get(type_)
    pattern = getattr(converter, "pattern", r"\d+")
    for found in re.finditer(pattern, text):
        try:
            if converter is not None:
                converter(found[0])
        except (ValueError, LookupError):
            continue
        yield found[0]


_VALUE = re.compile(
    r"(\$\d[\d,]*(?:\.\d+)?)|(\b\d{1,2} [A-Z][a-z]+ \d{4}(?: at \d\d:\d\d(?::\d\d)?)?)"
    r"|(\b\d[\d,]* (?:second|minute|hour|day|week|month|year)s?\b"
    r"(?:(?: and |, )\d[\d,]* (?:second|minute|hour|day)s?)*)"
    r"|(\b\d+ GiB\b)"
)
_MARKS = ("$", "DAY", "SPAN", "GIB")


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, with a mark for each value."""
    marked = _VALUE.sub(lambda found: f" {_MARKS[(found.lastindex or 1) - 1]} ", text)
    found = (word if word in _MARKS else word.lower() for word in re.findall(r"\$|<\w+>|[\w'-]+", marked))
    return tuple(found)


def _weight(word: str) -> float:
    return _LITTLE.get(word, 1.0)


def _met(words: Sequence[str], others: Sequence[str], likes: Mapping[str, Mapping[str, float]]) -> float:
    """Return the weight of the words that have a match among others, each matched once; the closest pairs first."""
    free = list(others)
    met = 0.0
    rest = []
    for word in words:
        if word in free:
            free.remove(word)
            met += _weight(word)
        else:
            rest.append(word)
    for word in rest:
        like = likes[word]
        near = max((other for other in free if other in like), key=lambda other: like[other], default=None)
        if near is not None:
            free.remove(near)
            met += like[near] * min(_weight(word), _weight(near))
    return met


@cache
def _like(word: str, other: str) -> float:
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


def _alike(sentence: str, text: str) -> float:
    return SequenceMatcher(None, sentence.lower(), text.lower()).ratio()
