"""A step of the kit with its arguments, as code writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from billing_tck.steps.registry import phrase


@dataclass(frozen=True, slots=True)
class StepCall:
    """A step of the kit with its arguments; `text` is its phrase."""

    function: Callable[..., None]
    arguments: Mapping[str, object]

    @property
    def text(self) -> str:
        """The text of the step. Raises StepArgumentError."""
        return phrase(self.function, **self.arguments)


def call(function: Callable[..., None], **arguments: object) -> StepCall:
    """Return a step of the kit with its arguments."""
    return StepCall(function, arguments)
