"""An implementation in words: what its readings and its fault mean, for the head of a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from billing_tck.jupyter.blind_sut import is_blind, parse_blind_sut
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.spec.requirements import Knob
from billing_tck.sut import Faulty, Reference

_CLAUSE = re.compile(r"[:;.](?: |$)")


def pair_in_words(specs: tuple[str, str], knobs: Mapping[str, Knob], faults: Sequence[FaultEntry]) -> tuple[str, str]:
    """Return two `--sut` in words: where one takes a reading, the other is described by its reading of that knob."""
    taken = dict.fromkeys(knob for spec in specs for knob in _readings(spec))
    a, b = (_in_words(spec, taken, knobs, faults) for spec in specs)
    return a, b


def _in_words(spec: str, taken: Mapping[str, None], knobs: Mapping[str, Knob], faults: Sequence[FaultEntry]) -> str:
    sut = parse_blind_sut(spec)
    if not isinstance(sut, Reference | Faulty):
        return spec
    own = _readings(spec)
    readings = [short_meaning(knobs[name], own.get(name, knobs[name].default)) for name in taken if name in knobs]
    said = "the reference"
    if is_blind(spec):
        said = f"{spec.partition('?')[0]}, a hidden fault"
    elif isinstance(sut, Faulty):
        said = next((f"with a fault: {_begun(one.sentence)}" for one in faults if one.name == sut.name), spec)
    return (
        "; ".join([said, *readings]) if isinstance(sut, Faulty) else ": ".join([said, "; ".join(readings)]).rstrip(": ")
    )


def _readings(spec: str) -> dict[str, str]:
    sut = parse_blind_sut(spec)
    return dict(sut.readings) if isinstance(sut, Reference | Faulty) else {}


def short_meaning(knob: Knob, value: str) -> str:
    """Return what a reading means, up to its first colon, semicolon or full stop."""
    return next((_begun(_CLAUSE.split(one.meaning)[0]) for one in knob.values if one.name == value), value)


def _begun(sentence: str) -> str:
    """Return a sentence as it stands inside another."""
    return sentence[0].lower() + sentence[1:].rstrip(".")
