"""Completion in a `%%scenario` cell: the steps that continue what is typed, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from billing_tck.jupyter.phrase_ranking import PhraseRanking
from billing_tck.spec.gherkin import Kind
from billing_tck.steps.begun_values import begun
from billing_tck.steps.examples import Part, example, options, parts
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.suggestions import KEYWORDS

_BEGINNINGS: Sequence[str] = ("Scenario: ", "Scenario Outline: ", "Examples:")
MOST = 40
_TELLING = 3  # a shorter word is in too many steps to look for

_STEP = re.compile(r"(\s*)(Given|When|Then|And|But|\*)( +)(.*)")
_KINDS: Mapping[str, Kind] = {"Given": "given", "When": "when", "Then": "then"}


@dataclass(frozen=True, slots=True)
class Completions:
    """Texts that may replace the last `replaced` characters before the cursor."""

    replaced: str
    texts: tuple[str, ...]


def complete(above: Sequence[str], line: str, vocabulary: Vocabulary, ranking: PhraseRanking) -> Completions:
    """Return what may follow in a cell: `above` are the lines before, `line` the cursor's as far as it is typed."""
    step = _STEP.fullmatch(line)
    if step is None:
        typed = line.lstrip()
        return Completions(typed, tuple(w for w in (*(f"{k} " for k in KEYWORDS), *_BEGINNINGS) if w.startswith(typed)))
    keyword, typed = step[2], step[4]
    kind = _KINDS.get(keyword) or _inherited(above)
    return _remaining(typed, ranking.ranked(phrases(kind, typed, vocabulary), above)[:MOST])


def _remaining(typed: str, texts: Sequence[str]) -> Completions:
    """Return only what is still to be typed, where that is all that is missing.

    JupyterLab adds words of the cell to what it is offered, and sorts everything by how well it fits what it replaces:
    a bare word would come first. It keeps the order of texts that replace nothing.
    """
    if all(text.startswith(typed) for text in texts):
        return Completions("", tuple(text.removeprefix(typed) for text in texts if text != typed))
    return Completions(typed, tuple(texts))


def _inherited(above: Sequence[str]) -> Kind | None:
    for line in reversed(above):
        step = _STEP.fullmatch(line)
        if step is not None and step[2] in _KINDS:
            return _KINDS[step[2]]
    return None


def phrases(kind: Kind | None, typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return whole steps that begin with what is typed, or else those with all of its words."""
    patterns = list(dict.fromkeys(d.pattern for d in vocabulary if kind in (None, d.kind)))
    found = dict.fromkeys(text for pattern in patterns for text in continued(pattern, typed, vocabulary))
    if not found:
        words = typed.lower().split()
        if not any(len(word) >= _TELLING for word in words):
            return ()
        samples = (example(pattern, vocabulary) for pattern in patterns)
        found = dict.fromkeys(text for text in samples if all(word in text.lower() for word in words))
    return tuple(found)


def continued(pattern: str, typed: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Return the ways in which a step continues from `typed`, with all choices of its first missing value."""
    yield from _go(parts(pattern), typed, "", vocabulary)


def _go(pieces: Sequence[Part], typed: str, done: str, vocabulary: Vocabulary) -> Iterator[str]:
    if not pieces:
        if not typed:
            yield done
        return
    part, rest = pieces[0], pieces[1:]
    if isinstance(part, str):
        if typed.startswith(part):
            yield from _go(rest, typed[len(part) :], done + part, vocabulary)
        elif part.startswith(typed):
            yield from _offered(pieces, done, vocabulary, choose=True)
        return
    if not typed:
        yield from _offered(pieces, done, vocabulary, choose=True)
        return
    for value in (*begun(part.type, typed), *options(part.type, vocabulary, part.name)):
        if value.startswith(typed) and value != typed:
            yield from _offered(rest, done + value, vocabulary, choose=False)
    for end in _ends(part.type, typed, vocabulary):
        yield from _go(rest, typed[end:], done + typed[:end], vocabulary)


def _ends(type_: str, typed: str, vocabulary: Vocabulary) -> list[int]:
    """Return the longest and the shortest end of a value that is already typed."""
    pattern = getattr(vocabulary.types.get(type_), "pattern", r"\w+" if type_ else r".+?")
    match = re.match(pattern, typed)
    if match is None:
        return []
    if not type_:  # a value of any words reaches as far as it likes
        return [n for n in range(1, len(typed) + 1) if n == len(typed) or typed[n] == " "]
    return [match.end()]


def _offered(pieces: Sequence[Part], done: str, vocabulary: Vocabulary, *, choose: bool) -> Iterator[str]:
    """Return the rest of a step with sample values; with `choose` all choices of its first value."""
    before = done
    for number, part in enumerate(pieces):
        if isinstance(part, str):
            before += part
            continue
        values = options(part.type, vocabulary, part.name)
        for value in values if choose else values[:1]:
            yield from _offered(pieces[number + 1 :], before + value, vocabulary, choose=False)
        return
    yield before
