"""A reading on the command line: KNOB=VALUE."""

from __future__ import annotations

from billing_tck.errors import UsageError
from billing_tck.reference.oracle import KNOBS
from billing_tck.text.did_you_mean import did_you_mean


def parse_reading(option: str, word: str) -> tuple[str, str]:
    """Return the knob and the value of a word that an option was given. Raises UsageError."""
    knob, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f"{option} {word!r}: expected KNOB=VALUE, as marketplace_end=stops_at_end")
    if knob not in KNOBS:
        raise UsageError(f"{option} {word!r}: knob {knob!r} does not exist; {did_you_mean(knob, KNOBS)}")
    if value not in KNOBS[knob]:
        raise UsageError(f"{option} {word!r}: {knob} has no value {value!r}; {did_you_mean(value, KNOBS[knob])}")
    return knob, value
