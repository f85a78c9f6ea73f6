"""Show foreign values and texts in messages: short, on one line, without control characters."""

from __future__ import annotations

import json
import reprlib

from billing_tck.text.sanitize import escape_control, sanitize

LIMIT = 80


def preview(value: object, *, wire: bool = True) -> str:
    """Return a value as it is shown in messages: as JSON where it came over the wire, else as Python writes it."""
    try:
        if wire and (value is None or isinstance(value, bool | int | float | str | list | dict)):
            text = json.dumps(value[: LIMIT + 1] if isinstance(value, str | list) else value, ensure_ascii=False)
        else:
            text = reprlib.repr(value) if isinstance(value, list | tuple | dict | set | frozenset) else repr(value)
    except Exception as error:
        text = f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"
    return preview_text(text, LIMIT)


def preview_text(text: str, limit: int) -> str:
    """Return the beginning of a text, at most `limit` characters before escaping."""
    return escape_control(shorten(text, limit))


def preview_bytes(raw: bytes, limit: int = 200) -> str:
    """Return the beginning of a message as it was received, or `(empty)`."""
    return preview_text(raw[: limit * 4].decode(errors="backslashreplace").rstrip("\r\n"), limit) or "(empty)"


def brief(error: BaseException, limit: int = 300) -> str:
    """Return the type and the beginning of the message of an exception on one line, whatever its `__str__` does."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return sanitize(shorten(f"{type(error).__name__}: {text}" if text else type(error).__name__, limit))


def shorten(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters, the last of them an ellipsis where something was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
