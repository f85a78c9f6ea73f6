"""The frame of every page: its head, the navigation, the footer; and how a page is rendered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files

from markupsafe import Markup

from billing_tck.reports.templating import render
from billing_tck.site import links
from billing_tck.site.catalogue import Catalogue, family_name
from billing_tck.site.gherkin import markup_of, text_of, values_of
from billing_tck.site.prose import Linker, coded
from billing_tck.timeline.svg import STYLE
from billing_tck.version import __version__

PACKAGE = "billing_tck.site"
_TEMPLATES = (PACKAGE, "billing_tck.decisions")
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'"
_POLICY_WITH_RUNTIME = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'"
)
"""The policy where scenarios can be run: in a worker, with WebAssembly from the site itself."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page to render: where it is, its template with what that shows, and the entry of the navigation it is below.

    `kind` and `words` are for the search: what the page is, and what else it is found by; `description` is a sentence.
    """

    path: str
    template: str
    title: str
    section: str = ""
    kind: str = ""
    description: str = ""
    words: str = ""
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation."""

    name: str
    path: str


class Frame:
    """What all pages have in common.

    `runtime` says that scenarios can be run in the browser, and `notebooks` are those that can be opened.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        entries: tuple[Entry, ...],
        *,
        made: date | None = None,
        runtime: bool = False,
        notebooks: Collection[str] = (),
    ) -> None:
        self.catalogue = catalogue
        self.entries = entries
        self.made = made
        self.runtime = runtime
        self.notebooks = notebooks
        self.version = __version__
        self.baseline = catalogue.suite.baseline
        self.linker = Linker(catalogue.clauses, (name for name in catalogue.knobs if "_" in name))

    @property
    def policy(self) -> str:
        """Return what the pages may load."""
        return _POLICY_WITH_RUNTIME if self.runtime else _POLICY

    def render(self, page: Page) -> bytes:
        """Return the content of a page."""
        root = links.root_of(page.path)
        text = render(
            _TEMPLATES,
            page.template,
            page=page,
            root=root,
            site=self,
            links=links,
            policy=Markup(self.policy),
            linked=self.linker.for_page(root),
            catalogue=self.catalogue,
            coded=coded,
            family_name=family_name,
            markup_of=markup_of,
            text_of=text_of,
            values_of=values_of,
            **page.context,
        )
        return f"{text}\n".encode()


def assets() -> dict[str, bytes]:
    """Return the style, the script and the icon that all pages share."""
    style = _text("billing_tck.reports", "report.css") + STYLE + _text(PACKAGE, "site.css")
    script, icon = _text(PACKAGE, "site.js"), _text(PACKAGE, "icon.svg")
    return {links.STYLE: style.encode(), links.SCRIPT: script.encode(), links.ICON: icon.encode()}


def _text(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8").replace("\r\n", "\n")
