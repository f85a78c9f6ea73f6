"""Whatever comes in, a command ends with a documented status, and the report that it wrote can be verified.

`make test` runs a few fixed examples of each; `make fuzz` runs ten thousand random ones.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_tck.cli.check_trace import render_check
from billing_tck.config import Config, load_config
from billing_tck.connection import InvalidConnection, reveal
from billing_tck.contract import ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.encode import encode
from billing_tck.drivers.in_process import PythonDriver
from billing_tck.drivers.jsonrpc import Responses
from billing_tck.errors import InvalidInput, UsageError
from billing_tck.explorer.history_check import check_trace
from billing_tck.explorer.recorded_history import InvalidRecordedHistory, read_recorded_history
from billing_tck.reports.comparison import compare
from billing_tck.reports.comparison_html import render_html
from billing_tck.reports.comparison_text import render_markdown, render_text
from billing_tck.reports.terminal import render_run
from billing_tck.reports.verification import faults_of, folder_faults
from billing_tck.results.report_file import Digest, ReportError, load_report, read_report
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load
from billing_tck.text.sanitize import sanitize_lines

from .hostile import JSON, METHOD_NAMES, TEXTS, VALUES, as_json, mutated
from .reporting import Made
from .test_check_trace import recorded
from .toy import Toy
from .toy import register as toy_register

EXAMPLES = int(os.environ.get("BILLING_TCK_FUZZ", "0"))
few = settings(
    max_examples=EXAMPLES or 12,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
if EXAMPLES:
    pytestmark = pytest.mark.timeout(24 * 3600)
ANSWERED = (ImplementationError, Refused, Unsupported)
CONTROL = {chr(n) for n in range(32)} - {"\n"} | {"\x7f", "\u202e", "\u2028"}


def safe(text: str) -> None:
    """Nothing in a text commands a terminal."""
    assert not CONTROL & set(text), text


def bounded(error: Exception) -> None:
    """The message of an error is a few lines at most."""
    assert len(str(error)) < 5_000, error


@cache
def register() -> Register:
    return load_register(features_dir())


ANSWERS = st.one_of(
    st.binary(max_size=60),
    JSON.map(lambda value: as_json(value).encode()),
    st.fixed_dictionaries({"jsonrpc": st.just("2.0"), "id": st.sampled_from([1, 1, 1, "1", None]), "result": JSON}).map(
        lambda value: as_json(value).encode()
    ),
    mutated({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no", "data": {"reason": "other"}}}).map(
        lambda value: as_json(value).encode()
    ),
    mutated({"jsonrpc": "2.0", "id": 1, "result": encode(Toy()._get_organization("1"))}).map(
        lambda value: as_json(value).encode()
    ),
    st.sampled_from([5, 900, 100_000]).map(lambda depth: b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * depth),
)


@few
@given(ANSWERS, METHOD_NAMES)
def test_answers_on_the_wire(raw: bytes, method: str) -> None:
    try:
        Responses().outcome(raw, 1, method)
    except ANSWERED as error:
        bounded(error)


@few
@given(st.one_of(VALUES, mutated(encode(Toy()._get_organization("1")))), METHOD_NAMES)
def test_values_in_process(value: object, method: str) -> None:
    class Hostile:
        def __getattr__(self, name: str) -> object:
            return lambda **_: value

    with PythonDriver("python:x:y", Hostile) as driver:
        try:
            driver.call(method, {"now": datetime(2026, 3, 1, tzinfo=UTC)})
        except ANSWERED as error:
            bounded(error)


LINES = st.one_of(
    st.sampled_from(
        [
            "@trial", "@BC-02", "@BC-99 @needs.card", "@reading.x.y @exact", "Feature: f", "Rule: r", "Background:",
            "Scenario: s", "Scenario: s", "Scenario Outline: <days> of <x>", "Examples:", "| days | x |", "| 3 | 4 |",
            "|", "Given an organization with an active trial and $300.00 of trial credits", "When 3 days pass",
            "When 31 February passes", "When 999999999999 days pass", "When <days> days pass", '"""', "* x",
            "And so on", "Then the organization's trial is active", "Then nothing", "# comment", "# language: de",
            "Grundlage:", "prose", "Given it is 2025-02-30 00:00", "Given it is 7 January 2025 at 09:00",
        ]
    ),
    TEXTS.map(lambda text: text.encode("utf-8", "replace").decode()),
)  # fmt: skip


