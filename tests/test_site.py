"""`billing-tck site`: pages whose links all lead to pages of the site, a manifest, and a folder that loses nothing.

`python -m tests.browser.site` tests the site in a browser.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import pytest
import yaml

from billing_tck.cli.main import main
from billing_tck.decisions.overview import overview_of
from billing_tck.decisions_file import EXAMPLE, read_decisions
from billing_tck.errors import UsageError
from billing_tck.impact.stored import stored_impact
from billing_tck.reference.oracle import KNOBS
from billing_tck.results.report_file import ReportWriter, load_report
from billing_tck.results.verdicts import Conforms
from billing_tck.site import links
from billing_tck.site.beside import KnobPictures
from billing_tck.site.build import Content, build
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.decision_page import decision_page
from billing_tck.site.difference_page import difference_page
from billing_tck.site.folder import write_site
from billing_tck.site.frame import Frame
from billing_tck.site.guide_files import FOLDER
from billing_tck.site.history import runs_of
from billing_tck.site.implementations import implementations_of
from billing_tck.site.knob_pages import knob_pages
from billing_tck.site.manifest import FILE, read_manifest, site_faults
from billing_tck.site.pictures import Chunks
from billing_tck.site.prose import Linker
from billing_tck.site.report_pages import report_pages
from billing_tck.site.scenario_pages import scenario_pages
from billing_tck.site.sides import parse_sides
from billing_tck.site.specification_diff import BaselineDiff, ReadingsDiff, diff_of
from billing_tck.spec.baseline import render_baseline
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.gherkin_cell import read_cell
from billing_tck.steps.registry import load
from billing_tck.version import __version__

KNOB = "unpaid_clock"
FAULTY = "faulty:stop-after-21-days"


class Links(HTMLParser):
    """The ids of a page, and what its elements lead to or load."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.handlers: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            elif name in {"href", "src", "srcset", "action", "data", "poster"}:
                self.targets.append(str(value))
            elif name.startswith("on") or name == "style":
                self.handlers.append(f"{tag} {name}")


@cache
def catalogue() -> Catalogue:
    """Return a small part of the specification: one clause, one question."""
    suite, register = whole().suite, whole().register
    about = [s for s in suite.scenarios if "BC-29" in s.clauses and all(knob == KNOB for knob, _ in s.reading)]
    some = [*(s for s in about if s.reading), *(s for s in about if not s.reading)][:8]
    knobs = tuple(knob for knob in register.knobs if knob.name == KNOB)
    return Catalogue(replace(suite, scenarios=tuple(some)), replace(register, knobs=knobs))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    assert main(["run", "--sut", FAULTY, "--clause", "BC-29", "--core", "--report", str(folder)]) == 1
    return folder


@pytest.fixture(scope="module")
def site(report: Path) -> Mapping[str, bytes]:
    return build(Content(catalogue(), (load_report(report),)), processes=1)


def pages(site: Mapping[str, bytes]) -> dict[str, Links]:
    return {path: Links(content) for path, content in site.items() if path.endswith(".html")}


def test_every_link_leads_to_a_file_of_the_site_and_to_an_element_that_exists(site: Mapping[str, bytes]) -> None:
    read = pages(site)
    broken = []
    for path, page in read.items():
        for target in page.targets:
            place, _, fragment = target.partition("#")
            file = normpath(join(dirname(path), place)) if place else path
            if file not in site or (fragment and unquote(fragment) not in read[file].ids):
                broken.append(f"{path}: {target}")
    assert broken == []
    assert sum(len(page.targets) for page in read.values()) > 1_000


def test_no_page_loads_anything_from_elsewhere_or_runs_code_of_its_own(site: Mapping[str, bytes]) -> None:
    outside = re.compile(rb"""(?:src|href|action)=["'](?:[a-z]+:|/)""")
    assert [path for path, content in site.items() if path.endswith(".html") and outside.search(content)] == []
    assert [f"{path}: {page.handlers}" for path, page in pages(site).items() if page.handlers] == []
    loading = re.compile(rb"""url\(|@import|https?://(?!www\.w3\.org/)""")
    scripts = [path for path in site if path.endswith((".css", ".svg")) or path == links.SCRIPT]
    assert [path for path in scripts if loading.search(site[path].replace(b"url(#", b""))] == []
    assert all(b"default-src 'self'; base-uri 'none'; form-action 'none'" in site[path] for path in pages(site))


def test_no_page_shows_markup_of_the_kit_as_text(site: Mapping[str, bytes]) -> None:
    shown = re.compile(rb"&lt;/?(?:a|b|p|code|span|div)(?: [a-z-]+=|&gt;)")
    assert [path for path in pages(site) if not path.startswith("guide/") and shown.search(site[path])] == []


