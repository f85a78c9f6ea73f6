"""`--sut` values of notebooks: those of the command, and `mystery:NUMBER`, a fault with its name hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from billing_tck.sut import Faulty, Http, InvalidSutSpec, Reference, Stdio, SutSpec, parse_sut

MYSTERY = "mystery:"


def is_blind(text: str) -> bool:
    """Return whether a `--sut` hides the name of its fault."""
    return text.startswith(MYSTERY)


def parse_blind_sut(text: str) -> SutSpec:
    """Return the parsed `--sut`; of a hidden fault, `name` is its number. Raises InvalidSutSpec."""
    return parse_sut(f"faulty:{text.removeprefix(MYSTERY)}" if is_blind(text) else text)


def hidden_fault(text: str) -> Faulty | None:
    """Return the parsed `--sut` of a hidden fault; None for any other or invalid text."""
    try:
        sut = parse_blind_sut(text) if is_blind(text) else None
    except InvalidSutSpec:
        return None
    return sut if isinstance(sut, Faulty) else None


def is_elsewhere(text: str) -> bool:
    """Return whether a `--sut` is another process or a server."""
    return isinstance(parse_blind_sut(text), Stdio | Http)


def takes_readings(text: str) -> bool:
    """Return whether the readings of a `--sut` can be chosen."""
    return isinstance(parse_blind_sut(text), Reference | Faulty)


def under_readings(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return a `--sut` that takes readings, with more of them."""
    sut = parse_blind_sut(text)
    if not isinstance(sut, Reference | Faulty):
        raise TypeError(f"{text} takes no readings")
    written = str(replace(sut, readings=(*sut.readings, *pairs)))
    return MYSTERY + written.removeprefix("faulty:") if is_blind(text) else written
