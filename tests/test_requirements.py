"""The requirements: complete, well-formed, faithful to their sources, with clear diagnostics."""

from __future__ import annotations

import hashlib
import pickle
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_tck.spec.requirements import Clause, Document, Family, Kind, Register, UnknownClause, UnknownKnob
from billing_tck.spec.requirements_file import InvalidRequirements, load_register
from billing_tck.spec.source_drift import FindingKind, InvalidSources, SourceFinding, compare_sources, fingerprint

FEATURES = Path(__file__).parent.parent / "features"

KNOBS = {
    "deadline_instant": ["at", "after", "end_of_day"],
    "trial_exhausted": ["at_zero", "below_zero"],
    "trial_deletion_origin": ["actual_end", "nominal_end"],
    "no_method_create": ["refused", "accepted"],
    "cycle_anchor": ["both", "tier", "first_service"],
    "month_end": ["clamp", "sticky", "rollover"],
    "threshold_comparison": ["reaches", "exceeds"],
    "threshold_rearm": ["repeats", "once_per_cycle"],
    "card_replacement": ["collects_at_once", "waits"],
    "unpaid_clock": ["per_invoice", "until_all_paid"],
    "extension_scope": ["deletion", "all_deadlines"],
    "extension_end": ["deletes", "manual"],
    "restart_after_payment": ["manual", "automatic"],
    "marketplace_end": ["restricts_at_end", "restricts_at_due", "stops_at_end"],
    "report_lines": ["per_item", "per_hour"],
    "usage_before_linking": ["stays_with_card", "moves_to_marketplace"],
    "credit_order": ["soonest_expiry", "oldest_grant"],
    "commitment_expiry_fallback": ["same_marketplace", "card"],
    "commitment_protection": ["ever_committed", "fallback_debt", "while_in_force"],
    "card_validity": ["on_file", "usable", "authorised"],
    "no_method_service": ["after_lapse", "after_trial", "always"],
    "refund_counts": ["counts", "does_not_count"],
    "arrears_cure": ["payment", "credits_pay", "method_lifts"],
    "credit_draw": ["at_usage", "at_period_end"],
    "commitment_end": ["restricts_at_due", "restricts_at_end"],
    "commitment_term": ["runs_on", "ends_with_term"],
    "debt_after_deletion": ["stays", "written_off"],
    "fee_report": ["full_at_acceptance", "as_offered"],
}


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register(FEATURES)


# The register itself


def test_it_holds_all_103_statements_in_order_and_no_other(register: Register) -> None:
    aws = [f"AWS-{number:02d}" for number in range(1, 32)]
    compliance = [f"BC-{number:02d}" for number in range(1, 73)]
    assert [clause.id for clause in register.clauses] == aws + compliance


def test_it_holds_the_28_knobs_with_their_values_the_default_first(register: Register) -> None:
    assert {knob.name: [value.name for value in knob.values] for knob in register.knobs} == KNOBS
    assert all(knob.default == KNOBS[knob.name][0] for knob in register.knobs)


def test_each_document_owns_the_clauses_of_its_prefix_in_the_order_of_its_lines(register: Register) -> None:
    guide, compliance = register.documents
    for prefix, document in (("AWS-", guide), ("BC-", compliance)):
        clauses = [clause for clause in register.clauses if clause.id.startswith(prefix)]
        assert {clause.source for clause in clauses} == {document.file}
        lines = [clause.line for clause in clauses]
        assert lines == sorted(lines)


def test_each_clause_is_one_plain_english_sentence(register: Register) -> None:
    for clause in register.clauses:
        assert clause.sentence.isascii(), f"{clause.id} is not restated in English"
        assert re.fullmatch(r"[A-Z][^.!?]+\.", clause.sentence), f"{clause.id} is not one sentence"
        assert not re.search(r"https?:|\"|\bshould\b|\bwill\b", clause.sentence), f"{clause.id} is not restated plainly"


def test_no_two_clauses_have_the_same_sentence(register: Register) -> None:
    sentences = [clause.sentence for clause in register.clauses]
    assert len(set(sentences)) == len(sentences)


def test_clauses_of_one_line_have_one_fingerprint(register: Register) -> None:
    prints = {(clause.source, clause.line): clause.fingerprint for clause in register.clauses}
    assert all(prints[clause.source, clause.line] == clause.fingerprint for clause in register.clauses)


