"""Test a site in a real browser: every kind of page in three widths, light and dark, from a server and from a disk.

    apt-get install -y chromium && python -m pip install playwright
    python -m tests.browser.site [--pictures DIR] [--site DIR]

With `--pictures` it also writes screenshots. `--site` names a site that was built before, with reports.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import io
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from billing_tck.cli.main import main as billing_tck
from billing_tck.decisions_file import EXAMPLE
from billing_tck.results.report_file import ReportWriter, load_report

from ..test_site import Links
from .axe import badly_drawn, serious
from .lab import chromium
from .report import Failures

WINDOWS = ((390, "light"), (900, "light"), (1400, "light"), (390, "dark"), (1400, "dark"))
RUNS = ("reference", "faulty:stop-after-21-days")


@dataclass
class Watched:
    """What pages asked for, and what they said that they should not have said."""

    origin: str
    asked: int = 0
    noted: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note everything of a page."""

        def request(request: Request) -> None:
            self.asked += 1
            if not request.url.startswith(self.origin):
                self.noted.append(f"asked {request.url}")

        page.on("request", request)
        page.on("response", lambda one: self.noted.append(f"{one.status} {one.url}") if one.status >= 400 else None)
        page.on("requestfailed", lambda one: self.noted.append(f"failed {one.url}"))
        page.on("console", lambda message: self.noted.append(f"console {message.text}"))
        page.on("pageerror", lambda error: self.noted.append(f"error {error}"))

    def take(self) -> list[str]:
        """Return what was noted since the last time."""
        noted, self.noted = self.noted, []
        return noted


def main() -> int:
    """Build a site, look at it; 0 where all is right."""
    return on_a_site(__doc__ or "", built, look_at)


def on_a_site(
    purpose: str, build: Callable[[Path], Path], test: Callable[[Browser, Path, Path | None, Failures], object]
) -> int:
    """Test a site that the command line names, or one that is built in a folder, in Chromium; 0 where all is right."""
    parser = argparse.ArgumentParser(description=purpose.partition("\n")[0])
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="leave pictures of the pages there")
    parser.add_argument("--site", type=Path, metavar="DIR", help="test this site, instead of building one")
    args = parser.parse_args()
    browser_path = chromium()
    if browser_path is None:
        print("there is no chromium: apt-get install chromium, or name it in CHROMIUM", file=sys.stderr)
        return 2
    failures = Failures()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = args.site or build(Path(folder))
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        test(browser, site, args.pictures, failures)
        browser.close()
    print(f"{len(failures)} wrong" if failures else "all right")
    return 1 if failures else 0


def look_at(browser: Browser, site: Path, pictures: Path | None, failures: Failures) -> None:
    """Look at pages of every kind, from a server and from a disk."""
    links_lead_somewhere(site, failures)
    with served(site) as origin:
        kinds = samples(site)
        for window in WINDOWS:
            look(browser, origin, kinds, window, pictures, failures)
        with opened(browser, origin) as (page, watched):
            every_scenario_has_a_timeline(page, origin, site, failures)
            use(page, origin, failures)
            failures.check(not (noted := watched.take()), f"{watched.asked} requests, none elsewhere {noted[:5]}")
        without_script(browser, origin, failures)
    from_a_disk(browser, site, failures)


