"""check-trace: a recorded history is judged line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from billing_tck.cli import main
from billing_tck.contract import Refused
from billing_tck.contract.codec import encode
from billing_tck.drivers.oracle import open_fast
from billing_tck.engine import describe, settles_within
from billing_tck.explorer.generate import Generator
from billing_tck.explorer.play import Subject, play
from billing_tck.explorer.trace import check_trace, read_trace
from billing_tck.world import Caller


class Recorder:
    """Keeps every call and its answer as a line of a trace."""

    def __init__(self, driver: Caller) -> None:
        self._driver = driver
        self.lines: list[str] = []

    def call(self, method: str, params: Mapping[str, object]) -> object:
        entry: dict[str, Any] = {"method": method, "params": encode(dict(params))}
        try:
            outcome = self._driver.call(method, params)
        except Refused as refused:
            entry["error"] = {"code": 1, "message": refused.message, "data": {"reason": str(refused.reason)}}
            self.lines.append(json.dumps(entry))
            raise
        entry["result"] = encode(outcome)
        self.lines.append(json.dumps(entry))
        return outcome


def recorded(sut: str, numbers: Sequence[int], *, described: bool = True) -> list[str]:
    """Random histories of an implementation, as a trace; they go on where an answer is wrong."""
    with open_fast(sut) as driver:
        recorder = Recorder(driver)
        description = describe(recorder)
        subject = Subject(recorder, description, settles_within(description))
        for number in numbers:
            generator = Generator(Random(f"trace:{number}"), frozenset(description.capabilities), late=False)
            play(subject, generator.start(), generator)
    return recorder.lines if described else recorder.lines[1:]


STARTING = [
    '{"method": "reset", "params": {"now": "2025-01-18T09:00:00Z"}, "result": {}}',
    '{"method": "create_organization", "params": {"name": "Ada"}, "result": {"organization": "o", "admin": "u"}}',
    '{"method": "choose_tier", "params": {"organization": "o", "tier": "scale"}, "result": {}}',
    '{"method": "create_service", "params": {"organization": "o"}, "result": {"service": "s"}}',
    '{"method": "record_usage", "params": {"organization": "o", "amount": "120.00"}, "result": {}}',
]
EXACT = json.dumps(
    {
        "method": "describe_implementation",
        "result": {
            "name": "ours",
            "version": "1",
            "contract": "1",
            "capabilities": ["card"],
            "readings": {"deadline_instant": "at"},
            "settles_within": "PT0S",
        },
    }
)


def advance(now: str) -> str:
    return json.dumps({"method": "advance_to", "params": {"now": now}, "result": {}})


def starting(refused: bool) -> str:
    entry: dict[str, Any] = {"method": "start_service", "params": {"service": "s"}}
    entry |= {"error": {"code": 1, "message": "no", "data": {"reason": "other"}}} if refused else {"result": {}}
    return json.dumps(entry)


def stop() -> str:
    return json.dumps({"method": "stop_service", "params": {"service": "s"}, "result": {}})


def run(path: Path, lines: Sequence[str]) -> int:
    path.write_text("\n".join(lines), encoding="utf-8")
    return main(["check-trace", str(path)])


@pytest.mark.parametrize(
    "sut",
    [
        "reference",
        "reference:late",
        "reference:deadline_instant=end_of_day,unpaid_clock=until_all_paid",
        "reference:report_lines=per_hour,marketplace_end=stops_at_end,commitment_protection=fallback_debt",
    ],
)
def test_what_the_reference_did_is_allowed(sut: str) -> None:
    checked = check_trace(read_trace(recorded(sut, range(12))))
    assert checked.difference is None
    assert checked.judged > 100


@pytest.mark.parametrize("knob", ["deadline_instant=after", "month_end=rollover", "cycle_anchor=tier"])
def test_a_reading_that_is_not_declared_is_found(knob: str) -> None:
    lines = recorded(f"reference:{knob}", range(8))
    description = json.loads(lines[0])
    description["result"]["readings"] = {}
    checked = check_trace(read_trace([json.dumps(description), *lines[1:]]))
    assert checked.difference is None
    assert "=".join(next(iter(checked.supposed.items()))) == knob


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ("stop-after-21-days", "BC-29"),
        ("trial-of-14-days", "BC-02"),
        ("create-allowed-while-unpaid", "BC-27"),
        ("cycle-of-30-days", "BC-39"),
        ("early-charge-at-1000", "BC-18"),
        ("fee-not-reported", "BC-51"),
    ],
)
def test_what_a_faulty_implementation_did_is_not_allowed(fault: str, clause: str) -> None:
    checked = check_trace(read_trace(recorded(f"faulty:{fault}", range(40))))
    assert checked.difference is not None
    assert clause in checked.clauses
    assert checked.difference.line > 1


def test_the_first_line_that_is_not_allowed_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.jsonl"
    lines = [EXACT, *STARTING, stop(), advance("2025-02-18T00:00:00Z"), starting(refused=False)]
    assert run(path, lines) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{path}:9: the rules do not allow this answer\n")
    assert "  expected  start service: refused\n  observed  start service: done\n" in said
    assert "  BC-25: " in said
    assert " later" in said


def test_what_the_rules_allow_is_said_with_how_much_was_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    lines = [EXACT, *STARTING, stop(), advance("2025-02-18T00:00:00Z"), starting(refused=True)]
    assert run(path, lines) == 0
    assert capsys.readouterr().out == f"{path}: the rules allow all of it; 6 answers judged\n"


def test_without_a_description_nothing_is_held_against_who_is_a_day_late(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    soon = [*STARTING, stop(), advance("2025-02-18T09:00:00Z"), starting(refused=False)]
    assert run(path, soon) == 0
    assert "from line 8 on, o, s not judged: what fell due may not have shown yet" in capsys.readouterr().out
    later = [*STARTING, stop(), advance("2025-02-21T09:00:00Z"), starting(refused=False)]
    assert run(path, later) == 1


def test_what_is_left_open_is_not_judged_and_the_rest_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.jsonl"
    beyond = '{"method": "record_usage", "params": {"organization": "o", "amount": "1.00"}, "result": {}}'
    lines = [EXACT, STARTING[0], STARTING[1], beyond, starting(refused=False).replace('"s"', '"t"')]
    service = STARTING[3].replace('"s"', '"t"')
    other = STARTING[1].replace('"o"', '"p"').replace('"u"', '"v"')
    lines = [*lines[:4], other, service.replace('"o"', '"p"'), lines[4]]
    assert run(path, lines) == 0
    said = capsys.readouterr().out
    assert "from line 4 on, o not judged: who pays for usage before the first cycle is open" in said
    assert "4 answers judged" in said


def test_a_knob_of_which_another_value_would_do_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trial = '{"method": "start_trial", "params": {"organization": "o", "credits": "100.00"}, "result": {}}'
    lines = [EXACT, *STARTING[:4], trial, stop(), advance("2025-02-17T09:00:00Z"), starting(refused=False)]
    assert run(tmp_path / "history.jsonl", lines) == 1
    assert "it would be right under deadline_instant=after; declared is at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["nonsense"], "line 1: it is no JSON"),
        (["[]"], "line 1: it is no JSON object"),
        (['{"method": "fly", "result": {}}'], 'line 1: "fly" is no method of the contract'),
        (['{"method": "reset", "params": {"now": "2025-01-18T09:00:00Z"}}'], "neither a result nor an error"),
        (['{"method": "reset", "params": {"now": "soon"}, "result": {}}'], "line 1: the parameters do not fit"),
        ([STARTING[1]], "line 1: create_organization comes before any reset. Begin with a reset"),
        ([STARTING[0], STARTING[2]], 'line 2: no line before made the organization "o". Add the line of the call'),
        ([STARTING[0], advance("2025-01-01T00:00:00Z")], "line 2: the clock goes back. Order the lines by time"),
        ([*STARTING[:2], EXACT], "line 3: describe_implementation comes after other calls. Make it the first line"),
        ([STARTING[0], STARTING[1].replace('"admin"', '"boss"')], "line 2: the result does not fit the contract"),
        ([], "line 1: there is no line"),
    ],
)
def test_a_file_that_is_no_trace_is_told_with_its_mend(
    lines: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "history.jsonl", lines) == 2
    assert said in capsys.readouterr().err


def test_all_that_is_wrong_with_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "history.jsonl", ["{", *STARTING, "}"]) == 2
    said = capsys.readouterr().err
    assert "line 1: " in said
    assert "line 7: " in said


def test_a_file_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-trace", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl cannot be read: No such file or directory" in capsys.readouterr().err


def test_the_example_of_the_page_is_a_trace() -> None:
    import billing_tck  # noqa: PLC0415

    page = Path(billing_tck.__file__).parent / "docs" / "check-trace.md"
    lines = [line.strip() for line in page.read_text(encoding="utf-8").splitlines() if line.startswith('    {"method"')]
    assert check_trace(read_trace(lines)).difference is not None
