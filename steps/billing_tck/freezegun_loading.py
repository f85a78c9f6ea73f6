"""Load freezegun without asyncio, unittest and a parser of dates, which it imports and a freeze does not need.

Event loops keep real time while the clock is frozen, whether asyncio is loaded before or during the freeze.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import BaseEventLoop

_UNNEEDED = ("asyncio", "unittest", "dateutil.parser")
_LOOPS = "asyncio.base_events"


def load_freezegun() -> ModuleType:
    """Return freezegun, loaded."""
    if "freezegun" in sys.modules:
        return sys.modules["freezegun"]
    absent = [name for name in _UNNEEDED if name not in sys.modules]
    sys.modules.update((name, _StandIn(name)) for name in absent)
    try:
        return importlib.import_module("freezegun")
    finally:
        for name in absent:
            del sys.modules[name]


class _StandIn(ModuleType):
    """In the place of a module that is imported, and loaded when something of it is used."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def real_time_in_event_loops(monotonic: Callable[[], float]) -> Iterator[None]:
    """Let timers of asyncio fire while the clock is frozen; `monotonic` tells real time.

    freezegun can do so itself, but makes an event loop for it, which opens a socket; pytest-socket forbids that.
    """

    def time(self: BaseEventLoop) -> float:
        return monotonic()

    with contextlib.ExitStack() as stack:

        def keep_real(module: ModuleType) -> None:
            loop = module.BaseEventLoop
            stack.callback(setattr, loop, "time", loop.time)
            loop.time = time

        if _LOOPS in sys.modules:
            keep_real(sys.modules[_LOOPS])
        else:
            later = _AfterLoading(keep_real)
            sys.meta_path.insert(0, later)
            stack.callback(later.remove)
        yield


class _AfterLoading:
    """A finder that finds nothing itself: it calls back when the event loops of asyncio have been loaded."""

    def __init__(self, loaded: Callable[[ModuleType], None]) -> None:
        self._loaded = loaded

    def remove(self) -> None:
        """No longer look. Idempotent."""
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the event loops, which other finders know; None for any other module."""
        if name != _LOOPS:
            return None
        self.remove()
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                self._loaded(module)

            setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 - of this loader alone
        return spec
