"""The register: every clause of the source documents, and every knob that they leave open.

Read from `clauses.toml` and `readings.toml` of a features folder. Which scenarios cover a clause is not known here:
they carry its id as a tag.

    Exception
    ├── RegisterError     a file of the register cannot be used; holds all of its faults
    ├── SourcesError      the folder of source documents, or a document in it, cannot be read
    └── KeyError
        ├── UnknownClause
        └── UnknownKnob
"""

from __future__ import annotations

import difflib
import hashlib
import re
import reprlib
import stat
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

CLAUSES_FILE = "clauses.toml"
READINGS_FILE = "readings.toml"

Words = TypeVar("Words", bound=StrEnum)


class Family(StrEnum):
    """The rule family that owns a clause or a knob; `general` where none does."""

    TRIAL = "trial"
    CARD_BILLING = "card_billing"
    UNPAID_INVOICES = "unpaid_invoices"
    MARKETPLACE = "marketplace"
    AWS_ONBOARDING = "aws_onboarding"
    COMMITMENTS = "commitments"
    GENERAL = "general"


class Kind(StrEnum):
    """What a clause is: a demand, an allowance, or words that demand nothing."""

    RULE = "rule"
    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    INFORMATION = "information"
    NAVIGATION = "navigation"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Document:
    """A source document: its file name, and how its lines and paragraphs are counted."""

    file: str
    title: str
    language: str
    description: str
    counting: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement of a source document, restated."""

    id: str
    family: Family
    kind: Kind
    sentence: str
    source: str
    line: int
    fingerprint: str
    numbers: str | None
    readings: tuple[str, ...]
    excluded: str | None
    note: str | None

    @property
    def testable(self) -> bool:
        """Whether scenarios are to cover it: it is not excluded."""
        return self.excluded is None


@dataclass(frozen=True, slots=True)
class KnobValue:
    """One reading of what a knob leaves open."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Knob:
    """A choice that the documents leave open, with its values, the default first."""

    name: str
    question: str
    default: str
    family: Family
    clauses: tuple[str, ...]
    core_margin: str
    scope: str | None
    values: tuple[KnobValue, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """All clauses in the documents' order, all knobs, and the documents."""

    clauses: tuple[Clause, ...]
    knobs: tuple[Knob, ...]
    documents: tuple[Document, ...]

    def clause(self, clause_id: str) -> Clause:
        """The clause of this id; UnknownClause, with the nearest ids, where there is none."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise UnknownClause(clause_id, [clause.id for clause in self.clauses])

    def bearing_on(self, clause: Clause) -> tuple[Knob, ...]:
        """The knobs that bear on a clause."""
        return tuple(knob for knob in self.knobs if knob.name in clause.readings or clause.id in knob.clauses)

    def knob(self, name: str) -> Knob:
        """The knob of this name; UnknownKnob, with the nearest names, where there is none."""
        for knob in self.knobs:
            if knob.name == name:
                return knob
        raise UnknownKnob(name, [knob.name for knob in self.knobs])


class UnknownClause(KeyError):
    """A clause was asked for that the register does not have."""

    def __init__(self, clause_id: str, known: Sequence[str]) -> None:
        super().__init__(clause_id, known)
        self.clause_id = clause_id
        self.nearest = _nearest_ids(clause_id, known)
        self._known = known

    def __str__(self) -> str:
        if self.nearest:
            return f"there is no clause {self.clause_id!r}. Nearest: {', '.join(self.nearest)}"
        if self._known:
            return f"there is no clause {self.clause_id!r}. The ids run from {self._known[0]} to {self._known[-1]}."
        return f"there is no clause {self.clause_id!r}: the register has none at all."


class UnknownKnob(KeyError):
    """A knob was asked for that the register does not have."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name, known)
        self.name = name
        self.nearest = tuple(difflib.get_close_matches(name, known))
        self._known = known

    def __str__(self) -> str:
        hint = f"Nearest: {', '.join(self.nearest)}" if self.nearest else f"There are {', '.join(self._known)}"
        return f"there is no knob {self.name!r}. {hint}"


@dataclass(frozen=True, slots=True)
class RegisterFault:
    """One fault of a file of the register: where it is, what is wrong, and what mends it."""

    file: Path
    where: str
    problem: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}, {self.where}" if self.where else f"{self.file}"
        return f"{place}: {self.problem}. {self.mend}."


