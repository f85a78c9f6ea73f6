"""Build a site: every file of it, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from billing_tck.decisions.overview import Overview
from billing_tck.results.aggregate import Report
from billing_tck.site import links
from billing_tck.site.beside import Beside
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.clause_pages import clause_pages, excerpt_of
from billing_tck.site.decision_page import decision_page
from billing_tck.site.difference_page import CHUNK, difference_page, difference_picture
from billing_tck.site.drawing import Timelines, drawing
from billing_tck.site.family_pages import family_pages
from billing_tck.site.frame import Entry, Frame, Page, assets
from billing_tck.site.guide_pages import guide_pages, guide_pictures, openrpc_file
from billing_tck.site.implementations import Implementation, implementations_of
from billing_tck.site.index_pages import index_page
from billing_tck.site.knob_pages import knob_pages
from billing_tck.site.manifest import FILE, render_manifest
from billing_tck.site.measured_pages import measured_pages
from billing_tck.site.notebook_page import notebook_page, notebooks_of
from billing_tck.site.pictures import Chunks
from billing_tck.site.report_pages import badges, report_pages
from billing_tck.site.scenario_pages import scenario_pages
from billing_tck.site.search_index import search_index
from billing_tck.site.specification_diff import BaselineDiff, ReadingsDiff
from billing_tck.situations.coverage import Coverage, coverage_of, walk
from billing_tck.situations.diagram import Diagram, diagram_of
from billing_tck.situations.map_file import load_map
from billing_tck.situations.projections import PROJECTIONS
from billing_tck.situations.svg import render_svg
from billing_tck.spec.requirements import Family
from billing_tck.steps.registry import load
from billing_tck.version import __version__


@dataclass(frozen=True, slots=True)
class Content:
    """What a site is about: the specification, and what is shown beside it.

    `made` is a date for the footer; without one the same input gives the same bytes. `extra` are further files, with
    which scenarios can be run in the browser, and `lab` those with which notebooks can.
    """

    catalogue: Catalogue
    reports: tuple[Report, ...] = ()
    decisions: Overview | None = None
    diff: ReadingsDiff | BaselineDiff | None = None
    made: date | None = None
    extra: Mapping[str, bytes] | None = None
    lab: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class _Material:
    """What the pages are made from."""

    catalogue: Catalogue
    chunks: Chunks
    timelines: Timelines
    coverage: Coverage
    diagrams: Mapping[str, Diagram]
    excerpts: Mapping[str, Diagram]
    implementations: tuple[Implementation, ...]


def build(content: Content, processes: int) -> dict[str, bytes]:
    """Return every file of the site by its path; timelines are drawn in several processes meanwhile."""
    catalogue, chunks = content.catalogue, Chunks(content.catalogue.scenarios)
    with drawing(catalogue, chunks, processes) as timelines:
        coverage = coverage_of(load_map(), walk(catalogue.scenarios, load()))
        diagrams = {name: diagram_of(coverage, name) for name in PROJECTIONS if catalogue.scenarios_in(Family(name))}
        excerpts = dict(_excerpts(catalogue, diagrams))
        implementations = implementations_of(content.reports)
        material = _Material(catalogue, chunks, timelines, coverage, diagrams, excerpts, implementations)
        return _files(content, material)


def _files(content: Content, material: _Material) -> dict[str, bytes]:
    entries, notebooks = _entries(content), notebooks_of(content.lab or {})
    opened = [one.file for one in notebooks]
    frame = Frame(content.catalogue, entries, made=content.made, runtime=bool(content.extra), notebooks=opened)
    picture = None if content.diff is None else difference_picture(content.diff, load())
    beside = None if picture is None else picture[1]
    pages = [
        *_pages(material, _further(content), content.decisions),
        *_given(content, beside),
        *notebook_page(notebooks),
        *guide_pages(frame.linker),
    ]
    files = {page.path: frame.render(page) for page in pages}
    files |= {} if picture is None else {links.picture_path(CHUNK): picture[0].encode()}
    diagrams = {**material.diagrams, **material.excerpts}
    files |= {links.diagram_path(name): render_svg(diagram).encode() for name, diagram in diagrams.items()}
    files |= {links.picture_path(name): one.file.encode() for name, one in material.timelines.knobs().items()}
    files |= {links.picture_path(name): text.encode() for name, text in material.timelines.chunks().items()}
    files |= badges(material.implementations)
    files |= assets()
    files |= guide_pictures()
    files[links.OPENRPC] = openrpc_file()
    files[links.SEARCH] = search_index(pages).encode()
    files |= {**(content.extra or {}), **(content.lab or {})}
    return {**files, FILE: render_manifest(_about(content), files)}


def _given(content: Content, beside: Beside | None) -> Iterator[Page]:
    """Yield the pages of what was given."""
    if content.decisions is not None:
        yield decision_page(content.decisions)
    if content.diff is not None:
        yield difference_page(content.diff, content.catalogue, beside)


def _entries(content: Content) -> tuple[Entry, ...]:
    """Return the navigation; the first page leads to the rest."""
    shown = [Entry("Overview", links.INDEX), Entry("Clauses", links.CLAUSES), Entry("Open questions", links.QUESTIONS)]
    shown += [Entry("What happens when", links.OUTCOMES)]
    shown += [Entry("Implementations", links.MATRIX)] if content.reports else []
    return (*shown, Entry("Guide", links.GUIDE))


def _further(content: Content) -> tuple[Entry, ...]:
    """Return the pages that only the first page leads to."""
    shown = [Entry("Notebooks, to run in the browser", links.NOTEBOOKS)] if content.lab else []
    shown += [Entry("Decisions", links.DECISIONS)] if content.decisions is not None else []
    shown += [Entry("Two specifications", links.DIFFERENCES)] if content.diff is not None else []
    return (*shown, Entry("Coverage of the scenarios", links.COVERAGE), Entry("Glossary", links.GLOSSARY))


def _pages(material: _Material, further: tuple[Entry, ...], decisions: Overview | None) -> Iterator[Page]:
    catalogue, chunks, implementations = material.catalogue, material.chunks, material.implementations
    yield from index_page(catalogue, further, implementations)
    yield from family_pages(catalogue, material.diagrams, implementations)
    yield from clause_pages(catalogue, chunks, material.excerpts, implementations)
    yield from scenario_pages(catalogue, chunks, implementations)
    yield from knob_pages(catalogue, material.timelines.knobs(), decisions)
    yield from report_pages(catalogue, implementations)
    yield from measured_pages(catalogue, material.coverage, material.timelines.outcomes())


def _excerpts(catalogue: Catalogue, diagrams: Mapping[str, Diagram]) -> Iterator[tuple[str, Diagram]]:
    for clause in catalogue.register.clauses:
        if clause.family in diagrams and (found := excerpt_of(diagrams[clause.family], clause)) is not None:
            yield clause.id, found


def _about(content: Content) -> dict[str, object]:
    baseline = content.catalogue.suite.baseline
    return {
        "kit": __version__,
        "baseline": None if baseline is None else {"name": baseline.name, "digest": baseline.digest},
        "features": content.catalogue.suite.digest,
        "made": None if content.made is None else content.made.isoformat(),
        "reports": sorted(report.digest for report in content.reports),
    }