@few
@given(st.lists(LINES, max_size=15), st.sampled_from(["core/trial", "edge/trial", "core/other", "trial", "core/set"]))
def test_features(lines: list[str], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.feature"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            suite = checked_suite(Path(folder), register(), load())
        except (InvalidInput, UsageError) as error:
            safe(sanitize_lines(str(error)))
        else:
            assert all(scenario.steps for scenario in suite.scenarios)


KEYS = st.sampled_from(
    [
        "run", "known_deviation", "sut", "family", "clause", "scenario", "name", "tag", "core", "edge", "workers",
        "report", "features", "timeout", "timeouts", "reset", "http", "headers", "user", "ca_file", "env", "cwd",
        "start", "wire", "reason", "since", "until", "health", "PATH",
    ]
)  # fmt: skip
TOML_VALUES = st.one_of(
    TEXTS.map(lambda text: json.dumps(text.encode("utf-8", "replace").decode())),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [
            "true",
            "false",
            "2026-01-05",
            "1979-05-27T07:32:00Z",
            "07:32:00",
            "1e400",
            "0xFFFFFFFFFFFFFFFFF",
            "{}",
            "[]",
            "[[",
        ]
    ),
    st.just('"${HOME}"'),
)
TOML_LINES = st.one_of(
    st.builds("{} = {}".format, KEYS, TOML_VALUES),
    st.builds("{} = [{}]".format, KEYS, TOML_VALUES),
    st.builds("{} = {{ {} = {} }}".format, KEYS, KEYS, TOML_VALUES),
    st.builds("[{}]".format, KEYS),
    st.builds("[run.{}]".format, KEYS),
    st.builds("[[{}]]".format, KEYS),
    TEXTS.map(lambda text: text.encode("utf-8", "replace").decode()),
)


@few
@given(st.lists(TOML_LINES, max_size=8))
def test_configurations(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "billing-tck.toml"
        path.write_text("\n".join(["[run]", *lines]), encoding="utf-8")
        try:
            config: Config = load_config(path, datetime(2026, 3, 1, tzinfo=UTC).date())
            reveal(config.options.connection.connection, {"HOME": "/root"})
        except (InvalidInput, InvalidConnection) as error:
            safe(sanitize_lines(str(error)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("made"), Toy(stop_after=21))


@cache
def rows(folder: Path) -> list[object]:
    return [json.loads(line) for line in (folder / "report.ndjson").read_text(encoding="utf-8").splitlines()]


def sealed(changed: list[object]) -> str:
    """Rows as a report whose digest is right, where the last row can have one."""
    lines = [as_json(row) for row in changed]
    if changed and isinstance(changed[-1], dict):
        digest = Digest()
        for line in lines[:-1]:
            digest.add(line)
        footer = {key: value for key, value in changed[-1].items() if key != "digest"}
        lines[-1] = as_json({**footer, "digest": digest.closed_by(footer)})
    return "".join(f"{line}\n" for line in lines)


@few
@given(st.data())
def test_reports(made: Made, data: st.DataObject) -> None:
    good = rows(made.folder)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = [*good[:at], data.draw(mutated(good[at])), *good[at + 1 :]]
    text = sealed(changed) if data.draw(st.booleans()) else "\n".join(map(as_json, changed))
    try:
        report = read_report(text)
    except ReportError as error:
        safe(sanitize_lines(str(error)))
        return
    safe(sanitize_lines("\n".join(faults_of(report, made.suite, toy_register()))))
    comparison = compare([("a", report), ("b", made.report)], toy_register())
    for render in (render_text, render_markdown):
        safe(render(comparison))
    render_html(comparison)
    assert list(folder_faults(made.folder, report, toy_register())) is not None


@cache
def history() -> list[object]:
    return [json.loads(line) for line in recorded("reference", [1])[:25]]


@few
@given(st.data())
def test_recorded_histories(data: st.DataObject) -> None:
    good = history()
    at = data.draw(st.integers(0, len(good) - 1))
    kept = good[: data.draw(st.integers(1, len(good)))]
    changed = [*kept[:at], data.draw(mutated(good[at])), *kept[at + 1 :]]
    lines = data.draw(st.one_of(st.just([as_json(row) for row in changed]), st.lists(TEXTS, max_size=3)))
    try:
        trace = read_recorded_history(lines)
    except InvalidRecordedHistory as error:
        safe(sanitize_lines(str(error)))
        return
    safe("\n".join(render_check("x", trace, check_trace(trace))))


def text_faults(message: str) -> dict[str, BaseException]:
    crashed = ImplementationError(ErrorKind.CRASHED, message, method="start_service", log=(message, message))
    return {"start_service": crashed}


@few
@given(TEXTS, TEXTS, TEXTS)
def test_a_report_of_any_texts_can_be_verified(name: str, said: str, crash: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        toy = Toy(stop_after=21, says=said, faults=text_faults(crash) if crash else None, spec=f"stdio:{name}")
        toy.description = replace(toy.description, name=name, version=said)
        whole = Made(Path(folder), toy)
        report = load_report(whole.folder)
        assert list(faults_of(report, whole.suite, toy_register())) == []
        assert list(folder_faults(whole.folder, report, toy_register())) == []
        safe(render_run(whole.report, {}))
        for file in whole.folder.iterdir():
            assert not CONTROL & set(file.read_text(encoding="utf-8").replace("\t", "")) - {"\u202e", "\u2028"}, file


@pytest.mark.parametrize("row", [{"type": []}, {"type": {}}, [], {"type": "header", "format": float("inf")}])
def test_what_the_fuzzing_has_found_in_reports(row: object) -> None:
    with pytest.raises(ReportError):
        read_report(sealed([row, row]))