class RegisterError(Exception):
    """The register cannot be used; tells every fault that was found, not only the first."""

    def __init__(self, faults: Sequence[RegisterFault]) -> None:
        super().__init__(faults)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return "\n".join([f"the register cannot be used, {count}:", *(f"  {fault}" for fault in self.faults)])


class SourcesError(Exception):
    """The source documents cannot be read, so that nothing can be said about them."""


# Loading


def load_register(features_dir: Path) -> Register:
    """Read both files of the register; RegisterError with all of their faults where they cannot be used."""
    faults: list[RegisterFault] = []
    clauses_file, readings_file = features_dir / CLAUSES_FILE, features_dir / READINGS_FILE
    clauses_toml, readings_toml = _parsed(clauses_file, faults), _parsed(readings_file, faults)
    documents, clauses = _documents_and_clauses(clauses_toml) if clauses_toml else ((), ())
    knobs = _knobs(readings_toml) if readings_toml else ()
    if clauses_toml and readings_toml:
        faults += _disagreements(clauses, clauses_file, knobs, readings_file)
    if faults:
        raise RegisterError(faults)
    return Register(clauses, knobs, documents)


class _Table:
    """A TOML table read field by field: what does not fit is noted as a fault, and read as something empty."""

    def __init__(self, content: Mapping[str, object], file: Path, where: str, faults: list[RegisterFault]) -> None:
        self._content = content
        self._file = file
        self._where = where
        self._faults = faults
        self._asked_for: dict[str, None] = {}  # an ordered set

    def fault(self, problem: str, mend: str) -> None:
        self._faults.append(RegisterFault(self._file, self._where, problem, mend))

    def text(self, key: str) -> str:
        value = self._get(key, '"…"')
        if isinstance(value, str) and value.strip():
            return value
        self._misfit(key, value, "no text", '"…"')
        return ""

    def text_or_none(self, key: str) -> str | None:
        return self.text(key) if self._has(key) else None

    def patterned(self, key: str, pattern: str, what: str, example: str) -> str:
        """A text of a fixed form, or an empty one where it has another."""
        value = self.text(key)
        if value and not re.fullmatch(pattern, value):
            self._misfit(key, value, f"no {what}", f'"{example}"')
            return ""
        return value

    def line_number(self, key: str) -> int:
        value = self._get(key, "25")
        if type(value) is int and value >= 1:
            return value
        self._misfit(key, value, "no line counted from 1", "25")
        return 0

    def texts(self, key: str, example: str) -> tuple[str, ...]:
        value = self._get(key, f'["{example}"]')
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._misfit(key, value, "no list of texts", f'["{example}"]')
            return ()
        for item in sorted({item for item in value if value.count(item) > 1}):
            self.fault(f"`{key}` names {item} twice", "Name it once")
        return tuple(value)

    def texts_or_none(self, key: str, example: str) -> tuple[str, ...]:
        return self.texts(key, example) if self._has(key) else ()

    def word(self, key: str, words: type[Words]) -> Words:
        """A member of a fixed set of words; the first of them where another is written."""
        value = self.text(key)
        if value and value not in list(words):
            self.fault(f"there is no {key} {value!r}", f"Use one of {', '.join(words)}")
        return words(value) if value in list(words) else next(iter(words))

    def tables(self, key: str) -> list[_Table]:
        """The tables of an array of tables, each named by its place."""
        value = self._get(key, f"…, as tables under [[{key}]]")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._misfit(key, value, "no array of tables", f"…, as tables under [[{key}]]")
            return []
        return [
            _Table(item, self._file, ", ".join(filter(None, [self._where, f"{key} {number}"])), self._faults)
            for number, item in enumerate(value, start=1)
        ]

    def subtables(self, key: str, what: str) -> dict[str, _Table]:
        """The tables of a table of tables, each named by its key."""
        value = self._get(key, f'…, as tables [{key}."…"]')
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            self._misfit(key, value, "no table of tables", f'…, as tables [{key}."…"]')
            return {}
        return {name: _Table(item, self._file, f"{what} {name}", self._faults) for name, item in value.items()}

    def call_it(self, name: str) -> None:
        """From here on, faults name the table as a reader knows it."""
        self._where = name

    def close(self) -> None:
        """Note every field that nobody has asked for."""
        for key in self._content:
            if key not in self._asked_for:
                self.fault(f"`{key}` is no field that is known here", f"Use one of {', '.join(self._asked_for)}")

    def _has(self, key: str) -> bool:
        self._asked_for[key] = None
        return key in self._content

    def _get(self, key: str, form: str) -> object | None:
        if not self._has(key):
            self.fault(f"`{key}` is missing", f"Write {key} = {form}")
        return self._content.get(key)

    def _misfit(self, key: str, value: object | None, problem: str, form: str) -> None:
        if value is not None:
            self.fault(f"`{key}` is {reprlib.repr(value)}, which is {problem}", f"Write {key} = {form}")


