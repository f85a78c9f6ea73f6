"""Files that the kit builds from its reference: replace the stored one where another was built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from billing_tck.errors import KitError, UsageError

Built = TypeVar("Built")


def replace_stored(built: Built, load: Callable[[], Built], save: Callable[[], object], file: Path) -> bool:
    """Save what was built unless what is stored, and can be read, is the same; return whether it was another one.

    Raises UsageError where the file cannot be written.
    """
    try:
        if load() == built:
            return False
    except KitError:
        pass  # damaged, or made for another kit: it is replaced
    try:
        save()
    except OSError as error:
        raise UsageError(f"cannot write to {file}: {error.strerror}") from None
    return True
