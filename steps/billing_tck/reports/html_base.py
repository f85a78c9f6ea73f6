"""The shell of a page that opens anywhere: one file, nothing from outside, and a policy that forbids anything else.

Every text that is not markup of the kit is escaped, control characters included; beyond that, the policy names the
page's own style and script by their digests, so that nothing else in it could run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from billing_tck.reports.wording import MARKS
from billing_tck.text.markup import Markup
from billing_tck.text.markup import element as plain_element
from billing_tck.text.sanitize import sanitize

_SEAL = re.compile('<meta name="billing-tck-page" content="[0-9a-f]*">')


def element(name: str, *children: object, **attributes: str | None) -> Markup:
    """An element; text in it and in its attributes is escaped, and moves nothing: control characters are shown."""
    said = {key: None if value is None else sanitize(value) for key, value in attributes.items()}
    return plain_element(name, *(_cleaned(child) for child in children), **said)


def _cleaned(child: object) -> object:
    match child:
        case Markup() | None:
            return child
        case list() | tuple():
            return tuple(_cleaned(one) for one in child)
        case _:
            return sanitize(str(child))


def mark(verdict: str, word: str | None = None) -> Markup:
    """A verdict as a shape, with its word for those who do not see it, or beside it where `word` is given."""
    said = verdict.replace("_", " ") if verdict != "known" else "known deviation"
    shape = element("span", MARKS[verdict], class_="shape", aria_hidden="true")
    shown = element("span", f" {word}") if word else element("span", said, class_="unseen")
    return element("span", shape, shown, class_=f"mark {verdict}", title=said)


def page(title: str, *body: Markup, digest: str = "", script: bool = True) -> str:
    """The whole page, with the kit's style and, where it wants one, its script."""
    style = _asset("report.css")
    code = _asset("report.js") if script else ""
    scripts = _source(code) if code else "'none'"
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {scripts}; base-uri 'none'; form-action 'none'"
    )
    head = [
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        Markup(f'<meta name="billing-tck-report" content="{digest}">') if digest else None,
        Markup(_seal("")),
        element("title", title),
        Markup(f"<style>{style}</style>"),
    ]
    end = Markup(f"<script>{code}</script>") if code else None
    whole = plain_element("html", plain_element("head", *head), "\n", plain_element("body", *body, end), lang="en")
    return sealed(f"<!doctype html>\n{whole}\n")


def sealed(text: str) -> str:
    """The page with a digest of all the rest of it, so that `verify` notices an edit; sealing twice changes nothing."""
    bare = _SEAL.sub(_seal(""), text, count=1)
    return bare.replace(_seal(""), _seal(hashlib.sha256(bare.encode()).hexdigest()), 1)


def _seal(digest: str) -> str:
    return f'<meta name="billing-tck-page" content="{digest}">'


def _asset(name: str) -> str:
    return (files("billing_tck.reports") / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
