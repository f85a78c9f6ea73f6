"""Suggest replacements for an undefined step: whole sentences, the best first, and hints about its values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import product

from billing_tck.spec.gherkin import Kind
from billing_tck.steps.examples import TYPES_OF_VALUES, Part, options, parts, phrases
from billing_tck.steps.parameter_types import MONTHS, ORGANIZATIONS
from billing_tck.steps.registry import KINDS, StepArgumentError, Vocabulary, VocabularyError
from billing_tck.steps.value_hints import corrected
from billing_tck.steps.word_similarity import SYNONYMS, likeness, overlap, weight, words_of
from billing_tck.text.did_you_mean import nearest

MOST = 3
_NAME = re.compile(r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)*\b")
_NEAR = 0.5
_OF_BEST = 0.8  # a suggestion that is much worse than the best is left out
_OTHER_KIND = 0.93

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


def nearest_keyword(word: str) -> str | None:
    """Return the keyword of a step that a mistyped word may have been."""
    return next(iter(nearest(word.capitalize(), KEYWORDS, count=1, cutoff=0.6)), None)


def nearest_heading(line: str) -> str | None:
    """Return the keyword, of those before a colon, that a mistyped line may begin with."""
    heading, colon, _ = line.partition(":")
    return next(iter(nearest(heading.strip().title(), HEADINGS, count=1, cutoff=0.75)), None) if colon else None


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: Kind
    pattern: str
    pieces: tuple[Part, ...]  # a Field that is left takes a value of the text
    words: tuple[str, ...]
    weight: float


class Suggester:
    """Suggests the step definitions of a vocabulary; it prepares their words at the first use."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._likeness: dict[str, dict[str, float]] = {}

    def suggest(self, kind: Kind | None, text: str) -> Suggestion:
        """Suggest replacements for a text that no step definition of its kind matches; None is any kind."""
        corrected_text, hints = corrected(text)
        hints += [] if hints else self._names(text)
        fitting = [k for k in KINDS if _fits(k, corrected_text, self.vocabulary, hints)]
        if kind in fitting:
            return Suggestion((corrected_text,) if corrected_text != text else (), tuple(dict.fromkeys(hints)))
        if fitting:
            if kind is not None:
                words = [k.capitalize() for k in fitting]
                exists = " and as a ".join(words)
                hints.append(f"it is defined as a {exists}; begin the line with {' or '.join(words)}")
            return Suggestion(tuple(f"{k.capitalize()} {corrected_text}" for k in fitting), tuple(dict.fromkeys(hints)))
        return Suggestion(self._nearest(kind, corrected_text), tuple(dict.fromkeys(hints)))

    def _names(self, text: str) -> Iterator[str]:
        """Yield a hint for each name that steps do not take: the names of organizations are fixed."""
        for name in dict.fromkeys(_NAME.findall(text)):
            if self._capitalized.isdisjoint(name.split()):
                yield f"the names of organizations are fixed: write '{ORGANIZATIONS[0]}' for '{name}'"

    @cached_property
    def _capitalized(self) -> frozenset[str]:
        """The words of step definitions and of their values that begin with a capital."""
        texts = (" ".join((p.example, *p.others)) for p in phrases(self.vocabulary))
        return frozenset(word for text in texts for word in re.findall(r"[A-Z]\w*", text)) | {*MONTHS, *KEYWORDS}

    def _nearest(self, kind: Kind | None, text: str) -> tuple[str, ...]:
        best = self._best(kind, text)
        if not best:
            return ()
        highest = max(score for score, _ in best.values())
        scored = []
        for score, candidate in best.values():
            if score >= _OF_BEST * highest:
                sentence = _filled(candidate.pieces, text, self.vocabulary)
                named = f"{candidate.kind.capitalize()} {sentence}" if kind != candidate.kind else sentence
                scored.append((-round(score, 3), -_alike(sentence, text), named))
        return tuple(named for _, _, named in sorted(scored)[:MOST])

    def _best(self, kind: Kind | None, text: str) -> dict[str, tuple[float, _Candidate]]:
        """Return the best score of each pattern that is near enough, with its candidate."""
        words = tuple(SYNONYMS.get(word, word) for word in words_of(text))
        whole = sum(map(weight, words))
        likes = {word: self._similar(word) for word in words}
        best: dict[str, tuple[float, _Candidate]] = {}
        for candidate in self._candidates:
            met = overlap(words, candidate.words, likes)
            score = 0.65 * met / whole + 0.35 * met / candidate.weight if met else 0.0
            score *= _OTHER_KIND if kind not in (None, candidate.kind) else 1.0
            if score > _NEAR and (candidate.pattern not in best or score > best[candidate.pattern][0]):
                best[candidate.pattern] = (score, candidate)
        return best

    def _similar(self, word: str) -> dict[str, float]:
        """Return the known words that resemble a word, each with its likeness."""
        if word not in self._likeness:
            likes = {other: likeness(word, other) for other in self._known_words}
            self._likeness[word] = {other: like for other, like in likes.items() if like}
        return self._likeness[word]

    @cached_property
    def _known_words(self) -> frozenset[str]:
        return frozenset(word for candidate in self._candidates for word in candidate.words)

    @cached_property
    def _candidates(self) -> tuple[_Candidate, ...]:
        """Every phrase with each combination of its words."""
        found = []
        for definition in self.vocabulary:
            for pieces in product(*self._choices(definition.pattern)):
                words = words_of("".join(map(self._sample, pieces)))
                found.append(
                    _Candidate(definition.kind, definition.pattern, pieces, words, sum(map(weight, words)) or 1.0)
                )
        return tuple(found)

    def _choices(self, pattern: str) -> Iterator[Sequence[Part]]:
        for part in parts(pattern):
            is_fixed = isinstance(part, str) or part.type in TYPES_OF_VALUES
            yield (part,) if is_fixed or isinstance(part, str) else options(part.type, self.vocabulary, part.name)

    def _sample(self, piece: Part) -> str:
        return piece if isinstance(piece, str) else options(piece.type, self.vocabulary, piece.name)[0]


def suggest(kind: Kind | None, text: str, vocabulary: Vocabulary) -> Suggestion:
    """Suggest replacements for one text; use a `Suggester` for several."""
    return Suggester(vocabulary).suggest(kind, text)


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


def _alike(sentence: str, text: str) -> float:
    return SequenceMatcher(None, sentence.lower(), text.lower()).ratio()
