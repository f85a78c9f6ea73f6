"""How a report went, in one sentence, one mark and one colour, for every file that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from billing_tck.results.record import Line, Report, clauses_of
from billing_tck.results.report_file import worst_verdict

LONGEST = 80
NEWER = "newer than the frozen set, and so not counted"
VERDICT_MARKS: Mapping[str, str] = {
    "conforms": "conforms",
    "known": "known",
    "deviates": "deviates",
    "out_of_date": "deviates",
    "errored": "errored",
    "nothing": "errored",
}


def sentence(report: Report) -> str:
    """The verdict as a sentence."""
    count = report.totals
    new = count["deviates"] - report.known
    checked = len(report.lines) - count["not_applicable"]
    as_known = f"{report.known} deviate{'s' * (report.known == 1)} as known"
    wrong = len(report.troubles)
    entries = f"{wrong} entr{'y' if wrong == 1 else 'ies'} of known deviations"
    match report.verdict:
        case "nothing":
            return "Nothing was checked that counts" if report.newer else "Nothing was checked"
        case "conforms":
            return f"Conforms: {_scenarios(checked)} checked, nothing deviates"
        case "known":
            return f"Nothing new deviates in {_scenarios(checked)}: {as_known}"
        case "out_of_date":
            return f"Out of date: {entries}; nothing new deviates in {_scenarios(checked)}"
        case _:
            said = []
            if new:
                said.append(f"Deviates in {new} of {_scenarios(checked)}, {_clauses(len(new_clauses(report)))}")
            if count["errored"]:
                said.append(f"{'errored' if new else 'Errored'} in {count['errored']} of {_scenarios(checked)}")
            said += [as_known] if report.known else []
            said += [f"{entries} out of date"] if wrong else []
            return "; ".join(said)


def implementation(report: Report) -> str:
    """The name and version of what was run, as long as a heading can be."""
    what = report.header.implementation
    name = f"{what.name} {what.version}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def new_clauses(report: Report) -> list[str]:
    """The clauses that deviate, and not only as it is known."""
    verdicts = clauses_of(line for line in report.lines if line.known is None)
    return [clause for clause, verdict in verdicts.items() if verdict == "deviates"]


def verdict_of_family(lines: Sequence[Line]) -> tuple[str, str]:
    """How an implementation stands to a family: the mark, and the words. See `reports.run.family_verdict`."""
    if not lines:
        return "none", "no scenario"
    core = worst_verdict(line.verdict for line in lines if line.part == "core")
    edge = worst_verdict(line.verdict for line in lines if line.part == "edge")
    for verdict, where in ((core, ""), (edge, " at an edge")):
        if verdict in {"deviates", "errored"}:
            new = any(line.verdict == "deviates" and line.known is None for line in lines)
            if verdict == "deviates" and not new:
                return "known", f"deviates as known{where}"
            return verdict, f"{verdict}{where}"
    if core == "conforms":
        return "conforms", "conforms"
    return "not_applicable", "only edge cases checked" if edge == "conforms" else "not checked"


def counted(word: str, count: int) -> str:
    """So many scenarios of a verdict: `1 deviates`, `5 deviate`, `2 not applicable`."""
    plural = {"conforms": "conform", "deviates": "deviate"}
    return f"{count} {word.replace('_', ' ') if count == 1 else plural.get(word, word.replace('_', ' '))}"


def _scenarios(count: int) -> str:
    return f"{count} scenario{'s' * (count != 1)}"


def _clauses(count: int) -> str:
    return f"{count} clause{'s' * (count != 1)}"
