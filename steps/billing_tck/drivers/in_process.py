"""Implementations in process: an object with a method for each name of the contract, on a frozen clock.

The clock is frozen at the first `reset` and moved before each `reset` and `advance_to`, so that `datetime.now(UTC)`
reads what the contract says. Implementations are imported before that: some libraries fail to load under a frozen
clock.
"""

from __future__ import annotations

import decimal
import inspect
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from billing_tck.clock import Clock, frozen
from billing_tck.connection import Timeouts
from billing_tck.contract import METHODS, ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.decode import decode_result
from billing_tck.contract.violations import Violation, ViolationKind
from billing_tck.drivers.base import Closing
from billing_tck.drivers.call_timeout import WATCH, CallTimeout
from billing_tck.drivers.early_end import EARLY_ENDS
from billing_tck.drivers.exceptions import describe_exception, place_of_exception
from billing_tck.drivers.factory import Factory, make
from billing_tck.text.preview import preview

if TYPE_CHECKING:
    from billing_tck.drivers import Freeze

_MOVES = frozenset({"reset", "advance_to"})
_ABSENT = object()
_DEFAULT = Timeouts()
_UNFROZEN = "it has ended the freeze of the clock, which the kit began; end only a freeze that the implementation began"


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
        self._open = False

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        own = decimal.getcontext()
        try:
            return self._call(method, params)
        finally:
            decimal.setcontext(own)  # whatever the implementation made of it

    def _call(self, method: str, params: Mapping[str, object]) -> object:
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
                return self._ask(implementation, method, arguments)
        return self._ask(implementation, method, arguments)

    def close(self) -> None:
        """Restore real time."""
        WATCH.disarm()
        if self._open:
            self._open = False
            EARLY_ENDS.allow()
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
        """Call a method and read its result, both within the time limit: the result may compute what is read of it."""
        function: object = None
        result: object = _ABSENT
        own = decimal.getcontext()
        try:
            try:
                decimal.setcontext(self._decimals)
                if self._own_limits and not self._per_call:
                    WATCH.arm(self._timeouts.of(method))
                WATCH.begin(method)
                EARLY_ENDS.enter()
                function = getattr(implementation, method, _ABSENT)
                if function is _ABSENT:
                    raise Unsupported(f"{type(implementation).__name__} has no method {method}")
                result = function(**arguments)  # type: ignore[operator] # calling anything else raises TypeError
                self._decimals = decimal.getcontext()  # the implementation keeps what it chose
                decimal.setcontext(own.copy())  # what is read may change it
                if self._clock is not None and not self._clock.holds():
                    raise ImplementationError(ErrorKind.CRASHED, _UNFROZEN, method=method)
                return decode_result(METHODS[method], result, wire=False)
            finally:
                EARLY_ENDS.leave()
                WATCH.end()
                if result is _ABSENT:
                    self._decimals = decimal.getcontext()
                decimal.setcontext(own)
        except Refused as refused:
            raise _checked(refused, method) from None
        except (Unsupported, KeyboardInterrupt):
            raise
        except CallTimeout:
            self._implementation = None
            problem = f"{self._timeouts.silence(method)}; the call was interrupted"
            raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method) from None
        except BaseException as error:
            if result is _ABSENT:
                self._implementation = None
                problem = f"{describe_exception(error)} ({place_of_exception(error, function)})"
                raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from error
            unreadable = _unreadable(result, error, method)
            raise unreadable from (None if unreadable is error else error)

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
        if not self._open:
            self._open = True
            EARLY_ENDS.forbid()
        if not self._per_call:
            WATCH.arm(self._timeouts.call)
        own = decimal.getcontext()
        try:
            decimal.setcontext(self._decimals)
            with frozen(self._now) if self._per_call and self._now is not None else nullcontext():
                implementation = make(self.spec, self._factory)
        finally:
            self._decimals = decimal.getcontext()
            decimal.setcontext(own)
        self._implementation = implementation
        return implementation


def _checked(refused: Refused, method: str) -> Exception:
    """Return a refusal, or the error of one whose reason is none of the contract: a subclass may have set any."""
    reason: object = refused.reason
    if isinstance(reason, Reason):
        return refused if type(refused) is Refused else Refused(reason, str(refused.message))
    wrong = Violation(
        "the reason of a refusal", preview(reason, wire=False), f"one of {', '.join(Reason)}", ViolationKind.REASON
    )
    return ImplementationError(ErrorKind.INVALID, str(wrong), method=method, violations=[wrong])


def _unreadable(result: object, error: BaseException, method: str) -> ImplementationError:
    """Return the error of a result that cannot be read, because it does not fit or fails when it is read."""
    if inspect.iscoroutine(result):
        result.close()
        problem = "the result is a coroutine; in process the methods are plain functions, not async ones"
        return ImplementationError(ErrorKind.INVALID, problem, method=method)
    if isinstance(error, ImplementationError):
        return error
    return ImplementationError(
        ErrorKind.INVALID, f"the result cannot be read: {describe_exception(error)}", method=method
    )
