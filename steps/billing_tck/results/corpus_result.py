"""What a run found with the corpus: counts, and one finding for all histories that fail alike."""

from __future__ import annotations

from dataclasses import dataclass

CORPUS = "corpus"


@dataclass(frozen=True, slots=True)
class CorpusFinding:
    """A history of the corpus that deviates or errored, shrunk, and how many fail like it.

    `place` names the history, `clauses` are those that the deviation concerns, `contract` is the sentence of the
    contract that is broken where it is no clause, and `fits` the value of a knob, as `knob=value`, that would allow it.
    `calls` are the calls of the shrunk history as text. `feature` is the scenario, which belongs under `path`; where
    there is none, `no_scenario` says why.
    """

    place: str
    verdict: str
    clauses: tuple[str, ...]
    expected: str
    observed: str
    alike: tuple[str, ...]
    calls: tuple[str, ...] = ()
    contract: str | None = None
    fits: str | None = None
    path: str = ""
    feature: str | None = None
    no_scenario: str = ""
    log: tuple[str, ...] = ()

    @property
    def histories(self) -> int:
        """How many histories fail like this one, itself included."""
        return 1 + len(self.alike)

    @property
    def message(self) -> str:
        """The finding in one line."""
        if self.verdict == "errored":
            return self.observed
        return f"expected {self.expected}; observed {self.observed}"


@dataclass(frozen=True, slots=True)
class CorpusResult:
    """The corpus in a run: its baseline, and how many of its histories and commands were played."""

    baseline: str
    digest: str
    of: int
    histories: int
    commands: int
    findings: tuple[CorpusFinding, ...]
    seconds: float = 0.0

    def count(self, verdict: str) -> int:
        """Return how many histories have a verdict."""
        failed = sum(finding.histories for finding in self.findings)
        if verdict == "conforms":
            return self.histories - failed
        return sum(finding.histories for finding in self.findings if finding.verdict == verdict)
