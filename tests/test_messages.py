"""`messages.ndjson` compared with the official types of Cucumber Messages and with the compatibility kit."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import cucumber_compatibility_kit as compatibility_kit
import cucumber_messages
import pytest

from billing_tck.reports.cucumber_messages import messages
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load

from .reporting import Made, mixed_toy
from .toy import Toy, vocabulary

KNOWN = KnownDeviation("clause", "BC-29", "ticket 7", date(2026, 1, 5))


def read(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def of(envelopes: list[dict[str, Any]], kind: str) -> list[Any]:
    return [envelope[kind] for envelope in envelopes if kind in envelope]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path, mixed_toy())


@pytest.fixture
def sent(made: Made) -> list[dict[str, Any]]:
    return read(made.text("messages.ndjson"))


def samples() -> list[dict[str, Any]]:
    """Every message that the official compatibility kit has as an example."""
    kit = compatibility_kit.CompatibilityKit()
    folders = [kit.cck_features_folder_location / folder.name for folder in kit.gherkin()]
    return [m for folder in folders for path in folder.glob("*.ndjson") for m in read(path.read_text(encoding="utf-8"))]


def paths(value: object, path: str = "") -> set[tuple[str, str]]:
    """Every place in a message, with the type of what stands there; of lists, whatever their length."""
    if isinstance(value, dict):
        return {(path, "object")}.union(*(paths(inner, f"{path}.{key}") for key, inner in value.items()))
    if isinstance(value, list):
        return {(path, "list")}.union(*(paths(inner, f"{path}[]") for inner in value))
    return {(path, type(value).__name__)}


def test_every_message_is_one_of_the_official_types_and_holds_nothing_else(sent: list[dict[str, Any]]) -> None:
    converter = cucumber_messages.message_converter
    for envelope in sent:
        assert len(envelope) == 1
        assert converter.to_dict(converter.from_dict(envelope, cucumber_messages.Envelope)) == envelope


def test_every_place_in_a_message_is_one_that_the_compatibility_kit_knows(sent: list[dict[str, Any]]) -> None:
    # A rule's scenario is a scenario: what counts is a field, its type, and what it stands in.
    known, ours = (
        {(".".join(path.split(".")[-2:]), kind) for message in stream for path, kind in paths(message)}
        for stream in (samples(), sent)
    )
    assert {path for path, _ in ours - known} == {"feature.tags[]"}  # no example has a feature with tags


def test_the_stream_begins_and_ends_as_it_should_and_names_nothing_before_it_is_reported(
    sent: list[dict[str, Any]],
) -> None:
    assert next(iter(sent[0])) == "meta"
    assert next(iter(sent[-1])) == "testRunFinished"
    output: set[str] = set()
    for envelope in sent:
        text = json.dumps(envelope)
        used = re.findall(r'"(?:\w+Id)": "(\d+)"', text)
        inside = set(re.findall(r'"id": "(\d+)"', text))
        assert not inside & output
        output |= inside
        assert set(used) <= output, envelope
    assert len(of(sent, "pickle")) == len(of(sent, "testCase")) == len(of(sent, "testCaseFinished")) == 5


def statuses(sent: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    pickles = {pickle["id"]: pickle["name"] for pickle in of(sent, "pickle")}
    cases = {case["id"]: pickles[case["pickleId"]] for case in of(sent, "testCase")}
    output = []
    for started in of(sent, "testCaseStarted"):
        steps = [step for step in of(sent, "testStepFinished") if step["testCaseStartedId"] == started["id"]]
        output.append((cases[started["testCaseId"]], [step["testStepResult"]["status"] for step in steps]))
    return output


def test_each_verdict_has_its_statuses(sent: list[dict[str, Any]]) -> None:
    passed, skipped = "PASSED", "SKIPPED"
    assert [steps for _, steps in statuses(sent)] == [
        [passed] * 4,
        [passed, passed, passed, "FAILED"],
        [passed, passed, passed, "FAILED"],
        [skipped] * 4,
        [skipped] * 4,
    ]
    results = [step["testStepResult"] for step in of(sent, "testStepFinished")]
    said = [result["message"] for result in results if "message" in result]
    assert said == [
        "asked 23 Jan 2025 09:00, 'Then every service is stopped' (line 13): "
        "expected every service is stopped; observed service: running",
        "errored, crashed: start_service: it fell over",
        "not applicable: capability extension",
        "not applicable: reading deadline_instant=at (undeclared)",
    ]
    assert of(sent, "testRunFinished")[0]["success"] is False


def test_a_known_deviation_is_pending_and_fails_no_run(tmp_path: Path) -> None:
    sent = read(Made(tmp_path, Toy(stop_after=21), [KNOWN]).text("messages.ndjson"))
    assert statuses(sent)[1][1] == ["PASSED", "PASSED", "PASSED", "PENDING"]
    assert of(sent, "testRunFinished")[0]["success"] is True
    said = [step["testStepResult"].get("message", "") for step in of(sent, "testStepFinished")]
    assert any(message.startswith("known deviation (ticket 7): asked ") for message in said)


def test_rules_examples_and_arguments_are_there(sent: list[dict[str, Any]]) -> None:
    document = of(sent, "gherkinDocument")[0]
    rules = [child["rule"] for child in document["feature"]["children"] if "rule" in child]
    assert rules[0]["name"] == "Services stop when an invoice has stayed unpaid for 14 days"
    assert [tag["name"] for tag in of(sent, "pickle")[0]["tags"]] == ["@unpaid_invoices", "@BC-29"]
    step = of(sent, "testCase")[0]["testSteps"][2]
    groups = [argument["group"] for argument in step["stepMatchArgumentsLists"][0]["stepMatchArguments"]]
    assert [(group["start"], group["value"]) for group in groups] == [(0, "13")]


def test_a_deviation_carries_its_telling(sent: list[dict[str, Any]]) -> None:
    attachments = of(sent, "attachment")
    assert len(attachments) == 2
    assert attachments[0]["contentEncoding"] == "IDENTITY"
    assert "observed   service: running" in attachments[0]["body"]
    assert base64.b64encode(attachments[0]["body"].encode())


def test_only_what_was_selected_is_a_test_case(made: Made) -> None:
    report = made.report
    part = replace(report, records=report.records[:1])
    sent = list(messages(part, made.suite, vocabulary()))
    assert len(of(sent, "testCase")) == len(of(sent, "pickle")) == 1


def test_the_kits_own_features_are_reported_without_an_undefined_step(tmp_path: Path) -> None:
    suite = load_suite()
    assert suite.scenarios
    words = load()
    for scenario in suite.scenarios:
        for step in scenario.steps:
            assert step.kind is not None
            definition = words.find(step.kind, step.text).definition
            assert re.compile(definition.form.parser._expression)
    assert Counter(scenario.place for scenario in suite.scenarios).most_common(1)[0][1] == 1
