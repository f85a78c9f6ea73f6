"""The whole text of a run in the terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from billing_tck.contract import METHODS, Refused, Unsupported
from billing_tck.contract.values import Collected, OrganizationCreated
from billing_tck.engine.runner import run as run_scenarios
from billing_tck.reports.progress import Progress, Styler
from billing_tck.reports.terminal import MOST_SHOWN, render_run
from billing_tck.results.aggregate import Report, report_of
from billing_tck.results.calls import SENTENCES, Entry, describe_calls, render
from billing_tck.results.header import Header, utc_now
from billing_tck.spec.selection import Selection
from billing_tck.spec.suite import load_suite
from billing_tck.text.format import format_duration, format_instant, format_value

from .toy import CLAUSES, EDGE, FEATURE, Toy, crash, vocabulary, without_durations, write_features


def run_of(folder: Path, toy: Toy, edge: str | None = None, core: str = FEATURE) -> Report:
    scenarios = load_suite(write_features(folder, core, edge)).scenarios
    header = Header(toy.spec, toy.description, "d1g357", "everything", utc_now(), "1.2.3")
    return report_of(header, run_scenarios(scenarios, toy, vocabulary=vocabulary()), seconds=0.04)


def text(folder: Path, toy: Toy, edge: str | None = None, core: str = FEATURE) -> str:
    return without_durations(render_run(run_of(folder, toy, edge, core), CLAUSES))


def test_a_run_that_conforms(tmp_path: Path) -> None:
    assert text(tmp_path, Toy(readings={"deadline_instant": "after"}), EDGE) == (
        "toy 1.0 (toy): 5 scenarios\n"
        "\n"
        "                             conforms  deviates   errored  not applicable\n"
        "  unpaid_invoices  conforms         3         -         -               2\n"
        "\n"
        "not applicable, because it does not declare\n"
        "  1  another reading of deadline_instant (1)\n"
        "  1  capability extension\n"
        "\n"
        "Conforms: 3 scenarios checked, nothing deviates. 2 not applicable. N s\n"
    )


def test_who_declares_no_deadline_is_reported_how_closely_it_was_observed(tmp_path: Path) -> None:
    output = text(tmp_path, Toy(), EDGE)
    assert "  1  any reading of deadline_instant (1)\n" in output
    assert "without deadline_instant, a deadline is checked only a full day before it" in output
    assert "without deadline_instant" not in text(tmp_path / "declared", Toy(readings={"deadline_instant": "at"}), EDGE)


def test_a_run_that_deviates(tmp_path: Path) -> None:
    toy = Toy(stop_after=21, spec="faulty:stop-after-21-days", capabilities=("card", "extension"))
    assert text(tmp_path, toy) == (
        "toy 1.0 (faulty:stop-after-21-days): 4 scenarios\n"
        "\n"
        "                             conforms  deviates   errored  not applicable\n"
        "  unpaid_invoices  deviates         3         1         -               -\n"
        "\n"
        "BC-29  Services stop when an invoice has stayed unpaid for 14 days.\n"
        "  core/unpaid_invoices.feature:18  16 days after the failed charge, services are stopped\n"
        "      (A clear day before, two clear days after)\n"
        "       7 Jan 2025 09:00  the organization is created, creates the service, "
        "puts a card on file (will be declined)\n"
        "                         collection is attempted for the organization\n"
        "      23 Jan 2025 09:00  16 days later\n"
        "    asked      23 Jan 2025 09:00, 'Then every service is stopped' (line 13)\n"
        "    expected   every service is stopped\n"
        "    observed   service: running\n"
        "    again      billing-tck run --sut faulty:stop-after-21-days --scenario core/unpaid_invoices.feature:18\n"
        "\n"
        "Deviates in 1 of 4 scenarios, clause BC-29. N s\n"
    )


def test_a_run_that_errors_tells_each_error_once(tmp_path: Path) -> None:
    toy = Toy(faults={"attempt_collection": crash(log=("Traceback", "  boom"))}, spec="stdio:./impl --port 1")
    assert text(tmp_path, toy) == (
        "toy 1.0 (stdio:./impl --port 1): 4 scenarios\n"
        "\n"
        "                            conforms  deviates   errored  not applicable\n"
        "  unpaid_invoices  errored         -         -         3               1\n"
        "\n"
        "not applicable, because it does not declare\n"
        "  1  capability extension\n"
        "\n"
        "BC-29  Services stop when an invoice has stayed unpaid for 14 days.\n"
        "  core/unpaid_invoices.feature:17  13 days after the failed charge, services are running\n"
        "      (A clear day before, two clear days after)\n"
        "      7 Jan 2025 09:00  the organization is created, creates the service, "
        "puts a card on file (will be declined)\n"
        "                        collection is attempted for the organization: no answer (crashed)\n"
        "    expected   an answer\n"
        "    observed   crashed: attempt_collection: it fell over\n"
        "    its log    Traceback\n"
        "    its log      boom\n"
        "    again      billing-tck run --sut 'stdio:./impl --port 1' --scenario core/unpaid_invoices.feature:17\n"
        "    the same in 2 scenarios more\n"
        "\n"
        "Errored in 3 of 3 scenarios: no answer to judge. 1 not applicable. N s\n"
    )


def test_a_run_in_which_nothing_applies_is_not_green(tmp_path: Path) -> None:
    core = FEATURE.replace("@unpaid_invoices", "@unpaid_invoices @needs.extension")
    assert text(tmp_path, Toy(), core=core).splitlines()[-1] == (
        "Nothing was checked: no scenario applies to this implementation. 4 not applicable. N s"
    )


def test_of_each_clause_one_deviation_is_reported_in_full_and_the_others_in_brief(tmp_path: Path) -> None:
    rows = "".join(f"        | {days} | stopped |\n" for days in range(101, 126))
    core = FEATURE.replace("        | 16   | stopped  |\n", rows)
    run = run_of(tmp_path, Toy(stop_after=1000, refuses_to_start=False), core=core)
    output = without_durations(render_run(run, CLAUSES))
    assert output.count("    expected   ") == 2
    assert output.count("\nBC-29  ") == output.count("\nBC-26  ") == 1
    assert output.count("      expected every service is stopped; observed service: running\n") == 1
    assert "  and in the same clause\n    core/unpaid_invoices.feature:19  " in output
    assert "\n    and 19 more\n" in output
    assert "\nshown in full with --report DIR, or one by one with --clause ID\n" in output
    assert "\nshown in full in out/report.html, or" in render_run(run, CLAUSES, folder="out")
    assert output.endswith("\nDeviates in 26 of 27 scenarios, clauses BC-26, BC-29. 1 not applicable. N s\n")


def test_of_a_selection_every_deviation_is_reported_in_full_up_to_the_twentieth(tmp_path: Path) -> None:
    rows = "".join(f"        | {days} | stopped |\n" for days in range(101, 126))
    core = FEATURE.replace("        | 16   | stopped  |\n", rows)
    run = run_of(tmp_path, Toy(stop_after=1000, refuses_to_start=False), core=core)
    run = replace(run, header=replace(run.header, asked=Selection(part="core")))
    output = without_durations(render_run(run, CLAUSES))
    assert output.count("    expected   ") == MOST_SHOWN
    assert "\nand 1 more: BC-26 (1)\n" in output


def test_text_of_an_implementation_moves_no_cursor(tmp_path: Path) -> None:
    toy = Toy(
        says="\x1b[2J\x07pay\r\nfirst\u202e", faults={"add_card": Refused("other", "\x1b[2J\x07pay\r\nfirst\u202e")}
    )
    toy.description = replace(toy.description, name="to\x1by\n")
    output = text(tmp_path, toy)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", output)
    assert r"observed   refused (other): \x1b[2J\x07pay\r\nfirst\u202e" in output
    assert output.startswith(r"to\x1by\n 1.0 (toy)")


def test_remarks_are_distinguished_and_change_nothing(tmp_path: Path) -> None:
    output = text(tmp_path, Toy(faults={"start_service": Refused("deleted")}))
    assert (
        "remarks, which change no verdict\n"
        "  a start was refused for the reason deleted, not unpaid_invoice\n"
        "\n"
        "Conforms: 3 scenarios checked, nothing deviates."
    ) in output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Styler(Terminal())("Deviates", "deviates") == "\x1b[31;1mDeviates\x1b[0m"
    assert Styler(io.StringIO())("Deviates", "deviates") == "Deviates"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Styler(Terminal())("Deviates", "deviates") == "Deviates"


def test_progress_shows_on_a_terminal_only_and_goes_away(tmp_path: Path) -> None:
    run = run_of(tmp_path, Toy(stop_after=21))
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        progress = Progress(stream, len(run.records))
        for result in run.records:
            progress.add(result)
        progress.clear()
    assert terminal.getvalue().startswith("\r\x1b[K1 of 4: 1 conforms")
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert file.getvalue() == ""


# The timeline

AT = datetime(2025, 1, 18, 9, tzinfo=UTC)


def test_every_method_but_the_clocks_has_its_sentence() -> None:
    assert set(SENTENCES) == set(METHODS) - {"advance_to"}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (Entry(AT, "record_usage", {"organization": "o", "amount": Decimal(120), "item": "backup"}, None),
         "usage of $120.00 by Acme (backup)"),
        (Entry(AT, "record_usage", {"organization": "o", "amount": Decimal("0.5")}, None), "usage of $0.50 by Acme"),
        (Entry(AT, "add_card", {"organization": "o", "behaviour": "limited", "available_credit": Decimal(50)}, None),
         "Acme puts a card on file (covers up to $50.00)"),
        (Entry(AT, "attempt_collection", {"organization": "x"}, Collected(False)),
         "collection is attempted for organization x"),
        (Entry(AT, "create_organization", {"name": "Acme"}, OrganizationCreated("o", "a")), "Acme is created"),
        (Entry(AT, "create_organization", {"name": "New"}, Refused("other")),
         "an organization New is created: refused (other)"),
        (Entry(AT, "delete_data", {"organization": "o"}, Refused("not_contacted", "call first")),
         "the vendor deletes the data of Acme: refused (not_contacted)"),
        (Entry(AT, "start_trial", {"organization": "o", "credits": Decimal(300)}, Unsupported("start_trial")),
         "the trial of Acme begins, with credits of $300.00: unsupported"),
        (Entry(AT, "link_subscription", {"subscription": "s", "user": "u"}, None),
         "user u links subscription s to an organization"),
        (Entry(AT, "grant_extension", {"organization": "o", "until": AT}, None),
         "Acme is granted an extension until 18 Jan 2025 09:00"),
    ],
)  # fmt: skip
def test_each_call_is_reported_in_a_sentence(entry: Entry, sentence: str) -> None:
    assert describe_calls([entry], {("organization", "o"): "Acme"}) == ((AT, sentence),)


def test_reads_are_reported_only_when_asked_for() -> None:
    entries = [Entry(AT, "get_organization", {"organization": "o"}, None)]
    assert describe_calls(entries, {}) == ()
    assert describe_calls(entries, {}, reads=True) == ((AT, "organization o is read"),)


def test_what_one_does_at_one_instant_is_one_sentence() -> None:
    names = {("organization", "o"): "Acme", ("organization", "p"): "Other"}
    entries = [
        Entry(AT, "reset", {"now": AT}, None),
        Entry(AT, "choose_tier", {"organization": "o", "tier": "scale"}, None),
        Entry(AT, "add_card", {"organization": "o", "behaviour": "declines"}, Refused("other")),
        Entry(AT, "record_contact", {"organization": "o"}, None),
        Entry(AT, "choose_tier", {"organization": "p", "tier": "basic"}, None),
        Entry(AT + timedelta(days=31), "advance_to", {"now": AT + timedelta(days=31)}, None),
        Entry(AT + timedelta(days=31), "reset", {"now": AT}, None),
    ]
    assert [sentence for _, sentence in describe_calls(entries, names)] == [
        "Acme chooses the tier scale, puts a card on file (will be declined): refused (other)",
        "the vendor contacts Acme",
        "Other chooses the tier basic",
        "31 days later",
        "the implementation is reset",
    ]


def test_instants_are_in_one_column_and_once() -> None:
    early = AT - timedelta(days=10)
    assert render([(early, "a"), (AT, "b"), (AT, "c"), (AT + timedelta(seconds=1), "d")]) == [
        "    8 Jan 2025 09:00  a",
        "   18 Jan 2025 09:00  b",
        "                      c",
        "18 Jan 2025 09:00:01  d",
    ]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=31), "31 days"),
        (timedelta(days=1, hours=2), "1 day 2 hours"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(hours=15, minutes=1), "15 hours 1 minute"),
        (timedelta(0), "no time"),
    ],
)
def test_durations_are_reported_in_their_parts(span: timedelta, said: str) -> None:
    assert format_duration(span) == said


def test_values_are_reported_in_plain_form() -> None:
    assert [format_value(value) for value in (True, Decimal("1.5"), date(2025, 2, 3), 8, "compute")] == [
        "yes", "$1.50", "3 Feb 2025", "8", "compute",
    ]  # fmt: skip
    assert format_instant(datetime(2025, 1, 1, 0, 0, 5, tzinfo=UTC)) == "1 Jan 2025 00:00:05"


def test_a_deviation_at_an_edge_names_the_reading_that_it_tests(tmp_path: Path) -> None:
    toy = Toy(stop_after=21, readings={"deadline_instant": "at"})
    run = run_of(tmp_path, toy, EDGE)
    brief = render_run(run, CLAUSES)
    assert "  At the very instant services are stopped  [deadline_instant=at]\n" in brief
    run = replace(run, header=replace(run.header, asked=Selection(part="edge")))
    assert "    declared   deadline_instant=at: what this scenario tests\n" in render_run(run, CLAUSES)


def test_of_an_error_stream_the_last_lines_are_reported(tmp_path: Path) -> None:
    fault = crash("add_card")
    fault.log = tuple(f"line {number} {'x' * 300}" for number in range(50))
    output = text(tmp_path, Toy(faults={"add_card": fault}))
    assert "    its log    (40 lines before)\n    its log    line 40 x" in output
    assert max(map(len, output.splitlines())) < 250