def test_ids_are_unique_in_each_page(site: Mapping[str, bytes]) -> None:
    read = pages(site)
    assert [path for path, page in read.items() if len(page.ids) != len(set(page.ids))] == []


def test_each_clause_question_and_scenario_has_a_page_that_says_what_it_is(site: Mapping[str, bytes]) -> None:
    known = catalogue()
    for clause in known.register.clauses:
        assert f"<title>{clause.id}: " in site[links.clause_path(clause.id)].decode()
    for scenario in known.scenarios:
        page = site[links.scenario_path(scenario)].decode()
        assert all(html.escape(str(step)).replace("&#x27;", "&#39;") in page for step in scenario.steps)
    question = site[links.knob_path(KNOB)].decode()
    assert "data lost" in question
    assert "What differs" in question


def test_a_clause_page_has_source_questions_faults_diagram_and_verdict(site: Mapping[str, bytes]) -> None:
    page = site[links.clause_path("BC-29")].decode()
    for expected in (
        "line 25",
        links.knob_path(KNOB),
        "stop-after-21-days",
        links.diagram_path("BC-29"),
        "deviates",
        "If an invoice is still unpaid after 14 days",
    ):
        assert expected in page, expected


def test_the_timelines_of_a_page_are_in_the_file_that_it_names(site: Mapping[str, bytes]) -> None:
    for scenario in catalogue().scenarios:
        page = site[links.scenario_path(scenario)].decode()
        chunk = re.findall(r'data-chunk="(\w+)" data-name="(\w+)"', page)
        assert chunk[0][1] == scenario.fingerprint
        content = unpacked(site[links.picture_path(chunk[0][0])])
        place = content["names"].index(scenario.fingerprint)
        assert all(width[place].startswith("<svg ") for width in content["widths"])
        assert "billed by" in content["texts"][place]


def unpacked(file: bytes) -> dict[str, list[str]]:
    """Return the content of a file of timelines, as the script of the pages reads it."""
    packed = re.fullmatch(r'billingTimelines\("\w+","([A-Za-z0-9+/=]+)"\);\n', file.decode())
    assert packed is not None
    return json.loads(zlib.decompress(base64.b64decode(packed[1])))


def test_the_search_finds_clauses_questions_and_scenarios(site: Mapping[str, bytes]) -> None:
    text = site[links.SEARCH].decode()
    rows = json.loads(text.removeprefix("billingSearch(").removesuffix(");\n"))
    assert {kind for kind, *_ in rows} >= {"clause", "open question", "scenario", "family"}
    assert all(path in site for _, _, path, *_ in rows)
    assert len({path for _, _, path, *_ in rows}) == len(rows)


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    code = "from tests.test_site import digest_of_site; print(digest_of_site())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1


def digest_of_site() -> str:
    """Return a digest of every file of the small site, in order."""
    files = build(Content(catalogue()), processes=1)
    return hashlib.sha256(b"\0".join(path.encode() + b"\0" + content for path, content in files.items())).hexdigest()


