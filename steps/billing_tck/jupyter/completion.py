"""Tab in a `%%scenario` cell: the phrases of the vocabulary that go on from what is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from billing_tck.vocabulary.registry import Kind, Vocabulary

KEYWORDS: Sequence[str] = ("Given", "When", "Then", "And", "But")
HEADINGS: Sequence[str] = ("Scenario: ", "Scenario Outline: ", "Examples:")
MOST = 60
_NEAR = 0.6

# What stands for a value that is no word of a list; each is one of its type.
SAMPLES: Mapping[str, Sequence[str]] = {
    "Instant": ("18 January 2025", "18 January 2025 at 00:00"),
    "Day": ("18 January 2025",),
    "Span": ("17 days", "2 days", "13 days and 23 hours"),
    "Money": ("$120.00",),
    "Gib": ("120 GiB", "124 GiB"),
    "Card": ("approves", "declines", "has expired", "is invalid", "covers up to $1.00"),
    "w": ("storage",),
    "": ("a new organization", "the organization"),
}
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_LIST = re.compile(r"(?:[\w ,'-]|\\.)+(?:\|(?:[\w ,'-]|\\.)+)*")
_STEP = re.compile(r"(\s*)(Given|When|Then|And|But|\*)( +)(.*)")
_KINDS: Mapping[str, Kind] = {"Given": "given", "When": "when", "Then": "then"}


@dataclass(frozen=True, slots=True)
class Completions:
    """What may stand instead of the last `replaced` characters before the cursor."""

    replaced: str
    texts: tuple[str, ...]


def complete(above: Sequence[str], line: str, vocabulary: Vocabulary) -> Completions:
    """What may follow in a cell: `above` are the lines before, `line` is the cursor's as far as it is typed."""
    step = _STEP.fullmatch(line)
    if step is None:
        typed = line.lstrip()
        return Completions(typed, tuple(w for w in (*(f"{k} " for k in KEYWORDS), *HEADINGS) if w.startswith(typed)))
    keyword, typed = step[2], step[4]
    kind = _KINDS.get(keyword) or _inherited(above)
    return Completions(typed, phrases(kind, typed, vocabulary))


def _inherited(above: Sequence[str]) -> Kind | None:
    for line in reversed(above):
        step = _STEP.fullmatch(line)
        if step is not None and step[2] in _KINDS:
            return _KINDS[step[2]]
    return None


def phrases(kind: Kind | None, typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Whole phrases that begin with what is typed; where none does, those that have all of its words."""
    patterns = list(dict.fromkeys(d.pattern for d in vocabulary if kind in (None, d.kind)))
    found = dict.fromkeys(text for pattern in patterns for text in continued(pattern, typed, vocabulary))
    if not found:
        words = typed.lower().split()
        samples = (spoken(pattern, vocabulary) for pattern in patterns)
        found = dict.fromkeys(text for text in samples if all(word in text.lower() for word in words))
    return tuple(found)[:MOST]


def continued(pattern: str, typed: str, vocabulary: Vocabulary) -> Iterator[str]:
    """The ways in which a phrase goes on from `typed`; the first value that is missing in all its choices."""
    yield from _go(_parts(pattern), typed, "", vocabulary)


def spoken(pattern: str, vocabulary: Vocabulary) -> str:
    """A pattern as somebody would write it, with a value of its type in each place."""
    return next(continued(pattern, "", vocabulary))


def nearest(kind: Kind, text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Up to three phrases that come closest to a text, as somebody would write them; of another kind, said with it."""
    own = {s: s for d in vocabulary if d.kind == kind for s in continued(d.pattern, "", vocabulary)}
    others = {
        s: f"{d.kind.capitalize()} {s}"
        for d in vocabulary
        if d.kind != kind
        for s in continued(d.pattern, "", vocabulary)
        if s not in own
    }
    matcher = SequenceMatcher(b=_loosely(text))
    scored: list[tuple[float, str]] = []
    for phrase, said in (own | others).items():
        matcher.set_seq1(_loosely(phrase))
        if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR:
            scored.append((matcher.ratio() - (0.05 if said in others.values() else 0.0), said))
    return tuple(said for ratio, said in sorted(scored, key=lambda pair: (-pair[0], pair[1]))[:3] if ratio >= _NEAR)


def _loosely(text: str) -> str:
    """A text without the values in it, for comparing."""
    return re.sub(r"\$?\d[\d,.]*|\"[^\"]*\"", "…", text).lower()


@dataclass(frozen=True, slots=True)
class _Value:
    """A place in a phrase for a value of a type."""

    type: str


_Part = str | _Value


def _parts(pattern: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    at = 0
    for place in _FIELD.finditer(pattern):
        if place.start() > at:
            parts.append(pattern[at : place.start()])
        parts.append(_Value(place[2] or ""))
        at = place.end()
    return (*parts, pattern[at:]) if at < len(pattern) else tuple(parts)


def _go(parts: Sequence[_Part], typed: str, done: str, vocabulary: Vocabulary) -> Iterator[str]:
    if not parts:
        if not typed:
            yield done
        return
    part, rest = parts[0], parts[1:]
    if isinstance(part, str):
        if typed.startswith(part):
            yield from _go(rest, typed[len(part) :], done + part, vocabulary)
        elif part.startswith(typed):
            yield from _offered(parts, done, vocabulary, choose=not typed)
        return
    if not typed:
        yield from _offered(parts, done, vocabulary, choose=True)
        return
    for value in options(part.type, vocabulary):
        if value.startswith(typed) and value != typed:
            yield from _offered(rest, done + value, vocabulary, choose=False)
    for end in _ends(part.type, typed, vocabulary):
        yield from _go(rest, typed[end:], done + typed[:end], vocabulary)


def _ends(type_: str, typed: str, vocabulary: Vocabulary) -> list[int]:
    """How far a value reaches that is typed already, at its longest and at its shortest."""
    pattern = getattr(vocabulary.types.get(type_), "pattern", r"\w+" if type_ else r".+?")
    match = re.match(pattern, typed)
    if match is None:
        return []
    if not type_:  # a value of any words reaches as far as it likes
        return [n for n in range(1, len(typed) + 1) if n == len(typed) or typed[n] == " "]
    return [match.end()]


def _offered(parts: Sequence[_Part], done: str, vocabulary: Vocabulary, *, choose: bool) -> Iterator[str]:
    """The rest of a phrase with sample values; with `choose` its first value in all its choices."""
    before = done
    for number, part in enumerate(parts):
        if isinstance(part, str):
            before += part
            continue
        values = options(part.type, vocabulary)
        for value in values if choose else values[:1]:
            yield from _offered(parts[number + 1 :], before + value, vocabulary, choose=False)
        return
    yield before


def options(type_: str, vocabulary: Vocabulary) -> Sequence[str]:
    """What may be offered for a value of a type: all of its words, or samples."""
    if type_ in SAMPLES:
        return SAMPLES[type_]
    pattern = getattr(vocabulary.types.get(type_), "pattern", "")
    if not _LIST.fullmatch(pattern):
        return (f"<{type_.lower()}>",)
    return sorted(re.sub(r"\\(.)", r"\1", word) for word in pattern.split("|"))
