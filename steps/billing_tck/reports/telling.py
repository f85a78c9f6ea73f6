"""A deviation or an error told in the words of the domain: what happened, what was asked, expected and observed."""

from __future__ import annotations

import shlex
import unicodedata

from billing_tck.engine import Result
from billing_tck.reports.run import Header
from billing_tck.timeline import render, say_instant
from billing_tck.verdicts import Conforms, Deviates, Errored, NotApplicable


def clean(text: str) -> str:
    """Text of one line that moves no cursor: control characters, whoever said them, are shown escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def repeat(result: Result, header: Header) -> str:
    """The command that runs just this scenario again."""
    words = ["billing-tck", "run", "--sut", header.sut, *header.options, "--scenario", result.scenario.place]
    return shlex.join(words)


def tell_result(result: Result, header: Header | None) -> list[str]:
    """The lines that tell one scenario, the scenario itself in the first one; without a header not how to repeat it."""
    scenario = result.scenario
    lines = [f"{scenario.place}  {scenario.name}"]
    if scenario.example:
        lines.append(f"  ({scenario.example})")
    lines += [f"  {line}" for line in render(result.told)]
    match result.verdict:
        case Deviates() as d:
            lines.append(f"asked      {say_instant(d.at)}, '{d.step}' (line {d.line})")
            lines += [f"expected   {d.expected}", f"observed   {d.observed}"]
        case Errored() as e:
            lines += ["expected   an answer", f"observed   {e.kind}: {e.error}"]
            lines += [f"its log    {line}" for line in e.log]
        case NotApplicable(missing):
            lines += [f"missing    {what}" for what in missing]
        case Conforms():
            pass
    lines += [f"remark     {remark}" for remark in result.remarks]
    if header is not None:
        lines.append(f"again      {repeat(result, header)}")
    return [clean(line) for line in lines]
