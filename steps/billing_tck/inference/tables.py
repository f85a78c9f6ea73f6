"""What each history tells: the knobs that it depends on, and for all their values together what would be seen.

The tables are measured on the reference, stored beside this module with a digest of their definition, and rebuilt by
`billing-tck infer --rebuild`. Knobs are found by changing one at a time in random combinations of all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from random import Random

from billing_tck.connect import open_unfrozen
from billing_tck.contract.capabilities import needed_for
from billing_tck.errors import KitError
from billing_tck.explorer.inference import Explanation, judged
from billing_tck.inference.actions import ACTIONS
from billing_tck.inference.histories import HISTORIES
from billing_tck.inference.player import Played, play
from billing_tck.reference.oracle import KNOBS

FILE = Path(__file__).parent / "tables.json"
EXACT, LATE = timedelta(), timedelta(days=1)
MARKETPLACE = "marketplace"
"""Stands in the needs of a history for the marketplace on which it is played."""
_COMBINATIONS = 40

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a history tells: `exact` and `late` give each row of values of `knobs` a number for what would be seen.

    Rows with the same number look alike. `needs` are the capabilities that its calls need.
    """

    name: str
    actions: tuple[str, ...]
    needs: frozenset[str]
    knobs: tuple[str, ...]
    exact: Mapping[Values, int]
    late: Mapping[Values, int]

    @property
    def words(self) -> tuple[str, ...]:
        """Return the history in words."""
        return tuple(ACTIONS[name].words for name in self.actions)

    def seen(self, *, late: bool) -> Mapping[Values, int]:
        """Return what would be seen, where effects are exact or may show late."""
        return self.late if late else self.exact


def rows_of(knobs: Sequence[str], values: Mapping[str, Sequence[str]] = KNOBS) -> Iterator[Values]:
    """Return all rows of values of some knobs."""
    return product(*(values[knob] for knob in knobs))


def played_by_reference(actions: Sequence[str], readings: Mapping[str, str]) -> Played:
    """Play a history on the reference under readings."""
    shown = ",".join(f"{knob}={value}" for knob, value in readings.items())
    driver = open_unfrozen(f"reference:{shown}" if shown else "reference")
    return play(driver, actions)


def build_tables(combinations: int = _COMBINATIONS) -> dict[str, Table]:
    """Measure all tables on the reference."""
    return {name: build_table(name, actions, combinations) for name, actions in HISTORIES.items()}


def build_table(name: str, actions: tuple[str, ...], combinations: int = _COMBINATIONS) -> Table:
    """Measure the table of one history."""
    knobs = _knobs_of(name, actions, combinations)
    exact: dict[Values, int] = {}
    late: dict[Values, int] = {}
    seen: dict[timedelta, dict[int, int]] = {EXACT: {}, LATE: {}}
    for row in rows_of(knobs):
        readings = dict(zip(knobs, row, strict=True))
        answers = played_by_reference(actions, readings).answers
        for settles, table in ((EXACT, exact), (LATE, late)):
            looks = _looks(judged(answers, readings, settles))
            table[row] = seen[settles].setdefault(looks, len(seen[settles]))
    return Table(name, actions, needs_of(played_by_reference(actions, {})), knobs, exact, late)


def needs_of(played: Played) -> frozenset[str]:
    """Return the capabilities that the calls of a history need."""
    needed = {capability for answer in played.answers for capability in needed_for(answer.method, answer.params)}
    return frozenset(MARKETPLACE if need.startswith("marketplace.") else need for need in needed)


def _looks(explanation: Explanation) -> int:
    """Return a number for what is expected of a history: where judging ends, and what was expected until then."""
    if explanation.comparator is None:
        raise KitError("the reference does not do what it expects")
    return hash((explanation.place, explanation.comparator.wanted))


def _knobs_of(name: str, actions: tuple[str, ...], combinations: int) -> tuple[str, ...]:
    """Return the knobs that change what would be seen, in any of so many random combinations."""
    random, found = Random(name), set[str]()
    for _ in range(combinations):
        readings = {knob: random.choice(values) for knob, values in KNOBS.items()}
        answers = played_by_reference(actions, readings).answers
        base = judged(answers, readings, EXACT)
        for knob in KNOBS.keys() - found:
            if any(
                (other.refuted, other.place) != (base.refuted, base.place)
                for value in KNOBS[knob]
                if value != readings[knob]
                for other in [judged(answers, {**readings, knob: value}, EXACT)]
            ):
                found.add(knob)
    return tuple(knob for knob in KNOBS if knob in found)


# The file


def definition() -> str:
    """Return the digest of what the tables are measured on: knobs, values, histories, words."""
    words = {name: action.words for name, action in ACTIONS.items()}
    content = [dict(KNOBS), dict(HISTORIES), words, _COMBINATIONS]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def save_tables(tables: Mapping[str, Table], path: Path = FILE) -> None:
    """Write the tables, one to a line."""
    lines = [json.dumps({"definition": definition()})]
    for table in tables.values():
        numbers = {"exact": list(table.exact.values()), "late": list(table.late.values())}
        lines.append(
            json.dumps({"name": table.name, "needs": sorted(table.needs), "knobs": list(table.knobs), **numbers})
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load_tables(path: Path = FILE) -> dict[str, Table]:
    """Read the tables. Raises KitError if they are damaged, or made for other histories."""
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        made_for = json.loads(head)["definition"]
        tables = {table.name: table for table in map(_read, lines)}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise KitError(f"the tables of `infer` cannot be read: {error!r:.200}; rebuild them with `make map`") from error
    if made_for != definition():
        raise KitError("the tables of `infer` were made for other histories; rebuild them with `make map`")
    return tables


def _read(line: str) -> Table:
    raw = json.loads(line)
    knobs = tuple(raw["knobs"])
    rows = list(rows_of(knobs))
    exact, late = (dict(zip(rows, raw[when], strict=True)) for when in ("exact", "late"))
    return Table(raw["name"], HISTORIES[raw["name"]], frozenset(raw["needs"]), knobs, exact, late)
