"""The consequences of each reading beside the defaults, as the search found them: histories are stored, not outcomes.

The search takes seconds for one reading; a page about all of them plays the stored histories again instead.
`billing-tck impact --rebuild` searches again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from billing_tck.errors import KitError
from billing_tck.impact.consequences import Impact
from billing_tck.impact.facts import Kind
from billing_tck.impact.instants import consequence_of
from billing_tck.impact.search import FURTHER, OPENINGS, Difference, Found, search
from billing_tck.inference.tables import definition as definition_of_tables
from billing_tck.reference.oracle import DEFAULTS, KNOBS
from billing_tck.situations.map_file import load_map

FILE = Path(__file__).parent / "consequences.json"

Stored = Mapping[tuple[str, str], Found]
"""What the search found for each knob and value that is no default."""


def build() -> dict[tuple[str, str], Found]:
    """Search the consequences of every reading beside the defaults."""
    return {
        (knob, value): search(DEFAULTS, {**DEFAULTS, knob: value})
        for knob, values in KNOBS.items()
        for value in values[1:]
    }


@cache
def stored() -> Stored:
    """Return the stored histories, read once."""
    return load()


@cache
def stored_impact(knob: str, value: str) -> Impact:
    """Return what a value changes beside the defaults, from the stored histories; nothing for a default."""
    if value == DEFAULTS[knob]:
        return Impact(((knob, value),), ((knob, value),), (), 0)
    found, after = stored()[knob, value], {**DEFAULTS, knob: value}
    consequences = tuple(
        consequence_of(DEFAULTS, after, one.key[0], one.history, one.names) for one in found.differences
    )
    return Impact(((knob, DEFAULTS[knob]),), ((knob, value),), consequences, found.histories)


# The file


def definition() -> str:
    """Return the digest of what was searched."""
    content = [load_map().digest, definition_of_tables(), FURTHER, OPENINGS]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def save(found: Stored, path: Path = FILE) -> None:
    """Write what was found, one reading to a line."""
    lines = [json.dumps({"definition": definition()})]
    for (knob, value), one in found.items():
        rows = [[*difference.key, difference.history, difference.names] for difference in one.differences]
        lines.append(json.dumps({"knob": knob, "value": value, "histories": one.histories, "found": rows}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(path: Path = FILE) -> dict[tuple[str, str], Found]:
    """Read what was found. Raises KitError if it is damaged, or was found on another map."""
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        made_for = json.loads(head)["definition"]
        found = dict(map(_read, lines))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise KitError(f"the stored consequences cannot be read: {error!r:.200}; rebuild with `make map`") from error
    if made_for != definition():
        raise KitError("the stored consequences were found on another map; rebuild them with `make map`")
    return found


def _read(line: str) -> tuple[tuple[str, str], Found]:
    raw = json.loads(line)
    differences = tuple(
        Difference((Kind(kind), worse), tuple(history), tuple(names)) for kind, worse, history, names in raw["found"]
    )
    return (raw["knob"], raw["value"]), Found(differences, raw["histories"])
