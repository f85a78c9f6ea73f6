"""Cases that are alike: a sample of them runs in `make test`, all of them with `make neighbours`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from _pytest.mark.structures import ParameterSet


def sampled(cases: Sequence[object], every: int, ids: Iterable[str] | None = None) -> list[ParameterSet]:
    """Return the cases as parameters, all but every N-th marked as slow; a tuple has several parameters."""
    names = list(ids) if ids is not None else [None] * len(cases)
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), id=name, marks=[pytest.mark.slow] if place % every else []
        )
        for place, (case, name) in enumerate(zip(cases, names, strict=True))
    ]
