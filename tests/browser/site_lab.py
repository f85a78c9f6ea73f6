"""Test the notebooks of a site in a real browser: run all cells of some, move a slider, and try to load from elsewhere.

    apt-get install -y chromium nodejs npm && python -m pip install 'billing-tck[lab]' playwright
    python -m tests.browser.site_lab [--pictures DIR] [--site DIR] [--all]

With `--pictures` it also writes screenshots. `--site` names a site with notebooks that was built before. `--all` runs
all notebooks instead of three.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from billing_tck.cli.main import main as billing_tck
from billing_tck.site.lab.bundle import make_lab
from billing_tck.site.links import LAB, NOTEBOOKS, notebook_path
from billing_tck.site.playground.bundle import make_runtime

from .lab import menu, new_cell
from .report import Failures
from .site import WINDOWS, look, on_a_site, served

SOME = ("00-start-here", "unpaid_invoices", "writing-an-adapter")
LONG = 600_000  # milliseconds that a busy machine may take
_ALL = "--all"
_OUTPUTS = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].map((cell) => ({
  prompt: cell.querySelector('.jp-InputArea-prompt').textContent.trim(),
  printed: [...cell.querySelectorAll('[data-mime-type="application/vnd.jupyter.stdout"]')]
    .map((one) => one.textContent).join('').trim(),
  failed: [...cell.querySelectorAll('[data-mime-type$="jupyter.stderr"], [data-mime-type$="jupyter.error"]')]
    .map((one) => one.textContent),
}))"""
_RUN = """() => { const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputArea-prompt')]
  .map((one) => one.textContent.trim());
  return prompts.some((one) => /\\[\\d+\\]:/.test(one)) && !prompts.includes('[*]:'); }"""


