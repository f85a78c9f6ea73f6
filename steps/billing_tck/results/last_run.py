"""Which scenarios deviated or errored in the last run of a folder: kept for `--last-failed` in the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from billing_tck.results.record import ScenarioRecord


def failed_places(records: Iterable[ScenarioRecord]) -> tuple[str, ...]:
    """Return the places of the scenarios that deviated, other than as known, or errored."""
    return tuple(record.place for record in records if record.failed)


def remember_failed(places: Iterable[str]) -> None:
    """Keep the places of what failed. A cache that cannot be written is no error: there is nothing to repeat then."""
    path = _path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(list(places)), encoding="utf-8")
        unfinished.replace(path)


def last_failed() -> tuple[str, ...]:
    """Return the places of what failed in the last run of this folder; none where there is no record of one."""
    try:
        places = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(place for place in places if isinstance(place, str)) if isinstance(places, list) else ()


def _path() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = hashlib.sha256(str(Path.cwd()).encode()).hexdigest()[:16]
    return Path(cache) / "billing-tck" / f"last-failed-{folder}.json"
