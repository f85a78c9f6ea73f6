"""Open the driver of a `--sut`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from billing_tck.connection import Connection, reveal
from billing_tck.drivers.base import Driver, Freeze
from billing_tck.sut import Faulty, Http, InvalidSutSpec, Null, Python, Reference, Stdio, parse_sut

if TYPE_CHECKING:
    from billing_tck.drivers.isolated import IsolatedDriver

__all__ = ["open_driver", "open_unfrozen", "start_ahead", "to_start_ahead"]

CAN_ISOLATE = os.name == "posix" and sys.platform not in ("emscripten", "wasi")
"""Whether an implementation in Python can have a process of its own, whose pipes can be polled."""


def open_driver(
    spec: str, *, connection: Connection | None = None, timeout: float | None = None, freeze: Freeze = "session"
) -> Driver:
    """Return a driver that is ready for its first call; processes and connections start with that call.

    `timeout` is how many seconds an answer may take, in place of that of `connection`. `freeze` is for implementations
    in process: "session" freezes the clock from the first `reset` to `close`, "call" only while a call runs (slower;
    for notebooks). Raises InvalidSutSpec, and InvalidConnection where the connection cannot be made as described.
    """
    connection = _with_timeout(connection or Connection(), timeout)
    limit = connection.timeouts.call
    if limit <= 0:
        raise InvalidSutSpec(spec, f"no answer can come within {limit} seconds", "Give a timeout of more than 0.")
    driver = _open(spec, connection, freeze)
    if connection.wire is None:
        return driver
    from billing_tck.drivers import wire  # noqa: PLC0415 - only with --wire

    return wire.WireDriver(driver, connection.wire, reveal(connection).secrets)


def to_start_ahead(spec: str, connection: Connection) -> Python | None:
    """Return an implementation that can be imported before it is needed, as it has a process of its own; else None."""
    try:
        sut = parse_sut(spec)
    except InvalidSutSpec:
        return None  # `open_driver` says why
    return sut if isinstance(sut, Python) and _is_isolated(connection) and connection.wire is None else None


def start_ahead(spec: str, sut: Python, connection: Connection, prepare: Callable[[], object]) -> IsolatedDriver:
    """Return a driver whose process imports the implementation, and runs `prepare`, while the caller does other things.

    The driver's `wait_ready` raises what `open_driver` raises. Raises InvalidConnection.
    """
    from billing_tck.drivers import isolated  # noqa: PLC0415 - each driver loads only where used

    driver = isolated.IsolatedDriver(spec, sut, connection, wait=False)
    driver.prepare(prepare)
    return driver


def _is_isolated(connection: Connection) -> bool:
    """Return whether an implementation in Python has a process of its own."""
    return connection.processes.isolated and CAN_ISOLATE


def _with_timeout(connection: Connection, timeout: float | None) -> Connection:
    if timeout is None:
        return connection
    return replace(connection, timeouts=replace(connection.timeouts, call=timeout))


def _open(spec: str, connection: Connection, freeze: Freeze) -> Driver:
    timeouts = connection.timeouts
    match parse_sut(spec):
        case Reference() | Faulty() as sut:
            from billing_tck.reference import driver as reference  # noqa: PLC0415 - each driver loads only where used

            return reference.open_reference(spec, sut, timeouts=timeouts, freeze=freeze)
        case Null() as sut:
            from billing_tck.reference import driver as reference  # noqa: PLC0415 - each driver loads only where used

            return reference.open_null(spec, sut, timeouts=timeouts, freeze=freeze)
        case Python() as sut:
            return _open_python(spec, sut, connection, freeze)
        case Stdio() as sut:
            from billing_tck.drivers import stdio  # noqa: PLC0415 - each driver loads only where used

            return stdio.StdioDriver(spec, sut.command, connection)
        case Http() if connection.processes.start is not None:
            from billing_tck.drivers import started  # noqa: PLC0415 - each driver loads only where used

            return started.StartedHttpDriver(spec, connection)
        case Http():
            from billing_tck.drivers import http  # noqa: PLC0415 - each driver loads only where used

            return http.HttpDriver(spec, connection)
        case never:
            assert_never(never)


def _open_python(spec: str, sut: Python, connection: Connection, freeze: Freeze) -> Driver:
    if _is_isolated(connection):
        from billing_tck.drivers import isolated  # noqa: PLC0415 - each driver loads only where used

        return isolated.IsolatedDriver(spec, sut, connection)
    from billing_tck.drivers import factory, in_process  # noqa: PLC0415 - each driver loads only where used

    return in_process.PythonDriver(spec, factory.find_factory(spec, sut), timeouts=connection.timeouts, freeze=freeze)


def open_unfrozen(spec: str, *, connection: Connection | None = None, timeout: float | None = None) -> Driver:
    """Return the driver of a `--sut`; the reference and its faults run on a virtual clock instead of a frozen one.

    Raises InvalidSutSpec.
    """
    match parse_sut(spec):
        case Reference() | Faulty() as sut:
            from billing_tck.reference import driver, oracle  # noqa: PLC0415 - only where the reference is used

            settings = _with_timeout(connection or Connection(), timeout)
            driver.open_reference(spec, sut, timeouts=settings.timeouts, freeze="call").close()
            return oracle.virtual_clock_driver(spec, sut)
        case _:
            return open_driver(spec, connection=connection, timeout=timeout)
