"""`decisions.toml` and `billing-tck decisions`: what is decided, what is open, what differs from the implementation."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from billing_tck.cli.main import main
from billing_tck.connect import open_driver
from billing_tck.decisions.markdown import render_markdown
from billing_tck.decisions.overview import Overview, overview_of
from billing_tck.decisions.page import render_html
from billing_tck.decisions.text import render_text
from billing_tck.decisions_file import EXAMPLE, Decision, InvalidDecisions, Status, followed, read_decisions
from billing_tck.engine.runner import describe
from billing_tck.errors import KitError, Place
from billing_tck.impact import stored
from billing_tck.impact.facts import Kind
from billing_tck.impact.search import Decided, impact_of
from billing_tck.impact.stored import DEFAULTS, stored_impact
from billing_tck.jupyter.magics import BillingMagics
from billing_tck.reference.oracle import KNOBS
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.sut import InvalidSutSpec, parse_sut

TEXT = """\
[[decision]]
knob = "marketplace_end"
value = "stops_at_end"
why = "Nobody pays, so nothing runs <b>now</b>."
owner = "Ada"
date = 2026-11-28

[[decision]]
knob = "extension_end"
value = "manual"
why = "Support decides."
owner = "Grace"
date = 2026-11-20
status = "proposed"

[[decision]]
knob = "unpaid_clock"
why = "Waiting for finance."
owner = "Ada"
date = 2026-11-21
status = "open"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "decisions.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@cache
def overview_by(decisions: tuple[Decision, ...]) -> Overview:
    return overview_of(load_register(features_dir()).knobs, "decisions.toml", decisions)


def overview(file: Path) -> Overview:
    decisions = read_decisions(file, KNOBS)
    return overview_by(tuple(replace(one, place=Place("decisions.toml")) for one in decisions))


# The file


def test_the_decisions_are_read_and_only_what_is_decided_is_followed(file: Path) -> None:
    decisions = read_decisions(file, KNOBS)
    assert [(one.knob, one.value, one.status) for one in decisions] == [
        ("marketplace_end", "stops_at_end", Status.DECIDED),
        ("extension_end", "manual", Status.PROPOSED),
        ("unpaid_clock", "", Status.OPEN),
    ]
    assert followed(decisions) == {"marketplace_end": "stops_at_end"}