def built(folder: Path) -> Path:
    """Build a site with two runs of one implementation, one of another, decisions, and a comparison."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for name, sut in zip(("one", "two"), RUNS, strict=True):
            billing_tck(["run", "--sut", sut, "--report", str(folder / name)])
        earlier(folder / "two", folder / "before")
        (folder / "decisions.toml").write_text(EXAMPLE, encoding="utf-8")
        words = [word for name in ("one", "two", "before") for word in ("--report", str(folder / name))]
        words += ["--decisions", str(folder / "decisions.toml")]
        words += ["--diff", "default", "unpaid_clock=until_all_paid,marketplace_end=stops_at_end"]
        assert billing_tck(["site", str(folder / "site"), *words]) == 0
    return folder / "site"


def earlier(report: Path, folder: Path) -> None:
    """Write the same report again as one of a month before, in which half of the deviations are left out."""
    read = load_report(report)
    with ReportWriter(folder, replace(read.header, started=read.header.started - timedelta(days=30))) as writer:
        for record in read.every:
            writer.add(record)
        writer.finish()


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder as a plain server does; yield its address."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


def links_lead_somewhere(site: Path, failures: Failures) -> None:
    """Every link of every page leads to a file of the site, and to an element that exists."""
    read = {path.relative_to(site).as_posix(): Links(path.read_bytes()) for path in site.rglob("*.html")}
    broken, count = [], 0
    for path, page in read.items():
        for target in page.targets:
            count += 1
            place, _, fragment = target.partition("#")
            file = normpath(join(dirname(path), place)) if place else path
            if not (site / file).is_file() or (fragment and unquote(fragment) not in read[file].ids):
                broken.append(f"{path}: {target}")
    failures.check(not broken, f"{count:,} links of {len(read):,} pages lead somewhere {broken[:5]}")


def samples(site: Path) -> list[str]:
    """Return some pages of each kind: those at the top, and of each folder the first, the longest and the last."""
    found = [path.name for path in sorted(site.glob("*.html"))]
    for folder in sorted(path for path in site.iterdir() if path.is_dir()):
        pages = sorted(folder.glob("*.html"))
        if pages:
            longest = max(pages, key=lambda path: path.stat().st_size)
            some = dict.fromkeys((pages[0], longest, pages[-1]))
            found += [path.relative_to(site).as_posix() for path in some]
    return found


@contextlib.contextmanager
def opened(browser: Browser, origin: str, **options: object) -> Iterator[tuple[Page, Watched]]:
    """Open a page that is watched."""
    context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
    page, watched = context.new_page(), Watched(origin)
    watched.watch(page)
    try:
        yield page, watched
    finally:
        context.close()


def look(  # noqa: PLR0917
    browser: Browser, origin: str, paths: list[str], window: tuple[int, str], pictures: Path | None, failures: Failures
) -> None:
    """Look at pages: no error, nothing wider than the window, nothing serious for axe, timelines whole."""
    width, scheme = window
    print(f"{width}, {scheme}")
    viewport = {"width": width, "height": 1000}
    with opened(browser, origin, viewport=viewport, color_scheme=scheme, bypass_csp=True) as (page, watched):
        for path in paths:
            page.goto(origin + path)
            entries = page.locator("main details.entry > summary")
            for number in range(min(entries.count(), 2)):
                entries.nth(number).click()
            page.evaluate(
                "document.querySelectorAll('figure.timeline').forEach((one, n) => n < 3 && one.scrollIntoView())"
            )
            page.wait_for_timeout(400)
            page.evaluate("scrollTo(0, 0)")
            wide = page.evaluate("document.documentElement.scrollWidth")
            wrong = [*watched.take(), *serious(page), *badly_drawn(page)]
            wrong += [f"as wide as {wide}"] if wide > width else []
            failures.check(not wrong, f"{path} {wrong[:4] or ''}")
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=pictures / f"{path.replace('/', '-').removesuffix('.html')}-{width}-{scheme}.png")


def every_scenario_has_a_timeline(page: Page, origin: str, site: Path, failures: Failures) -> None:
    """One scenario of each file of timelines is drawn."""
    seen: dict[str, str] = {}
    for path in sorted((site / "scenarios").glob("*.html")):
        chunk = path.read_text(encoding="utf-8").partition('data-chunk="')[2].partition('"')[0]
        seen.setdefault(chunk, path.name)
    missing = []
    for name in seen.values():
        page.goto(f"{origin}scenarios/{name}")
        try:
            page.wait_for_selector("figure.timeline svg:visible", timeout=5_000)
        except Exception:
            missing.append(name)
    failures.check(not missing, f"{len(seen)} files of timelines are drawn {missing[:5]}")


def use(page: Page, origin: str, failures: Failures) -> None:
    """Search, follow a permalink, read a mark with the keyboard, and print."""
    page.goto(origin)
    page.fill("#words", "what happens to data after a cancelled subscription")
    page.wait_for_selector("#results li a")
    first = page.locator("#results li").first.inner_text()
    failures.check("BC-46" in first, f"a question finds its clause first: {first}, of {page.inner_text('#found')}")
    page.fill("#words", "bc-29")
    page.wait_for_function("document.querySelector('#results li a')?.textContent.includes('BC-29')")
    page.press("#words", "Enter")
    page.wait_for_url("**/clauses/BC-29.html")
    failures.check("14 days" in page.inner_text("h1"), "the id of a clause leads to its page")
    page.goto(f"{origin}matrix.html")
    page.locator("td.cell.deviates a").first.click()
    page.wait_for_url("**/implementations/*")
    fragment = urlsplit(page.url).fragment
    failures.check(
        page.locator(f"[id='{fragment}']:target").count() == 1, f"a cell leads to what was observed ({fragment})"
    )
    page.locator(f"[id='{fragment}'] a.permalink").click()
    page.wait_for_url("**/matrix.html#*")
    failures.check(page.locator("td:target").count() == 1, "and back to the cell, by its address")
    page.goto(f"{origin}clauses/BC-29.html")
    page.locator("details.entry > summary").first.click()
    page.wait_for_selector("figure.timeline .billing-mark:visible")
    page.locator("figure.timeline .billing-mark:visible").first.focus()
    failures.check(
        bool(page.locator("figure.timeline .note").first.inner_text()), "the text of a mark that has the focus is shown"
    )
    page.emulate_media(media="print")
    failures.check(page.is_hidden(".top") and page.is_visible("h1"), "on paper there is no navigation")
    page.emulate_media(media="screen")


def without_script(browser: Browser, origin: str, failures: Failures) -> None:
    """Everything but the pictures can be read."""
    with opened(browser, origin, java_script_enabled=False) as (page, _):
        page.goto(f"{origin}clauses/BC-29.html")
        readable = page.is_visible("h1") and page.is_visible("nav") and page.locator("pre.gherkin").count() > 0
        failures.check(readable and not page.locator("#words").count(), "it reads without script")


def from_a_disk(browser: Browser, site: Path, failures: Failures) -> None:
    """Opened as files, the pages look and work as from a server."""
    with opened(browser, site.as_uri()) as (page, watched):
        page.goto((site / "clauses" / "BC-29.html").as_uri())
        page.locator("details.entry > summary").first.click()
        page.wait_for_selector("figure.timeline svg:visible")
        page.fill("#words", "extension")
        page.wait_for_selector("#results li a")
        page.press("#words", "Enter")
        page.wait_for_load_state()
        failures.check(not (noted := watched.take()), f"from a disk: timelines and search work {noted[:5]}")


if __name__ == "__main__":
    raise SystemExit(main())
