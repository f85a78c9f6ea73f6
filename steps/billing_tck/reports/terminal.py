"""The terminal: progress while it runs, a line for each family, the deviations told, and one closing line."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TextIO

from billing_tck.clock import real_monotonic
from billing_tck.reports.render import render_result
from billing_tck.results.aggregate import counted as counted_as
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.results.report_file import Run, clause_order, clause_verdicts, family_verdict, grouped, totals
from billing_tck.results.result import Result
from billing_tck.results.verdicts import WORDS, Deviates, Errored, NotApplicable
from billing_tck.spec.selection import Selection
from billing_tck.text.sanitize import sanitize

MOST_TOLD = 20
MOST_ALSO = 5
FEW_KNOWN = 3
_COLOURS = {"conforms": "32", "deviates": "31;1", "errored": "33;1", "not_applicable": "2", "core": "2", "known": "36"}


class Styler:
    """Colour for a word of a verdict where the stream is a terminal that wants it; the word itself says it all."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._on = (
            stream is not None
            and stream.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )

    def __call__(self, text: str, verdict: str) -> str:
        """The text, in the colour of the verdict that it speaks of."""
        colour = _COLOURS.get(verdict.partition(" ")[0])
        return f"\x1b[{colour}m{text}\x1b[0m" if self._on and colour else text


