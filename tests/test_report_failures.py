"""What fails while a run is reported loses no verdict: it is said, and the other files are written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_tck.cli import run as run_command
from billing_tck.cli import run_files, run_result
from billing_tck.cli.main import main
from billing_tck.reports import ci, writer
from billing_tck.results import report_file
from billing_tck.results.record import ScenarioRecord
from billing_tck.text import files

FILES = {
    "write_summary": "summary.json",
    "write_junit": "junit.xml",
    "write_markdown": "summary.md",
    "write_badge": "badge.json",
    "write_messages": "messages.ndjson",
    "write_html": "report.html",
}
CLAUSE = ("run", "--sut", "faulty:stop-after-21-days", "--clause", "BC-29", "--core")


def of_each(name: str, always: bool) -> object:
    """One of several files that are alike; `make test` takes some of them."""
    return pytest.param(name, marks=[] if always else pytest.mark.slow)


CLOSING = "Deviates in 13 of 21 scenarios"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writer, "MOST_PICTURES", 2)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


def raising(error: Exception) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


def finished(name: str) -> bool:
    path = Path("out") / name
    return path.exists() and "did not finish" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("broken", [of_each(name, name in ("write_messages", "write_html")) for name in FILES])
def test_a_report_that_crashes_leaves_the_others_and_the_verdicts(
    broken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(writer, broken, raising(ZeroDivisionError("\x1b]0;x\x07")))
    assert main([*CLAUSE, "--report", "out"]) == 4
    shown = capsys.readouterr()
    assert CLOSING in shown.out
    assert "error in the kit" in shown.err
    assert "ZeroDivisionError: \\x1b]0;x\\x07" in shown.err
    assert [name for name in FILES.values() if not finished(name)] == [FILES[broken]]
    assert main(["verify", "out"]) == (0 if broken == "write_messages" else 1)  # the messages may be missing


@pytest.mark.parametrize("broken", ["responsive", "observe"])
def test_a_picture_that_crashes_leaves_the_report_whole(
    broken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(writer, broken, raising(OverflowError("date")))
    assert main([*CLAUSE, "--report", "out"]) == 4
    shown = capsys.readouterr()
    assert CLOSING in shown.out
    assert "the timeline of " in shown.err
    assert "(and 1 more)" in shown.err
    assert all(map(finished, FILES.values()))
    assert main(["verify", "out"]) == 0


def test_wording_that_crashes_leaves_every_verdict_in_every_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    timeline = ScenarioRecord.timeline.fget
    assert timeline is not None

    def worded(record: ScenarioRecord) -> object:
        if record.sentences is None:
            raise OverflowError("date value out of range")
        return timeline(record)

    monkeypatch.setattr(ScenarioRecord, "timeline", property(worded))
    assert main([*CLAUSE, "--report", "out"]) == 4
    shown = capsys.readouterr()
    assert "deviates  core/unpaid_invoices.feature:" in shown.out
    assert "the summary could not be made" in shown.err
    assert all(map(finished, FILES.values()))
    assert json.loads((Path("out") / "summary.json").read_text(encoding="utf-8"))["deviates"] == 13


def test_a_summary_that_crashes_leaves_the_names_of_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_result, "render_run", raising(KeyError("BC-29")))
    assert main(list(CLAUSE)) == 4
    shown = capsys.readouterr()
    assert "deviates  core/unpaid_invoices.feature:" in shown.out
    assert shown.err.endswith("could not be made: KeyError: 'BC-29'\n")
    assert main([*CLAUSE, "--debug"]) == 4
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_annotations_that_crash_leave_the_verdicts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setattr(ci, "github_annotations", raising(ValueError("x")))
    assert main(list(CLAUSE)) == 4
    assert CLOSING in capsys.readouterr().out


@pytest.mark.parametrize("name", [*(of_each(name, name == "junit.xml") for name in FILES.values()), "report.ndjson"])
def test_a_full_disk_is_no_judgement_and_loses_no_verdict(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original, begun = files.open_output, []

    def full(path: Path, *, append: bool = False, buffering: int = -1) -> object:
        if name not in path.name:
            return original(path, append=append, buffering=buffering)
        begun.append(path)
        if len(begun) == 1 and name != "report.ndjson":  # before the first scenario there was room
            return original(path, append=append, buffering=buffering)
        return original(Path("/dev/full"), append=append, buffering=buffering)

    if name == "report.ndjson":
        written = report_file.ReportWriter._write

        def partly(self: report_file.ReportWriter, row: object) -> None:
            if self.records and not self._broken:
                self._broken = True
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written(self, row)  # type: ignore[arg-type]

        monkeypatch.setattr(report_file.ReportWriter, "_write", partly)
    elif name == "messages.ndjson":  # it is not written before the end
        begun.append(Path(name))
    monkeypatch.setattr(files, "open_output", full)
    assert main([*CLAUSE, "--report", "out"]) == 3
    shown = capsys.readouterr()
    assert CLOSING in shown.out
    assert "could not be written: No space left on device" in shown.err
    assert [other for other in FILES.values() if not finished(other)] == ([name] if name in FILES.values() else [])
    assert main(["verify", "out"]) == (0 if name == "messages.ndjson" else 1)


def test_a_disk_that_is_full_from_the_start_is_no_judgement(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_files, "write_unfinished", raising(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    assert main([*CLAUSE, "--report", "out"]) == 3
    assert capsys.readouterr().err == "billing-tck: the output could not be written: No space left on device\n"


def test_an_interrupt_while_the_report_is_written_shows_the_verdicts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "write_html", interrupted)
    assert main([*CLAUSE, "--report", "out"]) == 130
    shown = capsys.readouterr()
    assert CLOSING in shown.out
    assert "interrupted while the report was written" in shown.err


def test_an_error_of_the_kit_in_the_middle_shows_what_failed_before_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = run_command.Progress.add

    def breaks(self: object, record: ScenarioRecord) -> None:
        if record.verdict.word == "deviates":
            raise ZeroDivisionError("progress")
        original(self, record)  # type: ignore[arg-type]

    monkeypatch.setattr(run_command.Progress, "add", breaks)
    assert main(list(CLAUSE)) == 4
    said = capsys.readouterr().err
    assert "deviates  core/unpaid_invoices.feature:" in said
    assert "stopped after " in said
