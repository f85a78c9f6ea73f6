"""check-trace: a recorded history is judged line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from billing_tck.cli.main import main
from billing_tck.connect import open_unfrozen
from billing_tck.contract import METHODS, Refused
from billing_tck.contract.decode import decode_params
from billing_tck.contract.encode import encode
from billing_tck.engine.runner import describe
from billing_tck.explorer.generator import Generator
from billing_tck.explorer.history_check import HistoryCheck, check_trace
from billing_tck.explorer.inference import Explanation, judged, search
from billing_tck.explorer.recorded_history import read_recorded_history
from billing_tck.explorer.runner import Subject, play
from billing_tck.spec.applicability import settles_within
from billing_tck.steps.world import Caller


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
    with open_unfrozen(sut) as driver:
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
    outcome = check_trace(read_recorded_history(recorded(sut, range(12))))
    assert outcome.difference is None
    assert outcome.judged > 100


@pytest.mark.parametrize("knob", ["deadline_instant=after", "month_end=rollover", "cycle_anchor=tier"])
def test_a_reading_that_is_not_declared_is_found(knob: str) -> None:
    lines = recorded(f"reference:{knob}", range(8))
    description = json.loads(lines[0])
    description["result"]["readings"] = {}
    outcome = check_trace(read_recorded_history([json.dumps(description), *lines[1:]]))
    assert outcome.difference is None
    assert "=".join(next(iter(outcome.supposed.items()))) == knob


Call = tuple[str, dict[str, Any]]
ADA = {"organization": "o"}
USED_UP: tuple[Call, ...] = (
    ("reset", {"now": "2026-12-31T14:00:00Z"}),
    ("create_organization", {"name": "Ada"}),
    ("choose_tier", {**ADA, "tier": "scale"}),
    ("advance_to", {"now": "2027-01-02T10:00:00Z"}),
    ("create_service", ADA),
    ("start_trial", {**ADA, "credits": "120.00"}),
    ("advance_to", {"now": "2027-01-10T10:00:00Z"}),
    ("record_usage", {**ADA, "amount": "120.00"}),
    ("advance_to", {"now": "2027-01-25T09:00:00Z"}),
    ("get_organization", ADA),
    ("advance_to", {"now": "2027-02-03T10:00:00Z"}),
    ("get_organization", ADA),
)
IN_ARREARS: tuple[Call, ...] = (
    ("reset", {"now": "2027-01-31T09:00:00Z"}),
    ("create_organization", {"name": "Ada"}),
    ("choose_tier", {**ADA, "tier": "scale"}),
    ("advance_to", {"now": "2027-02-01T10:00:00Z"}),
    ("create_service", ADA),
    ("add_card", {**ADA, "behaviour": "declines"}),
    ("record_usage", {**ADA, "amount": "10000.00"}),
    ("record_usage", {**ADA, "amount": "10500.00"}),
    ("advance_to", {"now": "2027-02-05T10:00:00Z"}),
    ("grant_extension", {**ADA, "until": "2027-03-10T10:00:00Z"}),
    ("advance_to", {"now": "2027-02-15T20:00:00Z"}),
    ("get_organization", ADA),
)


def answered(calls: Sequence[Call], sut: str = "reference") -> list[dict[str, Any]]:
    """What an implementation answers to these calls, as lines of a trace; `o` and `s` are the first that it makes."""
    lines: list[dict[str, Any]] = []
    with open_unfrozen(sut) as driver:
        made: dict[str, str] = {}
        for method, params in calls:
            sent = {
                name: made.get(str(value), value) if name in {"organization", "service"} else value
                for name, value in params.items()
            }
            line: dict[str, Any] = {"method": method, "params": sent}
            try:
                line["result"] = encode(driver.call(method, decode_params(METHODS[method], sent)))
                if method in {"create_organization", "create_service"}:
                    made.setdefault(method[7], line["result"][method[7:]])
            except Refused:
                line["error"] = {"code": 1, "message": "no"}
            lines.append(line)
    return lines


def checked(
    lines: Sequence[Mapping[str, Any]], *, late: bool = False, readings: Mapping[str, str] | None = None
) -> HistoryCheck:
    """What comes of these lines, of an implementation that declares these readings alone, and is exact or late."""
    described = json.loads(EXACT)
    described["result"] |= {"readings": dict(readings or {}), "settles_within": "PT24H" if late else "PT0S"}
    return check_trace(read_recorded_history([json.dumps(line) for line in (described, *lines)]))


@pytest.mark.parametrize(
    ("calls", "readings"),
    [
        (USED_UP, "deadline_instant=end_of_day,month_end=rollover"),
        (USED_UP, "deadline_instant=after,cycle_anchor=tier"),
        (USED_UP, "trial_exhausted=below_zero,month_end=sticky"),
        (USED_UP, "deadline_instant=end_of_day,trial_exhausted=below_zero,cycle_anchor=tier,month_end=rollover"),
        (IN_ARREARS, "cycle_anchor=tier,threshold_comparison=exceeds"),
        (IN_ARREARS, "month_end=rollover,cycle_anchor=tier"),
        (
            IN_ARREARS,
            "cycle_anchor=tier,month_end=rollover,threshold_rearm=once_per_cycle,extension_scope=all_deadlines",
        ),
    ],
)
def test_several_readings_that_are_not_declared_are_found_together(calls: Sequence[Call], readings: str) -> None:
    said = checked(answered(calls, f"reference:{readings}"))
    assert said.difference is None
    assert said.undecided is None


def test_what_no_readings_explain_together_is_not_allowed() -> None:
    lines = answered(USED_UP, "reference:deadline_instant=end_of_day,month_end=rollover")
    lines[-1]["result"]["trial"]["credits_left"] = "1.00"
    said = checked(lines)
    assert said.difference is not None
    assert said.difference.field == "trial_credits"


def test_more_readings_than_can_be_tried_find_no_fault() -> None:
    trace = read_recorded_history(
        [json.dumps(line) for line in answered(USED_UP, "reference:month_end=rollover,cycle_anchor=tier")]
    )
    methods = {answer.method for answer in trace.answers}

    def judging(readings: Mapping[str, str]) -> Explanation:
        return judged(trace.answers, readings, timedelta())

    said = search(judging, {}, {}, methods, most=len(trace.answers))
    assert said.undecided
    assert not said.refuted
    assert search(judging, {}, {}, methods).comparator is not None


OVERSHOT: tuple[Call, ...] = (
    ("reset", {"now": "2025-01-18T09:00:00Z"}),
    ("create_organization", {"name": "Ada"}),
    ("choose_tier", {**ADA, "tier": "scale"}),
    ("create_service", ADA),
    ("start_trial", {**ADA, "credits": "120.00"}),
    ("record_usage", {**ADA, "amount": "10250.00"}),
    ("attempt_collection", ADA),
    ("get_organization", ADA),
)


@pytest.mark.parametrize("collected", [True, False])
def test_who_pays_beyond_the_credits_of_a_trial_is_open(collected: bool) -> None:
    lines = answered(OVERSHOT)
    lines[6]["result"]["collected"] = collected
    shown = lines[7]["result"]
    invoice = {"invoice": "i", "issued_at": "2025-01-18T09:00:00Z", "amount": "10130.00", "state": "open"}
    shown["restricted"] = not collected
    shown["invoices"] = [] if collected else [{**invoice, "first_day": "2025-01-18", "last_day": "2025-02-17"}]
    paying = {"method": "pay_invoice", "params": {"invoice": "i"}, "result": {}}
    said = checked([*lines, *([] if collected else [paying])])
    assert said.difference is None
    assert said.judged == 6
    assert {left.why for left in said.left_out} == {"who pays for usage beyond a trial's credits is open"}


@pytest.mark.parametrize(
    ("field", "value"), [("trial", "active"), ("trial_credits", "5.00"), ("service", "running"), ("data", "deleted")]
)
def test_the_end_of_a_trial_is_judged_for_each_payer_beyond_its_credits(field: str, value: str) -> None:
    lines = answered(OVERSHOT)
    shown = lines[7]["result"]
    match field:
        case "trial":
            shown["trial"] |= {"state": value, "ended_at": None}
        case "trial_credits":
            shown["trial"]["credits_left"] = value
        case "service":
            shown["services"][0]["state"] = value
        case _:
            shown["data"] = value
    said = checked(lines)
    assert said.difference is not None
    assert said.difference.field == field


AFTER_TRIAL: tuple[Call, ...] = (
    *OVERSHOT[:5],
    ("advance_to", {"now": "2025-02-20T09:00:00Z"}),
    ("get_organization", ADA),
    ("add_card", {**ADA, "behaviour": "approves"}),
    ("get_organization", ADA),
)


def test_whether_a_card_after_the_trial_starts_stopped_services_is_open() -> None:
    lines = answered(AFTER_TRIAL)
    assert checked(lines).difference is None
    lines[8]["result"]["services"][0]["state"] = "running"
    assert checked(lines).difference is None
    lines[6]["result"]["services"][0]["state"] = "running"
    assert checked(lines).difference is not None


def test_what_the_owner_then_does_with_the_services_is_judged() -> None:
    stopping: Call = ("stop_service", {"service": "s"})
    lines = answered([*AFTER_TRIAL, stopping, ("get_organization", ADA)])
    assert checked(lines).difference is None
    lines[-1]["result"]["services"][0]["state"] = "running"
    assert checked(lines).difference is not None


def test_a_service_that_its_owner_had_stopped_stays_so_with_a_card_after_the_trial() -> None:
    stopping: Call = ("stop_service", {"service": "s"})
    lines = answered([*AFTER_TRIAL[:5], stopping, *AFTER_TRIAL[5:]])
    lines[-1]["result"]["services"][0]["state"] = "running"
    assert checked(lines).difference is not None


TURNING: tuple[Call, ...] = (
    *OVERSHOT[:4],
    ("advance_to", {"now": "2025-02-18T20:00:00Z"}),
    ("get_organization", ADA),
    ("advance_to", {"now": "2025-02-20T00:00:00Z"}),
    ("get_organization", ADA),
)


def test_a_new_cycle_shows_late_where_effects_do() -> None:
    lines = answered(TURNING)
    lines[5]["result"]["billing_cycle"] = {"first_day": "2025-01-18", "last_day": "2025-02-17"}
    assert checked(lines, late=True).difference is None
    assert checked(lines).difference is not None
    lines[7]["result"]["billing_cycle"] = lines[5]["result"]["billing_cycle"]
    said = checked(lines, late=True)
    assert said.difference is not None
    assert said.difference.field == "cycle"


NEVER_CHARGED: tuple[Call, ...] = (
    *OVERSHOT[:4],
    ("add_card", {**ADA, "behaviour": "approves"}),
    ("record_usage", {**ADA, "amount": "120.00"}),
    ("advance_to", {"now": "2025-12-01T00:00:00Z"}),
    ("get_organization", ADA),
)


def test_usage_soon_after_a_card_is_judged_in_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = answered(NEVER_CHARGED)
    path = tmp_path / "history.jsonl"
    assert run(path, [json.dumps(line) for line in lines]) == 0
    assert capsys.readouterr().out == f"{path}: the rules allow every answer; 6 answers judged\n"
    lines[-1]["result"] |= {"invoices": [], "charges": []}
    assert run(path, [json.dumps(line) for line in lines]) == 1
    assert "BC-17: " in capsys.readouterr().out


SOON: tuple[Call, ...] = (
    *NEVER_CHARGED[:5],
    ("record_usage", {**ADA, "amount": "10250.00"}),
    ("record_usage", {**ADA, "amount": "120.00"}),
    ("advance_to", {"now": "2025-01-19T00:00:00Z"}),
    ("get_organization", ADA),
    ("advance_to", {"now": "2025-01-25T00:00:00Z"}),
    ("get_organization", ADA),
)


def test_judging_resumes_once_effects_have_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = answered([*SOON, ("advance_to", {"now": "2025-01-28T00:00:00Z"}), ("get_organization", ADA)])
    path = tmp_path / "history.jsonl"
    assert run(path, [json.dumps(line) for line in lines]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{path}: the rules allow every answer; 7 of 9 answers judged\n")
    name = lines[1]["result"]["organization"]
    assert f"from line 7 to line 11, {name} not judged: effects of an earlier command may not show yet" in said
    lines[-1]["result"]["invoices"] = []
    assert run(path, [json.dumps(line) for line in lines]) == 1


def test_daily_usage_puts_judging_off_for_two_days_alone() -> None:
    usage: Call = ("record_usage", {**ADA, "amount": "1.00"})
    days = [(("advance_to", {"now": f"2025-01-{day}T09:00:00Z"}), usage) for day in range(19, 29)]
    daily = [call for pair in days for call in pair]
    for paying in (OVERSHOT[4], ("grant_credits", {**ADA, "amount": "120.00", "expires_at": "2026-01-18T09:00:00Z"})):
        lines = answered([*OVERSHOT[:4], paying, *daily, ("get_organization", ADA)])
        assert checked(lines, late=True).difference is None
        lines[-1]["result"]["billing_method"]["kind"] = "none"
        assert checked(lines, late=True).difference is not None


def test_after_what_may_have_gone_otherwise_a_look_that_agrees_resumes_judging() -> None:
    declining: Call = ("set_card_behaviour", {**ADA, "behaviour": "declines"})
    later: tuple[Call, ...] = (("advance_to", {"now": "2025-01-28T00:00:00Z"}), ("get_organization", ADA))
    lines = answered([*SOON[:6], declining, *SOON[7:], *later])
    assert checked(lines, late=True).difference is None
    unpaid = json.loads(json.dumps(lines))
    for place in (8, 10, 12):  # it charged the card that declines by then
        unpaid[place]["result"]["invoices"][0]["state"] = "open"
    said = checked(unpaid, late=True)
    assert said.difference is None
    assert said.left_out[-1].until is None
    lines[12]["result"]["invoices"][0]["state"] = "open"
    # Undeclared, `card_validity=authorised` leaves open what a card that is declined brings about.
    assert checked(lines, late=True, readings={"card_validity": "on_file"}).difference is not None


def test_few_answers_that_could_be_judged_are_reported_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    beyond = '{"method": "record_usage", "params": {"organization": "o", "amount": "1.00"}, "result": {}}'
    look = json.dumps(answered([*OVERSHOT[:2], ("get_organization", ADA)])[-1] | {"params": ADA})
    assert run(path, [*STARTING[:2], look, beyond, *[look] * 7]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{path}: the rules allow the 2 of 10 answers that could be judged\n")
    assert run(path, [*STARTING[:2], look, beyond, advance("2025-03-01T00:00:00Z"), *[look] * 7]) == 3
    assert capsys.readouterr().out.startswith(f"{path}: no answer after the set-up could be judged\n")


@pytest.mark.slow
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
    outcome = check_trace(read_recorded_history(recorded(f"faulty:{fault}", range(40))))
    assert outcome.difference is not None
    assert clause in outcome.clauses
    assert outcome.difference.line > 1


def test_the_first_line_that_is_not_allowed_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.jsonl"
    lines = [EXACT, *STARTING, stop(), advance("2025-02-18T00:00:00Z"), starting(refused=False)]
    assert run(path, lines) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{path}:9: the rules do not allow this answer\n")
    assert "  expected  start service: refused\n  observed  start service: done\n" in said
    assert "  BC-25: " in said
    assert " later" in said


def test_what_the_rules_allow_is_reported_with_how_much_was_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    lines = [EXACT, *STARTING, stop(), advance("2025-02-18T00:00:00Z"), starting(refused=True)]
    assert run(path, lines) == 0
    assert capsys.readouterr().out == f"{path}: the rules allow every answer; 6 answers judged\n"


def test_without_a_description_nothing_is_held_against_who_is_a_day_late(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    soon = [*STARTING, stop(), advance("2025-02-18T09:00:00Z"), starting(refused=False)]
    assert run(path, soon) == 3
    said = capsys.readouterr().out
    assert said.startswith(f"{path}: no answer after the set-up could be judged\n")
    assert "from line 8 on, o, s not judged: effects of what was due may not show yet" in said
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
    assert "4 of 5 answers judged" in said


def test_a_knob_of_which_another_value_would_do_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trial = '{"method": "start_trial", "params": {"organization": "o", "credits": "100.00"}, "result": {}}'
    lines = [EXACT, *STARTING[:4], trial, stop(), advance("2025-02-17T09:00:00Z"), starting(refused=False)]
    assert run(tmp_path / "history.jsonl", lines) == 1
    assert "deadline_instant=after would allow it; the trace declares at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["nonsense"], "line 1: not valid JSON"),
        (["[]"], "line 1: not a JSON object"),
        (['{"method": "fly", "result": {}}'], 'line 1: the contract has no method "fly"'),
        (['{"method": "reset", "params": {"now": "2025-01-18T09:00:00Z"}}'], "neither a result nor an error"),
        (
            ['{"method": "reset", "params": {"now": "soon"}, "result": {}}'],
            "line 1: the parameters do not match",
        ),
        ([STARTING[1]], "line 1: create_organization comes before any reset. Begin with a reset"),
        ([STARTING[0], STARTING[2]], 'line 2: no line before made the organization "o". Add the line of the call'),
        ([STARTING[0], advance("2025-01-01T00:00:00Z")], "line 2: the clock goes back. Order the lines by time"),
        ([*STARTING[:2], EXACT], "line 3: describe_implementation comes after other calls. Make it the first line"),
        ([STARTING[0], STARTING[1].replace('"admin"', '"boss"')], "line 2: the result does not fit the contract"),
        ([], "line 1: the file is empty"),
    ],
)
def test_a_file_that_is_invalid_is_refused_with_a_fix_for_each_line(
    lines: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "history.jsonl", lines) == 2
    assert said in capsys.readouterr().err


def test_all_that_is_wrong_with_a_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert check_trace(read_recorded_history(lines)).difference is not None
