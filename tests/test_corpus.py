"""The corpus: its file, what it covers, that it is fair, that it finds faults, and how a run reports it."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_reference import build
from billing_tck.cli.main import main
from billing_tck.connect import open_unfrozen
from billing_tck.corpus.corpus_file import CorpusFile, Numbered, corpus_path, load_corpus, load_head, save_corpus
from billing_tck.corpus.coverage import reach_of, steps_of
from billing_tck.corpus.execution import play_here, subject_for
from billing_tck.corpus.gherkin import render_history
from billing_tck.corpus.openings import CorpusOpenings
from billing_tck.corpus.play import HistoryPlayed, play_chunk, play_history
from billing_tck.corpus.reduction import reduced
from billing_tck.drivers import Driver
from billing_tck.engine.runner import describe
from billing_tck.errors import KitError
from billing_tck.explorer import comparator
from billing_tck.explorer.campaign import explore
from billing_tck.explorer.history import History, command, wait
from billing_tck.explorer.runner import Subject
from billing_tck.explorer.scenario_names import NotExpressible
from billing_tck.explorer.tolerance import ALL_FIELDS
from billing_tck.explorer.visits import transitions_of
from billing_tck.reference.catalogue import catalogue
from billing_tck.situations.map_file import load_map

from .lawful_readings import LAWFUL_READINGS
from .sampling import sampled

HERE = Path(__file__).parent
JAVASCRIPT = f"stdio:node {HERE / 'third_party' / 'javascript' / 'server.mjs'} --stdio"
STDIO = f"stdio:{sys.executable} -m billing_tck serve --stdio"
SAMPLE = 150  # every so many histories are played in the tests that are not slow


@cache
def stored() -> CorpusFile:
    return load_corpus()


def sample(step: int = SAMPLE) -> Sequence[Numbered]:
    return stored().histories[::step]


def played(
    sut: str, histories: Sequence[Numbered] | None = None, *, declared: Mapping[str, str] | None = None
) -> list[HistoryPlayed]:
    with open_unfrozen(sut) as driver:
        description = describe(driver)
        if declared is not None:
            description = replace(description, readings=declared)
        return list(play_here(sample() if histories is None else histories, driver, description))


def failed(found: Sequence[HistoryPlayed]) -> list[HistoryPlayed]:
    return [one for one in found if one.failure is not None]


# The file


def test_the_file_says_what_it_holds() -> None:
    corpus, known = stored(), load_map()
    assert corpus.head.map == known.digest
    assert corpus.head.transitions == len(known.transitions)
    assert corpus.head.situations == len(known.situations)
    assert corpus.head.histories == len(corpus.histories)
    assert [one.number for one in corpus.histories] == list(range(1, corpus.head.histories + 1))
    assert corpus.head.commands == sum(len(one.history.commands) for one in corpus.histories)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_corpus_covers_the_whole_map() -> None:
    corpus, known = stored(), load_map()
    reach = reach_of(corpus.histories)
    assert reach.every >= known.transitions.keys()
    assert len(reach.compared & known.transitions.keys()) == corpus.head.compared


def test_without_a_region_the_corpus_does_not_cover_the_map(tmp_path: Path) -> None:
    """What is removed by hand is found by the digest, and where that is written again, by the measurement."""
    corpus = stored()
    kept = [one for one in corpus.histories if all(c.method != "grant_extension" for c in one.history.commands)]
    assert 0 < len(kept) < len(corpus.histories)
    lines = corpus_path().read_text(encoding="utf-8").splitlines()
    cut = tmp_path / "cut.ndjson"
    cut.write_text("\n".join(lines[: len(lines) // 2]) + "\n", encoding="utf-8")
    with pytest.raises(KitError, match="does not have its digest"):
        load_corpus(cut)
    missing = {step for step in load_map().transitions if step.label == "grant_extension"}
    assert missing
    assert not reach_of(kept[::SAMPLE]).every & missing


def test_a_corpus_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "corpus" / "corpus.ndjson"
    histories = sample()
    head = save_corpus(
        replace(stored().head, histories=len(histories), commands=commands_of(histories)), histories, path
    )
    read = load_corpus(path)
    assert read.head == head == load_head(path)
    assert read.histories == tuple(histories)
    assert read.histories[0].history == stored().histories[0].history


def commands_of(histories: Sequence[Numbered]) -> int:
    return sum(len(one.history.commands) for one in histories)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "the head of the corpus cannot be read"),
        ("{}", "the head of the corpus cannot be read"),
        ("[1]", "the head of the corpus cannot be read"),
        ("nothing", "the head of the corpus cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_corpus_is_refused(lines: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus.ndjson"
    if lines is not None:
        path.write_text(lines, encoding="utf-8")
    with pytest.raises(KitError, match=said):
        load_corpus(path)


# Each history


def test_histories_are_short_and_begin_with_an_organization() -> None:
    for one in stored().histories:
        assert 0 < len(one.history.commands) <= 36, one.place
        assert one.history.commands[0].method in {"create_organization", "register_user"}, one.place


def test_a_history_is_printed_as_gherkin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "corpus:1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Scenario: corpus:1\n  Given it is 9 January 2025 at 10:00\n")
    assert "\n  Then " in said
    assert main(["show", "corpus:0"]) == 2
    assert "'corpus:0' does not exist; the corpus has histories 1 to" in capsys.readouterr().err


def test_a_sample_of_histories_can_be_printed() -> None:
    assert all(len(render_history(one)) > 3 for one in sample())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_history_can_be_printed() -> None:
    without_words = [one.number for one in stored().histories if not has_words(one)]
    assert len(without_words) <= 10, without_words


def has_words(history: Numbered) -> bool:
    try:
        return len(render_history(history)) > 3
    except NotExpressible:
        return False


def test_what_another_history_covers_is_left_out() -> None:
    histories = sample(1000)
    twice = [*histories, *histories]
    less = reduced(twice, load_map().transitions)
    assert commands_of(less) <= commands_of(histories)
    on_map = load_map().transitions.keys()
    assert reach_of(less).every & on_map == reach_of(twice).every & on_map


# Judging


@pytest.mark.parametrize("readings", sampled(LAWFUL_READINGS, 3))
def test_nothing_is_found_against_the_reference(readings: str) -> None:
    found = played(f"reference:{readings}" if readings else "reference")
    assert not failed(found)
    assert len(found) == len(sample())
    assert sum(one.command_count for one in found) > len(found) * 3


def test_undeclared_readings_are_inferred_for_all_histories_together() -> None:
    sut = "reference:cycle_anchor=tier,marketplace_end=stops_at_end"
    assert not failed(played(sut, declared={}))


class TwoFaced:
    """Follows other readings after every second reset."""

    def __init__(self, drivers: Sequence[Driver]) -> None:
        self._drivers = [*drivers]

    def call(self, method: str, params: Mapping[str, object]) -> object:
        if method == "reset":
            self._drivers.append(self._drivers.pop(0))
        return self._drivers[0].call(method, params)


@pytest.mark.slow
def test_an_implementation_that_follows_a_reading_only_sometimes_fails() -> None:
    """Each history alone is explained by some value; two of them together are not."""
    sut, wrong = "reference:marketplace_end=stops_at_end", {"marketplace_end": "restricts_at_end"}
    telling = [one for one in sample(20) if failed(played(sut, [one], declared=wrong))]
    assert not failed(played(sut, telling, declared={}))
    assert not failed(played("reference", telling, declared={}))
    with open_unfrozen("reference") as one, open_unfrozen(sut) as other:
        description = replace(describe(one), readings={})
        found = [
            failed(list(play_chunk(pair, Subject(TwoFaced([one, other]), description, timedelta()))))
            for pair in zip(telling, reversed(telling), strict=True)
        ]
    assert any(found)


@pytest.mark.node
@pytest.mark.parametrize("reading", sampled(["deadline_instant=after", "marketplace_end=stops_at_end", ""], 3))
def test_nothing_is_found_against_an_independent_implementation(reading: str) -> None:
    assert not failed(played(f"{JAVASCRIPT} --reading {reading}" if reading else JAVASCRIPT))


@pytest.mark.node
def test_what_an_independent_implementation_breaks_is_found() -> None:
    assert failed(played(f"{JAVASCRIPT} --broken thirty-day-cycle"))


FAULTS = ("trial-of-33-days", "stop-after-21-days", "no-deletion-after-trial", "extension-ignored", "fee-not-reported")


@pytest.mark.parametrize("fault", sampled(FAULTS, 2))
def test_a_mistake_is_found_and_a_weaker_comparator_finds_nothing(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history finds it, and finds nothing where what it shows is not compared."""
    found = failing(fault)
    assert found.failure is not None
    (difference, *_) = found.failure.played.differences
    history = [one for one in stored().histories if one.number == found.number]
    assert failed(played(f"faulty:{fault}", history))
    if difference.field == "outcome":
        monkeypatch.setattr(comparator, "_outcome", lambda _: "done")
    monkeypatch.setattr(comparator, "open_fields", lambda *_: ALL_FIELDS)
    weaker = failed(played(f"faulty:{fault}", history))
    assert [one.failure.played.differences for one in weaker if one.failure] != [found.failure.played.differences]


