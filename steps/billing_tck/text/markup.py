"""HTML made of elements, in which every text that is not an element is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

Child = object


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: Child, **attributes: str | None) -> Markup:
    """An element with its attributes and children; `class_` and `data_x` become `class` and `data-x`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[Child], between: str = "") -> Markup:
    """The children one after the other; None is nothing."""
    return Markup(between.join(_child(child) for child in children if child is not None))


def _child(child: Child) -> str:
    if isinstance(child, Markup):
        return child
    if isinstance(child, (list, tuple)):
        return joined(child)
    return html.escape(str(child))
