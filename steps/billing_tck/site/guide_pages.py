"""The guide and the contract as pages, from the Markdown that `billing-tck guide` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from billing_tck.contract.openrpc import document
from billing_tck.errors import UsageError
from billing_tck.site.frame import Page
from billing_tck.site.guide_files import FOLDER, PAGES
from billing_tck.site.links import GUIDE, OPENRPC, guide_path
from billing_tck.site.prose import Linker

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
_PICTURE = re.compile(r"^!\[[^]]*\]\(([\w.-]+)\)$", re.MULTILINE)
_ROOT = "../"


def guide_pages(linker: Linker) -> Iterator[Page]:
    """Yield the list of the pages, and each page. Raises UsageError where the library that reads them is missing."""
    markdown = _markdown(linker)
    made = [_page(name, markdown) for name in PAGES]
    yield Page(GUIDE, "guide.html.j2", "Guide", section=GUIDE, context={"pages": made})
    yield from made


def guide_pictures() -> dict[str, bytes]:
    """Return the pictures of the guide's pages, by their paths in the site."""
    texts = ((FOLDER / file).read_text(encoding="utf-8") for file in PAGES.values())
    names = {name for text in texts for name in _PICTURE.findall(text)}
    return {f"guide/{name}": (FOLDER / name).read_bytes() for name in sorted(names)}


def openrpc_file() -> bytes:
    """Return the contract for machines."""
    return (json.dumps(document(), indent=2) + "\n").encode()


def _page(name: str, markdown: MarkdownIt) -> Page:
    text = _COMMENT.sub("", (FOLDER / PAGES[name]).read_text(encoding="utf-8"))
    title = text.partition("\n")[0].removeprefix("# ").replace("`", "")
    html = markdown.render(text)
    words = unescape(re.sub(r"<[^>]+>", " ", html))
    context = {"name": name, "html": Markup(html), "openrpc": OPENRPC if name == "contract" else ""}
    return Page(guide_path(name), "guide_page.html.j2", title, GUIDE, "guide", name, words, context)


def _markdown(linker: Linker) -> MarkdownIt:
    """Return the reader of Markdown: headings have ids, tables scroll, clauses and questions are links."""
    try:
        from markdown_it import MarkdownIt  # noqa: PLC0415 - an extra, which only a site needs
    except ImportError:
        raise UsageError(
            "a site needs markdown-it-py, which turns the guide into pages; pip install 'billing-tck[site]'"
        ) from None
    made = MarkdownIt("commonmark", {"html": False}).enable("table")

    def text(renderer: RendererHTML, tokens: Sequence[Token], at: int, _: OptionsDict, __: EnvType) -> str:
        inside = sum((token.type == "link_open") - (token.type == "link_close") for token in tokens[:at])
        plain = str(escape(tokens[at].content))
        return plain if inside else str(linker.link_markup(plain, _ROOT))

    def code(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
        written = f"<code>{escape(tokens[at].content)}</code>"
        path = linker.path_of(tokens[at].content)
        return f'<a href="{_ROOT}{path}">{written}</a>' if path else written

    def block(renderer: RendererHTML, tokens: Sequence[Token], at: int, _: OptionsDict, __: EnvType) -> str:
        return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'

    def heading(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
        tokens[at].attrSet("id", _anchor(tokens[at + 1].content))
        return renderer.renderToken(tokens, at, options, env)

    def link(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
        tokens[at].attrSet("href", _target(str(tokens[at].attrGet("href"))))
        return renderer.renderToken(tokens, at, options, env)

    def table_open(*_: object) -> str:
        return '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table class="guide">'

    def table_close(*_: object) -> str:
        return "</table></div>"

    made.add_render_rule("text", text)
    made.add_render_rule("code_inline", code)
    made.add_render_rule("fence", block)
    made.add_render_rule("code_block", block)
    made.add_render_rule("heading_open", heading)
    made.add_render_rule("link_open", link)
    made.add_render_rule("table_open", table_open)
    made.add_render_rule("table_close", table_close)
    return made


def _anchor(text: str) -> str:
    """Return the id of a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", text.lower()).strip().replace(" ", "-")


def _target(href: str) -> str:
    """Return where a link of a page leads in the site: other pages of the guide have other names here."""
    file, _, fragment = href.partition("#")
    names = {PAGES[name]: guide_path(name) for name in PAGES}
    return (_ROOT + names[file] if file in names else file) + (f"#{fragment}" if fragment else "")
