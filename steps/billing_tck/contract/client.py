"""The contract's methods as calls of one function, typed as `Contract`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from billing_tck.contract.methods import METHODS, Contract

Call = Callable[[str, Mapping[str, object]], object]


def client(call: Call) -> Contract:
    """Return an object whose methods pass their name and parameters to `call`."""
    return cast("Contract", _Client(call))  # its methods are those of METHODS, which is made from Contract


class _Client:
    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call


def _method(name: str) -> Callable[..., object]:
    def method(self: _Client, **params: object) -> object:
        return self._call(name, params)

    return method


for _name in METHODS:
    setattr(_Client, _name, _method(_name))
