"""A run as a whole: what was run against what, its results, and what follows from them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from billing_tck.contract.values import Description
from billing_tck.errors import Diagnostic
from billing_tck.results.known_deviations import KnownDeviation, known_for, troubles
from billing_tck.results.result import Result
from billing_tck.results.verdicts import WORDS, Deviates, Errored
from billing_tck.spec.baseline import FrozenSet
from billing_tck.spec.selection import Selection
from billing_tck.text.format import format_instant
from billing_tck.version import __version__

T = TypeVar("T")
_HEAVIEST_FIRST = ("deviates", "errored", "conforms", "not_applicable")


@dataclass(frozen=True, slots=True)
class SetName:
    """Which frozen set the verdicts are of."""

    name: str
    digest: str

    @classmethod
    def of(cls, frozen: FrozenSet | None) -> SetName | None:
        """The set's name, None where there is no set."""
        return None if frozen is None else cls(frozen.name, frozen.digest)


@dataclass(frozen=True, slots=True)
class Header:
    """What was run, against what, and how it is run again.

    `options` are the words of the command line that a repetition needs beside `--sut` and `--scenario`, `asked` is the
    selection that `selection` says in words, `known` what is known to deviate, `frozen` the set that counts.
    """

    sut: str
    implementation: Description
    digest: str
    selection: str
    started: datetime
    version: str
    options: tuple[str, ...] = ()
    asked: Selection = field(default_factory=Selection)
    known: tuple[KnownDeviation, ...] = ()
    frozen: SetName | None = None

    def excuse(self, result: Result) -> KnownDeviation | None:
        """The entry that excuses a result: it deviates, and is known to."""
        if not self.known or not isinstance(result.verdict, Deviates):
            return None
        return known_for(result.scenario.place, self.known, self.started.date())


@dataclass(slots=True)
class Run:
    """A header and the results so far; `complete` once every selected scenario has its verdict.

    `newer` are the results of scenarios that are not in the frozen set: they are told, and nothing follows from them.
    """

    header: Header
    results: list[Result] = field(default_factory=list)
    complete: bool = False
    seconds: float = 0.0
    newer: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """One more result."""
        (self.newer if result.scenario.newer else self.results).append(result)

    @property
    def every(self) -> list[Result]:
        """The results that count, and then those that do not."""
        return [*self.results, *self.newer]

    @property
    def known(self) -> list[tuple[Result, KnownDeviation]]:
        """The deviations that are known, each with the entry that excuses it."""
        excused = [(result, self.header.excuse(result)) for result in self.results]
        return [(result, entry) for result, entry in excused if entry is not None]

    def judged(self) -> tuple[tuple[Diagnostic, ...], tuple[KnownDeviation, ...]]:
        """What is wrong with the entries of known deviations, and the entries that were not looked at in whole."""
        verdicts = {result.scenario.place: result.verdict.word for result in self.every}
        return troubles(self.header.known, verdicts, self.header.started.date())


def kit_version() -> str:
    """The version of the kit."""
    return __version__


def utc_now() -> datetime:
    """The real time of day, in whole seconds of UTC; asked before any clock is frozen."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(instant: datetime) -> str:
    """An instant as the contract writes it on the wire."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def totals(results: Iterable[Result]) -> dict[str, int]:
    """How many scenarios came to each of the four verdicts."""
    counted = Counter(result.verdict.word for result in results)
    return {word: counted[word] for word in WORDS}


def grouped(items: Iterable[T], clauses_of: Callable[[T], tuple[str, ...]]) -> dict[tuple[str, ...], list[T]]:
    """What speaks of clauses under those clauses, in the order in which each comes first."""
    groups: dict[tuple[str, ...], list[T]] = {}
    for item in items:
        groups.setdefault(clauses_of(item), []).append(item)
    return groups


def clause_verdicts(results: Sequence[Result]) -> dict[str, str]:
    """The verdict on each clause that a scenario speaks of.

    Deviates if any of its scenarios deviates, errored if any errored, else conforms if at least one conformed, else
    not applicable.
    """
    words: dict[str, set[str]] = {}
    for result in results:
        for clause in result.scenario.clauses:
            words.setdefault(clause, set()).add(result.verdict.word)
    return {clause: worst_verdict(words[clause]) for clause in sorted(words, key=clause_order)}


def clause_order(clause: str) -> tuple[str, int]:
    """Orders AWS-02 before AWS-10, and both before BC-01."""
    letters, _, number = clause.partition("-")
    return letters, int(number) if number.isdigit() else 0


def worst_verdict(words: Iterable[str]) -> str:
    """The verdict that several verdicts come to together."""
    found = set(words)
    return next((word for word in _HEAVIEST_FIRST if word in found), "not_applicable")


def family_verdict(results: Sequence[Result]) -> str:
    """How an implementation stands to one family, in words.

    It conforms when all its applicable core scenarios conform and at least one ran.
    """
    core = worst_verdict(r.verdict.word for r in results if r.scenario.part == "core")
    edge = worst_verdict(r.verdict.word for r in results if r.scenario.part == "edge")
    if core in {"deviates", "errored"}:
        return core
    if edge in {"deviates", "errored"}:
        return f"{edge} at an edge"
    if core == "conforms":
        return "conforms"
    return "only edge cases checked" if edge == "conforms" else "not checked"


def exit_status(run: Run) -> int:
    """0 nothing deviates or errored and something was checked, 1 something deviates, 3 errored or nothing checked.

    Known deviations do not count, and an entry that says what is no longer so counts as a deviation.
    """
    count = totals(run.results)
    if count["deviates"] > len(run.known):
        return 1
    if count["errored"] or not (count["conforms"] or count["deviates"]):
        return 3
    return 1 if run.judged()[0] else 0


def message_of(result: Result) -> str:
    """A deviation or an error in one line; empty for other verdicts."""
    match result.verdict:
        case Deviates() as d:
            asked = f"asked {format_instant(d.at)}, {d.step!r} (line {d.line})"
            return f"{asked}: expected {d.expected}; observed {d.observed}"
        case Errored() as e:
            return f"{e.kind}: {e.error}"
        case _:
            return ""


def label(result: Result) -> str:
    """A scenario as reports name it: `core/trial.feature:12: its name`."""
    return f"{result.scenario.place}: {result.scenario.name}"


def as_json(header: Header) -> Mapping[str, object]:
    """What is said of the implementation in the files."""
    described = header.implementation
    return {
        "sut": header.sut,
        "name": described.name,
        "version": described.version,
        "contract": described.contract,
        "capabilities": sorted(described.capabilities),
        "readings": dict(sorted(described.readings.items())),
        "settles_within": described.settles_within,
    }