def test_whatever_only_informs_or_navigates_is_excluded_and_a_rule_only_where_another_paper_decides(
    register: Register,
) -> None:
    wordless = {Kind.INFORMATION, Kind.NAVIGATION}
    assert all(not clause.testable for clause in register.clauses if clause.kind in wordless)
    demanding = {Kind.RULE, Kind.PROHIBITION, Kind.EXTERNAL}
    assert [clause.id for clause in register.clauses if clause.kind in demanding and not clause.testable] == ["BC-52"]


def test_each_reason_for_an_exclusion_is_a_sentence_and_names_only_clauses_that_are_tested(register: Register) -> None:
    for clause in register.clauses:
        if clause.excluded is not None:
            assert clause.excluded.endswith("."), clause.id
            assert len(clause.excluded.split()) >= 6, clause.id
            for named in re.findall(r"(?:AWS|BC)-\d\d", clause.excluded):
                assert register.clause(named).testable, f"{clause.id} depends on {named}, which is excluded"


def test_every_family_has_clauses_to_cover_and_the_general_ones_have_none(register: Register) -> None:
    families = {clause.family for clause in register.clauses if clause.testable}
    assert families == set(Family) - {Family.GENERAL}


def test_only_what_is_tested_depends_on_a_reading(register: Register) -> None:
    assert all(clause.testable for clause in register.clauses if clause.readings)
    assert all(knob.clauses for knob in register.knobs)


def test_each_knob_has_one_question_and_states_what_each_value_means(register: Register) -> None:
    for knob in register.knobs:
        assert re.fullmatch(r"[A-Z][^?]+\?", knob.question), knob.name
        for text in (knob.core_margin, *(value.meaning for value in knob.values)):
            assert text.endswith("."), knob.name


# Asking for a clause or a knob


def test_a_clause_is_found_by_its_id(register: Register) -> None:
    clause = register.clause("BC-29")
    assert (clause.family, clause.kind, clause.numbers) == (Family.UNPAID_INVOICES, Kind.RULE, "14 days")
    assert clause.testable
    assert not register.clause("AWS-07").testable


@pytest.mark.parametrize("written", ["bc-9", "BC9", "BC-9", " bc 09"])
def test_an_id_that_is_written_otherwise_is_not_found_but_recognized(register: Register, written: str) -> None:
    with pytest.raises(UnknownClause) as caught:
        register.clause(written)
    assert str(caught.value) == f"clause {written!r} does not exist. Nearest: BC-09"


def test_an_unknown_clause_names_the_nearest_ids_and_is_a_key_error(register: Register) -> None:
    with pytest.raises(KeyError) as caught:
        register.clause("AWS-32")
    error = caught.value
    assert isinstance(error, UnknownClause)
    assert len(error.nearest) == 3
    assert all(nearest.startswith("AWS-") for nearest in error.nearest)
    assert str(error) == f"clause 'AWS-32' does not exist. Nearest: {', '.join(error.nearest)}"


def test_an_unknown_id_is_reported_where_the_ids_begin_and_end(register: Register) -> None:
    with pytest.raises(UnknownClause, match=r"^clause 'x' does not exist\. Ids run from AWS-01 to BC-72\.$"):
        register.clause("x")


def test_a_register_without_clauses_states_it() -> None:
    with pytest.raises(UnknownClause, match=r"^clause 'BC-01' does not exist: there are no clauses at all\.$"):
        Register((), (), ()).clause("BC-01")


def test_a_knob_is_found_by_its_name_and_an_unknown_one_names_the_nearest(register: Register) -> None:
    assert register.knob("month_end").default == "clamp"
    with pytest.raises(UnknownKnob, match=r"^knob 'month_ends' does not exist\. Nearest: month_end"):
        register.knob("month_ends")
    with pytest.raises(UnknownKnob, match=r"^knob 'x' does not exist\. Known: deadline_instant, trial_exhausted"):
        register.knob("x")


def test_the_errors_survive_the_way_between_processes(register: Register, tmp_path: Path) -> None:
    errors: list[Exception] = []
    for ask in (
        lambda: register.clause("BC-99"),
        lambda: register.knob("month"),
        lambda: load_register(tmp_path),
        lambda: compare_sources(register, tmp_path),
    ):
        with pytest.raises((KeyError, InvalidRequirements, InvalidSources)) as caught:
            ask()
        errors.append(caught.value)
    for error in errors:
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


# Faults of the files

