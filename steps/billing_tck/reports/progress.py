"""The terminal while a command runs: colours for verdicts, and a line of progress that is overwritten."""

from __future__ import annotations

import os
from collections import Counter
from typing import TextIO

from billing_tck.clock import real_monotonic
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import WORDS

INTERVAL = 0.1  # seconds
_COLOURS = {"conforms": "32", "deviates": "31;1", "errored": "33;1", "not_applicable": "2", "core": "2", "known": "36"}


class Styler:
    """Colours the words of verdicts if the stream is a terminal that supports colour."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._on = (
            stream is not None
            and stream.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )

    def __call__(self, text: str, verdict: str) -> str:
        """Return the text in the colour of a verdict."""
        colour = _COLOURS.get(verdict.partition(" ")[0])
        return f"\x1b[{colour}m{text}\x1b[0m" if self._on and colour else text


class Progress:
    """A line with the number of finished scenarios; silent if the stream is not a terminal."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream if stream.isatty() else None
        self._total = total
        self._count: Counter[str] = Counter()
        self._shown = 0.0

    def add(self, record: ScenarioRecord) -> None:
        """Count one more scenario."""
        self._count[record.verdict.word] += 1
        if self._stream is not None and real_monotonic() - self._shown >= INTERVAL:
            counted = ", ".join(f"{self._count[word]} {format_verdict(word)}" for word in WORDS if self._count[word])
            self.show(f"{self._count.total()} of {self._total}: {counted}")

    def show(self, text: str) -> None:
        """Write over the line."""
        if self._stream is not None:
            self._shown = real_monotonic()
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

    def clear(self) -> None:
        """Clear the line."""
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
