"""Render a run as text for a terminal: a row for each family, the deviations, and one closing line."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from billing_tck.reports.corpus import corpus_lines, corpus_sentence
from billing_tck.reports.progress import Styler
from billing_tck.reports.render import render_record
from billing_tck.reports.wording import count_verdict, format_entries
from billing_tck.results.aggregate import (
    Report,
    RunVerdict,
    alike_errors,
    clause_order,
    family_verdict,
    grouped,
    totals,
)
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import WORDS, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import MissingReading, MissingRequirement, format_missing
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

MOST_SHOWN = 20
MOST_BRIEF = 5
FEW_KNOWN = 3
MOST_CLAUSES = 8
REASON_WIDTH = 110
Sentences = Mapping[str, str]


def render_run(report: Report, sentences: Sentences, paint: Styler | None = None, folder: str | None = None) -> str:
    """Return the text of a run that has ended; `sentences` are the clauses', `folder` is where the reports are."""
    paint = paint or Styler()
    blocks = [
        _head(report),
        _families(report.records, paint),
        _reasons(report.records),
        _deviations(report, sentences, paint, folder),
        _errors(report, sentences, paint),
        corpus_lines(report.corpus, paint) if report.corpus is not None else [],
        _known(report, paint),
        _outside_baseline(report),
        _remarks(report.records),
        _out_of_date(report, paint),
        [f"reports    {sanitize(folder)}"] if folder is not None else [],
        [closing_line(report, paint)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


# The closing line


def closing_line(report: Report, paint: Styler | None = None) -> str:
    """Return the closing line: the verdict of the run and its counts."""
    paint = paint or Styler()
    count = report.totals
    checked = count["conforms"] + count["deviates"] + count["errored"]
    aside = f" {count['not_applicable']} not applicable." if count["not_applicable"] else ""
    aside += f" {len(report.outside_baseline)} outside the baseline, not counted." if report.outside_baseline else ""
    if not checked:
        return _nothing_checked(report, paint, aside) + _corpus(report, paint)
    wrong = len(report.troubles)
    aside += f" {paint('Out of date', 'deviates')}: {format_entries(wrong)}." if wrong else ""
    return f"{_how_it_went(report, paint, checked)}{aside}{_corpus(report, paint)} {report.seconds:.1f} s"


def _corpus(report: Report, paint: Styler) -> str:
    """Return the outcome of the corpus, if it was played."""
    if report.corpus is None:
        return ""
    failed = next((word for word in ("deviates", "errored") if report.corpus.count(word)), None)
    said = corpus_sentence(report.corpus)
    return f" {paint('Corpus', failed or 'conforms')}: {said}."


def _nothing_checked(report: Report, paint: Styler, aside: str) -> str:
    nothing = paint("Nothing was checked", "errored")
    if report.records:
        return f"{nothing}: no scenario applies to this implementation.{aside} {report.seconds:.1f} s"
    if report.outside_baseline:
        return f"{nothing} that counts.{aside} {report.seconds:.1f} s"
    return f"{nothing}: the selection is empty."


def _how_it_went(report: Report, paint: Styler, checked: int) -> str:
    new, known, errored = len(report.new_deviations), len(report.known), report.totals["errored"]
    scenarios = format_count(checked, "scenario")
    as_known = f"deviate{'s' * (known == 1)} as known."
    if not new and not errored:
        if report.verdict in (RunVerdict.DEVIATES, RunVerdict.ERRORED):  # in the corpus alone
            return f"{scenarios} checked, nothing {'new ' * bool(known)}deviates there."
        if known:
            return f"{paint('Nothing new deviates', 'conforms')}: {known} of {scenarios} {as_known}"
        return f"{paint('Conforms', 'conforms')}: {scenarios} checked, nothing deviates."
    parts = [f"{paint('Deviates', 'deviates')} in {new} of {scenarios}, {_clauses(report.new_clauses)}."] if new else []
    parts += [f"{paint('Errored', 'errored')} in {errored} of {scenarios}: no answer to judge."] if errored else []
    parts += [f"{known} more {as_known}"] if known else []
    return " ".join(parts)


def _clauses(clauses: Sequence[str]) -> str:
    if not clauses:
        return "no clause named"
    more = f" and {len(clauses) - MOST_CLAUSES} more" if len(clauses) > MOST_CLAUSES else ""
    return f"clause{'s' * (len(clauses) != 1)} {', '.join(clauses[:MOST_CLAUSES])}{more}"


# The head, the families, and what does not apply


def _head(report: Report) -> list[str]:
    what = report.header.implementation
    count = format_count(len(report.records), "scenario")
    lines = [sanitize(f"{what.name} {what.version} ({report.header.sut})") + f": {count}"]
    return lines if report.everything else [*lines, f"selected: {sanitize(report.header.selection)}"]


def _families(records: Sequence[ScenarioRecord], paint: Styler) -> list[str]:
    by_family: dict[str, list[ScenarioRecord]] = {}
    for record in records:
        by_family.setdefault(record.family, []).append(record)
    if not by_family:
        return []
    verdicts = {family: family_verdict(members)[1] for family, members in by_family.items()}
    wide, word = max(map(len, by_family)), max(map(len, verdicts.values()))
    lines = [f"{'':<{wide + word + 4}}" + "".join(f"  {format_verdict(w):>8}" for w in WORDS)]
    for family, members in by_family.items():
        count = totals(members)
        cells = "".join(f"  {count[w] or '-':>{max(8, len(w))}}" for w in WORDS)
        verdict = paint(f"{verdicts[family]:<{word}}", verdicts[family])
        lines.append(f"  {family:<{wide}}  {verdict}{cells}")
    return lines


def _reasons(records: Sequence[ScenarioRecord]) -> list[str]:
    """Return why scenarios are not applicable: each under its first missing requirement, readings in one line."""
    missing = [record.verdict.missing[0] for record in records if isinstance(record.verdict, NotApplicable)]
    if not missing:
        return []
    reasons = _counted_reasons(missing)
    width = len(str(max(reasons.values())))
    lines = ["not applicable, because it does not declare"]
    for reason, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        head, indent = f"  {count:>{width}}  ", " " * (width + 4)
        lines += textwrap.wrap(sanitize(reason), REASON_WIDTH, initial_indent=head, subsequent_indent=indent)
    if any(isinstance(m, MissingReading) and m.knob == "deadline_instant" and m.declared is None for m in missing):
        lines += ["without deadline_instant, a deadline is checked only a full day before it and two full days after"]
    return lines


def _counted_reasons(missing: Iterable[MissingRequirement]) -> Counter[str]:
    reasons: Counter[str] = Counter()
    another: Counter[str] = Counter()
    undeclared: Counter[str] = Counter()
    for requirement in missing:
        if isinstance(requirement, MissingReading):
            (undeclared if requirement.declared is None else another)[requirement.knob] += 1
        else:
            reasons[format_missing(requirement)] += 1
    for kind, knobs in (("another reading", another), ("any reading", undeclared)):
        if knobs:
            counted = ", ".join(f"{knob} ({count})" for knob, count in knobs.most_common())
            reasons[f"{kind} of {counted}"] = knobs.total()
    return reasons


# Deviations and errors


def _deviations(report: Report, sentences: Sentences, paint: Styler, folder: str | None) -> list[str]:
    """Return the deviations by clause: the first of each clause in full, or all of a selection."""
    each = 1 if report.everything else MOST_SHOWN
    lines: list[str] = []
    shown = 0
    rest: list[ScenarioRecord] = []
    for clauses, group in grouped(report.new_deviations, lambda record: record.clauses).items():
        full = group[: min(each, MOST_SHOWN - shown)]
        shown += len(full)
        if not full:
            rest += group
            continue
        lines += [""] * bool(lines) + _heading(clauses, sentences, paint, "deviates")
        for number, record in enumerate(full):
            lines += [""] * bool(number) + _indented(render_record(record, report.header))
        lines += _briefly(group[len(full) :])
    if rest:
        counted = Counter(clause for record in rest for clause in record.clauses)
        by_clause = ", ".join(f"{clause} ({counted[clause]})" for clause in sorted(counted, key=clause_order))
        lines += ["", f"and {len(rest)} more: {by_clause}"]
    if len(report.new_deviations) > shown:
        where = f"in {sanitize(folder)}/report.html" if folder else "with --report DIR"
        lines += ["", f"shown in full {where}, or one by one with --clause ID"]
    return lines


def _briefly(records: Sequence[ScenarioRecord]) -> list[str]:
    """Return further deviations from the same clause, each in a line or two."""
    lines = ["  and in the same clause"] if records else []
    before = ""
    for record in records[:MOST_BRIEF]:
        tags = f"  [{', '.join(record.reading_tags)}]" if record.reading_tags else ""
        lines.append(sanitize(f"    {record.place}  {record.name}{tags}"))
        text = _expected_observed(record)
        lines += [f"      {text}"] if text != before else []
        before = text
    more = len(records) - MOST_BRIEF
    return [*lines, f"    and {more} more"] if more > 0 else lines


def _expected_observed(record: ScenarioRecord) -> str:
    match record.verdict:
        case Deviates(expected=expected, observed=observed):
            return sanitize(f"expected {expected}; observed {observed}")
        case _:
            return ""


def _errors(report: Report, sentences: Sentences, paint: Styler) -> list[str]:
    """Return each error once, with the number of its scenarios."""
    alike = alike_errors(report.records)
    lines: list[str] = []
    for records in alike[:MOST_SHOWN]:
        lines += [""] * bool(lines) + _heading(records[0].clauses, sentences, paint, "errored")
        lines += _indented(render_record(records[0], report.header))
        if len(records) > 1:
            lines.append(f"    the same in {format_count(len(records) - 1, 'scenario')} more")
    if len(alike) > MOST_SHOWN:
        lines += ["", f"and {len(alike) - MOST_SHOWN} more errors, shown in report.ndjson (--report DIR)"]
    return lines


def _heading(clauses: Iterable[str], sentences: Sentences, paint: Styler, verdict: str) -> list[str]:
    return [f"{paint(clause, verdict)}  {sanitize(sentences.get(clause, ''))}".rstrip() for clause in clauses]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {lines[0]}", *(f"    {line}" for line in lines[1:])]


# What does not fail the run, and what is wrong with the entries for it


def _known(report: Report, paint: Styler) -> list[str]:
    """Return the known deviations: each entry once, with the scenarios that it covers."""
    by_entry: dict[KnownDeviation, list[ScenarioRecord]] = {}
    for record in report.known:
        entry = report.header.known_deviation_of(record)
        if entry is not None:
            by_entry.setdefault(entry, []).append(record)
    lines: list[str] = []
    for entry, records in by_entry.items():
        lines.append(sanitize(f"  {entry.name}  {entry.dates}: {entry.reason}"))
        for record in records[:FEW_KNOWN]:
            lines += [sanitize(f"    {record.place}  {record.name}"), f"      {_expected_observed(record)}"]
        if len(records) > FEW_KNOWN:
            lines.append(f"    and {format_count(len(records) - FEW_KNOWN, 'scenario')} more")
    if report.unchecked_entries:
        names = ", ".join(entry.name for entry in report.unchecked_entries)
        lines.append(sanitize(f"  run only in part, and so not checked: {names}"))
    return [f"{paint('known deviations', 'known')}, which do not fail the run", *lines] if lines else []


def _outside_baseline(report: Report) -> list[str]:
    """Return the scenarios that do not count: those that deviate or errored, and the number of the others."""
    records = report.outside_baseline
    if not records:
        return []
    counted = ", ".join(count_verdict(word, count) for word, count in totals(records).items() if count)
    named = f" {report.header.baseline.name}" if report.header.baseline else ""
    scenarios = format_count(len(records), "scenario")
    lines = [f"outside the baseline{named}, not counted until the next one: {scenarios}, {counted}"]
    failed = [record for record in records if isinstance(record.verdict, (Deviates, Errored))]
    for record in failed[:MOST_SHOWN]:
        lines += _indented(render_record(record, report.header))
    return lines + ([f"  and {len(failed) - MOST_SHOWN} more"] if len(failed) > MOST_SHOWN else [])


def _out_of_date(report: Report, paint: Styler) -> list[str]:
    if not report.troubles:
        return []
    lines = [sanitize(f"  {trouble}") for trouble in report.troubles]
    return [f"known deviations that are {paint('out of date', 'deviates')}", *lines]


def _remarks(records: Sequence[ScenarioRecord]) -> list[str]:
    quiet = (record for record in records if not isinstance(record.verdict, (Deviates, Errored)))
    counted = Counter(remark for record in quiet for remark in record.remarks)
    if not counted:
        return []
    return ["remarks, which change no verdict"] + [
        f"  {sanitize(remark)}" + (f" (in {format_count(count, 'scenario')})" if count > 1 else "")
        for remark, count in counted.items()
    ]
