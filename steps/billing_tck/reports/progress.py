"""What a command prints while it runs: colours for verdicts, and the progress.

On a terminal the progress is one line that is overwritten; elsewhere, as in the log of a CI job, a line every few
seconds.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TextIO

from billing_tck.clock import real_monotonic
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import WORDS
from billing_tck.text.sanitize import sanitize

INTERVAL = 0.1  # seconds, on a terminal
LINE_INTERVAL = 5.0  # seconds, elsewhere
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
    """The number of finished scenarios; with `verbose` also each of them."""

    def __init__(self, stream: TextIO, total: int, *, verbose: bool = False) -> None:
        self._stream = stream if stream.isatty() else None
        self._lines = stream
        self._verbose = verbose
        self._total = total
        self._count: Counter[str] = Counter()
        self._shown = 0.0
        self._printed = real_monotonic()

    def add(self, record: ScenarioRecord) -> None:
        """Count one more scenario."""
        self._count[record.verdict.word] += 1
        if self._verbose:
            self.clear()
            verdict = format_verdict(record.verdict.word)
            print(sanitize(f"{verdict:<14}  {record.place}  {record.name}"), file=self._lines, flush=True)
        if self._stream is not None:
            if real_monotonic() - self._shown >= INTERVAL:
                self.show(self._counted())
        elif not self._verbose and real_monotonic() - self._printed >= LINE_INTERVAL:
            self._printed = real_monotonic()
            print(self._counted(), file=self._lines, flush=True)

    def _counted(self) -> str:
        counted = ", ".join(f"{self._count[word]} {format_verdict(word)}" for word in WORDS if self._count[word])
        return f"{self._count.total()} of {self._total}: {counted}"

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
