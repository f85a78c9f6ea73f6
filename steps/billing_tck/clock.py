"""The frozen clock: the one module that touches freezegun.

freezegun keeps a stack of freezes for the whole process, and starting the outermost one walks over every module that
is loaded. So there is one outermost freeze, shared by all clocks of the kit and moved from instant to instant; each
clock remembers its own instant and shows it again before it is needed.

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

# What must go on seeing real time while the clock is frozen: the durations that pytest and pytest-bdd report.
# (Their packages as a whole would be too much: steps that ask for `time.time()` would see real time.)
IGNORED = ["_pytest.timing", "pytest_bdd.reporting"]


def exempt_from_freeze(*packages: str) -> None:
    """Exempt packages from later freezes: those that carry the run itself, as Dask's."""
    IGNORED.extend(package for package in packages if package not in IGNORED)


class Real:
    """Real clocks and types, out of freezegun's reach: it replaces attributes of modules, not of classes."""

    _api = sys.modules.get("freezegun.api")  # loaded, and perhaps frozen already, before this module
    perf_counter: Callable[[], float] = staticmethod(getattr(_api, "real_perf_counter", time.perf_counter))
    monotonic: Callable[[], float] = staticmethod(getattr(_api, "real_monotonic", time.monotonic))
    datetime: type[_datetime.datetime] = getattr(_api, "real_datetime", _datetime.datetime)
    date: type[_datetime.date] = getattr(_api, "real_date", _datetime.date)


def real_perf_counter() -> float:
    """Return seconds for measuring durations, real also while the clock is frozen."""
    return Real.perf_counter()


def real_monotonic() -> float:
    """Return seconds for deadlines, real also while the clock is frozen."""
    return Real.monotonic()


class Clock:
    """A clock that shows one instant until it is moved; `start` freezes time, `stop` restores it.

    Several may run in one process: the one that was shown last is what the process reads, and when it stops, the one
    before it is shown again. All of them belong to one thread.
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
        """Show another instant, later or earlier. Raises ValueError where it is naive."""
        self._instant = _aware(instant)
        _FREEZE.show(self)

    def show(self) -> None:
        """Show this clock's instant where another clock or freeze has taken its place."""
        if _FREEZE.shown is not self or not _FREEZE.on_top():
            _FREEZE.show(self)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def frozen(start: datetime) -> AbstractContextManager[Clock]:
    """Freeze time at `start` (aware); it moves only with the clock that the context gives."""
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
        """Whether time is read from this freeze, and not from one that other code began or left."""
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
        import freezegun  # noqa: PLC0415 - forty milliseconds that only frozen runs pay
        from freezegun import api  # noqa: PLC0415

        freezer = freezegun.freeze_time(instant, ignore=list(IGNORED), real_asyncio=True)
        self._factory = freezer.start()  # type: ignore[assignment] # neither tick nor auto_tick: it is this kind
        self._freezers.append(freezer)
        self._stack = api.freeze_factories  # type: ignore[assignment] # a list that only grows and shrinks


_FREEZE = _Freeze()


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() != timedelta(0):
        raise ValueError(
            f"{instant!r} is not an instant of UTC; give an aware datetime, as datetime(2025, 1, 18, tzinfo=UTC)"
        )
    return instant
