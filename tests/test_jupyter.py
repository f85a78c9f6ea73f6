"""The magics, in an IPython shell inside this process."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from billing_tck.jupyter import (
    CellError,
    ScenarioRun,
    WrongRequest,
    beside,
    check,
    gherkin,
    magics,
    scenario,
    session,
    what_if,
)
from billing_tck.jupyter.completion import complete, continued, phrases
from billing_tck.jupyter.decision_table import EVENTS, METHODS, decisions
from billing_tck.jupyter.magics import BillingMagics
from billing_tck.jupyter.reading_effects import what_each_knob_changes
from billing_tck.jupyter.reading_table import reading_table
from billing_tck.jupyter.what_if_stories import STORIES, unpaid_invoice
from billing_tck.spec.requirements import Family
from billing_tck.steps.examples import options
from billing_tck.steps.gherkin_cell import read_cell
from billing_tck.steps.introductions import INTRODUCED
from billing_tck.steps.registry import load
from billing_tck.steps.world import START
from billing_tck.text.sanitize import sanitize

VOCABULARY = load()


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    main = sys.modules["__main__"]
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "billing_tck")
    yield made
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True)
def reference() -> Iterator[None]:
    session().sut = "reference"
    yield
    session().sut = "reference"


class Cell:
    """What a cell left: its outputs as text and as HTML, and what went to the error stream."""

    def __init__(self, shell: InteractiveShell, source: str) -> None:
        with capture_output() as captured:
            self.result = shell.run_cell(source)
        self.data = [output.data for output in captured.outputs]
        self.plain = "\n".join(data["text/plain"] for data in self.data)
        self.html = "\n".join(data.get("text/html", "") for data in self.data)
        self.printed = captured.stdout + captured.stderr


CONFORMING = """%%scenario --as mine
Given an organization with an active trial and $300.00 of trial credits
When 33 days pass
Then the organization's services are stopped
"""


def test_steps_alone_are_run_at_once_with_their_verdicts_and_the_timeline(shell: InteractiveShell) -> None:
    cell = Cell(shell, CONFORMING)
    assert "✓ conforms" in cell.plain
    assert "✓ Then the organization's services are stopped" in cell.plain
    assert "image/svg+xml" in cell.data[-1]
    assert shell.user_ns["mine"].conforms


def test_a_deviation_is_reported_in_the_words_of_the_domain(shell: InteractiveShell) -> None:
    cell = Cell(shell, CONFORMING.replace("stopped", "running"))
    assert "✗ deviates" in cell.plain
    assert "expected   every service of the organization is running" in cell.plain
    assert "observed   the service stopped" in cell.plain
    assert "the service stopped" in cell.html
    assert "this cell:4" not in cell.html


def test_steps_that_do_not_exist_are_reported_with_the_nearest_and_nothing_is_run(shell: InteractiveShell) -> None:
    cell = Cell(shell, "%%scenario --as broken\nGiven an organisation that pays by card\nWhen 3 days passes by\n")
    assert "This was not run." in cell.plain
    assert "line 1: no step definition matches 'Given an organisation that pays by card'" in cell.plain
    assert "    an organization that pays by card" in cell.plain
    assert "line 2" in cell.plain
    assert cell.result.success
    assert not shell.user_ns["broken"].conforms


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the cell is empty"),
        ("Given nonsense {", 1, "no step definition matches 'Given nonsense {'. %phrases lists all step definitions"),
        ("And 3 days pass", 1, "follows no Given, When or Then"),
        ("Given an organization that pays by card\nWhen it is 31 February 2025", 2, "31 February 2025"),
        ("Given an organization that pays by card\nWhen <days> days pass", 2, "<days> is not a column"),
        ("Given an organization that pays by card\nnonsense", 2, "nonsense"),
        ("Scenario: one\nGiven an organization that pays by card\nWhen gibberish", 3, "gibberish"),
        ("# a note\n@BC-29\nGiven an organization that pays by card\nWhen gibberish", 4, "gibberish"),
        ("Feature: a\nScenario: b\nGiven gibberish", 3, "gibberish"),
    ],
)
def test_what_is_wrong_with_a_cell_is_reported_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(CellError) as caught:
        read_cell(text, VOCABULARY)
    assert (caught.value.problems[0].place.line, said in str(caught.value)) == (line, True), str(caught.value)


TRIAL = """\
Given an organization with an active trial and $300.00 of trial credits
When 31 days pass
Then the organization's trial is over"""