@dataclass
class Traffic:
    """What a browser asked for, its workers included, and what went wrong."""

    origin: str
    asked: int = 0
    stopped: int = 0
    noted: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Note the requests of all pages and workers of a context."""
        context.on("request", lambda one: self._request(one.url))
        context.on("requestfailed", self._blocked)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda one: self.noted.append(f"error {one.error}"))

    def _request(self, url: str) -> None:
        self.asked += 1
        if not url.startswith((self.origin, "data:", "blob:")):
            self.noted.append(f"asked {url}")

    def _blocked(self, request: Request) -> None:
        """What the page's policy has stopped was not sent."""
        if request.failure == "csp":
            self.noted.remove(f"asked {request.url}")
            self.stopped += 1

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.noted.append(f"{response.status} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.noted.append(f"console {message.text}")

    def take(self) -> list[str]:
        """Return what was noted since the last time."""
        noted, self.noted = self.noted, []
        return noted


def main() -> int:
    """Build a site with notebooks, run them; 0 where all is right."""
    every = _ALL in sys.argv
    sys.argv[1:] = [word for word in sys.argv[1:] if word != _ALL]
    return on_a_site(__doc__ or "", built, run_every if every else run_some)


def built(folder: Path) -> Path:
    """Build a runtime, a lab and a site with both."""
    make_runtime(folder / "runtime")
    make_lab(folder / "lab")
    words = ["site", str(folder / "site"), "--runtime", str(folder / "runtime"), "--lab", str(folder / "lab")]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert billing_tck(words) == 0
        assert billing_tck(["verify", str(folder / "site")]) == 0
    return folder / "site"


def run_some(browser: Browser, site: Path, pictures: Path | None, failures: Failures) -> None:
    """Run three notebooks, and look at the pages."""
    run(browser, site, SOME, failures)
    with served(site) as origin:
        leads_there(browser, origin, failures)
        use(browser, origin, failures)
        for window in WINDOWS:
            look(browser, origin, [NOTEBOOKS], window, pictures, failures)
            see(browser, origin, window, pictures, failures)


def run_every(browser: Browser, site: Path, _: Path | None, failures: Failures) -> None:
    """Run all notebooks."""
    run(browser, site, sorted(path.stem for path in (site / LAB / "files").glob("*.ipynb")), failures)


def run(browser: Browser, site: Path, names: tuple[str, ...] | list[str], failures: Failures) -> None:
    """Run all cells of notebooks: each ends, none fails, and each prints what it prints with a Python here."""
    of_lab = sum(path.stat().st_size for path in (site / LAB).rglob("*") if path.is_file())
    print(f"        the notebooks have {of_lab / 1e6:.1f} MB")
    with served(site) as origin:
        for name in names:
            with opened(browser, origin) as (page, traffic):
                run_all(page, origin, name, site, failures)
                failures.check(not (noted := traffic.take()), f"{traffic.asked} requests, none elsewhere {noted[:5]}")


def run_all(page: Page, origin: str, name: str, site: Path, failures: Failures) -> None:
    """Open a notebook and run all cells."""
    began = time.perf_counter()
    open_notebook(page, origin, name)
    shown = time.perf_counter() - began
    menu(page, "Run", "Run All Cells")
    page.wait_for_function(_RUN, timeout=LONG)
    seconds = time.perf_counter() - began
    stored = json.loads((site / LAB / "files" / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    found = page.evaluate(_OUTPUTS)
    wrong = [f"cell {n}: {one['failed'][0][-200:]}" for n, one in enumerate(found) if one["failed"]]
    wrong += [f"cell {n} was not run" for n, one in enumerate(found) if one["prompt"] != f"[{n + 1}]:"]
    for cell, one in zip(cells, found, strict=True):
        if cell["execution_count"] is not None and one["printed"] != (expected := printed(cell)):
            wrong.append(f"{cell['id']} printed {one['printed'][:80]!r}, not {expected[:80]!r}")
    claims = sum(one["printed"].count("✓") for one in found)
    said = f"{name}: {len(found)} cells, {claims} claims hold, shown after {shown:.0f} s, run after {seconds:.0f} s"
    failures.check(not wrong and claims > 0, f"{said} {wrong[:3] or ''}")


def printed(cell: dict[str, list[dict[str, object]]]) -> str:
    """Return what a stored cell has printed."""
    texts = [output["text"] for output in cell["outputs"] if output["output_type"] == "stream"]
    return "".join(text if isinstance(text, str) else "".join(map(str, text)) for text in texts).strip()  # type: ignore[call-overload]


@contextlib.contextmanager
def opened(browser: Browser, origin: str, **options: object):  # type: ignore[no-untyped-def]
    """Open a page of a new visitor, whose traffic is watched."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    traffic = Traffic(origin)
    traffic.watch(context)
    try:
        yield context.new_page(), traffic
    finally:
        context.close()


def open_notebook(page: Page, origin: str, name: str) -> None:
    """Open a notebook, and wait until its kernel is known: an earlier "Run All" is lost."""
    page.goto(origin + notebook_path(f"{name}.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-Cell >> visible=true", timeout=LONG)
    page.wait_for_selector("text=Python (Pyodide)", state="attached", timeout=LONG)
    page.wait_for_timeout(1_000)


def leads_there(browser: Browser, origin: str, failures: Failures) -> None:
    """The first page leads to the notebooks, and a link there opens one."""
    with opened(browser, origin) as (page, traffic):
        page.goto(origin)
        page.get_by_role("link", name="Notebooks").click()
        page.get_by_role("link", name="JupyterLab").click()
        page.wait_for_selector(".jp-DirListing-item", timeout=LONG)
        page.go_back()
        page.get_by_role("link", name="The trial").first.click()
        page.wait_for_selector(".jp-Notebook .jp-Cell >> visible=true", timeout=LONG)
        title = page.locator(".jp-Notebook h1").first.inner_text()
        failures.check("rial" in title and not (noted := traffic.take()), f"a link opens {title!r}, {noted[:3]}")


def use(browser: Browser, origin: str, failures: Failures) -> None:
    """Move a slider, complete a step and a name, and try what a browser cannot or must not do."""
    with opened(browser, origin, viewport={"width": 1400, "height": 1000}) as (page, traffic):
        open_notebook(page, origin, "writing-an-adapter")
        typed(page, "%load_ext billing_tck\nfrom billing_tck.jupyter import what_if\nwhat_if()")
        page.wait_for_selector(".widget-slider .noUi-handle", timeout=LONG)
        before = page.locator(".jp-OutputArea .billing-timelines").last.inner_html()
        page.locator(".widget-slider .noUi-handle").first.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.wait_for_function(
            """(before) => {
              const found = [...document.querySelectorAll('.jp-OutputArea .billing-timelines')];
              return found.at(-1)?.innerHTML !== before; }""",
            arg=before,
            timeout=LONG,
        )
        failures.check(True, "a slider redraws the timeline")
        failures.check(not (noted := traffic.take()), f"widgets load nothing from elsewhere {noted[:3]}")
        found = typed(page, "%sut stdio:python3 adapter.py")
        failures.check("cannot start processes" in found and "Traceback" not in found, f"a process: {found[:90]!r}")
        found = typed(page, "from pyodide.http import pyfetch\nawait pyfetch('https://example.org/data.json')")
        failures.check("load nothing from elsewhere" in found, f"a request elsewhere: {found[-120:]!r}")
        found = typed(page, "from pyodide.http import open_url\nopen_url('https://example.org/data.json')")
        failures.check("load nothing from elsewhere" in found, f"the same in another way: {found[-120:]!r}")
        found = typed(page, "%pip install requests")
        failures.check("PyPI fallback is disabled" in found, f"a package: {found[-120:]!r}")
        found = typed(page, "from IPython.display import HTML\nHTML('<img src=https://example.org/a.png>')")
        asked = [one for one in traffic.take() if one.startswith("asked")]
        failures.check(
            not asked and traffic.stopped > 0, f"what a cell tries to load from elsewhere is not asked for {asked[:3]}"
        )


def typed(page: Page, text: str) -> str:
    """Run a new cell at the end of the notebook; return what it shows."""
    new_cell(page)
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(_RUN, timeout=LONG)
    page.wait_for_timeout(1_000)
    shown = page.locator(".jp-Notebook .jp-CodeCell:has(.jp-OutputArea-output)").last.locator(".jp-OutputArea").first
    return shown.text_content() or ""


def see(browser: Browser, origin: str, window: tuple[int, str], pictures: Path | None, failures: Failures) -> None:
    """Look at a notebook in a window: it is readable, in the colours of the system."""
    width, scheme = window
    viewport = {"width": width, "height": 1000}
    with opened(browser, origin, viewport=viewport, color_scheme=scheme) as (page, traffic):
        open_notebook(page, origin, "trial")
        page.wait_for_timeout(1_000)
        theme = page.locator("body").get_attribute("data-jp-theme-light")
        text = page.locator(".jp-Notebook p").first.bounding_box() or {"width": 0}
        wrong = [*traffic.take()]
        wrong += [f"theme {theme}"] if (theme == "true") != (scheme == "light") else []
        wrong += [f"text of {text['width']:.0f} pixels"] if text["width"] < 150 else []
        failures.check(not wrong, f"a notebook in {width}, {scheme} {wrong[:4] or ''}")
        if pictures is not None:
            page.screenshot(path=pictures / f"lab-{width}-{scheme}.png")


if __name__ == "__main__":
    raise SystemExit(main())
