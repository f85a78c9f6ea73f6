"""The kit's exceptions, and `Diagnostic`: a problem of a file or an argument.

    Exception
    ├── KitError                the kit itself is broken
    │   ├── NothingChecked      a scenario ended without a check
    │   └── ScenarioError       a scenario cannot be carried out as it is written
    ├── UsageError              the arguments of a command name something that does not exist
    └── InvalidInput            a file or an argument cannot be used; carries every Diagnostic

This module imports nothing of the kit, so that the command line can handle any of these without loading what raises it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

IN_ARCHIVE = "billing-tck is imported from a zip archive, where its features cannot be read; install it with pip"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wrong: a file, a line in it, or a named part of it."""

    file: str = ""
    line: int | None = None
    part: str = ""

    def __str__(self) -> str:
        line = "" if self.line is None else f"{self.file}:{self.line}" if self.file else f"line {self.line}"
        return ", ".join(piece for piece in (line or self.file, self.part) if piece)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem of an input: where, what, and how to fix it.

    `suggestions` are texts to write instead, the best first.
    """

    place: Place
    message: str
    fix: str = ""
    suggestions: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.place}: " if str(self.place) else ""
        return f"{place}{sentences(self.message, self.fix, self._nearest)}"

    @property
    def _nearest(self) -> str:
        return f"Nearest: {'; '.join(map(repr, self.suggestions))}" if self.suggestions else ""


def sentences(*texts: str) -> str:
    """Join texts as sentences: end each with a full stop, unless it ends a sentence already or is a list of lines."""
    ends = (".", "?", "!", ":", "…")
    return " ".join(text if text.endswith(ends) or "\n" in text else f"{text}." for text in texts if text)


class KitError(Exception):
    """The kit itself is broken: the run stops with a message, and gives no verdict.

    `place` is where in the features that shows, where it is known.
    """

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message, place)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place is not None else self.message


class NothingChecked(KitError):
    """A scenario came to its end, and none of its steps checked anything that the implementation shows."""


class ScenarioError(KitError):
    """A scenario cannot be carried out as it is written.

    `message` is the problem and `fix` what to write instead. `name` is a name that the step uses and that no earlier
    step introduces; `place` is the step.
    """

    def __init__(self, message: str, fix: str = "", name: str | None = None, place: Place | None = None) -> None:
        super().__init__(message, place)
        self.args = (message, fix, name, place)
        self.fix = fix
        self.name = name

    def __str__(self) -> str:
        text = f"{self.message}. {self.fix}" if self.fix else self.message
        return f"{self.place}: {text}" if self.place is not None else text

    def with_location(self, place: Place) -> ScenarioError:
        """Return the same error at a place."""
        return type(self)(self.message, self.fix, self.name, place)


class UsageError(Exception):
    """The arguments of a command name something that does not exist, or do not go together."""


class InvalidInput(Exception):
    """A file or an argument cannot be used; `diagnostics` are all the reasons that were found."""

    subject: ClassVar[str] = "the input"
    always_given: ClassVar[bool] = False  # by the user; other inputs are the kit's own where no option names another

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(tuple(diagnostics))
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        return "\n".join(str(diagnostic) for diagnostic in self.diagnostics)
