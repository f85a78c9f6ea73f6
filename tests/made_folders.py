"""Damage that a folder made for a site can have, whatever its kind."""

from __future__ import annotations

import hashlib
from pathlib import Path


def damage(about: Path, change: str, source: str) -> None:
    """Damage the file that describes a folder; `source` is the digest that stands in it."""
    match change:
        case "missing":
            about.unlink()
        case "not JSON":
            about.write_text("{")
        case "a list":
            about.write_text("[]")
        case "another version":
            about.write_text(about.read_text().replace(source, hashlib.sha256().hexdigest()))
        case _:
            raise ValueError(change)
