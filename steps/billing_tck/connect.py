"""Open the driver of a `--sut`."""

from __future__ import annotations

from typing import assert_never

from billing_tck.drivers.base import Driver, Freeze
from billing_tck.sut import Faulty, Http, InvalidSutSpec, Null, Python, Reference, Stdio, parse_sut

__all__ = ["open_driver", "open_unfrozen"]


def open_driver(spec: str, *, timeout: float = 10.0, freeze: Freeze = "session") -> Driver:
    """Return a driver that is ready for its first call; processes and connections start with that call.

    `timeout` is how many seconds an answer may take. `freeze` is for implementations in process: "session" freezes the
    clock from the first `reset` to `close`, "call" only while a call runs (slower; for notebooks). Raises
    InvalidSutSpec.
    """
    if timeout <= 0:
        raise InvalidSutSpec(spec, f"no answer can come within {timeout} seconds", "Give a timeout of more than 0.")
    match parse_sut(spec):
        case Reference() | Faulty() as sut:
            from billing_tck.reference import driver as reference  # noqa: PLC0415 - each driver loads only where used

            return reference.open_reference(spec, sut, timeout=timeout, freeze=freeze)
        case Null() as sut:
            from billing_tck.reference import driver as reference  # noqa: PLC0415 - each driver loads only where used

            return reference.open_null(spec, sut, timeout=timeout, freeze=freeze)
        case Python() as sut:
            from billing_tck.drivers import in_process  # noqa: PLC0415 - each driver loads only where used

            return in_process.PythonDriver(spec, in_process.find_factory(spec, sut), timeout=timeout, freeze=freeze)
        case Stdio() as sut:
            from billing_tck.drivers import stdio  # noqa: PLC0415 - each driver loads only where used

            return stdio.StdioDriver(spec, sut.command, timeout=timeout)
        case Http():
            from billing_tck.drivers import http  # noqa: PLC0415 - each driver loads only where used

            return http.HttpDriver(spec, timeout=timeout)
        case never:
            assert_never(never)


def open_unfrozen(spec: str, *, timeout: float = 10.0) -> Driver:
    """Return the driver of a `--sut`; the reference and its faults run on a virtual clock instead of a frozen one.

    Raises InvalidSutSpec.
    """
    match parse_sut(spec):
        case Reference() | Faulty() as sut:
            from billing_tck.reference import driver, oracle  # noqa: PLC0415 - only where the reference is used

            driver.open_reference(spec, sut, timeout=timeout, freeze="call").close()
            return oracle.virtual_clock_driver(spec, sut)
        case _:
            return open_driver(spec, timeout=timeout)
