"""Render pages from Jinja2 templates.

Every text that a template prints is sanitized and escaped. Templates have line breaks and indentation, which
are left out of the pages: a line break beside a tag or a template expression is nothing, any other is a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from billing_tck.reports.wording import MARKS, count_verdict
from billing_tck.results.header import format_timestamp
from billing_tck.results.record import format_verdict
from billing_tck.text.format import format_count, format_instant
from billing_tck.text.sanitize import sanitize

_BESIDE_MARKUP = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")
_LINE_BREAK = re.compile(r"\s*\n\s*")


class _Compact(Extension):
    """Leaves the line breaks and the indentation of templates out of the pages."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source without them."""
        return _LINE_BREAK.sub(" ", _BESIDE_MARKUP.sub("", source.strip()))


def render(packages: str | tuple[str, ...], template: str, **context: object) -> str:
    """Return a page, or a part of one, from a template of some packages; it may import those of the reports."""
    names = (packages,) if isinstance(packages, str) else packages
    return _environment(names).get_template(template).render(context)


@cache  # the templates of a package are compiled once
def _environment(packages: tuple[str, ...]) -> Environment:
    loaders = [PackageLoader(name) for name in dict.fromkeys((*packages, __package__ or "billing_tck.reports"))]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        extensions=[_Compact],
    )
    filters: Mapping[str, Callable[..., object]] = {
        "count": format_count,
        "count_verdict": count_verdict,
        "instant": format_instant,
        "parts_of_name": _parts_of_name,
        "timestamp": format_timestamp,
        "words": format_verdict,
    }
    environment.filters |= filters
    environment.globals["MARKS"] = MARKS
    return environment


def _parts_of_name(name: str) -> list[str]:
    """Return the parts of a name, each with the sign after which a line may break."""
    return re.findall(r"[^_=:-]*[_=:-]|[^_=:-]+$", name)


def _finalize(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return "" if value is None else sanitize(str(value))