SOUND_CLAUSES = """\
[documents."made-up.txt"]
title = "Made up"
language = "English"
description = "A document for tests."
counting = "From 1."

[[clause]]
id = "BC-01"
family = "trial"
kind = "rule"
sentence = "A trial ends."
source = "made-up.txt"
line = 1
fingerprint = "0123456789abcdef"
numbers = "30 days"
readings = ["month_end"]
note = "Short."

[[clause]]
id = "BC-02"
family = "general"
kind = "navigation"
sentence = "A button is pressed."
source = "made-up.txt"
line = 3
fingerprint = "fedcba9876543210"
excluded = "A button."
"""

SOUND_READINGS = """\
[[knob]]
name = "month_end"
question = "Which day?"
default = "clamp"
family = "card_billing"
clauses = ["BC-01"]
core_margin = "The 31st."

[[knob.value]]
name = "clamp"
meaning = "The last."

[[knob.value]]
name = "rollover"
meaning = "The next."
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes both files of a register and gives their folder."""

    def write(clauses: str, readings: str) -> Path:
        (tmp_path / "clauses.toml").write_text(clauses, "utf-8")
        (tmp_path / "readings.toml").write_text(readings, "utf-8")
        return tmp_path

    return write


def faults_of(folder: Path) -> list[str]:
    """The faults that loading finds, each as it is printed, its path cut down to the file's name."""
    with pytest.raises(InvalidRequirements) as caught:
        load_register(folder)
    return [str(diagnostic).replace(f"{folder}/", "") for diagnostic in caught.value.diagnostics]


def test_a_sound_register_loads_with_every_field(write: Write) -> None:
    register = load_register(write(SOUND_CLAUSES, SOUND_READINGS))
    trial, button = register.clauses
    assert trial == Clause(
        id="BC-01",
        family=Family.TRIAL,
        kind=Kind.RULE,
        sentence="A trial ends.",
        source="made-up.txt",
        line=1,
        fingerprint="0123456789abcdef",
        numbers="30 days",
        readings=("month_end",),
        excluded=None,
        note="Short.",
    )
    assert (button.numbers, button.readings, button.excluded, button.note) == (None, (), "A button.", None)
    assert register.documents == (Document("made-up.txt", "Made up", "English", "A document for tests.", "From 1."),)
    assert register.knob("month_end").scope is None


