"""Items by their first words, so that a text is matched only against candidates."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class PrefixTree(Generic[T]):
    """Items by the words that their texts begin with."""

    __slots__ = ("_items", "_next")

    def __init__(self) -> None:
        self._items: list[T] = []
        self._next: dict[str, PrefixTree[T]] = {}

    def put(self, head: str, item: T, *, replaces: T | None = None) -> None:
        """Add an item whose texts begin with `head`, or replace another one of the same head."""
        node = self
        for word in head.split(" ")[:-1]:  # the text after the last space may be part of a word
            node = node._next.setdefault(word, PrefixTree())
        if replaces is None:
            node._items.append(item)
        else:
            node._items[node._items.index(replaces)] = item

    def candidates(self, text: str) -> list[T]:
        """Return the items whose first words are those of a text."""
        found = list(self._items)
        node: PrefixTree[T] | None = self
        for word in text.split(" "):
            node = node._next.get(word) if node is not None else None
            if node is None:
                break
            found += node._items
        return found
