"""From the text of a cell to a value of the contract: time zones, units, decimal commas and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import get_args

from billing_tck.audit.mapping import Event, Log, Unit, Value
from billing_tck.contract import METHODS
from billing_tck.contract.values import Marketplace, Offer
from billing_tck.contract.wire import unfrozen
from billing_tck.explorer.partial_view import FIELDS
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.preview import preview

_CENT = Decimal("0.01")
_MIB = 1024
_BYTES = 1024**3
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_EXTRA = {"marketplace": Marketplace, "offer": Offer}


class Misfit(ValueError):
    """A cell that does not have the form that its meaning needs."""

    def __init__(self, column: str, text: str, expected: str) -> None:
        super().__init__(f"column {column!r}: expected {expected}, got {preview(text)}")


@dataclass(frozen=True, slots=True)
class Converter:
    """Reads the cells of a log as its mapping says."""

    log: Log

    def time_of(self, cells: Mapping[str, str]) -> datetime:
        """Return when a line happened. Raises Misfit."""
        return self._instant(self.log.time, cells.get(self.log.time, ""))

    def params_of(self, event: Event, cells: Mapping[str, str]) -> dict[str, object]:
        """Return the parameters of the call of a line, without those whose cells are empty. Raises Misfit."""
        types = {parameter.name: parameter.type for parameter in METHODS[event.call or ""].parameters} | _EXTRA
        return self._values(event.params, types, cells)

    def view_of(self, event: Event, cells: Mapping[str, str]) -> dict[str, object]:
        """Return the values of the view of a line, without those whose cells are empty. Raises Misfit."""
        return self._values(event.view, {name: described.type for name, described in FIELDS.items()}, cells)

    def collected(self, event: Event, cells: Mapping[str, str]) -> bool | None:
        """Return whether a collection collected the full amount, or None where the line does not say. Raises Misfit."""
        if event.collected is None:
            return None
        value = self._values({"collected": event.collected}, {"collected": bool}, cells).get("collected")
        return value if isinstance(value, bool) else None

    def _values(
        self, wanted: Mapping[str, Value], types: Mapping[str, object], cells: Mapping[str, str]
    ) -> dict[str, object]:
        found = {name: self._value(value, types.get(name, str), cells) for name, value in wanted.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, value: Value, type_: object, cells: Mapping[str, str]) -> object | None:
        column = value.column or "value"
        text = str(value.constant) if value.column is None else cells.get(value.column, "").strip()
        if value.values:
            if text not in value.values:
                if not text:
                    return None
                raise Misfit(column, text, "one of " + ", ".join(value.values))
            text = str(value.values[text])
        return self._typed(column, text, type_, value.unit) if text else None

    def _typed(self, column: str, text: str, type_: object, unit: Unit | None) -> object:
        kinds = [unfrozen(kind) for kind in get_args(type_) or (type_,)]
        for kind in kinds:
            if kind is bool:
                return self._flag(column, text)
            if kind is Decimal:
                return self._money(column, text, unit)
            if kind is int:
                return self._size(column, text, unit)
            if isinstance(kind, type) and issubclass(kind, datetime):
                return self._instant(column, text)
            if isinstance(kind, type) and issubclass(kind, StrEnum):
                return self._word(column, text, kind)
        return text

    def _flag(self, column: str, text: str) -> bool:
        if text.lower() not in _YES | _NO:
            raise Misfit(column, text, "true or false; translate other words with `values`")
        return text.lower() in _YES

    def _word(self, column: str, text: str, words: type[StrEnum]) -> StrEnum:
        if text.lower() not in set(words):
            raise Misfit(column, text, f"a word of the contract ({did_you_mean(text, words)}); translate with `values`")
        return words(text.lower())

    def _money(self, column: str, text: str, unit: Unit | None) -> Decimal:
        number = self._number(column, text.removeprefix("$").removesuffix("$").strip())
        amount = number / 100 if unit is Unit.CENTS else number
        if amount < 0 or amount != amount.quantize(_CENT):
            raise Misfit(column, text, "an amount that is not negative and has whole cents")
        return amount.quantize(_CENT)

    def _size(self, column: str, text: str, unit: Unit | None) -> int:
        number = self._number(column, text) / {Unit.MIB: _MIB, Unit.BYTES: _BYTES}.get(unit or Unit.GIB, 1)
        if number != number.to_integral_value():
            raise Misfit(column, text, "a whole number of GiB")
        return int(number)

    def _number(self, column: str, text: str) -> Decimal:
        plain = text.replace(".", "").replace(",", ".") if self.log.decimal_comma else text.replace(",", "")
        try:
            number = Decimal(plain)
        except InvalidOperation:
            raise Misfit(column, text, "a number") from None
        if not number.is_finite() or number.adjusted() > 15:
            raise Misfit(column, text, "a number")
        return number

    def _instant(self, column: str, text: str) -> datetime:
        try:
            form = self.log.time_format
            at = _iso(text) if form is None else datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
        except ValueError:
            expected = f"a time as {self.log.time_format!r}" if self.log.time_format else "an ISO 8601 time"
            raise Misfit(column, text, expected) from None
        at = at if at.tzinfo is not None else at.replace(tzinfo=self.log.zone)
        return at.astimezone(UTC).replace(microsecond=0)


def _iso(text: str) -> datetime:
    if len(text) == len("2025-01-18"):
        return datetime.combine(date.fromisoformat(text), time())
    return datetime.fromisoformat(text)
