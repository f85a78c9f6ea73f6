"""The pattern of a step definition: literal text, and fields as `{name}` or `{name:Type}`, of the `parse` library.

A pattern is compiled when a text may fit it: a run needs some of the kit's patterns, and compiling one takes as long as
matching ten texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import parse  # type: ignore[import-untyped]

PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_BRACES = re.compile(r"[{}]")


class Pattern:
    """One pattern; `types` are the converters that it may name. Raises ValueError if it is broken."""

    __slots__ = ("_parser", "_types", "fields", "pieces", "text")

    def __init__(self, text: str, types: Mapping[str, Callable[[str], object]]) -> None:
        self.text = text
        self._types = types
        self._parser: parse.Parser | None = None
        self.pieces = PLACEHOLDER.split(text)[::3]
        """The literal texts around the fields, in order, one more than fields."""
        self.fields = tuple(field for field, _ in PLACEHOLDER.findall(text))
        if not self._is_plain():
            self.fields = tuple(self.parser.named_fields)

    def _is_plain(self) -> bool:
        """Whether it surely compiles, and has the fields that were read here."""
        known = all(kind in ("", "d", "g", "w") or kind in self._types for _, kind in PLACEHOLDER.findall(self.text))
        return known and len(set(self.fields)) == len(self.fields) and not _BRACES.search("".join(self.pieces))

    @property
    def parser(self) -> parse.Parser:
        """The compiled pattern. Raises ValueError if it is broken."""
        if self._parser is None:
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
