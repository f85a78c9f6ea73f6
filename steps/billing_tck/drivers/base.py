"""The driver protocol: a driver carries calls of the contract to an implementation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from types import TracebackType
from typing import Literal, Protocol, Self

Freeze = Literal["session", "call"]
Task = Callable[..., Iterator[object]]
"""What `stream` runs: a generator function of the kit, whose first argument is the driver."""


class Driver(Protocol):
    """Carries the contract to one implementation; used as a context manager, it closes itself."""

    spec: str  # as given with --sut
    in_process: bool

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """Call a method and return its result, of type `METHODS[method].result`.

        `params` holds Python values; optional parameters that have no value are left out. Raises Refused,
        Unsupported, or ImplementationError where there was no answer to judge; the next call then finds a driver
        that has recovered by itself.
        """
        ...

    def begin_scenario(self, name: str) -> None:
        """Note which scenario the next calls belong to, for messages and recordings."""
        ...

    def log_tail(self) -> tuple[str, ...]:
        """The last lines of the implementation's error stream, where it has one."""
        ...

    def unfreeze(self) -> None:
        """Restore real time until the next call; for tests that run between scenarios."""
        ...

    def close(self) -> None:
        """Ends what was started; idempotent, and nothing is left running."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Closing:
    """What drivers share: `with` closes them."""

    def close(self) -> None:
        """Ends what was started."""
        raise NotImplementedError

    def unfreeze(self) -> None:
        """Restore real time: nothing to do, where the implementation runs outside this process."""

    def begin_scenario(self, name: str) -> None:
        """Note which scenario the next calls belong to: of no use to most drivers."""

    def log_tail(self) -> tuple[str, ...]:
        """Return the last lines of the implementation's error stream, if it has its own."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class StreamingDriver(Closing):
    """A driver that can run a generator of the kit next to the implementation."""

    spec: str
    in_process = True

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        raise NotImplementedError

    def stream(self, task: Task, *arguments: object) -> Generator[tuple[object, tuple[str, ...]], None, None]:
        """Run a generator next to the implementation; yield its values, each with what was printed meanwhile.

        Raises what the generator raises, and ImplementationError where the process has ended.
        """
        raise NotImplementedError
