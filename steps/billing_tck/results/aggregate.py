"""What follows from the records of a run: totals, and the verdicts on clauses, rule families and the run itself.

A scenario outside the baseline counts in none of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TypeVar, assert_never

from billing_tck.errors import Diagnostic
from billing_tck.results.corpus_result import CorpusResult
from billing_tck.results.header import Header
from billing_tck.results.known_deviations import KnownDeviation, troubles
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import WORDS, Deviates, Errored
from billing_tck.spec.requirements import Family
from billing_tck.spec.selection import Selection

T = TypeVar("T")
_WORST_FIRST = ("deviates", "errored", "conforms", "not_applicable")
_FAMILIES = tuple(map(str, Family))


class RunVerdict(StrEnum):
    """The verdict on a run.

    KNOWN is a run in which only known deviations deviate, OUT_OF_DATE one in which an entry for them is wrong.
    """

    CONFORMS = "conforms"
    KNOWN = "known"
    DEVIATES = "deviates"
    OUT_OF_DATE = "out_of_date"
    ERRORED = "errored"
    NOTHING = "nothing"


def totals(records: Iterable[ScenarioRecord]) -> dict[str, int]:
    """Return how many records have each of the four verdicts."""
    counted = Counter(record.verdict.word for record in records)
    return {word: counted[word] for word in WORDS}


def worst_verdict(words: Iterable[str]) -> str:
    """Return the verdict that several verdicts amount to.

    Deviates if any deviates, errored if any errored, else conforms if at least one conforms, else not applicable.
    """
    found = set(words)
    return next((word for word in _WORST_FIRST if word in found), "not_applicable")


def clause_verdicts(records: Iterable[ScenarioRecord]) -> dict[str, str]:
    """Return the verdict on each clause that the records name, which is the worst of its scenarios."""
    words: dict[str, set[str]] = {}
    for record in records:
        for clause in record.clauses:
            words.setdefault(clause, set()).add(record.verdict.word)
    return {clause: worst_verdict(words[clause]) for clause in sorted(words, key=clause_order)}


def clause_order(clause: str) -> tuple[str, int]:
    """Return a key that sorts AWS-02 before AWS-10, and both before BC-01."""
    letters, _, number = clause.partition("-")
    return letters, int(number) if number.isdigit() else 0


def known_clauses(records: Iterable[ScenarioRecord]) -> frozenset[str]:
    """Return the clauses in which every deviation is a known one."""
    new: set[str] = set()
    known: set[str] = set()
    for record in records:
        if isinstance(record.verdict, Deviates):
            (new if record.known is None else known).update(record.clauses)
    return frozenset(known - new)


def family_verdict(records: Sequence[ScenarioRecord]) -> tuple[str, str]:
    """Return how an implementation conforms to a family: the verdict that marks it, and the text.

    It conforms when all its applicable core scenarios conform and at least one ran.
    """
    if not records:
        return "none", "no scenario"
    core = worst_verdict(record.verdict.word for record in records if record.part == "core")
    edge = worst_verdict(record.verdict.word for record in records if record.part == "edge")
    for verdict, where in ((core, ""), (edge, " at an edge")):
        if verdict == "errored":
            return verdict, f"{verdict}{where}"
        if verdict == "deviates":
            new = any(record.standing == "deviates" for record in records)
            return (verdict, f"{verdict}{where}") if new else ("known", f"deviates as known{where}")
    if core == "conforms":
        return "conforms", "conforms"
    return "not_applicable", "only edge cases checked" if edge == "conforms" else "not checked"


def grouped(items: Iterable[T], clauses_of: Callable[[T], tuple[str, ...]]) -> dict[tuple[str, ...], list[T]]:
    """Return items by the clauses that they name, in the order in which each group of clauses first occurs."""
    groups: dict[tuple[str, ...], list[T]] = {}
    for item in items:
        groups.setdefault(clauses_of(item), []).append(item)
    return groups


def alike_errors(records: Iterable[ScenarioRecord]) -> list[list[ScenarioRecord]]:
    """Return the records that errored, grouped by their error, in the order in which each error first occurs."""
    groups: dict[str, list[ScenarioRecord]] = {}
    for record in records:
        if isinstance(record.verdict, Errored):
            groups.setdefault(record.message, []).append(record)
    return list(groups.values())


def document_order(record: ScenarioRecord) -> tuple[str, int, str, int]:
    """Return a key that sorts core before edge, families as in the documents, and then by line."""
    path = PurePosixPath(record.file)
    place = _FAMILIES.index(path.stem) if path.stem in _FAMILIES else len(_FAMILIES)
    return str(path.parent), place, path.stem, record.line


@dataclass(frozen=True, slots=True)
class Report:
    """A header, and the records of a run in the documents' order.

    `records` are those that count, `outside_baseline` those that do not. `digest` is that of `report.ndjson`, where
    there is one, `seconds` how long the run took. `corpus` is what its histories came to, where they were played: it
    counts in the verdict on the run, and in no number of scenarios and clauses.
    """

    header: Header
    records: tuple[ScenarioRecord, ...]
    outside_baseline: tuple[ScenarioRecord, ...] = ()
    digest: str = ""
    seconds: float = 0.0
    corpus: CorpusResult | None = None

    @property
    def every(self) -> tuple[ScenarioRecord, ...]:
        """The records that count and those that do not, in the documents' order."""
        if not self.outside_baseline:
            return self.records
        return tuple(sorted([*self.records, *self.outside_baseline], key=document_order))

    @property
    def totals(self) -> dict[str, int]:
        """How many records have each of the four verdicts."""
        return totals(self.records)

    @property
    def clauses(self) -> dict[str, str]:
        """The verdict on each clause."""
        return clause_verdicts(self.records)

    @property
    def clause_standings(self) -> dict[str, str]:
        """The verdict on each clause, or `known` where each of its deviations is a known one."""
        excused = known_clauses(self.records)
        return {c: "known" if c in excused else word for c, word in self.clauses.items()}

    @property
    def known(self) -> tuple[ScenarioRecord, ...]:
        """The known deviations."""
        return tuple(record for record in self.records if record.known is not None)

    @property
    def new_deviations(self) -> tuple[ScenarioRecord, ...]:
        """The deviations that are not known."""
        return tuple(record for record in self.records if record.standing == "deviates")

    @property
    def new_clauses(self) -> list[str]:
        """The clauses that deviate, other than by known deviations alone."""
        verdicts = clause_verdicts(record for record in self.records if record.known is None)
        return [clause for clause, verdict in verdicts.items() if verdict == "deviates"]

    @property
    def troubles(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the entries for known deviations."""
        return self._checked_entries()[0]

    @property
    def unchecked_entries(self) -> tuple[KnownDeviation, ...]:
        """The entries for known deviations that this run, being of a part, cannot check."""
        return self._checked_entries()[1]

    def _checked_entries(self) -> tuple[tuple[Diagnostic, ...], tuple[KnownDeviation, ...]]:
        if not self.header.known:
            return (), ()
        verdicts = {record.place: record.verdict.word for record in self.every}
        return troubles(self.header.known, verdicts, self.header.started.date())

    @property
    def everything(self) -> bool:
        """Whether every scenario was selected."""
        return self.header.asked == Selection()

    @property
    def verdict(self) -> RunVerdict:
        """The verdict on the run."""
        count = self.totals
        if self.new_deviations or (self.corpus is not None and self.corpus.count("deviates")):
            return RunVerdict.DEVIATES
        if count["errored"] or (self.corpus is not None and self.corpus.count("errored")):
            return RunVerdict.ERRORED
        if not count["conforms"] and not count["deviates"]:
            return RunVerdict.NOTHING
        if self.troubles:
            return RunVerdict.OUT_OF_DATE
        return RunVerdict.KNOWN if self.known else RunVerdict.CONFORMS


def report_of(
    header: Header,
    records: Iterable[ScenarioRecord],
    *,
    digest: str = "",
    seconds: float = 0.0,
    corpus: CorpusResult | None = None,
) -> Report:
    """Return the report of these records."""
    ordered = sorted(records, key=document_order)
    counted = tuple(record for record in ordered if not record.outside_baseline)
    rest = tuple(record for record in ordered if record.outside_baseline)
    return Report(header, counted, rest, digest, seconds, corpus)


def exit_status(verdict: RunVerdict) -> int:
    """Return the exit status of a run: 0 nothing to report, 1 a finding, 3 no judgement possible."""
    match verdict:
        case RunVerdict.CONFORMS | RunVerdict.KNOWN:
            return 0
        case RunVerdict.DEVIATES | RunVerdict.OUT_OF_DATE:
            return 1
        case RunVerdict.ERRORED | RunVerdict.NOTHING:
            return 3
        case _:
            assert_never(verdict)
