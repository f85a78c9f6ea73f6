"""The kit's own implementation, under any readings, and its faulty variants; the one module that knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing_tck.drivers.base import InvalidSutSpec
from billing_tck.drivers.in_process import PythonDriver

if TYPE_CHECKING:
    from billing_tck.drivers import Freeze

SWEEP = "before_midnight"  # what `late` alone means

_REFERENCE = "Write reference, or reference:KNOB=VALUE,KNOB=VALUE and, for late effects, late (or late=morning)."
_FAULTY = "Write faulty:NAME, and readings behind it where needed: faulty:NAME,KNOB=VALUE."


def open_reference(spec: str, *, timeout: float, freeze: Freeze) -> PythonDriver:
    """The driver of `reference…` or `faulty:…`. Raises BadSut for a fault, knob or value that does not exist."""
    kind, _, rest = spec.partition(":")
    fault, readings, late = parse_variant(spec, kind == "faulty", rest)
    from billing_reference import build  # noqa: PLC0415 - only who runs it loads it

    def factory() -> object:
        return build(readings=readings, fault=fault, late=late)

    try:
        factory()
    except ValueError as error:
        raise InvalidSutSpec(spec, str(error), _FAULTY if fault else _REFERENCE) from None
    return PythonDriver(spec, factory, timeout=timeout, freeze=freeze)


def parse_variant(spec: str, faulty: bool, rest: str) -> tuple[str | None, dict[str, str], str | None]:
    """Return fault, readings and sweep of a `--sut`; `rest` follows its first colon. Raises InvalidSutSpec."""
    mend = _FAULTY if faulty else _REFERENCE
    words = [word.strip() for word in rest.split(",")] if rest else []
    fault: str | None = None
    if faulty:
        fault = words.pop(0) if words else ""
        if not fault or "=" in fault:
            raise InvalidSutSpec(spec, "the name of the fault is missing", mend)
    readings: dict[str, str] = {}
    for word in words:
        knob, _, value = word.partition("=")
        if word == "late":
            knob, value = "late", SWEEP
        if not (knob and value):
            raise InvalidSutSpec(spec, f"{word!r} is no KNOB=VALUE", mend)
        if knob in readings:
            raise InvalidSutSpec(spec, f"{knob!r} is given twice", mend)
        readings[knob] = value
    late = readings.pop("late", None)
    return fault, readings, late
