"""`report.html`: one self-contained file that runs no text of an implementation.

`python -m tests.browser.report` tests it in a browser.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.contract import Refused
from billing_tck.reports import writer as folder_module
from billing_tck.reports.html import render_html
from billing_tck.reports.page import sealed
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Conforms, NotApplicable, Verdict

from .implementations import nasty
from .reporting import Made, mixed_toy
from .toy import CLAUSES, FEATURE, Toy, crash, register

VOID = {"meta", "input"}
KNOWN = KnownDeviation("clause", "BC-29", "ticket 7", date(2026, 1, 5), date(2026, 6, 30), "billing-tck.toml:3")


class Page(HTMLParser):
    """What a parser sees: elements, attributes, and the text of each element by its id."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self._by_id: dict[str, list[str]] = {}
        self.unclosed: list[str] = []
        self.feed(text)
        self.close()
        self.unclosed += [tag for tag, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        if opened != tag:
            self.unclosed.append(opened)

    def handle_data(self, data: str) -> None:
        if not any(tag in {"style", "script"} for tag, _ in self._open):
            self.texts.append(data)
            for _, name in self._open:
                if name is not None:
                    self._by_id.setdefault(name, []).append(data)

    def said(self, name: str) -> str:
        """The text under an id."""
        return re.sub(r"\s+", " ", "".join(self._by_id.get(name, [])))

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path, mixed_toy())


def test_the_verdict_is_at_the_top_in_words(made: Made) -> None:
    page = Page(made.text("report.html"))
    assert page.unclosed == []
    top = page.text[: page.text.index("Families and clauses")]
    assert "toy 1.0" in top
    assert "✗ Deviates in 1 of 3 scenarios, 1 clause; errored in 1 of 3 scenarios" in top


def test_every_clause_is_there_with_sentence_source_scenarios_and_verdicts(made: Made) -> None:
    page = Page(made.text("report.html"))
    for clause, sentence in CLAUSES.items():
        assert sentence in page.said(clause)
        assert "Made up, line 7 (billing.md)" in page.said(clause)
    assert "deviates16 days after the failed charge, services are stopped" in page.said("BC-29").replace("✗ ", "")
    assert "core/unpaid_invoices.feature:18" in page.said("BC-29")
    assert "it is a screen" in page.said("BC-28")
    assert "capability extension" in page.said("BC-26")


def test_a_deviation_is_reported_whole_with_its_picture_and_its_command(made: Made) -> None:
    text = made.text("report.html")
    output = Page(text).said("deviations")
    for part in (
        "BC-29 Services stop when an invoice has stayed unpaid for 14 days.",
        "asked23 Jan 2025 09:00, Then every service is stopped (line 13)",
        "expectedevery service is stopped",
        "observedservice: running",
        "againbilling-tck run --sut stdio:./toy --scenario core/unpaid_invoices.feature:18",
        "7 Jan 2025 09:00the organization is created, creates the service, puts a card on file (will be declined)",
        "Then every service is stopped ✗ here",
    ):
        assert part in output
    assert text.count("billing-timeline wide") == 1
    assert "From a second run of this scenario" in output


def test_an_error_is_reported_with_its_log(made: Made) -> None:
    output = Page(made.text("report.html")).said("errors")
    assert "crashed: start_service: it fell over" in output
    assert "its logboom" in output
    assert "Then a start of the service is refused ! here" in output


def test_what_is_not_applicable_is_reported_with_what_is_missing_and_what_that_means(made: Made) -> None:
    output = Page(made.text("report.html")).said("not-applicable")
    assert "capability extension: grant_extension" in output
    assert "reading deadline_instant=at (undeclared): When? at the instant" in output
    assert "At the very instant services are stopped edge/unpaid_invoices.feature:5" in output


def test_known_deviations_are_separate_and_never_as_conforming(tmp_path: Path) -> None:
    page = Page(Made(tmp_path, Toy(stop_after=21), [KNOWN]).text("report.html"))
    assert "Nothing new deviates in 3 scenarios: 1 deviates as known" in page.text
    assert "Known since 5 Jan 2026, until 30 Jun 2026: ticket 7" in page.said("known").replace("known", "", 0)
    assert page.said("deviations") == ""
    chips = [attributes for tag, attributes in page.tags if attributes.get("href") == "#BC-29"]
    assert chips[0]["class"] == "chip known"