@pytest.mark.parametrize(
    ("sound", "faulty", "printed"),
    [
        pytest.param(
            'id = "BC-02"',
            'id = "BC-01"',
            "clauses.toml:20, clause BC-01: another clause has the same id. Give each clause a unique id.",
            id="an id twice",
        ),
        pytest.param(
            'id = "BC-02"\n',
            "",
            'clauses.toml:19, clause 2: `id` is missing. Add id = "BC-29".',
            id="no id",
        ),
        pytest.param(
            'id = "BC-02"',
            'id = "two"',
            "clauses.toml:20, clause 2: `id`: expected the id of a clause, got 'two'. Write id = \"BC-29\".",
            id="an id of another form",
        ),
        pytest.param(
            'sentence = "A trial ends."\n',
            "",
            'clauses.toml:7, clause BC-01: `sentence` is missing. Add sentence = "…".',
            id="a missing field",
        ),
        pytest.param(
            'sentence = "A trial ends."',
            'sentence = " "',
            "clauses.toml:11, clause BC-01: `sentence`: expected text, got ' '. Write sentence = \"…\".",
            id="an empty field",
        ),
        pytest.param(
            'note = "Short."',
            'remark = "Short."',
            "clauses.toml:17, clause BC-01: unknown key 'remark'; expected one of id, source, family, "
            "kind, sentence, line, fingerprint, numbers, readings, excluded, note.",
            id="an unknown field",
        ),
        pytest.param(
            'note = "Short."',
            "note = 3",
            'clauses.toml:17, clause BC-01: `note`: expected text, got 3. Write note = "…".',
            id="a field of another type",
        ),
        pytest.param(
            'excluded = "A button."',
            'excluded = ""',
            "clauses.toml:27, clause BC-02: `excluded`: expected text, got ''. Write excluded = \"…\".",
            id="an exclusion without a reason",
        ),
        pytest.param(
            'family = "trial"',
            'family = "trials"',
            "clauses.toml:9, clause BC-01: `family`: unknown value 'trials'; did you mean trial?",
            id="an unknown family",
        ),
        pytest.param(
            'kind = "rule"',
            'kind = "Rule"',
            "clauses.toml:10, clause BC-01: `kind`: unknown value 'Rule'; did you mean rule?",
            id="an unknown kind",
        ),
        pytest.param(
            "line = 1",
            "line = 0",
            "clauses.toml:13, clause BC-01: `line`: expected a line number, counted from 1, got 0. Write line = 25.",
            id="a line that cannot be",
        ),
        pytest.param(
            "line = 1",
            "line = true",
            "clauses.toml:13, clause BC-01: `line`: expected a line number, counted from 1, got true. Write line = 25.",
            id="a line that is no number",
        ),
        pytest.param(
            '"0123456789abcdef"',
            '"0123456789ABCDEF"',
            "clauses.toml:14, clause BC-01: `fingerprint`: expected 16 hexadecimal digits, got "
            "'0123456789ABCDEF'. Write fingerprint = \"0123456789abcdef\".",
            id="a fingerprint of another form",
        ),
        pytest.param(
            'source = "made-up.txt"\nline = 1',
            'source = "other.txt"\nline = 1',
            "clauses.toml:12, clause BC-01: the source 'other.txt' is not described. Describe it under "
            '[documents."other.txt"].',
            id="a source that is not described",
        ),
        pytest.param(
            'language = "English"\n',
            "",
            'clauses.toml:1, document made-up.txt: `language` is missing. Add language = "…".',
            id="a document without a language",
        ),
        pytest.param(
            'readings = ["month_end"]',
            'readings = "month_end"',
            "clauses.toml:16, clause BC-01: `readings`: expected a list of texts, got 'month_end'. Write "
            'readings = ["deadline_instant"].',
            id="readings that are no list",
        ),
        pytest.param(
            'readings = ["month_end"]',
            'readings = ["month_end", "month_end"]',
            "clauses.toml:16, clause BC-01: `readings` has month_end twice. Write it once.",
            id="a reading twice",
        ),
        pytest.param(
            'readings = ["month_end"]',
            'readings = ["month_end", "months_end"]',
            "clauses.toml:16, clause BC-01: knob 'months_end' does not exist; did you mean month_end?",
            id="an unknown knob",
        ),
        pytest.param(
            'excluded = "A button."',
            'readings = ["month_end"]',
            "clauses.toml:27, clause BC-02: knob 'month_end' does not name this clause. Add 'BC-02' to "
            "the knob's `clauses` in readings.toml, or remove 'month_end' here.",
            id="a knob that does not name the clause",
        ),
        pytest.param(
            'readings = ["month_end"]\n',
            "",
            "readings.toml:6, knob month_end: clause 'BC-01' does not name this knob. Add 'month_end' to "
            "the clause's `readings` in clauses.toml, or remove 'BC-01' here.",
            id="a clause that does not name the knob",
        ),
    ],
)
def test_a_fault_of_the_clauses_is_reported_with_file_clause_and_fix(
    write: Write, sound: str, faulty: str, printed: str
) -> None:
    assert SOUND_CLAUSES.count(sound) == 1
    assert printed in faults_of(write(SOUND_CLAUSES.replace(sound, faulty), SOUND_READINGS))


@pytest.mark.parametrize(
    ("sound", "faulty", "printed"),
    [
        pytest.param(
            'question = "Which day?"\n',
            "",
            'readings.toml:1, knob month_end: `question` is missing. Add question = "…".',
            id="a missing field",
        ),
        pytest.param(
            'core_margin = "The 31st."',
            'core_margin = "The 31st."\nmargin = "The 30th."',
            "readings.toml:8, knob month_end: unknown key 'margin'; did you mean core_margin?",
            id="an unknown field",
        ),
        pytest.param(
            'clauses = ["BC-01"]',
            'clauses = ["BC-01", "XY-77"]',
            "readings.toml:6, knob month_end: clause 'XY-77' does not exist; expected one of BC-01, BC-02.",
            id="an unknown clause",
        ),
        pytest.param(
            'default = "clamp"',
            'default = "rollover"',
            "readings.toml:4, knob month_end: the default is 'rollover', but the first value is 'clamp'. "
            "Put the default's [[knob.value]] first.",
            id="a default that is not the first value",
        ),
        pytest.param(
            'name = "rollover"',
            'name = "clamp"',
            "readings.toml:1, knob month_end: two values are named 'clamp'. Give each value a unique name.",
            id="a value twice",
        ),
        pytest.param(
            'meaning = "The next."\n',
            "",
            'readings.toml:13, knob month_end, value 2: `meaning` is missing. Add meaning = "…".',
            id="a value without a meaning",
        ),
        pytest.param(
            '\n[[knob.value]]\nname = "rollover"\nmeaning = "The next."\n',
            "",
            "readings.toml:1, knob month_end: it has one value, and so leaves nothing open. Give it two "
            "[[knob.value]] or more.",
            id="a knob with nothing to choose",
        ),
    ],
)
def test_a_fault_of_the_readings_is_reported_with_file_knob_and_fix(
    write: Write, sound: str, faulty: str, printed: str
) -> None:
    assert SOUND_READINGS.count(sound) == 1
    assert faults_of(write(SOUND_CLAUSES, SOUND_READINGS.replace(sound, faulty))) == [printed]


