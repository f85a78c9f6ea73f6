"""The corpus in a run: which of its histories are played, and what they come to."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Generator

from billing_tck.cli.run_options import RunRequest
from billing_tck.clock import real_perf_counter
from billing_tck.connect import open_driver, open_unfrozen
from billing_tck.contract.values import Description
from billing_tck.corpus.corpus_file import history_number, load_corpus, load_head
from billing_tck.corpus.execution import on_virtual_clock, play_here, play_parallel, subject_for
from billing_tck.corpus.findings import Explainer
from billing_tck.corpus.play import HistoryPlayed
from billing_tck.drivers import Driver
from billing_tck.errors import UsageError
from billing_tck.explorer.chunks import MOST_ERRORS
from billing_tck.results.corpus_result import CorpusResult
from billing_tck.spec.requirements import Register
from billing_tck.text.format import format_count
from billing_tck.text.preview import shorten

SHOWN = 10  # histories between two updates of the progress line


def selected(asked: str, of: int) -> frozenset[int] | None:
    """Return the numbers of the histories that `--corpus` asks for, as `17,40-60`; None for all. Raises UsageError.

    `of` is the number of the last one.
    """
    if not asked:
        return None
    numbers: set[int] = set()
    for word in asked.split(","):
        begin, dash, end = word.strip().partition("-")
        first, last = history_number(begin), history_number(end if dash else begin)
        if first is None or last is None:
            raise UsageError(f"--corpus {shorten(asked, 40)!r}: expected numbers of histories, as 17 or 40-60")
        numbers.update(range(first, min(last, of + 1) + 1))
    if not numbers or not numbers <= set(range(1, of + 1)):
        raise UsageError(f"--corpus {shorten(asked, 40)!r}: the corpus has histories 1 to {of}")
    return frozenset(numbers)


class CorpusPlayer:
    """Plays the histories of the corpus that a run asks for. Raises UsageError where there are none of that number."""

    def __init__(self, request: RunRequest, register: Register) -> None:
        self._request = request
        self._register = register
        numbers = selected(request.corpus or "", load_head().histories)
        self._corpus = load_corpus(numbers=numbers)

    def play(self, driver: Driver, description: Description, show: Callable[[str], None]) -> CorpusResult:
        """Play them, and explain what failed; `driver` is the one of this process."""
        request, begun = self._request, real_perf_counter()
        with contextlib.ExitStack() as stack:
            if on_virtual_clock(request.sut):
                driver = stack.enter_context(open_unfrozen(request.sut, connection=request.connection))
            played = self._played(driver, description, show)
            failures = sorted((one.failure for one in played if one.failure), key=lambda failure: failure.number)
            if failures:
                show("shrinking what the corpus found")
                if request.elsewhere and not on_virtual_clock(request.sut):  # the driver of this process is closed
                    driver = stack.enter_context(open_driver(request.sut, connection=request.connection))
            source = f"billing-tck run --corpus --sut {shlex.quote(request.sut)}"
            findings = Explainer(driver, subject_for(driver, description), self._register, source).findings(failures)
        return CorpusResult(
            baseline=self._corpus.head.corpus,
            digest=self._corpus.head.digest,
            of=self._corpus.head.histories,
            histories=len(played),
            commands=sum(one.command_count for one in played),
            findings=findings,
            seconds=round(real_perf_counter() - begun, 3),
        )

    def _played(self, driver: Driver, description: Description, show: Callable[[str], None]) -> list[HistoryPlayed]:
        played: list[HistoryPlayed] = []
        errors, of = 0, format_count(len(self._corpus.histories), "history", "histories")
        with contextlib.closing(self._source(driver, description)) as source:
            for one in source:
                played.append(one)
                errors += one.errored
                if len(played) % SHOWN == 0:
                    show(f"corpus: {len(played):,} of {of}")
                if errors >= MOST_ERRORS or (one.failure and self._request.selection.until_failure):
                    break
        return played

    def _source(self, driver: Driver, description: Description) -> Generator[HistoryPlayed, None, None]:
        request = self._request
        if request.elsewhere:
            yield from play_parallel(
                self._corpus.histories,
                request.suts,
                request.connection,
                description,
                count=request.workers,
                cluster=request.cluster,
            )
        else:
            yield from play_here(self._corpus.histories, driver, description)
