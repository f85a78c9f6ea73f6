"""Compare the clauses with the source documents: find the paragraphs that changed, moved or are gone."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.spec.requirements import Clause, Register
from billing_tck.spec.requirements_file import CLAUSES_FILE
from billing_tck.text.files import read_bytes


class InvalidSources(InvalidInput):
    """The source documents cannot be read, so that nothing can be said about them."""

    subject = "the source documents"
    always_given = True


class FindingKind(StrEnum):
    """How the paragraph of a clause differs from what the clause was restated from."""

    CHANGED = "changed"
    GONE = "gone"
    MISSING_FILE = "missing file"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """A clause whose paragraph has moved or changed since `clauses.toml` was written."""

    clause: str
    kind: FindingKind
    old_line: int
    new_line: int | None  # where the paragraph, or the one now in its place, begins; None: nowhere
    detail: str

    @property
    def suspect(self) -> bool:
        """Whether the clause and its scenarios may no longer match the document."""
        return self.kind is not FindingKind.MOVED


def fingerprint(paragraph: str) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of a paragraph in NFC, each run of whitespace as one space."""
    collapsed = " ".join(unicodedata.normalize("NFC", paragraph).split())
    return hashlib.sha256(collapsed.encode()).hexdigest()[:16]


def compare_sources(register: Register, folder: Path) -> list[SourceFinding]:
    """Return every clause whose paragraph has moved or changed since `clauses.toml`, in the order of that file.

    Raises InvalidSources where the folder is missing or has none of the documents, or a document cannot be read.
    """
    texts = _texts([document.file for document in register.documents], folder)
    found: dict[str, SourceFinding] = {}
    for document in register.documents:
        clauses = [clause for clause in register.clauses if clause.source == document.file]
        text = texts[document.file]
        findings = _missing(clauses, folder) if text is None else _differences(clauses, _paragraphs(text))
        found.update({finding.clause: finding for finding in findings})
    return [found[clause.id] for clause in register.clauses if clause.id in found]


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A run of lines that are not blank; lines are counted from 1."""

    first: int
    last: int
    fingerprint: str

    def __contains__(self, line: int) -> bool:
        return self.first <= line <= self.last


def _texts(files: Sequence[str], folder: Path) -> dict[str, str | None]:
    """Return the text of each document, None where the file is missing."""
    fix = f"Name the folder that has {' and '.join(files)}"
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise InvalidSources([Diagnostic(Place(str(folder)), "not a folder", fix)])
    except OSError as error:
        raise InvalidSources([Diagnostic(Place(str(folder)), f"cannot read it: {error.strerror}", fix)]) from None
    diagnostics: list[Diagnostic] = []
    texts = {file: _text(folder / file, diagnostics) for file in files}
    if not diagnostics and all(text is None for text in texts.values()):
        diagnostics.append(Diagnostic(Place(str(folder)), "none of the documents is there", fix))
    if diagnostics:
        raise InvalidSources(diagnostics)
    return texts


def _text(path: Path, diagnostics: list[Diagnostic]) -> str | None:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except FileNotFoundError:
        pass
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        diagnostics.append(Diagnostic(Place(str(path), line), "not UTF-8", "Save it as UTF-8, or fetch it again"))
    except OSError as error:
        message = f"cannot read the document: {error.strerror}"
        diagnostics.append(Diagnostic(Place(str(path)), message, "Make it a readable file"))
    return None


def _paragraphs(text: str) -> list[_Paragraph]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    paragraphs: list[_Paragraph] = []
    begun: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            begun.append(line)
        elif begun:
            paragraphs.append(_Paragraph(number - len(begun), number - 1, fingerprint("\n".join(begun))))
            begun = []
    return paragraphs


def _missing(clauses: Sequence[Clause], folder: Path) -> Iterator[SourceFinding]:
    for clause in clauses:
        detail = f"{folder} has no {clause.source}. Put the document there, under that name."
        yield SourceFinding(clause.id, FindingKind.MISSING_FILE, clause.line, None, detail)


def _differences(clauses: Sequence[Clause], paragraphs: Sequence[_Paragraph]) -> Iterator[SourceFinding]:
    """Compare the clauses by line, adding up how far the document has shifted up to each."""
    known = {clause.fingerprint for clause in clauses}
    shift = 0
    for clause in sorted(clauses, key=lambda clause: clause.line):
        expected = clause.line + shift
        same = [paragraph for paragraph in paragraphs if paragraph.fingerprint == clause.fingerprint]
        if any(clause.line in paragraph for paragraph in same):
            shift = 0
        elif same:
            nearest = min(same, key=lambda paragraph: abs(paragraph.first - expected))
            if nearest.first == nearest.last:  # in a longer one, the line of the clause itself is unknown
                shift = nearest.first - clause.line
            yield _moved(clause, nearest)
        else:
            now = next((paragraph for paragraph in paragraphs if expected in paragraph), None)
            # A paragraph of another clause is not a new wording of this one.
            yield _gone(clause) if now is None or now.fingerprint in known else _changed(clause, now)


def _moved(clause: Clause, now: _Paragraph) -> SourceFinding:
    detail = f"the paragraph is unchanged, but now on {_lines(now)}. Update the clause's `line` in {CLAUSES_FILE}."
    return SourceFinding(clause.id, FindingKind.MOVED, clause.line, now.first, detail)


def _changed(clause: Clause, now: _Paragraph) -> SourceFinding:
    detail = (
        f"the paragraph on {_lines(now)} has changed since the clause was restated. Read it again; if the clause still"
        f' holds, set its fingerprint = "{now.fingerprint}" in {CLAUSES_FILE}.'
    )
    return SourceFinding(clause.id, FindingKind.CHANGED, clause.line, now.first, detail)


def _gone(clause: Clause) -> SourceFinding:
    detail = (
        "the paragraph is no longer in the document. Read the document again; if the statement is elsewhere, update the"
        f" clause's `line` and `fingerprint` in {CLAUSES_FILE}; else the clause has lost its source."
    )
    return SourceFinding(clause.id, FindingKind.GONE, clause.line, None, detail)


def _lines(paragraph: _Paragraph) -> str:
    if paragraph.first == paragraph.last:
        return f"line {paragraph.first}"
    return f"lines {paragraph.first} to {paragraph.last}"