@pytest.mark.parametrize(
    ("first", "fix"),
    [
        ("Gven it is 1 March 2024", "Write 'Given it is 1 March 2024'"),
        ("it is 1 March 2024", "Begin it with Given or When"),
        ("the organization is not restricted", "Begin it with Then"),
        ("Scenaro: hello", "Write 'Scenario: hello'"),
        ("Exampels:", "Write 'Examples:'"),
        ("Given", "Write a phrase after Given"),
        ("As a customer", "A line begins with Given, When, Then, And or But"),
        ("given it is 1 March 2024", "Keywords begin with a capital: write 'Given it is 1 March 2024'"),
        ("Scenario: named\nin more words", "A line begins with"),
        ("Feature: named\nin more words\nScenario: one", "A line begins with"),
    ],
)
def test_a_line_that_is_not_a_step_is_refused_wherever_gherkin_takes_it_for_a_description(first: str, fix: str) -> None:
    line = 1 + first.count("in more words")
    with pytest.raises(CellError) as caught:
        read_cell(f"{first}\n{TRIAL}", VOCABULARY)
    (trouble,) = caught.value.problems
    assert str(trouble).startswith(f"line {line}: not a step: '"), trouble
    assert fix in str(trouble)


def test_a_cell_in_lower_case_is_refused_with_the_capitalized_keywords() -> None:
    with pytest.raises(CellError) as caught:
        read_cell(TRIAL.replace("Given", "given").replace("When", "when").replace("Then", "then"), VOCABULARY)
    assert [t.place.line for t in caught.value.problems] == [1, 2, 3]
    assert all("Keywords begin with a capital" in str(t) for t in caught.value.problems)
    assert "this cell" not in str(caught.value)


def test_what_is_in_a_doc_string_or_behind_a_sign_is_not_a_line() -> None:
    assert read_cell(f"# a note\n\n@BC-02\n{TRIAL}\n\n# another", VOCABULARY)
    with pytest.raises(CellError) as caught:
        read_cell(f'Given gibberish\n"""\nany words\n"""\n{TRIAL}', VOCABULARY)
    assert [t.place.line for t in caught.value.problems] == [1]


