"""Read the requirements from `clauses.toml` and `readings.toml`, and report every fault of both files at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from billing_tck.errors import Diagnostic, InvalidInput
from billing_tck.spec.requirements import Clause, Dimension, Document, Family, Kind, Knob, KnobValue, Register
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.toml_table import Table, read_toml

CLAUSES_FILE = "clauses.toml"
READINGS_FILE = "readings.toml"


class InvalidRequirements(InvalidInput):
    """A file of the requirements cannot be used."""

    subject = "the requirements"


class _Clause(NamedTuple):
    """A clause, and the table that it was read from."""

    clause: Clause
    table: Table


class _Knob(NamedTuple):
    """A knob, and the table that it was read from."""

    knob: Knob
    table: Table


def load_register(features_dir: Path) -> Register:
    """Read both files of a features folder. Raises InvalidRequirements with all of their faults."""
    diagnostics: list[Diagnostic] = []
    clauses_toml = read_toml(features_dir / CLAUSES_FILE, diagnostics)
    readings_toml = read_toml(features_dir / READINGS_FILE, diagnostics)
    documents = _documents(clauses_toml) if clauses_toml else ()
    dimensions = _dimensions(clauses_toml) if clauses_toml else ()
    clauses = _clauses(clauses_toml, {document.file for document in documents}) if clauses_toml else ()
    knobs = _knobs(readings_toml) if readings_toml else ()
    if clauses_toml and readings_toml:
        _report_disagreements(clauses, knobs)
    if diagnostics:
        raise InvalidRequirements(diagnostics)
    return Register(tuple(c.clause for c in clauses), tuple(k.knob for k in knobs), documents, dimensions)


def _documents(file: Table) -> tuple[Document, ...]:
    return tuple(_document(name, table) for name, table in file.subtables("documents", "document").items())


def _document(file: str, table: Table) -> Document:
    document = Document(
        file=file,
        title=table.text("title"),
        language=table.text("language"),
        description=table.text("description"),
        counting=table.text("counting"),
    )
    table.close()
    return document


def _dimensions(file: Table) -> tuple[Dimension, ...]:
    if "dimensions" not in file:
        return ()
    return tuple(_dimension(name, table) for name, table in file.subtables("dimensions", "dimension").items())


def _dimension(name: str, table: Table) -> Dimension:
    dimension = Dimension(
        name=name,
        values=table.texts("values", "AWS"),
        clauses=table.texts("clauses", "BC-29"),
        otherwise=table.text("otherwise"),
        excused=table.table("excused").all_texts(),
    )
    table.close()
    return dimension


def _clauses(file: Table, documents: set[str]) -> tuple[_Clause, ...]:
    clauses: list[_Clause] = []
    seen: set[str] = set()
    for table in file.tables("clause"):
        clause = _clause(table, documents)
        if clause.id and clause.id in seen:
            table.report("another clause has the same id", "Give each clause a unique id", "id")
        seen.add(clause.id)
        clauses.append(_Clause(clause, table))
    file.close()
    return tuple(clauses)


def _clause(table: Table, documents: set[str]) -> Clause:
    clause_id = table.patterned("id", r"[A-Z]+-\d{2,}", "the id of a clause", "BC-29")
    if clause_id:
        table.call_it(f"clause {clause_id}")
    source = table.text("source")
    if source and source not in documents:
        table.report(f"the source {source!r} is not described", f'Describe it under [documents."{source}"]', "source")
    clause = Clause(
        id=clause_id,
        family=table.word("family", Family),
        kind=table.word("kind", Kind),
        sentence=table.text("sentence"),
        source=source,
        line=table.line_number("line"),
        fingerprint=table.patterned("fingerprint", "[0-9a-f]{16}", "16 hexadecimal digits", "0123456789abcdef"),
        numbers=table.text_or_none("numbers"),
        readings=table.texts_or_none("readings", "deadline_instant"),
        excluded=table.text_or_none("excluded"),
        note=table.text_or_none("note"),
    )
    table.close()
    return clause


def _knobs(file: Table) -> tuple[_Knob, ...]:
    knobs: list[_Knob] = []
    seen: set[str] = set()
    for table in file.tables("knob"):
        knob = _knob(table)
        if knob.name and knob.name in seen:
            table.report("another knob has the same name", "Give each knob a unique name", "name")
        seen.add(knob.name)
        knobs.append(_Knob(knob, table))
    file.close()
    return tuple(knobs)


def _knob(table: Table) -> Knob:
    name = table.patterned("name", "[a-z][a-z0-9_]*", "the name of a knob", "deadline_instant")
    if name:
        table.call_it(f"knob {name}")
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
        message = f"the default is {knob.default!r}, but the first value is {knob.values[0].name!r}"
        table.report(message, "Put the default's [[knob.value]] first", "default")
    table.close()
    return knob


def _values(knob: Table) -> tuple[KnobValue, ...]:
    values: list[KnobValue] = []
    for table in knob.tables("value"):
        values.append(KnobValue(table.patterned("name", "[a-z][a-z0-9_]*", "a name", "at"), table.text("meaning")))
        table.close()
    names = [value.name for value in values if value.name]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        knob.report(f"two values are named {name!r}", "Give each value a unique name")
    if len(values) == 1:
        knob.report("it has one value, and so leaves nothing open", "Give it two [[knob.value]] or more")
    return tuple(values)


def _report_disagreements(clauses: Sequence[_Clause], knobs: Sequence[_Knob]) -> None:
    """Report each clause that names a knob which does not name the clause, and the reverse."""
    readings_of = {clause.id: clause.readings for clause, _ in clauses}
    clauses_of = {knob.name: knob.clauses for knob, _ in knobs}
    for clause, table in clauses:
        for message, fix in _one_sided(clause.id, "clause", clause.readings, "knob", clauses_of):
            table.report(message, fix, "readings")
    for knob, table in knobs:
        for message, fix in _one_sided(knob.name, "knob", knob.clauses, "clause", readings_of):
            table.report(message, fix, "clauses")


def _one_sided(
    name: str, what: str, named: Sequence[str], other: str, names_of: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """Yield the references of a clause or knob, by `name`, that are not mutual; missing names are already reported."""
    file, field = (READINGS_FILE, "clauses") if other == "knob" else (CLAUSES_FILE, "readings")
    for reference in named if name else ():
        if reference not in names_of:
            yield f"{other} {reference!r} does not exist; {did_you_mean(reference, names_of, count=1)}", ""
        elif name not in names_of[reference]:
            fix = f"Add {name!r} to the {other}'s `{field}` in {file}, or remove {reference!r} here"
            yield f"{other} {reference!r} does not name this {what}", fix
