"""The verdict on a run as a sentence, a mark and a colour, for every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from billing_tck.reports.corpus import corpus_sentence
from billing_tck.results.aggregate import Report, RunVerdict
from billing_tck.results.record import format_verdict
from billing_tck.text.format import format_count, format_instant

LONGEST_NAME, LONGEST_TITLE = 80, 160
NEWER = "newer than the baseline, and so not counted"
MARKS = {
    "conforms": "✓",
    "deviates": "✗",
    "errored": "!",
    "not_applicable": "–",  # noqa: RUF001 - a dash is meant
    "known": "(✗)",
    "none": "·",
    "newer": "+",
}
VERDICT_MARKS: Mapping[RunVerdict, str] = {
    RunVerdict.CONFORMS: "conforms",
    RunVerdict.KNOWN: "known",
    RunVerdict.DEVIATES: "deviates",
    RunVerdict.OUT_OF_DATE: "deviates",
    RunVerdict.ERRORED: "errored",
    RunVerdict.NOTHING: "errored",
}
_PLURALS = {"conforms": "conform", "deviates": "deviate"}


def sentence(report: Report) -> str:
    """Return the verdict on a run as a sentence."""
    checked = format_count(len(report.records) - report.totals["not_applicable"], "scenario")
    known = f"{len(report.known)} deviate{'s' * (len(report.known) == 1)} as known"
    entries = format_entries(len(report.troubles))
    match report.verdict:
        case RunVerdict.NOTHING:
            return "Nothing was checked that counts" if report.outside_baseline else "Nothing was checked"
        case RunVerdict.CONFORMS:
            return f"Conforms: {checked} checked, nothing deviates"
        case RunVerdict.KNOWN:
            return f"Nothing new deviates in {checked}: {known}"
        case RunVerdict.OUT_OF_DATE:
            return f"Out of date: {entries}; nothing new deviates in {checked}"
        case RunVerdict.DEVIATES | RunVerdict.ERRORED:
            parts = _findings(report, checked)
            parts += [known] if report.known else []
            parts += [f"{entries} out of date"] if report.troubles else []
            return "; ".join(parts)


def _findings(report: Report, checked: str) -> list[str]:
    new, errored = len(report.new_deviations), report.totals["errored"]
    parts = [f"Deviates in {new} of {checked}, {format_count(len(report.new_clauses), 'clause')}"] if new else []
    parts += [f"{'errored' if new else 'Errored'} in {errored} of {checked}"] if errored else []
    corpus = report.corpus
    if corpus is not None and (corpus.count("deviates") or corpus.count("errored")):
        parts.append(f"{'corpus' if parts else 'Corpus'}: {corpus_sentence(corpus)}")
    return parts


def format_entries(count: int) -> str:
    """Return how many entries for known deviations there are: `2 entries of known deviations`."""
    return f"{count} entr{'y' if count == 1 else 'ies'} of known deviations"


def implementation_title(report: Report) -> str:
    """Return the name and version of the implementation, shortened to fit a heading."""
    described = report.header.implementation
    return _shortened(f"{described.name} {described.version}", LONGEST_NAME)


def page_title(report: Report, readings: Sequence[str]) -> str:
    """Return a title that tells two reports apart: what was run, these of its readings, when, and the verdict."""
    header = report.header
    title = implementation_title(report)
    sut = "" if header.sut in title else f" ({header.sut})"
    declared = "".join(f", {reading}" for reading in readings if reading not in header.sut)
    return (
        _shortened(f"{title}{sut}{declared}", LONGEST_TITLE) + f", {format_instant(header.started)}: {sentence(report)}"
    )


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def count_verdict(word: str, count: int) -> str:
    """Return a count of scenarios with a verdict: `1 deviates`, `5 deviate`, `2 not applicable`."""
    text = format_verdict(word)
    return f"{count} {text if count == 1 else _PLURALS.get(word, text)}"