def test_a_knob_twice_is_reported(write: Write) -> None:
    printed = "readings.toml:17, knob month_end: another knob has the same name. Give each knob a unique name."
    assert faults_of(write(SOUND_CLAUSES, SOUND_READINGS + SOUND_READINGS)) == [printed]


def test_all_faults_of_both_files_are_reported_at_once(write: Write) -> None:
    clauses = SOUND_CLAUSES.replace('kind = "rule"', 'kind = "law"').replace("line = 3", "line = -3")
    folder = write(clauses, SOUND_READINGS.replace('question = "Which day?"\n', ""))
    with pytest.raises(InvalidRequirements) as caught:
        load_register(folder)
    assert str(caught.value) == (
        f"{folder}/clauses.toml:10, clause BC-01: `kind`: unknown value 'law'; "
        "expected one of rule, permission, prohibition, information, navigation, external.\n"
        f"{folder}/clauses.toml:25, clause BC-02: `line`: expected a line number, counted from 1, got -3. "
        "Write line = 25.\n"
        f'{folder}/readings.toml:1, knob month_end: `question` is missing. Add question = "…".'
    )


def test_when_both_files_are_missing_both_are_reported(tmp_path: Path) -> None:
    fix = "cannot read the file: No such file or directory. Check the path."
    assert faults_of(tmp_path) == [f"clauses.toml: {fix}", f"readings.toml: {fix}"]


def test_one_missing_file_does_not_hide_the_faults_of_the_other(write: Write) -> None:
    folder = write(SOUND_CLAUSES.replace('kind = "rule"\n', ""), SOUND_READINGS)
    (folder / "readings.toml").unlink()
    assert faults_of(folder) == [
        "readings.toml: cannot read the file: No such file or directory. Check the path.",
        'clauses.toml:7, clause BC-01: `kind` is missing. Add kind = "rule".',
    ]


def test_an_empty_file_lacks_its_tables(write: Write) -> None:
    assert faults_of(write("", "")) == [
        'clauses.toml:1: `documents` is missing. Add documents = …, as tables [documents."…"].',
        "clauses.toml:1: `clause` is missing. Add clause = …, as tables under [[clause]].",
        "readings.toml:1: `knob` is missing. Add knob = …, as tables under [[knob]].",
    ]


def test_tables_of_another_shape_and_tables_of_another_name_are_reported(write: Write) -> None:
    assert faults_of(write('documents = 1\nclause = "x"\n[[clauses]]\nid = "BC-01"\n', "knob = [1]")) == [
        'clauses.toml:1: `documents`: expected a table of tables. Write [documents."…"].',
        "clauses.toml:2: `clause`: expected an array of tables. Write [[clause]], in two brackets.",
        "clauses.toml:3: unknown key 'clauses'; did you mean clause?",
        "readings.toml:1: `knob`: expected an array of tables. Write [[knob]], in two brackets.",
    ]


def test_a_file_that_is_neither_toml_nor_text_is_reported_with_its_line(write: Write) -> None:
    folder = write("[[clause]]\nid = BC\n", SOUND_READINGS)
    (folder / "readings.toml").write_bytes(b"# first\n# \xff\n")
    toml, text = faults_of(folder)
    assert re.fullmatch(r"clauses\.toml:2: invalid TOML: .*line 2.*\. Fix this line\.", toml)
    assert text == "readings.toml:2: not UTF-8. Save the file as UTF-8."