def _parsed(file: Path, faults: list[RegisterFault]) -> _Table | None:
    try:
        with file.open("rb") as stream:
            return _Table(tomllib.load(stream), file, "", faults)
    except FileNotFoundError:
        faults.append(RegisterFault(file, "", "there is no such file", "Name the folder of features which holds it"))
    except OSError as error:
        faults.append(RegisterFault(file, "", f"it cannot be read, {error.strerror}", "Make it a readable file"))
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        faults.append(RegisterFault(file, f"line {line}", "it is not UTF-8", "Save it as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        faults.append(RegisterFault(file, "", f"it is not TOML, {error}", "Mend it at that place"))
    return None


def _documents_and_clauses(file: _Table) -> tuple[tuple[Document, ...], tuple[Clause, ...]]:
    documents = tuple(_document(name, table) for name, table in file.subtables("documents", "document").items())
    clauses = _clauses(file.tables("clause"), {document.file for document in documents})
    file.close()
    return documents, clauses


def _document(file: str, table: _Table) -> Document:
    document = Document(
        file=file,
        title=table.text("title"),
        language=table.text("language"),
        description=table.text("description"),
        counting=table.text("counting"),
    )
    table.close()
    return document


def _clauses(tables: Sequence[_Table], documents: set[str]) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    seen: set[str] = set()
    for table in tables:
        clause_id = table.patterned("id", r"[A-Z]+-\d{2,}", "id of a clause", "BC-29")
        if clause_id:
            table.call_it(f"clause {clause_id}")
        if clause_id in seen:
            table.fault("the id is given a second time", "Give each clause an id of its own")
        seen |= {clause_id} - {""}
        source = table.text("source")
        if source and source not in documents:
            table.fault(f"`source` is {source!r}, which is not described", f'Describe it under [documents."{source}"]')
        clause = Clause(
            id=clause_id,
            family=table.word("family", Family),
            kind=table.word("kind", Kind),
            sentence=table.text("sentence"),
            source=source,
            line=table.line_number("line"),
            fingerprint=table.patterned("fingerprint", "[0-9a-f]{16}", "fingerprint", "0123456789abcdef"),
            numbers=table.text_or_none("numbers"),
            readings=table.texts_or_none("readings", "deadline_instant"),
            excluded=table.text_or_none("excluded"),
            note=table.text_or_none("note"),
        )
        table.close()
        clauses.append(clause)
    return tuple(clauses)


def _knobs(file: _Table) -> tuple[Knob, ...]:
    knobs: list[Knob] = []
    seen: set[str] = set()
    for table in file.tables("knob"):
        name = table.patterned("name", "[a-z][a-z0-9_]*", "name of a knob", "deadline_instant")
        if name:
            table.call_it(f"knob {name}")
        if name in seen:
            table.fault("the name is given a second time", "Give each knob a name of its own")
        seen |= {name} - {""}
        knob = Knob(
            name=name,
            question=table.text("question"),
            default=table.text("default"),
            family=table.word("family", Family),
            clauses=table.texts("clauses", "BC-29"),
            core_margin=table.text("core_margin"),
            scope=table.text_or_none("scope"),
            values=_values(table),
        )
        if knob.default and knob.values and knob.values[0].name != knob.default:
            table.fault(
                f"the default is {knob.default!r}, and the first value {knob.values[0].name!r}",
                "Put the default's [[knob.value]] first",
            )
        table.close()
        knobs.append(knob)
    file.close()
    return tuple(knobs)


def _values(knob: _Table) -> tuple[KnobValue, ...]:
    values: list[KnobValue] = []
    for table in knob.tables("value"):
        values.append(KnobValue(table.patterned("name", "[a-z][a-z0-9_]*", "name", "at"), table.text("meaning")))
        table.close()
    names = [value.name for value in values if value.name]
    for name in sorted({name for name in names if names.count(name) > 1}):
        knob.fault(f"the value {name!r} is given a second time", "Give each value a name of its own")
    if len(values) == 1:
        knob.fault("it has one value, and nothing to choose", "Give it two [[knob.value]] or more")
    return tuple(values)


def _disagreements(
    clauses: Sequence[Clause], clauses_file: Path, knobs: Sequence[Knob], readings_file: Path
) -> Iterator[RegisterFault]:
    """Where a clause names a knob but not the knob the clause, or the reverse. The nameless are told already."""
    readings_of = {clause.id: clause.readings for clause in clauses}
    clauses_of = {knob.name: knob.clauses for knob in knobs}
    for clause in filter(lambda clause: clause.id, clauses):
        where = f"clause {clause.id}"
        for name in clause.readings:
            if name not in clauses_of:
                problem = f"`readings` names {name!r}, and there is no such knob"
                yield RegisterFault(clauses_file, where, problem, _nearest_name(name, clauses_of))
            elif clause.id not in clauses_of[name]:
                problem = f"`readings` names {name!r}, but that knob does not name the clause"
                mend = f"Add {clause.id!r} to the knob's `clauses` in {READINGS_FILE}, or take the knob out here"
                yield RegisterFault(clauses_file, where, problem, mend)
    for knob in filter(lambda knob: knob.name, knobs):
        where = f"knob {knob.name}"
        for clause_id in knob.clauses:
            if clause_id not in readings_of:
                problem = f"`clauses` names {clause_id!r}, and there is no such clause"
                yield RegisterFault(readings_file, where, problem, _nearest_name(clause_id, readings_of))
            elif knob.name not in readings_of[clause_id]:
                problem = f"`clauses` names {clause_id!r}, but that clause does not name the knob"
                mend = f"Add {knob.name!r} to the clause's `readings` in {CLAUSES_FILE}, or take the clause out here"
                yield RegisterFault(readings_file, where, problem, mend)


def _nearest_name(name: str, known: Mapping[str, object]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f"The nearest is {nearest[0]!r}" if nearest else "Take it out, or add it to the register"


def _nearest_ids(clause_id: str, known: Sequence[str]) -> tuple[str, ...]:
    """The ids that may have been meant: the same one written in full, or else those that look alike."""
    spelled = re.fullmatch(r"\s*([A-Za-z]+)\W*(\d+)\s*", clause_id)
    full = f"{spelled[1].upper()}-{int(spelled[2]):02d}" if spelled else clause_id.upper()
    alike = difflib.get_close_matches(full, known, n=3)
    return tuple([full] if full in known else alike)


# Comparing with the documents


class FindingKind(StrEnum):
    """What became of the paragraph that a clause was taken from."""

    CHANGED = "changed"
    GONE = "gone"
    MISSING_FILE = "missing file"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """A clause whose paragraph does not stand in its document as the register says."""

    clause: str
    kind: FindingKind
    old_line: int
    new_line: int | None  # where the paragraph, or the one now in its place, begins; None: nowhere
    detail: str

    @property
    def suspect(self) -> bool:
        """Whether the clause, and its scenarios, may no longer say what the document says."""
        return self.kind is not FindingKind.MOVED


def fingerprint(paragraph: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a paragraph in NFC, each run of whitespace as one space."""
    collapsed = " ".join(unicodedata.normalize("NFC", paragraph).split())
    return hashlib.sha256(collapsed.encode()).hexdigest()[:16]


def compare_sources(register: Register, folder: Path) -> list[SourceFinding]:
    """Every clause whose paragraph is not where and what the register says, in the register's order.

    Raises SourcesError when the folder is missing or holds none of the documents, or when a document cannot be read.
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
    """A run of lines that are not blank, with its first and last line counted from 1."""

    first: int
    last: int
    fingerprint: str

    def __contains__(self, line: int) -> bool:
        return self.first <= line <= self.last


def _texts(files: Sequence[str], folder: Path) -> dict[str, str | None]:
    """The text of each document, None where the file is missing."""
    named = " and ".join(files)
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise SourcesError(f"{folder} is no folder. Name the one which holds {named}.")
    except FileNotFoundError:
        raise SourcesError(f"there is no folder {folder}. Name the one which holds {named}.") from None
    except OSError as error:
        raise SourcesError(f"{folder} cannot be read, {error.strerror}. Name a folder which holds {named}.") from error
    texts: dict[str, str | None] = {}
    faults: list[str] = []
    for file in files:
        path = folder / file
        texts[file] = None
        try:
            texts[file] = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            faults.append(f"{path}, line {line}: the document is not UTF-8. Save it as UTF-8, or fetch it again.")
        except OSError as error:
            faults.append(f"{path}: the document cannot be read, {error.strerror}. Make it a readable file.")
    if faults:
        raise SourcesError("\n".join(faults))
    if all(text is None for text in texts.values()):
        raise SourcesError(f"the folder {folder} holds none of the documents. Name the one which holds {named}.")
    return texts


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
        detail = f"there is no {clause.source} in {folder}. Put the document there, under that name."
        yield SourceFinding(clause.id, FindingKind.MISSING_FILE, clause.line, None, detail)


def _differences(clauses: Sequence[Clause], paragraphs: Sequence[_Paragraph]) -> Iterator[SourceFinding]:
    """Walk through the clauses by line, keeping count of how far the document has shifted up to there."""
    known = {clause.fingerprint for clause in clauses}
    shift = 0
    for clause in sorted(clauses, key=lambda clause: clause.line):
        expected = clause.line + shift
        same = [paragraph for paragraph in paragraphs if paragraph.fingerprint == clause.fingerprint]
        if any(clause.line in paragraph for paragraph in same):
            shift = 0
        elif same:
            nearest = min(same, key=lambda paragraph: abs(paragraph.first - expected))
            if nearest.first == nearest.last:  # in a longer one, the clause's own line is not known any more
                shift = nearest.first - clause.line
            yield _moved(clause, nearest)
        else:
            now = next((paragraph for paragraph in paragraphs if expected in paragraph), None)
            # A paragraph that belongs to another clause is no new wording of this one.
            yield _gone(clause) if now is None or now.fingerprint in known else _changed(clause, now)


def _moved(clause: Clause, now: _Paragraph) -> SourceFinding:
    detail = f"the paragraph is unchanged, and stands on {_lines(now)} now. Set the clause's `line` in {CLAUSES_FILE}."
    return SourceFinding(clause.id, FindingKind.MOVED, clause.line, now.first, detail)


def _changed(clause: Clause, now: _Paragraph) -> SourceFinding:
    detail = (
        f"the paragraph on {_lines(now)} reads otherwise than when the clause was restated. Read it again; if the"
        f' clause still holds, set its fingerprint = "{now.fingerprint}" in {CLAUSES_FILE}.'
    )
    return SourceFinding(clause.id, FindingKind.CHANGED, clause.line, now.first, detail)


def _gone(clause: Clause) -> SourceFinding:
    detail = (
        "the paragraph is nowhere in the document any more. Read the document again; if it has the statement elsewhere,"
        f" set the clause's `line` and `fingerprint` in {CLAUSES_FILE}, else the clause has lost its source."
    )
    return SourceFinding(clause.id, FindingKind.GONE, clause.line, None, detail)


def _lines(paragraph: _Paragraph) -> str:
    if paragraph.first == paragraph.last:
        return f"line {paragraph.first}"
    return f"lines {paragraph.first} to {paragraph.last}"
