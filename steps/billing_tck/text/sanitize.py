"""Make foreign text safe to print: no control characters, no escape sequences of a terminal."""

from __future__ import annotations

import re
import unicodedata

# The colours that a terminal would show, both raw and as a log that is escaped already has them.
_COLOURS = re.compile(r"(?:\x1b|\\x1b)\[[0-9;]*m")
_AZURE = re.compile(r"##((?:vso)?\[)")
LONGEST = 4000  # characters of a line that holds foreign text
_LINE_SEPARATORS = "\u2028\u2029"


def escape_control(text: str) -> str:
    """Return `text` on one line, with its control characters as escapes."""
    if text.isprintable():
        return text
    return "".join(_escape(c) if unicodedata.category(c)[0] == "C" or c in _LINE_SEPARATORS else c for c in text)


def sanitize(text: str) -> str:
    """Return `text` on one line, shortened, without terminal colours and commands to a CI system.

    Other control characters are escaped.
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text)} characters)"
    if "\x1b[" in text or "\\x1b[" in text:
        text = _COLOURS.sub("", text)
    return escape_control(_without_commands(text))


def sanitize_lines(text: str, most: int | None = None) -> str:
    """Return a text of several lines with each of them sanitized: `most` lines, and how many more there are."""
    lines = text.split("\n")
    left_out = 0 if most is None else max(len(lines) - most, 0)
    more = [f"and {left_out} more lines"] if left_out else []
    return "\n".join([*map(sanitize, lines[:most]), *more])


def _without_commands(text: str) -> str:
    """Return `text` without the beginning of a command to the CI system that shows it: `::error`, `##vso[`, `##[`."""
    if "::" in text and text.lstrip().startswith("::"):
        text = text.replace("::", "\\::", 1)
    if "##" in text:
        text = _AZURE.sub(r"#\\#\1", text)
    return text


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
