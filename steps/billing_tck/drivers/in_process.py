"""Implementations in process: an object with a method for each name of the contract, on a frozen clock.

The clock is frozen at the first `reset` and moved before each `reset` and `advance_to`, so that `datetime.now(UTC)`
reads what the contract says. Implementations are imported before that: some libraries fail to load under a frozen
clock.
"""

from __future__ import annotations

import decimal
import importlib
import inspect
import itertools
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from billing_tck.clock import Clock, frozen
from billing_tck.connection import Timeouts
from billing_tck.contract import METHODS, ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.decode import decode_result
from billing_tck.contract.violations import Violation, ViolationKind
from billing_tck.drivers.base import Closing
from billing_tck.drivers.call_timeout import WATCH, CallTimeout
from billing_tck.sut import InvalidSutSpec, Python
from billing_tck.text.preview import preview, preview_text

if TYPE_CHECKING:
    from billing_tck.drivers import Freeze

Factory = Callable[[], object]

_MOVES = frozenset({"reset", "advance_to"})
_NUMBERS = itertools.count(1)
_ABSENT = object()
_DEFAULT = Timeouts()


class PythonDriver(Closing):
    """A driver that calls an object in this process. After a crash the next call gets a new object from the factory.

    A call that exceeds the timeout is interrupted if possible (see `call_timeout`); Ctrl-C always works.
    """

    in_process = True

    def __init__(
        self, spec: str, factory: Factory, *, timeouts: Timeouts = _DEFAULT, freeze: Freeze = "session"
    ) -> None:
        self.spec = spec
        self._factory = factory
        self._timeouts = timeouts
        self._own_limits = timeouts.reset is not None or timeouts.advance_to is not None
        self._per_call = freeze == "call"
        self._implementation: object = None
        self._decimals = decimal.Context()
        self._clock: Clock | None = None
        self._now: datetime | None = None

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        own = decimal.getcontext()
        try:
            return self._call(method, params)
        finally:
            decimal.setcontext(own)  # whatever the implementation made of it

    def _call(self, method: str, params: Mapping[str, object]) -> object:
        contract = METHODS[method]
        implementation = self._implementation
        if implementation is None:
            implementation = self._build()
        if method in _MOVES:
            self._move_to(params["now"], method)
        elif self._clock is not None:
            self._clock.start().show()
        arguments = {name: value.value if isinstance(value, Enum) else value for name, value in params.items()}
        if self._per_call and self._now is not None:
            with frozen(self._now):
                raw = self._ask(implementation, method, arguments)
        else:
            raw = self._ask(implementation, method, arguments)
        try:
            return decode_result(contract, raw, wire=False)
        except ImplementationError:
            if not inspect.iscoroutine(raw):
                raise
            raw.close()
            problem = "the result is a coroutine; in process the methods are plain functions, not async ones"
            raise ImplementationError(ErrorKind.INVALID, problem, method=method) from None
        except Exception as error:  # a custom Mapping that fails when it is read
            problem = f"the result cannot be read: {_words(error)}"
            raise ImplementationError(ErrorKind.INVALID, problem, method=method) from error

    def close(self) -> None:
        """Restore real time."""
        WATCH.disarm()
        self._implementation = None
        self._now = None
        if self._clock is not None:
            self._clock.stop()
            self._clock = None

    def unfreeze(self) -> None:
        """See `Driver.unfreeze`."""
        WATCH.disarm()
        if self._clock is not None:
            self._clock.stop()

    def _ask(self, implementation: object, method: str, arguments: dict[str, object]) -> object:
        function: object = None
        try:
            own = decimal.getcontext()
            try:
                decimal.setcontext(self._decimals)
                if self._own_limits and not self._per_call:
                    WATCH.arm(self._timeouts.of(method))
                WATCH.running = next(_NUMBERS)
                function = getattr(implementation, method, _ABSENT)
                if function is _ABSENT:
                    raise Unsupported(f"{type(implementation).__name__} has no method {method}")
                return function(**arguments)  # type: ignore[operator] # calling anything else raises TypeError
            finally:
                WATCH.running = 0
                self._decimals = decimal.getcontext()  # the implementation keeps what it chose
                decimal.setcontext(own)
        except Refused as refused:
            reason: object = refused.reason  # a subclass may have set any value
            if isinstance(reason, Reason):
                raise
            wrong = Violation(
                "the reason of a refusal",
                preview(reason, wire=False),
                f"one of {', '.join(Reason)}",
                ViolationKind.REASON,
            )
            raise ImplementationError(ErrorKind.INVALID, str(wrong), method=method, violations=[wrong]) from None
        except Unsupported:
            raise
        except CallTimeout:
            self._implementation = None
            problem = f"{self._timeouts.silence(method)}; the call was interrupted"
            raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._implementation = None
            problem = f"{_words(error)} ({_place(error, function)})"
            raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from error

    def _move_to(self, instant: object, method: str) -> None:
        if not isinstance(instant, datetime):
            raise TypeError(f"`now` must be a datetime, got {instant!r}")
        self._now = instant
        if self._per_call:
            return
        WATCH.arm(self._timeouts.of(method))
        if self._clock is None:
            self._clock = Clock(instant).start()
        else:
            self._clock.start().move_to(instant)

    def _build(self) -> object:
        if not self._per_call:
            WATCH.arm(self._timeouts.call)
        own = decimal.getcontext()
        try:
            decimal.setcontext(self._decimals)
            with frozen(self._now) if self._per_call and self._now is not None else nullcontext():
                implementation = _made(self.spec, self._factory)
        finally:
            self._decimals = decimal.getcontext()
            decimal.setcontext(own)
        self._implementation = implementation
        return implementation


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
    try:
        module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (missing == name or name.startswith(f"{missing}.")):
            fix = f"Run from the folder that has it (now {here}), or install it."
            raise InvalidSutSpec(spec, f"module {missing!r} does not exist", fix) from None
        problem = f"importing {name} failed: {_words(error)} ({_place(error, None)}); see that it can be imported"
        return _unreachable(spec, problem)
    finally:
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


def _made(spec: str, factory: Factory) -> object:
    problem = ""
    try:
        WATCH.running = next(_NUMBERS)
        implementation = factory()
    except (KeyboardInterrupt, ImplementationError):
        raise
    except CallTimeout:
        raise ImplementationError(ErrorKind.UNREACHABLE, f"{spec}: the factory did not return in time") from None
    except BaseException as error:
        problem = (
            f"{spec}: the factory raised {_words(error)} ({_place(error, factory)}); it must return an implementation"
        )
        raise ImplementationError(ErrorKind.UNREACHABLE, problem) from error
    finally:
        WATCH.running = 0
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


def _words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type(error).__name__
    return f"{name}: {preview_text(text, 500)}" if text else name


def _place(error: BaseException, function: object) -> str:
    """Return where an exception was raised, as file:line; the called function if it was raised before its code ran."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<frozen importlib")]
    outside = [f for f in frames if f.filename not in (__file__, importlib.__file__)]
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
