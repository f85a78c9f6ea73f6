"""Where each page of the site is: paths relative to its root."""

from __future__ import annotations

from billing_tck.spec.gherkin import Scenario

INDEX = "index.html"
CLAUSES = "clauses.html"
QUESTIONS = "questions.html"
MATRIX = "matrix.html"
OUTCOMES = "outcomes.html"
COVERAGE = "coverage.html"
DECISIONS = "decisions.html"
DIFFERENCES = "differences.html"
GUIDE = "guide.html"
GLOSSARY = "guide/glossary.html"
OPENRPC = "guide/openrpc.json"
STYLE, SCRIPT, ICON = "assets/site.css", "assets/site.js", "assets/icon.svg"
PLAYGROUND = "playground/playground.js"
NOTEBOOKS, LAB = "notebooks.html", "lab"
SEARCH = "assets/search-index.js"


def clause_path(clause: str) -> str:
    """Return the page of a clause."""
    return f"clauses/{clause}.html"


def family_path(family: str) -> str:
    """Return the page of a rule family."""
    return f"families/{family}.html"


def knob_path(knob: str) -> str:
    """Return the page of an open question."""
    return f"questions/{knob}.html"


def scenario_path(scenario: Scenario) -> str:
    """Return the page of a scenario: a permalink, which stays as long as its text does."""
    return f"scenarios/{scenario.fingerprint}.html"


def guide_path(name: str) -> str:
    """Return a page of the guide."""
    return f"guide/{name}.html"


def notebook_path(name: str) -> str:
    """Return the address of the page of one notebook; it needs a server."""
    return f"{LAB}/notebooks/index.html?path={name}"


def diagram_path(name: str) -> str:
    """Return the picture of a state diagram."""
    return f"diagrams/{name}.svg"


def picture_path(chunk: str) -> str:
    """Return the file of a chunk of timelines."""
    return f"timelines/{chunk}.js"


def root_of(path: str) -> str:
    """Return what leads from a page to the root of the site: `../` for each folder."""
    return "../" * path.count("/")


def relative(path: str, page: str) -> str:
    """Return the shortest link from a page to a file of the site."""
    here, there = page.rpartition("/")[0], path.rpartition("/")
    return there[2] if here == there[0] else root_of(page) + path