@pytest.mark.parametrize(
    ("cell", "line", "said"),
    [
        ("When 31 days pass\nThen the organization's trial is over", 2, "Given an organization that pays by card"),
        (f"{TRIAL}\nAnd the other organization is not restricted", 4, "Given another organization that pays by card"),
        ("When the organization's billing cycle ends", 1, "Given an organization that pays by card"),
        (
            "Given it is 2 March 2025\nAnd an organization that pays by card\nWhen it is 1 January 2024",
            3,
            "cannot go back",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_reported_in_a_line_and_without_a_traceback(
    shell: InteractiveShell, cell: str, line: int, said: str
) -> None:
    shown = Cell(shell, f"%%scenario --as unrun\n{cell}")
    assert shown.result.success
    assert not shell.user_ns["unrun"].conforms
    assert f"line {line}: " in shown.plain
    assert said in shown.plain
    for noise in ("Traceback", "KitError", "KeyError", "ValueError", "this cell", ".py"):
        assert noise not in shown.plain + shown.html + shown.printed
    assert "#d93025" in shown.html


@pytest.mark.parametrize("name", INTRODUCED)
def test_what_is_reported_to_introduce_a_name_does(name: str) -> None:
    assert VOCABULARY.find("given", INTRODUCED[name].text)


def test_lines_of_a_cell_are_reported_as_lines(shell: InteractiveShell) -> None:
    cell = Cell(shell, f"%%scenario\nScenario: one\n{TRIAL}\nScenario: two\n{TRIAL}")
    assert "line 5" in cell.plain
    assert "line 5" in cell.html
    assert "this cell:" not in cell.plain + cell.html


def test_a_wrong_expectation_of_the_reference_is_reported_as_one() -> None:
    wrong = TRIAL.replace("31 days", "46 days").replace(
        "the organization's trial is over", "the organization's data is present"
    )
    run = gherkin(wrong)[0]
    said = " ".join(run.governing_rules)
    assert "The reference keeps the rules" in said
    assert f"BC-09  {session().register.clause('BC-09').sentence}" in said
    assert "20 Feb 2025 09:00" in said
    assert "The reference keeps the rules" in run.plain()
    assert "The reference keeps the rules" in run.html()
    late = scenario("16 days after the failed charge, services are stopped", sut="faulty:stop-after-21-days")
    assert "keeps the rules" not in late[0].plain() + late[0].html()
    assert gherkin(TRIAL)[0].governing_rules == []


def test_phrases_are_listed_with_their_keyword_and_looked_up_by_words(shell: InteractiveShell) -> None:
    every = Cell(shell, "%phrases")
    assert len(every.plain.splitlines()) == len({definition.pattern for definition in VOCABULARY})
    assert "Given or When  it is 18 January 2025" in every.plain
    found = Cell(shell, "%phrases restricted")
    assert "Then" in found.plain
    assert "the organization is restricted" in found.plain
    assert "trial" not in found.plain
    assert "no phrase has 'gibberish' in it" in Cell(shell, "%phrases gibberish").printed


def test_a_fault_with_its_name_covered_runs_and_is_named_only_where_the_cover_comes_off(
    shell: InteractiveShell,
) -> None:
    blind_fault = session().blind_fault("stop-after-21-days")
    cell = Cell(
        shell, f"%scenario 16 days after the failed charge, services are stopped --sut {blind_fault} --as riddle"
    )
    assert shell.user_ns["riddle"].deviation is not None
    assert "21" not in cell.plain.partition("asked")[0]
    assert blind_fault in cell.plain
    assert "stop-after-21-days" not in cell.plain + cell.html
    assert "faulty:stop-after-21-days" in Cell(shell, f"%faults {blind_fault}").plain
    first, second = (session().covered(f"mystery:BC-03.{number}") for number in (1, 2))
    assert first != second
    assert {first.clauses[0], second.clauses[0]} == {"BC-03"}
    assert "write mystery:NUMBER" in Cell(shell, "%sut mystery:what").printed
    assert session().covered("mystery:12345")


def test_what_is_incomplete_is_reported_with_the_other_half(shell: InteractiveShell) -> None:
    assert (
        "give a value: deadline_instant=at|after|end_of_day"
        in Cell(shell, CONFORMING.replace("--as mine", "--beside deadline_instant")).printed
    )
    with pytest.raises(WrongRequest, match="give a value: month_end="):
        beside("BC-15", "month_end")
    said = Cell(shell, "%scenario 16 days").printed
    assert "there is no scenario '16 days'; nearest:\n    16 days after the failed charge" in said
    assert "there is no clause 'BC-199'; nearest: BC-" in Cell(shell, "%clauses BC-199").printed
    assert "there is no knob 'month_ends'; nearest: month_end" in Cell(shell, "%readings month_ends").printed


def test_ids_are_on_one_line(shell: InteractiveShell) -> None:
    assert '<b style="white-space:nowrap">AWS-01</b>' in Cell(shell, "%clauses aws_onboarding").html


def test_colours_of_a_log_are_left_out_and_other_control_characters_shown() -> None:
    assert sanitize("\x1b[90m    at loader\x1b[39m") == "    at loader"
    assert sanitize(r"\x1b[1;31mred\x1b[0m") == "red"
    assert sanitize("a\x1bc\x07") == r"a\x1bc\x07"


def test_the_day_on_which_a_scenario_begins_is_reported_where_it_is_read(shell: InteractiveShell) -> None:
    told = shell.find_cell_magic("scenario").__doc__ or ""
    assert f"{START.day} {START:%B %Y, %H:%M}" in told


def test_a_claim_is_reported_and_fails_where_it_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    check("two and two are four", 2 + 2 == 4)
    assert capsys.readouterr().out == "✓ two and two are four\n"
    with pytest.raises(AssertionError, match="this does not hold: pigs fly"):
        check("pigs fly", None)


def test_a_whole_scenario_and_an_outline_with_examples_are_run(shell: InteractiveShell) -> None:
    cell = Cell(
        shell,
        "%%scenario\nScenario Outline: after <days> days\n"
        "Given an organization with an active trial and $300.00 of trial credits\n"
        "When <days> days pass\nThen the organization's services are <state>\n"
        "Examples:\n| days | state |\n| 29 | running |\n| 32 | stopped |\n",
    )
    assert "2 scenarios: 2 conform\n" in cell.plain
    assert "after 29 days" in cell.plain


def test_a_scenario_that_asks_nothing_shows_its_timeline_and_proves_nothing(shell: InteractiveShell) -> None:
    cell = Cell(shell, "%%scenario --as mute\nGiven an organization that pays by card\nWhen 3 days pass\n")
    assert "nothing checked" in cell.plain
    assert not shell.user_ns["mute"].conforms


def test_a_reading_is_taken_by_the_reference(shell: InteractiveShell) -> None:
    early = CONFORMING.replace("--as mine", "--reading deadline_instant=end_of_day --as mine").replace(
        "33 days", "30 days"
    )
    cell = Cell(shell, early)
    assert "observed   the service running" in cell.plain
    cell = Cell(shell, CONFORMING.replace("--as mine", "--reading deadline_instant=never"))
    assert "the knob deadline_instant has no value 'never'; it has at, after, end_of_day" in cell.printed


def test_two_readings_are_shown_side_by_side(shell: InteractiveShell) -> None:
    cell = Cell(shell, CONFORMING.replace("--as mine", "--beside deadline_instant=end_of_day --as both"))
    both = shell.user_ns["both"]
    assert both.a.conforms
    assert both.b.conforms
    assert any(said.startswith("the service: stopped against running") for said in both.differences)
    assert "difference" in cell.data[-1]["image/svg+xml"]


def test_two_implementations_are_shown_side_by_side() -> None:
    both = beside("16 days after the failed charge, services are stopped", "faulty:stop-after-21-days")
    assert (both.a.word, both.b.word) == ("conforms", "deviates")
    assert both.differences


def test_a_scenario_of_the_kit_is_shown_with_its_clause_and_run(shell: InteractiveShell) -> None:
    cell = Cell(shell, "%scenario Another organization's services keep running --as one")
    assert "BC-29  " + session().register.clause("BC-29").sentence in cell.plain
    assert shell.user_ns["one"].conforms
    cell = Cell(shell, "%scenario bc-08")
    assert "scenarios: " in cell.plain
    cell = Cell(shell, "%scenario Another organisation's services run on")
    assert "nearest: Another organization's services keep running" in cell.printed
    cell = Cell(shell, "%scenario AWS-07")
    assert "no scenario covers AWS-07" in cell.printed


def test_money_in_the_name_of_a_scenario_is_money(shell: InteractiveShell) -> None:
    cell = Cell(shell, "%scenario After $9,999.99 of usage in one cycle, $0.00 has been charged early --as money")
    assert cell.result.success, cell.printed
    assert shell.user_ns["money"].conforms


def test_a_scenario_that_does_not_apply_states_under_which_reading_it_would(shell: InteractiveShell) -> None:
    place = next(s.place for s in session().suite.scenarios if dict(s.reading).get("deadline_instant") == "after")
    cell = Cell(shell, f"%scenario {place} --as aside")
    assert shell.user_ns["aside"].word == "not applicable"
    assert "--reading deadline_instant=after" in cell.html


def test_a_clause_is_shown_with_its_scenarios_readings_and_faults(shell: InteractiveShell) -> None:
    cell = Cell(shell, "%clauses BC-29")
    for said in (
        "14 days",
        "deadline_instant (at, after, end_of_day)",
        "stop-after-21-days",
        "core/unpaid_invoices.feature",
    ):
        assert said in cell.plain
    assert "there is no clause 'BC-299'" in Cell(shell, "%clauses BC-299").printed
    assert "BC-02" in Cell(shell, "%clauses trial").plain
    assert "AWS-01" in Cell(shell, "%clauses").plain
    assert "there is no family 'trail'" in Cell(shell, "%clauses trail").printed


def test_readings_and_faults_are_listed(shell: InteractiveShell) -> None:
    assert "restart_after_payment" in Cell(shell, "%readings BC-29").plain
    assert "faulty:stop-after-21-days" in Cell(shell, "%faults BC-29").plain
    assert "faulty:" in Cell(shell, "%faults unpaid_invoices").plain
    assert "'BC-2x' is neither a clause nor a family" in Cell(shell, "%faults BC-2x").printed


def test_the_implementation_is_chosen_for_what_follows(shell: InteractiveShell) -> None:
    Cell(shell, "%sut faulty:stop-after-21-days")
    cell = Cell(shell, "%scenario 16 days after the failed charge, services are stopped --as late")
    assert "faulty:stop-after-21-days" in cell.plain
    assert shell.user_ns["late"].deviation is not None
    cell = Cell(shell, "%sut refrence")
    assert "did you mean 'reference'" in cell.printed
    assert session().sut == "faulty:stop-after-21-days"


@pytest.mark.parametrize("spec", ["stdio:python3 adapter.py", "http://127.0.0.1:9/"])
def test_in_a_browser_a_process_or_a_server_is_refused_with_what_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, shell: InteractiveShell, spec: str
) -> None:
    monkeypatch.setattr(sys.modules["billing_tck.jupyter.session"], "in_browser", lambda: True)
    cell = Cell(shell, f"%sut {spec}")
    assert "runs in the browser" in cell.printed
    assert "choose reference, faulty:NAME or python:__main__:FACTORY" in cell.printed
    assert "Traceback" not in cell.printed
    assert "stop-after-21-days" in Cell(shell, "%sut faulty:stop-after-21-days").plain


def test_an_implementation_is_picked_up_from_the_notebook_itself(shell: InteractiveShell) -> None:
    Cell(
        shell,
        "class Mine:\n    def describe_implementation(self):\n        return {'name': 'mine', 'version': '1', "
        "'contract': '1', 'capabilities': [], 'readings': {}, 'settles_within': 'PT0S'}\n",
    )
    before = sys.modules["__main__"]
    sys.modules["__main__"] = shell.user_module
    try:
        cell = Cell(shell, "%sut python:__main__:Mine")
        assert "mine 1" in cell.plain, cell.printed
        cell = Cell(shell, CONFORMING)
        assert shell.user_ns["mine"].word == "deviates"
        assert "the implementation has it" in cell.plain or "unsupported" in cell.plain
    finally:
        sys.modules["__main__"] = before


def test_readings_of_other_implementations_are_their_own() -> None:
    with pytest.raises(WrongRequest, match="cannot be chosen"):
        gherkin("Given an organization that pays by card", sut="python:a:b", readings={"deadline_instant": "at"})


def test_the_clock_is_frozen_only_while_steps_run(shell: InteractiveShell) -> None:
    before = datetime.now(UTC)
    Cell(shell, CONFORMING)
    after = datetime.now(UTC)
    assert type(after) is type(before)
    assert "Fake" not in type(after).__name__
    assert 0 <= (after - before).total_seconds() < 60
    assert "FakeDatetime" not in repr(shell.user_ns["mine"].trace)


# Completion


def completed(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))  # type: ignore[union-attr] # a shell has one
    return [text[: c.start] + c.text for c in found]


def test_tab_completes_the_phrases_of_the_vocabulary(shell: InteractiveShell) -> None:
    begun = "%%scenario\nGiven an organization with an act"
    assert completed(shell, begun) == [
        "%%scenario\nGiven an organization with an active trial and $120.00 of trial credits"
    ]
    states = completed(shell, "%%scenario\nThen the organization's services are ")
    assert [text.rsplit(" ", 1)[1] for text in states] == ["running", "stopped", "deleted"]
    kept = completed(shell, "%%scenario\nGiven an organization with an active trial and $55.00 of trial c")
    assert kept == ["%%scenario\nGiven an organization with an active trial and $55.00 of trial credits"]


def test_and_goes_on_with_the_kind_of_the_step_before(shell: InteractiveShell) -> None:
    found = completed(shell, "%%scenario\nThen the organization is restricted\nAnd the service")
    assert any(text.endswith("the service is running") for text in found)
    assert not any("pass" in text for text in found)


def test_tab_offers_first_what_scenarios_use_together_with_the_cell_and_deletions_last(shell: InteractiveShell) -> None:
    trial = "%%scenario\nGiven an organization with an active trial and $300.00 of trial credits\nWhen 12 days pass\n"
    first = [text.removeprefix(f"{trial}Then ") for text in completed(shell, f"{trial}Then ")[:6]]
    assert any("trial" in text for text in first), first
    assert not any(text.endswith("deleted") for text in first), first
    assert not any("the other organization" in text for text in first), first
    lower = completed(shell, f"{trial}Then the organization's serv")
    assert [text.rsplit(" ", 1)[1] for text in lower] == ["running", "stopped", "deleted"]


def test_tab_replaces_nothing_where_a_step_only_goes_on(shell: InteractiveShell) -> None:
    found = complete([], "Given an org", VOCABULARY, session().phrase_ranking)
    assert found.replaced == ""
    assert "anization that pays by card" in found.texts


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("When 12 d", "When 12 days pass"),
        ("When 1", "When 1 day pass"),
        ("Given it is 3 Febr", "Given it is 3 February 2025"),
        ("When the organization uses $40", "When the organization uses $40.00"),
        ("When the organization uses $40.5", "When the organization uses $40.50"),
    ],
)
def test_tab_completes_a_value_that_is_begun(shell: InteractiveShell, typed: str, whole: str) -> None:
    assert f"%%scenario\n{whole}" in completed(shell, f"%%scenario\n{typed}")


