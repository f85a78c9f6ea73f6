"""The coverage as text and as JSON: by part, by family, by clause, and what is not reached, as histories in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from billing_tck.situations.alphabet import ALPHABET
from billing_tck.situations.coverage import Coverage, Reached
from billing_tck.situations.labels import DONE
from billing_tck.situations.map_file import SituationMap
from billing_tck.situations.search import Transition
from billing_tck.situations.situation import FIELDS, Situation
from billing_tck.text.format import format_count

_WIDTH = 22


@dataclass(frozen=True, slots=True)
class CorpusNumbers:
    """What the corpus reaches of the map: `compared` are the transitions whose outcome is not open."""

    situations: int
    transitions: int
    compared: int
    histories: int
    commands: int


def render_json(coverage: Coverage, corpus: CorpusNumbers) -> str:
    """Return the numbers for machines."""
    known = coverage.known
    covered = {
        part: {"states": len(reached.situations), "transitions": len(reached.transitions)}
        for part, reached in coverage.parts.items()
    }
    covered["corpus"] = {
        "states": corpus.situations,
        "transitions": corpus.transitions,
        "compared": corpus.compared,
        "histories": corpus.histories,
        "commands": corpus.commands,
    }
    return json.dumps(
        {"states": len(known.situations), "transitions": len(known.transitions), "covered": covered}, indent=2
    )


def render_text(coverage: Coverage, corpus: CorpusNumbers, *, clauses: bool, unreached: int) -> str:
    """Return the numbers as text, with examples of transitions that no scenario reaches."""
    known = coverage.known
    lines = [describe_map(known), "", _row("", "situations", "transitions")]
    lines += [_measured(known, part, reached) for part, reached in coverage.parts.items()]
    lines += [
        _measured(known, "core and edge", coverage.all),
        *_corpus(known, corpus),
        "",
        "by family of the scenarios",
    ]
    lines += [_measured(known, family, reached) for family, reached in coverage.families.items()]
    if clauses:
        lines += ["", "by clause of the scenarios"]
        lines += [_measured(known, clause, reached) for clause, reached in coverage.clauses.items()]
    outside = ", ".join(f"{part} {number}" for part, number in coverage.outside.items())
    lines += ["", f"transitions of scenarios that are not on the map: {outside}"]
    if unreached:
        lines += ["", *_unreached(coverage, unreached)]
    return "\n".join(lines)


def _corpus(known: SituationMap, corpus: CorpusNumbers) -> Iterator[str]:
    situations, transitions = len(known.situations), len(known.transitions)
    yield _row("corpus", _share(corpus.situations, situations), _share(corpus.transitions, transitions))
    yield _row("  compared", "", _share(corpus.compared, transitions))
    yield f"  the corpus has {format_count(corpus.histories, 'history', 'histories')}, {corpus.commands:,} calls"


def describe_map(known: SituationMap) -> str:
    """Return the size, the bound and the digest of a map."""
    size = f"{format_count(len(known.situations), 'situation')}, {format_count(len(known.transitions), 'transition')}"
    return f"map of situations: {size}; bound: {known.depth} actions after each opening; digest {known.digest[:12]}"


def render_transition(known: SituationMap, transition: Transition) -> list[str]:
    """Return the shortest history that ends with a transition, an action to a line, and what it shows."""
    actions = known.history_of(transition)
    lines = [ALPHABET[name].words for name in actions]
    ending = "" if transition.ending == DONE else f": {transition.ending}"
    shown = differences(transition.before, transition.after)
    lines[-1] += ending
    return [*lines, f"=> {shown}" if shown else "=> the situation stays the same"]


def differences(before: Situation | None, after: Situation) -> str:
    """Return the fields in which two situations differ; for a new organization, from each first value."""
    pairs = zip(FIELDS, before or (values[0] for values in FIELDS.values()), after, strict=True)
    changed = [f"{field.replace('_', ' ')} {old} -> {new}" for field, old, new in pairs if old != new]
    return ", ".join(changed)


def shortest_unreached(coverage: Coverage) -> list[Transition]:
    """Return the transitions that no scenario reaches: those with the shortest histories first, each call in turn."""
    known, covered = coverage.known, coverage.all.transitions
    missing = [transition for transition in known.transitions if transition not in covered]
    missing.sort(key=lambda transition: len(known.history_of(transition)))  # stable: in the order found
    return _mixed(missing)


def _unreached(coverage: Coverage, number: int) -> Iterator[str]:
    """Return the shortest histories that end with a transition which no scenario reaches."""
    missing = shortest_unreached(coverage)
    shown = missing[:number]
    yield f"not reached: {format_count(len(missing), 'transition')}; the {len(shown)} with the shortest histories:"
    for place, transition in enumerate(shown, start=1):
        for line_number, line in enumerate(render_transition(coverage.known, transition)):
            yield f"{f'{place}.' if not line_number else '':>5} {line}"


def _mixed(transitions: Sequence[Transition]) -> list[Transition]:
    """Return the transitions in turns: the first of each call, then the second of each call, and so on."""
    count = Counter[str]()
    turns = []
    for transition in transitions:
        turns.append((count[transition.label], transition))
        count[transition.label] += 1
    return [transition for _, transition in sorted(turns, key=lambda turn: turn[0])]


def _measured(known: SituationMap, name: str, reached: Reached) -> str:
    return _row(
        name,
        _share(len(reached.situations), len(known.situations)),
        _share(len(reached.transitions), len(known.transitions)),
    )


def _share(number: int, of: int) -> str:
    return f"{number:,} ({number / of:6.1%})"


def _row(name: str, first: str, second: str) -> str:
    return f"  {name:<{_WIDTH}}{first:>18}{second:>18}".rstrip()
