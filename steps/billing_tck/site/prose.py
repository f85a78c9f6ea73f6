"""Text with links: ids of clauses and names of open questions in prose lead to their pages; `code` is set as code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from billing_tck.site.links import clause_path, knob_path
from billing_tck.text.sanitize import sanitize

_CODE = re.compile(r"`([^`]+)`")


def coded(text: str) -> Markup:
    """Return a text as HTML in which only code is set apart, for headings and links."""
    return _with_code(escape(sanitize(text)))


def _with_code(html: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(html)))  # a Markup would escape what is put into it


class Linker:
    """Finds the clauses and open questions that a text names."""

    def __init__(self, clauses: Iterable[str], knobs: Iterable[str]) -> None:
        self._paths = {clause: clause_path(clause) for clause in clauses}
        self._paths |= {knob: knob_path(knob) for knob in knobs}
        names = "|".join(sorted(map(re.escape, self._paths), key=len, reverse=True))
        self._names = re.compile(rf"(?<![\w./-])(?:{names})(?![\w-])") if names else None

    def linked(self, text: str, root: str) -> Markup:
        """Return a text as HTML with its links, which lead from a page that is `root` away from the site's root."""
        return _with_code(self.link_markup(str(escape(sanitize(text))), root))

    def link_markup(self, html: str, root: str) -> Markup:
        """Return HTML without tags, with the links."""

        def link(found: re.Match[str]) -> str:
            return f'<a href="{root}{self._paths[found[0]]}">{found[0]}</a>'

        return Markup(self._names.sub(link, html) if self._names else html)

    def path_of(self, name: str) -> str | None:
        """Return the page of a clause or a question; None for any other name."""
        return self._paths.get(name)

    def for_page(self, root: str) -> Callable[[str], Markup]:
        """Return the function that links the texts of a page."""
        return lambda text: self.linked(text, root)
