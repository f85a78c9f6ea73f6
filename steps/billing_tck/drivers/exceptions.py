"""Exceptions that an implementation in process raises: as words, and where they were raised."""

from __future__ import annotations

import importlib
import inspect
import traceback
from pathlib import Path

from billing_tck.text.preview import preview_text

_OURS = str(Path(__file__).parent)  # the drivers, through which every call goes


def describe_exception(error: BaseException) -> str:
    """Return the type and the text of an exception, shortened."""
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type(error).__name__
    return f"{name}: {preview_text(text, 500)}" if text else name


def place_of_exception(error: BaseException, function: object) -> str:
    """Return where an exception was raised, as file:line; the called function if it was raised before its code ran."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<frozen importlib")]
    outside = [f for f in frames if not f.filename.startswith(_OURS) and f.filename != importlib.__file__]
    if outside:
        return f"{_short(outside[-1].filename)}:{outside[-1].lineno}"
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)  # type: ignore[arg-type]
    if code is not None:
        return f"{_short(code.co_filename)}:{code.co_firstlineno}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    return "before any of its code ran"


def _short(filename: str) -> str:
    try:
        return str(Path(filename).relative_to(Path.cwd()))
    except ValueError:
        return filename