@pytest.mark.parametrize("text", ["%%scenario", "%%scenario\n", "%%scenario --as nothing\n\n  \n"])
def test_an_empty_cell_is_answered_and_is_no_error(shell: InteractiveShell, text: str) -> None:
    cell = Cell(shell, text)
    assert cell.result.success
    assert "the cell is empty. Write steps: Given" in cell.plain


def test_help_of_a_magic_has_an_example() -> None:
    for name in ("scenario", "scenario_cell", "clauses", "phrases", "readings", "faults", "sut"):
        assert "xample" in (getattr(BillingMagics, name).__doc__ or ""), name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# language: xx\nGiven x", "line 1: Gherkin has no language 'xx'. Remove the line"),
        (
            "# language: ru\nGiven an organization that pays by card",
            "not a line of Gherkin in Russian. Begin",
        ),
        ("# language: en\ngiven an organization that pays by card", "Keywords begin with a capital"),
    ],
)
def test_a_language_that_does_not_fit_is_reported_in_words(text: str, said: str) -> None:
    with pytest.raises(CellError, match=re.escape(said)):
        gherkin(text)


@pytest.mark.parametrize(
    "text",
    [
        "# language: en\nGiven an organization that pays by card\nThen the organization is not restricted",
        "# language: de\nAngenommen an organization that pays by card\nDann the organization is not restricted",
        "# language: de\nSzenario: x\n"
        "Angenommen an organization that pays by card\nDann the organization has no invoices",
    ],
)
def test_keywords_of_any_language_of_gherkin_are_read(text: str) -> None:
    assert gherkin(text)[0].conforms


