"""Where `pytest --pdb` stops: in the step that ended the scenario."""

from __future__ import annotations

import inspect
from types import TracebackType

from billing_tck.steps.registry import Vocabulary


def step_traceback(error: BaseException | None, vocabulary: Vocabulary) -> TracebackType | None:
    """Return a traceback that ends in the step definition which an exception came out of; None without one."""
    if error is None:
        return None
    codes = {inspect.unwrap(definition.function).__code__ for definition in vocabulary}
    place = error.__traceback__
    while place is not None:
        if place.tb_frame.f_code in codes:
            return TracebackType(None, place.tb_frame, place.tb_lasti, place.tb_lineno)
        place = place.tb_next
    return error.__traceback__