def test_an_entry_that_is_out_of_date_is_reported(tmp_path: Path) -> None:
    page = Page(Made(tmp_path, Toy(), [KNOWN]).text("report.html"))
    assert "Out of date: 1 entry of known deviations;" in page.text
    assert "billing-tck.toml:3: BC-29 no longer deviates" in page.said("out-of-date")


def test_a_run_of_nothing_but_green_has_no_empty_parts(tmp_path: Path) -> None:
    page = Page(Made(tmp_path).text("report.html"))
    assert "✓ Conforms: 3 scenarios checked, nothing deviates" in page.text
    assert [attributes["id"] for tag, attributes in page.tags if tag == "section"] == [
        "matrix", "not-applicable", "clauses",
    ]  # fmt: skip


def test_nothing_comes_from_outside_and_only_the_pages_own_style_and_script_may_run(made: Made) -> None:
    text = made.text("report.html")
    page = Page(text)
    for tag, attributes in page.tags:
        assert (
            tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
            or attributes.get("id") == "controls"
        )
        assert not {"src", "srcset", "action", "style", "background", "data", "xlink:href"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert str(attributes.get("href", "#")).startswith("#")
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(inside) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert set(re.findall(r"https?://[^\s\"<]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_text_of_an_implementation_is_text_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(folder_module, "MOST_PICTURES", 10)
    words = [
        "run",
        "--sut",
        f"python:{nasty.__name__}:factory",
        "--core",
        "--family",
        "trial",
        "--family",
        "commitments",
    ]
    assert main([*words, "--report", str(tmp_path)]) == 1
    capsys.readouterr()
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.unclosed == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert [tag for tag, _ in page.tags].count("script") == 1
    for tag, attributes in page.tags:
        assert tag not in {"img", "iframe", "base", "animate", "form"} or attributes.get("id") == "controls"
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc", "autofocus"}]
        assert str(attributes.get("href", "#")).startswith("#")
    for payload in nasty.PAYLOADS[:3]:
        assert payload in page.text
    markdown = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "<script" not in markdown.replace("`", "")
    assert not re.search(r"(?<!\\)\]\(", markdown)
    assert "\n# not" not in markdown


def test_control_characters_of_a_refusal_are_shown_escaped(tmp_path: Path) -> None:
    toy = Toy(faults={"add_card": Refused("other", "\x1b[2J\x07pay\r\nfirst\u202e\ud800")})
    toy.description = replace(toy.description, name="to\x1by\n")
    page = Page(Made(tmp_path, toy).text("report.html"))
    assert r"to\x1by\n" in page.text
    assert r"refused (other): \x1b[2J\x07pay\r\nfirst\u202e\ud800" in page.text


def test_after_many_deviations_only_the_first_is_open(tmp_path: Path) -> None:
    rows = "".join(f"        | {days} | stopped |\n" for days in range(101, 301))
    core = FEATURE.replace("        | 16   | stopped  |\n", rows)
    text = Made(tmp_path, Toy(stop_after=1000, refuses_to_start=False), core=core).text("report.html")
    page = Page(text)
    records = [
        attributes for tag, attributes in page.tags if tag == "details" and attributes.get("class") == "record deviates"
    ]
    assert (len(records), sum("open" in attributes for attributes in records)) == (201, 1)
    assert text.count("billing-timeline wide") == folder_module.MOST_PICTURES
    assert "151 of them without a picture" in page.said("deviations")


def test_the_same_error_is_reported_once(tmp_path: Path) -> None:
    page = Page(Made(tmp_path, Toy(faults={"attempt_collection": crash()})).text("report.html"))
    assert page.said("errors").count("crashed: attempt_collection: it fell over") == 1
    assert "2 scenarios more" in page.said("errors")


def test_the_page_is_sealed(made: Made) -> None:
    text = made.text("report.html")
    assert sealed(text) == text
    assert sealed(text.replace("deviates", "conforms")) != text.replace("deviates", "conforms")


def rendered(made: Made, **changes: tuple[ScenarioRecord, ...]) -> Page:
    """The page of the same run with other lines."""
    return Page(render_html(replace(made.report, **changes), made.suite, register(), {}))


def test_what_is_newer_than_the_set_is_separate_with_its_own_mark(made: Made) -> None:
    new = tuple(replace(record, outside_baseline=True) for record in made.report.records)
    page = rendered(made, records=new[:0], outside_baseline=new)
    output = page.said("newer")
    assert "They were run: 1 conforms, 1 deviates, 1 errored, 2 not applicable." in output
    assert "core/unpaid_invoices.feature:18 newer, not counted" in output
    assert "3 more, without a deviation or an error" in output
    assert output.count("A start is refused") == 1, "an error that is shown is not listed as well"
    figures = page.text[: page.text.index("Families and clauses")]
    assert "+newer5newer, not counted" in figures
    assert "·" not in figures, "that mark is of what no scenario tests"
    assert [attributes["class"] for _, attributes in page.tags if attributes.get("class") == "record deviates newer"]


def test_a_newer_part_without_trouble_lists_its_scenarios_openly(made: Made) -> None:
    counted = made.report.records
    fine = tuple(replace(record, outside_baseline=True) for record in counted if record.verdict == Conforms())
    rest = tuple(record for record in counted if record.verdict != Conforms())
    output = rendered(made, records=rest, outside_baseline=fine).said("newer")
    assert "13 days after the failed charge" in output
    assert "more, without" not in output


def test_links_at_the_top_are_short(made: Made) -> None:
    new = tuple(replace(record, outside_baseline=True) for record in made.report.records)
    text = render_html(replace(made.report, records=(), outside_baseline=new), made.suite, register(), {})
    assert '<a href="#newer">Newer (5)</a>' in text


@pytest.mark.parametrize(
    ("verdicts", "row"),
    [
        ({"core": Conforms(), "edge": NotApplicable(())}, "unpaid invoices✓ conforms"),
        ({"core": NotApplicable(()), "edge": NotApplicable(())}, "unpaid invoices– not checked"),  # noqa: RUF001
        ({"core": NotApplicable(()), "edge": Conforms()}, "unpaid invoices– only edge cases checked"),  # noqa: RUF001
    ],
)
def test_a_family_states_what_of_it_was_checked(tmp_path: Path, verdicts: dict[str, Verdict], row: str) -> None:
    made = Made(tmp_path)
    records = tuple(replace(record, verdict=verdicts[record.part]) for record in made.report.records)
    assert row in rendered(made, records=records).said("matrix")


def test_a_clause_that_only_other_families_check_is_drawn_differently_and_the_legend_states_it(made: Made) -> None:
    fine = tuple(
        replace(record, family="trial", verdict=Conforms()) if "BC-29" in record.clauses else record
        for record in made.report.records
    )
    page = rendered(made, records=fine)
    chip = next(attributes for _, attributes in page.tags if attributes.get("href") == "#BC-29")
    assert chip["class"] == "chip conforms elsewhere"
    assert "checked by scenarios of other families alone" in str(chip["title"])
    assert "✓ checked by scenarios of other families alone" in page.said("matrix")
    plain = Page(made.text("report.html"))
    assert "other families" not in plain.text


def test_no_count_resembles_the_mark_of_what_has_no_scenario(made: Made) -> None:
    text = made.text("report.html")
    counts = re.findall(r'<td class="number[^"]*" data-label="([^"]*)">([^<]*)</td>', text)
    assert counts[:4] == [("conforms", "1"), ("deviates", "1"), ("errored", "1"), ("not applicable", "2")]
    assert all(number.isdigit() for _, number in counts)


def test_the_filters_can_be_narrower_than_their_words_and_rules_begin_where_the_words_do(made: Made) -> None:
    style = re.findall(r"<style>(.*?)</style>", made.text("report.html"), re.DOTALL)[0]
    fieldset = re.search(r"#controls fieldset \{([^}]*)\}", style)
    assert fieldset is not None
    assert "min-width: 0" in fieldset[1]
    parts = re.search(r"main, header, footer, nav ul, #controls \{([^}]*)\}", style)
    assert parts is not None
    assert "padding-inline: 0" in parts[1], "a rule is as wide as its box: the margin is outside of it"
    assert "border" not in re.findall(r"^nav \{([^}]*)\}", style, re.MULTILINE)[0]