def test_a_name_that_steps_do_not_take_is_reported_with_the_fixed_one() -> None:
    with pytest.raises(CellError, match="are fixed: write 'the organization' for 'Acme Trading'"):
        gherkin("Given an organization that pays by card\nThen Acme Trading is restricted")


def test_no_output_is_typeset_as_mathematics(shell: InteractiveShell) -> None:
    for cell in (Cell(shell, CONFORMING), Cell(shell, "%scenario BC-29"), Cell(shell, "%clauses BC-29")):
        for data in cell.data:
            bare = re.sub(r"<style>.*?</style>", "", data["text/html"], flags=re.DOTALL)
            assert re.match(r'<div class="[\w -]*mathjax_ignore tex2jax_ignore"', bare), bare[:80]


def test_tab_completes_keywords_and_options(shell: InteractiveShell) -> None:
    assert completed(shell, "%%scenario\nTh") == ["%%scenario\nThen "]
    assert "%%scenario --reading unpaid_clock=per_invoice" in completed(shell, "%%scenario --reading unpaid")
    assert "%%scenario --sut" in completed(shell, "%%scenario --su")


def test_tab_elsewhere_is_left_alone(shell: InteractiveShell) -> None:
    assert "import" in completed(shell, "impor")
    assert not any("organization" in text for text in completed(shell, "an organ"))


