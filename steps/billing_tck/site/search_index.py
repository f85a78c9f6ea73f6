"""The index of the search: a script with what each page is found by, which works without a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from billing_tck.site.frame import Page

_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been by do does for from given has have in is it its no not of on or organization the "
        "then there they this to under was when which with",
    )
)


def search_index(pages: Iterable[Page]) -> str:
    """Return the index of the pages that can be found: kind, title, path, description, and further words."""
    rows = [[page.kind, page.title, page.path, page.description, _further(page)] for page in pages if page.kind]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return f"billingSearch([\n{lines}\n]);\n"


def _further(page: Page) -> str:
    """Return the words that the title and the description do not have, each once."""
    shown = set(_words(f"{page.title} {page.description}"))
    return " ".join(word for word in dict.fromkeys(_words(page.words)) if word not in shown and word not in _COMMON)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w$.-]*\w", text.lower())