def test_a_call_whose_outcome_is_open_is_not_made() -> None:
    second = command("start_trial", organization="Acme", credits=Decimal(300))
    history = replace(
        sample()[0].history,
        commands=(
            command("create_organization", ("Acme", "Ada"), name="Acme"),
            second,
            second,
            wait(timedelta(days=1)),
        ),
    )
    (found,) = played("reference", [Numbered(1, history)])
    assert (found.command_count, found.failure) == (3, None)


def test_calls_of_undeclared_capabilities_are_not_made() -> None:
    with open_unfrozen("reference") as driver:
        described = describe(driver)
        bare = replace(described, capabilities=())
        found = list(play_here(sample(), driver, bare))
    assert not failed(found)
    assert sum(one.command_count for one in found) < commands_of(sample())


# A run


def in_process() -> object:
    return build(readings={}, clock=lambda: datetime.now(UTC))


def run(*words: str) -> int:
    return main(["run", "--clause", "BC-02", *words])


def test_a_run_with_the_corpus_counts_it_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--report", str(tmp_path / "without")) == 0
    assert "Corpus" not in capsys.readouterr().out
    assert run("--corpus", "1-10", "--report", str(tmp_path / "with")) == 0
    said = capsys.readouterr().out
    assert f"corpus     corpus-1: 10 of {stored().head.histories:,} histories" in said
    assert "Corpus: 10 histories, nothing deviates." in said
    without, summary = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("without", "with"))
    corpus = summary.pop("corpus")
    assert without == summary
    assert (corpus["histories"], corpus["conforms"], corpus["findings"]) == (10, 10, [])
    assert main(["verify", str(tmp_path / "with")]) == 0