def test_every_type_offers_values_that_it_understands() -> None:
    for name, converter in VOCABULARY.types.items():
        offered = options(name, VOCABULARY)
        assert offered
        assert not any(value.startswith("<") for value in offered), name
        for value in offered:
            converter(value)


def test_every_phrase_offers_itself_whole_and_understood() -> None:
    for definition in VOCABULARY:
        whole = next(continued(definition.pattern, "", VOCABULARY))
        assert definition.match(whole) is not None, definition.pattern


def test_words_in_any_order_find_a_phrase_that_begins_with_none_of_them() -> None:
    assert "the organization is restricted" in phrases("then", "restricted", VOCABULARY)


# What if, and the table of decisions


def test_what_if_follows_its_choices() -> None:
    story = what_if()
    early, late = (story.run(paid_on_day=day).trace for day in (10, 20))
    assert early.since("service", "stopped", "the service") is None
    assert late.since("service", "stopped", "the service") is not None
    extended = story.run(paid_on_day=40, extension_until_day=50).trace
    assert extended.since("data", "deleted") is None


@pytest.mark.parametrize("paid", [0, 1, 3, 4, 60])
@pytest.mark.parametrize("extension", [0, 1, 3, 60])
def test_every_choice_of_the_story_is_a_scenario(paid: int, extension: int) -> None:
    text = unpaid_invoice(amount=Decimal(100), paid_on_day=paid, extension_until_day=extension)
    assert read_cell(text, VOCABULARY)


