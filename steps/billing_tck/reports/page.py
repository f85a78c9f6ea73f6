"""Pages that open anywhere: one file, nothing from outside, and a policy that forbids anything else.

The policy names the page's own style and script by their digests, so that nothing else in it can run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from markupsafe import Markup

from billing_tck.reports.templating import render
from billing_tck.timeline.svg import STYLE

_SEAL = re.compile('<meta name="billing-tck-page" content="[0-9a-f]*">')


def render_page(
    template: str, *, package: str = "billing_tck.reports", digest: str = "", script: bool = True, **context: object
) -> str:
    """Return a sealed page of a package; `digest` is that of the report, `script` whether the page has one."""
    style = _asset("report.css") + STYLE
    code = _asset("report.js") if script else ""
    scripts = _source(code) if code else "'none'"
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {scripts}; base-uri 'none'; form-action 'none'"
    )
    page = render(
        package,
        template,
        digest=digest,
        policy=Markup(policy),
        seal=Markup(_seal("")),
        style=Markup(style),
        script=Markup(code),
        **context,
    )
    return sealed(f"{page}\n")


def render_quoting_page(template: str, *, package: str, style: str, **context: object) -> str:
    """Return a page that quotes HTML of others, with the styles and the pictures in it, but without its scripts."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    page = render(
        package,
        template,
        digest="",
        policy=Markup(policy),
        seal="",
        style=Markup(_asset("report.css") + STYLE + style),
        script="",
        **context,
    )
    return f"{page}\n"


def sealed(text: str) -> str:
    """Return the page with a digest of all the rest of it, so that `verify` detects an edit; twice is as once."""
    bare = _SEAL.sub(_seal(""), text, count=1)
    return bare.replace(_seal(""), _seal(hashlib.sha256(bare.encode()).hexdigest()), 1)


def _seal(digest: str) -> str:
    return f'<meta name="billing-tck-page" content="{digest}">'


def _asset(name: str) -> str:
    return (files("billing_tck.reports") / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
