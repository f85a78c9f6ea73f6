"""What the function of a step definition takes, read from its code."""

from __future__ import annotations

import inspect
from collections.abc import Callable

_NOT_PLAIN = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR


def is_plain(function: Callable[..., None]) -> bool:
    """Return whether a function neither yields nor is async."""
    return not inspect.unwrap(function).__code__.co_flags & _NOT_PLAIN


def parameters_of(function: Callable[..., None]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the names of a function's parameters in order, and those that it cannot do without.

    The code object has them; `inspect.signature` takes twenty times as long, for each of two hundred functions.
    """
    plain = inspect.unwrap(function)
    code = plain.__code__
    positional = code.co_varnames[: code.co_argcount]
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    many = [flag for flag in (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS) if code.co_flags & flag]
    beside = code.co_varnames[len(positional) + len(keywords) :][: len(many)]
    defaults = len(plain.__defaults__ or ())
    required = {*positional[: len(positional) - defaults], *beside}
    required.update(name for name in keywords if name not in (plain.__kwdefaults__ or {}))
    return (*positional, *keywords, *beside), frozenset(required)
