"""Regenerate the golden files: `python -m tests.golden [NAME …]`, or `make golden`."""

from __future__ import annotations

import sys

from . import architecture, compiled, picture
from .texts import TEXTS, golden, path_of


def main(names: list[str]) -> int:
    """Write the named golden files, or all of them; return the exit status."""
    unknown = [name for name in names if name not in TEXTS]
    if unknown:
        print(f"unknown golden file: {', '.join(unknown)}; known: {', '.join(TEXTS)}", file=sys.stderr)
        return 2
    changed = 0
    for name in names or TEXTS:
        path, text = path_of(name), golden(name)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != before:
            changed += 1
            path.write_text(text, encoding="utf-8")
            print(f"changed: {path.name}")
    if not names:
        made = (architecture.PAGE, architecture.page()), (picture.FILE, picture.picture()), compiled.made()
        for path, text in made:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                changed += 1
                path.write_text(text, encoding="utf-8")
                print(f"changed: {path.name}")
    print(f"golden files: {changed} changed; review them with git diff tests/golden")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
