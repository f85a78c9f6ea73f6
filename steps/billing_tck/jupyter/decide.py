"""`%decide`: the decisions of a `decisions.toml` in a notebook, and a new one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from billing_tck.connect import open_unfrozen
from billing_tck.decisions.overview import Overview, overview_of
from billing_tck.decisions.text import render_text, said_by
from billing_tck.decisions_file import FILE, Decision, InvalidDecisions, Status, read_decisions
from billing_tck.impact.wording import history_lines, sentence
from billing_tck.inference.infer import infer
from billing_tck.jupyter.display import Displayable, render_display
from billing_tck.jupyter.session import InvalidSutSpec, UnreachableError, WrongRequest, session
from billing_tck.reference.oracle import KNOBS
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.files import read_text, write_text


@dataclass(frozen=True, slots=True)
class Decided(Displayable):
    """The questions with their decisions, and what each choice does to customers."""

    overview: Overview

    def __repr__(self) -> str:
        return f"<{self.overview.summary}>"

    def html(self) -> str:
        """Return the HTML: by status, the consequences of each choice folded."""
        return render_display(
            "decided.html.j2", shown=self.overview, said_by=said_by, sentence=sentence, history_lines=history_lines
        )

    def plain(self) -> str:
        """Return the plain text."""
        return render_text(self.overview)


def decisions_of(knobs: Sequence[str] = (), file: str = FILE, sut: str | None = None) -> Decided:
    """Return the decisions of a file, of all knobs or some; without a file every question is open.

    Raises WrongRequest.
    """
    for knob in knobs:
        if knob not in KNOBS:
            raise WrongRequest(f"knob {knob!r} does not exist; {did_you_mean(knob, KNOBS)}")
    path = Path(file)
    inferred = None
    try:
        decisions = read_decisions(path, KNOBS) if path.exists() or file != FILE else ()
        if sut is not None:
            with closing(open_unfrozen(sut)) as driver:
                inferred = infer(driver)
    except InvalidDecisions as error:
        raise WrongRequest(str(error)) from None
    except (InvalidSutSpec, UnreachableError) as error:
        raise WrongRequest(f"{sut}: {error}") from None
    asked = [knob for knob in session().register.knobs if not knobs or knob.name in knobs]
    return Decided(overview_of(asked, file, decisions, sut or "", inferred))


def record(decision: str, *, why: str, owner: str, day: date, status: str = "decided", file: str = FILE) -> None:
    """Add a decision, `KNOB=VALUE`, to a file. Raises WrongRequest, also for a knob that has an entry."""
    knob, equals, value = decision.partition("=")
    if not equals:
        raise WrongRequest(f"{decision!r}: expected KNOB=VALUE, as marketplace_end=stops_at_end")
    path = Path(file)
    entries = [("knob", knob), ("value", value), ("why", why), ("owner", owner)]
    lines = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in entries]
    entry = "\n".join(["[[decision]]", *lines, f"date = {day}", f'status = "{status}"', ""])
    before = read_text(path) if path.exists() else ""
    if before and (known := _entry_of(path, knob)) is not None:
        raise WrongRequest(f"{knob} has an entry already at {known.place}: change it there")
    if status not in list(Status):
        raise WrongRequest(f"--status {status!r}: {did_you_mean(status, Status)}")
    try:
        write_text(path, f"{before.rstrip()}\n\n{entry}".lstrip())
        read_decisions(path, KNOBS)
    except InvalidDecisions as error:
        if before:
            write_text(path, before)
        else:
            path.unlink()
        raise WrongRequest("; ".join(diagnostic.message for diagnostic in error.diagnostics)) from None
    except OSError as error:
        raise WrongRequest(f"cannot write to {path}: {error.strerror}") from None


def _entry_of(path: Path, knob: str) -> Decision | None:
    try:
        return next((one for one in read_decisions(path, KNOBS) if one.knob == knob), None)
    except InvalidDecisions as error:
        raise WrongRequest(str(error)) from None
