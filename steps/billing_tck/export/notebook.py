"""Read what a notebook shows: its prose, and the outputs of its cells.

This reads the JSON of the format (nbformat 4) itself: what is needed of it is small, and stays the same in all its
minor versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from billing_tck.errors import UsageError
from billing_tck.text.files import read_text
from billing_tck.text.json_text import read_json
from billing_tck.text.sanitize import sanitize

LARGEST = 256 << 20  # bytes; a notebook with many pictures has a few megabytes
_FORMAT = 4
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_HEADING = re.compile(r"^#+\s+(.+?)\s*#*$", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown, with the pictures that are attached to its cell, by name, as data URIs."""

    markdown: str
    attachments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Html:
    """HTML that a cell displayed."""

    html: str

    @property
    def is_picture(self) -> bool:
        """Return whether it is nothing but an image."""
        return self.html.lstrip().startswith("<img ")


@dataclass(frozen=True, slots=True)
class Text:
    """What a cell printed; `failed` where it is the error that ended the cell."""

    text: str
    failed: bool = False


Part = Prose | Html | Text


@dataclass(frozen=True, slots=True)
class Notebook:
    """What a notebook shows, in its order."""

    title: str
    parts: tuple[Part, ...]

    @property
    def failures(self) -> int:
        """Return how many cells ended with an error."""
        return sum(isinstance(part, Text) and part.failed for part in self.parts)


def read_notebook(path: Path) -> Notebook:
    """Return what a notebook shows. Raises UsageError where there is nothing to show, or it is not a notebook."""
    cells = _cells(path)
    parts = tuple(part for cell in cells for part in _parts(cell))
    has_code = any(cell.get("cell_type") == "code" and _joined(cell.get("source")).strip() for cell in cells)
    if has_code and not any(isinstance(part, Html | Text) for part in parts):
        raise UsageError(
            f"{_name(path)} has no outputs; run it in JupyterLab and save it, or run "
            f"`jupyter execute --inplace {_name(path)}`"
        )
    if not parts:
        raise UsageError(f"{_name(path)} is empty: it has neither prose nor outputs")
    headings = (_HEADING.search(part.markdown) for part in parts if isinstance(part, Prose))
    title = next((re.sub(r"[*_`]", "", found[1]) for found in headings if found), path.stem)
    return Notebook(title, parts)


def _cells(path: Path) -> list[Json]:
    try:
        read = read_json(read_text(path, LARGEST))
    except OSError as error:
        raise UsageError(f"cannot read {_name(path)}: {error.strerror}") from None
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise UsageError(f"{_name(path)} is not a notebook: it is not JSON ({sanitize(str(error))})") from None
    cells = read.get("cells") if _is_object(read) else None
    if not _is_object(read) or not isinstance(cells, list) or not all(map(_is_object, cells)):
        raise UsageError(f"{_name(path)} is not a notebook: expected an object with `cells`")
    if read.get("nbformat") != _FORMAT:
        raise UsageError(
            f"{_name(path)}: expected nbformat {_FORMAT}, got {sanitize(str(read.get('nbformat')))[:20]}; save it with "
            "a current JupyterLab"
        )
    return [cell for cell in cells if _is_object(cell)]


def _parts(cell: Json) -> Iterator[Part]:
    if cell.get("cell_type") == "markdown":
        text = _joined(cell.get("source"))
        if text.strip():
            yield Prose(text, _attachments(cell.get("attachments")))
    elif cell.get("cell_type") == "code":
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            if _is_object(output) and (part := _shown(output)) is not None:
                yield part


def _attachments(attachments: object) -> Mapping[str, str]:
    found = {}
    for name, by_kind in attachments.items() if _is_object(attachments) else ():
        for kind in _IMAGES:
            if _is_object(by_kind) and kind in by_kind:
                found[name] = f"data:{kind};base64,{_unbroken(by_kind[kind])}"
    return found


def _shown(output: Json) -> Part | None:
    if output.get("output_type") == "stream":
        text = _ANSI.sub("", _joined(output.get("text"))).rstrip()
        return Text(text) if text and output.get("name") != "stderr" else None
    if output.get("output_type") == "error":
        return Text(f"{output.get('ename')}: {output.get('evalue')}", failed=True)
    data = output.get("data")
    return _richest(data) if _is_object(data) else None


def _richest(data: Json) -> Part | None:
    """Return what a page shows of an output; None for a widget, which needs a kernel."""
    if "text/html" in data:
        return Html(_joined(data["text/html"]))
    if "image/svg+xml" in data:
        return Html(_joined(data["image/svg+xml"]))
    for kind in _IMAGES:
        if kind in data:
            return Html(f'<img alt="" src="data:{kind};base64,{_unbroken(data[kind])}">')
    if "text/markdown" in data:
        return Prose(_joined(data["text/markdown"]), {})
    if "text/plain" in data and _WIDGET not in data:
        return Text(_ANSI.sub("", _joined(data["text/plain"])))
    return None


def _joined(source: object) -> str:
    """Return a text of the format, which is one text or a list of lines."""
    if isinstance(source, list):
        return "".join(map(str, source))
    return source if isinstance(source, str) else ""


def _unbroken(source: object) -> str:
    """Return Base64 and nothing else, so that it can stand in an attribute."""
    return re.sub(r"[^A-Za-z0-9+/=]", "", _joined(source))


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _name(path: Path) -> str:
    return sanitize(str(path))
