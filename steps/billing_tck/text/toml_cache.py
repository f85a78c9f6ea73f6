"""Parse long TOML texts once: the library is written in Python, and reading JSON takes a twentieth of the time."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from billing_tck.text.cache import cache_folder, read_cached, write_cached

SHORTEST = 10_000
"""Characters of a text that is cached."""

_PREFIX = "toml-"
_DATE = "\0date"  # no key of TOML has a null character


class InvalidToml(ValueError):
    """A text is not TOML; the message has the line, if it is known."""


def parse_toml(text: str) -> dict[str, Any]:
    """Return the content of a text. Raises InvalidToml, or what else `tomllib.loads` raises."""
    if len(text) < SHORTEST:
        return _parsed(text)
    path = cache_folder() / f"{_PREFIX}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"
    cached = read_cached(path)
    if cached is not None:
        content: dict[str, Any] = json.loads(cached, object_hook=_read)
        return content
    content = _parsed(text)
    try:
        packed = json.dumps(content, ensure_ascii=False, default=_written)
    except (TypeError, ValueError, RecursionError):
        return content  # it has times of day, or what JSON cannot write
    write_cached(path, packed, among=f"{_PREFIX}*.json")
    return content


def _parsed(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - a text that is cached needs no parser

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidToml(str(error)) from None


def _written(value: object) -> dict[str, str]:
    if type(value) is date:
        return {_DATE: value.isoformat()}
    raise TypeError(f"{value!r:.80} is not cached")


def _read(found: dict[str, Any]) -> object:
    return date.fromisoformat(found[_DATE]) if _DATE in found else found
