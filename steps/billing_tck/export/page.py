"""A notebook as one page: nothing is fetched, and no script of the notebook runs."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from billing_tck.export.notebook import Html, Notebook, Part, Prose, Text
from billing_tck.export.prose import render_prose
from billing_tck.reports.page import render_quoting_page
from billing_tck.text.sanitize import sanitize

_META = re.compile(r"<(?=meta\b)", re.IGNORECASE)


def render_html(notebook: Notebook, folder: Path) -> str:
    """Return the page; pictures that the prose names are read from `folder`."""
    style = (files("billing_tck.export") / "export.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    return render_quoting_page(
        "notebook_page.html.j2",
        package="billing_tck.export",
        style=style,
        title=notebook.title,
        parts=[_block(part, folder) for part in notebook.parts],
    )


def _block(part: Part, folder: Path) -> tuple[str, object]:
    """Return the kind of a block, as the template knows it, and its content."""
    match part:
        case Prose():
            return "prose", _quoted(render_prose(part, folder))
        case Html(html=html):
            return "picture" if part.is_picture else "output", _quoted(html)
        case Text(text=text, failed=failed):
            return "failed" if failed else "text", Markup("\n").join(map(sanitize, text.splitlines()))


def _quoted(html: str) -> Markup:
    """Return HTML of a notebook as it is, but for `<meta>`, which could lead elsewhere; the policy forbids the rest."""
    return Markup(_META.sub("&lt;", html))
