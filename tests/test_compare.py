"""`billing-tck compare`, the Markdown summary and the badge."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_tck.cli import compare as compare_command
from billing_tck.cli.main import main
from billing_tck.reports.badge import badge_message
from billing_tck.reports.markdown import code, escape
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.spec.selection import Selection

from .reporting import STARTED, Made, mixed_toy, named
from .test_report_html import Page
from .toy import FEATURE, Toy, register

KNOWN = KnownDeviation("clause", "BC-29", "ticket 7", date(2026, 1, 5), None, "billing-tck.toml:3")


@pytest.fixture(autouse=True)
def toy_register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_command, "load_register", lambda folder: register())


def compare(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["compare", *words]) == 0
    return capsys.readouterr().out


def test_implementations_are_compared_clause_by_clause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Made(tmp_path / "one", named(Toy(), "one", "1"))
    two = Made(tmp_path / "two", named(mixed_toy(), "two", "2"))
    three = Made(tmp_path / "three", named(Toy(stop_after=21), "three", "3"), [KNOWN])
    output = compare(capsys, str(one.folder), str(two.folder), str(three.folder / "report.ndjson"))
    assert output.replace(str(tmp_path), "") == (
        "A  one 1    2026-03-01T12:30:00Z  Conforms: 3 scenarios checked, nothing deviates  (/one/report)\n"
        "B  two 2    2026-03-01T12:30:00Z  Deviates in 1 of 3 scenarios, 1 clause; errored in 1 of 3 scenarios  "
        "(/two/report)\n"
        "C  three 3  2026-03-01T12:30:00Z  Nothing new deviates in 3 scenarios: 1 deviates as known  "
        "(/three/report/report.ndjson)\n"
        "\n"
        "        A    B    C\n"
        "BC-26   ✓    !    ✓\n"
        "BC-29   ✓    ✗   (✗)\n"
        "\n"
        "✓ conforms  ✗ deviates  (✗) known to deviate  ! errored  \u2013 not applicable  · not run\n"
    )


def test_what_changed_between_two_runs_of_one_implementation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = Made(tmp_path / "after", Toy(stop_after=21), started=STARTED + timedelta(days=7))
    before = Made(tmp_path / "before", Toy(refuses_to_start=False))
    output = compare(capsys, str(after.folder), str(before.folder))
    assert output.split("\n\n")[-1] == (
        "what changed from B to A (toy 1.0)\n"
        "  deviates or errored since (1)\n"
        "    BC-29  core/unpaid_invoices.feature: 16 days after the failed charge, services are stopped: conforms, now "
        "deviates\n"
        "  conforms since (1)\n"
        "    BC-26  core/unpaid_invoices.feature: A start is refused: deviates, now conforms\n"
    )
    assert compare(capsys, str(after.folder), str(after.folder)).endswith(
        "what changed from A to B (toy 1.0): nothing\n"
    )


def test_variants_of_one_implementation_are_distinguished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = Toy(stop_after=21)
    broken.spec = "stdio:./toy --late"
    one, two = Made(tmp_path / "one", Toy()), Made(tmp_path / "two", broken)
    output = compare(capsys, str(one.folder), str(two.folder))
    assert output.startswith(f"A  toy 1.0 ({Toy().spec})")
    assert "\nB  toy 1.0 (stdio:./toy --late)" in output
    assert "how B differs from A (toy 1.0)\n  deviates or errored in B, and not in A (1)\n" in output
    assert "1 more clause has the same verdict everywhere (--all shows them)\n" in output
    assert "BC-26" not in output
    everything = compare(capsys, str(one.folder), str(two.folder), "--all")
    assert "BC-26   ✓    ✓\n" in everything
    assert "BC-29   ✓    ✗    differs\n" in everything
    same = compare(capsys, str(one.folder), str(one.folder))
    assert "note: A and B are the same report\n" in same


def test_other_features_and_parts_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Made(tmp_path / "one")
    two = Made(tmp_path / "two", core="# moved down a line\n" + FEATURE, asked=Selection(part="core"))
    output = compare(capsys, str(one.folder), str(two.folder))
    assert f"note: B ran other features than A ({two.suite.digest[:12]}, not " in output
    assert "note: B reports a selection: core\n" in output
    assert "  changed otherwise (1)\n" in output
    assert "At the very instant services are stopped: not applicable, now not there" in output


def test_markdown_and_a_page_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = Made(tmp_path / "one", named(Toy(), "on|e <b>")), Made(tmp_path / "two", mixed_toy())
    page_file = tmp_path / "new" / "page.html"
    output = compare(capsys, str(one.folder), str(two.folder), "--markdown", "--html", str(page_file))
    assert "| A | on\\|e &lt;b&gt; 1.0 | 2026-03-01T12:30:00Z | ✓ Conforms: 3 scenarios checked" in output
    assert "| **BC-29** | Services stop when an invoice has stayed unpaid for 14 days. | ✓ | ✗ |" in output
    page = Page(page_file.read_text(encoding="utf-8"))
    assert page.unclosed == []
    assert not [tag for tag, _ in page.tags if tag in {"script", "b"}]
    assert "on|e <b> 1.0" in page.text
    assert "1 Mar 2026 12:30 UTC" in page.text
    assert "Services stop when an invoice has stayed unpaid for 14 days." in page.text


def test_a_report_that_is_not_whole_is_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = Made(tmp_path / "one"), Made(tmp_path / "two")
    path = two.folder / "report.ndjson"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert main(["compare", str(one.folder), str(two.folder)]) == 1
    assert "it is cut short" in capsys.readouterr().err


def test_one_report_or_none_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path)]) == 2
    assert "expected two reports or more, got one" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "there is no report" in capsys.readouterr().err


# The page of a CI job


def test_the_summary_fits_the_page_of_a_job(tmp_path: Path) -> None:
    assert Made(tmp_path, mixed_toy()).text("summary.md").split("\n\n")[:-1] == [
        "## ✗ toy 1.0: Deviates in 1 of 3 scenarios, 1 clause; errored in 1 of 3 scenarios",
        "| family | verdict | conforms | deviates | errored | not applicable |\n"
        "| --- | --- | --: | --: | --: | --: |\n"
        "| unpaid invoices | ✗ deviates | 1 | 1 | 1 | 2 |",
        "### Deviations (1)",
        "- **BC-29** Services stop when an invoice has stayed unpaid for 14 days.\n"
        "  - 16 days after the failed charge, services are stopped\n"
        "    - expected every service is stopped; observed service: running\n"
        "    - `billing-tck run --sut stdio:./toy --scenario core/unpaid_invoices.feature:18`",
        "### Errors",
        "- crashed: start\\_service: it fell over: core/unpaid\\_invoices.feature:23: A start is refused",
    ]


def test_the_summary_tells_known_deviations_and_those_out_of_date(tmp_path: Path) -> None:
    known = Made(tmp_path / "known", Toy(stop_after=21), [KNOWN]).text("summary.md")
    assert "### Known deviations (1)\n\n- BC-29: ticket 7 (1 scenario)\n" in known
    stale = Made(tmp_path / "stale", Toy(), [KNOWN]).text("summary.md")
    assert "### Known deviations that are out of date\n\n- billing-tck.toml:3: BC-29 no longer deviates" in stale


def test_text_is_nothing_but_text_in_markdown() -> None:
    assert escape("*a* _b_ [c](d) <e> `f` | @g http://h\n# i") == (
        "\\*a\\* \\_b\\_ \\[c\\](d) &lt;e&gt; \\`f\\` \\| \\@g http\\://h\\\\n# i"
    )
    assert [code("a"), code("a`b"), code("``"), code("a|b")] == ["`a`", "`` a`b ``", "``` `` ```", "`a¦b`"]


@pytest.mark.parametrize(
    ("toy", "known", "asked", "message", "colour"),
    [
        (Toy(), (), Selection(), "2 clauses conform", "brightgreen"),
        (Toy(), (), Selection(clauses=("BC-29",)), "1 clause conforms (a part)", "brightgreen"),
        (Toy(stop_after=21), (), Selection(), "1 clause deviates", "red"),
        (Toy(stop_after=21), (KNOWN,), Selection(), "1 clause conforms, 1 known to deviate", "blue"),
        (Toy(), (KNOWN,), Selection(), "known deviations out of date", "red"),
        (Toy(capabilities=()), (), Selection(clauses=("BC-26",)), "nothing checked", "lightgrey"),
    ],
)
def test_the_badge_states_it_in_few_words(  # noqa: PLR0917
    tmp_path: Path, toy: Toy, known: tuple[KnownDeviation, ...], asked: Selection, message: str, colour: str
) -> None:
    made = Made(tmp_path, toy, known, asked)
    assert badge_message(made.report) == message
    badge = json.loads(made.text("badge.json"))
    assert (badge["schemaVersion"], badge["label"], badge["message"]) == (1, "billing rules", message)
    assert badge["color"] == colour
    picture = made.text("badge.svg")
    ElementTree.fromstring(picture)
    assert re.findall(r">([^<]+)</text>", picture) == ["billing rules", message]
