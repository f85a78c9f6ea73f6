"""The pattern of a step definition: literal text, and fields as `{name}` or `{name:Type}`, of the `parse` library.

A pattern is compiled when a text may fit it: a run needs some of the kit's patterns, and compiling one takes as long as
matching ten texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import parse  # type: ignore[import-untyped]

PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_BRACES = re.compile(r"[{}]")


class Pattern:
    """One pattern; `types` are the converters that it may name. Raises ValueError if it is broken."""

    __slots__ = ("_kinds", "_parser", "_types", "fields", "pieces", "text")

    def __init__(self, text: str, types: Mapping[str, Callable[[str], object]]) -> None:
        self.text = text
        self._types = types
        self._parser: parse.Parser | None = None
        self.pieces = PLACEHOLDER.split(text)[::3]
        """The literal texts around the fields, in order, one more than fields."""
        self._kinds = dict(PLACEHOLDER.findall(text))
        self.fields = tuple(field for field, _ in PLACEHOLDER.findall(text))
        if not self._is_plain():
            self.fields = tuple(self.parser.named_fields)

    def _is_plain(self) -> bool:
        """Whether it surely compiles, and has the fields that were read here."""
        known = all(kind in ("", "d", "g", "w") or kind in self._types for kind in self._kinds.values())
        return known and len(set(self.fields)) == len(self.fields) and not _BRACES.search("".join(self.pieces))

    @property
    def parser(self) -> parse.Parser:
        """The compiled pattern. Raises ValueError if it is broken."""
        if self._parser is None:
            import parse  # noqa: PLC0415 - features that are compiled need no parser

            self._parser = parse.compile(self.text, extra_types=dict(self._types), case_sensitive=True)
        return self._parser

    def parse(self, text: str) -> dict[str, object] | None:
        """Return the converted fields of a text, or None if it does not fit. Raises ValueError for a value."""
        at = 0
        for piece in self.pieces:
            at = text.find(piece, at)
            if at < 0:
                return None
            at += len(piece)
        found = self.parser.parse(text)
        return None if found is None else dict(found.named)

    def values_of(self, text: str) -> list[str | int] | None:
        """Return the fields of a text as JSON keeps them: those of the types as text. None where `read` is no inverse.

        Raises ValueError for a value.
        """
        found = self.parser.parse(text)
        if found is None or set(found.spans) != self._kinds.keys():
            return None
        values = [
            text[slice(*found.spans[field])] if kind in self._types else found.named[field]
            for field, kind in self._kinds.items()
        ]
        kept = all(type(value) in (str, int) for value in values)
        return values if kept and self.read(values) == found.named else None

    def read(self, values: Sequence[str | int]) -> dict[str, object]:
        """Return the converted fields of a text, from what `values_of` returned for it. Raises ValueError."""
        return {
            field: self._types[kind](str(value)) if kind in self._types else value
            for (field, kind), value in zip(self._kinds.items(), values, strict=True)
        }
