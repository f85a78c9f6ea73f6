"""Read JSON that others wrote: whatever is wrong with it is a ValueError."""

from __future__ import annotations

import json


def read_json(text: str) -> object:
    """Return the value of a JSON text. Raises ValueError, also where it is nested too deeply."""
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value
