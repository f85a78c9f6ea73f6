"""Explain what failed in the corpus: of the histories that fail alike one is shrunk, and written as a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing_tck.clock import real_monotonic
from billing_tck.corpus.play import Failure, play_history
from billing_tck.drivers import Driver
from billing_tck.explorer.chunks import grade_of
from billing_tck.explorer.counterexample import Counterexample, counterexample_of
from billing_tck.explorer.history import Answer, History
from billing_tck.explorer.runner import Played, Subject
from billing_tck.explorer.scenario_checks import is_expressible
from billing_tck.explorer.scenario_search import ScenarioSearch
from billing_tck.explorer.shrink import Shrinker
from billing_tck.results.corpus_result import CORPUS, CorpusFinding
from billing_tck.spec.requirements import Register
from billing_tck.text.format import format_instant

MOST_SHRUNK = 8
SECONDS = 30.0
"""Limits for shrinking: how many kinds of failures, and how long in all; others are reported as they were played."""

MOST_PLAYS = 400


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains failures of one implementation; `source` is the command that found them."""

    driver: Driver
    subject: Subject
    register: Register
    source: str

    def findings(self, failures: Sequence[Failure]) -> tuple[CorpusFinding, ...]:
        """Return one finding for all histories that fail alike, in the order of their numbers."""
        groups: dict[tuple[object, ...], list[Failure]] = {}
        for failure in failures:
            groups.setdefault(_kind(failure.played), []).append(failure)
        begun = real_monotonic()
        found = []
        for number, group in enumerate(groups.values()):
            first = min(group, key=lambda failure: len(failure.played.history.commands))
            shrink = number < MOST_SHRUNK and real_monotonic() - begun < SECONDS
            alike = tuple(_place(one) for one in group if one is not first)
            if first.played.error is not None:
                found.append(_errored(first, alike))
            else:
                found.append(self._deviating(first, alike, shrink=shrink))
        return tuple(found)

    def _deviating(self, failure: Failure, alike: tuple[str, ...], *, shrink: bool) -> CorpusFinding:
        played = self._shrunk(failure) if shrink else failure.played
        source = f"{self.source} (history {failure.number})"
        search = ScenarioSearch(self.subject, self.driver, self.register, source)
        explained = counterexample_of(played, self.subject, search)
        return _finding(failure, explained, alike)

    def _shrunk(self, failure: Failure) -> Played:
        """Return the history with as few calls as still show a difference that can be reported as well."""
        found = self._again(failure.played.history, failure.played, failure.beside)
        if not found.differences:
            return failure.played
        grade = grade_of(found)
        return Shrinker(
            lambda history: self._again(history, failure.played, failure.beside),
            found,
            lambda played: bool(played.differences) and grade_of(played) <= grade,
            MOST_PLAYS,
        ).run()

    def _again(self, history: History, played: Played, beside: Sequence[Answer]) -> Played:
        return play_history(self.subject, history, played.assignment, beside, tells=is_expressible)


def _kind(played: Played) -> tuple[object, ...]:
    """Return what failures have in common that are reported as one."""
    if played.error is not None:
        return ("errored", played.error.kind, played.error.message)
    first = played.differences[0]
    return ("deviates", first.field, first.method if first.field == "outcome" else "")


def _finding(failure: Failure, explained: Counterexample, alike: tuple[str, ...]) -> CorpusFinding:
    return CorpusFinding(
        place=_place(failure),
        verdict="deviates",
        clauses=explained.clauses,
        expected=explained.expected,
        observed=explained.observed,
        alike=alike,
        calls=tuple(f"{format_instant(at)}  {text}" for at, text in explained.timeline),
        contract=explained.contract,
        fits=None if explained.fits is None else "=".join(explained.fits),
        path="" if explained.path is None else explained.path.as_posix(),
        feature=explained.feature,
        no_scenario=explained.not_expressible,
    )


def _errored(failure: Failure, alike: tuple[str, ...]) -> CorpusFinding:
    error = failure.played.error
    commands = failure.played.history.commands
    last = commands[-1].method if commands else "reset"
    return CorpusFinding(
        place=_place(failure),
        verdict="errored",
        clauses=(),
        expected="an answer",
        observed=f"call {len(commands)} ({last}): {error}",
        alike=alike,
        log=() if error is None else tuple(error.log),
    )


def _place(failure: Failure) -> str:
    return f"{CORPUS}:{failure.number}"
