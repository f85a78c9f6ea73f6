"""Select the scenarios to run: by family, clause, part, place, name or tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from billing_tck.errors import UsageError
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.text.did_you_mean import nearest

if TYPE_CHECKING:
    from cucumber_tag_expressions import Expression

_SHOWN = 3  # scenarios that are named, of a selection that has more
_LONGEST_EXPRESSION = 200  # words and brackets: a longer one nests too deeply to be evaluated


class UnknownSelectionError(UsageError):
    """A family, clause or scenario that the features do not have; `nearest` are those that may have been meant."""

    def __init__(self, message: str, nearest: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, nearest, hint)
        self.message = message
        self.nearest = nearest
        self.hint = hint

    def __str__(self) -> str:
        between = "; " if any("," in name for name in self.nearest) else ", "
        hint = f"nearest: {between.join(self.nearest)}" if self.nearest else self.hint
        return f"{self.message}; {hint}" if hint else self.message


@dataclass(frozen=True, slots=True)
class Selection:
    """Criteria; an empty selection is everything. Of several families (or clauses, or scenarios) one must match.

    `names` are patterns with * and ?, or parts of a name; `tags` is an expression over the tags of a
    scenario and its part, as `@core and not @exact`. `until_failure` ends the run at the first scenario that
    deviates or errors.
    """

    families: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    part: Literal["core", "edge"] | None = None
    scenarios: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tags: str | None = None
    until_failure: bool = False

    def __str__(self) -> str:
        said = [f"family {name}" for name in self.families] + [f"clause {name}" for name in self.clauses]
        said += [self.part] if self.part else []
        said += [f"scenario {name}" for name in self.scenarios[:_SHOWN]]
        if len(self.scenarios) > _SHOWN:
            said.append(f"and {len(self.scenarios) - _SHOWN} more scenarios")
        said += [f"names like {pattern!r}" for pattern in self.names]
        said += [f"tags {self.tags}"] if self.tags else []
        text = ", ".join(said) or "everything"
        return f"{text}, until the first failure" if self.until_failure else text


def select(
    suite: Suite,
    selection: Selection,
    *,
    families: Iterable[str] | None = None,
    clauses: Iterable[str] | None = None,
) -> tuple[Scenario, ...]:
    """Return the selected scenarios, in the suite's order; there may be none.

    `families` and `clauses` are the known ones, by default those of the suite: a known one without a scenario selects
    nothing, an unknown one raises UnknownSelectionError.
    """
    known_families = set(families if families is not None else ()) | {s.family for s in suite.scenarios}
    known_clauses = set(clauses if clauses is not None else ()) | {c for s in suite.scenarios for c in s.clauses}
    _known("family", selection.families, known_families)
    _known("clause", selection.clauses, known_clauses)
    tags = parse_tags(selection.tags) if selection.tags else None
    wanted = {place for text in selection.scenarios for place in _places(suite, text)}
    return tuple(
        s
        for s in suite.scenarios
        if (not selection.families or s.family in selection.families)
        and (not selection.clauses or set(selection.clauses) & set(s.clauses))
        and (selection.part is None or s.part == selection.part)
        and (not selection.scenarios or s.place in wanted)
        and (not selection.names or any(_is_like(s, pattern) for pattern in selection.names))
        and (tags is None or tags.evaluate([f"@{tag}" for tag in (*s.tags, s.part)]))
    )


def parse_tags(text: str) -> Expression:
    """Return a tag expression. Raises UnknownSelectionError where it is not one."""
    from cucumber_tag_expressions import TagExpressionError, parse  # noqa: PLC0415 - only where one is given

    words = re.findall(r"[^\s()]+", text)
    if text.count("(") + len(words) > _LONGEST_EXPRESSION:
        problem = f"the tag expression has more than {_LONGEST_EXPRESSION} words and brackets"
        raise UnknownSelectionError(problem, hint="write a shorter one")
    if bare := [word for word in words if word not in ("and", "or", "not") and not word.startswith("@")]:
        hint = f"write @{bare[0]}"
        raise UnknownSelectionError(f"the tag expression {text!r}: {bare[0]!r} does not begin with @", hint=hint)

    try:
        return parse(text)
    except TagExpressionError as error:
        first = str(error).strip().splitlines()[0]
        hint = "write it as '@core and not (@exact or @needs.trial)'"
        raise UnknownSelectionError(f"the tag expression {text!r} cannot be parsed: {first}", hint=hint) from None


def _is_like(scenario: Scenario, pattern: str) -> bool:
    """Whether a name, or that of its outline, fits a pattern or contains a text, in any case."""
    wanted = pattern.lower()
    names = [name.lower() for name in (scenario.name, scenario.outline) if name]
    return any(wanted in name or fnmatchcase(name, wanted) for name in names)


def _known(what: str, asked: Sequence[str], known: set[str]) -> None:
    for name in asked:
        if name not in known:
            near = nearest(name.upper() if what == "clause" else name, sorted(known))
            hint = f"known: {', '.join(sorted(known)) or 'none'}"
            raise UnknownSelectionError(f"{what} {name!r} does not exist", near, hint)


def _places(suite: Suite, text: str) -> set[str]:
    """Return the places of the scenarios of a name, an outline's name, a file or a `file:line`."""
    by_name = {s.place for s in suite.scenarios if text in {s.name, s.outline}}
    if by_name:
        return by_name
    file, colon, line = text.rpartition(":")
    if not colon or not line.isdigit():
        file, line = text, ""
    in_file = [
        s for s in suite.scenarios if s.file == file or file.endswith(f"/{s.file}") or s.file.endswith(f"/{file}")
    ]
    if in_file and not line:
        return {s.place for s in in_file}
    number = int(line or 0)
    exact = {s.place for s in in_file if number == s.line} or {s.place for s in in_file if number == s.definition}
    last = max((step.line for s in in_file for step in s.steps), default=0)
    last = max([last, *(s.line for s in in_file)])
    before = [s.definition for s in in_file if s.definition <= number <= last]
    around = {s.place for s in in_file if before and s.definition == max(before)}
    if exact or around:
        return exact or around
    if in_file:
        first = min(s.definition for s in in_file)
        raise UnknownSelectionError(
            f"line {number} of {file} is outside every scenario: the first begins in line {first}, the last ends in "
            f"line {last}"
        )
    near = nearest(text, [*(s.name for s in suite.scenarios), *(s.place for s in suite.scenarios)])
    hint = "give its name, or file:line, as core/trial.feature:12"
    raise UnknownSelectionError(f"scenario {text!r} does not exist", near, hint)