def test_what_the_corpus_finds_is_in_every_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = failing("stop-after-21-days").number
    report = tmp_path / "report"
    sut = ("--sut", "faulty:stop-after-21-days")
    assert run("--corpus", str(number), "--report", str(report), *sut) == 1
    said = capsys.readouterr().out
    assert "BC-29  corpus:" in said
    assert "    Scenario: " in said
    assert "Corpus: 1 of 1 history deviates." in said
    summary = json.loads((report / "summary.json").read_text())
    (finding,) = summary["corpus"]["findings"]
    assert summary["exit_status"] == 1
    assert (summary["deviates"], finding["verdict"]) == (0, "deviates")
    assert "BC-29" in finding["clauses"]
    suites = {suite.get("name"): suite for suite in ElementTree.parse(report / "junit.xml").getroot()}
    assert suites["corpus"].get("failures") == "1"
    assert f"corpus:{number}" in (report / "report.html").read_text()
    assert f"corpus:{number}" in (report / "summary.md").read_text()
    assert main(["verify", str(report)]) == 0
    path = tmp_path / "features" / finding["path"]
    path.parent.mkdir(parents=True)
    path.write_text(finding["feature"], encoding="utf-8")
    assert main(["run", "--features", str(path), *sut]) == 1
    assert main(["run", "--features", str(path)]) == 0