def test_a_folder_in_the_place_of_a_file_is_reported(write: Write) -> None:
    folder = write(SOUND_CLAUSES, SOUND_READINGS)
    (folder / "clauses.toml").unlink()
    (folder / "clauses.toml").mkdir()
    assert faults_of(folder) == ["clauses.toml: cannot read the file: it is a folder, not a file. Check the path."]


# Fingerprints, and the comparison with the documents


def test_a_fingerprint_is_the_beginning_of_the_sha_256_of_the_collapsed_text() -> None:
    assert fingerprint("Services stop.") == hashlib.sha256(b"Services stop.").hexdigest()[:16]


def test_a_fingerprint_does_not_see_line_breaks_spaces_and_how_accents_are_encoded() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Détente über\nalles") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert fingerprint(composed) == fingerprint(f"  {decomposed}\r\n".replace(" ", "\t  "))


def test_a_fingerprint_sees_a_number_a_letter_and_a_case() -> None:
    texts = ["after 14 days", "after 15 days", "after 14 day", "After 14 days", "after 1 4 days"]
    assert len({fingerprint(text) for text in texts}) == len(texts)


FIRST, SECOND, THIRD = (
    "A trial lasts 30 days.",
    "- One prerequisite.\n- Another one.",
    "Data is deleted after two weeks.",
)
DOCUMENT = f"# Made up\n\n{FIRST}\n\n{SECOND}\n\n{THIRD}\n"


def clause_at(clause_id: str, line: int, paragraph: str, source: str = "made-up.txt") -> Clause:
    return Clause(
        id=clause_id,
        family=Family.TRIAL,
        kind=Kind.RULE,
        sentence="Made up.",
        source=source,
        line=line,
        fingerprint=fingerprint(paragraph),
        numbers=None,
        readings=(),
        excluded=None,
        note=None,
    )


def document(file: str) -> Document:
    return Document(file, "Made up", "English", "A document for tests.", "From 1.")


MADE_UP = Register(
    clauses=(
        clause_at("BC-01", 3, FIRST),
        clause_at("BC-02", 5, SECOND),
        clause_at("BC-03", 6, SECOND),
        clause_at("BC-04", 8, THIRD),
    ),
    knobs=(),
    documents=(document("made-up.txt"),),
)

