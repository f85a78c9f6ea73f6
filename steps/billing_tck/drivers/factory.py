"""Import the factory of a `python:` implementation, and call it."""

from __future__ import annotations

import decimal
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers.call_timeout import WATCH, CallTimeout
from billing_tck.drivers.early_end import EARLY_ENDS
from billing_tck.drivers.exceptions import describe_exception, place_of_exception
from billing_tck.sut import InvalidSutSpec, Python
from billing_tck.text.preview import preview

Factory = Callable[[], object]


def find_factory(spec: str, sut: Python) -> Factory:
    """Return the factory of a `python:` implementation; modules are also searched in the current directory.

    Raises InvalidSutSpec where the module or attribute does not exist. A module that fails while it is imported gives a
    factory that raises ImplementationError: the implementation is at fault, not the spec.
    """
    name, attribute = sut.module, sut.factory
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    own = decimal.getcontext()
    decimal.setcontext(own.copy())
    EARLY_ENDS.forbid()
    try:
        EARLY_ENDS.enter()
        module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (missing == name or name.startswith(f"{missing}.")):
            fix = f"Run from the folder that has it (now {here}), or install it."
            raise InvalidSutSpec(spec, f"module {missing!r} does not exist", fix) from None
        why = f"{describe_exception(error)} ({place_of_exception(error, None)})"
        return _unreachable(spec, f"importing {name} failed: {why}; see that it can be imported")
    finally:
        EARLY_ENDS.leave()
        EARLY_ENDS.allow()
        chosen = decimal.getcontext()
        decimal.setcontext(own)
    found: object = module
    for piece in attribute.split("."):
        if not hasattr(found, piece):
            public = [known for known in vars(module) if not known.startswith("_")]
            raise InvalidSutSpec(spec, f"{name} has no {attribute!r}", f"It has {', '.join(public) or 'nothing'}.")
        found = getattr(found, piece)
    if not callable(found):
        problem = f"{attribute!r} is {preview(found, wire=False)}, and cannot be called"
        raise InvalidSutSpec(spec, problem, "Name a function or a class that returns the implementation.")
    made = found

    def factory() -> object:
        decimal.setcontext(chosen)  # what the module chose when it was imported
        return made()

    return factory


def _unreachable(spec: str, problem: str) -> Factory:
    def fails() -> object:
        raise ImplementationError(ErrorKind.UNREACHABLE, f"{spec}: {problem}")

    return fails


def make(spec: str, factory: Factory) -> object:
    """Return the implementation that a factory makes. Raises ImplementationError."""
    try:
        WATCH.begin()
        EARLY_ENDS.enter()
        implementation = factory()
    except (KeyboardInterrupt, ImplementationError):
        raise
    except CallTimeout:
        raise ImplementationError(ErrorKind.UNREACHABLE, f"{spec}: the factory did not return in time") from None
    except BaseException as error:
        why = f"{describe_exception(error)} ({place_of_exception(error, factory)})"
        problem = f"{spec}: the factory raised {why}; it must return an implementation"
        raise ImplementationError(ErrorKind.UNREACHABLE, problem) from error
    finally:
        EARLY_ENDS.leave()
        WATCH.end()
    problem = ""
    if implementation is None:
        problem = "the factory returned None; it must return an object with the contract's methods"
    elif inspect.isclass(implementation):
        problem = f"the factory returned the class {implementation.__name__}; it must return an object of it"
    elif inspect.iscoroutine(implementation):
        implementation.close()
        problem = "the factory is an async function; it must be a plain one"
    if problem:
        raise ImplementationError(ErrorKind.UNREACHABLE, f"{spec}: {problem}")
    return implementation
