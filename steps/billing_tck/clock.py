"""The frozen clock: the one module that uses freezegun.

freezegun keeps one stack of freezes per process, and starting the outermost freeze visits every loaded module. All
clocks of the kit therefore share one outermost freeze, which moves from instant to instant; each clock remembers its
own instant and shows it again before it is read.

    with frozen(start) as clock:
        clock.move_to(instant)
"""

from __future__ import annotations

import contextlib
import datetime as _datetime
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from billing_tck.freezegun_loading import load_freezegun, real_time_in_event_loops

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


Entry = tuple[object, ...]
"""One freeze, as freezegun keeps it: an element of each of its stacks."""


def real_pause(seconds: float) -> None:
    """Wait in real time, also while the clock is frozen."""
    threading.Event().wait(seconds)


class Clock:
    """A clock that shows one instant until it is moved; `start` freezes time, `stop` restores it.

    It may be started again after that. Freezes that other code began in between and did not end are removed by `stop`,
    and are back after the next `start`.

    Several clocks may run in one process: it reads the one that was shown last. When that one stops, the one before it
    is shown again. All clocks belong to one thread.
    """

    def __init__(self, start: datetime) -> None:
        self._instant = _aware(start)
        self._running = False
        self._left: list[Entry] = []

    @property
    def instant(self) -> datetime:
        """The instant that this clock shows."""
        return self._instant

    def start(self) -> Self:
        """Freeze time. Idempotent."""
        if not self._running:
            self._running = True
            _FREEZE.hold(self, self._left)
        return self

    def stop(self) -> None:
        """Restore real time. Idempotent."""
        if self._running:
            self._running = False
            self._left = _FREEZE.release(self)

    def move_to(self, instant: datetime) -> None:
        """Show another instant, later or earlier. Raises ValueError if it is naive."""
        self._instant = _aware(instant)
        _FREEZE.show(self)

    def holds(self) -> bool:
        """Return whether time is still frozen by this clock, also where other code has begun a freeze on top of it."""
        return self._running and _FREEZE.holds()

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
        self._began: list[tuple[_freeze_time, Entry]] = []
        self._factory: FrozenDateTimeFactory | None = None
        self._is_outermost = False
        self._ended = contextlib.ExitStack()

    def hold(self, clock: Clock, left: list[Entry]) -> None:
        self._clocks.append(clock)
        self.show(clock)
        _push(left)

    def release(self, clock: Clock) -> list[Entry]:
        """Stop showing a clock; after the last one, return the freezes of other code that ended with ours."""
        self._clocks.remove(clock)
        if not self._clocks:
            return self._end()
        if self.shown is clock:
            self.show(self._clocks[-1])
        return []

    def on_top(self) -> bool:
        """Return whether this freeze is the current one, not one that other code started or left."""
        if self._factory is None:
            return False
        factories = _stacks()[0]
        return bool(factories) and factories[-1] is self._factory

    def holds(self) -> bool:
        return self._factory in _stacks()[0]

    def show(self, clock: Clock) -> None:
        if clock not in self._clocks:
            return
        if not self.on_top():
            self._begin(clock.instant)
        elif self._factory is not None:
            self._factory.move_to(clock.instant)
        self.shown = clock

    def _begin(self, instant: datetime) -> None:
        freezer = load_freezegun().freeze_time(instant, ignore=list(IGNORED))
        if not self._began:
            self._is_outermost = not _stacks()[0]
            self._ended.enter_context(real_time_in_event_loops(real_monotonic))
        with _quick_scan(freezer):
            self._factory = freezer.start()
        self._began.append((freezer, tuple(stack[-1] for stack in _stacks())))

    def _end(self) -> list[Entry]:
        """Remove every freeze of ours, and those of other code that stand on them, which are returned.

        freezegun ends whatever is on top of its stacks, and expects that the freeze that began first ends last; an
        implementation may have left freezes there, or removed ours.
        """
        entries = _entries()
        ours = {id(entry[0]) for _, entry in self._began}
        first = next((n for n, entry in enumerate(entries) if id(entry[0]) in ours), len(entries))
        if self._is_outermost:
            first = 0
        for stack in _stacks():
            del stack[first:]
        if self._is_outermost and self._began:
            freezer, entry = self._began[0]
            _push([entry])
            freezer.stop()
        self._ended.close()
        self.shown = self._factory = None
        self._began.clear()
        return [entry for entry in entries[first:] if id(entry[0]) not in ours]


def _stacks() -> tuple[list[object], ...]:
    """Return freezegun's stacks, which grow and shrink together; the first holds what tells the time."""
    api = load_freezegun().api
    return (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets)


def _entries() -> list[Entry]:
    return list(zip(*_stacks(), strict=False))  # as long as each other, unless other code has cleared one


def _push(entries: list[Entry]) -> None:
    for entry in entries:
        for stack, element in zip(_stacks(), entry, strict=True):
            stack.append(element)


_Attributes = list[tuple[str, object]]


class _Scanned(NamedTuple):
    """The names of a module that were real clocks when they were sorted out, and what shows that it has changed."""

    module: int
    size: int
    last: object
    clocks: _Attributes


_SCANNED: dict[str, _Scanned] = {}


@contextlib.contextmanager
def _quick_scan(freezer: _freeze_time) -> Iterator[None]:
    """Let freezegun look only at modules that name a clock, and sort out the names of a module when they have changed.

    It looks at every name of every module otherwise, which takes most of a freeze: 5 ms where pytest is loaded.
    """
    api = load_freezegun().api
    scan = getattr(api, "_get_cached_module_attributes", None)
    if scan is None or _stacks()[0]:  # in another freeze modules name frozen clocks, and freezegun looks at none
        yield
        return
    real = {id(value) for name, value in vars(api).items() if name.startswith("real_")}
    narrowed = ModuleType("sys")
    narrowed.__dict__["modules"] = dict(_with_clocks(real))

    def quick(module: ModuleType) -> _Attributes:
        names, known = getattr(module, "__dict__", {}), _SCANNED.get(module.__name__)
        if known is None or known.module != id(module):  # it is loaded under another name, or has no dict of names
            found: _Attributes = scan(module)
            return found
        return [(name, value) for name, value in known.clocks if names.get(name) is value]

    api._get_cached_module_attributes, api.sys = quick, narrowed
    try:
        yield
        freezer.modules_at_start = set(sys.modules)
    finally:
        api._get_cached_module_attributes, api.sys = scan, sys


def _with_clocks(real: set[int]) -> Iterator[tuple[str, ModuleType]]:
    """Yield the modules that name a real clock, or may do so."""
    for key, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        if type(names) is not dict:
            yield key, module
            continue
        known, last = _SCANNED.get(key), next(reversed(names), None)
        if known is None or known.size != len(names) or known.last != last or known.module != id(module):
            clocks = [(name, value) for name, value in list(names.items()) if id(value) in real]
            known = _SCANNED[key] = _Scanned(id(module), len(names), last, clocks)
        if known.clocks:
            yield key, module


_FREEZE = _Freeze()


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() != timedelta(0):
        raise ValueError(
            f"{instant!r} is not in UTC; give an aware datetime, such as datetime(2025, 1, 18, tzinfo=UTC)"
        )
    return instant