def test_the_example_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decisions", "--example"]) == 0
    path = tmp_path / "decisions.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == EXAMPLE
    assert len(read_decisions(path, KNOBS)) == 1


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (('knob = "extension_end"', 'knob = "extension_ent"'), 9, "did you mean extension_end"),
        (('value = "manual"', 'value = "manuel"'), 10, "extension_end has no value 'manuel'; did you mean manual?"),
        (('knob = "unpaid_clock"', 'knob = "extension_end"'), 16, "extension_end is decided twice, first at line 8"),
        (('why = "Support decides."\n', ""), 8, "`why` is missing"),
        (("date = 2026-11-20", 'date = "2026-11-20"'), 13, "Write date = 2026-11-20, without quotes"),
        (('status = "proposed"', 'status = "propsed"'), 14, "did you mean proposed"),
        (('owner = "Grace"', 'reason = "Grace"\nowner = "Grace"'), 12, "unknown key 'reason'; the key is `why`"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_what_was_meant(
    file: Path, change: tuple[str, str], line: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(TEXT.replace(*change), encoding="utf-8")
    with pytest.raises(InvalidDecisions) as caught:
        read_decisions(file, KNOBS)
    assert [diagnostic.place.line for diagnostic in caught.value.diagnostics] == [line]
    assert message in str(caught.value)
    assert main(["decisions", "--file", str(file)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_no_file_is_wrong_usage_that_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["decisions"]) == 2
    assert "billing-tck decisions --example" in capsys.readouterr().err
    assert main(["decisions", "--file", "absent.toml"]) == 2
    assert "cannot read the file" in capsys.readouterr().err


# The reference under a file


def test_the_reference_follows_a_file_and_what_is_written_beside_it_comes_first(file: Path) -> None:
    with closing(open_driver(f"reference:decisions={file},extension_end=manual")) as driver:
        readings = describe(driver).readings
    assert readings == {**DEFAULTS, "marketplace_end": "stops_at_end", "extension_end": "manual"}


def test_a_file_that_cannot_be_followed_is_a_wrong_spec(file: Path) -> None:
    with pytest.raises(InvalidSutSpec, match="cannot read the file"):
        parse_sut("reference:decisions=absent.toml")
    file.write_text(TEXT.replace('"marketplace_end"', '"marketplace_ent"'), encoding="utf-8")
    with pytest.raises(InvalidSutSpec, match="did you mean 'marketplace_end'"):
        open_driver(f"reference:decisions={file}")


# The overview


def test_the_questions_come_by_status_and_the_open_ones_by_severity(file: Path) -> None:
    shown = overview(file)
    assert [status for status, _ in shown.sections] == [Status.DECIDED, Status.PROPOSED, Status.OPEN]
    severities = [question.severity for question in shown.of(Status.OPEN)]
    assert severities == sorted(severities)
    assert len(shown.questions) == len(KNOBS)
    assert shown.summary == f"{len(KNOBS)} questions: 1 decided, 1 proposed, {len(KNOBS) - 2} open"


def test_each_choice_says_what_it_does_to_customers(file: Path) -> None:
    for question in overview(file).questions:
        first, *others = question.choices
        assert first.consequences == ()
        assert all(choice.consequences for choice in others), question.knob


@pytest.mark.parametrize("render", [render_text, render_markdown, render_html])
def test_text_markdown_and_page_say_the_same(file: Path, render: object) -> None:
    assert callable(render)
    shown = str(render(overview(file))).replace("\\_", "_").replace("&#39;", "'")
    joined = " ".join(shown.split())
    assert "Under stops_at_end, it loses its data on 23 Jan 2025 10:00" in joined
    assert "Ada, 28 Nov 2026: Nobody pays, so nothing runs" in joined
    assert "Waiting for finance." in joined
    assert render is render_text or "<b>now</b>" not in joined


def test_what_differs_from_what_is_declared_or_done_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decisions", "--file", str(file), "--sut", "reference"]) == 1
    shown = capsys.readouterr().out
    assert "DIFFERS: the implementation declares restricts_at_end" in shown
    assert "DIFFERS: the implementation does restricts_at_end" in shown
    assert "1 where reference differs" in shown
    assert main(["decisions", "--file", str(file), "--sut", f"reference:decisions={file}", "--json"]) == 0
    questions = {one["knob"]: one for one in json.loads(capsys.readouterr().out)["questions"]}
    assert questions["marketplace_end"]["done"] == "stops_at_end"
    assert questions["marketplace_end"]["differences"] == []


def test_a_fault_that_declares_what_is_decided_and_does_otherwise_is_found(tmp_path: Path) -> None:
    path = tmp_path / "decisions.toml"
    path.write_text(EXAMPLE.replace("marketplace_end", "trial_exhausted").replace("restricts_at_end", "at_zero"))
    assert main(["decisions", "--file", str(path), "--sut", "faulty:trial-exhausted-only-below-zero"]) == 1
    assert main(["decisions", "--file", str(path), "--sut", "reference"]) == 0


def test_the_page_and_the_markdown_are_written(file: Path, tmp_path: Path) -> None:
    page, text = tmp_path / "decisions.html", tmp_path / "decisions.md"
    assert main(["decisions", "--file", str(file), "--html", str(page), "--markdown", str(text)]) == 0
    assert "<h1>Decisions</h1>" in page.read_text(encoding="utf-8")
    assert text.read_text(encoding="utf-8").startswith("# Decisions\n")
    assert main(["decisions", "--file", str(file), "--html", str(tmp_path)]) == 2


def test_an_implementation_that_cannot_be_reached_has_status_3(file: Path) -> None:
    assert main(["decisions", "--file", str(file), "--sut", "stdio:false"]) == 3


# In notebooks


@pytest.fixture
def magics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BillingMagics:
    monkeypatch.chdir(tmp_path)
    return BillingMagics(InteractiveShell.instance())


def said(magics: BillingMagics, line: str) -> str:
    with capture_output() as captured:
        magics.decide(line)
    (shown,) = captured.outputs
    assert "<details>" in shown.data["text/html"]
    return str(shown.data["text/plain"])


def test_a_decision_is_recorded_and_its_consequences_are_shown(magics: BillingMagics) -> None:
    assert "0 decided" in said(magics, "")
    shown = said(magics, "marketplace_end=stops_at_end --why \"Nobody pays, so 'nothing' runs\" --owner Ada")
    assert "* data lost: Under stops_at_end, it loses its data on 23 Jan 2025 10:00" in shown
    (decision,) = read_decisions(Path("decisions.toml"), KNOBS)
    assert (decision.value, decision.owner, decision.status) == ("stops_at_end", "Ada", Status.DECIDED)
    said(magics, "extension_end=manual --why later --owner Grace --status proposed")
    assert len(read_decisions(Path("decisions.toml"), KNOBS)) == 2
    assert "1 decided, 1 proposed" in said(magics, "")
    assert "DIFFERS: the implementation does restricts_at_end" in said(magics, "marketplace_end --sut reference")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("extension_ent", "did you mean extension_end"),
        ("extension_end=manuel --why x --owner y", "did you mean manual"),
        ("extension_end=manual --owner y", "say why, and who decides"),
        ("extension_end=manual --why x --owner y --status maybe", "--status 'maybe'"),
        ("a=b c=d --why x --owner y", "one decision at a time"),
        ("--file absent.toml", "cannot read the file"),
        ("--sut reference:x=y", "does not exist"),
    ],
)
def test_a_wrong_request_is_refused_and_nothing_is_written(magics: BillingMagics, line: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        magics.decide(line)
    assert not Path("decisions.toml").exists()


def test_a_knob_is_decided_once(magics: BillingMagics) -> None:
    said(magics, "extension_end=manual --why x --owner y")
    with pytest.raises(UsageError, match=r"extension_end has an entry already at decisions.toml:1"):
        magics.decide("extension_end=deletes --why x --owner y")


# The stored consequences


def test_what_is_stored_is_what_the_search_finds() -> None:
    assert stored_impact("report_lines", "per_hour") == impact_of({"report_lines": "per_hour"})


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_that_is_stored_is_what_the_search_finds() -> None:
    assert stored.build() == stored.load()


def test_the_rules_decide_everything_in_each_stored_history() -> None:
    for (knob, value), found in stored.load().items():
        for readings in (DEFAULTS, {**DEFAULTS, knob: value}):
            left_open = [one.history for one in found.differences if not Decided(readings).allows(one.history)]
            assert left_open == [], (knob, value)


def test_a_stored_history_is_played_again_so_that_its_outcome_is_the_reference_s() -> None:
    (first, *_) = stored_impact("extension_end", "manual").consequences
    assert first.kind is Kind.DATA
    assert first.change.under_value == "it keeps its data"


def test_damaged_or_foreign_consequences_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "consequences.json"
    lines = stored.FILE.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(['{"definition": "x"}', *lines[1:]]))
    with pytest.raises(KitError, match="found on another map"):
        stored.load(path)
    path.write_text("\n".join([lines[0], lines[1].replace("data lost", "date lost")]))
    with pytest.raises(KitError, match="cannot be read"):
        stored.load(path)
