"""What the corpus found, as text: for the terminal, and for what CI systems show."""

from __future__ import annotations

from collections.abc import Iterator

from billing_tck.reports.progress import Styler
from billing_tck.reports.render import log_tail
from billing_tck.results.corpus_result import CorpusFinding, CorpusResult
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

MOST_NAMED = 5


def corpus_sentence(corpus: CorpusResult) -> str:
    """Return the outcome in a sentence, without a full stop: `3 of 3,012 histories deviate`."""
    counted = format_count(corpus.histories, "history", "histories")
    failed = [(corpus.count(word), word) for word in ("deviates", "errored") if corpus.count(word)]
    if not failed:
        return f"{counted}, nothing deviates"
    return ", ".join(f"{number:,} of {counted} {_verb(number, word)}" for number, word in failed)


def _verb(number: int, word: str) -> str:
    return "deviate" if word == "deviates" and number != 1 else word


def corpus_lines(corpus: CorpusResult, paint: Styler | None = None, *, scenarios: bool = True) -> list[str]:
    """Return a line on the whole, and those of each finding; `scenarios` says whether they are shown in full."""
    paint = paint or Styler()
    played = f"{corpus.histories:,} of {corpus.of:,}" if corpus.histories != corpus.of else f"{corpus.of:,}"
    lines = [
        f"corpus     {corpus.baseline}: {played} histories, {corpus.commands:,} calls, {corpus.seconds:.1f} s: "
        f"{corpus.count('conforms'):,} conform"
    ]
    for word in ("deviates", "errored"):
        if count := corpus.count(word):
            lines[0] += f", {paint(f'{count:,} {_verb(count, word)}', word)}"
    for finding in corpus.findings:
        lines += ["", *finding_lines(finding, paint, scenario=scenarios)]
    return lines


def finding_lines(finding: CorpusFinding, paint: Styler | None = None, *, scenario: bool = True) -> list[str]:
    """Return what deviates, after which calls, and the scenario that shows it."""
    paint = paint or Styler()
    about = ", ".join(finding.clauses) or ("contract" if finding.contract else "no clause named")
    lines = [f"  {paint(about, finding.verdict)}  {sanitize(finding.place)}{_alike(finding)}"]
    lines += [sanitize(f"    {call}") for call in finding.calls]
    lines += [sanitize(f"    expected   {finding.expected}"), sanitize(f"    observed   {finding.observed}")]
    if finding.contract is not None:
        lines.append(sanitize(f"    contract   {finding.contract}"))
    if finding.fits is not None:
        lines.append(sanitize(f"    allowed    under {finding.fits}, which is not declared"))
    lines += [sanitize(f"    its log    {line}") for line in log_tail(finding.log)]
    if finding.feature is not None and scenario:
        lines += ["", *(sanitize(f"    {line}".rstrip()) for line in finding.feature.splitlines())]
    elif finding.feature is None and finding.no_scenario:
        lines.append(sanitize(f"    no scenario was written: {finding.no_scenario}"))
    return lines


def _alike(finding: CorpusFinding) -> str:
    return "".join(_alike_parts(finding))


def _alike_parts(finding: CorpusFinding) -> Iterator[str]:
    if not finding.alike:
        return
    numbers = [place.rpartition(":")[2] for place in finding.alike]
    more = f" and {len(numbers) - MOST_NAMED:,} more" if len(numbers) > MOST_NAMED else ""
    yield f", and {len(numbers):,} histories alike ({', '.join(numbers[:MOST_NAMED])}{more})"