class Progress:
    """How far a run is, in one line that is written over; silent where the stream is no terminal."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream if stream.isatty() else None
        self._total = total
        self._count: Counter[str] = Counter()
        self._shown = 0.0

    def add(self, result: Result) -> None:
        """One more scenario is done."""
        self._count[result.verdict.word] += 1
        now = real_monotonic()
        if self._stream is not None and now - self._shown >= 0.1:
            self._shown = now
            counted = ", ".join(f"{self._count[word]} {format_word(word)}" for word in WORDS if self._count[word])
            self._stream.write(f"\r\x1b[K{self._count.total()} of {self._total}: {counted}")
            self._stream.flush()

    def say(self, what: str) -> None:
        """What is being done after the last scenario."""
        if self._stream is not None:
            self._shown = real_monotonic()
            self._stream.write(f"\r\x1b[K{what}")
            self._stream.flush()

    def clear(self) -> None:
        """Takes the line away."""
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def format_word(word: str) -> str:
    """A verdict as people read it."""
    return word.replace("_", " ")


def render_run(run: Run, sentences: Mapping[str, str], paint: Styler | None = None, folder: str | None = None) -> str:
    """The whole text of a run that has ended; `sentences` are the clauses', `folder` is where the reports are."""
    paint = paint or Styler()
    blocks = [_head(run), _families(run, paint)]
    blocks += [_reasons(run.results), _deviations(run, sentences, paint, folder), _errors(run, sentences, paint)]
    blocks += [_known(run, paint), _newer(run), _remarks(run.results), _out_of_date(run, paint)]
    if folder is not None:
        blocks.append([f"reports    {folder}"])
    blocks.append([closing_line(run, paint)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def closing_line(run: Run, paint: Styler | None = None) -> str:
    """The one line that says how it went."""
    paint = paint or Styler()
    count, known = totals(run.results), len(run.known)
    new = count["deviates"] - known
    checked = count["conforms"] + count["deviates"] + count["errored"]
    aside = f" {count['not_applicable']} not applicable." if count["not_applicable"] else ""
    aside += f" {len(run.newer)} newer than the set, not counted." if run.newer else ""
    took = f" {run.seconds:.1f} s"
    excused = {result.scenario.place for result, _ in run.known}
    unknown = [r for r in run.results if r.scenario.place not in excused]
    broken = [c for c, word in clause_verdicts(unknown).items() if word == "deviates"]
    wrong = len(run.judged()[0])
    entries = f"{wrong} entr{'y' if wrong == 1 else 'ies'} of known deviations"
    out_of_date = f" {paint('Out of date', 'deviates')}: {entries}." if wrong else ""
    if not run.results and run.newer:
        return f"{paint('Nothing was checked', 'errored')} that counts.{aside}{took}"
    if not run.results:
        return f"{paint('Nothing was checked', 'errored')}: the selection is empty."
    if not checked:
        return f"{paint('Nothing was checked', 'errored')}: no scenario applies to this implementation.{aside}{took}"
    if not count["deviates"] and not count["errored"]:
        conforms = f"{paint('Conforms', 'conforms')}: {_scenarios(checked)} checked, nothing deviates."
        return f"{conforms}{aside}{out_of_date}{took}"
    if not new and not count["errored"]:
        nothing = paint("Nothing new deviates", "conforms")
        as_known = f"{known} of {_scenarios(checked)} deviate{'s' * (known == 1)} as known."
        return f"{nothing}: {as_known}{aside}{out_of_date}{took}"
    said = []
    if new:
        said.append(f"{paint('Deviates', 'deviates')} in {new} of {_scenarios(checked)}, {_list(broken)}.")
    if count["errored"]:
        said.append(
            f"{paint('Errored', 'errored')} in {count['errored']} of {_scenarios(checked)}: no answer to judge."
        )
    if known:
        said.append(f"{known} more deviate{'s' * (known == 1)} as known.")
    return " ".join(said) + aside + out_of_date + took


def _scenarios(count: int) -> str:
    return f"{count} scenario{'s' * (count != 1)}"


def _list(clauses: Sequence[str]) -> str:
    if not clauses:
        return "no clause named"
    most = ", ".join(clauses[:8]) + (f" and {len(clauses) - 8} more" if len(clauses) > 8 else "")
    return f"clause{'s' * (len(clauses) != 1)} {most}"


def _head(run: Run) -> list[str]:
    what = run.header.implementation
    lines = [sanitize(f"{what.name} {what.version} ({run.header.sut})") + f": {_scenarios(len(run.results))}"]
    return [*lines, f"selected: {sanitize(run.header.selection)}"] if run.header.selection != "everything" else lines


def _family_words(members: Sequence[Result], excused: Set[str]) -> str:
    """How the implementation stands to a family; `deviates as known` where nothing else deviates."""
    said = family_verdict(members)
    new = [r for r in members if isinstance(r.verdict, Deviates) and r.scenario.place not in excused]
    return said.replace("deviates", "deviates as known") if said.startswith("deviates") and not new else said


def _families(run: Run, paint: Styler) -> list[str]:
    by_family: dict[str, list[Result]] = {}
    for result in run.results:
        by_family.setdefault(result.scenario.family, []).append(result)
    if not by_family:
        return []
    excused = {result.scenario.place for result, _ in run.known}
    verdicts = {family: _family_words(members, excused) for family, members in by_family.items()}
    wide, word = max(len(f) for f in by_family), max(len(v) for v in verdicts.values())
    head = f"{'':<{wide + word + 4}}" + "".join(f"  {format_word(w):>8}" for w in WORDS)
    lines = [head]
    for family, members in by_family.items():
        numbers = totals(members)
        cells = "".join(f"  {numbers[w] or '-':>{max(8, len(w))}}" for w in WORDS)
        verdict = paint(f"{verdicts[family]:<{word}}", verdicts[family])
        lines.append(f"  {family:<{wide}}  {verdict}{cells}")
    return lines


def _reasons(results: Sequence[Result]) -> list[str]:
    """Why scenarios were not applicable: each under the first thing that is missing, readings in one line."""
    missing = [r.verdict.missing[0] for r in results if isinstance(r.verdict, NotApplicable)]
    if not missing:
        return []
    why = Counter(reason for reason in missing if not reason.startswith("reading "))
    for kind, undeclared in (("another reading", False), ("any reading", True)):
        of = Counter(
            reason.removeprefix("reading ").partition("=")[0]
            for reason in missing
            if reason.startswith("reading ") and reason.endswith("(undeclared)") is undeclared
        )
        if of:
            why[f"{kind} of {', '.join(f'{knob} ({count})' for knob, count in of.most_common())}"] = of.total()
    width = len(str(max(why.values())))
    lines = ["not applicable, because it does not declare"]
    for reason, count in sorted(why.items(), key=lambda w: (-w[1], w[0])):
        lines += textwrap.wrap(
            sanitize(reason), 110, initial_indent=f"  {count:>{width}}  ", subsequent_indent=" " * (width + 4)
        )
    if any("deadline_instant=" in reason and "(undeclared)" in reason for reason in missing):
        lines += ["without deadline_instant, a deadline is only looked at a full day before it and two full days after"]
    return lines


def _deviations(run: Run, sentences: Mapping[str, str], paint: Styler, folder: str | None) -> list[str]:
    """What deviated, under its clauses; of each clause the first in full, of a selection all of them."""
    deviating = [r for r in run.results if isinstance(r.verdict, Deviates) and run.header.excuse(r) is None]
    each = 1 if run.header.asked == Selection() else MOST_TOLD
    lines: list[str] = []
    shown = 0
    rest: list[Result] = []
    for clauses, group in grouped(deviating, lambda result: result.scenario.clauses).items():
        full = group[: min(each, MOST_TOLD - shown)]
        shown += len(full)
        if not full:
            rest += group
            continue
        lines += [""] * bool(lines) + _heading(clauses, sentences, paint, "deviates")
        for number, result in enumerate(full):
            lines += [""] * bool(number) + _indented(render_result(result, run.header))
        lines += _also(group[len(full) :])
    if rest:
        counted = Counter(clause for r in rest for clause in r.scenario.clauses)
        by_clause = ", ".join(f"{clause} ({counted[clause]})" for clause in sorted(counted, key=clause_order))
        lines += ["", f"and {len(rest)} more: {by_clause}"]
    if len(deviating) > shown:
        where = f"in {folder}/report.html" if folder else "with --report DIR"
        lines += ["", f"told in full {where}, or one by one with --clause ID"]
    return lines


def _also(results: Sequence[Result]) -> list[str]:
    """Further deviations from the same clause, each in a line or two."""
    lines = ["  and in the same clause"] if results else []
    before = ""
    for result in results[:MOST_ALSO]:
        under = ", ".join(result.scenario.under)
        lines.append(
            sanitize(f"    {result.scenario.place}  {result.scenario.name}" + (f"  [{under}]" if under else ""))
        )
        if isinstance(result.verdict, Deviates):
            said = f"expected {result.verdict.expected}; observed {result.verdict.observed}"
            lines += [sanitize(f"      {said}")] if said != before else []
            before = said
    more = len(results) - MOST_ALSO
    return [*lines, f"    and {more} more"] if more > 0 else lines


def _known(run: Run, paint: Styler) -> list[str]:
    """The known deviations, each entry once, with what deviates under it."""
    by_entry: dict[KnownDeviation, list[Result]] = {}
    for result, entry in run.known:
        by_entry.setdefault(entry, []).append(result)
    lines: list[str] = []
    for entry, results in by_entry.items():
        lines.append(sanitize(f"  {entry.name}  {entry.dates}: {entry.reason}"))
        for result in results[:FEW_KNOWN]:
            verdict = result.verdict
            lines.append(sanitize(f"    {result.scenario.place}  {result.scenario.name}"))
            if isinstance(verdict, Deviates):
                lines.append(sanitize(f"      expected {verdict.expected}; observed {verdict.observed}"))
        if len(results) > FEW_KNOWN:
            lines.append(f"    and {_scenarios(len(results) - FEW_KNOWN)} more")
    _, unseen = run.judged()
    if unseen:
        names = ", ".join(entry.name for entry in unseen)
        lines.append(sanitize(f"  not looked at as a whole, and so not judged: {names}"))
    return [f"{paint('known deviations', 'known')}, which do not fail the run", *lines] if lines else []


def _newer(run: Run) -> list[str]:
    """What came to the features after the set was frozen: each scenario that did not conform, the others counted."""
    if not run.newer:
        return []
    counted = ", ".join(counted_as(word, count) for word, count in totals(run.newer).items() if count)
    named = f" {run.header.frozen.name}" if run.header.frozen else ""
    lines = [f"newer than the set{named}, and not counted until the next: {_scenarios(len(run.newer))}, {counted}"]
    told = [result for result in run.newer if isinstance(result.verdict, (Deviates, Errored))]
    for result in told[:MOST_TOLD]:
        lines += _indented(render_result(result, run.header))
    return lines + ([f"  and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else [])


def _out_of_date(run: Run, paint: Styler) -> list[str]:
    wrong, _ = run.judged()
    if not wrong:
        return []
    return [f"known deviations that are {paint('out of date', 'deviates')}", *(sanitize(f"  {t}") for t in wrong)]


def _errors(run: Run, sentences: Mapping[str, str], paint: Styler) -> list[str]:
    """Each error once; the scenarios with the same one are counted."""
    alike: dict[str, list[Result]] = {}
    for result in run.results:
        if isinstance(result.verdict, Errored):
            alike.setdefault(f"{result.verdict.kind}: {result.verdict.error}", []).append(result)
    lines: list[str] = []
    for results in list(alike.values())[:MOST_TOLD]:
        lines += [""] * bool(lines) + _heading(results[0].scenario.clauses, sentences, paint, "errored")
        lines += _indented(render_result(results[0], run.header))
        if len(results) > 1:
            lines.append(f"    the same in {_scenarios(len(results) - 1)} more")
    if len(alike) > MOST_TOLD:
        lines += ["", f"and {len(alike) - MOST_TOLD} more errors, told in report.ndjson (--report DIR)"]
    return lines


def _heading(clauses: Iterable[str], sentences: Mapping[str, str], paint: Styler, verdict: str) -> list[str]:
    return [f"{paint(clause, verdict)}  {sanitize(sentences.get(clause, ''))}".rstrip() for clause in clauses]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {lines[0]}", *(f"    {line}" for line in lines[1:])]


def _remarks(results: Sequence[Result]) -> list[str]:
    said = Counter(remark for r in results for remark in r.remarks if not isinstance(r.verdict, (Deviates, Errored)))
    if not said:
        return []
    return ["remarks, which change no verdict"] + [
        f"  {sanitize(remark)}" + (f" (in {_scenarios(count)})" if count > 1 else "") for remark, count in said.items()
    ]
