"""Open the driver that a `--sut` asks for."""

from __future__ import annotations

import difflib

from billing_tck.drivers.base import Driver, Freeze, InvalidSutSpec

__all__ = ["open_driver", "open_unfrozen"]

KINDS = ("reference", "faulty", "empty", "python", "stdio", "http", "https")


def open_driver(spec: str, *, timeout: float = 10.0, freeze: Freeze = "session") -> Driver:
    """The driver for `spec`, ready for its first call; processes and connections start with that call.

    `timeout` is how many seconds an answer may take. `freeze` is for what runs in process: with "session" the clock
    is frozen from the first `reset` to `close`, with "call" only while a call runs (slower; for notebooks).
    Raises BadSut where `spec` cannot mean anything.
    """
    if timeout <= 0:
        raise InvalidSutSpec(
            spec, f"a timeout of {timeout} seconds leaves no time to answer", "Give more than 0 seconds."
        )
    kind, colon, rest = spec.partition(":")
    match kind:
        case "reference" | "faulty":
            from billing_tck.reference import driver as reference  # noqa: PLC0415 - each driver is loaded when it is asked for

            return reference.open_reference(spec, timeout=timeout, freeze=freeze)
        case "empty" if colon:
            from billing_tck.drivers import in_process  # noqa: PLC0415
            from billing_tck.reference import null_implementations  # noqa: PLC0415

            try:
                return in_process.PythonDriver(spec, null_implementations.make(rest), timeout=timeout, freeze=freeze)
            except ValueError as error:
                raise InvalidSutSpec(spec, str(error), "Write empty:accepts, or another of these names.") from None
        case "python" if colon:
            from billing_tck.drivers import in_process  # noqa: PLC0415

            return in_process.PythonDriver(spec, in_process.find_factory(spec, rest), timeout=timeout, freeze=freeze)
        case "stdio" if colon:
            from billing_tck.drivers import stdio  # noqa: PLC0415

            return stdio.StdioDriver(spec, rest, timeout=timeout)
        case "http" | "https" if colon:
            from billing_tck.drivers import http  # noqa: PLC0415

            return http.HttpDriver(spec, timeout=timeout)
    near = difflib.get_close_matches(kind, KINDS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near and near[0] != kind else ""
    raise InvalidSutSpec(spec, f"no such way to plug in{hint}")


def open_unfrozen(spec: str, *, timeout: float = 10.0) -> Driver:
    """Return the driver for a `--sut`; the reference and its faults run on a virtual clock instead of a frozen one.

    Raises InvalidSutSpec.
    """
    if spec.partition(":")[0] not in {"reference", "faulty"}:
        return open_driver(spec, timeout=timeout)
    from billing_tck.reference import oracle  # noqa: PLC0415

    open_driver(spec, timeout=timeout).close()
    return oracle.virtual_clock_driver(spec)