@pytest.mark.parametrize("family", STORIES)
def test_each_family_has_a_story_whose_extreme_choices_are_scenarios(family: Family) -> None:
    story = what_if(family)
    for name, choice in story.choices.items():
        for value in choice if isinstance(choice, list) else choice[:2]:
            assert read_cell(story.story(**story(**{name: value}).chosen), VOCABULARY)


APPLYING = [
    ("trial", {}, {"BC-03", "BC-08", "BC-09"}),
    ("trial", {"usage": 0}, {"BC-02", "BC-08", "BC-09"}),
    ("trial", {"card_on_day": 15}, {"BC-03", "BC-05", "BC-08"}),
    ("card_billing", {"amount": 100, "second_amount": 100}, {"BC-15", "BC-17"}),
    ("card_billing", {}, {"BC-15", "BC-18"}),
    ("unpaid_invoices", {"paid_on_day": 5}, {"BC-23"}),
    ("unpaid_invoices", {"paid_on_day": 0, "extension_until_day": 60}, {"BC-23", "BC-29", "BC-30", "BC-31", "BC-32"}),
    ("unpaid_invoices", {"paid_on_day": 0, "second_amount": 80}, {"BC-23", "BC-29", "BC-30", "BC-31"}),
    ("marketplace", {}, {"BC-36", "BC-44", "BC-45", "BC-46"}),
    ("marketplace", {"card": "is approved", "ending": "not renewed"}, {"BC-36", "BC-42"}),
    ("commitments", {}, {"BC-58", "BC-63", "BC-64", "BC-66"}),
    ("commitments", {"usage": 100, "card": "is approved"}, {"BC-55", "BC-59"}),
    ("commitments", {"signed": "GCP"}, {"BC-51", "BC-61"}),
]


@pytest.mark.parametrize(("family", "choices", "expected"), APPLYING)
def test_the_clauses_that_come_to_apply_are_highlighted(
    family: str, choices: dict[str, int | str], expected: set[str]
) -> None:
    clauses = what_if(family, **choices).relevant_clauses()
    assert set(clauses.applying) == expected
    html = clauses.html()
    assert {clause.id for clause, _ in clauses.rows if f"→ {clause.id}" in html} == expected
    assert html.count("does not come to apply") == len(clauses.rows) - len(expected)