def failing(fault: str) -> HistoryPlayed:
    """Return a history that finds a fault."""
    with closing(open_unfrozen(f"faulty:{fault}")) as driver:
        return next(one for one in play_here(sample(9), driver, describe(driver)) if one.failure is not None)


def test_the_numbers_of_an_edited_corpus_row_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--corpus", "1", "--report", str(tmp_path)) == 0
    path = tmp_path / "report.ndjson"
    path.write_text(path.read_text().replace('"conforms": 1, "deviates": 0', '"conforms": 0, "deviates": 1'))
    assert main(["verify", str(tmp_path)]) == 1
    assert "the findings have" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["x", "0", "1-", "-1", "999999", "5-1", "9" * 5000])
def test_histories_that_do_not_exist_are_wrong_usage(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(f"--corpus={asked}") == 2
    assert "--corpus" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--sut", STDIO], id="stdio"),
        pytest.param(["--workers", "2"], id="workers"),
        pytest.param(["--sut", "python:tests.test_corpus:in_process"], id="isolated", marks=pytest.mark.slow),
    ],
)
def test_every_way_to_connect_plays_the_corpus(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--corpus", "1-30", *words) == 0
    assert "Corpus: 30 histories, nothing deviates." in capsys.readouterr().out


# Exploring along the map


class Nowhere:
    """Openings that give no history: everything is random, and the transitions are counted."""

    def history(self, seed: str, number: int) -> History | None:
        return None


def test_the_map_leads_the_explorer_to_several_times_as_many_transitions() -> None:
    known = load_map().transitions.keys()
    free = explore("reference", seed="0", examples=20, openings=Nowhere()).outcome
    led = explore("reference", seed="0", examples=40, openings=CorpusOpenings()).outcome
    assert led.command_count <= free.command_count * 1.1
    assert len(led.transitions & known) >= 2 * len(free.transitions & known) > 0


def test_a_seed_explores_along_the_map_in_the_same_way() -> None:
    one, again = (explore("reference", seed="7", examples=10, openings=CorpusOpenings()).outcome for _ in range(2))
    assert (one.command_count, one.transitions) == (again.command_count, again.transitions)


def test_visits_are_those_that_the_map_sees() -> None:
    for numbered, steps in steps_of(sample(400)):
        if numbered.open_from is None:
            with open_unfrozen("reference") as driver:
                history = play_history(subject_for(driver, describe(driver)), numbered.history)
            assert transitions_of(history.answers) == {one for step in steps for one in step}


def test_the_command_says_how_much_of_the_map_was_visited(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--map", "--sut", "reference", "--examples", "2"]) == 0
    assert f" of {len(load_map().transitions):,} transitions of the map (" in capsys.readouterr().out


def test_each_fault_that_the_corpus_does_not_find_is_one_and_the_page_gives_their_number() -> None:
    reasons = tomllib.loads((HERE / "corpus_proof" / "not_caught.toml").read_text(encoding="utf-8"))
    listed = [name for names in reasons.values() for name in names]
    known = {one.name for one in catalogue()}
    assert len(listed) == len(set(listed))
    assert set(listed) <= known
    page = (files("billing_tck") / "docs" / "corpus.md").read_text(encoding="utf-8")
    assert f"finds {len(known) - len(listed)} of the {len(known)} faults" in page
    assert f"The other {len(listed)} and the reason" in page
