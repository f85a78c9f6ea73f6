"""The reference, with 5 ms in front of each call: what an implementation with a database takes."""

import time
from collections.abc import Callable

from billing_reference import build as build_reference

PAUSE = 0.005


class Slow:
    """Passes every call on, after a pause."""

    def __init__(self) -> None:
        self._reference = build_reference()

    def __getattr__(self, name: str) -> Callable[..., object]:
        method: Callable[..., object] = getattr(self._reference, name)

        def call(**params: object) -> object:
            time.sleep(PAUSE)
            return method(**params)

        return call


def build() -> Slow:
    """The factory that a driver asks."""
    return Slow()
