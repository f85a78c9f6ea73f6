"""The frozen clock: the one module that touches freezegun.

freezegun keeps one stack of freezes per process, and starting the outermost freeze visits every loaded module. All
clocks of the kit therefore share one outermost freeze, which moves from instant to instant; each clock remembers its
own instant and shows it again before it is read.

    with frozen(start) as clock:
        clock.move_to(instant)
"""

from __future__ import annotations

import datetime as _datetime
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory, _freeze_time

# Modules that see real time while the clock is frozen: pytest and pytest-bdd measure durations there.
# (Exempting their packages would let steps that call `time.time()` see real time.)
IGNORED = ["_pytest.timing", "pytest_bdd.reporting"]


def exempt_from_freeze(*packages: str) -> None:
    """Exempt packages from later freezes: those that run the kit itself, such as Dask's."""
    IGNORED.extend(package for package in packages if package not in IGNORED)


class Real:
    """Real clocks and types. freezegun replaces attributes of modules, not of classes, so these stay real."""

    _api = sys.modules.get("freezegun.api")  # may have been loaded, and be frozen, before this module
    perf_counter: Callable[[], float] = staticmethod(getattr(_api, "real_perf_counter", time.perf_counter))
    monotonic: Callable[[], float] = staticmethod(getattr(_api, "real_monotonic", time.monotonic))
    datetime: type[_datetime.datetime] = getattr(_api, "real_datetime", _datetime.datetime)
    date: type[_datetime.date] = getattr(_api, "real_date", _datetime.date)


def real_perf_counter() -> float:
    """Return `time.perf_counter()`, also while the clock is frozen."""
    return Real.perf_counter()


def real_monotonic() -> float:
    """Return `time.monotonic()`, also while the clock is frozen."""
    return Real.monotonic()


class Clock:
    """A clock that shows one instant until it is moved; `start` freezes time, `stop` restores it.

    Several clocks may run in one process: it reads the one that was shown last. When that one stops, the one before it
    is shown again. All clocks belong to one thread.
    """

    def __init__(self, start: datetime) -> None:
        self._instant = _aware(start)
        self._running = False

    @property
    def instant(self) -> datetime:
        """The instant that this clock shows."""
        return self._instant

    def start(self) -> Self:
        """Freeze time. Idempotent."""
        if not self._running:
            self._running = True
            _FREEZE.hold(self)
        return self

    def stop(self) -> None:
        """Restore real time. Idempotent."""
        if self._running:
            self._running = False
            _FREEZE.release(self)

    def move_to(self, instant: datetime) -> None:
        """Show another instant, later or earlier. Raises ValueError if it is naive."""
        self._instant = _aware(instant)
        _FREEZE.show(self)

    def show(self) -> None:
        """Show this clock's instant again if another clock or freeze is shown."""
        if _FREEZE.shown is not self or not _FREEZE.on_top():
            _FREEZE.show(self)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def frozen(start: datetime) -> AbstractContextManager[Clock]:
    """Freeze time at `start` (aware); the context's clock moves it."""
    return Clock(start)


class _Freeze:
    """The outermost freeze, held while any clock runs."""

    def __init__(self) -> None:
        self.shown: Clock | None = None
        self._clocks: list[Clock] = []
        self._freezers: list[_freeze_time] = []
        self._factory: FrozenDateTimeFactory | None = None
        self._stack: list[object] = []

    def hold(self, clock: Clock) -> None:
        self._clocks.append(clock)
        self.show(clock)

    def release(self, clock: Clock) -> None:
        self._clocks.remove(clock)
        if not self._clocks:
            self.shown = self._factory = None
            while self._freezers:
                self._freezers.pop().stop()
        elif self.shown is clock:
            self.show(self._clocks[-1])

    def on_top(self) -> bool:
        """Return whether this freeze is the current one, not one that other code started or left."""
        return bool(self._stack) and self._stack[-1] is self._factory

    def show(self, clock: Clock) -> None:
        if clock not in self._clocks:
            return
        if not self.on_top():
            self._begin(clock.instant)
        elif self._factory is not None:
            self._factory.move_to(clock.instant)
        self.shown = clock

    def _begin(self, instant: datetime) -> None:
        import freezegun  # noqa: PLC0415 - importing it takes 40 ms
        from freezegun import api  # noqa: PLC0415

        freezer = freezegun.freeze_time(instant, ignore=list(IGNORED), real_asyncio=True)
        self._factory = freezer.start()  # type: ignore[assignment] # neither tick nor auto_tick: it is this kind
        self._freezers.append(freezer)
        self._stack = api.freeze_factories  # type: ignore[assignment] # a list that only grows and shrinks


_FREEZE = _Freeze()


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() != timedelta(0):
        raise ValueError(
            f"{instant!r} is not in UTC; give an aware datetime, such as datetime(2025, 1, 18, tzinfo=UTC)"
        )
    return instant
