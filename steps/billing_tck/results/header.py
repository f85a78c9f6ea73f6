"""The header of a run: what was run, against what, when, and how to repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from billing_tck.contract.values import Description
from billing_tck.results.known_deviations import KnownDeviation, known_for
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Deviates
from billing_tck.spec.baseline import Baseline
from billing_tck.spec.selection import Selection
from billing_tck.version import __version__


@dataclass(frozen=True, slots=True)
class BaselineName:
    """The name and the digest of the baseline whose scenarios count."""

    name: str
    digest: str

    @classmethod
    def of(cls, frozen: Baseline | None) -> BaselineName | None:
        """Return the name of a baseline; None where there is no baseline, and every scenario counts."""
        return None if frozen is None else cls(frozen.name, frozen.digest)


@dataclass(frozen=True, slots=True)
class Header:
    """What was run, against what, and how to repeat it.

    `options` are the arguments that a repetition needs beside `--sut` and `--scenario`, `asked` is the selection that
    `selection` gives as text, `known` are the known deviations, `baseline` has the scenarios that count.
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
    baseline: BaselineName | None = None

    def known_deviation_of(self, record: ScenarioRecord) -> KnownDeviation | None:
        """Return the known deviation that covers a record which deviates; None where there is none."""
        if not self.known or not isinstance(record.verdict, Deviates):
            return None
        return known_for(record.place, self.known, self.started.date())

    def mark_known(self, record: ScenarioRecord) -> ScenarioRecord:
        """Return the record, marked where it is a known deviation."""
        entry = self.known_deviation_of(record)
        return record if entry is None else replace(record, known=entry.reason)


def kit_version() -> str:
    """Return the version of the kit."""
    return __version__


def utc_now() -> datetime:
    """Return the real time in whole seconds of UTC; call it before a clock is frozen."""
    return datetime.now(UTC).replace(microsecond=0)


def format_timestamp(instant: datetime) -> str:
    """Return an instant as the contract writes it: `2025-01-18T09:00:00Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
