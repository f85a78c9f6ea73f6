"""Which scenarios deviated or errored when they last ran in a folder: kept for `--last-failed` in the user's cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from billing_tck.results.record import ScenarioRecord
from billing_tck.text.cache import cache_folder, read_cached, write_cached
from billing_tck.text.json_text import read_json


def remember_failed(records: Iterable[ScenarioRecord], *, everything: bool) -> None:
    """Keep the places of what deviated, other than as known, or errored.

    A run of a part leaves what is kept of the other scenarios. A cache that cannot be written is no error: there is
    nothing to repeat then.
    """
    failed = {record.place: record.failed for record in records}
    others = () if everything else (place for place in last_failed() if place not in failed)
    places = [*others, *(place for place, is_failed in failed.items() if is_failed)]
    write_cached(_path(), json.dumps(places))


def last_failed() -> tuple[str, ...]:
    """Return the places of what failed when it last ran in this folder; none where no run is recorded."""
    text = read_cached(_path())
    places = None if text is None else read_json(text)
    return tuple(place for place in places if isinstance(place, str)) if isinstance(places, list) else ()


def _path() -> Path:
    folder = hashlib.sha256(str(Path.cwd()).encode()).hexdigest()[:16]
    return cache_folder() / f"last-failed-{folder}.json"
