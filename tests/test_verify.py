"""`billing-tck verify` refuses a report that was cut short, mixed or edited, and reports why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from billing_tck.cli import verify as verify_command
from billing_tck.cli.main import main
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.results.report_file import Digest, dump_row
from billing_tck.spec.selection import Selection

from .reporting import Made, mixed_toy
from .toy import FEATURE, Toy, register

KNOWN = KnownDeviation("clause", "BC-29", "ticket 7", date(2026, 1, 5), date(2026, 6, 30), "billing-tck.toml:3")


@pytest.fixture(autouse=True)
def toy_register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_command, "load_register", lambda folder: register())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path, mixed_toy())


def verify(made: Made, capsys: pytest.CaptureFixture[str], features: Path | None = None) -> tuple[int, list[str]]:
    folder = features or made.folder.parent / "features"
    status = main(["verify", str(made.folder), "--features", str(folder)])
    out, err = capsys.readouterr()
    return status, (out + err).replace(f"{made.folder}/", "").splitlines()


def edit(made: Made, change: Callable[[list[dict[str, Any]]], object], *, close: bool = False) -> None:
    """Changes the lines of a report; with `close` whoever did it also made a new footer and digest."""
    path = made.folder / "report.ndjson"
    rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    change(rows)
    if close:
        footer = {key: value for key, value in rows[-1].items() if key != "digest"}
        words = [row["verdict"] for row in rows[1:-1]]
        footer |= {word: words.count(word) for word in ("conforms", "deviates", "errored", "not_applicable")}
        footer |= {"scenarios": len(words), "known": sum("known" in row for row in rows[1:-1])}
        footer["clauses"] = clauses(rows[1:-1])
        digest = Digest()
        for row in rows[:-1]:
            digest.add(dump_row(row))
        rows[-1] = footer | {"digest": digest.closed_by(footer)}
    path.write_text("".join(dump_row(row) + "\n" for row in rows), encoding="utf-8")


def clauses(rows: list[dict[str, Any]]) -> dict[str, str]:
    order = ("deviates", "errored", "conforms", "not_applicable")
    words: dict[str, set[str]] = {}
    for row in rows:
        for clause in row["clauses"]:
            words.setdefault(clause, set()).add(row["verdict"])
    return {clause: next(w for w in order if w in words[clause]) for clause in sorted(words)}


@pytest.mark.parametrize("toy", [mixed_toy, Toy, lambda: Toy(stop_after=21), lambda: Toy(capabilities=())])
def test_a_report_as_it_was_written_is_trusted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], toy: Callable[[], Toy]
) -> None:
    made = Made(tmp_path, toy())
    status, lines = verify(made, capsys)
    assert (status, len(lines)) == (0, 2)
    assert lines[1].startswith(f"the report is complete: 5 scenarios, features {made.suite.digest[:12]}, digest ")


def test_a_report_of_a_part_and_of_known_deviations_is_trusted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Made(tmp_path, Toy(stop_after=21), [KNOWN], Selection(part="core", clauses=("BC-29",)))
    assert verify(made, capsys)[0] == 0


def test_the_file_alone_is_trusted_as_well(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    for path in made.folder.iterdir():
        if path.name != "report.ndjson":
            path.unlink()
    assert main(["verify", str(made.folder / "report.ndjson"), "--features", str(made.suite.folder)]) == 0


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (0, "report.ndjson: it is empty"),
        (1, "report.ndjson: it is cut short: there is no footer, so the run did not end"),
        (4, "report.ndjson: it is cut short: there is no footer, so the run did not end"),
    ],
)
def test_a_report_that_was_cut_short_is_refused(
    made: Made, capsys: pytest.CaptureFixture[str], keep: int, said: str
) -> None:
    path = made.folder / "report.ndjson"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:keep]), encoding="utf-8")
    status, lines = verify(made, capsys)
    assert (status, lines[0]) == (1, said)
    assert lines[-1].endswith(" cannot be trusted: 1 fault")


def test_a_line_that_does_not_end_is_cut_short(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.folder / "report.ndjson"
    path.write_bytes(path.read_bytes()[:-40])
    assert verify(made, capsys)[1][0] == "report.ndjson: it is cut short: its last line does not end"


def test_every_cut_and_every_changed_byte_is_noticed(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.folder / "report.ndjson"
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place])
        assert verify(made, capsys)[0] == 1, place
        other = b"1" if whole[place : place + 1] != b"1" else b"2"
        path.write_bytes(whole[:place] + other + whole[place + 1 :])
        assert verify(made, capsys)[0] == 1, place
    path.write_bytes(whole)
    assert verify(made, capsys)[0] == 0


def test_a_verdict_that_was_edited_is_found(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    edit(made, lambda rows: rows[2].update(verdict="conforms"))
    status, lines = verify(made, capsys)
    assert status == 1
    assert lines[:4] == [
        "report.ndjson: the footer has conforms 1, the rows 2",
        "report.ndjson: the footer has deviates 1, the rows 0",
        'report.ndjson: the footer has clauses {"BC-26": "errored", "BC-29": "deviates"}, '
        'the rows {"BC-26": "errored", "BC-29": "conforms"}',
        "report.ndjson: it was edited, or mixed with another: its digest is not that of its rows",
    ]


def test_an_edit_with_a_new_digest_does_not_fit_the_other_files(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    edit(made, lambda rows: rows[2].update(verdict="conforms"), close=True)
    status, lines = verify(made, capsys)
    assert status == 1
    for name in (
        "summary.json",
        "badge.json",
        "badge.svg",
        "summary.md",
        "junit.xml",
        "report.html",
        "messages.ndjson",
    ):
        assert f"{name}: contradicts report.ndjson: it belongs to another run, or was edited" in lines


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("summary.json", '"deviates": 1', '"deviates": 0'),
        ("summary.md", "Deviates in 1", "Deviates in 0"),
        ("badge.json", "1 clause", "0 clause"),
        ("badge.svg", "1 clause", "0 clause"),
        ("junit.xml", 'name="clause"', 'name="claus"'),
        ("junit.xml", "</testsuites>", ""),
        ("report.html", "Deviates in 1", "Deviates in 0"),
        ("messages.ndjson", "FAILED", "PASSED"),
        ("messages.ndjson", '{"meta"', "meta"),
    ],
)
def test_another_file_that_was_edited_is_found(
    made: Made, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str
) -> None:
    path = made.folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    status, lines = verify(made, capsys)
    said = f"{name}: contradicts report.ndjson: it belongs to another run, or was edited"
    assert (status, lines[:-1]) == (1, [said])


def test_two_reports_in_one_are_refused(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Made(tmp_path / "other")
    path = made.folder / "report.ndjson"
    path.write_text(path.read_text(encoding="utf-8") + other.text("report.ndjson"), encoding="utf-8")
    status, lines = verify(made, capsys)
    assert status == 1
    assert "report.ndjson:8: a second header: two reports are mixed" in lines
    assert "report.ndjson:8: rows after the footer" in lines


def test_a_folder_of_two_runs_is_refused(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Made(tmp_path / "other")
    shutil.copy(other.folder / "report.html", made.folder / "report.html")
    assert verify(made, capsys) == (
        1,
        [
            "report.html: contradicts report.ndjson: it belongs to another run, or was edited",
            f"{made.folder} cannot be trusted: 1 fault",
        ],
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.pop(2), "1 scenario selected, but not in the report: core/unpaid_invoices.feature:18"),
        (lambda rows: rows.insert(2, rows[2]), "report.ndjson: core/unpaid_invoices.feature:18 occurs 2 times"),
        (
            lambda rows: rows[1].update(name="another"),
            "core/unpaid_invoices.feature:17: differs from the features: 'another', clauses ('BC-29',)",
        ),
        (
            lambda rows: rows[4].update(verdict="conforms", checks=1),
            "core/unpaid_invoices.feature:29: conforms, although the implementation does not declare "
            "capability extension",
        ),
        (
            lambda rows: (
                rows[0]["implementation"]["readings"].update(deadline_instant="noon"),
                rows[5].update(verdict="conforms", checks=1),
            ),
            "edge/unpaid_invoices.feature:5: conforms, although the implementation does not declare "
            "reading deadline_instant=at (noon)",
        ),
        (
            lambda rows: rows[1].update(checks=0),
            "core/unpaid_invoices.feature:17: conforms, although it checked nothing",
        ),
        (
            lambda rows: rows[2].update(verdict="not_applicable", missing=["capability card"]),
            "core/unpaid_invoices.feature:18: reported as not applicable for lack of capability card, "
            "but it is declared or not needed",
        ),
        (
            lambda rows: rows[0].update(selection="family trial"),
            "the selection is given in two ways: 'family trial' and 'everything'",
        ),
        (
            lambda rows: rows[2].update(known="because"),
            "core/unpaid_invoices.feature:18: its mark as a known deviation contradicts the entries",
        ),
        (
            lambda rows: rows[1].update(verdict="passes"),
            "report.ndjson:2: not a row of a report: verdict: 'passes' is not a verdict",
        ),
        (lambda rows: rows[1].pop("rule"), "report.ndjson:2: not a row of a report: 'rule' is missing"),
        (
            lambda rows: rows[1].update(line="17"),
            "report.ndjson:2: not a row of a report: line: expected int, got str",
        ),
        (lambda rows: rows[0].update(format=9), "report.ndjson:1: it has format 9; this kit reads 1"),
    ],
)
def test_what_no_run_can_have_written_is_found_even_with_a_new_digest(
    made: Made, capsys: pytest.CaptureFixture[str], change: Callable[[list[dict[str, Any]]], object], said: str
) -> None:
    edit(made, change, close="not a row of a report" not in said)
    status, lines = verify(made, capsys)
    assert status == 1
    assert said in lines


def test_other_features_are_reported(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = Made(tmp_path / "changed", core=FEATURE.replace("14 days", "15 days"))
    status, lines = verify(made, capsys, changed.suite.folder)
    assert status == 1
    assert lines[0] == (
        f"the report is of other features: their digest is {made.suite.digest[:12]}, the digest of these is "
        f"{changed.suite.digest[:12]}. Use billing-tck {made.header.version}, or give its features with --features"
    )


def test_what_is_not_a_report_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "none")]) == 2
    assert "there is no report" in capsys.readouterr().err
    assert main(["verify", str(tmp_path)]) == 1
    assert "there is no report" in capsys.readouterr().err
    (tmp_path / "report.ndjson").write_bytes(b"\xff\xfe")
    assert main(["verify", str(tmp_path)]) == 1
    assert "it is not UTF-8" in capsys.readouterr().err
    (tmp_path / "report.ndjson").write_text("[]\n", encoding="utf-8")
    assert main(["verify", str(tmp_path)]) == 1
    assert "report.ndjson:1: not a row of a report: expected a JSON object" in capsys.readouterr().err