Compare = Callable[[str], list[SourceFinding]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Compares the made-up register with a text in the place of its document."""

    def compare(text: str) -> list[SourceFinding]:
        (tmp_path / "made-up.txt").write_bytes(text.encode())
        return compare_sources(MADE_UP, tmp_path)

    return compare


def outline(findings: list[SourceFinding]) -> list[tuple[str, str, int, int | None]]:
    return [(finding.clause, finding.kind.value, finding.old_line, finding.new_line) for finding in findings]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(DOCUMENT, id="the same"),
        pytest.param(DOCUMENT.rstrip("\n"), id="no newline at the end"),
        pytest.param(DOCUMENT.replace("\n", "\r\n"), id="the line ends of another system"),
        pytest.param("\ufeff" + DOCUMENT, id="a byte order mark"),
        pytest.param(DOCUMENT.replace("One pre", "One\tpre").replace("30 days.", "30  days. "), id="other spaces"),
        pytest.param(DOCUMENT.replace("# Made up", "# Another heading"), id="words that no clause restates"),
        pytest.param(DOCUMENT + "\nOne more paragraph.\n", id="more at the end"),
    ],
)
def test_a_document_that_is_unchanged_in_the_same_place_gives_no_finding(compare: Compare, text: str) -> None:
    assert compare(text) == []


def test_a_changed_paragraph_is_reported_for_each_of_its_clauses_with_its_new_fingerprint(compare: Compare) -> None:
    findings = compare(DOCUMENT.replace("Another one", "A further one"))
    assert outline(findings) == [("BC-02", "changed", 5, 5), ("BC-03", "changed", 5 + 1, 5)]
    assert all(finding.suspect for finding in findings)
    new = fingerprint("- One prerequisite.\n- A further one.")
    assert findings[0].detail == (
        "the paragraph on lines 5 to 6 has changed since the clause was restated. Read it again; if the clause"
        f' still holds, set its fingerprint = "{new}" in clauses.toml.'
    )


def test_a_paragraph_that_is_taken_out_is_gone_and_what_follows_has_moved(compare: Compare) -> None:
    findings = compare(DOCUMENT.replace(f"{FIRST}\n\n", ""))
    assert outline(findings) == [
        ("BC-01", "gone", 3, None),
        ("BC-02", "moved", 5, 3),
        ("BC-03", "moved", 6, 3),
        ("BC-04", "moved", 8, 6),
    ]
    assert [finding.suspect for finding in findings] == [True, False, False, False]


def test_a_paragraph_that_is_cut_off_at_the_end_is_gone(compare: Compare) -> None:
    findings = compare(DOCUMENT.replace(THIRD, ""))
    assert outline(findings) == [("BC-04", "gone", 8, None)]
    assert findings[0].detail.startswith("the paragraph is no longer in the document. Read the document again;")


def test_an_empty_document_has_lost_everything(compare: Compare) -> None:
    assert {finding.kind for finding in compare("")} == {FindingKind.GONE}
    assert len(compare("")) == len(MADE_UP.clauses)


def test_a_paragraph_that_moved_is_reported_with_both_lines_and_is_not_suspect(compare: Compare) -> None:
    findings = compare("One more.\n\n" + DOCUMENT)
    assert outline(findings) == [
        ("BC-01", "moved", 3, 5),
        ("BC-02", "moved", 5, 7),
        ("BC-03", "moved", 6, 7),
        ("BC-04", "moved", 8, 10),
    ]
    assert not any(finding.suspect for finding in findings)
    assert findings[0].detail == (
        "the paragraph is unchanged, but now on line 5. Update the clause's `line` in clauses.toml."
    )


def test_a_paragraph_that_moved_and_changed_is_found_again_where_the_document_has_shifted_to(compare: Compare) -> None:
    findings = compare("One more.\n\n" + DOCUMENT.replace("two weeks", "three weeks"))
    assert outline(findings)[-1] == ("BC-04", "changed", 8, 10)


def test_paragraphs_that_changed_places_have_moved(compare: Compare) -> None:
    findings = compare(f"# Made up\n\n{THIRD}\n\n{SECOND}\n\n{FIRST}\n")
    assert outline(findings) == [("BC-01", "moved", 3, 8), ("BC-04", "moved", 8, 3)]


def test_of_two_equal_paragraphs_the_one_in_place_counts(compare: Compare) -> None:
    assert compare(DOCUMENT + f"\n{FIRST}\n") == []


def test_a_missing_document_is_reported_for_each_of_its_clauses_and_the_others_are_compared(tmp_path: Path) -> None:
    register = Register(
        clauses=(*MADE_UP.clauses, clause_at("BC-05", 1, "Elsewhere.", "other.txt")),
        knobs=(),
        documents=(document("made-up.txt"), document("other.txt")),
    )
    (tmp_path / "made-up.txt").write_text(DOCUMENT.replace("two weeks", "three weeks"), "utf-8")
    changed, missing = compare_sources(register, tmp_path)
    assert (changed.clause, changed.kind) == ("BC-04", FindingKind.CHANGED)
    assert missing == SourceFinding(
        clause="BC-05",
        kind=FindingKind.MISSING_FILE,
        old_line=1,
        new_line=None,
        detail=f"{tmp_path} has no other.txt. Put the document there, under that name.",
    )
    assert missing.suspect


def sources_error(folder: Path) -> str:
    with pytest.raises(InvalidSources) as caught:
        compare_sources(MADE_UP, folder)
    return str(caught.value)


def test_a_folder_that_is_missing_is_not_a_folder_or_holds_no_document_is_reported(tmp_path: Path) -> None:
    nowhere, file = tmp_path / "nowhere", tmp_path / "file"
    file.touch()
    assert (
        sources_error(nowhere)
        == f"{nowhere}: cannot read it: No such file or directory. Name the folder that has made-up.txt."
    )
    assert sources_error(file) == f"{file}: not a folder. Name the folder that has made-up.txt."
    assert sources_error(tmp_path) == (
        f"{tmp_path}: none of the documents is there. Name the folder that has made-up.txt."
    )
    assert sources_error(file / "below").startswith(f"{file / 'below'}: cannot read it: ")


def test_a_document_that_cannot_be_read_as_text_is_reported_with_its_line_and_fix(tmp_path: Path) -> None:
    path = tmp_path / "made-up.txt"
    path.write_bytes(b"first\nsecond \xff\n")
    printed = f"{path}:2: not UTF-8. Save it as UTF-8, or fetch it again."
    assert sources_error(tmp_path) == printed
    path.unlink()
    path.mkdir()
    assert sources_error(tmp_path) == (
        f"{path}: cannot read the document: it is a folder, not a file. Make it a readable file."
    )
