"""Completion in the cells of the kit's magics, as IPython asks for it; and such cells where they are empty."""

from __future__ import annotations

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult

from billing_tck.jupyter.completion import complete
from billing_tck.jupyter.session import NotebookSession

_CELL_MAGICS = ("%%scenario", "%%exercise")


def matcher(context: CompletionContext, chosen: NotebookSession) -> SimpleMatcherResult:
    """Return completions in a `%%scenario` cell; none anywhere else."""
    lines = context.full_text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if not lines[first].lstrip().startswith(_CELL_MAGICS):
        return {"completions": []}
    typed = lines[context.cursor_line][: context.cursor_position]
    if context.cursor_line == first:
        return _option_completions(typed, chosen)
    above = lines[first + 1 : context.cursor_line]
    found = complete(above, typed, chosen.vocabulary, chosen.phrase_ranking)
    return {
        "completions": [SimpleCompletion(text=text, type="phrase") for text in found.texts],
        "matched_fragment": found.replaced,
        "suppress": True,
        "ordered": True,
    }


def _option_completions(typed: str, chosen: NotebookSession) -> SimpleMatcherResult:
    word = typed.rpartition(" ")[2]
    before = typed.split()[:-1] if word else typed.split()
    if before and before[-1] in ("--reading", "--beside"):
        words = [f"{knob.name}={value.name}" for knob in chosen.register.knobs for value in knob.values]
    elif before and before[-1] == "--sut":
        words = ["reference", *(f"faulty:{fault.name}" for fault in chosen.faults)]
    else:
        words = ["--sut", "--reading", "--beside", "--as"]
    fitting = [w for w in words if w.startswith(word)]
    return {
        "completions": [SimpleCompletion(text=text, type="option") for text in fitting],
        "matched_fragment": word,
        "suppress": bool(fitting),
        "ordered": True,
    }


def keep_empty_cells(lines: list[str]) -> list[str]:
    """Give a cell magic without a body an empty line, so that the magic answers: IPython itself refuses such a cell."""
    written = [line for line in lines if line.strip()]
    if len(written) == 1 and written[0].lstrip().startswith(_CELL_MAGICS):
        return [f"{written[0].strip()}\n", "\n"]
    return lines