def test_the_manifest_finds_a_byte_that_changed_and_a_file_that_is_missing_or_added(
    site: Mapping[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    write_site(folder, site)
    assert main(["verify", str(folder)]) == 0
    assert "baseline" in capsys.readouterr().out
    page = folder / links.clause_path("BC-29")
    content = page.read_bytes()
    page.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    (folder / links.INDEX).unlink()
    (folder / "clauses" / "BC-999.html").write_text("", encoding="utf-8")
    (folder / "empty").mkdir()
    assert set(site_faults(folder, read_manifest(folder))) == {
        "changed: clauses/BC-29.html",
        "missing: index.html",
        "added: clauses/BC-999.html",
        "added: empty/",
    }
    assert main(["verify", str(folder)]) == 1
    assert "4 faults" in capsys.readouterr().err


def test_an_edited_manifest_is_not_trusted(
    site: Mapping[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    write_site(folder, site)
    manifest = folder / FILE
    whole = manifest.read_text(encoding="utf-8")
    digest = json.loads(whole)["files"][links.INDEX]
    for edited in (whole.replace(digest, "0" * 64), whole + " ", whole.replace('"format": 1', '"format": 2'), "{}", ""):
        manifest.write_text(edited, encoding="utf-8")
        assert main(["verify", str(folder)]) == 1
        assert "cannot be trusted" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["a file", "a folder of something else", "a site with a file of someone else"])
def test_a_folder_that_is_not_a_site_of_the_kit_loses_nothing(
    what: str, site: Mapping[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    if what == "a file":
        folder.write_text("mine", encoding="utf-8")
    elif what == "a folder of something else":
        folder.mkdir()
        (folder / "mine.txt").write_text("mine", encoding="utf-8")
    else:
        write_site(folder, site)
        (folder / "mine.txt").write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert main(["site", str(folder)]) == 2
    assert str(folder) in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_site_of_the_kit_is_replaced_whole(site: Mapping[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write_site(folder, site)
    write_site(folder, {FILE: site[FILE], links.INDEX: b"new"})
    assert sorted(path.name for path in folder.rglob("*")) == sorted([FILE, links.INDEX])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]


def test_a_report_that_verify_refuses_is_refused(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = tmp_path / "report.ndjson"
    text = (report / "report.ndjson").read_text(encoding="utf-8")
    edited.write_text(text.replace("stop-after-21-days", "stop-after-14-days"), encoding="utf-8")
    assert main(["site", str(tmp_path / "site"), "--report", str(report), "--report", str(edited)]) == 1
    assert "was edited" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_the_example_of_a_workflow_is_one_that_runs() -> None:
    text = (FOLDER / "site.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (job,) = yaml.safe_load(block)["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[0] == f"pip install 'billing-tck[site]=={__version__}'"
    for command in commands[1:]:
        words = shlex.split(command.partition(" || ")[0])
        assert words[0] == "billing-tck"
        parser = argparse.ArgumentParser()
        importlib.import_module(f"billing_tck.cli.{words[1]}").add_arguments(parser)
        parser.parse_args(words[2:])


BASELINE = tomllib.loads((features_dir() / "set.toml").read_text(encoding="utf-8"))["name"]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("default", "unpaid_clock=until_al_paid", "until_all_paid"),
        ("default", "unpaid_clok=until_all_paid", "unpaid_clock"),
        ("default", BASELINE, "cannot be compared with a baseline"),
        ("default", "2025-01", "expected KNOB=VALUE"),
        ("default", "=", "does not exist"),
    ],
)
def test_sides_that_cannot_be_compared_are_wrong_usage(a: str, b: str, expected: str) -> None:
    with pytest.raises(UsageError, match=re.escape(expected)):
        parse_sides((a, b), whole())


@cache
def whole() -> Catalogue:
    """Return all of the specification."""
    return Catalogue(load_suite(), load_register(features_dir()))


def test_two_sets_of_readings_differ_in_questions_clauses_scenarios_and_consequences(tmp_path: Path) -> None:
    decided = tmp_path / "decisions.toml"
    decided.write_text(
        f'[[decision]]\nknob = "{KNOB}"\nvalue = "until_all_paid"\nwhy = "x"\nowner = "y"\ndate = 2026-11-28\n',
        encoding="utf-8",
    )
    diff = diff_of(parse_sides(("default", str(decided)), whole()), whole())
    assert isinstance(diff, ReadingsDiff)
    assert [(one.knob.name, one.a, one.b) for one in diff.knobs] == [(KNOB, "per_invoice", "until_all_paid")]
    assert {"BC-23", "BC-29", "BC-30", "BC-31"} <= set(diff.clauses)
    assert "BC-02" not in diff.clauses
    for some, value in zip(diff.only, ("per_invoice", "until_all_paid"), strict=True):
        assert some
        assert all((KNOB, value) in scenario.reading for scenario in some)
    assert {str(one.kind) for one in diff.together.consequences} >= {"data lost", "service stopped or refused"}
    page = Frame(whole(), ()).render(difference_page(diff, whole())).decode()
    assert "1 question answered differently" in page
    assert links.clause_path("BC-30") in page


def test_two_baselines_differ_in_what_was_added_removed_and_changed(tmp_path: Path) -> None:
    baseline = whole().suite.baseline
    assert baseline is not None
    some = [s for s in whole().scenarios if s.family == "trial"]
    before = [replace(s, steps=s.steps[:-1]) if s is some[0] else s for s in some[:-1]]
    (tmp_path / "set.toml").write_text(
        render_baseline("old", baseline.on, before, whole().register.clauses[1:]), encoding="utf-8"
    )
    diff = diff_of(parse_sides((str(tmp_path), baseline.name), whole()), whole())
    assert isinstance(diff, BaselineDiff)
    assert diff.names == ("old", baseline.name)
    assert [one.name for one in diff.changed] == [some[0].name]
    assert diff.same == len(some) - 2
    assert len(diff.added) == len(whole().scenarios) - len(some) + 1
    assert diff.removed == ()
    assert diff.clauses_added == (whole().register.clauses[0].id,)
    page = Frame(whole(), ()).render(difference_page(diff, whole())).decode()
    assert links.scenario_path(some[-1]) in page


def test_what_is_decided_is_a_page(tmp_path: Path) -> None:
    file = tmp_path / "decisions.toml"
    file.write_text(EXAMPLE, encoding="utf-8")
    knobs = [knob for knob in whole().register.knobs if knob.name == "marketplace_end"]
    page = decision_page(overview_of(knobs, file.name, read_decisions(file, KNOBS)))
    html_of_page = Frame(whole(), ()).render(page).decode()
    assert "1 decided" in html_of_page
    assert 'href="questions/marketplace_end.html"' in html_of_page


def test_the_page_of_a_question_says_what_is_decided_of_it(tmp_path: Path) -> None:
    file = tmp_path / "decisions.toml"
    file.write_text(EXAMPLE.replace("marketplace_end", KNOB).replace("restricts_at_end", "until_all_paid"), "utf-8")
    knobs = catalogue().register.knobs
    pictures = {KNOB: KnobPictures("", (), {value.name: stored_impact(KNOB, value.name) for value in knobs[0].values})}
    shown = {}
    for decisions in ((), read_decisions(file, KNOBS)):
        overview = overview_of(knobs, file.name, decisions)
        page = next(p for p in knob_pages(catalogue(), pictures, overview) if p.path == links.knob_path(KNOB))
        shown[len(decisions)] = Frame(catalogue(), ()).render(page).decode()
    assert "no decision yet" in shown[0]
    assert "<dt>decided</dt><dd><code>until_all_paid</code> Ada, 28 Nov 2026" in shown[1]


def test_the_runs_of_an_implementation_are_its_history(report: Path, tmp_path: Path) -> None:
    latest = load_report(report)
    before = replace(latest.header, started=latest.header.started - timedelta(days=30))
    with ReportWriter(tmp_path, before) as writer:
        for record in latest.every:
            writer.add(replace(record, verdict=Conforms(), checks=1) if record.failed else record)
        earlier = writer.finish()
    (one,) = implementations_of([latest, earlier, latest])
    assert [run.digest for run in one.runs] == [earlier.digest, latest.digest]
    assert [run.counts["deviates"] for run in runs_of(one.runs)] == [len(latest.new_clauses), 0]
    page = next(page for page in report_pages(whole(), (one,)) if page.path == one.path)
    text = Frame(whole(), ()).render(page).decode()
    assert 'class="trend"' in text
    assert "conforms, now deviates" in text


def test_implementations_with_one_name_have_pages_of_their_own(report: Path) -> None:
    latest = load_report(report)
    others = [replace(latest, header=replace(latest.header, sut=sut), digest=sut) for sut in ("a", "A!", "b")]
    found = implementations_of([latest, *others])
    assert len({one.slug for one in found}) == len({one.title for one in found}) == 4
    assert all(re.fullmatch(r"[a-z0-9-]+", one.slug) for one in found)


def test_a_page_of_the_guide_has_links_to_clauses_and_other_pages(site: Mapping[str, bytes]) -> None:
    green = site["guide/green.html"].decode()
    assert "<table" in green
    assert f'<a href="../{links.knob_path(KNOB)}"><code>{KNOB}</code></a>' in green
    assert 'href="../guide/contract.html"' in site["guide/corpus.html"].decode()
    assert json.loads(site[links.OPENRPC])["openrpc"]


def test_a_page_has_room_for_a_playground_only_where_there_is_one() -> None:
    scenario = catalogue().scenarios[0]
    pages_of = scenario_pages(
        Catalogue(replace(load_suite(), scenarios=(scenario,)), whole().register), Chunks((scenario,)), ()
    )
    (page,) = pages_of
    without, with_runtime = (Frame(catalogue(), (), runtime=runtime).render(page).decode() for runtime in (False, True))
    assert "playground" not in without
    found = re.search(r'<section class="playground" data-scenario="([^"]*)"></section>', with_runtime)
    assert found is not None
    (read,) = read_cell(html.unescape(found[1]), load())
    assert [step.text for step in read.steps] == [step.text for step in scenario.steps]
    assert read.clauses == scenario.clauses


def test_what_an_implementation_says_is_text(report: Path) -> None:
    latest = load_report(report)
    name = "<script>alert(1)</script>\x1b]0;x\x07`x`"
    header = replace(latest.header, implementation=replace(latest.header.implementation, name=name), sut=name)
    (one,) = implementations_of([replace(latest, header=header)])
    frame = Frame(whole(), ())
    for page in report_pages(whole(), (one,)):
        text = frame.render(page).decode()
        assert "<script>alert" not in text
        assert "\x1b" not in text
        assert "&lt;script&gt;alert(1)" in text
    assert re.fullmatch(r"implementations/[a-z0-9-]+\.html", one.path)


def test_prose_has_links_and_code_and_nothing_else() -> None:
    linked = Linker(["BC-29"], ["unpaid_clock"]).linked("<b> BC-29, BC-290 and `unpaid_clock`: `x < y`", "../")
    assert linked == (
        '&lt;b&gt; <a href="../clauses/BC-29.html">BC-29</a>, BC-290 and '
        '<code><a href="../questions/unpaid_clock.html">unpaid_clock</a></code>: <code>x &lt; y</code>'
    )
