"""Draw the layers of the kit as text, from the import contract and the docstrings of the packages."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "steps" / "billing_tck"
PAGE = PACKAGE / "docs" / "architecture.md"
MARKS = ("<!-- layers: begin -->\n", "<!-- layers: end -->")
WIDTH = 76


def layers() -> list[list[str]]:
    """Return the rows of the layers contract, top first."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(c for c in pyproject["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    return [[name.strip() for name in re.split(r"[|:]", row)] for row in contract["layers"]]


def purpose(name: str) -> str:
    """Return the first line of a module's docstring."""
    path = PACKAGE / name / "__init__.py" if (PACKAGE / name).is_dir() else PACKAGE / f"{name}.py"
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n", maxsplit=1)[0]


def picture() -> str:
    """Return the layers as boxes, each package with its purpose."""
    lines = []
    for number, row in enumerate(layers()):
        lines.append(("┌" if not number else "├") + "─" * WIDTH + ("┐" if not number else "┤"))
        for name in row:
            lines += _lines(name)
    lines.append("└" + "─" * WIDTH + "┘")
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _lines(name: str) -> list[str]:
    wrapped = _wrapped(purpose(name), WIDTH - 20) or [""]
    return [f"│ {'' if number else name:<16}{line:<{WIDTH - 18}} │" for number, line in enumerate(wrapped)]


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def page() -> str:
    """Return the page of the architecture with today's picture in it."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return before + MARKS[0] + picture() + MARKS[1] + after
