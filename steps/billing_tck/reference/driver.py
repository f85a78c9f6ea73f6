"""Drivers of the kit's own implementation, of its faulty variants, and of the null implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing_tck.drivers.in_process import PythonDriver
from billing_tck.reference import null_implementations
from billing_tck.sut import Faulty, InvalidSutSpec, Null, Reference

if TYPE_CHECKING:
    from billing_tck.connection import Timeouts
    from billing_tck.drivers import Freeze

_REFERENCE = "List knobs with `billing-tck readings`."
_FAULTY = "List faults with `billing-tck faults`, and knobs with `billing-tck readings`."


def open_reference(spec: str, sut: Reference | Faulty, *, timeouts: Timeouts, freeze: Freeze) -> PythonDriver:
    """Return a driver of the reference. Raises InvalidSutSpec for a fault, knob or value that does not exist."""
    from billing_reference import build  # noqa: PLC0415 - loads only where it is run

    fault = sut.name if isinstance(sut, Faulty) else None

    def factory() -> object:
        return build(readings=dict(sut.readings), fault=fault, late=sut.late)

    try:
        factory()
    except ValueError as error:
        raise InvalidSutSpec(spec, str(error), _FAULTY if fault else _REFERENCE) from None
    return PythonDriver(spec, factory, timeouts=timeouts, freeze=freeze)


def open_null(spec: str, sut: Null, *, timeouts: Timeouts, freeze: Freeze) -> PythonDriver:
    """Return a driver of a null implementation. Raises InvalidSutSpec for one that does not exist."""
    try:
        return PythonDriver(spec, null_implementations.make(sut.name), timeouts=timeouts, freeze=freeze)
    except ValueError as error:
        raise InvalidSutSpec(spec, str(error), "Write empty:accepts, or another of these names.") from None