def test_a_call_does_what_the_sliders_do() -> None:
    story = what_if("trial")
    called = story(card_on_day=5, granted=400)
    assert (called.chosen["card_on_day"], called.chosen["granted"]) == (5, Decimal(400))
    assert story.chosen["card_on_day"] == 0
    assert called.bundle()["text/html"] != story.bundle()["text/html"]


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"cards": 1}, "the story has no cards; it has granted, usage, usage_on_day, card_on_day, card"),
        ({"card": "is eaten"}, "card='is eaten': expected one of 'is approved', 'is declined', 'has expired'"),
        ({"card_on_day": 99}, "card_on_day=99: expected 0 to 60"),
        ({"usage": "much"}, "usage='much': expected 0 to 1000"),
    ],
)
def test_a_choice_that_the_story_does_not_have_is_refused(choices: dict[str, int | str], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        what_if("trial", **choices)


def test_what_if_shows_a_picture_of_its_own_beside_the_sliders(shell: InteractiveShell) -> None:
    cell = Cell(shell, "from billing_tck.jupyter import what_if\nwhat_if()")
    sliders, picture, clauses = cell.data
    assert "application/vnd.jupyter.widget-view+json" in sliders
    assert {"text/html", "image/svg+xml", "text/plain"} <= set(picture)
    assert "application/vnd.jupyter.widget-view+json" not in picture
    assert "→ BC-29  If an invoice is still unpaid after 14 days" in clauses["text/plain"]


def test_sliders_move_the_timeline() -> None:
    story = what_if(
        "Given an organization with an active trial and $300.00 of trial credits\nWhen {days} days pass",
        days=(1, 40, 5),
    )
    pictures: list[str] = []
    box = story.sliders(lambda: pictures.append(story.html()))
    slider, names_for_screen_readers = box.children
    assert "aria-label" in names_for_screen_readers.value
    before = story.html()
    slider.value = 35
    assert pictures != [before]
    assert "stopped" in pictures[0]


@pytest.mark.slow
def test_the_table_of_decisions_is_run_and_states_what_was_seen() -> None:
    table = decisions()
    assert set(table.cells) == {(event, method) for event, what in EVENTS.items() for method in what.methods}
    assert all(method in METHODS for _, method in table.cells)
    assert not any("refused" in said for said in table.cells.values())
    assert table.beside("restart_after_payment=automatic").differing == []
    assert {"AWS", "GCP", "Azure"} <= set(METHODS)
    cancelled = "the subscription is cancelled, nothing used, 36 days pass"
    for method in ("AWS", "GCP", "Azure"):
        assert table.cells[cancelled, method].startswith("data deleted since 17 Feb 2025; service deleted since")
    assert table.beside("marketplace_end=stops_at_end").differing
    assert "does not arise" in table.html()


def test_a_debt_arises_in_the_table_for_every_method_that_can_come_to_one() -> None:
    table = decisions()
    stop, delete = (f"{days} days after the cycle that was not paid" for days in (17, 33))
    indebted = set(METHODS) - {"a trial"}
    for event in (stop, delete):
        assert {method for happens, method in table.cells if happens == event} == indebted
    for method in indebted:
        said = table.cells[stop, method]
        day = 3 if method in {"AWS", "GCP", "Azure"} else 4
        assert said.startswith(
            f"data present; service stopped since {day} Mar 2025; restricted since {day + 14} Feb 2025"
        )
        kept = "commitment" in method
        assert ("data present" if kept else "data deleted since ") in table.cells[delete, method]


@pytest.mark.slow
def test_what_each_reading_changes_is_a_table_of_every_knob_the_most_severe_first() -> None:
    changes = decisions().changes()
    assert {change.knob for change in changes.changes} == {knob.name for knob in session().register.knobs}
    assert not changes.silent
    severities = [change.severity for change in changes.changes]
    assert severities == sorted(severities)
    ended = next(change for change in changes.changes if change.value == "stops_at_end")
    assert ended.was == "it keeps its data until 8 Feb 2025 10:00"
    assert ended.becomes == "it loses its data on 23 Jan 2025 10:00"
    assert ended.when[-1] == "23 Jan 2025: time passes to the next deadline"
    for shown in (changes.plain(), changes.html()):
        assert "data lost" in shown
        assert "it loses its data on 23 Jan 2025 10:00" in shown


def test_a_knob_without_a_row_is_not_said_to_change_nothing() -> None:
    table = replace(reading_table(), silent=("report_lines",))
    for shown in (table.plain(), table.html()):
        assert "This table does not exercise report_lines." in shown


@pytest.mark.slow
def test_each_knob_is_reported_with_how_the_same_scenario_ends_otherwise() -> None:
    changes = what_each_knob_changes()
    assert [one.knob for one in changes.knobs] == list(session().register.knobs)
    for one in changes.knobs:
        assert all(value.about for value in one.values)
        assert all(value.apart for value in one.others), one.knob.name
    exhausted = next(one for one in changes.knobs if one.knob.name == "trial_exhausted")
    (apart,) = exhausted.others[0].apart
    assert (apart.expected, apart.otherwise) == ("the organization's trial is active", "over")
    for shown in (changes.plain(), changes.html()):
        assert apart.name in shown
        assert exhausted.knob.question in shown or "&#x27;" in shown


def test_results_show_themselves_as_html_and_text() -> None:
    run = scenario("BC-08")
    assert isinstance(run[0], ScenarioRun)
    assert "<table" in run.html()
    assert str(len(run)) in run.plain()
    assert run.telling.conforms


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a customer's data is present, another customer's is deleted", 9),
        ("""'a name' "another name" --sut 'stdio:node server.mjs'""", 4),
        ("", 0),
    ],
)
def test_quotes_count_around_whole_words_only(line: str, words: int) -> None:
    found = magics._words(line)
    assert len(found) == words
    assert not any(word.startswith(("'", '"')) for word in found)
