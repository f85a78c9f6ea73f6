"""The two sides of a comparison: readings, decisions, or a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from billing_tck.decisions_file import followed, read_decisions
from billing_tck.errors import UsageError
from billing_tck.reference.oracle import DEFAULTS, KNOBS
from billing_tck.reference.reading_option import parse_reading
from billing_tck.site.catalogue import Catalogue
from billing_tck.spec.baseline import FILE, Baseline, InvalidBaseline, load_baseline
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.sanitize import sanitize

_DEFAULT = "default"
_FORMS = f"KNOB=VALUE,…, `{_DEFAULT}`, a decisions file, the name of the baseline, or a {FILE}"


@dataclass(frozen=True, slots=True)
class Readings:
    """A value for each knob; `name` is how the side was given."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A baseline; `name` is how it is called."""

    name: str
    baseline: Baseline


Side = Readings | Frozen


def parse_sides(texts: tuple[str, str], catalogue: Catalogue) -> tuple[Readings, Readings] | tuple[Frozen, Frozen]:
    """Return two sides that can be compared. Raises UsageError, InvalidDecisions or InvalidSide."""
    match _side(texts[0], catalogue), _side(texts[1], catalogue):
        case Readings() as a, Readings() as b:
            return a, b
        case Frozen() as a, Frozen() as b:
            return a, b
        case _:
            raise UsageError(f"--diff: {texts[0]} and {texts[1]}: readings cannot be compared with a baseline")


def _side(text: str, catalogue: Catalogue) -> Side:
    path = Path(text)
    if text == _DEFAULT:
        return Readings(text, DEFAULTS)
    if (path / FILE).is_file() or (path.name == FILE and path.exists()):
        return _frozen(path if path.is_dir() else path.parent)
    if path.exists():
        return Readings(text, {**DEFAULTS, **followed(read_decisions(path, KNOBS))})
    current = catalogue.suite.baseline
    if current is not None and text == current.name:
        return Frozen(text, current)
    if "=" in text:
        return Readings(text, {**DEFAULTS, **dict(parse_reading("--diff", word.strip()) for word in text.split(","))})
    known = [_DEFAULT, *([current.name] if current is not None else [])]
    raise UsageError(f"--diff {sanitize(text)}: expected {_FORMS}; {did_you_mean(text, known)}")


class InvalidSide(InvalidBaseline):
    """A baseline that was given cannot be used."""

    always_given = True


def _frozen(folder: Path) -> Frozen:
    try:
        baseline = load_baseline(folder)
    except InvalidBaseline as error:
        raise InvalidSide(error.diagnostics) from None
    if baseline is None:
        raise UsageError(f"--diff: {folder} has no {FILE}")
    return Frozen(baseline.name, baseline)
