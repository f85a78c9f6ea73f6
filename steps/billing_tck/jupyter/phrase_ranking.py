"""Order the completions of a step by what the cell says so far: steps that the kit's scenarios use together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log

from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.registry import KINDS, Vocabulary, VocabularyError
from billing_tck.steps.word_similarity import weight, words_of

_STEP = re.compile(r"\s*(?:Given|When|Then|And|But|\*) +(.*\S)\s*")
_ANY = 0.1  # what a scenario counts that shares nothing with the cell
_SAID = 2  # how much a word of the cell counts in a step
_AGAIN = 0.3  # of the weight of a step that the cell has not yet
_OTHER = re.compile(r"\bother\b")


class PhraseRanking:
    """Ranks steps by how often scenarios use them together with the steps of a cell."""

    def __init__(self, scenarios: Iterable[Scenario], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._used = [
            frozenset(pattern for step in scenario.steps if (pattern := self._pattern(step.text)))
            for scenario in scenarios
        ]
        self._count = Counter(pattern for used in self._used for pattern in used)

    def ranked(self, texts: Sequence[str], above: Sequence[str]) -> tuple[str, ...]:
        """Return steps in their order: the likeliest first; those about a name that the cell does not use come last."""
        said = {found[1] for line in above if (found := _STEP.fullmatch(line))}
        patterns = {pattern for text in said if (pattern := self._pattern(text))}
        weights = [_ANY + sum(map(self._rarity, used & patterns)) for used in self._used]
        by_pattern: defaultdict[str, float] = defaultdict(float)
        for used, counts in zip(self._used, weights, strict=True):
            for pattern in used:
                by_pattern[pattern] += counts * (_AGAIN if pattern in patterns else 1)
        named = any(_OTHER.search(line) for line in above)
        words = {word for text in said for word in words_of(text)}

        def place(text: str) -> tuple[bool, float, str]:
            pattern = self._pattern(text) or ""
            shared = 1 + _SAID * sum(weight(word) == 1 for word in words.intersection(words_of(pattern)))
            foreign = bool(_OTHER.search(text)) and not named
            return foreign, -by_pattern[pattern] * shared, pattern

        return tuple(sorted(texts, key=place))

    def _rarity(self, pattern: str) -> float:
        return log(1 + len(self._used) / self._count[pattern])

    def _pattern(self, text: str) -> str | None:
        for kind in KINDS:
            try:
                return self._vocabulary.find(kind, text).definition.pattern
            except VocabularyError:
                continue
        return None
